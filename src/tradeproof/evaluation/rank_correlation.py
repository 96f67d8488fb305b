"""Did larger forecasts come before larger returns: rank correlations, and how sure they are.

Each mean has a t of its own: the mean over dates divided by its standard error, which allows for outcomes that overlap
and for what stays the same from date to date (Newey and West, Econometrica 1987, Bartlett weights).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# with fewer tickers a date, one date's rank correlation is mostly chance
FEWEST_TICKERS = 10
# dates per bar of the horizon: with fewer outcomes that do not overlap, no standard error means anything
FEWEST_OUTCOMES = 10


@dataclass(frozen=True)
class RankCorrelations:
    """Spearman correlations of forecast mean and outcome at one horizon; None where undefined.

    Attributes:
        rank_ic: Over time within each ticker, averaged over tickers.
        rank_ic_t: Its t.
        cross_rank_ic: Between the tickers of one date, averaged over the dates with at least FEWEST_TICKERS of them.
        cross_rank_ic_t: Its t.
    """

    rank_ic: float | None
    rank_ic_t: float | None
    cross_rank_ic: float | None
    cross_rank_ic_t: float | None


def rank_correlations(
    mean: Floats,
    realised: Floats,
    tickers: NDArray[np.object_],
    dates: NDArray[np.datetime64],
    horizon: int,
) -> RankCorrelations:
    """Rank correlations of one model at one horizon.

    Args:
        mean: [row], mean of each forecast.
        realised: [row], what came.
        tickers: [row].
        dates: [row], date of each forecast; a ticker has each date once.
        horizon: Bars that one outcome covers.
    """
    days, times = np.unique(dates, return_inverse=True)
    names, places = np.unique(tickers.astype(str), return_inverse=True)
    forecast, outcome = np.full((2, days.size, names.size), np.nan)
    forecast[times, places], outcome[times, places] = mean, realised
    over_time = _products(forecast, outcome)
    kept = over_time[:, np.isfinite(over_time).any(axis=0)]  # [date, ticker]
    pooled = np.nansum(kept / np.isfinite(kept).sum(axis=0), axis=1) * len(kept) / max(kept.shape[1], 1)
    across = np.full(len(forecast), np.nan)
    crowded = np.isfinite(forecast).sum(axis=1) >= FEWEST_TICKERS
    if crowded.any():
        products = _products(forecast[crowded].T, outcome[crowded].T).T
        defined = np.isfinite(products).any(axis=1)
        across[np.flatnonzero(crowded)[defined]] = np.nanmean(products[defined], axis=1)
    across = across[np.isfinite(across)]
    return RankCorrelations(
        rank_ic=float(pooled.mean()) if kept.shape[1] else None,
        rank_ic_t=mean_t(pooled, horizon) if kept.shape[1] else None,
        cross_rank_ic=float(across.mean()) if across.size else None,
        cross_rank_ic_t=mean_t(across, horizon),
    )


def mean_t(series: Floats, horizon: int) -> float | None:
    """The mean of a series of dates over its Newey-West standard error; None with too few dates or no variation.

    Args:
        series: [date], in order of time.
        horizon: Bars that one outcome covers. The weights reach twice as far as outcomes overlap, since they fall with
            the distance, and at least the usual 4 (dates / 100)^(2/9).
    """
    if len(series) < FEWEST_OUTCOMES * horizon:
        return None
    reach = min(max(2 * (horizon - 1), int(4.0 * (len(series) / 100.0) ** (2.0 / 9.0))), len(series) - 1)
    left = series - series.mean()
    variance = float(left @ left)
    for lag in range(1, reach + 1):
        variance += 2.0 * (1.0 - lag / (reach + 1.0)) * float(left[lag:] @ left[:-lag])
    # rounding leaves something of a series that is the same every day
    if not variance > 1e-20 * len(series):
        return None
    return float(series.mean() * len(series) / np.sqrt(variance))


def _products(forecast: Floats, outcome: Floats) -> Floats:
    """Product of the standardised ranks within each column: its mean is Spearman's correlation.

    NaN where there is no outcome, and in columns whose forecasts or outcomes are all the same.
    """
    products = np.ones(forecast.shape)
    for values in (forecast, outcome):
        ranks = pd.DataFrame(values).rank().to_numpy()
        count = np.maximum(np.isfinite(ranks).sum(axis=0), 1)
        centred = ranks - np.nansum(ranks, axis=0) / count
        deviation = np.sqrt(np.nansum(centred**2, axis=0) / count)
        products *= centred / np.where(deviation > 0.0, deviation, np.nan)
    return products
