"""What a sentence says without numbers: states, directions, comparisons, actions, orders, reasons, dates, tickers."""

from tradeproof.explanations.amounts import (
    base_key,
    base_of,
    reason_at,
    sign_of_name,
    subject_before,
    subject_of_words,
    window_near,
)
from tradeproof.explanations.notes import Notes
from tradeproof.explanations.sentence import LIGHT, Sentence


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


def read_words(notes: Notes) -> None:
    """All else that is said in words."""
    s = notes.sentence
    for at, key in s.keys.items():
        sign = 0 if at in s.valued or at in s.levels or key is None else sign_of_name(s, at)
        if sign and key is not None and not notes.is_other_world and at not in s.used:
            notes.add("sign", at, at, key=key, sign=sign, negated=s.is_negated(at))
    readers = {
        "state": _state,
        "direction": _direction,
        "sign": _sign,
        "compare": _compare,
        "near": _compare,
        "extreme": _extreme,
        "pointer": _pointer,
        "more": _more,
        "action": _action,
        "order": _order,
    }
    for i, item in enumerate(s.items):
        if i not in s.used and item.kind in readers:
            readers[item.kind](notes, i)


def _more(notes: Notes, i: int) -> None:
    """More of these than of those."""
    s = notes.sentence
    counts = [at for at, key in s.keys.items() if at > i and (key or "").startswith("universe_")][:2]
    if len(counts) == 2 and "than" in s.words[counts[0] : counts[1]]:
        s.levels.add(counts[1])
        notes.add("comparison", i, counts[1], key=s.keys[counts[0]], other=s.keys[counts[1]], sign=s.items[i].says)


def _state(notes: Notes, i: int) -> None:
    s = notes.sentence
    name, word = s.items[i].says
    before = s.skip(i - 1, -1, ("word",))
    if s.kind(i + 1) == "level" or (s.kind(before) in ("compare", "near") and name == "rsi"):
        _named_level(notes, i, before, word)
        return
    if notes.is_other_world and _in_other_world(s, i):
        if name == "position":
            return
        notes.unknown(i, i, "states of another world are not told")
        return
    notes.add("state", i, i, word=(name, word), negated=s.is_negated(i))


def _named_level(notes: Notes, i: int, before: int, word: str) -> None:
    """Above the overbought level: a comparison with 70."""
    s = notes.sentence
    if s.kind(before) not in ("compare", "near"):
        return
    left = subject_before(s, before)
    s.used.add(before)
    key = s.keys[left] if left is not None else notes.last_key
    level = 70.0 if word == "overbought" else 30.0
    notes.add("comparison", before, i, key=key, level=level, sign=s.items[before].says, negated=s.is_negated(before))


def _extreme(notes: Notes, i: int) -> None:
    """The strongest, the lowest: the ticker has the most, or the least, of all that the facts hold."""
    s = notes.sentence
    at = s.skip(i + 1, 1, ("word",))
    if s.kind(at) == "quantity" and s.keys[at] is not None and len({x.ticker for x in notes.facts.snapshots}) > 1:
        notes.add("extreme", i, at, key=s.keys[at], sign=s.items[i].says, negated=s.is_negated(i))
    elif s.kind(at) == "quantity":
        notes.unknown(i, at, "the facts tell nothing to rank it among")


def _pointer(notes: Notes, i: int) -> None:
    """Points up, points down: the readings that are named lie on that side of their middle."""
    s = notes.sentence
    if s.is_negated(i):
        return
    for at in range(len(s.items)):
        key = reason_at(notes, at)
        if key is not None and key.startswith(("return_", "average_distance_", "macd", "bollinger_position_")):
            notes.add("sign", min(i, at), max(i, at), key=key, sign=s.items[i].says)
        elif key is not None and key.startswith("rsi_"):
            notes.add("comparison", min(i, at), max(i, at), key=key, level=50.0, sign=s.items[i].says)


