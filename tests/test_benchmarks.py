"""The yardsticks: each rule by hand, knowable at its bar, and traded without stops."""

import dataclasses

import numpy as np
import pytest

from tradeproof.errors import DataError
from tradeproof.market.account import PriceArrays, TradingRules, simulate
from tradeproof.market.benchmarks import average_cross, buy_and_hold, cash, momentum, yardsticks
from tradeproof.market.prices import align_prices

NAN = np.nan


def column(values):
    return np.array(values, dtype=float)[:, None]


def test_buy_and_hold_orders_once_on_the_first_bar_of_each_series():
    close = np.array([[1, NAN], [1, NAN], [1, 5], [1, 6]])
    np.testing.assert_array_equal(buy_and_hold(close, 0), [[1, NAN], [NAN, NAN], [NAN, 1], [NAN, NAN]])
    np.testing.assert_array_equal(buy_and_hold(close, 1), [[NAN, NAN], [1, NAN], [NAN, 1], [NAN, NAN]])


def test_cash_never_orders():
    assert np.isnan(cash(np.ones((5, 2)))).all()


def test_momentum_by_hand():
    # looks at bars 3, 4, 5, ... with (3, 1): close one bar ago against close three bars ago
    # bar 3: 12 > 10 long; bar 4: 9 < 11 out; bar 5: 8 < 12 no change; bar 6: 13 > 9 long; bar 7: 14 > 8 no change
    close = column([10, 11, 12, 9, 8, 13, 14, 1])
    np.testing.assert_array_equal(momentum(close, (3, 1), 0)[:, 0], [NAN, NAN, NAN, 1, 0, NAN, 1, NAN])


def test_momentum_looks_only_every_so_many_bars():
    # with (4, 2): bars 4, 6, 8; close two bars ago against four bars ago: 12 > 10 long, 9 < 12 out, 20 > 9 long
    close = column([10, 99, 12, 1, 9, 99, 20, 1, 1, 1])
    np.testing.assert_array_equal(momentum(close, (4, 2), 0)[:, 0], [NAN, NAN, NAN, NAN, 1, NAN, 0, NAN, 1, NAN])


def test_average_cross_by_hand():
    # averages of 2 against 3: bar 2: 2.5 > 2; bar 3: 2.5 > 2.33; bar 4: 1.5 < 2; bar 5: 5.5 > 4.33
    close = column([1, 2, 3, 2, 1, 10])
    np.testing.assert_array_equal(average_cross(close, (2, 3), 0)[:, 0], [NAN, NAN, 1, NAN, 0, 1])


def test_a_period_starts_with_the_wish_that_stands():
    close = column([1, 2, 3, 4, 5, 6, 1, 1])
    np.testing.assert_array_equal(average_cross(close, (2, 3), 4)[4:, 0], [1, NAN, 0, NAN])
    # what was not knowable yet is not wished yet
    np.testing.assert_array_equal(average_cross(close, (2, 3), 1)[:, 0], [NAN, NAN, 1, NAN, NAN, NAN, 0, NAN])


def test_a_rule_counts_the_bars_that_a_series_has():
    close = np.array([[NAN, 1], [1, 2], [NAN, 3], [2, 2], [3, 1], [2, 10]])
    own = average_cross(close, (2, 3), 0)
    # the first series has bars 1, 3, 4, 5: its third is bar 4
    np.testing.assert_array_equal(own[:, 0], [NAN, NAN, NAN, NAN, 1, NAN])
    np.testing.assert_array_equal(own[:, 1], [NAN, NAN, 1, NAN, 0, 1])


def test_all_yardsticks_are_knowable_at_their_bar(random_bars, params):
    close = align_prices(random_bars(count=900)).prices.close
    rewritten = close.copy()
    cut = 600
    rewritten[cut:] = close[cut:][np.random.default_rng(0).permutation(len(close) - cut)] * 3
    before, after = (yardsticks(array, params.evaluate, 300) for array in (close, rewritten))
    assert list(before) == ["buy_and_hold", "cash", "momentum", "average_cross"]
    for name, targets in before.items():
        np.testing.assert_array_equal(targets[:cut], after[name][:cut])
        assert np.isnan(targets[:300]).all()
    assert (np.isfinite(before["momentum"]).sum(), np.isfinite(before["average_cross"]).sum()) > (2, 2)


def test_buy_and_hold_earns_what_the_stock_earns_less_one_purchase(random_bars, params):
    bars = align_prices(random_bars(count=400)).prices
    rules = TradingRules.from_params(params.costs, params.profit)
    assert rules.stop_loss is not None
    held = simulate(bars, buy_and_hold(bars.close, 0), rules.yardstick())
    cost = (1 + rules.commission) * (1 + rules.slippage)
    assert held.equity[-1, 0] == pytest.approx(rules.initial_capital / cost * bars.close[-1, 0] / bars.open[1, 0])
    # the rules of the model would have stopped it, and held a part only
    stopped = simulate(bars, buy_and_hold(bars.close, 0), rules)
    assert stopped.shares[-1, 0] == 0.0


def test_trends_are_worth_following_where_there_are_trends():
    # a price that rises and falls in long waves: both rules beat buy-and-hold, which ends where it began
    close = column(100 * np.exp(0.5 * np.sin(np.arange(3000) / 300)))
    bars = PriceArrays(*[close] * 4)
    rules = TradingRules(0.0, 0.0, 100.0, 1.0, None, None, long_short=False)
    hold, *rest = (
        simulate(bars, targets, rules).equity[-1, 0]
        for targets in (buy_and_hold(close, 0), momentum(close, (60, 10), 0), average_cross(close, (5, 20), 0))
    )
    assert min(rest) > 2 * hold


def test_yardsticks_that_start_outside_the_bars_are_refused():
    with pytest.raises(DataError, match="yardsticks start at bar 5, expected one of the 5 bars"):
        buy_and_hold(np.ones((5, 1)), 5)


def test_yardstick_rules_keep_costs_and_capital(params):
    rules = TradingRules.from_params(params.costs, params.profit)
    changed = {
        field.name
        for field in dataclasses.fields(rules)
        if getattr(rules, field.name) != getattr(rules.yardstick(), field.name)
    }
    assert changed == {"max_position_size", "stop_loss", "take_profit"}
