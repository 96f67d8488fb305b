"""At a level: the close is at its high, its low or an average, or makes a new high or low."""

from tradeproof.explanations.quantities import quantity
from tradeproof.explanations.reading.gaps import DISTANCES
from tradeproof.explanations.reading.notes import Notes
from tradeproof.explanations.reading.sentence import Sentence
from tradeproof.explanations.reading.subjects import subject_before

ARRIVALS = frozenset((
    "at", "closed at", "closes at", "trades at", "finished at", "ended at", "settled at", "new", "fresh", "made",
    "makes", "set", "sets", "hit", "hits", "reached", "reaches", "marked", "marks", "finished the day at",
    "ended the day at",
))  # fmt: skip
"""What is said before a level that the close is at."""


def read_levels(notes: Notes) -> None:
    """Closed at its 20-day high, made a new 20-day low: the close is there."""
    s = notes.sentence
    for i, key in s.keys.items():
        if key is None or not key.startswith(tuple(DISTANCES)) or "distance" in key or not _arrives(s, i):
            continue
        left = subject_before(s, i)
        subject = s.keys[left] if left is not None else "close"
        if notes.is_other_world or (subject is not None and quantity(subject).unit != "price"):
            notes.unknown(i, i, "what is at the level is no price that the facts tell")
        else:
            notes.add("at_level", i, i, key="close", other=key, negated=s.is_negated(i))
        s.levels.add(i)


def _arrives(s: Sentence, i: int) -> bool:
    """Whether only small words stand between a level and a word of arrival."""
    at = i - 1
    while at >= 0 and s.words[at] not in ARRIVALS and s.kind(at) in ("word", "it", "own"):
        at -= 1
    return at >= 0 and s.words[at] in ARRIVALS
