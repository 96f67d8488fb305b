"""Features: hand-worked values, parity with textbooks and TA-Lib, and the laws that make them safe to learn from."""

import math

import numpy as np
import pandas as pd
import pytest
import talib
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tradeproof.data.bars import BARS_COLUMNS
from tradeproof.errors import DataError
from tradeproof.features import indicators
from tradeproof.features.announcements import surprise
from tradeproof.features.catalogue import catalogue
from tradeproof.features.contract import feature_contract
from tradeproof.features.table import build_table
from tradeproof.params.schema import FeatureParams

PRICES = ["open", "high", "low", "close"]
SMALL = FeatureParams(
    return_bars=[1, 3],
    volatility_bars=2,
    range_bars=2,
    rsi_bars=2,
    atr_bars=2,
    macd_bars=(2, 3, 2),
    bollinger_bars=3,
    volume_bars=2,
    average_bars=[3],
    extreme_bars=3,
    drawdown_bars=4,
    range_volatility_bars=[1, 3],
    downside_bars=[2],
    volume_trend_bars=3,
    surprise_bars=[2],
    season_weeks=[3],
)
SEVEN = pd.DataFrame(
    {
        "ticker": "AAA",
        "date": pd.to_datetime(
            ["2020-01-30", "2020-01-31", "2020-02-03", "2020-02-04", "2020-02-05", "2020-02-06", "2020-02-10"]
        ).as_unit("us"),
        "open": [100.0, 104.0, 108.0, 100.0, 98.0, 118.0, 125.0],
        "high": [102.0, 112.0, 110.0, 101.0, 121.0, 126.0, 125.0],
        "low": [98.0, 103.0, 98.0, 95.0, 97.0, 110.0, 112.0],
        "close": [100.0, 110.0, 99.0, 99.0, 120.0, 124.0, 115.0],
        "volume": [10.0, 30.0, 0.0, 0.0, 50.0, 50.0, 150.0],
    }
)
log, sqrt = math.log, math.sqrt


def features_of(bars, params):
    return build_table(bars, params)[[*feature_contract(params).names, "volatility"]]


def real_bars(market_folder, symbol):
    table = pd.read_parquet(market_folder / "us30_daily_1999_2019.parquet")
    own = table[table["symbol"] == symbol].reset_index(drop=True)
    adjustment = own["adjusted_close"] / own["close"]
    return pd.DataFrame(
        {
            "ticker": symbol,
            "date": pd.to_datetime(own["date"]).dt.as_unit("us"),
            **{name: own[name] * adjustment for name in PRICES},
            "volume": own["volume"].astype("float64"),
        }
    )


def bar_variance(open_, high, low, close, previous):
    """Garman and Klass's of the session, plus the gap; none of the bars here falls below zero."""
    session = 0.5 * log(high / low) ** 2 - (2 * log(2) - 1) * log(close / open_) ** 2
    return log(open_ / previous) ** 2 + session


