"""The door: reads the command line, calls one function, prints, gives the exit code.

Data goes to standard output, everything else to standard error. Exit codes: 0 done; 1 something was flagged and --exit-code was given; 2
bad input or wrong usage; 130 Ctrl-C; 141 the reader of standard output went away (`| head`); 143 ended by SIGTERM.
"""

import errno
import io
import os
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, cast

import typer

from contrast.cli_batch import app as batch_app
from contrast.cli_serve import app as serve_app
from contrast.cli_training import app as training_app
from contrast.cli_verify import app as verify_app
from contrast.errors import ContrastError, InputError, UsageError, complain
from contrast.rendering import Format, PairFormat, Provenance
from contrast.schema import Article, Report
from contrast.settings import CheckSettings
from contrast.version import __version__

if TYPE_CHECKING:
    from contrast.pipeline import Checker

app = typer.Typer(
    name="contrast",
    help="Sets what parties in a news article SAY against what is REPORTED to happen, and shows where the two part.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for _commands in (verify_app, batch_app, serve_app, training_app):
    app.registered_commands += _commands.registered_commands
for _group in training_app.registered_groups:
    app.registered_groups.append(_group)

STDIN = "-"
UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
# UTF-8 by definition, whatever the terminal speaks.
UTF8_FORMATS = ("json", "jsonl", "html")
# Half a character, which UTF-8 cannot hold: in the name of a file it stands for a byte that is no text where the program runs.
HALF_CHARACTER = re.compile(r"[\ud800-\udfff]")
# What the parser of the command line raises: click's, or that of the copy which newer versions of typer bring.
ParserError = cast(type[typer.BadParameter], typer.BadParameter.__base__)
# What came instead of a number, by the name of pydantic's error.
NO_NUMBER = {"float_parsing": "not a number", "int_parsing": "not a whole number", "int_from_float": "not a whole number"}
EXPECTED = {"--threshold": "0 to 1", "--top": "1 or more", "--port": "0 to 65535"}
# What is taken from a folder: no .md, which there are notes more often than articles.
FOLDER_ENDINGS = (".txt", ".html", ".htm", ".mhtml", ".mht", ".pdf", ".docx", ".jsonl")
# Models in use, which the system frees with the process: OpenVINO 2026.4 was seen to crash once, most likely when taken apart.
_KEPT: "list[Checker]" = []
ModelOption = Annotated[
    str | None, typer.Option(help="Another NLI model: a folder, or a hub id of a transformers model (needs the extra 'train').")
]
DeviceOption = Annotated[str, typer.Option(help="cpu, cuda or auto; for --model only, the shipped model runs on the CPU.")]


@app.command()
def check(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...", help="Articles: .txt, .html, .pdf, .docx, .md, .jsonl, folders; - reads one text.", show_default=False
        ),
    ],
    format: Annotated[Format, typer.Option(help="How to write the report.")] = "table",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file instead of standard output.")] = None,
    all_pairs: Annotated[bool, typer.Option("--all-pairs", help="Include every scored pair.")] = False,
    threshold: Annotated[
        float | None, typer.Option(help="Flag a pair from this contradiction probability on (default: the model's own).")
    ] = None,
    top: Annotated[int | None, typer.Option(help="Show at most this many contrasts an article.")] = None,
    explain: Annotated[
        bool | None,
        typer.Option(
            "--explain/--no-explain",
            help="Tell why the strongest contrasts were flagged (default: in html and markdown, as it takes longer).",
        ),
    ] = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 1 when something is flagged.")] = False,
    model: ModelOption = None,
    device: DeviceOption = "auto",
) -> None:
    """Check articles: what is said in them against what is reported in them."""
    from contrast.pipeline import Checker
    from contrast.rendering.command import EXPLAINED_FORMATS
    from contrast.writing import refuse_overwriting

    paths = [path for file in files for path in _articles_at(file)]
    refuse_overwriting(output, (0 if path == STDIN else path for path in paths))
    is_explained = format in EXPLAINED_FORMATS if explain is None else explain
    settings = CheckSettings(threshold=threshold, top=top, model=model, device=device, explain=is_explained)
    checker = _kept(Checker(settings))
    reports: list[Report] = []
    n_failed = 0
    for path in paths:
        for outcome in _check_file(checker, path):
            if isinstance(outcome, Report):
                reports.append(outcome)
            else:
                complain(str(outcome))
                n_failed += 1
    if reports:
        provenance = Provenance(shlex.join(["contrast", *sys.argv[1:]]), settings, threshold=checker.thresholds.contrast)
        _write_reports(reports, format, output, all_pairs, provenance, is_list=len(files) > 1 or n_failed + len(reports) > 1)
    for report in reports:
        for warning in report.article.warnings:
            complain(f"warning: {report.article.path or report.article.id}: {warning}")
    if n_failed:
        raise typer.Exit(2)
    if exit_code and any(report.contrasts for report in reports):
        raise typer.Exit(1)


