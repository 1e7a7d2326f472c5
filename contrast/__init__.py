"""contrast: where what a party says is contrasted by what is reported.

from contrast import Checker
report = Checker().check("article.txt")
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contrast.pipeline import Checker
    from contrast.settings import CheckSettings

__version__ = "0.1.0"
__all__ = ["CheckSettings", "Checker", "__version__"]

_HOMES = {"Checker": "contrast.pipeline", "CheckSettings": "contrast.settings"}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'contrast' has no attribute {name!r}")
