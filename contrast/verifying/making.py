"""Whether what a page tells of its making agrees with its data and with the model here: version, model, threshold and command."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from contrast.errors import ContrastError, UsageError
from contrast.pipeline import Checker
from contrast.reading import ENDINGS, read_articles
from contrast.rendering.carried import Carried
from contrast.rendering.command import STDIN, Command, read_command
from contrast.schema import Article, ModelInfo
from contrast.verifying.lines import Line, difference, note
from contrast.verifying.sources import Sources
from contrast.version import __version__


def compare_version(carried: Carried) -> Iterator[Line]:
    """Another version may draw and compute otherwise, so that nothing is known of its pages."""
    version = carried.provenance.version
    if version != __version__:
        yield difference(
            f"made by contrast {version}, this is {__version__}, so what is shown was not compared; verify it with contrast {version}"
        )


def compare_threshold(carried: Carried, checker: Checker) -> Iterator[Line]:
    """The probability from which contrasts were flagged is that of the model or of the options."""
    told = carried.provenance.threshold
    if told is not None and told != checker.thresholds.contrast:
        yield difference(f"contrasts counted from probability {told}, now from {checker.thresholds.contrast}")


def compare_model(told: ModelInfo, here: ModelInfo, *, is_renamed: bool) -> Iterator[Line]:
    """The model that the page names is the one here; `is_renamed` where it was told here by another name or from another place."""
    if told.sha256 != here.sha256:
        yield difference(f"made by model {told.name} {told.sha256[:12]}…, here {here.name} {here.sha256[:12]}…")
    elif (told.name, told.version) != (here.name, here.version):
        names = f"made by model {told.name}, version {told.version}; the same weights here are {here.name}, version {here.version}"
        yield note(names) if is_renamed else difference(names)


def compare_command(carried: Carried, sources: Sources) -> Iterator[Line]:
    """The command asks for the articles that the page reports on, and with the options that its data tell.

    It came from the command line or from a server, which names what was handed over `article.txt` or with another ending.
    """
    provenance = carried.provenance
    if provenance.command is None:
        return
    try:
        command = read_command(provenance.command)
    except UsageError as error:
        yield difference(f"shows {error}")
        return
    articles = [report.article for report in carried.reports]
    is_served = all(_is_served(command, article) for article in articles)
    found = [*_compare_options(command, carried, is_served=is_served), *_compare_files(command, articles, sources)]
    yield from found
    if not any(line.is_difference for line in found):
        yield note("its command asks for these articles with these options; where it writes to was not compared")


def _compare_options(command: Command, carried: Carried, *, is_served: bool) -> Iterator[Line]:
    """A server leaves out the device: it is its own."""
    told = carried.provenance.settings
    default = told.device if is_served else "auto"
    for option, asked, value in (
        ("--format", command.format, "html"),
        ("--threshold", command.threshold, told.threshold),
        ("--top", command.top, told.top),
        ("--model", command.model, told.model),
        ("--device", command.device or default, told.device),
        ("--explain", command.explain, told.explain),
    ):
        if asked != value:
            yield difference(f"its command has {option} {_shown(asked)}, its data {_shown(value)}")


def _shown(value: object) -> str:
    return "not given" if value is None else str(value)


def _compare_files(command: Command, articles: Sequence[Article], sources: Sources) -> Iterator[Line]:
    for article in articles:
        if not any(_is_from(file, article) for file in command.files):
            yield difference(f"{article.path or 'an article that was handed over'} is nothing that its command names")
    for file in dict.fromkeys(command.files):
        if not any(_is_from(file, article) for article in articles):
            unreported = f"its command names {file}, of which it holds no report"
            yield difference(unreported) if _is_readable(sources.find(file)) else note(f"{unreported}; it cannot be read here either")


def _is_from(file: str, article: Article) -> bool:
    """Whether the article came from that file or folder, from standard input, or over a server's page."""
    if article.path is None:
        return file == STDIN or _is_handed_over(file, article)
    return Path(file) in (Path(article.path), Path(article.path).parent)


def _is_served(command: Command, article: Article) -> bool:
    return article.path is None and any(_is_handed_over(file, article) for file in command.files)


def _is_handed_over(file: str, article: Article) -> bool:
    return file in {f"article{ending}" for ending in ENDINGS} and (file == "article.txt") != article.is_laid_out


def _is_readable(place: Path | None) -> bool:
    try:
        return place is not None and any(isinstance(found, Article) for found in read_articles(place))
    except (ContrastError, OSError):
        return False
