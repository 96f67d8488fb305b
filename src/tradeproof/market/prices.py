"""Prices of many series on one time axis, checked once and then trusted."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tradeproof.errors import DataError

Floats = NDArray[np.float64]

# places in the last axis of PriceArrays.rows
OPEN, HIGH, LOW, CLOSE = range(4)
# bytes that a processor fetches from memory at once
CACHE_LINE = 64


@dataclass(frozen=True)
class PriceArrays:
    """Open, high, low and close, each [time, series], currency units; where a series has no bar, all four are NaN.

    Raises:
        DataError: Other shapes, a bar with only some prices, a price that is not positive and finite, or a high or low
            that does not enclose open and close.
    """

    open: Floats
    high: Floats
    low: Floats
    close: Floats

    def __post_init__(self) -> None:
        for name in ("open", "high", "low", "close"):
            array = np.ascontiguousarray(getattr(self, name), dtype=np.float64).view()
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        _check_shapes(self)
        _check_bars(self)

    @property
    def shape(self) -> tuple[int, int]:
        """(time, series)."""
        time, series = self.close.shape
        return time, series

    @cached_property
    def rows(self) -> Floats:
        """The prices as compiled code reads them, [series, time, 4], the close carried over bars without one."""
        rows = _aligned((*self.close.T.shape, 4))
        for place, prices in ((OPEN, self.open), (HIGH, self.high), (LOW, self.low), (CLOSE, self.close)):
            rows[:, :, place] = prices.T
        if np.isnan(self.close).any():
            known = np.maximum.accumulate(np.where(np.isnan(self.close), 0, np.arange(len(rows[0]))[:, None]), axis=0)
            rows[:, :, CLOSE] = np.take_along_axis(self.close, known, axis=0).T
        return rows


@dataclass(frozen=True)
class AlignedPrices:
    """Prices of several tickers on one time axis, and where each row of the long bars went.

    Args:
        prices: [time, series].
        dates: [time], every date on which any ticker has a bar.
        tickers: Of the series, in alphabetical order.
        times: [row], place in dates of each row of the bars.
        series: [row], place in tickers.
    """

    prices: PriceArrays
    dates: NDArray[np.datetime64]
    tickers: tuple[str, ...]
    times: NDArray[np.int64]
    series: NDArray[np.int64]

    def spread(self, values: Floats) -> Floats:
        """Put one value per row of the bars into [time, series]; NaN where there is no row."""
        spread = np.full(self.prices.shape, np.nan)
        spread[self.times, self.series] = values
        return spread


def align_prices(bars: pd.DataFrame) -> AlignedPrices:
    """Put long bars on one time axis.

    Args:
        bars: Columns ticker, date, open, high, low, close; sorted by ticker and date, each pair once.

    Raises:
        DataError: No bars, or bars that are not sorted or repeat a date.
    """
    tickers, series = np.unique(bars["ticker"].to_numpy(dtype=str), return_inverse=True)
    dates, times = np.unique(bars["date"].to_numpy(), return_inverse=True)
    faults = np.flatnonzero(np.diff(series * len(dates) + times) <= 0)
    if len(faults):
        ticker, date = bars.iloc[int(faults[0]) + 1][["ticker", "date"]]
        raise DataError(f"bar of {ticker} on {date:%Y-%m-%d} is out of order, expected bars sorted by ticker and date")
    arrays = []
    for name in ("open", "high", "low", "close"):
        array = np.full((len(dates), len(tickers)), np.nan)
        array[times, series] = bars[name].to_numpy()
        arrays.append(array)
    return AlignedPrices(PriceArrays(*arrays), dates, tuple(tickers.tolist()), times, series)


def _aligned(shape: tuple[int, int, int]) -> Floats:
    """An empty array that starts on a cache line: two bars fill one, and none lies across two (twice as fast)."""
    size = int(np.prod(shape))
    room = np.empty(size + CACHE_LINE // 8)
    first = (-room.ctypes.data % CACHE_LINE) // 8
    return room[first : first + size].reshape(shape)


def _check_shapes(bars: PriceArrays) -> None:
    shapes = {name: getattr(bars, name).shape for name in ("open", "high", "low", "close")}
    if len(set(shapes.values())) > 1 or bars.close.ndim != 2 or not bars.close.size:
        raise DataError(f"prices have shapes {shapes}, expected four equal ones (time, series) with at least one bar")


def _check_bars(bars: PriceArrays) -> None:
    with np.errstate(invalid="ignore"):
        whole = (
            (bars.low > 0.0)
            & (bars.low <= np.minimum(bars.open, bars.close))
            & (bars.high >= np.maximum(bars.open, bars.close))
            & (bars.high < np.inf)
        )
    absent = np.isnan(bars.open) & np.isnan(bars.high) & np.isnan(bars.low) & np.isnan(bars.close)
    wrong = ~(whole | absent)
    if wrong.any():
        bar, series = (int(found[0]) for found in np.nonzero(wrong))
        shown = [float(getattr(bars, name)[bar, series]) for name in ("open", "high", "low", "close")]
        raise DataError(
            f"bar {bar} of series {series} has open, high, low, close {shown}, expected 0 < low <= open, close <= "
            "high, all finite, or NaN in all four where there is no bar. Mend the bars (params download.quality helps)"
        )
