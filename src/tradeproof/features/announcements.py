"""Features that know when companies tend to announce: every quarter, about the same weekday of the same week.

An announcement leaves a mark on range and volume, so no calendar of them is needed.
"""

from functools import partial

import numpy as np

from tradeproof.features.definition import BarArrays, Feature, weekdays
from tradeproof.features.indicators import FloatArray, IntArray, trailing_highest, trailing_mean
from tradeproof.params.schema import FeatureParams

SESSIONS_PER_WEEK = 5  # at most


def announcement_features(params: FeatureParams) -> list[Feature]:
    """Marks of announcements: lately, and a whole number of quarters before the days that are forecast."""
    settled = params.volume_bars + 1
    what = (
        f"surprise (log of the bar's range volatility over that of the {params.volume_bars} bars before, within -1.5 "
        "and 2, plus log of its volume over their mean, within -1 and 2.5)"
    )
    weeks = params.season_weeks
    lately = [
        Feature(
            f"surprise_{window}",
            f"largest {what} of the last {window} bars",
            settled + window - 1,
            partial(_recent_surprise, window=window, usual=params.volume_bars),
        )
        for window in params.surprise_bars
    ]
    # around the next weekday: the day itself, its neighbours, and the week that follows; squared, as the width of what
    # comes grows faster than the mean: quarters that agree are worth more than one that stands out
    seasons = [
        Feature(
            f"season_{name}",
            f"square of the mean over {', '.join(map(str, weeks))} weeks before the next weekday of the largest {what} "
            f"from {-first} days before to {last} days after it; at least 0, and 0 on days without a bar",
            settled + SESSIONS_PER_WEEK * max(weeks) + 1,
            partial(_season, weeks=tuple(weeks), days=(first, last), usual=params.volume_bars),
        )
        for name, first, last in (("day", 0, 0), ("days", -1, 1), ("week", -1, 7))
    ]
    return [*lately, *seasons]


def surprise(variance: FloatArray, volume: FloatArray, bars: int) -> FloatArray:
    """How far a bar's range and volume stand out from the `bars` before it: the mark that an announcement leaves.

    log(deviation / deviation before), within -1.5 and 2, plus log(volume / mean volume before), within -1 and 2.5. A
    part without a meaning (no bars before, no volume) counts as 0.
    """
    deviation = np.sqrt(variance)
    usual = np.sqrt(_before(trailing_mean(variance, bars)))
    return _log_ratio(deviation, usual, -1.5, 2.0) + _log_ratio(volume, _before(trailing_mean(volume, bars)), -1.0, 2.5)


def highest_on_days(values: FloatArray, days: IntArray, first: IntArray, last: IntArray) -> FloatArray:
    """For each bar the highest value, 0 at least, of the bars dated from `first` to `last`; 0 where there are none.

    Args:
        values: [bar].
        days: Dates of the bars, ascending, as numbers of days.
        first: First day looked at, per bar, before the bar's own.
        last: Last day looked at, per bar, likewise.
    """
    begin, end = np.searchsorted(days, first), np.searchsorted(days, last, side="right")
    found = np.zeros(values.size)
    for offset in range(int((end - begin).max(initial=0))):
        place = begin + offset
        found = np.where(place < end, np.maximum(found, values[np.minimum(place, values.size - 1)]), found)
    return found


def _recent_surprise(bars: BarArrays, window: int, usual: int) -> FloatArray:
    return trailing_highest(surprise(bars.variance(), bars.volume, usual), window)


def _season(bars: BarArrays, weeks: tuple[int, ...], days: tuple[int, int], usual: int) -> FloatArray:
    """Looked up by date, as a weekday returns after whole weeks while the number of bars between varies."""
    surprises = surprise(bars.variance(), bars.volume, usual)
    dates = bars.dates.astype("datetime64[D]").astype(np.int64)
    following = dates + np.where(weekdays(bars) >= 4, 7 - weekdays(bars), 1)
    found = [
        highest_on_days(surprises, dates, following - 7 * lag + days[0], following - 7 * lag + days[1]) for lag in weeks
    ]
    return np.asarray(np.mean(found, axis=0) ** 2, dtype=np.float64)


def _before(values: FloatArray) -> FloatArray:
    """The value of the bar before."""
    return np.concatenate([np.full(1, np.nan), values[:-1]])


def _log_ratio(value: FloatArray, usual: FloatArray, low: float, high: float) -> FloatArray:
    known = (usual > 0.0) & np.isfinite(value)
    ratio = np.where(known, value, 1.0) / np.where(known, usual, 1.0)
    return np.log(np.clip(ratio, np.exp(low), np.exp(high)))
