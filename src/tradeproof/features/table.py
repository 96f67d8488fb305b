"""The feature table of one ticker: bars, features, the volatility they are measured in, and which rows count."""

import numpy as np
import pandas as pd

from tradeproof.data.bars import BARS_COLUMNS, PRICE_COLUMNS, VALUE_COLUMNS
from tradeproof.errors import DataError
from tradeproof.features import indicators
from tradeproof.features.catalogue import WILDER_SETTLING, catalogue
from tradeproof.features.contract import READY, VOLATILITY
from tradeproof.features.definition import BarArrays, Feature
from tradeproof.features.indicators import FloatArray
from tradeproof.params.schema import FeatureParams


def build_table(bars: pd.DataFrame, params: FeatureParams) -> pd.DataFrame:
    """Compute the features of one ticker.

    Args:
        bars: Bars of ONE ticker with exactly BARS_COLUMNS, in ascending order of date.
        params: Windows of the indicators.

    Returns:
        The bars, then the features in the order of `feature_contract(params)`, then `volatility` (sample standard
        deviation of the last log returns, per bar) and `ready` (every feature and the volatility are finite). All
        knowable at the close of their bar. Warm-up, and rows whose price stands still, are NaN and never filled.

    Raises:
        DataError: More than one ticker, other columns, unordered dates, or a price that is not a positive number.
    """
    _refuse_unfit(bars)
    arrays = _arrays(bars, params)
    columns = {feature.name: _masked(feature, arrays) for feature in catalogue(params)}
    columns[VOLATILITY] = arrays.volatility
    ready = np.isfinite(np.column_stack(list(columns.values()))).all(axis=1)
    added = pd.DataFrame({**columns, READY: ready}, index=bars.index)
    return pd.concat([bars, added], axis=1)


def _arrays(bars: pd.DataFrame, params: FeatureParams) -> BarArrays:
    open_, high, low, close, volume = (
        np.ascontiguousarray(bars[name].to_numpy(dtype=np.float64)) for name in VALUE_COLUMNS
    )
    deviation = indicators.trailing_deviation(indicators.past_return(close, 1), params.volatility_bars)
    atr = indicators.average_true_range(high, low, close, params.atr_bars)
    atr[: WILDER_SETTLING * params.atr_bars] = np.nan
    return BarArrays(
        dates=bars["date"].to_numpy(),
        open=open_,
        high=high,
        low=low,
        close=close,
        volume=volume,
        volatility=indicators.moving(deviation, np.ones(close.size)),
        atr=indicators.moving(atr, close),
    )


def _masked(feature: Feature, arrays: BarArrays) -> FloatArray:
    values = feature.compute(arrays).astype(np.float64)
    values[: feature.warm_up] = np.nan
    values[~np.isfinite(values)] = np.nan
    return values


def _refuse_unfit(bars: pd.DataFrame) -> None:
    if tuple(bars.columns) != BARS_COLUMNS:
        raise DataError(f"bars have columns {list(bars.columns)}, expected exactly {list(BARS_COLUMNS)}")
    tickers = sorted(str(ticker) for ticker in bars["ticker"].unique())
    if len(tickers) != 1:
        raise DataError(f"bars hold tickers {tickers}, expected exactly one: build one table per ticker")
    dates = bars["date"]
    if not dates.is_monotonic_increasing or not dates.is_unique:
        raise DataError(f"bars of {tickers[0]} have dates out of order or twice, expected each date once, ascending")
    for name in PRICE_COLUMNS:
        values = bars[name].to_numpy(dtype=np.float64)
        fit = np.isfinite(values) & (values > 0.0)
        if not fit.all():
            first = int(np.argmin(fit))
            raise DataError(
                f"bars of {tickers[0]} have {name} {values[first]} on {dates.iloc[first].date()}, expected a positive "
                "number: set params download.quality.missing_values and nonpositive_price to error or drop"
            )
