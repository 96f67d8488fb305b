"""How far one thing is from another, as a number."""

from tradeproof.explanations.quantities import quantity
from tradeproof.explanations.reading.notes import Notes
from tradeproof.explanations.reading.numerals import Numeral
from tradeproof.explanations.reading.sentence import LIGHT, Sentence
from tradeproof.explanations.reading.subjects import subject_before, subject_of_words, touching
from tradeproof.explanations.reading.units import Amount, rough


def read_relation(notes: Notes, amount: Amount) -> bool:
    """So much above or below something: 2.3 % below its 50-day average, 8.8 points below 70."""
    s = notes.sentence
    i, unit, after = amount.place, amount.unit, amount.after
    at = s.skip(after, 1, ("word",))
    sign = _relation_sign(s, at)
    if sign == 0 and touching(s, i) is not None:
        return False
    if sign is None or unit == "days" or (unit is None and s.kind(at) == "compare" and s.kind(i - 1) == "compare"):
        return False
    target = s.skip(at + 1, 1, (*LIGHT, "level", "state"))
    left = subject_before(s, i)
    key = s.keys[left] if left is not None else subject_of_words(notes, i)
    number = rough(s, i)
    if s.kind(target) == "quantity":
        s.levels.add(target)
        s.used.add(at)
        if s.keys[target] is None:
            notes.unknown(i, target, "the facts tell no such quantity")
            return True
        note_distance(notes, i, target, key, s.keys[target] or "", number, unit, sign)
        return True
    level = target if s.kind(target) == "number" else None
    value = s.items[level].says.value if level is not None else _named_level(s, at + 1)
    if value is None:
        if s.kind(target) == "baseline":
            s.used.update((at, target))
            notes.add("difference", i, target, key=base_of(notes, i), level=1.0, number=number, unit=unit, sign=sign)
            return True
        return False
    s.used.add(at)
    if level is not None:
        s.used.add(level)
    last = level if level is not None else at
    notes.add("difference", i, last, key=key, level=value, number=number, unit=unit, sign=sign)
    return True


def _named_level(s: Sentence, at: int) -> float | None:
    """The overbought level is 70, the oversold one 30, zero is zero."""
    for place in range(at, min(at + 4, len(s.items))):
        if s.kind(place) == "state" and s.items[place].says in (("rsi", "overbought"), ("rsi", "oversold")):
            s.used.add(place)
            return 70.0 if s.items[place].says[1] == "overbought" else 30.0
    return None


def _relation_sign(s: Sentence, at: int) -> int | None:
    if s.kind(at) in ("compare", "direction"):
        if s.kind(at) == "direction" and s.words[at] not in ("off", "down", "up") and s.kind(at + 1) != "from":
            return None
        if s.kind(at) == "direction" and s.kind(at + 1) != "from":
            return None
        return 1 if s.items[at].says > 0 else -1
    return 0 if s.kind(at) == "from" and s.kind(s.skip(at + 1, 1)) == "quantity" else None


def note_distance(
    notes: Notes, i: int, target: int, key: str | None, level: str, number: Numeral, unit: str | None, sign: int
) -> None:
    """A share above or below an average, a high, a low; or the difference of two quantities."""
    if key is None or (quantity(level).unit == "price" and quantity(key).unit != "price"):
        key = base_key(key, level)
    for prefix, distance in DISTANCES.items():
        own = distance + level.removeprefix(prefix)
        if (
            unit == "percent"
            and key == "close"
            and level.startswith(prefix)
            and "distance" not in level
            and _holds(notes, i, own)
        ):
            notes.add("value", i, target, key=own, number=number, unit=unit, sign=sign)
            return
    notes.add("difference", i, target, key=key, other=level, number=number, unit=unit, sign=sign)


DISTANCES = {"average_": "average_distance_", "high_": "high_distance_", "low_": "low_distance_"}


def base_key(key: str | None, level: str) -> str | None:
    """What a level is a level of: the close, where it is a price."""
    return "close" if quantity(level).unit == "price" else key


def base_of(notes: Notes, i: int) -> str | None:
    """The ratio of what was last named, volume or volatility, to its usual level; None where neither was."""
    s = notes.sentence
    for at in [*range(i, -1, -1), *range(i + 1, len(s.items))]:
        word = s.words[at]
        if "volum" in word or "shares" in word or "trading" in word:
            return focus_key(notes, "volume_ratio_")
        if "volatil" in word or word in ("turbulent", "calm"):
            return focus_key(notes, "volatility_regime_")
    return focus_key(notes, "volume_ratio_") if notes.last_key == "volume" else None


def focus_key(notes: Notes, prefix: str) -> str | None:
    """The key of the focus that begins so."""
    return next((name for name in notes.facts.focus.readings if name.startswith(prefix)), None)


def _holds(notes: Notes, i: int, key: str) -> bool:
    snapshot = notes.facts.of(notes.sentence.tickers[i], notes.sentence.dates[i])
    return snapshot is not None and key in snapshot.readings


def read_gap(notes: Notes, amount: Amount) -> bool:
    """A gap of so much between two quantities; X exceeds Y by so much."""
    s = notes.sentence
    i, unit = amount.place, amount.unit
    if s.has("compare") and s.kind(s.skip(i - 1, -1, ("word", "rough"))) == "by":
        return _exceeds(notes, i, unit)
    if not s.has("between"):
        return False
    between = next((at for at in range(i, len(s.items)) if s.kind(at) == "between"), None)
    if between is None:
        between = next((at for at in range(i, -1, -1) if s.kind(at) == "between"), None)
    if between is None:
        return False
    pair = [at for at in s.keys if at > between][:2]
    if len(pair) < 2:
        return False
    s.levels.update(pair)
    notes.add(
        "difference",
        min(i, between),
        max(i, pair[-1]),
        key=s.keys[pair[0]],
        other=s.keys[pair[1]],
        number=rough(s, i),
        unit=unit,
    )
    return True


def _exceeds(notes: Notes, i: int, unit: str | None) -> bool:
    s = notes.sentence
    at = next((at for at in range(i - 1, -1, -1) if s.kind(at) == "compare"), None)
    if at is None:
        return False
    target = s.skip(at + 1, 1, (*LIGHT, "level"))
    if s.kind(target) != "quantity" or s.keys[target] is None:
        return False
    left = subject_before(s, at)
    s.used.add(at)
    s.levels.add(target)
    key = s.keys[left] if left is not None else "close"
    note_distance(notes, i, target, key, s.keys[target] or "", rough(s, i), unit, 1 if s.items[at].says > 0 else -1)
    return True
