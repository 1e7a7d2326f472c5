"""Judging pairs: the shipped cross-encoder, or any other NLI model of transformers."""

from pathlib import Path

from contrast.scoring.scorer import Scorer

__all__ = ["Scorer", "open_scorer"]


def open_scorer(model: str | None, shipped: Path, *, device: str = "auto", n_threads: int | None = None) -> Scorer:
    """The scorer for `model`: None for the shipped folder, a folder that contrast exported, or another model's folder or hub id."""
    from contrast.scoring.embedded import EmbeddedScorer

    if model is None:
        return EmbeddedScorer.open(shipped, n_threads=n_threads)
    if (Path(model) / "model.onnx").is_file():
        return EmbeddedScorer.open(Path(model), n_threads=n_threads)
    from contrast.scoring.transformers_model import TransformersScorer

    return TransformersScorer.open(model, device=device)
