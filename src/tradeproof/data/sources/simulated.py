"""A market whose best rule is known: stochastic volatility, fat tails, gaps, and an edge of chosen size.

The law of one ticker, bar by bar (t counts the sessions, all draws independent unless said otherwise):

    log volatility   h[t] = persistence * h[t-1] + volatility_of_volatility * n[t], started in its stationary law
    daily variance   v[t] = min(V * exp(2 h[t] - 2 var(h)) * w[t], CAP),  V = volatility^2 / 252; its mean is V
    fat tails        w[t] = (degrees - 2) / chi^2(degrees), so that sqrt(w) * normal is Student-t with variance 1
    open             O[t] = C[t-1] * exp(a z - a^2 / 2),  a^2 = overnight_share * v[t]
    close            C[t] = O[t] * (1 + d s[t-1]) * exp(b W(1) - b^2 / 2),  b^2 = (1 - overnight_share) * v[t]
    high, low        extremes of the path O[t] * (1 + d s[t-1])^u * exp(b W(u) - b^2 u / 2), u from 0 to 1
    volume           exp(c0 + c1 h[t] + c2 log(w[t]) / 2 + c3 n'[t]), which knows nothing of the direction
    signal           s[t] = +1 where volume[t] is above the mean of its last 20 values (itself included), else -1;
                     0 while there are fewer

Given v, z and W the exponentials have mean exactly 1, whatever the past. So with edge 0 (d = 0) the price is a
martingale from each close to the next open and from each open to any moment of the day: a fill at an open, at a close,
or at a level that the path touches gains nothing on average, and no rule can earn.

With an edge the rule "hold s[t] from the open of t+1 to the open of t+2" is decided at the close of t and filled at
the next open. Its return s[t] * (O[t+2] / O[t+1] - 1) has mean d at every bar and variance V up to terms of order
V^2, so d = edge * volatility / 252 makes its annual Sharpe ratio, sqrt(252) * mean / standard deviation, the edge.
Volume is skewed, so s is +1 on somewhat less than half of the bars, and holding the market loses accordingly little.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tradeproof.data.calendar import sessions
from tradeproof.data.sources.raw import BarFile, Origin, RawBars
from tradeproof.errors import DataError
from tradeproof.params.schema import DataParams, SimulatedParams, UniverseParams

FloatArray = npt.NDArray[np.float64]

BARS_PER_YEAR = 252
START_PRICE = 100.0
# the path between open and close is drawn at this many points, with the exact extremes of each piece
PIECES = 8
# a bar's variance is capped so that all moments of its return exist; far above anything that is drawn
VARIANCE_CAP = 0.25
SIGNAL_BARS = 20
VOLUME_LOG_MEAN = 15.0
VOLUME_ON_LOG_VOLATILITY = 0.4
VOLUME_ON_TAIL = 0.4
VOLUME_NOISE = 0.25


@dataclass(frozen=True)
class _Draws:
    """Independent generators, one per kind of shock: a longer market begins with the same bars as a shorter one."""

    log_volatility: np.random.Generator
    tail: np.random.Generator
    overnight: np.random.Generator
    path: np.random.Generator
    extremes: np.random.Generator
    volume: np.random.Generator


def load_simulated(data: DataParams, universe: UniverseParams, seed: int) -> RawBars:
    """Draw bars for each ticker from (seed, ticker) alone: another ticker in the universe changes none of the others.

    Raises:
        DataError: The days asked for hold no session, or the planted edge would move prices by half a day's value.
    """
    days = sessions(universe.calendar, data.start, data.end)
    if days.empty:
        raise DataError(
            f"data.start {data.start} to data.end {data.end} holds no session of calendar {universe.calendar}; "
            "expected at least one"
        )
    parts = [simulate_ticker(ticker, days, data.simulated, seed) for ticker in universe.tickers]
    origin = Origin(
        source="simulated",
        location=f"simulator, seed {seed}, {data.simulated.model_dump_json()}",
        licence="none needed: made by this program",
        adjustment="simulated prices have no splits and no dividends",
        survivorship="none: simulated tickers neither enter nor leave",
        synthetic=True,
    )
    return RawBars((BarFile("simulated", None, pd.concat(parts, ignore_index=True)),), origin)


def simulate_ticker(ticker: str, days: pd.DatetimeIndex, params: SimulatedParams, seed: int) -> pd.DataFrame:
    """Draw the bars of one ticker by the law in this module's docstring.

    Returns:
        BARS_COLUMNS, one row per day.
    """
    drift = params.edge * params.volatility / BARS_PER_YEAR  # d, per bar
    if drift >= 0.5:
        raise DataError(
            f"data.simulated.edge {params.edge:g} with volatility {params.volatility:g} moves the price by {drift:.0%} "
            "a bar; expected less than 50 %: lower one of them"
        )
    generators = np.random.default_rng([seed, *ticker.encode("utf-8")]).spawn(len(_Draws.__dataclass_fields__))
    draws = _Draws(*generators)
    count = len(days)
    log_volatility, stationary_variance = _log_volatility(draws.log_volatility, params, count)
    tail = (params.tail_degrees - 2.0) / draws.tail.chisquare(params.tail_degrees, count)
    scale = np.exp(2.0 * log_volatility - 2.0 * stationary_variance) * tail
    variance = np.minimum(params.volatility**2 / BARS_PER_YEAR * scale, VARIANCE_CAP)  # [time]
    volume = _volume(draws.volume, log_volatility, tail)
    drift_log = np.log1p(drift * np.concatenate([[0.0], _signal(volume)[:-1]]))
    gap = _martingale_step(draws.overnight.standard_normal(count), params.overnight_share * variance)
    path, high, low = _intraday(draws, (1.0 - params.overnight_share) * variance, drift_log)
    log_close = np.cumsum(gap + path[:, -1])
    log_open = np.concatenate([[0.0], log_close[:-1]]) + gap
    values = {"open": log_open, "high": log_open + high, "low": log_open + low, "close": log_open + path[:, -1]}
    prices = {name: START_PRICE * np.exp(value) for name, value in values.items()}
    return pd.DataFrame({"ticker": ticker, "date": days, **prices, "volume": volume})


def planted_positions(bars: pd.DataFrame) -> FloatArray:
    """The rule that earns the planted edge, computed from the bars alone.

    Args:
        bars: Sorted by ticker and date.

    Returns:
        Per row +1 (long) or -1 (short): decided at the close of that bar, to be held from the next open to the one
        after it; 0 for the first bars of a ticker, where the signal is not knowable yet.
    """
    positions = np.zeros(len(bars))
    for rows in bars.groupby("ticker", sort=False).indices.values():
        positions[rows] = _signal(bars["volume"].to_numpy()[rows])
    return positions


def _signal(volume: FloatArray) -> FloatArray:
    signal = np.zeros(len(volume))
    if len(volume) >= SIGNAL_BARS:
        windows = np.lib.stride_tricks.sliding_window_view(volume, SIGNAL_BARS)  # [time - 19, 20]
        signal[SIGNAL_BARS - 1 :] = np.where(volume[SIGNAL_BARS - 1 :] > windows.mean(axis=1), 1.0, -1.0)
    return signal


def _log_volatility(generator: np.random.Generator, params: SimulatedParams, count: int) -> tuple[FloatArray, float]:
    """AR(1) path and its stationary variance."""
    stationary_variance = params.volatility_of_volatility**2 / (1.0 - params.persistence**2)
    shocks = generator.standard_normal(count)
    path = np.empty(count)
    level = np.sqrt(stationary_variance) * shocks[0]
    path[0] = level
    for t in range(1, count):
        level = params.persistence * level + params.volatility_of_volatility * shocks[t]
        path[t] = level
    return path, stationary_variance


def _martingale_step(shocks: FloatArray, variance: FloatArray) -> FloatArray:
    """Log return whose exponential has mean 1 given the variance."""
    return np.sqrt(variance) * shocks - variance / 2.0


def _intraday(draws: _Draws, variance: FloatArray, drift_log: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log path from the open at the end of each piece [time, piece], and the log high and low over the day [time]."""
    count = len(variance)
    piece_variance = np.repeat(variance[:, None] / PIECES, PIECES, axis=1)
    steps = _martingale_step(draws.path.standard_normal((count, PIECES)), piece_variance) + drift_log[:, None] / PIECES
    ends = np.cumsum(steps, axis=1)
    starts = ends - steps
    # extremes of a Brownian bridge: (x + sqrt(x^2 - 2 var log u)) / 2, drift or not
    uniform = 1.0 - draws.extremes.random((count, 2, PIECES))  # in (0, 1]
    up = (steps + np.sqrt(steps**2 - 2.0 * piece_variance * np.log(uniform[:, 0]))) / 2.0
    down = (steps - np.sqrt(steps**2 - 2.0 * piece_variance * np.log(uniform[:, 1]))) / 2.0
    high = np.maximum((starts + up).max(axis=1), np.maximum(0.0, ends[:, -1]))
    low = np.minimum((starts + down).min(axis=1), np.minimum(0.0, ends[:, -1]))
    return ends, high, low


def _volume(generator: np.random.Generator, log_volatility: FloatArray, tail: FloatArray) -> FloatArray:
    noise = VOLUME_NOISE * generator.standard_normal(len(tail))
    log_volume = VOLUME_LOG_MEAN + VOLUME_ON_LOG_VOLATILITY * log_volatility + VOLUME_ON_TAIL * np.log(tail) / 2.0
    return np.rint(np.exp(log_volume + noise))
