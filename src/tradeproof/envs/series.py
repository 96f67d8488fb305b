"""Prices and features of several tickers as the arrays that compiled code walks through."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tradeproof.data.bars import PRICE_COLUMNS
from tradeproof.envs.observation import FloatArray
from tradeproof.errors import ContractError, DataError
from tradeproof.features.contract import READY, VOLATILITY, FeatureContract
from tradeproof.market.prices import Floats, PriceArrays

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class MarketSeries:
    """Bars of several tickers, one ticker after the other; each has a time axis of its own, and nothing is padded.

    Attributes:
        tickers: In the order of their bars.
        starts: [series + 1], the bars of series s are starts[s] to before starts[s + 1].
        prices: [bar, 4], open, high, low, close at the places of `market.prices`.
        features: [bar, feature], raw, knowable at the close; NaN where a bar is not ready.
        volatility: [bar], what unrealised returns are measured in.
        ready: [bar], whether a decision can be made at the close.
        dates: [bar].
        features_hash: Of the feature contract.
    """

    tickers: tuple[str, ...]
    starts: Integers
    prices: Floats
    features: FloatArray
    volatility: Floats
    ready: Flags
    dates: npt.NDArray[np.datetime64]
    features_hash: str

    def span(self, ticker: str) -> slice:
        """The bars of one ticker.

        Raises:
            DataError: There is no such ticker.
        """
        if ticker not in self.tickers:
            raise DataError(f"ticker is {ticker!r}, expected one of {list(self.tickers)}")
        place = self.tickers.index(ticker)
        return slice(int(self.starts[place]), int(self.starts[place + 1]))

    def series_of(self, bars: Integers) -> Integers:
        """Places in `tickers` of some bars."""
        return np.searchsorted(self.starts, bars, side="right") - 1


def market_series(tables: Mapping[str, pd.DataFrame], features: FeatureContract) -> MarketSeries:
    """Lay out the feature tables of some tickers.

    Args:
        tables: By ticker, as `build_table` makes them, in ascending order of date.
        features: Their contract.

    Raises:
        ContractError: A table of another contract.
        DataError: No table, a table of another ticker, dates out of order, or prices that cannot be.
    """
    if not tables:
        raise DataError("no feature table was given, expected one per ticker")
    for ticker, table in tables.items():
        _check(ticker, table, features)
    whole = list(tables.values())
    series = MarketSeries(
        tickers=tuple(tables),
        starts=np.concatenate([[0], np.cumsum([len(table) for table in whole])]),
        prices=np.concatenate([table[list(PRICE_COLUMNS)].to_numpy(dtype=np.float64) for table in whole]),
        features=np.concatenate([table[list(features.names)].to_numpy(dtype=np.float32) for table in whole]),
        volatility=np.concatenate([table[VOLATILITY].to_numpy(dtype=np.float64) for table in whole]),
        ready=np.concatenate([table[READY].to_numpy(dtype=np.bool_) for table in whole]),
        dates=np.concatenate([table["date"].to_numpy() for table in whole]),
        features_hash=features.hash,
    )
    PriceArrays(*series.prices.T[..., None])
    for array in (series.starts, series.prices, series.features, series.volatility, series.ready, series.dates):
        array.flags.writeable = False
    return series


def _check(ticker: str, table: pd.DataFrame, features: FeatureContract) -> None:
    try:
        features.check(table)
    except ContractError as e:
        raise ContractError(f"{ticker}: {e}") from e
    found = sorted(str(name) for name in table["ticker"].unique())
    if found != [ticker]:
        raise DataError(f"feature table of {ticker} holds tickers {found}, expected {ticker} alone, with a bar or more")
    dates = table["date"]
    if not dates.is_monotonic_increasing or not dates.is_unique:
        raise DataError(f"feature table of {ticker} has dates out of order or twice, expected each once, ascending")
