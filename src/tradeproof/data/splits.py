"""The chronological split, with bars left out before each boundary."""

import numpy as np
import numpy.typing as npt

from tradeproof.errors import DataError
from tradeproof.params.schema import SplitParams

TRAIN = "train"
VALIDATION = "validation"
TEST = "test"
PURGED = "purged"


def assign_splits(dates: npt.NDArray[np.datetime64], split: SplitParams) -> npt.NDArray[np.str_]:
    """Say for each bar of ONE ticker which split it belongs to.

    Train runs up to and including train_end, validation from there up to and including validation_end, test is the
    rest. The last purged_size bars before each boundary are purged: a label that looks at most purged_size bars
    ahead never reaches from one split into the next.

    Args:
        dates: Sessions in strictly increasing order, [time].
        split: Boundaries, and the gap in bars.

    Returns:
        "train", "validation", "test" or "purged" per bar, [time].

    Raises:
        DataError: The dates do not increase strictly.
    """
    days = np.asarray(dates, dtype="datetime64[D]")
    if np.any(days[1:] <= days[:-1]):
        raise DataError("dates of a ticker do not increase strictly; expected one bar per session, in order")
    train_end, validation_end = np.datetime64(split.train_end, "D"), np.datetime64(split.validation_end, "D")
    names = np.where(days <= train_end, TRAIN, np.where(days <= validation_end, VALIDATION, TEST))
    for name in (TRAIN, VALIDATION):
        members = np.flatnonzero(names == name)
        # where no later bar exists there is nothing a label could reach into
        if members.size and members[-1] + 1 < days.size:
            names[members[-split.purged_size :]] = PURGED
    return names
