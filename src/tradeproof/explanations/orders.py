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
    "open_long": ("opens a long position", "enters a long position", "goes long", "takes a new long position"),
    "open_short": ("opens a short position", "enters a short position", "goes short", "takes a new short position"),
    "close_long": ("closes its long position", "exits its long position", "closes the open long position"),
    "close_short": ("closes its short position", "exits its short position", "covers its short position"),
    "reverse_to_long": ("reverses from short to long", "turns from short to long", "switches from short to long"),
    "reverse_to_short": ("reverses from long to short", "turns from long to short", "switches from long to short"),
    "keep_long": ("keeps its long position", "stays long", "leaves its long position unchanged"),
    "keep_short": ("keeps its short position", "stays short", "leaves its short position unchanged"),
    "stay_flat": ("stays out of the market", "stays flat", "remains in cash"),
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
