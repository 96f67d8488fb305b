"""Verdicts of reasons: what spoke for and against the action, and how much."""

from tradeproof.explanations.facts import Facts, Snapshot
from tradeproof.explanations.reading.answers import Answer, answer
from tradeproof.explanations.reading.claim import Claim


def judge_driver(claim: Claim, snapshot: Snapshot, _facts: Facts) -> Answer:
    """Whether a quantity spoke for or against the action, and how weighty it is."""
    weights = {driver.key: driver.attribution for driver in snapshot.drivers}
    if not weights or claim.key is None:
        return "unverifiable", "the facts name no drivers of this name"
    if claim.key not in weights:
        return "false", f"{claim.key} is not among the drivers"
    weight = weights[claim.key]
    if weight * claim.sign < 0.0:
        return "false", f"{claim.key} weighs {weight:+.2f}"
    if claim.level is not None:
        side = [abs(w) for w in weights.values() if not claim.sign or w * claim.sign > 0.0]
        place = 1 + sum(w > abs(weight) for w in side)
        return answer(place <= claim.level, f"{claim.key} is number {place}")
    return "true", f"{claim.key} weighs {weight:+.2f}"


def judge_no_driver(claim: Claim, snapshot: Snapshot, _facts: Facts) -> Answer:
    """Whether nothing spoke on a side."""
    found = [d.key for d in snapshot.drivers if d.attribution * claim.sign > 0.0 or not claim.sign]
    return answer(not found, f"on that side: {', '.join(found) or 'none'}")


def judge_attribution(claim: Claim, snapshot: Snapshot, _facts: Facts) -> Answer:
    """Whether a quantity added so much to the log-odds."""
    weights = {driver.key: driver.attribution for driver in snapshot.drivers}
    if claim.key not in weights or claim.number is None:
        return "unverifiable", f"the facts tell no attribution of {claim.key}"
    if claim.unit is not None:
        return "false", "attributions are log-odds"
    truth = weights[claim.key]
    bare = claim.number.matches(abs(truth)) and not claim.number.is_signed and claim.sign * truth >= 0.0
    return answer(bare or claim.number.matches(truth, claim.sign), f"{claim.key} weighs {truth:+.2f}")
