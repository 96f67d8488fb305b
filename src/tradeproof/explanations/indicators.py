"""Quantities that a policy observes: how each is displayed, and back."""

import numpy as np

from tradeproof.explanations.family import Family, FloatArray

BARS_PER_YEAR = 252
"""Trading days of a year, by which volatilities are made annual."""


def _percent_of_log(values: FloatArray, volatility: FloatArray, window: int) -> FloatArray:
    """From a log return in units of volatility x sqrt(window) to per cent."""
    return np.asarray(100.0 * np.expm1(values * volatility * np.sqrt(max(window, 1))), dtype=np.float64)


def _log_of_percent(values: FloatArray, volatility: FloatArray, window: int) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):  # a loss of all or more has no log return
        return np.asarray(np.log1p(values / 100.0) / (volatility * np.sqrt(max(window, 1))), dtype=np.float64)


def _annual(volatility: FloatArray) -> FloatArray:
    """Per cent a year."""
    return np.asarray(100.0 * volatility * np.sqrt(BARS_PER_YEAR), dtype=np.float64)


INDICATORS: tuple[Family, ...] = (
    Family(
        r"return_(\d+)",
        "{n}-day return",
        ("return over {n} days", "return of the last {n} days", "return over the last {n} days", "{n}-day change"),
        "percent",
        2,
        _percent_of_log,
        _log_of_percent,
        signed=True,
    ),
    Family(
        r"overnight_gap",
        "overnight gap",
        ("gap at the open",),
        "percent",
        2,
        lambda v, s, _: _percent_of_log(v, s, 1),
        lambda v, s, _: _log_of_percent(v, s, 1),
        signed=True,
    ),
    Family(
        r"close_location",
        "place of the close in the day's range",
        ("close location",),
        "percent",
        0,
        lambda v, _s, _n: 50.0 * (v + 1.0),
        lambda v, _s, _n: v / 50.0 - 1.0,
    ),
    Family(
        r"volatility_regime_(\d+)",
        "volatility against its {n}-day level",
        ("volatility ratio",),
        "times",
        2,
        lambda v, _s, _n: np.exp(v),
        lambda v, _s, _n: np.log(v),
    ),
    Family(
        r"volatility_level",
        "annualised volatility",
        ("annualized volatility", "volatility"),
        "percent",
        1,
        lambda v, _s, _n: _annual(0.01 * np.exp(v)),
        lambda v, _s, _n: np.log(v / _annual(np.ones_like(v)) / 0.01),
    ),
    Family(
        r"atr_percent_(\d+)",
        "ATR({n})",
        ("average true range over {n} days", "average true range", "ATR"),
        "percent",
        2,
        lambda v, _s, _n: np.exp(v),
        lambda v, _s, _n: np.log(v),
    ),
    Family(
        r"bar_range",
        "day's range",
        ("daily range", "high-low range"),
        "percent",
        2,
        lambda v, s, _: _percent_of_log(v, s, 1),
        lambda v, s, _: _log_of_percent(v, s, 1),
    ),
    Family(
        r"parkinson_(\d+)",
        "Parkinson volatility",
        ("{n}-day Parkinson volatility",),
        "percent",
        1,
        lambda v, s, _: v * _annual(s),
        lambda v, s, _: v / _annual(s),
    ),
    Family(
        r"range_volatility_(\d+)",
        "{n}-day range volatility",
        ("range volatility over {n} days",),
        "percent",
        1,
        lambda v, s, _: (np.exp(v) - 0.1) * _annual(s),
        lambda v, s, _: np.log(0.1 + v / _annual(s)),
    ),
    Family(
        r"absolute_return_(\d+)",
        "average daily move over {n} days",
        ("{n}-day average daily move",),
        "percent",
        2,
        lambda v, s, _: 100.0 * np.exp(v) * s,
        lambda v, s, _: np.log(v / (100.0 * s)),
    ),
    Family(
        r"largest_return_(\d+)",
        "largest daily move in {n} days",
        ("{n}-day largest daily move",),
        "percent",
        2,
        lambda v, s, _: 100.0 * np.exp(v) * s,
        lambda v, s, _: np.log(v / (100.0 * s)),
    ),
    Family(
        r"downside_share_(\d+)",
        "{n}-day downside share",
        ("share of downside variance over {n} days",),
        "percent",
        0,
        lambda v, _s, _n: 100.0 * v,
        lambda v, _s, _n: v / 100.0,
    ),
    Family(
        r"rsi_(\d+)",
        "RSI({n})",
        ("relative strength index over {n} days", "relative strength index", "{n}-day RSI", "RSI"),
        "points",
        1,
        lambda v, _s, _n: 50.0 * (v + 1.0),
        lambda v, _s, _n: v / 50.0 - 1.0,
    ),
    Family(
        r"macd_histogram_\d+_\d+_\d+",
        "MACD histogram",
        (),
        "atr",
        2,
        lambda v, _s, _n: np.asarray(v),
        lambda v, _s, _n: np.asarray(v),
        signed=True,
    ),
    Family(
        r"macd_\d+_\d+",
        "MACD",
        ("MACD line",),
        "atr",
        2,
        lambda v, _s, _n: np.asarray(v),
        lambda v, _s, _n: np.asarray(v),
        signed=True,
    ),
    Family(
        r"bollinger_position_(\d+)",
        "Bollinger position",
        ("position within the Bollinger bands", "{n}-day Bollinger position"),
        "bands",
        2,
        lambda v, _s, _n: np.asarray(v),
        lambda v, _s, _n: np.asarray(v),
        signed=True,
    ),
    Family(
        r"bollinger_width_(\d+)",
        "Bollinger band width",
        ("{n}-day Bollinger band width", "width of the Bollinger bands"),
        "percent",
        2,
        lambda v, s, n: 400.0 * v * s * np.sqrt(n),
        lambda v, s, n: v / (400.0 * s * np.sqrt(n)),
    ),
    Family(
        r"volume_ratio_(\d+)",
        "volume ratio",
        ("volume against its {n}-day average", "{n}-day volume ratio"),
        "times",
        2,
        lambda v, _s, _n: 2.0 * np.exp(v) - 1.0,
        lambda v, _s, _n: np.log((1.0 + v) / 2.0),
    ),
    Family(
        r"volume_trend_(\d+)_\d+",
        "{n}-day volume trend",
        ("volume trend",),
        "times",
        2,
        lambda v, _s, _n: 2.0 * np.exp(v) - 1.0,
        lambda v, _s, _n: np.log((1.0 + v) / 2.0),
    ),
    Family(
        r"average_distance_(\d+)",
        "distance to the {n}-day average",
        ("distance from the {n}-day average", "distance to its {n}-day average"),
        "percent",
        2,
        _percent_of_log,
        _log_of_percent,
        signed=True,
    ),
    Family(
        r"high_distance_(\d+)",
        "distance to the {n}-day high",
        ("distance from the {n}-day high", "distance to its {n}-day high"),
        "percent",
        2,
        _percent_of_log,
        _log_of_percent,
        signed=True,
    ),
    Family(
        r"low_distance_(\d+)",
        "distance to the {n}-day low",
        ("distance from the {n}-day low", "distance to its {n}-day low"),
        "percent",
        2,
        _percent_of_log,
        _log_of_percent,
        signed=True,
    ),
    Family(
        r"drawdown_(\d+)",
        "{n}-day drawdown",
        ("drawdown from the {n}-day high", "drawdown"),
        "percent",
        2,
        lambda v, s, n: -_percent_of_log(v, s, n),
        lambda v, s, n: _log_of_percent(-v, s, n),
    ),
    Family(
        r"surprise_(\d+)",
        "{n}-day surprise score",
        (),
        "score",
        2,
        lambda v, _s, _n: np.asarray(v),
        lambda v, _s, _n: np.asarray(v),
        signed=True,
    ),
    Family(r"season_day", "seasonal score of the next day", (), "score", 2),
    Family(r"season_days", "seasonal score of the next days", (), "score", 2),
    Family(r"season_week", "seasonal score of the next week", (), "score", 2),
    Family(r"weekday", "day of the week", (), "score", 0),
    Family(r"month", "month of the year", (), "score", 0),
    Family(
        r"days_since_bar",
        "days since the previous bar",
        (),
        "days",
        0,
        lambda v, _s, _n: np.exp(v),
        lambda v, _s, _n: np.log(v),
    ),
)
"""More special patterns before more general ones."""
