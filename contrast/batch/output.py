"""From the lines of a finished run to the file that was asked for: article records, or one flagged contrast a row."""

import csv
import gzip
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from contrast.errors import InputError

N_ROWS_A_GROUP = 10_000
MAX_FIRST_ROW_BYTES = 50_000_000
CONTRAST_COLUMNS: dict[str, type] = {
    "article": str,
    "path": str,
    "title": str,
    "date": str,
    "url": str,
    "statement": str,
    "speaker": str,
    "kind": str,
    "verdict": str,
    "observation": str,
    "source": str,
    "relation": str,
    "probability": float,
    "statement_start": int,
    "statement_end": int,
    "observation_start": int,
    "observation_end": int,
    "near_duplicate_of": str,
}


def write_output(lines: Path, output: Path) -> None:
    """Writes the output whole or not at all; the lines stay. Raises InputError when it cannot be written."""
    part = output.with_name(f".{output.name}.part")
    try:
        _writer_of(output)(lines, part)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(output)
        # A file that is linked to the output already is not renamed.
        part.unlink(missing_ok=True)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise InputError(
            f"-o {output}: cannot be written ({error.strerror or error}); "
            "what was scored is kept, so mend that and run the same command again"
        ) from error


def _writer_of(output: Path) -> Callable[[Path, Path], None]:
    name = output.name.lower()
    if name.endswith(".parquet"):
        return _write_parquet
    if name.endswith(".csv"):
        return _write_csv
    return _write_gzip if name.endswith(".gz") else _link_or_copy


def is_output(path: Path) -> bool:
    """Whether the file has the form of an output, told by its columns or its first record."""
    name = path.name.lower()
    try:
        if name.endswith(".parquet"):
            import pyarrow.parquet as pq

            return list(pq.read_schema(path).names) == list(CONTRAST_COLUMNS)
        if not name.endswith((".csv", ".jsonl", ".jsonl.gz")):
            return False
        with gzip.open(path) if name.endswith(".gz") else path.open("rb") as file:
            first = file.readline(MAX_FIRST_ROW_BYTES)
        if name.endswith(".csv"):
            return first.decode("utf-8-sig").strip() == ",".join(CONTRAST_COLUMNS)
        record = json.loads(first)
        return isinstance(record, dict) and {"schema_version", "article", "statements"} <= record.keys()
    except Exception:  # whatever is wrong with it, who reads it tells
        return False


def is_empty(path: Path) -> bool:
    """Whether the file holds nothing, packed or not, as an output of failures alone does."""
    try:
        with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as file:
            return not file.read(1)
    except OSError:
        return False


def _link_or_copy(lines: Path, part: Path) -> None:
    part.unlink(missing_ok=True)
    try:
        os.link(lines, part)
    except OSError:
        shutil.copyfile(lines, part)


def _write_gzip(lines: Path, part: Path) -> None:
    # No name and no time in the header: the same rows give the same bytes.
    with lines.open("rb") as source, part.open("wb") as target, gzip.GzipFile("", "wb", 6, target, mtime=0) as packed:
        while piece := source.read(1 << 20):
            packed.write(piece)


def _write_csv(lines: Path, part: Path) -> None:
    with part.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, list(CONTRAST_COLUMNS), lineterminator="\n")
        writer.writeheader()
        for row in contrast_rows(lines):
            writer.writerow({key: _unfolded(value) for key, value in row.items()})


def _unfolded(value: Any) -> Any:
    return " ".join(value.split()) if isinstance(value, str) else value


def _write_parquet(lines: Path, part: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {str: pa.string(), float: pa.float64(), int: pa.int64()}
    schema = pa.schema([(name, types[type_]) for name, type_ in CONTRAST_COLUMNS.items()])
    with pq.ParquetWriter(part, schema) as writer:
        group: list[dict[str, Any]] = []
        for row in contrast_rows(lines):
            group.append(row)
            if len(group) == N_ROWS_A_GROUP:
                writer.write_table(pa.Table.from_pylist(group, schema))
                group = []
        writer.write_table(pa.Table.from_pylist(group, schema))


def contrast_rows(lines: Path) -> Iterator[dict[str, Any]]:
    """One row for each flagged contrast, in the order of the articles, strongest first within one."""
    with lines.open(encoding="utf-8") as file:
        for line in file:
            yield from _rows_of(json.loads(line))


def _rows_of(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    article = record["article"]
    statements = {statement["id"]: statement for statement in record["statements"]}
    observations = {observation["id"]: observation for observation in record["observations"]}
    for contrast in record["contrasts"]:
        statement, observation = statements[contrast["statement"]], observations[contrast["observation"]]
        yield {
            "article": article["id"],
            **{key: article[key] for key in ("path", "title", "date", "url")},
            "statement": statement["text"],
            **{key: statement[key] for key in ("speaker", "kind", "verdict")},
            "observation": observation["text"],
            "source": observation["source"],
            "relation": contrast["relation"],
            "probability": contrast["probability"],
            "statement_start": statement["start"],
            "statement_end": statement["end"],
            "observation_start": observation["start"],
            "observation_end": observation["end"],
            "near_duplicate_of": article.get("near_duplicate_of"),
        }
