"""The two runtimes that take a shipped graph."""

from pathlib import Path

import numpy as np
import pytest

from contrast import backends
from contrast.backends import VARIABLE, backend_name, backend_version
from contrast.calibration import softmax
from contrast.compiled import VARIABLE as CACHE
from contrast.encoder import Graph, open_folder, padded
from contrast.errors import UsageError
from contrast.scoring.embedded import EmbeddedScorer
from contrast.scoring.scorer import FramedPair
from contrast.training.pairs_data import read_pairs
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def pairs() -> list[FramedPair]:
    return [FramedPair(pair.premise, pair.hypothesis) for pair in read_pairs([ROOT / "data/pairs"], split="validation")[:60]]


def test_both_runtimes_say_the_same_of_a_pair(monkeypatch: pytest.MonkeyPatch, pairs: list[FramedPair]) -> None:
    found = []
    for name in ("openvino", "onnxruntime"):
        monkeypatch.setenv(VARIABLE, name)
        scorer = EmbeddedScorer.open(ROOT / "models/nli", n_threads=1)
        assert scorer.info.backend.startswith(f"{backend_version()}, ")
        assert scorer.info.backend.startswith(name)
        found.append(softmax(scorer.logits(pairs)))
    assert np.abs(found[0] - found[1]).mean() < 0.01
    assert np.abs(found[0] - found[1]).max() < 0.1


def test_what_is_said_of_a_pair_is_the_same_alone_and_in_a_batch(pairs: list[FramedPair]) -> None:
    scorer = EmbeddedScorer.open(ROOT / "models/nli", n_threads=1)
    together = scorer.logits(pairs)
    alone = np.vstack([scorer.logits([pair]) for pair in pairs[::6]])
    assert np.array_equal(together[::6], alone)


def test_batches_that_run_at_once_come_back_in_their_order(pairs: list[FramedPair]) -> None:
    at_once, in_turn = (EmbeddedScorer.open(ROOT / "models/nli", n_threads=n) for n in (3, 1))
    assert np.array_equal(at_once.logits(pairs), in_turn.logits(pairs))


def test_a_run_that_is_left_half_way_does_not_disturb_the_next() -> None:
    folder = open_folder(ROOT / "models/nli", "nli")
    graph = Graph(folder.graph, folder.sha256, n_threads=2)
    rows = [padded([[101, 2000 + k, 2500, 102]] * (k + 1)) for k in range(12)]
    feeds = [{"input_ids": ids, "attention_mask": (ids != 0).astype(np.int64), "token_type_ids": ids * 0} for ids in rows]
    whole = [output for (output,) in graph.run_each(feeds, ("logits",))]
    left = graph.run_each(feeds, ("logits",))
    next(left)
    left.close()  # type: ignore[attr-defined]
    again = [output for (output,) in graph.run_each(feeds, ("logits",))]
    assert [output.shape for output in whole] == [(k + 1, 3) for k in range(12)]
    assert all(np.array_equal(one, other) for one, other in zip(whole, again, strict=True))


def test_a_runtime_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, "abacus")
    with pytest.raises(UsageError, match="abacus"):
        backend_name()


def test_what_was_compiled_is_kept_and_what_is_broken_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pairs: list[FramedPair]
) -> None:
    pytest.importorskip("openvino")
    monkeypatch.setenv(CACHE, str(tmp_path))
    first = EmbeddedScorer.open(ROOT / "models/nli", n_threads=1).logits(pairs[:4])
    (kept,) = tmp_path.glob("*.compiled")
    written = kept.stat().st_mtime_ns
    again = EmbeddedScorer.open(ROOT / "models/nli", n_threads=1).logits(pairs[:4])
    assert np.array_equal(first, again)
    assert kept.stat().st_mtime_ns == written
    kept.write_bytes(kept.read_bytes()[:1000])
    mended = EmbeddedScorer.open(ROOT / "models/nli", n_threads=1).logits(pairs[:4])
    assert np.array_equal(first, mended)
    assert kept.stat().st_size > 1000


@pytest.mark.parametrize(
    ("capabilities", "has_vnni", "products"),
    [
        (["FP32", "INT8", "BF16"], True, ["bfloat16"]),
        (["FP32", "INT8"], True, ["int8", "float32"]),
        (["FP32", "INT8"], False, ["float32"]),
    ],
)
def test_what_is_told_of_products_is_what_the_processor_has(
    monkeypatch: pytest.MonkeyPatch, capabilities: list[str], has_vnni: bool, products: list[str]
) -> None:
    class Core:
        def get_property(self, *_of: str) -> list[str]:
            return capabilities

    monkeypatch.setattr(backends, "_multiplies_whole_numbers", lambda: has_vnni)
    assert [way.products for way in backends._ways(Core(), {})] == products


@pytest.mark.parametrize("runs", [True, False], ids=["whole numbers", "where they do not run"])
def test_products_of_whole_numbers_say_what_others_say_and_give_way_where_they_do_not_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pairs: list[FramedPair], runs: bool
) -> None:
    pytest.importorskip("openvino")
    monkeypatch.setenv(CACHE, "off")
    expected = EmbeddedScorer.open(ROOT / "models/nli", n_threads=2).logits(pairs)
    options = {"NUM_STREAMS": 2, "INFERENCE_NUM_THREADS": 2, "ENABLE_CPU_PINNING": False}
    scaled = {**options, "DYNAMIC_QUANTIZATION_GROUP_SIZE": backends.N_SCALED_TOGETHER}
    ways = [backends._Way("int8", scaled, is_widened=False), backends._Way("float32", options)]
    tried: list[bool] = []
    real = backends._runs

    def only_widened(compiled: object) -> bool:
        tried.append(real(compiled))
        return runs or len(tried) > 1

    monkeypatch.setattr(backends, "_ways", lambda core, given: ways)
    monkeypatch.setattr(backends, "_runs", only_widened)
    monkeypatch.setenv(CACHE, str(tmp_path))
    scorer = EmbeddedScorer.open(ROOT / "models/nli", n_threads=2)
    found = scorer.logits(pairs)
    assert scorer.info.backend.endswith(", int8" if runs else ", float32")
    assert len(tried) == (1 if runs else 2)
    assert np.abs(softmax(found) - softmax(expected)).max() < 0.05
    assert (found.argmax(1) == expected.argmax(1)).mean() > 0.98
    again = EmbeddedScorer.open(ROOT / "models/nli", n_threads=2)
    assert again.info == scorer.info
    assert np.array_equal(found, again.logits(pairs))
    assert len(tried) == (1 if runs else 2)
