"""What the report's tables are made of: figures as text, each with its interval."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tradeproof.evaluation.verdict import decimal, percent

Figures = Mapping[str, Any]
# stands for a figure without a meaning
ABSENT = "\N{EN DASH}"


@dataclass(frozen=True)
class Cell:
    """A figure, and its interval where it has one."""

    text: str
    range: str


@dataclass(frozen=True)
class Row:
    """A line of a table; the strong ones are the price models."""

    label: str
    strong: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """Heads and rows, with a title and a note that may be empty."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    note: str


def share_cell(figures: Figures, key: str, digits: int = 1) -> Cell:
    """A share in percent."""
    return _cell(figures, key, lambda value: percent(value, digits))


def skill_cell(figures: Figures, key: str, is_itself: bool) -> Cell:
    """A skill in percent; none for a yardstick against itself."""
    return Cell(ABSENT, "") if is_itself else share_cell(figures, key)


def number_cell(figures: Figures, key: str, digits: int = 2, scale: float = 1.0) -> Cell:
    """A number, times a scale."""
    return _cell(figures, key, lambda value: decimal(value * scale, digits))


def count_cell(figures: Figures, key: str) -> Cell:
    """A number without digits after the point."""
    return _cell(figures, key, lambda value: f"{value:.0f}")


def correlation_cell(figures: Figures, key: str) -> Cell:
    """A rank correlation, and its t in place of an interval."""
    cell, t = number_cell(figures, key, digits=3), figures[f"{key}_t"]
    return cell if t is None else Cell(cell.text, f"t {decimal(t, 1)}")


def _cell(figures: Figures, key: str, shown: Any) -> Cell:
    value, low, high = figures[key], figures.get(f"{key}_low"), figures.get(f"{key}_high")
    if value is None:
        return Cell(ABSENT, "")
    return Cell(shown(value), "" if low is None or high is None else f"{shown(low)} to {shown(high)}")


def ahead(horizon: str) -> str:
    """A horizon such as "h5" in words."""
    bars = int(horizon.removeprefix("h"))
    return "One bar" if bars == 1 else f"{bars} bars"