# the sample deviation of two numbers is |difference| / sqrt(2)
LAST_VOLATILITY = abs(log(124 / 120) - log(115 / 124)) / sqrt(2)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("return_1", log(115 / 124) / LAST_VOLATILITY),
        ("return_3", log(115 / 99) / (LAST_VOLATILITY * sqrt(3))),
        ("overnight_gap", log(125 / 124) / LAST_VOLATILITY),
        ("close_location", (230 - 125 - 112) / 13),
        ("volatility_level", log(LAST_VOLATILITY / 0.01)),
        (
            "volatility_regime_4",
            log(LAST_VOLATILITY / np.std([0.0, log(120 / 99), log(124 / 120), log(115 / 124)], ddof=1)),
        ),
        ("bar_range", log(125 / 112) / LAST_VOLATILITY),
        ("parkinson_2", sqrt((log(126 / 110) ** 2 + log(125 / 112) ** 2) / 2 / (4 * log(2))) / LAST_VOLATILITY),
        ("range_volatility_1", log(0.1 + sqrt(bar_variance(125, 125, 112, 115, 124)) / LAST_VOLATILITY)),
        (
            "range_volatility_3",
            log(
                0.1
                + sqrt(
                    (
                        bar_variance(98, 121, 97, 120, 99)
                        + bar_variance(118, 126, 110, 124, 120)
                        + bar_variance(125, 125, 112, 115, 124)
                    )
                    / 3
                )
                / LAST_VOLATILITY
            ),
        ),
        ("absolute_return_2", log((log(124 / 120) + log(124 / 115)) / 2 / LAST_VOLATILITY)),
        ("largest_return_2", log(log(124 / 115) / LAST_VOLATILITY)),
        ("downside_share_2", log(124 / 115) ** 2 / (log(124 / 120) ** 2 + log(124 / 115) ** 2)),
        ("volume_trend_3_2", log((1 + 250 / 3 / 100) / 2)),
        # the bar before last: volume 50 after 0 and 50; the last one: 150 after 50 and 50
        (
            "surprise_2",
            max(
                log(50 / 25)
                + 0.5
                * log(
                    bar_variance(118, 126, 110, 124, 120)
                    * 2
                    / (bar_variance(100, 101, 95, 99, 99) + bar_variance(98, 121, 97, 120, 99))
                ),
                log(150 / 50)
                + 0.5
                * log(
                    bar_variance(125, 125, 112, 115, 124)
                    * 2
                    / (bar_variance(98, 121, 97, 120, 99) + bar_variance(118, 126, 110, 124, 120))
                ),
            ),
        ),
        ("bollinger_position_3", (115 - 359 / 3) / (2 * np.std([120, 124, 115]))),
        ("bollinger_width_3", np.std([120, 124, 115]) / (115 * LAST_VOLATILITY * sqrt(3))),
        ("volume_ratio_2", log((1 + 150 / 100) / 2)),
        ("average_distance_3", log(115 / (359 / 3)) / (LAST_VOLATILITY * sqrt(3))),
        ("high_distance_3", log(115 / 126) / (LAST_VOLATILITY * sqrt(3))),
        ("low_distance_3", log(115 / 97) / (LAST_VOLATILITY * sqrt(3))),
        ("drawdown_4", log(115 / 124) / (LAST_VOLATILITY * sqrt(4))),
        ("weekday_sin", 0.0),
        ("weekday_cos", 1.0),
        ("month_sin", 0.5),
        ("month_cos", sqrt(0.75)),
        ("days_since_bar", log(4)),
        ("volatility", LAST_VOLATILITY),
    ],
)
def test_the_last_of_seven_bars_worked_out_by_hand(name, expected):
    assert features_of(SEVEN, SMALL)[name].iloc[-1] == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_every_feature_has_a_hand_worked_or_a_parity_test():
    tested = {mark.args[1][i][0] for mark in _marks() for i in range(len(mark.args[1]))}
    tested |= {"rsi_2", "atr_percent_2", "macd_2_3", "macd_histogram_2_3_2"}  # recursive: see the tests of parity
    tested |= {"season_day", "season_days", "season_week"}  # see the tests of announcements
    assert set(feature_contract(SMALL).names) <= tested


def _marks():
    return test_the_last_of_seven_bars_worked_out_by_hand.pytestmark


def test_relative_strength_is_wilders_recursion(random_bars):
    close = random_bars(200)["close"].to_numpy()
    moves = np.diff(close)
    gain, loss = np.maximum(moves[:5], 0).mean(), np.maximum(-moves[:5], 0).mean()
    for move in moves[5:]:
        gain, loss = (4 * gain + max(move, 0)) / 5, (4 * loss + max(-move, 0)) / 5
    assert indicators.relative_strength(close, 5)[-1] == pytest.approx(100 * gain / (gain + loss), rel=1e-10)


def test_average_true_range_is_wilders_recursion(random_bars):
    bars = random_bars(200)
    high, low, close = (bars[name].to_numpy() for name in ("high", "low", "close"))
    true_range = np.maximum(high[1:], close[:-1]) - np.minimum(low[1:], close[:-1])
    average = true_range[:5].mean()
    for value in true_range[5:]:
        average = (4 * average + value) / 5
    assert indicators.average_true_range(high, low, close, 5)[-1] == pytest.approx(average, rel=1e-10)


