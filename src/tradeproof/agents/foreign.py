"""Policies that others trained with stable-baselines3's PPO: taken in through PPO.set_parameters, and nothing else.

The zip file that PPO.save writes holds pickles in its entry `data`; PPO.load executes them, so it is never called. Of
`data` only the plain JSON around them is looked at. The weights in `policy.pth` are read by torch's loader for weights
alone, which knows tensors and containers and calls nothing else.
"""

import io
import json
import pickle
from pathlib import Path
from typing import Any

import gymnasium
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.policies import ActorCriticPolicy
from torch import nn

from tradeproof.agents.actor import hidden_layers
from tradeproof.agents.archive import REMEDY, read_archive, read_file
from tradeproof.agents.artifact import OWN_NAMES, check_weights, load_policy
from tradeproof.agents.policy import ACTIVATIONS, TradingPolicy, spaces_of
from tradeproof.envs.observation import ACTIONS, ObservationContract, observation_contract
from tradeproof.errors import ContractError, StorageError
from tradeproof.features.contract import FeatureContract
from tradeproof.market.rules import TradingRules

POLICY = "policy.pth"
DATA = "data"
FOREIGN_NAMES = (
    DATA,
    POLICY,
    "policy.optimizer.pth",
    "pytorch_variables.pth",
    "_stable_baselines3_version",
    "system_info.txt",
)
LAYERS = ("mlp_extractor.policy_net.", "mlp_extractor.value_net.", "action_net.", "value_net.")
WRITTEN_AS = {f"<class '{kind.__module__}.{kind.__qualname__}'>": kind for kind in ACTIVATIONS}


def open_policy(path: Path, features: FeatureContract, rules: TradingRules) -> TradingPolicy:
    """Open a policy of either kind: one of this program, or a zip file of stable-baselines3.

    Args:
        path: The file or, of this program's own, its folder.
        features: Of the tables it is going to act on.
        rules: Of the accounts it is going to act in, where the file names none.

    Raises:
        ContractError: It was made for other features, or has another width or other actions.
        StorageError: It cannot be read.
    """
    if not path.is_dir() and POLICY in read_archive(read_file(path), (*FOREIGN_NAMES, *OWN_NAMES), str(path)):
        return load_foreign_policy(path, features, rules)
    policy = load_policy(path)
    if policy.features.hash != features.hash:
        raise ContractError(
            f"{path} was trained on the features {policy.features.hash[:12]}, the table has {features.hash[:12]}; "
            "compute the features with the windows the policy was trained with, or train the policy again"
        )
    return policy


def load_foreign_policy(path: Path, features: FeatureContract, rules: TradingRules) -> TradingPolicy:
    """Take in a policy that PPO.save wrote: an MlpPolicy on raw observations, with this program's actions.

    Observations are fed as they are: a normaliser outside of the network (VecNormalize) is not in the file.

    Args:
        path: The zip file.
        features: Of the tables it is going to act on; the observation contract follows from them.
        rules: Of the accounts it is going to act in.

    Raises:
        ContractError: It reads another number of inputs, takes other actions, or is another kind of network.
        StorageError: It cannot be read, or holds more than weights.
    """
    entries = read_archive(read_file(path), FOREIGN_NAMES, str(path))
    if POLICY not in entries:
        raise StorageError(f"{path} holds no {POLICY}; {REMEDY}")
    activation = _activation(entries.get(DATA), path)
    state = _read_weights(entries[POLICY], path)
    contract = observation_contract(features)
    _check_layers(state, contract, path)
    net_arch = {
        key: [int(state[f"{layer}.weight"].shape[0]) for layer in hidden_layers(state, net)]
        for key, net in (("pi", "policy_net"), ("vf", "value_net"))
    }
    network = _rebuild(state, contract.width, net_arch, activation, path)
    meta = {"origin": "stable-baselines3", "activation": ACTIVATIONS[activation], "net_arch": net_arch}
    return TradingPolicy(network, contract, features, rules, tuple(net_arch["pi"]), meta)


class _Unstepped(gymnasium.Env):
    """Spaces alone: PPO asks for an environment before it builds a network."""

    def __init__(self, width: int) -> None:
        self.observation_space, self.action_space = spaces_of(width)


