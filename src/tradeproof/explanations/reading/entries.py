"""The claim that a plain number makes: a value, in this world or in the other one."""

from tradeproof.explanations.reading.notes import Notes
from tradeproof.explanations.reading.sentence import Sentence
from tradeproof.explanations.reading.subjects import sign_of_name
from tradeproof.explanations.reading.units import Amount, rough

PRESENT = ("is", "now", "stands", "reads", "was", "sits")


def note_value(notes: Notes, amount: Amount, key: str | None, sign: int, left: int | None = None) -> None:
    """Note that a quantity has, or would have, the value of a number.

    Args:
        notes: Where.
        amount: The number.
        key: The quantity; None where the facts tell none of its name.
        sign: That words give the number; 0 where they give none.
        left: Place of the quantity, where it was named.
    """
    s, i, unit = notes.sentence, amount.place, amount.unit
    if key is None:
        notes.unknown(i, i, "the facts tell no quantity of this name, or several")
        return
    if unit == "times":
        key = _ratio(notes, key)
        _mark_level(s, amount.after)
    start = i if left is None else min(i, left)
    if left is not None and not sign:
        sign = sign_of_name(s, left)
    if notes.is_other_world and not is_present(s, i):
        notes.add(
            "counterfactual", start, i, key=key, number=rough(s, i), unit=unit, sign=beyond_after(s, amount.after)
        )
        return
    notes.add(
        "value",
        min(start, i),
        max(i, left or i),
        key=key,
        number=rough(s, i),
        unit=unit,
        sign=sign,
        negated=s.is_negated(i),
        ticker=s.tickers[i],
        date=s.dates[i],
    )


def _ratio(notes: Notes, key: str) -> str:
    """Volume and volatility in times are those against their usual levels."""
    prefix = {"volume": "volume_ratio_", "volatility_level": "volatility_regime_"}.get(key)
    return key if prefix is None else next((n for n in notes.facts.focus.readings if n.startswith(prefix)), key)


def _mark_level(s: Sentence, after: int) -> None:
    """The usual level after so many times is compared with, not spoken of."""
    target = s.skip(after, 1, ("word", "is"))
    if s.kind(target) in ("baseline", "quantity", "it"):
        target = s.skip(target, 1, ("it", "word"))
        s.levels.add(target)
        s.used.add(target)


def is_present(s: Sentence, i: int) -> bool:
    """Whether a number in a sentence of what would have been is one of what is."""
    before = s.skip(i - 1, -1, ("word", "rough"))
    if s.kind(before) in ("instead", "today") or {"now", "currently", "today", "actual"} & set(s.words[i + 1 : i + 3]):
        return True
    at = i - 1
    while s.kind(at) in ("word", "rough", "is") and at >= 0:
        if s.words[at] in PRESENT:
            return "if" not in s.words[:at]
        at -= 1
    return s.kind(at) == "today"


def beyond_after(s: Sentence, after: int) -> int:
    """The side of what follows a number: or below -1, or above 1, nothing 0."""
    at = s.skip(after, 1, ("word", "unit"))
    if s.is_mark(at, ","):
        at = s.skip(at + 1, 1, ("word",))
    if s.kind(at) == "beyond":
        s.used.add(at)
        return int(s.items[at].says)
    return 0
