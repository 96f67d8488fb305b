"""Claims of a text, each checked against the facts: true, false, or nothing that the facts speak of.

Every number, direction, comparison, state, action, order, reason, date and ticker of a text is a claim. A text is read
by words of the field (see lexicon), not by the sentences of any writer.
"""

import re

from tradeproof.explanations.amounts import read_numbers
from tradeproof.explanations.arithmetic import read_formulas
from tradeproof.explanations.assertions import read_drivers, read_mentions, read_words
from tradeproof.explanations.claim import CheckedClaim, CheckedText, Claim
from tradeproof.explanations.facts import Facts
from tradeproof.explanations.items import sentences
from tradeproof.explanations.notes import Notes
from tradeproof.explanations.sentence import keys_by_family, sentence_of
from tradeproof.explanations.verdicts import judge

__all__ = ["CheckedClaim", "CheckedText", "Claim", "check_text", "parse_claims"]


def check_text(text: str, facts: Facts) -> CheckedText:
    """Check every claim of a text."""
    return CheckedText(tuple(judge(claim, facts) for claim in parse_claims(text, facts)))


def parse_claims(text: str, facts: Facts) -> tuple[Claim, ...]:
    """The claims of a text, in their order; the facts give tickers, dates and which quantities there are."""
    keys = keys_by_family(facts)
    ticker, last_key = facts.focus.ticker, None
    claims: list[Claim] = []
    for items in sentences(text, facts):
        if not items:
            continue
        if items[0].kind == "line":
            ticker, last_key = facts.focus.ticker, None
            continue
        sentence = sentence_of(items, text, facts, keys, ticker)
        notes = Notes(text, facts, sentence, last_key, sentence.has("would"))
        _read(notes)
        claims += notes.claims
        ticker = sentence.tickers[-1]
        last_key = next((key for at, key in reversed(sentence.keys.items()) if key and at not in sentence.levels), last_key)
    return tuple(sorted(claims, key=lambda claim: (claim.start, claim.end)))


def _read(notes: Notes) -> None:
    sentence = notes.sentence
    sentence.used |= _silent(notes)
    read_mentions(notes)
    place = next((i for i, x in enumerate(sentence.items) if x.kind == "future" and i not in sentence.used), None)
    if place is not None and not notes.is_other_world:
        notes.unknown(place, place, "it speaks of the future")
    read_formulas(notes)
    read_numbers(notes)
    read_words(notes)
    read_drivers(notes)
    _strangers(notes)


def _silent(notes: Notes) -> set[int]:
    """Places where the text says what it does not know: they claim nothing, values of named quantities excepted."""
    s = notes.sentence
    found: set[int] = set()
    for i, item in enumerate(s.items):
        if item.kind == "honest":
            found.update(s.part(i))
    return {i for i in found if s.kind(i) not in ("number", "date", "ticker")}


def _strangers(notes: Notes) -> None:
    """Capitals that look like the ticker of somebody the facts do not hold."""
    for i, item in enumerate(notes.sentence.items):
        written = notes.text[item.start : item.end]
        if item.kind == "word" and item.says != 0 and re.fullmatch(r"[A-Z]{2,5}", written) and written not in _ACRONYMS:
            notes.unknown(i, i, "the facts hold no such name")


_ACRONYMS = frozenset(("RSI", "MACD", "ATR", "SMA", "PPO", "OK", "US", "AI", "RL"))
