"""Reasons: which quantities are said to have spoken for and against the action."""

from tradeproof.explanations.reading.notes import Notes
from tradeproof.explanations.reading.weights import reason_at

RANKING = (
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
"""Parts of words that make a reason the weightiest."""


def read_drivers(notes: Notes) -> None:
    """Reasons: which quantities are said to have spoken for and against the action."""
    s = notes.sentence
    if not s.has("driver"):
        return
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
    passive = s.words[i - 1 : i] == ["is"]
    chosen = before or after if binds == "before" and not passive else after or before
    ranked = any(s.kind(at) == "rank" for at in range(max(0, i - 2), i + 1)) or any(w in s.words[i] for w in RANKING)
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
        key = reason_at(notes, at)
        if key is not None:
            found.setdefault(key, at)
    return [(at, key) for key, at in found.items()]


def _driver_at(notes: Notes, at: int) -> str | None:
    return reason_at(notes, at)
