"""What the quality gate finds in a file, in words a person can act on."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

FIRST_ROWS = 5
WHOLE_FILE = "*"
# where the file cannot be understood there is nothing that could be dropped or kept
SCHEMA = "schema"


@dataclass(frozen=True)
class Finding:
    """One rule broken by one ticker of one file.

    Attributes:
        rule: Name of the rule, as in download.quality; or "schema", "no_bars", "too_few_bars", which always stop.
        action: error, drop or warn.
        file: Name of the file, without its folder.
        ticker: The ticker, or "*" for the file as a whole.
        count: Rows (or days, for missing days; headers, for other headers) that break the rule.
        first_rows: The first of them, short.
        advice: What to fix, or which key of params.yaml allows it.
    """

    rule: str
    action: str
    file: str
    ticker: str
    count: int
    first_rows: tuple[str, ...]
    advice: str

    def to_dict(self) -> dict[str, Any]:
        """The finding as JSON values."""
        return {**asdict(self), "first_rows": list(self.first_rows)}

    def line(self) -> str:
        """The finding in one line."""
        rows = "; ".join(self.first_rows)
        more = self.count - len(self.first_rows)
        shown = f": {rows}" + (f"; and {more} more" if more > 0 else "") if rows else ""
        return f"{self.file} {self.ticker} {self.rule} ({self.count}){shown}. {self.advice}"


def schema_fault(file: str, ticker: str, count: int, first_rows: Sequence[str], advice: str) -> Finding:
    """A finding that no action can allow: the file cannot be understood."""
    return Finding(SCHEMA, "error", file, ticker, count, tuple(first_rows[:FIRST_ROWS]), advice)
