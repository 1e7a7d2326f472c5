"""The command for the page and the API: serve."""

import math
from pathlib import Path
from typing import Annotated

import typer

from contrast.errors import UsageError

app = typer.Typer()
NEEDED = ("fastapi", "uvicorn", "prometheus_client", "python_multipart", "sqlalchemy")


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen at; the default is reached from this machine alone.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen at; 0 takes a free one.")] = 8000,
    reviews: Annotated[
        str | None,
        typer.Option(help="Where reports and marks are kept: a SQLite file or postgresql://… (default: a file of yours)."),
    ] = None,
    threshold: Annotated[float | None, typer.Option(help="Flag a pair from this contradiction probability on.")] = None,
    top: Annotated[int | None, typer.Option(help="Show at most this many contrasts an article.")] = None,
    model: Annotated[str | None, typer.Option(help="Another NLI model: a folder or hub id.")] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda or auto; for --model only.")] = "auto",
    queue: Annotated[int, typer.Option(help="Texts that may wait for the model; more are refused.")] = 32,
    timeout: Annotated[float, typer.Option(help="Seconds that a check may take.")] = 180.0,
    max_mb: Annotated[float, typer.Option(help="Size of what may be sent, in megabytes.")] = 8.0,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="Another name under which the page is reached (behind a proxy); may be given again.")
    ] = None,
) -> None:
    """Serve a page to paste texts into, to read and mark their reports, and a JSON API."""
    _needs_serve()
    from contrast.serving.server import serve as run
    from contrast.serving.settings import ServeSettings
    from contrast.settings import CheckSettings

    settings = ServeSettings(
        check=CheckSettings(threshold=threshold, top=top, model=model, device=device),
        host=host,
        port=port,
        n_waiting=queue,
        max_bytes=_n_bytes(max_mb),
        check_seconds=timeout,
        allowed_hosts=tuple(allow_host or ()),
    )
    run(settings, reviews or str(_own_file()))


def _needs_serve() -> None:
    from importlib.util import find_spec

    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise UsageError(f"{', '.join(missing)} not installed; run: pip install 'contrast[serve]'")


def _n_bytes(megabytes: float) -> int:
    if not math.isfinite(megabytes * 1e6):
        raise UsageError(f"max-mb {megabytes:g}: expected a number above 0")
    return round(megabytes * 1e6)


def _own_file() -> Path:
    """The SQLite file in the folder where programs keep the user's data."""
    from platformdirs import user_data_path

    folder = user_data_path("contrast", appauthor=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made ({error.strerror}); name a file with --reviews") from error
    return folder / "reviews.sqlite"
