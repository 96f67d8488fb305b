import json

import numpy as np
import pandas as pd
import pytest

from tradeproof.data.acquisition import acquire_bars
from tradeproof.data.quality import Period, check_bars
from tradeproof.data.sources import BarFile
from tradeproof.errors import DataError

PRICES = ["open", "high", "low", "close"]


@pytest.fixture
def clean(random_bars, params):
    """400 bars of one ticker on sessions of the exchange, nothing wrong with them."""
    from tradeproof.data.calendar import sessions

    bars = random_bars(400)
    days = sessions("XNYS", pd.Timestamp("2010-01-01").date(), pd.Timestamp("2012-12-31").date())
    return bars.assign(date=days[:400])


@pytest.fixture
def check(params):
    """Pass one file through the gate; keyword arguments change actions."""

    def run(frame, tickers=("AAA",), start="2000-01-01", end="2020-12-31", **actions):
        quality = params.download.quality.model_copy(update=actions)
        download = params.download.model_copy(update={"quality": quality})
        universe = params.universe.model_copy(update={"tickers": list(tickers)})
        period = Period(pd.Timestamp(start).date(), pd.Timestamp(end).date())
        return check_bars([BarFile("AAA.csv", None, frame)], period, universe, download)

    return run


def as_text(frame):
    """The frame as a CSV gives it: every cell is text."""
    return frame.assign(date=frame["date"].dt.strftime("%Y-%m-%d")).astype("str")


def test_clean_bars_pass_without_a_finding_and_unchanged(clean, check):
    report = check(clean)
    assert report.findings == ()
    pd.testing.assert_frame_equal(report.bars, clean, check_exact=True)


def test_bars_as_text_become_the_same_numbers(clean, check):
    pd.testing.assert_frame_equal(check(as_text(clean)).bars, clean, check_exact=True)


def break_missing(bars):
    bars.loc[[30, 40], "close"] = np.nan


def break_price(bars):
    bars.loc[[30, 40], "low"] = 0.0


def break_order(bars):
    bars.loc[[30, 40], "high"] = bars.loc[[30, 40], "low"] * 0.99


def break_magnitude(bars):
    bars.loc[30, "volume"] = 2e13
    bars.loc[40, "volume"] = -1.0


def break_days(bars):
    # two Saturdays
    bars.loc[30, "date"] = pd.Timestamp("2010-02-20")
    bars.loc[35, "date"] = pd.Timestamp("2010-02-27")


def break_volume(bars):
    bars.loc[[30, 40], "volume"] = 0.0


ROW_FAULTS = {
    "missing_values": break_missing,
    "nonpositive_price": break_price,
    "ohlc_order": break_order,
    "absurd_magnitude": break_magnitude,
    "extra_days": break_days,
    "zero_volume": break_volume,
}


@pytest.mark.parametrize("rule", ROW_FAULTS)
def test_a_row_rule_stops_drops_or_keeps_as_its_param_says(rule, clean, check):
    broken = clean.copy()
    ROW_FAULTS[rule](broken)
    faulty = broken.index[(broken != clean).any(axis=1)]
    assert len(faulty) == 2

    with pytest.raises(DataError, match=rf"AAA.csv AAA {rule} \(2\): .*set download.quality.{rule} to drop"):
        check(broken, **{rule: "error"})
    dropped = check(broken, **{rule: "drop"})
    kept = check(broken, **{rule: "warn"})

    assert dropped.bars["close"].tolist() == clean["close"].drop(faulty).tolist()
    assert len(kept.bars) == len(clean)
    for report, action in ((dropped, "drop"), (kept, "warn")):
        (finding,) = [one for one in report.findings if one.rule == rule]
        assert (finding.action, finding.ticker, finding.count) == (action, "AAA", 2)
        assert finding.first_rows[0].startswith(f"{broken['date'][faulty[0]]:%Y-%m-%d}")


def test_repeated_days_stop_or_leave_the_first_row(clean, check):
    repeated = pd.concat([clean, clean.iloc[[7]].assign(close=1.0)], ignore_index=True)
    with pytest.raises(DataError, match=r"duplicate_dates \(1\): 2010-01-13 close 1"):
        check(repeated)
    report = check(repeated, duplicate_dates="drop")
    assert report.bars["close"].tolist() == clean["close"].tolist()


