"""Checks a page that was handed on: does computing it again give the same, does it show what its data say, is the source still the same?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from contrast.errors import InputError
from contrast.explaining import measure_again
from contrast.pipeline import Checker
from contrast.reading.decoding import MAX_DOCUMENT_BYTES, decode, read_bytes
from contrast.rendering.carried import Carried
from contrast.rendering.explained import counted
from contrast.rendering.html import draw, read_carried
from contrast.schema import Report
from contrast.verifying.explanations import compare_explanations
from contrast.verifying.lines import Line, difference, note
from contrast.verifying.making import compare_command, compare_model, compare_threshold, compare_version
from contrast.verifying.reports import OTHER_PRODUCTS, SAME_PRODUCTS, compare, compare_across, retell
from contrast.verifying.sources import Sources
from contrast.version import __version__

MAX_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found: `differences` speak against a page, `notes` tell what was compared and what could not be."""

    differences: tuple[str, ...]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, lines: Iterable[Line]) -> "Verification":
        found = list(lines)
        differences = tuple(line.text for line in found if line.is_difference)
        return cls(differences, tuple(line.text for line in found if not line.is_difference))

    @property
    def holds(self) -> bool:
        return not self.differences


def verify_page(path: Path, checker: Checker | None = None, *, model: str | None = None) -> Verification:
    """Computes a page's reports again from the texts and options that it carries; raises InputError when it is no report.

    A page made with another model than the shipped one is only verified with the `model` that is given here: a page that came from
    somebody must not choose what is loaded.
    """
    page = _read(path)
    carried = read_carried(page, str(path))
    checker = checker or _checker(carried, model, path)
    return Verification.of(_compare(page, carried, checker, Sources(path.parent)))


def _compare(page: str, carried: Carried, checker: Checker, sources: Sources) -> Iterator[Line]:
    yield from compare_version(carried)
    yield from _compare_drawing(page, carried)
    yield from compare_threshold(carried, checker)
    yield from compare_command(carried, sources)
    told = carried.provenance.settings.model
    for report in carried.reports:
        name = report.article.path or report.article.id
        again = checker.check_article(report.article)
        lines = (
            *compare_model(report.model, again.model, is_renamed=told is not None and told != checker.settings.model),
            *_compare_report(report, again, checker),
            *sources.compare(report.article),
            note(_tell_computed(report)),
        )
        yield from (replace(line, text=f"{name}: {line.text}") for line in lines)


def _compare_report(report: Report, again: Report, checker: Checker) -> Iterator[Line]:
    if report.model.backend == again.model.backend:
        found, allowance = list(compare(report, again)), SAME_PRODUCTS
    else:
        found, allowance = list(compare_across(report, again, checker)), OTHER_PRODUCTS
        yield from map(note, retell(report, again))
    found += compare_explanations(report, measure_again(report, checker.scorer), again, allowance)
    yield from map(difference, found[:MAX_SHOWN])
    if len(found) > MAX_SHOWN:
        yield difference(f"and {counted(len(found) - MAX_SHOWN, 'more difference')}")


def _compare_drawing(page: str, carried: Carried) -> Iterator[Line]:
    if carried.provenance.version == __version__ and draw(carried) != page.replace("\r\n", "\n"):
        yield difference("the page does not show what its data say; it was altered after it was made")


def _tell_computed(report: Report) -> str:
    n_statements, n_contrasts = counted(len(report.statements), "statement"), counted(len(report.contrasts), "contrast")
    return f"{n_statements}, {n_contrasts} and {counted(len(report.pairs), 'pair')} computed again"


def _read(path: Path) -> str:
    """The text of a page; what is refused there for no article is told to be no page."""
    try:
        return decode(read_bytes(path, limit=MAX_DOCUMENT_BYTES), str(path))
    except InputError as error:
        found, parted, _ = str(error).rpartition("; expected ")
        if not parted:
            raise
        raise InputError(f"{found}; expected a page made by contrast check --format html") from error


def _checker(carried: Carried, model: str | None, path: Path) -> Checker:
    settings = carried.provenance.settings
    if settings.model is not None and model is None:
        raise InputError(f"{path}: made with the model {settings.model!r}; if you trust that model, name it: contrast verify --model MODEL")
    return Checker(replace(settings, model=model, device="auto"))
