from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradeproof.data.splits import assign_splits
from tradeproof.errors import DataError
from tradeproof.params.schema import SplitParams


def split(train_end, validation_end, purged_size):
    return SplitParams(train_end=train_end, validation_end=validation_end, purged_size=purged_size)


def test_the_last_bars_before_each_boundary_are_purged_and_the_boundary_day_belongs_to_the_earlier_split():
    dates = pd.date_range("2020-01-01", periods=12).to_numpy()
    found = assign_splits(dates, split(date(2020, 1, 5), date(2020, 1, 9), 2))
    assert found.tolist() == ["train"] * 3 + ["purged"] * 2 + ["validation"] * 2 + ["purged"] * 2 + ["test"] * 3


def test_a_ticker_listed_after_the_boundary_has_no_training_bars_and_loses_none_to_it():
    dates = pd.date_range("2020-01-07", periods=6).to_numpy()
    found = assign_splits(dates, split(date(2020, 1, 5), date(2020, 1, 9), 1))
    assert found.tolist() == ["validation"] * 2 + ["purged"] + ["test"] * 3


def test_a_purge_longer_than_validation_stops_at_its_own_split():
    dates = pd.date_range("2020-01-01", periods=8).to_numpy()
    found = assign_splits(dates, split(date(2020, 1, 4), date(2020, 1, 6), 3))
    assert found.tolist() == ["train"] + ["purged"] * 3 + ["purged"] * 2 + ["test"] * 2


@settings(deadline=None, max_examples=60)
@given(
    gaps=st.lists(st.integers(1, 9), min_size=1, max_size=60),
    train_days=st.integers(1, 100),
    validation_days=st.integers(1, 100),
    purged_size=st.integers(1, 8),
)
def test_no_label_of_at_most_purged_size_bars_reaches_into_another_split(
    gaps, train_days, validation_days, purged_size
):
    start = np.datetime64("2020-01-01")
    dates = start + np.cumsum(gaps).astype("timedelta64[D]")
    ends = [(start + np.timedelta64(days, "D")).item() for days in (train_days, train_days + validation_days)]
    found = assign_splits(dates, split(*ends, purged_size))
    for bar, name in enumerate(found):
        ahead = set(found[bar + 1 : bar + 1 + purged_size])
        if name != "purged":
            assert ahead <= {name, "purged"}
    order = [name for name in found if name != "purged"]
    assert order == sorted(order, key=["train", "validation", "test"].index)


def test_dates_out_of_order_are_refused():
    with pytest.raises(DataError, match="do not increase strictly"):
        assign_splits(
            np.array(["2020-01-02", "2020-01-02"], dtype="datetime64[us]"), split(date(2020, 1, 5), date(2020, 1, 9), 1)
        )
