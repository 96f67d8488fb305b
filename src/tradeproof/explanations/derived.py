"""Derived numbers: what a reader can work out from the facts, with the formula beside it."""

from tradeproof.explanations.facts import Snapshot
from tradeproof.explanations.numbers import displayed, written
from tradeproof.explanations.quantities import quantity
from tradeproof.explanations.states import OVERBOUGHT, OVERSOLD

_LEVELS = {"average_distance": "average", "high_distance": "high", "low_distance": "low"}
"""Distances of the close, and the levels that they are measured from."""


def ratio(value: float, base: float) -> str | None:
    """How far a displayed price is above or below another one, in words with the formula; None where they are level."""
    percent = 100.0 * (value / base - 1.0) if base else 0.0
    share = written(abs(percent), 1, "percent")
    if share == "0.0%":
        return None
    formula = f"({displayed('close', value)} / {displayed('close', base)} - 1)"
    return f"{share} {'above' if percent > 0.0 else 'below'} {{}} {formula}"


def difference(value: float, level: float, decimals: int) -> str:
    """The larger minus the smaller, as a formula with its result."""
    high, low = max(value, level), min(value, level)
    return f"{_plain(high, decimals)} - {_plain(low, decimals)} = {_plain(high - low, decimals)}"


def derived_phrases(snapshot: Snapshot, key: str) -> list[str]:
    """Noun phrases that name a reading by a number derived from it; none where no formula leads to one."""
    name = quantity(key).family.pattern
    if name.startswith("rsi_"):
        return _rsi(key, snapshot.readings[key])
    stem = next((stem for stem in _LEVELS if name.startswith(stem)), None)
    return [] if stem is None else _distance(snapshot, key, _LEVELS[stem])


def _rsi(key: str, value: float) -> list[str]:
    label, number = quantity(key).label, written(value, 1, "points")
    found = []
    for level, name in ((OVERBOUGHT, "overbought"), (OVERSOLD, "oversold")):
        if value == level or abs(value - level) > 20.0:
            continue
        gap, side = written(abs(value - level), 1, "points"), "above" if value > level else "below"
        formula = difference(value, level, 1)
        found.append(f"{label} at {number} ({gap} points {side} {level:.0f}: {formula})")
        found.append(f"an {label} of {number} that is {gap} points {side} the {name} level of {level:.0f} ({formula})")
    return found


def _distance(snapshot: Snapshot, key: str, level: str) -> list[str]:
    """The distance by its two prices, only where they give the reading that the facts show."""
    window, shown = quantity(key).window, snapshot.readings[key]
    close, base = snapshot.readings.get("close"), snapshot.readings.get(f"{level}_{window}")
    if close is None or base is None:
        return []
    text = ratio(close, base)
    if text is None or text.split("%", 1)[0] != written(abs(shown), 1, "percent")[:-1]:
        return []
    place = text.format(f"its {window}-day {level}")
    return [f"a close {place}", f"the price being {place}"]


def _plain(value: float, decimals: int) -> str:
    """A number of a formula; whole ones without decimals."""
    return f"{value:.0f}" if float(value).is_integer() else written(value, decimals, "points")
