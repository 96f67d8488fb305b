"""Small policies with random weights, and observations for them."""

import numpy as np
import torch

from tradeproof.agents.policy import Moments, TradingPolicy, build_network
from tradeproof.envs.observation import Observations, observation_contract
from tradeproof.features.contract import feature_contract
from tradeproof.market.rules import TradingRules

RULES = TradingRules(0.001, 0.0005, 10_000.0, 1.0, None, None, False)
NET_ARCH = (16, 12)


def moments_of(width, seed=0):
    generator = np.random.default_rng([seed, width])
    return Moments(generator.normal(0.0, 0.3, width), generator.uniform(0.5, 1.5, width))


def policy_of(params, seed=0, spread=0.6, features=None, net_arch=NET_ARCH, rules=RULES, meta=None):
    """A policy whose weights are spread so wide that it takes every action."""
    features = feature_contract(params.build_features) if features is None else features
    contract = observation_contract(features)
    network = build_network(contract, net_arch, moments_of(contract.width, seed))
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in network.parameters():
            weight.normal_(0.0, spread, generator=generator)
    return TradingPolicy(network, contract, features, rules, tuple(net_arch), {} if meta is None else meta)


def observations_of(policy, count=300, seed=0):
    values = np.random.default_rng(seed).normal(0.0, 1.5, (count, policy.observation.width))
    return Observations(values.astype(np.float32), policy.observation.hash)
