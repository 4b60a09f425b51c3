"""Fields of CSV files as numbers, dates or text, and back."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gan_augment.notices import warn_user

_MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None")
_OWN_WAY = r"[+-]?0\d|\+|.*[\s_xX]"
_INTEGER = r"-?\d{1,300}"
_DATE = r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?"
_OTHER_NUMBER = r"[+-]?(?:\d+,\d+|\d+(?:[.,]\d+)?\s?%|\d{1,3}(?:[,.' ]\d{3})+(?:[.,]\d+)?)"
_OTHER_DATE = rf"\d\d?[/.]\d\d?[/.]\d{{4}}|{_DATE}(?:Z|[+-]\d\d:?\d\d)"
_OTHERWISE_WRITTEN = f"{_OTHER_NUMBER}|{_OTHER_DATE}"
_CODE = r"[+-]?0\d+|\+\d+"
_NEARLY_ALL = 0.9
_FEWEST_NUMBERS = 20  # different ones, of which fewer may well be levels
_LENGTHS = (10, 19, 23, 26, 29)  # of dates, and of times to the second and to fractions of it


@dataclass(frozen=True)
class DateFormat:
    """How the dates of a column are written: as ISO 8601 has it.

    Attributes
    ----------
    length : int
        Characters of each date, 10 without the time.
    separator : str
        What stands between date and time.
    """

    length: int
    separator: str = " "

    def write(self, dates: pd.Series) -> pd.Series:
        """Dates as text, None where missing."""
        values = dates.to_numpy()
        whole_seconds = np.datetime_data(values.dtype)[0] == "s"
        text = pd.Series(np.datetime_as_string(values), dates.index, dtype=object, name=dates.name)
        text = (text + "." if whole_seconds else text).str.ljust(_LENGTHS[-1], "0")
        text = text.str.slice(0, self.length).str.replace("T", self.separator)
        return text.mask(dates.isna(), None)


def date_formats(frame: pd.DataFrame, text: pd.DataFrame | None = None) -> dict[int, DateFormat]:
    """One format for each column of dates, by its position.

    Parameters
    ----------
    frame : DataFrame
        Rows that need the longest format that any may need.
    text : DataFrame, default=None
        The same as it was written, if it was; the longest of its formats is taken.
    """
    formats = {}
    for i, dtype in enumerate(frame.dtypes):
        if not (isinstance(dtype, np.dtype) and dtype.kind == "M"):
            continue
        dates = frame.iloc[:, i].dropna()
        if text is not None:
            longest = max(text.iloc[:, i][dates.index].str.strip(), key=len, default="")
            formats[i] = DateFormat(max(len(longest), _LENGTHS[0]), longest[10:11] or " ")
            continue
        for length in _LENGTHS:
            formats[i] = DateFormat(length)
            if (pd.to_datetime(formats[i].write(dates), format="ISO8601") == dates).all():
                break
    return formats


def with_dates_as_text(frame: pd.DataFrame, formats: Mapping[int, DateFormat]) -> pd.DataFrame:
    """The frame with columns of dates as they are to be written."""
    frame = frame.copy(deep=False)
    for i, date_format in formats.items():
        frame.isetitem(i, date_format.write(frame.iloc[:, i]))
    return frame


def as_text(frame: pd.DataFrame, formats: Mapping[int, DateFormat]) -> pd.DataFrame:
    """What a CSV file would hold."""
    buffer = io.StringIO(with_dates_as_text(frame, formats).to_csv(index=False))
    text = pd.read_csv(buffer, dtype=str, keep_default_na=False, skip_blank_lines=False)
    return text.set_axis(frame.columns, axis=1).fillna("")


def as_typed(column: pd.Series) -> pd.Series:
    """Numbers or dates where every field is one; else text, missing where a field is empty."""
    fields = column.str.strip()
    known_missing = fields.isin(_MISSING)
    present = fields[~known_missing]
    if len(present) and not present.str.match(_OWN_WAY).any():
        numbers = pd.to_numeric(present, errors="coerce")
        # Integers beyond 64 bits, which pandas makes floats of.
        if numbers.dtype == float and present.str.fullmatch(_INTEGER).all():
            return present.map(int).astype(object).reindex(column.index, fill_value=None)
        if numbers.notna().all() and numbers.dtype != object:
            whole = pd.api.types.is_integer_dtype(numbers.dtype)
            nullable = str(numbers.dtype).replace("int", "Int").replace("uI", "UI")
            numbers = numbers.astype(nullable) if whole and known_missing.any() else numbers
            return numbers.reindex(column.index)
    if len(present) and present.str.fullmatch(_DATE).all():
        dates = pd.to_datetime(present, format="ISO8601", errors="coerce")
        if dates.notna().all():
            return dates.reindex(column.index)
    return without_type(column)


def without_type(column: pd.Series) -> pd.Series:
    """Text, missing where a field is empty."""
    return column.mask(column == "", None).astype(object)


def warn_of_numbers_as_text(column: pd.Series, name: str) -> None:
    """Say so where a column of text seems to be meant for numbers or dates."""
    present = column.str.strip()
    present = present[~present.isin(_MISSING)]
    if present.str.fullmatch(_CODE).any() or present.nunique() < _FEWEST_NUMBERS:
        return
    are_numbers = pd.to_numeric(present, errors="coerce").notna()
    are_meant = are_numbers | present.str.fullmatch(_OTHERWISE_WRITTEN)
    if are_meant.mean() < _NEARLY_ALL or are_numbers.all():
        return
    odd = present[~are_numbers].iloc[0]
    warn_user(
        f"Column {column.name!r} of {name} is text because of values such as {odd!r:.60}: they are "
        "repeated, and no new ones are made. Write numbers as 1234.5, dates as 2020-01-31 or "
        "2020-01-31 12:00:00, and leave unknown fields empty."
    )
