"""Many trading episodes at once, stepped in compiled code over the one simulator.

An episode is one account on one ticker. A decision at the close of a bar becomes an order for the next open, and
`market.account.step_bar` takes the account over that bar: fills, stops, costs and marks are the simulator's. Bars that
are not ready allow no decision; the account is stepped over them without an order, and the reward spans them.
"""

import sys

import numba
import numpy as np
import numpy.typing as npt

from tradeproof.envs.kernels import (
    LEAST_EQUITY,
    Accounts,
    compiled_advance,
    foreign_digest,
    look_parallel,
    look_serial,
    open_accounts,
)
from tradeproof.envs.observation import POSITION_STATE, FloatArray, ObservationContract
from tradeproof.envs.series import Flags, Integers, MarketSeries
from tradeproof.errors import ContractError, DataError
from tradeproof.market.prices import Floats
from tradeproof.market.rules import TradingRules, compiled_rules

STATES = len(POSITION_STATE)
# from this many episodes on, threads are worth waking
PARALLEL_EPISODES = 2048


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
        self._advance = compiled_advance(foreign_digest(), in_parallel)
        self._look_at_all = look_parallel if in_parallel else look_serial

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
        open_accounts(chosen, first, last, self._fresh, self.accounts, self.terminated, self.truncated)

    def observe(self, places: Integers | None = None) -> FloatArray:
        """What is seen at the closes, [env, width], in the order of the contract; an array that is the caller's own.

        Args:
            places: Which episodes; None: all.
        """
        chosen = self._everyone if places is None else places
        seen = self._free_rows() if places is None else np.empty((len(chosen), self.contract.width), np.float32)
        look = self._look_at_all if places is None else look_serial
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
