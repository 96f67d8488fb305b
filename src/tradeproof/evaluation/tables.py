"""The report's tables: figures as text, each with its interval."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tradeproof.evaluation.names import BUY_AND_HOLD_CAPPED, GARCH_T, HISTORICAL_VOLATILITY, label
from tradeproof.evaluation.verdict import NO_BREAK, decimal, percent

Figures = Mapping[str, Any]
BASIS_POINTS = 1e4
# stands for a figure without a meaning
ABSENT = "\N{EN DASH}"


@dataclass(frozen=True)
class Cell:
    """A figure, and its interval where it has one."""

    text: str
    range: str


@dataclass(frozen=True)
class Row:
    """A line of a table; the strong ones are the price models."""

    label: str
    strong: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """Heads and rows, with a title and a note that may be empty."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    note: str


def profit_table(profit: Mapping[str, Figures], models: Sequence[str]) -> Table:
    """All policies after costs, the models first.

    Args:
        profit: Figures by policy, as in metrics.json under test.profit.
        models: Names of the price models.
    """
    rows = [
        Row(
            label(name),
            name in models,
            (
                _share(figures, "total_return"),
                _number(figures, "sharpe_ratio"),
                _share(figures, "max_drawdown"),
                _share(figures, "excess_return") if name != BUY_AND_HOLD_CAPPED else Cell(ABSENT, ""),
                _count(figures, "total_trades"),
                _share(figures, "win_rate", digits=0),
                _share(figures, "exposure", digits=0),
                _count(figures, "costs_paid"),
                _share(figures, "break_even_cost", digits=2),
            ),
        )
        for name, figures in profit.items()
    ]
    heads = (
        "Total return",
        "Sharpe ratio",
        "Deepest drawdown",
        "Against buy-and-hold, a year",
        "Trades",
        "Win rate",
        "Invested",
        "Costs paid",
        "Break-even cost",
    )
    return Table(
        "", heads, tuple(rows), "“Against buy-and-hold” compares with buy-and-hold under the same position cap."
    )


def forecast_tables(forecast: Mapping[str, Mapping[str, Figures]], models: Sequence[str]) -> list[Table]:
    """One table per horizon: how close the distributions came.

    Args:
        forecast: Figures by model and horizon, as in metrics.json under test.forecast.
        models: Names of the price models.
    """
    heads = (
        "CRPS, basis points",
        "Skill over historical volatility",
        "Skill over GARCH(1,1)-t",
        f"Inside 50{NO_BREAK}%",
        f"Inside 90{NO_BREAK}%",
        "Direction right",
        "Rank IC",
    )
    tables = []
    for horizon in next(iter(forecast.values())):
        rows = [
            Row(
                label(name),
                name in models,
                (
                    _number(by_horizon[horizon], "crps", scale=BASIS_POINTS),
                    _skill(by_horizon[horizon], "skill", name == HISTORICAL_VOLATILITY),
                    _skill(by_horizon[horizon], f"skill_over_{GARCH_T}", name == GARCH_T),
                    _share(by_horizon[horizon], "coverage_50"),
                    _share(by_horizon[horizon], "coverage_90"),
                    _share(by_horizon[horizon], "directional_accuracy"),
                    _number(by_horizon[horizon], "rank_ic", digits=3),
                ),
            )
            for name, by_horizon in forecast.items()
        ]
        figures = next(iter(forecast.values()))[horizon]
        up_share = _share(figures, "up_share").text
        tables.append(
            Table(
                f"{_ahead(horizon)} ahead",
                heads,
                tuple(rows),
                f"{figures['bars']} outcomes, the same for all; {up_share} of the moves went up.",
            )
        )
    return tables


def ticker_tables(tickers: Mapping[str, Figures], models: Sequence[str], horizon: int) -> list[Table]:
    """One table per model: every ticker on a line.

    Args:
        tickers: Figures by ticker, as in metrics.json under tickers.
        models: Names of the price models.
        horizon: The horizon that positions are taken from, in bars.
    """
    heads = (
        "Total return",
        "Buy-and-hold, same cap",
        "Sharpe ratio",
        "Deepest drawdown",
        "Trades",
        f"Skill over historical volatility, {_ahead(f'h{horizon}').lower()}",
        f"Inside 90{NO_BREAK}%",
    )
    return [
        Table(
            label(name),
            heads,
            tuple(
                Row(
                    ticker,
                    False,
                    (
                        _share(figures["profit"][name], "total_return"),
                        Cell(percent(figures["profit"][BUY_AND_HOLD_CAPPED]["total_return"]), ""),
                        _number(figures["profit"][name], "sharpe_ratio"),
                        _share(figures["profit"][name], "max_drawdown"),
                        _count(figures["profit"][name], "total_trades"),
                        _skill(figures["forecast"][name][f"h{horizon}"], "skill", False),
                        _share(figures["forecast"][name][f"h{horizon}"], "coverage_90"),
                    ),
                )
                for ticker, figures in tickers.items()
            ),
            "",
        )
        for name in models
    ]


def _share(figures: Figures, key: str, digits: int = 1) -> Cell:
    return _cell(figures, key, lambda value: percent(value, digits))


def _skill(figures: Figures, key: str, is_itself: bool) -> Cell:
    return Cell(ABSENT, "") if is_itself else _share(figures, key)


def _number(figures: Figures, key: str, digits: int = 2, scale: float = 1.0) -> Cell:
    return _cell(figures, key, lambda value: decimal(value * scale, digits))


def _count(figures: Figures, key: str) -> Cell:
    return _cell(figures, key, lambda value: f"{value:.0f}")


def _cell(figures: Figures, key: str, shown: Any) -> Cell:
    value, low, high = figures[key], figures.get(f"{key}_low"), figures.get(f"{key}_high")
    if value is None:
        return Cell(ABSENT, "")
    return Cell(shown(value), "" if low is None or high is None else f"{shown(low)} to {shown(high)}")


def _ahead(horizon: str) -> str:
    bars = int(horizon.removeprefix("h"))
    return "One bar" if bars == 1 else f"{bars} bars"