def test_rows_in_reverse_order_are_sorted_and_counted(clean, check):
    report = check(clean.iloc[::-1].reset_index(drop=True))
    (finding,) = report.findings
    assert (finding.rule, finding.action, finding.count) == ("unsorted", "warn", 399)
    pd.testing.assert_frame_equal(report.bars, clean)
    with pytest.raises(DataError, match=r"unsorted \(399\)"):
        check(clean.iloc[::-1], unsorted="error")


def test_headers_in_another_spelling_are_renamed_and_counted(clean, check):
    renamed = clean.rename(columns={"ticker": "Symbol", "date": "Timestamp", "close": "CLOSE"})
    report = check(renamed)
    (finding,) = report.findings
    assert (finding.rule, finding.action, finding.count) == ("other_headers", "warn", 3)
    assert "'Timestamp' read as date" in finding.first_rows
    pd.testing.assert_frame_equal(report.bars, clean)
    with pytest.raises(DataError, match=r"other_headers \(3\)"):
        check(renamed, other_headers="error")


def test_sessions_without_a_row_are_named(clean, check):
    report = check(clean.drop(index=[20, 21]))
    (finding,) = report.findings
    assert (finding.rule, finding.count) == ("missing_days", 2)
    assert finding.first_rows == ("2010-02-02", "2010-02-03")


def test_a_jump_is_kept_and_a_split_that_explains_it_is_no_jump(clean, check):
    halved = clean.copy()
    halved.loc[200:, PRICES] /= 2
    explained = halved.assign(split_coefficient=np.where(halved.index == 200, 2.0, 1.0))

    (finding,) = check(halved).findings
    assert (finding.rule, finding.count) == ("unexplained_jump", 1)
    assert finding.first_rows[0].startswith(f"{clean['date'][200]:%Y-%m-%d} close ")
    assert check(halved).bars["close"].tolist() == halved["close"].tolist()
    assert check(explained).findings == ()


def test_a_dividend_does_not_explain_a_jump_but_is_pointed_at(clean, check):
    halved = clean.copy()
    halved.loc[200:, PRICES] /= 2
    before = halved["close"][199]
    dividend = np.where(halved.index == 200, before / 2, 0.0)
    (finding,) = check(halved.assign(split_coefficient=1.0, dividend_amount=dividend)).findings
    assert f"where a dividend of {before / 2:.2f}, 50% of the price, stands" in finding.first_rows[0]


def test_a_rise_to_one_hundred_and_forty_percent_is_a_jump_and_one_just_below_is_none(clean, check):
    for factor, count in ((1.401, 1), (1.39, 0)):
        jumped = clean.copy()
        jumped.loc[200:, PRICES] *= factor * jumped["close"][199] / jumped["close"][200]
        assert len(check(jumped).findings) == count


def test_the_same_four_prices_are_a_run_from_the_fifth_bar_on(clean, check):
    run = clean.copy()
    run.loc[100:103, PRICES] = run.loc[100, PRICES].to_numpy(dtype=float)
    assert check(run).findings == ()
    run.loc[104, PRICES] = run.loc[100, PRICES].to_numpy(dtype=float)
    (finding,) = check(run).findings
    assert (finding.rule, finding.count) == ("constant_run", 5)
    assert finding.first_rows[0].startswith(f"{run['date'][100]:%Y-%m-%d} for 5 bars")


def test_a_run_does_not_reach_from_one_ticker_into_the_next(clean, check):
    ends, starts = clean.copy(), clean.assign(ticker="BBB")
    ends.loc[397:, PRICES] = 50.0
    starts.loc[:2, PRICES] = 50.0
    report = check(pd.concat([ends, starts], ignore_index=True), tickers=("AAA", "BBB"))
    assert "constant_run" not in {finding.rule for finding in report.findings}


def test_a_year_of_opens_that_repeat_the_close_is_found_with_its_share(clean, check):
    stale = clean.copy()
    stale.loc[1:62, "open"] = stale["close"].shift()[1:63]
    stale["high"] = stale[PRICES].max(axis=1)
    stale["low"] = stale[PRICES].min(axis=1)
    (finding,) = check(stale).findings
    assert (finding.rule, finding.ticker, finding.count) == ("stale_open", "AAA", 62)
    # 252 sessions in 2010, of which the first has no last close
    assert finding.first_rows == ("2010: 0.25 of 251 opens equal the last close",)


def test_one_ticker_is_not_measured_against_the_last_bar_of_another(clean, check):
    other = clean.assign(ticker="BBB", **{name: clean[name] * 50 for name in PRICES})
    report = check(pd.concat([clean, other], ignore_index=True), tickers=("AAA", "BBB"))
    assert report.findings == ()


