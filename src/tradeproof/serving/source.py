"""Where a price model is loaded from: its folder, or a model registry."""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tradeproof.errors import ContractError, StorageError, TrackingError
from tradeproof.features.contract import FeatureContract, feature_contract
from tradeproof.forecasting.artifact import load_forecaster
from tradeproof.runtime.files import read_json
from tradeproof.tracking.store import tracking_client, tracking_errors, tracking_uri

if TYPE_CHECKING:
    from tradeproof.forecasting.model import PriceForecaster

REGISTRY = "models:/"
SPELLING = re.compile(r"models:/[^/@]+(@[^/@]+|/[0-9]+)")
SQLITE = "sqlite:///"
FLAVOUR = "python_function"
ARTIFACT = "forecaster"  # the name that serving/price_model.py gives to the model's folder


@dataclass(frozen=True)
class LoadedModel:
    """A price model and the contract of the features it reads."""

    forecaster: "PriceForecaster"
    contract: FeatureContract


def load_model(source: str) -> LoadedModel:
    """Load a price model; nothing is unpickled and no code beside the weights runs.

    Args:
        source: A model's folder, models:/NAME@ALIAS or models:/NAME/VERSION.

    Raises:
        StorageError: No model is there, or it is damaged.
        TrackingError: The registry does not hold it.
        ContractError: It was made for features that this version of the program computes otherwise.
    """
    if not source.startswith(REGISTRY):
        return _from_folder(Path(source))
    if SPELLING.fullmatch(source) is None:
        raise TrackingError(f"model is {source!r}, expected models:/NAME@ALIAS or models:/NAME/VERSION")
    with tempfile.TemporaryDirectory() as scratch:
        return _from_folder(_download(source, Path(scratch)))


def _from_folder(folder: Path) -> LoadedModel:
    if not folder.is_dir():
        raise StorageError(
            f"{folder} is no folder; expected that of a price model such as artifacts/train_base, or models:/NAME@ALIAS"
        )
    contract = FeatureContract.from_dict(read_json(folder / "contract.json"))
    if feature_contract(contract.params) != contract:
        raise ContractError(
            f"{folder} holds a model of the feature contract {contract.hash[:12]}, which this version of the program "
            f"computes otherwise ({feature_contract(contract.params).hash[:12]}); train the model again, or use the "
            "version that trained it"
        )
    return LoadedModel(load_forecaster(folder, contract), contract)


def _download(uri: str, scratch: Path) -> Path:
    """Fetch a registered model; returns the price model's folder inside it."""
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException
    from mlflow.models import Model
    from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST, ErrorCode

    store = tracking_uri()
    if store.startswith(SQLITE) and not Path(store.removeprefix(SQLITE)).is_file():
        raise TrackingError(f"model is {uri}, but {store} does not exist; run `make repro`, or set MLFLOW_TRACKING_URI")
    tracking_client()  # points MLflow to the store
    with tracking_errors():
        try:
            folder = Path(download_artifacts(artifact_uri=uri, dst_path=str(scratch)))
            flavour = Model.load(str(folder)).flavors.get(FLAVOUR, {})
        except MlflowException as e:
            if e.error_code not in (ErrorCode.Name(RESOURCE_DOES_NOT_EXIST), "INVALID_PARAMETER_VALUE"):
                raise
            reason = " ".join(str(e).split()).removeprefix("RESOURCE_DOES_NOT_EXIST: ")
            raise TrackingError(f"model is {uri}, which {store} does not hold: {reason}") from e
        except OSError as e:
            raise TrackingError(f"model is {uri}, whose files cannot be read: {e}; register it again") from e
    place = flavour.get("artifacts", {}).get(ARTIFACT, {}).get("path")
    if place is None or not (folder / place).resolve().is_relative_to(folder.resolve()):
        raise TrackingError(
            f"model is {uri}, which holds no price model; expected one that `tradeproof register` put there"
        )
    return folder / place
