"""One sentence: its items, what each is about (ticker, date), which are used up, and how to find one's way in it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache

from tradeproof.explanations.facts import Facts
from tradeproof.explanations.items import Item
from tradeproof.explanations.quantities import is_quantity, quantity

LEVELS = ("average_", "high_", "low_")
ATR = r"atr_percent_(\d+)"

LIGHT = ("word", "it", "is", "own", "rough", "exactly", "skip", "stock")
"""Kinds that stand between words that belong together."""

REFERENCES = ("since", "than", "from", "with", "versus", "vs", "against", "after", "to")
"""Words before a date that is compared with, not spoken of."""


def keys_by_family(facts: Facts) -> dict[str, list[str]]:
    """All keys that facts speak of, by the pattern of their family."""
    found: dict[str, dict[str, None]] = {}
    for snapshot in facts.snapshots:
        _add(found, snapshot.readings)
        _add(found, (driver.key for driver in snapshot.drivers))
        _add(found, [snapshot.counterfactual.key] if snapshot.counterfactual else [])
    _add(found, facts.universe)
    return {pattern: list(keys) for pattern, keys in found.items()}


def _add(found: dict[str, dict[str, None]], keys: Iterable[str]) -> None:
    for key in keys:
        pattern = family_of(key)
        if pattern is not None:
            found.setdefault(pattern, {})[key] = None


@lru_cache(maxsize=4096)
def family_of(key: str) -> str | None:
    """The pattern of a key's family; None where it names no quantity."""
    return quantity(key).family.pattern if is_quantity(key) else None


def resolve(pattern: str, windows: tuple[int, ...], keys: Mapping[str, Sequence[str]]) -> str | None:
    """The one key that a name can mean; None where the facts hold none, or several."""
    fitting = [key for key in keys.get(pattern, ()) if not windows or _numbers_of(key)[: len(windows)] == windows]
    return fitting[0] if len(fitting) == 1 else None


@cache
def _numbers_of(key: str) -> tuple[int, ...]:
    return tuple(int(n) for n in re.findall(r"\d+", key))


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

    def __post_init__(self) -> None:
        self.kinds = [item.kind for item in self.items]
        self.present = set(self.kinds)

    def kind(self, i: int) -> str:
        """Kind of the item at a place; empty beyond the ends."""
        return self.kinds[i] if 0 <= i < len(self.kinds) else ""

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
    items = _windows_spread(_told_apart(items, text), text)
    words = [text[item.start : item.end].lower() for item in items]
    found = {i: _key_of(item, keys) for i, item in enumerate(items) if item.kind == "quantity"}
    begins = opening if items[0].kind == "semicolon" else facts.focus.date
    dates, reference, opening = _dates(items, words, facts, begins)
    return Sentence(items, words, found, _tickers(items, words, ticker), dates, reference, opening)


def _is_than(items: list[Item], i: int) -> bool:
    return i + 1 < len(items) and items[i + 1].says == "than"


def _key_of(item: Item, keys: Mapping[str, Sequence[str]]) -> str | None:
    """The key of a quantity; a level counts as known where the distance to it is."""
    key = resolve(item.says, item.windows, keys)
    prefix = item.says.removesuffix(r"(\d+)")
    if key is None and item.windows and prefix in LEVELS:
        distance = resolve(rf"{prefix}distance_(\d+)", item.windows, keys)
        return None if distance is None else f"{prefix}{item.windows[0]}"
    return key


def _told_apart(items: list[Item], text: str) -> list[Item]:
    """Settle what a word is by its neighbours: ATR after a number is a unit, "and below 70" a comparison."""
    found = []
    for i, item in enumerate(items):
        follower = items[i + 1].kind if i + 1 < len(items) else ""
        if (
            item.says == ATR
            and not item.windows
            and i
            and items[i - 1].kind == "number"
            and text[items[i - 1].end] == " "
        ):
            item = replace(item, kind="unit", says="atr")
        elif (
            item.kind == "moment"
            and item.says is None
            and item.windows
            and i
            and items[i - 1].kind in ("is", "word", "compare")
        ):
            before = text[items[i - 1].start : items[i - 1].end].lower()
            item = replace(item, kind="over") if before.endswith(("with", "than", "since", "from")) else item
        elif item.kind == "beyond" and (follower in ("number", "quantity") or _is_than(items, i)):
            item = replace(item, kind="compare")
        found.append(item)
    return found


