"""Judging pairs: framing, batches, calibration, and models that others trained."""

import json
import logging
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from contrast.calibration import N_CIRCUMSTANCES, Calibration, softmax
from contrast.comparing import compare_pair, compare_rows
from contrast.encoder import open_folder, open_tokenizer
from contrast.errors import InputError, ModelError
from contrast.labels import RELATIONS
from contrast.roles import RoleReader
from contrast.scoring.embedded import EmbeddedScorer
from contrast.scoring.framing import Framed
from contrast.scoring.scorer import FramedPair
from contrast.scoring.transformers_model import PROBES, TransformersScorer, by_name, loading
from tests.conftest import ROOT


def save_classifier(tiny_encoder: Path, folder: Path, labels: dict[int, str]) -> Path:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(
        tiny_encoder, num_labels=len(labels), id2label=labels, label2id={v: k for k, v in labels.items()}
    )
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(tiny_encoder).save_pretrained(folder)
    return folder


def test_a_promise_is_contradicted_by_its_breach(checker) -> None:
    kept, broken, beside = checker.compare(
        [
            ("The mill will stay open all winter, its owner promised.", "The mill was open on every working day of the winter."),
            ("The mill will stay open all winter, its owner promised.", "The mill shut its gates for good in December."),
            ("The mill will stay open all winter, its owner promised.", "The owner's brother sells ice cream in the capital."),
        ]
    )
    assert broken.contradiction > kept.contradiction
    assert broken.relation == "contradiction"
    assert beside.relation == "neutral"


def test_what_else_is_in_the_batch_does_not_move_a_judgement(checker) -> None:
    pairs = [("The army will leave the town.", f"{'Soldiers were seen. ' * k}Tanks stood in the square on Friday.") for k in range(1, 8)]
    together = checker.compare(pairs)
    assert together == checker.compare(pairs)
    alone = [checker.compare([pair])[0] for pair in pairs]
    for one, other in zip(together, alone, strict=True):
        assert one.contradiction == pytest.approx(other.contradiction, abs=1e-3)


def test_no_pair_gives_no_judgement(checker) -> None:
    assert checker.compare([]) == []


def test_article_calibration_gives_probabilities() -> None:
    logits = np.array([[3.0, -1.0, 0.0], [-60.0, 60.0, 0.0]], dtype=np.float32)
    plain = Calibration.plain().of_article(logits, *(np.zeros(size, dtype=np.float32) for size in ((2, 5), (2, 8), 2)))
    assert np.allclose(plain, softmax(logits), atol=1e-4)
    assert np.allclose(plain.sum(axis=1), 1.0)


@pytest.mark.parametrize("missing", ["temperature", "offset", "article"])
def test_a_calibration_without_a_value_is_refused(missing: str) -> None:
    offset = dict.fromkeys(RELATIONS, 0.0)
    values = {"temperature": 1.0, "offset": offset, "article": {"weights": [[1]], "contrast_threshold": 0.5, "support_threshold": 0.5}}
    del values[missing]
    with pytest.raises(ModelError, match=missing):
        Calibration.of(values)


@pytest.mark.parametrize(
    ("labels", "columns"),
    [
        ({0: "entailment", 1: "neutral", 2: "contradiction"}, [0, 1, 2]),
        ({0: "contradiction", 1: "neutral", 2: "entailment"}, [2, 1, 0]),
        ({0: "not_entailment", 1: "entailment"}, [1, 0]),
        ({0: "label_0", 1: "label_1", 2: "label_2"}, None),
        ({0: "positive", 1: "negative"}, None),
    ],
)
def test_labels_are_resolved_by_name_in_any_order(labels: dict[int, str], columns: list[int] | None) -> None:
    assert by_name(labels) == columns


def test_another_model_gives_its_probabilities_in_our_order(tiny_encoder: Path, tmp_path: Path) -> None:
    folder = save_classifier(tiny_encoder, tmp_path, {0: "CONTRADICTION", 1: "ENTAILMENT", 2: "NEUTRAL"})
    scorer = TransformersScorer.open(str(folder))
    pair = FramedPair(Framed("It rained."), Framed("It was wet."))
    raw = softmax(scorer._raw([("It rained.", "It was wet.")]))[0]
    assert np.allclose(softmax(scorer.logits([pair]))[0], raw[[1, 2, 0]], atol=1e-6)


def test_two_classes_share_what_is_not_entailed(tiny_encoder: Path, tmp_path: Path) -> None:
    folder = save_classifier(tiny_encoder, tmp_path, {0: "entailment", 1: "not_entailment"})
    probabilities = softmax(TransformersScorer.open(str(folder)).logits([FramedPair(Framed("It rained."), Framed("It was wet."))]))[0]
    assert probabilities[2] == pytest.approx(0.49 * (1 - probabilities[0]), abs=1e-4)
    assert probabilities.sum() == pytest.approx(1.0)