def test_convergence_divergence_is_the_difference_of_exponential_averages(random_bars):
    close = random_bars(600)["close"]
    line, histogram = indicators.convergence_divergence(close.to_numpy(), 12, 26, 9)
    expected = close.ewm(span=12, adjust=False).mean() - close.ewm(span=26, adjust=False).mean()
    assert line[-1] == pytest.approx(expected.iloc[-1], rel=1e-6)
    signal = expected.ewm(span=9, adjust=False).mean()
    assert histogram[-1] == pytest.approx((expected - signal).iloc[-1], rel=1e-5)


def test_oscillators_in_the_table_are_the_indicators_over_the_average_true_range(params, random_bars):
    bars = random_bars(400)
    high, low, close = (bars[name].to_numpy() for name in ("high", "low", "close"))
    last = features_of(bars, params.build_features).iloc[-1]
    atr = talib.ATR(high, low, close, 14)[-1]
    line, _, histogram = talib.MACD(close, 12, 26, 9)
    assert last["rsi_14"] == pytest.approx(talib.RSI(close, 14)[-1] / 50 - 1, rel=1e-9)
    assert last["atr_percent_14"] == pytest.approx(log(100 * atr / close[-1]), rel=1e-9)
    assert last["macd_12_26"] == pytest.approx(line[-1] / atr, rel=1e-9)
    assert last["macd_histogram_12_26_9"] == pytest.approx(histogram[-1] / atr, rel=1e-9)


def test_bollinger_bands_agree_with_talib(params, random_bars):
    bars = random_bars(600)
    close = bars["close"].to_numpy()
    upper, middle, lower = talib.BBANDS(close, 20, 2.0, 2.0)
    position = features_of(bars, params.build_features)["bollinger_position_20"].to_numpy()
    expected = (close - middle) / ((upper - lower) / 2)
    np.testing.assert_allclose(position[300:], expected[300:], rtol=1e-6, atol=1e-8)


def test_range_volatilities_find_the_volatility_of_a_finely_sampled_walk():
    rng = np.random.default_rng(0)
    steps = rng.normal(0, 0.01 / sqrt(2000), (400, 2000))
    paths = np.concatenate([np.zeros((400, 1)), np.cumsum(steps, axis=1)], axis=1)
    starts = np.concatenate([[0.0], np.cumsum(paths[:-1, -1])])
    open_, high, low, close = (
        np.exp(starts + v) for v in (paths[:, 0], paths.max(1), paths.min(1), paths[:, -1])
    )  # each session opens where the one before closed
    assert indicators.parkinson_deviation(high, low, 400)[-1] == pytest.approx(0.01, rel=0.05)
    assert sqrt(indicators.bar_variance(open_, high, low, close)[1:].mean()) == pytest.approx(0.01, rel=0.05)


def test_a_session_variance_below_zero_counts_as_none_and_the_gap_stays():
    flat, jump = np.full(3, 100.0), np.full(3, 110.0)
    variance = indicators.bar_variance(flat, jump, jump, jump)
    assert np.isnan(variance[0])
    np.testing.assert_allclose(variance[1:], log(100 / 110) ** 2)


@pytest.fixture
def announcing(random_bars):
    """Bars of 120 weeks; on each 13th Tuesday the range is tenfold and the volume fivefold."""
    bars = random_bars(600, start="2010-01-04")
    days = np.arange(7, 600, 65) + 59
    days = days[days < 600]
    middle = bars["close"][days]
    bars.loc[days, "high"], bars.loc[days, "low"] = middle * 1.12, middle * 0.88
    bars.loc[days, "volume"] = bars["volume"].median() * 5
    return bars, days


