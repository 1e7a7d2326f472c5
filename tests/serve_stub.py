"""A server whose checker needs no models and does what the text says: python -m tests.serve_stub DATABASE '{"n_waiting": 4}'."""

import json
import os
import re
import sys
import time
from collections.abc import Sequence

from contrast.errors import ModelError
from contrast.reading import read_content
from contrast.schema import Article, Progress, RelationProbabilities, Report, Watch
from contrast.serving import model_process, queue, server
from contrast.serving.settings import ServeSettings
from contrast.settings import CheckSettings
from tests.batch_stub import StubChecker

STEP_SECONDS = 0.02


class ObedientChecker(StubChecker):
    """Does as the text says: "takes 1.5 s", watched; "hangs", where nothing stops it; "crashes"; "fails"; "fills the memory"."""

    def check_article(self, article: Article, *, watch: Watch | None = None) -> Report:
        takes = re.search(r"takes ([\d.]+) s", article.text)
        n_steps = round(float(takes[1]) / STEP_SECONDS) if takes else 1
        for n_done in range(n_steps):
            assert watch is not None
            watch(Progress("judging", n_done, n_steps))
            time.sleep(STEP_SECONDS if takes else 0.002)
        if "hangs" in article.text:
            time.sleep(60)
        if "crashes" in article.text:
            os._exit(1)
        if "fails" in article.text:
            raise ModelError("the model gave no number for a pair")
        if "fills the memory" in article.text:
            return bytearray(10**11)  # type: ignore[return-value]
        return super().check_article(article)

    def explain(self, report: Report, *, watch: Watch | None = None) -> Report:
        return report

    def compare(self, pairs: Sequence[tuple[str, str]]) -> list[RelationProbabilities]:
        return [RelationProbabilities(0.1, 0.2, 0.7) for _ in pairs]


def read_as_told(content: bytes, ending: str, **names: str) -> Article:
    if b"reads slowly" in content:
        time.sleep(60)
    return read_content(content, ending, **names)


def open_stub(settings: CheckSettings) -> ObedientChecker:
    model_process.read_content = read_as_told
    return ObedientChecker()


if __name__ == "__main__":
    queue.GRACE_SECONDS = 0.5
    server.HEAD_SECONDS = 1.0
    server.serve(ServeSettings(port=0, **json.loads(sys.argv[2])), sys.argv[1], opener=open_stub)  # type: ignore[arg-type]
