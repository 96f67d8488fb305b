"""Forecasts of a stream of bars: each new bar costs one step, however long the past."""

import torch
from torch import Tensor

from tradeproof.errors import DataError
from tradeproof.forecasting.cache import BarCache
from tradeproof.forecasting.model import PriceForecaster

# series x bars per pass of a long past, so that memory stays bounded
PASS_BARS = 32_768


class StreamingForecaster:
    """Continues many series bar by bar, with the forecasts that the model would make from their whole past.

    The model is put into eval mode, and its weights must not change while it streams. A series that starts later than
    the others, or misses a bar, passes bars that are not ready: no bar looks at them.
    """

    def __init__(self, model: PriceForecaster, series: int) -> None:
        """Start without a past; memory is that of attention_bars bars per layer and series, and does not grow."""
        if series < 1:
            raise DataError(f"a stream of {series} series was asked for, expected at least 1")
        self._model = model.eval()
        self._series = series
        self._cache = BarCache(model.config, series, model.embedding.weight)

    @property
    def bars(self) -> int:
        """Bars seen so far."""
        return self._cache.bars

    @torch.inference_mode()
    def extend(self, features: Tensor, ready: Tensor) -> Tensor:
        """Take in any number of further bars of every series.

        Args:
            features: As the feature table holds them, [series, time, feature]; bars that are not ready may hold NaN.
            ready: Bars whose features are known, [series, time].

        Returns:
            Quantiles in units of each bar's own volatility x sqrt(horizon), [series, time, horizon, level];
            meaningless where a bar is not ready.

        Raises:
            DataError: Another shape, or features of a ready bar that are not finite.
        """
        self._check(features, ready)
        time = ready.shape[1]
        config, weight = self._model.config, self._model.embedding.weight
        features, ready = features.to(weight), ready.to(weight.device)
        whole_blocks = max(1, PASS_BARS // (self._series * config.attention_bars)) * config.attention_bars
        passes = [
            self._model(
                features[:, begin : begin + whole_blocks], ready[:, begin : begin + whole_blocks], cache=self._cache
            )
            for begin in range(0, time, whole_blocks)
        ]
        if not passes:
            return features.new_empty(self._series, 0, len(config.horizons), len(config.quantiles))
        return torch.cat([one.quantiles for one in passes], dim=1)

    def step(self, features: Tensor, ready: Tensor) -> Tensor:
        """Take in one bar of every series.

        Args:
            features: [series, feature].
            ready: Whether its features are known, [series].

        Returns:
            As `extend`, of this bar alone, [series, horizon, level].

        Raises:
            DataError: As `extend`.
        """
        if features.ndim != 2 or ready.ndim != 1:
            raise DataError(
                f"a step got features {list(features.shape)} and ready {list(ready.shape)}, expected [series, feature] "
                f"and [series] = {[self._series, self._model.config.num_features]} and {[self._series]}; several bars "
                "go to extend"
            )
        return self.extend(features.unsqueeze(1), ready.unsqueeze(1))[:, 0]

    def _check(self, features: Tensor, ready: Tensor) -> None:
        expected = (self._series, ready.shape[-1] if ready.ndim else 0, self._model.config.num_features)
        if features.shape != expected or ready.shape != expected[:2]:
            raise DataError(
                f"a stream of {self._series} series got features {list(features.shape)} and ready {list(ready.shape)}, "
                f"expected [series, time, feature] = [{self._series}, time, {expected[2]}] and [series, time]"
            )
        if ready.dtype != torch.bool:
            raise DataError(f"ready is of type {ready.dtype}, expected torch.bool: True where the features are known")
        missing = ready & ~features.isfinite().all(dim=-1).to(ready.device)
        if missing.any():
            series, bar = (int(place) for place in missing.nonzero()[0])
            raise DataError(
                f"series {series} holds features that are not finite at bar {bar} of {ready.shape[1]} new ones, which "
                "is said to be ready; pass ready=False for a bar whose features are not known"
            )
