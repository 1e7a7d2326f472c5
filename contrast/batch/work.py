"""What a worker does: reads the articles of a chunk, checks them together, writes each as a line of JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from contrast.batch.raws import Raw
from contrast.errors import ContrastError, InputError
from contrast.pipeline import Checker
from contrast.reading import read_text
from contrast.rendering.as_json import as_object
from contrast.schema import Article, Report
from contrast.settings import CheckSettings


@dataclass(frozen=True, slots=True)
class Task:
    """One article to score; `duplicate_of` and `near_duplicate_of` name an earlier one; what is not `is_scored` is only put on record."""

    raw: Raw
    duplicate_of: str | None = None
    near_duplicate_of: str | None = None
    is_scored: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a task: a line of JSON, either of its record or of its failure."""

    line: str
    is_failure: bool = False
    is_scored: bool = True
    n_contrasts: int = 0


class Worker:
    """Models loaded once, for many chunks."""

    def __init__(self, settings: CheckSettings, models: Path | None, *, n_threads: int | None = None) -> None:
        self._checker = Checker(settings, models=models, n_threads=n_threads)

    def score(self, tasks: Sequence[Task]) -> list[Outcome]:
        """The outcomes of the tasks, in their order."""
        articles: dict[int, Article] = {}
        outcomes: dict[int, Outcome] = {}
        for n, task in enumerate(tasks):
            try:
                articles[n] = read(task.raw)
            except Exception as error:  # one article must not stop the others, whatever is wrong with it
                outcomes[n] = failed(task.raw, _reason(error))
        reports = self._check({n: article for n, article in articles.items() if tasks[n].is_scored})
        for n, article in articles.items():
            report = reports.get(n, self._unscored(article))
            outcomes[n] = failed(tasks[n].raw, report) if isinstance(report, str) else _done(tasks[n], report)
        return [outcomes[n] for n in range(len(tasks))]

    def _check(self, articles: dict[int, Article]) -> dict[int, Report | str]:
        try:
            return dict(zip(articles, self._checker.check_articles(list(articles.values())), strict=True))
        except Exception as error:  # as above
            if len(articles) == 1:
                return dict.fromkeys(articles, _reason(error))
        one_by_one: dict[int, Report | str] = {}
        for n, article in articles.items():
            one_by_one.update(self._check({n: article}))
        return one_by_one

    def _unscored(self, article: Article) -> Report:
        return Report(article, (), (), (), (), (), 0, self._checker.model_info)


def read(raw: Raw) -> Article:
    """The article of what was read; raises InputError when there is none."""
    if raw.failure is not None:
        raise InputError(raw.failure)
    article = read_text(raw.content, id=raw.id, name=raw.where)
    article = replace(article, path=raw.path, is_laid_out=raw.path is None, warnings=(*raw.warnings, *article.warnings))
    if raw.sha256 is not None:
        article = replace(article, is_laid_out=True, sha256=raw.sha256)
    if raw.head is None:
        return article
    return replace(article, **{key: given for key, given in asdict(raw.head).items() if given is not None})


def failed(raw: Raw, reason: str) -> Outcome:
    """The outcome of an article that could not be scored."""
    return Outcome(json.dumps({"id": raw.id, "where": raw.where, "reason": reason}, ensure_ascii=False), is_failure=True, is_scored=False)


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, ContrastError) else f"{type(error).__name__}: {error}"


def _done(task: Task, report: Report) -> Outcome:
    record = as_object(report)
    for key in ("duplicate_of", "near_duplicate_of"):
        if (id := getattr(task, key)) is not None:
            record["article"][key] = id
    return Outcome(json.dumps(record, ensure_ascii=False), is_scored=task.is_scored, n_contrasts=len(report.contrasts))
