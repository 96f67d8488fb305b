"""Yardsticks: rules so simple that a model has to beat them, as targets for the same simulator.

Each rule decides at the close of t from closes up to t. Trade them with `TradingRules.yardstick()`: the same costs and
capital as the model, but full size and no stops, so that buy-and-hold holds.

`first` is the bar from which orders may be given. A rule looks at all bars before it, gives the wish that stands there
as its first order, and afterwards orders on change only. So a test period starts in position, with `targets[first:]`.
"""

from collections.abc import Callable

import numpy as np

from tradeproof.errors import DataError
from tradeproof.market.positions import changes_only
from tradeproof.market.prices import Floats
from tradeproof.params.schema import EvaluateParams


def yardsticks(close: Floats, params: EvaluateParams, first: int) -> dict[str, Floats]:
    """All yardsticks by name, each [time, series] of target weights.

    Args:
        close: [time, series]; NaN where a series has no bar.
        params: Windows of the rules, in bars.
        first: First bar on which an order may be decided.
    """
    return {
        "buy_and_hold": buy_and_hold(close, first),
        "cash": cash(close),
        "momentum": momentum(close, params.momentum_bars, first),
        "average_cross": average_cross(close, params.average_bars, first),
    }


def buy_and_hold(close: Floats, first: int) -> Floats:
    """All capital into each series, on its first bar from `first` on, and never again."""
    return _targets(close, np.ones_like, first)


def cash(close: Floats) -> Floats:
    """No order, ever."""
    return np.full(close.shape, np.nan)


def momentum(close: Floats, momentum_bars: tuple[int, int], first: int) -> Floats:
    """Hold a series while its own past return is positive; looked at every `momentum_bars[1]` bars.

    With (250, 20) this is 12-1 momentum per series: the return from 250 bars ago to 20 bars ago, as the newest month
    tends to reverse (Jegadeesh and Titman 1993; Moskowitz, Ooi and Pedersen 2012).
    """
    longest, newest = momentum_bars

    def wish(own: Floats) -> Floats:
        wishes = np.full(len(own), np.nan)
        looks = np.arange(longest, len(own), newest)
        wishes[looks] = own[looks - newest] > own[looks - longest]
        return wishes

    return _targets(close, wish, first)


def average_cross(close: Floats, average_bars: tuple[int, int], first: int) -> Floats:
    """Hold a series while its fast moving average of closes is above the slow one (Brock, Lakonishok, LeBaron 1992)."""
    fast, slow = average_bars

    def wish(own: Floats) -> Floats:
        wishes = np.full(len(own), np.nan)
        if len(own) >= slow:
            wishes[slow - 1 :] = _moving_average(own, fast)[slow - fast :] > _moving_average(own, slow)
        return wishes

    return _targets(close, wish, first)


def _moving_average(values: Floats, window: int) -> Floats:
    return np.lib.stride_tricks.sliding_window_view(values, window).mean(axis=1)


def _targets(close: Floats, wish: Callable[[Floats], Floats], first: int) -> Floats:
    """Apply a rule to each series' own bars; carry its wishes; order the standing one at `first` and then on change."""
    if not 0 <= first < len(close):
        raise DataError(f"yardsticks start at bar {first}, expected one of the {len(close)} bars")
    wishes = np.full(close.shape, np.nan)
    for series in range(close.shape[1]):
        exists = np.flatnonzero(~np.isnan(close[:, series]))
        wishes[exists, series] = wish(close[exists, series])
    known = np.where(np.isnan(wishes), -1, np.arange(len(close))[:, None])[: first + 1].max(axis=0)
    standing = np.take_along_axis(wishes, np.maximum(known, 0)[None, :], axis=0)[0]
    wishes[:first] = np.nan
    wishes[first] = standing
    return changes_only(wishes)
