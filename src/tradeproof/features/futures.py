"""Other futures: the same bars up to a cut, and after it a future that is missing or that never happened."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from tradeproof.data.bars import PRICE_COLUMNS

Rewriting = Literal["truncated", "tenfold", "tenth", "shuffled", "redrawn"]
REWRITINGS: tuple[Rewriting, ...] = ("truncated", "tenfold", "tenth", "shuffled", "redrawn")

Knowable = Literal["open", "close"]
"""Up to which moment of its bar a value may know the market."""

REDRAWN_DEVIATION = 0.1
"""Standard deviation per bar of the logarithm of the factor that redrawn prices are multiplied by."""

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Cut:
    """A moment in the bars: what lies before it is kept, what lies after it is rewritten.

    Attributes:
        position: Of the cut's date among the dates of the bars, in ascending order.
        date: The last date that is known.
        known: [row], rows up to that date.
        opening: [row], rows of that date of which only the open is known; none when the whole bar is.
    """

    position: int
    date: pd.Timestamp
    known: BoolArray
    opening: BoolArray


def cut_at(bars: pd.DataFrame, position: int, knowable: Knowable) -> Cut:
    """The cut after (knowable "close") or within (knowable "open") the bars of one date."""
    dates = bars["date"].to_numpy()
    date = np.unique(dates)[position]
    opening = dates == date if knowable == "open" else np.zeros(dates.size, dtype=np.bool_)
    return Cut(position, pd.Timestamp(date), dates <= date, opening)


def rewritten(bars: pd.DataFrame, cut: Cut, rewriting: Rewriting, generator: np.random.Generator) -> pd.DataFrame:
    """Bars with the same past and another future; dates and the order of open, high, low and close are kept.

    Args:
        bars: Numbers as float64 (see `with_float_numbers`); other columns are kept as they are.
        cut: What is known.
        rewriting: truncated: no future rows; tenfold, tenth: every number times 10 or 0.1; shuffled: whole rows of
            numbers permuted within each ticker; redrawn: prices times a random walk, other numbers times random
            factors.
        generator: Draws permutations and factors.

    Returns:
        A new frame. Where only the open of a bar is known, it keeps its open and loses the rest: truncated gives
        high = low = close = open and zeros elsewhere.
    """
    names = _numbers(bars)
    values = bars[names].to_numpy(dtype=np.float64, copy=True)  # [row, number]
    future = ~cut.known | cut.opening
    prices = [place for place, name in enumerate(names) if name in PRICE_COLUMNS]
    if rewriting == "truncated":
        values[future] = 0.0
    elif rewriting == "tenfold":
        values[future] *= 10.0
    elif rewriting == "tenth":
        values[future] *= 0.1
    elif rewriting == "shuffled":
        values[future] = values[future][_order_within_tickers(bars, future, generator)]
    else:
        values[future] *= _random_factors(int(future.sum()), len(names), prices, generator)
    if cut.opening.any():
        _keep_opens(values, names, bars["open"].to_numpy(), cut.opening)
    changed = bars.copy()
    changed[names] = values
    return changed[cut.known] if rewriting == "truncated" else changed


def with_float_numbers(bars: pd.DataFrame) -> pd.DataFrame:
    """A copy whose numbers are float64, so that each rewriting keeps every dtype."""
    return bars.astype(dict.fromkeys(_numbers(bars), "float64"))


def _numbers(bars: pd.DataFrame) -> list[str]:
    return [str(name) for name, dtype in bars.dtypes.items() if is_numeric_dtype(dtype) and not is_bool_dtype(dtype)]


def _order_within_tickers(
    bars: pd.DataFrame, future: BoolArray, generator: np.random.Generator
) -> npt.NDArray[np.intp]:
    tickers = bars["ticker"].to_numpy()[future] if "ticker" in bars.columns else np.zeros(int(future.sum()))
    order = np.arange(tickers.size)
    for ticker in pd.unique(tickers):
        rows = np.flatnonzero(tickers == ticker)
        permuted = generator.permutation(rows)
        # a permutation that leaves all in place would check nothing
        order[rows] = np.roll(rows, 1) if np.array_equal(permuted, rows) else permuted
    return order


def _random_factors(rows: int, numbers: int, prices: list[int], generator: np.random.Generator) -> FloatArray:
    logarithms = generator.normal(0.0, REDRAWN_DEVIATION, (rows, numbers))
    walk = np.cumsum(generator.normal(0.0, REDRAWN_DEVIATION, rows))
    logarithms[:, prices] = walk[:, np.newaxis]  # one factor per bar keeps low <= open, close <= high
    return np.exp(logarithms)


def _keep_opens(values: FloatArray, names: list[str], opens: FloatArray, opening: BoolArray) -> None:
    """Give the bars that have only just opened their open back, in place, and a range that contains it."""
    known = opens[opening]
    for place, name in enumerate(names):
        rewritten_values = values[opening, place]
        if name == "open":
            values[opening, place] = known
        elif name == "high":
            values[opening, place] = np.maximum(rewritten_values, known)
        elif name in PRICE_COLUMNS:
            # nothing known of low and close stands as 0; a bar that has only just opened has both at its open
            low = np.minimum(rewritten_values, known) if name == "low" else rewritten_values
            values[opening, place] = np.where(rewritten_values > 0.0, low, known)
