"""What is as it was: the state, the action or the value of a sentence holds at an earlier moment too."""

from dataclasses import replace

from tradeproof.explanations.reading.notes import Notes

SHARED = ("state", "action", "order", "value", "sign")
"""Kinds of claims that can hold at two moments."""


def read_sameness(notes: Notes) -> None:
    """Sideways, as it was a month earlier: the last that was said before holds then, too."""
    s = notes.sentence
    for i, item in enumerate(s.items):
        if item.kind not in ("moment", "date"):
            continue
        at = s.skip(i - 1, -1, ("is", "it", "word"))
        if s.words[at : at + 1] != ["as"] or at + 2 > i:
            continue
        date = item.says if item.kind == "date" else notes.facts.moments.get(item.says or "")
        told = [c for c in notes.claims if c.kind in SHARED and c.end <= item.start]
        if told and date is not None:
            last = max(told, key=lambda claim: claim.end)
            start = s.items[at].start
            notes.claims.append(replace(last, start=start, end=item.end, date=date, text=notes.text[start : item.end]))
