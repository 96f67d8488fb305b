"""Layers of the price model: causal sliding-window attention over bars, and a quantile head that cannot cross.

Shapes: batch = sequences, time = bars, hidden = width, head = attention heads, size = hidden / heads,
horizon = bars ahead, level = quantiles.
"""

from itertools import accumulate

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # the name torch gives it everywhere

from tradeproof.forecasting.config import PriceForecasterConfig

ROTARY_BASE = 10_000.0
# a forecast's width stays within exp(+-3), 1/20 to 20 times the trailing volatility, whatever the features do
WIDEST_LOG_SCALE = 3.0
# directions are far less predictable than widths: what the bars say about the location is learned ten times slower
LOCATION_GAIN = 0.1
# most of what is known about widths is linear in the features: the direct path learns faster than the layers
DIRECT_GAIN = 10.0
# a feature counts as at most so many standard deviations from its mean
FARTHEST_FEATURE = 6.0
# least distance of two starting quantiles, in volatilities: a step of exactly zero has no logarithm
NARROWEST_STEP = 1e-4


def attention_window(ready: Tensor, attention_bars: int) -> Tensor:
    """Which bars each bar may look at: ready ones among the last `attention_bars`, and itself.

    Time is cut into blocks of `attention_bars`, so that a query's whole window lies in its own block and the one before
    it: the work grows with the length of a series, not with its square.

    Args:
        ready: Bars whose features are known, [batch, time]; time is a multiple of attention_bars.
        attention_bars: Bars in the window, the bar itself included.

    Returns:
        True where a block's query may see a key of the previous or its own block, [batch x block, 1, bar, 2 x bar].
    """
    blocks = ready.view(len(ready), -1, attention_bars)  # [batch, block, bar]
    keys = with_previous(blocks).flatten(0, 1)  # [batch x block, 2 x bar]
    bars = torch.arange(attention_bars, device=ready.device)
    age = bars[:, None] + attention_bars - torch.arange(2 * attention_bars, device=ready.device)  # [bar, 2 x bar]
    seen = ((age >= 0) & (age < attention_bars)) & keys[:, None, :]
    # a bar that is not ready still sees itself: a softmax over nothing is NaN
    return (seen | (age == 0)).unsqueeze(1)


def with_previous(blocks: Tensor) -> Tensor:
    """Each block behind the one before it; [batch, block, bar, ...] to [batch, block, 2 x bar, ...], zeros first."""
    previous = torch.cat((torch.zeros_like(blocks[:, :1]), blocks[:, :-1]), dim=1)
    return torch.cat((previous, blocks), dim=2)