def test_too_few_bars_always_stop(clean, check):
    with pytest.raises(DataError, match=r"too_few_bars \(299\). Expected at least 300 bars \(download.limits.bars\)"):
        check(clean.iloc[:299])
    assert len(check(clean.iloc[:300]).bars) == 300


def test_days_outside_the_period_are_neither_checked_nor_kept(clean, check):
    broken = clean.copy()
    broken.loc[399, "close"] = -5.0
    report = check(broken, end=f"{clean['date'][398]:%Y-%m-%d}")
    assert len(report.bars) == 399


def test_a_ticker_without_a_row_in_the_period_is_told_what_there_is(clean, check):
    with pytest.raises(DataError, match=r"no_bars .*its 400 rows run from 2010-01-04 to 2011-08-03"):
        check(clean, start="2015-01-01")


def test_a_missing_column_always_stops_and_shows_what_was_found(clean, check):
    with pytest.raises(DataError, match=r"schema \(1\): no column close; found the headers \['date', 'open'"):
        check(clean.drop(columns="close"))


def test_text_in_a_price_column_always_stops_with_row_and_cell(clean, check):
    text = as_text(clean)
    text.loc[16, "close"] = "abc"
    text.loc[20, "open"] = "12,5"
    with pytest.raises(DataError, match=r"schema \(2\): row 17: close 'abc'; row 21: open '12,5'"):
        check(text)


def test_words_for_nothing_are_missing_values_not_text(clean, check):
    text = as_text(clean)
    text.loc[16, "close"] = "null"
    text.loc[20, "open"] = ""
    with pytest.raises(DataError, match=r"1 fault in .*\n  AAA.csv AAA missing_values \(2\)"):
        check(text)


def test_unreadable_dates_always_stop(clean, check):
    text = as_text(clean)
    text.loc[3, "date"] = "soon"
    with pytest.raises(DataError, match=r"schema \(1\): row 4: date 'soon'"):
        check(text)


def test_ambiguous_dates_always_stop(clean, check):
    text = as_text(clean.iloc[:5])
    text["date"] = ["01/02/2010", "03/02/2010", "04/02/2010", "05/02/2010", "08/02/2010"]
    with pytest.raises(DataError, match=r"read as month/day and as day/month\. Write the dates as year-month-day"):
        check(text)


def test_bars_within_the_day_always_stop(clean, check):
    hourly = pd.concat([clean, clean.assign(date=clean["date"] + pd.Timedelta(hours=1))], ignore_index=True)
    with pytest.raises(DataError, match=r"schema \(400\).*one bar per session"):
        check(hourly)


def test_all_faults_of_a_file_stand_in_one_error(clean, check):
    text = as_text(clean)
    text.loc[3, "date"] = "soon"
    text.loc[50, "high"] = "0.01"
    text.loc[60, "low"] = "-1"
    text.loc[70, "volume"] = ""
    with pytest.raises(DataError) as caught:
        check(text)
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("AAA.csv: 4 faults")
    assert [line.split()[2] for line in lines[1:]] == ["schema", "missing_values", "nonpositive_price", "ohlc_order"]


def test_a_split_on_a_dropped_row_moves_to_the_next_kept_one(clean, check):
    with_split = clean.assign(split_coefficient=1.0, dividend_amount=0.0)
    with_split.loc[200:, PRICES] /= 2
    with_split.loc[200, ["split_coefficient", "dividend_amount"]] = [2.0, 0.5]
    with_split.loc[200, "volume"] = 0.0
    report = check(with_split, zero_volume="drop")
    (finding,) = [one for one in report.findings if one.rule != "missing_days"]
    assert finding.rule == "zero_volume"
    assert report.bars["split_coefficient"][200] == 2.0
    assert report.bars["dividend_amount"][200] == 0.5


def test_rounding_of_an_adjustment_is_settled_and_a_larger_fault_is_not(clean, check):
    rounded = clean.copy()
    rounded.loc[50, "high"] = rounded.loc[50, ["open", "close"]].max() * (1 - 1e-7)
    report = check(rounded)
    assert report.findings == ()
    assert report.bars["high"][50] == rounded.loc[50, ["open", "close"]].max()
    rounded.loc[50, "high"] = rounded.loc[50, ["open", "close"]].max() * (1 - 1e-5)
    kept = check(rounded, ohlc_order="warn")
    assert kept.bars["high"][50] == rounded["high"][50]


