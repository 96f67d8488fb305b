"""Sentences: capitals, stops, lists, and the verbs of the three actions."""

from collections.abc import Sequence

PAST = {"sell": "sold", "hold": "held", "buy": "bought"}

THIRD = {"sell": "sells", "hold": "holds", "buy": "buys"}

GERUND = {"sell": "selling", "hold": "holding", "buy": "buying"}


def sentence(text: str) -> str:
    """A text with a capital at its start and a full stop at its end."""
    return text if not text else f"{text[0].upper()}{text[1:]}{'' if text[-1] in '.:' else '.'}"


def listed(parts: Sequence[str]) -> str:
    """Parts as a list in a sentence: a, b and c."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def lowered(text: str) -> str:
    """A sentence as the continuation of another one; names in capitals stay."""
    return text if text[1:2].isupper() else f"{text[0].lower()}{text[1:]}"
