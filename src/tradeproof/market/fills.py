"""The ledger of fills: every execution, why it took place, and the balance after it."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradeproof.market.orders import Integers
from tradeproof.market.prices import Floats

Codes = NDArray[np.int8]

# why a fill took place; OPEN stands for a round trip that has not ended, NONE for no fill
REASONS = ("order", "stop", "take_profit", "bankrupt", "open")
ORDER, STOP, TAKE_PROFIT, BANKRUPT, OPEN = range(len(REASONS))
NONE = -1


class Fill(NamedTuple):
    """One execution and the balance after it; reason NONE means that none took place."""

    shares: float  # change of position
    price: float  # slippage included
    reference: float  # before slippage
    cash: float
    held: float
    reason: int


class Ledger(NamedTuple):
    """Executions as compiled code writes them: each series has its own stretch of slots, filled from its start."""

    starts: Integers  # [series], first slot
    ends: Integers  # [series], the slot after the last fill
    bar: Integers  # [slot]
    reason: Integers  # [slot]
    numbers: Floats  # [slot, (shares, price, reference, cash, held)]


@dataclass(frozen=True)
class Fills:
    """All executions, by series and then in time; those of series s are starts[s] to starts[s + 1].

    Args:
        starts: [series + 1], positions in the arrays below.
        bar: Bar of the fill.
        shares: Change of position; negative: sold.
        price: Price paid or received, slippage included, commission not.
        reference: The price before slippage.
        cash: Cash after the fill.
        held: Position after the fill.
        reason: Index into REASONS.
    """

    starts: Integers
    bar: Integers
    shares: Floats
    price: Floats
    reference: Floats
    cash: Floats
    held: Floats
    reason: Codes

    def __len__(self) -> int:
        return len(self.bar)

    @property
    def series(self) -> Integers:
        """Series of each fill."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))


def empty_ledger(room: Integers) -> Ledger:
    """A ledger with room for so many fills of each series; pages that are never written cost nothing."""
    starts = np.concatenate([[0], np.cumsum(room)])
    slots = int(starts[-1])
    return Ledger(
        starts[:-1], starts[:-1].copy(), np.empty(slots, np.int64), np.empty(slots, np.int64), np.empty((slots, 5))
    )


def gather_fills(ledger: Ledger) -> Fills:
    """The fills without the slots that stayed empty."""
    counts = ledger.ends - ledger.starts
    starts = np.concatenate([[0], np.cumsum(counts)])
    kept = np.arange(starts[-1]) + np.repeat(ledger.starts - starts[:-1], counts)
    shares, price, reference, cash, held = ledger.numbers[kept].T
    return Fills(starts, ledger.bar[kept], shares, price, reference, cash, held, ledger.reason[kept].astype(np.int8))
