"""What the facts say of a claim: true, false, or nothing."""

from collections.abc import Callable, Mapping
from datetime import date

from tradeproof.explanations.claim import CheckedClaim, Claim, Verdict
from tradeproof.explanations.facts import Counterfactual, Facts, Snapshot
from tradeproof.explanations.quantities import quantity

Answer = tuple[Verdict, str]

UNITS: Mapping[str, tuple[str, ...]] = {
    "percent": ("percent",),
    "price": ("price",),
    "points": ("points",),
    "times": ("times",),
    "atr": ("atr",),
    "bands": ("bands",),
    "score": ("points",),
    "bars": ("days",),
    "days": ("days",),
    "shares": ("shares",),
    "count": ("days", "count"),
}
"""By the unit of a quantity, the written units that say the same; no unit at all is allowed."""

NEAR_PERCENT, NEAR_POINTS = 1.0, 2.0
"""What counts as near: in per cent of a price, and in points or per cent otherwise."""


def judge(claim: Claim, facts: Facts) -> CheckedClaim:
    """Check one claim against the facts."""
    if claim.kind == "unknown":
        return CheckedClaim(claim, "unverifiable", claim.note)
    if claim.kind in ("date", "ticker"):
        return CheckedClaim(claim, *_mention(claim, facts))
    snapshot = facts.of(claim.ticker, claim.date)
    if snapshot is None:
        return CheckedClaim(claim, "unverifiable", f"the facts hold nothing of {claim.ticker} on {claim.date}")
    verdict, reason = _JUDGES[claim.kind](claim, snapshot, facts)
    if claim.negated and verdict != "unverifiable":
        verdict = "false" if verdict == "true" else "true"
        reason = f"denied; {reason}"
    return CheckedClaim(claim, verdict, reason)


def _answer(holds: bool, reason: str) -> Answer:
    return ("true" if holds else "false"), reason


def _silent(claim: Claim) -> Answer:
    return "unverifiable", f"the facts tell no {claim.key or 'quantity of this name'}"


def _mention(claim: Claim, facts: Facts) -> Answer:
    if claim.kind == "ticker":
        known = any(snapshot.ticker == claim.ticker for snapshot in facts.snapshots)
        return ("true", "in the facts") if known else ("unverifiable", f"the facts hold no {claim.ticker}")
    if any(snapshot.date == claim.date for snapshot in facts.snapshots):
        return "true", "in the facts"
    return "unverifiable", f"the facts hold nothing of {claim.date}"


def reading(key: str | None, snapshot: Snapshot, facts: Facts) -> float | None:
    """The displayed value of a quantity; of the universe only on the date of the focus."""
    if key is None:
        return None
    if key in snapshot.readings:
        return snapshot.readings[key]
    return facts.universe.get(key) if snapshot.date == facts.focus.date else None


def _unit_fits(unit: str | None, key: str) -> bool:
    return unit is None or unit in UNITS[quantity(key).unit]


def _value(claim: Claim, snapshot: Snapshot, facts: Facts) -> Answer:
    truth = reading(claim.key, snapshot, facts)
    if truth is None or claim.key is None or claim.number is None:
        return _silent(claim)
    if not _unit_fits(claim.unit, claim.key):
        return "false", f"{claim.key} is in {quantity(claim.key).unit}, not in {claim.unit}"
    if claim.sign and not quantity(claim.key).family.signed:
        return _answer(claim.number.matches(truth), f"{claim.key} is {truth:g}")
    return _answer(claim.number.matches(truth, claim.sign), f"{claim.key} is {truth:g}")


def _change(claim: Claim, snapshot: Snapshot, facts: Facts) -> Answer:
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
        return _answer(change * claim.sign > 0.0, reason)
    return _answer(claim.number.matches(change, claim.sign), reason)


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


