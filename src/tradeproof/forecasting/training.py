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
from tradeproof.forecasting.adapters import AdaptedModel, Adapter
from tradeproof.forecasting.checkpoint import Record, fingerprint
from tradeproof.forecasting.config import PriceForecasterConfig
from tradeproof.forecasting.dataset import SequenceDataset, empirical_quantiles, feature_moments, supervise
from tradeproof.forecasting.loss_and_profit import STEP, loss_and_profit
from tradeproof.forecasting.model import PriceForecaster
from tradeproof.forecasting.optimisation import optimise
from tradeproof.forecasting.precision import choose_precision
from tradeproof.forecasting.prediction import check_contract
from tradeproof.forecasting.profit import ProfitTracker
from tradeproof.forecasting.reports import Reports
from tradeproof.forecasting.validation import LOSS, Validation
from tradeproof.forecasting.weights import State, WholeModel
from tradeproof.params.schema import (
    AllParams,
    CostParams,
    FinetuneParams,
    OptimiserParams,
    ProfitParams,
    SplitParams,
    TrainBaseParams,
)
from tradeproof.runtime.processes import is_main_process, process_count
from tradeproof.runtime.seeding import seed_everything

Log = Callable[[Mapping[str, float], int], None]

TRAINED = "trained"
UNTRAINED = "untrained"
BASE = "base"
FULL, LORA = "full", "lora"


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
        method: "full": every weight was trained; "lora": adapters were, and are merged into the weights.
        precision: What the layers computed in while they were trained; the weights are fp32 in any case.
        adapter: What was merged; None unless the method is "lora".
    """

    model: PriceForecaster
    metrics: Mapping[str, float]
    profit_curve: pd.DataFrame
    chosen: str
    best_step: int
    tickers: tuple[str, ...]
    method: str = FULL
    precision: str = "fp32"
    adapter: Adapter | None = None

    @property
    def origin(self) -> str:
        """Which weights these are, as a sentence."""
        if self.chosen == TRAINED:
            return f"The weights are those of step {self.best_step}, the best on validation."
        if self.chosen == BASE:
            return "The weights are those of the base model: no step of fine-tuning beat it on validation."
        return "The weights are as before training: no step beat the historical-volatility forecast on validation."


def train_base_forecaster(
    tables: Mapping[str, pd.DataFrame],
    contract: FeatureContract,
    params: AllParams,
    log: Log,
    checkpoints: Path | None = None,
    log_file: Path | None = None,
) -> TrainedForecaster:
    """Train a new model on the tickers of `tables`, by the params of train_base; see `train_forecaster`."""
    return train_forecaster(
        tables, contract, params.split, params.costs, params.profit, params.train_base, params.train_base, params.seed,
        checkpoints, log, "train_base", log_file,
    )  # fmt: skip


def finetune_forecaster(
    base: PriceForecaster,
    tables: Mapping[str, pd.DataFrame],
    contract: FeatureContract,
    params: AllParams,
    log: Log,
    checkpoints: Path | None = None,
    log_file: Path | None = None,
) -> TrainedForecaster:
    """Train a copy of `base` on the tickers of `tables`, by the params of finetune; see `train_forecaster`."""
    return train_forecaster(
        tables, contract, params.split, params.costs, params.profit, base, params.finetune, params.seed,
        checkpoints, log, f"finetune {' '.join(tables)}", log_file,
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
    log_file: Path | None = None,
) -> TrainedForecaster:
    """Train a price model on the training split and measure it on the validation split; the test split is not touched.

    Args:
        tables: Feature tables by ticker.
        contract: What their columns mean.
        split: Boundaries and purge.
        costs: What a trade costs when forecasts are traded.
        profit: When forecasts are traded, and how.
        architecture: Of a new model; or a model to start from, which is left as it is.
        optimiser: Learning rate, batch size and steps; those of a fine-tuning may ask for adapters.
        seed: Decides weights, sequences and dropout; the same one gives the same weights.
        checkpoints: Folder in which an interrupted run leaves its checkpoint and finds it again; None: nowhere.
        log: Gets metrics and their step: train/loss and train/learning_rate often, eval/ and profit/ at each
            measurement, and at the last step how loss and profit relate.
        name: Shown with the progress.
        log_file: Gets the measurements and the reports; None: nothing does.

    Returns:
        The weights with the least eval/loss, those before the first step included.

    Raises:
        ContractError: Tables or model that do not follow the contract.
        DataError: A ticker without labels in training or validation.
        ParamsError: A precision that this machine has not, or a batch that its processes cannot share.
        TradeproofError: A loss that is not finite.
    """
    seed_everything(seed)
    precision = choose_precision(optimiser.precision)
    is_new = not isinstance(architecture, PriceForecaster)
    model = _start(architecture, contract)
    pieces = [supervise(table, contract, model.config.horizons, split, TRAIN) for table in tables.values()]
    if is_new:
        model.standardise(*(torch.from_numpy(moment) for moment in feature_moments(pieces)))
        model.start_from(torch.from_numpy(empirical_quantiles(pieces, model.config.quantiles)))
    validation = Validation.build(model, tables, contract, split, ProfitTracker.from_params(costs, profit), pieces)
    count = optimiser.batch_size * optimiser.max_steps
    dataset = SequenceDataset(pieces, model.config.sequence_length, count, seed)
    recipe = {
        "config": model.config.to_dict(),
        "optimiser": optimiser.model_dump(mode="json"),
        "costs": costs.model_dump(mode="json"),
        "profit": profit.model_dump(mode="json"),
        "split": split.model_dump(mode="json"),
        "seed": seed,
        "precision": precision,
        "processes": process_count(),
        "torch": torch.__version__,
    }
    key = fingerprint(recipe, model.state_dict(), [*pieces, *validation.pieces])
    trainee = _trainee(copy.deepcopy(model), optimiser)
    reports = Reports(name, optimiser.max_steps, profit.report_every_steps, log_file)

    def measure(state: State) -> dict[str, float]:
        """Measure the plain model, in full precision: what is measured is what is kept and served."""
        model.load_state_dict(trainee.plain(state))
        return validation.measure(model.to(next(trainee.model.parameters()).device))

    with tempfile.TemporaryDirectory() as scratch:
        folder = (Path(scratch) if checkpoints is None else checkpoints) / key[:16]
        record = optimise(
            trainee, dataset, optimiser, precision, seed, measure, profit.every_steps, folder, log, reports
        )
    trained = _trained(model, trainee, record, tuple(tables), UNTRAINED if is_new else BASE, precision)
    _conclude(trained, record, log, reports)
    return trained


def _start(architecture: TrainBaseParams | PriceForecaster, contract: FeatureContract) -> PriceForecaster:
    """A new model, or a copy of the one to start from."""
    if isinstance(architecture, PriceForecaster):
        check_contract(architecture, contract)
        return copy.deepcopy(architecture)
    return PriceForecaster(PriceForecasterConfig.from_params(architecture, contract.names, contract.hash))


def _trainee(model: PriceForecaster, optimiser: OptimiserParams) -> WholeModel | AdaptedModel:
    if isinstance(optimiser, FinetuneParams) and optimiser.method == LORA:
        return AdaptedModel(model, optimiser)
    return WholeModel(model)


def _trained(
    model: PriceForecaster,
    trainee: WholeModel | AdaptedModel,
    record: Record,
    tickers: tuple[str, ...],
    start: str,
    precision: str,
) -> TrainedForecaster:
    """Put the best weights back, and say what they are worth beside what training started from."""
    model.load_state_dict(trainee.plain(record.best))
    curve = pd.DataFrame(record.rows).astype({STEP: "int64"})
    best = curve[curve[STEP] == record.best_step].iloc[0]
    metrics: dict[str, Any] = {str(key): float(value) for key, value in best.items() if key != STEP}
    metrics["train/loss"] = float(curve["train/loss"].iloc[-1])
    metrics[f"eval/{start}_loss"] = float(curve[LOSS].iloc[0])
    metrics[f"better_than_{start}"] = float(record.best_step > 0)
    metrics.update(loss_and_profit(curve).to_metrics())
    return TrainedForecaster(
        model=model.cpu().eval(),
        metrics=metrics,
        profit_curve=curve,
        chosen=TRAINED if record.best_step > 0 else start,
        best_step=record.best_step,
        tickers=tickers,
        method=LORA if isinstance(trainee, AdaptedModel) else FULL,
        precision=precision,
        adapter=trainee.adapter(record.best) if isinstance(trainee, AdaptedModel) else None,
    )


def _conclude(trained: TrainedForecaster, record: Record, log: Log, reports: Reports) -> None:
    """Say at the end what came of the training, and how loss and profit relate."""
    if not is_main_process():
        return
    last = int(trained.profit_curve[STEP].iloc[-1])
    log(loss_and_profit(trained.profit_curve).to_metrics(), last)
    stopped = (
        [] if last == reports.max_steps else [f"Stopped early: no lower validation loss since {record.best_step}."]
    )
    reports.conclude(record.rows, *stopped, trained.origin)
