"""How high contrasts that readers know of come in articles which are annotated no further.

A row names an article by "id", the openings of two of its sentences as "statement" and "observation", and a "label": `contradiction` for
what ought to come out on top, anything else for what must not be flagged.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contrast.errors import InputError
from contrast.pipeline import Checker
from contrast.reading import read_text
from contrast.reading.layout import lay_out
from contrast.rows import read_numbered_rows, read_rows
from contrast.schema import Article, Report

N_TOP = 3
FIELDS = ("id", "statement", "observation", "label")


def evaluate_ranks(checker: Checker, path: Path, texts: Path) -> dict[str, Any]:
    """Shares and ranks over the judged pairs in the rows of `path`, whose articles `texts` holds (JSONL: id, title, date, url, text).

    `in_top_3` is the share of the contradictions that are among the three likeliest of their article's pairs; `rank` tells for each row the
    place of its pair by contradiction probability from 1 on, None where it was not judged. Raises InputError when a row does not fit.
    """
    rows = list(_judged_rows(path))
    articles = _articles(texts, {row["id"] for _, row in rows})
    if missing := sorted({row["id"] for _, row in rows} - articles.keys()):
        raise InputError(f"{texts}: lacks {len(missing)} of the judged articles, {missing[0]!r} first; name the file that holds them")
    pairs = [tuple(_sentence(articles[row["id"]], row, side, where) for side in ("statement", "observation")) for where, row in rows]
    reports = {id_of_text: checker.check_article(article) for id_of_text, article in articles.items()}
    ranks: dict[str, int | None] = {}
    tops: list[bool] = []
    flagged: list[bool] = []
    for (where, row), (said, seen) in zip(rows, pairs, strict=True):
        rank, is_flagged = rank_of(reports[row["id"]], (said, seen))
        ranks[f"line {where.rpartition(' ')[2]}, {row['label']}"] = rank
        if row["label"] == "contradiction":
            tops.append(rank is not None and rank <= N_TOP)
        else:
            flagged.append(is_flagged)
    return {
        "n_contradictions": len(tops),
        f"in_top_{N_TOP}": sum(tops) / len(tops) if tops else None,
        "n_others": len(flagged),
        "others_flagged": sum(flagged),
        "rank": ranks,
    }


def rank_of(report: Report, pair: tuple[int, int]) -> tuple[int | None, bool]:
    """The place of a pair of sentences, by their positions, among a report's pairs by contradiction probability; whether it is flagged."""
    at = {statement.id: statement.sentence for statement in report.statements}
    at |= {observation.id: observation.sentence for observation in report.observations}
    likeliest = sorted(report.pairs, key=lambda scored: -scored.probabilities.contradiction)
    of_sentences = [(at[scored.statement], at[scored.observation]) for scored in likeliest]
    is_flagged = pair in {(at[finding.statement], at[finding.observation]) for finding in report.contrasts}
    return (of_sentences.index(pair) + 1 if pair in of_sentences else None), is_flagged


def _judged_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, row in read_numbered_rows(path):
        where = f"{path}, line {number}"
        if lacking := [field for field in FIELDS if not (isinstance(row.get(field), str) and re.search(r"\w", row[field]))]:
            raise InputError(f"{where}: no words in {', '.join(lacking)}; expected words in each of {', '.join(FIELDS)}")
        yield where, row


def _articles(texts: Path, wanted: set[str]) -> dict[str, Article]:
    return {str(row.get("id")): read_text(lay_out(row)) for row in read_rows(texts) if str(row.get("id")) in wanted}


def _sentence(article: Article, row: dict[str, Any], side: str, where: str) -> int:
    """The position of the sentence in which the words of an opening begin; the last may be cut, and marks and white space may differ."""
    found = re.search(r"\W+".join(map(re.escape, re.findall(r"\w+", row[side]))), article.text)
    if not found:
        raise InputError(f"{where}: {row[side][:60]!r} is not in article {row['id']!r}; expected the first words of one of its sentences")
    return max((k for k, sentence in enumerate(article.sentences) if sentence.start <= found.start()), default=0)
