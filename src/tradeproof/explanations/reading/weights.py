"""What quantities are named as reasons, and the log-odds that they added."""

from tradeproof.explanations.reading.gaps import DISTANCES, focus_key
from tradeproof.explanations.reading.notes import Notes
from tradeproof.explanations.reading.units import Amount, rough

NEVER_REASONS = ("close", "open", "high", "low", "volume", "entry_price", "stop_price", "take_profit_price", "target")
"""Keys that no policy observes."""


REASONS_OF_STATES = {
    "rsi": "rsi_", "volatility": "volatility_regime_", "bollinger": "bollinger_position_", "macd": "macd_histogram_",
    "volume": "volume_ratio_",
}  # fmt: skip
"""The reading that decides a state, by the beginning of its key."""


def read_weight(notes: Notes, amount: Amount) -> bool:
    """An attribution: log-odds that a quantity added."""
    s = notes.sentence
    i, unit, after = amount.place, amount.unit, amount.after
    if not s.has("log_odds") or unit is not None:
        return False
    later = s.skip(after, 1, ("word", "to", "is", "it"))
    earlier = s.skip(i - 1, -1, ("word", "is", "rough", "by", "direction", "sign"))
    near, before = s.kind(later) == "log_odds", s.kind(earlier) == "log_odds"
    listed = s.items[i].says.is_signed and s.is_mark(i - 1, "(,")
    if not (near or before or listed):
        return False
    left = _driver_before(notes, i)
    key = reason_at(notes, left) if left is not None else (notes.last_reason or notes.last_key)
    sign = next((s.items[at].says for at in range(max(0, i - 3), i) if s.kind(at) in ("direction", "sign")), 0)
    s.used.update(at for at in range(max(0, i - 3), i) if s.kind(at) == "direction")
    notes.add("attribution", i, i, key=key, number=rough(s, i), sign=sign)
    return True


def reason_at(notes: Notes, at: int) -> str | None:
    """What quantity a place names as a reason; empty where it names none that the facts tell."""
    s = notes.sentence
    if at in s.meant:
        return s.meant[at]
    if s.kind(at) == "state":
        return _reason_of_state(notes, at)
    if s.kind(at) != "quantity":
        return None
    key = s.keys[at]
    if s.kind(at + 1) == "state" and s.items[at + 1].says[0] == "macd":
        return None  # a MACD below its signal line: the state names the histogram
    if key is None:
        return None if at in s.levels or s.items[at].says in NEVER_REASONS else "?"
    for prefix in DISTANCES:
        if key.startswith(prefix) and "distance" not in key:
            return f"{DISTANCES[prefix]}{key.removeprefix(prefix)}" if at in s.levels else None
    silent = key in NEVER_REASONS or key.startswith(("probability_", "record_", "universe_"))
    return None if silent or at in s.levels else key


def _reason_of_state(notes: Notes, at: int) -> str | None:
    name = notes.sentence.items[at].says[0]
    if name == "position":
        told = any(driver.key == "position" for s in notes.facts.snapshots for driver in s.drivers)
        return "position" if told and "position" in notes.sentence.words[at] else None
    return focus_key(notes, REASONS_OF_STATES[name]) if name in REASONS_OF_STATES else None


def _driver_before(notes: Notes, i: int) -> int | None:
    s = notes.sentence
    places = [at for at in range(i) if reason_at(notes, at)]
    if places:
        return places[-1]
    return next((at for at in range(i, len(s.items)) if reason_at(notes, at)), None)
