"""Writer: reference explanations, from a snapshot and nothing else, in many phrasings and structures."""

import numpy as np

from tradeproof.explanations import decision, reasons
from tradeproof.explanations.choices import Choices
from tradeproof.explanations.facts import Snapshot
from tradeproof.explanations.risk import risk
from tradeproof.explanations.setting import setting

ORDERS_OF_PARTS = (
    ("opening", "support", "counter", "risk", "counterfactual"),
    ("opening", "account", "support", "counter", "risk", "counterfactual"),
    ("opening", "support", "counter", "counterfactual", "risk"),
    ("opening", "probability", "support", "counter", "risk", "counterfactual"),
    ("opening", "setting", "support", "counter", "risk", "counterfactual"),
    ("setting", "opening", "support", "counter", "risk", "counterfactual"),
    ("opening", "account", "setting", "support", "counter", "counterfactual", "risk"),
    ("opening", "support", "probability", "counter", "risk", "counterfactual"),
    ("opening", "counter", "support", "counterfactual", "risk"),
    ("opening", "support", "counter", "probability", "counterfactual", "account", "risk"),
    ("driven", "counter", "risk", "counterfactual"),
    ("driven", "account", "counter", "counterfactual", "risk"),
    ("driven", "probability", "counter", "risk", "counterfactual"),
    ("setting", "driven", "counter", "risk", "counterfactual"),
)
"""In which order the parts of a text follow one another."""
FIRST = ("opening", "driven")
"""Parts that tell the action; a list stands under one of them."""
BULLETS = 0.12
"""Share of texts that are written as a list."""
HEADS = {
    "support": ("For", "Reasons", "Support"),
    "counter": ("Against", "Counter-argument", "Other side"),
    "risk": ("Risk",),
    "counterfactual": ("What would change it", "Counterfactual", "Turning point"),
    "account": ("Account",),
    "probability": ("Confidence", "Probability"),
    "setting": ("Setting",),
}


def write_explanation(snapshot: Snapshot, generator: np.random.Generator, drivers: int) -> str:
    """A text that explains one decision; every claim in it holds.

    Args:
        snapshot: The facts.
        generator: Draws structure and wording; its state decides the text.
        drivers: How many drivers are named as reasons, at most.
    """
    choices = Choices(generator)
    count = drivers if drivers < 3 or choices.chance(0.6) else drivers - 1
    return compose(snapshot, choices, count)


def compose(snapshot: Snapshot, choices: Choices, drivers: int) -> str:
    """One text, from wordings drawn."""
    order = choices.one(ORDERS_OF_PARTS)
    written = [(name, _part(name, snapshot, choices, drivers)) for name in order]
    parts = [(name, text) for name, text in written if text]
    if choices.chance(BULLETS):
        return _bullets(parts, choices)
    return " ".join(text for _, text in parts)


def _part(name: str, snapshot: Snapshot, choices: Choices, drivers: int) -> str:
    if name == "support":
        return reasons.support(snapshot, drivers, choices)
    if name == "driven":
        return reasons.driven(snapshot, drivers, choices)
    if name == "risk":
        return risk(snapshot, choices, {driver.key for driver in snapshot.drivers})
    writers = {
        "opening": decision.opening,
        "account": decision.account_note,
        "probability": decision.probability_note,
        "counter": reasons.counter,
        "counterfactual": reasons.counterfactual,
        "setting": setting,
    }
    return writers[name](snapshot, choices)


def _bullets(parts: list[tuple[str, str]], choices: Choices) -> str:
    first = next(text for name, text in parts if name in FIRST)
    lines = [f"- {choices.one(HEADS[name])}: {text}" for name, text in parts if name not in FIRST]
    return "\n".join((first, *lines))
