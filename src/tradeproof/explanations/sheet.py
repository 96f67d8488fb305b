"""Fact sheet: the lines that show readings, states, drivers and the counterfactual of one snapshot."""

from collections.abc import Mapping

from tradeproof.explanations.facts import Snapshot
from tradeproof.explanations.numbers import displayed, signed
from tradeproof.explanations.orders import SHOWN
from tradeproof.explanations.quantities import quantity

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
    ("close", "open", "high", "low", "volume"),
    ("return",),
    ("average",),
    ("average_distance",),
    ("high_distance", "low_distance", "drawdown"),
    ("probability_sell", "probability_hold", "probability_buy"),
    ("position", "target", "bars_held"),
    ("entry_price", "unrealised_return", "account_drawdown"),
    ("stop_price", "stop_loss", "take_profit_price", "take_profit"),
    ("record_bars_up", "record_return_up", "record_market_up"),
    ("record_bars_down", "record_return_down", "record_market_down"),
    ("record_bars_sideways", "record_return_sideways", "record_market_sideways"),
)
"""Readings that share a line, by their key or its stem; all others have one of their own."""

SUMMARY = ("close", "return", "rsi", "volatility_level", "drawdown")
"""Readings that the line of a ticker beside the focus shows, by their key or its stem."""


def snapshot_lines(snapshot: Snapshot) -> list[str]:
    """All of a snapshot, the decision first."""
    lines = [f"decision: {snapshot.action} - {SHOWN[snapshot.order]}"]
    if snapshot.drivers:
        shares = (f"{quantity(d.key).label} {signed(d.attribution, 2, 'score')}" for d in snapshot.drivers)
        lines.append(f"drivers (log-odds, + for, - against): {'; '.join(shares)}")
    lines.append(_counterfactual(snapshot))
    if "trend" in snapshot.states:
        lines.append(f"trend: {snapshot.states['trend']}")
    return [*lines, *_readings(snapshot)]


def snapshot_summary(snapshot: Snapshot) -> str:
    """The decision and the readings that a text may say of one ticker among several, on one line."""
    parts = [f"{snapshot.action} - {SHOWN[snapshot.order]}"]
    if "trend" in snapshot.states:
        parts.append(f"trend {snapshot.states['trend']}")
    return "; ".join([*parts, *(_shown(snapshot, key) for key in summary_keys(snapshot))])


def summary_keys(snapshot: Snapshot) -> list[str]:
    """The readings that a summary shows."""
    return [key for key in snapshot.readings if any(_is_of(key, stem) for stem in SUMMARY)]


def universe_lines(universe: Mapping[str, float]) -> list[str]:
    """Readings of all tickers together."""
    return [f"{quantity(key).label}: {displayed(key, value)}" for key, value in universe.items()]


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
    return f"{quantity(key).label}: {displayed(key, value)}{f' ({word})' if word else ''}"


def _readings(snapshot: Snapshot) -> list[str]:
    lines: dict[int, list[str]] = {}
    for place, key in enumerate(snapshot.readings):
        line = next((n for n, stems in enumerate(TOGETHER) if any(_is_of(key, stem) for stem in stems)), None)
        lines.setdefault(len(TOGETHER) + place if line is None else line, []).append(_shown(snapshot, key))
    return ["; ".join(lines[line]) for line in sorted(lines)]


def _word(snapshot: Snapshot, key: str) -> str:
    for state, stems in STATE_LINES.items():
        if state in snapshot.states and any(_is_of(key, stem) for stem in stems):
            return snapshot.states[state].replace("_", " ")
    return ""


def _is_of(key: str, stem: str) -> bool:
    return key == stem or (key.startswith(f"{stem}_") and key[len(stem) + 1 :].replace("_", "").isdigit())
