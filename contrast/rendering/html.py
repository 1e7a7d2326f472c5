"""Reports as one self-contained page: text, marks, cards, filters, and the data that `contrast verify` reads.

The page is drawn from the very data that it carries, and the same data give the same page to the letter. It loads nothing, and its
content-security policy lets nothing run but the script that came with it.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contrast.errors import InputError
from contrast.labels import Relation
from contrast.rendering.carried import Carried, as_carried, from_carried
from contrast.rendering.explained import (
    AS_A_WHOLE,
    CAVEAT,
    NO_STATEMENT,
    OUTCOME_MARKS,
    counted,
    is_carried,
    n_contrasts_found,
    no_contrast_line,
    rests_on,
    settled,
    told,
    unexplained_line,
    unsettled,
    words_line,
)
from contrast.rendering.provenance import Provenance, given_line
from contrast.rendering.speakers import entries_of
from contrast.rendering.views import VERDICT_MARKS, VERDICT_ORDER, long_date, view
from contrast.schema import Report

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
DATA_ID = "contrast-data"
RELATION_WORDS: dict[Relation, str] = {"contradiction": "against", "entailment": "for", "neutral": "beside"}


def as_html(reports: Sequence[Report], provenance: Provenance | None = None) -> str:
    """The reports as one page."""
    written = json.dumps(as_carried(reports, provenance or Provenance()), ensure_ascii=False)
    return draw(from_carried(json.loads(written), "report"))


def draw(carried: Carried) -> str:
    """The page of what a page carries."""
    style, script = _source("report.css"), _source("report.js")
    return (
        environment()
        .get_template("report.html.jinja")
        .render(**show(carried), style=style, script=script, style_hash=_hash(style), script_hash=_hash(script))
    )


def show(carried: Carried) -> dict[str, Any]:
    """What the template of a page shows, but for its style and script."""
    views = [view(report, number) for number, report in enumerate(carried.reports, 1)]
    entries = entries_of(carried.reports)
    speakers = {entry for of_one in entries for entry in of_one.values()}
    return {
        "views": views,
        "entries": entries,
        "speakers": sorted(speakers, key=lambda speaker: (speaker.casefold(), speaker)),
        "verdicts": VERDICT_ORDER,
        "provenance": carried.provenance,
        "given": given_line(carried.provenance, carried.reports),
        "data": as_carried(carried.reports, carried.provenance),
        "data_id": DATA_ID,
    }


def read_carried(page: str, name: str) -> Carried:
    """What a page carries; raises InputError when it is no report of ours."""
    finder = _DataFinder()
    finder.feed(page)
    written = "".join(finder.found)
    if not written.strip():
        raise InputError(f"{name}: no report of contrast; expected a page made by contrast check --format html")
    try:
        carried = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: its data are damaged ({error}); make the report again with contrast check --format html") from error
    return from_carried(carried, name)


class _DataFinder(HTMLParser):
    """Collects what stands in the script that holds the data."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[str] = []
        self._is_inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_inside = tag == "script" and dict(attrs).get("id") == DATA_ID

    def handle_endtag(self, tag: str) -> None:
        self._is_inside = False

    def handle_data(self, data: str) -> None:
        if self._is_inside:
            self.found.append(data)


@cache
def environment() -> "Environment":
    """Where the templates of pages are found, and what they may call."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "sort_keys": False}
    environment.filters.update(
        long_date=long_date, web_address=_web_address, probability=_probability, words_line=words_line, rests_on=rests_on, settled=settled
    )
    environment.filters.update(unsettled=unsettled, told=told)
    environment.globals.update(verdict_marks=VERDICT_MARKS, relation_words=RELATION_WORDS, outcome_marks=OUTCOME_MARKS)
    environment.globals.update(
        count=counted, n_contrasts_found=n_contrasts_found, no_contrast_line=no_contrast_line, no_statement=NO_STATEMENT, caveat=CAVEAT
    )
    environment.globals.update(is_carried=is_carried, as_a_whole=AS_A_WHOLE, unexplained_line=unexplained_line)
    return environment


def _source(name: str) -> Any:
    from markupsafe import Markup

    return Markup(f"\n{(TEMPLATES / name).read_text(encoding='utf-8')}")


def _hash(source: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


def _web_address(address: str | None) -> str | None:
    """The address if a link may be made of it."""
    return address if address and address.lower().startswith(("http://", "https://")) else None


def _probability(value: float) -> str:
    return f"{value:.2f}"
