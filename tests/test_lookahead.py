"""The detector finds every planted leak, raises no false alarm, and refuses checks that would prove nothing."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import leaky
from tradeproof.errors import LookaheadError
from tradeproof.features.fills import check_fills, lookahead_of_fills
from tradeproof.features.futures import REWRITINGS, cut_at, rewritten, with_float_numbers
from tradeproof.features.labels import forward_returns
from tradeproof.features.lookahead import check_lookahead, choose_cuts, lookahead_of_features, raise_if_leaking
from tradeproof.features.table import build_table
from tradeproof.market.rules import TradingRules

NAMED = {"ids": lambda compute: compute.__name__}


def two_tickers(random_bars):
    return pd.concat([random_bars(ticker="AAA"), random_bars(ticker="BBB", seed=1)], ignore_index=True)


@pytest.mark.parametrize("compute", leaky.LEAKS, **NAMED)
def test_each_planted_leak_is_found(compute, random_bars):
    report = check_lookahead(compute, random_bars(400), 4, 7, subject=compute.__name__)
    assert report.leaking
    with pytest.raises(LookaheadError, match=rf"^{compute.__name__}: .*know the future.*by up to"):
        report.raise_if_leaking()


@pytest.mark.parametrize("compute", leaky.HONEST, **NAMED)
def test_no_honest_look_alike_is_blamed(compute, random_bars):
    report = check_lookahead(compute, random_bars(400), 4, 7, subject=compute.__name__)
    report.raise_if_leaking()
    assert report.compared > 1000


@pytest.mark.parametrize("compute", [leaky.z_score_by_ticker, leaky.rank_over_all_rows], **NAMED)
def test_leaks_are_found_among_several_tickers(compute, random_bars):
    assert check_lookahead(compute, two_tickers(random_bars), 4, 7, subject="x").leaking


def test_a_rank_across_tickers_of_one_day_is_no_leak(random_bars):
    bars = two_tickers(random_bars)
    check_lookahead(lambda b: b.groupby("date")["close"].rank(), bars, 4, 7, subject="x").raise_if_leaking()


@pytest.mark.parametrize(
    ("compute", "hidden_from"),
    [
        (leaky.remembering(), "truncated"),
        (leaky.share_of_rising_bars, "tenfold"),
        (leaky.days_to_the_next_bar, "tenth"),
        (leaky.days_to_the_next_bar, "redrawn"),
        (leaky.share_of_the_total, "shuffled"),
    ],
)
def test_a_leak_that_hides_from_one_rewriting_is_revealed_by_another(compute, hidden_from, random_bars):
    bars = random_bars()
    rise = 450 + int(np.argmax(bars["close"].diff()[451:] > 0))

    def beside_an_honest_column(b):
        return pd.DataFrame({"leak": compute(b), "close": b["close"]})

    alone = check_lookahead(beside_an_honest_column, bars, [rise], 7, subject="x", rewritings=[hidden_from])
    together = check_lookahead(beside_an_honest_column, bars, [rise], 7, subject="x")
    assert not alone.leaking
    assert [leak.column for leak in together.leaks] == ["leak"]
    assert hidden_from not in together.leaks[0].revealed_by


def test_the_report_tells_where_and_how_a_column_leaks(random_bars):
    bars = random_bars(100)

    def compute(b):
        return pd.DataFrame({"honest": b["close"], "tomorrow": b["close"].shift(-2)})

    report = check_lookahead(compute, bars, [50, 70], 7, subject="toy")
    (leak,) = report.leaks
    # rows 49 and 50 look at rows 51 and 52; the first rewriting takes them away
    assert (leak.column, leak.cut, leak.rewriting, leak.differing) == ("tomorrow", 50, "truncated", 2)
    assert leak.cut_date == str(bars["date"][50].date())
    assert leak.first_date == str(bars["date"][49].date())
    assert leak.revealed_by == REWRITINGS
    assert report.to_dict()["leaks"][0]["largest"] is None
    json.dumps(report.to_dict(), allow_nan=False)
    assert "\n" not in report.line()
    # 100 honest closes at two cuts: rows 0..50 and 0..70, five times; of tomorrow all are present too
    assert report.compared == 5 * 2 * (51 + 71)


def test_the_largest_change_is_measured_where_both_are_numbers(random_bars):
    bars = random_bars(100)
    report = check_lookahead(lambda b: b["close"].shift(-1), bars, [50], 7, subject="x", rewritings=["tenfold"])
    assert report.leaks[0].largest == pytest.approx(9.0 * bars["close"][51])


def test_the_smallest_difference_counts(random_bars):
    bars = random_bars(100)

    def compute(b):
        return b["close"] * (1.0 + 1e-15 * (len(b) < 100))

    assert check_lookahead(compute, bars, [50], 7, subject="x").leaks[0].largest < 1e-12


@pytest.mark.parametrize("horizon", [1, 5])
def test_a_label_may_know_its_horizon_and_not_one_bar_more(horizon, random_bars):
    def label(b):
        return forward_returns(b["close"].to_numpy(), [horizon])

    check_lookahead(label, random_bars(), 6, 7, subject="label", horizon=horizon).raise_if_leaking()
    assert check_lookahead(label, random_bars(), 6, 7, subject="label", horizon=horizon - 1).leaking


def test_a_label_by_ticker_is_judged_by_the_bars_of_its_ticker(random_bars):
    bars = two_tickers(random_bars).drop(index=[590, 592]).reset_index(drop=True)

    def label(b):
        return b.groupby("ticker")["close"].shift(-3)

    check_lookahead(label, bars, list(range(585, 595)), 7, subject="label", horizon=3).raise_if_leaking()
    assert check_lookahead(label, bars, list(range(585, 595)), 7, subject="label", horizon=2).leaking


def test_volume_of_the_day_is_not_known_at_its_open(random_bars):
    def known_at_open(b):
        return pd.DataFrame({"open": b["open"], "yesterday": b["volume"].shift(1), "today": b["volume"]})

    report = check_lookahead(known_at_open, random_bars(), 6, 7, subject="x", knowable="open")
    assert [leak.column for leak in report.leaks] == ["today"]
    assert not check_lookahead(known_at_open, random_bars(), 6, 7, subject="x").leaking


def test_features_and_labels_hold_on_simulated_bars(params, random_bars):
    bars = two_tickers(random_bars)
    reports = lookahead_of_features(bars, params.build_features, [1, 5], 4, 7)
    raise_if_leaking(reports)
    assert [report.subject for report in reports] == [
        "features of AAA",
        "labels 1 bars ahead of AAA",
        "labels 5 bars ahead of AAA",
        "features of BBB",
        "labels 1 bars ahead of BBB",
        "labels 5 bars ahead of BBB",
    ]
    assert reports[0].unmoved == ("weekday_sin", "weekday_cos", "month_sin", "month_cos", "days_since_bar", "ready")
    assert len(reports[0].columns) >= 30
    assert str(reports[0]).endswith("none changed")


def test_features_hold_on_real_bars(params, market_folder):
    table = pd.read_parquet(market_folder / "us30_daily_1999_2019.parquet")
    parts = []
    for symbol in ("AIG", "AAPL"):
        own = table[table["symbol"] == symbol].tail(600)
        parts.append(
            own.assign(ticker=symbol, date=pd.to_datetime(own["date"]).dt.as_unit("us"))[
                ["ticker", "date", "open", "high", "low", "close", "volume"]
            ]
        )
    bars = pd.concat(parts, ignore_index=True).astype({"volume": "float64"})
    raise_if_leaking(lookahead_of_features(bars, params.build_features, [5], 4, 7))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(265, 310), seed=st.integers(0, 2**32 - 1))
def test_no_feature_knows_the_future_at_any_cut(cut, seed, params, random_bars):
    bars = random_bars(312, seed=3)
    columns = build_table(bars, params.build_features).columns[7:]
    check_lookahead(
        lambda b: build_table(b, params.build_features)[columns], bars, [cut], seed, subject="features"
    ).raise_if_leaking()


def test_a_leak_planted_in_the_real_table_is_the_only_one_found(params, random_bars):
    def compute(b):
        table = build_table(b, params.build_features)
        return table.assign(rsi_14=table["rsi_14"].rolling(3, center=True).mean()).drop(columns=["ticker", "date"])

    report = check_lookahead(compute, random_bars(400), 3, 7, subject="features")
    assert [leak.column for leak in report.leaks] == ["rsi_14"]


def test_the_simulator_fills_at_the_next_open(params, random_bars):
    rules = TradingRules.from_params(params.costs, params.profit)
    reports = lookahead_of_fills(random_bars(300), rules, 10, 4, 7)
    raise_if_leaking(reports)
    assert [report.subject.split(" of ")[0] for report in reports] == [
        "accounts with stops",
        "accounts",
        "fills",
        "fill prices",
    ]


def test_an_honest_fill_is_not_blamed(random_bars):
    raise_if_leaking(check_fills(leaky.fill_at_the_next_open, random_bars(160), 3, 7, subject="rule"))


@pytest.mark.parametrize("trade", leaky.EARLY_FILLS, **NAMED)
def test_each_early_fill_is_found(trade, random_bars):
    reports = check_fills(trade, random_bars(160), 3, 7, subject="rule")
    with pytest.raises(LookaheadError, match=r"fills? .*of rule"):
        raise_if_leaking(reports)


def test_a_same_bar_fill_passes_the_plain_check_and_needs_the_check_of_fills(random_bars):
    trade = leaky.fill_at_the_close_of_the_decision
    accounts, fills, _ = check_fills(trade, random_bars(160), 3, 7, subject="rule")
    assert not accounts.leaking
    assert fills.leaking


def test_a_fill_at_an_old_close_is_told_by_its_price_alone(random_bars):
    accounts, fills, prices = check_fills(leaky.fill_at_the_old_close, random_bars(160), 3, 7, subject="rule")
    assert not accounts.leaking
    assert not fills.leaking
    assert prices.leaks[0].differing == 3
    with pytest.raises(LookaheadError, match="3 fills did not follow the open of their bar"):
        prices.raise_if_leaking()


def test_a_rule_that_never_trades_is_refused(random_bars):
    def idle(b):
        return pd.DataFrame({"equity": 1.0, "cash": 1.0, "shares": 0.0}, index=b.index)

    with pytest.raises(LookaheadError, match="nothing was traded"):
        check_fills(idle, random_bars(100), 5, 7, subject="rule")


def test_a_trade_without_an_account_is_refused(random_bars):
    with pytest.raises(LookaheadError, match=r"expected a DataFrame with the columns \['equity', 'cash', 'shares'\]"):
        check_fills(lambda b: b[["close"]], random_bars(100), 5, 7, subject="rule")


def test_a_result_captured_before_is_refused(random_bars):
    bars = random_bars(100)
    captured = (bars["close"] / bars["close"].mean()).set_axis(bars["date"])
    with pytest.raises(LookaheadError, match="computed from the bars that are passed in"):
        check_lookahead(lambda b: captured.loc[b["date"]].reset_index(drop=True), bars, 4, 7, subject="x")


def test_one_captured_column_among_honest_ones_is_found(random_bars):
    bars = random_bars(100)
    captured = (bars["close"] / bars["close"].mean()).set_axis(bars["date"])

    def compute(b):
        stale = captured.loc[b["date"]].to_numpy()
        return pd.DataFrame({"close": b["close"], "stale": stale, "day": b["date"].dt.dayofweek, "one": 1.0})

    report = check_lookahead(compute, bars, 4, 7, subject="x", dates_only=["day"])
    assert [leak.column for leak in report.leaks] == ["stale"]
    assert report.unmoved == ("stale", "day", "one")
    with pytest.raises(LookaheadError, match=r"stale: not one of 1 values after .* followed the rewritten bars"):
        report.raise_if_leaking()


def test_chance_is_not_called_a_leak_of_the_future(random_bars):
    rng = np.random.default_rng(0)
    report = check_lookahead(lambda b: b["close"] + rng.normal(size=len(b)), random_bars(100), 4, 7, subject="x")
    assert report.leaks[0].rewriting == "repeated"
    with pytest.raises(LookaheadError, match="100 values differ between two runs on the same bars; pass a seed"):
        report.raise_if_leaking()


def test_dropped_rows_are_refused(random_bars):
    with pytest.raises(LookaheadError, match=r"\[96\] rows came back for 100 bars"):
        check_lookahead(lambda b: b["close"].rolling(5).mean().dropna(), random_bars(100), 4, 7, subject="x")


def test_a_result_without_rows_is_refused(random_bars):
    with pytest.raises(LookaheadError, match="float came back"):
        check_lookahead(lambda b: 1.0, random_bars(100), 4, 7, subject="x")
    with pytest.raises(LookaheadError, match="each name once"):
        check_lookahead(lambda b: pd.concat([b["close"], b["close"]], axis=1), random_bars(100), 4, 7, subject="x")


def test_a_check_that_compares_nothing_is_refused(random_bars):
    with pytest.raises(LookaheadError, match="nothing was compared"):
        check_lookahead(lambda b: b["close"].rolling(90).mean(), random_bars(100), [10, 20], 7, subject="x")


@pytest.mark.parametrize(
    ("count", "cuts", "match"),
    [
        (100, [99], r"cuts \[99\] lie outside 0 to 98"),
        (100, [-1], "lie outside"),
        (100, [], "lie outside"),
        (100, 0, "cuts is 0, expected at least 1"),
        (7, 2, "bars hold 7 dates, expected at least 8"),
    ],
)
def test_cuts_without_a_past_or_a_future_are_refused(count, cuts, match, random_bars):
    with pytest.raises(LookaheadError, match=match):
        check_lookahead(leaky.trailing_mean, random_bars(count), cuts, 7, subject="x")


@given(size=st.integers(8, 5000), count=st.integers(1, 12), seed=st.integers(0, 100))
def test_chosen_cuts_are_ordered_have_a_future_and_include_the_last_one(size, count, seed):
    cuts = choose_cuts(size, count, seed)
    assert list(cuts) == sorted(set(cuts))
    assert len(cuts) <= count
    assert cuts[0] >= 0
    assert cuts[-1] == size - 2
    assert count == 1 or cuts[-2] == size - 3
    assert cuts == choose_cuts(size, count, seed)


@pytest.mark.parametrize("knowable", ["open", "close"])
@pytest.mark.parametrize("rewriting", REWRITINGS)
def test_a_rewritten_future_keeps_the_past_the_dates_and_the_order_of_prices(rewriting, knowable, random_bars):
    bars = with_float_numbers(two_tickers(random_bars))
    cut = cut_at(bars, 400, knowable)
    changed = rewritten(bars, cut, rewriting, np.random.default_rng(0))
    past = cut.known & ~cut.opening
    kept = changed if rewriting != "truncated" else changed.reindex(bars.index)
    pd.testing.assert_frame_equal(kept[past], bars[past], check_exact=True)
    expected_rows = 2 * 401 if rewriting == "truncated" else len(bars)
    assert len(changed) == expected_rows
    assert (changed["date"] == bars["date"].loc[changed.index]).all()
    assert (changed["low"] <= changed[["open", "close"]].min(axis=1)).all()
    assert (changed["high"] >= changed[["open", "close"]].max(axis=1)).all()
    assert (changed.dtypes == bars.dtypes).all()
    if knowable == "open":
        opening = cut.opening[changed.index]
        assert opening.sum() == 2
        assert (changed.loc[opening, "open"] == bars.loc[changed.index].loc[opening, "open"]).all()
        assert (changed.loc[opening, "volume"] != bars.loc[changed.index].loc[opening, "volume"]).all()
    if rewriting != "truncated":
        future = ~cut.known
        assert (changed.loc[future, "close"] != bars.loc[future, "close"]).mean() > 0.9


def test_a_shuffled_future_holds_the_same_bars_of_each_ticker(random_bars):
    bars = two_tickers(random_bars)
    cut = cut_at(bars, 590, "close")
    changed = rewritten(bars, cut, "shuffled", np.random.default_rng(0))
    for ticker in ("AAA", "BBB"):
        own = ~cut.known & (bars["ticker"] == ticker)
        before = bars.loc[own, ["open", "close", "volume"]].sort_values("open").to_numpy()
        after = changed.loc[own, ["open", "close", "volume"]].sort_values("open").to_numpy()
        assert np.array_equal(before, after)
