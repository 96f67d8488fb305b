"""Numbers as texts and fact sheets write them: the one place that knows separators, signs and units."""

from tradeproof.explanations.family import Unit
from tradeproof.explanations.quantities import quantity
from tradeproof.explanations.states import states_of

_SUFFIXES: dict[Unit, str] = {"percent": "%", "times": " times", "atr": " ATR", "shares": " shares"}
_DAYS = ("bars", "days")


def written(value: float, decimals: int, unit: Unit) -> str:
    """A number with its unit: 1,302.50, -2.31%, 1.23 times, 12 days.

    Args:
        value: In the unit.
        decimals: Places to round to; a result of zero has no sign.
        unit: Of the quantity.
    """
    number = f"{value:,.{decimals}f}"
    if number.startswith("-") and not any(digit in number for digit in "123456789"):
        number = number[1:]
    if unit in _DAYS:
        return f"{number} day" if number == "1" else f"{number} days"
    return number + _SUFFIXES.get(unit, "")


def signed(value: float, decimals: int, unit: Unit) -> str:
    """A number whose plus sign is written too: +0.42."""
    text = written(value, decimals, unit)
    return f"+{text}" if value > 0.0 else text


def displayed(key: str, value: float) -> str:
    """A reading as the fact sheet shows it."""
    named = quantity(key)
    return written(value, named.places(value), named.unit)


def coarser(key: str, value: float) -> int:
    """Decimals of a shorter way to write a reading: one less than shown, where that misleads nobody.

    A shorter number keeps two figures, is not zero, and lies in the same state.
    """
    decimals = quantity(key).places(value)
    if decimals == 0:
        return 0
    short = round(value, decimals - 1)
    if abs(short) < 10.0 ** (2 - decimals) or states_of({key: short}) != states_of({key: value}):
        return decimals
    return decimals - 1
