"""Random snapshots whose readings agree with one another: computed from random bars, shown as a fact sheet would."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from tradeproof.explanations.facts import Counterfactual, Driver, Facts, Snapshot
from tradeproof.explanations.quantities import quantity
from tradeproof.explanations.states import states_of

TICKERS = ("SPX", "IXIC", "AAPL", "BRK.B", "RDS-A", "F", "GOOGL", "JNJ", "XOM", "0700.HK", "BF.B", "T")
BARS = 330
FIRST_DAY = date(2014, 1, 2)
OBSERVED = [
    "return_1",
    "return_5",
    "return_20",
    "return_60",
    "overnight_gap",
    "close_location",
    "volatility_regime_250",
    "volatility_level",
    "atr_percent_14",
    "bar_range",
    "parkinson_20",
    "range_volatility_5",
    "absolute_return_20",
    "largest_return_20",
    "downside_share_20",
    "rsi_14",
    "macd_12_26",
    "macd_histogram_12_26_9",
    "bollinger_position_20",
    "bollinger_width_20",
    "volume_ratio_20",
    "volume_trend_5_20",
    "average_distance_20",
    "average_distance_50",
    "average_distance_200",
    "high_distance_20",
    "low_distance_20",
    "drawdown_250",
    "surprise_5",
    "surprise_15",
    "season_day",
    "season_week",
    "weekday",
    "month",
    "days_since_bar",
]
"""What a driver may be, beside the account."""
ACCOUNT = ("position", "unrealised_return", "bars_held", "account_drawdown")
CORE = [
    "close",
    "return_1",
    "return_5",
    "return_20",
    "return_60",
    "rsi_14",
    "macd_histogram_12_26_9",
    "bollinger_position_20",
    "volatility_level",
    "volatility_regime_250",
    "volume_ratio_20",
    "average_20",
    "average_50",
    "average_200",
    "average_distance_20",
    "average_distance_50",
    "average_distance_200",
    "high_20",
    "low_20",
    "high_distance_20",
    "low_distance_20",
    "drawdown_250",
]


@dataclass(frozen=True)
class Bars:
    """Random bars of one ticker, [bar]."""

    ticker: str
    dates: tuple
    open: np.ndarray
    high: np.ndarray
    low: np.ndarray
    close: np.ndarray
    volume: np.ndarray


def random_bars(generator, ticker=None, scale=None):
    """Bars of a random walk with a random drift and volatility; a quiet start, so that regimes differ."""
    level = generator.choice([0.004, 0.01, 0.02, 0.04])
    deviation = level * np.exp(np.cumsum(generator.normal(0, 0.06, BARS)))
    returns = generator.normal(generator.normal(0, 0.08), 1, BARS) * np.clip(deviation, 0.002, 0.08)
    scale = generator.choice([1.5, 12.0, 80.0, 900.0, 12000.0]) if scale is None else scale
    close = scale * np.exp(np.cumsum(returns))
    open_ = np.concatenate([[scale], close[:-1]]) * np.exp(generator.normal(0, 0.3, BARS) * np.clip(deviation, 0, 0.05))
    high = np.maximum(open_, close) * (1 + np.abs(generator.normal(0, 0.3, BARS)) * deviation)
    low = np.minimum(open_, close) / (1 + np.abs(generator.normal(0, 0.3, BARS)) * deviation)
    volume = np.round(1e6 * np.exp(generator.normal(0, 0.5, BARS)))
    weekdays = (day for day in (FIRST_DAY + timedelta(days=n) for n in range(2 * BARS)) if day.weekday() < 5)
    dates = tuple(day.isoformat() for day, _ in zip(weekdays, range(BARS), strict=False))
    ticker = str(generator.choice(TICKERS)) if ticker is None else ticker
    return Bars(ticker, dates, open_, high, low, close, volume)


def _exponential(values, window):
    share, values = 2 / (window + 1), values[-150:].tolist()
    result, found = values[0], []
    for value in values:
        result += share * (value - result)
        found.append(result)
    return np.asarray(found)


def _strength(close, window):
    moves = np.diff(close)[-8 * window :].tolist()
    rises = falls = 0.0
    for move in moves:
        rises += (max(move, 0.0) - rises) / window
        falls += (max(-move, 0.0) - falls) / window
    return 100 * rises / (rises + falls)


def bar_readings(bars, at, generator):
    """Values, not yet rounded, of everything observed at the close of a bar; prices beside them."""
    close, high, low, open_ = (x[: at + 1] for x in (bars.close, bars.high, bars.low, bars.open))
    volume, returns = bars.volume[: at + 1], np.diff(np.log(close))
    deviation = returns[-20:].std(ddof=1)
    ranges = np.maximum(high[1:], close[:-1]) - np.minimum(low[1:], close[:-1])
    true_range = ranges[-14:].mean()
    line = _exponential(close, 12) - _exponential(close, 26)
    average, band = close[-20:].mean(), 2 * close[-20:].std()
    found = {
        "open": open_[-1],
        "high": high[-1],
        "low": low[-1],
        "close": close[-1],
        "volume": volume[-1],
        "overnight_gap": 100 * (open_[-1] / close[-2] - 1),
        "close_location": 100 * (close[-1] - low[-1]) / (high[-1] - low[-1]),
        "volatility_regime_250": deviation / returns[-250:].std(ddof=1),
        "volatility_level": 100 * deviation * np.sqrt(252),
        "atr_percent_14": 100 * true_range / close[-1],
        "bar_range": 100 * (high[-1] / low[-1] - 1),
        "parkinson_20": 100 * np.sqrt(252 * np.mean(np.log(high[-20:] / low[-20:]) ** 2) / (4 * np.log(2))),
        "range_volatility_5": 100 * np.sqrt(252 * np.mean(np.log(high[-5:] / low[-5:]) ** 2) / (4 * np.log(2))),
        "absolute_return_20": 100 * np.abs(returns[-20:]).mean(),
        "largest_return_20": 100 * np.abs(returns[-20:]).max(),
        "downside_share_20": 100 * np.sum(returns[-20:].clip(max=0) ** 2) / np.sum(returns[-20:] ** 2),
        "rsi_14": _strength(close, 14),
        "macd_12_26": line[-1] / true_range,
        "macd_histogram_12_26_9": (line - _exponential(line, 9))[-1] / true_range,
        "bollinger_position_20": (close[-1] - average) / band,
        "bollinger_width_20": 200 * band / close[-1],
        "volume_ratio_20": volume[-1] / volume[-20:].mean(),
        "volume_trend_5_20": volume[-5:].mean() / volume[-20:].mean(),
        "high_20": high[-20:].max(),
        "low_20": low[-20:].min(),
        "high_distance_20": 100 * (close[-1] / high[-20:].max() - 1),
        "low_distance_20": 100 * (close[-1] / low[-20:].min() - 1),
        "drawdown_250": 100 * (1 - close[-1] / high[-250:].max()),
        "surprise_5": generator.normal(1, 1),
        "surprise_15": generator.normal(1, 1),
        "season_day": generator.normal(),
        "season_week": generator.normal(),
        "days_since_bar": 3.0 if date.fromisoformat(bars.dates[at]).weekday() == 0 else 1.0,
    }
    found |= {f"return_{n}": 100 * (close[-1] / close[-1 - n] - 1) for n in (1, 5, 20, 60)}
    for n in (20, 50, 200):
        found |= {f"average_{n}": close[-n:].mean(), f"average_distance_{n}": 100 * (close[-1] / close[-n:].mean() - 1)}
    return found


def _decision(generator, long_short):
    """Action, order, share held before and target after."""
    held = float(generator.choice([0.0, 0.0, 29.7, 30.2, -30.1] if long_short else [0.0, 0.0, 29.7, 30.2]))
    action = str(generator.choice(["sell", "hold", "buy"]))
    lowest = -30.0 if long_short else 0.0
    target = held if action == "hold" else 30.0 if action == "buy" else lowest
    if np.sign(target) == np.sign(held):
        return action, ("stay_flat" if held == 0 else "keep_long" if held > 0 else "keep_short"), held, target
    if held == 0:
        return action, "open_long" if target > 0 else "open_short", held, target
    if target == 0:
        return action, "close_long" if held > 0 else "close_short", held, target
    return action, "reverse_to_long" if target > 0 else "reverse_to_short", held, target


def account_readings(generator, close, held, target, action, stops=True):
    """Values of the account and of the decision; of a position only where one is held."""
    found = {"position": held, "target": target, "account_drawdown": abs(generator.normal(0, 3))}
    if held != 0:
        entry = displayed({"close": close * float(np.exp(generator.normal(0, 0.03)))})["close"]
        side = np.sign(held)
        found |= {
            "entry_price": entry,
            "unrealised_return": 100 * side * (close / entry - 1),
            "bars_held": int(generator.integers(1, 90)),
        }
        if stops:
            found |= {"stop_price": entry * (1 - side * 0.02), "take_profit_price": entry * (1 + side * 0.05)}
    if stops:
        found |= {"stop_loss": 2.0, "take_profit": 5.0}
    shares = np.sort(generator.dirichlet([1.5, 1.5, 1.5]))
    others = [name for name in ("sell", "hold", "buy") if name != action]
    top = round(100 * shares[2], 1)
    low = round(min(100 * shares[0], 100 - top), 1)
    found |= {f"probability_{action}": top, f"probability_{others[0]}": low}
    return found | {f"probability_{others[1]}": round(100 - top - low, 1)}


def record_readings(generator):
    """What the account did so far in each trend."""
    found = {}
    for trend in ("up", "down", "sideways"):
        if generator.random() < 0.85:
            found |= {
                f"record_bars_{trend}": int(generator.integers(20, 2000)),
                f"record_return_{trend}": generator.normal(2, 8),
                f"record_market_{trend}": generator.normal(0, 20),
            }
    return found


def displayed(values):
    """Rounded to the decimals of their quantities; no negative zero."""
    return {key: float(quantity(key).displayed(float(value))) for key, value in values.items()}


def _drivers(generator, readings, count):
    keys = list(OBSERVED) + [key for key in ACCOUNT if key in readings]
    chosen = [str(key) for key in generator.permutation(keys)[:count]]
    weights = [round(float(w), 2) for w in generator.normal(0, 0.6, count)]
    pairs = [(key, weight) for key, weight in zip(chosen, weights, strict=True) if weight != 0.0]
    return tuple(Driver(key, weight) for key, weight in sorted(pairs, key=lambda pair: -abs(pair[1])))


def _counterfactual(generator, values, action):
    keys = [key for key in OBSERVED if key in values]
    key = str(generator.choice(keys))
    moved = values[key] * float(generator.uniform(0.5, 1.6)) + float(generator.choice([-0.5, 0.5, 1.0]))
    if not quantity(key).family.signed and quantity(key).unit != "score":
        moved = abs(moved)
    value = displayed({key: moved})[key]
    if value == displayed({key: values[key]})[key]:
        return None
    action = str(generator.choice([name for name in ("sell", "hold", "buy") if name != action]))
    return Counterfactual(key, value, action, bool(generator.random() < 0.6))


def snapshot_at(bars, at, generator, long_short=False, absent=0.0, drivers=6, decision=None):
    """The snapshot of one bar; `absent` is the share of core readings that are left out."""
    values = bar_readings(bars, at, generator)
    action, order, held, target = _decision(generator, long_short) if decision is None else decision
    account = account_readings(
        generator, displayed({"close": values["close"]})["close"], held, target, action, stops=generator.random() < 0.8
    )
    chosen = _drivers(generator, account, drivers)
    other = _counterfactual(generator, values, action) if generator.random() < 0.8 else None
    needed = {driver.key for driver in chosen} | ({other.key} if other else set())
    core = [key for key in CORE if generator.random() >= absent]
    shown = {key: values[key] for key in (*core, *needed) if key in values}
    if generator.random() < 0.5:
        shown |= {key: values[key] for key in ("open", "high", "low", "volume")}
    readings = displayed({**shown, **account, **record_readings(generator)})
    return Snapshot(bars.ticker, bars.dates[at], action, order, readings, states_of(readings), chosen, other)


def random_snapshot(generator, long_short=None, absent=None, drivers=None, ticker=None):
    """One random snapshot: any order, some readings absent, from no driver to eight."""
    bars = random_bars(generator, ticker)
    return snapshot_at(
        bars,
        int(generator.integers(260, BARS)),
        generator,
        bool(generator.random() < 0.4) if long_short is None else long_short,
        float(generator.choice([0.0, 0.0, 0.3, 0.8])) if absent is None else absent,
        int(generator.integers(0, 9)) if drivers is None else drivers,
    )


MOMENTS = {"yesterday": 1, "a week earlier": 5, "a month earlier": 20}
"""Words for earlier dates, in bars before the focus."""


def random_history(generator, moments=("yesterday", "a month earlier"), **settings):
    """Facts of one ticker: a decision and those at earlier moments."""
    bars, at = random_bars(generator), int(generator.integers(290, BARS))
    bars_before = (0, *(MOMENTS[word] for word in moments))
    snapshots = tuple(snapshot_at(bars, at - before, generator, **settings) for before in bars_before)
    return Facts(snapshots, {word: bars.dates[at - MOMENTS[word]] for word in moments}, {})


def universe_readings(snapshots):
    """Readings of all tickers together."""
    count = {f"universe_{a}": sum(s.action == a for s in snapshots) for a in ("buy", "hold", "sell")}
    states = [s.states for s in snapshots]
    middle = {
        key: float(np.median([s.readings[of] for s in snapshots if of in s.readings] or [0.0]))
        for key, of in (
            *((f"universe_return_{n}", f"return_{n}") for n in (1, 5, 20, 60)),
            ("universe_volatility", "volatility_level"),
            ("universe_rsi", "rsi_14"),
        )
    }
    return displayed(
        {
            "universe_size": len(snapshots),
            "universe_rising": sum(s.get("day") == "up" for s in states),
            "universe_falling": sum(s.get("day") == "down" for s in states),
            "universe_overbought": sum(s.get("rsi") == "overbought" for s in states),
            "universe_oversold": sum(s.get("rsi") == "oversold" for s in states),
            "universe_trend_up": sum(s.get("trend") == "up" for s in states),
            "universe_trend_down": sum(s.get("trend") == "down" for s in states),
            **middle,
            **count,
        }
    )


def random_universe(generator, size=None, shown=4, **settings):
    """Facts of a universe on one date: readings of all tickers together, and a few of them in full."""
    size = int(generator.choice([2, 3, 8, 30, 126])) if size is None else size
    at = int(generator.integers(260, BARS))
    tickers = [TICKERS[n] if n < len(TICKERS) else f"T{n}" for n in range(size)]
    members = [snapshot_at(random_bars(generator, ticker), at, generator, **settings) for ticker in tickers]
    order = sorted(members, key=lambda s: s.readings.get("return_20", 0.0))
    calm = sorted(members, key=lambda s: s.readings.get("volatility_level", 0.0))
    picked = {s.ticker: s for s in (order[-1], order[0], calm[-1], calm[0], *members[:shown])}
    chosen = tuple(replace(s, drivers=s.drivers[:3]) for s in list(picked.values())[: max(shown, 2)])
    return Facts(chosen, {}, universe_readings(members))