def _comparison(claim: Claim, snapshot: Snapshot, facts: Facts) -> Answer:
    sides = _sides(claim, snapshot, facts)
    if sides is None or claim.key is None:
        return _silent(claim)
    if claim.level is not None and not _unit_fits(claim.unit, claim.key):
        return "false", f"{claim.key} is in {quantity(claim.key).unit}, not in {claim.unit}"
    left, right = sides
    reason = f"{claim.key} is {left:g}, against {right:g}"
    if claim.sign == 0:
        room = abs(right) * NEAR_PERCENT / 100.0 if quantity(claim.key).unit == "price" else NEAR_POINTS
        return _answer(abs(left - right) <= room, reason)
    if abs(claim.sign) == 2:
        return _answer((left - right) * claim.sign >= 0.0, reason)
    return _answer((left - right) * claim.sign > 0.0, reason)


def _difference(claim: Claim, snapshot: Snapshot, facts: Facts) -> Answer:
    """How far one thing is from another, as a number."""
    sides = _sides(claim, snapshot, facts)
    if sides is None or claim.key is None or claim.number is None:
        return _silent(claim)
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
        return _answer(claim.number.matches(abs(truth)) or claim.number.matches(truth), reason)
    return _answer(claim.number.matches(truth, 1 if claim.sign > 0 else -1), reason)


def _gap_unit_fits(unit: str | None, own: str) -> bool:
    return unit is None or unit in UNITS[own] or (unit in ("percentage_points", "points") and own == "percent")


def _sign(claim: Claim, snapshot: Snapshot, facts: Facts) -> Answer:
    truth = reading(claim.key, snapshot, facts)
    if truth is None:
        return _silent(claim)
    return _answer(truth * claim.sign > 0.0, f"{claim.key} is {truth:g}")


def _extreme(claim: Claim, snapshot: Snapshot, facts: Facts) -> Answer:
    own = reading(claim.key, snapshot, facts)
    key = claim.key or ""
    peers = [s.readings[key] for s in facts.snapshots if s.date == snapshot.date and key in s.readings]
    if own is None or len(peers) < 2:
        return _silent(claim)
    most = max(peers) if claim.sign > 0 else min(peers)
    return _answer(own == most, f"{claim.key} is {own:g}, the extreme {most:g}")


def _state(claim: Claim, snapshot: Snapshot, _facts: Facts) -> Answer:
    name, word = claim.word
    found = snapshot.states.get(name)
    if found is None:
        return "unverifiable", f"the facts tell no state of {name}"
    return _answer(found == word, f"{name} is {found}")


def _action(claim: Claim, snapshot: Snapshot, _facts: Facts) -> Answer:
    return _answer(snapshot.action in claim.word, f"the action is {snapshot.action}")


def _order(claim: Claim, snapshot: Snapshot, _facts: Facts) -> Answer:
    return _answer(snapshot.order in claim.word, f"the order is {snapshot.order}")


def _other_action(claim: Claim, snapshot: Snapshot, _facts: Facts) -> Answer:
    other = snapshot.counterfactual
    if other is None:
        return "unverifiable", "the facts tell no other world"
    return _answer(other.action in claim.word, f"there it would {other.action}")


def _other_order(claim: Claim, snapshot: Snapshot, _facts: Facts) -> Answer:
    other, held = snapshot.counterfactual, snapshot.states.get("position")
    if other is None or held is None:
        return "unverifiable", "the facts tell no other world"
    possible = _ORDERS_OF[other.action][held]
    if not set(possible) & set(claim.word):
        return "false", f"there it would {other.action}, which is {' or '.join(possible)}"
    return ("true" if set(possible) <= set(claim.word) else "unverifiable"), f"there it would {other.action}"


_ORDERS_OF: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "buy": {"flat": ("open_long",), "long": ("keep_long",), "short": ("reverse_to_long",)},
    "hold": {"flat": ("stay_flat",), "long": ("keep_long",), "short": ("keep_short",)},
    "sell": {
        "flat": ("stay_flat", "open_short"),
        "long": ("close_long", "reverse_to_short"),
        "short": ("keep_short",),
    },
}
"""By action and position, what it can do to the account; which of two depends on whether shorts are allowed."""