def _subject(notes: Notes, i: int) -> str | None:
    """What a word of direction is about: the quantity next to it, the nearest before, else the stock."""
    s = notes.sentence
    after = s.skip(i + 1, 1, ("word",))
    if s.kind(after) == "quantity" and (s.kind(i - 1) in ("word", "it", "") or s.kind(i - 1) == "and"):
        return s.keys[after] or "?"
    part = s.part(i)
    left = subject_before(s, i)
    stock = next((at for at in range(i - 1, part.start - 1, -1) if s.kind(at) in ("stock", "ticker")), None)
    if left is not None and left >= part.start and (stock is None or left > stock):
        return s.keys[left] or "?"
    if s.has("over", "on_day") or stock is not None:
        return "close"
    if left is not None:
        return s.keys[left] or "?"
    return subject_of_words(notes, i)


def _topic(notes: Notes, i: int) -> str | None:
    """The trend, where the word of direction says how it is."""
    s = notes.sentence
    at = i - 1
    while at >= 0 and s.kind(at) not in ("topic", "quantity", "break", "number"):
        at -= 1
    if s.kind(at) == "topic":
        return "trend"
    return notes.last_topic if at < 0 and s.kind(s.skip(i - 1, -1, ("is", "word"))) == "it" else None


def _direction(notes: Notes, i: int) -> None:
    s = notes.sentence
    if _topic(notes, i):
        notes.add("state", i, i, word=("trend", "up" if s.items[i].says > 0 else "down"), negated=s.is_negated(i))
        return
    if notes.is_other_world and _in_other_world(s, i):
        return
    key = _subject(notes, i)
    negated = s.is_negated(i)
    if key is None or key == "?":
        notes.unknown(i, i, "what rose or fell is nothing that the facts name")
    elif key == "close" and s.reference is None:
        notes.add("sign", i, i, key=f"return_{window_near(s, i)}", sign=s.items[i].says, negated=negated)
    elif key.startswith(("return_", "unrealised", "overnight", "universe_return", "record_")) and s.reference is None:
        notes.add("sign", i, i, key=key, sign=s.items[i].says, negated=negated)
    else:
        notes.add("change", i, i, key=key, sign=s.items[i].says, negated=negated)


def _sign(notes: Notes, i: int) -> None:
    s = notes.sentence
    key = _subject(notes, i)
    if key == "close":
        key = f"return_{window_near(s, i)}"
    if key is None or key == "?":
        notes.unknown(i, i, "what is positive or negative is nothing that the facts name")
    else:
        notes.add("sign", i, i, key=key, sign=s.items[i].says, negated=s.is_negated(i))


def _compare(notes: Notes, i: int) -> None:
    s = notes.sentence
    left = subject_before(s, i)
    key = s.keys[left] if left is not None else (subject_of_words(notes, i) or "close")
    sign = s.items[i].says
    negated = s.is_negated(i)
    target = s.skip(i + 1, 1, (*LIGHT, "level", "and"))
    kind = s.kind(target)
    if kind == "quantity":
        s.levels.add(target)
        other = s.keys[target]
        if other is None:
            notes.unknown(i, target, "the facts tell no such quantity")
            return
        if other.startswith("average_") and key == "volume":
            s.used.add(target)
        notes.add("comparison", i, target, key=_comparable(key, other), other=other, sign=sign, negated=negated)
    elif kind == "baseline":
        s.used.add(target)
        notes.add("comparison", i, target, key=base_of(notes, i), level=1.0, sign=sign, negated=negated)
    elif kind in ("moment", "date"):
        notes.add(
            "comparison",
            i,
            target,
            key=key,
            reference=s.reference,
            sign=sign,
            negated=negated,
            date=notes.facts.focus.date,
        )
    elif s.words[target : target + 1] == ["zero"]:
        notes.add("comparison", i, target, key=key, level=0.0, sign=sign, negated=negated)
    elif s.kind(i) == "compare":
        notes.unknown(i, i, "what it is compared with is nothing that the facts name")


def _comparable(key: str | None, other: str) -> str | None:
    from_price = base_key(None, other)
    if from_price is None:
        return key
    prices = ("open", "high", "low", "entry_price", "stop_price", "take_profit_price", "average_")
    return key if key is not None and key.startswith(prices) and "distance" not in key else from_price


def _in_other_world(s: Sentence, i: int) -> bool:
    """Whether a word stands under the would of its sentence, not beside it."""
    for at in range(i - 1, -1, -1):
        if s.kind(at) == "would":
            return True
        if s.kind(at) == "instead" or s.kind(at) == "break":
            return False
    return False


