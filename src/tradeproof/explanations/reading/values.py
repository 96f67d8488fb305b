"""Plain numbers: the value of a quantity, in this world or another."""

from tradeproof.explanations.reading.entries import note_value
from tradeproof.explanations.reading.gaps import base_of
from tradeproof.explanations.reading.moves import is_change, note_move, read_unnamed
from tradeproof.explanations.reading.notes import Notes
from tradeproof.explanations.reading.numerals import Numeral
from tradeproof.explanations.reading.sentence import Sentence
from tradeproof.explanations.reading.subjects import direction_near, subject_after, subject_before, touches, touching
from tradeproof.explanations.reading.units import Amount


def read_value(notes: Notes, amount: Amount) -> None:
    """A plain number: the value of a quantity, or its change."""
    s = notes.sentence
    if _read_of_state(notes, amount) or _read_multiple(notes, amount):
        return
    if _is_result(notes, amount) or _read_days_held(notes, amount):
        return
    i, unit = amount.place, amount.unit
    left = _owner(s, amount)
    place, sign = direction_near(s, i, amount.after)
    if place is not None and place < i and unit == "percent" and s.kind(amount.after) == "over":
        left = None
    if left is None:
        read_unnamed(notes, amount, place, sign)
        return
    s.valued.add(left)
    key = s.keys[left]
    if place is not None:
        s.used.add(place)
        if key is not None and is_change(key, s, place):
            note_move(notes, i, key, unit, sign)
            return
    note_value(notes, amount, key, sign, left)


def _sides(s: Sentence, amount: Amount) -> tuple[int | None, int | None]:
    """The quantities before and after a number; one that touches it is the only one."""
    near = touching(s, amount.place)
    return (subject_before(s, amount.place), subject_after(s, amount.after)) if near is None else (near, None)


def _owner(s: Sentence, amount: Amount) -> int | None:
    """The quantity that a number is the value of."""
    left, right = _sides(s, amount)
    if amount.unit == "days" and not _counts_days(s, left):
        return right
    if right is not None and (left is None or left in s.valued or not touches(s, left, amount.place)):
        return right
    return left


def _counts_days(s: Sentence, place: int | None) -> bool:
    return place is not None and (s.keys[place] or "").startswith(("bars_held", "record_bars", "days_since"))


def _read_days_held(notes: Notes, amount: Amount) -> bool:
    """So many days, of nothing that counts days: what is held, unless the text last spoke of days since."""
    if amount.unit != "days":
        return False
    left, right = _sides(notes.sentence, amount)
    if right is not None or _counts_days(notes.sentence, left):
        return False
    last = notes.last_key or ""
    key = last if left is None and last.startswith("days_since") else "bars_held"
    note_value(notes, amount, key, 0)
    return True


def _is_result(notes: Notes, amount: Amount) -> bool:
    """Whether the number only says what the formula right after it comes to."""
    s, i = notes.sentence, amount.place
    if not s.is_mark(amount.after, "(") or touching(s, i) is not None or not _equals(notes, i, amount.after):
        return False
    left = subject_before(s, i)
    return left is None or not touches(s, left, i)


def _read_of_state(notes: Notes, amount: Amount) -> bool:
    """A number right after a state: low volatility of 9.8 %, a long position of 30 %."""
    s = notes.sentence
    if amount.unit != "percent":
        return False
    at = s.skip(amount.place - 1, -1, ("is", "word", "rough"))
    if s.kind(at) == "state" and "volatility" in s.words[at]:
        note_value(notes, amount, "volatility_level", 0)
    elif s.kind(at) in ("state", "order") and "position" in s.words[at]:
        note_value(notes, amount, "position", -1 if "short" in s.words[at] else 1)
    else:
        return False
    return True


def _read_multiple(notes: Notes, amount: Amount) -> bool:
    """So many times an average: volume or volatility against its usual level."""
    s = notes.sentence
    target = s.skip(amount.after, 1, ("it", "word", "is"))
    is_average = s.kind(target) == "quantity" and s.items[target].says.startswith("average_(")
    if amount.unit != "times" or not (is_average or s.kind(target) == "baseline"):
        return False
    s.levels.add(target)
    s.used.add(target)
    key = base_of(notes, amount.place)
    left = subject_before(s, amount.place)
    s.meant[target] = None
    if left is not None and s.items[left].says in ("volume", "volatility_level"):
        s.meant[left] = key
    note_value(notes, amount, key, 0)
    return True


def _equals(notes: Notes, i: int, after: int) -> bool:
    """Whether the number is what the formula right after it comes to."""
    number: Numeral = notes.sentence.items[i].says
    value = next((value for first, value in notes.formulas if first == after), None)
    return value is not None and (number.matches(value) or number.matches(100.0 * value) or number.matches(abs(value)))
