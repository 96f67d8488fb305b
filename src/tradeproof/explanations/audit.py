"""The audit of a dataset: what is in it, how it was balanced, and the three quality checks of the guide."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tradeproof.explanations.dataset import Part
from tradeproof.explanations.facts import Snapshot
from tradeproof.explanations.numbers import displayed
from tradeproof.explanations.quantities import quantity
from tradeproof.explanations.readings import family_name
from tradeproof.explanations.repeats import MEASURE
from tradeproof.explanations.rows import EXPLANATION, Row
from tradeproof.explanations.selection import Pool, Selection, balance_notes
from tradeproof.market.positions import ACTIONS
from tradeproof.params.schema import ExplanationParams

TECHNICAL = ("rsi", "macd_histogram", "bollinger_position", "average_distance", "volatility_level", "return")
"""Families of technical indicators that a sample is expected to show."""
_ACTION_WORDS = re.compile(r"\b(buy|bought|sell|sold|hold|held)(s|ing)?\b", re.IGNORECASE)


def audit(
    parts: Mapping[str, Part], pool: Pool, selection: Selection, params: ExplanationParams, origins: Mapping[str, Any]
) -> dict[str, Any]:
    """Content of audit.json.

    Args:
        parts: The rows, by part.
        pool: The decisions they were chosen from.
        selection: The choice.
        params: What was asked for.
        origins: Hashes and names of the policy and of the data.
    """
    rows = [row for part in parts.values() for row in part.rows]
    notes = balance_notes(pool, selection, params.most_share, params.least_share)
    return {
        "origins": dict(origins),
        "rows": {"all": len(rows), **{name: len(part.rows) for name, part in parts.items()}},
        "split": {
            "ratio": params.split_ratio,
            "purged_sessions": selection.split.purged,
            **{name: _dates(part.rows) for name, part in parts.items()},
        },
        "counts": {name: _counts(part.rows) for name, part in parts.items()},
        "balance": {
            "before": _shares(ACTIONS[action] for action in pool.actions.tolist()),
            "after": {name: _shares(row.job.facts.focus.action for row in part.rows) for name, part in parts.items()},
            "most_share": params.most_share,
            "least_share": params.least_share,
            "notes": notes,
        },
        "claims": {"true": sum(row.claims for row in rows), "false": 0, "unverifiable": 0},
        "near_duplicates": {
            "measure": MEASURE,
            "found_and_written_again": sum(part.redrawn for part in parts.values()),
            "rate_before": sum(part.redrawn for part in parts.values()) / len(rows),
            "rate_after": 0.0,
        },
        "quality_checks": _quality(rows, notes),
    }


def _dates(rows: Sequence[Row]) -> dict[str, str]:
    dates = [row.job.facts.focus.date for row in rows]
    return {"first": min(dates), "last": max(dates)}


def _counts(rows: Sequence[Row]) -> dict[str, dict[str, int]]:
    of: dict[str, Callable[[Row], str]] = {
        "task": lambda row: row.job.task,
        "category": lambda row: row.job.category or "none",
        "action": lambda row: row.job.facts.focus.action,
        "order": lambda row: row.job.facts.focus.order,
        "ticker": lambda row: row.job.facts.focus.ticker,
        "volatility": lambda row: row.job.facts.focus.states.get("volatility", "unknown"),
        "trend": lambda row: row.job.facts.focus.states.get("trend", "unknown"),
    }
    return {name: dict(sorted(Counter(map(key, rows)).items())) for name, key in of.items()}


def _shares(actions: Iterable[str]) -> dict[str, float]:
    counts = Counter(actions)
    whole = max(counts.total(), 1)
    return {action: round(counts[action] / whole, 4) for action in ACTIONS}


def _quality(rows: Sequence[Row], notes: Sequence[str]) -> list[dict[str, Any]]:
    """The guide's three checks, each with what it was decided on."""
    explained = [row for row in rows if row.job.task == EXPLANATION]
    unclear = sum(not _ACTION_WORDS.search(row.completion) for row in explained)
    strange = sum(row.job.facts.focus.action not in ACTIONS for row in rows)
    unshown = sum(not _shows_indicators(row) for row in rows)
    malformed = sum(not _is_well_formed(row.job.facts.focus) for row in rows)
    return [
        {
            "check": "each sample has a clear action (sell, hold or buy)",
            "passed": not (unclear or strange),
            "rows_without_action": strange,
            "explanations_that_do_not_name_it": unclear,
        },
        {
            "check": "technical indicators are present and correctly formatted",
            "passed": not (unshown or malformed),
            "prompts_without_indicators": unshown,
            "rows_with_malformed_numbers": malformed,
        },
        {"check": "the actions are balanced", "passed": not notes, "notes": list(notes)},
    ]


def _shows_indicators(row: Row) -> bool:
    """Whether the prompt writes out an indicator of the focus, its label and its value."""
    focus = row.job.facts.focus
    shown = [key for key in focus.readings if family_name(key) in TECHNICAL]
    return any(displayed(key, focus.readings[key]) in row.prompt and quantity(key).label in row.prompt for key in shown)


def _is_well_formed(snapshot: Snapshot) -> bool:
    return all(
        value == round(value, quantity(key).places(value)) and (family_name(key) != "rsi" or 0.0 <= value <= 100.0)
        for key, value in snapshot.readings.items()
    )
