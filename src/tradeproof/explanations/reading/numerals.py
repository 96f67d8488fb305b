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
    "thirteen": 13,
    "fourteen": 14,
    "fifteen": 15,
    "sixteen": 16,
    "seventeen": 17,
    "eighteen": 18,
    "nineteen": 19,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
"""Numbers written as words."""

FACTORS = {"half": 0.5, "twice": 2.0, "double": 2.0, "triple": 3.0, "thrice": 3.0, "quadruple": 4.0}
"""Words that say how many times another thing one is; they hold to an eighth of themselves."""

MULTIPLES = {"thousand": 1e3, "million": 1e6, "billion": 1e9}


@dataclass(frozen=True)
class Numeral:
    """A number as written.

    Attributes:
        value: With its written sign.
        step: One unit of the last written digit.
        is_signed: Whether a plus or a minus was written.
        is_rough: Whether the text says about, around, roughly.
        bound: 1 more than it, -1 less than it, 2 and -2 with equality, 0 the number itself.
    """

    value: float
    step: float
    is_signed: bool = False
    is_rough: bool = False
    bound: int = 0

    def matches(self, truth: float, sign: int = 0) -> bool:
        """Whether a true value, rounded as written, is this number.

        Args:
            truth: The value.
            sign: Of the number where words give it (fell: -1); 0 where they do not.
        """
        value = sign * abs(self.value) if sign and not (self.is_signed and self.value * sign < 0.0) else self.value
        if self.bound:
            return self._bounds(truth, value, sign)
        room = self.step if self.is_rough else self.step / 2.0
        return abs(value - truth) <= room * (1.0 + 1e-6) + DUST * max(1.0, abs(truth))

    def _bounds(self, truth: float, value: float, sign: int) -> bool:
        """Whether a true value is on the side of this number; of a fall, more is further down."""
        side = -1.0 if (sign or value) < 0 else 1.0
        beyond = (truth - value) * side * self.bound
        return (not sign or truth * side >= 0.0) and (beyond > 0.0 or (abs(self.bound) == 2 and beyond == 0.0))


@lru_cache(maxsize=4096)
def numeral(written: str) -> Numeral:
    """Read digits such as -1,302.50, $12 or twelve."""
    if written in WRITTEN:
        return Numeral(float(WRITTEN[written]), 1.0)
    if written in FACTORS:
        return Numeral(FACTORS[written], FACTORS[written] / 4.0)
    plain = written.replace(",", "").replace("$", "")
    decimals = len(plain.partition(".")[2])
    return Numeral(_finite(plain), 10.0**-decimals if decimals < 300 else 0.0, plain[0] in "+-")


def _finite(plain: str) -> float:
    """The value; more digits than a float holds count as very large, not as infinite."""
    return min(max(float(plain), -1e300), 1e300)
