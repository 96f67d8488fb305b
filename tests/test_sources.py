import json

import numpy as np
import pandas as pd
import pytest

from tradeproof.data.acquisition import acquire_bars
from tradeproof.data.calendar import sessions
from tradeproof.data.snapshot import read_snapshot, write_snapshot
from tradeproof.data.sources import load_bars
from tradeproof.data.sources.yahoo import load_yahoo
from tradeproof.errors import DataError


@pytest.fixture
def asked(params):
    """Params with some of data and universe replaced."""

    def make(source, path="bars", tickers=("AAA",), start="2010-01-01", end="2011-12-31"):
        days = {"start": pd.Timestamp(start).date(), "end": pd.Timestamp(end).date()}
        data = params.data.model_copy(update={"source": source, "path": path, **days})
        universe = params.universe.model_copy(update={"tickers": list(tickers)})
        return params.model_copy(update={"data": data, "universe": universe})

    return make


@pytest.fixture
def load(asked, tmp_path):
    def run(*args, **named):
        params = asked(*args, **named)
        return load_bars(params.data, params.universe, params.seed, tmp_path)

    return run


@pytest.fixture(scope="module")
def snapshot_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("snapshot") / "data"
    write_snapshot(folder)
    return folder


def test_the_snapshot_is_two_indices_with_all_sessions_of_twenty_years(snapshot_folder):
    snapshot = read_snapshot(snapshot_folder)
    days = sessions("XNYS", pd.Timestamp("1999-01-01").date(), pd.Timestamp("2018-12-31").date())
    assert len(days) == 5031
    for ticker in ("SPX", "IXIC"):
        assert snapshot.bars.loc[snapshot.bars["ticker"] == ticker, "date"].tolist() == days.tolist()
        assert snapshot.metadata["tickers"][ticker] == {"first": "1999-01-04", "last": "2018-12-31", "rows": 5031}
    assert snapshot.metadata["rows"] == 2 * 5031
    assert "NCSA" in snapshot.metadata["licence"]
    assert snapshot.metadata["origin"].endswith("arch 8.0.0")


