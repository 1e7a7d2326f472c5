"""contrast: where what a party says is contrasted by what is reported.

from contrast import Checker
report = Checker().check("article.txt")
"""

from typing import TYPE_CHECKING, Any

from contrast.version import __version__

if TYPE_CHECKING:
    from contrast.pipeline import Checker
    from contrast.settings import CheckSettings

__all__ = ["CheckSettings", "Checker", "__version__"]

_HOMES = {"Checker": "contrast.pipeline", "CheckSettings": "contrast.settings"}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'contrast' has no attribute {name!r}")
