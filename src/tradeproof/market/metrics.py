"""Figures of merit of an account: pure functions from arrays to one number.

Returns are simple returns per bar, equity[t] / equity[t - 1] - 1. Annual figures take the number of bars in a year as
an argument and the risk-free rate as 0. NaN means undefined; nothing skips a NaN, so one in the equity shows in the
result, and an account without equity has no returns.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from tradeproof.errors import DataError
from tradeproof.market.prices import CLOSE, Floats
from tradeproof.market.trades import Simulation


@dataclass(frozen=True)
class Performance:
    """What an account, or several in one pool, made of its capital.

    NaN where undefined: `volatility` with fewer than two returns; `sharpe_ratio` also without volatility;
    `sortino_ratio` without a losing bar; `calmar_ratio` without a drawdown; `win_rate` without an ended trade;
    `profit_factor` without a losing one; `break_even_cost` without a fill.

    Args:
        total_return: Share of the capital gained.
        cagr: Compound annual growth rate.
        volatility: Annual standard deviation of returns.
        sharpe_ratio: Annual.
        sortino_ratio: Annual.
        max_drawdown: Largest fall from a peak, as positive share of the peak.
        max_drawdown_bars: Bars from that peak to its recovery, or to the end.
        calmar_ratio: cagr / max_drawdown.
        win_rate: Share of ended round trips with a profit after costs.
        profit_factor: Profits of the winners / losses of the losers, among ended round trips.
        total_trades: Round trips, open ones included.
        turnover: Notional bought and sold per year, as multiple of the mean equity.
        exposure: Mean over bars of the value of all positions (short ones count positive) / equity.
        costs_paid: Commission and slippage, currency units.
        break_even_cost: Cost per traded notional at which these trades end without profit (`break_even_cost`).
    """

    total_return: float
    cagr: float
    volatility: float
    sharpe_ratio: float
    sortino_ratio: float
    max_drawdown: float
    max_drawdown_bars: int
    calmar_ratio: float
    win_rate: float
    profit_factor: float
    total_trades: int
    turnover: float
    exposure: float
    costs_paid: float
    break_even_cost: float

    def to_dict(self) -> dict[str, float | None]:
        """The figures by name, None where undefined: JSON has no NaN."""
        return {name: value if np.isfinite(value) else None for name, value in asdict(self).items()}


def performance(simulation: Simulation, series: int | slice | Sequence[int], bars_per_year: float) -> Performance:
    """All figures of one account, or of several as one pool: equal capital each, equities summed.

    Args:
        simulation: Accounts.
        series: Which of them: a number, a list of numbers, or slice(None) for all.
        bars_per_year: 252 for daily bars of a stock exchange.

    Raises:
        DataError: No such series, or a year without bars.
    """
    chosen = _chosen(simulation, series)
    if not bars_per_year > 0.0:
        raise DataError(f"performance with {bars_per_year} bars a year, expected more than 0 bars")
    equity = simulation.equity[:, chosen].sum(axis=1)
    returns = returns_of(equity)
    trades, fills = simulation.trades, simulation.fills
    ended = trades.profit[np.isin(trades.series, chosen) & (trades.exit_bar >= 0)]
    mine = np.isin(fills.series, chosen)
    quantity, price, reference = np.abs(fills.shares[mine]), fills.price[mine], fills.reference[mine]
    traded = float((quantity * price).sum())
    costs = traded * simulation.commission + float((quantity * np.abs(price - reference)).sum())
    drawdown, drawdown_bars = max_drawdown(equity)
    return Performance(
        total_return=total_return(equity),
        cagr=cagr(equity, bars_per_year),
        volatility=volatility(returns, bars_per_year),
        sharpe_ratio=sharpe_ratio(returns, bars_per_year),
        sortino_ratio=sortino_ratio(returns, bars_per_year),
        max_drawdown=drawdown,
        max_drawdown_bars=drawdown_bars,
        calmar_ratio=calmar_ratio(equity, bars_per_year),
        win_rate=win_rate(ended),
        profit_factor=profit_factor(ended),
        total_trades=int(np.isin(trades.series, chosen).sum()),
        turnover=turnover(traded, equity, bars_per_year),
        exposure=exposure(_positions(simulation)[:, chosen], equity),
        costs_paid=costs,
        break_even_cost=break_even_cost(float(equity[-1] - equity[0]), costs, float((quantity * reference).sum())),
    )


def _chosen(simulation: Simulation, series: int | slice | Sequence[int]) -> NDArray[np.int64]:
    there = np.arange(simulation.equity.shape[1])
    chosen = there[series] if isinstance(series, slice) else np.atleast_1d(np.asarray(series, dtype=np.int64))
    if not len(chosen) or not np.isin(chosen, there).all():
        raise DataError(f"performance of series {series}, expected one of {len(there)} series or several, from 0 on")
    return chosen


def _positions(simulation: Simulation) -> Floats:
    shares = simulation.shares
    return np.where(shares == 0.0, 0.0, shares * simulation.bars.rows[:, :, CLOSE].T)


def returns_of(equity: Floats) -> Floats:
    """Simple return of each bar but the first, [time - 1]; NaN after a bar that left no equity.

    The first equity is the capital: a decision at the first close fills on the second bar.
    """
    before = np.where(equity[:-1] > 0.0, equity[:-1], np.nan)
    return equity[1:] / before - 1.0


def total_return(equity: Floats) -> float:
    """Share of the first equity gained by the last bar."""
    return float(equity[-1] / equity[0] - 1.0)


def cagr(equity: Floats, bars_per_year: float) -> float:
    """Compound annual growth rate, (last / first) ^ (bars per year / bars) - 1; -1 when nothing is left."""
    if len(equity) < 2:
        return float("nan")
    growth = equity[-1] / equity[0]
    return float(max(growth, 0.0) ** (bars_per_year / (len(equity) - 1)) - 1.0) if growth == growth else float("nan")


def volatility(returns: Floats, bars_per_year: float) -> float:
    """Sample standard deviation (n - 1) of returns x sqrt(bars per year)."""
    return float(np.std(returns, ddof=1) * np.sqrt(bars_per_year)) if len(returns) > 1 else float("nan")


def sharpe_ratio(returns: Floats, bars_per_year: float) -> float:
    """Mean / sample standard deviation of returns x sqrt(bars per year) (Sharpe 1994, risk-free rate 0).

    The square root is exact for independent returns only (Lo 2002).
    """
    return _ratio(float(np.mean(returns)) * bars_per_year if len(returns) else 0.0, volatility(returns, bars_per_year))


def sortino_ratio(returns: Floats, bars_per_year: float) -> float:
    """Mean / downside deviation x sqrt(bars per year); the latter is the root mean square of min(return, 0).

    All bars count in that mean. Source: Sortino and Price, Performance measurement in a downside risk framework,
    1994, with target 0.
    """
    if not len(returns):
        return float("nan")
    downside = float(np.sqrt(np.mean(np.minimum(returns, 0.0) ** 2)))
    return _ratio(float(np.mean(returns)) * np.sqrt(bars_per_year), downside)


def max_drawdown(equity: Floats) -> tuple[float, int]:
    """Largest fall from a running peak, as positive share of it, and its length in bars.

    The length runs from the peak to the first bar that is back at it, or to the last bar if none is.
    """
    peaks = np.maximum.accumulate(equity)
    falls = 1.0 - equity / peaks
    deepest = int(np.argmax(falls))
    if not falls[deepest] > 0.0:
        return float(falls[deepest]), 0
    peak = int(np.argmax(equity[: deepest + 1]))
    recovered = np.flatnonzero(equity[deepest:] >= peaks[deepest])
    end = deepest + int(recovered[0]) if len(recovered) else len(equity) - 1
    return float(falls[deepest]), end - peak


def calmar_ratio(equity: Floats, bars_per_year: float) -> float:
    """Compound annual growth rate / maximum drawdown, both over the whole period (Young 1991 takes 36 months)."""
    return _ratio(cagr(equity, bars_per_year), max_drawdown(equity)[0])


def win_rate(profits: Floats) -> float:
    """Share of round trips with a profit above 0."""
    return float(np.mean(profits > 0.0)) if len(profits) else float("nan")


def profit_factor(profits: Floats) -> float:
    """Sum of the profits above 0 / sum of the losses."""
    return _ratio(float(profits[profits > 0.0].sum()), float(-profits[profits < 0.0].sum()))


def turnover(traded: float, equity: Floats, bars_per_year: float) -> float:
    """Notional bought and sold per year / mean equity; a position opened and closed counts twice."""
    return _ratio(traded * bars_per_year / max(len(equity) - 1, 1), float(np.mean(equity)))


def exposure(positions: Floats, equity: Floats) -> float:
    """Mean over bars of sum |position| / equity.

    Args:
        positions: Value of each position at the close, [time, series], currency units.
        equity: [time], of the whole pool.
    """
    return float(np.mean(np.abs(positions).sum(axis=1) / equity))


def break_even_cost(net_profit: float, costs_paid: float, reference_notional: float) -> float:
    """Total cost, as share of traded notional, at which the same trades end with no profit.

    Every share bought and sold stays as it is; each fill moves to its price before slippage, and pays this share of its
    notional there. Negative: the trades lose before any cost.

    Args:
        net_profit: Last equity - capital, currency units.
        costs_paid: Commission and slippage contained in it.
        reference_notional: Sum of |shares| x price before slippage over all fills.
    """
    return _ratio(net_profit + costs_paid, reference_notional)


def _ratio(above: float, below: float) -> float:
    return float(above / below) if below > 0.0 else float("nan")