def _counterfactual(claim: Claim, snapshot: Snapshot, _facts: Facts) -> Answer:
    other = snapshot.counterfactual
    if other is None or claim.key is None:
        return "unverifiable", "the facts tell no other world of this quantity"
    if other.key != claim.key:
        return "false", f"the other world is of {other.key}, not {claim.key}"
    told = claim.number
    if told is not None and not (_unit_fits(claim.unit, other.key) and told.matches(other.value)):
        return "false", f"the other world begins at {other.value:g}"
    return _beyond(claim, snapshot, other)


def _beyond(claim: Claim, snapshot: Snapshot, other: Counterfactual) -> Answer:
    present = snapshot.readings.get(other.key)
    if claim.sign and not other.beyond:
        return "false", f"it was tried at {other.value:g}, not beyond"
    if claim.sign and present is not None and (other.value - present) * claim.sign < 0.0:
        return "false", f"the other world lies the other way: {other.value:g} against {present:g}"
    return "true", f"it would {other.action} with {other.key} at {other.value:g}"


def _other_change(claim: Claim, snapshot: Snapshot, _facts: Facts) -> Answer:
    other = snapshot.counterfactual
    present = None if other is None else snapshot.readings.get(other.key)
    if other is None or present is None or claim.number is None:
        return "unverifiable", "the facts tell no other world of this quantity"
    if claim.key is not None and claim.key != other.key:
        return "false", f"the other world is of {other.key}"
    change = other.value - present
    return _answer(claim.number.matches(change, claim.sign), f"{other.key} would differ by {change:g}")


def _unmoved(_claim: Claim, snapshot: Snapshot, _facts: Facts) -> Answer:
    return _answer(snapshot.counterfactual is None, "whether one quantity alone changes the action")


def _driver(claim: Claim, snapshot: Snapshot, _facts: Facts) -> Answer:
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
        return _answer(place <= claim.level, f"{claim.key} is number {place}")
    return "true", f"{claim.key} weighs {weight:+.2f}"


def _no_driver(claim: Claim, snapshot: Snapshot, _facts: Facts) -> Answer:
    found = [driver.key for driver in snapshot.drivers if driver.attribution * claim.sign > 0.0]
    return _answer(not found, f"on that side: {', '.join(found) or 'none'}")


def _attribution(claim: Claim, snapshot: Snapshot, _facts: Facts) -> Answer:
    weights = {driver.key: driver.attribution for driver in snapshot.drivers}
    if claim.key not in weights or claim.number is None:
        return "unverifiable", f"the facts tell no attribution of {claim.key}"
    if claim.unit is not None:
        return "false", "attributions are log-odds"
    truth = weights[claim.key]
    bare = claim.number.matches(abs(truth)) and not claim.number.is_signed and claim.sign * truth >= 0.0
    return _answer(bare or claim.number.matches(truth, claim.sign), f"{claim.key} weighs {truth:+.2f}")


def _formula(claim: Claim, _snapshot: Snapshot, _facts: Facts) -> Answer:
    if claim.level is None:
        return "false", claim.note
    if claim.number is None:
        return "true", f"comes to {claim.level:.6g}"
    written = claim.number
    holds = written.matches(claim.level) or (claim.unit == "percent" and written.matches(100.0 * claim.level))
    return _answer(holds, f"comes to {claim.level:.6g}")


def _calendar(claim: Claim, snapshot: Snapshot, _facts: Facts) -> Answer:
    try:
        day = date.fromisoformat(snapshot.date)
    except ValueError:
        return "unverifiable", "the date is none"
    name, number = claim.word
    return _answer(int(number) == (day.weekday() if name == "weekday" else day.month), f"{snapshot.date}")


_JUDGES: Mapping[str, Callable[[Claim, Snapshot, Facts], Answer]] = {
    "value": _value,
    "change": _change,
    "comparison": _comparison,
    "difference": _difference,
    "sign": _sign,
    "extreme": _extreme,
    "state": _state,
    "action": _action,
    "order": _order,
    "other_action": _other_action,
    "other_order": _other_order,
    "counterfactual": _counterfactual,
    "other_change": _other_change,
    "unmoved": _unmoved,
    "driver": _driver,
    "no_driver": _no_driver,
    "attribution": _attribution,
    "formula": _formula,
    "calendar": _calendar,
}
