"""The same model trained from several seeds: how far its figures move by luck alone."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tradeproof.errors import ContractError
from tradeproof.evaluation.forecasts import known_rows
from tradeproof.evaluation.intervals import Floats, finite
from tradeproof.evaluation.names import BUY_AND_HOLD_CAPPED, HISTORICAL_VOLATILITY, ensemble_name
from tradeproof.evaluation.policies import Figures, PolicyComparison, Trader, pooled_statistics, spread_orders
from tradeproof.evaluation.scores import KEYS, aligned_quantiles, crps
from tradeproof.forecasting.profit import forecast_targets
from tradeproof.market.account import simulate
from tradeproof.market.metrics import max_drawdown, total_return
from tradeproof.market.positions import quantile_column
from tradeproof.market.prices import AlignedPrices
from tradeproof.market.rules import TradingRules
from tradeproof.params.schema import AllParams

# frames by model, one per seed, the registered one first
Seeds = Mapping[str, Sequence[pd.DataFrame]]
PROFIT = ("total_return", "sharpe_ratio", "max_drawdown", "excess_return")


def ensembles(seeds: Seeds, rows: pd.DataFrame, levels: Sequence[float]) -> dict[str, pd.DataFrame]:
    """The mean of the quantiles over the seeds, for each model that has several; named by `ensemble_name`.

    Args:
        seeds: Forecast frames by model.
        rows: ticker, date, horizon of the forecasts that are wanted.
        levels: Quantile levels, ascending.

    Raises:
        ContractError: A seed without a forecast for one of the rows.
    """
    columns = [quantile_column(level) for level in levels]
    found = {}
    for name, frames in seeds.items():
        if len(frames) > 1:
            mean = np.mean([_aligned(frame, rows, levels, name, seed) for seed, frame in enumerate(frames)], axis=0)
            found[ensemble_name(name)] = pd.concat([rows[KEYS], pd.DataFrame(mean, rows.index, columns)], axis=1)
    return found


def refuse_seeds(seeds: Seeds, forecasts: Mapping[str, pd.DataFrame], rows: pd.DataFrame, params: AllParams) -> None:
    """Refuse seeds of no model, and a registered model that is not the first of its seeds.

    Raises:
        ContractError: Such seeds.
    """
    levels = params.train_base.quantiles
    strangers = [name for name, frames in seeds.items() if name not in forecasts or not frames]
    if strangers:
        raise ContractError(
            f"forecasts of several seeds name {strangers}, expected one or more for models among {list(forecasts)}"
        )
    for name, frames in seeds.items():
        registered = aligned_quantiles(forecasts[name], rows, levels, name)
        if not np.array_equal(registered, _aligned(frames[0], rows, levels, name, 0)):
            raise ContractError(
                f"forecasts of {name} differ from those of its first seed, expected the same: the first seed is the "
                "one that is registered. Run `dvc repro` so that both come from the same training"
            )


def compare_seeds(
    seeds: Seeds,
    yardstick: pd.DataFrame,
    rows: pd.DataFrame,
    aligned: AlignedPrices,
    traded: PolicyComparison,
    params: AllParams,
    traders: Mapping[str, Trader] | None = None,
) -> dict[str, dict[str, Any]]:
    """Mean and spread over seeds, as in metrics.json under test.seeds.

    Args:
        seeds: Forecast frames by model.
        yardstick: Forecast frame of historical volatility.
        rows: ticker, date, horizon, outcome of the test split.
        aligned: Bars of the test split.
        traded: The comparison of policies on the same bars, for buy-and-hold.
        params: All of params.yaml.
        traders: Policies that decide by themselves, by name; None where there are none.

    Returns:
        By model or trader: count, forecast.h<horizon>.<crps and skill> (a trader has none) and profit.<figure>, each
        as `spread` gives it.
    """
    losses = {name: [_losses(frame, rows, params, name) for frame in frames] for name, frames in seeds.items()}
    reference = _losses(yardstick, rows, params, HISTORICAL_VOLATILITY)
    held = traded.curves[BUY_AND_HOLD_CAPPED].to_numpy()
    found: dict[str, dict[str, Any]] = {}
    for name, frames in seeds.items():
        found[name] = {
            "count": len(frames),
            "forecast": {
                horizon: {
                    "crps": spread([each[horizon] for each in losses[name]]),
                    "skill": spread([1.0 - each[horizon] / loss if loss else np.nan for each in losses[name]]),
                }
                for horizon, loss in reference.items()
            },
            "profit": _profits([_targets(frame, aligned, params) for frame in frames], aligned, held, params),
        }
    for name, trader in (traders or {}).items():
        targets = [spread_orders(orders, aligned) for orders in trader]
        found[name] = {"count": len(trader), "profit": _profits(targets, aligned, held, params)}
    return found


def spread(values: Sequence[float]) -> Figures:
    """Mean, sample deviation, lowest and highest of a figure over seeds, and how many have it above zero.

    None where one of them is undefined.
    """
    given = np.asarray(values, dtype=np.float64)
    return {
        "mean": finite(given.mean()),
        "deviation": finite(given.std(ddof=1)) if given.size > 1 else None,
        "lowest": finite(given.min()),
        "highest": finite(given.max()),
        "above_zero": int((given > 0.0).sum()),
    }


def _aligned(frame: pd.DataFrame, rows: pd.DataFrame, levels: Sequence[float], name: str, seed: int) -> Floats:
    return aligned_quantiles(frame, rows, levels, f"{name} (seed number {seed + 1})")


def _losses(frame: pd.DataFrame, rows: pd.DataFrame, params: AllParams, name: str) -> dict[str, float]:
    """Mean CRPS by horizon."""
    levels, scored = params.train_base.quantiles, known_rows(rows)
    loss = crps(aligned_quantiles(frame, scored, levels, name), scored["outcome"].to_numpy(), levels)
    return {f"h{horizon}": float(loss[(scored["horizon"] == horizon).to_numpy()].mean()) for horizon in _order(scored)}


def _order(rows: pd.DataFrame) -> list[int]:
    return list(dict.fromkeys(rows["horizon"].tolist()))


def _targets(frame: pd.DataFrame, aligned: AlignedPrices, params: AllParams) -> Floats:
    return forecast_targets(frame, aligned, params.train_base.quantiles, params.profit)


def _profits(targets: Sequence[Floats], aligned: AlignedPrices, held: Floats, params: AllParams) -> dict[str, Figures]:
    profits = [_profit(own, aligned, held, params) for own in targets]
    return {key: spread([each[key] for each in profits]) for key in PROFIT}


def _profit(targets: Floats, aligned: AlignedPrices, held: Floats, params: AllParams) -> dict[str, float]:
    rules = TradingRules.from_params(params.costs, params.profit)
    equity = simulate(aligned.prices, targets, rules).equity.sum(axis=1)
    statistics = pooled_statistics([equity, held], hold=1)
    return {
        "total_return": total_return(equity),
        "sharpe_ratio": float(statistics["sharpe_ratio"][0]),
        "max_drawdown": max_drawdown(equity)[0],
        "excess_return": float(statistics["excess_return"][0]),
    }
