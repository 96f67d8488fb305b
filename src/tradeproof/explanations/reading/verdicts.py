"""What the facts say of a claim: true, false, or nothing."""

from collections.abc import Callable, Mapping
from datetime import date

from tradeproof.explanations.facts import Facts, Snapshot
from tradeproof.explanations.reading.answers import Answer, answer
from tradeproof.explanations.reading.claim import CheckedClaim, Claim
from tradeproof.explanations.reading.measures import (
    judge_at_level,
    judge_change,
    judge_comparison,
    judge_difference,
    judge_extreme,
    judge_no_omen,
    judge_sign,
    judge_strength,
    judge_value,
)
from tradeproof.explanations.reading.weighings import judge_attribution, judge_driver, judge_no_driver
from tradeproof.explanations.reading.worlds import (
    judge_counterfactual,
    judge_other_action,
    judge_other_change,
    judge_other_order,
    judge_unmoved,
)


def judge(claim: Claim, facts: Facts) -> CheckedClaim:
    """Check one claim against the facts."""
    if claim.kind in ("unknown", "statement"):
        return CheckedClaim(claim, "unverifiable", claim.note)
    if claim.kind in ("date", "ticker"):
        return CheckedClaim(claim, *_mention(claim, facts))
    snapshot = facts.of(claim.ticker, claim.date)
    if snapshot is None:
        return CheckedClaim(claim, "unverifiable", f"the facts hold nothing of {claim.ticker} on {claim.date}")
    verdict, reason = JUDGES[claim.kind](claim, snapshot, facts)
    if claim.negated and verdict != "unverifiable":
        verdict = "false" if verdict == "true" else "true"
        reason = f"denied; {reason}"
    return CheckedClaim(claim, verdict, reason)


def _mention(claim: Claim, facts: Facts) -> Answer:
    if claim.kind == "ticker":
        known = any(snapshot.ticker == claim.ticker for snapshot in facts.snapshots)
        return ("true", "in the facts") if known else ("unverifiable", f"the facts hold no {claim.ticker}")
    if any(snapshot.date == claim.date for snapshot in facts.snapshots):
        return "true", "in the facts"
    return "unverifiable", f"the facts hold nothing of {claim.date}"


def _state(claim: Claim, snapshot: Snapshot, _facts: Facts) -> Answer:
    name, word = claim.word
    found = snapshot.states.get(name)
    if found is None:
        return "unverifiable", f"the facts tell no state of {name}"
    return answer(found == word, f"{name} is {found}")


def _action(claim: Claim, snapshot: Snapshot, _facts: Facts) -> Answer:
    return answer(snapshot.action in claim.word, f"the action is {snapshot.action}")


def _order(claim: Claim, snapshot: Snapshot, _facts: Facts) -> Answer:
    return answer(snapshot.order in claim.word, f"the order is {snapshot.order}")


def _formula(claim: Claim, _snapshot: Snapshot, _facts: Facts) -> Answer:
    if claim.level is None:
        return "false", claim.note
    if claim.number is None:
        return "true", f"comes to {claim.level:.6g}"
    written = claim.number
    holds = written.matches(claim.level) or (claim.unit == "percent" and written.matches(100.0 * claim.level))
    return answer(holds, f"comes to {claim.level:.6g}")


def _calendar(claim: Claim, snapshot: Snapshot, _facts: Facts) -> Answer:
    try:
        day = date.fromisoformat(snapshot.date)
    except ValueError:
        return "unverifiable", "the date is none"
    name, number = claim.word
    return answer(int(number) == (day.weekday() if name == "weekday" else day.month), f"{snapshot.date}")


JUDGES: Mapping[str, Callable[[Claim, Snapshot, Facts], Answer]] = {
    "value": judge_value,
    "change": judge_change,
    "comparison": judge_comparison,
    "difference": judge_difference,
    "sign": judge_sign,
    "extreme": judge_extreme,
    "no_omen": judge_no_omen,
    "strength": judge_strength,
    "at_level": judge_at_level,
    "state": _state,
    "action": _action,
    "order": _order,
    "other_action": judge_other_action,
    "other_order": judge_other_order,
    "counterfactual": judge_counterfactual,
    "other_change": judge_other_change,
    "unmoved": judge_unmoved,
    "driver": judge_driver,
    "no_driver": judge_no_driver,
    "attribution": judge_attribution,
    "formula": _formula,
    "calendar": _calendar,
}
