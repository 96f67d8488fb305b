"""The card of a price model: what it is, what it came from, how good it is, and what it is not for."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from tradeproof.features.contract import FeatureContract
from tradeproof.forecasting.training import TrainedForecaster

LIMITS = """\
- A forecast is a distribution. Its width is what it knows; its location is close to zero and hardly predictable.
- The figures are of the validation split, on which the best of a few checkpoints was chosen: they flatter. The test
  split, the benchmarks and their intervals are in the evaluation report.
- Profit is simulated: fills at the next open, proportional costs, no market impact, no taxes, no dividends.
- It knows nothing but daily bars. News, earnings dates and halts are not in it.
- It was trained on the tickers and dates below. Elsewhere it is a guess."""
USE = """\
Research on the distribution of daily returns, and as one input to a decision that a person answers for. It is no
investment advice, and not meant to trade unattended."""


def model_card(trained: TrainedForecaster, meta: Mapping[str, Any], contract: FeatureContract) -> str:
    """Write the card.

    Args:
        trained: The model and how it came out.
        meta: What it came from; every value under a key of its own is shown, nested ones with dotted keys.
        contract: The features it reads.

    Returns:
        Markdown, the same for the same input: no time, no path.
    """
    config = trained.model.config
    parameters = sum(parameter.numel() for parameter in trained.model.parameters())
    sections = [
        f"# Price model: {', '.join(trained.tickers)}",
        f"A causal transformer over daily bars. At the close of each bar it forecasts the log return "
        f"{_words(config.horizons)} bars ahead as quantiles {_words(config.quantiles)}, in units of the ticker's own "
        f"trailing volatility, from at most {config.context_bars + 1} bars. Quantiles cannot cross.",
        "Weights: " + _origin(trained),
        "## Intended use",
        USE,
        "## Limits",
        LIMITS,
        "## Results on the validation split",
        _table("metric", "value", sorted(trained.metrics.items())),
        "`eval/loss` is the mean pinball loss in volatilities; `eval/skill_<h>` is 1 - loss / loss of historical "
        "volatility at horizon h; profit stands beside buy-and-hold after the same costs, Sharpe ratios are annual "
        "(252 bars). Every measurement is in `profit_curve.csv`.",
        "## Model",
        _table(
            "property",
            "value",
            [
                ("parameters", parameters),
                ("hidden_size", config.hidden_size),
                ("num_layers", config.num_layers),
                ("num_heads", config.num_heads),
                ("attention_bars", config.attention_bars),
                ("sequence_length", config.sequence_length),
                ("dropout", config.dropout),
            ],
        ),
        "## Features",
        f"Contract `{contract.hash}`, {len(contract.names)} features; their definitions are in `contract.json`. "
        "Another contract is refused.",
        "## Where it came from",
        _table("key", "value", _flat(meta)),
        "## How to load it",
        "```python\nfrom pathlib import Path\n\nfrom tradeproof.forecasting.artifact import load_forecaster\n\n"
        "model = load_forecaster(Path('artifacts/train_base'), contract=None)\n```",
        "The weights are safetensors; nothing is unpickled and no code from this folder runs.",
    ]
    return "\n\n".join(sections) + "\n"


def _origin(trained: TrainedForecaster) -> str:
    if trained.chosen == "trained":
        return f"of step {trained.best_step}, the best on validation."
    if trained.chosen == "base":
        return "of the base model: no step of fine-tuning beat it on validation, so it was kept."
    return "as they were before training: no step beat the historical-volatility forecast on validation."


def _words(values: Iterable[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def _table(key: str, value: str, rows: Iterable[tuple[str, object]]) -> str:
    lines = [f"| {key} | {value} |", "|---|---|"]
    return "\n".join(lines + [f"| {name} | {_shown(content)} |" for name, content in rows])


def _shown(content: object) -> str:
    if isinstance(content, float):
        return f"{content:.6g}" if math.isfinite(content) else "undefined"
    return str(content).replace("|", "\\|").replace("\n", " ")


def _flat(content: Mapping[str, Any], prefix: str = "") -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = []
    for key, value in content.items():
        rows += _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else [(f"{prefix}{key}", value)]
    return rows
