"""The shipped models on held-out data of ours: floors that only rise. `pytest --raise-floors` lifts them to what is measured now."""

import json
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from contrast.evaluation.articles import evaluate_articles
from contrast.evaluation.pairs import evaluate_pairs
from contrast.training.articles_data import paths_to_measure
from tests.conftest import ROOT

FLOORS = Path(__file__).parent / "floors.json"
OF_ARTICLES = ("ap", "p_at_1", "f1", "statement_f1", "observation_f1", "verdict_acc")
FIGURES = {
    "articles": OF_ARTICLES,
    "dense articles": OF_ARTICLES,
    "newer dense articles": OF_ARTICLES,
    "pairs": ("accuracy", "contradiction_ap"),
    "crossed": ("accuracy", "contradiction_ap"),
}
SLACK = 0.005  # processors round int8 sums differently


def every_second_article(folder: Path) -> Path:
    return folder_of(paths_to_measure(ROOT / "data/articles", "test")[1::2], folder)


def dense_articles(folder: Path, *, are_newer: bool) -> Path:
    """A third of those with ids `w`, `wb`, `wc`, or of the newer ones, told by their ids: one which is added or left out moves no other."""
    paths = paths_to_measure(ROOT / "data/articles-dense", "test")
    third = [path for path in paths if crc32(path.stem.encode()) % 3 == 0]
    return folder_of([path for path in third if path.stem.startswith(("wd", "we")) == are_newer], folder)


def folder_of(paths: list[Path], folder: Path) -> Path:
    """The folder, with links to these annotated articles in it."""
    for path in paths:
        for ending in (".json", ".txt"):
            (folder / path.name).with_suffix(ending).symlink_to(path.with_suffix(ending))
    return folder


def a_third_of_statements(path: Path) -> Path:
    """The crossed test pairs of a third of the statements, told by their ids like the dense articles."""
    lines = (ROOT / "data/crossed/test.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if crc32(json.loads(line)["statement_id"].encode()) % 3 == 0]
    path.write_text("".join(kept), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def measured(checker, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The figures on a part of what is held out, so that tests take minutes; `contrast evaluate` gives those on all of it."""
    folder = tmp_path_factory.mktemp("held-out")
    return {
        "pairs": evaluate_pairs(checker, ROOT / "data/pairs", split="test"),
        "crossed": evaluate_pairs(checker, a_third_of_statements(folder / "crossed.jsonl")),
        "articles": evaluate_articles(checker, every_second_article(tmp_path_factory.mktemp("articles"))),
        "dense articles": evaluate_articles(checker, dense_articles(tmp_path_factory.mktemp("dense"), are_newer=False)),
        "newer dense articles": evaluate_articles(checker, dense_articles(tmp_path_factory.mktemp("newer-dense"), are_newer=True)),
    }


@pytest.mark.parametrize("name", FIGURES)
def test_no_figure_falls_below_its_floor(request: pytest.FixtureRequest, measured: dict[str, dict[str, Any]], name: str) -> None:
    floors = json.loads(FLOORS.read_text(encoding="utf-8"))
    if request.config.getoption("--raise-floors"):
        floors[name] = {key: max(floors.get(name, {}).get(key, 0.0), round(measured[name][key] - SLACK, 3)) for key in FIGURES[name]}
        FLOORS.write_text(json.dumps(floors, indent=1) + "\n", encoding="utf-8")
    assert set(floors[name]) == set(FIGURES[name])
    fallen = {key: (measured[name][key], floor) for key, floor in floors[name].items() if measured[name][key] < floor}
    assert not fallen, f"{name}: measured and floor {fallen}"
