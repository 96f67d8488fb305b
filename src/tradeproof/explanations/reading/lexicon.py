"""The words of the field and what each says, as one trie.

Phrases are written in a short form: words apart by blanks, alternatives apart by slashes, `_` for nothing, `#` for a
window, `'s` apart. Hyphens count as blanks. The longest phrase at a place wins.
"""

from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any

from tradeproof.explanations.quantities import FAMILIES
from tradeproof.explanations.reading.words.comparisons import COMPARISONS
from tradeproof.explanations.reading.words.directions import DIRECTIONS
from tradeproof.explanations.reading.words.grammar import GRAMMAR
from tradeproof.explanations.reading.words.indicators import INDICATOR_NAMES
from tradeproof.explanations.reading.words.limits import LIMITS
from tradeproof.explanations.reading.words.measures import MEASURES
from tradeproof.explanations.reading.words.orders import ACTION_WORDS, ORDER_WORDS
from tradeproof.explanations.reading.words.prices import ACCOUNT_NAMES, PRICE_NAMES
from tradeproof.explanations.reading.words.reasons import REASONS
from tradeproof.explanations.reading.words.silence import SILENCE
from tradeproof.explanations.reading.words.states import STATE_WORDS
from tradeproof.explanations.reading.words.times import MOMENTS, TIMES
from tradeproof.explanations.reading.words.totals import TOTAL_NAMES
from tradeproof.explanations.reading.words.worlds import WORLDS

Meaning = tuple[str, Any]
"""What kind of word it is, and what it says."""

PLAIN = (*GRAMMAR, *MEASURES, *DIRECTIONS, *COMPARISONS, *WORLDS, *TIMES, *LIMITS, *REASONS, *SILENCE)
"""Kind, what it says, words; where two say different things of one phrase, the later one holds."""

Trie = dict[str, Any]
END, WINDOW = "", " "
"""Keys of a trie that no word of a text can be: where a phrase ends, and a window in it."""


def spellings(phrase: str) -> Iterator[list[str]]:
    """Every sequence of words that a phrase in short form stands for."""
    slots = [
        [part.replace("_", " ").split() if part != "_" else [] for part in slot.split("/")]
        for slot in phrase.replace("# / #", "# SLASH #").replace("# / #", "# SLASH #").split()
    ]
    for choice in product(*slots):
        yield ["/" if word == "SLASH" else word for part in choice for word in part]


def plant(trie: Trie, phrase: str, meaning: Meaning, keep: bool = False) -> None:
    """Put a phrase into a trie; later ones win, unless the trie's own is to be kept."""
    for words in spellings(phrase):
        node = trie
        for word in words:
            node = node.setdefault(WINDOW if word == "#" else word, {})
        if words and not (keep and END in node):
            node[END] = meaning


@cache
def vocabulary() -> Trie:
    """The trie of all words that do not depend on the facts."""
    trie: Trie = {}
    for kind, says, words in PLAIN:
        plant(trie, words, (kind, says))
    for action, words in ACTION_WORDS.items():
        plant(trie, words, ("action", action))
    _plant_quantities(trie)
    for state, phrases in STATE_WORDS.items():
        for phrase in phrases:
            plant(trie, phrase, ("state", state))
    for orders, phrases in ORDER_WORDS:
        for phrase in phrases:
            plant(trie, phrase, ("order", orders))
    for phrase in MOMENTS:
        plant(trie, phrase, ("moment", None))
    return trie


def _plant_quantities(trie: Trie) -> None:
    for family in FAMILIES:
        for name in (family.label, *family.names):
            if family.pattern.startswith("universe") and " " not in name:
                continue  # "buys" is first of all what a policy does
            plant(trie, _words_of(name), ("quantity", family.pattern))
    for pattern, names in (INDICATOR_NAMES | PRICE_NAMES | ACCOUNT_NAMES | TOTAL_NAMES).items():
        for name in names:
            plant(trie, name, ("quantity", pattern))
            if name[-1].isalpha() and name[-1] != "s":
                plant(trie, f"{name}s", ("quantity", pattern), keep=True)


def _words_of(name: str) -> str:
    """A family's name in short form."""
    plain = name.lower().replace("{n}", "#").replace("'s", " 's").replace("(", " ( ").replace(")", " ) ")
    return plain.replace("-", " ")
