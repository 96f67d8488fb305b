"""The simulator: one account per series, stepped bar by bar in compiled code.

What happens within one bar, in this order (`step_bar`):

1. The waiting order fills at the open (`rebalance`). Orders come before exits: a gap through a stop level does not take
   back a decision that was already on its way. A short account that the open has ruined gets no order any more.
2. The exit levels, shares of the average entry price of what is now held, are live at once, on the entry bar too. An
   open beyond a level fills at the open; otherwise a touch fills at the level; if one bar touches both, the stop comes
   first.
3. A short account has one more level, its ruin: where covering takes all the cash. It is covered there (at the open, if
   that lies beyond), and then stays as it is, in debt after a gap, and takes no order again.
4. Equity is marked at the close: cash + shares x close.

Slippage moves every fill against the account. After an exit the account is flat until a new target arrives. A bar
without prices (NaN) fills nothing: the order waits for the next bar that exists, a newer one replaces it, and equity
stays at the last mark.

State goes in and comes out of small functions, so that one bar can also be stepped by itself. A run steps only the bars
on which something can happen and marks equity on those between. Compiled functions that call each other share this
file, because numba's cache watches the file of the caller only.
"""

import numba
import numpy as np

from tradeproof.market.fills import (
    BANKRUPT,
    NONE,
    ORDER,
    STOP,
    TAKE_PROFIT,
    Fill,
    Ledger,
    empty_ledger,
)
from tradeproof.market.orders import Integers, Orders, find_orders
from tradeproof.market.prices import CLOSE, HIGH, LOW, OPEN, Floats, PriceArrays
from tradeproof.market.rules import Account, Rules, TradingRules, compiled_rules
from tradeproof.market.trades import Simulation

__all__ = ["PriceArrays", "Simulation", "TradingRules", "simulate"]

# plain IEEE arithmetic: nothing is reordered, a division by zero is infinite
COMPILED = {"cache": True, "error_model": "numpy"}
# a trade smaller than this share of equity is rounding, not a wish
DUST = 1e-12
# from this many bars on, threads are worth waking; fewer take half a millisecond on one
PARALLEL_BARS = 250_000


def simulate(bars: PriceArrays, targets: Floats, rules: TradingRules) -> Simulation:
    """Trade every series in an account of its own.

    Args:
        bars: Prices, [time, series].
        targets: [time, series], share of equity to hold, decided at the close of t and filled at the open of the next
            bar that exists; NaN: no new order. A number on every bar rebalances on every bar.
        rules: Costs, capital, limits and exits.

    Returns:
        Equity and fills, and what follows from them.

    Raises:
        DataError: Targets of another shape than the prices, or infinite.
    """
    in_parallel = bars.close.size >= PARALLEL_BARS
    orders = find_orders(targets, bars.shape, in_parallel)
    # an order fills once, and what it leaves held is exited at most once
    ledger = empty_ledger(2 * orders.counts)
    equity = np.empty(bars.shape, order="F")
    (_run_parallel if in_parallel else _run)(bars.rows, orders, *compiled_rules(rules), ledger, equity.T)
    return Simulation(bars, rules.commission, rules.initial_capital, equity, ledger)


@numba.njit(**COMPILED)
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
        rules: Costs, limits and exits.

    Returns:
        State marked at the close, the fill of the order, and the fill of an exit.
    """
    order = exit_ = no_fill(account)
    if not np.isnan(weight) and open_ < ruin_price(account, rules):
        account, order = rebalance(account, weight, open_, rules)
    lower, upper = exit_levels(account, rules)
    if low <= lower or high >= upper:
        reference, reason = _exit(account, open_, low, high, rules)
        slip = -rules.slippage if account.shares > 0.0 else rules.slippage
        account, exit_ = _settle(account, -account.shares, reference * (1.0 + slip), reference, reason, rules)
    equity = _equity(account, close)
    bankrupt = account.bankrupt or exit_.reason == BANKRUPT
    return Account(account.cash, account.shares, account.entry_price, equity, bankrupt), order, exit_


@numba.njit(**COMPILED)
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
        State after the trade, and its fill; equity at the open falls by exactly the cost paid.
    """
    weight = min(max(weight, rules.lowest), rules.highest)
    held = account.shares * open_
    equity = account.cash + held
    if account.bankrupt or abs(weight * equity - held) <= DUST * equity:
        return account, no_fill(account)
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


@numba.njit(**COMPILED)
def exit_levels(account: Account, rules: Rules) -> tuple[float, float]:
    """Prices at or below, and at or above, which what is held is closed; infinitely far where nothing is."""
    if account.shares == 0.0:
        return -np.inf, np.inf
    if account.shares > 0.0:
        return account.entry_price * (1.0 - rules.stop_loss), account.entry_price * (1.0 + rules.take_profit)
    stop = account.entry_price * (1.0 + rules.stop_loss)
    return account.entry_price * (1.0 - rules.take_profit), min(stop, ruin_price(account, rules))


@numba.njit(**COMPILED)
def ruin_price(account: Account, rules: Rules) -> float:
    """Price at which covering a short position takes all the cash; infinite for an account that is not short."""
    if account.shares >= 0.0:
        return np.inf
    return account.cash / (-account.shares * (1.0 + rules.slippage) * (1.0 + rules.commission))


