"""The command for a report that was handed on: verify."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def verify(
    reports: Annotated[
        list[Path], typer.Argument(metavar="REPORT...", help="Pages made by contrast check --format html.", show_default=False)
    ],
    model: Annotated[str | None, typer.Option(help="The model of reports that were made with another one than the shipped.")] = None,
) -> None:
    """Compute reports again and say whether they still hold; exit code 0 if they do, 1 if anything differs."""
    from contrast.rendering.terminal import printable
    from contrast.verifying import verify_page

    findings = [verify_page(path, model=model) for path in reports]
    for path, found in zip(reports, findings, strict=True):
        for line in (*found.notes, *found.differences):
            print(printable(f"{path}: {' '.join(line.split())}"))
        print(printable(f"{path}: {'holds' if found.holds else 'DIFFERS'}"))
    if not all(found.holds for found in findings):
        raise typer.Exit(1)
