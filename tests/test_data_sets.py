"""The data sets are what their cards say, and the lint finds what is planted."""

import json
import shutil
from itertools import islice
from pathlib import Path

import pytest
from typer.testing import CliRunner

from contrast.cli import app
from contrast.errors import InputError
from contrast.evaluation.apart import find_echoes
from contrast.evaluation.data_sets import check_data_set
from tests.conftest import ROOT

DATA = ROOT / "data"


@pytest.mark.parametrize("name", ["seed", "pairs", "crossed", "articles", "articles-dense", "articles-shaped"])
def test_our_data_sets_pass_their_lint(name: str) -> None:
    findings = check_data_set(DATA / name)
    assert findings.problems == []


def test_the_seed_set_loads_with_datasets_and_is_as_large_as_promised(tmp_path: Path) -> None:
    from datasets import load_dataset

    pairs = load_dataset(str(DATA / "seed"), cache_dir=str(tmp_path))
    roles = load_dataset(str(DATA / "seed"), "roles", cache_dir=str(tmp_path))
    assert set(pairs) == set(roles) == {"train", "validation"}
    assert sum(map(len, pairs.values())) >= 400
    assert sum(map(len, roles.values())) >= 200
    for row in pairs["train"]:
        assert row["premise_lines"]
        assert row["hypothesis_lines"]


def test_the_crossed_set_loads_with_datasets_though_only_some_sets_have_context(tmp_path: Path) -> None:
    from datasets import load_dataset

    small = tmp_path / "crossed"
    small.mkdir()
    shutil.copy(DATA / "crossed/README.md", small)
    for path in (DATA / "crossed").glob("*.jsonl"):
        with path.open(encoding="utf-8") as rows:
            (small / path.name).write_text("".join(islice(rows, 40)), encoding="utf-8")
    found = load_dataset(str(small), cache_dir=str(tmp_path / "cache"))
    assert set(found) == {"train", "validation", "test"}
    assert {bool(row["premise_before"]) for row in found["train"]} == {True, False}


def rows_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.mark.parametrize("fault", ["duplicate", "leak", "label", "field", "balance", "giveaway", "card"])
def test_the_lint_finds_what_is_planted(tmp_path: Path, fault: str) -> None:
    folder = tmp_path / "set"
    shutil.copytree(DATA / "seed", folder)
    train = folder / "pairs-train.jsonl"
    rows = rows_of(train)
    if fault == "duplicate":
        write(train, [*rows, rows[0]])
    elif fault == "leak":
        write(train, [*rows, {**rows_of(folder / "pairs-validation.jsonl")[0], "premise": "A wholly new observation."}])
    elif fault == "label":
        write(train, [{**rows[0], "label": "maybe"}, *rows[1:]])
    elif fault == "field":
        write(train, [{"premise": "alone"}, *rows])
    elif fault == "balance":
        write(train, [row for row in rows if row["label"] != "neutral"])
    elif fault == "giveaway":
        write(train, [{**row, "hypothesis": f"{row['hypothesis']} {row['label']}"} for row in rows])
    else:
        (folder / "README.md").unlink()
    words = {
        "duplicate": "the same pair",
        "leak": "more than one split",
        "label": "label 'maybe'",
        "field": "no text under",
        "balance": "label balance",
        "giveaway": "hypothesis only baseline",
        "card": "card",
    }
    assert any(words[fault] in problem for problem in check_data_set(folder).problems)


