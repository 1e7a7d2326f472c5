"""Training, export, calibration and evaluation on tiny real parts."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from typer.testing import CliRunner

from contrast.cli_training import app
from contrast.encoder import open_folder
from contrast.errors import InputError, ModelError, UsageError
from contrast.evaluation.articles import evaluate_articles
from contrast.evaluation.explanations import evaluate_explanations
from contrast.evaluation.pairs import evaluate_pairs
from contrast.pipeline import Checker
from contrast.scoring.framing import Framed
from contrast.training.articles_data import read_annotated
from contrast.training.pairs_data import LabelledPair, pairs_of_article, read_pairs

pytestmark = pytest.mark.filterwarnings("ignore")  # torch's exporter and transformers warn of their own future


@pytest.fixture(scope="module")
def trained(tiny_encoder: Path, annotated_folder: Path, pairs_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both models trained for a few steps, exported and calibrated."""
    from contrast.training.calibrate_nli import calibrate_nli
    from contrast.training.calibrate_roles import calibrate_roles
    from contrast.training.export import export
    from contrast.training.loop import LoopSettings
    from contrast.training.nli import NliTraining, train_nli
    from contrast.training.probes import probes_of
    from contrast.training.roles import RolesTraining, train_roles

    folder = tmp_path_factory.mktemp("models")
    loop = LoopSettings(epochs=2, batch_size=4, learning_rate=1e-3, device="cpu")
    base = str(tiny_encoder)
    train_nli(NliTraining(data=[annotated_folder, pairs_folder], output=folder / "runs/nli", base=base, loop=loop))
    loop = LoopSettings(epochs=60, batch_size=4, learning_rate=5e-3, device="cpu", by_length=False)
    train_roles(RolesTraining(data=[annotated_folder], output=folder / "runs/roles", base=base, n_repeats=1, loop=loop))
    for kind, data in (("nli", pairs_folder), ("roles", annotated_folder)):
        source = folder / "runs" / kind
        parity = export(source, folder / kind, kind, probes_of(kind, source, [data]), name=f"tiny-{kind}")  # type: ignore[arg-type]
        assert parity.agreement >= 0.96
    calibrate_roles(folder / "roles", [annotated_folder])
    calibrate_nli(folder / "nli", folder / "roles", [annotated_folder], [pairs_folder])
    return folder


def test_the_extent_of_names_is_the_one_at_which_most_are_found_whole(trained: Path) -> None:
    calibration = json.loads((trained / "roles" / "calibration.json").read_text(encoding="utf-8"))
    found = {float(extent): share for extent, share in calibration["names_found_whole_at"].items()}
    assert max(found) == calibration["thresholds"]["speaker"]
    assert calibration["thresholds"]["speaker_extent"] == min(extent for extent, share in found.items() if share == max(found.values()))
    # Both validation articles name the one who speaks, in two statements each.
    assert {share * 4 % 1 for share in found.values()} == {0}
    assert max(found.values()) > 0


def test_trained_models_check_an_article_and_know_their_training_roles(trained: Path, annotated_folder: Path) -> None:
    report = Checker(models=trained).check(annotated_folder / "mill-5.txt")
    assert report.model.name == "tiny-nli"
    assert {s.text for s in report.statements} >= {"The mill will run until 2035, Ada Holm said."}
    assert {o.text for o in report.observations} >= {"On Friday the gates were chained."}
    assert report.pairs


def test_evaluation_gives_the_figures_of_the_contract(trained: Path, annotated_folder: Path, pairs_folder: Path) -> None:
    checker = Checker(models=trained)
    of_pairs = evaluate_pairs(checker, pairs_folder)
    assert of_pairs["n"] == 6
    assert 0 <= of_pairs["ece"] <= 1
    of_articles = evaluate_articles(checker, annotated_folder, split="validation")
    assert of_articles["n_articles"] == 2
    assert of_articles["statement_f1"] == 1.0
    assert of_articles["n_gold_contrasts"] == 4


def test_an_export_that_does_not_keep_to_its_model_writes_nothing(trained: Path, pairs_folder: Path, tmp_path: Path) -> None:
    from contrast.training import export as exporting
    from contrast.training.probes import probes_of

    source = trained / "runs/nli"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exporting, "MAX_MEAN_DIFFERENCE", -1.0)
        with pytest.raises(ModelError, match="nothing was written"):
            exporting.export(source, tmp_path / "nli", "nli", probes_of("nli", source, [pairs_folder]), name="x")
    assert not (tmp_path / "nli").exists()


