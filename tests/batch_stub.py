"""`contrast` with a checker that needs no models, for runs that are killed or long: python -m tests.batch_stub score …"""

import os
import resource
from collections.abc import Callable, Sequence
from pathlib import Path

from contrast.batch import run, work
from contrast.batch.settings import BatchSettings
from contrast.cli import main
from contrast.pipeline import Thresholds
from contrast.schema import Article, Finding, ModelInfo, Observation, Report, Statement


class StubChecker:
    """Takes the first sentence for a statement, the last for an observation, and the two for a contrast."""

    model_info = ModelInfo("stub", "1", "0" * 64, "none")
    thresholds = Thresholds(statement=0.5, observation=0.5, contrast=0.0, support=0.5)

    def __init__(self, *arguments: object, **options: object) -> None:
        pass

    def check_articles(self, articles: Sequence[Article]) -> list[Report]:
        return [self.check_article(article) for article in articles]

    def check_article(self, article: Article) -> Report:
        first, last = article.sentences[0], article.sentences[-1]
        statement = Statement("s1", 0, "claim", first.text, first.start, first.end, "the owner", 0.9, "contradicted")
        observation = Observation("o1", len(article.sentences) - 1, last.text, last.start, last.end, None, 0.8)
        finding = Finding("s1", "o1", "contradiction", int(article.sha256[:4], 16) / 0xFFFF)
        return Report(article, (statement,), (observation,), (finding,), (), (), 0, self.model_info)


def use_stub(patch: Callable[[object, str, object], None]) -> None:
    patch(work, "Checker", StubChecker)
    patch(run, "digest_of_models", lambda folder, model: "stub")
    # What a killed process wrote is in the hands of the system, and a busy disk takes its time.
    patch(os, "fsync", lambda file: None)


def print_peak_memory(path: str, output: str) -> None:
    """Prints the most memory, in kilobytes, that this process came to while it scored."""
    use_stub(setattr)
    run.score(BatchSettings((path,), Path(output), n_workers=1, n_articles_a_chunk=256))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


# Worker processes import this module under another name.
if __name__ in ("__main__", "__mp_main__"):
    use_stub(setattr)
if __name__ == "__main__":
    main()