def test_labels_that_say_nothing_are_resolved_by_probe_pairs(tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = save_classifier(tiny_encoder, tmp_path, {0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2"})
    place = {"entailment": 2, "neutral": 0, "contradiction": 1}
    answers = np.eye(3, dtype=np.float32)[[place[relation] for _, _, relation in PROBES]]
    monkeypatch.setattr(TransformersScorer, "_raw", lambda self, texts: answers)
    assert TransformersScorer.open(str(folder))._columns == [place[relation] for relation in RELATIONS]


def test_two_classes_without_names_are_resolved_by_probe_pairs(tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = save_classifier(tiny_encoder, tmp_path, {0: "LABEL_0", 1: "LABEL_1"})
    answers = np.eye(2, dtype=np.float32)[[int(relation == "entailment") for _, _, relation in PROBES]]
    monkeypatch.setattr(TransformersScorer, "_raw", lambda self, texts: answers)
    assert TransformersScorer.open(str(folder))._columns == [1, 0]


def test_a_model_whose_labels_cannot_be_told_is_refused(tiny_encoder: Path, tmp_path: Path) -> None:
    folder = save_classifier(tiny_encoder, tmp_path, {0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2"})
    with pytest.raises(ModelError, match="any order"):
        TransformersScorer.open(str(folder))


def test_a_model_that_neither_disk_nor_hub_gives_is_named_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match=r"--model nofolder: not a folder here, and the hub could not give it either \(.*\); expected"):
        TransformersScorer.open("nofolder")
    with pytest.raises(ModelError, match=r"no config\.json in this folder; expected an NLI model"):
        TransformersScorer.open(str(tmp_path))
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match="transformers cannot load it"):
        TransformersScorer.open(str(tmp_path))


def test_libraries_log_no_warning_while_a_model_is_loaded(tiny_encoder: Path) -> None:
    import huggingface_hub
    import transformers

    loggers = [logging.getLogger(library.__name__) for library in (huggingface_hub, transformers)]
    with loading("--model", str(tiny_encoder), "an NLI model"):
        assert not any(logger.isEnabledFor(logging.WARNING) for logger in loggers)
    assert all(logger.isEnabledFor(logging.WARNING) for logger in loggers)


LONG = "The mill stays open. " * 50


def test_pairs_that_are_not_read_whole_are_warned_of_once(checker, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    sides = [("It shut.", LONG), (LONG, "It stays open."), ("It shut.", "It stays open."), ("xylophonist's " * 80, "It stays open.")]
    rows.write_text("".join(json.dumps({"premise": p, "hypothesis": h}) + "\n" for p, h in sides), encoding="utf-8")
    warnings: list[str] = []
    text = compare_rows(checker, rows, warn=warnings.append)
    assert text == compare_rows(checker, rows)
    assert len(warnings) == 1
    assert warnings[0].startswith("warning: 3 of 4 pairs")
    assert compare_pair(checker, "It stays open.", "It shut.", warn=warnings.append).relation
    assert len(warnings) == 1
    compare_pair(checker, LONG, "It shut.", warn=warnings.append)
    assert warnings[1].startswith("warning: 1 of 1 pairs")


def test_another_model_counts_the_pairs_that_it_does_not_read_whole(tiny_encoder: Path, tmp_path: Path) -> None:
    folder = save_classifier(tiny_encoder, tmp_path, {0: "contradiction", 1: "entailment", 2: "neutral"})
    short, long = Framed("It shut."), Framed("The mill stays open. " * 120)
    assert TransformersScorer.open(str(folder)).n_cut([FramedPair(short, short), FramedPair(long, short), FramedPair(short, long)]) == 2


def test_a_model_without_its_vocabulary_is_refused(tiny_encoder: Path, tmp_path: Path) -> None:
    folder = save_classifier(tiny_encoder, tmp_path, {0: "contradiction", 1: "entailment", 2: "neutral"})
    for path in folder.glob("*"):
        if path.name not in ("config.json", "model.safetensors"):
            path.unlink()
    with pytest.raises(ModelError, match=r"its tokenizer knows no English words; expected the model's own beside it"):
        TransformersScorer.open(str(folder))


def damage(folder: Path, keys: tuple[str | int, ...], value: object) -> Path:
    """The folder's calibration with another value at the keys."""
    path = folder / "calibration.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    within = values
    for key in keys[:-1]:
        within = within[key]
    within[keys[-1]] = value
    path.write_text(json.dumps(values), encoding="utf-8")
    return folder


def linked(kind: str, folder: Path) -> Path:
    """A copy of a shipped model whose graph is not copied."""
    shutil.copytree(ROOT / "models" / kind, folder, ignore=shutil.ignore_patterns("model.onnx"))
    (folder / "model.onnx").symlink_to(ROOT / "models" / kind / "model.onnx")
    return folder


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("temperature",), 0),
        (("temperature",), -1),
        (("temperature",), float("nan")),
        (("temperature",), "1.5"),
        (("temperature",), True),
        (("offset", "neutral"), float("inf")),
        (("article", "weights", 0, 0), float("nan")),
        (("article", "weights", 0), [1, 2]),
        (("article", "weights"), [[1, 2, 3]]),
        (("article", "contrast_threshold"), 7),
        (("article", "contrast_threshold"), float("nan")),
        (("article", "support_threshold"), -0.1),
        (("article", "verdict_weights"), [1]),
    ],
)
def test_a_damaged_calibration_is_refused_by_file_and_field(tmp_path: Path, keys: tuple[str | int, ...], value: object) -> None:
    assert_field_is_refused(EmbeddedScorer.open, damage(linked("nli", tmp_path / "nli"), keys, value), keys)


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("scale", "claim"), float("nan")),
        (("offset", "intention"), None),
        (("thresholds", "statement"), 1.5),
        (("thresholds", "speaker"), float("nan")),
        (("pairing", 0), float("inf")),
        (("pairing",), [0.0] * N_CIRCUMSTANCES),
    ],
)
def test_a_damaged_calibration_of_roles_is_refused_by_file_and_field(tmp_path: Path, keys: tuple[str | int, ...], value: object) -> None:
    assert_field_is_refused(RoleReader.open, damage(linked("roles", tmp_path / "roles"), keys, value), keys)