def test_the_snapshot_has_the_same_bytes_each_time_it_is_written(snapshot_folder, tmp_path):
    write_snapshot(tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["bars.parquet", "metadata.json"]
    for name in names:
        assert (tmp_path / name).read_bytes() == (snapshot_folder / name).read_bytes()


def test_a_changed_snapshot_is_refused(snapshot_folder, tmp_path):
    for path in snapshot_folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    bars = read_snapshot(tmp_path).bars
    bars.loc[5, "close"] += 0.01
    bars.to_parquet(tmp_path / "bars.parquet")
    with pytest.raises(DataError, match=r"has SHA-256 .*expected .*run `dvc pull`"):
        read_snapshot(tmp_path)


def test_a_missing_snapshot_says_how_to_get_it(tmp_path):
    with pytest.raises(DataError, match=r"metadata.json is missing.*run `dvc pull`"):
        read_snapshot(tmp_path)


def test_a_snapshot_without_its_keys_is_refused(tmp_path):
    (tmp_path / "bars.parquet").write_bytes(b"")
    (tmp_path / "metadata.json").write_text("{}")
    with pytest.raises(DataError, match=r"lacks \['origin', 'licence'"):
        read_snapshot(tmp_path)


def test_the_snapshot_is_acquired_with_its_statements_and_its_stale_opens(asked, snapshot_folder):
    params = asked("snapshot", "data", ["SPX", "IXIC"], "1999-01-01", "2018-12-31")
    acquired = acquire_bars(params, snapshot_folder.parent)
    manifest = acquired.manifest
    pd.testing.assert_frame_equal(acquired.bars, read_snapshot(snapshot_folder).bars, check_exact=True)
    assert manifest["synthetic"] is False
    assert "dividends are not included" in manifest["adjustment"]
    stale = {one["first_rows"][0][:10] for one in manifest["findings"] if one["rule"] == "stale_open"}
    assert {one["ticker"] for one in manifest["findings"] if one["rule"] == "stale_open"} == {"SPX"}
    years = {*range(1999, 2007), 2012, 2013}
    assert {int(text[:4]) for text in stale} == years
    assert {"2006: 0.43", "2012: 0.25"} <= stale
    again = acquire_bars(params, snapshot_folder.parent)
    assert json.dumps(again.manifest) == json.dumps(manifest)


def test_a_ticker_that_the_snapshot_lacks_is_told_what_it_has(asked, snapshot_folder):
    with pytest.raises(DataError, match=r"holds \['DAX'\].*it has \['IXIC', 'SPX'\]"):
        acquire_bars(asked("snapshot", "data", ["SPX", "DAX"]), snapshot_folder.parent)


def test_a_folder_of_files_and_one_long_file_give_the_same_bars(load, tmp_path, random_bars):
    both = pd.concat([random_bars(30, 1, "AAA"), random_bars(30, 2, "BBB")], ignore_index=True)
    both.to_parquet(tmp_path / "long.parquet")
    both.to_csv(tmp_path / "long.csv", index=False)
    folder = tmp_path / "bars"
    folder.mkdir()
    both[both["ticker"] == "AAA"].drop(columns="ticker").to_csv(folder / "aaa.csv", index=False)
    both[both["ticker"] == "BBB"].set_index("date").to_parquet(folder / "BBB.parquet")
    (folder / "notes.txt").write_text("not bars")

    loaded = [load("folder", path, ["AAA", "BBB"]) for path in ("long.parquet", "long.csv", "bars")]

    for raw in loaded:
        found = raw.frame.assign(date=pd.to_datetime(raw.frame["date"]).dt.as_unit("us"))
        found = found.astype(dict.fromkeys(both.columns[2:], "float64"))[both.columns]
        pd.testing.assert_frame_equal(found, both)
    assert [file.name for file in loaded[2].files] == ["aaa.csv", "BBB.parquet"]
    assert set(loaded[0].inputs()) == {"long.parquet"}
    assert loaded[0].origin.location == "long.parquet"


def test_only_wanted_tickers_are_read_and_spelled_as_in_the_universe(load, tmp_path, random_bars):
    parts = [random_bars(30, seed, ticker) for seed, ticker in enumerate(["aaa", "BBB", "CCC"])]
    pd.concat(parts).rename(columns={"ticker": "Symbol"}).to_csv(tmp_path / "bars.csv", index=False)
    raw = load("folder", "bars.csv", ["AAA", "CCC"])
    assert raw.frame["Symbol"].value_counts().to_dict() == {"AAA": 30, "CCC": 30}


def test_a_ticker_called_na_is_a_ticker(load, tmp_path, random_bars):
    random_bars(30, ticker="NA").to_csv(tmp_path / "bars.csv", index=False)
    assert load("folder", "bars.csv", ["NA"]).frame["ticker"].tolist() == ["NA"] * 30


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("bars", r"holds \['ZZZ'\], not found in bars/ \(data.path\); it has AAA"),
        ("long.csv", r"holds \['ZZZ'\], not found in long.csv \(data.path\); it has AAA"),
        ("AAA.csv", r"AAA.csv, which has no ticker column and so is one ticker, \(data.path\); it has AAA"),
        ("nowhere", "data.path is 'nowhere', which is neither a folder nor"),
    ],
)
def test_an_unknown_ticker_is_told_what_there_is(path, message, load, tmp_path, random_bars):
    bars = random_bars(30)
    (tmp_path / "bars").mkdir()
    for target in ("bars/AAA.csv", "AAA.csv"):
        bars.drop(columns="ticker").to_csv(tmp_path / target, index=False)
    bars.to_csv(tmp_path / "long.csv", index=False)
    with pytest.raises(DataError, match=message):
        load("folder", path, ["ZZZ"])


def test_two_files_for_one_ticker_are_refused(load, tmp_path, random_bars):
    (tmp_path / "bars").mkdir()
    for name in ("AAA.csv", "aaa.parquet"):
        (tmp_path / "bars" / name).write_text("x")
    with pytest.raises(DataError, match="expected one file per ticker"):
        load("folder", "bars")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("AAA.csv", "date,open\n2010-01-01,1,2,3\n", "rows hold more cells than its 2 headers"),
        ("AAA.csv", "date,open\n1,2\n1,2,3,4\n", "cannot be read: Error tokenizing"),
        ("AAA.csv", "", "cannot be read: No columns"),
        ("AAA.parquet", "{}", "AAA.parquet .*cannot be read"),
    ],
)
def test_a_broken_file_is_refused_by_name(name, content, message, load, tmp_path):
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=message):
        load("folder", name)


