"""A Gymnasium environment: one trading episode at a time."""

from collections.abc import Mapping
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium import spaces

from tradeproof.envs.batch import BatchedMarket
from tradeproof.envs.episodes import episodes
from tradeproof.envs.observation import ACTIONS, FloatArray, observation_contract
from tradeproof.envs.series import Flags, market_series
from tradeproof.errors import DataError
from tradeproof.features.contract import FeatureContract
from tradeproof.market.rules import TradingRules


class TradingEnv(gymnasium.Env[FloatArray, np.int64]):
    """One account on one ticker, from a random start; sell, hold or buy at each close.

    `reset` takes options {"ticker": ..., "date": ...}, both or one, for a start that is not random.

    Args:
        tables: Feature tables by ticker.
        features: Their contract.
        rules: Costs, capital, limits and exits.
        episode_bars: Decisions of an episode.
        drawdown_penalty: Share of each new log drawdown that is taken off the reward.
        allowed: By ticker the bars that an episode may step onto, such as those of the training split; None: all.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": []}

    def __init__(
        self,
        tables: Mapping[str, Any],
        features: FeatureContract,
        rules: TradingRules,
        episode_bars: int,
        drawdown_penalty: float,
        allowed: Mapping[str, Flags] | None = None,
    ) -> None:
        series = market_series(tables, features)
        bars = np.ones(len(series.ready), np.bool_)
        if allowed is not None:
            bars = np.concatenate([allowed[ticker] for ticker in series.tickers])
        contract = observation_contract(features)
        self.observation_space, self.action_space = decision_spaces(contract.width)
        self.market = BatchedMarket(series, contract, rules, 1, drawdown_penalty)
        self.episodes = episodes(series, bars, episode_bars)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[FloatArray, dict[str, Any]]:
        """Begin an episode.

        Raises:
            DataError: No episode can begin where the options say.
        """
        super().reset(seed=seed)
        place = self._place(options or {})
        end = self.episodes.ends(np.array([place]), self.episodes.length)
        self.market.restart([0], self.episodes.bars[place], end)
        return self.market.observe()[0], self._info()

    def step(self, action: np.int64) -> tuple[FloatArray, float, bool, bool, dict[str, Any]]:
        """Decide at this close; the observation is of the next one that allows a decision."""
        rewards, terminated, truncated = self.market.step(np.array([action], dtype=np.int64))
        return self.market.observe()[0], float(rewards[0]), bool(terminated[0]), bool(truncated[0]), self._info()

    def _place(self, options: Mapping[str, Any]) -> int:
        unknown = sorted(set(options) - {"ticker", "date"})
        if unknown:
            raise DataError(f"reset has options {unknown}, expected ticker and date alone")
        if not options:
            return int(self.episodes.draw(self.np_random, 1)[0])
        series = self.market.series
        span = series.span(str(options["ticker"])) if "ticker" in options else slice(0, len(series.dates))
        if "date" in options:
            day = np.datetime64(options["date"], "D")
            found = np.flatnonzero(series.dates[span].astype("datetime64[D]") == day) + span.start
            if not len(found):
                raise DataError(f"date is {options['date']}, expected one on which there is a bar")
            return self.episodes.place(int(self._choice(found)))
        starts = self.episodes.starts
        bars = self.episodes.bars[starts]
        inside = starts[(bars >= span.start) & (bars < span.stop)]
        if not len(inside):
            raise DataError(f"ticker {options['ticker']} has no bar on which an episode can begin")
        return int(self._choice(inside))

    def _choice(self, found: Any) -> int:
        return int(found[self.np_random.integers(len(found))])

    def _info(self) -> dict[str, Any]:
        series, accounts = self.market.series, self.market.accounts
        bar = accounts.bar[0]
        return {
            "date": str(series.dates[bar].astype("datetime64[D]")),
            "ticker": series.tickers[int(series.series_of(bar))],
            "equity": float(accounts.equity[0]),
        }


def decision_spaces(width: int) -> tuple[spaces.Box, spaces.Discrete]:
    """The spaces of observations of this width, and of the actions.

    Features are of order one, but nothing bounds them: the space holds every finite number.
    """
    largest = float(np.finfo(np.float32).max)
    return spaces.Box(-largest, largest, (width,), np.float32), spaces.Discrete(len(ACTIONS))
