"""Small arithmetic in a text, such as 70 - 61.2 = 8.8: evaluated by an explicit stack, in linear time."""

from collections.abc import Sequence

RANKS = {"+": 1, "-": 1, "*": 2, "/": 2}
MOST_PARTS = 40
"""Longer formulas are no explanation of anything."""


def evaluate(parts: Sequence[float | str]) -> float | None:
    """The value of an expression in infix form; None where it is none or divides by zero.

    Args:
        parts: Numbers, operators + - * / and parentheses.
    """
    if len(parts) > MOST_PARTS:
        return None
    values: list[float] = []
    waiting: list[str] = []
    after_value = False
    for part in parts:
        if isinstance(part, float):
            if after_value:
                return None
            values.append(part)
            after_value = True
        elif not _push(part, values, waiting, after_value):
            return None
        else:
            after_value = part == ")"
    while waiting:
        if not _apply(values, waiting.pop()):
            return None
    return values[0] if len(values) == 1 and after_value else None


def _push(part: str, values: list[float], waiting: list[str], after_value: bool) -> bool:
    if part == "(":
        waiting.append(part)
        return not after_value
    if not after_value:
        return False
    if part == ")":
        while waiting and waiting[-1] != "(":
            if not _apply(values, waiting.pop()):
                return False
        return bool(waiting) and waiting.pop() == "("
    while waiting and waiting[-1] != "(" and RANKS[waiting[-1]] >= RANKS[part]:
        if not _apply(values, waiting.pop()):
            return False
    waiting.append(part)
    return True


def _apply(values: list[float], operator: str) -> bool:
    """Replace the last two values by their result; False where that cannot be."""
    if operator == "(" or len(values) < 2:
        return False
    right = values.pop()
    left = values.pop()
    if operator == "/" and right == 0.0:
        return False
    results = {"+": left + right, "-": left - right, "*": left * right}
    values.append(left / right if operator == "/" else results[operator])
    return abs(values[-1]) < 1e300
