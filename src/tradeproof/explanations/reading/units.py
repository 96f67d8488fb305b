"""How a number is written: its unit, and whether it is rough."""

from dataclasses import dataclass, replace

from tradeproof.explanations.reading.numerals import FACTORS, Numeral
from tradeproof.explanations.reading.sentence import Sentence


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of a sentence.

    Attributes:
        place: Of the number.
        unit: As written, see claim.Claim; None where none is.
        after: The first place after the number and its unit.
    """

    place: int
    unit: str | None
    after: int


def unit_at(s: Sentence, i: int) -> tuple[str | None, int]:
    """The written unit of the number at a place, and the place after it."""
    if s.words[i] in FACTORS:
        return "times", i + 1
    if s.words[i].startswith("$") or s.words[i][1:2] == "$":
        return "price", i + 1
    if s.kind(i + 1) == "unit":
        return str(s.items[i + 1].says), i + 2
    if s.is_mark(i + 1, "*"):
        return "times", i + 2
    return None, i + 1


def rough(s: Sentence, i: int) -> Numeral:
    """The number at a place, rough where the text says about."""
    number: Numeral = s.items[i].says
    if s.kind(i - 1) == "rough" and s.items[i - 1].says:
        return replace(number, bound=s.items[i - 1].says)
    if not s.has("rough", "mark"):
        return number
    before = i - 1
    while before >= 0 and s.kind(before) in ("word", "is"):
        before -= 1
    is_rough = s.kind(before) == "rough" or s.is_mark(before, "~") or s.kind(i - 1) == "rough"
    return replace(number, is_rough=True) if is_rough else number
