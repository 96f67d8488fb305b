"""Dates, tickers, weekdays, and what the facts cannot tell: claims by being mentioned."""

import re

from tradeproof.explanations.reading.items import Item
from tradeproof.explanations.reading.notes import Notes

UNKNOWN = {
    "news": "the facts speak of nothing like it",
    "strange": "the facts speak of nothing like it",
    "advice": "advice is no fact",
}
"""Why nothing can be said of it, by the kind of the word."""
MENTIONED = ("date", "moment", "ticker", "weekday", "month", "unmoved", *UNKNOWN)


def read_mentions(notes: Notes) -> None:
    """Dates, moments, tickers, weekdays, and what the facts cannot tell."""
    s = notes.sentence
    if not s.has(*MENTIONED):
        return
    for i, item in enumerate(s.items):
        if i not in s.used and item.kind in MENTIONED:
            _mention(notes, i, item)


def _mention(notes: Notes, i: int, item: Item) -> None:
    if item.kind in ("date", "moment"):
        date = item.says if item.kind == "date" else notes.facts.moments.get(item.says or "")
        if date is None:
            notes.unknown(i, i, "the facts know no such moment")
        else:
            notes.add("date", i, i, date=date)
    elif item.kind == "ticker":
        notes.add("ticker", i, i, ticker=item.says)
    elif item.kind in ("weekday", "month") and item.windows == ():
        notes.add("calendar", i, i, word=(item.kind, str(item.says)))
    elif item.kind in UNKNOWN:
        notes.unknown(i, i, UNKNOWN[item.kind])
    elif item.kind == "unmoved":
        notes.add("unmoved", i, i)


def read_strangers(notes: Notes) -> None:
    """Capitals that look like the ticker of somebody the facts do not hold."""
    for i, item in enumerate(notes.sentence.items):
        if item.kind != "word" or item.says == 0:
            continue
        written = notes.text[item.start : item.end]
        if written.isupper() and NAME.fullmatch(written) and written not in ACRONYMS:
            notes.unknown(i, i, "the facts hold no such name")


NAME = re.compile(r"[A-Z]{2,5}")
ACRONYMS = frozenset(("RSI", "MACD", "ATR", "SMA", "PPO", "OK", "US", "AI", "RL"))


def silent_places(notes: Notes) -> set[int]:
    """Places where the text says what it does not know: they claim nothing, values of named quantities excepted."""
    s = notes.sentence
    found: set[int] = set()
    if not s.has("honest"):
        return found
    for i, item in enumerate(s.items):
        if item.kind == "honest":
            part = s.clause(i) if item.says else s.part(i)
            colons = [at for at in part if s.is_mark(at, ":")]
            first = max((at for at in colons if at < i), default=part.start)
            last = min((at for at in colons if at > i), default=part.stop)
            found.update(range(first, last))
    return {i for i in found if s.kind(i) not in ("number", "date", "ticker")}
