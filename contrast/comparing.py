"""Judges pairs that are given, one by one or as the rows of a file."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from contrast.errors import InputError
from contrast.pipeline import Checker, refuse_half_characters
from contrast.rendering import PairFormat
from contrast.rendering.as_json import N_DIGITS
from contrast.rows import read_numbered_rows
from contrast.schema import RelationProbabilities
from contrast.scoring.framing import Framed
from contrast.scoring.scorer import FramedPair

Warn = Callable[[str], None]


def compare_pair(checker: Checker, statement: str, observation: str, *, warn: Warn | None = None) -> RelationProbabilities:
    """The judgement of one pair; `warn` is told when it was too long to be read whole."""
    return _judge(checker, [FramedPair(premise=Framed(observation), hypothesis=Framed(statement))], warn)[0]


def compare_rows(checker: Checker, path: Path, *, warn: Warn | None = None) -> str:
    """The rows of a JSONL file with entailment, neutral and contradiction added, in order, as JSONL; raises InputError naming a bad row.

    `warn` is told how many rows were too long to be read whole.
    """
    rows = list(read_numbered_rows(path))
    if not rows:
        raise InputError(f"{path}: no row in it; expected one object with premise and hypothesis a line")
    judged = _judge(checker, [_framed(row, f"{path}, line {number}") for number, row in rows], warn)
    return "".join(json.dumps({**row, **rounded(p)}, ensure_ascii=False) + "\n" for (_, row), p in zip(rows, judged, strict=True))


def _judge(checker: Checker, pairs: Sequence[FramedPair], warn: Warn | None) -> list[RelationProbabilities]:
    judged = checker.compare_framed(pairs)
    if warn and (n_cut := checker.scorer.n_cut(pairs)):
        warn(f"warning: {n_cut} of {len(pairs)} pairs longer than the model reads; the words beyond were not read; give single sentences")
    return judged


def _framed(row: dict[str, Any], where: str) -> FramedPair:
    for key in ("premise", "hypothesis"):
        if not isinstance(row.get(key), str) or not row[key].strip():
            raise InputError(f"{where}: no text under {key!r}; expected premise (the observation) and hypothesis (the statement)")
    for key in ("premise_before", "hypothesis_before", "speaker"):
        if not isinstance(row.get(key), str | None):
            raise InputError(f"{where}: {type(row[key]).__name__} under {key!r}; expected text or null")
    _refuse_unwritable(row, where)
    return FramedPair(
        premise=Framed(row["premise"], before=row.get("premise_before")),
        hypothesis=Framed(row["hypothesis"], before=row.get("hypothesis_before"), speaker=row.get("speaker")),
    )


def _refuse_unwritable(row: dict[str, Any], where: str) -> None:
    """Raises InputError when the row could not be given back as JSON in UTF-8."""
    try:
        text = json.dumps(row, ensure_ascii=False, allow_nan=False)
    except ValueError as error:
        raise InputError(f"{where}: NaN or a number too large for JSON; expected finite numbers, or null") from error
    refuse_half_characters(text, where)


def rounded(probabilities: RelationProbabilities) -> dict[str, float]:
    """The three probabilities by name."""
    return {name: round(value, N_DIGITS) for name, value in asdict(probabilities).items()}


def describe(probabilities: RelationProbabilities, format: PairFormat) -> str:
    """One judgement in words, or as JSON."""
    if format != "table":
        return json.dumps({"relation": probabilities.relation, **rounded(probabilities)}) + "\n"
    p = probabilities
    return f"{p.relation}  (contradiction {p.contradiction:.2f}, neutral {p.neutral:.2f}, entailment {p.entailment:.2f})\n"
