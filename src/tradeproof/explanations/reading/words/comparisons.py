"""Words that compare: above, below, near, at least, and beyond."""

from typing import Any

COMPARISONS: tuple[tuple[str, Any, str], ...] = (
    ("compare", 1, "above/over/exceeds/exceed/exceeded/exceeding/topped/tops"),
    ("compare", -1, "below/under/beneath/underneath"),
    ("compare", 1, "higher/greater/more/larger/bigger/stronger than"),
    ("compare", -1, "lower/less/smaller/weaker/fewer than"),
    ("compare", -1, "short of"),
    ("compare", 2, "at least"),
    ("compare", 2, "at/_ or/no above/less/more_than than/_"),
    ("compare", -2, "at most"),
    ("compare", -2, "no more than"),
    ("compare", 2, "no less than"),
    ("compare", 2, "at or above"),
    ("compare", -2, "at or below"),
    ("compare", -2, "not more than"),
    ("near", 0, "near/nearly_at"),
    ("near", 0, "close to"),
    ("beyond", -1, "or/and below/lower/less/under/down/beneath"),
    ("beyond", 1, "or/and above/higher/more/over/up/beyond"),
    ("beyond", -1, "and anything/everything below"),
    ("beyond", 1, "and anything/everything above"),
    ("beyond", -1, "from there/here/that_point on/_ down/downwards/downward/lower"),
    ("beyond", 1, "from there/here/that_point on/_ up/upwards/upward/higher"),
    ("compare", 1, "outnumber/outnumbers/outnumbered"),
)
"""Kind, what it says, words."""