@numba.njit(**COMPILED)
def no_fill(account: Account) -> Fill:
    """The fill that did not take place."""
    return Fill(0.0, np.nan, np.nan, account.cash, account.shares, NONE)


@numba.njit(**COMPILED)
def _exit(account: Account, open_: float, low: float, high: float, rules: Rules) -> tuple[float, int]:
    """Price before slippage, and reason, of the exit from a position whose levels the bar has reached."""
    lower, upper = exit_levels(account, rules)
    long = account.shares > 0.0
    if open_ <= lower or open_ >= upper:
        price, below = open_, open_ <= lower
    else:
        below = low <= lower if long else high < upper
        price = lower if below else upper
    if below == long:
        # ruin is never nearer than the open: beyond both, it names the exit
        return price, BANKRUPT if price >= ruin_price(account, rules) else STOP
    return price, TAKE_PROFIT


@numba.njit(**COMPILED)
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
    after = Account(cash, shares, entry_price, account.equity, account.bankrupt)
    return after, Fill(change, price, reference, cash, shares, reason)


@numba.njit(**COMPILED)
def _equity(account: Account, close: float) -> float:
    # a series that is not listed yet has no close
    return account.cash if account.shares == 0.0 else account.cash + account.shares * close


# two functions rather than one compiled twice: numba's cache would take one for the other
@numba.njit(**COMPILED)
def _run(prices: Floats, orders: Orders, rules: Rules, start: Account, ledger: Ledger, equity: Floats) -> None:
    """Run every series over all bars, into its stretch of the ledger and its row of equity, [series, time]."""
    for series in range(len(equity)):
        _run_one(series, prices, orders, rules, start, ledger, equity)


@numba.njit(**COMPILED, parallel=True)
def _run_parallel(prices: Floats, orders: Orders, rules: Rules, start: Account, ledger: Ledger, equity: Floats) -> None:
    for series in numba.prange(len(equity)):
        _run_one(series, prices, orders, rules, start, ledger, equity)


@numba.njit(**COMPILED)
def _run_one(
    series: int, prices: Floats, orders: Orders, rules: Rules, account: Account, ledger: Ledger, equity: Floats
) -> None:
    """Run one series from event to event, where an event is the fill of an order or the touch of a level."""
    # taken apart here once: in the loop, each look into a tuple of arrays would count references
    rows, marked = prices[series], equity[series]
    fill_bars, weights = orders.bars[series], orders.weights[series]
    count = _schedule(rows, fill_bars, weights, orders.counts[series])
    starts, ends, bars, reasons, numbers = ledger
    bar, order, end = 0, 0, starts[series]
    while bar < len(rows):
        fill_bar = fill_bars[order] if order < count else len(rows)
        event = _mark_quiet(rows, marked, account, rules, bar, fill_bar)
        if event == len(rows):
            break
        wish = np.nan
        if event == fill_bar:
            wish = weights[order]
            order += 1
        open_, high, low, close = rows[event, OPEN], rows[event, HIGH], rows[event, LOW], rows[event, CLOSE]
        account, fill, exit_ = step_bar(account, wish, open_, high, low, close, rules)
        end = _write(bars, reasons, numbers, end, event, fill)
        end = _write(bars, reasons, numbers, end, event, exit_)
        marked[event] = account.equity
        bar = event + 1
    ends[series] = end


@numba.njit(**COMPILED)
def _schedule(rows: Floats, bars: Integers, weights: Floats, count: int) -> int:
    """Turn decision bars into fill bars, in place, without orders that never fill; returns how many are left."""
    left = 0
    for order in range(count):
        # a newer order replaces this one; what it decides at a close, fills after it
        last = bars[order + 1] if order + 1 < count else len(rows) - 1
        fill = bars[order] + 1
        while fill <= last and np.isnan(rows[fill, OPEN]):
            fill += 1
        if fill <= last:
            bars[left], weights[left] = fill, weights[order]
            left += 1
    return left


@numba.njit(**COMPILED, inline="always")
def _mark_quiet(rows: Floats, marked: Floats, account: Account, rules: Rules, first: int, last: int) -> int:
    """Mark equity from `first` on, up to the first bar that reaches an exit level, or `last`; returns that bar."""
    cash, shares, bar = account.cash, account.shares, first
    if shares == 0.0:
        for flat in range(first, last):
            marked[flat] = cash
        return last
    lower, upper = exit_levels(account, rules)
    while bar < last and not (rows[bar, LOW] <= lower or rows[bar, HIGH] >= upper):
        marked[bar] = cash + shares * rows[bar, CLOSE]
        bar += 1
    return bar


@numba.njit(**COMPILED, inline="always")
def _write(bars: Integers, reasons: Integers, numbers: Floats, end: int, bar: int, fill: Fill) -> int:
    """Append a fill to a ledger, unless none took place; returns the new end."""
    if fill.reason == NONE:
        return end
    bars[end], reasons[end] = bar, fill.reason
    numbers[end, 0], numbers[end, 1], numbers[end, 2] = fill.shares, fill.price, fill.reference
    numbers[end, 3], numbers[end, 4] = fill.cash, fill.held
    return end + 1
