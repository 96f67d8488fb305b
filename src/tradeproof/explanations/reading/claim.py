"""A claim: what a text says that is so or is not so."""

from dataclasses import dataclass
from typing import Literal

from tradeproof.explanations.reading.numerals import Numeral

Verdict = Literal["true", "false", "unverifiable"]


@dataclass(frozen=True)
class Claim:
    """One thing that a text says.

    Attributes:
        start: First character in the text.
        end: One past the last.
        text: As written.
        kind: value, change, difference, comparison, sign, strength, at_level, extreme, state, action, order,
            driver, attribution, counterfactual, date, ticker, formula, calendar, statement, or unknown.
        ticker: Of whom.
        date: Of when, as 2015-12-31.
        key: What quantity it is about; None where that could not be bound.
        other: A second quantity it is compared with.
        reference: An earlier date it is compared with.
        number: As written.
        level: A number that the subject is compared with.
        unit: As written, see family.Unit; percentage_points, price_percent (a share of a price) or other besides.
        sign: Of a direction or comparison: 1 up or above, -1 down or below, 2 and -2 with equality, 0 none.
        word: The state's word, the action, the orders, or what a driver did.
        negated: Whether the text denies it.
        note: Why nothing can be said of it, for kinds unknown and statement.
    """

    start: int
    end: int
    text: str
    kind: str
    ticker: str
    date: str
    key: str | None = None
    other: str | None = None
    reference: str | None = None
    number: Numeral | None = None
    level: float | None = None
    unit: str | None = None
    sign: int = 0
    word: tuple[str, ...] = ()
    negated: bool = False
    note: str = ""


@dataclass(frozen=True)
class CheckedClaim:
    """A claim and what the facts say of it."""

    claim: Claim
    verdict: Verdict
    reason: str


@dataclass(frozen=True)
class CheckedText:
    """All claims of a text, in their order."""

    claims: tuple[CheckedClaim, ...]

    @property
    def true(self) -> int:
        """How many hold."""
        return self._count("true")

    @property
    def false(self) -> int:
        """How many do not."""
        return self._count("false")

    @property
    def unverifiable(self) -> int:
        """Of how many the facts do not speak."""
        return self._count("unverifiable")

    def _count(self, verdict: Verdict) -> int:
        return sum(checked.verdict == verdict for checked in self.claims)
