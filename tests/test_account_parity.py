"""The simulator against vectorbt and backtesting.py, on simulated and on real bars, to 1e-9.

Both peers differ from the simulator in places, so each test runs the semantics that they share and says which they are.
"""

import warnings

import numpy as np
import pandas as pd
import pytest

from tradeproof.market.account import PriceArrays, TradingRules, simulate
from tradeproof.market.fills import REASONS
from tradeproof.market.prices import align_prices

# no splits in these years, so that raw prices are one consistent series
TICKERS = ("IBM", "JNJ", "MSFT", "WMT", "XOM")
START, END = "2004-01-01", "2019-12-31"
COMMISSION, SLIPPAGE = 0.001, 0.0005
EXACT = {"rtol": 1e-9, "atol": 0.0}


@pytest.fixture(scope="module", params=["simulated", "real"])
def bars(request):
    return simulated_bars() if request.param == "simulated" else real_bars(request.getfixturevalue("market_folder"))


def simulated_bars(time=1500, series=2):
    """Prices that jump overnight."""
    rng = np.random.default_rng(0)
    close = 50 * np.exp(np.cumsum(rng.standard_t(4, (time, series)) * 0.012, axis=0))
    open_ = np.vstack([close[:1], close[:-1]]) * np.exp(rng.standard_t(4, (time, series)) * 0.006)
    high = np.maximum(open_, close) * np.exp(np.abs(rng.normal(0, 0.006, (time, series))))
    low = np.minimum(open_, close) * np.exp(-np.abs(rng.normal(0, 0.006, (time, series))))
    return PriceArrays(open_, high, low, close)


def real_bars(folder):
    """Four thousand days of five stocks, through the crash of 2008."""
    table = pd.read_parquet(folder / "us30_daily_1999_2019.parquet").rename(columns={"symbol": "ticker"})
    table = table[table["ticker"].isin(TICKERS) & table["date"].between(START, END)].sort_values(["ticker", "date"])
    assert (table["split_coefficient"] == 1.0).all()
    # a few raw bars of the vendor have an open or close a cent outside high and low
    table["high"] = table[["open", "high", "close"]].max(axis=1)
    table["low"] = table[["open", "low", "close"]].min(axis=1)
    prices = align_prices(table).prices
    assert prices.shape == (4027, 5)
    assert np.isfinite(prices.close).all()
    return prices


def rules(**changes):
    plain = {"commission": COMMISSION, "slippage": SLIPPAGE, "initial_capital": 10_000.0, "max_position_size": 1.0}
    return TradingRules(**{**plain, "stop_loss": None, "take_profit": None, "long_short": False, **changes})


def on_and_off(shape, share, seed=0):
    """Targets that go all in, out, or say nothing."""
    chance = np.random.default_rng(seed).random(shape)
    return np.where(chance < share / 2, 1.0, np.where(chance < share, 0.0, np.nan))


# ---- vectorbt


@pytest.fixture
def vectorbt(monkeypatch):
    """Vectorbt with its signal loop left uncompiled: the same code, without ten seconds of compilation."""
    import vectorbt
    from vectorbt.portfolio import nb

    monkeypatch.setattr(nb, "simulate_from_signals_nb", nb.simulate_from_signals_nb.py_func)
    return vectorbt


def at_open_and_close(array, at_open):
    """Two rows per bar: its open alone, then the whole bar."""
    rows = np.empty((2 * len(array), array.shape[1]), dtype=array.dtype)
    rows[0::2], rows[1::2] = at_open, array
    return rows


