"""From quantiles and signals to targets, against values worked by hand."""

import numpy as np
import pytest
from scipy import stats

from tradeproof.errors import DataError
from tradeproof.market.positions import (
    changes_only,
    moments_from_quantiles,
    quantile_column,
    quantile_levels,
    targets_from_quantiles,
    targets_from_signals,
)

NAN = np.nan
LEVELS = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99]
THREE = [0.25, 0.5, 0.75]


def test_columns_are_named_by_percent():
    names = [quantile_column(level) for level in (0.01, 0.05, 0.1, 0.5, 0.99, 0.025, 0.975, 0.29, 0.001)]
    assert names == ["q01", "q05", "q10", "q50", "q99", "q02_5", "q97_5", "q29", "q00_1"]


def test_levels_are_read_back_from_the_names_of_columns():
    levels = [0.001, 0.025, 0.05, 0.5, 0.99]
    assert quantile_levels(["ticker", "quality", *map(quantile_column, levels)]) == pytest.approx(levels)


@pytest.mark.parametrize("level", [0.0, 1.0, -0.1, NAN])
def test_a_level_outside_its_range_is_refused(level):
    with pytest.raises(DataError, match="expected a number between 0 and 1"):
        quantile_column(level)


def test_moments_by_hand():
    # -1, 0, 1 at the quartiles: a quarter of the mass at each end, straight lines between. Mean 0; the square is 1 in
    # both tails (0.5 in all) and 1/3 on average in each middle quarter (0.25 x 1/3 x 2)
    mean, deviation = moments_from_quantiles(np.array([[-1.0, 0.0, 1.0]]), THREE)
    assert mean[0] == pytest.approx(0.0)
    assert deviation[0] == pytest.approx(np.sqrt(0.5 + 0.5 / 3))
    # 0, 1, 5: tails 0 and 5, middle 0.5 and 3: (0 + 0.5 + 3 + 5) / 4
    assert moments_from_quantiles(np.array([[0.0, 1.0, 5.0]]), THREE)[0][0] == pytest.approx(2.125)


@pytest.mark.parametrize(("mean", "deviation"), [(0.0, 1.0), (0.003, 0.012), (-2.0, 0.5)])
def test_moments_of_a_normal_come_within_one_percent(mean, deviation):
    found = moments_from_quantiles(stats.norm.ppf(np.array([LEVELS]), mean, deviation), LEVELS)
    assert found[0][0] == pytest.approx(mean, abs=1e-12)
    assert found[1][0] == pytest.approx(deviation, rel=0.01)


def test_moments_move_and_stretch_with_the_quantiles():
    quantiles = np.sort(np.random.default_rng(0).normal(size=(20, 9)), axis=1)
    mean, deviation = moments_from_quantiles(quantiles, LEVELS)
    moved = moments_from_quantiles(quantiles * 3 + 7, LEVELS)
    np.testing.assert_allclose(moved[0], mean * 3 + 7)
    np.testing.assert_allclose(moved[1], deviation * 3)


def test_crossed_quantiles_count_as_sorted():
    crossed, ordered = np.array([[0.0, 1.0, -1.0]]), np.array([[-1.0, 0.0, 1.0]])
    for one, two in zip(moments_from_quantiles(crossed, THREE), moments_from_quantiles(ordered, THREE), strict=True):
        assert one == two


@pytest.fixture
def profit(params):
    return params.profit.model_copy(
        update={"threshold": 0.5, "least_return": 0.0, "max_position_size": 0.3, "long_short": True}
    )


def normal(means, deviation=1.0):
    """Forecasts whose mean is so many deviations from zero (to 0.7 %)."""
    return np.array(means, dtype=float)[:, None] * deviation + stats.norm.ppf(LEVELS) * deviation


def test_targets_follow_the_threshold_in_deviations(profit):
    targets = targets_from_quantiles(normal([0.0, 0.6, 0.4, -0.4, -0.6, 0.45]), LEVELS, profit)
    np.testing.assert_array_equal(targets, [0.0, 0.3, 0.0, NAN, -0.3, 0.0])


def test_the_unit_of_the_returns_does_not_matter(profit):
    means = np.random.default_rng(1).normal(size=50)
    small, large = (targets_from_quantiles(normal(means, unit), LEVELS, profit) for unit in (0.001, 10.0))
    np.testing.assert_array_equal(small, large)
    assert len(np.unique(small[np.isfinite(small)])) == 3


def test_long_only_never_goes_short(profit):
    only = profit.model_copy(update={"long_short": False})
    targets = targets_from_quantiles(normal([0.6, -0.6, -3.0]), LEVELS, only)
    np.testing.assert_array_equal(targets, [0.3, 0.0, NAN])


def test_an_unchanged_wish_is_no_new_order(profit):
    targets = targets_from_quantiles(normal([0.6, 0.7, 2.0, -2.0, -1.0]), LEVELS, profit)
    np.testing.assert_array_equal(targets, [0.3, NAN, NAN, -0.3, NAN])


def test_no_forecast_is_no_order_and_leaves_the_last_wish_standing(profit):
    quantiles = normal([0.6, 0.6, 0.6, -0.6])
    quantiles[1, 4] = NAN
    np.testing.assert_array_equal(targets_from_quantiles(quantiles, LEVELS, profit), [0.3, NAN, NAN, -0.3])


def test_a_certain_forecast_is_above_any_threshold(profit):
    targets = targets_from_quantiles(np.array([[0.1] * 9, [0.0] * 9]), LEVELS, profit)
    np.testing.assert_array_equal(targets, [0.3, 0.0])


def test_signals_become_sized_orders_on_change():
    signals = np.array([[1, 0], [1, 1], [NAN, -1], [-1, -1], [0.5, NAN]])
    expected = [[0.4, 0.0], [NAN, 0.4], [NAN, -0.4], [-0.4, NAN], [0.2, NAN]]
    np.testing.assert_allclose(targets_from_signals(signals, 0.4), expected)


def test_later_wishes_change_no_earlier_order():
    rng = np.random.default_rng(2)
    wishes = rng.choice([0.0, 1.0, NAN], (40, 3))
    rewritten = wishes.copy()
    rewritten[20:] = rng.choice([0.0, 1.0, NAN], (20, 3))
    np.testing.assert_array_equal(changes_only(wishes)[:20], changes_only(rewritten)[:20])


@pytest.mark.parametrize("levels", [[0.5, 0.25, 0.75], [0.0, 0.5, 0.75], [0.25, 0.5, 1.0], [0.25, 0.25, 0.5]])
def test_levels_that_do_not_ascend_are_refused(levels, profit):
    with pytest.raises(DataError, match="expected ascending numbers between 0 and 1"):
        targets_from_quantiles(np.zeros((2, 3)), levels, profit)


@pytest.mark.parametrize("shape", [(2, 4), (3,)])
def test_quantiles_of_another_width_are_refused(shape, profit):
    with pytest.raises(DataError, match="one column per level"):
        targets_from_quantiles(np.zeros(shape), THREE, profit)
