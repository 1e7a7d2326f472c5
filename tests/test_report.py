"""The page that a reporter opens, prints and hands on, and whether it still holds."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from contrast.cli import app as cli
from contrast.errors import InputError
from contrast.reading import read_article, read_text
from contrast.rendering import Provenance, as_text
from contrast.rendering.carried import as_carried, from_carried
from contrast.rendering.html import as_html, read_carried
from contrast.schema import RelationProbabilities, Report
from contrast.settings import CheckSettings
from contrast.verifying import verify_page
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


@pytest.fixture
def made(cameras: Report, tmp_path: Path) -> Path:
    shutil.copy(CAMERAS, tmp_path / "source.txt")
    path = tmp_path / "report.html"
    told = replace(cameras, article=replace(cameras.article, path="source.txt"))
    path.write_text(as_html([told]), encoding="utf-8", newline="")
    return path


def test_a_report_that_was_not_touched_holds(made: Path, checker: Any) -> None:
    found = verify_page(made, checker)
    assert found.holds, found.differences
    assert "has the same SHA-256" in found.notes[0]
    (made.parent / "source.txt").unlink()
    found = verify_page(made, checker)
    assert found.holds
    assert "source not found here" in found.notes[0]


def change(path: Path, old: str, new: str) -> None:
    page = path.read_text(encoding="utf-8")
    assert old in page
    path.write_text(page.replace(old, new, 1), encoding="utf-8", newline="")


def change_data(path: Path, part: str, **fields: object) -> None:
    """Changes the first of a report's `part` in the data and draws the page anew, as a careful forger would."""
    page = path.read_text(encoding="utf-8")
    data = json.loads(next(e.text for e in Page(page).all("script")))
    data["articles"][0]["report"][part][0].update(fields)
    written = json.dumps(data).replace("<", "\\u003c")
    path.write_text(as_html(read_carried(f'<script id="contrast-data">{written}</script>', "forged").reports), encoding="utf-8", newline="")


def forgeries(told: Report) -> dict[str, tuple[str, dict[str, object]]]:
    first, strongest = told.statements[0], told.contrasts[0]
    flagged = {finding.observation for finding in told.contrasts if finding.statement == strongest.statement}
    return {
        "probability 0.990, now": ("contrasts", {"probability": 0.99}),
        "is no longer found": ("contrasts", {"observation": next(o.id for o in told.observations if o.id not in flagged)}),
        f", now {first.verdict}": ("statements", {"verdict": "open" if first.verdict != "open" else "supported"}),
        "Nuala Finch, now": ("statements", {"speaker": "Nuala Finch"}),
        "pairs differ": ("pairs", {"contradiction": 0.0 if told.pairs[0].probabilities.contradiction > 0.1 else 0.9}),
    }


def test_a_forged_report_differs_even_when_drawn_anew(made: Path, checker: Any, cameras: Report) -> None:
    untouched = made.read_bytes()
    for words, (part, fields) in forgeries(cameras).items():
        made.write_bytes(untouched)
        change_data(made, part, **fields)
        found = verify_page(made, checker)
        assert any(words in line for line in found.differences), found.differences
        assert not any("altered" in line for line in found.differences)


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


def test_a_page_of_another_kind_of_processor_holds_if_rounding_explains_what_differs(made: Path, checker: Any, cameras: Report) -> None:
    told = replace(cameras, article=replace(cameras.article, path="source.txt"))
    step = step_that_crosses_no_threshold(checker, cameras)
    redrawn(made, elsewhere(told, step))
    found = verify_page(made, checker)
    assert found.holds, found.differences
    assert any("ternary" in line and "rounds otherwise" in line for line in found.notes)
    redrawn(made, elsewhere(told, 0.2))
    assert not verify_page(made, checker).holds
    redrawn(made, replace(elsewhere(told, step), model=told.model))
    assert not verify_page(made, checker).holds


def test_a_forged_page_of_another_kind_of_processor_differs(made: Path, checker: Any, cameras: Report) -> None:
    told = replace(cameras, article=replace(cameras.article, path="source.txt"))
    for words, (part, fields) in forgeries(cameras).items():
        redrawn(made, elsewhere(told, 0.0))
        change_data(made, part, **fields)
        found = verify_page(made, checker)
        said = found.notes if "Nuala" in words else found.differences
        assert any(words.split(",")[0] in line for line in said), (words, found)


