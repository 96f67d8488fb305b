"""Training of price models: the base model over many tickers, and one that starts from it per ticker."""

import copy
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from tradeproof.data.splits import TRAIN
from tradeproof.features.contract import FeatureContract
from tradeproof.forecasting.checkpoint import Record, fingerprint
from tradeproof.forecasting.config import PriceForecasterConfig
from tradeproof.forecasting.dataset import SequenceDataset, empirical_quantiles, feature_moments, supervise
from tradeproof.forecasting.model import PriceForecaster
from tradeproof.forecasting.optimisation import STEP, optimise
from tradeproof.forecasting.prediction import check_contract
from tradeproof.forecasting.profit import ProfitTracker
from tradeproof.forecasting.validation import LOSS, Validation
from tradeproof.params.schema import AllParams, CostParams, OptimiserParams, ProfitParams, SplitParams, TrainBaseParams
from tradeproof.runtime.seeding import seed_everything

Log = Callable[[Mapping[str, float], int], None]

TRAINED = "trained"
UNTRAINED = "untrained"
BASE = "base"


@dataclass(frozen=True)
class TrainedForecaster:
    """A price model after training, with the weights that did best on validation.

    Attributes:
        model: In eval mode, on the CPU.
        metrics: Of these weights on the validation split; NaN where a figure is undefined.
        profit_curve: Every measurement, one row per step.
        chosen: "trained"; or, when no step of training beat what it started from, "base" (finetune: the base model's
            weights) or "untrained" (base model: the historical-volatility forecast).
        best_step: Step at which the weights were measured.
        tickers: What it was trained on.
    """

    model: PriceForecaster
    metrics: Mapping[str, float]
    profit_curve: pd.DataFrame
    chosen: str
    best_step: int
    tickers: tuple[str, ...]


def train_base_forecaster(
    tables: Mapping[str, pd.DataFrame],
    contract: FeatureContract,
    params: AllParams,
    log: Log,
    checkpoints: Path | None = None,
) -> TrainedForecaster:
    """Train a new model on the tickers of `tables`, by the params of train_base; see `train_forecaster`."""
    return train_forecaster(
        tables, contract, params.split, params.costs, params.profit, params.train_base, params.train_base, params.seed,
        checkpoints, log, "train_base",
    )  # fmt: skip


def finetune_forecaster(
    base: PriceForecaster,
    tables: Mapping[str, pd.DataFrame],
    contract: FeatureContract,
    params: AllParams,
    log: Log,
    checkpoints: Path | None = None,
) -> TrainedForecaster:
    """Train a copy of `base` on the tickers of `tables`, by the params of finetune; see `train_forecaster`."""
    return train_forecaster(
        tables, contract, params.split, params.costs, params.profit, base, params.finetune, params.seed,
        checkpoints, log, f"finetune {' '.join(tables)}",
    )  # fmt: skip


def train_forecaster(
    tables: Mapping[str, pd.DataFrame],
    contract: FeatureContract,
    split: SplitParams,
    costs: CostParams,
    profit: ProfitParams,
    architecture: TrainBaseParams | PriceForecaster,
    optimiser: OptimiserParams,
    seed: int,
    checkpoints: Path | None,
    log: Log,
    name: str,
) -> TrainedForecaster:
    """Train a price model on the training split and measure it on the validation split; the test split is not touched.

    Args:
        tables: Feature tables by ticker.
        contract: What their columns mean.
        split: Boundaries and purge.
        costs: What a trade costs when forecasts are traded.
        profit: When forecasts are traded, and how.
        architecture: Of a new model; or a model to start from, which is left as it is.
        optimiser: Learning rate, batch size and steps.
        seed: Decides weights, sequences and dropout; the same one gives the same weights.
        checkpoints: Folder in which an interrupted run leaves its checkpoint and finds it again; None: nowhere.
        log: Gets metrics and their step: train/loss and train/learning_rate often, and eval/ and profit/ at each
            measurement.
        name: Shown with the progress.

    Returns:
        The weights with the least eval/loss, those before the first step included.

    Raises:
        ContractError: Tables or model that do not follow the contract.
        DataError: A ticker without labels in training or validation.
        TradeproofError: A loss that is not finite.
    """
    seed_everything(seed)
    is_new = not isinstance(architecture, PriceForecaster)
    if isinstance(architecture, PriceForecaster):
        check_contract(architecture, contract)
        model = copy.deepcopy(architecture)
    else:
        model = PriceForecaster(PriceForecasterConfig.from_params(architecture, contract.names, contract.hash))
    horizons, levels = model.config.horizons, model.config.quantiles
    pieces = [supervise(table, contract, horizons, split, TRAIN) for table in tables.values()]
    if is_new:
        model.standardise(*(torch.from_numpy(moment) for moment in feature_moments(pieces)))
        model.start_from(torch.from_numpy(empirical_quantiles(pieces, levels)))
    tracker = ProfitTracker.from_params(costs, profit)
    validation = Validation.build(model, tables, contract, split, tracker, pieces)
    count = optimiser.batch_size * optimiser.max_steps
    dataset = SequenceDataset(pieces, model.config.sequence_length, count, seed)
    recipe = {
        "config": model.config.to_dict(),
        "optimiser": optimiser.model_dump(mode="json"),
        "costs": costs.model_dump(mode="json"),
        "profit": profit.model_dump(mode="json"),
        "split": split.model_dump(mode="json"),
        "seed": seed,
        "torch": torch.__version__,
    }
    key = fingerprint(recipe, model.state_dict(), [*pieces, *validation.pieces])
    with tempfile.TemporaryDirectory() as scratch:
        folder = (Path(scratch) if checkpoints is None else checkpoints) / key[:16]
        record = optimise(name, model, dataset, optimiser, seed, validation.measure, profit.every_steps, folder, log)
    return _trained(model, record, tuple(tables), UNTRAINED if is_new else BASE)


def _trained(model: PriceForecaster, record: Record, tickers: tuple[str, ...], start: str) -> TrainedForecaster:
    """Put the best weights back, and say what they are worth beside what training started from."""
    model.load_state_dict(dict(record.best))
    curve = pd.DataFrame(record.rows).astype({STEP: "int64"})
    best = curve[curve[STEP] == record.best_step].iloc[0]
    metrics: dict[str, Any] = {str(key): float(value) for key, value in best.items() if key != STEP}
    metrics["train/loss"] = float(curve["train/loss"].iloc[-1])
    metrics[f"eval/{start}_loss"] = float(curve[LOSS].iloc[0])
    metrics[f"better_than_{start}"] = float(record.best_step > 0)
    return TrainedForecaster(
        model=model.cpu().eval(),
        metrics=metrics,
        profit_curve=curve,
        chosen=TRAINED if record.best_step > 0 else start,
        best_step=record.best_step,
        tickers=tickers,
    )
