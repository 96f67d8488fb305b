"""Verdicts of what the policy would have done otherwise."""

from collections.abc import Mapping

from tradeproof.explanations.facts import Counterfactual, Facts, Snapshot
from tradeproof.explanations.reading.answers import Answer, answer, unit_fits
from tradeproof.explanations.reading.claim import Claim


def judge_other_action(claim: Claim, snapshot: Snapshot, _facts: Facts) -> Answer:
    """Whether the policy would act so there."""
    other = snapshot.counterfactual
    if other is None:
        return "unverifiable", "the facts tell no other world"
    return answer(other.action in claim.word, f"there it would {other.action}")


def judge_other_order(claim: Claim, snapshot: Snapshot, _facts: Facts) -> Answer:
    """Whether what it would do to the account follows from the action there."""
    other, held = snapshot.counterfactual, snapshot.states.get("position")
    if other is None or held is None:
        return "unverifiable", "the facts tell no other world"
    possible = ORDERS_OF[other.action][held]
    if not set(possible) & set(claim.word):
        return "false", f"there it would {other.action}, which is {' or '.join(possible)}"
    return ("true" if set(possible) <= set(claim.word) else "unverifiable"), f"there it would {other.action}"


ORDERS_OF: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "buy": {"flat": ("open_long",), "long": ("keep_long",), "short": ("reverse_to_long",)},
    "hold": {"flat": ("stay_flat",), "long": ("keep_long",), "short": ("keep_short",)},
    "sell": {
        "flat": ("stay_flat", "open_short"),
        "long": ("close_long", "reverse_to_short"),
        "short": ("keep_short",),
    },
}
"""By action and position, what it can do to the account; which of two depends on whether shorts are allowed."""


def judge_counterfactual(claim: Claim, snapshot: Snapshot, _facts: Facts) -> Answer:
    """Whether the other world begins at the number, on the side that is told."""
    other = snapshot.counterfactual
    if other is None or claim.key is None:
        return "unverifiable", "the facts tell no other world of this quantity"
    if other.key != claim.key:
        return "false", f"the other world is of {other.key}, not {claim.key}"
    told = claim.number
    if told is not None and not (unit_fits(claim.unit, other.key) and told.matches(other.value)):
        return "false", f"the other world begins at {other.value:g}"
    return _beyond(claim, snapshot, other)


def _beyond(claim: Claim, snapshot: Snapshot, other: Counterfactual) -> Answer:
    present = snapshot.readings.get(other.key)
    if claim.sign and not other.beyond:
        return "false", f"it was tried at {other.value:g}, not beyond"
    if claim.sign and present is not None and (other.value - present) * claim.sign < 0.0:
        return "false", f"the other world lies the other way: {other.value:g} against {present:g}"
    return "true", f"it would {other.action} with {other.key} at {other.value:g}"


def judge_other_change(claim: Claim, snapshot: Snapshot, _facts: Facts) -> Answer:
    """Whether the other world is so far from this one."""
    other = snapshot.counterfactual
    present = None if other is None else snapshot.readings.get(other.key)
    if other is None or present is None or claim.number is None:
        return "unverifiable", "the facts tell no other world of this quantity"
    if claim.key is not None and claim.key != other.key:
        return "false", f"the other world is of {other.key}"
    change = other.value - present
    return answer(claim.number.matches(change, claim.sign), f"{other.key} would differ by {change:g}")


def judge_unmoved(_claim: Claim, snapshot: Snapshot, _facts: Facts) -> Answer:
    """Whether no quantity alone changes the action."""
    return answer(snapshot.counterfactual is None, "whether one quantity alone changes the action")
