"""Stage finetune@TICKER: the price model of one ticker, started from the base model."""

from pathlib import Path

import pandas as pd

from tradeproof.errors import ParamsError
from tradeproof.features.contract import FeatureContract
from tradeproof.forecasting.artifact import load_forecaster, save_forecaster
from tradeproof.forecasting.training import finetune_forecaster
from tradeproof.params import load_params
from tradeproof.runtime.files import read_json, sha256_file
from tradeproof.runtime.processes import is_main_process
from tradeproof.stages.layout import SEEDS, Layout, seed_folder
from tradeproof.stages.session import model_meta, open_stage, seeds_of, tag_inputs, written
from tradeproof.tracking.runs import StageIdentity

SECTIONS = ("split", "costs", "profit", "finetune")


def run(params_path: Path, root: Path, ticker: str) -> dict[str, float]:
    """Run the stage for one ticker: one training per seed, each from the base model of its seed.

    Args:
        params_path: The params file.
        root: The repository.
        ticker: One of universe.tickers.

    Returns:
        The final metrics on the ticker's validation split of the first seed's model, which is the one that is used.

    Raises:
        ParamsError: The ticker is not in the universe.
    """
    params = load_params(params_path)
    tickers = params.universe.tickers
    if ticker not in tickers:
        raise ParamsError(f"--ticker is {ticker!r}, expected one of universe.tickers {tickers}: add it there first")
    layout = Layout(root)
    first, *further = seeds_of(params)
    with written(layout.finetuned / ticker) as folder:
        identity = StageIdentity("finetune", ticker, f"finetuned/{ticker}")
        metrics = _train(params_path, layout, identity, layout.base, folder)
        for seed in further:
            identity = StageIdentity("finetune", ticker, f"finetuned/{ticker}/{SEEDS}/{seed}", seed)
            start, end = (seed_folder(models, first, seed) for models in (layout.base, folder))
            _train(params_path, layout, identity, start, end)
    return metrics


def _train(params_path: Path, layout: Layout, identity: StageIdentity, start: Path, folder: Path) -> dict[str, float]:
    """Train the model of one seed from the base model in `start`, and write it to `folder`."""
    ticker = str(identity.ticker)
    with open_stage(identity, SECTIONS, params_path) as (params, stage):
        tag_inputs(stage, layout)
        contract = FeatureContract.from_dict(read_json(layout.contract()))
        digest = sha256_file(layout.table(ticker))
        table = pd.read_parquet(layout.table(ticker))
        stage.log_dataset(table, f"features_{ticker}", digest, f"artifacts/build_features/tickers/{ticker}.parquet")
        base = load_forecaster(start, contract)
        trained = finetune_forecaster(
            base,
            {ticker: table},
            contract,
            params,
            stage.log_metrics,
            layout.checkpoints("finetune") / ticker,
            layout.log("finetune", ticker, identity.further_seed),
        )
        everything = params.model_dump(mode="json", by_alias=True)
        meta = model_meta({key: everything[key] for key in SECTIONS}, params.seed, digest, identity.name)
        meta["base_sha256"] = sha256_file(start / "model.safetensors")
        if is_main_process():
            save_forecaster(folder, trained, meta, contract)
            stage.log_artifacts(folder, "model")
    return dict(trained.metrics)
