"""The acting half of a policy's network as plain arrays in float64: what every decision and its reasons come from.

One definition of acting serves the rollout, the attributions and the counterfactuals, so none of them explains another
policy than the one that traded. In float64 the size of a batch moves a logit by less than 1e-12, so it moves no action.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Activation = Literal["tanh", "relu"]

LIMIT = 5.0
"""Deviations from the mean that a standardised input approaches and never passes; up to 1.5 it hardly changes."""


@dataclass(frozen=True)
class Actor:
    """Raw observations in, logits out.

    Attributes:
        mean: [name], of the observations in training; None: the network reads raw numbers, unlimited.
        scale: [name], their standard deviation; None with mean.
        weights: Of the linear layers, [output, input] each; the last one gives the logits.
        biases: [output] each.
        activation: Between the layers.
    """

    mean: Floats | None
    scale: Floats | None
    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]
    activation: Activation

    def logits(self, values: npt.ArrayLike) -> Floats:
        """Logits of raw observations, [decision, name] to [decision, action]."""
        return self.logits_of_inputs(self.inputs(np.asarray(values, dtype=np.float64)))

    def inputs(self, values: Floats) -> Floats:
        """What the first layer reads, [decision, name]: standardised and softly limited, where the policy does that."""
        if self.mean is None or self.scale is None:
            return values
        return LIMIT * np.tanh((values - self.mean) / (self.scale * LIMIT))

    def logits_of_inputs(self, inputs: Floats) -> Floats:
        """Logits of what the first layer reads."""
        return self.logits_of_sums(inputs @ self.weights[0].T + self.biases[0])

    def logits_of_sums(self, sums: Floats) -> Floats:
        """Logits of what the first layer gives before its activation, [decision, unit]."""
        for weight, bias in zip(self.weights[1:], self.biases[1:], strict=True):
            sums = self.activate(sums) @ weight.T + bias
        return sums

    def activate(self, sums: Floats) -> Floats:
        """The activation of a layer."""
        return np.tanh(sums) if self.activation == "tanh" else np.maximum(sums, 0.0)

    def gradient(self, values: Floats, slopes_of: Callable[[Floats], Floats]) -> Floats:
        """Gradient of a function of the logits with respect to raw observations, [decision, name].

        Args:
            values: [decision, name], where.
            slopes_of: The function's own gradient: logits in, slopes with respect to them out, [decision, action] each.
        """
        layers = [self.inputs(values)]
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            layers.append(self.activate(layers[-1] @ weight.T + bias))
        slopes = slopes_of(layers[-1] @ self.weights[-1].T + self.biases[-1])
        for place in range(len(layers) - 1, 0, -1):
            units = layers[place]
            slopes = (slopes @ self.weights[place]) * (1.0 - units**2 if self.activation == "tanh" else units > 0.0)
        slopes = slopes @ self.weights[0]
        return slopes if self.scale is None else slopes * ((1.0 - (layers[0] / LIMIT) ** 2) / self.scale)


def actor_of(state: Mapping[str, Any], activation: Activation) -> Actor:
    """Read the actor out of the state dict of stable-baselines3's ActorCriticPolicy.

    Args:
        state: Tensors by name; `features_extractor.mean` and `.scale` where the policy standardises.
        activation: Between its layers.
    """

    def array(name: str) -> Floats:
        return state[name].detach().cpu().numpy().astype(np.float64)

    layers = [*hidden_layers(state, "policy_net"), "action_net"]
    standardises = "features_extractor.mean" in state
    return Actor(
        mean=array("features_extractor.mean") if standardises else None,
        scale=array("features_extractor.scale") if standardises else None,
        weights=tuple(array(f"{layer}.weight") for layer in layers),
        biases=tuple(array(f"{layer}.bias") for layer in layers),
        activation=activation,
    )


def hidden_layers(state: Mapping[str, Any], net: str) -> list[str]:
    """Names of a net's linear layers from the input on, without `.weight` and `.bias`."""
    prefix, suffix = f"mlp_extractor.{net}.", ".weight"
    places = [name.removeprefix(prefix).removesuffix(suffix) for name in state if name.startswith(prefix)]
    return [f"{prefix}{place}" for place in sorted(int(place) for place in places if place.isdecimal())]
