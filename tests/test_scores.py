"""Scores of forecast distributions, by hand and by law."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from tradeproof.errors import ContractError
from tradeproof.evaluation.intervals import block_bootstrap, skill, sums_by_date
from tradeproof.evaluation.scores import (
    aligned_quantiles,
    calibration,
    crps,
    forecast_scores,
    outcomes,
    pinball_loss,
)

LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95]


def test_pinball_loss_by_hand():
    # outcome 3 against the 10 % quantile 1: 0.1 x 2; against the 90 % quantile 4: 0.1 x 1; outcome 0 misses below
    loss = pinball_loss(np.array([[1.0, 4.0], [1.0, 4.0]]), np.array([3.0, 0.0]), [0.1, 0.9])
    assert loss == pytest.approx(np.array([[0.2, 0.1], [0.9, 0.4]]))


def test_crps_is_twice_the_mean_pinball_loss_by_hand():
    # misses 2, 0 and -2 of levels 0.25, 0.5, 0.75: losses 0.5, 0, 0.5; twice their mean is 2/3
    assert crps(np.array([[-2.0, 0.0, 2.0]]), np.array([0.0]), [0.25, 0.5, 0.75]) == pytest.approx([2 / 3])


def test_crps_tends_to_the_closed_form_of_a_normal():
    levels = (np.arange(2000) + 0.5) / 2000
    realised = np.array([-1.3, 0.0, 0.4, 2.5])
    exact = realised * (2 * norm.cdf(realised) - 1) + 2 * norm.pdf(realised) - 1 / np.sqrt(np.pi)
    found = crps(np.tile(norm.ppf(levels), (4, 1)), realised, levels)
    assert found == pytest.approx(exact, abs=2e-3)


@settings(deadline=None, max_examples=30)
@given(st.floats(-0.02, 0.02), st.floats(0.3, 3.0))
def test_no_shifted_or_stretched_forecast_scores_better_than_the_true_distribution(shift, stretch):
    levels = np.array(LEVELS)
    draws = 0.01 * norm.ppf((np.arange(4000) + 0.5) / 4000)
    true = np.tile(0.01 * norm.ppf(levels), (draws.size, 1))
    assert crps(true, draws, levels).mean() <= crps(true * stretch + shift, draws, levels).mean() + 1e-9


def _rows(tickers, realised):
    """Outcomes of one horizon, on a date of their own for each row of a ticker."""
    places = pd.Series(tickers).groupby(tickers).cumcount()
    dates = pd.Timestamp("2020-01-01") + pd.to_timedelta(places, unit="D")
    return pd.DataFrame({"ticker": tickers, "date": dates, "horizon": 1, "outcome": realised})


def test_scores_of_a_small_case_by_hand():
    quantiles = np.array([[-2.0, -1.0, 0.5, 1.0, 2.0]] * 4 + [[-2.0, -1.0, -0.5, 1.0, 2.0]])
    realised = np.array([0.9, 1.5, -3.0, 0.0, -0.2])
    scores = forecast_scores(quantiles, _rows(["A"] * 5, realised), LEVELS)
    assert scores.bars == 5
    assert scores.coverage_50 == pytest.approx(3 / 5)  # 0.9, 0.0, -0.2 lie in [-1, 1]
    assert scores.coverage_90 == pytest.approx(4 / 5)  # all but -3
    assert scores.directional_accuracy == pytest.approx(3 / 4)  # the unmoved bar does not count; -3 was called wrongly
    assert calibration(quantiles, realised) == pytest.approx([0.2, 0.2, 0.4, 0.8, 1.0])


def test_outcomes_are_the_log_returns_that_follow_and_nan_at_the_end():
    dates = pd.to_datetime(["2020-01-01", "2020-01-02", "2020-01-03"])
    table = pd.DataFrame({"ticker": "A", "date": dates, "close": [1.0, np.e, np.e**3]})
    rows = outcomes({"A": table}, {"A": np.array([True, True, False])}, [1, 2])
    assert rows["horizon"].tolist() == [1, 2, 1, 2]
    assert rows["outcome"].tolist() == pytest.approx([1.0, 3.0, 2.0, np.nan], nan_ok=True)


def _frame():
    dates = pd.to_datetime(["2020-01-01", "2020-01-02"])
    values = {f"q{round(100 * level):02d}": [level, level + 1] for level in LEVELS}
    return pd.DataFrame({"ticker": "A", "date": dates, "horizon": 1, **values})


def test_forecasts_are_matched_by_ticker_date_and_horizon_whatever_their_order():
    rows = _frame()[["ticker", "date", "horizon"]]
    found = aligned_quantiles(_frame().iloc[::-1], rows, LEVELS, "base")
    assert found == pytest.approx(np.array([LEVELS, [level + 1 for level in LEVELS]]))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda frame: frame.drop(columns="q95"), r"base lack the columns \['q95'\]"),
        (lambda frame: frame.iloc[:1], r"base have no finite quantiles for A on 2020-01-02 at horizon 1"),
        (lambda frame: frame.assign(q50=np.nan), "base have no finite quantiles for A on 2020-01-01"),
        (lambda frame: pd.concat([frame, frame]), "A on 2020-01-01 at horizon 1 twice"),
        (lambda frame: frame.assign(q50=9.0), "quantiles of base cross for A on 2020-01-01"),
    ],
)
def test_forecasts_that_cannot_be_scored_are_refused_with_their_place(spoil, message):
    rows = _frame()[["ticker", "date", "horizon"]]
    with pytest.raises(ContractError, match=message):
        aligned_quantiles(spoil(_frame()), rows, LEVELS, "base")


def test_skill_by_hand():
    # totals 1 and 2: the first halves the loss of the second, the second doubles that of the first
    losses = np.array([[0.5, 1.5], [0.5, 0.5]])
    assert skill(losses) == pytest.approx([0.0, 0.5, -1.0, 0.0])


def test_rows_of_one_date_are_summed_over_tickers():
    dates = np.array(["2020-01-02", "2020-01-01", "2020-01-02"], dtype="datetime64[us]")
    assert sums_by_date(dates, np.array([[1.0], [2.0], [4.0]])) == pytest.approx(np.array([[2.0], [5.0]]))


def test_the_interval_of_a_known_difference_holds_it_and_equal_models_have_none(params):
    rng = np.random.default_rng(3)
    loss = rng.gamma(2.0, size=800)
    values = np.column_stack([0.9 * loss, loss, loss])
    around = block_bootstrap(values, skill, params.evaluate, seed=1, block_bars=10)
    assert around.low[1] == pytest.approx(0.1)  # paired: a constant ratio has no spread
    assert around.high[1] == pytest.approx(0.1)
    assert (around.low[5], around.high[5]) == (0.0, 0.0)


def test_the_bootstrap_has_its_nominal_coverage_on_correlated_rows(params):
    # mean of an AR(1) with coefficient 0.5: blocks see the dependence, single rows would not
    quick = params.evaluate.model_copy(update={"bootstrap_resamples": 200})
    hits = {1: 0, 20: 0}
    for seed in range(100):
        rng = np.random.default_rng(seed)
        shocks = rng.normal(size=600)
        series = np.zeros(600)
        for t in range(1, 600):
            series[t] = 0.5 * series[t - 1] + shocks[t]
        for block in hits:
            around = block_bootstrap(series[:, None], lambda values: values.mean(axis=0), quick, seed, block)
            hits[block] += around.low[0] <= 0.0 <= around.high[0]
    assert 80 <= hits[20] <= 97
    assert hits[1] < hits[20]


def test_intervals_repeat_with_their_seed_and_are_unknown_with_too_few_blocks(params):
    values = np.random.default_rng(0).normal(size=(200, 1))

    def mean(sample):
        return sample.mean(axis=0)

    first = block_bootstrap(values, mean, params.evaluate, seed=5, block_bars=10)
    again = block_bootstrap(values, mean, params.evaluate, seed=5, block_bars=10)
    other = block_bootstrap(values, mean, params.evaluate, seed=6, block_bars=10)
    assert (first.low[0], first.high[0]) == (again.low[0], again.high[0])
    assert first.low[0] != other.low[0]
    assert np.isnan(block_bootstrap(values[:40], mean, params.evaluate, seed=5, block_bars=10).low[0])
