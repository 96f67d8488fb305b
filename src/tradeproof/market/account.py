"""The simulator: one account per series, stepped bar by bar in compiled code.

What happens within one bar, in this order (`step_bar`):

1. The waiting order fills at the open (`rebalance`). Orders come before stops: a gap through a stop level does not take
   back a decision that was already on its way. A short account that the open has ruined gets no order any more.
2. The exit levels, shares of the average entry price of what is now held, are live at once, on the entry bar too. An open
   beyond a level fills at the open; otherwise a touch fills at the level; if one bar touches both, the stop comes first.
3. A short account has one more level, its ruin: where covering takes all the cash. It is covered there (at the open, if
   that lies beyond), and then stays as it is, in debt after a gap, and takes no order again.
4. Equity is marked at the close: cash + shares x close.

Slippage moves every fill against the account. After an exit the account is flat until a new target arrives. A bar without
prices (NaN) fills nothing: the order waits for the next bar that exists, a newer one replaces it, and equity stays at the
last mark.

The state goes in and comes out of small functions, so that one bar can also be stepped by itself. Compiled functions that
call each other share this file, because numba's cache watches the file of the caller only.
"""

from typing import NamedTuple

import numba
import numpy as np

from tradeproof.errors import DataError
from tradeproof.market.prices import Floats, PriceArrays
from tradeproof.market.rules import TradingRules
from tradeproof.market.trades import BANKRUPT, ORDER, STOP, TAKE_PROFIT, Fills, Integers, Simulation

__all__ = ["PriceArrays", "Simulation", "TradingRules", "simulate"]

# a trade smaller than this share of equity is rounding, not a wish
DUST = 1e-12
# series and bars that one tile of the run holds: what fits the cache of a core
TILE_SERIES = 8
TILE_BARS = 256


class Rules(NamedTuple):
    """The rules as compiled code reads them; NaN levels are never reached."""

    commission: float
    slippage: float
    lowest: float  # weight
    highest: float
    stop_loss: float
    take_profit: float


class Account(NamedTuple):
    """State of one account between two bars."""

    cash: float
    shares: float  # negative: short
    entry_price: float  # average over what is held, slippage included, commission not; NaN when flat
    close: float  # last mark
    bankrupt: bool


class Fill(NamedTuple):
    """One execution and the balance after it; shares 0 means that none took place."""

    shares: float  # change of position
    price: float  # slippage included
    reference: float  # before slippage
    cash: float
    held: float
    reason: int


def simulate(bars: PriceArrays, targets: Floats, rules: TradingRules) -> Simulation:
    """Trade every series in an account of its own.

    Args:
        bars: Prices, [time, series].
        targets: [time, series], share of equity to hold, decided at the close of t and filled at the open of the next
            bar that exists; NaN: no new order. A number on every bar rebalances on every bar.
        rules: Costs, capital, limits and stops.

    Returns:
        Equity and fills, and what follows from them.

    Raises:
        DataError: Targets of another shape than the prices, or infinite.
    """
    targets = np.ascontiguousarray(targets, dtype=np.float64)
    if targets.shape != bars.shape:
        raise DataError(f"targets have shape {targets.shape}, expected that of the prices {bars.shape} (time, series)")
    orders = _count_orders(targets)
    if (orders < 0).any():
        raise DataError(f"targets of series {int(np.argmin(orders))} hold an infinite weight, expected shares or NaN")
    # an order fills once, and what it leaves held is closed by a level at most once
    slots = np.concatenate([[0], np.cumsum(2 * orders)])
    ledger = (np.empty((slots[-1], 2), np.int64), np.empty((slots[-1], 5)))
    equity = np.empty(bars.shape)
    counts = _run((bars.open, bars.high, bars.low, bars.close), targets, *compiled(rules), slots, ledger, equity)
    return Simulation(bars, rules.commission, rules.initial_capital, equity, _gathered(slots, counts, ledger))


def compiled(rules: TradingRules) -> tuple[Rules, Account]:
    """The rules as compiled code reads them, and the account before its first bar."""
    none = float("nan")
    size = rules.max_position_size
    return (
        Rules(
            commission=rules.commission,
            slippage=rules.slippage,
            lowest=-size if rules.long_short else 0.0,
            highest=size,
            stop_loss=none if rules.stop_loss is None else rules.stop_loss,
            take_profit=none if rules.take_profit is None else rules.take_profit,
        ),
        Account(cash=rules.initial_capital, shares=0.0, entry_price=none, close=none, bankrupt=False),
    )


