"""The shipped cross-encoder, pairs in batches of one length."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Encoding

from contrast.calibration import Calibration
from contrast.encoder import FloatArray, Graph, ModelFolder, feed_of, open_folder, open_tokenizer
from contrast.errors import ModelError
from contrast.labels import RELATIONS
from contrast.scoring.framing import frame, is_cut
from contrast.scoring.scorer import FramedPair


class EmbeddedScorer:
    """An NLI model folder as a `Scorer`."""

    def __init__(self, folder: ModelFolder, *, n_threads: int | None = None) -> None:
        labels = folder.config.get("labels")
        if not isinstance(labels, list) or set(labels) != set(RELATIONS):
            raise ModelError(f"{folder.path}: labels {labels!r}; expected {', '.join(RELATIONS)} in some order")
        self._order = [labels.index(relation) for relation in RELATIONS]
        self._graph = Graph(folder.graph, folder.sha256, n_threads=n_threads)
        self._tokenizer = open_tokenizer(folder)
        self._tokenizer.enable_truncation(int(folder.config["max_tokens"]), strategy="longest_first")
        self.calibration = Calibration.of(folder.read_json("calibration.json"), str(folder.path / "calibration.json"))
        self.info = folder.info(self._graph.products)

    @classmethod
    def open(cls, path: Path, *, n_threads: int | None = None) -> "EmbeddedScorer":
        """The scorer of a model folder; raises ModelError when it is damaged or of another kind."""
        return cls(open_folder(path, "nli"), n_threads=n_threads)

    def logits(self, pairs: Sequence[FramedPair]) -> FloatArray:
        """Raw outputs (n_pairs, 3) in the order of `RELATIONS`."""
        encodings = self._encodings(pairs)
        logits = np.zeros((len(pairs), len(RELATIONS)), dtype=np.float32)
        of_length = self._graph.batches([len(encoding.ids) for encoding in encodings])
        outputs = self._graph.run_each([feed_of([encodings[k] for k in batch]) for batch in of_length], ("logits",))
        for batch, (output,) in zip(of_length, outputs, strict=True):
            logits[batch] = output[:, self._order]
        return logits

    def n_cut(self, pairs: Sequence[FramedPair]) -> int:
        """How many of the pairs are longer than what the model reads."""
        cut = zip(self._encodings(pairs), pairs, strict=True)
        return sum(bool(encoding.overflowing) or is_cut(pair.premise) or is_cut(pair.hypothesis) for encoding, pair in cut)

    def _encodings(self, pairs: Sequence[FramedPair]) -> list[Encoding]:
        return self._tokenizer.encode_batch([(frame(pair.premise), frame(pair.hypothesis)) for pair in pairs])
