"""What a policy decides over the whole history of each ticker, and the state of the account it decides in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tradeproof.agents.actor import Floats
from tradeproof.agents.policy import TradingPolicy
from tradeproof.data.bars import PRICE_COLUMNS
from tradeproof.envs.batch import BatchedMarket
from tradeproof.envs.observation import BUY, SELL, FloatArray, Observations
from tradeproof.envs.series import MarketSeries, market_series
from tradeproof.errors import DataError
from tradeproof.market.account import simulate
from tradeproof.market.prices import CLOSE, PriceArrays
from tradeproof.market.rules import TradingRules

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Decisions:
    """Decisions of a policy on one ticker, in an account of its own; all but `equity` are [decision, ...].

    What stands beside a decision is knowable at the close of its bar; the position is the one held at that close,
    before the order that the decision gives.

    Attributes:
        ticker: Whose bars.
        rows: Places of the decision bars in the ticker's table; a ruined account decides nothing more.
        observations: Raw, [decision, name].
        logits: [decision, action].
        actions: Places in ACTIONS.
        targets: Weight that was ordered for the next open; NaN: no order.
        weights: Share of equity held, negative when short.
        sides: 1 long, 0 flat, -1 short.
        entry_prices: Average price of what is held; NaN when flat.
        bars_held: Bars since the position was opened; 0 when flat.
        cash: Currency units.
        shares: Negative when short.
        equity_at_decision: Currency units, marked at the close.
        equity: [row of the table], currency units; the capital before the first decision.
    """

    ticker: str
    rows: Integers
    observations: FloatArray
    logits: Floats
    actions: Integers
    targets: Floats
    weights: Floats
    sides: Integers
    entry_prices: Floats
    bars_held: Integers
    cash: Floats
    shares: Floats
    equity_at_decision: Floats
    equity: Floats


def roll_out(policy: TradingPolicy, tables: Mapping[str, pd.DataFrame]) -> list[Decisions]:
    """Let a policy trade each ticker from its first ready bar to its last, by its most probable actions.

    The last ready bar holds a decision too; its order waits for bars that are not there yet.

    Args:
        policy: Who decides, under its own rules.
        tables: Feature tables by ticker, in ascending order of date.

    Returns:
        Decisions of each ticker, in the order of the tables.

    Raises:
        ContractError: A table of other features than the policy's.
        DataError: No table, or a ticker with fewer than two ready bars.
    """
    series = market_series(tables, policy.features)
    market = BatchedMarket(series, policy.observation, policy.rules, len(series.tickers), 0.0)
    market.restart(np.arange(market.size), *_first_and_last(series))
    steps = []
    active = np.arange(market.size)
    while len(active):
        seen = market.observe(active)
        logits = policy.logits(Observations(seen, policy.observation.hash))
        steps.append((active, seen, logits, *_state(market, active)))
        chosen = np.zeros(market.size, np.int64)
        chosen[active] = logits.argmax(axis=1)
        before = market.truncated.copy()
        market.step(chosen)
        # an episode that used up its bars still decides at the last one; one that ended by ruin does not
        active = np.flatnonzero(~before & ~market.terminated)
    episodes, *columns = (np.concatenate(parts) for parts in zip(*steps, strict=True))
    return [
        _decisions(policy.rules, series, place, [column[episodes == place] for column in columns])
        for place in range(market.size)
    ]


def orders_of(actions: Integers, shares: Floats, rules: TradingRules) -> Floats:
    """The weights that actions order, [decision]; NaN where what is wished for is held already.

    Args:
        actions: Places in ACTIONS.
        shares: Held at the closes of the decisions.
        rules: Size and sides.
    """
    lowest = -rules.max_position_size if rules.long_short else 0.0
    low_already = shares < 0.0 if rules.long_short else shares == 0.0
    targets = np.full(len(actions), np.nan)
    targets[(actions == BUY) & ~(shares > 0.0)] = rules.max_position_size
    targets[(actions == SELL) & ~low_already] = lowest
    return targets


def _first_and_last(series: MarketSeries) -> tuple[Integers, Integers]:
    firsts, lasts = [], []
    for ticker in series.tickers:
        span = series.span(ticker)
        ready = np.flatnonzero(series.ready[span]) + span.start
        if len(ready) < 2:
            raise DataError(
                f"{ticker} has {len(ready)} bars with all features, expected at least 2: give it a longer history, or "
                "leave it out"
            )
        firsts.append(ready[0])
        lasts.append(ready[-1])
    return np.array(firsts), np.array(lasts)


def _state(market: BatchedMarket, active: Integers) -> tuple[npt.NDArray[Any], ...]:
    """Bars and accounts at the closes, copied: the next step overwrites them."""
    accounts, bars = market.accounts, market.accounts.bar[active]
    held = accounts.shares[active] != 0.0
    return (
        bars,
        np.where(held, bars - accounts.entry_bar[active], 0),
        accounts.cash[active],
        accounts.shares[active],
        accounts.entry_price[active],
        accounts.equity[active],
    )


def _decisions(rules: TradingRules, series: MarketSeries, place: int, columns: list[npt.NDArray[Any]]) -> Decisions:
    seen, logits, bars, bars_held, cash, shares, entry_prices, equity = columns
    ticker = series.tickers[place]
    span = series.span(ticker)
    actions = logits.argmax(axis=1).astype(np.int64)
    targets = orders_of(actions, shares, rules)
    prices = series.prices[span]
    wishes = np.full((len(prices), 1), np.nan)
    wishes[bars - span.start, 0] = targets
    simulation = simulate(PriceArrays(*(prices[:, [name]] for name in range(len(PRICE_COLUMNS)))), wishes, rules)
    return Decisions(
        ticker=ticker,
        rows=bars - span.start,
        observations=seen,
        logits=logits,
        actions=actions,
        targets=targets,
        weights=shares * series.prices[bars, CLOSE] / equity,
        sides=np.sign(shares).astype(np.int64),
        entry_prices=np.where(shares == 0.0, np.nan, entry_prices),
        bars_held=bars_held,
        cash=cash,
        shares=shares,
        equity_at_decision=equity,
        equity=simulation.equity[:, 0],
    )
