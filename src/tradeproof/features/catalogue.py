"""The catalogue of features: for each its name, its definition, its warm-up and the function that computes it.

Every feature is free of scale: prices times a constant or volumes times a constant change nothing. Most are in units
of the trailing volatility times the square root of their window, so that they are of order one for any ticker.
"""

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from tradeproof.features import indicators
from tradeproof.features.announcements import announcement_features
from tradeproof.features.definition import BarArrays, Feature, weekdays
from tradeproof.features.indicators import FloatArray
from tradeproof.params.schema import FeatureParams

WILDER_SETTLING = 14
"""Windows after which Wilder's average, which forgets 1/n per bar, has forgotten its start to exp(-14), below 1e-6."""

EXPONENTIAL_SETTLING = 7
"""Windows plus one bar after which an exponential average, which forgets 2/(n + 1) per bar, has done the same."""

CALENDAR = ("weekday_sin", "weekday_cos", "month_sin", "month_cos", "days_since_bar")
"""Features that depend on dates alone."""


def catalogue(params: FeatureParams) -> tuple[Feature, ...]:
    """All features for these windows, in the order of the table."""
    return (
        *_returns(params),
        *_volatilities(params),
        *_variances(params),
        *_oscillators(params),
        *_levels(params),
        *announcement_features(params),
        *_calendar(),
    )


def _returns(params: FeatureParams) -> list[Feature]:
    features = [
        Feature(
            f"return_{bars}",
            f"log(close / close {bars} bars ago) / (volatility x sqrt({bars}))",
            max(bars, params.volatility_bars),
            partial(_scaled_return, window=bars),
        )
        for bars in params.return_bars
    ]
    features.append(
        Feature(
            "overnight_gap",
            "log(open / previous close) / volatility",
            params.volatility_bars,
            lambda b: _after_first(np.log(b.open[1:] / b.close[:-1])) / b.volatility,
        )
    )
    features.append(
        Feature(
            "close_location",
            "(2 close - high - low) / (high - low), -1 at the low to 1 at the high; 0 when high equals low",
            0,
            lambda b: indicators.close_location(b.high, b.low, b.close),
        )
    )
    return features


def _volatilities(params: FeatureParams) -> list[Feature]:
    volatility_bars, range_bars, long_bars = params.volatility_bars, params.range_bars, params.drawdown_bars
    return [
        Feature(
            f"volatility_regime_{long_bars}",
            f"log(volatility / standard deviation of the last {long_bars} log returns)",
            max(volatility_bars, long_bars),
            lambda b: np.log(b.volatility / _long_volatility(b, long_bars)),
        ),
        Feature(
            "volatility_level",
            "log(volatility / 0.01), 0 when the price moves by one per cent per bar",
            volatility_bars,
            lambda b: np.log(b.volatility / 0.01),
        ),
        Feature(
            f"atr_percent_{params.atr_bars}",
            f"log of the average true range over {params.atr_bars} bars (Wilder 1978) in per cent of the close",
            WILDER_SETTLING * params.atr_bars,
            lambda b: np.log(100.0 * b.atr / b.close),
        ),
        Feature(
            "bar_range",
            "log(high / low) / volatility",
            volatility_bars,
            lambda b: np.log(b.high / b.low) / b.volatility,
        ),
        Feature(
            f"parkinson_{range_bars}",
            f"sqrt(mean over {range_bars} bars of log(high / low)^2 / (4 log 2)) / volatility (Parkinson 1980)",
            max(range_bars - 1, volatility_bars),
            lambda b: indicators.parkinson_deviation(b.high, b.low, range_bars) / b.volatility,
        ),
    ]


