"""The card of a price model: what it is, what it came from, how good it is, and what it is not for."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from tradeproof.features.contract import FeatureContract
from tradeproof.forecasting.loss_and_profit import STEP, loss_and_profit
from tradeproof.forecasting.training import TrainedForecaster

LIMITS = """\
- A forecast is a distribution. Its width is what it knows; its location is close to zero and hardly predictable.
- The figures are of the validation split, on which the best of a few checkpoints was chosen: they flatter. The
  test split, yardsticks and intervals are in the evaluation report, for the models that the pipeline evaluates.
- Profit is simulated: fills at the next open, proportional costs, no market impact, no taxes; prices are
  adjusted, so dividends count as reinvested.
- It knows nothing but daily bars. News, earnings dates and halts are not in it.
- It was trained on the tickers named above, up to `split.train_end` below. Elsewhere it is a guess."""
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
        f"{_method(trained)} {trained.origin}",
        "## Intended use",
        USE,
        "## Limits",
        LIMITS,
        "## Results on the validation split",
        _table("metric", "value", sorted(trained.metrics.items())),
        "`eval/loss` is the mean pinball loss in volatilities; `eval/skill_<h>` is 1 - loss / loss of historical "
        "volatility at horizon h; profit stands beside buy-and-hold with all the money, after the same costs; Sharpe "
        "ratios are annual (252 bars). Every measurement is in `profit_curve.csv`.",
        "## Loss and profit",
        loss_and_profit(trained.profit_curve).sentence
        + " Both are of the validation split, over the measurements of this one training run; they are drawn in "
        "`loss_and_profit.png`.",
        "## Model",
        _table(
            "property",
            "value",
            [
                ("parameters", parameters),
                ("horizons", _words(config.horizons)),
                ("method", trained.method),
                ("precision in training", trained.precision),
                ("steps trained", int(trained.profit_curve[STEP].iloc[-1])),
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
        "model = load_forecaster(Path('.'), contract=None)  # the folder of this card\n```",
        "The weights are safetensors; nothing is unpickled and no code from this folder runs.",
    ]
    return "\n\n".join(sections) + "\n"


def _method(trained: TrainedForecaster) -> str:
    parameters = f"{sum(parameter.numel() for parameter in trained.model.parameters()):,} parameters"
    if trained.adapter is None:
        return f"{parameters}, all of them trained, in {trained.precision}."
    adapted = sum(weight.numel() for weight in trained.adapter.weights.values())
    return (
        f"{parameters}, none of them trained: low-rank adapters with {adapted:,} parameters of their own were, in "
        f"{trained.precision}, and are merged into the weights here; they are in `adapter/` too."
    )


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
