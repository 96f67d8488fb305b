"""What a sentence says in words alone: one reader for each kind of word."""

from tradeproof.explanations.reading.comparisons import read_comparison
from tradeproof.explanations.reading.decisions import in_other_world, read_action, read_order
from tradeproof.explanations.reading.movements import read_direction, read_sign
from tradeproof.explanations.reading.notes import Notes
from tradeproof.explanations.reading.numerals import Numeral
from tradeproof.explanations.reading.sameness import read_sameness
from tradeproof.explanations.reading.subjects import sign_of_name, subject_before
from tradeproof.explanations.reading.weights import reason_at

HOLDING = ("held", "holds", "hold", "holding", "kept", "keeps", "open")
"""Words after which a span of days is the age of the position."""


def read_words(notes: Notes) -> None:
    """All else that is said in words."""
    s = notes.sentence
    for at, key in s.keys.items():
        sign = 0 if at in s.valued or at in s.levels or key is None else sign_of_name(s, at)
        if sign and key is not None and not notes.is_other_world and at not in s.used:
            notes.add("sign", at, at, key=key, sign=sign, negated=s.is_negated(at))
    readers = {
        "state": _state,
        "direction": read_direction,
        "sign": read_sign,
        "compare": read_comparison,
        "near": read_comparison,
        "extreme": _extreme,
        "pointer": _pointer,
        "more": _more,
        "omen": _omen,
        "undriven": _undriven,
        "over": _held_for,
        "part": _part,
        "action": read_action,
        "order": read_order,
    }
    for i, item in enumerate(s.items):
        if i not in s.used and item.kind in readers:
            readers[item.kind](notes, i)
    read_sameness(notes)


def _more(notes: Notes, i: int) -> None:
    """More of these than of those."""
    s = notes.sentence
    counts = [at for at, key in s.keys.items() if at > i and (key or "").startswith("universe_")][:2]
    if len(counts) == 2 and "than" in s.words[counts[0] : counts[1]]:
        s.levels.add(counts[1])
        notes.add("comparison", i, counts[1], key=s.keys[counts[0]], other=s.keys[counts[1]], sign=s.items[i].says)


def _state(notes: Notes, i: int) -> None:
    s = notes.sentence
    name, word = s.items[i].says
    before = s.skip(i - 1, -1, ("word",))
    if s.kind(i + 1) == "level" or (s.kind(before) in ("compare", "near") and name == "rsi"):
        _named_level(notes, i, before, word)
        return
    if notes.is_other_world and in_other_world(s, i):
        if name == "position":
            return
        notes.unknown(i, i, "states of another world are not told")
        return
    notes.add("state", i, i, word=(name, word), negated=s.is_negated(i))


def _named_level(notes: Notes, i: int, before: int, word: str) -> None:
    """Above the overbought level: a comparison with 70."""
    s = notes.sentence
    if s.kind(before) not in ("compare", "near"):
        return
    left = subject_before(s, before)
    s.used.add(before)
    key = s.keys[left] if left is not None else notes.last_key
    level = 70.0 if word == "overbought" else 30.0
    notes.add("comparison", before, i, key=key, level=level, sign=s.items[before].says, negated=s.is_negated(before))


def _extreme(notes: Notes, i: int) -> None:
    """The strongest, the lowest: the ticker has the most, or the least, of all that the facts hold."""
    s = notes.sentence
    at = s.skip(i + 1, 1, ("word",))
    if s.kind(at) == "quantity" and s.keys[at] is not None and len({x.ticker for x in notes.facts.snapshots}) > 1:
        notes.add("extreme", i, at, key=s.keys[at], sign=s.items[i].says, negated=s.is_negated(i))
    elif s.kind(at) == "quantity":
        notes.unknown(i, at, "the facts tell nothing to rank it among")


def _pointer(notes: Notes, i: int) -> None:
    """Points up, points down: the readings that are named lie on that side of their middle."""
    s = notes.sentence
    if s.is_negated(i):
        return
    for at in range(len(s.items)):
        key = reason_at(notes, at)
        if key is not None and key.startswith(("return_", "average_distance_", "macd", "bollinger_position_")):
            notes.add("sign", min(i, at), max(i, at), key=key, sign=s.items[i].says)
        elif key is not None and key.startswith("rsi_"):
            notes.add("comparison", min(i, at), max(i, at), key=key, level=50.0, sign=s.items[i].says)


def _omen(notes: Notes, i: int) -> None:
    """None is a sign of weakness: no reading that points anywhere points there."""
    s = notes.sentence
    if s.is_negated(i):
        notes.add("no_omen", i, i, sign=s.items[i].says)


def _held_for(notes: Notes, i: int) -> None:
    """Held for ten days: the age of the position."""
    s = notes.sentence
    held = [at for at in s.clause(i) if at < i and s.words[at] in HOLDING]
    if not s.items[i].windows or not s.words[i].startswith("for ") or not held or notes.is_other_world:
        return
    days = Numeral(float(s.items[i].windows[0]), 1.0)
    notes.add("value", held[-1], i, key="bars_held", number=days, unit="days", negated=s.is_negated(held[-1]))


def _undriven(notes: Notes, i: int) -> None:
    """The facts name no drivers, for the action or against it."""
    notes.add("no_driver", i, i)


def _part(notes: Notes, i: int) -> None:
    """In the upper part of the day's range: the close lies in that half."""
    s = notes.sentence
    notes.add("comparison", i, i, key="close_location", level=50.0, sign=s.items[i].says, negated=s.is_negated(i))
