"""Attributions add up to what they explain, and are the ones that can be worked out by hand."""

import numpy as np
import pytest
import torch

from small_policies import observations_of, policy_of
from tradeproof.agents.actor import Actor
from tradeproof.agents.attribution import attribute, log_odds
from tradeproof.agents.policy import TradingPolicy
from tradeproof.envs.observation import ACTIONS, Observations
from tradeproof.errors import ContractError


class Raw(TradingPolicy):
    """A policy whose actor is given: reasons come from the actor alone."""

    def with_actor(self, actor):
        object.__setattr__(self, "actor", actor)
        return self


def raw_policy(policy, actor):
    arguments = (policy.network, policy.observation, policy.features, policy.rules, policy.net_arch, policy.meta)
    return Raw(*arguments).with_actor(actor)


def test_log_odds_by_hand():
    """Probabilities 1/2, 1/4, 1/4: odds 1 to 1 for the first, 1 to 3 for the second."""
    logits = np.log(np.array([[2.0, 1.0, 1.0], [2.0, 1.0, 1.0]]))
    assert log_odds(logits, np.array([0, 1])) == pytest.approx([0.0, -np.log(3.0)], abs=1e-15)


@pytest.mark.parametrize("spread", [0.1, 0.6, 3.0])
def test_attributions_add_up_to_the_difference_of_the_log_odds(params, spread):
    policy = policy_of(params, spread=spread)
    observations = observations_of(policy, 400)
    actions = policy.actions(observations)
    found = attribute(policy, observations, actions)
    assert np.abs(found.values.sum(axis=1) - (found.log_odds - found.baseline_log_odds)).max() < 1e-6
    probabilities = policy.probabilities(observations)[np.arange(400), actions]
    assert found.log_odds == pytest.approx(np.log(probabilities) - np.log1p(-probabilities), rel=1e-4, abs=1e-6)
    assert len(set(actions.tolist())) > 1


def test_a_tilt_between_two_actions_is_attributed_in_proportion_by_hand(params):
    """Logits w.x, 0 and -1e9: the log-odds of sell are w.x itself, and input i contributes w_i x_i."""
    policy = policy_of(params)
    width = policy.observation.width
    weights = np.zeros((3, width))
    weights[0] = np.linspace(-1.0, 1.0, width)
    actor = Actor(None, None, (weights,), (np.array([0.0, 0.0, -1e9]),), "tanh")
    observations = observations_of(policy, 50)
    found = attribute(raw_policy(policy, actor), observations, np.zeros(50))
    assert found.values == pytest.approx(observations.values.astype(np.float64) * weights[0], abs=1e-9)
    assert (found.baseline_log_odds == 0.0).all()


def test_attributions_are_the_integral_that_a_fine_sum_gives(params):
    """The mid-point rule with 4,000 steps and torch's own gradients, name by name."""
    policy = policy_of(params)
    observations = observations_of(policy, 4)
    actions = policy.actions(observations)
    found = attribute(policy, observations, actions)
    network = policy.network.double()
    baseline = torch.tensor(policy.baseline)
    shares = (torch.arange(4000, dtype=torch.float64) + 0.5) / 4000
    for row in range(4):
        away = torch.tensor(observations.values[row], dtype=torch.float64) - baseline
        line = (baseline + shares[:, None] * away).requires_grad_()
        latent = network.mlp_extractor.forward_actor(network.features_extractor(line))
        logits = network.action_net(latent)
        others = [place for place in range(len(ACTIONS)) if place != actions[row]]
        odds = logits[:, actions[row]] - torch.logsumexp(logits[:, others], dim=1)
        odds.sum().backward()
        expected = (line.grad.mean(dim=0) * away).numpy()
        assert found.values[row] == pytest.approx(expected, abs=1e-5)


def test_kinks_are_halved_until_the_sum_is_right(params):
    """ReLU has kinks anywhere on the line: a fixed rule would miss the sum."""
    policy = policy_of(params)
    width, generator = policy.observation.width, np.random.default_rng(0)
    weights = (generator.normal(0, 0.4, (16, width)), generator.normal(0, 0.6, (3, 16)))
    actor = Actor(None, None, weights, (generator.normal(size=16), generator.normal(size=3)), "relu")
    raw = raw_policy(policy, actor)
    observations = observations_of(policy, 50)
    found = attribute(raw, observations, raw.actions(observations))
    assert np.abs(found.values.sum(axis=1) - (found.log_odds - found.baseline_log_odds)).max() < 1e-6


def test_what_did_not_change_from_the_baseline_contributes_nothing(params):
    policy = policy_of(params)
    values = np.tile(policy.baseline, (2, 1)).astype(np.float32)
    values[1, 3] += 2.0
    observations = Observations(values, policy.observation.hash)
    found = attribute(policy, observations, [0, 0])
    assert np.abs(found.values[0]).max() < 1e-6
    assert np.abs(np.delete(found.values[1], 3)).max() < 1e-6
    assert abs(found.values[1, 3]) > 1e-3


def test_reasons_do_not_depend_on_the_batch(params):
    policy = policy_of(params)
    observations = observations_of(policy, 40)
    actions = policy.actions(observations)
    whole = attribute(policy, observations, actions).values
    for row in (0, 17, 39):
        one = Observations(observations.values[row : row + 1], observations.contract_hash)
        assert attribute(policy, one, actions[row : row + 1]).values[0] == pytest.approx(whole[row], abs=1e-9)


def test_no_decisions_have_no_reasons(params):
    policy = policy_of(params)
    found = attribute(policy, observations_of(policy, 0), [])
    assert found.values.shape == (0, policy.observation.width)


def test_observations_of_another_contract_are_refused(params):
    policy = policy_of(params)
    with pytest.raises(ContractError):
        attribute(policy, Observations(observations_of(policy, 2).values, "0" * 64), [0, 1])
