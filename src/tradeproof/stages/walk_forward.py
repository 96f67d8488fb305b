"""Stage walk_forward: models trained again and again as time goes by, and what they forecast of the time after."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from tradeproof.features.contract import FeatureContract
from tradeproof.forecasting.folds import plan_folds
from tradeproof.forecasting.retraining import forecast_folds
from tradeproof.runtime.files import read_json, replace_folder, write_bytes, write_json
from tradeproof.stages.layout import Layout
from tradeproof.stages.session import open_stage, tag_inputs
from tradeproof.tracking.runs import StageIdentity

SECTIONS = ("universe", "split", "costs", "profit", "train_base", "finetune", "walk_forward")


def run(params_path: Path, root: Path) -> dict[str, float]:
    """Run the stage; what the forecasts are worth is for `evaluate` to say.

    Args:
        params_path: The params file.
        root: The repository.

    Returns:
        The number of folds and of forecast rows.
    """
    layout = Layout(root)
    with open_stage(StageIdentity("walk_forward"), SECTIONS, params_path) as (params, stage):
        manifest = tag_inputs(stage, layout)
        contract = FeatureContract.from_dict(read_json(layout.contract()))
        tables = {ticker: pd.read_parquet(layout.table(ticker)) for ticker in params.universe.tickers}
        stage.log_dataset(
            pd.concat(tables.values()), "features", manifest["sha256"], "artifacts/build_features/tickers"
        )

        def log(fold: int, what: str, metrics: Mapping[str, float], step: int) -> None:
            stage.log_metrics({f"fold_{fold}/{what}/{key}": value for key, value in metrics.items()}, step)

        sessions = np.unique(np.concatenate([table["date"].to_numpy() for table in tables.values()]))
        folds = plan_folds(sessions, params.split, params.walk_forward)
        forecasts = forecast_folds(tables, folds, contract, params, log, layout.checkpoints("walk_forward"))
        with replace_folder(layout.walk_forward) as folder:
            write_bytes(folder / layout.walked().name, forecasts.to_parquet(index=False, compression="zstd"))
            days = [{name: str(value) for name, value in asdict(fold).items()} for fold in folds]
            write_json(folder / "folds.json", {"folds": days})
        counts = {"walk_forward/folds": float(len(folds)), "walk_forward/rows": float(len(forecasts))}
        stage.log_metrics(counts)
    return counts
