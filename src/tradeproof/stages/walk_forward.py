"""Stage walk_forward: models trained again and again as time goes by, and what they forecast of the time after."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from tradeproof.evaluation.folds import plan_folds
from tradeproof.evaluation.retraining import forecast_folds
from tradeproof.evaluation.walk_forward import compare_folds
from tradeproof.features.contract import FeatureContract
from tradeproof.runtime.files import read_json, replace_folder, sha256_file, write_bytes, write_json
from tradeproof.stages.layout import Layout
from tradeproof.stages.session import open_stage, tag_inputs
from tradeproof.tracking.runs import StageIdentity

SECTIONS = ("universe", "split", "costs", "profit", "train_base", "finetune", "walk_forward", "evaluate")


def run(params_path: Path, root: Path) -> dict[str, float]:
    """Run the stage.

    Args:
        params_path: The params file.
        root: The repository.

    Returns:
        The number of folds and the pooled figures of the fine-tuned models; nothing but the number when it is 0.
    """
    layout = Layout(root)
    with open_stage(StageIdentity("walk_forward"), SECTIONS, params_path) as (params, stage):
        tag_inputs(stage, layout)
        contract = FeatureContract.from_dict(read_json(layout.contract()))
        tables = {ticker: pd.read_parquet(layout.table(ticker)) for ticker in params.universe.tickers}
        headline = {"walk_forward/folds": float(params.walk_forward.folds)}
        with replace_folder(layout.walk_forward) as folder:
            if params.walk_forward.folds == 0:
                write_json(folder / "metrics.json", {})
                return headline

            def log(fold: int, what: str, metrics: Mapping[str, float], step: int) -> None:
                stage.log_metrics({f"fold_{fold}/{what}/{key}": value for key, value in metrics.items()}, step)

            sessions = pd.concat([table["date"] for table in tables.values()]).drop_duplicates().sort_values()
            folds = plan_folds(sessions.to_numpy(), params.split, params.walk_forward)
            forecasts = forecast_folds(tables, folds, contract, params, log, layout.checkpoints("walk_forward"))
            compared = compare_folds(tables, forecasts, folds, params)
            write_bytes(folder / "forecasts.parquet", forecasts.to_parquet(index=False, compression="zstd"))
            write_json(folder / "metrics.json", compared.to_dict())
        stage.log_dataset(
            pd.concat(tables.values()), "features", sha256_file(layout.bars()), "artifacts/build_features/tickers"
        )
        stage.log_nested_metrics({"walk_forward": compared.metrics})
        stage.log_artifacts(layout.walk_forward, "walk_forward")
    return headline