def _action(notes: Notes, i: int) -> None:
    s = notes.sentence
    other_world = notes.is_other_world and _in_other_world(s, i)
    if s.words[i] in ("held", "holding", "holds") and not other_world and not _is_decided(s, i):
        return
    if s.kind(s.skip(i + 1, 1, ("word",))) in ("probability", "probabilities"):
        return
    kind = "other_action" if other_world else "action"
    notes.add(kind, i, i, word=(s.items[i].says,), negated=s.is_negated(i))


def _is_decided(s: Sentence, i: int) -> bool:
    """Whether a form of hold is the action, not the holding of something."""
    at = s.skip(i + 1, 1, ("word", "it", "not"))
    before = s.skip(i - 1, -1, ("word", "it", "stock"))
    if s.words[i] in ("holds", "held") and (s.kind(before) in ("state", "order") or s.keys.get(before) == "position"):
        return False
    return not (s.kind(at) in ("state", "number", "quantity", "tickers") and s.words[i] == "held")


def _order(notes: Notes, i: int) -> None:
    s = notes.sentence
    later = s.skip(i + 1, 1, ("and", "word", "it"))
    if s.kind(later) == "order" and s.kind(i + 1) == "and":
        turned = TURNS.get((s.items[i].says, s.items[later].says))
        if turned is not None and not notes.is_other_world:
            s.used.add(later)
            notes.add("order", i, later, word=turned, negated=s.is_negated(i))
            return
    kind = "other_order" if notes.is_other_world and _in_other_world(s, i) else "order"
    notes.add(kind, i, i, word=s.items[i].says, negated=s.is_negated(i))


TURNS = {
    (("close_long",), ("open_short",)): ("reverse_to_short",),
    (("close_short",), ("open_long",)): ("reverse_to_long",),
}
"""Two orders that are one."""


def read_drivers(notes: Notes) -> None:
    """Reasons: which quantities are said to have spoken for and against the action."""
    s = notes.sentence
    places = [i for i, item in enumerate(s.items) if item.kind == "driver"]
    for n, i in enumerate(places):
        first = places[n - 1] + 1 if n else 0
        last = places[n + 1] if n + 1 < len(places) else len(s.items)
        _reason(notes, i, first, last)


def _reason(notes: Notes, i: int, first: int, last: int) -> None:
    s = notes.sentence
    side, binds = s.items[i].says
    before = [at for at in _drivers_in(notes, range(first, i)) if at[0] >= s.part(i).start or binds == "before"]
    after = _drivers_in(notes, range(i + 1, last))
    passive = s.words[i - 1 : i] == ["is"] or s.kind(i + 1) == "by_word"
    chosen = before or after if binds == "before" and not passive else after or before
    ranked = any(s.kind(at) == "rank" for at in range(max(0, i - 2), i + 1)) or any(
        word in s.words[i]
        for word in (
            "main",
            "strong",
            "bigg",
            "chief",
            "primar",
            "weightiest",
            "top",
            "largest",
            "foremost",
            "leading",
            "key",
            "first",
            "principal",
        )
    )
    negated = s.is_negated(i)
    counted = next((at for at in s.part(i) if at < i and s.words[at].startswith("driver")), None)
    denied = counted is not None and any(s.kind(at) == "not" for at in range(max(0, counted - 5), counted))
    if counted is not None and denied and not before:
        notes.add("no_driver", counted, i, sign=side)
        return
    for n, (place, key) in enumerate(chosen):
        level = 1.0 if ranked and n == 0 else None
        notes.add(
            "driver",
            min(i, place),
            max(i, place),
            key=None if key == "?" else key,
            sign=-side if negated else side,
            level=level,
        )


def _drivers_in(notes: Notes, places: range) -> list[tuple[int, str]]:
    """Quantities and states that can be reasons, in order, each once."""
    found: dict[str, int] = {}
    for at in places:
        key = _driver_at(notes, at)
        if key is not None:
            found.setdefault(key, at)
    return [(at, key) for key, at in found.items()]


def _driver_at(notes: Notes, at: int) -> str | None:
    return reason_at(notes, at)
