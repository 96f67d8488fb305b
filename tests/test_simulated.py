from datetime import date

import numpy as np
import pandas as pd
import pytest

from tradeproof.data.bars import BARS_COLUMNS
from tradeproof.data.calendar import sessions
from tradeproof.data.sources.simulated import load_simulated, planted_positions, simulate_ticker
from tradeproof.errors import DataError

YEARS = 60
SEEDS = 12


@pytest.fixture(scope="module")
def market(params):
    """60 years of bars per seed, for one edge."""
    days = sessions("XNYS", date(1955, 1, 1), date(2014, 12, 31))

    def make(edge, seed):
        simulated = params.data.simulated.model_copy(update={"edge": edge})
        return simulate_ticker("AAA", days, simulated, seed)

    return make


@pytest.fixture(scope="module")
def martingale(market):
    return [market(0.0, seed) for seed in range(SEEDS)]


def rule_returns(bars, positions):
    """Return of each position from the next open to the one after it, without costs."""
    opens = bars["open"].to_numpy()
    earned = positions[:-2] * (opens[2:] / opens[1:-1] - 1)
    return earned[positions[:-2] != 0]


def annual_sharpe(returns):
    return np.sqrt(252) * returns.mean() / returns.std()


def t_value(returns):
    return returns.mean() / returns.std() * np.sqrt(len(returns))


@pytest.mark.parametrize("edge", [0.0, 1.0, 3.0])
def test_the_planted_rule_earns_the_edge_and_nothing_without_one(edge, market):
    drift = edge * 0.2 / 252
    returns = np.concatenate(
        [rule_returns(bars, planted_positions(bars)) for bars in (market(edge, s) for s in range(SEEDS))]
    )
    assert abs(t_value(returns - drift)) < 3
    # 720 years: the standard error is 0.037; volatility that clusters adds some per cent of the edge
    assert abs(annual_sharpe(returns) - edge) < 3 * np.sqrt(252 / len(returns)) + 0.03 * edge


def test_without_an_edge_the_price_goes_nowhere_on_average_overnight_and_within_the_day(martingale):
    overnight = np.concatenate([(bars["open"] / bars["close"].shift() - 1)[1:] for bars in martingale])
    within = np.concatenate([bars["close"] / bars["open"] - 1 for bars in martingale])
    assert abs(t_value(overnight)) < 3
    assert abs(t_value(within)) < 3


@pytest.mark.parametrize("bars_back", [1, 5, 20])
def test_without_an_edge_neither_momentum_nor_reversal_nor_volume_earns(bars_back, martingale):
    for signal in ("close", "volume"):
        parts = [
            rule_returns(bars, np.sign(bars[signal].diff(bars_back).fillna(0.0).to_numpy())) for bars in martingale
        ]
        assert abs(t_value(np.concatenate(parts))) < 3.5


@pytest.mark.parametrize("level", [0.99, 1.01])
def test_without_an_edge_an_order_at_a_level_within_the_day_gains_nothing(level, martingale):
    """Buy the open; leave at the level where the day's range touches it, else at the close."""
    outcomes = []
    for bars in martingale:
        touched = bars["low"] <= level * bars["open"] if level < 1 else bars["high"] >= level * bars["open"]
        outcomes.append(np.where(touched, level - 1, bars["close"] / bars["open"] - 1))
        assert 0.05 < touched.mean() < 0.5
    assert abs(t_value(np.concatenate(outcomes))) < 3


def test_the_volatility_is_the_one_asked_for_and_gaps_have_their_share(martingale):
    overnight = np.concatenate([np.log(bars["open"] / bars["close"].shift())[1:] for bars in martingale])
    within = np.concatenate([np.log(bars["close"] / bars["open"])[1:] for bars in martingale])
    variance = overnight.var() + within.var()
    assert np.sqrt(252 * variance) == pytest.approx(0.2, rel=0.03)
    assert overnight.var() / variance == pytest.approx(0.3, abs=0.01)


def test_bars_look_like_a_market_with_fat_tails_clusters_and_volume_that_moves_with_volatility(martingale):
    bars = martingale[0]
    returns = np.log(bars["close"]).diff()[1:]
    size = returns.abs()
    assert returns.kurt() > 3
    assert size.autocorr(1) > 0.1
    assert size.autocorr(20) > 0.05
    assert abs(returns.autocorr(1)) < 0.03
    assert np.corrcoef(np.log(bars["volume"]), np.log(bars["high"] / bars["low"]))[0, 1] > 0.3