def _rebuild(
    state: dict[str, torch.Tensor], width: int, net_arch: dict[str, list[int]], activation: type[nn.Module], path: Path
) -> ActorCriticPolicy:
    with torch.random.fork_rng(devices=[]):  # building draws weights that are then replaced
        arguments = {"net_arch": net_arch, "activation_fn": activation}
        ppo = PPO("MlpPolicy", _Unstepped(width), n_steps=2, batch_size=2, policy_kwargs=arguments, device="cpu")
    try:
        # the optimiser's own state: exact_match holds the policy to its last name and shape
        ppo.set_parameters({**ppo.get_parameters(), "policy": state}, exact_match=True, device="cpu")
    except RuntimeError as e:
        raise ContractError(f"{path} does not fit an MlpPolicy ({' '.join(str(e).split())[:200]}); {REMEDY}") from e
    ppo.policy.set_training_mode(False)
    return ppo.policy


def _activation(data: bytes | None, path: Path) -> type[nn.Module]:
    """Tanh, as stable-baselines3 has it, unless the plain JSON of `data` names another one."""
    if data is None:
        return nn.Tanh
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as e:
        raise StorageError(f"{path}: its entry {DATA} cannot be read as JSON; {REMEDY}") from e
    arguments = content.get("policy_kwargs", {}) if isinstance(content, dict) else {}
    named = arguments.get("activation_fn") if isinstance(arguments, dict) else None
    if named is None:
        return nn.Tanh
    if named not in WRITTEN_AS:
        known = ", ".join(kind.__name__ for kind in ACTIVATIONS)
        raise ContractError(f"{path} has the activation {str(named)[:80]!r}, expected one of {known}; train it again")
    return WRITTEN_AS[named]


def _read_weights(content: bytes, path: Path) -> dict[str, torch.Tensor]:
    """Tensors of policy.pth, by torch's loader for weights alone."""
    # older formats state the size of what to allocate: only a zip file of plain sizes is let near the loader
    records = read_archive(content, None, f"{path}: {POLICY}")
    try:
        state: Any = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, ValueError, TypeError, KeyError, AttributeError, EOFError) as e:
        reason = " ".join(str(e).split())[:120]
        raise StorageError(f"{path}: {POLICY} holds more or less than weights ({reason}); {REMEDY}") from e
    if not isinstance(state, dict) or not all(isinstance(name, str) for name in state):
        raise StorageError(f"{path}: {POLICY} holds no weights by name; {REMEDY}")
    sizes = {len(record) for record in records.values()}
    for name, tensor in state.items():
        if not _is_plain(tensor, sizes):
            raise StorageError(f"{path}: {POLICY} holds {name[:80]!r} that is no plain tensor as written; {REMEDY}")
    check_weights(state, str(path))
    return dict(state)


def _is_plain(tensor: object, sizes: set[int]) -> bool:
    """Whether a tensor is dense numbers of its own.

    A storage that claims more than its record would be read beyond its end; a tensor that repeats a small storage over
    and over would fill the memory as soon as it is copied.
    """
    if type(tensor) is not torch.Tensor or tensor.layout != torch.strided or tensor.device.type != "cpu":
        return False
    size = tensor.untyped_storage().nbytes()
    return size in sizes and tensor.numel() * tensor.element_size() <= size


def _check_layers(state: dict[str, torch.Tensor], contract: ObservationContract, path: Path) -> None:
    strange = [name for name in state if not name.startswith(LAYERS)]
    first = [*hidden_layers(state, "policy_net"), "action_net"][0]
    needed = [f"{first}.weight", "action_net.weight"]
    if strange or not all(name in state and state[name].ndim == 2 for name in needed):
        found = f"has {strange[0][:80]!r}" if strange else "lacks the layers of one"
        raise ContractError(
            f"{path} {found}, expected an MlpPolicy of stable-baselines3 on one vector of observations with "
            f"{len(ACTIONS)} discrete actions; train it again"
        )
    width, actions = int(state[needed[0]].shape[1]), int(state[needed[1]].shape[0])
    if width != contract.width or actions != len(ACTIONS):
        raise ContractError(
            f"{path} reads {width} inputs and takes {actions} actions, observations of these features have "
            f"{contract.width} numbers and there are {len(ACTIONS)} actions ({', '.join(ACTIONS)}); train it on these"
        )
