"""The report's tables on what a single figure hides: other seeds, other costs, other years."""

from collections.abc import Mapping, Sequence
from typing import Any

from tradeproof.evaluation.cells import (
    ABSENT,
    Cell,
    Figures,
    Row,
    Table,
    ahead,
    count_cell,
    number_cell,
    share_cell,
)
from tradeproof.evaluation.names import BUY_AND_HOLD_CAPPED, HISTORICAL_VOLATILITY, label
from tradeproof.evaluation.verdict import NO_BREAK, decimal
from tradeproof.evaluation.walk_forward import POOLED


def seed_table(seeds: Mapping[str, Figures]) -> Table | None:
    """Mean, deviation, lowest and highest over seeds; None where no model was trained from several.

    Args:
        seeds: Figures by model, as in metrics.json under test.seeds.
    """
    several = {name: figures for name, figures in seeds.items() if figures["count"] > 1}
    if not several:
        return None
    horizons = list(next((figures["forecast"] for figures in several.values() if "forecast" in figures), ()))
    rows = [
        Row(
            f"{label(name)}, {figures['count']} seeds",
            True,
            (
                *(_skill(figures, horizon) for horizon in horizons),
                _spread(figures["profit"]["total_return"], 100.0, 1),
                _spread(figures["profit"]["sharpe_ratio"], 1.0, 2),
                _spread(figures["profit"]["max_drawdown"], 100.0, 1),
                _spread(figures["profit"]["excess_return"], 100.0, 1),
            ),
        )
        for name, figures in several.items()
    ]
    heads = (
        *(f"Skill over historical volatility, {ahead(horizon).lower()}, %" for horizon in horizons),
        "Total return, %",
        "Sharpe ratio",
        "Deepest drawdown, %",
        "Against buy-and-hold, a year, %",
    )
    note = (
        "Mean ± standard deviation over the seeds; below it the lowest and the highest of them. The first seed is the "
        "one that is registered and that stands in every other table; of a trader it is the one that validation chose."
    )
    return Table("", heads, tuple(rows), note)


def _skill(figures: Figures, horizon: str) -> Cell:
    """A trader forecasts nothing."""
    return _spread(figures["forecast"][horizon]["skill"], 100.0, 1) if "forecast" in figures else Cell(ABSENT, "")


def grid_table(grid: Mapping[str, Figures], models: Sequence[str]) -> Table:
    """The worst cell of each model's grid, and how many cells end well.

    Args:
        grid: Figures by model, as in metrics.json under test.grid.
        models: Names of the price models.
    """
    rows = [
        Row(
            label(name),
            name in models,
            (
                share_cell(figures["worst"], "total_return"),
                number_cell(figures["worst"], "sharpe_ratio"),
                share_cell(figures["worst"], "excess_return"),
                share_cell(figures["worst"], "commission", digits=2),
                share_cell(figures["worst"], "slippage", digits=2),
                count_cell(figures["worst"], "delay"),
                share_cell(figures, "profitable_cells", digits=0),
                share_cell(figures, "winning_cells", digits=0),
            ),
        )
        for name, figures in grid.items()
    ]
    heads = (
        "Total return, worst cell",
        "Sharpe ratio, there",
        "Against buy-and-hold, a year, there",
        "Commission, there",
        "Slippage, there",
        "Delay, bars, there",
        "Cells with a profit",
        "Cells ahead of buy-and-hold",
    )
    return Table("", heads, tuple(rows), "Buy-and-hold pays the same costs in each cell, and comes as late.")


def fold_table(found: Mapping[str, Any], horizon: int) -> Table:
    """Every model in every fold, and in all of them together.

    Args:
        found: As `FoldComparison.to_dict` gives it.
        horizon: The horizon that positions are taken from, in bars.
    """
    metrics, periods = found["walk_forward"], found["periods"]
    models = [name for name in metrics[POOLED]["forecast"] if name != HISTORICAL_VOLATILITY]
    rows = [
        Row(
            f"{label(name)}, {'all folds' if part == POOLED else f'fold {part}'}",
            part == POOLED,
            (
                _period(periods, part),
                *_profit_cells(figures["profit"], name),
                *(share_cell(figures["forecast"][name][f"h{horizon}"], key) for key in ("skill", "coverage_90")),
            ),
        )
        for name in models
        for part, figures in metrics.items()
    ]
    heads = (
        "Test period",
        "Total return",
        "Buy-and-hold, same cap",
        "Against buy-and-hold, a year",
        "Sharpe ratio",
        "Deepest drawdown",
        "Trades",
        f"Skill over historical volatility, {ahead(f'h{horizon}').lower()}",
        f"Inside 90{NO_BREAK}%",
    )
    note = (
        "A fold trades with fresh accounts; over all folds the accounts trade on. Historical volatility learns from "
        "the train bars of each fold, as its models do."
    )
    return Table("", heads, tuple(rows), note)


def _profit_cells(profit: Mapping[str, Figures], name: str) -> tuple[Cell, ...]:
    return (
        share_cell(profit[name], "total_return"),
        share_cell(profit[BUY_AND_HOLD_CAPPED], "total_return"),
        share_cell(profit[name], "excess_return"),
        number_cell(profit[name], "sharpe_ratio"),
        share_cell(profit[name], "max_drawdown"),
        count_cell(profit[name], "total_trades"),
    )


def _period(periods: Mapping[str, Mapping[str, str]], part: str) -> Cell:
    first, last = (part, part) if part != POOLED else (min(periods, key=int), max(periods, key=int))
    return Cell(periods[first]["test_start"], f"to {periods[last]['test_end']}")


def _spread(figures: Figures, scale: float, digits: int) -> Cell:
    mean, deviation = figures["mean"], figures["deviation"]
    if mean is None:
        return Cell(ABSENT, "")
    text = f"{decimal(scale * mean, digits)} ± {decimal(scale * deviation, digits)}"
    ends = (f"{decimal(scale * figures[end], digits)}" for end in ("lowest", "highest"))
    return Cell(text, " to ".join(ends))