def test_a_page_whose_words_were_changed_differs(made: Path, checker: Any, cameras: Report) -> None:
    change(made, f"<b>{cameras.contrasts[0].probability:.2f}</b>", "<b>0.14</b>")
    assert ["altered" in line for line in verify_page(made, checker).differences] == [True]


def test_a_page_that_says_it_was_made_by_another_version_does_not_hold(made: Path, checker: Any) -> None:
    version = json.loads(next(e.text for e in Page(made.read_text(encoding="utf-8")).all("script")))["contrast_version"]
    change(made, f'"contrast_version": "{version}"', '"contrast_version": "0.0.9"')
    change(made, "midnight on Sunday", "noon on Monday")
    assert ["made by contrast 0.0.9" in line for line in verify_page(made, checker).differences] == [True]


def test_a_page_that_carries_another_text_than_its_source_differs(made: Path, checker: Any) -> None:
    source = made.parent / "source.txt"
    forged = checker.check_text(source.read_text(encoding="utf-8").replace("eleven", "ninety"))
    told = replace(forged, article=replace(forged.article, path="source.txt", sha256=hashlib.sha256(source.read_bytes()).hexdigest()))
    redrawn(made, told)
    assert ["another text than the page carries" in line for line in verify_page(made, checker).differences] == [True]


def test_a_changed_source_differs(made: Path, checker: Any) -> None:
    change(made.parent / "source.txt", "Police", "Judges")
    assert any("was changed" in line for line in verify_page(made, checker).differences)


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
    assert (
        "**Against, 0.81** · O1 · the article itself\n\n> On Thursday the gates were chained.\n>\n> line 2, characters 32–67\n" in written
    )
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


BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.mark.skipif(BROWSER is None, reason="needs Chromium")
def test_filters_and_sorting_work_in_a_browser(two: list[Report], tmp_path: Path) -> None:
    act = """<script>
    const set = (id, value) => {
      const field = document.getElementById(id);
      field.value = value;
      field.dispatchEvent(new Event("input", {bubbles: true}));
    };
    const seen = {all: document.querySelectorAll(".card:not([hidden])").length, form: !document.getElementById("filters").hidden};
    set("filter-probability", "0.8");
    seen.strong = [...document.querySelectorAll(".evidence > li:not([hidden])")].map((li) => Number(li.dataset.probability));
    set("filter-probability", "0"); set("filter-verdict", "open");
    seen.open = [...document.querySelectorAll(".card:not([hidden])")].map((card) => card.dataset.verdict);
    seen.told = document.getElementById("shown").textContent;
    const names = () => [...document.querySelectorAll("#overview tbody tr")].map((row) => row.dataset.article);
    const heads = [...document.querySelectorAll("#overview thead th")];
    heads[1].firstChild.click(); seen.down = names(); heads[1].firstChild.click(); seen.up = names(); seen.sort = heads[1].ariaSort;
    document.title = JSON.stringify(seen);
    </script></body>"""
    page = re.sub(r"<meta http-equiv=[^>]*>", "", as_html(two)).replace("</body>", act)
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-sync"
    command = [str(BROWSER), *flags.split(), "--disable-component-update", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom"]
    done = subprocess.run([*command, (tmp_path / "page.html").as_uri()], capture_output=True, text=True, check=True, timeout=120)
    seen = json.loads(unescape(re.findall("<title>(.*?)</title>", done.stdout)[0]))
    n_open = sum(s.verdict == "open" for shown in two for s in shown.statements)
    n_all = sum(len(shown.statements) for shown in two)
    assert (seen["all"], seen["form"]) == (n_all, True)
    expected = [f.probability for shown in two for f in (*shown.contrasts, *shown.supports) if f.probability >= 0.8]
    assert sorted(seen["strong"]) == pytest.approx(sorted(expected), abs=1e-6)
    assert seen["open"] == ["open"] * n_open
    assert seen["told"] == f"Filtered: {n_open} of {n_all} statements shown"
    assert (seen["down"], seen["up"], seen["sort"]) == (["a1", "a2"], ["a2", "a1"], "ascending")