def test_the_last_layer_gives_the_first_token_alone_and_what_is_said_of_a_pair_stays(trained: Path) -> None:
    import torch

    from contrast.training.export import load
    from contrast.training.first_token import first_token_only

    model = load(trained / "runs/nli", "nli")
    ids = torch.randint(1000, 9000, (3, 20), generator=torch.Generator().manual_seed(1))
    attention = torch.ones_like(ids)
    attention[1, 7:] = 0
    shapes = []
    model.bert.encoder.layer[-1].register_forward_hook(lambda _layer, _given, made: shapes.append(tuple(made.shape)))
    with torch.inference_mode():
        plain = model(input_ids=ids, attention_mask=attention).logits
        with first_token_only(model):
            short = model(input_ids=ids, attention_mask=attention).logits
        again = model(input_ids=ids, attention_mask=attention).logits
    assert shapes == [(3, 20, 32), (3, 1, 32), (3, 20, 32)]
    torch.testing.assert_close(short, plain, atol=1e-5, rtol=0)
    torch.testing.assert_close(again, plain, atol=0, rtol=0)


def test_a_run_that_is_not_exported_reads_the_context_that_it_learnt_from_and_another_model_does_not(trained: Path, tmp_path: Path) -> None:
    from contrast.scoring.scorer import FramedPair
    from contrast.scoring.transformers_model import TransformersScorer
    from contrast.training.soft_labels import Teacher

    statement = Framed("It will run until 2035.", before="The mill is old.", speaker="Ada Holm")
    pairs = [FramedPair(Framed("Its gates were chained."), side) for side in (statement, Framed(statement.text))]
    run = trained / "runs/nli"
    said = TransformersScorer.open(str(run), device="cpu").logits(pairs)
    teacher = Teacher(run).judge([LabelledPair(pair.premise, pair.hypothesis, "neutral") for pair in pairs])
    np.testing.assert_allclose(np.exp(said), teacher, atol=1e-4)
    assert np.abs(said[0] - said[1]).max() > 5e-6
    shutil.copytree(run, other := tmp_path / "other")
    settings = json.loads((other / "tokenizer_config.json").read_text(encoding="utf-8"))
    unmarked = {key: value for key, value in settings.items() if "special_tokens" not in key and key != "added_tokens_decoder"}
    (other / "tokenizer_config.json").write_text(json.dumps(unmarked), encoding="utf-8")
    one, alone = TransformersScorer.open(str(other), device="cpu").logits(pairs)
    np.testing.assert_allclose(one, alone, atol=1e-6)


def test_an_exported_folder_says_what_it_is(trained: Path) -> None:
    folder = open_folder(trained / "nli", "nli")
    assert folder.config["labels"] == ["entailment", "neutral", "contradiction"]
    with pytest.raises(ModelError, match="kind 'nli'"):
        open_folder(trained / "nli", "roles")


def test_an_exported_model_can_be_tuned_further(trained: Path, pairs_folder: Path, tmp_path: Path) -> None:
    from contrast.training.export import export, load
    from contrast.training.loop import LoopSettings
    from contrast.training.nli import NliTraining, train_nli
    from contrast.training.probes import probes_of
    from contrast.training.restore import restore

    before, after = load(trained / "runs/nli", "nli").state_dict(), load(restore(trained / "nli", tmp_path / "again"), "nli").state_dict()
    assert before.keys() == after.keys()
    for name, weight in before.items():
        step = float(weight.abs().max()) / 127
        assert float((weight - after[name]).abs().max()) <= 0.51 * step, name
    loop = LoopSettings(epochs=1, batch_size=4, learning_rate=1e-9, device="cpu")
    tuned = train_nli(NliTraining(data=[pairs_folder], output=tmp_path / "tuned", base=str(trained / "nli"), loop=loop))
    export(tuned, tmp_path / "nli", "nli", probes_of("nli", tuned, [pairs_folder]), name="tuned")
    for kind in ("nli", "roles"):
        assert load(restore(trained / kind, tmp_path / kind / "restored"), kind)  # type: ignore[arg-type]


def test_a_folder_that_is_no_export_cannot_be_restored(tmp_path: Path) -> None:
    from contrast.training.restore import restore

    (tmp_path / "model.onnx").write_bytes(b"not a graph")
    with pytest.raises(ModelError, match="not a model that contrast exported"):
        restore(tmp_path, tmp_path / "out")


def test_a_run_on_other_data_or_with_another_loss_is_not_gone_on_with(
    tiny_encoder: Path, pairs_folder: Path, annotated_folder: Path, tmp_path: Path
) -> None:
    from contrast.errors import UsageError
    from contrast.training.loop import LoopSettings
    from contrast.training.nli import NliTraining, train_nli

    loop = LoopSettings(epochs=1, batch_size=4, device="cpu")
    train_nli(NliTraining(data=[pairs_folder], output=tmp_path, base=str(tiny_encoder), loop=loop))
    train_nli(NliTraining(data=[pairs_folder], output=tmp_path, base=str(tiny_encoder), loop=loop))
    with pytest.raises(UsageError, match="other data"):
        train_nli(NliTraining(data=[annotated_folder], output=tmp_path, base=str(tiny_encoder), loop=loop))
    with pytest.raises(UsageError, match="other settings"):
        train_nli(NliTraining(data=[pairs_folder], output=tmp_path, base=str(tiny_encoder), smoothing=0.1, loop=loop))


