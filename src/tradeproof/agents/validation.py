"""Deterministic trading of a policy over one split: an account per ticker, from its first to its last bar there."""

from dataclasses import dataclass

import numpy as np

from tradeproof.agents.policy import TradingPolicy
from tradeproof.envs.batch import BatchedMarket
from tradeproof.envs.observation import ObservationContract, Observations
from tradeproof.envs.series import Flags, Integers, MarketSeries
from tradeproof.errors import DataError
from tradeproof.market.metrics import max_drawdown, returns_of, sharpe_ratio
from tradeproof.market.prices import Floats
from tradeproof.market.rules import TradingRules

BARS_PER_YEAR = 252.0  # sessions; annualises the Sharpe ratio


@dataclass(frozen=True)
class Outcome:
    """What a policy makes of a split; all tickers in one pool, equal capital each.

    Attributes:
        log_growth: Log of the last equity over the capital; never trading gives 0.
        sharpe_ratio: Annual; NaN where equity never moved.
        max_drawdown: Largest fall from a peak, as positive share of the peak.
        equity: [date], currency units, from the capital before the first decision on.
    """

    log_growth: float
    sharpe_ratio: float
    max_drawdown: float
    equity: Floats

    def metrics(self, group: str) -> dict[str, float]:
        """The figures by name."""
        return {
            f"{group}/log_growth": self.log_growth,
            f"{group}/sharpe_ratio": self.sharpe_ratio,
            f"{group}/max_drawdown": self.max_drawdown,
        }


class SplitTrial:
    """Accounts that a policy trades in over one split.

    Args:
        series: The market.
        allowed: [bar], the split.
        contract: Of the observations.
        rules: How the accounts trade.

    Raises:
        DataError: No ticker has two bars there on which a decision can be made.
    """

    def __init__(
        self, series: MarketSeries, allowed: Flags, contract: ObservationContract, rules: TradingRules
    ) -> None:
        spans = [slice(*series.starts[place : place + 2]) for place in range(len(series.tickers))]
        ready = [np.flatnonzero((allowed & series.ready)[span]) + span.start for span in spans]
        kept = [bars for bars in ready if len(bars) > 1]
        if not kept:
            raise DataError(
                f"no ticker of {list(series.tickers)} has two bars in a split on which a decision can be made; "
                "expected more bars (params split, data.start, data.end)"
            )
        self._first = np.array([bars[0] for bars in kept])
        self._last = np.array([bars[-1] for bars in kept])
        self._market = BatchedMarket(series, contract, rules, len(kept), 0.0)
        self._dates = np.unique(np.concatenate([series.dates[a : b + 1] for a, b in self._ranges()]))

    def run(self, policy: TradingPolicy) -> Outcome:
        """Trade with the most probable action at every close."""
        market, dates = self._market, self._market.series.dates
        market.restart(np.arange(market.size), self._first, self._last)
        capital = market.rules.initial_capital
        marks = np.full((len(self._dates), market.size), np.nan)
        marks[0] = capital
        everyone = np.arange(market.size)
        while not (market.terminated | market.truncated).all():
            market.step(self._actions(policy))
            bars = market.accounts.bar
            marks[np.searchsorted(self._dates, dates[bars]), everyone] = market.accounts.equity
        equity = _carried(marks).sum(axis=1)
        return Outcome(
            log_growth=float(np.log(max(equity[-1], np.finfo(float).tiny) / equity[0])),
            sharpe_ratio=sharpe_ratio(returns_of(equity), BARS_PER_YEAR),
            max_drawdown=max_drawdown(equity)[0],
            equity=equity,
        )

    def _actions(self, policy: TradingPolicy) -> Integers:
        return policy.actions(Observations(self._market.observe(), self._market.contract.hash))

    def _ranges(self) -> list[tuple[int, int]]:
        return list(zip(self._first.tolist(), self._last.tolist(), strict=True))


def _carried(marks: Floats) -> Floats:
    """Each account's last mark, carried over dates on which it has none; [date, account]."""
    known = np.maximum.accumulate(np.where(np.isnan(marks), 0, np.arange(len(marks))[:, None]), axis=0)
    return np.take_along_axis(marks, known, axis=0)
