"""The process in which documents are read and the models run, one task at a time.

Apart from the server, so that a document made to hang or to fill the memory ends with this process, and not with the server.
"""

import json
import shlex
import signal
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

from contrast.comparing import describe
from contrast.errors import ContrastError, InputError
from contrast.pipeline import Checker
from contrast.reading import ENDINGS, read_content
from contrast.rendering.carried import as_carried
from contrast.rendering.provenance import Provenance
from contrast.schema import Progress
from contrast.serving.addresses import id_of
from contrast.serving.messages import DOCUMENT_ENDINGS, CheckTask, CompareTask, Done, Order, Ready, Stop, Task, Undone
from contrast.settings import CheckSettings

Opener = Callable[[CheckSettings], Checker]
# How much memory a task may take on top of what the loaded models take.
MAX_GROWTH_BYTES = 4_000_000_000


class StoppedError(ContrastError):
    """The server wants no answer any more."""


def open_checker(settings: CheckSettings) -> Checker:
    """The models, loaded."""
    return Checker(settings)


def work(connection: Connection, settings: CheckSettings, opener: Opener) -> None:
    """Answers tasks until the server is gone. Signals are the server's to act on."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        try:
            checker = opener(settings)
        except ContrastError as error:
            connection.send(Undone("failed", str(error)))
            return
        _bound_memory()
        connection.send(Ready(checker.model_info))
        while True:
            order: Order = connection.recv()
            if not isinstance(order, Stop):  # one that came too late
                connection.send(_answer(checker, order, connection, settings))


def _answer(checker: Checker, task: Task, connection: Connection, settings: CheckSettings) -> Done | Undone:
    def watch(progress: Progress) -> None:
        connection.send(progress)
        if connection.poll():
            connection.recv()
            raise StoppedError("stopped")

    try:
        if isinstance(task, CompareTask):
            return Done(_compare(checker, task))
        return Done(_check(checker, task, settings, watch))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        raise
    except StoppedError as error:
        return Undone("stopped", str(error))
    except InputError as error:
        return Undone("input", str(error))
    except MemoryError:
        return Undone("input", "takes too much memory to read; copy the article's text and paste it")
    except ContrastError as error:
        return Undone("failed", str(error))
    except Exception as error:
        traceback.print_exc()
        return Undone("failed", f"the check failed ({type(error).__name__}); tell those who run this server")


def _check(checker: Checker, task: CheckTask, settings: CheckSettings, watch: Callable[[Progress], None]) -> str:
    """What a page carries of the report, as JSON; the article's id is the one in its address."""
    article = read_content(task.content, task.ending, name="the file" if task.ending in DOCUMENT_ENDINGS else "the text")
    watch(Progress("reading", 0, len(article.sentences)))
    report = checker.check_article(replace(article, id=id_of(article.text)), watch=watch)
    if task.is_explained:
        settings = replace(settings, explain=True)
        report = checker.explain(report, watch=watch)
    return json.dumps(
        as_carried([report], Provenance(command_of(task.ending, settings), settings, threshold=checker.thresholds.contrast)),
        ensure_ascii=False,
    )


def command_of(ending: str, settings: CheckSettings) -> str:
    """The command that makes the report again from the same bytes.

    >>> command_of(".txt", CheckSettings(threshold=0.7, explain=True))
    'contrast check article.txt --threshold 0.7 --format html -o report.html'
    """
    source = f"article{ending if ending in ENDINGS else '.txt'}"
    options = {"--threshold": settings.threshold, "--top": settings.top, "--model": settings.model}
    given = [str(part) for option in options.items() if option[1] is not None for part in option]
    unexplained = [] if settings.explain else ["--no-explain"]
    return shlex.join(["contrast", "check", source, *given, *unexplained, "--format", "html", "-o", "report.html"])


def _compare(checker: Checker, task: CompareTask) -> str:
    return describe(checker.compare([(task.statement, task.observation)])[0], "json")


def _bound_memory() -> None:
    """Lets this process grow no further than a task may, where the system can hold it to that (Linux)."""
    status = Path("/proc/self/statm")
    if not status.exists():
        return
    import resource

    n_bytes = int(status.read_text(encoding="ascii").split()[0]) * resource.getpagesize() + MAX_GROWTH_BYTES
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or n_bytes < hard:
        resource.setrlimit(resource.RLIMIT_AS, (n_bytes, hard))
