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
    time, series = shape
    # room for an order on every bar; pages that are never written cost nothing
    orders = Orders(np.empty((series, time), np.int64), np.empty((series, time)), np.zeros(series, np.int64))
    infinite = np.zeros(series, np.bool_)
    if in_parallel:
        _scan_parallel(targets, orders, infinite, numba.get_num_threads())
    else:
        _scan(targets, orders, infinite)
    if infinite.any():
        raise DataError(
            f"targets of series {np.flatnonzero(infinite).tolist()} hold an infinite weight, "
            "expected shares of equity, or NaN for no order"
        )
    return orders


# two functions rather than one compiled twice: numba's cache would take one for the other
@numba.njit(cache=True)
def _scan(targets: Floats, orders: Orders, infinite: NDArray[np.bool_]) -> None:
    _scan_columns(targets, 0, targets.shape[1], orders, infinite)


@numba.njit(cache=True, parallel=True)
def _scan_parallel(targets: Floats, orders: Orders, infinite: NDArray[np.bool_], tiles: int) -> None:
    series = targets.shape[1]
    for tile in numba.prange(tiles):
        _scan_columns(targets, tile * series // tiles, (tile + 1) * series // tiles, orders, infinite)


@numba.njit(cache=True)
def _scan_columns(targets: Floats, first: int, last: int, orders: Orders, infinite: NDArray[np.bool_]) -> None:
    """Collect the orders of the series from `first` to before `last`, row by row as they lie in memory."""
    bars, weights, counts = orders
    for bar in range(len(targets)):
        for series in range(first, last):
            weight = targets[bar, series]
            if not np.isnan(weight):
                bars[series, counts[series]] = bar
                weights[series, counts[series]] = weight
                counts[series] += 1
                infinite[series] |= np.isinf(weight)
