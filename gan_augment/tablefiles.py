"""CSV and Parquet files as frames and back, for the command line.

A number that the file writes in a way of its own, such as 007, stays text, and blanks around names
and numbers do not count. Real rows are written as they were read: those of CSV character by
character, those of Parquet with the types of their columns.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import re
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pandas as pd

from gan_augment.arrowtables import to_pandas
from gan_augment.csvfields import (
    DateFormat,
    as_typed,
    warn_of_numbers_as_text,
    with_dates_as_text,
    without_type,
)
from gan_augment.files import PathLike, check_destination, written_whole
from gan_augment.streaming import to_arrow

STANDARD = "-"
FORMATS = ("csv", "parquet")
_SEPARATORS = ",;\t|"
_SUFFIXES = {".csv": "csv", ".parquet": "parquet", ".pq": "parquet"}
_FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


@dataclass
class TableFile:
    """A table that was read.

    Attributes
    ----------
    frame : DataFrame
        Columns as numbers, dates or text.
    text : DataFrame or None
        The same as characters, names with their blanks, where the file was CSV.
    separator : str
        What stood between the fields.
    """

    frame: pd.DataFrame
    text: pd.DataFrame | None = None
    separator: str = ","


def read_table(
    source: PathLike, separator: str | None = None, *, like: pd.DataFrame | None = None
) -> TableFile:
    """Read a CSV or Parquet file, or standard input for "-".

    CSV is UTF-8, with or without a byte-order mark, perhaps compressed by gzip; the separator is
    found in the header unless it is given. What is text in `like` is text.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no table, is empty, or its rows do not fit its header.
    """
    name = "standard input" if str(source) == STANDARD else repr(str(source))
    content = sys.stdin.buffer.read() if str(source) == STANDARD else _read(Path(source))
    if content[:2] == b"\x1f\x8b":
        content = _decompressed(content, name)
    if content[:4] == b"PAR1":
        return TableFile(_reject_empty(_read_parquet(content, name), name))
    text = _decoded(content, name)
    if not text.strip():
        raise ValueError(f"{name} is empty. It needs a header line and rows.")
    separator = separator or _find_separator(text)
    written = _reject_empty(_read_text(text, separator, name), name)
    names = [column.strip() for column in written]
    names = names if len(set(names)) == len(names) else list(written)
    typed = {}
    for column, values in zip(names, map(written.get, written), strict=True):
        if like is not None and column in like and _is_text(like[column]):
            typed[column] = without_type(values)
            continue
        typed[column] = as_typed(values)
        if like is None and typed[column].dtype == object:
            warn_of_numbers_as_text(values, name)
    return TableFile(pd.DataFrame(typed), written, separator)


def check_output(path: PathLike, file_format: str | None = None) -> str:
    """Format for an output, or an error before any work is done."""
    if str(path) == STANDARD:
        return file_format or "csv"
    check_destination(path, "output")
    found = file_format or _SUFFIXES.get(Path(path).suffix.lower())
    if found is None:
        raise ValueError(
            f"output {str(path)!r} ends in neither .csv nor .parquet. Name it so, or say "
            "--format csv or --format parquet."
        )
    return found


@contextlib.contextmanager
def open_output(path: PathLike) -> Iterator[IO[bytes]]:
    """A file that appears whole or not at all, or standard output for "-"."""
    if str(path) == STANDARD:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with written_whole(path, name="output") as partial, partial.open("wb") as file:
        yield file


def write_csv(
    frames: Iterable[pd.DataFrame],
    path: PathLike,
    separator: str,
    formats: Mapping[int, DateFormat],
    *,
    safe: bool = False,
) -> None:
    """Write frames one after the other as one table, dates in `formats` (see `date_formats`).

    With `safe`, text that a spreadsheet would run as a formula is written as text (see `guarded`).
    """
    with open_output(path) as file:
        for i, frame in enumerate(frames):
            frame = with_dates_as_text(frame, formats)
            frame = guarded(frame) if safe else frame
            lines = frame.to_csv(sep=separator, header=i == 0, index=False, lineterminator="\n")
            file.write(lines.encode())


def write_parquet(frame: pd.DataFrame, path: PathLike) -> None:
    """Write a frame."""
    import pyarrow.parquet as pq

    with open_output(path) as file:
        pq.write_table(to_arrow(frame), file)


def guarded(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with an apostrophe before names and text that a spreadsheet takes for formulas.

    Those that begin with ``=``, ``+``, ``-``, ``@``, a tab or a line break, and are no number; see
    https://owasp.org/www-community/attacks/CSV_Injection
    """
    columns = []
    for i in range(frame.shape[1]):
        column = frame.iloc[:, i]
        if isinstance(column.dtype, pd.CategoricalDtype) or not pd.api.types.is_numeric_dtype(
            column
        ):
            column = column.astype(object).map(_guarded_value)
        columns.append(column)
    safe = pd.concat(columns, axis=1) if columns else frame.copy()
    return safe.set_axis([_guarded_value(name) for name in frame.columns], axis=1)


