"""What the policies of several seeds are worth on validation: the figures, and the card beside the chosen one."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tradeproof.agents.callback import GROWTH
from tradeproof.agents.training import TrainedPolicies
from tradeproof.params.schema import AllParams

SPREAD = ("mean", "deviation", "lowest", "highest")


@dataclass(frozen=True)
class SeedFigures:
    """Metrics on the validation split.

    Attributes:
        seeds: By seed, in the order they were trained.
        chosen: The seed that validation chose.
    """

    seeds: Mapping[int, Mapping[str, float]]
    chosen: int

    @classmethod
    def of(cls, trained: TrainedPolicies) -> "SeedFigures":
        """The figures of trained policies; `best_step` is the number of decisions the weights were taken after."""
        return cls(
            {policy.seed: {**policy.metrics, "best_step": float(policy.best_step)} for policy in trained.policies},
            trained.best.seed,
        )

    @property
    def spread(self) -> dict[str, dict[str, float]]:
        """Mean, sample deviation, lowest and highest over the seeds by metric; NaN where a seed has none."""
        found = {}
        for key in self.seeds[self.chosen]:
            values = np.array([metrics[key] for metrics in self.seeds.values()])
            deviation = float(values.std(ddof=1)) if len(values) > 1 else math.nan
            ends = (float(values.min()), float(values.max()))
            found[key] = dict(zip(SPREAD, (float(values.mean()), deviation, *ends), strict=True))
        return found

    @property
    def metrics(self) -> dict[str, float]:
        """The chosen seed's metrics, and mean and deviation of all; only what has a value."""
        flat = dict(self.seeds[self.chosen])
        for key, own in self.spread.items():
            flat |= {f"{key}_{part}": own[part] for part in SPREAD[:2]}
        return {key: value for key, value in flat.items() if math.isfinite(value)}

    def to_dict(self) -> dict[str, Any]:
        """Content of metrics.json; None where a figure has no value."""
        return {
            "chosen_seed": self.chosen,
            "chosen": _finite(self.seeds[self.chosen]),
            "spread": {key: _finite(own) for key, own in self.spread.items()},
            "seeds": {str(seed): _finite(metrics) for seed, metrics in self.seeds.items()},
        }


def policy_card(figures: SeedFigures, tickers: Sequence[str], params: AllParams) -> str:
    """The card of the chosen policy as Markdown; no time, no path.

    Args:
        figures: Of all seeds.
        tickers: What it was trained on.
        params: All of params.yaml.
    """
    rows = [
        f"| {seed}{' (chosen)' if seed == figures.chosen else ''} | {_percent(math.expm1(metrics[GROWTH]))} | "
        f"{_number(metrics['validation/sharpe_ratio'])} | {_percent(metrics['validation/max_drawdown'])} | "
        f"{metrics['best_step']:.0f} |"
        for seed, metrics in figures.seeds.items()
    ]
    largest = _percent(params.profit.max_position_size)
    lowest = "the same share short" if params.profit.long_short else "no position"
    return "\n".join(
        [
            f"# Trading policy: {', '.join(tickers)}",
            "",
            "A small network that decides at the close of each daily bar to sell, hold or buy one ticker, from the "
            "features of the bar and the state of its own account. Trained with PPO (Schulman et al. 2017) in the "
            f"simulator that everything here is traded in. Buy: up to {largest} of the account; sell: {lowest}; hold: "
            "no order. An order fills at the next open, after commission and slippage.",
            "",
            "## Validation, all seeds",
            "",
            "| seed | total return | Sharpe ratio | deepest drawdown | weights after decisions |",
            "|---|---|---|---|---|",
            *rows,
            "",
            "Each seed's weights are those of its best measurement on the validation split, and the chosen seed is the "
            "best of them: these figures flatter. Never trading would have returned 0. What the policy did on the "
            "test split, beside buy-and-hold, is in the evaluation report.",
            "",
            "## Files",
            "",
            "`policy.zip`: weights as safetensors, and as JSON its observation contract, rules, params and packages; "
            "no pickle. `seeds/<seed>/policy.zip`: the other seeds. `metrics.json`: all seeds and their spread. "
            "`validation_curve.csv`: every measurement.",
            "",
            "## Intended use and limits",
            "",
            "Research, and decisions whose reasons can be looked up. It is no investment advice and not meant to trade "
            "unattended. It knows daily bars and its own account, nothing else; on other tickers than those named "
            "above it is a guess.",
            "",
        ]
    )


def _finite(metrics: Mapping[str, float]) -> dict[str, float | None]:
    return {key: value if math.isfinite(value) else None for key, value in metrics.items()}


def _percent(share: float) -> str:
    return f"{100.0 * share:.1f} %"


def _number(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "none, it never traded"