def rotary_angles(time: int, size: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Cosines and sines that rotate pairs of a head's entries by their place, each [time, 1, size / 2]."""
    pairs = torch.arange(0, size, 2, device=device, dtype=torch.float32)
    places = torch.arange(time, device=device, dtype=torch.float32)
    angles = torch.outer(places, ROTARY_BASE ** (-pairs / size)).unsqueeze(1)
    return angles.cos(), angles.sin()


def rotate(entries: Tensor, angles: tuple[Tensor, Tensor]) -> Tensor:
    """Rotary position embedding (arXiv:2104.09864): scores depend on the distance of two bars, not on their place."""
    cosine, sine = angles
    first, second = entries.chunk(2, dim=-1)
    return torch.cat((first * cosine - second * sine, second * cosine + first * sine), dim=-1)


class BarAttention(nn.Module):
    """Multi-head attention of each bar to the window of bars behind it."""

    def __init__(self, config: PriceForecasterConfig) -> None:
        super().__init__()
        self.num_heads = config.num_heads
        self.attention_bars = config.attention_bars
        self.entries = nn.Linear(config.hidden_size, 3 * config.hidden_size, bias=False)
        self.output = ResidualLinear(config.hidden_size, config.hidden_size, bias=False)

    def forward(self, hidden: Tensor, window: Tensor, angles: tuple[Tensor, Tensor]) -> Tensor:
        """Mix what the window's bars hold; [batch, time, hidden] in and out, time a multiple of attention_bars."""
        batch, time, width = hidden.shape
        entries = self.entries(hidden).view(batch, time, 3, self.num_heads, -1)
        query, key = rotate(entries[:, :, 0], angles), rotate(entries[:, :, 1], angles)  # [batch, time, head, size]
        mixed = F.scaled_dot_product_attention(
            self._blocks(query).flatten(0, 1).transpose(1, 2),  # [batch x block, head, bar, size]
            with_previous(self._blocks(key)).flatten(0, 1).transpose(1, 2),  # [batch x block, head, 2 x bar, size]
            with_previous(self._blocks(entries[:, :, 2])).flatten(0, 1).transpose(1, 2),
            attn_mask=window,
        )
        return self.output(mixed.transpose(1, 2).reshape(batch, time, width))

    def _blocks(self, entries: Tensor) -> Tensor:
        batch, _, heads, size = entries.shape
        return entries.reshape(batch, -1, self.attention_bars, heads, size)


class GatedUnit(nn.Module):
    """SwiGLU (arXiv:2002.05202) on each bar alone."""

    def __init__(self, config: PriceForecasterConfig) -> None:
        super().__init__()
        inner = 2 * config.hidden_size
        self.gate = nn.Linear(config.hidden_size, inner, bias=False)
        self.value = nn.Linear(config.hidden_size, inner, bias=False)
        self.output = ResidualLinear(inner, config.hidden_size, bias=False)

    def forward(self, hidden: Tensor) -> Tensor:
        """[batch, time, hidden] in and out."""
        return self.output(F.silu(self.gate(hidden)) * self.value(hidden))


class BarLayer(nn.Module):
    """Pre-norm attention and gated unit, each added to the residual stream."""

    def __init__(self, config: PriceForecasterConfig) -> None:
        super().__init__()
        self.attention_norm = nn.RMSNorm(config.hidden_size)
        self.attention = BarAttention(config)
        self.unit_norm = nn.RMSNorm(config.hidden_size)
        self.unit = GatedUnit(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, hidden: Tensor, window: Tensor, angles: tuple[Tensor, Tensor]) -> Tensor:
        """[batch, time, hidden] in and out."""
        hidden = hidden + self.dropout(self.attention(self.attention_norm(hidden), window, angles))
        return hidden + self.dropout(self.unit(self.unit_norm(hidden)))


class FeatureDropout(nn.Module):
    """Hide whole features from whole sequences, so that no single one tells the model which year it is.

    Unlike ordinary dropout the others are not scaled up: a forecast has to make do with what it sees.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, features: Tensor) -> Tensor:
        """[batch, time, feature] in and out."""
        if not self.training or not self.share:
            return features
        kept = torch.rand(features.shape[0], 1, features.shape[2], device=features.device) >= self.share
        return features * kept


class DirectLinear(nn.Linear):
    """From the features straight to the log of each horizon's width: what a HAR regression does (Corsi 2009)."""

    def forward(self, features: Tensor) -> Tensor:
        """[batch, time, feature] to [batch, time, horizon]."""
        return DIRECT_GAIN * super().forward(features)


class ResidualLinear(nn.Linear):
    """What a sub-layer adds to the residual stream; starts smaller, as one of many additions."""


class QuantileHead(nn.Module):
    """Location, width and shape of each horizon's distribution, as quantiles that cannot cross.

    The median is free; every other quantile lies a non-negative step further out, times one width per horizon.
    """

    def __init__(self, config: PriceForecasterConfig) -> None:
        super().__init__()
        self.num_horizons = len(config.horizons)
        self.below = config.quantiles.index(0.5)
        outputs = self.num_horizons * (len(config.quantiles) + 1)  # location, log scale, one step between neighbours
        self.weight = nn.Parameter(torch.empty(outputs, config.hidden_size))
        self.bias = nn.Parameter(torch.empty(outputs))

    def forward(self, hidden: Tensor, log_scale: Tensor) -> Tensor:
        """Quantiles, ascending along the last axis.

        Args:
            hidden: [batch, time, hidden].
            log_scale: Added to the log of each width, [batch, time, horizon].

        Returns:
            [batch, time, horizon, level].
        """
        outputs = F.linear(hidden, self.weight).view(*hidden.shape[:-1], self.num_horizons, -1)
        bias = self.bias.view(self.num_horizons, -1)
        location = LOCATION_GAIN * outputs[..., 0] + bias[:, 0]  # [batch, time, horizon]
        log_scale = log_scale + outputs[..., 1] + bias[:, 1]
        scale = torch.exp(WIDEST_LOG_SCALE * torch.tanh(log_scale / WIDEST_LOG_SCALE))
        steps = (F.softplus(outputs[..., 2:] + bias[:, 2:]) * scale.unsqueeze(-1)).unbind(
            -1
        )  # level - 1 of [batch, time, horizon]
        # one addition after the other: rounding cannot turn an ascending sum around
        lower = [location - width for width in accumulate(reversed(steps[: self.below]))]
        upper = [location + width for width in accumulate(steps[self.below :])]
        return torch.stack([*reversed(lower), location, *upper], dim=-1)

    def bias_for(self, quantiles: Tensor) -> Tensor:
        """The bias that, with zero weights, forecasts these quantiles at every bar; [horizon, level], ascending."""
        steps = quantiles.double().diff(dim=-1).clamp(min=NARROWEST_STEP)
        inverse_softplus = steps + torch.log(-torch.expm1(-steps))
        location = quantiles[:, self.below : self.below + 1].double()
        return torch.cat([location, torch.zeros_like(location), inverse_softplus], dim=-1).flatten().float()
