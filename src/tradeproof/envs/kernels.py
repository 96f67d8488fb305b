"""The compiled functions of the batched market.

They are cached on disk. numba's cache watches the file of the caller only, so a digest of the simulator's source is
part of the key: a changed simulator is never stepped with old code.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numba
import numpy as np

from tradeproof.envs.observation import BUY, SELL, FloatArray
from tradeproof.envs.series import Flags, Integers
from tradeproof.market import account as simulator
from tradeproof.market import fills, rules
from tradeproof.market.account import step_bar
from tradeproof.market.fills import NONE
from tradeproof.market.prices import CLOSE, HIGH, LOW, OPEN, Floats
from tradeproof.market.rules import Account, Rules

REWARD_SCALE = 100.0
"""Rewards are in per cent of log equity: numbers of order one, which networks like."""

LEAST_EQUITY = 1e-3
"""Share of the capital that a ruined account counts at, because log equity has to be finite."""

# compiled functions whose source is not in this file
FOREIGN = (simulator, fills, rules)


class Accounts(NamedTuple):
    """State of each episode after its last bar; arrays [env] that the next step overwrites."""

    cash: Floats
    shares: Floats  # negative: short
    entry_price: Floats  # average, NaN when flat
    equity: Floats  # marked at the close of `bar`
    peak: Floats  # highest equity at a close since the episode began
    bankrupt: Flags
    entry_bar: Integers  # bar on which what is held was opened, -1 when flat
    bar: Integers  # place in the series of the close that is decided at
    end: Integers  # last bar of the episode


@cache
def foreign_digest() -> int:
    """A number that changes with the source of every compiled function that is called here and written elsewhere."""
    digest = hashlib.sha256()
    for module in FOREIGN:
        digest.update(Path(str(module.__file__)).read_bytes())
    return int(digest.hexdigest()[:15], 16)


@cache
def compiled_advance(foreign: int, in_parallel: bool) -> Callable[..., None]:
    """Compile the step, or load it from the disk.

    Args:
        foreign: Digest of the simulator's source: as a variable of the enclosing function it is part of the key under
            which numba keeps the compiled code.
        in_parallel: Whether to use all threads.
    """

    @numba.njit(cache=True, error_model="numpy")
    def advance(
        actions: Integers, state: Accounts, prices: Floats, ready: Flags, rules: Rules, least: float, penalty: float,
        rewards: Floats, terminated: Flags, truncated: Flags, _tiles: int,
    ) -> None:  # fmt: skip
        _ = foreign
        _advance_some(
            0, len(actions), actions, state, prices, ready, rules, least, penalty, rewards, terminated, truncated
        )

    @numba.njit(cache=True, error_model="numpy", parallel=True)
    def advance_parallel(
        actions: Integers, state: Accounts, prices: Floats, ready: Flags, rules: Rules, least: float, penalty: float,
        rewards: Floats, terminated: Flags, truncated: Flags, tiles: int,
    ) -> None:  # fmt: skip
        _ = foreign
        for tile in numba.prange(tiles):
            first, last = tile * len(actions) // tiles, (tile + 1) * len(actions) // tiles
            _advance_some(
                first, last, actions, state, prices, ready, rules, least, penalty, rewards, terminated, truncated
            )

    return advance_parallel if in_parallel else advance


@numba.njit(error_model="numpy")
def _advance_some(
    first: int, last: int, actions: Integers, state: Accounts, prices: Floats, ready: Flags, rules: Rules,
    least: float, penalty: float, rewards: Floats, terminated: Flags, truncated: Flags,
) -> None:  # fmt: skip
    """Take the episodes from `first` to before `last` to their next decisions."""
    cash, shares, entry_price, equity, peak, bankrupt, entry_bar, bars, ends = state
    for env in range(first, last):
        if terminated[env] or truncated[env]:
            continue
        account = Account(cash[env], shares[env], entry_price[env], equity[env], bankrupt[env])
        before, highest = max(equity[env], least), peak[env]
        weight = _order(actions[env], shares[env], rules)
        bar, end = bars[env], ends[env]
        deciding = False
        while not deciding:
            bar += 1
            held = account.shares
            account, fill, _exit = step_bar(
                account, weight, prices[bar, OPEN], prices[bar, HIGH], prices[bar, LOW], prices[bar, CLOSE], rules
            )
            weight = np.nan
            if fill.reason != NONE and held * fill.held <= 0.0:
                entry_bar[env] = bar
            peak[env] = max(peak[env], account.equity)
            deciding = bar >= end or ready[bar]
        after = max(account.equity, least)
        reward = np.log(after / before)
        if penalty > 0.0:
            reward -= penalty * max(np.log(peak[env] / after) - np.log(highest / before), 0.0)
        rewards[env] = REWARD_SCALE * reward
        cash[env], shares[env], entry_price[env] = account.cash, account.shares, account.entry_price
        equity[env], bankrupt[env], bars[env] = account.equity, account.bankrupt, bar
        if account.shares == 0.0:
            entry_bar[env] = -1
        terminated[env] = account.bankrupt
        truncated[env] = bar >= end and not account.bankrupt


# two functions rather than one compiled twice: numba's cache would take one for the other
@numba.njit(cache=True, error_model="numpy")
def look_serial(
    places: Integers, state: Accounts, features: FloatArray, volatility: Floats, prices: Floats, seen: FloatArray,
    _tiles: int,
) -> None:  # fmt: skip
    """Write the observations of some episodes, one row each."""
    _look_at_some(0, len(places), places, state, features, volatility, prices, seen)


@numba.njit(cache=True, error_model="numpy", parallel=True)
def look_parallel(
    places: Integers, state: Accounts, features: FloatArray, volatility: Floats, prices: Floats, seen: FloatArray,
    tiles: int,
) -> None:  # fmt: skip
    """The same on all threads."""
    for tile in numba.prange(tiles):
        first, last = tile * len(places) // tiles, (tile + 1) * len(places) // tiles
        _look_at_some(first, last, places, state, features, volatility, prices, seen)


@numba.njit(error_model="numpy")
def _look_at_some(
    first: int, last: int, places: Integers, state: Accounts, features: FloatArray, volatility: Floats,
    prices: Floats, seen: FloatArray,
) -> None:  # fmt: skip
    """The rows from `first` to before `last`: the features, then the position state."""
    _cash, shares, entry_price, equity, peak, _bankrupt, entry_bar, bars, _ends = state
    width = features.shape[1]
    for row in range(first, last):
        env = places[row]
        bar = bars[env]
        for name in range(width):
            seen[row, name] = features[bar, name]
        position = unrealised = bars_held = drawdown = 0.0
        if shares[env] != 0.0:
            close = prices[bar, CLOSE]
            side = 1.0 if shares[env] > 0.0 else -1.0
            position = shares[env] * close / equity[env]
            unrealised = side * np.log(close / entry_price[env]) / volatility[bar]
            bars_held = np.log(1.0 + (bar - entry_bar[env]))
        if equity[env] < peak[env]:
            drawdown = REWARD_SCALE * np.log(max(equity[env], LEAST_EQUITY * peak[env]) / peak[env])
        seen[row, width], seen[row, width + 1] = position, unrealised
        seen[row, width + 2], seen[row, width + 3] = bars_held, drawdown


@numba.njit(cache=True)
def open_accounts(
    places: Integers, first: Integers, last: Integers, fresh: Account, state: Accounts, terminated: Flags,
    truncated: Flags,
) -> None:  # fmt: skip
    """Open fresh accounts in some places."""
    cash, shares, entry_price, equity, peak, bankrupt, entry_bar, bars, ends = state
    for row, env in enumerate(places):
        cash[env], shares[env], entry_price[env] = fresh.cash, fresh.shares, fresh.entry_price
        equity[env] = peak[env] = fresh.equity
        bankrupt[env] = terminated[env] = truncated[env] = False
        entry_bar[env], bars[env], ends[env] = -1, first[row], last[row]


@numba.njit(error_model="numpy")
def _order(action: int, shares: float, rules: Rules) -> float:
    """The weight that an action orders; NaN where nothing is to be ordered."""
    if action == BUY and not shares > 0.0:
        return rules.highest
    if action == SELL:
        flat_or_short = shares < 0.0 if rules.lowest < 0.0 else shares == 0.0
        if not flat_or_short:
            return rules.lowest
    return np.nan
