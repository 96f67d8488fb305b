"""Quantities that may be spoken of: what each is called, its unit, and how it is drawn from an observation.

A quantity is known by its key, such as `rsi_14`; keys of numbers that a policy observes are the names of the feature
contract. A family holds what quantities of other windows have in common.
"""

import re
from dataclasses import dataclass
from functools import cache

import numpy as np

from tradeproof.errors import DataError
from tradeproof.explanations.family import Family, FloatArray, Unit
from tradeproof.explanations.figures import FIGURES
from tradeproof.explanations.indicators import INDICATORS

FAMILIES = (*INDICATORS, *FIGURES)

LOW_PRICE, VERY_LOW_PRICE = 10.0, 0.1
"""Currency units; prices of a share that was split often are adjusted to cents."""

GROUPS: dict[str, str] = {
    "weekday_sin": "weekday",
    "weekday_cos": "weekday",
    "month_sin": "month",
    "month_cos": "month",
    "drawdown": "account_drawdown",
}
"""Observed names that are spoken of under another key; all others are keys themselves."""


@dataclass(frozen=True)
class Quantity:
    """One quantity.

    Attributes:
        key: Its name in a snapshot.
        label: What the fact sheet calls it.
        names: Everything it goes by in a text, the label among them.
        unit: Of the displayed value.
        decimals: Of the displayed value.
        window: In bars; 0 where it has none.
        family: What it is one of.
    """

    key: str
    label: str
    names: tuple[str, ...]
    unit: Unit
    decimals: int
    window: int
    family: Family

    @property
    def is_convertible(self) -> bool:
        """Whether the displayed value and the observed one determine each other."""
        return self.family.to_display is not None

    def places(self, value: float) -> int:
        """Decimals that a value is displayed with: a low price has more, so that a move of a thousandth still shows."""
        if self.unit != "price" or abs(value) >= LOW_PRICE:
            return self.decimals
        return self.decimals + (2 if abs(value) >= VERY_LOW_PRICE else 4)

    def displayed(self, values: FloatArray) -> FloatArray:
        """Round as displayed, once; zero has no sign, and what is not finite stays as it is."""
        rounded = np.round(values, self.decimals)
        if self.unit == "price":
            for limit, more in ((LOW_PRICE, 2), (VERY_LOW_PRICE, 4)):
                rounded = np.where(np.abs(values) < limit, np.round(values, self.decimals + more), rounded)
        return rounded + 0.0

    def to_display(self, values: FloatArray, volatility: FloatArray) -> FloatArray:
        """Displayed values, not yet rounded, of observed ones.

        Args:
            values: [bar], as the policy observes them.
            volatility: [bar], of the same bars, per bar, log return.
        """
        if self.family.to_display is None:
            raise DataError(f"quantity {self.key} is not drawn from one observed number; expected one that is")
        return self.family.to_display(values, volatility, self.window)

    def from_display(self, values: FloatArray, volatility: FloatArray) -> FloatArray:
        """Observed values of displayed ones; the inverse of `to_display`."""
        if self.family.from_display is None:
            raise DataError(f"quantity {self.key} is not drawn from one observed number; expected one that is")
        return self.family.from_display(values, volatility, self.window)


@cache
def quantity(key: str) -> Quantity:
    """The quantity of a key.

    Raises:
        DataError: No family knows the key.
    """
    for family in FAMILIES:
        found = re.fullmatch(family.pattern, key)
        if found is not None:
            window = int(found.group(1)) if found.groups() else 0
            label, *names = (name.format(n=window) for name in (family.label, *family.names))
            return Quantity(key, label, (label, *names), family.unit, family.decimals, window, family)
    raise DataError(f"there is no quantity {key!r}; expected one of explanations/indicators.py or figures.py")


def is_quantity(key: str) -> bool:
    """Whether a key names a quantity."""
    return any(re.fullmatch(family.pattern, key) for family in FAMILIES)


def spoken_key(name: str) -> str:
    """The key under which an observed number is spoken of."""
    return GROUPS.get(name, name)
