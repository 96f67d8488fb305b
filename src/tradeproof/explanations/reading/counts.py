"""Counts of tickers: so many are this or that."""

from tradeproof.explanations.reading.items import Item
from tradeproof.explanations.reading.notes import Notes
from tradeproof.explanations.reading.sentence import LIGHT
from tradeproof.explanations.reading.units import Amount, rough


def read_count(notes: Notes, amount: Amount) -> bool:
    """So many tickers are this or that."""
    s = notes.sentence
    i, unit, after = amount.place, amount.unit, amount.after
    if unit is not None or not notes.facts.universe or s.items[i].says.step != 1:
        return False
    before = s.skip(i - 1, -1, ("word", "it"))
    if s.kind(before) == "action" and s.words[before] != "held":
        s.used.add(before)
        notes.add("value", before, i, key=f"universe_{s.items[before].says}", number=rough(s, i), unit="count")
        return True
    at = s.skip(after, 1, ("word", "it", "is", "stock"))
    if s.kind(at) == "tickers":
        return _counted(notes, i, s.skip(at + 1, 1, (*LIGHT, "not", "and")))
    near = s.kind(at) in ("direction", "state", "action") or (
        s.kind(at) == "quantity" and (s.keys[at] or "").startswith("universe_")
    )
    if near and not s.is_mark(after, "(") and s.kind(i - 1) != "to":
        return _counted(notes, i, at)
    return False


def _counted(notes: Notes, i: int, at: int) -> bool:
    s = notes.sentence
    key = None
    if at < len(s.items):
        key = universe_key(s.items[at], s.keys.get(at))
    if key is None:
        key = "universe_size"
    else:
        s.used.add(at)
        s.valued.add(at)
    notes.add(
        "value",
        i,
        max(i, min(at, len(s.items) - 1)) if key != "universe_size" else i,
        key=key,
        number=rough(s, i),
        unit="count",
    )
    return True


def universe_key(item: Item, key: str | None) -> str | None:
    """What is counted when so many tickers are what the item says."""
    if item.kind == "quantity":
        return key if key is not None and key.startswith("universe_") else None
    if item.kind == "direction":
        return "universe_rising" if item.says > 0 else "universe_falling"
    if item.kind == "action":
        return f"universe_{item.says}"
    counted = {
        ("rsi", "overbought"): "universe_overbought",
        ("rsi", "oversold"): "universe_oversold",
        ("trend", "up"): "universe_trend_up",
        ("trend", "down"): "universe_trend_down",
        ("day", "up"): "universe_rising",
        ("day", "down"): "universe_falling",
    }
    return counted.get(item.says) if item.kind == "state" else None
