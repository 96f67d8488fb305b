"""The rules of the quality gate, vectorised over all tickers of a file."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tradeproof.data.bars import FACTOR_COLUMNS, PRICE_COLUMNS, VALUE_COLUMNS
from tradeproof.params.schema import QualityLimits

Mask = npt.NDArray[np.bool_]

# rounding in a vendor's adjustment may push a close above the high by a few parts in ten million
ORDER_TOLERANCE = 1e-6
# a year with fewer opens than this says nothing about how opens are recorded
STALE_YEAR_BARS = 20
# a dividend above this share of the last close is worth a word beside a jump
LARGE_DIVIDEND = 0.2


@dataclass(frozen=True)
class Context:
    """What rules need beside the bars."""

    limits: QualityLimits
    days: pd.DatetimeIndex  # sessions of the days asked for


@dataclass(frozen=True)
class Breach:
    """One ticker that breaks one rule; `rows` are short texts, the first ones first."""

    ticker: str
    count: int
    rows: tuple[str, ...]


@dataclass(frozen=True)
class RowRule:
    """A rule about single rows.

    Attributes:
        name: As in download.quality.
        find: Bars in long form -> True where the rule is broken, [row].
        shown: Columns that say what is wrong.
        remedy: What a person should look at.
    """

    name: str
    find: Callable[[pd.DataFrame, Context], Mask]
    shown: tuple[str, ...]
    remedy: str


@dataclass(frozen=True)
class SeriesRule:
    """A rule about a ticker's bars in order; its rows are kept or the run is stopped, never dropped."""

    name: str
    find: Callable[[pd.DataFrame, Context], list[Breach]]
    remedy: str


def unsorted(bars: pd.DataFrame, _: Context) -> Mask:
    """Rows dated before their predecessor of the same ticker, in delivered order."""
    steps = bars.groupby("ticker", sort=False)["date"].diff()
    return (steps < pd.Timedelta(0)).to_numpy()


def duplicate_dates(bars: pd.DataFrame, _: Context) -> Mask:
    """All rows of a ticker and date but the first."""
    return bars.duplicated(["ticker", "date"]).to_numpy()


def extra_days(bars: pd.DataFrame, context: Context) -> Mask:
    """Rows on days without a session."""
    return ~bars["date"].isin(context.days).to_numpy()


def missing_values(bars: pd.DataFrame, _: Context) -> Mask:
    """Rows with an empty price or volume."""
    return bars[list(VALUE_COLUMNS)].isna().any(axis=1).to_numpy()


def nonpositive_price(bars: pd.DataFrame, _: Context) -> Mask:
    """Rows with a price of zero or below."""
    return (bars[list(PRICE_COLUMNS)] <= 0).any(axis=1).to_numpy()


def ohlc_order(bars: pd.DataFrame, _: Context) -> Mask:
    """Rows whose high is not the highest or whose low is not the lowest, by more than rounding."""
    return order_broken(bars)


def order_broken(bars: pd.DataFrame) -> Mask:
    """True where the high is not the highest or the low not the lowest, by more than rounding, [row]."""
    prices = bars[list(PRICE_COLUMNS)]
    slack = ORDER_TOLERANCE * prices.abs().max(axis=1)
    return ((bars["high"] + slack < prices.max(axis=1)) | (bars["low"] - slack > prices.min(axis=1))).to_numpy()


def absurd_magnitude(bars: pd.DataFrame, context: Context) -> Mask:
    """Rows with a price or volume above the limits, or a negative volume."""
    price = (bars[list(PRICE_COLUMNS)] > context.limits.price).any(axis=1)
    return (price | (bars["volume"] > context.limits.volume) | (bars["volume"] < 0)).to_numpy()


def zero_volume(bars: pd.DataFrame, _: Context) -> Mask:
    """Rows on which nothing was traded."""
    return (bars["volume"] == 0).to_numpy()


def missing_days(bars: pd.DataFrame, context: Context) -> list[Breach]:
    """Sessions without a row between the first and the last row of a ticker."""
    found = []
    for ticker, dates in bars.groupby("ticker", sort=True)["date"]:
        inside = context.days[(context.days >= dates.min()) & (context.days <= dates.max())]
        absent = inside[~inside.isin(dates)]
        if len(absent):
            found.append(Breach(str(ticker), len(absent), tuple(f"{day:%Y-%m-%d}" for day in absent)))
    return found


def unexplained_jump(bars: pd.DataFrame, context: Context) -> list[Breach]:
    """Close-to-close moves beyond the limit that no split coefficient explains; dividends explain nothing here."""
    last_close = bars.groupby("ticker", sort=False)["close"].shift().to_numpy()
    close = bars["close"].to_numpy()
    valid = (last_close > 0) & (close > 0)
    split = bars["split_coefficient"].to_numpy() if "split_coefficient" in bars else np.ones(len(bars))
    move = np.where(valid, close * split / np.where(valid, last_close, 1.0) - 1.0, 0.0)
    broken = np.flatnonzero(np.abs(move) >= context.limits.jump)
    texts = [_jump_text(bars, int(row), float(last_close[row]), float(move[row])) for row in broken]
    return _per_ticker(bars["ticker"].to_numpy()[broken], texts)


