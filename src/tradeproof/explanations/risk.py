"""Risk: what the facts tell of what can go wrong with a position, as sentences."""

from collections.abc import Collection

from tradeproof.explanations.choices import Choices
from tradeproof.explanations.derived import ratio
from tradeproof.explanations.facts import Snapshot
from tradeproof.explanations.numbers import displayed, written
from tradeproof.explanations.phrases import mention
from tradeproof.explanations.sentences import listed

OPENING = ("open_long", "open_short", "reverse_to_long", "reverse_to_short")
KEEPING = ("keep_long", "keep_short")
BACKDROP = ("volatility_level", "volatility_regime_", "drawdown_", "atr_percent_")
"""Starts of the keys of what tells how far a market moves."""


def risk(snapshot: Snapshot, choices: Choices, told: Collection[str] = ()) -> str:
    """One or two sentences on stop, volatility and drawdown: whatever is there; empty where nothing is.

    Args:
        snapshot: The facts.
        choices: Draws the wording.
        told: Quantities that the text tells of elsewhere.
    """
    texts = [text for text in (stop(snapshot, choices), _market(snapshot, choices, told)) if text]
    return " ".join(texts)


def stop(snapshot: Snapshot, choices: Choices) -> str:
    """Stop and take-profit, of the position that stays or of the one that is opened; empty where there is none."""
    readings = snapshot.readings
    if snapshot.order in KEEPING and "stop_price" in readings:
        return _held(snapshot, choices)
    if snapshot.order in OPENING and "stop_loss" in readings:
        distance = written(readings["stop_loss"], 2, "percent")
        texts = [
            f"The new position carries a stop distance of {distance}.",
            f"By rule, the stop distance is {distance}.",
            f"For the new position, the stop distance is {distance}.",
        ]
        if "take_profit" in readings:
            reward = written(readings["take_profit"], 2, "percent")
            texts.append(f"The new position has a stop distance of {distance} and a take-profit distance of {reward}.")
        return choices.one(texts)
    return ""


def _held(snapshot: Snapshot, choices: Choices) -> str:
    readings = snapshot.readings
    stop = displayed("stop_price", readings["stop_price"])
    texts = [f"The stop price is {stop}.", f"The position carries a stop price of {stop}."]
    place = None if "close" not in readings else ratio(readings["stop_price"], readings["close"])
    if place is not None:
        where = place.format("the close")
        texts += [f"The stop at {stop} lies {where}.", f"There is a stop at {stop}, {where}."]
    if "take_profit_price" in readings:
        goal = displayed("take_profit_price", readings["take_profit_price"])
        texts.append(f"The stop price is {stop} and the take-profit price {goal}.")
    return choices.one(texts)


def _market(snapshot: Snapshot, choices: Choices, told: Collection[str]) -> str:
    """Volatility and drawdown, unless they were told of as reasons."""
    keys = [key for key in snapshot.readings if key.startswith(BACKDROP) and key not in told]
    if not keys:
        return ""
    chosen = choices.shuffled(keys)[: 1 + choices.chance(0.5)]
    phrases = listed([mention(snapshot, key, choices, 0.0) for key in chosen])
    return choices.one(
        (
            f"The risk backdrop is {phrases}.",
            f"On the risk side, the facts show {phrases}.",
            f"The scale of the risk is given by {phrases}.",
            f"A measure of the risk is {phrases}." if len(chosen) == 1 else f"The measures of risk are {phrases}.",
            f"The facts that bear on risk: {phrases}.",
        )
    )
