"""The feature contract: what a table's features are called, what they mean, and in which order they come."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from pydantic import ValidationError

from tradeproof.data.bars import BARS_COLUMNS
from tradeproof.errors import ContractError
from tradeproof.features.catalogue import catalogue
from tradeproof.params.schema import FeatureParams
from tradeproof.runtime.files import sha256_json

VERSION = 1
"""Raised whenever the meaning of a feature changes under an unchanged name."""

VOLATILITY = "volatility"
READY = "ready"
REMEDY = "run `dvc repro build_features` with the params the model was trained with, or train the model again"


@dataclass(frozen=True)
class FeatureContract:
    """What a model was trained on and a table has to offer.

    Attributes:
        version: Version of the definitions.
        names: Features in the order of the table.
        definitions: One line per feature: formula, unit, source.
        dtypes: One per feature.
        warm_up: Bars at the start of a series that are never ready; a recursive average has by then forgotten its
            start to less than 1e-5 of a feature's unit.
        params: The windows that the names and the definitions come from.
        hash: SHA-256 over all of the above.
    """

    version: int
    names: tuple[str, ...]
    definitions: tuple[str, ...]
    dtypes: tuple[str, ...]
    warm_up: int
    params: FeatureParams
    hash: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of a whole feature table: bars, features, volatility, ready."""
        return (*BARS_COLUMNS, *self.names, VOLATILITY, READY)

    def to_dict(self) -> dict[str, Any]:
        """Content of contract.json."""
        return {
            **_content(self.version, self.names, self.definitions, self.dtypes, self.warm_up, self.params),
            "hash": self.hash,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "FeatureContract":
        """Read what `to_dict` wrote.

        Raises:
            ContractError: A key is missing or wrong, or the content is not the one that was hashed.
        """
        try:
            features = content["features"]
            contract = cls(
                version=int(content["version"]),
                names=tuple(str(feature["name"]) for feature in features),
                definitions=tuple(str(feature["definition"]) for feature in features),
                dtypes=tuple(str(feature["dtype"]) for feature in features),
                warm_up=int(content["warm_up"]),
                params=FeatureParams.model_validate(content["params"]),
                hash=str(content["hash"]),
            )
        except (KeyError, TypeError, ValueError, ValidationError) as e:
            raise ContractError(f"feature contract cannot be read ({_one_line(e)}); {REMEDY}") from e
        found = _hash(contract)
        if found != contract.hash:
            raise ContractError(
                f"feature contract was changed by hand: its hash is {contract.hash[:12]}, its content gives "
                f"{found[:12]}; {REMEDY}"
            )
        return contract

    def check(self, table: pd.DataFrame) -> None:
        """Refuse a feature table that is not the one of this contract.

        Raises:
            ContractError: Naming the first column whose name, place or dtype differs.
        """
        found = [str(column) for column in table.columns]
        for place, expected in enumerate(self.columns):
            if place >= len(found):
                raise ContractError(f"feature table has no column {expected}, expected at place {place}; {REMEDY}")
            if found[place] != expected:
                raise ContractError(f"feature table has {found[place]} at place {place}, expected {expected}; {REMEDY}")
        if len(found) > len(self.columns):
            raise ContractError(
                f"feature table has {found[len(self.columns)]} at place {len(self.columns)}, expected no more columns; "
                f"{REMEDY}"
            )
        expected_dtypes = {**dict(zip(self.names, self.dtypes, strict=True)), VOLATILITY: "float64", READY: "bool"}
        for name, dtype in expected_dtypes.items():
            if str(table[name].dtype) != dtype:
                raise ContractError(f"feature {name} is {table[name].dtype}, expected {dtype}; {REMEDY}")


def feature_contract(params: FeatureParams) -> FeatureContract:
    """The contract of the tables that `build_table` makes with these windows."""
    features = catalogue(params)
    contract = FeatureContract(
        version=VERSION,
        names=tuple(feature.name for feature in features),
        definitions=tuple(feature.definition for feature in features),
        dtypes=("float64",) * len(features),
        warm_up=max(params.volatility_bars, *(feature.warm_up for feature in features)),
        params=params,
        hash="",
    )
    return replace(contract, hash=_hash(contract))


def _content(
    version: int,
    names: tuple[str, ...],
    definitions: tuple[str, ...],
    dtypes: tuple[str, ...],
    warm_up: int,
    params: FeatureParams,
) -> dict[str, Any]:
    return {
        "version": version,
        "features": [
            {"name": name, "dtype": dtype, "definition": definition}
            for name, definition, dtype in zip(names, definitions, dtypes, strict=True)
        ],
        "warm_up": warm_up,
        "params": params.model_dump(mode="json"),
    }


def _hash(contract: FeatureContract) -> str:
    return sha256_json(
        _content(
            contract.version,
            contract.names,
            contract.definitions,
            contract.dtypes,
            contract.warm_up,
            contract.params,
        )
    )


def _one_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
