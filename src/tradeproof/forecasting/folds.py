"""The folds of a walk-forward: test periods that follow each other, each behind a validation and a training of its own.

Only dates are decided here. Everything a fold learns from, or is chosen on, lies before its test period.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tradeproof.errors import DataError
from tradeproof.params.schema import SplitParams, WalkForwardParams


@dataclass(frozen=True)
class Fold:
    """One training and its test period; all dates are sessions and belong to the period they close or open.

    Attributes:
        number: From 1 on, in order of time.
        train_start: First session of training.
        train_end: Last session of training.
        validation_end: Last session of validation; the test period begins with the next session.
        test_end: Last session of the test period.
    """

    number: int
    train_start: date
    train_end: date
    validation_end: date
    test_end: date

    def split(self, purged_size: int) -> SplitParams:
        """The same boundaries as params split; `purged_size` bars are left out before each of them."""
        return SplitParams(train_end=self.train_end, validation_end=self.validation_end, purged_size=purged_size)

    def cut(self, table: pd.DataFrame) -> pd.DataFrame:
        """The bars of one ticker from the first of training to the last of the test period."""
        first, last = pd.Timestamp(self.train_start), pd.Timestamp(self.test_end)
        return table[table["date"].between(first, last)].reset_index(drop=True)

    def is_test(self, dates: NDArray[np.datetime64]) -> NDArray[np.bool_]:
        """Which dates lie in the test period, [date]."""
        days = np.asarray(dates, dtype="datetime64[D]")
        inside: NDArray[np.bool_] = (days > np.datetime64(self.validation_end, "D")) & (
            days <= np.datetime64(self.test_end, "D")
        )
        return inside


def plan_folds(
    dates: Sequence[date] | NDArray[np.datetime64], split: SplitParams, settings: WalkForwardParams
) -> tuple[Fold, ...]:
    """Lay the test periods one after the other, so that the last one ends with the last session.

    Before each test period stand `validation_bars` sessions of validation, and everything before those is training; or,
    where the training does not expand, as many sessions as the first fold has.

    Args:
        dates: All sessions of all tickers, each once, in order.
        split: Of it, the bars that are purged before each boundary.
        settings: Folds and their lengths, in sessions.

    Returns:
        The folds in order of time; none where none are asked for.

    Raises:
        DataError: Dates out of order, or periods of which the purge leaves nothing to learn from or to choose on.
    """
    days = np.asarray(dates, dtype="datetime64[D]")
    if np.any(days[1:] <= days[:-1]):
        raise DataError("sessions of the folds do not increase strictly, expected each date once, in order")
    if not settings.folds:
        return ()
    if settings.validation_bars <= split.purged_size:
        raise DataError(
            f"walk_forward.validation_bars is {settings.validation_bars}, expected more than split.purged_size "
            f"{split.purged_size}, which is left out at the end of each validation"
        )
    shortest = len(days) - settings.folds * settings.test_bars - settings.validation_bars
    if shortest <= split.purged_size:
        raise DataError(
            f"walk_forward asks for {settings.folds} folds of {settings.test_bars} test bars after "
            f"{settings.validation_bars} of validation, which leaves {max(shortest, 0)} of {len(days)} sessions to the "
            f"first training, expected more than split.purged_size {split.purged_size}: ask for fewer or shorter "
            "folds, or for more bars (data.start)"
        )
    return tuple(_fold(days, number, shortest, settings) for number in range(1, settings.folds + 1))


def _fold(days: NDArray[np.datetime64], number: int, shortest: int, settings: WalkForwardParams) -> Fold:
    beyond_train = shortest + (number - 1) * settings.test_bars
    beyond_validation = beyond_train + settings.validation_bars
    places = {
        "train_start": 0 if settings.expanding else beyond_train - shortest,
        "train_end": beyond_train - 1,
        "validation_end": beyond_validation - 1,
        "test_end": beyond_validation + settings.test_bars - 1,
    }
    return Fold(number, **{name: days[place].astype(object) for name, place in places.items()})
