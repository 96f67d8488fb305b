"""States: words such as overbought or uptrend, and the readings that make each of them true.

Levels are those of the field: RSI 70 and 30 (Wilder 1978), the Bollinger bands themselves (Bollinger 2001), the order
of close and two averages for a trend. Each is decided on displayed readings, so that a reader finds the same.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from tradeproof.explanations.quantities import quantity

FloatArray = npt.NDArray[np.float64]
Words = npt.NDArray[np.str_]

OVERBOUGHT, OVERSOLD = 70.0, 30.0
"""RSI, points."""
TURBULENT, CALM = 1.25, 0.8
"""Volatility against its long level, times."""
HEAVY, LIGHT = 1.5, 0.67
"""Volume against its average, times."""

STATES: Mapping[str, tuple[str, ...]] = {
    "day": ("up", "down", "flat"),
    "trend": ("up", "down", "sideways"),
    "volatility": ("turbulent", "calm", "normal"),
    "rsi": ("overbought", "oversold", "neutral"),
    "bollinger": ("above_upper_band", "below_lower_band", "inside_bands"),
    "macd": ("above_signal", "below_signal", "at_signal"),
    "volume": ("heavy", "light", "usual"),
    "position": ("long", "short", "flat"),
}
"""What can be said of a bar in a word, and the words: beyond the upper level, beyond the lower one, between them.

day: sign of the 1-day return; trend: up where the close is above the shorter of the two longest averages and that is
above the longer one, down where both are the other way, else sideways; volatility: against its long level; rsi,
bollinger, volume: against their levels; macd: sign of the histogram; position: what was held before the decision.
"""


@dataclass(frozen=True)
class Levels:
    """When a reading deserves a word.

    Attributes:
        state: What the word says something of.
        family: Key of the reading, with or without its windows.
        high: Above it stands the first of the state's words.
        low: Below it stands the second; between them the third.
        reached: Whether a reading at a level is beyond it already.
    """

    state: str
    family: str
    high: float
    low: float
    reached: bool

    def word(self, value: float) -> str:
        """The word for one reading."""
        above, below, between = STATES[self.state]
        if value > self.high or (self.reached and value == self.high):
            return above
        return below if value < self.low or (self.reached and value == self.low) else between

    def words(self, values: FloatArray) -> Words:
        """The words for many readings; empty where there is none."""
        above, below, between = STATES[self.state]
        beyond = (values >= self.high, values <= self.low) if self.reached else (values > self.high, values < self.low)
        return np.select([np.isnan(values), *beyond], ["", above, below], between)


RULES = (
    Levels("day", "return_1", 0.0, 0.0, False),
    Levels("volatility", "volatility_regime", TURBULENT, CALM, True),
    Levels("rsi", "rsi", OVERBOUGHT, OVERSOLD, True),
    Levels("bollinger", "bollinger_position", 1.0, -1.0, False),
    Levels("macd", "macd_histogram", 0.0, 0.0, False),
    Levels("volume", "volume_ratio", HEAVY, LIGHT, True),
    Levels("position", "position", 0.0, 0.0, False),
)


def states_of(readings: Mapping[str, float]) -> dict[str, str]:
    """The states that readings make true; one whose readings are missing is left out."""
    found = {}
    for rule in RULES:
        key = _key_of(readings, rule.family)
        if key is not None:
            found[rule.state] = rule.word(readings[key])
    averages = _longest_averages(readings)
    if averages is not None:
        close, middle, slow = (readings[key] for key in averages)
        up, down = close > middle > slow, close < middle < slow
        found["trend"] = "up" if up else "down" if down else "sideways"
    return found


def state_columns(columns: Mapping[str, FloatArray], size: int) -> dict[str, Words]:
    """The states of many bars at once, by name.

    Args:
        columns: Readings by key, [bar]; NaN where there is none.
        size: Number of bars.

    Returns:
        [bar] words by state, empty where the readings do not tell.
    """
    found: dict[str, Words] = {name: np.full(size, "", dtype=np.str_) for name in STATES}
    for rule in RULES:
        key = _key_of(columns, rule.family)
        if key is not None:
            found[rule.state] = rule.words(columns[key])
    averages = _longest_averages(columns)
    if averages is not None:
        close, middle, slow = (columns[key] for key in averages)
        untold = np.isnan(close) | np.isnan(middle) | np.isnan(slow)
        up, down = (close > middle) & (middle > slow), (close < middle) & (middle < slow)
        found["trend"] = np.select([untold, up, down], ["", "up", "down"], "sideways")
    return found


@cache
def is_of(key: str, family: str) -> bool:
    """Whether a key is of a family: the same but for windows."""
    return key == family or (key.startswith(f"{family}_") and key[len(family) + 1 :].replace("_", "").isdigit())


def _key_of(keys: Iterable[str], family: str) -> str | None:
    return next((key for key in keys if is_of(key, family)), None)


def _longest_averages(keys: Collection[str]) -> tuple[str, str, str] | None:
    """Keys of the close and of the two longest averages, the longer one last; None where one is missing."""
    averages = sorted((key for key in keys if is_of(key, "average")), key=lambda key: quantity(key).window)
    return ("close", averages[-2], averages[-1]) if len(averages) > 1 and "close" in keys else None