@pytest.mark.parametrize(("stop_loss", "take_profit"), [(0.03, 0.06), (0.02, None), (None, 0.1), (None, None)])
def test_trades_and_equity_with_stops_equal_vectorbt(vectorbt, bars, stop_loss, take_profit):
    # vectorbt handles one signal per row and no stop on the row of the entry. So each bar is two rows: at its open the
    # order fills and gaps are seen, over the whole bar levels are touched. Shared: long only, all in or out.
    targets = on_and_off(bars.shape, 0.1)
    ours = simulate(bars, targets, rules(stop_loss=stop_loss, take_profit=take_profit))
    silent = np.zeros(bars.shape, dtype=bool)
    decided = np.vstack([np.full((1, bars.shape[1]), np.nan), targets[:-1]])
    theirs = vectorbt.Portfolio.from_signals(
        at_open_and_close(bars.close, bars.open),
        entries=at_open_and_close(silent, decided == 1.0),
        exits=at_open_and_close(silent, decided == 0.0),
        open=at_open_and_close(bars.open, bars.open),
        high=at_open_and_close(bars.high, bars.open),
        low=at_open_and_close(bars.low, bars.open),
        price=at_open_and_close(bars.open, bars.open),
        fees=COMMISSION,
        slippage=SLIPPAGE,
        init_cash=10_000.0,
        sl_stop=stop_loss,
        tp_stop=take_profit,
        stop_entry_price="fillprice",
        stop_exit_price="stopmarket",
        freq="1D",
    )
    np.testing.assert_allclose(theirs.value().to_numpy()[1::2], ours.equity, **EXACT)
    np.testing.assert_allclose(theirs.cash().to_numpy()[1::2], ours.cash, rtol=1e-9, atol=1e-7)
    records = theirs.positions.records.sort_values(["col", "entry_idx"])
    trades, ended = ours.trades, ours.trades.exit_bar >= 0
    assert len(trades) > 0.015 * bars.close.size
    assert set(np.array(REASONS)[trades.reason]) >= {"order", *["stop"] * bool(stop_loss)}
    np.testing.assert_array_equal(records["entry_idx"] // 2, trades.entry_bar)
    np.testing.assert_array_equal(records["exit_idx"][ended] // 2, trades.exit_bar[ended])
    np.testing.assert_allclose(records["entry_price"], trades.entry_price, **EXACT)
    np.testing.assert_allclose(records["exit_price"], trades.exit_price, **EXACT)
    np.testing.assert_allclose(records["size"], trades.shares, **EXACT)
    np.testing.assert_allclose(records["pnl"], trades.profit, rtol=1e-9, atol=1e-7)


def test_weights_without_costs_equal_vectorbt_target_percent(bars):
    # shared: any weight, long and short, rebalanced at the open; without costs, as vectorbt sizes before them
    import vectorbt

    targets = np.round(np.random.default_rng(1).uniform(-0.9, 0.9, bars.shape), 2)
    targets[np.random.default_rng(2).random(bars.shape) > 0.2] = np.nan
    ours = simulate(bars, targets, rules(commission=0.0, slippage=0.0, long_short=True))
    decided = np.vstack([np.full((1, bars.shape[1]), np.nan), targets[:-1]])
    theirs = vectorbt.Portfolio.from_orders(
        bars.close, decided, size_type="targetpercent", price=bars.open, init_cash=10_000.0, freq="1D"
    )
    assert len(ours.fills) > 0.15 * bars.close.size
    np.testing.assert_allclose(theirs.value().to_numpy(), ours.equity, **EXACT)


def test_bookkeeping_with_costs_equals_vectorbt(bars):
    # shared: what given positions cost and are worth, long and short, adds, cuts and flips
    import vectorbt

    targets = np.round(np.random.default_rng(3).uniform(-0.9, 0.9, bars.shape), 2)
    targets[np.random.default_rng(4).random(bars.shape) > 0.2] = np.nan
    ours = simulate(bars, targets, rules(long_short=True))
    wanted = np.where(ours.traded > 0.0, ours.shares, np.nan)
    theirs = vectorbt.Portfolio.from_orders(
        bars.close, wanted, size_type="targetamount", price=bars.open, fees=COMMISSION, slippage=SLIPPAGE,
        init_cash=10_000.0, freq="1D",
    )  # fmt: skip
    np.testing.assert_allclose(theirs.value().to_numpy(), ours.equity, **EXACT)
    records = theirs.positions.records.sort_values(["col", "entry_idx"])
    trades = ours.trades
    np.testing.assert_array_equal(records["entry_idx"], trades.entry_bar)
    np.testing.assert_array_equal(np.where(records["direction"] == 0, 1, -1), trades.side)
    np.testing.assert_allclose(records["entry_price"], trades.entry_price, **EXACT)
    np.testing.assert_allclose(records["pnl"], trades.profit, rtol=1e-9, atol=1e-7)
    np.testing.assert_allclose(theirs.orders.records["fees"].sum(), ours.commission_paid.sum(), **EXACT)


# ---- backtesting.py


def backtest(bars, series, decide, **options):
    """Run a rule on one series; capital so large that whole shares are no restriction at 1e-9."""
    from backtesting import Backtest, Strategy

    frame = pd.DataFrame(
        {name.title(): getattr(bars, name)[:, series] for name in ("open", "high", "low", "close")},
        index=pd.bdate_range(START, periods=bars.shape[0]),
    )

    class Rule(Strategy):
        def init(self):
            pass

        def next(self):
            decide(self, len(self.data) - 1)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        test = Backtest(frame, Rule, cash=1e15, commission=COMMISSION, finalize_trades=False, **options)
        return test.run()


def assert_equal(stats, simulation, reference_capital=1e15):
    equity = stats["_equity_curve"]["Equity"].to_numpy()
    np.testing.assert_allclose(equity / reference_capital, simulation.equity[:, 0] / 10_000.0, **EXACT)
    trades, ended = simulation.trades, simulation.trades.exit_bar >= 0
    theirs = stats["_trades"].sort_values("EntryBar")
    np.testing.assert_array_equal(theirs["EntryBar"], trades.entry_bar[ended])
    np.testing.assert_array_equal(theirs["ExitBar"], trades.exit_bar[ended])
    np.testing.assert_allclose(theirs["EntryPrice"], trades.entry_price[ended], **EXACT)
    np.testing.assert_allclose(theirs["ExitPrice"], trades.exit_price[ended], **EXACT)
    np.testing.assert_allclose(
        theirs["PnL"] / reference_capital, trades.profit[ended] / 10_000.0, rtol=1e-9, atol=1e-12
    )


def one(bars, series):
    return PriceArrays(*(array[:, [series]] for array in (bars.open, bars.high, bars.low, bars.close)))


ALL_IN = 1.0 - 1e-15


@pytest.mark.parametrize("side", [1.0, -1.0])
@pytest.mark.parametrize("series", [0, 1])
def test_orders_at_the_next_open_equal_backtesting(bars, series, side):
    # shared: all in or out, long or short, commission on both sides; slippage 0, as the peer has it on entries only
    wishes = on_and_off((bars.shape[0],), 0.1, seed=series)
    targets = np.full((bars.shape[0], 1), np.nan)

    def decide(strategy, bar):
        if wishes[bar] == 0.0 and strategy.position:
            strategy.position.close()
            targets[bar] = 0.0
        elif wishes[bar] == 1.0 and not strategy.position:
            (strategy.buy if side > 0 else strategy.sell)(size=ALL_IN)
            targets[bar] = side

    theirs = backtest(bars, series, decide)
    ours = simulate(one(bars, series), targets, rules(slippage=0.0, long_short=True))
    assert len(ours.trades) > 0.01 * bars.shape[0]
    assert_equal(theirs, ours)


@pytest.mark.parametrize("side", [1.0, -1.0])
@pytest.mark.parametrize("series", [0, 1])
def test_stops_and_take_profits_equal_backtesting(bars, series, side):
    # shared: levels as share of the entry, live on the entry bar, the stop first. Positions end by levels only, as
    # the peer touches a stop before it fills an order to close at the same open. It also refuses an order whose levels
    # do not lie around the last close, so none is given before such a gap
    stop_loss, take_profit = 0.05, 0.08
    targets = np.full((bars.shape[0], 1), np.nan)

    def decide(strategy, bar):
        if strategy.position or bar % 3 or bar + 1 == bars.shape[0]:
            return
        entry, close = bars.open[bar + 1, series], bars.close[bar, series]
        stop, gain = entry * (1 - side * stop_loss), entry * (1 + side * take_profit)
        if min(stop, gain) < close < max(stop, gain):
            (strategy.buy if side > 0 else strategy.sell)(size=ALL_IN, sl=stop, tp=gain)
            targets[bar] = side

    theirs = backtest(bars, series, decide)
    ours = simulate(
        one(bars, series), targets, rules(slippage=0.0, long_short=True, stop_loss=stop_loss, take_profit=take_profit)
    )
    assert len(ours.trades) > 0.01 * bars.shape[0]
    assert set(np.array(REASONS)[ours.trades.reason]) >= {"stop", "take_profit"}
    assert_equal(theirs, ours)
