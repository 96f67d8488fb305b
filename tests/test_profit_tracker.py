"""Profit tracking: forecasts become money by the one simulator, and good forecasts more of it than bad ones."""

import numpy as np
import pandas as pd
import pytest

from tradeproof.errors import DataError
from tradeproof.forecasting.profit import ProfitTracker

LEVELS = {"q05": -1.645, "q25": -0.674, "q50": 0.0, "q75": 0.674, "q95": 1.645}


def forecasts_of(bars, means, horizon=1, deviation=0.01):
    """Normal forecasts with the given means, one per bar."""
    frame = pd.DataFrame({"ticker": bars["ticker"], "date": bars["date"], "horizon": horizon})
    for name, place in LEVELS.items():
        frame[name] = np.asarray(means) + deviation * place
    return frame


def bars_of(open_, close, ticker="AAA"):
    open_, close = np.asarray(open_, float), np.asarray(close, float)
    return pd.DataFrame(
        {
            "ticker": ticker,
            "date": pd.bdate_range("2020-01-06", periods=len(close)).as_unit("us"),
            "open": open_,
            "high": np.maximum(open_, close),
            "low": np.minimum(open_, close),
            "close": close,
            "volume": 1e6,
        }
    ).astype({"ticker": "str"})


def free(**changes):
    rules = {
        "initial_capital": 1000.0,
        "commission": 0.0,
        "slippage": 0.0,
        "max_position_size": 1.0,
        "stop_loss": None,
        "take_profit": None,
    }
    return ProfitTracker(**{**rules, **changes})


@pytest.mark.parametrize("long_short", [False, True])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_an_oracle_earns_more_than_a_coin_and_a_coin_more_than_an_anti_oracle(random_bars, params, long_short, seed):
    bars = random_bars(count=400, seed=seed)
    profit = params.profit.model_copy(
        update={"long_short": long_short, "threshold": 0.5, "horizon": 1, "least_return": 0.0}
    )
    tracker = ProfitTracker.from_params(params.costs, profit)
    ahead = np.append(np.log(bars["open"].shift(-2) / bars["open"].shift(-1)).to_numpy()[:-2], [0.0, 0.0])
    coin = np.random.default_rng(seed).permutation(ahead)
    oracle, random, anti = (
        tracker.measure(forecasts_of(bars, means), {"AAA": bars}).model for means in (ahead, coin, -ahead)
    )
    assert oracle.total_return > random.total_return > anti.total_return
    assert oracle.sharpe_ratio > random.sharpe_ratio > anti.sharpe_ratio
    assert oracle.win_rate > random.win_rate > anti.win_rate
    assert oracle.total_return > 0.0 > anti.total_return


def test_a_forecast_is_filled_at_the_next_open_and_closed_at_the_one_after_the_change():
    """Up at bar 0: buy bar 1 at 10. Down at bar 2: sell bar 3 at 14. 1000 becomes 1400; bars 0 and 4 earn nothing."""
    bars = bars_of([5, 10, 12, 14, 7], [9, 11, 13, 8, 20])
    report = free().measure(forecasts_of(bars, [1, 1, -1, -1, -1]), {"AAA": bars})
    assert report.model.total_return == pytest.approx(0.4)
    assert report.model.total_trades == 1
    assert report.model.win_rate == 1.0


def test_buy_and_hold_buys_once_at_the_open_after_the_first_forecast_and_pays_its_costs():
    """1000 buys at 10 x 1.01, commission 2 % on top, and is marked at the last close 20; the size is full, no stops."""
    bars = bars_of([5, 10, 12, 14, 7], [9, 11, 13, 8, 20])
    tracker = free(slippage=0.01, commission=0.02, max_position_size=0.1, stop_loss=0.02)
    held = tracker.measure(forecasts_of(bars, [-1.0] * 5), {"AAA": bars}).buy_and_hold
    assert held.total_return == pytest.approx(20 / (10 * 1.01 * 1.02) - 1)
    assert held.total_trades == 1


def test_costs_are_paid_on_both_ways():
    bars = bars_of([5, 10, 12, 14, 7], [9, 11, 13, 8, 20])
    earned = free(slippage=0.01, commission=0.02).measure(forecasts_of(bars, [1, 1, -1, -1, -1]), {"AAA": bars})
    assert earned.model.total_return == pytest.approx(14 * 0.99 * 0.98 / (10 * 1.01 * 1.02) - 1)