@pytest.mark.parametrize(
    ("planted", "told"),
    [
        ({"contradicts": [[0, 2], [5, 5]]}, "contradicts [5, 5] sets a sentence against itself"),
        ({"ignore": [[0, 2]]}, "a pair both is debatable and is not: [0, 2]"),
        ({"supports": [[0, 2]]}, "a pair both contradicts and supports: [0, 2]"),
        ({"contradicts": [[4, 2]]}, "contradicts [4, 2] does not join a statement and an observation"),
    ],
)
def test_the_lint_finds_what_is_planted_in_an_article(
    tmp_path: Path, planted: dict[str, object], told: str, annotated_folder: Path
) -> None:
    shutil.copytree(annotated_folder, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "mill-0.json"
    gold = json.loads(path.read_text(encoding="utf-8"))
    gold["sentences"][5]["roles"] = ["claim", "observation"]
    path.write_text(json.dumps({**gold, "ignore": [[5, 5]]}), encoding="utf-8")
    before = check_data_set(tmp_path).problems
    path.write_text(json.dumps(gold | planted), encoding="utf-8")
    (problem,) = [problem for problem in check_data_set(tmp_path).problems if problem not in before]
    assert problem.startswith(f"mill-0.json: {told}")


def test_a_set_of_one_label_is_reported_not_crashed_on(tmp_path: Path) -> None:
    write(tmp_path / "train.jsonl", [row for row in rows_of(DATA / "seed" / "pairs-train.jsonl") if row["label"] == "neutral"])
    assert any("label balance" in problem for problem in check_data_set(tmp_path).problems)


@pytest.mark.parametrize("premises", [["The gates were shut."] * 6, ["Aa.", "Bb.", "Cc.", "Dd.", "Ee.", "Ff."]])
def test_a_set_too_small_for_baselines_is_told_so(tmp_path: Path, premises: list[str]) -> None:
    rows = [
        {
            "premise": premise,
            "hypothesis": f"Mill{k} x{k}.",
            "label": "contradiction" if k == 0 else "neutral",
            "statement_id": str(k),
            "n_reviewers": 1,
        }
        for k, premise in enumerate(premises)
    ]
    write(tmp_path / "train.jsonl", rows)
    (tmp_path / "README.md").write_text("# Mine\n", encoding="utf-8")
    findings = check_data_set(tmp_path)
    assert findings.problems == []
    assert any("to test what half a pair gives away" in warning for warning in findings.warnings)


def test_a_folder_without_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to check"):
        check_data_set(tmp_path)


def test_a_set_without_a_row_does_not_pass(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Mine\n", encoding="utf-8")
    for split in ("train", "validation"):
        (tmp_path / f"pairs-{split}.jsonl").write_text("\n", encoding="utf-8")
    findings = check_data_set(tmp_path)
    assert [problem for problem in findings.problems if "no row" in problem]
    assert findings.warnings == ["pairs-train.jsonl: no row in it", "pairs-validation.jsonl: no row in it"]


def test_statements_that_echo_the_gold_are_told_and_others_are_not(tmp_path: Path, pairs_folder: Path, annotated_folder: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    said = {
        "premise": "The farm shut for good on Tuesday.",
        "hypothesis": "The farm would stay open, its owner said.",
        "label": "contradiction",
    }
    write(gold, [said, {"premise": "A bridge was paved.", "hypothesis": "No toll will be taken, a mayor promised.", "label": "entailment"}])
    echoes = find_echoes(pairs_folder, gold)
    assert echoes[0].ours == "The farm would stay open, its owner said."
    assert {echo.theirs for echo in echoes} == {said["hypothesis"]}
    done = CliRunner().invoke(app, ["dataset", "check", str(pairs_folder), "--apart-from", str(gold)])
    assert "statement(s) near what" in done.output
    assert repr(said["hypothesis"]) in done.output
    # Annotated articles are read on either side, and what is far from the gold is passed over.
    assert find_echoes(annotated_folder, annotated_folder)[0].closeness == pytest.approx(1.0)
    write(gold, [{"premise": "Oysters spawned.", "hypothesis": "Nets stay ashore until autumn, a fleet vowed.", "label": "entailment"}])
    assert find_echoes(annotated_folder, gold) == []
    write(gold, [{**said, "label": "neutral"}])
    with pytest.raises(InputError, match="no statement that an observation bears on"):
        find_echoes(pairs_folder, gold)
