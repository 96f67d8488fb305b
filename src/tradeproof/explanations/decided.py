"""What a policy decided on the bars of one ticker, and why, as plain arrays: what snapshots are made of."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tradeproof.errors import DataError
from tradeproof.explanations.facts import Counterfactual
from tradeproof.explanations.family import FloatArray

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class DecidedBars:
    """One account of one ticker, at the closes on which the policy was asked; arrays [decision] in order of time.

    Attributes:
        ticker: Whose bars.
        rows: Places in the ticker's feature table.
        actions: Places in ACTIONS.
        probabilities: [decision, action], 0 to 1.
        targets: Share of equity that was ordered for the next open; NaN: no order.
        positions: Share of equity held at the close, before the order; negative when short.
        entry_price: Average of what is held; NaN when flat.
        bars_held: Since the position was opened; 0 when flat.
        equity: Of the account at the close, currency units.
        drawdown: Share by which equity is below its highest so far.
    """

    ticker: str
    rows: Integers
    actions: Integers
    probabilities: FloatArray
    targets: FloatArray
    positions: FloatArray
    entry_price: FloatArray
    bars_held: FloatArray
    equity: FloatArray
    drawdown: FloatArray

    def __post_init__(self) -> None:
        lengths = {name: len(getattr(self, name)) for name in self.__annotations__ if name != "ticker"}
        if len(set(lengths.values())) > 1 or np.any(np.diff(self.rows) <= 0):
            raise DataError(f"decisions of {self.ticker} have lengths {lengths}; expected one per row, ascending")


@dataclass(frozen=True)
class Reasons:
    """Why the policy decided as it did, for some of its decisions.

    Attributes:
        places: [reason], places in DecidedBars; ascending.
        names: What the policy observes.
        attributions: [reason, name], log-odds of the action that was taken; a row of zeros names no reason.
        counterfactuals: [reason].
    """

    places: Integers
    names: tuple[str, ...]
    attributions: FloatArray
    counterfactuals: tuple[Counterfactual | None, ...]


@dataclass(frozen=True)
class Exits:
    """Where the trading rules close a position, as shares of the entry price; None: nowhere."""

    stop_loss: float | None
    take_profit: float | None
