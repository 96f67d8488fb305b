"""A policy as one file, policy.zip: weights as safetensors, and as JSON what it takes to use and to judge them."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError

from tradeproof.agents.actor import hidden_layers
from tradeproof.agents.archive import REMEDY, read_archive, read_file, write_archive
from tradeproof.agents.policy import Moments, TradingPolicy, build_network
from tradeproof.envs.observation import ACTIONS, ObservationContract, observation_contract
from tradeproof.errors import ContractError, DataError, StorageError
from tradeproof.features.contract import FeatureContract
from tradeproof.market.rules import TradingRules

FORMAT = "tradeproof-policy"
VERSION = 1
WEIGHTS = "policy.safetensors"
DESCRIPTION = "policy.json"
OWN_NAMES = (WEIGHTS, DESCRIPTION)
SHARED = ("pi_features_extractor.", "vf_features_extractor.")
"""Other names of the one features extractor in a state dict: safetensors keeps each tensor once."""

Width = Annotated[int, Field(ge=1, le=4096)]


class Spaces(BaseModel):
    """The spaces of gymnasium, as JSON."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    observation_shape: list[int]
    observation_dtype: Literal["float32"]
    actions: list[str]


class Rules(BaseModel):
    """TradingRules, as JSON."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    commission: float
    slippage: float
    initial_capital: float
    max_position_size: float
    stop_loss: float | None
    take_profit: float | None
    long_short: bool


class Description(BaseModel):
    """Content of policy.json."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["tradeproof-policy"]
    version: Literal[1]
    spaces: Spaces
    observation: dict[str, Any]
    features: dict[str, Any]
    net_arch: Annotated[list[Width], Field(max_length=16)]
    activation: Literal["tanh"]
    rules: Rules
    metrics: dict[str, float | None]
    meta: dict[str, Any]