def _variances(params: FeatureParams) -> list[Feature]:
    bars = params.volatility_bars
    ranges = [
        Feature(
            f"range_volatility_{window}",
            f"log(0.1 + sqrt(mean over {window} bars of log(open / previous close)^2 + log(high / low)^2 / 2 "
            "- (2 log 2 - 1) log(close / open)^2) / volatility) (Garman & Klass 1980 plus the gap); a session below "
            "zero counts as 0",
            max(window, bars),
            partial(_range_volatility, window=window),
        )
        for window in params.range_volatility_bars
    ]
    falls = [
        Feature(
            f"downside_share_{window}",
            f"share of the last {window} squared log returns that came from falls (Barndorff-Nielsen, Kinnebrock & "
            "Shephard 2010); 0.5 when nothing moved",
            window,
            partial(_downside_share, window=window),
        )
        for window in params.downside_bars
    ]
    return [
        *ranges,
        Feature(
            f"absolute_return_{bars}",
            f"log(mean of the last {bars} absolute log returns / volatility): low when one jump made the volatility",
            bars,
            lambda b: np.log(indicators.trailing_mean(_absolute_return(b), bars) / b.volatility),
        ),
        Feature(
            f"largest_return_{bars}",
            f"log(largest of the last {bars} absolute log returns / volatility)",
            bars,
            lambda b: np.log(indicators.trailing_highest(_absolute_return(b), bars) / b.volatility),
        ),
        *falls,
    ]


def _oscillators(params: FeatureParams) -> list[Feature]:
    fast, slow, signal = params.macd_bars
    settled = EXPONENTIAL_SETTLING * (slow + signal + 2)
    macd_warm_up = max(settled, WILDER_SETTLING * params.atr_bars)
    bars = params.bollinger_bars
    return [
        Feature(
            f"rsi_{params.rsi_bars}",
            f"relative strength index over {params.rsi_bars} bars (Wilder 1978) / 50 - 1, from -1 to 1",
            WILDER_SETTLING * params.rsi_bars,
            lambda b: indicators.relative_strength(b.close, params.rsi_bars) / 50.0 - 1.0,
        ),
        Feature(
            f"macd_{fast}_{slow}",
            f"(exponential average over {fast} - over {slow} bars) / average true range over {params.atr_bars} bars "
            "(Appel 1979)",
            macd_warm_up,
            lambda b: indicators.convergence_divergence(b.close, fast, slow, signal)[0] / b.atr,
        ),
        Feature(
            f"macd_histogram_{fast}_{slow}_{signal}",
            f"(macd line - its exponential average over {signal} bars) / average true range over {params.atr_bars} "
            "bars",
            macd_warm_up,
            lambda b: indicators.convergence_divergence(b.close, fast, slow, signal)[1] / b.atr,
        ),
        Feature(
            f"bollinger_position_{bars}",
            f"(close - average) / (2 population standard deviations) of the last {bars} closes, -1 and 1 at the bands "
            "(Bollinger 2001)",
            bars - 1,
            lambda b: (b.close - indicators.simple_average(b.close, bars)) / (2.0 * _band(b, bars)),
        ),
        Feature(
            f"bollinger_width_{bars}",
            f"population standard deviation of the last {bars} closes / (close x volatility x sqrt({bars}))",
            max(bars - 1, params.volatility_bars),
            lambda b: _band(b, bars) / (b.close * _spread(b, bars)),
        ),
        Feature(
            f"volume_ratio_{params.volume_bars}",
            f"log((1 + volume / mean volume of the last {params.volume_bars} bars) / 2): 0 at the mean, -log 2 at no "
            "volume; 0 when none of them has volume; missing while one of them has no record",
            params.volume_bars - 1,
            lambda b: indicators.volume_ratio(b.volume, params.volume_bars),
        ),
        Feature(
            f"volume_trend_{params.volume_trend_bars}_{params.volume_bars}",
            f"log((1 + mean volume over {params.volume_trend_bars} bars / over {params.volume_bars} bars) / 2); "
            "0 when none of them has volume; missing while one of them has no record",
            max(params.volume_trend_bars, params.volume_bars) - 1,
            lambda b: indicators.volume_trend(b.volume, params.volume_trend_bars, params.volume_bars),
        ),
    ]


