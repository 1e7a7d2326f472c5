"""What a command line of `contrast check` asks for: its articles and options, read back from the words that a report shows."""

import argparse
import shlex
from dataclasses import dataclass
from typing import NoReturn

from contrast.errors import UsageError

STDIN = "-"
# In these formats contrasts are explained unless the command says otherwise.
EXPLAINED_FORMATS = ("html", "markdown")


@dataclass(frozen=True, slots=True)
class Command:
    """The articles that a command names, and its options as far as they bear on what a report shows; None where it leaves one open."""

    files: tuple[str, ...]
    format: str
    threshold: float | None
    top: int | None
    model: str | None
    device: str | None
    explain: bool


def read_command(command: str) -> Command:
    """The command in its parts; raises UsageError when it is none of `contrast check`.

    >>> read_command("contrast check - 'my mill.txt' --top 3 --format html -o out.html").files
    ('-', 'my mill.txt')
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"a command that no shell reads ({error})") from error
    # As contrast writes it, but for spaces: a shell may do more with what is written otherwise.
    if shlex.join(words) not in (command, " ".join(filter(None, command.split(" ")))):
        raise UsageError("a command with marks that a shell acts on")
    if words[:2] != ["contrast", "check"]:
        raise UsageError("a command that is none of contrast check")
    end = words.index("--") if "--" in words else len(words)
    told = _parser().parse_intermixed_args(words[2:end])
    explain = told.format in EXPLAINED_FORMATS if told.explain is None else told.explain
    return Command((*told.files, *words[end + 1 :]), told.format, told.threshold, told.top, told.model, told.device, explain)


class _Parser(argparse.ArgumentParser):
    """A parser that raises where it would end the program."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"a command that contrast check does not take ({message})")


def _parser() -> _Parser:
    """The options of `contrast check`, as cli.py has them."""
    parser = _Parser(prog="contrast check", add_help=False, allow_abbrev=False)
    parser.add_argument("files", nargs="*")
    parser.add_argument("--format", default="table")
    parser.add_argument("--threshold", type=float)
    parser.add_argument("--top", type=int)
    parser.add_argument("--model")
    parser.add_argument("--device")
    parser.add_argument("--explain", action="store_true", default=None)
    parser.add_argument("--no-explain", action="store_false", dest="explain", default=None)
    parser.add_argument("--output", "-o")
    parser.add_argument("--all-pairs", action="store_true")
    parser.add_argument("--exit-code", action="store_true")
    return parser
