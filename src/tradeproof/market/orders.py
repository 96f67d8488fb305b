"""Targets as what they are, a few orders among many bars without one."""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from tradeproof.errors import DataError
from tradeproof.market.prices import Floats

Integers = NDArray[np.int64]


class Orders(NamedTuple):
    """Decision bars and weights by series; of each row only the first `counts` are orders. One run uses them up."""

    bars: Integers  # [series, time]
    weights: Floats  # [series, time]
    counts: Integers  # [series]


def find_orders(targets: Floats, shape: tuple[int, int], in_parallel: bool) -> Orders:
    """The targets that are numbers.

    Args:
        targets: [time, series], share of equity; NaN is no order.
        shape: That of the prices.
        in_parallel: Whether to use all threads.

    Raises:
        DataError: Another shape, or an infinite weight.
    """
    targets = np.ascontiguousarray(targets, dtype=np.float64)
    if targets.shape != shape:
        raise DataError(f"targets have shape {targets.shape}, expected that of the prices {shape} (time, series)")
    bars, weights, counts, infinite = (
        _scan_parallel(targets, numba.get_num_threads()) if in_parallel else _scan(targets, 1)
    )
    if infinite.any():
        raise DataError(
            f"targets of series {np.flatnonzero(infinite).tolist()} hold an infinite weight, "
            "expected shares of equity, or NaN for no order"
        )
    return Orders(bars, weights, counts)


def _scan_targets(targets: Floats, threads: int) -> tuple[Integers, Floats, Integers, NDArray[np.bool_]]:
    time, series = targets.shape
    # pages that are never written cost nothing
    bars, weights = np.empty((series, time), np.int64), np.empty((series, time))
    counts, infinite = np.zeros(series, np.int64), np.zeros(series, np.bool_)
    width = -(-series // threads)
    for first in numba.prange(-(-series // width)):
        for bar in range(time):
            for column in range(first * width, min(series, (first + 1) * width)):
                weight = targets[bar, column]
                if not np.isnan(weight):
                    bars[column, counts[column]] = bar
                    weights[column, counts[column]] = weight
                    counts[column] += 1
                    infinite[column] |= np.isinf(weight)
    return bars, weights, counts, infinite


_scan = numba.njit(cache=True)(_scan_targets)
_scan_parallel = numba.njit(cache=True, parallel=True)(_scan_targets)
