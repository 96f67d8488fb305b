"""Claims of a text, each checked against the facts: true, false, or nothing that the facts speak of.

Every number, direction, comparison, state, action, order, reason, date and ticker of a text is a claim, and so is every
clause that asserts something else. A text is read
by words of the field (see reading/lexicon.py), not by the sentences of any writer.
"""

from tradeproof.explanations.facts import Facts
from tradeproof.explanations.reading.amounts import read_numbers
from tradeproof.explanations.reading.arithmetic import read_formulas
from tradeproof.explanations.reading.assertions import read_words
from tradeproof.explanations.reading.claim import CheckedClaim, CheckedText, Claim
from tradeproof.explanations.reading.drivers import read_drivers
from tradeproof.explanations.reading.items import sentences
from tradeproof.explanations.reading.keys import keys_by_family
from tradeproof.explanations.reading.levels import read_levels
from tradeproof.explanations.reading.mentions import read_mentions, read_strangers, silent_places
from tradeproof.explanations.reading.movements import read_strength
from tradeproof.explanations.reading.notes import Notes
from tradeproof.explanations.reading.record import read_record
from tradeproof.explanations.reading.sentence import Sentence, sentence_of
from tradeproof.explanations.reading.statements import read_statements
from tradeproof.explanations.reading.verdicts import judge
from tradeproof.explanations.reading.weights import reason_at

__all__ = ["CheckedClaim", "CheckedText", "Claim", "check_text", "parse_claims"]


def check_text(text: str, facts: Facts) -> CheckedText:
    """Check every claim of a text."""
    return CheckedText(tuple(judge(claim, facts) for claim in parse_claims(text, facts)))


def parse_claims(text: str, facts: Facts) -> tuple[Claim, ...]:
    """The claims of a text, in their order; the facts give tickers, dates and which quantities there are."""
    keys = keys_by_family(facts)
    ticker, last_key, last_topic = facts.focus.ticker, None, None
    opening, last_reason = facts.focus.date, None
    claims: list[Claim] = []
    for items in sentences(text, facts):
        if not items:
            continue
        if items[0].kind == "line":
            ticker, last_key = facts.focus.ticker, None
            continue
        sentence = sentence_of(items, text, facts, keys, ticker, opening)
        opening = sentence.opening
        notes = Notes(text, facts, sentence, last_key, sentence.has("would"), last_topic, last_reason)
        _read(notes)
        last_topic = _last_topic(sentence)
        last_reason = next((key for at in range(len(items) - 1, -1, -1) if (key := reason_at(notes, at))), None)
        claims += notes.claims
        ticker = sentence.tickers[-1]
        last_key = next(
            (key for at, key in reversed(sentence.keys.items()) if key and at not in sentence.levels), last_key
        )
    return tuple(sorted(claims, key=lambda claim: (claim.start, claim.end)))


def _read(notes: Notes) -> None:
    sentence = notes.sentence
    sentence.used |= silent_places(notes)
    read_mentions(notes)
    ahead = [i for i, x in enumerate(sentence.items) if x.kind == "future" and i not in sentence.used]
    place = next((i for i in ahead if not (sentence.is_negated(i) and "forecast" in sentence.words[i])), None)
    if place is not None and not notes.is_other_world:
        notes.unknown(place, place, "it speaks of the future")
    read_formulas(notes)
    read_record(notes)
    read_strength(notes)
    read_levels(notes)
    read_numbers(notes)
    read_words(notes)
    read_drivers(notes)
    read_strangers(notes)
    read_statements(notes)


def _last_topic(sentence: Sentence) -> str | None:
    """The trend, where a sentence says nothing after it."""
    named = [x for x in sentence.items if x.kind in ("topic", "quantity", "state")]
    if not named:
        return None
    last = named[-1]
    return "trend" if last.kind == "topic" or (last.kind == "state" and last.says[0] == "trend") else None
