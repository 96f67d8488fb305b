"""Layers of the price model: causal sliding-window attention over bars, and a quantile head that cannot cross.

Shapes: batch = sequences, time = bars, hidden = width, head = attention heads, size = hidden / heads,
horizon = bars ahead, level = quantiles.
"""

from itertools import accumulate

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # the name torch gives it everywhere

from tradeproof.forecasting.cache import Ring
from tradeproof.forecasting.config import PriceForecasterConfig
from tradeproof.forecasting.kernels import BarNorm, ResidualDropout, rotate

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


def attention_window(ready: Tensor, attention_bars: int, earlier: Tensor | None = None) -> Tensor:
    """Which bars each bar may look at: ready ones among the last `attention_bars`, and itself.

    Time is cut into blocks of `attention_bars`, so that a query's whole window lies in its own block and the one before
    it: the work grows with the length of a series, not with its square.

    Args:
        ready: Bars whose features are known, [batch, time].
        attention_bars: Bars in the window, the bar itself included.
        earlier: The same of the attention_bars before them, [batch, bar]; none are ready by default.

    Returns:
        True where a block's query may see a key of the previous or its own block, [batch x block, 1, bar, 2 x bar].
    """
    keys = with_previous(in_blocks(ready, attention_bars), earlier).flatten(0, 1)  # [batch x block, 2 x bar]
    bars = torch.arange(attention_bars, device=ready.device)
    age = bars[:, None] + attention_bars - torch.arange(2 * attention_bars, device=ready.device)  # [bar, 2 x bar]
    seen = ((age >= 0) & (age < attention_bars)) & keys[:, None, :]
    # a bar that is not ready still sees itself: a softmax over nothing is NaN
    return (seen | (age == 0)).unsqueeze(1)


def in_blocks(entries: Tensor, length: int) -> Tensor:
    """Cut time into blocks, zeros after the last bar; [batch, time, ...] to [batch, block, bar, ...]."""
    beyond = -entries.shape[1] % length
    if beyond:
        entries = torch.cat((entries, entries.new_zeros(len(entries), beyond, *entries.shape[2:])), dim=1)
    return entries.reshape(len(entries), -1, length, *entries.shape[2:])


def with_previous(blocks: Tensor, first: Tensor | None = None) -> Tensor:
    """Each block behind the one before it; [batch, block, bar, ...] to [batch, block, 2 x bar, ...].

    The first block stands behind `first`, [batch, bar, ...]; behind zeros by default.
    """
    before = torch.zeros_like(blocks[:, :1]) if first is None else first.unsqueeze(1)
    return torch.cat((torch.cat((before, blocks[:, :-1]), dim=1), blocks), dim=2)


class BarAttention(nn.Module):
    """Multi-head attention of each bar to the window of bars behind it."""

    def __init__(self, config: PriceForecasterConfig) -> None:
        super().__init__()
        self.num_heads = config.num_heads
        self.attention_bars = config.attention_bars
        self.entries = nn.Linear(config.hidden_size, 3 * config.hidden_size, bias=False)
        self.output = ResidualLinear(config.hidden_size, config.hidden_size, bias=False)

    def forward(self, hidden: Tensor, window: Tensor, angles: Tensor, ring: Ring | None = None) -> Tensor:
        """Mix what the window's bars hold; [batch, time, hidden] in and out.

        With a ring of keys and values, the bars continue those in it and are added to it.
        """
        entries = self.entries(hidden).view(*hidden.shape[:2], 3, self.num_heads, -1)
        pair, value = entries.split((2, 1), dim=2)
        query, key = rotate(pair, angles).unbind(2)  # [batch, time, head, size]
        value = value.squeeze(2)
        if ring is None:
            mixed = self._mix_blocks(query, key, value, window)
        elif hidden.shape[1] == 1:
            ring.append(key, value)
            keys, values = ring.slots
            mixed = self._mix(query, keys, values, window)
        else:
            mixed = self._mix_blocks(query, key, value, window, *ring.ordered())
            ring.append(key, value)
        return self.output(mixed.flatten(2))

    def _mix_blocks(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        window: Tensor,
        earlier_key: Tensor | None = None,
        earlier_value: Tensor | None = None,
    ) -> Tensor:
        """Attention block by block; [batch, time, head, size] in and out, earlier ones [batch, bar, head, size]."""
        length = self.attention_bars
        mixed = self._mix(
            in_blocks(query, length).flatten(0, 1),  # [batch x block, bar, head, size]
            with_previous(in_blocks(key, length), earlier_key).flatten(0, 1),  # [batch x block, 2 x bar, head, size]
            with_previous(in_blocks(value, length), earlier_value).flatten(0, 1),
            window,
        )
        return mixed.reshape(len(query), -1, *query.shape[2:])[:, : query.shape[1]]

    def _mix(self, query: Tensor, key: Tensor, value: Tensor, window: Tensor) -> Tensor:
        """Attention, each [batch, bar, head, size]; the order of the keys does not matter."""
        mixed = F.scaled_dot_product_attention(
            query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2), attn_mask=window
        )
        return mixed.transpose(1, 2)


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
        self.attention_norm = BarNorm(config.hidden_size)
        self.attention = BarAttention(config)
        self.unit_norm = BarNorm(config.hidden_size)
        self.unit = GatedUnit(config)
        self.dropout = ResidualDropout(config.dropout)

    def forward(self, hidden: Tensor, window: Tensor, angles: Tensor, ring: Ring | None = None) -> Tensor:
        """[batch, time, hidden] in and out."""
        hidden = self.dropout(hidden, self.attention(self.attention_norm(hidden), window, angles, ring))
        return self.dropout(hidden, self.unit(self.unit_norm(hidden)))


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
