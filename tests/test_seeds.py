"""Several seeds of one model: spread by hand, a mean that is a forecast, and refusals."""

import numpy as np
import pytest

from opinions import LEVELS, quick, random_means
from tradeproof.errors import ContractError
from tradeproof.evaluation.policies import align_tables, compare_policies
from tradeproof.evaluation.scores import aligned_quantiles, crps, outcomes
from tradeproof.evaluation.seeds import compare_seeds, ensembles, refuse_seeds, spread

TEST_BARS = 200
COLUMNS = ["q05", "q25", "q50", "q75", "q95"]


@pytest.fixture
def settings(params):
    return quick(params)


@pytest.fixture
def tables(random_bars):
    return {"AAA": random_bars(400, seed=5, ticker="AAA")}


@pytest.fixture
def rows(tables):
    return outcomes(tables, {"AAA": np.arange(400) >= 400 - TEST_BARS}, [1])


def test_spread_by_hand():
    found = spread([1.0, -2.0, 4.0])
    assert found == {"mean": 1.0, "deviation": 3.0, "lowest": -2.0, "highest": 4.0, "above_zero": 2}
    assert spread([2.0])["deviation"] is None
    assert spread([np.nan, 1.0])["mean"] is None


def test_figures_over_seeds_are_those_of_each_seed_alone(tables, rows, settings):
    frames = [random_means(tables, seed) for seed in (1, 2, 3)]
    yardstick = random_means(tables, 9)
    sessions = {"AAA": tables["AAA"].iloc[-TEST_BARS:]}
    alone = {str(seed): frame for seed, frame in enumerate(frames)}
    traded = compare_policies(tables, sessions, alone, settings)
    found = compare_seeds({"base": frames}, yardstick, rows, align_tables(sessions), traded, settings)["base"]
    assert found["count"] == 3
    known = rows.dropna()
    losses = [
        crps(aligned_quantiles(frame, known, LEVELS, ""), known["outcome"].to_numpy(), LEVELS).mean()
        for frame in (*frames, yardstick)
    ]
    skills = [1.0 - loss / losses[-1] for loss in losses[:-1]]
    assert found["forecast"]["h1"]["crps"]["mean"] == pytest.approx(np.mean(losses[:-1]))
    assert found["forecast"]["h1"]["skill"]["deviation"] == pytest.approx(np.std(skills, ddof=1))
    for key in ("total_return", "sharpe_ratio", "max_drawdown", "excess_return"):
        own = [traded.pooled[name][key] for name in alone]
        assert found["profit"][key]["mean"] == pytest.approx(np.mean(own)), key
        assert found["profit"][key]["lowest"] == pytest.approx(min(own)), key


def test_the_mean_of_seeds_is_the_mean_of_their_quantiles_whatever_their_order(tables, rows):
    frames = [random_means(tables, seed) for seed in (1, 2)]
    found = ensembles({"base": [frames[0], frames[1].iloc[::-1]], "single": frames[:1]}, rows, LEVELS)
    assert set(found) == {"base_ensemble"}
    expected = (frames[0][COLUMNS] + frames[1][COLUMNS]).to_numpy()[-TEST_BARS:] / 2
    assert found["base_ensemble"][COLUMNS].to_numpy() == pytest.approx(expected)
    assert aligned_quantiles(found["base_ensemble"], rows, LEVELS, "mean") == pytest.approx(expected)


def test_the_mean_forecast_of_noisy_seeds_is_closer_than_they_are(tables, rows):
    """The CRPS is convex: the mean of the quantiles never loses more than the seeds do on average."""
    frames = [random_means(tables, seed) for seed in range(6)]
    known = rows.dropna()
    mean = ensembles({"base": frames}, rows, LEVELS)["base_ensemble"]
    losses = [
        crps(aligned_quantiles(frame, known, LEVELS, ""), known["outcome"].to_numpy(), LEVELS).mean()
        for frame in (*frames, mean)
    ]
    assert losses[-1] < np.mean(losses[:-1])


def test_seeds_that_are_not_of_the_models_are_refused(tables, rows, settings):
    base = random_means(tables, 1)
    with pytest.raises(ContractError, match=r"several seeds name \['other'\]"):
        refuse_seeds({"other": [base]}, {"base": base}, rows, settings)
    with pytest.raises(ContractError, match=r"several seeds name \['base'\]"):
        refuse_seeds({"base": []}, {"base": base}, rows, settings)
    with pytest.raises(ContractError, match="forecasts of base differ from those of its first seed"):
        refuse_seeds({"base": [random_means(tables, 2), base]}, {"base": base}, rows, settings)
    with pytest.raises(ContractError, match=r"base \(seed number 1\) have no finite quantiles"):
        refuse_seeds({"base": [base.iloc[:10]]}, {"base": base}, rows, settings)
    refuse_seeds({"base": [base, base]}, {"base": base}, rows, settings)