class LocalVendor:
    """Answers like Ticker.history(auto_adjust=False, actions=True), from answers prepared in advance."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.waits = []

    def fetch(self, ticker, start, end):
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def load(self, params):
        return load_yahoo(params.data, params.universe, self.fetch, self.waits.append)


@pytest.fixture
def history(random_bars):
    """What the vendor answers for all sessions of 2010 and 2011."""
    days = sessions("XNYS", pd.Timestamp("2010-01-01").date(), pd.Timestamp("2011-12-31").date())
    bars = random_bars(len(days)).rename(columns=str.title)
    values = bars[["Open", "High", "Low", "Close"]].assign(
        **{"Adj Close": bars["Close"] * 0.9, "Volume": 1000, "Dividends": 0.0, "Stock Splits": 0.0}
    )
    return values.set_index(pd.DatetimeIndex(days, name="Date").tz_localize("America/New_York"))


def test_yahoo_prices_are_taken_as_split_adjusted_and_their_dividends_are_kept(asked, history):
    history.iloc[[50, 60], history.columns.get_loc("Dividends")] = 0.5
    history.iloc[70, history.columns.get_loc("Stock Splits")] = 2.0
    raw = LocalVendor(history).load(asked("yahoo"))
    assert raw.frame["close"].tolist() == history["Close"].tolist()
    assert raw.frame["date"].tolist() == history.index.tz_localize(None).tolist()
    assert set(raw.frame["split_coefficient"]) == {1.0}
    assert raw.frame["dividend_amount"].sum() == 1.0
    assert raw.origin.synthetic is False


def test_an_empty_answer_is_asked_for_again_with_growing_patience_and_then_is_an_error(asked, history):
    vendor = LocalVendor(*[history.iloc[:0]] * 4)
    with pytest.raises(DataError, match=r"yahoo gave no usable bars of AAA .*in 4 attempts; the last answer: empty"):
        vendor.load(asked("yahoo"))
    assert vendor.waits == [2.0, 4.0, 8.0]


def test_a_vendor_that_recovers_is_believed(asked, history):
    from yfinance.exceptions import YFRateLimitError

    vendor = LocalVendor(YFRateLimitError(), OSError("no route to host"), history)
    assert len(vendor.load(asked("yahoo")).frame) == len(history)
    assert vendor.waits == [2.0, 4.0]


def test_a_vendor_that_stays_away_is_an_error_with_its_reason(asked):
    vendor = LocalVendor(*[OSError("no route to host")] * 4)
    with pytest.raises(DataError, match=r"the last answer: OSError: no route to host.*nothing was replaced"):
        vendor.load(asked("yahoo"))


def test_a_short_answer_is_an_error_and_one_above_the_coverage_is_not(asked, history):
    count = len(history)
    enough = int(np.ceil(0.9 * count))
    assert len(LocalVendor(history.iloc[:enough]).load(asked("yahoo")).frame) == enough
    with pytest.raises(DataError, match=r"which hold 8\d\.\d% of the 504 sessions asked for, below data.yahoo.cover"):
        LocalVendor(*[history.iloc[: enough - 1]] * 4).load(asked("yahoo"))


def test_an_answer_without_dividends_is_an_error(asked, history):
    with pytest.raises(DataError, match=r"without the columns \['Dividends'\]"):
        LocalVendor(*[history.drop(columns="Dividends")] * 4).load(asked("yahoo"))


@pytest.mark.network
def test_yahoo_answers_in_the_form_that_the_local_vendor_has(asked):
    from tradeproof.data.sources.yahoo import fetch_history

    params = asked("yahoo", tickers=["AAPL"], start="2014-01-01", end="2014-12-31")
    raw = load_yahoo(params.data, params.universe, fetch_history, lambda _: None)
    assert len(raw.frame) == 252


def test_simulated_bars_are_marked_and_pass_the_gate(asked, tmp_path):
    acquired = acquire_bars(asked("simulated", tickers=["AAA", "BBB"]), tmp_path)
    assert acquired.manifest["synthetic"] is True
    assert acquired.manifest["source"] == "simulated"
    assert acquired.manifest["tickers"]["BBB"]["rows"] == 504
    assert [one for one in acquired.manifest["findings"] if one["action"] != "warn"] == []
