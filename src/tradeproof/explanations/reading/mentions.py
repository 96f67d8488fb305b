"""Dates, tickers, weekdays, and what the facts cannot tell: claims by being mentioned."""

import re

from tradeproof.explanations.reading.notes import Notes


def read_mentions(notes: Notes) -> None:
    """Dates, moments, tickers, weekdays, and what the facts cannot tell."""
    s = notes.sentence
    for i, item in enumerate(s.items):
        if i in s.used:
            continue
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
        elif item.kind in ("news", "strange"):
            notes.unknown(i, i, "the facts speak of nothing like it")
        elif item.kind == "advice":
            notes.unknown(i, i, "advice is no fact")
        elif item.kind == "unmoved":
            notes.add("unmoved", i, i)


def read_strangers(notes: Notes) -> None:
    """Capitals that look like the ticker of somebody the facts do not hold."""
    for i, item in enumerate(notes.sentence.items):
        written = notes.text[item.start : item.end]
        if item.kind == "word" and item.says != 0 and re.fullmatch(r"[A-Z]{2,5}", written) and written not in ACRONYMS:
            notes.unknown(i, i, "the facts hold no such name")


ACRONYMS = frozenset(("RSI", "MACD", "ATR", "SMA", "PPO", "OK", "US", "AI", "RL"))


def silent_places(notes: Notes) -> set[int]:
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
