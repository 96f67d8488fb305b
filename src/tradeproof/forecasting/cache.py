"""What the attention layers remember of the bars behind a stream: the last attention_bars of them, and no more.

Shapes: series = sequences that are continued together, bar = new bars in order of time, slot = place in a ring, the
bar's number modulo attention_bars.
"""

import torch
from torch import Tensor

from tradeproof.forecasting.config import PriceForecasterConfig


class Ring:
    """The last `length` bars of some tensors, written in place: a new bar overwrites the oldest one."""

    def __init__(self, *slots: Tensor) -> None:
        """Take over zeroed tensors, each [series, slot, ...]."""
        self.slots = slots
        self.length = slots[0].shape[1]
        self.bars = 0

    @property
    def next_slot(self) -> int:
        """Where the next bar goes."""
        return self.bars % self.length

    def append(self, *entries: Tensor) -> None:
        """Add the newest bars, each [series, bar, ...]."""
        count = entries[0].shape[1]
        kept = min(count, self.length)
        first = (self.bars + count - kept) % self.length
        head = min(kept, self.length - first)  # bars up to the end of the ring; the rest goes to its start
        for slots, entry in zip(self.slots, entries, strict=True):
            newest = entry[:, count - kept :]
            slots[:, first : first + head] = newest[:, :head]
            slots[:, : kept - head] = newest[:, head:]
        self.bars += count

    def ordered(self) -> list[Tensor]:
        """The tensors from the oldest bar to the newest, zeros before the first one, each [series, bar, ...]."""
        return [torch.roll(slots, -self.next_slot, dims=1) for slots in self.slots]


class BarCache:
    """A ring of rotated keys and values for every layer, and one that says which of these bars are ready."""

    def __init__(self, config: PriceForecasterConfig, series: int, like: Tensor) -> None:
        """Make room for `series` sequences, on the device and in the precision of `like`."""
        size = config.hidden_size // config.num_heads
        # heads outside slots: a step reads each head's bars in one run
        shape = (series, config.num_heads, config.attention_bars, size)
        self.layers = [
            Ring(*(like.new_zeros(shape).transpose(1, 2) for _ in range(2))) for _ in range(config.num_layers)
        ]
        self._ready = Ring(like.new_zeros((series, config.attention_bars), dtype=torch.bool))

    @property
    def bars(self) -> int:
        """Bars seen so far: the number of the next one, from which its rotary angle comes."""
        return self._ready.bars

    def earlier(self) -> Tensor:
        """Which of the last attention_bars bars are ready, oldest first, [series, bar]."""
        return self._ready.ordered()[0]

    def seen(self) -> Tensor:
        """What the next bar may look at once it is in the ring: itself and the ready ones, [series, 1, 1, slot]."""
        seen = self._ready.slots[0].clone()
        seen[:, self._ready.next_slot] = True
        return seen[:, None, None]

    def append(self, ready: Tensor) -> None:
        """Note which new bars are ready, [series, bar], after every layer has added them to its own ring."""
        self._ready.append(ready)
