"""Stage finetune@TICKER: the price model of one ticker, started from the base model."""

from pathlib import Path

import pandas as pd

from tradeproof.errors import ParamsError
from tradeproof.features.contract import FeatureContract
from tradeproof.forecasting.artifact import load_forecaster, save_forecaster
from tradeproof.forecasting.training import finetune_forecaster
from tradeproof.params import load_params
from tradeproof.runtime.files import read_json, replace_folder, sha256_file
from tradeproof.runtime.processes import is_main_process
from tradeproof.stages.layout import Layout
from tradeproof.stages.session import model_meta, open_stage, tag_inputs
from tradeproof.tracking.runs import StageIdentity

SECTIONS = ("split", "costs", "profit", "finetune")


def run(params_path: Path, root: Path, ticker: str) -> dict[str, float]:
    """Run the stage for one ticker.

    Args:
        params_path: The params file.
        root: The repository.
        ticker: One of universe.tickers.

    Returns:
        The final metrics of the chosen model on the ticker's validation split.

    Raises:
        ParamsError: The ticker is not in the universe.
    """
    tickers = load_params(params_path).universe.tickers
    if ticker not in tickers:
        raise ParamsError(f"--ticker is {ticker!r}, expected one of universe.tickers {tickers}: add it there first")
    layout = Layout(root)
    identity = StageIdentity("finetune", ticker, f"finetuned/{ticker}")
    with open_stage(identity, SECTIONS, params_path) as (params, stage):
        tag_inputs(stage, layout)
        contract = FeatureContract.from_dict(read_json(layout.contract()))
        digest = sha256_file(layout.table(ticker))
        table = pd.read_parquet(layout.table(ticker))
        stage.log_dataset(table, f"features_{ticker}", digest, f"artifacts/build_features/tickers/{ticker}.parquet")
        base = load_forecaster(layout.base, contract)
        trained = finetune_forecaster(
            base,
            {ticker: table},
            contract,
            params,
            stage.log_metrics,
            layout.checkpoints("finetune") / ticker,
            layout.log("finetune", ticker),
        )
        everything = params.model_dump(mode="json", by_alias=True)
        meta = model_meta({key: everything[key] for key in SECTIONS}, params.seed, digest, identity.name)
        meta["base_sha256"] = sha256_file(layout.base / "model.safetensors")
        if is_main_process():
            with replace_folder(layout.finetuned / ticker) as folder:
                save_forecaster(folder, trained, meta, contract)
            stage.log_artifacts(layout.finetuned / ticker, "model")
    return dict(trained.metrics)
