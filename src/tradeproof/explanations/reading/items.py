"""A text as a row of items: words of the field with what they say, numbers, dates, tickers; and its sentences."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from tradeproof.explanations.facts import Facts
from tradeproof.explanations.reading.lexicon import END, WINDOW, Trie, plant, vocabulary
from tradeproof.explanations.reading.numerals import FACTORS, MULTIPLES, WRITTEN, Numeral, numeral
from tradeproof.explanations.reading.tokens import RANGE_DASH, TYPOGRAPHY, Token, iso_of, pattern_of, tokens_of

DEEPEST = 16
"""Words in a phrase."""
OF_FACTORS = ("its", "the", "their", "that", "as", "usual", "normal", "average")
"""What follows a word such as twice where it is a number."""
LONGEST = 120
"""Items in a sentence; what goes on longer is read in pieces, so that the time stays linear in the text."""


class Item(NamedTuple):
    """One word of the field, number, date, ticker, mark or other word.

    Attributes:
        kind: number, date, ticker, mark, word, line, or a kind of the lexicon.
        says: What it says, by its kind.
        start: First character.
        end: One past the last.
        windows: Numbers in the name of a quantity.
    """

    kind: str
    says: Any
    start: int
    end: int
    windows: tuple[int, ...] = ()


@dataclass(frozen=True)
class Vocabulary:
    """What to look for in texts about some facts."""

    pattern: re.Pattern[str]
    moments: Trie


def vocabulary_of(facts: Facts) -> Vocabulary:
    """The vocabulary of facts; kept, since many facts share one."""
    return _vocabulary(tuple(sorted({s.ticker for s in facts.snapshots})), tuple(facts.moments))


@lru_cache(maxsize=4096)
def _vocabulary(tickers: tuple[str, ...], moments: tuple[str, ...]) -> Vocabulary:
    names = "|".join(re.escape(name) for name in sorted(tickers, key=len, reverse=True))
    trie: Trie = {}
    for moment in moments:
        plant(trie, moment.lower().replace("-", " ").replace("_", " ").replace("'s", " 's"), ("moment", moment))
    return Vocabulary(pattern_of(names), trie)


def sentences(text: str, facts: Facts) -> list[list[Item]]:
    """The items of a text, sentence by sentence; an empty one stands for a new line."""
    known = vocabulary_of(facts)
    plain = RANGE_DASH.sub(lambda m: m.group().replace("\N{EN DASH}", "-"), text.translate(TYPOGRAPHY)).replace(
        "\N{EN DASH}", ","
    )
    found: list[list[Item]] = [[]]
    for item in _items(tokens_of(plain, known.pattern), known.moments):
        if item.kind == "line":
            found += [[], []]
        elif item.kind == "mark" and item.says in ".!?;":
            found.append([Item("semicolon", ";", item.start, item.end)] if item.says == ";" else [])
        else:
            if len(found[-1]) >= LONGEST:
                found.append([])
            found[-1].append(item)
    return found


def _items(tokens: list[Token], moments: Trie) -> list[Item]:
    found: list[Item] = []
    general = vocabulary()
    i = 0
    while i < len(tokens):
        token = tokens[i]
        if token.kind in ("word", "number", "own", "mark"):
            hit = (_longest(tokens, i, moments) if moments else None) or _longest(tokens, i, general)
            if hit is not None:
                length, (kind, says), windows = hit
                found.append(Item(kind, says, token.start, tokens[i + length - 1].end, windows))
                i += length
                continue
        item, length = _single(tokens, i)
        found.append(item)
        i += length
    return found


def _longest(tokens: list[Token], i: int, trie: Trie) -> tuple[int, tuple[str, Any], tuple[int, ...]] | None:
    best = None
    windows: list[int] = []
    node = trie
    for at, token in enumerate(tokens[i : i + DEEPEST], start=i):
        child = node.get(token.word)
        if child is None and WINDOW in node:
            window = _window(token)
            child = None if window is None else node[WINDOW]
            if window is not None:
                windows.append(window)
        if child is None:
            break
        node = child
        if END in node:
            best = (at - i + 1, node[END], tuple(windows))
    return best


def _window(token: Token) -> int | None:
    if token.kind == "number":
        plain = token.word.replace(",", "")
        return int(plain) if plain.isdigit() and len(plain) < 6 else None
    value = WRITTEN.get(token.word)
    return value or None


def _single(tokens: list[Token], i: int) -> tuple[Item, int]:
    """One token that no phrase begins with."""
    token = tokens[i]
    if token.kind == "number":
        return _number(tokens, i, numeral(token.word))
    if token.word in FACTORS and i + 1 < len(tokens) and tokens[i + 1].word in OF_FACTORS:
        return _number(tokens, i, numeral(token.word))
    if token.word in WRITTEN:
        follower = tokens[i + 1].word if i + 1 < len(tokens) else ""
        if token.word != "one" or follower in ("ticker", "stock", "day", "point", "name", "per"):
            return _number(tokens, i, numeral(token.word))
    if token.kind in ("iso", "long"):
        return Item("date", token.word if token.kind == "iso" else iso_of(token.word), token.start, token.end), 1
    return Item(token.kind, token.word, token.start, token.end), 1


def _number(tokens: list[Token], i: int, number: Numeral) -> tuple[Item, int]:
    times = MULTIPLES.get(tokens[i + 1].word) if i + 1 < len(tokens) else None
    if times is None:
        return Item("number", number, tokens[i].start, tokens[i].end), 1
    number = Numeral(number.value * times, number.step * times, number.is_signed)
    return Item("number", number, tokens[i].start, tokens[i + 1].end), 2
