"""The part of a model card that only an evaluation can write: what the model was worth on the test split."""

from collections.abc import Mapping
from typing import Any

from tradeproof.evaluation.names import BUY_AND_HOLD, HISTORICAL_VOLATILITY, label

FORECAST_COLUMNS = ("crps", "skill", "skill_low", "skill_high", "coverage_50", "coverage_90")
PROFIT_COLUMNS = ("total_return", "sharpe_ratio", "max_drawdown", "win_rate", "total_trades")


def card_section(metrics: Mapping[str, Any], model: str, ticker: str | None, synthetic: bool) -> str:
    """Test figures of one model beside the yardsticks, as Markdown.

    Args:
        metrics: Content of metrics.json.
        model: Name of the model in it.
        ticker: Whose figures; None for those of all tickers together.
        synthetic: Whether the bars were simulated.
    """
    figures = metrics["test"] if ticker is None else metrics["tickers"][ticker]
    whose = "all tickers together" if ticker is None else ticker
    lines = [
        "## On the test split",
        "",
        f"Figures of {whose}; the definitions are in the report of the evaluation.",
        "",
    ]
    if synthetic:
        lines += ["**The bars are simulated: nothing here says anything about a market.**", ""]
    forecast = figures["forecast"]
    for horizon in forecast[model]:
        lines += [f"Forecasts {horizon.removeprefix('h')} bar(s) ahead:", ""]
        rows = {name: forecast[name][horizon] for name in (model, HISTORICAL_VOLATILITY)}
        lines += [*_table(rows, FORECAST_COLUMNS), ""]
    lines += ["Profit after costs:", ""]
    rows = {name: figures["profit"][name] for name in (model, BUY_AND_HOLD)}
    return "\n".join([*lines, *_table(rows, PROFIT_COLUMNS), ""])


def _table(rows: Mapping[str, Mapping[str, Any]], columns: tuple[str, ...]) -> list[str]:
    head = ["", *columns]
    body = [[label(name), *(_shown(figures.get(column)) for column in columns)] for name, figures in rows.items()]
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *body)]


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