KILLED_TRAINING = """
import os, sys
from pathlib import Path
from transformers import TrainerCallback
import contrast.training.nli as nli
from contrast.training.loop import LoopSettings
encoder, data, output, steps = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4])
class Watch(TrainerCallback):
    def on_step_end(self, args, state, control, **_):
        with steps.open("a") as file:
            file.write(f"{state.global_step} ")
        if state.global_step == int(sys.argv[5]):
            os._exit(9)
class Watched(nli.RelationTrainer):
    def __init__(self, *a, **k):
        super().__init__(*a, callbacks=[Watch()], **k)
nli.RelationTrainer = Watched
loop = LoopSettings(epochs=4, batch_size=4, learning_rate=1e-3, device="cpu", save_every=2)
nli.train_nli(nli.NliTraining(data=[data], output=output, base=encoder, loop=loop))
"""


def test_a_killed_training_goes_on_from_its_last_checkpoint(tiny_encoder: Path, pairs_folder: Path, tmp_path: Path) -> None:
    output, steps = tmp_path / "model", tmp_path / "steps"

    def run(kill_at: int) -> int:
        arguments = [sys.executable, "-c", KILLED_TRAINING, str(tiny_encoder), str(pairs_folder), str(output), str(steps), str(kill_at)]
        return subprocess.run(arguments, capture_output=True, check=False).returncode

    assert run(kill_at=7) == 9
    assert not (output / "model.safetensors").exists()
    steps.unlink()
    assert run(kill_at=0) == 0
    assert steps.read_text().split() == [str(step) for step in range(7, 13)]
    assert (output / "model.safetensors").exists()


def test_a_pair_weighs_less_whose_premise_gives_its_label_away() -> None:
    from contrast.training.weighting import weigh

    pairs = []
    for k in range(40):
        statement = Framed(f"The mill will run until {2000 + k}.")
        pairs.append(LabelledPair(Framed("It kept every word."), statement, "entailment", group=str(k)))
        pairs.append(LabelledPair(Framed("It broke its word."), statement, "contradiction", group=str(k)))
        labels = ("entailment", "contradiction") if k % 2 else ("contradiction", "entailment")
        pairs.append(LabelledPair(Framed("Rain fell."), statement, labels[0], group=str(k)))
        pairs.append(LabelledPair(Framed("Snow fell."), statement, labels[1], group=str(k)))
    weights = weigh(pairs).reshape(40, 4).mean(axis=0)
    assert weights.mean() == pytest.approx(1.0, abs=1e-3)
    assert weights[:2].max() < weights[2:].min()


def test_stray_context_comes_from_other_sets_and_changes_no_sentence_or_label(pairs_folder: Path) -> None:
    from contrast.training.pairs_data import add_stray_context

    pairs = read_pairs([pairs_folder])
    assert add_stray_context(pairs, 0.0) == pairs
    strewn = add_stray_context(pairs * 10, 0.5)
    own = {(pair.group, side.text) for pair in pairs for side in (pair.premise, pair.hypothesis)}
    befores = [(pair.group, side.before) for pair in strewn for side in (pair.premise, pair.hypothesis)]
    assert 0.25 < sum(before is not None for _, before in befores) / len(befores) < 0.5
    assert not own & set(befores)
    assert [(p.premise.text, p.hypothesis.text, p.label) for p in strewn] == [
        (p.premise.text, p.hypothesis.text, p.label) for p in pairs * 10
    ]


def test_the_words_of_a_sentence_too_long_to_be_read_whole_label_nothing_after_it(tiny_encoder: Path) -> None:
    from transformers import AutoTokenizer

    from contrast.training.roles import DocumentCollator
    from contrast.training.roles_data import LabelledDocument, LabelledSentence
    from contrast.training.roles_model import IGNORED

    # Its speaker stands in the part that is not read.
    long = "rain fell " * 60 + "said Holm"
    document = LabelledDocument((LabelledSentence(long, speakers=((len(long) - 4, len(long)),)), LabelledSentence("It shut.", speakers=())))
    batch = DocumentCollator(AutoTokenizer.from_pretrained(tiny_encoder), is_augmented=False)([{"document": document}])
    assert len(batch["marks"]) == 2
    for row, column in batch["marks"].tolist():
        assert batch["speaker_labels"][row, column] == IGNORED
    assert float(batch["speaker_labels"].max()) == 0.0


