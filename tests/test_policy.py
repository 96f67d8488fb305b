"""A policy acts on what it was trained on, and in the same way however it is asked."""

from dataclasses import replace

import gymnasium
import numpy as np
import pytest
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv

from small_policies import RULES, moments_of, observations_of, policy_of
from tradeproof.agents.policy import Moments, policy_arguments, spaces_of, trading_policy
from tradeproof.envs.observation import ACTIONS, Observations
from tradeproof.errors import ContractError, DataError
from tradeproof.features.contract import feature_contract


class Still(gymnasium.Env):
    """Spaces alone, never stepped."""

    def __init__(self, width):
        self.observation_space, self.action_space = spaces_of(width)


def ppo_of(width, net_arch):
    arguments = policy_arguments(moments_of(width), net_arch)
    return PPO("MlpPolicy", DummyVecEnv([lambda: Still(width)]), policy_kwargs=arguments, seed=0, device="cpu")


@pytest.fixture(scope="module")
def policy(params):
    return policy_of(params)


def test_the_logits_are_those_of_the_network_that_was_trained(policy):
    observations = observations_of(policy)
    with torch.no_grad():
        distribution = policy.network.get_distribution(torch.tensor(observations.values))
    logits = policy.logits(observations)
    found = logits - logits.mean(axis=1, keepdims=True)
    expected = distribution.distribution.logits.double().numpy()
    assert found == pytest.approx(expected - expected.mean(axis=1, keepdims=True), abs=2e-5)
    probabilities = policy.probabilities(observations)
    assert probabilities.sum(axis=1) == pytest.approx(1.0, abs=1e-12)
    assert probabilities == pytest.approx(distribution.distribution.probs.numpy(), abs=1e-5)


def test_the_most_probable_action_is_taken_and_all_three_occur(policy):
    observations = observations_of(policy)
    actions = policy.actions(observations)
    assert set(actions.tolist()) == set(range(len(ACTIONS)))
    assert (policy.probabilities(observations).argmax(axis=1) == actions).all()


@pytest.mark.parametrize("size", [1, 7, 64])
def test_the_batch_in_which_a_decision_is_asked_does_not_matter(policy, size):
    observations = observations_of(policy)
    whole = policy.logits(observations)
    parts = [
        replace(observations, values=observations.values[start : start + size])
        for start in range(0, len(observations.values), size)
    ]
    assert np.concatenate([policy.logits(part) for part in parts]) == pytest.approx(whole, abs=1e-12)
    assert (np.concatenate([policy.actions(part) for part in parts]) == policy.actions(observations)).all()


def test_the_normaliser_is_part_of_the_network(params):
    """One input, one linear layer by hand: (x - mean) / scale = (3 - 1) / 2 = 1, limited to 5 tanh(1 / 5)."""
    policy = policy_of(params)
    width = policy.observation.width
    extractor = type(policy.network.features_extractor)(spaces_of(width)[0], np.full(width, 1.0), np.full(width, 2.0))
    found = extractor(torch.full((1, width), 3.0))
    assert found.numpy() == pytest.approx(np.full((1, width), 5.0 * np.tanh(0.2)), abs=1e-6)
    assert extractor(torch.full((1, width), 1e6)).max() <= 5.0
    assert {"features_extractor.mean", "features_extractor.scale"} <= set(policy.network.state_dict())


def test_a_policy_taken_from_a_ppo_acts_as_it_did_at_that_moment(params):
    features = feature_contract(params.build_features)
    width = policy_of(params).observation.width
    ppo = ppo_of(width, [8, 8])
    policy = trading_policy(ppo.policy, features, RULES, [8, 8], {"seed": 0})
    observations = observations_of(policy)
    before = policy.logits(observations)
    taken, _ = ppo.predict(observations.values, deterministic=True)
    assert (policy.actions(observations) == taken).all()
    with torch.no_grad():
        for weight in ppo.policy.parameters():
            weight.add_(1.0)
    assert (policy.logits(observations) == before).all()
    assert (trading_policy(ppo.policy, features, RULES, [8, 8], {}).logits(observations) != before).all()


def test_observations_of_another_contract_are_refused(policy):
    observations = observations_of(policy)
    with pytest.raises(ContractError, match="observations are of the contract 000000000000"):
        policy.logits(Observations(observations.values, "0" * 64))
    with pytest.raises(ContractError, match=r"shape \(300, 3\)"):
        policy.actions(Observations(observations.values[:, :3], observations.contract_hash))


def test_an_observation_that_is_not_finite_is_refused(policy):
    values = observations_of(policy).values.copy()
    values[4, 1] = np.nan
    with pytest.raises(DataError, match=f"observation 4 has {policy.observation.names[1]} nan"):
        policy.actions(Observations(values, policy.observation.hash))


def test_reasons_are_measured_from_average_features_and_a_fresh_account(policy):
    mean = moments_of(policy.observation.width).mean
    assert policy.baseline[:-4] == pytest.approx(mean[:-4], abs=0)
    assert (policy.baseline[-4:] == 0.0).all()


@pytest.mark.parametrize(("mean", "scale"), [([0.0], [0.0]), ([np.nan], [1.0]), ([0.0, 0.0], [1.0])])
def test_moments_that_cannot_standardise_are_refused(mean, scale):
    with pytest.raises(DataError, match="moments"):
        Moments(np.array(mean), np.array(scale))
