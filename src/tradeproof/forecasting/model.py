"""The price model: a causal transformer that forecasts, at every bar, quantiles of the returns ahead."""

from dataclasses import dataclass

import torch
from scipy.stats import t as student_t
from torch import Tensor, nn
from transformers import AutoModel, PreTrainedModel
from transformers import initialization as init
from transformers.utils import ModelOutput

from tradeproof.forecasting.cache import BarCache
from tradeproof.forecasting.config import PriceForecasterConfig
from tradeproof.forecasting.kernels import BarNorm, rotary_angles
from tradeproof.forecasting.layers import (
    DIRECT_GAIN,
    FARTHEST_FEATURE,
    BarLayer,
    DirectLinear,
    FeatureDropout,
    QuantileHead,
    ResidualLinear,
    attention_window,
)

# degrees of freedom of daily index returns over their trailing volatility, about; only where training starts
TAIL_DEGREES = 6.0


@dataclass
class PriceForecast(ModelOutput):
    """What the model returns.

    Attributes:
        loss: Mean pinball loss over the supervised labels; None without labels.
        quantiles: In units of the bar's own volatility x sqrt(horizon), [batch, time, horizon, level].
    """

    loss: Tensor | None = None
    quantiles: Tensor | None = None


class PriceForecaster(PreTrainedModel):
    """A decoder over bars; a forecast at bar t depends on bars t - context_bars to t and on nothing else."""

    config_class = PriceForecasterConfig
    main_input_name = "features"
    base_model_prefix = "forecaster"
    _no_split_modules = ("BarLayer",)
    _supports_sdpa = True

    def __init__(self, config: PriceForecasterConfig) -> None:
        super().__init__(config)
        self.register_buffer("center", torch.zeros(config.num_features))
        self.register_buffer("spread", torch.ones(config.num_features))
        self.feature_dropout = FeatureDropout(config.dropout)
        self.direct = DirectLinear(config.num_features, len(config.horizons), bias=False)
        self.embedding = nn.Linear(config.num_features, config.hidden_size)
        self.layers = nn.ModuleList(BarLayer(config) for _ in range(config.num_layers))
        self.norm = BarNorm(config.hidden_size)
        self.head = QuantileHead(config)
        self.post_init()

    def forward(
        self,
        features: Tensor,
        ready: Tensor,
        labels: Tensor | None = None,
        label_mask: Tensor | None = None,
        cache: BarCache | None = None,
    ) -> PriceForecast:
        """Forecast every bar; with labels, score the forecasts.

        Args:
            features: As the feature table holds them, [batch, time, feature]; bars that are not ready may hold NaN.
            ready: Bars whose features are known, [batch, time]; the others are looked at by no other bar.
            labels: Future log returns over the bar's own volatility x sqrt(horizon), [batch, time, horizon].
            label_mask: Which labels count, [batch, time, horizon].
            cache: What the layers remember of the bars before these, which are added to it; by default there are none.
        """
        known = ((features - self.center) / self.spread).masked_fill(~ready.unsqueeze(-1), 0.0)
        seen = self.feature_dropout(known.clamp(-FARTHEST_FEATURE, FARTHEST_FEATURE))
        # the stream that the layers add to stays in full precision
        hidden = self.embedding(seen).float()  # [batch, time, hidden]
        window = self._window(ready, cache)
        size = self.config.hidden_size // self.config.num_heads
        angles = rotary_angles(ready.shape[1], size, hidden.device, 0 if cache is None else cache.bars)
        for place, layer in enumerate(self.layers):
            hidden = layer(hidden, window, angles, None if cache is None else cache.layers[place])
        if cache is not None:
            cache.append(ready)
        loss = None
        # sums of small steps: in full precision whatever the layers are computed in
        with torch.autocast(features.device.type, enabled=False):
            quantiles = self.head(self.norm(hidden), DIRECT_GAIN * self.direct(seen))  # [batch, time, horizon, level]
            if labels is not None and label_mask is not None:
                loss = pinball_loss(quantiles, labels, label_mask, self.config.quantiles)
        return PriceForecast(loss=loss, quantiles=quantiles)

    def _window(self, ready: Tensor, cache: BarCache | None) -> Tensor:
        """Which keys each new bar may look at."""
        if cache is None:
            return attention_window(ready, self.config.attention_bars)
        if ready.shape[1] == 1:
            return cache.seen()
        return attention_window(ready, self.config.attention_bars, cache.earlier())

    @torch.no_grad()
    def start_from(self, quantiles: Tensor) -> None:
        """Forecast these quantiles, in volatilities, at every bar until trained; [horizon, level], ascending."""
        self.head.weight.zero_()
        self.direct.weight.zero_()
        self.head.bias.copy_(self.head.bias_for(quantiles))

    @torch.no_grad()
    def standardise(self, center: Tensor, spread: Tensor) -> None:
        """Measure each feature from this mean in units of this deviation, [feature] each; fitted on the train split."""
        self.center.copy_(center)
        self.spread.copy_(spread)

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        """Start as a historical-volatility forecast: Student-t quantiles times the trailing volatility."""
        if isinstance(module, DirectLinear):
            init.zeros_(module.weight)
        elif isinstance(module, nn.Linear):
            # residual updates add up over two per layer (GPT-2, section 2.3)
            scale = (2 * self.config.num_layers) ** -0.5 if isinstance(module, ResidualLinear) else 1.0
            init.normal_(module.weight, std=scale * module.in_features**-0.5)
            if module.bias is not None:
                init.zeros_(module.bias)
        elif isinstance(module, nn.RMSNorm):
            init.ones_(module.weight)
        elif isinstance(module, QuantileHead):
            init.zeros_(module.weight)
            init.copy_(module.bias, module.bias_for(student_quantiles(self.config)))


def student_quantiles(config: PriceForecasterConfig) -> Tensor:
    """Quantiles of a Student-t of variance one, [horizon, level]."""
    deviation = (TAIL_DEGREES / (TAIL_DEGREES - 2.0)) ** 0.5
    levels = torch.as_tensor(student_t.ppf(config.quantiles, TAIL_DEGREES) / deviation)
    return levels.expand(len(config.horizons), -1)


def pinball_loss(quantiles: Tensor, labels: Tensor, label_mask: Tensor, levels: list[float]) -> Tensor:
    """Mean quantile loss max(level x error, (level - 1) x error) over the labels that count and all levels.

    Args:
        quantiles: Forecasts, [batch, time, horizon, level].
        labels: What came, [batch, time, horizon]; anything where the mask is False.
        label_mask: Which labels count.
        levels: The quantile levels.

    Returns:
        A scalar; 0 when no label counts.
    """
    level = quantiles.new_tensor(levels)
    error = labels.masked_fill(~label_mask, 0.0).unsqueeze(-1) - quantiles
    losses = torch.maximum(level * error, (level - 1.0) * error).mean(dim=-1)  # [batch, time, horizon]
    return (losses * label_mask).sum() / label_mask.sum().clamp(min=1)


AutoModel.register(PriceForecasterConfig, PriceForecaster)