@numba.njit(cache=True)
def step_bar(
    account: Account, weight: float, open_: float, high: float, low: float, close: float, rules: Rules
) -> tuple[Account, Fill, Fill]:
    """Take an account over one bar that exists, in the order that the module's docstring gives.

    Args:
        account: State after the bar before.
        weight: Waiting order, decided at an earlier close; NaN for none.
        open_: Open of this bar.
        high: High.
        low: Low.
        close: Close.
        rules: Costs, limits and levels.

    Returns:
        State marked at the close, the fill of the order, and the fill of a level.
    """
    order = exit_ = _no_fill()
    if not np.isnan(weight) and open_ < _ruin_price(account, rules):
        account, order = rebalance(account, weight, open_, rules)
    if account.shares != 0.0:
        reference, reason = _exit_level(account, open_, high, low, rules)
        if reason != ORDER:
            slip = -rules.slippage if account.shares > 0.0 else rules.slippage
            account, exit_ = _settle(account, -account.shares, reference * (1.0 + slip), reference, reason, rules)
    bankrupt = account.bankrupt or exit_.reason == BANKRUPT
    return Account(account.cash, account.shares, account.entry_price, close, bankrupt), order, exit_


@numba.njit(cache=True)
def rebalance(account: Account, weight: float, open_: float, rules: Rules) -> tuple[Account, Fill]:
    """Move an account to a weight that is exact after the cost of getting there.

    With H the stock held and E the equity, both at the open, and k the cost of trading one unit of value, the new value
    V solves V = w (E - k|V - H|). So the largest buy spends the cash to the last unit and no further.

    Args:
        account: State before the trade.
        weight: Share of equity; cut to the limits of the rules.
        open_: Open of a bar AFTER the decision; using the decision bar leaks the future.
        rules: Costs and limits.

    Returns:
        State after the trade, and its fill; equity falls by exactly the cost paid.
    """
    weight = min(max(weight, rules.lowest), rules.highest)
    held = account.shares * open_
    equity = account.cash + held
    if account.bankrupt or abs(weight * equity - held) <= DUST * equity:
        return account, _no_fill()
    if weight * equity > held:
        price = open_ * (1.0 + rules.slippage)
        cost = (1.0 + rules.slippage) * (1.0 + rules.commission) - 1.0
        value = weight * (equity + cost * held) / (1.0 + weight * cost)
    else:
        price = open_ * (1.0 - rules.slippage)
        cost = 1.0 - (1.0 - rules.slippage) * (1.0 - rules.commission)
        value = weight * (equity - cost * held) / (1.0 - weight * cost)
    change = -account.shares if weight == 0.0 else value / open_ - account.shares
    return _settle(account, change, price, open_, ORDER, rules)


@numba.njit(cache=True)
def _settle(
    account: Account, change: float, price: float, reference: float, reason: int, rules: Rules
) -> tuple[Account, Fill]:
    """Book a change of position: cash, shares, average entry price."""
    notional = change * price
    cash = account.cash - (notional + abs(notional) * rules.commission)
    if abs(cash) <= DUST * abs(notional):
        cash = 0.0
    shares = account.shares + change
    entry_price = account.entry_price
    if shares == 0.0:
        entry_price = np.nan
    elif account.shares * shares <= 0.0:
        entry_price = price
    elif abs(shares) > abs(account.shares):
        entry_price = (account.shares * entry_price + notional) / shares
    after = Account(cash, shares, entry_price, account.close, account.bankrupt)
    return after, Fill(change, price, reference, cash, shares, reason)


@numba.njit(cache=True)
def _exit_level(account: Account, open_: float, high: float, low: float, rules: Rules) -> tuple[float, int]:
    """Price before slippage at which a held position is closed within the bar, and why; reason ORDER: it is not."""
    if account.shares > 0.0:
        stop, gain = account.entry_price * (1.0 - rules.stop_loss), account.entry_price * (1.0 + rules.take_profit)
        if low <= stop and not open_ >= gain:
            return min(open_, stop), STOP
        if high >= gain:
            return max(open_, gain), TAKE_PROFIT
        return np.nan, ORDER
    stop, gain = account.entry_price * (1.0 + rules.stop_loss), account.entry_price * (1.0 - rules.take_profit)
    ruin = _ruin_price(account, rules)
    if open_ >= ruin or (high >= ruin and not stop < ruin and not open_ <= gain):
        return max(open_, ruin), BANKRUPT
    if high >= stop and not open_ <= gain:
        return max(open_, stop), STOP
    if low <= gain:
        return min(open_, gain), TAKE_PROFIT
    return np.nan, ORDER


@numba.njit(cache=True)
def _ruin_price(account: Account, rules: Rules) -> float:
    """Price at which covering a short position takes all the cash; infinite for an account that is not short."""
    if account.shares >= 0.0:
        return np.inf
    return account.cash / (-account.shares * (1.0 + rules.slippage) * (1.0 + rules.commission))


