"""Averages the weights of runs that go on from one another: better than each alone where they learnt from other data or for another time.

Model soups (Wortsman et al., 2022, https://arxiv.org/abs/2203.05482). Only runs of one architecture with a common ancestor can be averaged;
the first names configuration and tokenizer.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from contrast.errors import InputError, UsageError
from contrast.training.folders import make_folder, refuse_no_folder

WEIGHTS = "model.safetensors"


@dataclass(frozen=True, slots=True)
class Part:
    """A trained run and its share of the average."""

    run: Path
    share: float


def part_of(words: str, *, otherwise: float | None = None) -> Part:
    """A part given as FOLDER=SHARE, or as FOLDER alone where there is a share for parts that name none.

    >>> part_of("runs/nli=0.45").share, part_of("runs/nli", otherwise=1.0).share
    (0.45, 1.0)
    """
    run, equals, share = words.rpartition("=")
    if not equals and otherwise is not None:
        return Part(Path(words), otherwise)
    try:
        return Part(Path(run), float(share))
    except ValueError:
        raise UsageError(f"{words}: expected FOLDER=SHARE, such as runs/nli=0.45") from None


def average(parts: Sequence[Part], output: Path) -> Path:
    """Writes the average to `output`, which is returned; shares need not add up to one. InputError where runs do not fit together."""
    if not parts or any(part.share <= 0 for part in parts):
        raise UsageError("expected at least one FOLDER=SHARE, with shares above 0")
    refuse_no_folder(output)
    whole = sum(part.share for part in parts)
    averaged: dict[str, torch.Tensor] = {}
    for part in parts:
        weights = _weights_of(part.run)
        if averaged and {k: v.shape for k, v in averaged.items()} != {k: v.shape for k, v in weights.items()}:
            raise InputError(f"{part.run}: other weights than {parts[0].run}; expected runs of one architecture")
        for name, value in weights.items():
            averaged[name] = averaged.get(name, torch.zeros_like(value, dtype=torch.float32)) + value.float() * (part.share / whole)
    make_folder(output)
    for file in parts[0].run.iterdir():
        if file.is_file() and file.name not in (WEIGHTS, "training.json"):
            shutil.copyfile(file, output / file.name)
    save_file(averaged, output / WEIGHTS, {"format": "pt"})
    return output


def _weights_of(run: Path) -> dict[str, torch.Tensor]:
    try:
        return dict(load_file(run / WEIGHTS))
    except (OSError, SafetensorError) as error:
        raise InputError(f"{run}: no trained run ({error}); expected a folder that contrast train wrote") from error
