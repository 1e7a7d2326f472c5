"""The command for many articles: score."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Ctrl-C and SIGTERM end the run as an error does, with exit code 130 and 143; what fails on their account is not told."""
    heard: list[int] = []

    def end(number: int, frame: object) -> None:
        heard.append(number)
        sys.exit(128 + number)

    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    before = {number: handler for number, handler in usual.items() if signal.getsignal(number) == handler}
    for number in before:
        signal.signal(number, end)
    try:
        yield
    except Exception:
        if heard:
            sys.exit(128 + heard[0])
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@app.command("score")
@_ended_in_order()
def score_articles(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Folders, patterns, .txt, .html, .pdf, .docx, .jsonl[.gz], .csv or .parquet files; - reads JSONL from standard input.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where to write: .jsonl[.gz] article records; .csv or .parquet contrasts.")
    ],
    id_column: Annotated[str, typer.Option(help="Name of the column with the id.")] = "id",
    title_column: Annotated[str, typer.Option(help="Name of the column with the title.")] = "title",
    date_column: Annotated[str, typer.Option(help="Name of the column with the date.")] = "date",
    url_column: Annotated[str, typer.Option(help="Name of the column with the address.")] = "url",
    text_column: Annotated[str, typer.Option(help="Name of the column with the text.")] = "text",
    near_duplicates: Annotated[str, typer.Option(help="Near copies of an earlier article: keep (do not look), mark or skip.")] = "mark",
    threshold: Annotated[float | None, typer.Option(help="Flag a pair from this contradiction probability on.")] = None,
    top: Annotated[int | None, typer.Option(help="Keep at most this many contrasts an article.")] = None,
    model: Annotated[str | None, typer.Option(help="Another NLI model: a folder or hub id.")] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda or auto; for --model only.")] = "auto",
    shard: Annotated[
        str, typer.Option(help="Score only every Nth article, from the Ith on: I/N; copies are looked for among these.")
    ] = "1/1",
    engine: Annotated[str, typer.Option(help="local, or ray (needs the extra 'ray').")] = "local",
    ray_address: Annotated[str | None, typer.Option(help="Address of a running Ray cluster.")] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes (default: one a core).")] = None,
    chunk: Annotated[int, typer.Option(help="Articles scored and written together; the output does not depend on it.")] = 32,
    max_errors: Annotated[int | None, typer.Option(help="Stop when more articles than this cannot be read.")] = None,
    restart: Annotated[bool, typer.Option("--restart", help="Drop what an earlier run wrote and score anew.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no closing line.")] = False,
) -> None:
    """Score many articles into one file; a killed run goes on where it was."""
    from contrast.batch.progress import Progress
    from contrast.batch.raws import Columns
    from contrast.batch.run import score
    from contrast.batch.settings import BatchSettings, shard_of
    from contrast.errors import UsageError
    from contrast.rendering.explained import counted
    from contrast.settings import CheckSettings

    if ray_address is not None and engine != "ray":
        raise UsageError(f"--ray-address {ray_address}: the engine is {engine}; expected --engine ray with it, or no --ray-address")
    settings = BatchSettings(
        inputs=tuple(inputs),
        output=output,
        check=CheckSettings(threshold=threshold, top=top, model=model, device=device),
        columns=Columns(id_column, title_column, date_column, url_column, text_column),
        near_duplicates=near_duplicates,  # type: ignore[arg-type]
        shard=shard_of(shard),
        engine=engine,  # type: ignore[arg-type]
        ray_address=ray_address,
        n_workers=workers,
        max_errors=max_errors,
        n_articles_a_chunk=chunk,
        is_restart=restart,
    )
    with Progress(is_quiet=quiet) as progress:
        summary = score(settings, progress)
    state = summary.state
    if not quiet:
        copies = f" · {state.n_copies:,} left out as copies" if state.n_copies else ""
        failed = f" · {state.n_failed:,} could not be read, see {output}.errors.jsonl" if state.n_failed else ""
        passed_over = f" · passed over {counted(summary.n_passed_over, 'file')} of other runs" if summary.n_passed_over else ""
        print(
            f"contrast: scored {state.n_scored:,} of {counted(state.n_done, 'article')}{copies}{failed}{passed_over} · "
            f"{counted(state.n_contrasts, 'contrast')} · wrote {output}",
            file=sys.stderr,
        )
    # A shard of fewer articles than there are shards may be empty.
    if state.n_done and not state.n_scored:
        raise typer.Exit(1)
