"""Orders in words: what a decision does to the account, for every order."""

from collections.abc import Mapping

SHOWN: Mapping[str, str] = {
    "open_long": "opens a long position at the next open",
    "open_short": "opens a short position at the next open",
    "close_long": "closes the long position at the next open",
    "close_short": "closes the short position at the next open",
    "reverse_to_long": "closes the short position and opens a long one at the next open",
    "reverse_to_short": "closes the long position and opens a short one at the next open",
    "keep_long": "keeps the long position, no order",
    "keep_short": "keeps the short position, no order",
    "stay_flat": "stays out of the market, no order",
}
"""As the fact sheet says it."""

TOLD: Mapping[str, tuple[str, ...]] = {
    "open_long": ("opens a long position", "enters the market with a long position", "goes long from a flat account"),
    "open_short": ("opens a short position", "enters the market with a short position", "goes short from flat"),
    "close_long": ("closes its long position", "exits the long position it holds", "leaves its long position for cash"),
    "close_short": ("closes its short position", "exits the short position it holds", "covers its short position"),
    "reverse_to_long": (
        "closes its short position and opens a long one",
        "reverses from short to long",
        "turns its short position into a long one",
    ),
    "reverse_to_short": (
        "closes its long position and opens a short one",
        "reverses from long to short",
        "turns its long position into a short one",
    ),
    "keep_long": ("keeps its long position", "stays long", "leaves its long position as it is"),
    "keep_short": ("keeps its short position", "stays short", "leaves its short position as it is"),
    "stay_flat": ("stays out of the market", "stays flat", "remains without a position"),
}
"""As a text says it, in the third person of the present."""

ORDERED: tuple[str, ...] = (
    "open_long",
    "open_short",
    "close_long",
    "close_short",
    "reverse_to_long",
    "reverse_to_short",
)
"""Orders that are filled at the next open; the others give none."""
