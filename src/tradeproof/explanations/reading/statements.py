"""Clauses that assert something which nothing else was read of: they are statements that the facts cannot judge."""

from collections.abc import Iterator
from itertools import pairwise

from tradeproof.explanations.reading.notes import Notes
from tradeproof.explanations.reading.sentence import Sentence
from tradeproof.explanations.reading.words.silence import GREETINGS, LEADS, OPENERS, PARTS_OF_FACTS, VERBS

MENTIONS = ("date", "ticker")
"""Kinds of claims that a sentence makes by naming something, without saying anything of it."""
PREDICATES = ("direction", "compare", "action", "order", "driver", "would", "future", "scope")
"""Kinds of the lexicon that are verbs, or stand for one."""
SHORTEST = 2
"""Words of a clause that can say something; an opening clause of so few, such as "that said", leads on to the next."""
FULL = 2
"""Words that nothing is known of, from which on what follows a claim in its clause says something of its own."""
LONGEST_LABEL = 8
"""Items of what stands before a colon and names what follows."""
EMPTY = ("it", "is", "mark", "semicolon", "and", "break", "by", "to", "moment", *MENTIONS)
"""Kinds that say nothing by themselves."""
NOTE = "nothing in the facts can be compared with it"


def read_statements(notes: Notes) -> None:
    """Note a statement for each clause that asserts something and of which no claim was read."""
    s = notes.sentence
    told = [(c.start, c.end) for c in notes.claims if c.kind not in MENTIONS]
    if _is_question(notes):
        return
    pieces = list(_pieces(s))
    honest = False
    for piece in pieces:
        if any(s.kind(at) == "honest" for at in piece):
            honest = True
        elif not _is_told(s, piece, told) and not _hangs(s, piece, honest) and not _is_scope(s, piece):
            alone = len(pieces) == 1 or not told
            if _asserts(notes, piece, alone and not honest):
                notes.add("statement", piece[0], piece[-1], note=NOTE)
                told.append((s.items[piece[0]].start, s.items[piece[-1]].end))
        elif not any(s.kind(at) in ("honest", "scope") for at in piece) and (rest := _untold_predicate(s, piece, told)):
            notes.add("statement", rest[0], rest[-1], note=NOTE)


def _pieces(s: Sentence) -> Iterator[range]:
    """Parts between commas, colons and joining words; one without a verb goes with the part before it."""
    first, verbs = _after_label(s), False
    bounds = [first - 1, *(i for i in range(first, len(s.items)) if _parts(s, i)), len(s.items)]
    for start, stop in pairwise(bounds):
        found = _has_verb(s, range(start + 1, stop))
        if start > first and (found or (verbs and s.kind(start) == "break")):
            yield range(first, start)
            first = start + 1
        verbs = verbs or found
    if first < len(s.items):
        yield range(first, len(s.items))


def _after_label(s: Sentence) -> int:
    """The place after the marks and the label that a sentence begins with: after "- Against:"."""
    first = s.skip(0, 1, ("mark", "semicolon"))
    colon = next((i for i in range(first, min(first + LONGEST_LABEL, len(s.items))) if s.is_mark(i, ":")), None)
    if colon is None or colon + 1 >= len(s.items):
        return first
    is_label = s.words[first] in OPENERS or not any(_is_verb(s, at) for at in range(first, colon))
    return s.skip(colon + 1, 1, ("mark",)) if is_label else first


def _parts(s: Sentence, i: int) -> bool:
    """Whether a place parts two clauses; the so of "decided so" does not."""
    if s.words[i] == "so" and i and _is_verb(s, i - 1):
        return False
    return s.kind(i) in ("break", "semicolon", "and") or s.is_mark(i, ",:")


def _has_verb(s: Sentence, piece: range) -> bool:
    return any(
        s.kind(at) in PREDICATES or (s.kind(at) == "honest" and s.items[at].says == 0) or _is_verb(s, at)
        for at in piece
    )


def _is_verb(s: Sentence, at: int) -> bool:
    word = s.words[at]
    if word in VERBS or (at and s.is_mark(at - 1, ",") and s.kind(at) == "word" and word.endswith("ing")):
        return True
    return s.kind(at) == "word" and not _is_small(s, at) and word.endswith("ed") and at > 0


def _is_small(s: Sentence, at: int) -> bool:
    """Whether a word only holds a sentence together."""
    return s.kind(at) == "word" and isinstance(s.items[at].says, int)


def _is_told(s: Sentence, piece: range, told: list[tuple[int, int]]) -> bool:
    first, last = s.items[piece[0]].start, s.items[piece[-1]].end
    return any(start < last and end > first for start, end in told)


def _untold_predicate(s: Sentence, piece: range, told: list[tuple[int, int]]) -> range | None:
    """What a clause says after the last of its claims: its verb, and words that nothing was read of."""
    verb = next((at for at in piece if s.words[at] in VERBS and at > piece[0]), None)
    if verb is None or not _is_told(s, piece, told) or s.has("would", "unmoved"):
        return None
    rest = range(verb, piece.stop)
    ends = max(end for _, end in told)
    if ends > s.items[verb].start or any(at in s.used for at in rest):
        return None
    strange = sum(s.kind(at) == "word" and not _is_small(s, at) and len(s.words[at]) > 2 for at in rest[1:])
    return rest if strange >= FULL else None


def _hangs(s: Sentence, piece: range, honest: bool) -> bool:
    """Whether a clause opens with a word that hangs it on the one before, or only leads on to the one after."""
    if honest and any(s.words[at] in LEADS for at in piece[:2]):
        return True
    if piece.stop >= len(s.items):
        return False
    if s.words[piece[0]] in OPENERS or not _has_verb(s, piece):
        return True
    return s.words[piece.start : piece.stop] == ["that", "said"]


def _is_scope(s: Sentence, piece: range) -> bool:
    """Whether a clause only says what the facts cover."""
    if not any(s.kind(at) == "scope" for at in piece):
        return False
    return all(s.kind(at) != "word" or s.items[at].says == 0 or s.words[at] in PARTS_OF_FACTS for at in piece)


def _asserts(notes: Notes, piece: range, alone: bool) -> bool:
    """Whether a clause says something: it has a verb, or is a whole sentence that is no heading."""
    s = notes.sentence
    if s.words[piece[0]] in GREETINGS:
        return False
    content = sum(len(s.words[at]) > 1 and s.kind(at) not in EMPTY and not _is_small(s, at) for at in piece)
    if s.is_mark(_last(s), ":") and not any(_is_verb(s, at) for at in piece):
        return False
    if _has_verb(s, piece):
        return content > 0
    return content > 1 and ((alone and not _is_heading(notes)) or s.kind(piece[0] - 1) == "break")


def _last(s: Sentence) -> int:
    """The last place that is no star of a bold label."""
    last = len(s.items) - 1
    while s.is_mark(last, "*"):
        last -= 1
    return last


def _is_heading(notes: Notes) -> bool:
    """Whether a sentence is a label: it ends with a colon or with its line, not with a full stop."""
    s = notes.sentence
    rest = notes.text[s.items[-1].end :].lstrip(" *_#\t)\"'")
    return s.is_mark(_last(s), ":") or not rest.startswith((".", "!", ";"))


def _is_question(notes: Notes) -> bool:
    return notes.text[notes.sentence.items[-1].end :].lstrip(" *\"')").startswith("?")
