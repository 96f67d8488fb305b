"""What a feature is, and the bars it is computed from."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tradeproof.features.indicators import FloatArray, IntArray, bar_variance


@dataclass(frozen=True)
class BarArrays:
    """One ticker's bars in order of time, each array [bar], and the volatility that features are measured in.

    Attributes:
        dates: Session dates.
        open: Prices in currency units, positive; so are high, low and close.
        volume: Traded shares, zero or more; NaN where the source gives none.
        volatility: Sample standard deviation of the last log returns, per bar; NaN in its warm-up and where the price
            stands still.
        atr: Wilder's average true range in units of the price; NaN likewise.
    """

    dates: npt.NDArray[np.datetime64]
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray
    volatility: FloatArray
    atr: FloatArray

    def variance(self) -> FloatArray:
        """Of each bar alone, from its range and the gap before it."""
        return bar_variance(self.open, self.high, self.low, self.close)


@dataclass(frozen=True)
class Feature:
    """A feature: what it is called, what it means, and how it is computed.

    Attributes:
        name: Column of the feature table; windows in bars are part of it.
        definition: One line: formula, unit, source.
        warm_up: Bars at the start of a series whose values are masked.
        compute: [bar] values, each from bars up to its own; NaN where undefined.
    """

    name: str
    definition: str
    warm_up: int
    compute: Callable[[BarArrays], FloatArray]


def weekdays(bars: BarArrays) -> IntArray:
    """Monday 0."""
    days = bars.dates.astype("datetime64[D]").astype(np.int64)
    return np.asarray((days + 3) % 7, dtype=np.int64)  # 1970-01-01 was a Thursday
