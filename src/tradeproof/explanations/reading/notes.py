"""What is noted down while a sentence is read: claims, with the places they came from."""

from dataclasses import dataclass, field
from typing import Any

from tradeproof.explanations.facts import Facts
from tradeproof.explanations.reading.claim import Claim
from tradeproof.explanations.reading.sentence import Sentence


@dataclass
class Notes:
    """Claims of one sentence.

    Attributes:
        text: The whole text.
        facts: What it speaks of.
        sentence: The one that is read.
        last_key: What the text last spoke of, for pronouns.
        last_topic: The trend, where the sentence before ended on it.
        last_reason: What the sentence before last named that can be a reason.
        is_other_world: Whether the sentence speaks of what would have been.
        formulas: Where each begins, and what it comes to.
        claims: Found so far.
    """

    text: str
    facts: Facts
    sentence: Sentence
    last_key: str | None
    is_other_world: bool
    last_topic: str | None = None
    last_reason: str | None = None
    formulas: list[tuple[int, float]] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)

    def add(self, kind: str, first: int, last: int, **details: Any) -> None:
        """Note a claim over the places first to last."""
        sentence = self.sentence
        start, end = sentence.items[first].start, sentence.items[last].end
        details.setdefault("ticker", sentence.tickers[first])
        details.setdefault("date", sentence.dates[first])
        details.setdefault("reference", sentence.reference)
        self.claims.append(Claim(start, end, self.text[start:end], kind, **details))

    def unknown(self, first: int, last: int, note: str) -> None:
        """Note a claim that nothing in the facts speaks of."""
        self.add("unknown", first, last, note=note)
