"""Near-duplicates: rows whose texts differ in numbers only, of one ticker and within a few days."""

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from tradeproof.explanations.rows import Row

NEAR_DAYS = 7
MEASURE = (
    f"two rows of one task and ticker whose dates are at most {NEAR_DAYS} days apart, and whose question and "
    "completion are equal once every number and date is masked"
)
_NUMBERS = re.compile(r"\d[\d,.:-]*")


def skeleton(row: Row) -> str:
    """The words of a row without its numbers and dates."""
    return _NUMBERS.sub("0", f"{row.question}\n{row.completion}")


def repeated(rows: Sequence[Row]) -> list[int]:
    """Places of rows that are near-duplicates of an earlier one, and of exact ones."""
    seen: dict[tuple[str, str, str], list[date]] = defaultdict(list)
    exact: set[tuple[str, str]] = set()
    found = []
    for place, row in enumerate(rows):
        focus = row.job.facts.focus
        day, near = date.fromisoformat(focus.date), seen[row.job.task, focus.ticker, skeleton(row)]
        whole = (row.prompt, row.completion)
        if whole in exact or any(abs((day - other).days) <= NEAR_DAYS for other in near):
            found.append(place)
            continue
        near.append(day)
        exact.add(whole)
    return found
