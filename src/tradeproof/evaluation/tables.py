"""The report's tables: figures as text, each with its interval."""

from collections.abc import Mapping, Sequence

from tradeproof.evaluation.cells import (
    ABSENT,
    Cell,
    Figures,
    Row,
    Table,
    ahead,
    correlation_cell,
    count_cell,
    number_cell,
    share_cell,
    skill_cell,
)
from tradeproof.evaluation.names import BUY_AND_HOLD_CAPPED, GARCH_T, HAR, HISTORICAL_VOLATILITY, label
from tradeproof.evaluation.verdict import NO_BREAK, percent

BASIS_POINTS = 1e4


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
                share_cell(figures, "total_return"),
                number_cell(figures, "sharpe_ratio"),
                share_cell(figures, "max_drawdown"),
                share_cell(figures, "excess_return") if name != BUY_AND_HOLD_CAPPED else Cell(ABSENT, ""),
                count_cell(figures, "total_trades"),
                share_cell(figures, "win_rate", digits=0),
                share_cell(figures, "exposure", digits=0),
                count_cell(figures, "costs_paid"),
                share_cell(figures, "break_even_cost", digits=2),
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
    correlations = _correlations(forecast)
    heads = (
        "CRPS, basis points",
        "Skill over historical volatility",
        "Skill over GARCH(1,1)-t",
        "Skill over HAR",
        f"Inside 50{NO_BREAK}%",
        f"Inside 90{NO_BREAK}%",
        "Direction right",
        *correlations.values(),
    )
    tables = []
    for horizon in next(iter(forecast.values())):
        rows = [
            Row(
                label(name),
                name in models,
                (
                    number_cell(by_horizon[horizon], "crps", scale=BASIS_POINTS),
                    skill_cell(by_horizon[horizon], "skill", name == HISTORICAL_VOLATILITY),
                    skill_cell(by_horizon[horizon], f"skill_over_{GARCH_T}", name == GARCH_T),
                    skill_cell(by_horizon[horizon], f"skill_over_{HAR}", name == HAR),
                    share_cell(by_horizon[horizon], "coverage_50"),
                    share_cell(by_horizon[horizon], "coverage_90"),
                    share_cell(by_horizon[horizon], "directional_accuracy"),
                    *(correlation_cell(by_horizon[horizon], key) for key in correlations),
                ),
            )
            for name, by_horizon in forecast.items()
        ]
        figures = next(iter(forecast.values()))[horizon]
        up_share = share_cell(figures, "up_share").text
        tables.append(
            Table(
                f"{ahead(horizon)} ahead",
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
        f"Skill over historical volatility, {ahead(f'h{horizon}').lower()}",
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
                        share_cell(figures["profit"][name], "total_return"),
                        Cell(percent(figures["profit"][BUY_AND_HOLD_CAPPED]["total_return"]), ""),
                        number_cell(figures["profit"][name], "sharpe_ratio"),
                        share_cell(figures["profit"][name], "max_drawdown"),
                        count_cell(figures["profit"][name], "total_trades"),
                        skill_cell(figures["forecast"][name][f"h{horizon}"], "skill", False),
                        share_cell(figures["forecast"][name][f"h{horizon}"], "coverage_90"),
                    ),
                )
                for ticker, figures in tickers.items()
            ),
            "",
        )
        for name in models
    ]


def _correlations(forecast: Mapping[str, Mapping[str, Figures]]) -> dict[str, str]:
    """Heads of the rank correlations by key; that between tickers only where there are enough of them."""
    heads = {"rank_ic": "Rank IC, its t below", "cross_rank_ic": "Rank IC between tickers, its t below"}
    known = [figures for by_horizon in forecast.values() for figures in by_horizon.values()]
    return {key: head for key, head in heads.items() if key == "rank_ic" or any(own[key] is not None for own in known)}