def constant_run(bars: pd.DataFrame, context: Context) -> list[Breach]:
    """Bars in runs of the same four prices that are at least constant_bars long."""
    prices = bars[list(PRICE_COLUMNS)].to_numpy()
    same = np.zeros(len(bars), dtype=bool)
    same[1:] = (prices[1:] == prices[:-1]).all(axis=1) & _same_ticker(bars)
    run = np.cumsum(~same)  # number of the run each bar belongs to, from 1
    lengths = np.bincount(run)
    first = np.flatnonzero(~same)
    found: dict[str, list[tuple[int, str]]] = {}
    for number in np.flatnonzero(lengths >= context.limits.constant_bars):
        bar = bars.iloc[first[number - 1]]
        text = f"{bar['date']:%Y-%m-%d} for {lengths[number]} bars at {bar['close']:g}"
        found.setdefault(bar["ticker"], []).append((int(lengths[number]), text))
    return [Breach(ticker, sum(n for n, _ in runs), tuple(text for _, text in runs)) for ticker, runs in found.items()]


def stale_open(bars: pd.DataFrame, context: Context) -> list[Breach]:
    """Years in which too many opens are copies of the last close; one breach per ticker and year."""
    has_past = np.zeros(len(bars), dtype=bool)
    has_past[1:] = _same_ticker(bars)
    last_close = bars["close"].shift()
    stale = pd.DataFrame({"ticker": bars["ticker"], "year": bars["date"].dt.year, "stale": bars["open"] == last_close})[
        has_past
    ]
    years = stale.groupby(["ticker", "year"], sort=True)["stale"].agg(["sum", "size", "mean"]).reset_index()
    years = years[(years["mean"] > context.limits.stale_open_share) & (years["size"] >= STALE_YEAR_BARS)]
    return [
        Breach(str(ticker), int(count), (f"{year}: {share:.2f} of {size} opens equal the last close",))
        for ticker, year, count, size, share in years.itertuples(index=False)
    ]


def breaches_of_rows(rule: RowRule, bars: pd.DataFrame, broken: Mask) -> list[Breach]:
    """Put the broken rows of a rule into words, per ticker."""
    rows = np.flatnonzero(broken)
    values = bars[list(rule.shown)].to_numpy()[rows]
    days = bars["date"].dt.strftime("%Y-%m-%d").to_numpy()[rows] if rows.size else []
    texts = [
        " ".join([day, *(f"{name} {value:g}" for name, value in zip(rule.shown, line, strict=True))])
        for day, line in zip(days, values, strict=True)
    ]
    return _per_ticker(bars["ticker"].to_numpy()[rows], texts)


ROW_RULES = (
    RowRule("unsorted", unsorted, (), "Rows are out of order"),
    RowRule("duplicate_dates", duplicate_dates, ("close",), "Keep one row per day; where they differ, ask which holds"),
    RowRule("extra_days", extra_days, ("close",), "No session of universe.calendar on these days"),
    RowRule("missing_values", missing_values, VALUE_COLUMNS, "Cells are empty; nothing is filled in"),
    RowRule("nonpositive_price", nonpositive_price, PRICE_COLUMNS, "Prices must be above zero"),
    RowRule("ohlc_order", ohlc_order, PRICE_COLUMNS, "Expected low <= open, close <= high"),
    RowRule(
        "absurd_magnitude", absurd_magnitude, ("close", "volume"), "Beyond download.limits.price or .volume, or below 0"
    ),
    RowRule("zero_volume", zero_volume, ("close", "volume"), "Nothing was traded, so no fill at such a bar is real"),
)

SERIES_RULES = (
    SeriesRule("missing_days", missing_days, "Sessions without a bar; returns over them span more than a day"),
    SeriesRule(
        "unexplained_jump",
        unexplained_jump,
        "The rows are kept as they are. If one is a split, enter its split_coefficient; if it is a crash, it is data",
    ),
    SeriesRule("constant_run", constant_run, "The same prices again and again: a halt, or a vendor filling gaps"),
    SeriesRule(
        "stale_open",
        stale_open,
        "Fills at such opens are not believable: choose a later data.start, or judge results on later years",
    ),
)


def _same_ticker(bars: pd.DataFrame) -> Mask:
    """True where a bar, from the second on, has the ticker of the bar before it, [row - 1]."""
    tickers = bars["ticker"].to_numpy()
    same: Mask = tickers[1:] == tickers[:-1]
    return same


def _per_ticker(tickers: npt.NDArray[np.object_], texts: list[str]) -> list[Breach]:
    found: dict[str, list[str]] = {}
    for ticker, text in zip(tickers, texts, strict=True):
        found.setdefault(str(ticker), []).append(text)
    return [Breach(ticker, len(rows), tuple(rows)) for ticker, rows in sorted(found.items())]


def _jump_text(bars: pd.DataFrame, row: int, last_close: float, move: float) -> str:
    bar = bars.iloc[row]
    text = f"{bar['date']:%Y-%m-%d} close {last_close:g} to {bar['close']:g} ({move:+.1%})"
    dividend = float(bar["dividend_amount"]) if FACTOR_COLUMNS[1] in bars else 0.0
    if dividend > LARGE_DIVIDEND * last_close:
        text += f" where a dividend of {dividend:.2f}, {dividend / last_close:.0%} of the price, stands"
    return text
