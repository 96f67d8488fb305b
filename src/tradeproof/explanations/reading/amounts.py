"""Numbers in a sentence: each goes to the first reader that knows what it is about."""

from tradeproof.explanations.reading.counts import read_count, universe_key
from tradeproof.explanations.reading.gaps import read_gap, read_relation
from tradeproof.explanations.reading.notes import Notes
from tradeproof.explanations.reading.numerals import Numeral
from tradeproof.explanations.reading.odds import read_odds
from tradeproof.explanations.reading.pairs import read_pairs
from tradeproof.explanations.reading.sentence import Sentence
from tradeproof.explanations.reading.thresholds import read_range, read_threshold
from tradeproof.explanations.reading.units import Amount, unit_at
from tradeproof.explanations.reading.values import read_value
from tradeproof.explanations.reading.weights import read_weight


def read_numbers(notes: Notes) -> None:
    """Note a claim for every number that none was made of yet."""
    read_pairs(notes)
    s = notes.sentence
    for i, item in enumerate(s.items):
        if item.kind == "number" and i not in s.used:
            s.used.add(i)
            _read(notes, i)
        elif item.kind == "not" and s.words[i] in ("no", "none") and notes.facts.universe:
            _none(notes, i)


def _none(notes: Notes, i: int) -> None:
    """No tickers are this or that."""
    s = notes.sentence
    at = s.skip(i + 1, 1, ("tickers", "word", "is"))
    key = universe_key(s.items[at], s.keys.get(at)) if at < len(s.items) else None
    if key is not None and (s.kind(at) == "quantity" or "tickers" in (s.kind(i + 1), s.kind(at + 1))):
        s.used.add(at)
        s.valued.add(at)
        notes.add("value", i, at, key=key, number=Numeral(0.0, 1.0), unit="count")


def _counts_words(s: Sentence, i: int, unit: str | None, after: int) -> bool:
    """Whether a number counts what the text itself lists: two reasons, three dates."""
    if unit is not None or not s.has("count") or s.items[i].says.step != 1:
        return False
    return s.kind(s.skip(after, 1, ("word", "sign", "compare"))) == "count"


def _read(notes: Notes, i: int) -> None:
    s = notes.sentence
    unit, after = unit_at(s, i)
    if _counts_words(s, i, unit, after):
        return
    amount = Amount(i, unit, after)
    for reader in (read_range, read_count, read_odds, read_relation, read_gap, read_threshold, read_weight):
        if reader(notes, amount):
            return
    read_value(notes, amount)
