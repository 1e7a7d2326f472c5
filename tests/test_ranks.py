"""Where pairs that readers judged come in the ranking of their articles."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from contrast.cli import app
from contrast.errors import InputError, UsageError
from contrast.evaluation.ranks import evaluate_ranks
from contrast.settings import CheckSettings

# The first words of two sentences, one with other marks and cut within a word.
STAYS, CHAINED = "'The mill at Orsk will stay'", "On Thursday, the  gates were cha"


def write_rows(path: Path, *rows: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def texts(tmp_path: Path, mill_text: str) -> Path:
    title, date, url, _, *body = mill_text.splitlines()
    other = {"id": "rain", "title": "Rain", "text": "Rain fell."}
    return write_rows(tmp_path / "texts.jsonl", other, {"id": "mill", "title": title, "date": date, "url": url, "text": "\n".join(body)})


def row(statement: str, observation: str, label: str) -> dict[str, object]:
    return {"id": "mill", "statement": statement, "observation": observation, "label": label}


def test_a_contrast_that_readers_know_of_is_found_at_its_place(
    texts: Path, tmp_path: Path, checker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checker, "settings", CheckSettings(threshold=0.01))
    judged = write_rows(
        tmp_path / "judged.jsonl",
        row(STAYS, CHAINED, "contradiction"),
        row(CHAINED, STAYS, "contradiction"),  # what is seen is stated nowhere
        row(STAYS, "Rain fell on the town", "tension"),
        row(STAYS, CHAINED, "supported"),
    )
    figures = evaluate_ranks(checker, judged, texts)
    assert figures["n_contradictions"] == figures["n_others"] == 2
    assert figures["in_top_3"] == 0.5
    assert figures["others_flagged"] == 1
    likely, stated_nowhere, unlikely, again = figures["rank"].values()
    assert likely == again <= 2
    assert stated_nowhere is None
    assert unlikely is None or unlikely > 2


def test_ranks_are_measured_from_the_command_line(texts: Path, tmp_path: Path) -> None:
    judged = write_rows(tmp_path / "judged.jsonl", row(STAYS, CHAINED, "contradiction"))
    done = CliRunner().invoke(app, ["evaluate", "ranks", str(judged), "--texts", str(texts)])
    assert done.exit_code == 0, done.output
    assert "in_top_3                   1.0000\n" in done.output
    assert re.search(r"^  line 1, contradiction +[12]$", done.output, re.MULTILINE)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"statement": "The mill will be sold"}, r"line 1: 'The mill will be sold' is not in article"),
        ({"observation": " ’"}, r"line 1: no words in observation; expected words in each of id, statement, observation, label$"),
        ({"statement": 5, "label": None}, r"line 1: no words in statement, label; expected"),
        ({"id": "mine"}, r"lacks 1 of the judged articles, 'mine' first"),
    ],
)
def test_a_row_that_does_not_fit_is_named(texts: Path, tmp_path: Path, checker, wrong: dict[str, object], told: str) -> None:
    judged = write_rows(tmp_path / "judged.jsonl", row(STAYS, CHAINED, "contradiction") | wrong)
    with pytest.raises(InputError, match=told):
        evaluate_ranks(checker, judged, texts)


@pytest.mark.parametrize(
    "arguments", [["ranks", "judged.jsonl"], ["pairs", "data", "--texts", "texts.jsonl"], ["ranks", "--texts", "a.jsonl"]]
)
def test_ranks_and_texts_go_together(arguments: list[str]) -> None:
    done = CliRunner().invoke(app, ["evaluate", *arguments])
    assert isinstance(done.exception, UsageError)
    assert "or ranks FILE --texts TEXTS" in str(done.exception)
