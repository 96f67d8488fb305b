"""Rank correlations and their t: by hand, against scipy, and no surer than overlapping outcomes allow."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from tradeproof.evaluation.rank_correlation import FEWEST_TICKERS, mean_t, rank_correlations


def found(mean, realised, tickers, dates=None, horizon=1):
    """Rank correlations of values in [date, ticker] form, or of rows when the dates are given."""
    return rank_correlations(
        np.asarray(mean, float), np.asarray(realised, float), np.asarray(tickers, object), dates, horizon
    )


def days(count):
    return np.datetime64("2020-01-01") + np.arange(count)


def test_rank_correlation_is_taken_within_tickers_so_that_their_levels_do_not_count():
    tickers, dates = ["A"] * 3 + ["B"] * 3, np.tile(days(3), 2)
    mean, falling = [0.1, 0.2, 0.3, 5.1, 5.2, 5.3], [3.0, 2.0, 1.0, 9.0, 8.0, 7.0]
    assert found(mean, falling, tickers, dates).rank_ic == pytest.approx(-1.0)
    assert found([1.0] * 6, falling, tickers, dates).rank_ic is None
    # a ticker whose forecast never moves does not count
    assert found([0.1, 0.2, 0.3, 5.0, 5.0, 5.0], falling, tickers, dates).rank_ic == pytest.approx(-1.0)


def test_rank_correlation_is_spearmans_averaged_over_tickers_of_any_length():
    rng = np.random.default_rng(0)
    lengths = {"A": 50, "B": 31}
    mean, realised = (np.round(rng.normal(size=81), 1) for _ in range(2))  # with ties
    tickers = np.repeat(list(lengths), list(lengths.values()))
    dates = np.concatenate([days(count) for count in lengths.values()])
    single = [spearmanr(mean[tickers == name], realised[tickers == name]).statistic for name in lengths]
    assert found(mean, realised, tickers, dates).rank_ic == pytest.approx(np.mean(single))


def test_between_tickers_it_is_one_correlation_per_date_with_enough_of_them():
    rng = np.random.default_rng(1)
    count = FEWEST_TICKERS
    mean, realised = rng.normal(size=(30, count)), rng.normal(size=(30, count))
    tickers = np.tile([f"T{number}" for number in range(count)], 30)
    dates = np.repeat(days(30), count)
    whole = found(mean.ravel(), realised.ravel(), tickers, dates)
    per_date = [spearmanr(ours, theirs).statistic for ours, theirs in zip(mean, realised, strict=True)]
    assert whole.cross_rank_ic == pytest.approx(np.mean(per_date))
    assert whole.cross_rank_ic_t == pytest.approx(mean_t(np.array(per_date), 1))
    fewer = tickers != "T0"
    nine = found(mean.ravel()[fewer], realised.ravel()[fewer], tickers[fewer], dates[fewer])
    assert (nine.cross_rank_ic, nine.cross_rank_ic_t) == (None, None)
    assert nine.rank_ic is not None


def test_t_by_hand():
    # 10 values, reach int(4 (10 / 100)^(2/9)) = 2: variance = c0 + 2 (2/3 c1 + 1/3 c2) of the values left of the mean
    series = np.array([1.0, 2.0, 0.0, 1.0, 3.0, 1.0, 0.0, 2.0, 1.0, 1.0])
    left = series - 1.2
    c0, c1, c2 = (sum(left[t] * left[t - lag] for t in range(lag, 10)) for lag in (0, 1, 2))
    assert mean_t(series, 1) == pytest.approx(12.0 / np.sqrt(c0 + 4 / 3 * c1 + 2 / 3 * c2))


def test_too_few_outcomes_or_none_that_vary_have_no_t():
    assert mean_t(np.arange(9.0), 1) is None
    assert mean_t(np.arange(199.0), 20) is None
    assert mean_t(np.ones(100), 1) is None


def test_overlapping_outcomes_are_not_taken_for_independent_ones():
    """A persistent forecast of pure noise, 20 bars ahead: the t stays near 1 in size, a naive one does not."""
    own, naive = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        noise, shocks = rng.normal(size=770), rng.normal(size=750)
        mean = np.zeros(750)
        for t in range(1, 750):
            mean[t] = 0.97 * mean[t - 1] + shocks[t]
        came = np.convolve(noise, np.ones(20), "valid")[1:]
        result = found(mean, came, ["A"] * 750, days(750), horizon=20)
        own.append(result.rank_ic_t)
        naive.append(result.rank_ic * np.sqrt(750))
    assert np.std(own) < 1.5
    assert np.std(naive) > 2.5


def test_a_forecast_that_knows_something_has_a_large_t():
    rng = np.random.default_rng(4)
    mean = rng.normal(size=800)
    result = found(mean, 0.3 * mean + rng.normal(size=800), ["A"] * 800, days(800))
    assert result.rank_ic_t > 5.0
