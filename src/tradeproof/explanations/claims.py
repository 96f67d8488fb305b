"""Claims of a text, each checked against the facts: true, false, or nothing that the facts speak of.

Every number, direction, comparison, state, action, order, reason, date and ticker of a text is a claim. A text is read
by words of the field (see lexicon), not by the sentences of any writer.
"""

import re

from tradeproof.explanations.amounts import read_numbers, reason_at, unit_at
from tradeproof.explanations.arithmetic import read_formulas
from tradeproof.explanations.assertions import read_drivers, read_mentions, read_words
from tradeproof.explanations.claim import CheckedClaim, CheckedText, Claim
from tradeproof.explanations.facts import Facts
from tradeproof.explanations.items import sentences
from tradeproof.explanations.notes import Notes
from tradeproof.explanations.numerals import Numeral
from tradeproof.explanations.sentence import Sentence, keys_by_family, sentence_of
from tradeproof.explanations.verdicts import judge

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
    sentence.used |= _silent(notes)
    read_mentions(notes)
    ahead = [i for i, x in enumerate(sentence.items) if x.kind == "future" and i not in sentence.used]
    place = next((i for i in ahead if not (sentence.is_negated(i) and "forecast" in sentence.words[i])), None)
    if place is not None and not notes.is_other_world:
        notes.unknown(place, place, "it speaks of the future")
    read_formulas(notes)
    _record(notes)
    read_numbers(notes)
    read_words(notes)
    read_drivers(notes)
    _strangers(notes)


def _last_topic(sentence: Sentence) -> str | None:
    """The trend, where a sentence says nothing after it."""
    named = [x for x in sentence.items if x.kind in ("topic", "quantity", "state")]
    if not named:
        return None
    last = named[-1]
    return "trend" if last.kind == "topic" or (last.kind == "state" and last.says[0] == "trend") else None


def _record(notes: Notes) -> None:
    """What the account and the market did so far in a trend: over 534 days in an uptrend, the account returned 4 %."""
    s = notes.sentence
    trends = [i for i, x in enumerate(s.items) if x.kind == "state" and x.says[0] == "trend"]
    spans = [i for i, x in enumerate(s.items) if x.kind == "over" and x.windows and s.kind(i + 1) == "word"]
    if not trends or not spans or not {"account", "market"} & set(s.words):
        return
    if s.skip(spans[0] + 1, 1, ("word",)) not in trends:
        return
    trend = s.items[s.skip(spans[0] + 1, 1, ("word",))].says[1]
    s.used.update((*trends, spans[0]))
    s.used.update(i for i in range(spans[0]) if s.kind(i) == "direction" and s.words[i + 1] == "markets")
    bars = Numeral(float(s.items[spans[0]].windows[0]), 1.0)
    notes.add("value", spans[0], spans[0], key=f"record_bars_{trend}", number=bars, unit="days")
    for i, item in enumerate(s.items):
        if item.kind == "number" and i > spans[0] and i not in s.used:
            party = next((s.words[at] for at in range(i, -1, -1) if s.words[at] in ("account", "market")), "?")
            key = {"account": f"record_return_{trend}", "market": f"record_market_{trend}"}.get(party)
            s.used.add(i)
            near = [x for x in s.items[max(0, i - 2) : i] if x.kind == "direction"]
            s.used.update(at for at in (i - 1, i - 2) if s.kind(at) == "direction")
            sign = near[0].says if near else 0
            notes.add("value", i, i, key=key, number=item.says, unit=unit_at(s, i)[0], sign=sign)


def _silent(notes: Notes) -> set[int]:
    """Places where the text says what it does not know: they claim nothing, values of named quantities excepted."""
    s = notes.sentence
    found: set[int] = set()
    for i, item in enumerate(s.items):
        if item.kind == "honest":
            part = s.part(i)
            colons = [at for at in part if s.is_mark(at, ":")]
            first = max((at for at in colons if at < i), default=part.start)
            last = min((at for at in colons if at > i), default=part.stop)
            found.update(range(first, last))
    return {i for i in found if s.kind(i) not in ("number", "date", "ticker")}


def _strangers(notes: Notes) -> None:
    """Capitals that look like the ticker of somebody the facts do not hold."""
    for i, item in enumerate(notes.sentence.items):
        written = notes.text[item.start : item.end]
        if item.kind == "word" and item.says != 0 and re.fullmatch(r"[A-Z]{2,5}", written) and written not in _ACRONYMS:
            notes.unknown(i, i, "the facts hold no such name")


_ACRONYMS = frozenset(("RSI", "MACD", "ATR", "SMA", "PPO", "OK", "US", "AI", "RL"))
