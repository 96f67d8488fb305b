"""A family of quantities: its names, its unit and its conversion, the same for every window."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Convert = Callable[[FloatArray, FloatArray, int], FloatArray]
"""Values, the volatility of their bars (per bar, log return), and the window; all in, converted values out."""

Unit = Literal["percent", "price", "points", "times", "atr", "bands", "score", "bars", "days", "shares", "count"]


@dataclass(frozen=True)
class Family:
    """Quantities that differ in their window only.

    Attributes:
        pattern: Of the keys, the window as its group where there is one.
        label: What it is called; {n} stands for the window.
        names: Further names it goes by in a text, the longest ones first in matching; {n} likewise.
        unit: Of the displayed value.
        decimals: Of the displayed value.
        to_display: From the value in an observation; None where the displayed value is not drawn from one number.
        from_display: The inverse.
        signed: Whether the displayed value can be negative.
    """

    pattern: str
    label: str
    names: tuple[str, ...]
    unit: Unit
    decimals: int
    to_display: Convert | None = None
    from_display: Convert | None = None
    signed: bool = False
