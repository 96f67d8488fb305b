"""Indicators: arrays of one ticker's bars in order of time, arrays out; the only home of TA-Lib.

Each value at bar t is computed from bars up to t. TA-Lib keeps recursive averages and tests some sums against an
absolute 1e-14, so it is fed prices divided by the first close: a known number, and the result is free of scale.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

WINDOWS_AT_ONCE = 4096
"""Windows laid out in memory together; bounds the memory of a long series."""

STILL = 1e-9
"""A deviation or range per bar below this share of the price is a price that stands still: it divides nothing."""


def moving(values: FloatArray, price: FloatArray) -> FloatArray:
    """Deviations of a price that moves; NaN where they are at most STILL times the price."""
    return np.where(values > STILL * price, values, np.nan)


def past_return(close: FloatArray, bars: int) -> FloatArray:
    """Log return over the last `bars` bars; NaN for the first `bars`."""
    returns = np.full(close.size, np.nan)
    if bars < close.size:
        returns[bars:] = np.log(close[bars:] / close[:-bars])
    return returns


def trailing_deviation(values: FloatArray, bars: int) -> FloatArray:
    """Sample standard deviation (one degree of freedom lost) of the last `bars` values; NaN if one is missing.

    Each window is computed afresh. A running sum of squares, as in TA-Lib's STDDEV and BBANDS, loses the digits of a
    small deviation after a large one and leaves noise where a price stands still.
    """
    return _over_windows(values, bars, lambda windows: windows.std(axis=1, ddof=1))


def trailing_mean(values: FloatArray, bars: int) -> FloatArray:
    """Mean of the last `bars` values, each window computed afresh; NaN if one of them is missing."""
    return _over_windows(values, bars, lambda windows: windows.mean(axis=1))


def simple_average(close: FloatArray, bars: int) -> FloatArray:
    """Simple moving average of the close, in units of the price."""
    import talib

    return _in_price(talib.SMA(close / close[0], timeperiod=bars), close)


def highest(high: FloatArray, bars: int) -> FloatArray:
    """Highest of the last `bars` values, this bar included."""
    import talib

    return _floats(talib.MAX(high, timeperiod=bars))


def lowest(low: FloatArray, bars: int) -> FloatArray:
    """Lowest of the last `bars` values, this bar included."""
    import talib

    return _floats(talib.MIN(low, timeperiod=bars))


def relative_strength(close: FloatArray, bars: int) -> FloatArray:
    """Wilder's relative strength index (Wilder 1978), 0 to 100."""
    import talib

    return _floats(talib.RSI(close / close[0], timeperiod=bars))


def average_true_range(high: FloatArray, low: FloatArray, close: FloatArray, bars: int) -> FloatArray:
    """Wilder's average of the true range (Wilder 1978), in units of the price."""
    import talib

    first = close[0]
    return _in_price(talib.ATR(high / first, low / first, close / first, timeperiod=bars), close)


def convergence_divergence(close: FloatArray, fast: int, slow: int, signal: int) -> tuple[FloatArray, FloatArray]:
    """MACD line and histogram (Appel 1979), in units of the price."""
    import talib

    line, _, histogram = talib.MACD(close / close[0], fastperiod=fast, slowperiod=slow, signalperiod=signal)
    return _in_price(line, close), _in_price(histogram, close)


def parkinson_deviation(high: FloatArray, low: FloatArray, bars: int) -> FloatArray:
    """Volatility per bar from the range (Parkinson 1980): sqrt(mean(log(high / low)^2) / (4 log 2))."""
    return _floats(np.sqrt(trailing_mean(np.log(high / low) ** 2, bars) / (4.0 * np.log(2.0))))


def bar_variance(open_: FloatArray, high: FloatArray, low: FloatArray, close: FloatArray) -> FloatArray:
    """Variance of each bar from its prices: that of the session (Garman & Klass 1980) plus the gap before it squared.

    log(open / previous close)^2 + log(high / low)^2 / 2 - (2 log 2 - 1) log(close / open)^2. The session's part of a
    bar whose open or close lies outside its range can fall below zero; it then counts as 0. NaN for the first bar.
    """
    session = 0.5 * np.log(high / low) ** 2 - (2.0 * np.log(2.0) - 1.0) * np.log(close / open_) ** 2
    gap = np.full(close.size, np.nan)
    gap[1:] = np.log(open_[1:] / close[:-1])
    return _floats(np.maximum(session, 0.0) + gap**2)


def downside_share(close: FloatArray, bars: int) -> FloatArray:
    """Share of the last `bars` squared returns that came from falls, 0 to 1; 0.5 when the price did not move."""
    returns = past_return(close, 1)
    whole = trailing_mean(returns**2, bars)
    still = whole == 0.0
    share = trailing_mean(np.minimum(returns, 0.0) ** 2, bars) / np.where(still, 1.0, whole)
    return np.where(still, 0.5, share)


def close_location(high: FloatArray, low: FloatArray, close: FloatArray) -> FloatArray:
    """Where in its bar's range the close lies, -1 at the low to 1 at the high; 0 in a bar without a range."""
    span = high - low
    ranged = span > STILL * close
    return np.where(ranged, (2.0 * close - high - low) / np.where(ranged, span, 1.0), 0.0)


def volume_ratio(volume: FloatArray, bars: int) -> FloatArray:
    """log((1 + volume / mean of the last `bars` volumes) / 2).

    A bar without volume gives -log 2 instead of minus infinity; a window without volume, as of an index that nobody
    trades, gives 0; a window with a missing volume gives NaN.
    """
    mean = trailing_mean(volume, bars)
    silent = mean == 0.0
    return np.where(silent, 0.0, np.log((1.0 + volume / np.where(silent, 1.0, mean)) / 2.0))


def volume_trend(volume: FloatArray, short: int, long: int) -> FloatArray:
    """log((1 + mean of the last `short` volumes / mean of the last `long`) / 2), as `volume_ratio` for a single bar."""
    mean = trailing_mean(volume, long)
    silent = mean == 0.0
    return np.where(silent, 0.0, np.log((1.0 + trailing_mean(volume, short) / np.where(silent, 1.0, mean)) / 2.0))


def trailing_highest(values: FloatArray, bars: int) -> FloatArray:
    """Highest of the last `bars` values, of any sign; NaN until there are as many."""
    return _over_windows(values, bars, lambda windows: windows.max(axis=1))


def _over_windows(values: FloatArray, bars: int, reduce: Callable[[FloatArray], FloatArray]) -> FloatArray:
    result = np.full(values.size, np.nan)
    if values.size < bars:
        return result
    windows = np.lib.stride_tricks.sliding_window_view(values, bars)  # [window, bar]
    for start in range(0, windows.shape[0], WINDOWS_AT_ONCE):
        # contiguous rows: the order of summation, hence each bit, is the same however long the series is
        chunk = np.ascontiguousarray(windows[start : start + WINDOWS_AT_ONCE])
        result[bars - 1 + start : bars - 1 + start + chunk.shape[0]] = reduce(chunk)
    return result


def _floats(values: npt.ArrayLike) -> FloatArray:
    return np.asarray(values, dtype=np.float64)


def _in_price(values: FloatArray, close: FloatArray) -> FloatArray:
    return _floats(values * close[0])
