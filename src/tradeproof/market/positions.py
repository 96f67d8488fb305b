"""From what a model says about the future to what an account should hold."""

import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from tradeproof.errors import DataError
from tradeproof.params.schema import ProfitParams

Floats = NDArray[np.float64]

ACTIONS = ("sell", "hold", "buy")
"""What a policy may decide at a close, as target positions, by number.

sell: the lowest position that the rules allow (none, or short where params profit.long_short is on); hold: whatever is
held, without an order; buy: the largest long position. A wish that is already held gives no order. What is ordered
fills at the next open.
"""
SELL, HOLD, BUY = range(len(ACTIONS))


def quantile_column(level: float) -> str:
    """Name of the column that holds a quantile: 0.05 is "q05", 0.5 is "q50", 0.025 is "q02_5"."""
    if not 0.0 < level < 1.0:
        raise DataError(f"quantile level is {level}, expected a number between 0 and 1, both excluded")
    whole, _, fraction = f"{100.0 * level:.10g}".partition(".")
    return f"q{whole:0>2}_{fraction}" if fraction else f"q{whole:0>2}"


def quantile_levels(columns: Iterable[str]) -> list[float]:
    """Levels of the quantile columns among the columns of a forecast frame, in their order."""
    return [float(name[1:].replace("_", ".")) / 100.0 for name in columns if re.fullmatch(r"q\d\d(_\d+)?", name)]


def targets_from_quantiles(quantiles: Floats, levels: Sequence[float] | Floats, profit: ProfitParams) -> Floats:
    """Target weights of one series from the quantiles of its forecast return.

    The wish is +max_position_size where the forecast's mean is above `threshold` of its own standard deviations,
    -max_position_size where it is below minus that and `long_short` is on, else 0. It becomes an order only where it
    changes: an unchanged wish neither trades nor re-enters after a stop.

    Args:
        quantiles: [time, level], log return from t to t + horizon, knowable at the close of t; a row with a NaN is no
            forecast and gives no order.
        levels: Ascending, between 0 and 1.
        profit: Threshold, size and sides.

    Returns:
        [time], share of equity to hold from the next open on; NaN: no new order.

    Raises:
        DataError: Levels that are not ascending in (0, 1), or quantiles of another shape.
    """
    mean, deviation = moments_from_quantiles(quantiles, levels)
    hurdle = np.maximum(profit.threshold * deviation, profit.least_return)
    signals = np.where(mean > hurdle, 1.0, 0.0)
    if profit.long_short:
        signals[mean < -hurdle] = -1.0
    signals[np.isnan(mean)] = np.nan
    return targets_from_signals(signals, profit.max_position_size)


def targets_from_signals(signals: Floats, size: float) -> Floats:
    """Target weights from wishes: -1 short, 0 flat, 1 long, NaN no opinion; any share between scales the size.

    Args:
        signals: [time] or [time, series], knowable at the close of t.
        size: Share of equity in a full position.

    Returns:
        As signals; NaN where the wish is the same as the last one.
    """
    return changes_only(signals * size)


def changes_only(wishes: Floats) -> Floats:
    """Keep a wish where it differs from the last one before it (the first always), NaN elsewhere.

    Args:
        wishes: [time] or [time, series]; NaN is no opinion and leaves the last wish standing.
    """
    wishes = np.asarray(wishes, dtype=np.float64)
    bars = np.arange(len(wishes)).reshape(-1, *[1] * (wishes.ndim - 1))
    newest = np.maximum.accumulate(np.where(np.isnan(wishes), -1, bars), axis=0)
    standing = np.take_along_axis(wishes, np.maximum(newest, 0), axis=0)
    targets = wishes.copy()
    targets[1:][wishes[1:] == standing[:-1]] = np.nan
    return targets


def moments_from_quantiles(quantiles: Floats, levels: Sequence[float] | Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of the distribution whose quantile function is drawn through the given points.

    Between two levels the quantile function is a straight line: the mean is the trapezoid rule over the levels, the
    variance the exact integral of the squared line. Beyond the outer levels it is flat: what lies in a tail counts at
    the outermost quantile. For a normal and nine levels from 0.01 to 0.99, straight lines and flat tails nearly cancel:
    the deviation comes out 0.7 % too large. Crossed quantiles are sorted first, which never makes them worse
    (Chernozhukov, Fernandez-Val and Galichon, Econometrica 2010).

    Args:
        quantiles: [time, level].
        levels: Ascending, between 0 and 1.

    Returns:
        Mean and deviation, [time] each, in the unit of the quantiles; NaN where a row has a NaN.
    """
    given, points = np.asarray(levels, dtype=np.float64), np.asarray(quantiles, dtype=np.float64)
    if given.ndim != 1 or not (np.diff(given, prepend=0.0, append=1.0) > 0.0).all():
        raise DataError(f"quantile levels are {given.tolist()}, expected ascending numbers between 0 and 1")
    if points.ndim != 2 or points.shape[1] != len(given):
        raise DataError(f"quantiles have shape {points.shape}, expected (time, {len(given)}): one column per level")
    points = np.sort(points, axis=1)
    points[np.isnan(points).any(axis=1)] = np.nan
    points = np.concatenate([points[:, :1], points, points[:, -1:]], axis=1)  # [time, level + 2]
    widths = np.diff(given, prepend=0.0, append=1.0)
    left, right = points[:, :-1], points[:, 1:]
    mean = ((left + right) / 2.0) @ widths
    left, right = left - mean[:, None], right - mean[:, None]
    variance = ((left**2 + left * right + right**2) / 3.0) @ widths
    return mean, np.sqrt(variance)
