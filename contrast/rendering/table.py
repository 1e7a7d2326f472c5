"""A report for the terminal: contrasts first, then each statement with its verdict and support, then the count of what was read and judged.

Sentences stand verbatim but for control characters; nothing in an article is taken for markup or for orders to the terminal.
"""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from contrast.labels import Verdict
from contrast.rendering.explained import (
    CAVEAT,
    KEY,
    NO_STATEMENT,
    carried_line,
    check_lines,
    contrasts_line,
    counted,
    name_of,
    no_contrast_line,
    on_one_line,
    other_ways,
    unexplained_line,
)
from contrast.rendering.terminal import printable
from contrast.schema import Finding, Report, Statement

VERDICT_STYLE: dict[Verdict, str] = {"contradicted": "bold red", "mixed": "bold yellow", "supported": "bold green", "open": "dim"}
N_SUPPORTS_SHOWN = 3
# What `other_ways` tells of (statement, observation).
OtherWays = Mapping[tuple[str, str], str]


def print_reports(reports: Sequence[Report], console: Console, *, has_all_pairs: bool = False, counted_from: float | None = None) -> None:
    """Prints the reports one after the other; `counted_from` as `Provenance` tells it."""
    for report in reports:
        for part in render(report, counted_from):
            console.print(part)
        if has_all_pairs:
            console.print(_all_pairs(report))
            console.print()


def render(report: Report, counted_from: float | None = None) -> Iterator[RenderableType]:
    """The parts of one report, in the order of reading."""
    yield _heading(report)
    for warning in report.article.warnings:
        yield _words(f"warning: {warning}", "yellow")
    yield Text()
    ways = other_ways(report)
    yield from _contrasts(report, counted_from, ways)
    yield from _statements(report, ways)
    yield closing_line(report, counted_from)
    yield Text()


def _heading(report: Report) -> Text:
    article = report.article
    heading = _words(name_of(article), "bold")
    facts = [fact for fact in (article.date, article.url, article.path if article.title else None) if fact]
    return heading.append_text(_words(f"\n{'  '.join(facts)}", "dim not bold")) if facts else heading


def _contrasts(report: Report, counted_from: float | None, ways: OtherWays) -> Iterator[RenderableType]:
    if not report.contrasts:
        yield Text(no_contrast_line(report))
        yield Text()
        return
    yield Text(f"{contrasts_line(report, counted_from)}, strongest first", style="underline")
    for rank, finding in enumerate(report.contrasts, 1):
        yield _finding(rank, finding, report, ways)
    if any(finding.explanation for finding in report.contrasts):
        yield Text(f"{KEY}. {unexplained_line(report)}".rstrip(), style="dim")
    yield Text(CAVEAT, style="dim")
    yield Text()


def _finding(rank: int, finding: Finding, report: Report, ways: OtherWays) -> RenderableType:
    statement, observation = report.statement(finding.statement), report.observation(finding.observation)
    rows = Table.grid(padding=(0, 2))
    rows.add_column(justify="right", no_wrap=True)
    rows.add_column()
    rows.add_row(Text("says", style="cyan"), _quote(statement.text))
    rows.add_row("", _words(f"{statement.id} · {statement.kind} · {statement.speaker or 'speaker not named'}", "dim"))
    rows.add_row(Text("reported", style="magenta"), _quote(observation.text))
    rows.add_row("", _words(f"{observation.id} · {observation.source or 'no source found'}", "dim"))
    if other_way := ways.get((finding.statement, finding.observation)):
        rows.add_row(Text("but", style="yellow"), Text(other_way))
    if finding.explanation:
        rows.add_row(Text("because", style="dim"), _words(carried_line(finding.explanation, finding.probability)))
        rows.add_row(Text("checked", style="dim"), _words("\n".join(check_lines(finding.explanation.checks))))
    return Group(Text(f"{rank:>3}.  contradiction {finding.probability:.2f}", style="red"), Padding(rows, (0, 0, 1, 6)))


def _statements(report: Report, ways: OtherWays) -> Iterator[RenderableType]:
    if not report.statements:
        yield Text(NO_STATEMENT)
        yield Text()
        return
    yield Text("Statements and their verdicts", style="underline")
    rows = Table.grid(padding=(0, 2))
    rows.add_column(no_wrap=True)
    rows.add_column(no_wrap=True)
    rows.add_column()
    for statement in report.statements:
        about = f"{statement.kind} {statement.probability:.2f} · {statement.speaker or 'speaker not named'}"
        rows.add_row(statement.id, Text(statement.verdict, style=VERDICT_STYLE[statement.verdict]), _quote(statement.text))
        rows.add_row("", "", _words("\n".join([about, *_supports(report, statement, ways)]), "dim"))
    yield rows
    yield Text()


def _supports(report: Report, statement: Statement, ways: OtherWays) -> Iterator[str]:
    supports = [finding for finding in report.supports if finding.statement == statement.id]
    for finding in supports[:N_SUPPORTS_SHOWN]:
        yield f"supported {finding.probability:.2f} by {finding.observation}: {on_one_line(report.observation(finding.observation).text)}"
        if other_way := ways.get((finding.statement, finding.observation)):
            yield f"but {other_way}"
    if len(supports) > N_SUPPORTS_SHOWN:
        yield f"and by {len(supports) - N_SUPPORTS_SHOWN} more"


def closing_line(report: Report, counted_from: float | None = None) -> Text:
    """What was read, found, judged and left out, in one line."""
    parts = (
        counted(len(report.article.sentences), "sentence"),
        counted(len(report.statements), "statement"),
        counted(len(report.observations), "observation"),
        f"{counted(len(report.pairs), 'pair')} scored",
        f"{report.n_pairs_skipped} left out",
        contrasts_line(report, counted_from),
    )
    return Text(" · ".join(parts), style="bold")


def _all_pairs(report: Report) -> Table:
    rows = Table("statement", "observation", "entailment", "neutral", "contradiction", box=None)
    for pair in sorted(report.pairs, key=lambda pair: -pair.probabilities.contradiction):
        p = pair.probabilities
        rows.add_row(pair.statement, pair.observation, f"{p.entailment:.3f}", f"{p.neutral:.3f}", f"{p.contradiction:.3f}")
    return rows


def _quote(text: str) -> Text:
    """A sentence of an article; where its lines were broken to fit is no part of what it says."""
    return _words(on_one_line(text))


def _words(text: str, style: str = "") -> Text:
    """Words of an article, or lines with such words in them."""
    return Text(printable(text), style=style)
