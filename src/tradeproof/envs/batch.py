"""Many trading episodes at once, stepped in compiled code over the one simulator.

An episode is one account on one ticker. A decision at the close of a bar becomes an order for the next open, and
`market.account.step_bar` takes the account over that bar: fills, stops, costs and marks are the simulator's. Bars that
are not ready allow no decision; the account is stepped over them without an order, and the reward spans them.

Compiled functions are cached on disk. numba's cache watches the file of the caller only, so a digest of the simulator's
source is part of the key: a changed simulator is never stepped with old code.
"""

import hashlib
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from tradeproof.envs.observation import BUY, POSITION_STATE, SELL, FloatArray, ObservationContract
from tradeproof.envs.series import Flags, Integers, MarketSeries
from tradeproof.errors import ContractError, DataError
from tradeproof.market import account as simulator
from tradeproof.market import fills, rules
from tradeproof.market.account import step_bar
from tradeproof.market.fills import NONE
from tradeproof.market.prices import CLOSE, HIGH, LOW, OPEN, Floats
from tradeproof.market.rules import Account, Rules, TradingRules, compiled_rules

REWARD_SCALE = 100.0
"""Rewards are in per cent of log equity: numbers of order one, which networks like."""

LEAST_EQUITY = 1e-3
"""Share of the capital that a ruined account counts at, because log equity has to be finite."""

STATES = len(POSITION_STATE)
# from this many episodes on, threads are worth waking
PARALLEL_EPISODES = 2048
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


class BatchedMarket:
    """Episodes side by side; an episode that has ended stays as it is until it is restarted.

    Args:
        series: Prices and features.
        contract: Of the observations.
        rules: Costs, capital, limits and exits.
        size: Episodes.
        drawdown_penalty: Share of each new log drawdown that is taken off the reward.

    Raises:
        ContractError: The features are not those of the contract.
    """

    def __init__(
        self, series: MarketSeries, contract: ObservationContract, rules: TradingRules, size: int,
        drawdown_penalty: float,
    ) -> None:  # fmt: skip
        if contract.features_hash != series.features_hash or contract.width != series.features.shape[1] + STATES:
            raise ContractError(
                f"features are of the contract {series.features_hash[:12]}, the observations need "
                f"{contract.features_hash[:12]}; make both from one feature contract"
            )
        self.series, self.contract, self.rules, self.size = series, contract, rules, size
        self.accounts = _no_accounts(size)
        self.terminated = np.zeros(size, np.bool_)
        self.truncated = np.ones(size, np.bool_)
        self._compiled, self._fresh = compiled_rules(rules)
        self._penalty = drawdown_penalty
        self._everyone = np.arange(size)
        self._rows: list[FloatArray] = []
        self._last_ready = _last_ready(series)
        in_parallel = size >= PARALLEL_EPISODES
        self._tiles = numba.get_num_threads() if in_parallel else 1
        self._advance = _advance(_foreign_digest(), in_parallel)
        self._look_at_all = _look_parallel if in_parallel else _look

    def restart(self, places: npt.ArrayLike, bars: npt.ArrayLike, ends: npt.ArrayLike) -> None:
        """Open fresh accounts.

        Args:
            places: Which episodes.
            bars: Bar of the first decision of each.
            ends: Last bar of each; one that is not ready is moved back to the last ready one, so that an observation
                can be made wherever an episode ends.

        Raises:
            DataError: A first bar that is not ready, or an end that is not a later bar of the same ticker.
        """
        chosen, first, last = (np.atleast_1d(np.asarray(given, dtype=np.int64)) for given in (places, bars, ends))
        last = self._checked_ends(first, last)
        _open(chosen, first, last, self._fresh, self.accounts, self.terminated, self.truncated)

    def observe(self, places: Integers | None = None) -> FloatArray:
        """What is seen at the closes, [env, width], in the order of the contract; an array that is the caller's own.

        Args:
            places: Which episodes; None: all.
        """
        chosen = self._everyone if places is None else places
        seen = self._free_rows() if places is None else np.empty((len(chosen), self.contract.width), np.float32)
        look = self._look_at_all if places is None else _look
        look(chosen, self.accounts, self.series.features, self.series.volatility, self.series.prices, seen, self._tiles)
        return seen

    def step(self, actions: Integers) -> tuple[Floats, Flags, Flags]:
        """Order, and go on to the next close that allows a decision.

        Args:
            actions: [env], numbers of `ACTIONS`.

        Returns:
            Rewards [env]: per cent of log equity gained since the last decision, less the penalty for new drawdown, 0
            where the episode had ended before. Then whether it ended by bankruptcy, and whether its bars are used up.
        """
        if actions.shape != (self.size,):
            raise DataError(f"actions have shape {actions.shape}, expected ({self.size},): one per episode")
        rewards = np.zeros(self.size)
        self._advance(
            actions, self.accounts, self.series.prices, self.series.ready, self._compiled,
            LEAST_EQUITY * self._fresh.equity, self._penalty, rewards, self.terminated, self.truncated, self._tiles,
        )  # fmt: skip
        return rewards, self.terminated.copy(), self.truncated.copy()

    @property
    def growth(self) -> Floats:
        """[env], equity as a multiple of the capital; a ruined account counts at LEAST_EQUITY."""
        return np.maximum(self.accounts.equity / self._fresh.equity, LEAST_EQUITY)

    def _free_rows(self) -> FloatArray:
        """Room for the observations of all: an earlier array that nobody looks at any more, or a new one.

        Fresh memory of this size comes from the system page by page, which takes longer than the observations do.
        """
        for rows in self._rows:
            # the list, the loop and the argument
            if sys.getrefcount(rows) == 3:
                return rows
        rows = np.empty((self.size, self.contract.width), np.float32)
        self._rows = [*self._rows[-2:], rows]
        return rows

    def _checked_ends(self, first: Integers, last: Integers) -> Integers:
        """The last ready bars not after the given ends."""
        count = len(self.series.ready)
        inside = (first >= 0) & (first < count) & (last >= 0) & (last < count)
        if inside.all():
            last = self._last_ready[last]
            inside = (self.series.series_of(first) == self.series.series_of(last)) & self.series.ready[first]
            inside &= last > first
        if not inside.all():
            wrong = int(np.argmin(inside))
            raise DataError(
                f"an episode from bar {first[wrong]} to bar {last[wrong]} cannot be, expected a ready bar and a later "
                "one of the same ticker"
            )
        return last