def test_pairs_of_an_article_follow_its_annotation(annotated_folder: Path) -> None:
    pairs = list(pairs_of_article(read_annotated(annotated_folder)[0]))
    assert sorted(pair.label for pair in pairs) == ["contradiction"] * 2 + ["entailment"] * 2 + ["neutral"] * 2


def test_splits_of_a_data_set_are_kept_apart(pairs_folder: Path, annotated_folder: Path) -> None:
    assert len(read_pairs([pairs_folder], split="train")) == 12
    assert len(read_pairs([pairs_folder], split="validation")) == 6
    assert len(read_annotated(annotated_folder, split="validation")) == 2


def test_two_way_labels_allow_both_other_relations(tmp_path: Path) -> None:
    from contrast.training.pairs_data import label_targets

    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"premise": "a", "hypothesis": "b", "label": "not_entailment"}) + "\n", encoding="utf-8")
    assert label_targets(read_pairs([path])) == [(0.0, 1.0, 1.0)]


@pytest.mark.parametrize(
    "row",
    [
        '{"premise": "a", "hypothesis": "b", "label": "maybe"}',
        '{"premise": "a", "hypothesis": "b"}',
        '{"premise": "a", "hypothesis": "b", "entailment": 0.5}',
        '{"premise": "a", "hypothesis": "b", "entailment": 0.5, "neutral": 0.5, "contradiction": 0.5}',
        '{"premise": "a", "label": "neutral"}',
        "[]",
        "{",
    ],
)
def test_a_bad_training_row_is_named(tmp_path: Path, row: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(row + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"rows\.jsonl, (row|line) 1"):
        read_pairs([path])


def test_runs_are_averaged_by_their_shares(trained: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    from contrast.training.average import Part, average, part_of

    run = trained / "runs/nli"
    weights = load_file(run / "model.safetensors")
    (other := tmp_path / "other").mkdir()
    save_file({name: value + 1 for name, value in weights.items()}, other / "model.safetensors", {"format": "pt"})
    averaged = load_file(average([Part(run, 3.0), part_of(f"{other}=1")], tmp_path / "averaged") / "model.safetensors")
    assert all(torch.allclose(averaged[name], value + 0.25, atol=1e-5) for name, value in weights.items())
    with pytest.raises(InputError, match="one architecture"):
        average([Part(run, 1), Part(trained / "runs/roles", 1)], tmp_path / "mixed")
    with pytest.raises(InputError, match="no trained run"):
        average([Part(tmp_path, 1)], tmp_path / "nothing")
    with pytest.raises(UsageError, match="FOLDER=SHARE"):
        part_of("runs/nli")


@pytest.fixture
def found_texts(tmp_path: Path) -> Path:
    """Articles that nobody labelled, as JSONL."""
    texts = [
        "The mill will stay open through the winter, its owner promised on Monday. On Thursday the gates of the mill were chained.",
        "The bank will lend more to farms, it said. Its loans to farms fell by a third in June, figures showed.",
    ]
    path = tmp_path / "texts.jsonl"
    path.write_text("".join(json.dumps({"id": f"t{k}", "text": text}) + "\n" for k, text in enumerate(texts)), encoding="utf-8")
    return path


def test_a_teacher_labels_pairs_and_articles_and_goes_on_where_it_was_killed(
    trained: Path, pairs_folder: Path, found_texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from contrast.training import soft_labels
    from contrast.training.average import Part
    from contrast.training.soft_labels import SoftLabelling, write_soft_labels

    monkeypatch.setattr(soft_labels, "N_PAIRS_A_PART", 4)

    def label(output: str) -> Path:
        settings = SoftLabelling([Part(trained / "runs/nli", 1)], tmp_path / output, data=[pairs_folder], texts=found_texts, n_texts=2)
        return write_soft_labels(settings) / "rows.jsonl"

    whole = label("whole").read_text(encoding="utf-8")
    broken = label("broken")
    broken.write_text(whole[: len(whole) // 2], encoding="utf-8")
    assert label("broken").read_text(encoding="utf-8") == whole
    pairs = read_pairs([tmp_path / "whole"])
    given = read_pairs([pairs_folder])
    assert [(pair.premise, pair.hypothesis, pair.label) for pair in pairs[: len(given)]] == [
        (pair.premise, pair.hypothesis, pair.label) for pair in given
    ]
    found = [pair for pair in pairs if pair.label == "unlabelled"]
    assert {pair.group.split("/")[0] for pair in found} == {"t0", "t1"}
    assert all(pair.soft_label and abs(sum(pair.soft_label) - 1) < 0.01 for pair in pairs)


def test_texts_that_are_named_to_be_left_out_are(trained: Path, found_texts: Path, tmp_path: Path) -> None:
    from contrast.training.average import Part
    from contrast.training.soft_labels import SoftLabelling, write_soft_labels

    without = tmp_path / "without.jsonl"
    without.write_text('{"id": "t0"}\n', encoding="utf-8")
    rows = write_soft_labels(SoftLabelling([Part(trained / "runs/nli", 1)], tmp_path / "soft", texts=found_texts, without=without))
    assert {pair.group.split("/")[0] for pair in read_pairs([rows])} == {"t1"}


def test_the_pairs_of_a_text_that_the_shipped_model_finds_least_neutral_are_taken(trained: Path, tmp_path: Path) -> None:
    from contrast.training.average import Part
    from contrast.training.soft_labels import SoftLabelling, write_soft_labels

    text = (
        "The army said it would leave the town by Friday. Traders sold onions in the market. On Saturday its tanks still stood in "
        "the town. The mayor met his brother on Sunday. Heavy rain closed the road to the hills on Monday."
    )
    texts = tmp_path / "texts.jsonl"
    texts.write_text(json.dumps({"id": "t", "text": text}) + "\n", encoding="utf-8")

    def taken(n: int, n_suspected_from: int | None) -> list[str]:
        teacher = [Part(trained / "runs/nli", 1)]
        output = tmp_path / f"{n}-{n_suspected_from}"
        settings = SoftLabelling(teacher, output, texts=texts, n_pairs_per_text=n, n_suspected_from=n_suspected_from)
        return [pair.premise.text for pair in read_pairs([write_soft_labels(settings)])]

    all_pairs = taken(10, None)
    assert len(all_pairs) > 2
    assert taken(1, 10) == ["On Saturday its tanks still stood in the town."]
    assert taken(len(all_pairs), 10) == all_pairs


def test_what_several_teachers_say_is_averaged_by_their_shares(trained: Path, pairs_folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    from contrast.training.average import Part
    from contrast.training.soft_labels import SoftLabelling, Teacher, write_soft_labels

    run = trained / "runs/nli"
    other = shutil.copytree(run, tmp_path / "other", ignore=shutil.ignore_patterns("checkpoints"))
    weights = load_file(run / "model.safetensors")
    save_file(
        {name: -4 * value if name.startswith("classifier") else value for name, value in weights.items()}, other / "model.safetensors"
    )
    pairs = read_pairs([pairs_folder])
    expected = (Teacher(run).judge(pairs) + Teacher(other).judge(pairs) * 3) / 4
    assert np.abs(expected - Teacher(run).judge(pairs)).max() > 0.01
    rows = write_soft_labels(SoftLabelling([Part(run, 1), Part(other, 3)], tmp_path / "soft", data=[pairs_folder]))
    assert np.allclose([pair.soft_label for pair in read_pairs([rows])], expected, atol=2e-3)
    for teachers in ([], [Part(run, 0)]):
        with pytest.raises(UsageError, match="at least one"):
            write_soft_labels(SoftLabelling(teachers, tmp_path / "none", data=[pairs_folder]))


def test_rows_of_a_teacher_that_changed_since_are_not_gone_on_with(trained: Path, pairs_folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    from contrast.training.average import Part
    from contrast.training.soft_labels import SoftLabelling, write_soft_labels

    teacher = shutil.copytree(trained / "runs/nli", tmp_path / "teacher", ignore=shutil.ignore_patterns("checkpoints"))
    settings = SoftLabelling([Part(teacher, 1)], tmp_path / "soft", data=[pairs_folder])
    rows = write_soft_labels(settings) / "rows.jsonl"
    before = rows.read_text(encoding="utf-8")
    weights = load_file(teacher / "model.safetensors")
    save_file({name: value + 0.1 for name, value in weights.items()}, teacher / "model.safetensors")
    with pytest.raises(UsageError, match="soft: holds a run on other data"):
        write_soft_labels(settings)
    assert rows.read_text(encoding="utf-8") == before


def test_a_student_comes_to_say_what_its_teacher_says(tiny_encoder: Path, pairs_folder: Path, tmp_path: Path) -> None:
    from contrast.training.loop import LoopSettings
    from contrast.training.nli import NliTraining, train_nli
    from contrast.training.soft_labels import Teacher

    pairs = read_pairs([pairs_folder])
    soft = {"entailment": 0.1, "neutral": 0.2, "contradiction": 0.7}
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        "".join(
            json.dumps({"premise": p.premise.text, "hypothesis": p.hypothesis.text, "label": "entailment", **soft}) + "\n" for p in pairs
        )
    )
    loop = LoopSettings(epochs=20, batch_size=4, learning_rate=3e-3, device="cpu")

    def taught(share: float) -> list[float]:
        run = train_nli(NliTraining([rows], tmp_path / f"at-{share}", base=str(tiny_encoder), teacher_share=share, loop=loop))
        return [float(value) for value in Teacher(run).judge(pairs).mean(axis=0)]

    assert taught(1.0) == pytest.approx([0.1, 0.2, 0.7], abs=0.05)
    assert taught(0.0)[0] > 0.95


def test_a_teacher_that_is_no_trained_model_is_refused(tmp_path: Path, tiny_encoder: Path) -> None:
    from contrast.training.soft_labels import Teacher

    with pytest.raises(ModelError, match="no trained model"):
        Teacher(tmp_path)
    with pytest.raises(ModelError, match="labels"):
        Teacher(tiny_encoder)


def test_frozen_layers_stay_as_they_are(tiny_encoder: Path, pairs_folder: Path, tmp_path: Path) -> None:
    from contrast.training.loop import LoopSettings
    from contrast.training.nli import NliTraining, load_cross_encoder, train_nli

    loop = LoopSettings(epochs=2, batch_size=4, learning_rate=1e-2, device="cpu")
    run = train_nli(NliTraining([pairs_folder], tmp_path / "run", base=str(tiny_encoder), n_frozen_layers=1, loop=loop))
    before, after = (load_cross_encoder(folder)[0].base_model.state_dict() for folder in (tiny_encoder, run))
    changed = {name for name in before if not (before[name] == after[name][: len(before[name])]).all()}
    assert not {name for name in changed if name.startswith(("embeddings", "encoder.layer.0"))}
    assert {name for name in changed if name.startswith("encoder.layer.1")}
    with pytest.raises(UsageError, match="2 layers"):
        train_nli(NliTraining([pairs_folder], tmp_path / "none", base=str(tiny_encoder), n_frozen_layers=2, loop=loop))


def test_readings_with_other_dropout_part_less_where_they_are_asked_to_agree(
    tmp_path: Path, tiny_encoder: Path, pairs_folder: Path
) -> None:
    import torch

    from contrast.training.loop import LoopSettings
    from contrast.training.nli import NliTraining, divergence_of_halves, load_cross_encoder, train_nli

    loop = LoopSettings(epochs=10, batch_size=4, learning_rate=3e-3, device="cpu")

    def parting(consistency: float) -> float:
        settings = NliTraining([pairs_folder], tmp_path / f"at-{consistency}", base=str(tiny_encoder), dropout=0.3, loop=loop)
        model, tokenizer = load_cross_encoder(train_nli(replace(settings, consistency=consistency)), dropout=0.3)
        pairs = read_pairs([pairs_folder])
        batch = tokenizer([p.premise.text for p in pairs] * 2, [p.hypothesis.text for p in pairs] * 2, padding=True, return_tensors="pt")
        torch.manual_seed(0)
        with torch.no_grad():
            return float(divergence_of_halves(torch.log_softmax(model.train()(**batch).logits, dim=-1)).mean())

    assert parting(20.0) < 0.5 * parting(0.0)
    with pytest.raises(UsageError, match="--dropout above 0"):
        train_nli(NliTraining([pairs_folder], tmp_path / "none", base=str(tiny_encoder), consistency=1.0, loop=loop))


@pytest.mark.parametrize("kind", ["nli", "roles"])
def test_what_is_no_trained_model_is_not_exported_and_the_reason_told(
    trained: Path, pairs_folder: Path, annotated_folder: Path, tmp_path: Path, kind: Literal["nli", "roles"]
) -> None:
    from contrast.training.export import load
    from contrast.training.probes import probes_of

    data = [pairs_folder if kind == "nli" else annotated_folder]
    damaged = shutil.copytree(trained / "runs" / kind, tmp_path / "damaged", ignore=shutil.ignore_patterns("checkpoints"))
    (damaged / "model.safetensors").write_bytes(b"no weights")
    (tmp_path / "empty").mkdir()
    for source, words in (
        (tmp_path / "nowhere", "no such folder"),
        (tmp_path / "empty", "config.json"),
        (trained / kind, "exported already"),
        (trained / "runs" / ("roles" if kind == "nli" else "nli"), f"no {kind} model"),
    ):
        with pytest.raises(ModelError, match=f"{words}.*contrast train {kind}"):
            probes_of(kind, source, data)
    with pytest.raises(ModelError, match=f"no trained {kind} model"):
        load(damaged, kind)


def test_a_base_that_cannot_be_loaded_is_named(pairs_folder: Path, annotated_folder: Path, tmp_path: Path, monkeypatch) -> None:
    from contrast.training.nli import NliTraining, train_nli
    from contrast.training.roles import RolesTraining, train_roles

    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    (tmp_path / "empty").mkdir()
    for base, words in ((str(tmp_path / "empty"), r"no config\.json"), ("nobase", "not a folder here, and the hub could not give it")):
        with pytest.raises(ModelError, match=f"--base {base}: {words}"):
            train_nli(NliTraining(data=[pairs_folder], output=tmp_path / "run", base=base))
        with pytest.raises(ModelError, match=f"--base {base}: {words}"):
            train_roles(RolesTraining(data=[annotated_folder], output=tmp_path / "run", base=base))


@pytest.mark.parametrize("kind", ["nli", "roles"])
@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--batch-size", 0),
        ("--device", "gpu"),
        ("--learning-rate", -5),
        ("--learning-rate", "nan"),
        ("--epochs", -1),
        ("--epochs", 0),
        ("--seed", -1),
    ],
)
def test_a_training_that_could_not_be_done_is_not_begun(kind: str, option: str, value: object, pairs_folder: Path, tmp_path: Path) -> None:
    _assert_refused(kind, option, value, pairs_folder, tmp_path / "run")


@pytest.mark.parametrize(
    ("option", "value"),
    [("--limit", 0), ("--neutrals", -1), ("--dropout", 2), ("--stray-context", -1)],
)
def test_a_training_on_pairs_that_could_not_be_done_is_not_begun(option: str, value: object, pairs_folder: Path, tmp_path: Path) -> None:
    _assert_refused("nli", option, value, pairs_folder, tmp_path / "run")


def _assert_refused(kind: str, option: str, value: object, data: Path, output: Path) -> None:
    done = CliRunner().invoke(app, ["train", kind, "--data", str(data), "-o", str(output), option, str(value)])
    assert done.exit_code == 2
    assert option in done.output
    assert not output.exists()


def test_a_split_that_is_not_there_is_named_with_those_that_are(
    checker: Checker, pairs_folder: Path, annotated_folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"split 'tset'.*there: train, validation"):
        read_pairs([pairs_folder], split="tset")
    shutil.copy(pairs_folder / "train.jsonl", tmp_path)
    with pytest.raises(InputError, match=r"split 'validation'.*there: train$"):
        read_pairs([tmp_path], split="validation")
    with pytest.raises(InputError, match=r"split 'tset'.*there: train, validation"):
        read_pairs([annotated_folder], split="tset")
    for measure in (evaluate_articles, evaluate_explanations):
        with pytest.raises(InputError, match=r"split 'tset'.*there: train, validation"):
            measure(checker, annotated_folder, split="tset")


@pytest.mark.parametrize(("kind", "kill_at"), [("nli", 5), ("roles", 7)])
def test_a_run_that_was_killed_ends_with_the_weights_of_one_that_was_not(
    kind: str, kill_at: int, tiny_encoder: Path, pairs_folder: Path, annotated_folder: Path, tmp_path: Path, monkeypatch
) -> None:
    from safetensors.torch import load_file

    from contrast.training.loop import LoopSettings, OrderedTrainer
    from contrast.training.nli import NliTraining, train_nli
    from contrast.training.roles import RolesTraining, train_roles

    loop = LoopSettings(epochs=2, batch_size=4 if kind == "nli" else 1, device="cpu", by_length=kind == "nli", save_every=2)

    def run(name: str) -> Path:
        if kind == "nli":
            return train_nli(NliTraining([pairs_folder], tmp_path / name, base=str(tiny_encoder), dropout=0.1, loop=loop))
        return train_roles(RolesTraining([annotated_folder], tmp_path / name, base=str(tiny_encoder), n_repeats=1, loop=loop))

    def killed(trainer: OrderedTrainer, *given: object, **named: object) -> object:
        if trainer.state.global_step == kill_at - 1:
            raise KeyboardInterrupt
        return step(trainer, *given, **named)

    unbroken = run("unbroken")
    step = OrderedTrainer.training_step
    with monkeypatch.context() as patch:
        patch.setattr(OrderedTrainer, "training_step", killed)
        with pytest.raises(KeyboardInterrupt):
            run("killed")
    one, other = (load_file(folder / "model.safetensors") for folder in (run("killed"), unbroken))
    assert max(float((one[name] - other[name]).abs().max()) for name in other) <= 1e-6


def test_a_run_is_saved_each_tenth_of_it_but_neither_at_every_step_nor_too_seldom() -> None:
    from contrast.training.loop import LoopSettings, steps_between_checkpoints

    def between(n_steps: int, save_every: int | None = None) -> int:
        return steps_between_checkpoints(n_steps * 64, LoopSettings(save_every=save_every))

    assert [between(40), between(1000), between(100_000), between(1000, 7)] == [20, 100, 500, 7]


@pytest.mark.parametrize("kind", ["nli", "roles"])
def test_a_run_without_steps_between_checkpoints_is_not_begun(kind: str, pairs_folder: Path, tmp_path: Path) -> None:
    _assert_refused(kind, "--save-every", 0, pairs_folder, tmp_path / "run")


def test_a_file_where_a_folder_is_to_be_written_is_told_of_before_the_work(pairs_folder: Path, tmp_path: Path) -> None:
    from contrast.training.average import Part, average
    from contrast.training.export import export
    from contrast.training.folders import make_folder
    from contrast.training.nli import NliTraining, train_nli
    from contrast.training.pointers import join
    from contrast.training.roles import RolesTraining, train_roles

    (file := tmp_path / "file").write_text("kept", encoding="utf-8")
    (rows := tmp_path / "rows.jsonl").write_text("", encoding="utf-8")
    for write in (
        lambda: train_nli(NliTraining([pairs_folder], file)),
        lambda: train_roles(RolesTraining([pairs_folder], file / "below")),
        lambda: export(tmp_path, file, "nli", [], name="x"),
        lambda: average([Part(tmp_path, 1)], file),
        lambda: join(rows, rows, file),
        lambda: make_folder(file),
    ):
        with pytest.raises(UsageError, match="file is no folder; expected a folder"):
            write()
    assert file.read_text(encoding="utf-8") == "kept"
    with pytest.raises(UsageError, match="/proc/"):
        make_folder(Path("/proc/nothing/here"))


def test_a_base_whose_tokenizer_knows_no_token_types_trains_and_its_graph_says_what_it_says(
    tiny_encoder: Path, pairs_folder: Path, tmp_path: Path
) -> None:
    from transformers import AutoTokenizer, RobertaConfig, RobertaModel

    from contrast.scoring.embedded import EmbeddedScorer
    from contrast.scoring.scorer import FramedPair
    from contrast.training.export import export
    from contrast.training.loop import LoopSettings
    from contrast.training.nli import NliTraining, train_nli
    from contrast.training.probes import probes_of
    from contrast.training.soft_labels import Teacher

    tokenizer = AutoTokenizer.from_pretrained(tiny_encoder, model_input_names=["input_ids", "attention_mask"])
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    RobertaModel(RobertaConfig(vocab_size=len(tokenizer), type_vocab_size=1, max_position_embeddings=300, **sizes)).save_pretrained(
        tmp_path / "base"
    )
    tokenizer.save_pretrained(tmp_path / "base")
    loop = LoopSettings(epochs=1, batch_size=4, device="cpu")
    run = train_nli(NliTraining([pairs_folder], tmp_path / "run", base=str(tmp_path / "base"), loop=loop))
    export(run, tmp_path / "nli", "nli", probes_of("nli", run, [pairs_folder]), name="x")
    pairs = read_pairs([pairs_folder])
    logits = EmbeddedScorer.open(tmp_path / "nli").logits([FramedPair(pair.premise, pair.hypothesis) for pair in pairs])
    said = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert np.abs(said - Teacher(run).judge(pairs)).max() < 0.02


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"text": "The army said no.", "roles": ["boast"]}, "roles"),
        ({"text": "The army said no.", "roles": ["claim"], "speaker": "navy"}, "speaker 'navy'"),
        ({"text": " ", "roles": []}, "no text"),
        ({"roles": []}, "no text"),
    ],
)
def test_a_bad_role_row_is_named(tmp_path: Path, row: dict[str, object], words: str) -> None:
    from contrast.training.roles_data import read_documents

    good = {"text": "The army said no.", "roles": ["claim"], "speaker": "army"}
    (tmp_path / "roles-train.jsonl").write_text(f"{json.dumps(good)}\n{json.dumps(row)}\n", encoding="utf-8")
    with pytest.raises(InputError, match=rf"roles-train\.jsonl, line 2: {words}"):
        read_documents([tmp_path])


def test_a_corpus_row_that_does_not_fit_is_named(tmp_path: Path) -> None:
    from contrast.training.roles_data import read_documents

    for row, words in (({"text": "No."}, "source None"), ({"source": "PolNeAR", "text": "No."}, "no label and no source_span")):
        (tmp_path / "corpus.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
        with pytest.raises(InputError, match=rf"corpus\.jsonl, line 1: {words}"):
            read_documents([tmp_path / "corpus.jsonl"])


def test_role_rows_of_one_split_alone_serve_as_probes_and_a_missing_split_is_named(trained: Path, tmp_path: Path) -> None:
    from contrast.training.probes import probes_of
    from contrast.training.roles_data import read_documents

    row = {"text": "The army said no.", "roles": ["claim"], "speaker": "army"}
    (tmp_path / "roles-train.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"split 'validation'.*there: train$"):
        read_documents([tmp_path], split="validation")
    assert probes_of("roles", trained / "runs/roles", [tmp_path])
