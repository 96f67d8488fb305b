"""A trading policy: a network of stable-baselines3, and the contract of what it may be asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from gymnasium import spaces
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import nn

from tradeproof.agents.actor import LIMIT, Activation, Actor, Floats, actor_of
from tradeproof.envs.observation import (
    ACTIONS,
    POSITION_STATE,
    FloatArray,
    ObservationContract,
    Observations,
    observation_contract,
)
from tradeproof.errors import DataError
from tradeproof.features.contract import FeatureContract
from tradeproof.market.rules import TradingRules

ACTIVATIONS: Mapping[type[nn.Module], Activation] = {nn.Tanh: "tanh", nn.ReLU: "relu"}


@dataclass(frozen=True)
class Moments:
    """What observations are standardised with, fitted on the training split.

    Attributes:
        mean: [name], float32.
        scale: [name], float32, above 0.
    """

    mean: FloatArray
    scale: FloatArray

    def __post_init__(self) -> None:
        for name in ("mean", "scale"):
            object.__setattr__(self, name, np.array(getattr(self, name), dtype=np.float32))
        if self.mean.ndim != 1 or self.mean.shape != self.scale.shape:
            raise DataError(
                f"moments have the shapes {self.mean.shape} and {self.scale.shape}, expected one mean and one scale "
                "for each name of an observation"
            )
        if not (np.isfinite(self.mean).all() and np.isfinite(self.scale).all() and (self.scale > 0.0).all()):
            raise DataError("moments hold a mean that is not finite or a scale that is not above 0, expected both")


class Standardised(BaseFeaturesExtractor):
    """Standardises raw observations inside the network, so that no caller can forget to.

    The limit is smooth, so that a gradient along a line of observations can be integrated.
    """

    def __init__(self, observation_space: spaces.Box, mean: FloatArray, scale: FloatArray) -> None:
        super().__init__(observation_space, features_dim=len(mean))
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32))
        self.register_buffer("scale", torch.tensor(scale, dtype=torch.float32))

    def forward(self, observations: torch.Tensor) -> torch.Tensor:
        """Standardise, [decision, name] to the same."""
        return LIMIT * torch.tanh((observations - self.mean) / (self.scale * LIMIT))


@dataclass(frozen=True)
class TradingPolicy:
    """A policy as it was at one moment of its training: `trading_policy` takes a copy.

    Attributes:
        network: On the CPU, in eval mode.
        observation: What it was trained on, and refuses to act without.
        features: The features in there.
        rules: How the account trades that it acts in.
        net_arch: Widths of the hidden layers, of the policy and of the value.
        meta: Params, seed, hash of the data, package versions: what it came from, as JSON.
    """

    network: ActorCriticPolicy
    observation: ObservationContract
    features: FeatureContract
    rules: TradingRules
    net_arch: tuple[int, ...]
    meta: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def actor(self) -> Actor:
        """The acting half of the network, in float64."""
        return actor_of(self.network.state_dict(), ACTIVATIONS[self.network.activation_fn])

    @property
    def baseline(self) -> Floats:
        """[name], the observation that reasons are measured from: average features in training, a fresh account.

        A policy without a normaliser has no averages: there it is 0, where most features are neutral.
        """
        mean = self.actor.mean
        baseline = np.zeros(self.observation.width) if mean is None else mean.copy()
        baseline[-len(POSITION_STATE) :] = 0.0
        return baseline

    def logits(self, observations: Observations) -> Floats:
        """Logits of the actions, [decision, action] in the order of ACTIONS.

        Raises:
            ContractError: The observations are of another contract than the policy.
            DataError: An observation is not finite.
        """
        self.observation.check(observations)
        finite = np.isfinite(observations.values)
        if not finite.all():
            decision, column = (int(found[0]) for found in np.nonzero(~finite))
            raise DataError(
                f"observation {decision} has {self.observation.names[column]} "
                f"{observations.values[decision, column]}, expected a finite number: ask on ready bars only"
            )
        return self.actor.logits(observations.values)

    def probabilities(self, observations: Observations) -> Floats:
        """Probabilities of the actions, [decision, action]; each row adds up to 1."""
        return softmax(self.logits(observations))

    def actions(self, observations: Observations) -> npt.NDArray[np.int64]:
        """What the policy decides, [decision], as places in ACTIONS: the most probable action, the first of equals."""
        return np.argmax(self.logits(observations), axis=1).astype(np.int64)


def softmax(logits: Floats) -> Floats:
    """Probabilities of logits, over the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def policy_arguments(moments: Moments, net_arch: Sequence[int]) -> dict[str, Any]:
    """The policy_kwargs of stable-baselines3's MlpPolicy: what `build_network` builds, for a PPO to train."""
    widths = [int(width) for width in net_arch]
    return {
        "features_extractor_class": Standardised,
        "features_extractor_kwargs": {"mean": moments.mean, "scale": moments.scale},
        "net_arch": {"pi": widths, "vf": list(widths)},
        "activation_fn": nn.Tanh,
    }


def spaces_of(width: int) -> tuple[spaces.Box, spaces.Discrete]:
    """The spaces of observations of this width, and of the actions."""
    return spaces.Box(-np.inf, np.inf, (width,), np.float32), spaces.Discrete(len(ACTIONS))


def build_network(contract: ObservationContract, net_arch: Sequence[int], moments: Moments) -> ActorCriticPolicy:
    """An untrained network for observations of this contract, on the CPU, in eval mode, with torch's random weights."""
    if len(moments.mean) != contract.width:
        raise DataError(f"moments are of {len(moments.mean)} numbers, an observation holds {contract.width}")
    network = ActorCriticPolicy(*spaces_of(contract.width), _no_learning, **policy_arguments(moments, net_arch))
    network.set_training_mode(False)
    return network


def trading_policy(
    network: ActorCriticPolicy,
    features: FeatureContract,
    rules: TradingRules,
    net_arch: Sequence[int],
    meta: Mapping[str, Any],
) -> TradingPolicy:
    """Take a copy of a network in training as a policy that can act, be saved and be explained.

    Args:
        network: Built with `policy_arguments`, on any device; later updates of it do not reach the copy.
        features: Of the tables it is trained on.
        rules: Of the accounts it is trained in.
        net_arch: Its widths.
        meta: As TradingPolicy.meta.
    """
    contract = observation_contract(features)
    state = {name: tensor.detach().to("cpu", copy=True) for name, tensor in network.state_dict().items()}
    moments = Moments(state["features_extractor.mean"].numpy(), state["features_extractor.scale"].numpy())
    copy = build_network(contract, net_arch, moments)
    copy.load_state_dict(state)
    return TradingPolicy(copy, contract, features, rules, tuple(int(width) for width in net_arch), dict(meta))


def _no_learning(_progress_remaining: float) -> float:
    return 0.0
