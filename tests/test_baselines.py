"""The yardsticks: causal, deterministic, right where the truth is known."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from scipy.stats import t as student

from tradeproof.errors import DataError
from tradeproof.evaluation.baselines import historical_volatility, standardised_returns
from tradeproof.evaluation.boosted import lightgbm_quantiles
from tradeproof.evaluation.garch import garch_t
from tradeproof.evaluation.har import har
from tradeproof.features.contract import feature_contract
from tradeproof.features.table import build_table

HORIZONS = [1, 5]
LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95]
COLUMNS = ["q05", "q25", "q50", "q75", "q95"]


def _parts(table, train_bars, wanted_bars):
    places = np.arange(len(table))
    ready = table["ready"].to_numpy()
    train = ready & (places < train_bars)
    return train, ready & (places >= train_bars + 5) & (places < train_bars + 5 + wanted_bars)


@pytest.fixture
def table(random_bars, params):
    return build_table(random_bars(1100, seed=1), params.build_features)


@pytest.fixture
def quick(params):
    return params.evaluate.model_copy(update={"lightgbm_rounds": 10})


def test_historical_volatility_by_hand(table):
    train, wanted = _parts(table, 800, 3)
    frame = historical_volatility({"AAA": table}, {"AAA": train}, {"AAA": wanted}, HORIZONS, LEVELS)
    assert frame["horizon"].tolist() == [1, 5, 1, 5, 1, 5]
    close, volatility = table["close"].to_numpy(), table["volatility"].to_numpy()
    places = np.flatnonzero(train)
    moves = np.log(close[places + 5] / close[places]) / (volatility[places] * np.sqrt(5))
    today = np.flatnonzero(wanted)[0]
    expected = np.quantile(moves, LEVELS) * volatility[today] * np.sqrt(5)
    assert frame.loc[frame["horizon"] == 5, COLUMNS].iloc[0].to_numpy(float) == pytest.approx(expected)


def test_a_ticker_listed_after_the_train_split_gets_the_shape_of_the_others(table, random_bars, params):
    late = build_table(random_bars(500, seed=8, ticker="NEW", start="2013-06-03"), params.build_features)
    wanted = late["ready"].to_numpy()
    train, _ = _parts(table, 800, 1)
    frame = historical_volatility({"AAA": table, "NEW": late}, {"AAA": train}, {"NEW": wanted}, [1], LEVELS)
    shape = np.quantile(standardised_returns(table, [1])[train, 0], LEVELS)
    expected = np.outer(late["volatility"].to_numpy()[wanted], shape)
    assert set(frame["ticker"]) == {"NEW"}
    assert frame[COLUMNS].to_numpy() == pytest.approx(expected)


def test_no_yardstick_sees_the_future(table, params, quick):
    """Later bars multiplied by ten or cut off: not one bit of a forecast moves."""
    train, wanted = _parts(table, 800, 40)
    last = np.flatnonzero(wanted)[-1]
    cut = table.iloc[: last + 1]
    bars = table.iloc[:, :7].copy()
    bars.loc[bars.index > last, ["open", "high", "low", "close", "volume"]] *= 10.0
    features = feature_contract(params.build_features).names

    def forecasts(part):
        rows = {"AAA": wanted[: len(part)]}
        learned = {"AAA": train[: len(part)]}
        return [
            historical_volatility({"AAA": part}, learned, rows, HORIZONS, LEVELS),
            garch_t(part, rows["AAA"], HORIZONS, LEVELS, 15),
            har({"AAA": part}, learned, rows, HORIZONS, LEVELS, [1, 5, 20]),
            lightgbm_quantiles({"AAA": part}, learned, rows, features, HORIZONS, LEVELS, quick, 7),
        ]

    whole = forecasts(table)
    for other in (cut, build_table(bars, params.build_features)):
        for ours, theirs in zip(whole, forecasts(other), strict=True):
            pd.testing.assert_frame_equal(ours, theirs, check_exact=True)
    assert not whole[0][COLUMNS].equals(whole[1][COLUMNS])


def _garch_table(count, omega=2e-6, alpha=0.08, beta=0.9, tail=6.0):
    """Bars of a known GARCH(1,1)-t process, and the true variance of the bar after each of them."""
    rng = np.random.default_rng(5)
    shocks = rng.standard_t(tail, count) * np.sqrt((tail - 2) / tail)
    variance = np.empty(count + 1)
    variance[0] = omega / (1 - alpha - beta)
    returns = np.empty(count)
    for t in range(count):
        returns[t] = np.sqrt(variance[t]) * shocks[t]
        variance[t + 1] = omega + alpha * returns[t] ** 2 + beta * variance[t]
    close = 100 * np.exp(np.cumsum(returns))
    dates = pd.bdate_range("2000-01-03", periods=count)
    return pd.DataFrame({"ticker": "A", "date": dates, "close": close}), variance[1:]


def test_garch_moves_its_variance_with_every_bar_and_its_parameters_only_at_refits():
    table, _ = _garch_table(1500)
    places = np.arange(len(table))
    wanted = (places >= 1400) & (places < 1430)
    shocked = table.copy()
    shocked.loc[shocked.index >= 1403, "close"] *= 1.1
    calm = garch_t(table, wanted, [1], LEVELS, 10)
    wild = garch_t(shocked, wanted, [1], LEVELS, 10)
    width = (wild["q95"] - wild["q05"]).to_numpy() / (calm["q95"] - calm["q05"]).to_numpy()
    assert width[:3] == pytest.approx(1.0)
    assert width[3] > 1.5
    shape = ((wild["q95"] - wild["q50"]) / (wild["q75"] - wild["q50"])).to_numpy()  # set by the degrees of freedom
    assert shape[:10] == pytest.approx(shape[0])
    assert abs(shape[10] - shape[9]) > 1e-3


def test_garch_finds_the_quantiles_of_a_process_it_describes():
    # shocks that fade within a few bars, so that five bars are far from five times one bar
    omega, alpha, beta, tail = 4e-5, 0.2, 0.5, 6.0
    table, variance = _garch_table(4000, omega, alpha, beta, tail)
    wanted = np.arange(4000) >= 3000
    frame = garch_t(table, wanted, [1, 5], [0.05, 0.5, 0.95], 500)
    one, five = (frame[frame["horizon"] == horizon] for horizon in (1, 5))
    true = np.sqrt(variance[3000:]) * student.ppf(0.95, tail) * np.sqrt((tail - 2) / tail)
    assert one["q95"].to_numpy() == pytest.approx(true, rel=0.2)
    # the sum of five expected variances, each nearer to the long-run one
    expected, total = variance[3000:], 0.0
    for _ in range(5):
        total = total + expected
        expected = omega + (alpha + beta) * expected
    ratio = (five["q95"] - five["q50"]).to_numpy() / (one["q95"] - one["q50"]).to_numpy()
    assert ratio == pytest.approx(np.sqrt(total / variance[3000:]), rel=0.1)
    assert ratio.min() < 0.9 * np.sqrt(5.0)


def test_lightgbm_learns_a_planted_dependence_and_repeats_to_the_bit(params, quick):
    rng = np.random.default_rng(2)
    count = 1500
    signal = rng.normal(size=count)
    returns = np.zeros(count)
    returns[1:] = 0.01 * (0.8 * np.sign(signal[:-1]) + 0.6 * rng.normal(size=count - 1))
    table = pd.DataFrame(
        {
            "ticker": "A",
            "date": pd.bdate_range("2000-01-03", periods=count),
            "close": 100 * np.exp(np.cumsum(returns)),
            "signal": signal,
            "volatility": 0.01,
            "ready": True,
        }
    )
    train, wanted = _parts(table, 1200, 200)
    settings = quick.model_copy(update={"lightgbm_rounds": 100})
    masks = {"A": train}, {"A": wanted}

    def run():
        return lightgbm_quantiles({"A": table}, *masks, ["signal"], [1], LEVELS, settings, 7)

    frame = run()
    up = signal[wanted] > 0
    assert frame["q50"].to_numpy()[up].mean() == pytest.approx(0.008, rel=0.2)
    assert frame["q50"].to_numpy()[~up].mean() == pytest.approx(-0.008, rel=0.2)
    assert (np.diff(frame[COLUMNS].to_numpy(), axis=1) >= 0).all()
    pd.testing.assert_frame_equal(frame, run(), check_exact=True)


def test_lightgbm_quantiles_that_cross_are_put_in_order(table, params, quick):
    train, wanted = _parts(table, 800, 200)
    close_levels = [0.47, 0.48, 0.49, 0.5, 0.51, 0.52, 0.53]
    features = feature_contract(params.build_features).names
    frame = lightgbm_quantiles({"AAA": table}, {"AAA": train}, {"AAA": wanted}, features, [1], close_levels, quick, 7)
    steps = np.diff(frame[[f"q{round(100 * level)}" for level in close_levels]].to_numpy(), axis=1)
    assert (steps >= 0).all()
    assert (steps > 0).any()


def test_lightgbm_forecasts_every_wanted_ticker_and_learns_only_from_the_train_ones(random_bars, params, quick):
    tables = {
        ticker: build_table(random_bars(900, seed=seed, ticker=ticker), params.build_features)
        for seed, ticker in enumerate(["BBB", "AAA"])
    }
    parts = {ticker: _parts(table, 600, 20) for ticker, table in tables.items()}
    wanted = {ticker: part[1] for ticker, part in parts.items()}
    features = feature_contract(params.build_features).names

    def run(given):
        learned = {"AAA": parts["AAA"][0]}
        return lightgbm_quantiles(given, learned, wanted, features, [5, 1], LEVELS, quick, 7)

    frame = run(tables)
    assert frame[["ticker", "date", "horizon"]].equals(
        frame[["ticker", "date", "horizon"]].sort_values(["ticker", "date", "horizon"])
    )
    assert frame.groupby("ticker").size().to_dict() == {"AAA": 40, "BBB": 40}
    stranger = build_table(random_bars(900, seed=9, ticker="BBB"), params.build_features)
    changed = run({**tables, "BBB": stranger})
    ours = frame["ticker"] == "AAA"
    pd.testing.assert_frame_equal(frame[ours], changed[ours], check_exact=True)


def test_standardised_returns_are_of_unit_size_on_a_random_walk(random_bars, params):
    table = build_table(random_bars(4000, seed=4), params.build_features)
    known = standardised_returns(table, HORIZONS)[table["ready"].to_numpy()]
    assert np.nanstd(known, axis=0) == pytest.approx([1.0, 1.0], abs=0.12)
    ready = {"AAA": table["ready"].to_numpy()}
    frame = historical_volatility({"AAA": table}, ready, ready, [1], [0.05, 0.5, 0.95])
    spread = (frame["q95"] / table.loc[table["ready"], "volatility"].to_numpy()).mean()
    assert spread == pytest.approx(norm.ppf(0.95), abs=0.2)


def test_too_few_bars_are_refused_with_the_ticker_and_the_way_out(table):
    train, wanted = _parts(table, 400, 20)
    with pytest.raises(DataError, match=r"AAA has \d+ train bars with an outcome, expected at least 250.*params split"):
        historical_volatility({"AAA": table}, {"AAA": train}, {"AAA": wanted}, HORIZONS, LEVELS)
    early = np.arange(len(table)) == 100
    with pytest.raises(DataError, match="AAA has 100 returns before the first forecast"):
        garch_t(table, early, HORIZONS, LEVELS, 250)


def test_garch_refuses_a_price_that_never_moves():
    table = pd.DataFrame({"ticker": "FLAT", "date": pd.bdate_range("2000-01-03", periods=400), "close": 5.0})
    with pytest.raises(DataError, match="FLAT found no maximum"):
        garch_t(table, np.arange(400) >= 390, [1], LEVELS, 50)


@pytest.mark.parametrize("ticker", ["AIG", "GE"])
def test_garch_holds_its_coverage_through_the_crash_of_2008(market_folder, ticker):
    """Real bars with a day of -61 %: the variance stays finite and 90 % intervals hold about 90 % of what came."""
    bars = pd.read_parquet(market_folder / "us30_daily_1999_2019.parquet", filters=[("symbol", "==", ticker)])
    table = pd.DataFrame({"ticker": ticker, "date": bars["date"], "close": bars["adjusted_close"]})
    years = table["date"].dt.year.to_numpy()
    wanted = (years >= 2008) & (years <= 2010)
    frame = garch_t(table, wanted, [1], LEVELS, 250)
    came = np.log(table["close"].shift(-1) / table["close"]).to_numpy()[wanted]
    inside = ((came >= frame["q05"].to_numpy()) & (came <= frame["q95"].to_numpy())).mean()
    assert len(frame) > 700
    assert 0.85 < inside < 0.95