def _windows_spread(items: list[Item], text: str) -> list[Item]:
    """Make quantities of the numbers in such as "the 5-, 20- and 60-day returns"."""
    result: list[Item] = []
    wanted: Item | None = None  # the quantity whose family the numbers before it share
    joined = False
    for i in range(len(items) - 1, -1, -1):
        item = items[i]
        if wanted is not None and joined and item.kind == "number" and _is_window(item, text):
            while (result and result[-1].kind in ("unit",)) or (result and result[-1].says == "-"):
                result.pop()
            item = replace(wanted, start=item.start, end=item.end, windows=(int(item.says.value),))
            joined = False
        elif item.kind == "quantity":
            wanted, joined = (item, False) if item.windows else (None, False)
        elif item.kind == "and" or (item.kind == "mark" and item.says in ",/-"):
            joined = True
        elif item.kind not in ("unit", "to", "word"):
            wanted = None
        result.append(item)
    return result[::-1]


def _is_window(item: Item, text: str) -> bool:
    """Whether a number is the window of a name that follows later: a whole one with a hyphen."""
    number = item.says
    whole = not number.is_signed and number.value == int(number.value) and 0 < number.value < 1000
    return whole and text[item.end : item.end + 1] in ("-", "\u2010", "\u2011")


def _tickers(items: list[Item], words: list[str], ticker: str) -> list[str]:
    named = [item.says for item in items if item.kind == "ticker"]
    current = named[0] if named else ticker
    spread = []
    for item in items:
        current = item.says if item.kind == "ticker" else current
        spread.append(current)
    for i, item in enumerate(items):
        at = i + 1 + (i + 1 < len(items) and items[i + 1].kind == "unit")
        if (
            item.kind == "number"
            and at + 1 < len(items)
            and items[at + 1].kind == "ticker"
            and words[at] in ("for", "in", "of")
        ):
            spread[i] = items[at + 1].says
    return spread


def _dates(items: list[Item], words: list[str], facts: Facts, begins: str) -> tuple[list[str], str | None, str]:
    """What date each item speaks of, and the one that is compared with."""
    focus = facts.focus.date
    dates: list[str] = [begins] * len(items)
    reference = None
    opening = begins
    spoken = False
    first = 0
    for i, item in enumerate(items):
        if item.kind in ("break",) or (item.kind == "mark" and item.says == ","):
            first = i + 1
        if item.kind in ("moment", "date", "today"):
            date = _date_of(item, facts)
            if item.kind != "today" and _is_reference(items, words, i) and (date or "") != focus:
                reference = date or "?"
                _mark_from(items, dates, i, reference)
                continue
            place = date or "?"
            if not spoken:
                opening = place
            dates[first if spoken else 0 : i + 1] = [place] * (i + 1 - (first if spoken else 0))
            if not spoken:
                first = 0
            rest = place if not spoken or _leads(items, first, i) else opening
            dates[i + 1 :] = [rest] * (len(items) - i - 1)
        spoken = spoken or item.kind in ("number", "state", "action", "order", "direction", "quantity")
    return dates, reference, opening


def _leads(items: list[Item], first: int, i: int) -> bool:
    """Whether nothing was said in the clause before the date."""
    return not any(item.kind in ("number", "state", "action", "order", "direction") for item in items[first:i])


def _mark_from(items: list[Item], dates: list[str], i: int, date: str) -> None:
    """In "from 55.1 yesterday" the number is of that date; a "since yesterday" marks nothing."""
    at = i - 1 - (i > 0 and items[i - 1].kind == "unit")
    if at >= 0 and items[at].kind == "number":
        dates[at] = date


def _date_of(item: Item, facts: Facts) -> str | None:
    if item.kind == "today":
        return facts.focus.date
    if item.kind == "date":
        return str(item.says)
    return facts.moments.get(item.says) if item.says is not None else None


def _is_reference(items: list[Item], words: list[str], i: int) -> bool:
    at = i - 1
    while at >= 0 and words[at] in ("the", "its", "that", "of", "on", "level", "value", "a"):
        at -= 1
    if at >= 0 and words[at] == "to":
        return False
    if at >= 0 and items[at].kind == "unit":
        at -= 1
    if at > 0 and items[at].kind == "number" and words[at - 1] == "from":
        return True
    return at >= 0 and (words[at] in REFERENCES or words[at].endswith(" than"))
