"""The simulator against bars worked by hand, and against the laws that every account obeys."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradeproof.errors import DataError
from tradeproof.market import account as account_module
from tradeproof.market.account import PriceArrays, TradingRules, simulate, step_bar
from tradeproof.market.fills import REASONS
from tradeproof.market.prices import align_prices
from tradeproof.market.rules import compiled_rules

NAN = np.nan
FREE = TradingRules(
    commission=0.0,
    slippage=0.0,
    initial_capital=1000.0,
    max_position_size=1.0,
    stop_loss=None,
    take_profit=None,
    long_short=True,
)


def rules(**changes):
    return dataclasses.replace(FREE, **changes)


def run(rows, targets, **changes):
    """One series from rows (open, high, low, close) and one target per row."""
    bars = PriceArrays(*np.array(rows, dtype=float).T[:, :, None])
    return simulate(bars, np.array(targets, dtype=float)[:, None], rules(**changes))


def flat_bars(*prices):
    return [(price, price, price, price) for price in prices]


def ledger(simulation):
    """Fills as (bar, reason, shares, price)."""
    fills = simulation.fills
    return [
        (int(bar), REASONS[reason], pytest.approx(shares), pytest.approx(price))
        for bar, reason, shares, price in zip(fills.bar, fills.reason, fills.shares, fills.price, strict=True)
    ]


# ---- one bar at a time, by hand


def test_a_decision_at_a_close_fills_at_the_next_open_and_is_marked_at_the_close():
    # half of 1000 at the open 10 buys 50 shares; at the close 11 they are worth 550, with 500 in cash
    result = run([(9, 9, 9, 9), (10, 12, 9, 11), (11, 11, 8, 8)], [0.5, NAN, NAN])
    assert ledger(result) == [(1, "order", 50, 10)]
    assert result.equity[:, 0].tolist() == [1000, 1050, 900]
    assert result.cash[:, 0].tolist() == [1000, 500, 500]
    assert result.shares[:, 0].tolist() == [0, 50, 50]


def test_the_target_of_the_last_bar_never_fills():
    assert len(run(flat_bars(10, 10), [NAN, 1.0]).fills) == 0


def test_a_full_buy_spends_the_cash_to_the_last_unit_and_no_further():
    # fill at 100 x 1.02 = 102; each share costs 102 x 1.01 = 103.02 in all; 1000 / 103.02 = 9.70685 shares
    result = run(flat_bars(100, 100), [1.0, NAN], commission=0.01, slippage=0.02)
    shares = 1000 / 103.02
    assert ledger(result) == [(1, "order", shares, 102)]
    assert result.cash[1, 0] == 0.0
    assert result.commission_paid[1, 0] == pytest.approx(shares * 102 * 0.01)
    assert result.slippage_paid[1, 0] == pytest.approx(shares * 2)
    assert result.traded[1, 0] == pytest.approx(shares * 102)
    assert result.equity[1, 0] == pytest.approx(shares * 100)


def test_the_weight_after_a_buy_is_exact_after_its_cost():
    # each unit of stock costs k = 1.02 x 1.01 - 1 = 0.0302 on top; V = 0.5 (1000 - 0.0302 V) gives V = 492.5617
    result = run(flat_bars(100, 100), [0.5, NAN], commission=0.01, slippage=0.02)
    value = 500 / 1.0151
    assert result.shares[1, 0] == pytest.approx(value / 100)
    assert result.shares[1, 0] * 100 / result.equity[1, 0] == pytest.approx(0.5, abs=1e-15)


def test_the_weight_after_a_sale_is_exact_after_its_cost():
    # bought for free at 100: 10 shares of 100; down to 0.4 with k = 1 - 0.98 x 0.99 = 0.0298 per unit sold:
    # V = 0.4 (1000 - 0.0298 (1000 - V)) gives V = 0.4 x 970.2 / (1 - 0.4 x 0.0298) = 392.7618
    bars = PriceArrays(*np.array(flat_bars(100, 100)).T[:, :, None])
    costly = compiled_rules(rules(commission=0.01, slippage=0.02))[0]
    start = compiled_rules(FREE)[1]._replace(cash=0.0, shares=10.0, entry_price=100.0)
    after, fill, _ = step_bar(start, 0.4, *(float(array[1, 0]) for array in bars_of(bars)), costly)
    assert after.shares == pytest.approx(0.4 * 970.2 / (1 - 0.4 * 0.0298) / 100)
    assert after.shares * 100 / after.equity == pytest.approx(0.4, abs=1e-15)
    assert fill.price == pytest.approx(98)


def bars_of(bars):
    return bars.open, bars.high, bars.low, bars.close


def test_commission_is_paid_on_the_change_of_position_only():
    # 1 % commission; 0.5 costs k = 0.01 per unit: V = 500 / 1.005; the second order changes nothing but what the first
    # commission left: the weight is already 0.5 at the same price, so no fill and no fee
    result = run(flat_bars(10, 10, 10), [0.5, 0.5, NAN], commission=0.01)
    assert len(result.fills) == 1
    assert result.commission_paid.sum() == pytest.approx(500 / 1.005 * 0.01)
    # from 0.5 to 0.6 it is paid on the added tenth, not on 0.6
    more = run(flat_bars(10, 10, 10), [0.5, 0.6, NAN], commission=0.01)
    equity = 1000 - 500 / 1.005 * 0.01
    added = 0.6 * (equity + 0.01 * equity / 2) / 1.006 - equity / 2
    assert more.traded[2, 0] == pytest.approx(added)
    assert more.commission_paid[2, 0] == pytest.approx(added * 0.01)


def test_slippage_moves_buys_up_and_sales_down():
    result = run(flat_bars(100, 100, 100), [1.0, 0.0, NAN], slippage=0.02)
    assert ledger(result) == [(1, "order", 1000 / 102, 102), (2, "order", -1000 / 102, 98)]
    assert result.equity[2, 0] == pytest.approx(1000 * 98 / 102)


def test_a_touched_stop_fills_at_its_level_less_slippage():
    # entry 100 x 1.01 = 101, level 101 x 0.9 = 90.9; bar 2 opens at 95 and falls to 90: out at 90.9 x 0.99 = 89.991
    rows = [*flat_bars(100, 100), (95, 96, 90, 94), (94, 94, 94, 94)]
    result = run(rows, [1.0, NAN, NAN, NAN], slippage=0.01, stop_loss=0.1)
    assert ledger(result) == [(1, "order", 1000 / 101, 101), (2, "stop", -1000 / 101, 89.991)]
    assert result.equity[2:, 0] == pytest.approx(1000 / 101 * 89.991)


def test_a_gap_through_the_stop_fills_at_the_open_less_slippage():
    rows = [*flat_bars(100, 100), (80, 99, 79, 98)]
    result = run(rows, [1.0, NAN, NAN], slippage=0.01, stop_loss=0.1)
    assert ledger(result)[1] == (2, "stop", -1000 / 101, 79.2)


def test_a_touched_take_profit_fills_at_its_level_less_slippage():
    # level 101 x 1.2 = 121.2, out at 121.2 x 0.99 = 119.988
    rows = [*flat_bars(100, 100), (110, 125, 109, 111)]
    result = run(rows, [1.0, NAN, NAN], slippage=0.01, take_profit=0.2)
    assert ledger(result)[1] == (2, "take_profit", -1000 / 101, 119.988)


def test_a_gap_through_the_take_profit_fills_at_the_open_less_slippage():
    rows = [*flat_bars(100, 100), (130, 131, 110, 111)]
    result = run(rows, [1.0, NAN, NAN], slippage=0.01, take_profit=0.2)
    assert ledger(result)[1] == (2, "take_profit", -1000 / 101, 128.7)


def test_a_bar_that_touches_both_levels_takes_the_stop():
    rows = [*flat_bars(100, 100), (100, 120, 85, 118)]
    result = run(rows, [1.0, NAN, NAN], stop_loss=0.1, take_profit=0.1)
    assert ledger(result)[1] == (2, "stop", -10, 90)


def test_an_open_beyond_the_take_profit_is_out_before_the_stop_can_be_touched():
    rows = [*flat_bars(100, 100), (115, 120, 85, 90)]
    result = run(rows, [1.0, NAN, NAN], stop_loss=0.1, take_profit=0.1)
    assert ledger(result)[1] == (2, "take_profit", -10, 115)


def test_a_low_exactly_at_the_stop_is_a_touch():
    rows = [*flat_bars(100, 100), (100, 100, 90, 100)]
    assert ledger(run(rows, [1.0, NAN, NAN], stop_loss=0.1))[1] == (2, "stop", -10, 90)


def test_levels_are_live_on_the_entry_bar():
    # in at the open 100, and the same bar falls to 85: out at 90
    result = run([*flat_bars(100), (100, 101, 85, 99)], [1.0, NAN], stop_loss=0.1)
    assert ledger(result) == [(1, "order", 10, 100), (1, "stop", -10, 90)]
    assert result.equity[1, 0] == pytest.approx(900)
    assert result.shares[1, 0] == 0.0


def test_after_a_stop_the_account_is_flat_until_a_new_target():
    rows = [*flat_bars(100, 100), (95, 95, 85, 95), *flat_bars(95, 95, 95)]
    result = run(rows, [1.0, NAN, NAN, NAN, 1.0, NAN], stop_loss=0.1)
    assert result.shares[:, 0] == pytest.approx([0, 10, 0, 0, 0, 900 / 95])


def test_an_order_to_close_comes_before_the_stop_that_its_open_gaps_through():
    rows = [*flat_bars(100, 100), (80, 80, 80, 80)]
    result = run(rows, [1.0, 0.0, NAN], stop_loss=0.1)
    assert ledger(result)[1:] == [(2, "order", -10, 80)]


def test_an_order_that_keeps_a_position_is_followed_by_the_stop_on_the_same_open():
    # 10 shares from 100; at the open 80 equity is 800: the order to 0.25 leaves 2.5 shares, which the stop at 90 sells
    rows = [*flat_bars(100, 100), (80, 80, 80, 80)]
    result = run(rows, [1.0, 0.25, NAN], stop_loss=0.1)
    assert ledger(result)[1:] == [(2, "order", -7.5, 80), (2, "stop", -2.5, 80)]
    assert result.equity[2, 0] == pytest.approx(800)


def test_levels_follow_the_average_entry_price():
    # 5 shares at 100, then at 120 equity is 1100: to 0.8 is 880 / 120 = 7.3333 shares, 2.3333 of them bought at 120;
    # the average is (5 x 100 + 2.3333 x 120) / 7.3333 = 106.3636, its stop 10 % below at 95.7273
    rows = [*flat_bars(100, 100), (120, 120, 120, 120), (110, 110, 96, 100), (100, 100, 95, 95)]
    result = run(rows, [0.5, 0.8, NAN, NAN, NAN], stop_loss=0.1)
    average = (500 + (880 / 120 - 5) * 120) / (880 / 120)
    assert ledger(result)[2:] == [(4, "stop", -880 / 120, 0.9 * average)]


def test_a_partial_sale_leaves_the_entry_price():
    # 10 shares at 100; at 120 down to 0.5: 5 shares, entry still 100, stop at 90 and not at 108
    rows = [*flat_bars(100, 100), (120, 120, 105, 110), (110, 110, 89, 95)]
    result = run(rows, [1.0, 0.5, NAN, NAN], stop_loss=0.1)
    assert ledger(result)[1:] == [(2, "order", -5, 120), (3, "stop", -5, 90)]


def test_a_short_position_gains_when_the_price_falls():
    # 10 shares sold at 100 leave 2000 in cash; at 80 they cost 800
    result = run(flat_bars(100, 100, 80), [-1.0, NAN, NAN])
    assert result.cash[1, 0] == 2000
    assert result.equity[:, 0].tolist() == [1000, 1000, 1200]


def test_the_exits_of_a_short_position_lie_on_the_other_side():
    # sold at 100 x 0.99 = 99: stop 99 x 1.1 = 108.9, covered at 108.9 x 1.01; take-profit 99 x 0.8 = 79.2, x 1.01
    up = run([*flat_bars(100, 100), (105, 110, 104, 105)], [-0.5, NAN, NAN], slippage=0.01, stop_loss=0.1)
    assert ledger(up)[1][1:4:2] == ("stop", pytest.approx(108.9 * 1.01))
    gap = run([*flat_bars(100, 100), (120, 121, 119, 120)], [-0.5, NAN, NAN], slippage=0.01, stop_loss=0.1)
    assert ledger(gap)[1][1:4:2] == ("stop", pytest.approx(120 * 1.01))
    down = run([*flat_bars(100, 100), (95, 96, 75, 76)], [-0.5, NAN, NAN], slippage=0.01, take_profit=0.2)
    assert ledger(down)[1][1:4:2] == ("take_profit", pytest.approx(79.2 * 1.01))
    both = run([*flat_bars(100, 100), (100, 120, 70, 90)], [-0.5, NAN, NAN], stop_loss=0.1, take_profit=0.1)
    assert ledger(both)[1][1:4:2] == ("stop", pytest.approx(110))


def test_a_flip_is_one_fill_and_two_round_trips():
    # 10 shares at 100, flipped at 110 with equity 1100: to -10 shares; closed at 99: 1100 + 110 = 1210
    result = run(flat_bars(100, 100, 110, 99), [1.0, -1.0, 0.0, NAN])
    assert ledger(result) == [(1, "order", 10, 100), (2, "order", -20, 110), (3, "order", 10, 99)]
    trades = result.trades
    assert trades.side.tolist() == [1, -1]
    assert trades.entry_bar.tolist() == [1, 2]
    assert trades.exit_bar.tolist() == [2, 3]
    assert trades.profit == pytest.approx([100, 110])


def test_a_short_account_is_covered_where_its_cash_ends():
    # 10 shares short, 2000 in cash: ruined at 200, a touch of which leaves nothing; no order is taken again
    rows = [*flat_bars(100, 100), (150, 220, 150, 160), *flat_bars(160, 160)]
    result = run(rows, [-1.0, NAN, NAN, 1.0, NAN])
    assert ledger(result)[1:] == [(2, "bankrupt", 10, 200)]
    assert result.equity[2:, 0].tolist() == [0, 0, 0]


def test_a_gap_beyond_ruin_leaves_a_debt_and_drops_the_order():
    rows = [*flat_bars(100, 100), (250, 260, 240, 250), *flat_bars(250, 250)]
    result = run(rows, [-1.0, -0.5, 1.0, 1.0, NAN], stop_loss=0.5)
    assert ledger(result)[1:] == [(2, "bankrupt", 10, 250)]
    assert result.equity[2:, 0].tolist() == [-500, -500, -500]


def test_a_stop_nearer_than_ruin_comes_first():
    rows = [*flat_bars(100, 100), (110, 220, 110, 160)]
    result = run(rows, [-1.0, NAN, NAN], stop_loss=0.5)
    assert ledger(result)[1:] == [(2, "stop", 10, 150)]


def test_an_order_waits_over_bars_without_prices_and_equity_stays_at_the_last_mark():
    gap = (NAN, NAN, NAN, NAN)
    rows = [*flat_bars(10), gap, (20, 25, 20, 25), gap, (30, 30, 30, 30)]
    result = run(rows, [1.0, NAN, NAN, NAN, NAN])
    assert ledger(result) == [(2, "order", 50, 20)]
    assert result.equity[:, 0].tolist() == [1000, 1000, 1250, 1250, 1500]


def test_a_newer_order_replaces_one_that_waits():
    gap = (NAN, NAN, NAN, NAN)
    result = run([*flat_bars(10), gap, *flat_bars(20)], [1.0, 0.5, NAN])
    assert ledger(result) == [(2, "order", 25, 20)]


def test_an_order_before_the_listing_fills_on_the_first_bar():
    gap = (NAN, NAN, NAN, NAN)
    result = run([gap, gap, *flat_bars(20, 30)], [1.0, NAN, NAN, NAN])
    assert ledger(result) == [(2, "order", 50, 20)]
    assert result.equity[:, 0].tolist() == [1000, 1000, 1000, 1500]


def test_targets_are_cut_to_the_largest_position():
    assert run(flat_bars(10, 10), [5.0, NAN], max_position_size=0.3).shares[1, 0] == pytest.approx(30)
    assert run(flat_bars(10, 10), [-5.0, NAN], max_position_size=0.3).shares[1, 0] == pytest.approx(-30)


def test_a_long_only_account_takes_a_short_target_as_flat():
    result = run(flat_bars(10, 10, 10), [1.0, -1.0, NAN], long_short=False)
    assert result.shares[:, 0].tolist() == [0, 100, 0]


def test_an_unchanged_weight_at_an_unchanged_price_does_not_trade():
    result = run(flat_bars(*[7.3] * 50), [1.0] * 50, commission=0.001, slippage=0.0005)
    assert len(result.fills) == 1


def test_a_round_trip_averages_its_adds_and_its_sales():
    # 1 % commission on every notional, no slippage. Bought 5 at 100 (V = 500 / 1.005), more at 120, some sold at 150,
    # the rest at 90; the record must add up to what the account gained
    result = run(flat_bars(100, 100, 120, 150, 90), [0.5, 0.9, 0.2, 0.0, NAN], commission=0.01)
    trades, fills = result.trades, result.fills
    assert len(trades) == 1
    bought, sold = fills.shares > 0, fills.shares < 0
    assert trades.shares[0] == pytest.approx(fills.shares[bought].sum())
    assert trades.entry_price[0] == pytest.approx(np.average(fills.price[bought], weights=fills.shares[bought]))
    assert trades.exit_price[0] == pytest.approx(np.average(fills.price[sold], weights=fills.shares[sold]))
    assert trades.costs[0] == pytest.approx((np.abs(fills.shares) * fills.price).sum() * 0.01)
    assert trades.profit[0] == pytest.approx(result.equity[-1, 0] - 1000)
    assert (trades.entry_bar[0], trades.exit_bar[0], REASONS[trades.reason[0]]) == (1, 4, "order")


def test_an_open_round_trip_is_marked_at_the_last_close():
    result = run([*flat_bars(100, 100), (100, 130, 100, 130)], [1.0, NAN, NAN])
    trades = result.trades
    assert (trades.exit_bar[0], REASONS[trades.reason[0]]) == (-1, "open")
    assert trades.exit_price[0] == 130
    assert trades.profit[0] == pytest.approx(300)


def test_each_series_is_an_account_of_its_own():
    one = [(100, 100, 100, 100), (100, 110, 90, 105)]
    two = [(50, 50, 50, 50), (60, 60, 60, 60)]
    bars = PriceArrays(*(np.array([one, two], dtype=float).transpose(2, 1, 0)))
    both = simulate(bars, np.array([[1.0, -0.5], [NAN, NAN]]), FREE)
    assert both.equity[:, 0].tolist() == run(one, [1.0, NAN]).equity[:, 0].tolist()
    assert both.equity[:, 1].tolist() == run(two, [-0.5, NAN]).equity[:, 0].tolist()


# ---- laws


def random_market(seed, time=80, series=3, missing=0.1):
    """Prices with gaps wide enough to jump over levels, staggered listings and missing bars."""
    rng = np.random.default_rng(seed)
    close = 50 * np.exp(np.cumsum(rng.normal(0, 0.06, (time, series)), axis=0))
    open_ = np.vstack([close[:1], close[:-1]]) * np.exp(rng.normal(0, 0.05, (time, series)))
    high = np.maximum(open_, close) * np.exp(np.abs(rng.normal(0, 0.04, (time, series))))
    low = np.minimum(open_, close) * np.exp(-np.abs(rng.normal(0, 0.04, (time, series))))
    absent = rng.random((time, series)) < missing
    absent[: rng.integers(0, time // 2), 0] = True
    prices = [np.where(absent, NAN, array) for array in (open_, high, low, close)]
    return PriceArrays(*prices)


def random_targets(seed, shape, share):
    rng = np.random.default_rng(seed)
    return np.where(rng.random(shape) < share, np.round(rng.uniform(-1.3, 1.3, shape), 2), NAN)


RULES = st.builds(
    TradingRules,
    commission=st.sampled_from([0.0, 0.001, 0.02]),
    slippage=st.sampled_from([0.0, 0.0005, 0.03]),
    initial_capital=st.sampled_from([1.0, 10_000.0]),
    max_position_size=st.sampled_from([0.3, 1.0]),
    stop_loss=st.sampled_from([None, 0.01, 0.1, 0.5]),
    take_profit=st.sampled_from([None, 0.02, 0.2, 1.5]),
    long_short=st.booleans(),
)
SEEDS = st.integers(0, 2**32 - 1)
SHARES = st.sampled_from([0.02, 0.3, 1.0])


@settings(max_examples=150, deadline=None)
@given(rules_=RULES, seed=SEEDS, share=SHARES)
def test_money_is_conserved_at_every_bar(rules_, seed, share):
    bars = random_market(seed)
    result = simulate(bars, random_targets(seed + 1, bars.shape, share), rules_)
    capital, fills = rules_.initial_capital, result.fills
    scale = {"rtol": 1e-9, "atol": 1e-9 * capital}
    # the balance at every close is the equity, marked at the last close there is
    marks = pd.DataFrame(bars.close).ffill().to_numpy()
    value = np.where(result.shares == 0.0, 0.0, result.shares * marks)
    np.testing.assert_allclose(result.cash + value, result.equity, **scale)
    # shares and cash are what the ledger says, and the fees are in it once
    bought, paid = np.zeros(bars.shape), np.zeros(bars.shape)
    np.add.at(bought, (fills.bar, fills.series), fills.shares)
    np.add.at(paid, (fills.bar, fills.series), fills.shares * fills.price)
    np.testing.assert_allclose(np.cumsum(bought, axis=0), result.shares, rtol=1e-9, atol=1e-9 * np.abs(bought).max())
    np.testing.assert_allclose(capital - np.cumsum(paid + result.commission_paid, axis=0), result.cash, **scale)
    # every fill is worse than its price by the slippage, and every fee a share of its notional
    np.testing.assert_allclose(fills.price, fills.reference * (1 + np.sign(fills.shares) * rules_.slippage), rtol=1e-12)
    notional = np.abs(fills.shares) * fills.price
    assert result.commission_paid.sum() == pytest.approx(rules_.commission * notional.sum(), rel=1e-9)
    assert result.slippage_paid.sum() == pytest.approx(
        (np.abs(fills.shares) * fills.reference).sum() * rules_.slippage, rel=1e-9
    )
    # round trips hold all profit, and all costs
    trades = result.trades
    profit, costs = np.zeros(bars.shape[1]), np.zeros(bars.shape[1])
    np.add.at(profit, trades.series, trades.profit)
    np.add.at(costs, trades.series, trades.costs)
    np.testing.assert_allclose(capital + profit, result.equity[-1], **scale)
    np.testing.assert_allclose(costs, (result.commission_paid + result.slippage_paid).sum(axis=0), **scale)


@settings(max_examples=60, deadline=None)
@given(rules_=RULES, seed=SEEDS, share=SHARES)
def test_no_account_holds_what_its_rules_forbid(rules_, seed, share):
    bars = random_market(seed)
    result = simulate(bars, random_targets(seed + 1, bars.shape, share), rules_)
    fills = result.fills
    ordered = REASONS.index("order") == fills.reason
    at_open = fills.cash + fills.held * fills.reference
    assert (
        np.abs(fills.held * fills.reference)[ordered] <= (rules_.max_position_size * at_open)[ordered] * 1.000001
    ).all()
    assert (fills.held[~ordered] == 0.0).all()
    # no fill in a bar without prices, and none at a price that the bar never had
    low, high = bars.low[fills.bar, fills.series], bars.high[fills.bar, fills.series]
    assert ((low * (1 - 1e-12) <= fills.reference) & (fills.reference <= high * (1 + 1e-12))).all()
    if not rules_.long_short:
        assert (result.cash >= 0.0).all()
        assert (result.shares >= 0.0).all()
        assert (result.equity > 0.0).all()
    # who has nothing left never trades again
    broke = np.maximum.accumulate(result.equity <= 0.0, axis=0)
    assert (result.equity[1:][broke[:-1]] == result.equity[:-1][broke[:-1]]).all()
    assert (result.shares[broke] == 0.0).all()


@settings(max_examples=60, deadline=None)
@given(rules_=RULES, seed=SEEDS, share=SHARES)
def test_a_run_that_skips_quiet_bars_equals_stepping_every_bar(rules_, seed, share):
    bars = random_market(seed, time=60, series=2)
    targets = random_targets(seed + 1, bars.shape, share)
    result = simulate(bars, targets, rules_)
    for series in range(bars.shape[1]):
        compiled, account = compiled_rules(rules_)
        waiting, fills = NAN, []
        for bar in range(bars.shape[0]):
            prices = [float(array[bar, series]) for array in bars_of(bars)]
            if not np.isnan(prices[0]):
                account, order, exit_ = step_bar(account, waiting, *prices, compiled)
                fills += [(bar, fill.shares, fill.price) for fill in (order, exit_) if fill.shares]
                waiting = NAN
            waiting = targets[bar, series] if np.isfinite(targets[bar, series]) else waiting
            assert account.equity == result.equity[bar, series]
        mine = result.fills.series == series
        got = zip(result.fills.bar[mine], result.fills.shares[mine], result.fills.price[mine], strict=True)
        assert list(got) == fills


def test_many_threads_give_the_same_bits_as_one(monkeypatch):
    bars = random_market(5, time=300, series=13)
    targets = random_targets(6, bars.shape, 0.3)
    costly = rules(commission=0.001, slippage=0.001, stop_loss=0.05, take_profit=0.1)
    monkeypatch.setattr(account_module, "PARALLEL_BARS", 10**9)
    serial = simulate(bars, targets, costly)
    monkeypatch.setattr(account_module, "PARALLEL_BARS", 1)
    parallel = simulate(bars, targets, costly)
    np.testing.assert_array_equal(serial.equity, parallel.equity)
    for field in dataclasses.fields(serial.fills):
        np.testing.assert_array_equal(getattr(serial.fills, field.name), getattr(parallel.fills, field.name))


@pytest.mark.parametrize("seed", range(5))
def test_rewriting_the_future_changes_no_past_equity(seed):
    bars = random_market(seed, missing=0.05)
    targets = random_targets(seed + 1, bars.shape, 0.2)
    costly = rules(commission=0.001, slippage=0.001, stop_loss=0.05, take_profit=0.1)
    cut = 40
    order = np.concatenate([np.arange(cut), cut + np.random.default_rng(seed).permutation(bars.shape[0] - cut)])
    shuffled = PriceArrays(*(array[order] for array in bars_of(bars)))
    before, after = simulate(bars, targets, costly), simulate(shuffled, targets[order], costly)
    np.testing.assert_array_equal(before.equity[:cut], after.equity[:cut])
    assert not np.array_equal(before.equity[cut:], after.equity[cut:])


@pytest.mark.parametrize("seed", range(5))
def test_free_trades_at_one_price_conserve_equity(seed):
    # whatever is ordered, with no costs and no moves there is nothing to win or lose
    targets = random_targets(seed, (100, 1), 1.0)
    result = run(flat_bars(*[33.3] * 100), targets[:, 0], stop_loss=0.02, take_profit=0.02)
    assert len(result.fills) > 90
    np.testing.assert_allclose(result.equity, 1000, rtol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_costs_only_ever_take(seed):
    targets = random_targets(seed, (100, 1), 1.0)
    result = run(flat_bars(*[33.3] * 100), targets[:, 0], commission=0.001, slippage=0.001)
    falls = -np.diff(result.equity[:, 0])
    np.testing.assert_allclose(falls, (result.commission_paid + result.slippage_paid)[1:, 0], atol=1e-9)
    assert (falls >= 0).all()


def test_an_oracle_earns_more_than_chance_and_chance_more_than_its_opposite(random_bars):
    bars = align_prices(random_bars(count=500)).prices
    # the best position for bar t + 1, known at t only to an oracle: from its open to the open after it
    coming = np.full(bars.shape, 0.0)
    coming[:-2] = np.sign(np.log(bars.open[2:] / bars.open[1:-1]))
    chance = np.sign(np.random.default_rng(0).normal(size=bars.shape))
    earned = [simulate(bars, wish, rules(commission=0.0005)).equity[-1, 0] for wish in (coming, chance, -coming)]
    assert earned[0] > 10 * 1000 > 1000 > earned[1] > 5 * earned[2]


def test_scaling_prices_and_capital_scales_nothing_else():
    bars = random_market(3)
    targets = random_targets(4, bars.shape, 0.3)
    costly = rules(commission=0.001, slippage=0.001, stop_loss=0.05)
    tenfold = PriceArrays(*(array * 8 for array in bars_of(bars)))
    small, large = (
        simulate(bars, targets, costly),
        simulate(tenfold, targets, dataclasses.replace(costly, initial_capital=8000.0)),
    )
    np.testing.assert_allclose(small.equity * 8, large.equity, rtol=1e-12)


# ---- refusals


def test_prices_of_different_shapes_are_refused():
    one = np.full((3, 1), 10.0)
    with pytest.raises(DataError, match=r"expected four equal ones \(time, series\)"):
        PriceArrays(one, one, one, one[:2])
    with pytest.raises(DataError, match=r"expected four equal ones \(time, series\)"):
        PriceArrays(*[one[:, 0]] * 4)


@pytest.mark.parametrize(
    "row", [(10, 9, 8, 9), (10, 11, 10.5, 11), (0, 0, 0, 0), (10, np.inf, 9, 10), (NAN, 10, 10, 10), (10, NAN, 9, 10)]
)
def test_a_bar_that_is_not_one_is_refused_by_its_place(row):
    with pytest.raises(DataError, match="bar 1 of series 0 has open, high, low, close"):
        run([*flat_bars(10), row], [NAN, NAN])


def test_checked_prices_cannot_be_changed():
    bars = PriceArrays(*[np.full((3, 1), 10.0)] * 4)
    with pytest.raises(ValueError, match="read-only"):
        bars.close[0, 0] = -1.0


def test_targets_of_another_shape_or_without_end_are_refused():
    bars = PriceArrays(*[np.full((3, 2), 10.0)] * 4)
    with pytest.raises(DataError, match=r"targets have shape \(3, 1\), expected that of the prices \(3, 2\)"):
        simulate(bars, np.zeros((3, 1)), FREE)
    with pytest.raises(DataError, match=r"targets of series \[1\] hold an infinite weight"):
        simulate(bars, np.array([[0, 0], [0, -np.inf], [0, 0]]), FREE)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"commission": -0.1}, "commission is -0.1"),
        ({"slippage": NAN}, "slippage is nan"),
        ({"commission": 0.6, "slippage": 0.6}, "make a buy cost more than the stock"),
        ({"initial_capital": 0.0}, "initial_capital is 0.0"),
        ({"initial_capital": np.inf}, "initial_capital is inf"),
        ({"max_position_size": 1.5}, "max_position_size is 1.5"),
        ({"stop_loss": 0.0}, "stop_loss is 0.0"),
        ({"take_profit": np.inf}, "take_profit is inf"),
    ],
)
def test_rules_out_of_range_are_refused_by_name(changes, named):
    with pytest.raises(DataError, match=named):
        rules(**changes)


def test_rules_come_from_params_and_a_yardstick_has_no_stops(params):
    found = TradingRules.from_params(params.costs, params.profit)
    assert found.commission == params.costs.commission
    assert found.stop_loss == params.profit.stop_loss
    yardstick = found.yardstick()
    assert (yardstick.stop_loss, yardstick.take_profit, yardstick.max_position_size) == (None, None, 1.0)
    assert (yardstick.commission, yardstick.slippage) == (found.commission, found.slippage)


def test_long_bars_are_put_on_one_axis(random_bars):
    one, two = random_bars(count=5, ticker="AAA"), random_bars(count=3, ticker="BBB", start="2010-01-06", seed=1)
    bars = pd.concat([one, two], ignore_index=True)
    aligned = align_prices(bars)
    assert aligned.tickers == ("AAA", "BBB")
    assert len(aligned.dates) == 5
    assert np.isnan(aligned.prices.close[:2, 1]).all()
    np.testing.assert_array_equal(aligned.prices.close[2:, 1], two["close"])
    np.testing.assert_array_equal(aligned.spread(bars["volume"].to_numpy())[:, 0], one["volume"])


@pytest.mark.parametrize("change", [lambda bars: bars.iloc[::-1], lambda bars: pd.concat([bars, bars.tail(1)])])
def test_bars_out_of_order_are_refused(random_bars, change):
    with pytest.raises(DataError, match="is out of order, expected bars sorted by ticker and date"):
        align_prices(change(random_bars(count=5)))
