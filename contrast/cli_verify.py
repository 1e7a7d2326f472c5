"""The command for a report that was handed on: verify."""

from pathlib import Path
from typing import Annotated

import typer

from contrast.errors import InputError, complain

app = typer.Typer()


@app.command()
def verify(
    reports: Annotated[
        list[Path], typer.Argument(metavar="REPORT...", help="Pages made by contrast check --format html.", show_default=False)
    ],
    model: Annotated[str | None, typer.Option(help="The model of reports that were made with another one than the shipped.")] = None,
) -> None:
    """Compute reports again and say whether they still hold; exit code 0 if they do, 1 if anything differs, 2 if one cannot be read."""
    from contrast.rendering.terminal import printable
    from contrast.verifying import verify_page

    n_failed = n_differing = 0
    for path in reports:
        try:
            found = verify_page(path, model=model)
        except (InputError, OSError) as error:
            complain(str(error))
            n_failed += 1
            continue
        n_differing += not found.holds
        for line in (*found.notes, *found.differences):
            print(printable(f"{path}: {' '.join(line.split())}"))
        print(printable(f"{path}: {'holds' if found.holds else 'DIFFERS'}"))
    if n_failed or n_differing:
        raise typer.Exit(2 if n_failed else 1)
