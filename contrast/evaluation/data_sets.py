"""Lints a data set: schema, duplicates, leakage between splits, label balance, and whether half of a pair gives its label away.

Baselines follow the hypothesis-only test of Poliak et al. (2018, https://aclanthology.org/S18-2023): a bag of words over the hypothesis
alone, the premise alone, and the words that they share, five-fold by statement; balanced accuracy, chance 1/3. A hypothesis
that gives its label away is a problem, the other two are warned of. Of a large set they see a random part of its groups.

Pairs that readers marked (`n_reviewers` in the row) are as news has them: few labels of a kind, or words that go with one, are no fault of
theirs, and warned of.
"""

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contrast.errors import ContrastError, InputError
from contrast.labels import RELATIONS, ROLES
from contrast.rows import read_numbered_rows
from contrast.training.articles_data import annotated_paths, read_article

SPLITS = ("train", "validation", "test")
MAX_BASELINE = 0.45
# Of larger sets the baselines see as many rows: of the crossed pairs 6,000 take seconds, all 120,000 minutes.
MAX_BASELINE_ROWS = 6_000
LABEL_SHARES = (0.15, 0.6)
N_FOLDS = 5
N_SHOWN = 20
_WORD = re.compile(r"\w+")


@dataclass(slots=True)
class Findings:
    """What was counted, what is wrong, and what is to be borne in mind."""

    figures: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def check_data_set(folder: Path) -> Findings:
    """Reads every pair file, role file and annotated article of the folder; raises InputError when there is nothing to check."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected a data set with JSONL rows or annotated articles")
    findings = Findings()
    files = sorted(path for path in folder.rglob("*") if path.name.endswith((".jsonl", ".jsonl.gz")))
    articles = annotated_paths(folder)
    if not files and not articles:
        raise InputError(f"{folder}: nothing to check; expected JSONL rows or annotated articles (NAME.txt with NAME.json)")
    if not any(folder.glob("README.md")):
        findings.problems.append("no README.md: a data set needs its card")
    _check_pairs([path for path in files if "roles" not in path.name], findings)
    _check_roles([path for path in files if "roles" in path.name], findings)
    _check_articles(articles, findings)
    if not findings.figures:
        findings.problems.append("no row in it that can be checked; expected labelled pairs, role rows or annotated articles")
    return findings


def _split_of(path: Path) -> str:
    return next((split for split in SPLITS if split in path.name), "train")


def _check_pairs(paths: Sequence[Path], findings: Findings) -> None:
    rows = list(_rows(paths, findings, ("premise", "hypothesis", "label")))
    if not rows:
        return
    for where, row in rows:
        if row["label"] not in RELATIONS:
            findings.problems.append(f"{where}: label {row['label']!r}; expected {', '.join(RELATIONS)}")
        if not (row.get("statement_id") or row.get("set")):
            findings.problems.append(f"{where}: no statement_id (pairs of one statement share it)")
    _check_repeats([(where, _key(row["premise"], row["hypothesis"])) for where, row in rows], "pair", findings)
    _check_leakage(rows, findings)
    labels = Counter(str(row["label"]) for _, row in rows)
    findings.figures["pairs"] = {"n": len(rows), "labels": dict(labels), "statements": len({_group(row) for _, row in rows})}
    low, high = LABEL_SHARES
    by_make = findings.warnings if all("n_reviewers" in row for _, row in rows) else findings.problems
    for relation in RELATIONS:
        if not low <= labels[relation] / len(rows) <= high:
            by_make.append(
                f"label balance: {relation} is {labels[relation] / len(rows):.0%} of the pairs; expected {low:.0%} to {high:.0%}"
            )
    _check_baselines([row for _, row in rows], findings, by_make)


def _group(row: dict[str, Any]) -> str:
    return str(row.get("statement_id") or row.get("set") or row["hypothesis"])


def _check_leakage(rows: Sequence[tuple[str, dict[str, Any]]], findings: Findings) -> None:
    for what, key in (("statement", _group), ("hypothesis", lambda row: _key(row["hypothesis"]))):
        splits: dict[str, set[str]] = defaultdict(set)
        for where, row in rows:
            splits[key(row)].add(_split_of(Path(where.split(":")[0])))
        leaked = [name for name, found in splits.items() if len(found) > 1]
        if leaked:
            findings.problems.append(f"{len(leaked)} {what}(s) in more than one split, {leaked[0][:60]!r} among them")


def _check_baselines(rows: Sequence[dict[str, Any]], findings: Findings, by_make: list[str]) -> None:
    """What half of a pair gives away; a hypothesis that does is told in `by_make`, as are too few to test it on."""
    rows = _some_groups(rows)
    shared = [" ".join(sorted(_words(row["premise"]) & _words(row["hypothesis"]))) for row in rows]
    texts = {
        "hypothesis_only": [row["hypothesis"] for row in rows],
        "premise_only": [row["premise"] for row in rows],
        "overlap_only": [f"shared{len(words.split())} {words}" for words in shared],
    }
    groups = [_group(row) for row in rows]
    if len({row["label"] for row in rows}) < 2:
        return
    if len(set(groups)) < N_FOLDS:
        by_make.append(f"{len(set(groups))} statements; expected at least {N_FOLDS} to test what half a pair gives away")
        return
    try:
        found = {name: baseline(values, [str(row["label"]) for row in rows], groups) for name, values in texts.items()}
    except ValueError:  # a label in one fold alone, or no word that two rows share
        by_make.append("too few rows of a label, or too few words in common, to test what half a pair gives away")
        return
    findings.figures["baselines"] = found
    for name, accuracy in found.items():
        if accuracy >= MAX_BASELINE:
            listed = by_make if name == "hypothesis_only" else findings.warnings
            listed.append(f"{name.replace('_', ' ')} baseline reaches {accuracy:.3f} (chance 0.333); aim below {MAX_BASELINE}")


def _some_groups(rows: Sequence[dict[str, Any]], n_rows: int = MAX_BASELINE_ROWS) -> list[dict[str, Any]]:
    """All rows, or of a large set those of as many groups, drawn at random, as make up `n_rows`."""
    if len(rows) <= n_rows:
        return list(rows)
    of_group: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        of_group[_group(row)].append(row)
    drawn: list[dict[str, Any]] = []
    for group in random.Random(0).sample(sorted(of_group), len(of_group)):
        if len(drawn) >= n_rows:
            break
        drawn += of_group[group]
    return drawn


def baseline(texts: Sequence[str], labels: Sequence[str], groups: Sequence[str]) -> float:
    """Balanced accuracy of a bag of words (one and two in a row) with logistic regression, five-fold by group."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline

    learner = LogisticRegression(max_iter=1000, class_weight="balanced")
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True), learner)
    predicted = cross_val_predict(model, list(texts), list(labels), groups=list(groups), cv=GroupKFold(N_FOLDS))
    return float(balanced_accuracy_score(labels, predicted))