def _articles_at(file: str) -> list[str]:
    folder = Path(file)
    try:
        if file == STDIN or not folder.is_dir():
            return [file]
        return sorted(str(path) for path in folder.iterdir() if path.suffix.lower() in FOLDER_ENDINGS and path.name[0] != ".") or [file]
    except OSError:
        return [file]


def _check_file(checker: "Checker", file: str) -> Iterator[Report | InputError | OSError]:
    """The reports on the articles of a file; what cannot be read comes as the error that says why."""
    try:
        for article in _read(file):
            yield article if isinstance(article, InputError) else checker.check_article(article)
    except (InputError, OSError) as error:
        yield error


def _read(file: str) -> Iterator[Article | InputError]:
    from contrast.reading import read_articles, read_contents

    if file == STDIN:
        yield from read_contents(sys.stdin.buffer.read(), id="stdin", name="standard input")
    elif Path(file).is_dir():
        raise InputError(f"{file}: a folder without {', '.join(FOLDER_ENDINGS)} files; expected articles")
    else:
        yield from read_articles(Path(file))


def _write_reports(
    reports: list[Report], format: Format, output: Path | None, has_all_pairs: bool, provenance: Provenance, *, is_list: bool
) -> None:
    if format == "table" and output is None:
        from rich.console import Console

        from contrast.rendering.table import print_reports

        console = Console()
        if console.is_terminal:
            print_reports(reports, console, has_all_pairs=has_all_pairs, counted_from=provenance.counted_from)
            return
    from contrast.rendering import as_text

    _write(as_text(reports, format, has_all_pairs=has_all_pairs, is_list=is_list, provenance=provenance), output, format)


def _write(text: str, output: Path | None, format: Format) -> None:
    from contrast.writing import write_whole

    if format in ("json", "jsonl"):
        text = HALF_CHARACTER.sub(lambda half: f"\\u{ord(half[0]):04x}", text)
    if output is not None:
        write_whole(output, text)
        return
    if format in UTF8_FORMATS and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.write(text)


@app.command()
def compare(
    statement: Annotated[str | None, typer.Argument(help="What a party says.", show_default=False)] = None,
    observation: Annotated[str | None, typer.Argument(help="What is reported.", show_default=False)] = None,
    input: Annotated[
        Path | None, typer.Option(help='Judge the rows of this JSONL file: {"premise": observation, "hypothesis": statement, ...}.')
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the rows with their probabilities here, in order.")] = None,
    format: Annotated[PairFormat, typer.Option(help="How to write the judgement of one pair.")] = "table",
    model: ModelOption = None,
    device: DeviceOption = "auto",
) -> None:
    """Judge one pair, or the rows of a file: entailment, neutral or contradiction."""
    from contrast.comparing import compare_pair, compare_rows, describe
    from contrast.pipeline import Checker
    from contrast.writing import refuse_overwriting

    if (input is None) == (statement is None) or (statement is None) != (observation is None):
        raise UsageError("expected either STATEMENT and OBSERVATION, or --input FILE; see contrast compare --help")
    refuse_overwriting(output, [] if input is None else [input])
    checker = _kept(Checker(CheckSettings(model=model, device=device)))
    if input is not None:
        _write(compare_rows(checker, input, warn=complain), output, "jsonl")
        return
    _write(describe(compare_pair(checker, statement or "", observation or "", warn=complain), format), output, format)


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)


