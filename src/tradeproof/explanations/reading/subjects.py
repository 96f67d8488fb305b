"""What a number or a word is said of: the quantity before it, after it, or the stock itself."""

from tradeproof.explanations.reading.notes import Notes
from tradeproof.explanations.reading.sentence import LIGHT, Sentence
from tradeproof.explanations.reading.units import unit_at

LINKS = ("for", "of", "in", "on", "as")
BRIDGES = frozenset((*LIGHT, "direction", "sign", "to", "by", "near"))
"""Kinds that can stand between a quantity and its number."""


FALLS = ("loss", "fall", "decline", "drop", "decrease", "slide")


RISES = ("gain", "rise", "increase", "advance", "profit")
"""Words that give the sign of the quantity they name."""


def subject_before(s: Sentence, i: int) -> int | None:
    """The nearest quantity before a place that is spoken of, not compared with."""
    at = next((at for at in reversed(s.keys) if at < i and at not in s.levels), None)
    return None if at is None else _head(s, at)


def _head(s: Sentence, at: int) -> int:
    """In "the stop distance for the new position" the distance is spoken of, not the position."""
    before = at - 1
    linked = False
    while before >= 0 and (s.kind(before) in ("word", "it") or s.words[before] == "of"):
        linked = linked or s.words[before] in LINKS
        before -= 1
    return before if linked and s.kind(before) == "quantity" and before not in s.levels else at


def subject_after(s: Sentence, after: int) -> int | None:
    """The quantity that a number is said of: 61.2 for the RSI, a 2.3 % drawdown."""
    at = after
    linked = False
    if s.kind(at) == "instead" and s.kind(at + 1) == "number":
        at = unit_at(s, at + 1)[1]
    while s.kind(at) in ("word", "it", "own") or (s.words[at : at + 1] == ["of"]):
        linked = linked or s.words[at] in LINKS
        at += 1
    if s.kind(at) != "quantity" or (at in s.valued and not linked):
        return None
    follower = s.skip(at + 1, 1, ("is", "word", "rough", "direction", "to"))
    if s.is_mark(follower, "(:"):
        follower += 1
    if s.kind(follower) == "number" and follower != at + 1 and not s.is_mark(at + 1, ","):
        return at if linked else None
    return at


def subject_of_words(notes: Notes, i: int) -> str | None:
    """The close, where the sentence speaks of the stock itself; else what a pronoun stands for."""
    s = notes.sentence
    if not s.has("stock", "ticker", "it"):
        return None
    for at in range(i - 1, -1, -1):
        if s.kind(at) in ("stock", "ticker"):
            return "close"
        if s.kind(at) == "it":
            return notes.last_key or "close"
    return None


def direction_near(s: Sentence, i: int, after: int) -> tuple[int | None, int]:
    """The place of a word of direction next to a number, and its sign."""
    before = s.skip(i - 1, -1, ("word", "by", "rough", "is", "own"))
    if s.kind(before) in ("direction", "sign") and s.kind(i - 1) != "to":
        return before, s.items[before].says
    later = s.skip(after, 1, ("word",))
    if s.kind(later) == "direction" and not s.is_mark(after, ","):
        return later, s.items[later].says
    return None, 0


def touching(s: Sentence, i: int) -> int | None:
    """A quantity right before a number: its average of 12, its average (12)."""
    at = s.skip(i - 1, -1, ("word", "is", "rough", "own"))
    if s.is_mark(at, "(=:,") and (at == i - 1 or s.kind(at + 1) == "is" or s.kind(at + 1) == "rough"):
        at = s.skip(at - 1, -1, ("is",))
    return _head(s, at) if s.kind(at) == "quantity" and not s.is_mark(i - 1, ",") else None


def touches(s: Sentence, left: int, i: int) -> bool:
    """Whether only small words stand between a quantity and its number."""
    return all(s.kind(at) in BRIDGES or s.is_mark(at, "(:=") for at in range(left + 1, i))


def sign_of_name(s: Sentence, at: int) -> int:
    """A loss is negative, a gain positive, a downward gap negative."""
    names = s.words[at].replace("-", " ").split()
    before = s.skip(at - 1, -1, ("word",))
    if s.kind(before) in ("direction", "sign") and before not in s.used and before >= at - 2:
        s.used.add(before)
        return int(s.items[before].says)
    if any(word in FALLS for word in names):
        return -1
    return 1 if any(word in RISES for word in names) else 0
