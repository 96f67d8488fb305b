"""The comparison as a whole: models and yardsticks, forecasts and money, on the test split alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tradeproof.data.splits import TEST, TRAIN, assign_splits
from tradeproof.errors import ContractError, DataError
from tradeproof.evaluation.forecasts import HorizonFigures, compare_forecasts, skill_frame
from tradeproof.evaluation.grid import cost_grid
from tradeproof.evaluation.headline import headline
from tradeproof.evaluation.names import HISTORICAL_VOLATILITY, LIGHTGBM, RULES, YARDSTICKS, is_ensemble
from tradeproof.evaluation.plausibility import implausible
from tradeproof.evaluation.policies import Figures, Trader, align_tables, compare_policies
from tradeproof.evaluation.scores import outcomes
from tradeproof.evaluation.seeds import Seeds, compare_seeds, ensembles, refuse_seeds
from tradeproof.evaluation.verdict import Verdict, judge
from tradeproof.evaluation.yardsticks import yardstick_forecasts
from tradeproof.features.contract import READY
from tradeproof.params.schema import AllParams
from tradeproof.progress import progress

Masks = dict[str, NDArray[np.bool_]]
FAN_BARS = 120
# of an evaluation, beside one per ticker: boosted trees, scores, trading
PHASES = 3
# of a single ticker only what one looks for there: every figure is also one line of a comparison of two versions
TICKER_FORECAST = ("crps", "skill", "skill_low", "skill_high", "coverage_50", "coverage_90")
TICKER_PROFIT = ("total_return", "excess_return", "sharpe_ratio", "max_drawdown", "win_rate", "total_trades")


@dataclass(frozen=True)
class Evaluation:
    """Everything that is reported about the test split.

    Attributes:
        models: Names of the price models, in the order they were given.
        ensembles: Names of the means over seeds, which are compared and not registered.
        tickers: Names of the tickers, in the order they were given.
        metrics: Content of metrics.json: finite numbers, or None where a figure has no meaning. Pooled under
            test.forecast.<model>.h<horizon> and test.profit.<policy>, over seeds under test.seeds.<model>, at other
            costs under test.grid.<model>, per ticker under tickers.<ticker>.
        curves: date, then the value of all accounts together per policy, currency units.
        skill: model, horizon, skill, low, high; against historical volatility.
        calibration: model, horizon, level, observed, pinball_loss.
        fan: date, outcome, quantile columns: the last model's last forecasts of the first ticker, one horizon.
        fan_horizon: That horizon, in bars.
        grid: model, commission, slippage, delay, total_return, sharpe_ratio, excess_return; the models and LightGBM.
        stale_opens: Share of test bars by ticker whose open repeats the close before.
        warnings: Implausible figures, one line each.
        verdict: What a reader should take away.
    """

    models: tuple[str, ...]
    ensembles: tuple[str, ...]
    tickers: tuple[str, ...]
    metrics: dict[str, Any]
    curves: pd.DataFrame
    skill: pd.DataFrame
    calibration: pd.DataFrame
    fan: pd.DataFrame
    fan_horizon: int
    grid: pd.DataFrame
    stale_opens: dict[str, float]
    warnings: tuple[str, ...]
    verdict: Verdict

    @property
    def summary(self) -> dict[str, dict[str, float]]:
        """The same figures of every model, for tables that compare many executions of the pipeline."""
        return {name: headline(self.metrics["test"], name, self.fan_horizon) for name in self.models}

    @property
    def headline(self) -> dict[str, float]:
        """The figures of the last model by which two executions of the pipeline compare; none without a meaning."""
        return headline(self.metrics["test"], self.models[-1], self.fan_horizon)


def evaluate_models(
    tables: Mapping[str, pd.DataFrame],
    forecasts: Mapping[str, pd.DataFrame],
    params: AllParams,
    seeds: Seeds | None = None,
    traders: Mapping[str, Trader] | None = None,
) -> Evaluation:
    """Compare price models with the yardsticks on the test split.

    Args:
        tables: Whole feature tables by ticker; the yardsticks learn from their past.
        forecasts: Forecast frames by model name, such as "base" and "finetuned", each with a row for every ready test
            bar of every ticker and every horizon of train_base.horizons. Rows elsewhere are not looked at.
        params: All of params.yaml.
        seeds: Forecast frames of the same models trained from several seeds, by model name, the one in `forecasts`
            first; None where one was trained.
        traders: Policies that decide by themselves, by name: of each seed its orders by ticker, [test bar] target
            weights, NaN for none; the seed that is used comes first. None where there are none.

    Raises:
        ContractError: Forecasts that are missing, not finite or crossed, a model named like a yardstick, or seeds that
            do not begin with the model.
        DataError: Tables without test bars, or with too few train bars for a yardstick.
    """
    _refuse_names(forecasts)
    _refuse_absent(tables, params.train_base.tickers)
    horizons, levels = params.train_base.horizons, params.train_base.quantiles
    splits = {ticker: assign_splits(table["date"].to_numpy(), params.split) for ticker, table in tables.items()}
    test = _rows(tables, splits, TEST)
    base = {ticker: tables[ticker] for ticker in params.train_base.tickers}
    train = _rows(base, splits, TRAIN)
    rows = outcomes(tables, test, horizons)
    sessions = {ticker: table[splits[ticker] == TEST] for ticker, table in tables.items()}
    given = seeds or {}
    refuse_seeds(given, forecasts, rows, params)
    means = ensembles(given, rows, levels)
    with progress("evaluate", len(tables) + PHASES) as bar:
        yardsticks = yardstick_forecasts(tables, train, test, params, bar.update)
        frames = {**forecasts, **means, **yardsticks}
        compared = compare_forecasts(frames, rows, levels, params.evaluate, params.seed)
        bar.update(len(tables) + PHASES - 1)
        traded = compare_policies(tables, sessions, frames, params, traders)
        aligned = align_tables(sessions)
        grid = cost_grid(aligned, {**forecasts, LIGHTGBM: frames[LIGHTGBM]}, params)
        spreads = compare_seeds(given, frames[HISTORICAL_VOLATILITY], rows, aligned, traded, params, traders)
        bar.update(len(tables) + PHASES)
    metrics = {
        "test": {"forecast": compared.pooled, "profit": traded.pooled, "seeds": spreads, "grid": grid.metrics},
        "tickers": {ticker: _single(compared.tickers[ticker], traded.tickers[ticker]) for ticker in tables},
    }
    horizon = params.profit.horizon
    return Evaluation(
        models=tuple(forecasts),
        ensembles=tuple(means),
        tickers=tuple(tables),
        metrics=metrics,
        curves=traded.curves,
        skill=skill_frame(compared.pooled),
        calibration=compared.calibration,
        fan=_fan(frames[list(forecasts)[-1]], rows, horizon),
        fan_horizon=horizon,
        grid=grid.cells,
        stale_opens={ticker: _stale_opens(table, splits[ticker] == TEST) for ticker, table in tables.items()},
        warnings=tuple(implausible(metrics)),
        verdict=judge(metrics, tuple(forecasts), horizon, params.evaluate.confidence, tuple(traders or ())),
    )


def _refuse_names(forecasts: Mapping[str, pd.DataFrame]) -> None:
    taken = [name for name in forecasts if name in YARDSTICKS or name in RULES or is_ensemble(name)]
    if taken or not forecasts:
        raise ContractError(
            f"forecasts are named {list(forecasts)}, expected at least one model and no name of a yardstick "
            f"{[*YARDSTICKS, *RULES]}"
        )


def _refuse_absent(tables: Mapping[str, pd.DataFrame], learned: Sequence[str]) -> None:
    absent = [ticker for ticker in learned if ticker not in tables]
    if absent:
        raise DataError(
            f"no table for {absent} of train_base.tickers, expected one for each: the yardsticks learn from the same "
            "bars as the base model"
        )


def _rows(tables: Mapping[str, pd.DataFrame], splits: Mapping[str, NDArray[np.str_]], name: str) -> Masks:
    masks = {ticker: (splits[ticker] == name) & table[READY].to_numpy() for ticker, table in tables.items()}
    empty = [ticker for ticker, mask in masks.items() if not mask.any()]
    if empty or not masks:
        raise DataError(
            f"tickers {empty} have no ready bar in the {name} split, expected some for each ticker of "
            "universe.tickers: move the dates in params split, or take the ticker out"
        )
    return masks


def _single(forecast: Mapping[str, HorizonFigures], profit: Mapping[str, Figures]) -> dict[str, Any]:
    """What is kept of a single ticker."""
    return {
        "forecast": {
            name: {horizon: _only(found, TICKER_FORECAST) for horizon, found in by_horizon.items()}
            for name, by_horizon in forecast.items()
        },
        "profit": {name: _only(found, TICKER_PROFIT) for name, found in profit.items()},
    }


def _only(figures: Mapping[str, float | None], keys: Sequence[str]) -> dict[str, float | None]:
    return {key: figures[key] for key in keys}


def _fan(forecast: pd.DataFrame, rows: pd.DataFrame, horizon: int) -> pd.DataFrame:
    first = rows["ticker"].iloc[0]
    known = rows.dropna(subset="outcome")
    last = known[(known["ticker"] == first) & (known["horizon"] == horizon)].tail(FAN_BARS)
    fan: pd.DataFrame = last.merge(forecast, on=["ticker", "date", "horizon"], how="left", validate="one_to_one")
    return fan.drop(columns=["ticker", "horizon"])


def _stale_opens(table: pd.DataFrame, test: NDArray[np.bool_]) -> float:
    stale = table["open"].to_numpy()[1:] == table["close"].to_numpy()[:-1]
    return float(stale[test[1:]].mean())
