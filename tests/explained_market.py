"""A small simulated market, and a policy with random weights that trades it."""

import numpy as np
import pandas as pd

from small_policies import policy_of
from tradeproof.agents.rollout import roll_out
from tradeproof.agents.snapshots import universe_of
from tradeproof.data.sources.simulated import simulate_ticker
from tradeproof.features.table import build_table
from tradeproof.market.rules import TradingRules


def bars_of(params, count=700, tickers=("AAA", "BBB", "CCC"), seed=7, start="2010-01-04"):
    days = pd.bdate_range(start, periods=count).as_unit("us")
    return pd.concat([simulate_ticker(t, days, params.data.simulated, seed) for t in tickers], ignore_index=True)


def tables_of(params, bars):
    return {
        ticker: build_table(own.reset_index(drop=True), params.build_features) for ticker, own in bars.groupby("ticker")
    }


def trader(params, seed=1, **changes):
    """A policy that trades by the rules of the params, or by others."""
    profit = params.profit.model_copy(update=changes)
    return policy_of(params, seed=seed, rules=TradingRules.from_params(params.costs, profit))


def decided(params, policy, bars):
    """Tables, decisions and universe."""
    tables = tables_of(params, bars)
    decisions = {own.ticker: own for own in roll_out(policy, tables)}
    return tables, decisions, universe_of(policy, tables, decisions.values())


class Quiet:
    def update(self, step, metrics=None):
        pass


def close_to(found, expected, decimals):
    """Equal once rounded; half a digit either way where the last one is undecided."""
    return abs(found - expected) <= 0.5 * 10.0**-decimals + 1e-9 * max(1.0, abs(expected)) and np.isfinite(found)
