"""Lists of quantities with as many numbers: X and Y are A and B."""

from tradeproof.explanations.reading.entries import note_value
from tradeproof.explanations.reading.notes import Notes
from tradeproof.explanations.reading.sentence import Sentence
from tradeproof.explanations.reading.units import Amount, unit_at


def read_pairs(notes: Notes) -> None:
    """Pair "X and Y are A and B": as many numbers as quantities, in order."""
    s = notes.sentence
    if len(s.keys) < 2 or not s.has("number"):
        return
    run: list[int] = []
    i = 0
    while i < len(s.items):
        kind = s.kind(i)
        if kind == "quantity":
            run = [*run, i] if run and _listed(s, run[-1], i) else [i]
        elif kind == "number" and len(run) > 1:
            i = _pair(notes, run, i)
            run = []
        elif kind == "number" or not _continues(s, run, i):
            run = []
        i += 1


def _continues(s: Sentence, run: list[int], i: int) -> bool:
    """Whether a place can stand within a list of quantities and before their numbers."""
    small = s.kind(i) in ("and", "it", "own", "respectively", "rough", "is", "by") or s.items[i].says == 0
    return (small and s.kind(i) != "not") or s.is_mark(i, ",:(") or _outnumbers(s, run, i)


def _listed(s: Sentence, left: int, right: int) -> bool:
    """Whether two quantities are parts of one list: X, Y and Z."""
    return any(s.kind(at) == "and" or s.is_mark(at, ",") or _outnumbers(s, [left], at) for at in range(left + 1, right))


def _outnumbers(s: Sentence, run: list[int], i: int) -> bool:
    return s.kind(i) == "compare" and bool(run) and (s.keys[run[-1]] or "").startswith("universe_")


def _pair(notes: Notes, run: list[int], first: int) -> int:
    s = notes.sentence
    numbers = []
    i = first
    while i < len(s.items) and (
        s.kind(i) in ("number", "unit", "and", "to", "respectively", "rough")
        or s.words[i] in ("against", "versus", "at", ",")
    ):
        if s.kind(i) == "number":
            numbers.append(i)
        i += 1
    follows = (s.kind(i) == "quantity" and s.kind(i - 1) != "and") or s.kind(i) in ("compare", "direction")
    if len(numbers) != len(run) or follows:
        return first
    shared = unit_at(s, numbers[-1])[0]
    for place, number in zip(run, numbers, strict=True):
        s.used.add(number)
        s.valued.add(place)
        unit, after = unit_at(s, number)
        note_value(notes, Amount(number, unit or shared, after), s.keys[place], 0)
    return numbers[-1]
