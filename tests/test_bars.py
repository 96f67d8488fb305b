import hashlib

import pandas as pd
import pytest

from tradeproof.data.bars import BARS_COLUMNS, bars_to_bytes, read_bars, tidy_bars, write_bars
from tradeproof.data.calendar import sessions
from tradeproof.data.dates import parse_dates
from tradeproof.data.headers import read_headers
from tradeproof.errors import DataError


def test_tidy_bars_have_the_agreed_columns_types_and_order_whatever_order_they_came_in(random_bars):
    tidy = pd.concat([random_bars(20, ticker="AAA"), random_bars(20, ticker="BBB")], ignore_index=True)
    shuffled = tidy.sample(frac=1, random_state=3).assign(extra=1)[["extra", *reversed(BARS_COLUMNS)]]
    shuffled["volume"] = shuffled["volume"].astype("int64")

    found = tidy_bars(shuffled)

    assert tuple(found.columns) == BARS_COLUMNS
    assert found["date"].dtype == "datetime64[us]"
    assert all(found[name].dtype == "float64" for name in BARS_COLUMNS[2:])
    pd.testing.assert_frame_equal(found.drop(columns="volume"), tidy.drop(columns="volume"))


def test_two_bars_of_one_ticker_on_one_day_are_refused_and_the_day_is_named(random_bars):
    bars = random_bars(5)
    with pytest.raises(DataError, match="1 repeated days, first AAA 2010-01-06"):
        tidy_bars(pd.concat([bars, bars.iloc[[2]]]))


def test_a_missing_column_is_named(random_bars):
    with pytest.raises(DataError, match=r"lacks the columns \['high'\]"):
        tidy_bars(random_bars(5).drop(columns="high"))


def test_bars_come_back_from_disk_bit_for_bit_and_the_same_bars_give_the_same_bytes(tmp_path, random_bars):
    bars = random_bars(50)
    write_bars(tmp_path / "bars.parquet", bars)
    content = (tmp_path / "bars.parquet").read_bytes()

    again = read_bars(tmp_path / "bars.parquet", hashlib.sha256(content).hexdigest())

    pd.testing.assert_frame_equal(again, bars, check_exact=True)
    assert bars_to_bytes(again) == content


def test_changed_bars_are_refused_with_both_hashes(tmp_path, random_bars):
    write_bars(tmp_path / "bars.parquet", random_bars(50))
    with pytest.raises(DataError, match=r"has SHA-256 [0-9a-f]{64}, expected 0000"):
        read_bars(tmp_path / "bars.parquet", "0000")


def test_a_file_that_is_not_parquet_is_refused(tmp_path):
    (tmp_path / "bars.parquet").write_text("{}")
    with pytest.raises(DataError, match="cannot be read as parquet"):
        read_bars(tmp_path / "bars.parquet", hashlib.sha256(b"{}").hexdigest())


def test_sessions_know_holidays_and_special_closures():
    days = sessions("XNYS", pd.Timestamp("2001-09-07").date(), pd.Timestamp("2001-09-18").date())
    assert [f"{day:%m-%d}" for day in days] == ["09-07", "09-10", "09-17", "09-18"]
    assert days.dtype == "datetime64[us]"


def test_a_weekend_holds_no_session():
    assert len(sessions("XNYS", pd.Timestamp("2018-12-29").date(), pd.Timestamp("2018-12-30").date())) == 0


def test_an_unknown_calendar_is_refused_with_its_key():
    with pytest.raises(DataError, match=r"universe.calendar is 'NYSE2', expected an exchange_calendars code"):
        sessions("NYSE2", pd.Timestamp("2018-01-01").date(), pd.Timestamp("2018-12-30").date())


@pytest.mark.parametrize(
    ("found", "meaning"),
    [
        ("Timestamp", "date"),
        ("DATE", "date"),
        ("Symbol", "ticker"),
        ("Adj Close", "adjusted_close"),
        ("adj_close", "adjusted_close"),
        ("1. open", "open"),
        ("dividend_amount", "dividend_amount"),
        ("volume", "volume"),
    ],
)
def test_spellings_of_vendors_are_understood(found, meaning):
    headers = read_headers([found, "sector"])
    assert headers.meaning == {found: meaning}
    assert headers.renamed == ({} if found == meaning else {found: meaning})


def test_the_splits_of_a_vendor_who_has_already_applied_them_are_not_applied_again():
    assert read_headers(["Stock Splits"]).meaning == {}


def test_two_headers_for_one_meaning_are_a_clash():
    assert read_headers(["Date", "Timestamp"]).clashes == ("['Date', 'Timestamp'] all stand for date",)


@pytest.mark.parametrize(
    "texts",
    [
        ["2017-01-03", "2017-02-13"],
        ["2017/01/03", "2017/02/13"],
        ["20170103", "20170213"],
        ["1/3/2017", "2/13/2017"],
        ["01/03/17", "02/13/17"],
        ["2017-01-03T00:00:00Z", "2017-02-13T00:00:00Z"],
        ["2017-01-03 00:00:00-05:00", "2017-02-13 00:00:00-05:00"],
    ],
)
def test_dates_are_read_in_each_known_spelling(texts):
    parsed = parse_dates(pd.Series(texts))
    assert parsed.fault is None
    assert parsed.note is None
    assert parsed.days.dt.strftime("%Y-%m-%d").tolist() == ["2017-01-03", "2017-02-13"]


def test_day_first_dates_are_read_when_no_other_reading_exists_and_it_is_said():
    parsed = parse_dates(pd.Series(["03/01/2017", "13/02/2017"]))
    assert parsed.days.dt.strftime("%Y-%m-%d").tolist() == ["2017-01-03", "2017-02-13"]
    assert parsed.note == "dates are written day/month/year"


@pytest.mark.parametrize("texts", [["03/01/2017", "04/02/2017"], ["03/01/2017", "", "05/05/2017"]])
def test_dates_that_can_be_read_in_two_ways_are_a_fault_not_a_guess(texts):
    assert "'03/01/2017' and all others can be read as" in parse_dates(pd.Series(texts)).fault


def test_equal_day_and_month_throughout_are_no_ambiguity():
    assert parse_dates(pd.Series(["01/01/2017", "02/02/2017"])).fault is None


def test_a_row_in_another_spelling_is_not_bent_to_fit():
    parsed = parse_dates(pd.Series(["1/30/2017", "31/1/2017", "2/28/2017", "yesterday", "2017-02-30"]))
    assert parsed.days.isna().tolist() == [False, True, False, True, True]


def test_a_time_zone_does_not_move_the_session():
    stamps = pd.Series(pd.DatetimeIndex(["2017-01-03", "2017-07-03"], tz="America/New_York"))
    assert parse_dates(stamps).days.dt.strftime("%Y-%m-%d").tolist() == ["2017-01-03", "2017-07-03"]
