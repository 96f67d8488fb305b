"""One sentence: its items, what each is about (ticker, date), which are used up, and how to find one's way in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tradeproof.explanations.facts import Facts
from tradeproof.explanations.reading.dates import dates_of, tickers_of
from tradeproof.explanations.reading.items import Item
from tradeproof.explanations.reading.keys import key_of
from tradeproof.explanations.reading.neighbours import told_apart, windows_spread

LIGHT = ("word", "it", "is", "own", "rough", "exactly", "skip", "stock")
"""Kinds that stand between words that belong together."""


class _Kinds(dict[int, str]):
    """Kinds by place, empty beyond the ends; its lookup is what the reading spends most of its time on."""

    def __missing__(self, place: int) -> str:
        return ""


@dataclass
class Sentence:
    """A sentence while it is read.

    Attributes:
        items: In order.
        words: Lower-case text of each.
        keys: Of the quantities, by place; None where the facts have no such quantity.
        tickers: What each item speaks of.
        dates: Likewise.
        reference: A date that the sentence compares with.
        opening: The date that the sentence began with, for what follows its semicolons.
        used: Places that a claim was already made of.
        valued: Places of quantities whose number was found.
        levels: Places of quantities that something is compared with.
        meant: What a quantity means as a reason: "volume at twice its average" is the ratio of the two.
        kinds: Of the items, in order.
        present: The kinds there are.
        kind: Kind of the item at a place; empty beyond the ends.
    """

    items: list[Item]
    words: list[str]
    keys: dict[int, str | None]
    tickers: list[str]
    dates: list[str]
    reference: str | None
    opening: str
    used: set[int] = field(default_factory=set)
    valued: set[int] = field(default_factory=set)
    levels: set[int] = field(default_factory=set)
    meant: dict[int, str | None] = field(default_factory=dict)
    kinds: list[str] = field(init=False)
    present: set[str] = field(init=False)
    kind: Callable[[int], str] = field(init=False)

    def __post_init__(self) -> None:
        self.kinds = [item.kind for item in self.items]
        self.present = set(self.kinds)
        self.kind = _Kinds(enumerate(self.kinds)).__getitem__

    def has(self, *kinds: str) -> bool:
        """Whether any item is of one of the kinds."""
        return not self.present.isdisjoint(kinds)

    def skip(self, i: int, step: int, kinds: Sequence[str] = LIGHT) -> int:
        """The first place from i on, in steps, whose item is of none of the kinds."""
        size, own = len(self.kinds), self.kinds
        while 0 <= i < size and own[i] in kinds:
            i += step
        return i

    def is_mark(self, i: int, marks: str) -> bool:
        """Whether a mark stands at a place."""
        return self.kind(i) == "mark" and self.items[i].says in marks

    def clause(self, i: int) -> range:
        """The places around one up to commas outside of parentheses, and words such as but and while."""
        first = i
        while first > 0 and not self._breaks(first - 1):
            first -= 1
        last = i
        while last + 1 < len(self.items) and not self._breaks(last + 1):
            last += 1
        return range(first, last + 1)

    def part(self, i: int) -> range:
        """The places around one up to words such as but and while."""
        first = i
        while first > 0 and self.kind(first - 1) != "break":
            first -= 1
        last = i
        while last + 1 < len(self.items) and self.kind(last + 1) != "break":
            last += 1
        return range(first, last + 1)

    def _breaks(self, i: int) -> bool:
        return self.kind(i) == "break" or self.is_mark(i, ",:")

    def is_negated(self, i: int) -> bool:
        """Whether a word of denial reaches a place."""
        if "not" not in self.present:
            return False
        for at in range(i - 1, max(i - 8, -1), -1):
            if self.kind(at) == "not":
                return True
            if self._breaks(at) and self.words[i - 1 : i] != ["nor"]:
                return False
            if self.kind(at) in ("number", "state", "action", "order") and self.kind(i - 1) != "and":
                return False
        return False


def sentence_of(
    items: list[Item], text: str, facts: Facts, keys: Mapping[str, Sequence[str]], ticker: str, opening: str
) -> Sentence:
    """A sentence, its quantities resolved and its dates and tickers spread.

    Args:
        items: Of the sentence.
        text: The whole text.
        facts: What may be spoken of.
        keys: See `keys_by_family`.
        ticker: What the text spoke of before.
        opening: The date it spoke of before a semicolon.
    """
    items = windows_spread(told_apart(items, text), text)
    words = [text[item.start : item.end].lower() for item in items]
    found = {i: key_of(item, keys) for i, item in enumerate(items) if item.kind == "quantity"}
    begins = opening if items[0].kind == "semicolon" else facts.focus.date
    dates, reference, opening = dates_of(items, words, facts, begins)
    return Sentence(items, words, found, tickers_of(items, words, ticker), dates, reference, opening)
