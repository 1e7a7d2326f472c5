"""A report as JSON, in the words of `report.schema.json`."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from contrast.schema import SCHEMA_VERSION, Finding, Observation, Report, ScoredPair, Statement

N_DIGITS = 6


def as_object(report: Report, *, has_all_pairs: bool = False) -> dict[str, Any]:
    """The report as the JSON object of the contract; `pairs` only where asked for."""
    article = report.article
    written: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "article": {
            "id": article.id,
            "title": article.title,
            "date": article.date,
            "url": article.url,
            "path": article.path,
            "sha256": article.sha256,
            "n_sentences": len(article.sentences),
            "n_pairs": len(report.pairs),
            "n_pairs_skipped": report.n_pairs_skipped,
            "warnings": list(article.warnings),
            **({"text": article.text} if article.is_laid_out else {}),
        },
        "statements": [_statement(statement) for statement in report.statements],
        "observations": [_observation(observation) for observation in report.observations],
        "contrasts": [_finding(finding) for finding in report.contrasts],
        "supports": [_finding(finding) for finding in report.supports],
    }
    if has_all_pairs:
        written["pairs"] = [_pair(pair) for pair in report.pairs]
    return {**written, "model": asdict(report.model)}


def as_json(reports: Sequence[Report], *, has_all_pairs: bool = False, is_list: bool | None = None) -> str:
    """One report as an object, several (or where `is_list` says so) as a list, indented."""
    objects = [as_object(report, has_all_pairs=has_all_pairs) for report in reports]
    as_list = len(objects) != 1 if is_list is None else is_list
    return json.dumps(objects if as_list else objects[0], ensure_ascii=False, indent=1) + "\n"


def as_jsonl(reports: Sequence[Report], *, has_all_pairs: bool = False) -> str:
    """One report a line."""
    return "".join(json.dumps(as_object(report, has_all_pairs=has_all_pairs), ensure_ascii=False) + "\n" for report in reports)


def _statement(statement: Statement) -> dict[str, Any]:
    written = asdict(statement)
    del written["sentence"]
    return {**written, "probability": round(statement.probability, N_DIGITS)}


def _observation(observation: Observation) -> dict[str, Any]:
    written = asdict(observation)
    del written["sentence"]
    return {**written, "probability": round(observation.probability, N_DIGITS)}


def _finding(finding: Finding) -> dict[str, Any]:
    written = asdict(finding)
    explanation = written.pop("explanation")
    written["probability"] = round(finding.probability, N_DIGITS)
    return {**written, "explanation": _rounded(explanation)} if explanation else written


def _rounded(explanation: dict[str, Any]) -> dict[str, Any]:
    words = {
        side: [{**one, "effect": round(one["effect"], N_DIGITS)} for one in explanation[side]] for side in ("statement", "observation")
    }
    return {**explanation, **words, "probability_without": round(explanation["probability_without"], N_DIGITS)}


def _pair(pair: ScoredPair) -> dict[str, Any]:
    probabilities = {name: round(value, N_DIGITS) for name, value in asdict(pair.probabilities).items()}
    return {"statement": pair.statement, "observation": pair.observation, **probabilities}