def _do_without_converter() -> None:
    """Lets OpenVINO be imported without what converts models (and reports on its use), which takes longer than the rest of it.

    It goes on where that part is not there; None stands for a module that is not. In a library this would be the caller's affair.
    """
    sys.modules.setdefault("openvino.tools.ovc", cast(ModuleType, None))


def main() -> NoReturn:
    """Runs the command line; errors that a person can mend are one line and exit code 2."""
    _replace_missing_streams()
    _do_without_converter()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    try:
        code = _run()
    except ContrastError as error:
        complain(str(error))
        sys.exit(2)
    except ParserError as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            error.show()
        else:
            complain(_usage(error))
        sys.exit(2)
    except BrokenPipeError:
        _drop(1, 2)
        sys.exit(141)
    except OSError as error:
        # Where Python does not buffer what is printed, a full disk is met at once.
        if error.filename is not None or error.errno not in UNWRITABLE:
            raise
        _drop(1)
        complain(str(_not_written(error)))
        sys.exit(2)
    except (KeyboardInterrupt, typer.Abort):
        complain("interrupted")
        sys.exit(130)
    if _KEPT:
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


class MissingStream(io.TextIOBase):
    """Stands for a standard stream that was closed before contrast began: whoever reads or writes there is told so."""

    def __init__(self, name: str, advice: str) -> None:
        self._line = f"{name}: closed; {advice}"

    @property
    def buffer(self) -> NoReturn:
        raise InputError(self._line)

    def read(self, size: int | None = -1, /) -> NoReturn:
        raise InputError(self._line)

    def write(self, text: str, /) -> NoReturn:
        raise InputError(self._line)


def _replace_missing_streams() -> None:
    """Python has None for a standard stream that is closed, and the next file that is opened gets its number, with all that is printed."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            nowhere = os.open(os.devnull, os.O_RDWR)
            os.dup2(nowhere, number)
            if nowhere != number:
                os.close(nowhere)
    if sys.stdin is None:
        sys.stdin = cast(io.TextIOWrapper, MissingStream("standard input", "expected an article; name a file"))
    if sys.stdout is None:
        sys.stdout = cast(io.TextIOWrapper, MissingStream("standard output", "nothing can be written; open it, or give -o FILE"))
    if sys.stderr is None:
        sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), encoding="utf-8", errors="backslashreplace")


def _kept(checker: "Checker") -> "Checker":
    _KEPT.append(checker)
    return checker


def _usage(error: typer.BadParameter) -> str:
    """What is wrong with the command line, and where to read on."""
    told = error.format_message().rstrip(".")
    told = told[:1].lower() + told[1:]
    # typer has values read by pydantic, whose words leave out what came.
    faults: list[dict[str, Any]] = getattr(error.__cause__, "errors", list)()
    if faults and error.param is not None:
        name, came = error.param.opts[0], faults[0]["input"]
        words = faults[0]["msg"].removeprefix(f"Value error, {came!r} is ").replace("Input should be", "has to be").rstrip(".")
        expected = f"; expected {EXPECTED[name]}" if name in EXPECTED else ""
        told = f"{name} {came}: {NO_NUMBER.get(faults[0]['type'], words)}{expected}"
    return f"{told}; see {error.ctx.command_path if error.ctx else 'contrast'} --help"


def _run() -> int:
    """Runs a command and hands over what it printed; gives its exit code, and raises BrokenPipeError when nobody reads any more."""
    try:
        return int(app(prog_name="contrast", standalone_mode=False) or 0)
    except SystemExit as left:
        # typer and rich exit with 1 here, which is the code of something flagged.
        if isinstance(left.__context__, BrokenPipeError):
            raise left.__context__ from None
        raise
    finally:
        _flush()


def _flush() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _drop(1)
        raise _not_written(error) from error


def _not_written(error: OSError) -> InputError:
    return InputError(f"standard output: cannot be written ({error.strerror}); mend that, or give -o FILE")


def _drop(*streams: int) -> None:
    """Sends what was printed there nowhere: Python tries to write it once more at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in streams:
        os.dup2(nowhere, stream)
