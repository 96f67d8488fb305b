"""What a verdict is made of: the reading that a claim is about, and whether its unit fits."""

from collections.abc import Mapping

from tradeproof.explanations.facts import Facts, Snapshot
from tradeproof.explanations.quantities import quantity
from tradeproof.explanations.reading.claim import Claim, Verdict

Answer = tuple[Verdict, str]


UNITS: Mapping[str, tuple[str, ...]] = {
    "percent": ("percent",),
    "price": ("price",),
    "points": ("points",),
    "times": ("times",),
    "atr": ("atr",),
    "bands": ("bands",),
    "score": ("points",),
    "bars": ("days",),
    "days": ("days",),
    "shares": ("shares",),
    "count": ("days", "count"),
}
"""By the unit of a quantity, the written units that say the same; no unit at all is allowed."""


def answer(holds: bool, reason: str) -> Answer:
    """The verdict of a claim that the facts can judge."""
    return ("true" if holds else "false"), reason


def untold(claim: Claim) -> Answer:
    """Nothing, since the facts do not tell the quantity."""
    return "unverifiable", f"the facts tell no {claim.key or 'quantity of this name'}"


def reading(key: str | None, snapshot: Snapshot, facts: Facts) -> float | None:
    """The displayed value of a quantity; of the universe only on the date of the focus."""
    if key is None:
        return None
    if key in snapshot.readings:
        return snapshot.readings[key]
    return facts.universe.get(key) if snapshot.date == facts.focus.date else None


def unit_fits(unit: str | None, key: str) -> bool:
    """Whether a written unit says the same as that of a quantity; none at all is allowed."""
    return unit is None or unit in UNITS[quantity(key).unit]
