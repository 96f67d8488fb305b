"""Spellings of column names that vendors use, and the ones used here."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

# keys are lower case without numbering, blanks or punctuation: "1. open" is open, "Adj Close" is adjclose.
# "Stock Splits" is no split_coefficient: the vendor who writes it has already adjusted the prices for splits
SPELLINGS = {
    "date": "date",
    "timestamp": "date",
    "datetime": "date",
    "time": "date",
    "day": "date",
    "tradedate": "date",
    "ticker": "ticker",
    "symbol": "ticker",
    "open": "open",
    "high": "high",
    "low": "low",
    "close": "close",
    "adjclose": "adjusted_close",
    "adjustedclose": "adjusted_close",
    "closeadj": "adjusted_close",
    "volume": "volume",
    "vol": "volume",
    "splitcoefficient": "split_coefficient",
    "splitfactor": "split_coefficient",
    "dividendamount": "dividend_amount",
    "dividends": "dividend_amount",
    "dividend": "dividend_amount",
}


@dataclass(frozen=True)
class Headers:
    """How the headers of one file are to be read.

    Attributes:
        meaning: Header as found -> name used here, for those with a meaning here.
        renamed: Those of them that are spelled differently.
        clashes: One line per name that more than one header stands for.
    """

    meaning: dict[str, str]
    renamed: dict[str, str]
    clashes: tuple[str, ...]

    def found_as(self, name: str) -> str | None:
        """The header that stands for a name, or None."""
        return next((header for header, meaning in self.meaning.items() if meaning == name), None)


def read_headers(columns: Iterable[object]) -> Headers:
    """Understand the headers of a file."""
    meaning: dict[str, str] = {}
    for column in columns:
        known = SPELLINGS.get(_fold(str(column)))
        if known is not None:
            meaning[str(column)] = known
    clashes = []
    for name in sorted(set(meaning.values())):
        headers = [header for header, own in meaning.items() if own == name]
        if len(headers) > 1:
            clashes.append(f"{headers} all stand for {name}")
    renamed = {header: name for header, name in meaning.items() if header != name}
    return Headers(meaning, renamed, tuple(clashes))


def _fold(header: str) -> str:
    return re.sub(r"[^a-z]", "", header.casefold())
