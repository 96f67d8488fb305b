"""Figures of merit against values worked by hand, and where they are undefined."""

import dataclasses
import json

import numpy as np
import pytest

from tradeproof.errors import DataError
from tradeproof.market import metrics
from tradeproof.market.account import PriceArrays, TradingRules, simulate

NAN = np.nan
RULES = TradingRules(
    commission=0.01,
    slippage=0.0,
    initial_capital=1000.0,
    max_position_size=1.0,
    stop_loss=None,
    take_profit=None,
    long_short=True,
)
# gains 10 %, loses 20 %, gains 25 %, stays
EQUITY = np.array([100.0, 110.0, 88.0, 110.0, 110.0])
RETURNS = np.array([0.1, -0.2, 0.25, 0.0])


def trade(prices, targets, rules=RULES):
    """Series that open, trade and close at one price per bar."""
    prices = np.array(prices, dtype=float).T
    return simulate(PriceArrays(*[prices] * 4), np.array(targets, dtype=float).T, rules)


def test_returns_are_simple_and_leave_out_the_first_bar():
    assert metrics.returns_of(EQUITY) == pytest.approx(RETURNS)


def test_total_return_and_growth_by_hand():
    assert metrics.total_return(EQUITY) == pytest.approx(0.1)
    # 10 % in 4 bars, 8 bars a year: 1.1 squared
    assert metrics.cagr(EQUITY, 8) == pytest.approx(0.21)
    assert metrics.cagr(np.array([100.0, 0.0]), 252) == -1.0


def test_volatility_and_sharpe_ratio_by_hand():
    # mean 0.0375; squared distances 0.00390625 + 0.05640625 + 0.04515625 + 0.00140625 = 0.106875, over 3: 0.035625
    assert metrics.volatility(RETURNS, 4) == pytest.approx(np.sqrt(0.035625) * 2)
    assert metrics.sharpe_ratio(RETURNS, 4) == pytest.approx(0.0375 / np.sqrt(0.035625) * 2)


def test_sharpe_ratio_grows_with_the_root_of_the_bars_in_a_year():
    assert metrics.sharpe_ratio(RETURNS, 252) == pytest.approx(metrics.sharpe_ratio(RETURNS, 63) * 2)


def test_sortino_ratio_by_hand():
    # downside: one -0.2 among four bars, root of 0.04 / 4 = 0.1
    assert metrics.sortino_ratio(RETURNS, 4) == pytest.approx(0.0375 / 0.1 * 2)


def test_drawdown_and_its_length_by_hand():
    # from 110 at bar 1 to 88 at bar 2, back at 110 at bar 3
    assert metrics.max_drawdown(EQUITY) == pytest.approx((0.2, 2))
    # never back: to the last bar; the earlier, shallower fall does not count
    assert metrics.max_drawdown(np.array([10.0, 9.0, 12.0, 6.0, 8.0, 7.0])) == pytest.approx((0.5, 3))
    assert metrics.max_drawdown(np.array([1.0, 2.0, 3.0])) == (0.0, 0)


def test_calmar_ratio_by_hand():
    assert metrics.calmar_ratio(EQUITY, 8) == pytest.approx(0.21 / 0.2)


def test_win_rate_and_profit_factor_by_hand():
    profits = np.array([30.0, -10.0, 0.0, 20.0, -10.0])
    assert metrics.win_rate(profits) == pytest.approx(0.4)
    assert metrics.profit_factor(profits) == pytest.approx(2.5)


def test_turnover_and_exposure_by_hand():
    # 1036 traded in 4 bars of 8 a year: 2072 a year, on a mean equity of 103.6
    assert metrics.turnover(1036.0, EQUITY, 8) == pytest.approx(20.0)
    positions = np.array([[0.0, 0.0], [55.0, -55.0], [44.0, 0.0], [0.0, -110.0], [0.0, 0.0]])
    assert metrics.exposure(positions, EQUITY) == pytest.approx((0 + 1 + 0.5 + 1 + 0) / 5)


def test_break_even_cost_is_where_the_same_trades_earn_nothing():
    # bought at 100, sold at 110 without slippage: q shares gain 10 q on a notional of 210 q, so 10 / 210 eats it all
    simulation = trade([[100, 100, 110, 110]], [[1, 0, NAN, NAN]])
    found = metrics.performance(simulation, 0, 252).break_even_cost
    assert found == pytest.approx(10 / 210)
    at_that_cost = trade([[100, 100, 110, 110]], [[1, 0, NAN, NAN]], dataclasses.replace(RULES, commission=found))
    assert at_that_cost.equity[-1, 0] == pytest.approx(1000.0)


def test_break_even_cost_does_not_depend_on_how_the_cost_was_paid():
    prices, targets = [[100, 100, 110, 110]], [[1, 0, NAN, NAN]]
    slipped = trade(prices, targets, dataclasses.replace(RULES, commission=0.0, slippage=0.02))
    assert metrics.performance(slipped, 0, 252).break_even_cost == pytest.approx(10 / 210)


