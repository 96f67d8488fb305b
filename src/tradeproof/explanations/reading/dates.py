"""What date and ticker each item of a sentence speaks of."""

from tradeproof.explanations.facts import Facts
from tradeproof.explanations.reading.items import Item

REFERENCES = ("since", "than", "from", "with", "versus", "vs", "against", "after", "to")
"""Words before a date that is compared with, not spoken of."""


def tickers_of(items: list[Item], words: list[str], ticker: str) -> list[str]:
    """The ticker that each item speaks of."""
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


def dates_of(items: list[Item], words: list[str], facts: Facts, begins: str) -> tuple[list[str], str | None, str]:
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
            if (at := _arrival(items, words, i)) is not None:
                dates[at : i + 1] = [place] * (i + 1 - at)
                continue
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


def _arrival(items: list[Item], words: list[str], i: int) -> int | None:
    """The number before a date in "from 55.1 yesterday to 61.2 today", which alone is of that date."""
    at = i - 1 - (i > 0 and items[i - 1].kind == "unit")
    return at if at > 0 and items[at].kind == "number" and words[at - 1] == "to" and "from" in words[:at] else None


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
