"""Words of direction and of sign: what rose, fell, is positive or negative."""

from tradeproof.explanations.reading.decisions import in_other_world
from tradeproof.explanations.reading.moves import window_near
from tradeproof.explanations.reading.notes import Notes
from tradeproof.explanations.reading.subjects import subject_before, subject_of_words
from tradeproof.explanations.reading.words.directions import STRONG

MOVES = ("return_", "unrealised_return", "overnight_gap", "universe_return_", "record_")
"""How keys of returns begin."""


def _subject(notes: Notes, i: int) -> str | None:
    """What a word of direction is about: the quantity next to it, the nearest before, else the stock."""
    s = notes.sentence
    after = s.skip(i + 1, 1, ("word",))
    if s.kind(after) == "quantity" and (s.kind(i - 1) in ("word", "it", "") or s.kind(i - 1) == "and"):
        return s.keys[after] or "?"
    part = s.part(i)
    left = subject_before(s, i)
    stock = next((at for at in range(i - 1, part.start - 1, -1) if s.kind(at) in ("stock", "ticker")), None)
    if left is not None and left >= part.start and (stock is None or left > stock):
        return s.keys[left] or "?"
    if s.has("over", "on_day") or stock is not None:
        return "close"
    if left is not None:
        return s.keys[left] or "?"
    return subject_of_words(notes, i)


def _topic(notes: Notes, i: int) -> str | None:
    """The trend, where the word of direction says how it is."""
    s = notes.sentence
    at = i - 1
    while at >= 0 and s.kind(at) not in ("topic", "quantity", "break", "number"):
        at -= 1
    if s.kind(at) == "topic":
        return "trend"
    return notes.last_topic if at < 0 and s.kind(s.skip(i - 1, -1, ("is", "word"))) == "it" else None


def read_strength(notes: Notes) -> None:
    """Crashed, soared: the return they speak of is a large one."""
    s = notes.sentence
    if not s.has("direction") or notes.is_other_world:
        return
    for i, item in enumerate(s.items):
        if item.kind != "direction" or not s.words[i].startswith(STRONG):
            continue
        key = _subject(notes, i)
        if key == "close":
            key = f"return_{window_near(s, i)}"
        if key is not None and key.startswith(MOVES):
            notes.add("strength", i, i, key=key, sign=item.says, negated=s.is_negated(i))


def read_direction(notes: Notes, i: int) -> None:
    """Rose, fell: the sign of a return, a change, or how the trend is."""
    s = notes.sentence
    if _topic(notes, i):
        notes.add("state", i, i, word=("trend", "up" if s.items[i].says > 0 else "down"), negated=s.is_negated(i))
        return
    if notes.is_other_world and in_other_world(s, i):
        return
    key = _subject(notes, i)
    negated = s.is_negated(i)
    if key is None or key == "?":
        notes.unknown(i, i, "what rose or fell is nothing that the facts name")
    elif key == "close" and s.reference is None:
        notes.add("sign", i, i, key=f"return_{window_near(s, i)}", sign=s.items[i].says, negated=negated)
    elif key.startswith(("return_", "unrealised", "overnight", "universe_return", "record_")) and s.reference is None:
        notes.add("sign", i, i, key=key, sign=s.items[i].says, negated=negated)
    else:
        notes.add("change", i, i, key=key, sign=s.items[i].says, negated=negated)


def read_sign(notes: Notes, i: int) -> None:
    """Positive, negative."""
    s = notes.sentence
    key = _subject(notes, i)
    if key == "close":
        key = f"return_{window_near(s, i)}"
    if key is None or key == "?":
        notes.unknown(i, i, "what is positive or negative is nothing that the facts name")
    else:
        notes.add("sign", i, i, key=key, sign=s.items[i].says, negated=s.is_negated(i))
