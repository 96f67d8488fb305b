"""Actions and orders, of this world and of the other one."""

from tradeproof.explanations.reading.notes import Notes
from tradeproof.explanations.reading.sentence import Sentence


def in_other_world(s: Sentence, i: int) -> bool:
    """Whether a word stands under the would of its sentence, not beside it."""
    for at in range(i - 1, -1, -1):
        if s.kind(at) == "would":
            return True
        if s.kind(at) == "instead" or s.kind(at) == "break":
            return False
    return False


def read_action(notes: Notes, i: int) -> None:
    """A word of action, where it is the decision and not the holding of something."""
    s = notes.sentence
    other_world = notes.is_other_world and in_other_world(s, i)
    if s.words[i] in ("held", "holding", "holds") and not other_world and not _is_decided(s, i):
        return
    if s.kind(s.skip(i + 1, 1, ("word",))) in ("probability", "probabilities"):
        return
    kind = "other_action" if other_world else "action"
    notes.add(kind, i, i, word=(s.items[i].says,), negated=s.is_negated(i))


def _is_decided(s: Sentence, i: int) -> bool:
    """Whether a form of hold is the action, not the holding of something."""
    at = s.skip(i + 1, 1, ("word", "it", "not"))
    before = s.skip(i - 1, -1, ("word", "it", "stock"))
    if s.words[i] in ("holds", "held") and (s.kind(before) in ("state", "order") or s.keys.get(before) == "position"):
        return False
    return not (s.kind(at) in ("state", "number", "quantity", "tickers") and s.words[i] == "held")


def read_order(notes: Notes, i: int) -> None:
    """What the decision does to the account; two orders can be one."""
    s = notes.sentence
    later = s.skip(i + 1, 1, ("and", "word", "it"))
    if s.kind(later) == "order" and s.kind(i + 1) == "and":
        turned = TURNS.get((s.items[i].says, s.items[later].says))
        if turned is not None and not notes.is_other_world:
            s.used.add(later)
            notes.add("order", i, later, word=turned, negated=s.is_negated(i))
            return
    kind = "other_order" if notes.is_other_world and in_other_world(s, i) else "order"
    notes.add(kind, i, i, word=s.items[i].says, negated=s.is_negated(i))


TURNS = {
    (("close_long",), ("open_short",)): ("reverse_to_short",),
    (("close_short",), ("open_long",)): ("reverse_to_long",),
}
"""Two orders that are one."""
