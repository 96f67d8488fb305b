"""Fact sheet: the lines that show readings, states, drivers and the counterfactual of one snapshot."""

from collections.abc import Mapping
from functools import cache

from tradeproof.explanations.facts import Snapshot
from tradeproof.explanations.numbers import displayed, signed
from tradeproof.explanations.orders import SHOWN
from tradeproof.explanations.quantities import quantity
from tradeproof.explanations.states import STATES, is_of
from tradeproof.market.positions import ACTIONS

STATE_LINES: Mapping[str, tuple[str, ...]] = {
    "rsi": ("rsi",),
    "volatility": ("volatility_regime",),
    "bollinger": ("bollinger_position",),
    "macd": ("macd_histogram",),
    "volume": ("volume_ratio",),
    "day": ("return_1",),
    "position": ("position",),
}
"""Beside which reading a state word stands."""

TOGETHER: tuple[tuple[str, ...], ...] = (
    ("close", "open", "volume"),
    ("return",),
    ("average", "average_distance"),
    ("high", "high_distance", "low", "low_distance", "drawdown"),
    ("position", "target", "bars_held"),
    ("entry_price", "unrealised_return", "account_drawdown"),
    ("stop_price", "stop_loss", "take_profit_price", "take_profit"),
)
"""Readings that share a line, by their key or its stem; all others have one of their own."""

LEVELS = ("average", "high", "low")
"""Prices that the close has a distance from."""

RECORD = (("days", "bars"), ("account", "return"), ("market", "market"))
"""What a line of the record shows, and the part of the key that names it."""

IN_A_LINE = 4
"""Readings of the universe that share a line."""

SUMMARY = ("close", "return", "rsi", "volatility_level", "drawdown")
"""Readings that the line of a ticker beside the focus shows, by their key or its stem."""


def snapshot_lines(snapshot: Snapshot, record: bool) -> list[str]:
    """All of a snapshot, the decision first.

    Args:
        snapshot: The facts.
        record: Whether to tell what the account did so far.
    """
    lines = [f"decision: {snapshot.action} - {SHOWN[snapshot.order]}"]
    if snapshot.drivers:
        shares = (f"{quantity(d.key).label} {signed(d.attribution, 2, 'score')}" for d in snapshot.drivers)
        lines.append(f"drivers (log-odds, + for, - against): {'; '.join(shares)}")
    lines.append(_counterfactual(snapshot))
    if "trend" in snapshot.states:
        lines.append(f"trend: {snapshot.states['trend']}")
    return [*lines, *_readings(snapshot), *(_records(snapshot) if record else [])]


def snapshot_summary(snapshot: Snapshot) -> str:
    """The decision and the readings that a text may say of one ticker among several, on one line."""
    parts = [f"{snapshot.action} - {SHOWN[snapshot.order]}"]
    if "trend" in snapshot.states:
        parts.append(f"trend {snapshot.states['trend']}")
    return "; ".join([*parts, *(_shown(snapshot, key) for key in summary_keys(snapshot))])


def summary_keys(snapshot: Snapshot) -> list[str]:
    """The readings that a summary shows."""
    return [key for key in snapshot.readings if any(is_of(key, stem) for stem in SUMMARY)]


def universe_lines(universe: Mapping[str, float]) -> list[str]:
    """Readings of all tickers together."""
    shown = [f"{quantity(key).label}: {displayed(key, value)}" for key, value in universe.items()]
    return ["; ".join(shown[first : first + IN_A_LINE]) for first in range(0, len(shown), IN_A_LINE)]


def _counterfactual(snapshot: Snapshot) -> str:
    other = snapshot.counterfactual
    if other is None:
        return "would change: no single quantity"
    side = "exactly"
    if other.beyond and other.key in snapshot.readings:
        side = "at or below" if other.value < snapshot.readings[other.key] else "at or above"
    return f"would {other.action} with: {quantity(other.key).label} {side} {displayed(other.key, other.value)}"


def _shown(snapshot: Snapshot, key: str) -> str:
    """One reading with its label and, where one hangs on it, the word of its state."""
    value, word = snapshot.readings[key], _word(snapshot, key)
    distance = _distance_to(key)
    if distance in snapshot.readings:
        word = f"distance {displayed(distance, snapshot.readings[distance])}"
    return f"{quantity(key).label}: {displayed(key, value)}{f' ({word})' if word else ''}"


@cache
def _distance_to(key: str) -> str:
    """The distance that is measured from a price; empty where none is."""
    return next((f"{stem}_distance_{quantity(key).window}" for stem in LEVELS if is_of(key, stem)), "")


@cache
def _line_of(key: str) -> int | None:
    """Place in TOGETHER of the line that shows a reading."""
    return next((n for n, stems in enumerate(TOGETHER) if any(is_of(key, stem) for stem in stems)), None)


def _level_of(key: str) -> str:
    """The price that a distance is measured from: a line shows both."""
    return key.replace("_distance_", "_") if "_distance_" in key else ""


def _readings(snapshot: Snapshot) -> list[str]:
    lines: dict[int, list[str]] = {}
    for place, key in enumerate(snapshot.readings):
        if key.startswith(("record_", "probability_")) or _level_of(key) in snapshot.readings:
            continue
        line = _line_of(key)
        lines.setdefault(len(TOGETHER) + place if line is None else line, []).append(_shown(snapshot, key))
    shown = ["; ".join(lines[line]) for line in sorted(lines)]
    return [*_probabilities(snapshot), *shown]


def _probabilities(snapshot: Snapshot) -> list[str]:
    known = [(action, f"probability_{action}") for action in ACTIONS if f"probability_{action}" in snapshot.readings]
    shown = (f"{action} {displayed(key, snapshot.readings[key])}" for action, key in known)
    return [f"probabilities: {', '.join(shown)}"] if known else []


def _records(snapshot: Snapshot) -> list[str]:
    """What the account did so far in each trend, in a line each."""
    lines = []
    for trend in STATES["trend"]:
        known = [(name, f"record_{of}_{trend}") for name, of in RECORD if f"record_{of}_{trend}" in snapshot.readings]
        shown = (f"{name} {displayed(key, snapshot.readings[key])}" for name, key in known)
        if known:
            lines.append(f"record so far, training days included, in trend {trend}: {', '.join(shown)}")
    return lines


def _word(snapshot: Snapshot, key: str) -> str:
    return snapshot.states.get(_state_beside(key), "").replace("_", " ")


@cache
def _state_beside(key: str) -> str:
    """The state whose word stands beside a reading; empty where none does."""
    return next((state for state, stems in STATE_LINES.items() if any(is_of(key, stem) for stem in stems)), "")
