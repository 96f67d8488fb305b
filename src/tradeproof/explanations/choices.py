"""Choices: one of several wordings, drawn from a generator that is passed."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Option = TypeVar("Option")

_DRAWN_AT_ONCE = 64
"""Draws are taken from the generator in portions, which is many times faster than one by one."""


class Choices:
    """Draws wordings; the same state of the generator gives the same ones."""

    def __init__(self, generator: np.random.Generator) -> None:
        self._generator = generator
        self._draws: list[float] = []

    def _draw(self) -> float:
        if not self._draws:
            self._draws = self._generator.random(_DRAWN_AT_ONCE).tolist()
        return self._draws.pop()

    def one(self, options: Sequence[Option]) -> Option:
        """One of the options, each as likely."""
        return options[int(self._draw() * len(options))]

    def chance(self, probability: float) -> bool:
        """Whether something of that probability happens."""
        return self._draw() < probability

    def shuffled(self, options: Sequence[Option]) -> list[Option]:
        """The options in a random order."""
        keyed = sorted((self._draw(), place) for place in range(len(options)))
        return [options[place] for _, place in keyed]
