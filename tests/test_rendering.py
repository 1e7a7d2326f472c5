"""What a report looks like: held to golden files, which `pytest --update-golden` writes anew for review."""

import json
import os
import re
import subprocess
import sys
from dataclasses import asdict, replace
from html import unescape
from pathlib import Path

import pytest

from contrast.rendering import Provenance, as_text
from contrast.rendering.explained import name_of
from contrast.rendering.speakers import group
from contrast.schema import (
    Article,
    Check,
    Explanation,
    Finding,
    ModelInfo,
    Observation,
    RelationProbabilities,
    Report,
    ScoredPair,
    Sentence,
    Span,
    Statement,
)
from contrast.settings import CheckSettings
from tests.conftest import ROOT

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


@pytest.mark.parametrize("format", ["markdown", "html"])
@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("contrast check - --format html", 'hand it over on standard input, where the command says "-".'),
        ("contrast check article.txt --format html -o report.html", "What was given lay in no file: save it as article.txt first."),
        ("our-own-program --format html", None),
        (None, None),
    ],
)
def test_how_to_give_what_lay_in_no_file_fits_the_command_that_is_shown(format: str, command: str | None, told: str | None) -> None:
    shown = unescape(as_text([report()], format, provenance=Provenance(command)))  # type: ignore[arg-type]
    assert "lay in no file" not in shown if told is None else told in shown
    assert ("standard input" in shown) == (command is not None and " - " in command)


@pytest.mark.parametrize(
    ("threshold", "own", "told"),
    [
        (None, 0.25, "contradiction 0.25, the model’s own threshold"),
        (0.7, 0.7, "contradiction 0.7"),
        (None, None, "the model’s own threshold"),
    ],
)
def test_the_probability_from_which_a_contrast_is_flagged_is_told(threshold: float | None, own: float | None, told: str) -> None:
    made = Provenance(settings=CheckSettings(threshold=threshold), threshold=own)
    assert f"<dt>Flagged from</dt><dd>{told}</dd>" in as_text([report()], "html", provenance=made)


@pytest.mark.parametrize("format", ["table", "markdown", "html"])
def test_checks_of_which_nothing_is_known_are_told_together_with_their_reasons(format: str) -> None:
    seen = Span("Thursday", 35, 43)
    checks = (
        Check("actor", "unknown", "who speaks is not named"),
        Check("place", "pass", "both name the mill"),
        Check("time", "unknown", "the statement gives no date", (), (seen,)),
        Check("quantity", "fail", "other amounts"),
    )
    told = report()
    told = replace(told, contrasts=(replace(told.contrasts[0], explanation=Explanation((), (), 0.1, checks)),))
    shown = as_text([told], format).partition("<script")[0]  # type: ignore[arg-type]
    lines = [" ".join(line.split()) for line in unescape(re.sub("<[^>]+>", "", shown)).splitlines()]
    together = [line for line in lines if "who speaks is not named" in line]
    assert len(together) == 1
    assert "the statement gives no date · reported “Thursday”" in together[0]
    assert not any(reason in together[0] for reason in ("both name the mill", "other amounts"))
    assert sum("both name the mill" in line for line in lines) == sum("other amounts" in line for line in lines) == 1
    assert json.loads(as_text([told], "json"))["contrasts"][0]["explanation"]["checks"][2]["observation"] == [asdict(seen)]


def test_the_same_data_give_the_same_page_whatever_the_order_of_a_set() -> None:
    code = (
        "from dataclasses import replace; from itertools import product; from tests.test_rendering import report;"
        "from contrast.rendering import as_text; told = report(); (said,) = told.statements;"
        "names = [''.join(letters) for letters in product('pP', 'oO', 'rR', 't')];"
        "names += ['the port', 'The Port', 'Trask', 'Ms Trask', 'Ada Trask'];"
        "reports = [replace(told, statements=(replace(said, speaker=name),)) for name in names];"
        "told = [as_text(reports, format) for format in ('html', 'markdown', 'table', 'jsonl')]; print(*told)"
    )
    pages = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, check=True, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}
        ).stdout
        for seed in "1234"
    }
    assert len(pages) == 1


