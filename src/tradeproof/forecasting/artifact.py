"""A price model's folder: weights, config, contract, and what a reader needs to judge it."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError

from tradeproof.errors import StorageError
from tradeproof.features.contract import FeatureContract
from tradeproof.forecasting.adapters import FOLDER as ADAPTER
from tradeproof.forecasting.adapters import save_adapter
from tradeproof.forecasting.card import model_card
from tradeproof.forecasting.loss_and_profit import loss_and_profit_plot
from tradeproof.forecasting.model import PriceForecaster
from tradeproof.forecasting.prediction import check_contract
from tradeproof.forecasting.quiet import quiet_transformers
from tradeproof.forecasting.training import TrainedForecaster
from tradeproof.runtime.files import storage_errors, write_bytes, write_json, write_text

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
REMEDY = "run `dvc pull`, or `dvc repro` to make the model again"


def save_forecaster(
    folder: Path, trained: TrainedForecaster, meta: Mapping[str, Any], contract: FeatureContract
) -> None:
    """Write a trained model's folder; the same model and meta give the same bytes.

    It holds config.json, model.safetensors, contract.json, meta.json, metrics.json, profit_curve.csv,
    loss_and_profit.png and README.md; and adapter/ where adapters were trained, for peft to read.

    Args:
        folder: Where to; made if absent.
        trained: The model and how it came out.
        meta: Params, seed, hash of the data, package versions: what it came from, as JSON.
        contract: What the features it reads mean.

    Raises:
        ContractError: The model was not trained with this contract.
        StorageError: The disk does not take it.
    """
    check_contract(trained.model, contract)
    finite = {key: value if math.isfinite(value) else None for key, value in trained.metrics.items()}
    with storage_errors(folder), quiet_transformers():
        folder.mkdir(parents=True, exist_ok=True)
        try:
            trained.model.save_pretrained(folder)
        except SafetensorError as e:  # its writer hides the error of the disk
            raise StorageError(
                f"{folder / WEIGHTS} cannot be written: {e}; expected room on the disk. Free some and run again: "
                "what was there before is untouched"
            ) from e
        (folder / WEIGHTS).chmod(0o644)  # written through a private temporary file
    write_json(folder / "contract.json", contract.to_dict())
    write_json(
        folder / "meta.json",
        {
            **meta,
            "tickers": list(trained.tickers),
            "chosen": trained.chosen,
            "best_step": trained.best_step,
            "method": trained.method,
            "precision": trained.precision,
        },
    )
    write_json(folder / "metrics.json", finite)
    write_text(folder / "profit_curve.csv", trained.profit_curve.to_csv(index=False, lineterminator="\n"))
    write_bytes(folder / "loss_and_profit.png", loss_and_profit_plot(trained.profit_curve))
    if trained.adapter is not None:
        save_adapter(folder / ADAPTER, trained.adapter)
    write_text(folder / "README.md", model_card(trained, meta, contract))


def load_forecaster(folder: Path, contract: FeatureContract | None) -> PriceForecaster:
    """Read a model that `save_forecaster` wrote; nothing is unpickled and no code of the folder runs.

    Args:
        folder: The model's folder.
        contract: What the features at hand mean; None skips the check.

    Returns:
        The model in eval mode, on the CPU.

    Raises:
        ContractError: The model was trained with another contract.
        StorageError: A file is missing or damaged.
    """
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            raise StorageError(f"{folder / name} is missing; {REMEDY}")
    try:
        with quiet_transformers():
            model, found = PriceForecaster.from_pretrained(
                folder, local_files_only=True, use_safetensors=True, output_loading_info=True
            )
    except (OSError, SafetensorError, StrictDataclassError, ValueError, RuntimeError, TypeError) as e:
        raise StorageError(f"{folder} holds no readable price model ({' '.join(str(e).split())}); {REMEDY}") from e
    odd = sorted(found["missing_keys"]) + sorted(found["unexpected_keys"])
    if odd:
        raise StorageError(
            f"{folder} holds no readable price model: {len(odd)} weights do not match its config, first {odd[0]}; "
            f"{REMEDY}"
        )
    if contract is not None:
        check_contract(model, contract)
    return model.eval()
