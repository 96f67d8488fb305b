"""How far a figure could have come out otherwise: stationary block bootstrap over dates."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradeproof.params.schema import EvaluateParams

Floats = NDArray[np.float64]
# with fewer blocks than this in the data, an interval would only pretend to know
FEWEST_BLOCKS = 5


@dataclass(frozen=True)
class Intervals:
    """Central intervals of several figures; NaN where too little data, or no variation, allows none."""

    low: Floats
    high: Floats


def block_bootstrap(
    values: Floats, statistic: Callable[[Floats], Floats], settings: EvaluateParams, seed: int, block_bars: int
) -> Intervals:
    """Percentile interval of a statistic of rows in time, by resampling blocks of whole rows.

    Columns (tickers, models, policies) of a row stay together, so the difference between two of them is a paired one.

    Args:
        values: [date, column].
        statistic: Takes [date, column] and gives [figure].
        settings: Resamples and confidence.
        seed: Of the resampling; the same one draws the same blocks.
        block_bars: Mean block length; blocks have random length so that no date is an edge (Politis and Romano, JASA
            1994).

    Returns:
        Intervals, [figure] each.
    """
    from arch.bootstrap import StationaryBootstrap

    size = np.atleast_1d(statistic(values)).size
    if len(values) < FEWEST_BLOCKS * block_bars:
        return Intervals(np.full(size, np.nan), np.full(size, np.nan))
    resampled = StationaryBootstrap(block_bars, values, seed=np.random.default_rng(seed)).apply(
        statistic, settings.bootstrap_resamples
    )
    tail = (1.0 - settings.confidence) / 2.0
    low, high = np.quantile(resampled, [tail, 1.0 - tail], axis=0)
    return Intervals(low, high)


def sums_by_date(dates: NDArray[np.datetime64], values: Floats) -> Floats:
    """Sum the rows [row, column] that share a date, in order of date, [date, column]."""
    days, places = np.unique(dates, return_inverse=True)
    sums = np.zeros((days.size, values.shape[1]))
    np.add.at(sums, places, values)
    return sums


def skill(losses: Floats) -> Floats:
    """Share by which each column's total loss is below each other column's, flattened [column x column].

    Element i * columns + j is the skill of column i against yardstick j: 1 - loss of i / loss of j.
    """
    totals = losses.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        skills: Floats = (1.0 - totals[:, None] / totals[None, :]).ravel()
    return skills


def finite(value: float) -> float | None:
    """A number that JSON can hold: None instead of NaN or infinity."""
    return float(value) if np.isfinite(value) else None
