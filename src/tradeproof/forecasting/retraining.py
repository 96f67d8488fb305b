"""The price models trained again and again as time goes by, each forecasting only what came after."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from tradeproof.data.splits import TRAIN, VALIDATION, assign_splits
from tradeproof.features.contract import READY, FeatureContract
from tradeproof.forecasting.folds import Fold
from tradeproof.forecasting.prediction import forecast_table
from tradeproof.forecasting.training import finetune_forecaster, train_base_forecaster
from tradeproof.params.schema import AllParams, SplitParams

# gets the fold, what is trained ("base" or a ticker), metrics and their step
FoldLog = Callable[[int, str, Mapping[str, float], int], None]
BASE = "base"
FINETUNED = "finetuned"


def forecast_folds(
    tables: Mapping[str, pd.DataFrame],
    folds: Sequence[Fold],
    contract: FeatureContract,
    params: AllParams,
    log: FoldLog,
    checkpoints: Path,
) -> pd.DataFrame:
    """Train base and fine-tuned models in each fold, and forecast its test bars.

    Nothing of a fold's test period, nor of any later one, is in the tables that its models are trained on.

    Args:
        tables: Feature tables by ticker, those of train_base.tickers among them.
        folds: Periods in order of time.
        contract: What the columns of the tables mean.
        params: All of params.yaml; the split is that of each fold.
        log: Gets the metrics of each training.
        checkpoints: Folder for the checkpoints of interrupted trainings.

    Returns:
        Forecast frame with the columns `fold` and `model`, which is "base" or "finetuned"; empty without folds.
    """
    frames: list[pd.DataFrame] = []
    for fold in folds:
        own = params.model_copy(update={"split": fold.split(params.split.purged_size)})
        cut = {ticker: _known(table, fold) for ticker, table in tables.items()}
        # a ticker that was listed later has nothing to learn from yet: there the base model forecasts it
        known = {ticker: table for ticker, table in cut.items() if _is_learnable(table, own.split)}
        learned = {ticker: known[ticker] for ticker in params.train_base.tickers if ticker in known}
        folder = checkpoints / str(fold.number)
        base = train_base_forecaster(learned, contract, own, _logger(log, fold, BASE), folder).model
        for ticker, table in tables.items():
            tuned, seen = base, fold.cut(table)
            if ticker in known:
                mine = {ticker: known[ticker]}
                tuned = finetune_forecaster(
                    base, mine, contract, own, _logger(log, fold, ticker), folder / ticker
                ).model
            for name, model in ((BASE, base), (FINETUNED, tuned)):
                frame = forecast_table(model, seen, contract, start=fold.validation_end)
                inside = frame[fold.is_test(frame["date"].to_numpy())]
                frames.append(inside.assign(fold=fold.number, model=name))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _known(table: pd.DataFrame, fold: Fold) -> pd.DataFrame:
    """The bars of one ticker that its training and the choice of its weights may see."""
    cut = fold.cut(table)
    return cut[cut["date"] <= pd.Timestamp(fold.validation_end)]


def _is_learnable(table: pd.DataFrame, split: SplitParams) -> bool:
    """Whether a ticker has ready bars in training and in validation."""
    found = assign_splits(table["date"].to_numpy(), split)[table[READY].to_numpy(dtype=bool)]
    return {TRAIN, VALIDATION} <= set(found.tolist())


def _logger(log: FoldLog, fold: Fold, what: str) -> Callable[[Mapping[str, float], int], None]:
    return lambda metrics, step: log(fold.number, what, metrics, step)