def test_speakers_that_plainly_are_one_are_one_entry_of_the_filter_and_shown_as_the_article_names_them() -> None:
    names = ("Dalwich mayor", "Mayor Helen Trask", "Ms Trask", "Trask", "Port council", "port council", "council", None)
    told = report()
    (said,) = told.statements
    statements = tuple(replace(said, id=f"s{k}", speaker=name) for k, name in enumerate(names, 1))
    page = as_text([replace(told, statements=statements)], "html")
    (options,) = re.findall('<select id="filter-speaker">(.*?)</select>', page)
    entries = ["Dalwich mayor", "Mayor Helen Trask", "Port council", "council"]
    assert sorted(re.findall('value="([^*"]+)"', options)) == entries
    shown = re.findall('data-speaker="(.*?)".*?<span class="speaker">(.*?)</span>', page, re.DOTALL)
    assert sorted(shown) == sorted(
        [*zip(entries[:1] + entries[1:2] * 3 + entries[2:3] * 2 + entries[3:], names[:-1], strict=True), ("", "Speaker not named")]
    )


@pytest.mark.parametrize(
    ("shorter", "fuller", "is_one"),
    [
        ("Lohani", "Prakash Lohani, leader of the Column", True),
        ("Kouris", "Minister for the sea, Anna Kouris", True),
        ("Police Chief Warren Stoltz", "Warren Stoltz, police chief of Orsk", True),
        ("the rebels", "Rebels", True),
        ("Orsk", "mayor of Orsk", False),
        ("Orsk", "University of Orsk", False),
        ("Orsk", "Orsk council", False),
        ("Holm", "Holm’s lawyer", False),
        ("Korea", "South Korea", False),
        ("Falcon Brigade", "Abu Layth, Falcon Brigade commander", False),
        ("Holm", "supporters of Ada Holm", False),
        ("Ostravia", "Velen and Ostravia", False),
        ("Mill", "Orsk Mill", False),
    ],
)
def test_a_shorter_name_is_the_fuller_one_only_where_its_proper_words_say_so(shorter: str, fuller: str, is_one: bool) -> None:
    assert (len(set(group([shorter, fuller], "The mill shut.").values())) == 1) is is_one


def test_a_name_that_two_bear_is_nobodys_entry() -> None:
    found = group(["Ada Holm", "Piet Holm", "Holm"], "")
    assert len(set(found.values())) == 3
    assert len(set(group(["Ada Holm", "Mr Holm", "Ms Holm"], "").values())) == 3


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


@pytest.mark.parametrize("format", ["table", "markdown", "html"])
@pytest.mark.parametrize(("speaker", "is_told"), [("the owner", True), (None, True), ("the union", False)])
def test_an_observation_for_one_wording_and_against_another_is_told_at_both(format: str, speaker: str | None, is_told: bool) -> None:
    first = replace(report().statements[0], sentence=2, text=PARTS[2], start=TEXT.index(PARTS[2]), end=TEXT.index(PARTS[3]) - 1)
    second = replace(first, id="s2", sentence=3, text=PARTS[3], start=TEXT.index(PARTS[3]), end=len(TEXT), speaker=speaker)
    findings = {"contrasts": (Finding("s1", "o1", "contradiction", 0.81),), "supports": (Finding("s2", "o1", "entailment", 0.6),)}
    told = replace(report(), statements=(first, second), **findings)
    shown = " ".join(re.sub("<[^>]*>", "", as_text([told], format)).split()).casefold()  # type: ignore[arg-type]
    for line in (
        "o1 is also found to support s2, which cannot be where it says the same as s1",
        "o1 is also found to contradict s1, which cannot be where it says the same as s2",
    ):
        assert (line in shown) == is_told


def test_a_title_may_say_what_any_party_says() -> None:
    second = replace(report().statements[0], id="s2", sentence=3, text=PARTS[3], start=TEXT.index(PARTS[3]), end=len(TEXT), speaker="Holm")
    supports = (Finding("s2", "o1", "entailment", 0.6),)
    told = replace(report(), statements=(report().statements[0], second), supports=supports)
    assert "o1 is also found to support s2" in as_text([told], "markdown").casefold()


def test_a_terminal_takes_no_orders_from_an_article_and_json_keeps_them() -> None:
    orders = "\x1b]0;title\x07\x9b2J\x7f"
    told = report()
    statement = replace(told.statements[0], speaker=f"owner{orders}")
    told = replace(told, article=replace(told.article, title=f"Mill{orders}", warnings=(orders,)), statements=(statement,))
    shown = as_text([told], "table")
    assert "Mill\ufffd]0;title\ufffd\ufffd2J\ufffd" in shown
    assert not set("\x1b\x07\x9b\x7f") & set(shown)
    assert json.loads(as_text([told], "json"))["statements"][0]["speaker"] == f"owner{orders}"
