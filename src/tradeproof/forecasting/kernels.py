"""Three small operations that torch computes on a CPU in many passes over memory, here in few.

Shapes: batch = sequences, time = bars, hidden = width, head = attention heads, size = hidden / heads.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # the name torch gives it everywhere

ROTARY_BASE = 10_000.0
# dropout compares 16 random bits with a threshold: shares are kept to 1/65536, and the scale belongs to what was kept
LEVELS = 1 << 16


def rotary_angles(time: int, size: int, device: torch.device, start: int = 0) -> Tensor:
    """Rotations of pairs of a head's entries by their place, complex [time, 1, 1, size / 2].

    Angles are taken in double precision: the millionth bar of a stream is placed as exactly as the first.
    """
    pairs = torch.arange(0, size, 2, device=device, dtype=torch.float64)
    places = torch.arange(start, start + time, device=device, dtype=torch.float64)
    angles = torch.outer(places, ROTARY_BASE ** (-pairs / size))[:, None, None]
    return torch.polar(torch.ones_like(angles), angles).to(torch.complex64)


def rotate(entries: Tensor, angles: Tensor) -> Tensor:
    """Rotary position embedding (arXiv:2104.09864): scores depend on the distance of two bars, not on their place.

    Neighbouring entries are a pair; [batch, time, ..., head, size] in and out, as many axes as the angles and a batch.
    """
    pairs = torch.view_as_complex(entries.float().unflatten(-1, (-1, 2)))  # type: ignore[no-untyped-call]
    return torch.view_as_real(pairs * angles).flatten(-2).to(entries.dtype)


class BarNorm(nn.RMSNorm):
    """Root-mean-square norm of each bar alone."""

    def forward(self, hidden: Tensor) -> Tensor:
        """[..., hidden] in and out."""
        if hidden.device.type != "cpu":
            return super().forward(hidden)
        eps = torch.finfo(hidden.dtype).eps if self.eps is None else self.eps
        found: Tensor = _RootMeanSquareNorm.apply(hidden, self.weight, eps)  # type: ignore[no-untyped-call]
        return found


class _RootMeanSquareNorm(torch.autograd.Function):
    """hidden / sqrt(mean(hidden^2) + eps) x weight, and its gradient, without a graph of seven nodes."""

    @staticmethod
    def forward(context: Any, hidden: Tensor, weight: Tensor, eps: float) -> Tensor:
        length = torch.linalg.vector_norm(hidden, dim=-1, keepdim=True)
        scale = length.square_().div_(hidden.shape[-1]).add_(eps).rsqrt_()  # [..., 1]
        unit = hidden * scale
        context.save_for_backward(unit, weight, scale)
        return unit * weight

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None]:
        unit, weight, scale = context.saved_tensors
        (gradient,) = gradients
        product = gradient * unit
        of_weight = product.flatten(0, -2).sum(dim=0)
        along = torch.mv(product.flatten(0, -2), weight).view(scale.shape)  # sum of gradient x weight x unit
        of_hidden = torch.addcmul(gradient * weight, unit, along, value=-1.0 / unit.shape[-1]).mul_(scale)
        return of_hidden, of_weight, None


class ResidualDropout(nn.Module):
    """Adds an update to the residual stream, in training without a random share of its entries."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, hidden: Tensor, update: Tensor) -> Tensor:
        """[batch, time, hidden] twice in, once out."""
        dropped = round(self.share * LEVELS)
        if not self.training or dropped == 0:
            return hidden + update
        if update.device.type != "cpu" or dropped == LEVELS:
            return hidden + F.dropout(update, self.share)
        words = torch.empty(-(-update.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
        bits = words.view(torch.int16)[: update.numel()].view(update.shape)
        kept = (bits >= dropped - LEVELS // 2).to(update.dtype).mul_(LEVELS / (LEVELS - dropped))
        return torch.addcmul(hidden, update, kept)
