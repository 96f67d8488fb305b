"""Words of comparison: above, below, near something named."""

from tradeproof.explanations.reading.gaps import base_key, base_of
from tradeproof.explanations.reading.notes import Notes
from tradeproof.explanations.reading.sentence import LIGHT
from tradeproof.explanations.reading.subjects import subject_before, subject_of_words


def read_comparison(notes: Notes, i: int) -> None:
    """Above, below or near a quantity, a usual level, an earlier date or zero."""
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
