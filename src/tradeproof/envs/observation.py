"""The observation contract: what a policy sees at the close of a bar, and in which order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tradeproof.errors import ContractError
from tradeproof.features.contract import FeatureContract
from tradeproof.market.positions import ACTIONS, BUY, HOLD, SELL
from tradeproof.runtime.files import sha256_json

__all__ = [
    "ACTIONS",
    "BUY",
    "HOLD",
    "POSITION_STATE",
    "SELL",
    "FloatArray",
    "ObservationContract",
    "Observations",
    "observation_contract",
]

FloatArray = npt.NDArray[np.float32]

VERSION = 1
"""Raised whenever the meaning of the position state changes under an unchanged name."""

POSITION_STATE: Mapping[str, str] = {
    "position": "shares x close / equity: the share of equity held at the close, negative when short",
    "unrealised_return": "log(close / average entry price) / volatility, times -1 when short; 0 when flat",
    "bars_held": "log(1 + bars since the position was opened), 0 when flat",
    "drawdown": "100 x log(equity / highest equity since the account was opened), 0 at a new high",
}
"""What follows the features in an observation, knowable at the same close."""

REMEDY = "compute the features with the windows the policy was trained with, or train the policy again"


@dataclass(frozen=True)
class ObservationContract:
    """What a policy was trained on and an environment has to offer.

    Attributes:
        version: Version of the position state.
        names: Features in the order of the feature contract, then the position state.
        definitions: One line each.
        features_hash: Hash of the feature contract.
        hash: SHA-256 over all of the above.
    """

    version: int
    names: tuple[str, ...]
    definitions: tuple[str, ...]
    features_hash: str
    hash: str

    @property
    def width(self) -> int:
        """Numbers in an observation."""
        return len(self.names)

    def to_dict(self) -> dict[str, Any]:
        """Content of the contract as JSON."""
        return {**_content(self.version, self.names, self.definitions, self.features_hash), "hash": self.hash}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "ObservationContract":
        """Read what `to_dict` wrote.

        Raises:
            ContractError: A key is missing or wrong, or the content is not the one that was hashed.
        """
        try:
            entries = [(str(entry["name"]), str(entry["definition"])) for entry in content["observation"]]
            version, features_hash = int(content["version"]), str(content["features_hash"])
            given = str(content["hash"])
        except (KeyError, TypeError, ValueError) as e:
            raise ContractError(f"observation contract cannot be read ({type(e).__name__}: {e}); {REMEDY}") from e
        names, definitions = tuple(name for name, _ in entries), tuple(definition for _, definition in entries)
        found = sha256_json(_content(version, names, definitions, features_hash))
        if found != given:
            raise ContractError(
                f"observation contract was changed by hand: its hash is {given[:12]}, its content gives {found[:12]}; "
                f"{REMEDY}"
            )
        return cls(version, names, definitions, features_hash, given)

    def check(self, observations: "Observations") -> None:
        """Refuse observations that were made under another contract.

        Raises:
            ContractError: Another hash, or another width.
        """
        if observations.contract_hash != self.hash:
            raise ContractError(
                f"observations are of the contract {observations.contract_hash[:12]}, the policy was trained with "
                f"{self.hash[:12]}; {REMEDY}"
            )
        if observations.values.ndim != 2 or observations.values.shape[1] != self.width:
            raise ContractError(
                f"observations have shape {observations.values.shape}, expected (decisions, {self.width}); {REMEDY}"
            )


@dataclass(frozen=True)
class Observations:
    """What is seen at the closes of some bars.

    Attributes:
        values: [decision, name], raw: a policy standardises them itself.
        contract_hash: Of the contract they were made under.
    """

    values: FloatArray
    contract_hash: str


def observation_contract(features: FeatureContract) -> ObservationContract:
    """The contract of the observations that an environment makes from tables of these features."""
    names = (*features.names, *POSITION_STATE)
    definitions = (*features.definitions, *POSITION_STATE.values())
    digest = sha256_json(_content(VERSION, names, definitions, features.hash))
    return ObservationContract(VERSION, names, definitions, features.hash, digest)


def _content(version: int, names: tuple[str, ...], definitions: tuple[str, ...], features_hash: str) -> dict[str, Any]:
    return {
        "version": version,
        "observation": [
            {"name": name, "definition": definition} for name, definition in zip(names, definitions, strict=True)
        ],
        "features_hash": features_hash,
    }
