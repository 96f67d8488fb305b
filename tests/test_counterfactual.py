"""Counterfactuals hold when the policy is run, are the nearest ones, and are worded no further than they reach."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from small_policies import observations_of, policy_of
from tradeproof.agents.actor import Actor
from tradeproof.agents.counterfactual import Candidate, nearest_counterfactuals
from tradeproof.envs.observation import BUY, HOLD, SELL, Observations
from tradeproof.errors import ContractError, DataError


@dataclass(frozen=True)
class Scaled:
    """Shown as factor x value, or in units of the volatility; falling where the factor is negative."""

    factor: float = 50.0
    decimals: int = 1
    by_volatility: bool = False

    def to_display(self, values, volatility):
        return values * self.factor * (volatility if self.by_volatility else 1.0)

    def from_display(self, values, volatility):
        return values / self.factor / (volatility if self.by_volatility else 1.0)


DISPLAYS = (Scaled(), Scaled(-10.0, 2), Scaled(100.0, 2, by_volatility=True))


def candidates_of(columns, low=-3.0, high=3.0):
    return [Candidate(column, DISPLAYS[column % 3], low, high, 0.5 + column / 20) for column in columns]


def asked(params, seed=0, count=200, columns=range(12), spread=0.4):
    policy = policy_of(params, seed, spread=spread)
    observations = observations_of(policy, count, seed)
    volatility = np.random.default_rng(seed).uniform(0.005, 0.04, count)
    actions = policy.actions(observations)
    candidates = candidates_of(columns)
    found = nearest_counterfactuals(policy, observations, actions, candidates, volatility)
    return policy, observations, actions, candidates, volatility, found


def moved(policy, observations, row, column, value):
    values = observations.values[row : row + 1].copy()
    values[0, column] = value
    return int(policy.actions(Observations(values, observations.contract_hash))[0])


def with_actor(policy, actor):
    copy = replace(policy)
    copy.__dict__["actor"] = actor
    return copy


def one_input(params, thresholds):
    """A policy that reads input 0 alone: it sells above the threshold, else holds."""
    policy = policy_of(params)
    weights = np.zeros((3, policy.observation.width))
    weights[SELL, 0] = 1.0
    biases = np.array([-thresholds, 0.0, -10.0])
    return with_actor(policy, Actor(None, None, (weights,), (biases,), "tanh"))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_policy_acts_otherwise_with_exactly_the_shown_value(params, seed):
    policy, observations, actions, candidates, volatility, found = asked(params, seed)
    exists = np.flatnonzero(found.columns >= 0)
    assert len(exists) > 100
    by_column = {candidate.column: candidate for candidate in candidates}
    for row in exists:
        candidate = by_column[found.columns[row]]
        shown = found.displayed[row : row + 1]
        assert shown[0] == np.round(shown[0], candidate.display.decimals)
        value = np.float32(candidate.display.from_display(shown, volatility[row : row + 1])[0])
        assert value == found.values[row]
        assert candidate.low <= value <= candidate.high
        assert moved(policy, observations, row, candidate.column, value) == found.actions[row] != actions[row]
        seen = float(observations.values[row, candidate.column])
        assert found.distances[row] == pytest.approx(abs(float(value) - seen) / candidate.deviation, rel=1e-9)
        seen_shown = candidate.display.to_display(np.array([seen]), volatility[row : row + 1])
        assert found.above[row] == (shown[0] > seen_shown[0])
        assert np.round(seen_shown[0], candidate.display.decimals) != shown[0]
    none = found.columns < 0
    assert (found.actions[none] == -1).all()
    assert np.isnan(found.displayed[none]).all()


def test_the_threshold_is_found_by_hand(params):
    """It sells above 1.2345, shown as 61.725: from below the first tenth that sells is 61.8, from above 61.7 holds."""
    policy = one_input(params, 1.2345)
    values = np.zeros((2, policy.observation.width), np.float32)
    values[:, 0] = [0.5, 2.0]
    observations = Observations(values, policy.observation.hash)
    found = nearest_counterfactuals(
        policy, observations, [HOLD, SELL], [Candidate(0, Scaled(), -3.0, 3.0, 2.0)], np.ones(2)
    )
    assert found.columns.tolist() == [0, 0]
    assert found.actions.tolist() == [SELL, HOLD]
    assert found.displayed.tolist() == [61.8, 61.7]
    assert found.above.tolist() == [True, False]
    assert found.beyond.tolist() == [True, True]
    assert found.distances == pytest.approx((found.displayed / 50 - values[:, 0]) / 2.0 * np.array([1, -1]), abs=1e-6)
    for row in (0, 1):  # one step nearer, the policy acts as it did
        nearer = np.float32((found.displayed[row] + (-0.1 if row == 0 else 0.1)) / 50)
        assert moved(policy, observations, row, 0, nearer) == [HOLD, SELL][row]


def test_no_nearer_shown_value_changes_the_action(params):
    """A fine scan of every candidate column, in steps of the last digit, finds nothing nearer but narrow windows."""
    policy, observations, actions, candidates, volatility, found = asked(params, count=60, columns=range(6))
    nearer = 0
    for row in range(60):
        for candidate in candidates:
            ends = candidate.display.to_display(np.array([candidate.low, candidate.high]), volatility[[row, row]])
            unit = 10.0**-candidate.display.decimals
            shown = np.arange(np.ceil(min(ends) / unit), np.floor(max(ends) / unit) + 1) * unit
            shown = np.round(shown, candidate.display.decimals)
            values = candidate.display.from_display(shown, np.full(len(shown), volatility[row])).astype(np.float32)
            many = np.repeat(observations.values[row : row + 1], len(values), axis=0)
            many[:, candidate.column] = values
            other = policy.actions(Observations(many, observations.contract_hash)) != actions[row]
            seen = float(observations.values[row, candidate.column])
            distances = np.abs(values.astype(np.float64) - seen)[other] / candidate.deviation
            least = np.inf if np.isnan(found.distances[row]) else found.distances[row]
            nearer += bool(len(distances)) and distances.min() < least - unit
    assert nearer <= 3


def test_beyond_is_claimed_only_where_it_holds_to_the_end_of_the_range(params):
    policy, observations, _, candidates, _, found = asked(params, count=300, spread=0.9)
    assert 0 < found.beyond[found.columns >= 0].mean() < 1
    by_column = {candidate.column: candidate for candidate in candidates}
    for row in np.flatnonzero(found.columns >= 0):
        candidate, value = by_column[found.columns[row]], float(found.values[row])
        upwards = value > observations.values[row, candidate.column]
        grid = np.linspace(candidate.low, candidate.high, 33)
        outside = grid[grid >= value] if upwards else grid[grid <= value]
        held = all(moved(policy, observations, row, candidate.column, point) == found.actions[row] for point in outside)
        assert found.beyond[row] == held


def test_a_window_of_another_action_is_not_worded_as_beyond(params):
    """Buys between 0.8 and 1.6 alone: from 0 the nearest change is 0.8, and above 1.6 it holds again."""
    policy = policy_of(params)
    first = np.zeros((2, policy.observation.width))
    first[:, 0] = 50.0
    second = np.array([[0.0, 0.0], [0.0, 0.0], [1.0, -1.0]])
    actor = Actor(None, None, (first, second), (np.array([-40.0, -80.0]), np.array([-9.0, 1.0, 0.0])), "tanh")
    policy = with_actor(policy, actor)
    observations = Observations(np.zeros((1, policy.observation.width), np.float32), policy.observation.hash)
    found = nearest_counterfactuals(policy, observations, [HOLD], [Candidate(0, Scaled(), -3, 3, 1.0)], np.ones(1))
    assert found.actions.tolist() == [BUY]
    assert found.displayed[0] == pytest.approx(40.0, abs=0.21)
    assert found.beyond.tolist() == [False]


def test_a_display_that_falls_rounds_away_from_what_was_seen(params):
    policy = one_input(params, 1.0)
    observations = Observations(np.zeros((1, policy.observation.width), np.float32), policy.observation.hash)
    falling = Candidate(0, Scaled(-10.0, 1), -3.0, 3.0, 1.0)
    found = nearest_counterfactuals(policy, observations, [HOLD], [falling], np.ones(1))
    assert found.displayed[0] in (-10.0, -10.1)
    assert not found.above[0]
    assert found.values[0] >= 1.0


def test_a_policy_that_never_changes_its_mind_has_no_counterfactual(params):
    policy = one_input(params, 100.0)
    observations = Observations(np.zeros((3, policy.observation.width), np.float32), policy.observation.hash)
    for candidates in (candidates_of(range(3)), []):
        found = nearest_counterfactuals(policy, observations, [HOLD] * 3, candidates, np.ones(3))
        assert found.columns.tolist() == [-1] * 3
        assert not found.beyond.any()


def test_what_was_seen_may_lie_outside_of_the_range_of_training(params):
    policy = one_input(params, 1.0)
    values = np.full((1, policy.observation.width), 9.0, np.float32)
    observations = Observations(values, policy.observation.hash)
    found = nearest_counterfactuals(policy, observations, [SELL], [Candidate(0, Scaled(), -3, 3, 1.0)], np.ones(1))
    assert found.displayed[0] in (49.9, 50.0)
    assert found.beyond[0]


def test_actions_of_another_policy_and_another_contract_are_refused(params):
    policy, observations, actions, candidates, volatility, _ = asked(params, count=5)
    with pytest.raises(DataError, match="did not decide"):
        nearest_counterfactuals(policy, observations, (actions + 1) % 3, candidates, volatility)
    strange = Observations(observations.values, "0" * 64)
    with pytest.raises(ContractError):
        nearest_counterfactuals(policy, strange, actions, candidates, volatility)
