"""Numbers that say how far a quantity rose or fell, and over which window."""

from tradeproof.explanations.reading.entries import note_value
from tradeproof.explanations.reading.notes import Notes
from tradeproof.explanations.reading.sentence import Sentence
from tradeproof.explanations.reading.units import Amount, rough

RETURN_LIKE = (
    "return_",
    "overnight_gap",
    "unrealised_return",
    "record_",
    "universe_return_",
    "average_distance_",
    "high_distance_",
    "low_distance_",
    "bollinger_position",
    "macd",
    "surprise",
    "drawdown",
)
"""Keys whose value a word such as fell or below gives the sign of, instead of a change."""


def is_change(key: str, s: Sentence, place: int) -> bool:
    """Whether a word of direction says how far a quantity moved, not what its sign is."""
    if key.startswith(RETURN_LIKE):
        return False
    return s.kind(place) == "direction"


def note_move(notes: Notes, i: int, key: str, unit: str | None, sign: int) -> None:
    """A quantity rose or fell by a number."""
    s = notes.sentence
    if key == "position":
        notes.add("value", i, i, key="unrealised_return", number=rough(s, i), unit=unit, sign=sign)
    elif notes.is_other_world:
        notes.add("other_change", i, i, key=key, number=rough(s, i), unit=unit, sign=sign)
    elif key == "close" and unit == "percent" and s.reference is None:
        notes.add("value", i, i, key=return_key(notes, i), number=rough(s, i), unit=unit, sign=sign)
    else:
        notes.add("change", i, i, key=key, number=rough(s, i), unit=unit, sign=sign)


def return_key(notes: Notes, i: int) -> str:
    """The return that a move is one of, by the window that the clause names."""
    return f"return_{window_near(notes.sentence, i)}"


def window_near(s: Sentence, i: int) -> int:
    """The window in the clause of a place; one day where it names none."""
    clause = s.clause(i)
    windows = [at for at in clause if s.kind(at) in ("over", "on_day", "today")]
    follower = s.skip(i + 1, 1, ("unit", "word", "direction", "by", "number", "rough"))
    if follower in windows:
        windows = [follower]
    elif any(at < i for at in windows):
        windows = [at for at in windows if at < i]
    if not windows:
        windows = [at for at in s.part(i) if s.kind(at) in ("over", "on_day") and at < i][-1:]
    if not windows:
        return 1
    nearest = min(windows, key=lambda at: (abs(at - i), at))
    return s.items[nearest].windows[0] if s.items[nearest].windows else 1


def read_unnamed(notes: Notes, amount: Amount, place: int | None, sign: int) -> None:
    """A number without a quantity in its sentence."""
    s = notes.sentence
    i, unit, after = amount.place, amount.unit, amount.after
    if place is None and unit == "percent" and s.kind(after) in ("over", "on_day", "today"):
        place = next((at for at in range(i - 1, -1, -1) if s.kind(at) == "direction"), None)
        sign = 0 if place is None else s.items[place].says
    if place is not None and unit == "percent" and not notes.is_other_world:
        s.used.add(place)
        s.meant[place] = return_key(notes, i)
        notes.add("value", i, i, key=s.meant[place], number=rough(s, i), unit=unit, sign=sign)
        return
    if place is not None and notes.last_key is not None:
        s.used.add(place)
        note_move(notes, i, notes.last_key, unit, sign)
        return
    returned = unit == "percent" and s.has("returns") and any(s.kind(at) == "returns" for at in s.part(i))
    if returned and any(s.kind(at) in ("over", "on_day") for at in s.part(i)):
        note_value(notes, amount, return_key(notes, i), sign)
        return
    key = "volume" if unit == "shares" else None
    if key is None and (notes.is_other_world or "it" in s.kinds[:i]):
        key = notes.last_key
    if key is None:
        later = next((at for at in s.keys if at > i and at not in s.valued), None)
        key = s.keys[later] if later is not None and s.is_mark(after, ",") else None
        if key is not None and later is not None:
            s.valued.add(later)
    if key is None:
        notes.unknown(i, i, "the number is of nothing that the facts name")
        return
    note_value(notes, amount, key, 0)