def test_the_season_of_the_next_weekday_is_high_before_an_announcement_and_nought_after_it(announcing, params):
    bars, days = announcing
    table = build_table(bars, params.build_features)
    announced = [day for day in days if day > 400]
    assert len(announced) == 3
    for day in announced:
        before, on = table.iloc[day - 1], table.iloc[day]
        assert before["season_day"] > 2.5**2  # 1.5 of a volume about fivefold, and the range
        assert before["season_day"] == before["season_days"] == before["season_week"]
        assert on["season_day"] < 0.8
        assert on["season_days"] > 2.5**2  # the day before the next weekday
        assert table["season_days"][day + 1] < 1.0
        assert table["season_week"][day - 5] > 2.5**2
        assert on["surprise_5"] > 2.5


def test_a_season_is_the_squared_mean_over_its_weeks_of_the_surprise_on_that_weekday(announcing, params):
    bars, _ = announcing
    windows = params.build_features.model_copy(update={"season_weeks": [4, 13]})
    table = build_table(bars, windows)
    friday = int(np.flatnonzero((bars["date"].dt.dayofweek == 4) & (bars.index > 420))[0])
    variance = indicators.bar_variance(*(bars[name].to_numpy() for name in PRICES))
    marks = surprise(variance, bars["volume"].to_numpy(), 20)
    assert table["surprise_5"][friday] == marks[friday - 4 : friday + 1].max()
    monday = friday + 1
    expected = (max(marks[monday - 20], 0.0) + max(marks[monday - 65], 0.0)) / 2
    assert table["season_day"][friday] == pytest.approx(expected**2, rel=1e-12)


def test_a_surprise_is_bounded_and_without_volume_or_a_past_it_is_none():
    variance, volume = np.array([np.nan, 1.0, 1.0, 1e12, 1e-12]), np.array([0.0, 0.0, 0.0, 0.0, 0.0])
    np.testing.assert_allclose(surprise(variance, volume, 2), [0.0, 0.0, 0.0, 2.0, -1.5])
    still, trade = np.zeros(5), np.array([1.0, 1.0, 1e9, 0.0, np.nan])
    np.testing.assert_allclose(surprise(still, trade, 2), [0.0, 0.0, 2.5, -1.0, 0.0])


@pytest.mark.parametrize(
    ("closes", "expected"), [([100.0, 90.0, 81.0], 1.0), ([100.0, 110.0, 121.0], 0.0), ([100.0] * 3, 0.5)]
)
def test_the_downside_share_of_falls_of_rises_and_of_no_move(closes, expected):
    assert indicators.downside_share(np.array(closes), 2)[-1] == expected


@pytest.mark.parametrize(
    ("volume", "expected"),
    [
        ([100.0, 100.0], 0.0),
        ([100.0, 0.0], log(0.5)),
        ([0.0, 100.0], log(1.5)),
        ([0.0, 0.0], 0.0),
        ([np.nan, 100.0], np.nan),
        ([100.0, np.nan], np.nan),
    ],
)
def test_volume_ratio_of_zero_and_missing_volume(volume, expected):
    assert indicators.volume_ratio(np.array(volume), 2)[-1] == pytest.approx(expected, nan_ok=True)


def test_a_deviation_keeps_its_digits_after_a_crash():
    # the running sums of TA-Lib keep a residue of the large values that have left the window
    values = np.concatenate([np.full(50, 1e8), 1.0 + 1e-6 * (np.arange(50) % 2)])
    expected = np.std(values[-20:], ddof=1)
    assert indicators.trailing_deviation(values, 20)[-1] == expected
    assert abs(talib.STDDEV(values, 20)[-1] / expected - 1) > 0.01


def test_windows_are_computed_alike_in_any_number_of_chunks(monkeypatch):
    values = np.random.default_rng(0).normal(size=200)
    whole = indicators.trailing_deviation(values, 7), indicators.trailing_mean(values, 7)
    monkeypatch.setattr(indicators, "WINDOWS_AT_ONCE", 13)
    chunked = indicators.trailing_deviation(values, 7), indicators.trailing_mean(values, 7)
    assert np.array_equal(whole, chunked, equal_nan=True)


