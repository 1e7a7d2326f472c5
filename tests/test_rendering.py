"""What a report looks like: held to golden files, which `pytest --update-golden` writes anew for review."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from contrast.rendering import Provenance, as_text
from contrast.rendering.explained import name_of
from contrast.schema import Article, Finding, ModelInfo, Observation, RelationProbabilities, Report, ScoredPair, Sentence, Statement
from contrast.settings import CheckSettings

GOLDEN = Path(__file__).parent / "golden"
TEXT = "Mill will stay open, owner says\nOn Thursday the gates were chained. The saws ran until Wednesday, neighbours said. Rain fell."
PARTS = (
    "Mill will stay open, owner says",
    "On Thursday the gates were chained.",
    "The saws ran until Wednesday, neighbours said.",
    "Rain fell.",
)


def report(*, is_quiet: bool = False) -> Report:
    places = [(TEXT.index(part), TEXT.index(part) + len(part)) for part in PARTS]
    sentences = tuple(Sentence(part, start, end) for part, (start, end) in zip(PARTS, places, strict=True))
    article = Article("mill", TEXT, sentences, title=PARTS[0], date="2024-03-12", url="https://example.org/mill", sha256="0" * 64)
    verdict = "open" if is_quiet else "mixed"
    return Report(
        article=article,
        statements=(Statement("s1", 0, "intention", PARTS[0], *places[0], "owner", 0.97, verdict),),
        observations=(
            Observation("o1", 1, PARTS[1], *places[1], None, 0.95),
            Observation("o2", 2, PARTS[2], *places[2], "neighbours", 0.9),
        ),
        contrasts=() if is_quiet else (Finding("s1", "o1", "contradiction", 0.81),),
        supports=() if is_quiet else (Finding("s1", "o2", "entailment", 0.44),),
        pairs=(
            ScoredPair("s1", "o1", RelationProbabilities(0.04, 0.15, 0.81)),
            ScoredPair("s1", "o2", RelationProbabilities(0.44, 0.5, 0.06)),
        ),
        n_pairs_skipped=3,
        model=ModelInfo("contrast-nli", "1", "0" * 64, "onnxruntime"),
    )


@pytest.mark.parametrize(
    ("name", "is_quiet", "format"),
    [("flagged.txt", False, "table"), ("quiet.txt", True, "table"), ("flagged.json", False, "json"), ("flagged.jsonl", False, "jsonl")],
)
def test_a_report_looks_as_its_golden_file(request: pytest.FixtureRequest, name: str, is_quiet: bool, format: str) -> None:
    written = as_text([report(is_quiet=is_quiet)], format, has_all_pairs=True)  # type: ignore[arg-type]
    written = "".join(f"{line.rstrip()}\n" for line in written.splitlines())
    if request.config.getoption("--update-golden"):
        (GOLDEN / name).write_text(written, encoding="utf-8")
    assert written == (GOLDEN / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("format", ["table", "markdown", "html"])
def test_a_pasted_text_without_title_is_known_by_its_opening_words(format: str) -> None:
    untitled = replace(report().article, id="0f3a", title=None)
    written = as_text([replace(report(), article=untitled)], format)  # type: ignore[arg-type]
    heading = next(line for line in written.splitlines() if PARTS[0] in line or "0f3a" in line)
    assert (PARTS[0] in heading, "0f3a" in heading) == (True, False)
    long = replace(untitled, sentences=(Sentence("The mill\nat Orsk " + "will stay open " * 20, 0, 9),))
    assert name_of(long).startswith("The mill at Orsk will stay open")
    assert name_of(long).endswith(" …")
    assert len(name_of(long)) <= 80


@pytest.mark.parametrize("format", ["table", "markdown", "html"])
def test_a_text_without_statement_is_told_as_what_the_model_saw(format: str) -> None:
    told = replace(report(is_quiet=True), statements=(), pairs=())
    assert "No statement found: the model saw" in " ".join(as_text([told], format).split())  # type: ignore[arg-type]


@pytest.mark.parametrize("format", ["markdown", "html"])
def test_what_lay_in_no_file_is_told_beside_the_command_that_makes_it_again(format: str) -> None:
    made = Provenance("contrast check - --format html")
    given = report()
    from_file = replace(given, article=replace(given.article, path="mill.txt"))
    assert "lay in no file" in as_text([given], format, provenance=made)  # type: ignore[arg-type]
    assert "lay in no file" not in as_text([from_file], format, provenance=made)  # type: ignore[arg-type]


@pytest.mark.parametrize("format", ["table", "markdown"])
def test_sentences_broken_to_fit_a_width_are_shown_on_one_line(format: str) -> None:
    told = report()
    statement = replace(told.statements[0], text="Mill will stay\nopen, owner says")
    told = replace(told, article=replace(told.article, title="Mill will stay\nopen"), statements=(statement,))
    shown = as_text([told], format)  # type: ignore[arg-type]
    assert shown.count("Mill will stay open") >= 2
    assert "stay\n" not in shown


@pytest.mark.parametrize("format", ["table", "html"])
def test_one_pair_judged_is_told_as_one(format: str) -> None:
    told = replace(report(is_quiet=True), pairs=report().pairs[1:])
    assert "No contrast found: the one pair judged does not reach the threshold." in as_text([told], format)  # type: ignore[arg-type]


@pytest.mark.parametrize("format", ["table", "markdown", "html"])
def test_contrasts_that_top_left_out_are_counted(format: str) -> None:
    made = Provenance(settings=CheckSettings(top=1), threshold=0.06)
    shown = re.sub("</?b>", "", as_text([report()], format, provenance=made))  # type: ignore[arg-type]
    assert "2 contrasts, 1 shown" in shown
    assert "1 contrast " in re.sub("</?b>", "", as_text([report()], "markdown", provenance=replace(made, settings=CheckSettings())))


def test_a_terminal_takes_no_orders_from_an_article_and_json_keeps_them() -> None:
    orders = "\x1b]0;title\x07\x9b2J\x7f"
    told = report()
    statement = replace(told.statements[0], speaker=f"owner{orders}")
    told = replace(told, article=replace(told.article, title=f"Mill{orders}", warnings=(orders,)), statements=(statement,))
    shown = as_text([told], "table")
    assert "Mill\ufffd]0;title\ufffd\ufffd2J\ufffd" in shown
    assert not set("\x1b\x07\x9b\x7f") & set(shown)
    assert json.loads(as_text([told], "json"))["statements"][0]["speaker"] == f"owner{orders}"
