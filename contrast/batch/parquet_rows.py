"""Articles from Parquet, a few rows at a time: what stands before a damaged page is read."""

from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path
from typing import Any

from contrast.batch.files import unreadable
from contrast.batch.raws import Columns, Meter, Raw, first_line, raw_of, stem_of

N_PARQUET_ROWS_AT_A_TIME = 64


def read_parquet(path: Path, columns: Columns, meter: Meter) -> Iterator[Raw]:
    """The articles of the rows of a Parquet file; where it is damaged, those before and one failure for the rest."""
    from pyarrow.parquet import ParquetFile

    begun, number = meter.n_bytes, 0
    try:
        with path.open("rb") as file, ParquetFile(file, pre_buffer=False, page_checksum_verification=True) as table:
            n_rows, size = table.metadata.num_rows, path.stat().st_size
            for number, row in enumerate(_rows_of_parquet(table, columns), 1):
                meter.n_bytes = begun + size * number // n_rows
                yield raw_of(row, f"{path}, row {number}", f"{stem_of(path)}:{number}", columns, meter)
    except Exception as error:  # pyarrow's many types
        if isinstance(error, OSError) and error.strerror:
            yield Raw(stem_of(path), str(path), failure=unreadable(path, error))
            return
        place = f"{path}, after row {number}"
        yield Raw(f"{stem_of(path)}:{number + 1}", place, failure=f"{place}: cannot be read on ({first_line(error)}); expected Parquet")


def _rows_of_parquet(table: Any, columns: Columns) -> Iterator[dict[str, Any]]:
    """The rows of a `ParquetFile`, of the columns that are needed; each row names the others too where there is no text."""
    names = table.schema_arrow.names
    needed = [name for name in dict.fromkeys(astuple(columns)) if name in names]
    others = {} if columns.text in names else dict.fromkeys(names)
    if not needed:
        yield from (others for _ in range(table.metadata.num_rows))
        return
    for group in range(table.num_row_groups):
        for batch in table.iter_batches(N_PARQUET_ROWS_AT_A_TIME, row_groups=[group], columns=needed, use_threads=False):
            for k in range(batch.num_rows):
                yield {**others, **{name: _value_of(cell[k]) for name, cell in zip(batch.schema.names, batch.columns, strict=True)}}


def _value_of(cell: Any) -> Any:
    """What a cell of Parquet holds, bytes as text; bytes that are not UTF-8 stand as surrogates, as in CSV."""
    try:
        value = cell.as_py()
    except UnicodeDecodeError as error:
        value = error.object
    except (ValueError, OverflowError):  # a date beyond what Python counts
        value = str(cell.cast("string"))
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
