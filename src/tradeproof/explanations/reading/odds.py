"""Probabilities of the actions."""

from tradeproof.explanations.reading.notes import Notes
from tradeproof.explanations.reading.sentence import Sentence
from tradeproof.explanations.reading.units import Amount, rough


def read_odds(notes: Notes, amount: Amount) -> bool:
    """Probabilities: with 61 %, buy (61 %), 61 % for buy."""
    s = notes.sentence
    i, unit, after = amount.place, amount.unit, amount.after
    if unit != "percent" or not s.has("probability", "probabilities", "odds", "action"):
        return False
    at = s.skip(after, 1, ("word", "is", "own", "to"))
    if s.is_mark(at, "("):
        at += 1
    before = s.skip(i - 1, -1, ("word", "is", "rough"))
    if s.is_mark(before, "(:"):
        before = s.skip(before - 1, -1, ("word", "is"))
    spoken = s.has("probability", "probabilities", "odds")
    place = _labelled(s, before, at, spoken)
    if place is None and s.kind(before) == "probability":
        given = s.skip(before - 1, -1, ("word",))
        place = given if s.kind(given) == "action" else None
    if place is None and s.kind(at) == "odds":
        place = next((later for later in s.clause(i) if later > at and s.kind(later) == "action"), None)
    if place is not None:
        s.used.add(place)
        notes.add(
            "value",
            min(i, place),
            max(i, place),
            key=f"probability_{s.items[place].says}",
            number=rough(s, i),
            unit=unit,
        )
        return True
    if s.kind(before) in ("probability", "odds") or s.kind(at) in ("probability", "odds"):
        notes.add("value", i, i, key=f"probability_{_chosen(notes, i)}", number=rough(s, i), unit=unit)
        return True
    return False


def _labelled(s: Sentence, before: int, at: int, spoken: bool) -> int | None:
    """The action that a percentage belongs to."""
    if s.kind(before) == "action" and (
        s.words[before] in ("buy", "hold", "sell", "buying", "holding", "selling") or not spoken
    ):
        return before
    if s.kind(at) == "action":
        return at
    if s.kind(before) == "action":
        return None if s.kind(at) == "probability" else before
    return None


def _chosen(notes: Notes, i: int) -> str:
    s = notes.sentence
    for at in [*range(i - 1, -1, -1), *range(i + 1, len(s.items))]:
        if s.kind(at) == "action":
            return str(s.items[at].says)
    snapshot = notes.facts.of(s.tickers[i], s.dates[i])
    return "" if snapshot is None else snapshot.action
