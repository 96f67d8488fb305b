"""What a simulation leaves behind: equity, the ledger of fills, and the round trips drawn from it."""

from dataclasses import dataclass
from functools import cached_property

import numba
import numpy as np

from tradeproof.market.fills import OPEN, Codes, Fills, Ledger, gather_fills
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
        ledger: Every execution, as compiled code wrote it; `fills` is the same without gaps.
    """

    bars: PriceArrays
    commission: float
    initial_capital: float
    equity: Floats
    ledger: Ledger

    @cached_property
    def fills(self) -> Fills:
        """Every execution, by series and then in time."""
        return gather_fills(self.ledger)

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
        whole, numbers = _round_trips(*self.ledger, self.bars.rows[:, -1, CLOSE], self.commission)
        series, entry_bar, exit_bar, side, reason = whole.T
        entry_price, exit_price, shares, profit, costs = numbers.T
        return Trades(
            series, entry_bar, exit_bar, side.astype(np.int8), entry_price, exit_price, shares, profit, costs,
            reason.astype(np.int8),
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


@numba.njit(cache=True, error_model="numpy")
def _round_trips(
    starts: Integers, ends: Integers, bar: Integers, reason: Integers, fills: Floats, marks: Floats, commission: float
) -> tuple[Integers, Floats]:
    """Rows (series, entry bar, exit bar, side, reason) and (entry price, exit price, shares, profit, costs)."""
    most = (ends - starts).sum()
    whole, numbers = np.empty((most, 5), np.int64), np.empty((most, 5))
    count = 0
    for series in range(len(ends)):
        before = entered = left = shares = slippage = 0.0
        entry_bar = 0
        for fill in range(starts[series], ends[series]):
            change, price, reference, after = fills[fill, 0], fills[fill, 1], fills[fill, 2], fills[fill, 4]
            if before * change < 0.0:
                leaving = min(abs(change), abs(before))
                left += leaving * price
                slippage += leaving * abs(price - reference)
                if before * after <= 0.0:
                    side = 1 if before > 0.0 else -1
                    whole[count] = (series, entry_bar, bar[fill], side, reason[fill])
                    numbers[count] = _round_trip(side, entered, left, left, shares, slippage, commission)
                    count += 1
            if before * after <= 0.0:
                entry_bar = bar[fill]
                entered = left = shares = slippage = 0.0
            if after * change > 0.0:
                joining = min(abs(change), abs(after))
                entered += joining * price
                shares += joining
                slippage += joining * abs(price - reference)
            before = after
        if before != 0.0:
            side = 1 if before > 0.0 else -1
            marked = left + abs(before) * marks[series]
            whole[count] = (series, entry_bar, -1, side, OPEN)
            numbers[count] = _round_trip(side, entered, left, marked, shares, slippage, commission)
            count += 1
    return whole[:count], numbers[:count]


@numba.njit(cache=True, error_model="numpy")
def _round_trip(
    side: int, entered: float, left: float, marked: float, shares: float, slippage: float, commission: float
) -> tuple[float, float, float, float, float]:
    """Entry price, exit price, shares, profit and costs; `marked` is the notional that left plus what is still held."""
    fees = (entered + left) * commission
    return entered / shares, marked / shares, shares, side * (marked - entered) - fees, fees + slippage
