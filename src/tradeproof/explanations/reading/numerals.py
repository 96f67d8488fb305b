"""Numbers as a text writes them: value, sign, precision, unit; and whether a reading rounds to one."""

from dataclasses import dataclass
from functools import lru_cache

DUST = 1e-9
"""Relative slack for binary fractions: 0.125 is half a unit of 0.12 away from it, give or take."""

WRITTEN = {
    "zero": 0,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
}
"""Numbers written as words."""

MULTIPLES = {"thousand": 1e3, "million": 1e6, "billion": 1e9}


@dataclass(frozen=True)
class Numeral:
    """A number as written.

    Attributes:
        value: With its written sign.
        step: One unit of the last written digit.
        is_signed: Whether a plus or a minus was written.
        is_rough: Whether the text says about, around, roughly.
    """

    value: float
    step: float
    is_signed: bool = False
    is_rough: bool = False

    def matches(self, truth: float, sign: int = 0) -> bool:
        """Whether a true value, rounded as written, is this number.

        Args:
            truth: The value.
            sign: Of the number where words give it (fell: -1); 0 where they do not.
        """
        value = sign * abs(self.value) if sign and not (self.is_signed and self.value * sign < 0.0) else self.value
        room = self.step if self.is_rough else self.step / 2.0
        return abs(value - truth) <= room * (1.0 + 1e-6) + DUST * max(1.0, abs(truth))


@lru_cache(maxsize=4096)
def numeral(written: str) -> Numeral:
    """Read digits such as -1,302.50, $12 or twelve."""
    if written in WRITTEN:
        return Numeral(float(WRITTEN[written]), 1.0)
    plain = written.replace(",", "").replace("$", "")
    decimals = len(plain.partition(".")[2])
    return Numeral(_finite(plain), 10.0**-decimals if decimals < 300 else 0.0, plain[0] in "+-")


def _finite(plain: str) -> float:
    """The value; more digits than a float holds count as very large, not as infinite."""
    return min(max(float(plain), -1e300), 1e300)
