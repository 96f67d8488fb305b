"""Total-return adjustment: raw prices, splits and dividends become one series of comparable prices."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tradeproof.data.bars import ADJUSTED_CLOSE, PRICE_COLUMNS, tidy_bars
from tradeproof.errors import DataError

FloatArray = npt.NDArray[np.float64]

BY_EVENTS, BY_ADJUSTED_CLOSE, AS_DELIVERED = "by events", "by adjusted close", "as delivered"


@dataclass(frozen=True)
class AdjustedBars:
    """Bars on the scale of each ticker's last bar.

    Attributes:
        bars: BARS_COLUMNS, total-return-adjusted.
        statement: What was done, for the manifest.
        splits: Split coefficients other than 1 that were applied.
        dividends: Dividends that were applied.
    """

    bars: pd.DataFrame
    statement: str
    splits: int
    dividends: int


def adjust_bars(raw: pd.DataFrame, as_delivered: str) -> AdjustedBars:
    """Adjust bars for splits and dividends, per ticker, by the best that it was delivered with.

    With split_coefficient c[t] and dividend_amount D[t] the return of holding over bar t is the CRSP one,
    (C[t] + D[t]) * c[t] / C[t-1] - 1: the dividend is paid on the shares after the split and reinvested at the close
    of its ex-date. Prices before t are therefore multiplied by C[t] / ((C[t] + D[t]) * c[t]), and volumes by c[t].
    The last bar stays as it is; a later split would rescale all prices of the past, never a return.

    Without them, an adjusted_close rescales all four prices by adjusted_close / close; without that, nothing changes.

    Args:
        raw: Sorted by ticker and date, raw prices, factor columns where the source has them; NaN in them means that
            this ticker came without.
        as_delivered: What the source says of its prices.

    Raises:
        DataError: A factor that cannot be: a split of zero or below, a negative dividend, an adjusted close of zero
            or below, or a factor in only some rows of a ticker.
    """
    parts = []
    methods: dict[str, list[str]] = {}
    splits = dividends = 0
    for ticker, own in raw.groupby("ticker", sort=True):
        factors = _factors(own, str(ticker))
        parts.append(_scaled(own, factors))
        methods.setdefault(factors.method, []).append(str(ticker))
        splits, dividends = splits + factors.splits, dividends + factors.dividends
    bars = tidy_bars(pd.concat(parts))
    return AdjustedBars(bars, _statement(methods, splits, dividends, as_delivered), splits, dividends)


@dataclass(frozen=True)
class _Factors:
    """What one ticker's prices and volumes are multiplied by, [time]; 1 at the last bar."""

    method: str
    price: FloatArray
    volume: FloatArray
    splits: int
    dividends: int


def _factors(own: pd.DataFrame, ticker: str) -> _Factors:
    ones = np.ones(len(own))
    has_split, has_adjusted = _present(own, "split_coefficient"), _present(own, ADJUSTED_CLOSE)
    if has_split or (_present(own, "dividend_amount") and not has_adjusted):
        split, dividend = _events(own, ticker)
        price, volume = _back_factors(own["close"].to_numpy(), split, dividend)
        return _Factors(BY_EVENTS, price, volume, int((split != 1.0).sum()), int((dividend != 0.0).sum()))
    if has_adjusted:
        return _Factors(BY_ADJUSTED_CLOSE, _delivered_factors(own, ticker), ones, 0, 0)
    return _Factors(AS_DELIVERED, ones, ones, 0, 0)


def _scaled(own: pd.DataFrame, factors: _Factors) -> pd.DataFrame:
    prices = {name: own[name] * factors.price for name in PRICE_COLUMNS}
    return own.assign(**prices, volume=own["volume"] * factors.volume)


def _present(own: pd.DataFrame, name: str) -> bool:
    return name in own and bool(own[name].notna().any())


def _events(own: pd.DataFrame, ticker: str) -> tuple[FloatArray, FloatArray]:
    """Split coefficients and dividends of one ticker, [time]."""
    split = own["split_coefficient"].to_numpy() if _present(own, "split_coefficient") else np.ones(len(own))
    dividend = own["dividend_amount"].to_numpy() if _present(own, "dividend_amount") else np.zeros(len(own))
    _refuse(own, ticker, "split_coefficient", split, ~(split > 0.0), "above 0")
    _refuse(own, ticker, "dividend_amount", dividend, ~(dividend >= 0.0), "0 or more")
    return split, dividend


def _back_factors(close: FloatArray, split: FloatArray, dividend: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Factors for prices and for volumes of one ticker, [time]; 1 at the last bar."""
    step = close / ((close + dividend) * split)  # what bar t does to all bars before it
    # the product over all later bars
    price_factor = np.append(np.cumprod(step[:0:-1])[::-1], 1.0)
    volume_factor = np.append(np.cumprod(split[:0:-1])[::-1], 1.0)
    return price_factor, volume_factor


def _delivered_factors(own: pd.DataFrame, ticker: str) -> FloatArray:
    adjusted = own[ADJUSTED_CLOSE].to_numpy()
    _refuse(own, ticker, ADJUSTED_CLOSE, adjusted, ~(adjusted > 0.0), "a price above 0 in every row")
    ratio = adjusted / own["close"].to_numpy()
    factors: FloatArray = ratio / ratio[-1]
    return factors


def _refuse(
    own: pd.DataFrame, ticker: str, name: str, values: FloatArray, broken: npt.NDArray[np.bool_], expected: str
) -> None:
    if broken.any():
        row = int(np.flatnonzero(broken)[0])
        raise DataError(
            f"{ticker} {name} is {values[row]:g} on {own['date'].iloc[row]:%Y-%m-%d} ({int(broken.sum())} such rows), "
            f"expected {expected}: correct the file"
        )


def _statement(methods: dict[str, list[str]], splits: int, dividends: int, as_delivered: str) -> str:
    done = {
        BY_EVENTS: f"total-return-adjusted backwards from the last bar by {splits} splits and {dividends} dividends "
        "(CRSP returns, dividends reinvested at the close of the ex-date; volume adjusted for splits); as delivered: "
        f"{as_delivered}",
        BY_ADJUSTED_CLOSE: "rescaled by the delivered adjusted close, last bar unchanged, volume as delivered",
        AS_DELIVERED: f"as delivered: {as_delivered}",
    }
    return "; ".join(f"{', '.join(tickers)} {done[method]}" for method, tickers in sorted(methods.items()))
