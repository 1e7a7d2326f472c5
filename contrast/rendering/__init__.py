"""Reports as people and programs read them."""

from collections.abc import Sequence
from io import StringIO
from typing import Literal

from contrast.rendering.as_json import as_json, as_jsonl
from contrast.rendering.provenance import Provenance
from contrast.schema import Report

Format = Literal["table", "json", "jsonl", "markdown", "html"]
PairFormat = Literal["table", "json", "jsonl"]
PLAIN_WIDTH = 120

__all__ = ["Format", "PairFormat", "Provenance", "as_json", "as_jsonl", "as_text"]


def as_text(
    reports: Sequence[Report],
    format: Format,
    *,
    has_all_pairs: bool = False,
    is_list: bool | None = None,
    provenance: Provenance | None = None,
) -> str:
    """The reports in a format, without colours; `is_list` tells whether more than one article was asked for."""
    if format == "json":
        return as_json(reports, has_all_pairs=has_all_pairs, is_list=is_list)
    if format == "jsonl":
        return as_jsonl(reports, has_all_pairs=has_all_pairs)
    if format == "markdown":
        from contrast.rendering.markdown import as_markdown

        return as_markdown(reports, provenance)
    if format == "html":
        from contrast.rendering.html import as_html

        return as_html(reports, provenance)
    from rich.console import Console

    from contrast.rendering.table import print_reports

    buffer = StringIO()
    console = Console(file=buffer, width=PLAIN_WIDTH, no_color=True, force_terminal=False)
    print_reports(reports, console, has_all_pairs=has_all_pairs, counted_from=provenance.counted_from if provenance else None)
    return "".join(f"{line.rstrip(' ')}\n" for line in buffer.getvalue().split("\n")[:-1])
