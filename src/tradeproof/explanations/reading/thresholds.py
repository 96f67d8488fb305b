"""Levels that something is above, below or near, as numbers."""

from tradeproof.explanations.reading.entries import beyond_after, is_present
from tradeproof.explanations.reading.notes import Notes
from tradeproof.explanations.reading.subjects import subject_before, subject_of_words
from tradeproof.explanations.reading.units import Amount, unit_at


def read_threshold(notes: Notes, amount: Amount) -> bool:
    """A level that something is above, below or near: RSI below 70."""
    s = notes.sentence
    i, unit, after = amount.place, amount.unit, amount.after
    at = i - 1
    while s.kind(at) in ("word", "level", "it", "rough", "is", "state", "stock", "unit"):
        at -= 1
    if s.kind(at) not in ("compare", "near"):
        return _named_threshold(notes, i)
    left = subject_before(s, at)
    key = s.keys[left] if left is not None else (subject_of_words(notes, i) or notes.last_key)
    s.used.add(at)
    sign = s.items[at].says
    for place in range(at + 1, i):
        s.used.add(place)
    if notes.is_other_world and not is_present(s, at):
        beyond = beyond_after(s, after)
        notes.add("counterfactual", at, i, key=key, number=s.items[i].says, unit=unit, sign=beyond or sign)
        return True
    notes.add("comparison", at, i, key=key, level=s.items[i].says.value, unit=unit, sign=sign, negated=s.is_negated(at))
    return True


def read_range(notes: Notes, amount: Amount) -> bool:
    """A range that something lies in: between 30 and 70."""
    s = notes.sentence
    i, after = amount.place, amount.after
    if s.kind(s.skip(i - 1, -1, ("word",))) != "between" or s.kind(after) != "and" or s.kind(after + 1) != "number":
        return False
    at = s.skip(i - 1, -1, ("word",))
    left = subject_before(s, at)
    key = s.keys[left] if left is not None else (subject_of_words(notes, at) or notes.last_key)
    upper, negated = after + 1, s.is_negated(at)
    s.used.add(upper)
    unit = amount.unit or unit_at(s, upper)[0]
    low, high = sorted((s.items[i].says.value, s.items[upper].says.value))
    if negated:
        notes.unknown(at, upper, "what lies outside of a range is not told")
        return True
    for level, sign in ((low, 2), (high, -2)):
        notes.add("comparison", at, upper, key=key, level=level, unit=unit, sign=sign)
    return True


def _named_threshold(notes: Notes, i: int) -> bool:
    """The overbought level of 70: true where the number is that of the field."""
    s = notes.sentence
    if not s.has("level"):
        return False
    near = range(max(0, i - 4), min(i + 3, len(s.items)))
    level = any(s.kind(at) == "level" for at in near)
    state = next((at for at in near if s.kind(at) == "state" and s.items[at].says[0] == "rsi"), None)
    if not level or state is None:
        return False
    s.used.add(state)
    truth = 70.0 if s.items[state].says[1] == "overbought" else 30.0
    notes.add("formula", i, i, level=truth, number=s.items[i].says)
    return True
