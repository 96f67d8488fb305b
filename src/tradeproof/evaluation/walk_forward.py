"""Walk-forward: the price models trained again and again as time goes by, each forecasting only what came after."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from tradeproof.evaluation.folds import Fold
from tradeproof.features.contract import FeatureContract
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
        Forecast frame with the columns `fold` and `model`, which is "base" or "finetuned".
    """
    frames = []
    for fold in folds:
        split = SplitParams(
            train_end=fold.train_end, validation_end=fold.validation_end, purged_size=params.split.purged_size
        )
        own = params.model_copy(update={"split": split})
        known = {ticker: _between(table, fold.train_start, fold.validation_end) for ticker, table in tables.items()}
        learned = {ticker: known[ticker] for ticker in params.train_base.tickers}
        folder = checkpoints / str(fold.number)
        base = train_base_forecaster(learned, contract, own, _logger(log, fold, BASE), folder).model
        for ticker, table in tables.items():
            tuned = finetune_forecaster(
                base, {ticker: known[ticker]}, contract, own, _logger(log, fold, ticker), folder / ticker
            ).model
            seen = _between(table, fold.train_start, fold.test_end)
            for name, model in ((BASE, base), (FINETUNED, tuned)):
                # forecasts from the last validation bar on; the bars after it are the fold's test
                frame = forecast_table(model, seen, contract, start=fold.validation_end)
                frames.append(
                    frame[frame["date"] > pd.Timestamp(fold.validation_end)].assign(fold=fold.number, model=name)
                )
    return pd.concat(frames, ignore_index=True)


def _between(table: pd.DataFrame, start: object, end: object) -> pd.DataFrame:
    return table[table["date"].between(pd.Timestamp(str(start)), pd.Timestamp(str(end)))].reset_index(drop=True)


def _logger(log: FoldLog, fold: Fold, what: str) -> Callable[[Mapping[str, float], int], None]:
    return lambda metrics, step: log(fold.number, what, metrics, step)
