"""Folds of a walk-forward: where each begins and ends, by hand and by law."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tradeproof.data.splits import TEST, TRAIN, VALIDATION, assign_splits
from tradeproof.errors import DataError
from tradeproof.forecasting.folds import plan_folds
from tradeproof.params.schema import SplitParams, WalkForwardParams

DAYS = np.arange("2020-01-01", "2020-01-21", dtype="datetime64[D]")  # 20 sessions, the 1st to the 20th


def split(purged_size):
    return SplitParams(train_end=date(2000, 1, 1), validation_end=date(2001, 1, 1), purged_size=purged_size)


def walk(folds, test_bars, validation_bars, expanding=True):
    return WalkForwardParams(folds=folds, test_bars=test_bars, validation_bars=validation_bars, expanding=expanding)


def days_of(fold):
    return [day.day for day in (fold.train_start, fold.train_end, fold.validation_end, fold.test_end)]


def test_folds_by_hand():
    # 20 sessions: tests 13-16 and 17-20, validations 10-12 and 14-16, training before
    first, second = plan_folds(DAYS, split(2), walk(2, 4, 3))
    assert days_of(first) == [1, 9, 12, 16]
    assert days_of(second) == [1, 13, 16, 20]
    assert (first.number, second.number) == (1, 2)
    assert plan_folds(DAYS, split(2), walk(0, 4, 3)) == ()


def test_a_training_that_does_not_expand_keeps_the_length_of_the_first():
    first, second = plan_folds(DAYS, split(2), walk(2, 4, 3, expanding=False))
    assert days_of(first) == [1, 9, 12, 16]
    assert days_of(second) == [5, 13, 16, 20]


@given(
    st.integers(20, 200), st.integers(1, 5), st.integers(1, 30), st.integers(2, 30), st.integers(1, 10), st.booleans()
)
def test_tests_tile_the_end_and_nothing_of_a_fold_is_later_than_its_test(
    sessions, folds, test_bars, validation, purged, expanding
):
    assume(validation > purged and sessions - folds * test_bars - validation > purged)
    days = np.datetime64("2020-01-01") + np.arange(sessions)
    found = plan_folds(days, split(purged), walk(folds, test_bars, validation, expanding))
    tested = np.column_stack([fold.is_test(days) for fold in found])
    assert tested.sum(axis=0).tolist() == [test_bars] * folds
    assert tested.sum(axis=1).tolist() == [0] * (sessions - folds * test_bars) + [1] * (folds * test_bars)
    for fold in found:
        part = fold.cut(pd.DataFrame({"date": days.astype("datetime64[us]")}))["date"].to_numpy()
        names = assign_splits(part, fold.split(purged))
        assert np.count_nonzero(names == TRAIN) > 0
        assert np.count_nonzero(names == VALIDATION) == validation - purged
        assert part[names == TEST].tolist() == days[fold.is_test(days)].astype("datetime64[us]").tolist()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (walk(2, 8, 3), "leaves 1 of 20 sessions to the first training, expected more than split.purged_size 2"),
        (walk(9, 8, 3), "leaves 0 of 20 sessions"),
        (walk(2, 4, 2), "walk_forward.validation_bars is 2, expected more than split.purged_size 2"),
    ],
)
def test_folds_without_a_training_or_a_validation_are_refused(settings, words):
    with pytest.raises(DataError, match=words):
        plan_folds(DAYS, split(2), settings)


def test_sessions_out_of_order_are_refused():
    with pytest.raises(DataError, match="each date once"):
        plan_folds(DAYS[::-1], split(2), walk(1, 4, 3))
