"""Words that deny, and words of what would have been."""

from typing import Any

WORLDS: tuple[tuple[str, Any, str], ...] = (
    (
        "not",
        0,
        "not/n't/isn't/wasn't/aren't/doesn't/didn't/don't/weren't/hasn't/cannot/never/neither/nor/no/without/"
        "none/hardly",
    ),
    ("not", 0, "no longer/more"),
    ("not", 0, "far from"),
    ("skip", 0, "not only"),
    ("would", 0, "would/wouldn't/flip/flips/flipping/switch/switches/switching/counterfactual/otherwise"),
    ("would", 0, "turns/turn/change/changes/moves to/into"),
    ("would", 0, "tips/tip/tipped/tipping"),
    ("unmoved", 0, "no single quantity/indicator/reading/feature/number/one/change/value"),
    ("unmoved", 0, "no one/_ quantity/indicator/reading/feature/number alone"),
    ("unmoved", 0, "no counterfactual"),
    ("instead", 0, "instead of"),
    ("instead", 0, "rather than"),
    ("instead", 0, "now/currently/presently/actually/actual/today"),
)
"""Kind, what it says, words."""
