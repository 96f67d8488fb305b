"""Were the models good again and again: each fold's forecasts scored and traded on its own test period, and together.

Historical volatility is fitted per fold on the train bars of that fold, as its models are, so nothing in a fold knows
what came after its validation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tradeproof.data.splits import TRAIN, assign_splits
from tradeproof.errors import ContractError, DataError
from tradeproof.evaluation.baselines import historical_volatility
from tradeproof.evaluation.forecasts import known_rows, score_models
from tradeproof.evaluation.names import BUY_AND_HOLD, BUY_AND_HOLD_CAPPED, CASH, HISTORICAL_VOLATILITY
from tradeproof.evaluation.policies import compare_policies
from tradeproof.evaluation.scores import aligned_quantiles, outcomes
from tradeproof.features.contract import READY
from tradeproof.forecasting.folds import Fold
from tradeproof.params.schema import AllParams

Tables = Mapping[str, pd.DataFrame]
Masks = dict[str, NDArray[np.bool_]]
POOLED = "pooled"
# every figure is also one line of a comparison of two versions
FORECAST = ("bars", "crps", "skill", "skill_low", "skill_high", "coverage_50", "coverage_90", "rank_ic", "rank_ic_t")
PROFIT = (
    "total_return",
    "sharpe_ratio",
    "max_drawdown",
    "excess_return",
    "excess_return_low",
    "excess_return_high",
    "total_trades",
)
BESIDE = (BUY_AND_HOLD_CAPPED, BUY_AND_HOLD, CASH)


@dataclass(frozen=True)
class FoldComparison:
    """What the models were worth in each fold.

    Attributes:
        metrics: By fold number and "pooled", both as text: forecast.<model>.h<horizon>, and profit.<policy>, the models
            and buy-and-hold among the policies. A fold trades with fresh accounts; pooled, one account per ticker
            trades on through all folds. Numbers, or None where a figure has no meaning.
        periods: By fold number: train_start, train_end, validation_end, test_start, test_end.
    """

    metrics: dict[str, dict[str, Any]]
    periods: dict[str, dict[str, str]]

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it, and as the report reads it."""
        return {"walk_forward": self.metrics, "periods": self.periods}


def compare_folds(tables: Tables, forecasts: pd.DataFrame, folds: Sequence[Fold], params: AllParams) -> FoldComparison:
    """Compare the models of a walk-forward with historical volatility and with buy-and-hold.

    Args:
        tables: Whole feature tables by ticker.
        forecasts: Forecast frames of all folds in one, with the columns `fold` (its number) and `model` added; a row
            for every ready test bar of each fold, every horizon and every model. Other rows are not looked at.
        folds: As `plan_folds` made them.
        params: All of params.yaml.

    Raises:
        ContractError: No fold, or forecasts that are missing, not finite or crossed.
        DataError: A fold with too few train bars for historical volatility.
    """
    if not folds:
        raise ContractError("walk-forward without folds has nothing to compare, expected walk_forward.folds above 0")
    horizons = params.train_base.horizons
    wanted = [_tested(tables, fold) for fold in folds]
    frames = [_frames(tables, forecasts, fold, rows, params) for fold, rows in zip(folds, wanted, strict=True)]
    names = list(frames[0])
    together = {name: pd.concat([frame[name] for frame in frames], ignore_index=True) for name in names}
    parts = [
        *((str(fold.number), [fold], rows, frame) for fold, rows, frame in zip(folds, wanted, frames, strict=True)),
        (POOLED, list(folds), _union(wanted), together),
    ]
    metrics = {}
    for part, members, rows, frame in parts:
        there = {ticker: tables[ticker] for ticker in rows}
        metrics[part] = {
            "forecast": _scores(frame, outcomes(there, rows, horizons), params),
            "profit": _profits(there, members, frame, params),
        }
    return FoldComparison(metrics, {str(fold.number): _period(fold, tables) for fold in folds})


def _tested(tables: Tables, fold: Fold) -> Masks:
    """Ready bars of the fold's test period, of the tickers that have any."""
    masks = {t: fold.is_test(table["date"].to_numpy()) & table[READY].to_numpy() for t, table in tables.items()}
    found = {ticker: mask for ticker, mask in masks.items() if mask.any()}
    if not found:
        raise DataError(
            f"no ticker has a ready bar between {fold.validation_end} and {fold.test_end}, the test period of fold "
            f"{fold.number}; expected some: ask for fewer folds (params walk_forward), or for more bars"
        )
    return found


def _union(wanted: Sequence[Masks]) -> Masks:
    found: Masks = {}
    for masks in wanted:
        for ticker, mask in masks.items():
            found[ticker] = found.get(ticker, np.zeros_like(mask)) | mask
    return found


def _frames(
    tables: Tables, forecasts: pd.DataFrame, fold: Fold, wanted: Masks, params: AllParams
) -> dict[str, pd.DataFrame]:
    """Forecasts of one fold by model, and those of historical volatility fitted on its train bars."""
    settings = params.train_base
    mine = forecasts[(forecasts["fold"] == fold.number) & fold.is_test(forecasts["date"].to_numpy())]
    models = {
        str(name): mine[mine["model"] == name].drop(columns=["fold", "model"]) for name in pd.unique(forecasts["model"])
    }
    train = {}
    for ticker in settings.tickers:
        table = tables[ticker]
        dates = table["date"].to_numpy()
        learned = assign_splits(dates, fold.split(params.split.purged_size)) == TRAIN
        begun = dates >= np.datetime64(fold.train_start, "D")
        train[ticker] = learned & begun & table[READY].to_numpy()
    history = historical_volatility(tables, train, wanted, settings.horizons, settings.quantiles)
    return {**models, HISTORICAL_VOLATILITY: history}


def _scores(frames: Mapping[str, pd.DataFrame], rows: pd.DataFrame, params: AllParams) -> dict[str, Any]:
    levels, settings = params.train_base.quantiles, params.evaluate
    found: dict[str, Any] = {name: {} for name in frames}
    scored = known_rows(rows)
    for horizon in params.train_base.horizons:
        part = scored[scored["horizon"] == horizon]
        quantiles = {name: aligned_quantiles(frame, part, levels, name) for name, frame in frames.items()}
        block = max(settings.bootstrap_block_bars, horizon)
        for name, figures in score_models(quantiles, part, levels, settings, params.seed, block).items():
            found[name][f"h{horizon}"] = {key: figures[key] for key in FORECAST}
    return found


def _profits(
    tables: Tables, folds: Sequence[Fold], frames: Mapping[str, pd.DataFrame], params: AllParams
) -> dict[str, Any]:
    """Trade the models from the first test bar of the folds to the last."""
    begin, end = pd.Timestamp(folds[0].validation_end), pd.Timestamp(folds[-1].test_end)
    until = {ticker: table[table["date"] <= end] for ticker, table in tables.items()}
    sessions = {ticker: table[table["date"] > begin] for ticker, table in until.items()}
    models = {name: frame for name, frame in frames.items() if name != HISTORICAL_VOLATILITY}
    traded = compare_policies(until, sessions, models, params).pooled
    return {name: {key: traded[name][key] for key in PROFIT} for name in (*models, *BESIDE)}


def _period(fold: Fold, tables: Tables) -> dict[str, str]:
    dates = np.concatenate([table["date"].to_numpy() for table in tables.values()])
    first = pd.Timestamp(dates[fold.is_test(dates)].min()).date()
    days = {**asdict(fold), "test_start": first}
    return {name: day.isoformat() for name, day in days.items() if name != "number"}
