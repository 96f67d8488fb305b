"""Forecasts and rules traded on the test split: by hand and by law."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from opinions import frame, quick, random_means
from tradeproof.evaluation.models import evaluate_models
from tradeproof.evaluation.names import BUY_AND_HOLD, BUY_AND_HOLD_CAPPED, CASH, MOMENTUM
from tradeproof.evaluation.policies import align_tables, compare_policies
from tradeproof.features.labels import forward_returns
from tradeproof.features.table import build_table
from tradeproof.market.account import simulate
from tradeproof.market.rules import TradingRules

TEST_BARS = 250


@pytest.fixture
def settings(params):
    """Quick intervals, five levels, cheap and stopless trading of whole accounts."""
    return quick(params)


@pytest.fixture
def tables(random_bars):
    return {ticker: random_bars(600, seed=seed, ticker=ticker) for seed, ticker in enumerate(["BBB", "AAA"], start=5)}


def last_bars(tables):
    return {ticker: table.iloc[-TEST_BARS:] for ticker, table in tables.items()}


def oracle(tables, sign=1.0):
    """The mean is what happens between the next open and the open after it, the trade that a decision leads to."""
    means = {}
    for ticker, table in tables.items():
        moves = forward_returns(table["open"].to_numpy(), [1])[:, 0]
        means[ticker] = sign * np.append(moves[1:], np.nan)
    return frame(tables, means).fillna(0.0)


def test_an_oracle_earns_more_than_random_and_random_more_than_an_anti_oracle(tables, settings):
    frames = {"oracle": oracle(tables), "random": random_means(tables, 3), "anti": oracle(tables, -1.0)}
    found = compare_policies(tables, last_bars(tables), frames, settings).pooled
    assert found["oracle"]["total_return"] > found["random"]["total_return"] > found["anti"]["total_return"]
    assert found["oracle"]["excess_return_low"] > 0 > found["anti"]["excess_return_high"]


def test_buy_and_hold_by_hand_from_the_second_open_to_the_last_close(tables, settings):
    found = compare_policies(tables, last_bars(tables), {"random": random_means(tables, 3)}, settings)
    capital = settings.profit.initial_capital
    cost = (1 + settings.costs.slippage) * (1 + settings.costs.commission) - 1  # share of the stock bought
    for name, share in ((BUY_AND_HOLD, 1.0), (BUY_AND_HOLD_CAPPED, settings.profit.max_position_size)):
        value = 0.0
        for table in last_bars(tables).values():
            bought = capital * share / (1 + share * cost)  # the share of what is left after the cost
            value += capital - bought * (1 + cost) + bought * table["close"].iloc[-1] / table["open"].iloc[1]
        assert found.pooled[name]["total_return"] == pytest.approx(value / (2 * capital) - 1)
    first = found.curves[[BUY_AND_HOLD, BUY_AND_HOLD_CAPPED, CASH, "random"]].iloc[0]
    assert (first == 2 * capital).all()


def test_no_bar_before_the_test_split_makes_money_however_it_moved(tables, settings):
    """Prices before the split a hundred times higher, with a crash into it: forecasts and holding earn the same."""
    crashed = {}
    for ticker, table in tables.items():
        scale = np.where(np.arange(len(table)) < len(table) - TEST_BARS, 100.0, 1.0)
        prices = {name: table[name] * scale for name in ("open", "high", "low", "close")}
        crashed[ticker] = table.assign(**prices)
    frames = {"random": random_means(tables, 3)}
    calm = compare_policies(tables, last_bars(tables), frames, settings)
    wild = compare_policies(crashed, last_bars(crashed), frames, settings)
    for name in ("random", BUY_AND_HOLD, BUY_AND_HOLD_CAPPED, CASH):
        assert calm.pooled[name] == wild.pooled[name]
    assert calm.curves[MOMENTUM].tolist() != wild.curves[MOMENTUM].tolist()  # the rules do know the past


def test_what_is_earned_up_to_a_bar_does_not_change_when_the_later_bars_are_cut_off(tables, settings):
    frames = {"random": random_means(tables, 3)}
    whole = compare_policies(tables, last_bars(tables), frames, settings).curves
    shorter = {ticker: table.iloc[:-50] for ticker, table in tables.items()}
    cut = {ticker: table.iloc[-(TEST_BARS - 50) :] for ticker, table in shorter.items()}
    part = compare_policies(shorter, cut, frames, settings).curves
    pd.testing.assert_frame_equal(whole.iloc[: len(part)], part, check_exact=True)


def test_the_pool_is_the_sum_of_accounts_that_trade_as_they_would_alone(tables, settings):
    frames = {"random": random_means(tables, 3)}
    both = compare_policies(tables, last_bars(tables), frames, settings)
    total = 0.0
    for ticker, table in tables.items():
        alone = compare_policies({ticker: table}, last_bars({ticker: table}), frames, settings)
        for name, figures in both.tickers[ticker].items():
            single = {key: alone.pooled[name][key] for key in figures}
            assert figures == pytest.approx(single, nan_ok=True), name
        total = total + alone.curves["random"]
    assert both.curves["random"].to_numpy() == pytest.approx(total.to_numpy())


def test_no_policy_but_full_buy_and_hold_opens_more_than_the_cap(tables, settings):
    always = frame(tables, {ticker: np.full(len(table), 0.01) for ticker, table in tables.items()})
    found = compare_policies(tables, last_bars(tables), {"always": always}, settings)
    assert found.pooled["always"]["total_return"] == pytest.approx(found.pooled[BUY_AND_HOLD_CAPPED]["total_return"])
    assert found.pooled["always"]["excess_return"] == pytest.approx(0.0, abs=1e-12)
    cap = settings.profit.max_position_size
    for name in ("always", BUY_AND_HOLD_CAPPED):
        assert found.pooled[name]["exposure"] == pytest.approx(cap, abs=0.06)
    assert found.pooled[BUY_AND_HOLD]["exposure"] > 0.95
    assert found.pooled[MOMENTUM]["exposure"] < cap + 0.06


def test_tickers_with_days_of_their_own_share_one_curve(tables, settings):
    tables["AAA"] = tables["AAA"].drop(index=[400, 401, 500])
    tables["BBB"] = tables["BBB"].iloc[450:]
    sessions = {ticker: table[table["date"] >= tables["AAA"]["date"].iloc[-200]] for ticker, table in tables.items()}
    found = compare_policies(tables, sessions, {"random": random_means(tables, 3)}, settings)
    dates = sorted({day for part in sessions.values() for day in part["date"]})
    assert found.curves["date"].tolist() == dates
    assert np.isfinite(found.curves.drop(columns="date").to_numpy()).all()


def test_figures_without_a_meaning_are_none_and_the_yardstick_ties_with_itself(tables, settings):
    found = compare_policies(tables, last_bars(tables), {"random": random_means(tables, 3)}, settings).pooled
    assert found[CASH]["total_return"] == 0.0
    assert (found[CASH]["sharpe_ratio"], found[CASH]["win_rate"], found[CASH]["sharpe_ratio_low"]) == (None, None, None)
    ends = [found[BUY_AND_HOLD_CAPPED][f"excess_return{end}"] for end in ("", "_low", "_high")]
    assert ends == [0.0, 0.0, 0.0]
    for figures in found.values():
        assert all(value is None or np.isfinite(value) for value in figures.values())
    sharpe = [found["random"][f"sharpe_ratio{end}"] for end in ("_low", "", "_high")]
    assert sharpe == sorted(sharpe)


def test_the_orders_of_a_trader_are_traded_as_they_are(tables, settings):
    sessions = last_bars(tables)
    orders = {ticker: np.full(len(bars), np.nan) for ticker, bars in sessions.items()}
    for ticker, bars in sessions.items():
        orders[ticker][3], orders[ticker][40] = 0.2, 0.0
        assert len(bars) > 60
    found = compare_policies(tables, sessions, {}, settings, {"trader": [orders]})
    aligned = align_tables(sessions)
    targets = np.column_stack([orders[ticker] for ticker in aligned.tickers])
    traded = simulate(aligned.prices, targets, TradingRules.from_params(settings.costs, settings.profit))
    assert found.curves["trader"].to_numpy() == pytest.approx(traded.equity.sum(axis=1), rel=1e-15)
    assert found.pooled["trader"]["total_trades"] == len(tables)


def test_the_split_of_the_params_is_the_first_day_traded(random_bars, params, settings):
    """Through the front door: the first date of the curves is the first bar after validation_end."""
    table = build_table(random_bars(1000, seed=2), params.build_features)
    changed = settings.model_copy(
        update={
            "split": settings.split.model_copy(
                update={"train_end": date(2012, 12, 31), "validation_end": date(2013, 3, 29)}
            ),
            "train_base": settings.train_base.model_copy(update={"tickers": ["AAA"], "horizons": [1]}),
            "evaluate": settings.evaluate.model_copy(update={"lightgbm_rounds": 2}),
        }
    )
    found = evaluate_models({"AAA": table}, {"base": random_means({"AAA": table}, 1)}, changed)
    assert found.curves["date"].iloc[0] == pd.Timestamp("2013-04-01")
    assert found.curves["date"].iloc[-1] == table["date"].iloc[-1]