def test_high_and_low_hold_open_and_close_and_measure_the_same_variance(martingale):
    for bars in martingale:
        assert (bars["high"] >= bars[["open", "close"]].max(axis=1)).all()
        assert (bars["low"] <= bars[["open", "close"]].min(axis=1)).all()
        assert (bars["low"] > 0).all()
    spread = np.concatenate([np.log(bars["high"] / bars["low"]) for bars in martingale])
    within = np.concatenate([np.log(bars["close"] / bars["open"]) for bars in martingale])
    # Parkinson's estimate; the pieces' extremes are drawn apart from each other, which widens the range a little
    assert (spread**2).mean() / (4 * np.log(2)) == pytest.approx((within**2).mean(), rel=0.06)


def test_the_edge_moves_prices_and_nothing_else(market, martingale):
    without, with_edge = martingale[0], market(2.0, 0)
    assert with_edge["volume"].tolist() == without["volume"].tolist()
    positions = planted_positions(without)
    drift = 2.0 * 0.2 / 252
    moved = np.log(with_edge["close"] / with_edge["open"]) - np.log(without["close"] / without["open"])
    assert moved.to_numpy()[1:] == pytest.approx(np.log1p(drift * positions[:-1]), abs=1e-12)
    gaps = [(bars["open"] / bars["close"].shift())[1:] for bars in (without, with_edge)]
    assert gaps[1].to_numpy() == pytest.approx(gaps[0].to_numpy(), abs=1e-12)


def test_the_planted_rule_worked_out_by_hand_knows_no_bar_after_its_own():
    volume = np.array([10.0] * 19 + [11.0, 10.0, 30.0])
    bars = pd.DataFrame({"ticker": "AAA", "volume": volume})
    # mean of the last 20: 10.05, then 10.05, then 11.05
    assert planted_positions(bars).tolist() == [0.0] * 19 + [1.0, -1.0, 1.0]
    changed = bars.assign(volume=np.append(volume[:-1], 0.1))
    assert planted_positions(changed).tolist()[:-1] == planted_positions(bars).tolist()[:-1]
    two = pd.concat([bars, bars.assign(ticker="BBB")], ignore_index=True)
    assert planted_positions(two).tolist() == planted_positions(bars).tolist() * 2


@pytest.fixture
def simulate(params):
    def run(tickers, seed=7, end="2011-12-31"):
        days = {"start": date(2010, 1, 1), "end": pd.Timestamp(end).date()}
        data = params.data.model_copy(update={"source": "simulated", **days})
        return load_simulated(data, params.universe.model_copy(update={"tickers": tickers}), seed).frame

    return run


def test_the_same_seed_gives_the_same_bars_and_another_seed_gives_others(simulate):
    pd.testing.assert_frame_equal(simulate(["AAA"]), simulate(["AAA"]), check_exact=True)
    assert tuple(simulate(["AAA"]).columns) == BARS_COLUMNS
    assert (simulate(["AAA"], seed=8)["close"] != simulate(["AAA"])["close"]).all()


def test_another_ticker_or_another_order_changes_no_bar_of_the_first(simulate):
    alone = simulate(["AAA"])
    among = simulate(["BBB", "AAA", "CCC"])
    pd.testing.assert_frame_equal(among[among["ticker"] == "AAA"].reset_index(drop=True), alone, check_exact=True)
    assert (among.loc[among["ticker"] == "BBB", "close"].to_numpy() != alone["close"].to_numpy()).all()


def test_a_longer_market_begins_with_the_same_bars(simulate):
    short, longer = simulate(["AAA"], end="2010-12-31"), simulate(["AAA"])
    assert len(longer) == 504
    pd.testing.assert_frame_equal(longer.iloc[: len(short)], short, check_exact=True)


def test_an_edge_that_no_price_can_carry_is_refused(params):
    wild = params.data.simulated.model_copy(update={"edge": 10.0, "volatility": 20.0})
    days = sessions("XNYS", date(2010, 1, 1), date(2010, 12, 31))
    with pytest.raises(DataError, match=r"data\.simulated\.edge 10 with volatility 20"):
        simulate_ticker("AAA", days, wild, 1)
