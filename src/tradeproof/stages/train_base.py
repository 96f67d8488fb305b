"""Stage train_base: the base price model over its tickers, with profit tracked while it trains."""

from pathlib import Path

import pandas as pd

from tradeproof.features.contract import FeatureContract
from tradeproof.forecasting.artifact import save_forecaster
from tradeproof.forecasting.training import train_base_forecaster
from tradeproof.params import load_params
from tradeproof.runtime.files import read_json, sha256_file
from tradeproof.runtime.processes import is_main_process
from tradeproof.stages.layout import SEEDS, Layout, seed_folder
from tradeproof.stages.session import model_meta, open_stage, seeds_of, tag_inputs, written
from tradeproof.tracking.runs import StageIdentity

SECTIONS = ("split", "costs", "profit", "train_base")


def run(params_path: Path, root: Path) -> dict[str, float]:
    """Run the stage: one training per seed.

    With several GPUs or processes: `torchrun --nproc-per-node 2 --no-python tradeproof train_base`.

    Args:
        params_path: The params file.
        root: The repository.

    Returns:
        The final metrics on the validation split of the first seed's model, which is the one that is used.
    """
    layout = Layout(root)
    first, *further = seeds_of(load_params(params_path))
    with written(layout.base) as folder:
        metrics = _train(params_path, layout, StageIdentity("train_base", tensorboard="base"), folder)
        for seed in further:
            identity = StageIdentity("train_base", tensorboard=f"base/{SEEDS}/{seed}", further_seed=seed)
            _train(params_path, layout, identity, seed_folder(folder, first, seed))
    return metrics


def _train(params_path: Path, layout: Layout, identity: StageIdentity, folder: Path) -> dict[str, float]:
    with open_stage(identity, SECTIONS, params_path) as (params, stage):
        tag_inputs(stage, layout)
        contract = FeatureContract.from_dict(read_json(layout.contract()))
        digest = sha256_file(layout.base_table())
        rows = pd.read_parquet(layout.base_table())
        stage.log_dataset(rows, "base_features", digest, "artifacts/build_features/base.parquet")
        tables = {ticker: rows[rows["ticker"] == ticker].reset_index(drop=True) for ticker in params.train_base.tickers}
        trained = train_base_forecaster(
            tables,
            contract,
            params,
            stage.log_metrics,
            layout.checkpoints("train_base"),
            layout.log("train_base", further_seed=identity.further_seed),
        )
        everything = params.model_dump(mode="json", by_alias=True)
        meta = model_meta({key: everything[key] for key in SECTIONS}, params.seed, digest, "train_base")
        if is_main_process():
            save_forecaster(folder, trained, meta, contract)
            stage.log_artifacts(folder, "model")
    return dict(trained.metrics)
