"""Verdicts of values, changes, comparisons and differences."""

from tradeproof.explanations.facts import Facts, Snapshot
from tradeproof.explanations.quantities import quantity
from tradeproof.explanations.reading.answers import UNITS, Answer, answer, reading, unit_fits, untold
from tradeproof.explanations.reading.claim import Claim

NEAR_PERCENT, NEAR_POINTS = 1.0, 2.0
"""What counts as near: in per cent of a price, and in points or per cent otherwise."""

LARGE = 5.0
"""Per cent; the least that words such as crashed and soared say of a return."""
LEVEL = 0.05
"""Per cent; what is nearer than this to a level is at it."""
POINTING = ("return_", "average_distance_", "macd_", "bollinger_position_")
"""How keys begin whose sign points up or down."""


def judge_value(claim: Claim, snapshot: Snapshot, facts: Facts) -> Answer:
    """Whether a reading is the number, in its unit."""
    truth = reading(claim.key, snapshot, facts)
    if truth is None or claim.key is None or claim.number is None:
        return untold(claim)
    if not unit_fits(claim.unit, claim.key):
        return "false", f"{claim.key} is in {quantity(claim.key).unit}, not in {claim.unit}"
    if claim.sign and not quantity(claim.key).family.signed:
        return answer(claim.number.matches(truth), f"{claim.key} is {truth:g}")
    return answer(claim.number.matches(truth, claim.sign), f"{claim.key} is {truth:g}")


def judge_change(claim: Claim, snapshot: Snapshot, facts: Facts) -> Answer:
    """A change since an earlier date, with or without a number."""
    before = _reference(claim, snapshot, facts)
    old = None if before is None else reading(claim.key, before, facts)
    new = reading(claim.key, snapshot, facts)
    if old is None or new is None or claim.key is None:
        return "unverifiable", f"the facts tell no earlier {claim.key or 'value'} to compare with"
    change = new - old
    if claim.unit == "percent" and quantity(claim.key).unit != "percent":
        change = 100.0 * (new / old - 1.0) if old else 0.0
    reason = f"{claim.key} went from {old:g} to {new:g}"
    if claim.number is None:
        return answer(change * claim.sign > 0.0, reason)
    return answer(claim.number.matches(change, claim.sign), reason)


def _reference(claim: Claim, snapshot: Snapshot, facts: Facts) -> Snapshot | None:
    if claim.reference is not None:
        return facts.of(claim.ticker, claim.reference)
    others = [s for s in facts.snapshots if s.ticker == claim.ticker and s.date < snapshot.date]
    return others[0] if len(others) == 1 else None


def _sides(claim: Claim, snapshot: Snapshot, facts: Facts) -> tuple[float, float] | None:
    """What is compared, and with what."""
    left = reading(claim.key, snapshot, facts)
    if claim.other is not None:
        right = reading(claim.other, snapshot, facts)
        if right is None and claim.key == "close":
            return _by_distance(claim.other, snapshot)
    elif claim.level is not None:
        right = claim.level
    else:
        before = _reference(claim, snapshot, facts)
        right = None if before is None else reading(claim.key, before, facts)
    return None if left is None or right is None else (left, right)


def _by_distance(level: str, snapshot: Snapshot) -> tuple[float, float] | None:
    """The close against a level of which only the distance is told: as shares of the level."""
    prefix, _, window = level.rpartition("_")
    distance = snapshot.readings.get(f"{prefix}_distance_{window}")
    return None if distance is None else (1.0 + distance / 100.0, 1.0)


def judge_comparison(claim: Claim, snapshot: Snapshot, facts: Facts) -> Answer:
    """Whether one thing is above, below or near another."""
    sides = _sides(claim, snapshot, facts)
    if sides is None or claim.key is None:
        return untold(claim)
    if claim.level is not None and not unit_fits(claim.unit, claim.key):
        return "false", f"{claim.key} is in {quantity(claim.key).unit}, not in {claim.unit}"
    left, right = sides
    reason = f"{claim.key} is {left:g}, against {right:g}"
    if claim.sign == 0:
        room = abs(right) * NEAR_PERCENT / 100.0 if quantity(claim.key).unit == "price" else NEAR_POINTS
        return answer(abs(left - right) <= room, reason)
    if abs(claim.sign) == 2:
        return answer((left - right) * claim.sign >= 0.0, reason)
    return answer((left - right) * claim.sign > 0.0, reason)


def judge_difference(claim: Claim, snapshot: Snapshot, facts: Facts) -> Answer:
    """How far one thing is from another, as a number."""
    sides = _sides(claim, snapshot, facts)
    if sides is None or claim.key is None or claim.number is None:
        return untold(claim)
    left, right = sides
    truth = left - right
    own = quantity(claim.key).unit
    if claim.unit == "percent" and own != "percent":
        truth = 100.0 * (left / right - 1.0) if right else 0.0
    elif claim.unit == "times":
        truth = left / right if right else 0.0
    elif not _gap_unit_fits(claim.unit, own):
        return "false", f"a difference of {claim.key} is not in {claim.unit}"
    reason = f"{claim.key} is {left:g}, against {right:g}: {truth:.4g}"
    if claim.sign == 0:
        return answer(claim.number.matches(abs(truth)) or claim.number.matches(truth), reason)
    return answer(claim.number.matches(truth, 1 if claim.sign > 0 else -1), reason)


def _gap_unit_fits(unit: str | None, own: str) -> bool:
    return unit is None or unit in UNITS[own] or (unit in ("percentage_points", "points") and own == "percent")


def judge_sign(claim: Claim, snapshot: Snapshot, facts: Facts) -> Answer:
    """Whether a reading has the sign."""
    truth = reading(claim.key, snapshot, facts)
    if truth is None:
        return untold(claim)
    return answer(truth * claim.sign > 0.0, f"{claim.key} is {truth:g}")


def judge_extreme(claim: Claim, snapshot: Snapshot, facts: Facts) -> Answer:
    """Whether a reading is the most, or the least, of all tickers of its date."""
    own = reading(claim.key, snapshot, facts)
    key = claim.key or ""
    peers = [s.readings[key] for s in facts.snapshots if s.date == snapshot.date and key in s.readings]
    if own is None or len(peers) < 2:
        return untold(claim)
    most = max(peers) if claim.sign > 0 else min(peers)
    return answer(own == most, f"{claim.key} is {own:g}, the extreme {most:g}")


def judge_strength(claim: Claim, snapshot: Snapshot, facts: Facts) -> Answer:
    """Whether a return is as large as a strong word says."""
    truth = reading(claim.key, snapshot, facts)
    if truth is None:
        return untold(claim)
    return answer(truth * claim.sign >= LARGE, f"{claim.key} is {truth:g}; a strong word needs {LARGE:g} %")


def judge_at_level(claim: Claim, snapshot: Snapshot, facts: Facts) -> Answer:
    """Whether the close is at a high, a low or an average: the distance rounds to 0.0 %."""
    sides = _sides(claim, snapshot, facts)
    if sides is None or not sides[1]:
        return untold(claim)
    distance = 100.0 * (sides[0] / sides[1] - 1.0)
    return answer(abs(distance) < LEVEL, f"the close is {distance:.2f} % away")


def judge_no_omen(claim: Claim, snapshot: Snapshot, _facts: Facts) -> Answer:
    """Whether no reading that points up or down points to the side."""
    found = [key for key, value in snapshot.readings.items() if key.startswith(POINTING) and value * claim.sign > 0.0]
    return answer(not found, f"on that side: {', '.join(found) or 'none'}")
