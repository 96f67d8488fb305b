"""What a simulation leaves behind: equity, the ledger of fills, and the round trips drawn from it."""

from dataclasses import dataclass
from functools import cached_property

import numba
import numpy as np

from tradeproof.market.fills import OPEN, Codes, Fills
from tradeproof.market.orders import Integers
from tradeproof.market.prices import CLOSE, Floats, PriceArrays


@dataclass(frozen=True)
class Trades:
    """Round trips: from flat to flat, or to the other side. One that is still open is marked at the last close.

    Args:
        series: Series traded.
        entry_bar: Bar of the first fill.
        exit_bar: Bar of the last fill; -1: still open.
        side: 1 long, -1 short.
        entry_price: Average over all shares that entered, slippage included.
        exit_price: Average over all shares that left; what is still held counts at the last close.
        shares: All shares that entered, adds included.
        profit: Currency units, after commission and slippage: side x (exit - entry price) x shares - commission.
        costs: Commission and slippage paid, currency units.
        reason: Why it ended, index into REASONS.
    """

    series: Integers
    entry_bar: Integers
    exit_bar: Integers
    side: Codes
    entry_price: Floats
    exit_price: Floats
    shares: Floats
    profit: Floats
    costs: Floats
    reason: Codes

    def __len__(self) -> int:
        return len(self.series)


@dataclass(frozen=True)
class Simulation:
    """Accounts after a simulation; arrays are [time, series], currency units or shares, and made when asked for.

    Args:
        bars: The prices that were traded.
        commission: Share of the traded notional.
        initial_capital: Per series.
        equity: Cash + shares x close, at each close (the last one, where a series has no bar).
        fills: The ledger.
    """

    bars: PriceArrays
    commission: float
    initial_capital: float
    equity: Floats
    fills: Fills

    @cached_property
    def cash(self) -> Floats:
        """Cash at each close."""
        return _carried(self.fills.starts, self.fills.bar, self.fills.cash, self.initial_capital, len(self.equity))

    @cached_property
    def shares(self) -> Floats:
        """Position at each close; negative: short."""
        return _carried(self.fills.starts, self.fills.bar, self.fills.held, 0.0, len(self.equity))

    @cached_property
    def traded(self) -> Floats:
        """Notional traded within each bar, at the prices of the fills."""
        return self._booked(np.abs(self.fills.shares) * self.fills.price)

    @cached_property
    def commission_paid(self) -> Floats:
        """Commission paid within each bar."""
        return self.traded * self.commission

    @cached_property
    def slippage_paid(self) -> Floats:
        """What the fills of each bar lost against their prices before slippage."""
        return self._booked(np.abs(self.fills.shares) * np.abs(self.fills.price - self.fills.reference))

    @cached_property
    def trades(self) -> Trades:
        """Round trips, by series and then by entry."""
        fills = self.fills
        whole, numbers, count = _round_trips(
            fills.starts, fills.bar, fills.shares, fills.price, fills.reference, fills.held, fills.reason,
            self.bars.rows[:, -1, CLOSE], self.commission,
        )  # fmt: skip
        whole, numbers = whole[:count], numbers[:count]
        return Trades(
            series=whole[:, 0], entry_bar=whole[:, 1], exit_bar=whole[:, 2], side=whole[:, 3].astype(np.int8),
            entry_price=numbers[:, 0], exit_price=numbers[:, 1], shares=numbers[:, 2], profit=numbers[:, 3],
            costs=numbers[:, 4], reason=whole[:, 4].astype(np.int8),
        )  # fmt: skip

    def _booked(self, amounts: Floats) -> Floats:
        booked = np.zeros(self.equity.shape)
        np.add.at(booked, (self.fills.bar, self.fills.series), amounts)
        return booked


@numba.njit(cache=True)
def _carried(starts: Integers, bar: Integers, after: Floats, initial: float, time: int) -> Floats:
    """A balance after each fill, carried forward over all bars: [time, series]."""
    carried = np.empty((time, len(starts) - 1))
    for series in range(len(starts) - 1):
        balance = initial
        fill = starts[series]
        for t in range(time):
            while fill < starts[series + 1] and bar[fill] == t:
                balance = after[fill]
                fill += 1
            carried[t, series] = balance
    return carried


@numba.njit(cache=True)
def _round_trips(
    starts: Integers, bar: Integers, change: Floats, price: Floats, reference: Floats, held: Floats, reason: Codes,
    last_close: Floats, commission: float,
) -> tuple[Integers, Floats, int]:  # fmt: skip
    """Rows (series, entry bar, exit bar, side, reason) and (entry price, exit price, shares, profit, costs)."""
    whole = np.empty((len(bar), 5), np.int64)
    numbers = np.empty((len(bar), 5), np.float64)
    count = 0
    for series in range(len(starts) - 1):
        before = 0.0
        for fill in range(starts[series], starts[series + 1]):
            after = held[fill]
            if before != 0.0 and before * change[fill] < 0.0:
                leaving = min(abs(change[fill]), abs(before))
                _book(numbers, count, 1, leaving, price[fill], reference[fill], commission)
                if before * after <= 0.0:
                    _end(whole, numbers, count, bar[fill], reason[fill])
                    count += 1
            if after != 0.0 and before * after <= 0.0:
                whole[count] = (series, bar[fill], -1, 1 if after > 0.0 else -1, OPEN)
                numbers[count] = 0.0
            if after != 0.0 and after * change[fill] > 0.0:
                joining = min(abs(change[fill]), abs(after))
                _book(numbers, count, 0, joining, price[fill], reference[fill], commission)
            before = after
        if before != 0.0:
            numbers[count, 1] += abs(before) * last_close[series]
            _end(whole, numbers, count, -1, OPEN)
            count += 1
    return whole, numbers, count


@numba.njit(cache=True)
def _book(
    numbers: Floats, row: int, leg: int, shares: float, price: float, reference: float, commission: float
) -> None:
    """Add a fill to an open round trip: notional in, notional out, shares in, commission, slippage."""
    numbers[row, leg] += shares * price
    numbers[row, 2] += shares if leg == 0 else 0.0
    numbers[row, 3] += shares * price * commission
    numbers[row, 4] += shares * abs(price - reference)


@numba.njit(cache=True)
def _end(whole: Integers, numbers: Floats, row: int, bar: int, reason: int) -> None:
    """Turn what was booked into prices, profit and costs."""
    entered, left, shares, commission, slippage = numbers[row]
    whole[row, 2] = bar
    whole[row, 4] = reason
    numbers[row] = (
        entered / shares, left / shares, shares, whole[row, 3] * (left - entered) - commission, commission + slippage,
    )  # fmt: skip
