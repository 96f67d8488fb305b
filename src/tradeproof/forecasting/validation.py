"""What a model is worth on the validation split: its loss, its skill, its calibration, and what trading on it earns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tradeproof.data.splits import VALIDATION
from tradeproof.features.contract import FeatureContract
from tradeproof.forecasting.dataset import Supervision, empirical_quantiles, supervise
from tradeproof.forecasting.model import PriceForecaster
from tradeproof.forecasting.prediction import forecast_quantiles, forecast_tables
from tradeproof.forecasting.profit import ProfitTracker
from tradeproof.params.schema import SplitParams

LOSS = "eval/loss"


@dataclass(frozen=True)
class Validation:
    """The validation split, ready to measure one model after the other.

    Attributes:
        tables: Feature tables by ticker.
        contract: What their columns mean.
        split: Where validation begins and ends.
        tracker: The account that forecasts are traded in.
        pieces: The labels of the validation split, per ticker.
        yardstick: The historical-volatility forecast: quantiles of the TRAINING labels, [horizon, level].
    """

    tables: Mapping[str, pd.DataFrame]
    contract: FeatureContract
    split: SplitParams
    tracker: ProfitTracker
    pieces: Sequence[Supervision]
    yardstick: NDArray[np.float64]

    @classmethod
    def build(
        cls,
        model: PriceForecaster,
        tables: Mapping[str, pd.DataFrame],
        contract: FeatureContract,
        split: SplitParams,
        tracker: ProfitTracker,
        training: Sequence[Supervision],
    ) -> "Validation":
        """Cut the validation split out of the tables, and fit the yardstick on the training labels."""
        pieces = [supervise(table, contract, model.config.horizons, split, VALIDATION) for table in tables.values()]
        yardstick = empirical_quantiles(training, model.config.quantiles)
        return cls(tables, contract, split, tracker, pieces, yardstick)

    def measure(self, model: PriceForecaster) -> dict[str, float]:
        """Measure a model in eval mode.

        Returns:
            eval/loss: mean pinball loss over all labels, in volatilities; eval/skill_<horizon>: 1 - loss / loss of the
            yardstick; eval/calibration_error: mean over the levels of |share of labels at or below the quantile -
            level|; and the figures of the account, each under profit/.
        """
        return {**self._score(model), **self._trade(model)}

    def _score(self, model: PriceForecaster) -> dict[str, float]:
        levels = np.asarray(model.config.quantiles)
        losses: list[list[NDArray[np.float64]]] = [[] for _ in model.config.horizons]
        references: list[list[NDArray[np.float64]]] = [[] for _ in model.config.horizons]
        below = []
        for piece in self.pieces:
            quantiles = forecast_quantiles(model, piece.features, piece.ready)
            for place in range(len(model.config.horizons)):
                counts = piece.label_mask[:, place]
                labels = piece.labels[counts, place].astype(np.float64)
                losses[place].append(pinball(quantiles[counts, place], labels, levels))
                references[place].append(pinball(self.yardstick[place], labels, levels))
                below.append(labels[:, None] <= quantiles[counts, place])
        means = [float(np.mean(np.concatenate(loss))) for loss in losses]
        yardsticks = [float(np.mean(np.concatenate(loss))) for loss in references]
        skills = {
            f"eval/skill_{horizon}": 1.0 - mean / reference
            for horizon, mean, reference in zip(model.config.horizons, means, yardsticks, strict=True)
        }
        every = np.concatenate([loss for horizon in losses for loss in horizon])
        shares = np.concatenate(below).mean(axis=0)
        return {
            LOSS: float(every.mean()),
            **skills,
            "eval/calibration_error": float(np.abs(shares - levels).mean()),
        }

    def _trade(self, model: PriceForecaster) -> dict[str, float]:
        start, end = self.split.train_end + timedelta(days=1), self.split.validation_end
        forecasts = forecast_tables(model, self.tables, self.contract, start, end)
        report = self.tracker.measure(forecasts, self.tables)
        return {f"profit/{name}": value for name, value in report.to_metrics().items()}


def pinball(
    quantiles: NDArray[np.float64], labels: NDArray[np.float64], levels: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean over the levels of max(level x error, (level - 1) x error), per label.

    Args:
        quantiles: [label, level], or [level] for one forecast of all.
        labels: [label].
        levels: [level].
    """
    error = labels[:, None] - quantiles
    return np.maximum(levels * error, (levels - 1.0) * error).mean(axis=1)