def test_the_table_holds_bars_features_volatility_and_ready(params, random_bars):
    bars = random_bars(300)
    before = bars.copy()
    table = build_table(bars, params.build_features)
    pd.testing.assert_frame_equal(table[list(BARS_COLUMNS)], before, check_exact=True)
    pd.testing.assert_frame_equal(bars, before, check_exact=True)
    assert tuple(table.columns) == feature_contract(params.build_features).columns
    assert table["ready"].dtype == bool


def test_warm_up_is_missing_and_everything_after_it_is_ready(params, random_bars):
    table = build_table(random_bars(400), params.build_features)
    warm_up = feature_contract(params.build_features).warm_up
    assert table["ready"].tolist() == [False] * warm_up + [True] * (400 - warm_up)
    for feature in catalogue(params.build_features):
        assert table[feature.name].isna().tolist() == [True] * feature.warm_up + [False] * (400 - feature.warm_up)


def test_the_volatility_is_that_of_the_last_log_returns(params, random_bars):
    bars = random_bars(300)
    returns = np.log(bars["close"]).diff()
    volatility = build_table(bars, params.build_features)["volatility"]
    np.testing.assert_allclose(volatility, returns.rolling(20).std(), rtol=1e-9)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(price=st.floats(1e-4, 1e4), volume=st.floats(1e-4, 1e4), seed=st.integers(0, 1000))
def test_features_do_not_depend_on_the_units_of_price_and_volume(price, volume, seed, params, random_bars):
    bars = random_bars(300, seed=seed)
    scaled = bars.copy()
    scaled[PRICES] *= price
    scaled["volume"] *= volume
    pd.testing.assert_frame_equal(
        features_of(bars, params.build_features), features_of(scaled, params.build_features), rtol=0, atol=1e-9
    )


@pytest.mark.parametrize("symbol", ["AIG", "AAPL"])
def test_real_features_do_not_depend_on_units(symbol, params, market_folder):
    bars = real_bars(market_folder, symbol)
    scaled = bars.copy()
    scaled[PRICES] *= 3e-3
    scaled["volume"] *= 7.0
    plain, other = features_of(bars, params.build_features), features_of(scaled, params.build_features)
    assert plain.notna().all(axis=1).sum() > 4000
    pd.testing.assert_frame_equal(plain, other, rtol=0, atol=1e-9)


@pytest.mark.parametrize("symbol", ["AIG", "NVDA"])
def test_the_start_of_a_real_series_is_forgotten_after_the_warm_up(symbol, params, market_folder):
    bars = real_bars(market_folder, symbol)
    whole = features_of(bars, params.build_features)
    late = build_table(bars[200:].reset_index(drop=True), params.build_features)
    ready = late["ready"].to_numpy()
    assert ready.sum() > 4000
    difference = (late[whole.columns][ready] - whole[200:].reset_index(drop=True)[ready]).abs()
    assert difference.max().max() < 1e-5
    recursive = {"rsi_14", "atr_percent_14", "macd_12_26", "macd_histogram_12_26_9"}
    summed = {"bollinger_position_20", "average_distance_20", "average_distance_50", "average_distance_200"}
    exact = difference.drop(columns=[*recursive, *summed])
    assert exact.max().max() == 0.0


def test_every_short_series_gives_a_table_without_a_ready_row(params, random_bars):
    bars = random_bars(60)
    for count in range(1, 61):
        table = build_table(bars[:count], params.build_features)
        assert len(table) == count
        assert not table["ready"].any()


def test_a_price_that_stands_still_is_masked_and_comes_back(params, random_bars):
    bars = random_bars(700)
    still = slice(400, 450)
    bars.loc[still, PRICES] = bars.loc[400, "close"]
    table = build_table(bars, params.build_features)
    numbers = table.drop(columns=["ticker", "date"]).to_numpy(dtype=float)
    assert not np.isinf(numbers).any()
    # bars 400 to 450 are equal, so the last 20 closes are from bar 419 to bar 450, the last 20 returns from bar 420
    assert np.flatnonzero(table["bollinger_position_20"][300:].isna()).tolist() == list(range(119, 151))
    assert np.flatnonzero(table["volatility"][300:].isna()).tolist() == list(range(120, 151))
    assert np.flatnonzero(~table["ready"][300:]).tolist() == list(range(119, 151))