def _levels(params: FeatureParams) -> list[Feature]:
    extreme, long_bars = params.extreme_bars, params.drawdown_bars
    averages = [
        Feature(
            f"average_distance_{bars}",
            f"log(close / average of the last {bars} closes) / (volatility x sqrt({bars}))",
            max(bars - 1, params.volatility_bars),
            partial(_average_distance, window=bars),
        )
        for bars in params.average_bars
    ]
    return [
        *averages,
        Feature(
            f"high_distance_{extreme}",
            f"log(close / highest high of the last {extreme} bars) / (volatility x sqrt({extreme}))",
            max(extreme - 1, params.volatility_bars),
            lambda b: np.log(b.close / indicators.highest(b.high, extreme)) / _spread(b, extreme),
        ),
        Feature(
            f"low_distance_{extreme}",
            f"log(close / lowest low of the last {extreme} bars) / (volatility x sqrt({extreme}))",
            max(extreme - 1, params.volatility_bars),
            lambda b: np.log(b.close / indicators.lowest(b.low, extreme)) / _spread(b, extreme),
        ),
        Feature(
            f"drawdown_{long_bars}",
            f"log(close / highest close of the last {long_bars} bars) / (volatility x sqrt({long_bars}))",
            max(long_bars - 1, params.volatility_bars),
            lambda b: np.log(b.close / indicators.highest(b.close, long_bars)) / _spread(b, long_bars),
        ),
    ]


def _calendar() -> list[Feature]:
    definitions = (
        "sin(2 pi x day of the week / 7), Monday 0",
        "cos(2 pi x day of the week / 7), Monday 0",
        "sin(2 pi x month of the year / 12), January 0",
        "cos(2 pi x month of the year / 12), January 0",
        "log(days since the previous bar), 0 after one day",
    )
    computed: tuple[Callable[[BarArrays], FloatArray], ...] = (
        lambda b: np.sin(_weekday_angle(b)),
        lambda b: np.cos(_weekday_angle(b)),
        lambda b: np.sin(_month_angle(b)),
        lambda b: np.cos(_month_angle(b)),
        _days_since_bar,
    )
    warm_ups = (0, 0, 0, 0, 1)
    return [Feature(*entry) for entry in zip(CALENDAR, definitions, warm_ups, computed, strict=True)]


def _range_volatility(bars: BarArrays, window: int) -> FloatArray:
    mean = indicators.trailing_mean(bars.variance(), window)
    return np.log(0.1 + np.sqrt(mean) / bars.volatility)


def _absolute_return(bars: BarArrays) -> FloatArray:
    return np.abs(indicators.past_return(bars.close, 1))


def _downside_share(bars: BarArrays, window: int) -> FloatArray:
    return indicators.downside_share(bars.close, window)


def _scaled_return(bars: BarArrays, window: int) -> FloatArray:
    return indicators.past_return(bars.close, window) / _spread(bars, window)


def _average_distance(bars: BarArrays, window: int) -> FloatArray:
    return np.log(bars.close / indicators.simple_average(bars.close, window)) / _spread(bars, window)


def _spread(bars: BarArrays, window: int) -> FloatArray:
    return bars.volatility * math.sqrt(window)


def _long_volatility(bars: BarArrays, window: int) -> FloatArray:
    deviation = indicators.trailing_deviation(indicators.past_return(bars.close, 1), window)
    return indicators.moving(deviation, np.ones(bars.close.size))


def _band(bars: BarArrays, window: int) -> FloatArray:
    population = math.sqrt((window - 1.0) / window)
    return indicators.moving(indicators.trailing_deviation(bars.close, window) * population, bars.close)


def _after_first(values: FloatArray) -> FloatArray:
    return np.concatenate([np.full(1, np.nan), values])


def _weekday_angle(bars: BarArrays) -> FloatArray:
    return np.asarray(weekdays(bars) * (2.0 * np.pi / 7.0), dtype=np.float64)


def _month_angle(bars: BarArrays) -> FloatArray:
    months = bars.dates.astype("datetime64[M]").astype(np.int64)
    return np.asarray(months % 12 * (2.0 * np.pi / 12.0), dtype=np.float64)


def _days_since_bar(bars: BarArrays) -> FloatArray:
    return _after_first(np.log(np.diff(bars.dates) / np.timedelta64(1, "D")))