def save_policy(path: Path, policy: TradingPolicy, metrics: Mapping[str, float]) -> None:
    """Write a policy as one zip file; the same policy and metrics give the same bytes.

    Args:
        path: Where to, by custom policy.zip.
        policy: Built with `build_network`; its meta has to be JSON.
        metrics: Of the validation; a number that is not finite becomes null.

    Raises:
        StorageError: The disk does not take it.
    """
    from safetensors.torch import save

    description = {
        "format": FORMAT,
        "version": VERSION,
        "spaces": {
            "observation_shape": [policy.observation.width],
            "observation_dtype": "float32",
            "actions": list(ACTIONS),
        },
        "observation": policy.observation.to_dict(),
        "features": policy.features.to_dict(),
        "net_arch": list(policy.net_arch),
        "activation": policy.actor.activation,
        "rules": asdict(policy.rules),
        "metrics": {key: value if math.isfinite(value) else None for key, value in metrics.items()},
        "meta": dict(policy.meta),
    }
    text = json.dumps(description, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    state = policy.network.state_dict()
    kept = {name: tensor.contiguous() for name, tensor in state.items() if not name.startswith(SHARED)}
    write_archive(path, {WEIGHTS: save(kept), DESCRIPTION: text.encode("utf-8")})


def load_policy(path: Path) -> TradingPolicy:
    """Read what `save_policy` wrote, as the zip file or as a folder of its two files; nothing is unpickled.

    Returns:
        A policy whose logits are those of the saved one, bit for bit.

    Raises:
        ContractError: It was made with other position states or actions than this version of the program knows.
        StorageError: A file is missing or damaged, or not of such a policy.
    """
    if path.is_dir():
        entries = {name: read_file(path / name) for name in OWN_NAMES}
    else:
        entries = read_archive(read_file(path), OWN_NAMES, str(path))
    missing = [name for name in OWN_NAMES if name not in entries]
    if missing:
        raise StorageError(f"{path} holds no {missing[0]}; {REMEDY}")
    described = _describe(entries[DESCRIPTION], path)
    features = FeatureContract.from_dict(described.features)
    observation = ObservationContract.from_dict(described.observation)
    _check_contracts(described, features, observation, path)
    state = _weights(entries[WEIGHTS], path)
    net_arch = tuple(described.net_arch)
    try:
        rules = TradingRules(**described.rules.model_dump())
        with torch.random.fork_rng(devices=[]):  # building draws weights that are then replaced
            network = build_network(observation, _checked_widths(state, net_arch), _moments(state))
        shared = {name: state[f"features_extractor.{name.rpartition('.')[2]}"] for name in _shared(network)}
        network.load_state_dict({**state, **shared})
    except (DataError, KeyError, RuntimeError, ValueError) as e:
        raise StorageError(f"{path} holds no readable policy ({' '.join(str(e).split())[:200]}); {REMEDY}") from e
    return TradingPolicy(network, observation, features, rules, net_arch, described.meta)


def saved_metrics(path: Path) -> dict[str, float | None]:
    """The metrics that were saved with a policy."""
    entries = read_archive(read_file(path), OWN_NAMES, str(path))
    return dict(_describe(entries[DESCRIPTION], path).metrics)


def check_weights(state: Mapping[str, object], label: str) -> None:
    """Refuse anything but finite float32 tensors.

    Raises:
        StorageError: Naming the first that is something else.
    """
    for name, tensor in state.items():
        if not isinstance(tensor, torch.Tensor) or tensor.layout != torch.strided or tensor.dtype != torch.float32:
            raise StorageError(f"{label} holds {name[:80]!r} that is no plain float32 tensor; {REMEDY}")
        if not bool(torch.isfinite(tensor).all()):
            raise StorageError(f"{label} holds weights {name[:80]!r} that are not finite; {REMEDY}")


def _describe(content: bytes, path: Path) -> Description:
    try:
        return Description.model_validate(json.loads(content, parse_constant=_refuse_constant))
    except ValidationError as e:
        first = e.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise StorageError(
            f"{path}: {DESCRIPTION} has {key}: {first['msg']} ({e.error_count()} faults); {REMEDY}"
        ) from e
    except (ValueError, RecursionError) as e:
        raise StorageError(f"{path}: {DESCRIPTION} cannot be read as JSON ({e}); {REMEDY}") from e


def _refuse_constant(constant: str) -> float:
    raise ValueError(f"{constant} is no number of JSON")


def _check_contracts(
    described: Description, features: FeatureContract, observation: ObservationContract, path: Path
) -> None:
    if observation_contract(features) != observation:
        raise ContractError(
            f"{path} was trained on observations {observation.hash[:12]}, this version makes "
            f"{observation_contract(features).hash[:12]} from the same features; train the policy again"
        )
    if tuple(described.spaces.actions) != ACTIONS or described.spaces.observation_shape != [observation.width]:
        raise ContractError(
            f"{path} has the actions {described.spaces.actions} and observations {described.spaces.observation_shape}, "
            f"expected {list(ACTIONS)} and {[observation.width]}; train the policy again"
        )


def _weights(content: bytes, path: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load

    try:
        state = load(content)
    except (SafetensorError, KeyError, ValueError, RuntimeError) as e:
        raise StorageError(f"{path}: {WEIGHTS} cannot be read ({' '.join(str(e).split())[:200]}); {REMEDY}") from e
    check_weights(state, str(path))
    return state


def _checked_widths(state: Mapping[str, torch.Tensor], net_arch: tuple[int, ...]) -> tuple[int, ...]:
    found = tuple(int(state[f"{layer}.weight"].shape[0]) for layer in hidden_layers(state, "policy_net"))
    if found != net_arch:
        raise ValueError(f"its layers have {list(found)} units, its net_arch says {list(net_arch)}")
    return net_arch


def _moments(state: Mapping[str, torch.Tensor]) -> Moments:
    return Moments(state["features_extractor.mean"].numpy(), state["features_extractor.scale"].numpy())


def _shared(network: torch.nn.Module) -> list[str]:
    return [name for name in network.state_dict() if name.startswith(SHARED)]
