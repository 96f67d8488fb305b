"""How many bars per second the simulator trades, beside vectorbt and backtesting.py, in one run on one machine.

Run it with `python benchmarks/simulator.py`; it takes about two minutes. Every party trades the same simulated daily
bars (5000 bars x 100 stocks) with the same signals, commission, slippage, stop-loss and take-profit, and each figure is
the best of several repeats of warm calls. backtesting.py trades one stock; its rate per bar is what counts.

The last line is one JSON object. `ours` makes equity AND round trips, from prices that were checked and laid out once;
it stands against a vectorbt call alone, which makes neither, and against one that makes both, which is like for like.
vectorbt runs on numba, as it does when installed by itself. `limit` is one thread that only touches the data.
Another busy process on the machine costs us more than the peers, as only our threads need both cores: mind the load.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tradeproof.market.account import PriceArrays, TradingRules, simulate
from tradeproof.market.benchmarks import average_cross
from tradeproof.market.positions import changes_only

TIME, SERIES = 5000, 100
RULES = TradingRules(
    commission=0.001,
    slippage=0.0005,
    initial_capital=10_000.0,
    max_position_size=1.0,
    stop_loss=0.05,
    take_profit=0.10,
    long_short=False,
)
FIRST_CALL = "--first-call"


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    seconds: float
    bars: int
    trades: int | None

    @property
    def rate(self) -> float:
        """Bars per second."""
        return self.bars / self.seconds


def main() -> None:
    if FIRST_CALL in sys.argv:
        print(first_call_seconds())
        return
    warnings.simplefilter("ignore")
    bars = simulated_bars(seed=0)
    started = time.perf_counter()
    _ = bars.rows
    print(f"{TIME} bars x {SERIES} stocks, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the run")
    print(f"prices laid out once: {since(started):.3f} s")
    print(f"first call, compiled anew: {cold_seconds():.1f} s; from the cache on disk: {first_call_seconds():.2f} s")
    scenarios = {
        "cross 50/200": average_cross(bars.close, (50, 200), 0),
        "cross 10/50": average_cross(bars.close, (10, 50), 0),
        "random 10 %": random_targets(0.1, seed=1),
    }
    results = {name: measure(name, bars, targets) for name, targets in scenarios.items()}
    limit = limit_row(bars, scenarios["cross 10/50"])
    print(line(limit))
    ours, call, whole, one_stock = results["cross 10/50"]
    print(
        json.dumps(
            {
                "name": "simulator",
                "unit": "bars/s",
                "ours": round(ours.rate),
                "peers": {row.name: round(row.rate) for row in (call, whole, one_stock)},
                "ratios": {row.name: round(ours.rate / row.rate, 1) for row in (call, whole, one_stock)},
                "ratios_by_scenario": {
                    name: {row.name: round(rows[0].rate / row.rate, 1) for row in rows[1:]}
                    for name, rows in results.items()
                },
                "limit": {limit.name: round(limit.rate)},
            }
        )
    )


def measure(scenario: str, bars: PriceArrays, targets: np.ndarray) -> tuple[Row, Row, Row, Row]:
    """All parties on one set of signals, in turn, so that a busy machine is busy for each of them."""
    signals = vectorbt_signals(targets)

    def ours() -> int:
        return len(simulate(bars, targets, RULES).trades)

    def call() -> int:
        return len(vectorbt_portfolio(bars, *signals).order_records)

    def whole() -> int:
        portfolio = vectorbt_portfolio(bars, *signals)
        portfolio.value()
        return len(portfolio.positions.records)

    counts = [party() for party in (ours, call, whole)]
    best = [np.inf] * 3
    for _ in range(8):
        for place, (party, repeats) in enumerate(((ours, 20), (call, 1), (whole, 1))):
            best[place] = min(best[place], best_of(party, repeats))
    orders = int(np.isfinite(targets).sum())
    print(f"\n{scenario}: {orders} orders, on {orders / targets.size:.1%} of the bars")
    rows = (
        Row("tradeproof: equity, round trips", best[0], targets.size, counts[0]),
        Row("vectorbt: call alone", best[1], targets.size, None),
        Row("vectorbt: equity, round trips", best[2], targets.size, counts[2]),
        backtesting_row(bars, targets),
    )
    for row in rows:
        print(line(row))
    return rows


def line(row: Row) -> str:
    trades = "" if row.trades is None else f"{row.trades:>8} round trips"
    return f"  {row.name:<34} {row.seconds * 1e3:>10.2f} ms {row.rate / 1e6:>10.3f} million bars/s {trades}"


def best_of(party: Callable[[], object], repeats: int) -> float:
    best = np.inf
    for _ in range(repeats):
        started = time.perf_counter()
        party()
        best = min(best, since(started))
    return best


def since(started: float) -> float:
    return time.perf_counter() - started


def simulated_bars(seed: int) -> PriceArrays:
    """Daily bars with 1.5 % volatility, opens that gap and ranges beyond open and close."""
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.015, (TIME, SERIES)), axis=0))
    open_ = np.vstack([close[:1], close[:-1]]) * np.exp(rng.normal(0, 0.004, close.shape))
    high = np.maximum(open_, close) * np.exp(np.abs(rng.normal(0, 0.005, close.shape)))
    low = np.minimum(open_, close) * np.exp(-np.abs(rng.normal(0, 0.005, close.shape)))
    return PriceArrays(open_, high, low, close)


def random_targets(share: float, seed: int) -> np.ndarray:
    """All in or out on a share of the bars, by chance, as orders on change."""
    chance = np.random.default_rng(seed).random((TIME, SERIES))
    return changes_only(np.where(chance < share / 2, 1.0, np.where(chance < share, 0.0, np.nan)))


def vectorbt_signals(targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    decided = np.vstack([np.full((1, targets.shape[1]), np.nan), targets[:-1]])
    return decided == 1.0, decided == 0.0


def vectorbt_portfolio(bars: PriceArrays, entries: np.ndarray, exits: np.ndarray):
    import vectorbt

    return vectorbt.Portfolio.from_signals(
        bars.close,
        entries=entries,
        exits=exits,
        open=bars.open,
        high=bars.high,
        low=bars.low,
        price=bars.open,
        fees=RULES.commission,
        slippage=RULES.slippage,
        init_cash=RULES.initial_capital,
        sl_stop=RULES.stop_loss,
        tp_stop=RULES.take_profit,
        stop_entry_price="fillprice",
        stop_exit_price="stopmarket",
        freq="1D",
    )


def backtesting_row(bars: PriceArrays, targets: np.ndarray) -> Row:
    import contextlib
    import io

    import pandas as pd
    from backtesting import Backtest, Strategy

    wishes, closes = targets[:, 0], bars.close[:, 0]
    columns = {name.title(): getattr(bars, name)[:, 0] for name in ("open", "high", "low", "close")}
    frame = pd.DataFrame(columns, index=pd.bdate_range("2000-01-03", periods=TIME))

    class Rule(Strategy):
        def init(self) -> None:
            pass

        def next(self) -> None:
            bar = len(self.data) - 1
            if wishes[bar] == 0.0 and self.position:
                self.position.close()
            elif wishes[bar] == 1.0 and not self.position:
                self.buy(sl=closes[bar] * (1 - RULES.stop_loss), tp=closes[bar] * (1 + RULES.take_profit))

    test = Backtest(frame, Rule, cash=1e9, commission=RULES.commission, spread=RULES.slippage, finalize_trades=True)
    with contextlib.redirect_stderr(io.StringIO()):
        seconds = best_of(test.run, 3)
        trades = len(test.run()["_trades"])
    return Row("backtesting.py: one stock", seconds, TIME, trades)


def limit_row(bars: PriceArrays, targets: np.ndarray) -> Row:
    """One thread of numpy reads every input once and writes an output of the size of the equity once."""
    equity = np.empty(bars.shape)
    inputs = (bars.open, bars.high, bars.low, bars.close, targets)

    def touch() -> None:
        for array in inputs:
            array.max()
        equity.fill(0.0)

    return Row("limit: numpy, touch all data once", best_of(touch, 50), targets.size, None)


def first_call_seconds() -> float:
    """The first simulation of a process, many series and one."""
    bars = simulated_bars(seed=0)
    targets = random_targets(0.1, seed=1)
    started = time.perf_counter()
    simulate(bars, targets, RULES).trades  # noqa: B018  # made when asked for
    return since(started)


def cold_seconds() -> float:
    """The same in a process that finds no compiled code on the disk."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, FIRST_CALL]
        return float(subprocess.check_output(command, env={**os.environ, "NUMBA_CACHE_DIR": folder}))


if __name__ == "__main__":
    main()