def assert_field_is_refused(open_model: Callable[[Path], object], folder: Path, keys: tuple[str | int, ...]) -> None:
    field = ".".join(key for key in keys if isinstance(key, str))
    with pytest.raises(ModelError) as caught:
        open_model(folder)
    assert str(caught.value).startswith(f"{folder}/calibration.json: {field} ")
    assert "\n" not in str(caught.value)


def test_thresholds_are_read_as_they_are_written() -> None:
    nli, roles = (json.loads((ROOT / "models" / kind / "calibration.json").read_text(encoding="utf-8")) for kind in ("nli", "roles"))
    assert Calibration.of(nli).contrast_threshold == nli["article"]["contrast_threshold"]
    assert Calibration.of(nli).temperature == nli["temperature"]
    assert asdict(RoleReader.open(ROOT / "models" / "roles").thresholds) == roles["thresholds"]


def test_a_probability_that_is_no_number_is_an_error(checker, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = np.full((1, 3), np.nan, dtype=np.float32)
    monkeypatch.setattr(Calibration, "of_pairs", lambda self, logits: nothing)
    monkeypatch.setattr(Calibration, "of_article", lambda self, logits, *told: np.repeat(nothing, len(logits), axis=0))
    with pytest.raises(ModelError, match="a probability is no number"):
        checker.compare([("The mill stays open.", "The mill shut.")])
    with pytest.raises(ModelError, match="a probability is no number"):
        checker.check_text("The mill will stay open, its owner promised. On Friday the mill shut for good.")


@pytest.mark.parametrize("kind", ["nli", "roles"])
def test_a_vocabulary_in_another_order_is_refused(tmp_path: Path, kind: str) -> None:
    folder = open_folder(linked(kind, tmp_path / kind), kind)
    path = folder.path / "tokenizer.json"
    tokenizer = json.loads(path.read_text(encoding="utf-8"))
    vocabulary = tokenizer["model"]["vocab"]
    tokenizer["model"]["vocab"] = {word: len(vocabulary) - 1 - id for word, id in vocabulary.items()}
    path.write_text(json.dumps(tokenizer), encoding="utf-8")
    with pytest.raises(ModelError, match=r"tokenizer\.json does not fit the model"):
        open_tokenizer(folder)


def test_half_a_character_is_refused(checker) -> None:
    with pytest.raises(InputError, match="text: half a character"):
        checker.check_text("\ud800 The mill will stay open, its owner promised.")
    with pytest.raises(InputError, match="observation: half a character"):
        checker.compare([("The mill stays open.", "The mill \ud800 shut.")])
    with pytest.raises(InputError, match="statement: half a character"):
        checker.compare_framed([FramedPair(Framed("It shut."), Framed("It stays open.", speaker="\udcff"))])


def test_a_blank_side_is_refused_by_its_name(checker) -> None:
    with pytest.raises(InputError, match=r"^statement: empty; expected a sentence$"):
        checker.compare([("  ", "The mill shut.")])
    with pytest.raises(InputError, match=r"^pair 2, observation: empty; expected a sentence$"):
        checker.compare([("The mill stays open.", "The mill shut."), ("The mill stays open.", "")])
