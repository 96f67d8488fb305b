"""Stage train_base: the base price model over its tickers, with profit tracked while it trains."""

from pathlib import Path

import pandas as pd

from tradeproof.features.contract import FeatureContract
from tradeproof.forecasting.artifact import save_forecaster
from tradeproof.forecasting.training import train_base_forecaster
from tradeproof.runtime.files import read_json, replace_folder, sha256_file
from tradeproof.runtime.processes import is_main_process
from tradeproof.stages.layout import Layout
from tradeproof.stages.session import model_meta, open_stage, tag_inputs
from tradeproof.tracking.runs import StageIdentity

SECTIONS = ("split", "costs", "profit", "train_base")


def run(params_path: Path, root: Path) -> dict[str, float]:
    """Run the stage; on several GPUs, or processes: `torchrun --nproc-per-node 2 --no-python tradeproof train_base`.

    Args:
        params_path: The params file.
        root: The repository.

    Returns:
        The final metrics of the model on the validation split.
    """
    layout = Layout(root)
    with open_stage(StageIdentity("train_base", tensorboard="base"), SECTIONS, params_path) as (params, stage):
        tag_inputs(stage, layout)
        contract = FeatureContract.from_dict(read_json(layout.contract()))
        digest = sha256_file(layout.base_table())
        rows = pd.read_parquet(layout.base_table())
        stage.log_dataset(rows, "base_features", digest, "artifacts/build_features/base.parquet")
        tables = {ticker: rows[rows["ticker"] == ticker].reset_index(drop=True) for ticker in params.train_base.tickers}
        trained = train_base_forecaster(
            tables, contract, params, stage.log_metrics, layout.checkpoints("train_base"), layout.log("train_base")
        )
        everything = params.model_dump(mode="json", by_alias=True)
        meta = model_meta({key: everything[key] for key in SECTIONS}, params.seed, digest, "train_base")
        if is_main_process():
            with replace_folder(layout.base) as folder:
                save_forecaster(folder, trained, meta, contract)
            stage.log_artifacts(layout.base, "model")
    return dict(trained.metrics)
