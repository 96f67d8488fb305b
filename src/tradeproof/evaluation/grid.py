"""The same decisions at other costs and with later fills: how much of a profit hangs on the costs it was computed with.

Every cell trades the targets that the forecasts give at profit.horizon, as the main figures do. A delay of d fills an
order d bars later than the next open, on the ticker's own bars. Buy-and-hold in a cell pays the same costs and comes as
late.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from tradeproof.evaluation.intervals import Floats, finite
from tradeproof.evaluation.policies import Figures, pooled_statistics
from tradeproof.forecasting.profit import forecast_targets
from tradeproof.market.account import simulate
from tradeproof.market.benchmarks import buy_and_hold
from tradeproof.market.metrics import total_return
from tradeproof.market.prices import AlignedPrices
from tradeproof.market.rules import TradingRules
from tradeproof.params.schema import AllParams

COSTS = ("commission", "slippage", "delay")
FIGURES = ("total_return", "sharpe_ratio", "excess_return")
Cell = dict[str, Any]


@dataclass(frozen=True)
class CostGrid:
    """Profit at other costs and delays.

    Attributes:
        cells: model, commission, slippage, delay (bars), then total_return, sharpe_ratio, and excess_return over
            buy-and-hold under the same cap, costs and delay (annual log return); NaN where undefined.
        metrics: By model: of the cell with the lowest total return the costs and figures (`worst`), and the share of
            cells that end with a profit (`profitable_cells`) and ahead of buy-and-hold (`winning_cells`).
    """

    cells: pd.DataFrame
    metrics: dict[str, dict[str, Figures | float]]


def cost_grid(aligned: AlignedPrices, frames: Mapping[str, pd.DataFrame], params: AllParams) -> CostGrid:
    """Trade forecasts at all costs and delays of evaluate.grid_commissions, grid_slippages and grid_delays.

    Args:
        aligned: Bars of the test split.
        frames: Forecast frames by model.
        params: Position rule, capital, stops, and the grid.
    """
    settings, levels = params.evaluate, params.train_base.quantiles
    main = TradingRules.from_params(params.costs, params.profit)
    targets = {name: forecast_targets(frame, aligned, levels, params.profit) for name, frame in frames.items()}
    held = buy_and_hold(aligned.prices.close, 0)
    capped = replace(main.yardstick(), max_position_size=params.profit.max_position_size)
    cells: list[Cell] = []
    for delay, commission, slippage in product(
        settings.grid_delays, settings.grid_commissions, settings.grid_slippages
    ):
        wishes = {name: (wish, main) for name, wish in targets.items()} | {"": (held, capped)}
        equities = [
            simulate(aligned.prices, delayed(wish, aligned, delay), _at(rules, commission, slippage)).equity.sum(axis=1)
            for wish, rules in wishes.values()
        ]
        statistics = pooled_statistics(equities, hold=len(targets))
        cells += [
            {
                "model": name,
                "commission": commission,
                "slippage": slippage,
                "delay": delay,
                "total_return": total_return(equities[place]),
            }
            | {key: float(statistics[key][place]) for key in FIGURES[1:]}
            for place, name in enumerate(targets)
        ]
    return CostGrid(
        pd.DataFrame(cells), {name: _summary([cell for cell in cells if cell["model"] == name]) for name in frames}
    )


def delayed(targets: Floats, aligned: AlignedPrices, bars: int) -> Floats:
    """The targets as if decided `bars` bars later, [time, series]; those that would come after the last bar are lost.

    Args:
        targets: [time, series], NaN where no order is given.
        aligned: The bars they are for; a series counts its own bars only.
        bars: How many.
    """
    later = np.full(targets.shape, np.nan)
    for series in range(targets.shape[1]):
        own = np.flatnonzero(~np.isnan(aligned.prices.close[:, series]))
        later[own[bars:], series] = targets[own[: own.size - bars], series]
    return later


def _at(rules: TradingRules, commission: float, slippage: float) -> TradingRules:
    return replace(rules, commission=commission, slippage=slippage)


def _summary(cells: Sequence[Cell]) -> dict[str, Figures | float]:
    worst = min(cells, key=lambda cell: float(cell["total_return"]))
    return {
        "worst": {**{key: worst[key] for key in COSTS}, **{key: finite(worst[key]) for key in FIGURES}},
        "profitable_cells": float(np.mean([cell["total_return"] > 0.0 for cell in cells])),
        "winning_cells": float(np.mean([cell["excess_return"] > 0.0 for cell in cells])),
    }
