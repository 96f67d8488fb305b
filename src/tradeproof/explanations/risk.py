"""Risk: what the facts tell of what can go wrong with a position, as sentences."""

from tradeproof.explanations.choices import Choices
from tradeproof.explanations.derived import ratio
from tradeproof.explanations.facts import Snapshot
from tradeproof.explanations.numbers import displayed, written
from tradeproof.explanations.phrases import mention

OPENING = ("open_long", "open_short", "reverse_to_long", "reverse_to_short")
KEEPING = ("keep_long", "keep_short")


def risk(snapshot: Snapshot, choices: Choices) -> str:
    """One or two sentences on stop, volatility and drawdown: whatever is there; empty where nothing is."""
    texts = [text for text in (_levels(snapshot, choices), _market(snapshot, choices)) if text]
    return " ".join(texts)


def _levels(snapshot: Snapshot, choices: Choices) -> str:
    """Stop and take-profit, of the position that stays or of the one that is opened."""
    readings = snapshot.readings
    if snapshot.order in KEEPING and "stop_price" in readings:
        return _stop(snapshot, choices)
    if snapshot.order in OPENING and "stop_loss" in readings:
        distance = written(readings["stop_loss"], 2, "percent")
        texts = [
            f"The new position carries a stop distance of {distance}.",
            f"Risk is limited by rule: the stop distance is {distance} from the entry.",
            f"The stop distance for the new position is {distance}.",
        ]
        if "take_profit" in readings:
            reward = written(readings["take_profit"], 2, "percent")
            texts.append(f"The new position has a stop distance of {distance} and a take-profit distance of {reward}.")
        return choices.one(texts)
    return ""


def _stop(snapshot: Snapshot, choices: Choices) -> str:
    readings = snapshot.readings
    stop = displayed("stop_price", readings["stop_price"])
    texts = [f"The stop price is {stop}.", f"The risk is bounded by a stop price of {stop}."]
    place = None if "close" not in readings else ratio(readings["stop_price"], readings["close"])
    if place is not None:
        where = place.format("the close")
        texts += [f"The stop at {stop} lies {where}.", f"The position is protected by a stop at {stop}, {where}."]
    if "take_profit_price" in readings:
        goal = displayed("take_profit_price", readings["take_profit_price"])
        texts.append(f"The stop price is {stop} and the take-profit price {goal}.")
    return choices.one(texts)


def _market(snapshot: Snapshot, choices: Choices) -> str:
    readings = snapshot.readings
    level = "volatility_level" in readings
    regime = next((key for key in readings if key.startswith("volatility_regime_")), None)
    drawdown = next((key for key in readings if key.startswith("drawdown_")), None)
    texts = []
    if level:
        phrase = mention(snapshot, "volatility_level", choices, 0.0)
        texts += [f"The size of the moves to reckon with shows in {phrase}.", f"As for risk, note {phrase}."]
    if regime:
        phrase = mention(snapshot, regime, choices, 0.0)
        texts.append(f"Risk is to be read from {phrase}.")
    if drawdown:
        phrase = mention(snapshot, drawdown, choices, 0.0)
        texts.append(f"That the market can fall shows in {phrase}.")
    if level and drawdown:
        first, second = (mention(snapshot, key, choices, 0.0) for key in ("volatility_level", drawdown))
        texts += [f"The risk shows in {first} and {second}.", f"On the risk side stand {first} and {second}."]
    return choices.one(texts) if texts else ""