def _check_roles(paths: Sequence[Path], findings: Findings) -> None:
    rows = list(_rows(paths, findings, ("text",)))
    if not rows:
        return
    counts: Counter[str] = Counter()
    for where, row in rows:
        roles = row.get("roles")
        if not isinstance(roles, list) or set(roles) - set(ROLES):
            findings.problems.append(f"{where}: roles {roles!r}; expected a list of {', '.join(ROLES)}")
            continue
        counts.update(roles or ["other"])
        if row.get("speaker") and str(row["speaker"]) not in row["text"]:
            findings.problems.append(f"{where}: speaker {row['speaker']!r} does not stand in the text")
    _check_repeats([(where, _key(row["text"])) for where, row in rows], "role row", findings)
    findings.figures["roles"] = {"n": len(rows), "roles": dict(counts)}


def _check_articles(paths: Sequence[Path], findings: Findings) -> None:
    if not paths:
        return
    from contrast.evaluation.articles import places_of

    counts: Counter[str] = Counter()
    titles = []
    for path in paths:
        try:
            article = read_article(path)
            places_of(article, path.with_suffix(".txt").read_text(encoding="utf-8"))
        except (ContrastError, OSError) as error:
            findings.problems.append(str(error))
            continue
        for name, pairs in (("contradicts", article.contradicts), ("supports", article.supports), ("ignore", article.ignored)):
            counts[name] += len(pairs)
            for s, o in pairs:
                if not article.sentences[s].is_statement or not article.sentences[o].is_observation:
                    findings.problems.append(f"{path.name}: {name} [{s}, {o}] does not join a statement and an observation")
                if s == o and name != "ignore":
                    findings.problems.append(
                        f"{path.name}: {name} [{s}, {o}] sets a sentence against itself, which no check does; ignore it"
                    )
        for name, twice in (
            ("contradicts and supports", article.contradicts & article.supports),
            ("is debatable and is not", article.ignored & (article.contradicts | article.supports)),
        ):
            if twice:
                findings.problems.append(f"{path.name}: a pair both {name}: {list(min(twice))}")
        counts["articles"] += 1
        counts["without_contrast"] += not article.contradicts
        counts["sentences"] += len(article.sentences)
        titles.append((path.name, _key(article.sentences[0].text)))
    _check_repeats(titles, "article title", findings)
    findings.figures["articles"] = dict(counts)


def _check_repeats(keyed: Sequence[tuple[str, str]], what: str, findings: Findings) -> None:
    first: dict[str, str] = {}
    for where, key in keyed:
        if key in first:
            findings.problems.append(f"{where}: the same {what} as {first[key]}")
        first.setdefault(key, where)


def _rows(paths: Sequence[Path], findings: Findings, required: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in paths:
        number = 0
        for number, row in read_numbered_rows(path):
            missing = [key for key in required if not isinstance(row.get(key), str) or not str(row[key]).strip()]
            if missing:
                findings.problems.append(f"{path.name}:{number}: no text under {', '.join(missing)}")
            else:
                yield f"{path.name}:{number}", row
        if not number:
            findings.warnings.append(f"{path.name}: no row in it")


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))


def _key(*texts: str) -> str:
    return " | ".join(" ".join(_WORD.findall(text.casefold())) for text in texts)


def describe(findings: Findings) -> str:
    """Figures as JSON, then warnings and problems, a line each (of problems the first twenty)."""
    lines = [json.dumps(findings.figures, indent=1)]
    lines.extend(f"warning: {warning}" for warning in findings.warnings)
    lines.extend(f"problem: {problem}" for problem in findings.problems[:N_SHOWN])
    if len(findings.problems) > N_SHOWN:
        lines.append(f"and {len(findings.problems) - N_SHOWN} more")
    lines.append("ok" if not findings.problems else f"{len(findings.problems)} problem(s)")
    return "\n".join(lines) + "\n"