def test_tickers_are_pooled_as_accounts_of_equal_capital(random_bars):
    tables = {name: random_bars(count=200, seed=seed, ticker=name) for seed, name in enumerate(("BBB", "AAA"))}
    tables["BBB"] = tables["BBB"].iloc[7:]  # listed later: its account waits in cash
    rng = np.random.default_rng(3)
    frames = {name: forecasts_of(bars, rng.normal(size=len(bars))) for name, bars in tables.items()}
    alone = [free().measure(frames[name], tables) for name in tables]
    pool = free().measure(pd.concat(frames.values(), ignore_index=True), tables)
    for side in ("model", "buy_and_hold"):
        returns = [getattr(report, side).total_return for report in alone]
        assert getattr(pool, side).total_return == pytest.approx(np.mean(returns))
    assert pool.model.total_trades == sum(report.model.total_trades for report in alone)


def test_nothing_outside_the_dates_of_the_forecasts_counts(random_bars):
    bars = random_bars(count=300)
    forecasts = forecasts_of(bars, np.random.default_rng(0).normal(size=300)).iloc[100:200]
    rewritten = bars.copy()
    outside = np.r_[0:100, 200:300]
    rewritten.loc[outside, ["open", "high", "low", "close"]] *= 3.0
    first, second = (free().measure(forecasts, {"AAA": table}) for table in (bars, rewritten))
    assert first.model.to_dict() == second.model.to_dict()
    assert first.buy_and_hold.to_dict() == second.buy_and_hold.to_dict()
    assert first.model.total_trades > 10


def test_positions_come_from_the_horizon_that_was_asked_for(random_bars):
    bars = random_bars(count=100)
    up, down = forecasts_of(bars, [1.0] * 100, horizon=1), forecasts_of(bars, [-1.0] * 100, horizon=5)
    both = pd.concat([up, down], ignore_index=True)
    assert free(horizon=1).measure(both, {"AAA": bars}).model.total_trades == 1
    assert free(horizon=5).measure(both, {"AAA": bars}).model.total_trades == 0


def test_a_mean_below_the_threshold_opens_nothing(random_bars):
    bars = random_bars(count=100)
    forecasts = forecasts_of(bars, [0.002] * 100, deviation=0.01)
    assert free(threshold=0.1).measure(forecasts, {"AAA": bars}).model.total_trades == 1
    assert free(threshold=0.4).measure(forecasts, {"AAA": bars}).model.total_trades == 0


def test_the_metrics_stand_beside_buy_and_hold(random_bars):
    bars = random_bars(count=100)
    metrics = free().measure(forecasts_of(bars, [-1.0] * 100), {"AAA": bars}).to_metrics()
    assert list(metrics) == [
        "total_return",
        "sharpe_ratio",
        "win_rate",
        "max_drawdown",
        "total_trades",
        "buy_and_hold_total_return",
        "buy_and_hold_sharpe_ratio",
        "buy_and_hold_max_drawdown",
        "buy_and_hold_total_trades",
    ]
    assert metrics["buy_and_hold_total_trades"] == 1.0
    assert 0.0 < metrics["buy_and_hold_max_drawdown"] < 1.0
    assert metrics["total_return"] == 0.0
    assert np.isnan(metrics["win_rate"])


def test_the_six_settings_of_an_account_are_enough(random_bars):
    tracker = ProfitTracker(
        initial_capital=10000,
        commission=0.001,
        slippage=0.0005,
        max_position_size=0.3,
        stop_loss=0.02,
        take_profit=0.05,
    )
    bars = random_bars(count=100)
    assert tracker.measure(forecasts_of(bars, [1.0] * 100), {"AAA": bars}).model.total_trades >= 1


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda frame: frame.assign(horizon=3), "expected profit.horizon 1 among them"),
        (lambda frame: frame.assign(ticker="ZZZ"), "forecasts hold ZZZ"),
        (lambda frame: frame.assign(date=frame["date"] + pd.Timedelta(hours=1)), "has no bar"),
        (lambda frame: frame.iloc[:0], "expected profit.horizon 1 among them"),
    ],
)
def test_forecasts_that_cannot_be_traded_are_refused(random_bars, change, match):
    bars = random_bars(count=20)
    with pytest.raises(DataError, match=match):
        free().measure(change(forecasts_of(bars, [1.0] * 20)), {"AAA": bars})


def test_an_account_that_cannot_be_is_refused():
    with pytest.raises(DataError, match=r"stop_loss is 1\.5"):
        free(stop_loss=1.5)