@numba.njit(cache=True)
def _no_fill() -> Fill:
    return Fill(0.0, np.nan, np.nan, np.nan, np.nan, ORDER)


@numba.njit(cache=True, parallel=True)
def _run(
    prices: tuple[Floats, Floats, Floats, Floats], targets: Floats, rules: Rules, start: Account,
    slots: Integers, ledger: tuple[Integers, Floats], equity: Floats,
) -> Integers:  # fmt: skip
    """Run all series over all bars, a few series to a thread; returns how many fills each one wrote to its slots."""
    time, series = targets.shape
    ends = slots[:-1].copy()
    for tile in numba.prange((series + TILE_SERIES - 1) // TILE_SERIES):
        _run_tile(
            tile * TILE_SERIES,
            min(series, (tile + 1) * TILE_SERIES),
            prices,
            targets,
            rules,
            start,
            ends,
            ledger,
            equity,
        )
    return ends - slots[:-1]


@numba.njit(cache=True)
def _run_tile(
    first: int, last: int, prices: tuple[Floats, Floats, Floats, Floats], targets: Floats, rules: Rules, start: Account,
    ends: Integers, ledger: tuple[Integers, Floats], equity: Floats,
) -> None:  # fmt: skip
    """Run the series from `first` to before `last`, some bars of each in turn, so that a cache line is read once."""
    time = len(targets)
    accounts = [start for _ in range(first, last)]
    waiting = np.full(last - first, np.nan)
    for bar in range(0, time, TILE_BARS):
        for series in range(first, last):
            accounts[series - first], waiting[series - first], ends[series] = _run_bars(
                accounts[series - first], waiting[series - first], ends[series], series, bar, min(time, bar + TILE_BARS),
                prices, targets, rules, ledger, equity,
            )  # fmt: skip


@numba.njit(cache=True)
def _run_bars(
    account: Account, weight: float, end: int, series: int, first: int, last: int,
    prices: tuple[Floats, Floats, Floats, Floats], targets: Floats, rules: Rules,
    ledger: tuple[Integers, Floats], equity: Floats,
) -> tuple[Account, float, int]:  # fmt: skip
    """Run one series over some bars; returns its state, its waiting order and the end of its ledger."""
    open_, high, low, close = prices
    whole, numbers = ledger
    for bar in range(first, last):
        idle = account.shares == 0.0 and np.isnan(weight)
        if not idle and not np.isnan(open_[bar, series]):
            account, order, exit_ = step_bar(
                account, weight, open_[bar, series], high[bar, series], low[bar, series], close[bar, series], rules
            )
            weight = np.nan
            # written out: a call that takes arrays counts references, which costs more than the bar
            if order.shares != 0.0:
                whole[end, 0], whole[end, 1] = bar, order.reason
                numbers[end, 0], numbers[end, 1], numbers[end, 2] = order.shares, order.price, order.reference
                numbers[end, 3], numbers[end, 4] = order.cash, order.held
                end += 1
            if exit_.shares != 0.0:
                whole[end, 0], whole[end, 1] = bar, exit_.reason
                numbers[end, 0], numbers[end, 1], numbers[end, 2] = exit_.shares, exit_.price, exit_.reference
                numbers[end, 3], numbers[end, 4] = exit_.cash, exit_.held
                end += 1
        equity[bar, series] = account.cash + account.shares * account.close if account.shares != 0.0 else account.cash
        if not np.isnan(targets[bar, series]):
            weight = targets[bar, series]
    return account, weight, end


@numba.njit(cache=True)
def _count_orders(targets: Floats) -> Integers:
    """Orders per series; negative where a target is infinite."""
    orders = np.zeros(targets.shape[1], np.int64)
    for bar in range(targets.shape[0]):
        for series in range(targets.shape[1]):
            weight = targets[bar, series]
            orders[series] += 0 if np.isnan(weight) else 1
            if abs(weight) == np.inf:
                orders[series] -= 1 << 40
    return orders


def _gathered(slots: Integers, counts: Integers, ledger: tuple[Integers, Floats]) -> Fills:
    """The fills without the slots that stayed empty."""
    starts = np.concatenate([[0], np.cumsum(counts)])
    kept = np.arange(starts[-1]) + np.repeat(slots[:-1] - starts[:-1], counts)
    whole, numbers = ledger[0][kept], ledger[1][kept]
    return Fills(
        starts=starts, bar=whole[:, 0], reason=whole[:, 1].astype(np.int8), shares=numbers[:, 0], price=numbers[:, 1],
        reference=numbers[:, 2], cash=numbers[:, 3], held=numbers[:, 4],
    )  # fmt: skip