def test_findings_are_json_and_the_same_each_time(clean, check):
    broken = clean.drop(index=[20])
    first, second = (json.dumps(check(broken).to_dict(), sort_keys=True) for _ in range(2))
    assert first == second
    assert json.loads(first)["findings"][0]["first_rows"] == ["2010-02-02"]


@pytest.fixture
def acquire(params):
    """Acquire bars from a folder or file, under the repository's params."""

    def run(path, tickers, **days):
        data = params.data.model_copy(update={"source": "folder", "path": path.name, **days})
        universe = params.universe.model_copy(update={"tickers": list(tickers)})
        return acquire_bars(params.model_copy(update={"data": data, "universe": universe}), path.parent)

    return run


def ticker_of(path):
    return path.stem.upper()


def test_every_ugly_file_is_refused_with_its_rules_and_only_the_mismatched_one_is_mended(market_folder, acquire):
    expected = {
        "api_error_page.csv": {"schema"},
        "bad.csv": {"schema", "missing_values", "nonpositive_price", "ohlc_order", "absurd_magnitude"},
        "toobig.csv": {"absurd_magnitude"},
        "zeros.csv": {"nonpositive_price", "too_few_bars"},
    }
    files = sorted((market_folder / "ugly").iterdir())
    assert {path.name for path in files} == {*expected, "mismatch.csv"}
    for path in files:
        if path.name == "mismatch.csv":
            continue
        with pytest.raises(DataError) as caught:
            acquire(path, [ticker_of(path)])
        lines = str(caught.value).splitlines()
        assert lines[0].startswith(path.name)
        assert {line.split()[2] for line in lines[1:]} == expected[path.name]
        assert all(line.startswith(f"  {path.name} {ticker_of(path)} ") for line in lines[1:])


def test_the_mismatched_file_is_mended_and_every_mend_is_counted(market_folder, acquire):
    acquired = acquire(market_folder / "ugly" / "mismatch.csv", ["MISMATCH"])
    counts = {(one["rule"], one["action"]): one["count"] for one in acquired.manifest["findings"]}
    assert counts == {
        ("other_headers", "warn"): 6,
        ("unsorted", "warn"): 4,
        ("extra_days", "drop"): 1,
        ("missing_days", "warn"): 1,
    }
    shown = {one["rule"]: one["first_rows"][0] for one in acquired.manifest["findings"]}
    assert shown["extra_days"] == "2016-01-18 close 214.22"
    assert shown["missing_days"] == "2017-01-18"
    assert len(acquired.bars) == 501
    assert acquired.bars["date"].is_monotonic_increasing


def test_thirty_real_stocks_pass_with_warnings_that_name_what_is_odd_about_them(market_folder, acquire):
    path = market_folder / "us30_daily_1999_2019.parquet"
    tickers = sorted(pd.read_parquet(path, columns=["symbol"])["symbol"].unique())
    assert len(tickers) == 30
    acquired = acquire(path, tickers, start=pd.Timestamp("1999-11-01").date(), end=pd.Timestamp("2019-12-31").date())
    assert len(acquired.bars) == 141_023
    findings = acquired.manifest["findings"]
    assert {one["action"] for one in findings} == {"warn"}
    jumps = {one["ticker"]: one["first_rows"] for one in findings if one["rule"] == "unexplained_jump"}
    assert set(jumps) == {"AAPL", "AIG", "GOOGL", "NVDA"}
    assert jumps["AAPL"] == ["2000-09-29 close 53.5 to 25.75 (-51.9%)"]
    assert jumps["AIG"][0] == "2008-09-15 close 12.14 to 4.76 (-60.8%)"
    assert jumps["NVDA"] == ["2000-03-07 close 58.5 to 83.31 (+42.4%)"]
    assert jumps["GOOGL"][0].endswith("where a dividend of 567.97, 50% of the price, stands")
    counts = {one["rule"]: one["count"] for one in findings if one["ticker"] == "SPGI"}
    assert counts == {"missing_days": 6, "zero_volume": 6}
    # the crash is kept, the class split is undone by its dividend
    returns = acquired.bars.set_index(["ticker", "date"])["close"].groupby("ticker").pct_change()
    assert returns[("AIG", "2008-09-15")] == pytest.approx(4.76 / 12.14 - 1)
    assert abs(returns[("GOOGL", "2014-04-03")]) < 0.01
    manifest = acquired.manifest
    assert manifest["tickers"]["FB"] == {"first": "2012-05-18", "last": "2019-12-31", "rows": 1917}
    assert (manifest["splits"], manifest["dividends"]) == (31, 1733)
    assert str(market_folder) not in json.dumps(manifest)
