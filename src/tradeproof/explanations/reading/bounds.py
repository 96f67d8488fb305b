"""Words such as "more than" before a number that says how far, how long or how likely: the number is a bound."""

from tradeproof.explanations.reading.items import Item
from tradeproof.explanations.reading.numerals import FACTORS

BOUNDS = {
    "more than": 1, "greater than": 1, "less than": -1, "fewer than": -1, "at least": 2, "at most": -2,
    "no more than": -2, "not more than": -2, "no less than": 2, "over": 1, "under": -1,
}  # fmt: skip
"""Which side of the number is meant; 2 and -2 with the number itself."""
MEASURED = ("times", "days")
"""Units of numbers that are never levels."""


def bounded(items: list[Item], i: int, text: str) -> Item:
    """A word of comparison, or a bound where the number after it is measured from something else.

    Args:
        items: Of the sentence.
        i: Place of a word of comparison.
        text: The whole text.
    """
    item = items[i]
    side = BOUNDS.get(_written(item, text))
    if side is None or i + 1 >= len(items) or items[i + 1].kind != "number":
        return item
    after = i + 2
    unit = items[after].says if after < len(items) and items[after].kind == "unit" else None
    follower = items[after + (unit is not None)] if after + (unit is not None) < len(items) else None
    is_bound = (
        unit in MEASURED
        or _written(items[i + 1], text) in FACTORS
        or (follower is not None and follower.kind == "compare")
        or (unit is not None and _moves(items, i, text))
    )
    return item._replace(kind="rough", says=side) if is_bound else item


def _moves(items: list[Item], i: int, text: str) -> bool:
    """Whether the number says how far something moved, or how probable it is."""
    at = i - 1
    while at >= 0 and (items[at].kind in ("word", "by") or _written(items[at], text) == "of"):
        at -= 1
    return at >= 0 and items[at].kind in ("direction", "probability")


def _written(item: Item, text: str) -> str:
    return text[item.start : item.end].lower()
