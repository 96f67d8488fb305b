"""Every forecast and every simple rule traded on the test split, in the same accounts, at the same costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from tradeproof.data.bars import BARS_COLUMNS
from tradeproof.evaluation.intervals import Floats, block_bootstrap, finite
from tradeproof.evaluation.names import AVERAGE_CROSS, BUY_AND_HOLD, BUY_AND_HOLD_CAPPED, CASH, MOMENTUM
from tradeproof.forecasting.profit import BARS_PER_YEAR, forecast_targets
from tradeproof.market.account import simulate
from tradeproof.market.benchmarks import yardsticks
from tradeproof.market.metrics import performance, returns_of
from tradeproof.market.prices import AlignedPrices, align_prices
from tradeproof.market.rules import TradingRules
from tradeproof.market.trades import Simulation
from tradeproof.params.schema import AllParams

# figures with an interval; the last two are against buy-and-hold under the same cap
STATISTICS = ("total_return", "sharpe_ratio", "excess_return", "sharpe_difference")
# a policy's orders by ticker: [time] target weights over the bars of its test split, NaN for none
Orders = Mapping[str, Floats]
# the orders of several seeds of a policy, the one that is used first
Trader = Sequence[Orders]
# one policy's figures by name; None where a figure has no meaning
Figures = dict[str, float | None]


@dataclass(frozen=True)
class PolicyComparison:
    """What trading was worth.

    Attributes:
        pooled: By policy, all accounts together: the figures of market.metrics, and with their intervals total_return,
            sharpe_ratio, excess_return (annual log return minus that of buy-and-hold under the same cap) and
            sharpe_difference (Sharpe ratio minus its).
        tickers: By ticker and policy, the same without intervals.
        curves: date, then the value of all accounts together per policy, currency units.
    """

    pooled: dict[str, Figures]
    tickers: dict[str, dict[str, Figures]]
    curves: pd.DataFrame


def compare_policies(
    tables: Mapping[str, pd.DataFrame],
    sessions: Mapping[str, pd.DataFrame],
    frames: Mapping[str, pd.DataFrame],
    params: AllParams,
    traders: Mapping[str, Trader] | None = None,
) -> PolicyComparison:
    """Trade the test split.

    The first decision falls at the close of the first test bar and is filled at the open of the second one; the last
    bar only marks. So no bar outside the test split makes or loses money.

    Args:
        tables: Whole bars by ticker: the simple rules know the past when the test split begins.
        sessions: Bars of the test split by ticker.
        frames: Forecast frames by model, the yardsticks among them.
        params: Costs, position rule, windows of the simple rules, intervals, seed.
        traders: Policies that decide by themselves, by name, from the first test bar on; None where there are none.
            The first of their seeds is traded.
    """
    aligned = align_tables(sessions)
    simulations = {
        name: _traded(aligned, forecast_targets(frame, aligned, params.train_base.quantiles, params.profit), params)
        for name, frame in frames.items()
    }
    simulations |= {
        name: _traded(aligned, spread_orders(trader[0], aligned), params) for name, trader in (traders or {}).items()
    }
    simulations |= _simple_rules(tables, aligned, params)
    curves = {name: simulation.equity.sum(axis=1) for name, simulation in simulations.items()}
    pooled = _figures(simulations, slice(None))
    _add_intervals(pooled, simulations, params)
    return PolicyComparison(
        pooled=pooled,
        tickers={ticker: _figures(simulations, [series]) for series, ticker in enumerate(aligned.tickers)},
        curves=pd.DataFrame({"date": aligned.dates, **curves}),
    )


def align_tables(bars: Mapping[str, pd.DataFrame]) -> AlignedPrices:
    """The bars of several tickers on one time axis; feature tables will do."""
    return align_prices(pd.concat([bars[ticker][list(BARS_COLUMNS)] for ticker in sorted(bars)], ignore_index=True))


def spread_orders(orders: Orders, aligned: AlignedPrices) -> Floats:
    """Orders by ticker as targets on one time axis, [time, series]."""
    return aligned.spread(np.concatenate([orders[ticker] for ticker in aligned.tickers]))


def pooled_statistics(equities: Sequence[Floats], hold: int) -> dict[str, Floats]:
    """The figures in STATISTICS of several pools of accounts, [pool] by name; NaN where undefined.

    Args:
        equities: Value of all accounts of a pool together, [time] each.
        hold: Place of buy-and-hold under the same cap among them.
    """
    values = _statistics(np.column_stack([returns_of(equity) for equity in equities]), hold)
    return dict(zip(STATISTICS, values.reshape(len(STATISTICS), -1), strict=True))


def _traded(aligned: AlignedPrices, targets: Floats, params: AllParams) -> Simulation:
    return simulate(aligned.prices, targets, TradingRules.from_params(params.costs, params.profit))


def _simple_rules(
    tables: Mapping[str, pd.DataFrame], aligned: AlignedPrices, params: AllParams
) -> dict[str, Simulation]:
    """Rules without stops: what they would be by themselves, at the size the models may have."""
    whole = align_tables(tables)
    first = len(whole.dates) - len(aligned.dates)
    targets = yardsticks(whole.prices.close, params.evaluate, first)
    full = TradingRules.from_params(params.costs, params.profit).yardstick()
    capped = replace(full, max_position_size=params.profit.max_position_size)
    traded = {
        BUY_AND_HOLD_CAPPED: (targets["buy_and_hold"], capped),
        BUY_AND_HOLD: (targets["buy_and_hold"], full),
        MOMENTUM: (targets["momentum"], capped),
        AVERAGE_CROSS: (targets["average_cross"], capped),
        CASH: (targets["cash"], capped),
    }
    return {name: simulate(aligned.prices, wishes[first:], rules) for name, (wishes, rules) in traded.items()}


def _figures(simulations: Mapping[str, Simulation], series: slice | Sequence[int]) -> dict[str, Figures]:
    central = _statistics(_returns(simulations, series), _hold(simulations)).reshape(len(STATISTICS), -1)
    return {
        name: {key: finite(central[row, column]) for row, key in enumerate(STATISTICS)}
        | performance(simulation, series, BARS_PER_YEAR).to_dict()
        for column, (name, simulation) in enumerate(simulations.items())
    }


def _add_intervals(figures: dict[str, Figures], simulations: Mapping[str, Simulation], params: AllParams) -> None:
    settings, hold = params.evaluate, _hold(simulations)
    around = block_bootstrap(
        _returns(simulations, slice(None)),
        lambda sample: _statistics(sample, hold),
        settings,
        params.seed,
        settings.bootstrap_block_bars,
    )
    ends = {"low": around.low.reshape(len(STATISTICS), -1), "high": around.high.reshape(len(STATISTICS), -1)}
    for column, name in enumerate(simulations):
        for row, key in enumerate(STATISTICS):
            for end, values in ends.items():
                figures[name][f"{key}_{end}"] = finite(values[row, column])


def _returns(simulations: Mapping[str, Simulation], series: slice | Sequence[int]) -> Floats:
    """Simple returns of the pooled accounts, [time - 1, policy]."""
    equities = [simulation.equity[:, series].sum(axis=1) for simulation in simulations.values()]
    return np.column_stack([returns_of(equity) for equity in equities])


def _hold(simulations: Mapping[str, Simulation]) -> int:
    return list(simulations).index(BUY_AND_HOLD_CAPPED)


def _statistics(returns: Floats, hold: int) -> Floats:
    """The figures in STATISTICS for each column of returns [time, policy], flattened; NaN where undefined."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log1p(returns)
        growth = logs.mean(axis=0) * BARS_PER_YEAR
        sharpe = returns.mean(axis=0) / returns.std(axis=0, ddof=1) * np.sqrt(BARS_PER_YEAR)
        total = np.expm1(logs.sum(axis=0))
        return np.concatenate([total, sharpe, growth - growth[hold], sharpe - sharpe[hold]])