def test_the_performance_of_an_account_by_hand():
    # buys at 100 for 1000 / 101 shares, sells at 110: 1000 / 101 x 110 x 0.99 = 1078.218
    simulation = trade([[100, 100, 110, 110]], [[1, 0, NAN, NAN]])
    found = metrics.performance(simulation, 0, 252)
    shares, end = 1000 / 101, 1000 / 101 * 110 * 0.99
    assert found.total_return == pytest.approx(end / 1000 - 1)
    assert found.costs_paid == pytest.approx(shares * (100 + 110) * 0.01)
    assert (found.total_trades, found.win_rate) == (1, 1.0)
    equity = np.array([1000, shares * 100, end, end])
    assert found.turnover == pytest.approx(shares * 210 * 252 / 3 / equity.mean())
    # held on bar 1 only, when all equity is stock
    assert found.exposure == pytest.approx(1 / 4)
    assert (found.max_drawdown, found.max_drawdown_bars) == pytest.approx((1 - 1 / 1.01, 2))
    assert found.sharpe_ratio == pytest.approx(metrics.sharpe_ratio(equity[1:] / equity[:-1] - 1, 252))


def test_several_accounts_are_one_pool_of_equal_capital():
    prices = [[100, 100, 110, 110], [50, 50, 40, 40], [7, 7, 9, 8]]
    targets = [[1, 0, NAN, NAN], [1, 0, NAN, NAN], [-1, 0, NAN, NAN]]
    simulation = trade(prices, targets)
    pool = metrics.performance(simulation, [0, 1], 252)
    one, two = (metrics.performance(simulation, series, 252) for series in (0, 1))
    assert pool.total_return == pytest.approx((one.total_return + two.total_return) / 2)
    assert pool.costs_paid == pytest.approx(one.costs_paid + two.costs_paid)
    assert (pool.total_trades, pool.win_rate) == (2, 0.5)
    assert pool.exposure == pytest.approx(0.25)
    assert metrics.performance(simulation, slice(None), 252).total_trades == 3


def test_short_positions_count_as_exposure():
    simulation = trade([[100, 100, 100, 100]], [[-1, NAN, NAN, NAN]], dataclasses.replace(RULES, commission=0.0))
    assert metrics.performance(simulation, 0, 252).exposure == pytest.approx(0.75)


def test_what_an_idle_account_does_not_define_is_none():
    found = metrics.performance(trade([[100, 100, 110]], [[NAN, NAN, NAN]]), 0, 252).to_dict()
    undefined = {name for name, value in found.items() if value is None}
    assert undefined == {
        "sharpe_ratio", "sortino_ratio", "calmar_ratio", "win_rate", "profit_factor", "break_even_cost"
    }  # fmt: skip
    assert found["total_return"] == found["volatility"] == found["costs_paid"] == found["total_trades"] == 0
    json.dumps(found, allow_nan=False)


def test_an_open_trade_counts_but_has_not_won():
    found = metrics.performance(trade([[100, 100, 200]], [[1, NAN, NAN]]), 0, 252)
    assert found.total_trades == 1
    assert np.isnan(found.win_rate)
    assert found.total_return > 0.9


def test_the_keys_are_those_agreed():
    assert list(metrics.performance(trade([[1, 1]], [[1, NAN]]), 0, 252).to_dict()) == [
        "total_return", "cagr", "volatility", "sharpe_ratio", "sortino_ratio", "max_drawdown", "max_drawdown_bars",
        "calmar_ratio", "win_rate", "profit_factor", "total_trades", "turnover", "exposure", "costs_paid",
        "break_even_cost",
    ]  # fmt: skip


def test_a_nan_in_the_equity_is_not_skipped():
    broken = np.array([100.0, 101.0, NAN, 103.0])
    returns = metrics.returns_of(broken)
    figures = (metrics.sharpe_ratio(returns, 252), metrics.sortino_ratio(returns, 252), metrics.max_drawdown(broken)[0])
    assert np.isnan(figures).all()


def test_an_account_that_lost_all_has_lost_all_and_has_no_ratio():
    # short at 100, ruined by a gap to 300: 1000 + 1000 - 10 x 300
    simulation = trade(
        [[100, 100, 300, 300, 300]], [[-1, NAN, NAN, NAN, NAN]], dataclasses.replace(RULES, commission=0.0)
    )
    found = metrics.performance(simulation, 0, 252)
    assert found.total_return == pytest.approx(-2.0)
    assert found.cagr == -1.0
    assert np.isnan(found.sharpe_ratio)


def test_a_series_that_does_not_exist_is_refused():
    simulation = trade([[100, 100]], [[1, NAN]])
    with pytest.raises(DataError, match="expected one of 1 series"):
        metrics.performance(simulation, [], 252)
    with pytest.raises(DataError, match="expected one of 1 series"):
        metrics.performance(simulation, 3, 252)
    with pytest.raises(DataError, match="more than 0 bars"):
        metrics.performance(simulation, 0, 0)
