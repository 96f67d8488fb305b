"""Dates as vendors write them; what can be read in two ways is refused, not guessed."""

from dataclasses import dataclass

import pandas as pd

# a day, and perhaps a time of day and a zone behind it
PATTERN = (
    r"^\s*(?P<day>[0-9]{1,4}[-/][0-9]{1,2}[-/][0-9]{1,4}|[0-9]{8})"
    r"(?:[ T](?P<time>[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)\s*(?:Z|UTC|[+-][0-9]{2}:?[0-9]{2})?)?\s*$"
)
YEAR_FIRST = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d")
# month first and day first, in the same order of spellings
MONTH_FIRST = ("%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y")
DAY_FIRST = ("%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y")


@dataclass(frozen=True)
class ParsedDates:
    """Dates of one file.

    Attributes:
        days: datetime64[us] at midnight, the wall-clock day of the delivered stamp; NaT where it cannot be read.
        times: Time of day, text or seconds; only good to tell rows within a day from daily rows.
        fault: Why the column as a whole cannot be read, or None.
        note: How it was read, where that is worth a word, or None.
    """

    days: pd.Series
    times: pd.Series
    fault: str | None
    note: str | None


def parse_dates(column: pd.Series) -> ParsedDates:
    """Read a date column.

    Text must be written the same way in all rows: year first, month/day/year, or day/month/year. The last two are
    told apart by a day above 12; a column without one is refused, because guessing would swap days and months.
    """
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        wall = column.dt.tz_localize(None).dt.as_unit("us")
        days = wall.dt.normalize()
        return ParsedDates(days, (wall - days).dt.total_seconds(), None, None)
    parts = column.astype("str").str.extract(PATTERN)
    times = parts["time"].fillna("")
    month, day = _best(parts["day"], MONTH_FIRST), _best(parts["day"], DAY_FIRST)
    best = max(_best(parts["day"], YEAR_FIRST), month, day, key=_readable)
    if best is month and _readable(month) == _readable(day) and not month.equals(day):
        example = column[month.notna() & (month != day)].iloc[0]
        fault = f"{example!r} and all others can be read as month/day and as day/month"
        return ParsedDates(best, times, fault, None)
    note = "dates are written day/month/year" if best is day else None
    return ParsedDates(best, times, None, note)


def _readable(days: pd.Series) -> int:
    return int(days.notna().sum())


def _best(text: pd.Series, formats: tuple[str, ...]) -> pd.Series:
    read = [pd.to_datetime(text, format=one, errors="coerce").dt.as_unit("us") for one in formats]
    return max(read, key=_readable)
