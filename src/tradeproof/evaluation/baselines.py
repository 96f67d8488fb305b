"""The yardstick that costs nothing, historical volatility, and what every forecasting yardstick shares.

Each yardstick returns a forecast frame: ticker, date (last bar known), horizon in bars, one column per quantile level
of the log return from the close of that bar to the close `horizon` bars later. All are knowable at the close of their
bar.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tradeproof.errors import DataError
from tradeproof.features.labels import forward_returns
from tradeproof.market.positions import quantile_column

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

# a year of returns: below that neither a 1 % quantile nor a GARCH parameter means anything
FEWEST_RETURNS = 250


def historical_volatility(
    tables: Mapping[str, pd.DataFrame],
    train: Mapping[str, Mask],
    wanted: Mapping[str, Mask],
    horizons: Sequence[int],
    levels: Sequence[float],
) -> pd.DataFrame:
    """Quantiles of the train split's standardised returns, times the volatility that is knowable at the bar.

    The standardised returns of all train tickers are pooled: on 30 stocks that scored a little better than each
    ticker's own, and it serves tickers that were listed after the train split.

    Args:
        tables: Feature tables by ticker.
        train: [bar] by ticker, rows whose outcomes may be learned from.
        wanted: [bar] by ticker, rows to forecast.
        horizons: Bars ahead.
        levels: Quantile levels, ascending.

    Returns:
        Forecast frame of every ticker in `wanted`.

    Raises:
        DataError: Fewer train rows than a distribution can be read from.
    """
    targets = train_targets(tables, train, horizons)
    shape = np.empty((len(horizons), len(levels)))  # in units of volatility
    for column in range(len(horizons)):
        known = targets[:, column]
        shape[column] = np.quantile(known[np.isfinite(known)], levels)
    frames = []
    for ticker, rows in wanted.items():
        scale = spreads(tables[ticker], horizons)[rows]  # [bar, horizon]
        frames.append(forecast_frame(tables[ticker], rows, horizons, levels, scale[:, :, None] * shape))
    return joined_frames(frames)


def standardised_returns(table: pd.DataFrame, horizons: Sequence[int]) -> Floats:
    """Forward log returns in units of the trailing volatility times the root of the horizon, [bar, horizon]."""
    with np.errstate(divide="ignore", invalid="ignore"):
        returns: Floats = forward_returns(table["close"].to_numpy(), horizons) / spreads(table, horizons)
    return returns


def forecast_frame(
    table: pd.DataFrame, rows: Mask, horizons: Sequence[int], levels: Sequence[float], quantiles: Floats
) -> pd.DataFrame:
    """The long form of quantiles [bar, horizon, level] for the chosen rows of one ticker's table."""
    count = len(horizons)
    return pd.DataFrame(
        {
            "ticker": table["ticker"].to_numpy()[rows].repeat(count),
            "date": table["date"].to_numpy()[rows].repeat(count),
            "horizon": np.tile(np.asarray(horizons, dtype=np.int64), int(rows.sum())),
            **{quantile_column(level): quantiles[:, :, place].ravel() for place, level in enumerate(levels)},
        }
    )


def train_targets(tables: Mapping[str, pd.DataFrame], train: Mapping[str, Mask], horizons: Sequence[int]) -> Floats:
    """Standardised returns of the train rows of all tickers, [row, horizon]; enough of them, or an error."""
    targets = np.concatenate([standardised_returns(tables[ticker], horizons)[rows] for ticker, rows in train.items()])
    fewest = int(np.isfinite(targets).sum(axis=0).min())
    require_returns(", ".join(train), fewest, "train bars with an outcome")
    return targets


def spreads(table: pd.DataFrame, horizons: Sequence[int]) -> Floats:
    """Trailing volatility times the root of the horizon, [bar, horizon], log return."""
    return np.outer(table["volatility"].to_numpy(), np.sqrt(horizons))


def joined_frames(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Frames of several tickers as one, in order of ticker, date and horizon."""
    return pd.concat(frames, ignore_index=True).sort_values(["ticker", "date", "horizon"], ignore_index=True)


def require_returns(whose: str, count: int, what: str) -> None:
    """Refuse to learn from less than a year.

    Raises:
        DataError: Fewer than FEWEST_RETURNS.
    """
    if count < FEWEST_RETURNS:
        raise DataError(
            f"{whose} has {count} {what}, expected at least {FEWEST_RETURNS} for a yardstick to be fair. "
            "Move the dates in params split, or take the ticker out of universe.tickers"
        )
