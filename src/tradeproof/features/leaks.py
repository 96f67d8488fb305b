"""Leaks of the future into the past, and the report of a check that looked for them."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tradeproof.errors import LookaheadError

REPEATED = "repeated"
"""Stands in place of a rewriting when two runs on the same bars differ: the computation is not deterministic."""

IGNORED = "ignored"
"""Stands in place of a rewriting when a column did not follow the rewritten bars: it comes from elsewhere."""

MOVED_OPEN = "moved_open"
"""Stands in place of a rewriting when the price of a fill did not follow the open of its own bar."""


@dataclass(frozen=True)
class Leak:
    """A column whose past changed although only the future did.

    Attributes:
        column: Its name; for an array, its place.
        rewriting: The first one, at the first cut, that revealed it.
        cut: Position of the last known date among the dates of the bars.
        cut_date: That date; every bar after it was rewritten.
        first_date: Earliest date whose value changed.
        differing: Number of values up to the cut (less the horizon) that changed.
        largest: Largest absolute change between two numbers; NaN when there is none, as from a number to nothing.
        revealed_by: Every rewriting that revealed it, at any cut.
    """

    column: str
    rewriting: str
    cut: int
    cut_date: str
    first_date: str
    differing: int
    largest: float
    revealed_by: tuple[str, ...]

    def line(self) -> str:
        """The leak in one line."""
        if self.rewriting == REPEATED:
            return f"{self.column}: {self.differing} values differ between two runs on the same bars; pass a seed"
        if self.rewriting == IGNORED:
            return (
                f"{self.column}: not one of {self.differing} values after {self.cut_date} followed the rewritten bars; "
                "compute it from the bars that are passed in"
            )
        if self.rewriting == MOVED_OPEN:
            return (
                f"{self.column}: {self.differing} fills did not follow the open of their bar, the first one on "
                f"{self.first_date}; a decision at a close fills at the open of the next bar"
            )
        return (
            f"{self.column}: with the future after {self.cut_date} {self.rewriting}, {self.differing} values up to it "
            f"changed (from {self.first_date}, by up to {self.largest:.3g})"
        )


@dataclass(frozen=True)
class LookaheadReport:
    """What rewriting the future did to the past.

    Attributes:
        subject: What was computed.
        dates: Number of dates in the bars.
        cuts: Positions of the last known dates.
        rewritings: What was done to the future at each cut.
        horizon: Bars ahead that a value may know; 0 for everything but labels.
        columns: What was compared.
        compared: Values that were compared and present, over all cuts and rewritings.
        unmoved: Columns that no rewriting moved, not even after the cut: they depend on dates alone, or do not come
            from the bars they were given.
        leaks: One per leaking column, earliest cut first.
    """

    subject: str
    dates: int
    cuts: tuple[int, ...]
    rewritings: tuple[str, ...]
    horizon: int
    columns: tuple[str, ...]
    compared: int
    unmoved: tuple[str, ...]
    leaks: tuple[Leak, ...]

    @property
    def leaking(self) -> bool:
        """Whether any column knows the future."""
        return bool(self.leaks)

    def __str__(self) -> str:
        return self.line()

    def line(self) -> str:
        """The verdict in one line."""
        made = f"{self.subject}: {len(self.columns)} columns, {len(self.cuts)} cuts, {len(self.rewritings)} rewritings"
        if not self.leaks:
            return f"{made}: {self.compared} values of the past compared, none changed"
        return f"{made}: {len(self.leaks)} columns know the future; first {self.leaks[0].line()}"

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON can hold it; a largest change that is not a number becomes null."""
        content = asdict(self)
        content["leaks"] = [
            {**leak, "largest": leak["largest"] if np.isfinite(leak["largest"]) else None} for leak in content["leaks"]
        ]
        return content

    def raise_if_leaking(self) -> None:
        """Refuse a computation that knows the future.

        Raises:
            LookaheadError: Naming the first leaking column, its cut and its rewriting.
        """
        if self.leaks:
            raise LookaheadError(
                f"{self.line()}; expected values at a bar to depend on bars up to it"
                + (f" and {self.horizon} more" if self.horizon else "")
            )


def raise_if_leaking(reports: Iterable[LookaheadReport]) -> None:
    """Refuse computations of which any knows the future.

    Raises:
        LookaheadError: Naming the first leak of each.
    """
    leaking = [report for report in reports if report.leaking]
    if len(leaking) == 1:
        leaking[0].raise_if_leaking()
    if leaking:
        raise LookaheadError("; ".join(report.line() for report in leaking))
