"""The few figures by which two models, or two executions of the pipeline, are compared."""

from collections.abc import Mapping
from typing import Any

from tradeproof.evaluation.names import BUY_AND_HOLD


def headline(figures: Mapping[str, Any], model: str, horizon: int) -> dict[str, float]:
    """The few figures of one model that are compared; those without a meaning are left out.

    Args:
        figures: metrics.json under "test", or under one of its "tickers".
        model: Name of the model in it.
        horizon: Whose forecasts, in bars.
    """
    forecast = figures["forecast"][model][f"h{horizon}"]
    profit = figures["profit"][model]
    found = {
        **{f"test/{name}": forecast[name] for name in ("crps", "skill", "coverage_50", "coverage_90")},
        **{f"profit/{name}": profit[name] for name in ("total_return", "sharpe_ratio", "win_rate", "max_drawdown")},
        "profit/total_trades": profit["total_trades"],
        "profit/buy_and_hold_total_return": figures["profit"][BUY_AND_HOLD]["total_return"],
    }
    return {key: value for key, value in found.items() if value is not None}
