"""Small random markets as feature tables, with bars on which nothing can be decided."""

import numpy as np
import pandas as pd

from toy_market import toy_contract
from tradeproof.envs.batch import BatchedMarket
from tradeproof.envs.observation import observation_contract
from tradeproof.envs.series import market_series
from tradeproof.market.account import TradingRules


def wild_table(ticker, count, seed, volatility=0.03, stale=()):
    """A market in which stops are touched and gapped through; prices stand still on the `stale` bars."""
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, volatility, count)))
    open_ = np.concatenate([[100.0], close[:-1]]) * np.exp(rng.normal(0, volatility / 2, count))
    high = np.maximum(open_, close) * np.exp(np.abs(rng.normal(0, volatility / 2, count)))
    low = np.minimum(open_, close) * np.exp(-np.abs(rng.normal(0, volatility / 2, count)))
    ready = np.arange(count) >= 5
    ready[list(stale)] = False
    table = pd.DataFrame(
        {
            "ticker": ticker,
            "date": pd.bdate_range("2010-01-04", periods=count).as_unit("us"),
            "open": open_,
            "high": high,
            "low": low,
            "close": close,
            "volume": 1e6,
            "signal": rng.normal(size=count),
            "noise": rng.normal(size=count),
            "volatility": volatility,
            "ready": ready,
        }
    ).astype({"ticker": "str"})
    table.loc[~table["ready"], ["signal", "noise", "volatility"]] = np.nan
    return table


def rules_of(**changes):
    given = {
        "commission": 0.001,
        "slippage": 0.0005,
        "initial_capital": 10_000.0,
        "max_position_size": 0.3,
        "stop_loss": 0.02,
        "take_profit": 0.05,
        "long_short": False,
    }
    return TradingRules(**(given | changes))


def market_of(params, tables, rules, size, drawdown_penalty=0.0):
    contract = toy_contract(params)
    series = market_series({str(table["ticker"][0]): table for table in tables}, contract)
    return BatchedMarket(series, observation_contract(contract), rules, size, drawdown_penalty)
