"""Reports as Markdown, to paste into a story's notes: contrasts as pairs of quotes with their places, statements, and how it was made."""

import re
from collections.abc import Iterator, Sequence

from contrast.rendering.explained import (
    CAVEAT,
    NO_STATEMENT,
    carried_line,
    check_lines,
    contrasts_line,
    counted,
    on_one_line,
    unexplained_line,
)
from contrast.rendering.places import Place
from contrast.rendering.provenance import Provenance, given_line
from contrast.rendering.views import VERDICT_MARKS, ArticleView, Card, long_date, view
from contrast.schema import Report

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~&!])")
_LIST_LIKE = re.compile(r"^(\s*)([-+]|\d+[.)])(?=\s|$)")


def as_markdown(reports: Sequence[Report], provenance: Provenance | None = None) -> str:
    """The reports, one after the other."""
    made = provenance or Provenance()
    lines = [line for number, report in enumerate(reports, 1) for line in _article(view(report, number), made)]
    return "\n".join([*lines, *_making(made, given_line(made, reports))]) + "\n"


def plain(text: str) -> str:
    r"""The text with Markdown's marks escaped, so that it reads as it stands.

    >>> plain("1. *No* <b>")
    '1\\. \\*No\\* \\<b\\>'
    """
    escaped = _MARKS.sub(r"\\\1", on_one_line(text))
    return _LIST_LIKE.sub(lambda match: f"{match[1]}{match[2][:-1]}\\{match[2][-1]}", escaped)


def _article(shown: ArticleView, made: Provenance) -> Iterator[str]:
    report = shown.report
    article = report.article
    yield from (f"# {plain(shown.name)}", "")
    facts = [long_date(article.date) if article.date else None, article.url, article.path if article.title else None]
    if any(facts):
        yield from (" · ".join(plain(fact) for fact in facts if fact), "")
    for warning in article.warnings:
        yield from (f"**Warning:** {plain(warning)}", "")
    found = contrasts_line(report, made.counted_from)
    among = ", among" if "," in found else " among"
    yield f"{found}{among} {counted(len(report.statements), 'statement')} and {counted(len(report.observations), 'observation')};"
    yield from (f"{counted(len(report.pairs), 'pair')} judged, {report.n_pairs_skipped} left out.", "")
    if unexplained := unexplained_line(report):
        yield from (unexplained, "")
    if not report.statements:
        yield from (NO_STATEMENT, "")
    for card in shown.cards:
        yield from _card(card)
    yield from _source(report)


def _card(card: Card) -> Iterator[str]:
    statement = card.statement
    heading = f"## {statement.id.upper()} · {plain(statement.speaker or 'Speaker not named')}"
    yield from (f"{heading} · {VERDICT_MARKS[statement.verdict]} {statement.verdict}", "")
    yield from _quote(statement.text, f"{statement.kind} {statement.probability:.2f}, {card.place}")
    for word, found in (("Against", card.against), ("In support", card.in_favour)):
        for evidence in found:
            seen = evidence.observation
            source = plain(seen.source or "no source found")
            yield from (f"**{word}, {evidence.probability:.2f}** · {seen.id.upper()} · {source}", "")
            yield from _quote(seen.text, evidence.place)
            told = [f"but {plain(evidence.other_way)}"] if evidence.other_way else []
            if explained := evidence.explanation:
                told.append(f"because, with the log-odds lost without each: {plain(carried_line(explained, evidence.probability))}")
                told.extend(plain(line) for line in check_lines(explained.checks))
            if told:
                yield from (*(f"- {line}" for line in told), "")


def _quote(text: str, about: Place | str) -> Iterator[str]:
    yield from (f"> {plain(text)}", ">", f"> {about}", "")


def _source(report: Report) -> Iterator[str]:
    model = report.model
    yield f"- Source: {plain(report.article.path or 'given as text')}, SHA-256 `{report.article.sha256}`"
    yield f"- Model: {plain(model.name)}, version {plain(model.version)}, run by {plain(model.backend)}, SHA-256 `{model.sha256}`"
    if report.article.is_laid_out:
        yield "- Lines and characters count in the text as it was taken out of the document."
    yield ""


def _making(provenance: Provenance, given: str) -> Iterator[str]:
    yield from ("---", "", CAVEAT, "")
    yield f"Made by contrast {provenance.version}" + (":" if provenance.command else ".")
    if provenance.command:
        yield from ("", f"    {' '.join(provenance.command.splitlines())}")
        if given:
            yield from ("", given)
