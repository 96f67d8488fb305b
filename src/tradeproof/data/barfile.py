"""One bar file as it comes: typed, checked and adjusted, with neither a universe nor a calendar to compare it with."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from tradeproof.data.adjustment import AdjustedBars, adjust_bars
from tradeproof.data.bars import ADJUSTED_CLOSE, VALUE_COLUMNS
from tradeproof.data.finding import Finding
from tradeproof.data.headers import read_headers
from tradeproof.data.parsing import parse_file
from tradeproof.data.quality import neutral_factors, settle_rounding
from tradeproof.data.quality_rules import Mask, order_broken
from tradeproof.data.sources import BarFile
from tradeproof.data.sources.folder import SUFFIXES, read_table
from tradeproof.errors import DataError

ROW = "row"  # place of a bar in the file, from 1 on


@dataclass(frozen=True)
class FileBars:
    """Bars of one file.

    Attributes:
        bars: BARS_COLUMNS, total-return-adjusted as the stage `download` does it.
        notes: What was tolerated, one line each, with its count.
    """

    bars: pd.DataFrame
    notes: tuple[str, ...]


def read_bar_file(path: Path, end: date) -> FileBars:
    """Read the bars of a file up to a day.

    What follows `end` is cut off before anything is checked or adjusted: bars that are appended to a file change
    nothing that was known before them.

    Args:
        path: Parquet or CSV in long form; without a ticker column it is one ticker, named as the file.
        end: Last day.

    Raises:
        DataError: The file cannot be read, holds no bar up to `end`, or a bar in it cannot be used; one line.
    """
    if not path.is_file() or path.suffix.casefold() not in SUFFIXES:
        raise DataError(f"{path} is no file of bars; expected an existing one that ends in {' or '.join(SUFFIXES)}")
    frame = read_table(path, "bars")
    headers = read_headers(frame.columns)
    if headers.found_as("ticker") is None:
        frame = frame.assign(ticker=path.stem.upper())
    parsed = parse_file(BarFile(path.name, None, frame), "warn")
    _refuse_findings(parsed.findings)
    if parsed.frame is None or parsed.frame.empty:
        raise DataError(f"{path.name} holds no readable bar; expected one row per ticker and session")
    tickers = parsed.frame["ticker"].str.strip()
    everything = parsed.frame.assign(ticker=tickers, **{ROW: np.arange(1, len(parsed.frame) + 1)})
    known = everything[everything["date"] <= pd.Timestamp(end)]
    if known.empty:
        raise DataError(
            f"{path.name} holds no bar up to {end}; its bars run from {everything['date'].min():%Y-%m-%d} to "
            f"{everything['date'].max():%Y-%m-%d}"
        )
    _refuse_unusable(path.name, known)
    notes = [finding.line() for finding in parsed.findings] + _order_notes(path.name, frame, known)
    ordered = known.sort_values(["ticker", "date"], kind="stable", ignore_index=True)
    notes += _gap_notes(path.name, ordered)
    clean = settle_rounding(neutral_factors(ordered.drop(columns=ROW)))
    adjusted = adjust_bars(clean, "taken as it is")
    return FileBars(adjusted.bars, (*notes, f"{path.name}: {len(adjusted.bars)} bars, {_adjustment(adjusted)}"))


def _refuse_findings(findings: tuple[Finding, ...]) -> None:
    faults = [finding.line() for finding in findings if finding.action == "error"]
    if faults:
        raise DataError(" | ".join(faults))


def _refuse_unusable(name: str, bars: pd.DataFrame) -> None:
    """Refuse what no forecast could be made from, naming the first row of each kind."""
    prices, values = bars[list(VALUE_COLUMNS[:-1])], bars[list(VALUE_COLUMNS)]
    kinds: dict[str, Mask] = {
        "an empty ticker": bars["ticker"].fillna("").isin(["", "nan", "None"]).to_numpy(),
        "an empty or infinite price or volume": ~np.isfinite(values.to_numpy()).all(axis=1),
        "a price of zero or less": (prices <= 0.0).any(axis=1).to_numpy(),
        "a volume below zero": (bars["volume"] < 0.0).to_numpy(),
        "a high or a low that is not the highest or lowest price": order_broken(bars),
        "a day that its ticker had before": bars.duplicated(["ticker", "date"]).to_numpy(),
    }
    faults = [
        f"{_place(bars[broken].iloc[0])} has {kind} ({broken.sum()} such rows)"
        for kind, broken in kinds.items()
        if broken.any()
    ]
    if faults:
        raise DataError(f"{name}: {'; '.join(faults)}. Correct these rows or take them out: nothing is filled in")


def _place(bar: pd.Series) -> str:
    values = ", ".join(f"{name} {bar[name]:g}" for name in VALUE_COLUMNS)
    return f"row {bar[ROW]} ({bar['ticker']} {bar['date']:%Y-%m-%d}: {values})"


def _order_notes(name: str, frame: pd.DataFrame, bars: pd.DataFrame) -> list[str]:
    extra = [str(column) for column in frame.columns if str(column) not in read_headers(frame.columns).meaning]
    steps_back = int((bars.groupby("ticker", sort=False)["date"].diff() < pd.Timedelta(0)).sum())
    notes = [f"{name}: {len(extra)} columns without a meaning here, left out: {', '.join(extra[:5])}"] if extra else []
    return notes + ([f"{name}: {steps_back} rows out of order, sorted"] if steps_back else [])


def _gap_notes(name: str, bars: pd.DataFrame) -> list[str]:
    """Days on which other tickers of the file have a bar, inside a ticker's first and last one."""
    days = pd.DatetimeIndex(bars["date"].unique()).sort_values()
    missing = {}
    for ticker, dates in bars.groupby("ticker", sort=True)["date"]:
        span = int(days.searchsorted(dates.iloc[-1]) - days.searchsorted(dates.iloc[0])) + 1
        if span > len(dates):
            missing[str(ticker)] = span - len(dates)
    if not missing:
        return []
    shown = ", ".join(f"{ticker} {count}" for ticker, count in list(missing.items())[:5])
    return [f"{name}: {sum(missing.values())} bars missing on days that other tickers have ({shown}); not filled in"]


def _adjustment(adjusted: AdjustedBars) -> str:
    if adjusted.splits or adjusted.dividends:
        return f"adjusted for {adjusted.splits} splits and {adjusted.dividends} dividends"
    return f"rescaled by their {ADJUSTED_CLOSE}" if "rescaled" in adjusted.statement else "taken as they are"
