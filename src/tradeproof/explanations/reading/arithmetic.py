"""Formulas in a sentence: their operands are readings or constants of the field, and they come to what is written."""

from tradeproof.explanations.facts import Facts
from tradeproof.explanations.reading.formulas import evaluate
from tradeproof.explanations.reading.notes import Notes
from tradeproof.explanations.reading.numerals import Numeral
from tradeproof.explanations.reading.sentence import Sentence
from tradeproof.explanations.reading.units import unit_at

OPERATORS = "+-*/"

CONSTANTS = frozenset({0.0, 1.0, 30.0, 50.0, 70.0, 100.0})
"""Levels of the field that are no readings."""


def read_formulas(notes: Notes) -> None:
    """Note a claim for every formula; its numbers are used up, the stated result before it included."""
    s = notes.sentence
    if not any(x.kind == "mark" and x.says in OPERATORS for x in s.items):
        return
    i = 0
    while i < len(s.items):
        end = _run(s, i)
        if end > i + 2 and _operators(s, i, end):
            _formula(notes, i, end)
        i = max(end, i + 1)


def _run(s: Sentence, i: int) -> int:
    """One past the longest row of numbers, operators, parentheses and units of per cent from a place on."""
    end = i
    while end < len(s.items) and (
        s.kind(end) == "number"
        or s.is_mark(end, "+-*/()=%")
        or (s.kind(end) == "unit" and s.kind(end - 1) == "number" and end > i)
    ):
        end += 1
    return end


def _operators(s: Sentence, first: int, end: int) -> bool:
    """Whether the row is arithmetic: an operator between two numbers, or a signed number after a number."""
    for i in range(first + 1, end - 1):
        if s.is_mark(i, OPERATORS) and (s.kind(i + 1) == "number" or s.is_mark(i + 1, "(")):
            return True
    return False


def _formula(notes: Notes, first: int, end: int) -> None:
    s = notes.sentence
    first, end = _core(s, first, end)
    sides: list[list[float | str]] = [[]]
    for i in range(first, end):
        if s.is_mark(i, "="):
            sides.append([])
        elif s.kind(i) == "number":
            sides[-1].append(float(s.items[i].says.value))
        elif s.kind(i) == "mark":
            sides[-1].append(str(s.items[i].says))
    equals = next((i for i in range(first, end) if s.is_mark(i, "=")), end)
    value = evaluate(_balanced(sides[0]))
    strange = [
        i for i in range(first, equals) if s.kind(i) == "number" and not is_operand(s.items[i].says, notes.facts)
    ]
    result, unit = None, None
    if len(sides) == 2 and s.kind(equals + 1) == "number":
        result = s.items[equals + 1].says
        unit = unit_at(s, equals + 1)[0]
        if unit is None and value is not None and not result.matches(value) and result.matches(100.0 * value):
            unit = "percent"
    s.used.update(range(first, end))
    if strange:
        notes.unknown(strange[0], strange[0], "an operand is no reading and no constant of the field")
        return
    notes.add("formula", first, end - 1, level=value, number=result, unit=unit, note="the formula has no value")
    if value is not None:
        notes.formulas.append((first, value))


def _core(s: Sentence, first: int, end: int) -> tuple[int, int]:
    """Without a number in front of the parenthesis that opens the formula, and trailing marks."""
    opening = next((i for i in range(first, end) if s.is_mark(i, "(")), None)
    if opening is not None and opening > first and not s.is_mark(opening - 1, OPERATORS + "("):
        first = opening
    depth = sum((s.is_mark(i, "(")) - (s.is_mark(i, ")")) for i in range(first, end))
    while end > first and depth < 0 and s.is_mark(end - 1, ")"):
        end, depth = end - 1, depth + 1
    return first, end


def _balanced(parts: list[float | str]) -> list[float | str]:
    """Without a parenthesis that only opens: (70 - 61.2 = 8.8) is split at its equals sign."""
    if parts[:1] == ["("] and parts.count("(") > parts.count(")"):
        return parts[1:]
    return parts


def is_operand(number: Numeral, facts: Facts) -> bool:
    """Whether a number of a formula is a reading of the facts, rounded as written, or a constant of the field."""
    if number.value in CONSTANTS and number.step >= 0.01:
        return True
    readings = (value for snapshot in facts.snapshots for value in snapshot.readings.values())
    others = (s.counterfactual.value for s in facts.snapshots if s.counterfactual is not None)
    known = (*readings, *facts.universe.values(), *others)
    return any(number.matches(value) or (number.value >= 0.0 and number.matches(abs(value))) for value in known)
