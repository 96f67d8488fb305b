"""Whether lower loss meant more profit while a model was trained: a rank correlation that knows how little it knows."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

from tradeproof.forecasting.validation import LOSS
from tradeproof.runtime.figures import BLUE, INK, MUTED, ORANGE, canvas

STEP = "step"
PROFIT = "profit/total_return"
CONFIDENCE = 0.9  # coverage of the interval, two-sided
FEWEST = 8  # measurements below which no rank correlation is worth a sentence


@dataclass(frozen=True)
class LossAndProfit:
    """Spearman's rank correlation of validation loss and total return over the measurements of one training run.

    Negative when lower loss came with more profit. The interval is Fisher's z with the standard error of Bonett and
    Wright (2000), sqrt((1 + r^2 / 2) / (n - 3)). Measurements of one run are few and depend on each other: a loss that
    falls beside a profit that rises is a trend, not n independent findings. So n is the effective number
    n (1 - a b) / (1 + a b), with the lag-1 autocorrelations a and b of the two series of ranks (Bartlett 1935), and at
    most 3 of them leave the interval at -1 to 1. Even so it speaks of this one run on this one validation split.

    Attributes:
        correlation: -1 to 1; NaN with fewer than three measurements, or when one of the two never changed.
        low: Lower end of the interval; NaN where there is none: fewer than FEWEST measurements.
        high: Upper end.
        count: Measurements.
    """

    correlation: float
    low: float
    high: float
    count: int

    @property
    def sentence(self) -> str:
        """What was found, for a reader."""
        if math.isnan(self.correlation):
            why = f"expected at least {FEWEST}" if self.count < 3 else "and the loss or the total return never changed"
            return f"Whether lower loss meant more profit here cannot be told: {self.count} measurements, {why}."
        found = f"rank correlation of validation loss and total return {self.correlation:.2f}"
        if math.isnan(self.low):
            return (
                f"Whether lower loss meant more profit here cannot be told: {found} over {self.count} measurements, "
                f"expected at least {FEWEST}."
            )
        figures = f"{found}, {CONFIDENCE:.0%} interval {self.low:.2f} to {self.high:.2f}, {self.count} measurements."
        if self.high < 0.0:
            return f"Lower loss did mean more profit here: {figures}"
        if self.low > 0.0:
            return f"Lower loss did not mean more profit here, it meant less: {figures}"
        return f"Whether lower loss meant more profit here cannot be told: {figures}"

    def to_metrics(self) -> dict[str, float]:
        """The figures under the names they are logged by."""
        return {
            "profit/loss_correlation": self.correlation,
            "profit/loss_correlation_low": self.low,
            "profit/loss_correlation_high": self.high,
        }


def loss_and_profit(curve: pd.DataFrame) -> LossAndProfit:
    """Relate the two over the measurements of a training run, one row each, in order of their steps."""
    pairs = curve.reindex(columns=[LOSS, PROFIT]).dropna()
    count = len(pairs)
    losses, profits = rankdata(pairs[LOSS].to_numpy()), rankdata(pairs[PROFIT].to_numpy())
    if count < 3 or not np.ptp(losses) or not np.ptp(profits):
        return LossAndProfit(math.nan, math.nan, math.nan, count)
    correlation = float(np.clip(np.corrcoef(losses, profits)[0, 1], -1.0, 1.0))
    if count < FEWEST:
        return LossAndProfit(correlation, math.nan, math.nan, count)
    low, high = _interval(correlation, count, effective_count(losses, profits))
    return LossAndProfit(correlation, low, high, count)


def effective_count(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """How many independent pairs two series that remember their last values are worth; never more than there are."""
    memory = max(0.0, _memory(first) * _memory(second))
    return len(first) * (1.0 - memory) / (1.0 + memory)


def _memory(series: NDArray[np.float64]) -> float:
    """Lag-1 autocorrelation; its estimate is too low by about (1 + 3 x it) / n in short series (Kendall 1954)."""
    away = series - series.mean()
    raw = float(away[1:] @ away[:-1] / (away @ away))
    return min(1.0, raw + (1.0 + 3.0 * raw) / len(series))


def _interval(correlation: float, count: int, effective: float) -> tuple[float, float]:
    if effective <= 3.0:
        return -1.0, 1.0
    # a perfect one among few could as well have been the next smaller: half-way to it, for z to be finite
    largest = 1.0 - 6.0 / (count * (count**2 - 1))
    held = min(max(correlation, -largest), largest)
    error = math.sqrt((1.0 + held**2 / 2.0) / (effective - 3.0))
    reach = float(norm.ppf(0.5 + CONFIDENCE / 2.0)) * error
    return math.tanh(math.atanh(held) - reach), math.tanh(math.atanh(held) + reach)


def loss_and_profit_plot(curve: pd.DataFrame) -> bytes:
    """Both curves over the steps, and each measurement as a point of loss and profit; PNG, the same for the same input.

    Args:
        curve: Every measurement, one row per step.
    """
    relation = loss_and_profit(curve)
    steps, losses = curve[STEP], curve[LOSS]
    profits = 100.0 * curve.reindex(columns=[PROFIT])[PROFIT].astype("float64")
    with canvas(3.8) as (figure, finish):
        over_time, against = figure.subplots(1, 2)
        over_time.plot(steps, losses, color=BLUE, marker="o", markersize=3.5, linewidth=1.6)
        over_time.set_xlabel("Training step")
        over_time.set_ylabel("Validation loss, volatilities", color=BLUE)
        other = over_time.twinx()
        other.plot(steps, profits, color=ORANGE, marker="s", markersize=3.5, linewidth=1.6)
        other.set_ylabel("Total return on validation, %", color=ORANGE)
        other.grid(visible=False)
        over_time.set_title("Loss and profit while training")
        points = against.scatter(losses, profits, c=steps, cmap="viridis", s=26, edgecolors=INK, linewidths=0.4)
        figure.colorbar(points, ax=against, label="Training step")
        against.axhline(0.0, color=MUTED, linewidth=0.8, zorder=1)
        against.set_xlabel("Validation loss, volatilities")
        against.set_ylabel("Total return on validation, %")
        against.set_title(_title(relation))
        return finish()


def _title(relation: LossAndProfit) -> str:
    if math.isnan(relation.correlation):
        return "Rank correlation undefined"
    shown = f"Rank correlation {relation.correlation:.2f}"
    if math.isnan(relation.low):
        return f"{shown} (too few measurements)"
    return f"{shown} ({CONFIDENCE:.0%}: {relation.low:.2f} to {relation.high:.2f})"
