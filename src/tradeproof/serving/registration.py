"""Log a price model with MLflow in the form in which it is served, and load it back."""

import warnings
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

import tradeproof
from tradeproof.tracking.registry import LoggedModel
from tradeproof.tracking.store import tracking_errors

# what the served model needs; pinned to the versions that trained it
REQUIREMENTS = (
    "TA-Lib",
    "mlflow",
    "numpy",
    "pandas",
    "pyarrow",
    "pydantic",
    "safetensors",
    "torch",
    "transformers",
)


def log_price_model(run_id: str, folder: Path, example: pd.DataFrame, forecast: pd.DataFrame) -> LoggedModel:
    """Log a price model as an MLflow pyfunc model with signature and input example.

    Args:
        run_id: The run that logs it.
        folder: The model's artifact: weights, config, contract, card.
        example: Bars in long form, enough for one forecast.
        forecast: What the model answers to such bars; gives the signature its output.
    """
    import mlflow
    from mlflow.models import infer_signature

    from tradeproof.serving import price_model

    with tracking_errors(), warnings.catch_warnings(), mlflow.start_run(run_id=run_id):
        # a horizon is a whole number and never missing
        warnings.filterwarnings("ignore", "Hint: Inferred schema contains integer column")
        info = mlflow.pyfunc.log_model(
            name="price_model",
            python_model=price_model.__file__,
            artifacts={price_model.ARTIFACT: str(folder)},
            code_paths=[str(Path(tradeproof.__file__).parent)],
            signature=infer_signature(example, forecast),
            input_example=example,
            pip_requirements=[f"{name}=={version(name).split('+')[0]}" for name in REQUIREMENTS],
        )
    return LoggedModel(uri=info.model_uri, run_id=run_id, model_id=info.model_id)


def served_forecasts(uri: str, bars: pd.DataFrame) -> pd.DataFrame:
    """Load a model from the registry as a server would, and forecast the last bar of each ticker."""
    import mlflow

    with tracking_errors():
        loaded = mlflow.pyfunc.load_model(uri)
    answer: pd.DataFrame = loaded.predict(bars)
    return answer


def largest_difference(served: pd.DataFrame, tested: pd.DataFrame) -> float:
    """Largest absolute difference between two forecast frames, in log return; infinite where rows do not match."""
    keys = ["ticker", "date", "horizon"]
    levels = [column for column in tested.columns if column not in keys]
    both = tested.merge(served, on=keys, suffixes=("", "_served"), how="outer", indicator=True)
    if not len(both) or (both["_merge"] != "both").any():
        return float("inf")
    differences: Mapping[str, pd.Series] = {level: both[level] - both[f"{level}_served"] for level in levels}
    return float(np.nanmax(np.abs(pd.DataFrame(differences).to_numpy())))
