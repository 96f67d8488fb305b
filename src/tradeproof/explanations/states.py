"""States: words such as overbought or uptrend, and the readings that make each of them true.

Levels are those of the field: RSI 70 and 30 (Wilder 1978), the Bollinger bands themselves (Bollinger 2001), the order
of close and two averages for a trend. Each is decided on displayed readings, so that a reader finds the same.
"""

from collections.abc import Callable, Mapping

from tradeproof.explanations.quantities import quantity

OVERBOUGHT, OVERSOLD = 70.0, 30.0
"""RSI, points."""
TURBULENT, CALM = 1.25, 0.8
"""Volatility against its long level, times."""
HEAVY, LIGHT = 1.5, 0.67
"""Volume against its average, times."""

STATES: Mapping[str, tuple[str, ...]] = {
    "day": ("up", "down", "flat"),
    "trend": ("up", "down", "sideways"),
    "volatility": ("calm", "normal", "turbulent"),
    "rsi": ("overbought", "oversold", "neutral"),
    "bollinger": ("above_upper_band", "below_lower_band", "inside_bands"),
    "macd": ("above_signal", "below_signal", "at_signal"),
    "volume": ("heavy", "light", "usual"),
    "position": ("long", "short", "flat"),
}
"""What can be said of a bar in a word, and the words.

day: sign of the 1-day return; trend: up where the close is above the shorter of the two longest averages and that is
above the longer one, down where both are the other way, else sideways; volatility: against its long level; rsi,
bollinger, volume: against their levels; macd: sign of the histogram; position: what was held before the decision.
"""


def states_of(readings: Mapping[str, float]) -> dict[str, str]:
    """The states that readings make true; one whose readings are missing is left out."""
    found = {}
    for name, family, decide in _RULES:
        value = _value(readings, family)
        if value is not None:
            found[name] = decide(value)
    trend = _trend(readings)
    return found if trend is None else {**found, "trend": trend}


def _value(readings: Mapping[str, float], family: str) -> float | None:
    """The reading of that key, or of that family where only windows tell its members apart."""
    if family in readings:
        return readings[family]
    for key, value in readings.items():
        if key.startswith(f"{family}_") and key[len(family) + 1 :].replace("_", "").isdigit():
            return value
    return None


def _trend(readings: Mapping[str, float]) -> str | None:
    averages = sorted((quantity(key).window, value) for key, value in readings.items() if _is_average(key))
    if len(averages) < 2 or "close" not in readings:
        return None
    (_, middle), (_, slow) = averages[-2:]
    close = readings["close"]
    if close > middle > slow:
        return "up"
    return "down" if close < middle < slow else "sideways"


def _is_average(key: str) -> bool:
    return key.startswith("average_") and key.removeprefix("average_").isdigit()


def _sign(value: float, positive: str, negative: str, zero: str) -> str:
    return positive if value > 0.0 else negative if value < 0.0 else zero


def _band(value: float, high: float, low: float, above: str, below: str, between: str) -> str:
    return above if value >= high else below if value <= low else between


_RULES: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("day", "return_1", lambda v: _sign(v, "up", "down", "flat")),
    ("volatility", "volatility_regime", lambda v: _band(v, TURBULENT, CALM, "turbulent", "calm", "normal")),
    ("rsi", "rsi", lambda v: _band(v, OVERBOUGHT, OVERSOLD, "overbought", "oversold", "neutral")),
    (
        "bollinger",
        "bollinger_position",
        lambda v: "above_upper_band" if v > 1.0 else "below_lower_band" if v < -1.0 else "inside_bands",
    ),
    ("macd", "macd_histogram", lambda v: _sign(v, "above_signal", "below_signal", "at_signal")),
    ("volume", "volume_ratio", lambda v: _band(v, HEAVY, LIGHT, "heavy", "light", "usual")),
    ("position", "position", lambda v: _sign(v, "long", "short", "flat")),
)
