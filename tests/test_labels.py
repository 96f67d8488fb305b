"""Labels: log returns to later closes, missing where the future is."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tradeproof.errors import DataError
from tradeproof.features.labels import forward_returns

PRICES = arrays(np.float64, st.integers(1, 60), elements=st.floats(0.01, 1e6))


def test_seven_bars_worked_out_by_hand():
    close = np.array([100.0, 110.0, 99.0, 99.0, 198.0, 99.0, 100.0])
    labels = forward_returns(close, [1, 3])
    log = math.log
    one = [log(1.1), log(0.9), 0.0, log(2.0), log(0.5), log(100 / 99), math.nan]
    three = [log(0.99), log(1.8), 0.0, log(100 / 99), math.nan, math.nan, math.nan]
    np.testing.assert_allclose(labels, np.column_stack([one, three]), rtol=1e-12, atol=1e-15)


@given(close=PRICES, horizon=st.integers(1, 8))
def test_one_bar_returns_add_up_to_the_return_of_the_horizon(close, horizon):
    one = forward_returns(close, [1])[:, 0]
    whole = forward_returns(close, [horizon])[:, 0]
    for t in range(close.size - horizon):
        assert whole[t] == pytest.approx(one[t : t + horizon].sum(), abs=1e-9)


@given(close=PRICES, horizon=st.integers(1, 80))
def test_exactly_the_last_bars_have_no_label(close, horizon):
    labels = forward_returns(close, [horizon])[:, 0]
    assert np.array_equal(np.isnan(labels), np.arange(close.size) >= close.size - horizon)


@given(close=PRICES, scale=st.floats(1e-3, 1e3))
def test_labels_do_not_depend_on_the_unit_of_the_price(close, scale):
    np.testing.assert_allclose(forward_returns(close, [1, 5]), forward_returns(close * scale, [1, 5]), atol=1e-9)


def test_a_read_only_column_is_taken():
    close = np.array([1.0, 2.0, 4.0])
    close.flags.writeable = False
    assert forward_returns(close, [2])[0, 0] == pytest.approx(math.log(4.0))


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_a_close_that_is_no_positive_number_is_refused(bad):
    with pytest.raises(DataError, match=r"close\[1\] is .*, expected a positive number"):
        forward_returns(np.array([1.0, bad, 2.0]), [1])


@pytest.mark.parametrize("horizon", [0, -1])
def test_a_horizon_that_does_not_look_forward_is_refused(horizon):
    with pytest.raises(DataError, match=f"horizons holds {horizon}, expected at least 1 bar ahead"):
        forward_returns(np.array([1.0, 2.0]), [1, horizon])


def test_several_series_at_once_are_refused():
    with pytest.raises(DataError, match="expected one ticker's closes"):
        forward_returns(np.ones((3, 2)), [1])