def _no_accounts(size: int) -> Accounts:
    return Accounts(
        cash=np.zeros(size),
        shares=np.zeros(size),
        entry_price=np.full(size, np.nan),
        equity=np.zeros(size),
        peak=np.zeros(size),
        bankrupt=np.zeros(size, np.bool_),
        entry_bar=np.full(size, -1),
        bar=np.zeros(size, np.int64),
        end=np.zeros(size, np.int64),
    )


def _last_ready(series: MarketSeries) -> Integers:
    """Of each bar, the last ready one that is not after it; -1 where there is none."""
    return np.maximum.accumulate(np.where(series.ready, np.arange(len(series.ready)), -1))


@cache
def _foreign_digest() -> int:
    """A number that changes with the source of every compiled function that is called here and written elsewhere."""
    digest = hashlib.sha256()
    for module in FOREIGN:
        digest.update(Path(str(module.__file__)).read_bytes())
    return int(digest.hexdigest()[:15], 16)


@cache
def _advance(foreign: int, in_parallel: bool) -> Callable[..., None]:
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
def _look(
    places: Integers, state: Accounts, features: FloatArray, volatility: Floats, prices: Floats, seen: FloatArray,
    _tiles: int,
) -> None:  # fmt: skip
    """Write the observations of some episodes, one row each."""
    _look_at_some(0, len(places), places, state, features, volatility, prices, seen)


@numba.njit(cache=True, error_model="numpy", parallel=True)
def _look_parallel(
    places: Integers, state: Accounts, features: FloatArray, volatility: Floats, prices: Floats, seen: FloatArray,
    tiles: int,
) -> None:  # fmt: skip
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
def _open(
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