def test_a_price_that_never_moves_has_no_ready_row(params, random_bars):
    bars = random_bars(400)
    bars[PRICES] = 50.0
    table = build_table(bars, params.build_features)
    assert not table["ready"].any()
    assert not np.isinf(table.drop(columns=["ticker", "date"]).to_numpy(dtype=float)).any()


def test_steady_growth_without_volatility_is_masked(params, random_bars):
    bars = random_bars(400)
    growth = 1.01 ** np.arange(400)
    bars[PRICES] = np.repeat(growth[:, np.newaxis], 4, axis=1)
    table = build_table(bars, params.build_features)
    assert table["volatility"].isna().all()
    assert not table["ready"].any()


def test_bars_with_a_close_alone_have_features(params, random_bars):
    bars = random_bars(400)
    bars[["open", "high", "low"]] = np.repeat(bars[["close"]].to_numpy(), 3, axis=1)
    bars["volume"] = 0.0
    table = build_table(bars, params.build_features)
    last = table.iloc[-1]
    assert table["ready"].sum() == 400 - feature_contract(params.build_features).warm_up
    assert last["bar_range"] == last["parkinson_20"] == last["close_location"] == 0.0
    assert last["volume_ratio_20"] == 0.0


def test_a_missing_volume_masks_the_bars_that_would_need_it(params, random_bars):
    bars = random_bars(500)
    bars.loc[350, "volume"] = np.nan
    ready = build_table(bars, params.build_features)["ready"]
    assert np.flatnonzero(~ready[300:]).tolist() == list(range(50, 70))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_feature_is_infinite_on_any_bars_in_order(data, random_bars):
    bars = random_bars(120, seed=data.draw(st.integers(0, 100)))
    row = data.draw(st.integers(0, 119))
    factor = data.draw(st.sampled_from([1e-6, 0.01, 0.5, 2.0, 100.0, 1e6]))
    flat = data.draw(st.booleans())
    bars.loc[row:, PRICES] *= factor
    if flat:
        bars.loc[row : row + 10, PRICES] = bars.loc[row, "close"]
        bars.loc[row : row + 5, "volume"] = 0.0
    table = build_table(bars, SMALL)
    numbers = table.drop(columns=["ticker", "date", "ready"])
    assert not np.isinf(numbers.to_numpy()).any()
    assert (numbers.notna().all(axis=1) == table["ready"]).all()


def test_more_than_one_ticker_is_refused(params, random_bars):
    bars = pd.concat([random_bars(50), random_bars(50, ticker="BBB")])
    with pytest.raises(DataError, match=r"bars hold tickers \['AAA', 'BBB'\], expected exactly one"):
        build_table(bars, params.build_features)
    with pytest.raises(DataError, match=r"bars hold tickers \[\], expected exactly one"):
        build_table(bars[:0], params.build_features)


def test_other_columns_are_refused(params, random_bars):
    with pytest.raises(DataError, match="bars have columns"):
        build_table(random_bars(50).assign(dividend=0.0), params.build_features)
    with pytest.raises(DataError, match="bars have columns"):
        build_table(random_bars(50).drop(columns="volume"), params.build_features)


def test_dates_out_of_order_or_twice_are_refused(params, random_bars):
    bars = random_bars(50)
    for wrong in (bars[::-1], bars.iloc[[0, 1, 1, 2]]):
        with pytest.raises(DataError, match="bars of AAA have dates out of order or twice"):
            build_table(wrong, params.build_features)


@pytest.mark.parametrize("name", PRICES)
@pytest.mark.parametrize("bad", [0.0, -5.0, np.nan, np.inf])
def test_a_price_that_is_no_positive_number_is_refused_with_its_date(name, bad, params, random_bars):
    bars = random_bars(50)
    bars.loc[17, name] = bad
    date = bars["date"][17].date()
    with pytest.raises(DataError, match=f"bars of AAA have {name} {bad} on {date}, expected a positive number"):
        build_table(bars, params.build_features)
