"""The yardstick HAR: a regression of log range volatility on its own past over several windows.

The heterogeneous autoregression of Corsi (Journal of Financial Econometrics 2009), on daily ranges in place of
intraday returns, and in units of each bar's trailing volatility: the same coefficients serve every ticker, those that
were not learned from too.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from tradeproof.evaluation.baselines import Floats, Mask, forecast_frame, joined_frames, spreads, train_targets
from tradeproof.features.indicators import bar_variance, trailing_mean

# a variance below this share of the trailing one is a price that stands still: its logarithm would rule the regression
LEAST_VARIANCE = 1e-3


def har(
    tables: Mapping[str, pd.DataFrame],
    train: Mapping[str, Mask],
    wanted: Mapping[str, Mask],
    horizons: Sequence[int],
    levels: Sequence[float],
    har_bars: Sequence[int],
) -> pd.DataFrame:
    """Quantiles of the train split's returns in units of the volatility that the regression forecasts, times it.

    One linear regression per horizon, pooled over the train tickers: the log mean range variance of the next bars on
    that of the last ones over each window, all relative to the trailing variance of the bar. What a range misses of a
    return's variance, and what a logarithm's mean misses, is in the quantiles of the standardised returns.

    Args:
        tables: Feature tables by ticker.
        train: [bar] by ticker, rows whose outcomes may be learned from.
        wanted: [bar] by ticker, rows to forecast.
        horizons: Bars ahead.
        levels: Quantile levels, ascending.
        har_bars: Windows of the past variance, in bars.

    Returns:
        Forecast frame of every ticker in `wanted`.

    Raises:
        DataError: Fewer train rows than a distribution can be read from.
    """
    returns = train_targets(tables, train, horizons)  # [row, horizon], in units of trailing volatility
    past = np.concatenate([_past(tables[ticker], har_bars)[rows] for ticker, rows in train.items()])
    coming = np.concatenate([_coming(tables[ticker], horizons)[rows] for ticker, rows in train.items()])
    coefficients = np.stack([_regressed(past, coming[:, column]) for column in range(len(horizons))])
    standardised = returns / _relative(past, coefficients)
    shape = np.stack([np.quantile(column[np.isfinite(column)], levels) for column in standardised.T])
    frames = []
    for ticker, rows in wanted.items():
        table = tables[ticker]
        relative = _relative(_past(table, har_bars)[rows], coefficients)  # [bar, horizon]
        scale = spreads(table, horizons)[rows] * relative
        frames.append(forecast_frame(table, rows, horizons, levels, scale[:, :, None] * shape))
    return joined_frames(frames)


def range_variance(table: pd.DataFrame) -> Floats:
    """`bar_variance` of a table: that of the session plus the gap before it squared, [bar]; NaN for the first bar."""
    return bar_variance(*(table[name].to_numpy() for name in ("open", "high", "low", "close")))


def _past(table: pd.DataFrame, har_bars: Sequence[int]) -> Floats:
    """One, then log mean range variance of the last bars over the trailing variance, [bar, 1 + window]."""
    variance = range_variance(table)
    windows = [_logarithm(trailing_mean(variance, bars), table) for bars in har_bars]
    return np.column_stack([np.ones(len(table)), *windows])


def _coming(table: pd.DataFrame, horizons: Sequence[int]) -> Floats:
    """Log mean range variance of the next bars over the trailing variance, [bar, horizon]; NaN at the end."""
    variance = range_variance(table)
    means = np.full((len(table), len(horizons)), np.nan)
    for column, horizon in enumerate(horizons):
        means[:-horizon, column] = trailing_mean(variance, horizon)[horizon:]
    return np.column_stack([_logarithm(mean, table) for mean in means.T])


def _logarithm(variance: Floats, table: pd.DataFrame) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        relative: Floats = np.log(np.maximum(variance / table["volatility"].to_numpy() ** 2, LEAST_VARIANCE))
    return relative


def _regressed(past: Floats, coming: Floats) -> Floats:
    """Coefficients of the least-squares line through the rows that are known, [1 + window]."""
    known = np.isfinite(past).all(axis=1) & np.isfinite(coming)
    return np.asarray(np.linalg.lstsq(past[known], coming[known], rcond=None)[0], dtype=np.float64)


def _relative(past: Floats, coefficients: Floats) -> Floats:
    """Forecast volatility in units of the trailing one, [bar, horizon]."""
    # sums of a row at a time: a matrix product may end in another last bit for another number of rows
    relative: Floats = np.exp(0.5 * (past[:, None, :] * coefficients).sum(axis=-1))
    return relative
