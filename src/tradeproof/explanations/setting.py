"""Setting: the state of the market at a decision, told as what it is and not as a reason for anything."""

from tradeproof.explanations.choices import Choices
from tradeproof.explanations.facts import Snapshot
from tradeproof.explanations.numbers import displayed
from tradeproof.explanations.quantities import quantity

TRENDS = {"up": "an uptrend", "down": "a downtrend", "sideways": "a sideways trend"}


def setting(snapshot: Snapshot, choices: Choices) -> str:
    """One sentence on trend, price and moves; empty where the facts hold none of them."""
    texts = [*_trend(snapshot), *_moves(snapshot)]
    return choices.one(texts) if texts else ""


def _trend(snapshot: Snapshot) -> list[str]:
    trend, ticker = snapshot.states.get("trend"), snapshot.ticker
    if trend is None or "close" not in snapshot.readings:
        return []
    close = displayed("close", snapshot.readings["close"])
    texts = [
        f"{ticker} is in {TRENDS[trend]}, with a close of {close}.",
        f"The setting is {TRENDS[trend]} with {ticker} at a close of {close}.",
    ]
    averages = _averages(snapshot)
    if trend != "sideways" and len(averages) > 1:
        (middle, slow), side = averages[-2:], "above" if trend == "up" else "below"
        texts.append(
            f"{ticker} is in {TRENDS[trend]}: the close of {close} is {side} the {middle}, which is {side} the {slow}."
        )
    return texts


def _averages(snapshot: Snapshot) -> list[str]:
    """The averages with their windows and values, the longest one last; the last two decide the trend."""
    keys = [key for key in snapshot.readings if quantity(key).family.pattern == r"average_(\d+)"]
    keys.sort(key=lambda key: quantity(key).window)
    return [f"{quantity(key).label} of {displayed(key, snapshot.readings[key])}" for key in keys]


def _moves(snapshot: Snapshot) -> list[str]:
    readings = snapshot.readings
    texts = []
    if "return_1" in readings and "close" in readings:
        close, move = displayed("close", readings["close"]), displayed("return_1", abs(readings["return_1"]))
        word = {"up": "rose", "down": "fell"}.get(snapshot.states.get("day", ""))
        if word is not None:
            texts.append(f"{snapshot.ticker} {word} {move} on the day and closed at {close}.")
    if "return_20" in readings and "return_1" in readings:
        day, month = (displayed(key, readings[key]) for key in ("return_1", "return_20"))
        texts.append(f"The 1-day return of {snapshot.ticker} is {day}, its 20-day return {month}.")
    return texts