def _guarded_value(value: Any) -> Any:
    if isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value):
        return "'" + value
    return value


def _read(path: Path) -> bytes:
    if path.is_dir():
        raise ValueError(f"{str(path)!r} is a folder. Name a CSV or Parquet file.")
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise FileNotFoundError(f"There is no file {str(path)!r}.") from error


def _read_parquet(content: bytes, name: str) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return to_pandas(pq.read_table(io.BytesIO(content)))
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{name} is no whole Parquet file: {error}") from error


def _decompressed(content: bytes, name: str) -> bytes:
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(
            f"{name} is no whole gzip file ({error}). Copy it again from where it was written."
        ) from error


def _decoded(content: bytes, name: str) -> str:
    if content.startswith(b"PK\x03\x04"):
        raise ValueError(f"{name} is a spreadsheet or a zip archive. Save or unpack it as CSV.")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError(
            f"{name} is UTF-16, not UTF-8. Convert it, for example with: iconv -f utf-16 -t utf-8"
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{name} is not UTF-8 (byte {error.start}: {content[error.start : error.end]!r}). "
            "Convert it, for example with: iconv -f latin1 -t utf-8"
        ) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ValueError(
            f"{name} has a NUL character in line {line}. Remove it, for example with: tr -d '\\0'"
        )
    return text


def _is_text(column: pd.Series) -> bool:
    return pd.api.types.infer_dtype(column.astype(object), skipna=True) == "string"


def _find_separator(text: str) -> str:
    """The separator that cuts the first lines into most fields, the same number in each."""
    best, most = ",", 1
    for separator in _SEPARATORS:
        try:
            lines = csv.reader(io.StringIO(text[:100_000], newline=""), delimiter=separator)
            widths = [len(row) for row, _ in zip(lines, range(20), strict=False) if row]
        except csv.Error:
            continue
        # The last of them may be cut in two.
        complete = widths[:-1] if len(text) > 100_000 and len(widths) > 1 else widths
        if min(complete) == max(complete) > most:
            best, most = separator, complete[0]
    return best


def _read_text(text: str, separator: str, name: str) -> pd.DataFrame:
    header = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    if not header:
        raise ValueError(f"{name} begins with a blank line. Remove it: line 1 names the columns.")
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        raise ValueError(f"{name} has columns of the same name: {twice!r:.200}. Rename them.")
    _check_widths(text, separator, len(header), name)
    return pd.read_csv(
        io.StringIO(text, newline=""),
        sep=separator,
        header=0,
        names=header,
        index_col=False,
        dtype=str,
        keep_default_na=False,
        skip_blank_lines=len(header) > 1,
    )


def _check_widths(text: str, separator: str, width: int, name: str) -> None:
    # pandas would fill a short row, and take a long one's first fields for an index.
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for row in lines:
            if len(row) != width and row:
                remedy = "Repair that line, or give --separator."
                if width == 1:
                    first = text.partition("\n")[0].strip()
                    remedy += f" If line 1, {first!r:.60}, is no header, remove it."
                raise ValueError(
                    f"{name} has {len(row)} fields in line {lines.line_num} and {width} in its "
                    f"header, separated by {separator!r}. {remedy}"
                )
    except csv.Error as error:
        raise ValueError(f"{name}, line {lines.line_num}: {error}. Repair that line.") from error


def _reject_empty(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    if len(frame) == 0:
        raise ValueError(f"{name} has a header and no rows. There is nothing to learn from.")
    return frame
