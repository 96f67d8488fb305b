"""The detector of fills before their time: a decision at the close of t may fill at the open of t + 1, not earlier.

Three truths hold for such fills, and each early fill breaks one of them:

1. Accounts up to a close do not change when the future after it is rewritten.
2. What is held and what was paid are known at the open of the bar of the fill: they do not change when the rest of that
   bar is rewritten. A fill in the bar of its own decision breaks this, and so does one at a high, a low or a close.
3. The price of a fill follows the open of its bar: 1 % more open, 1 % more price. A fill at the close of the decision,
   booked on the next bar, breaks this.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from tradeproof.data.bars import PRICE_COLUMNS
from tradeproof.errors import LookaheadError
from tradeproof.features.indicators import FloatArray
from tradeproof.features.leaks import MOVED_OPEN, Leak, LookaheadReport
from tradeproof.features.lookahead import check_lookahead
from tradeproof.market.account import simulate
from tradeproof.market.prices import PriceArrays
from tradeproof.market.rules import TradingRules

Trade = Callable[[pd.DataFrame], pd.DataFrame]
"""Bars of one ticker in; columns `equity`, `cash` and `shares` at each close out, one row per bar."""

ACCOUNT_COLUMNS = ["equity", "cash", "shares"]
MOVE = 1.01
TOLERANCE = 1e-6
"""Of a ratio of prices; rounding stays far below it, a fill at another price far above."""


def check_fills(trade: Trade, bars: pd.DataFrame, cuts: int, seed: int, *, subject: str) -> tuple[LookaheadReport, ...]:
    """Check that a trading rule decides on closes and fills at the next open.

    Args:
        trade: Decides and trades on nothing but its argument. Its orders may hold long positions or none, without stop
            or take-profit: those fill within a bar by design. Costs are a share of the traded notional.
        bars: Bars of one ticker.
        cuts: Number of cuts, and of fills that are looked at.
        seed: Draws cuts, permutations and factors.
        subject: What is traded, for the reports.

    Returns:
        A report on each of the three truths.

    Raises:
        LookaheadError: Nothing was traded, or the result is not an account per bar.
    """
    account = _account(trade, bars, subject)
    fills = np.flatnonzero(np.diff(account["shares"].to_numpy()) != 0.0) + 1
    fills = fills[fills <= len(bars) - 2]
    if not fills.size:
        raise LookaheadError(f"{subject}: nothing was traded, so no fill could be checked; expected a rule that trades")
    looked_at = fills[np.unique(np.linspace(0, fills.size - 1, cuts).astype(np.int64))]

    def known_at_open(b: pd.DataFrame) -> pd.DataFrame:
        at_close = _account(trade, b, subject)
        # equity at the last close moves with the bars, which tells a careful account from one that ignores them
        return at_close[["cash", "shares"]].assign(previous_equity=at_close["equity"].shift(1))

    return (
        check_lookahead(lambda b: _account(trade, b, subject), bars, cuts, seed, subject=f"accounts of {subject}"),
        check_lookahead(
            known_at_open,
            bars,
            [int(bar) for bar in np.unique([looked_at - 1, looked_at])],
            seed,
            subject=f"fills of {subject}",
            knowable="open",
        ),
        _price_report(trade, bars, account, looked_at, subject),
    )


def lookahead_of_fills(
    bars: pd.DataFrame, rules: TradingRules, average_bars: int, cuts: int, seed: int
) -> list[LookaheadReport]:
    """Check the simulator with a rule that is long while the close is above its average.

    Args:
        bars: Bars of one ticker or of several; each is traded in an account of its own.
        rules: Costs, capital and limits, without short positions. Their stops are left out when fills are looked at,
            as they fill within a bar.
        average_bars: Window of the average.
        cuts: Number of cuts, and of fills that are looked at.
        seed: Draws cuts, permutations and factors.

    Returns:
        Four reports for each ticker: the accounts under these rules, then the three of `check_fills`.
    """
    long_only = replace(rules, long_short=False)
    without_stops = replace(long_only, stop_loss=None, take_profit=None)
    reports: list[LookaheadReport] = []
    for ticker in bars["ticker"].unique():
        own = bars[bars["ticker"] == ticker].reset_index(drop=True)
        subject = f"the average rule on {ticker}"
        stopped = partial(_trade_average, rules=long_only, bars_averaged=average_bars)
        reports.append(check_lookahead(stopped, own, cuts, seed, subject=f"accounts with stops of {subject}"))
        plain = partial(_trade_average, rules=without_stops, bars_averaged=average_bars)
        reports += check_fills(plain, own, cuts, seed, subject=subject)
    return reports


def _trade_average(bars: pd.DataFrame, rules: TradingRules, bars_averaged: int) -> pd.DataFrame:
    prices = PriceArrays(*(bars[name].to_numpy(dtype=np.float64)[:, np.newaxis] for name in PRICE_COLUMNS))
    targets = _average_rule(prices.close[:, 0], bars_averaged, rules.max_position_size)
    simulation = simulate(prices, targets[:, np.newaxis], rules)
    return pd.DataFrame({name: getattr(simulation, name)[:, 0] for name in ACCOUNT_COLUMNS})


def _average_rule(close: FloatArray, bars: int, size: float) -> FloatArray:
    average = pd.Series(close).rolling(bars).mean().to_numpy()
    wish = np.where(close > average, size, 0.0)
    before = np.concatenate([np.zeros(1), wish[:-1]])
    return np.where(wish == before, np.nan, wish)


def _account(trade: Trade, bars: pd.DataFrame, subject: str) -> pd.DataFrame:
    result = trade(bars)
    if not isinstance(result, pd.DataFrame) or not set(ACCOUNT_COLUMNS) <= set(result.columns):
        raise LookaheadError(f"{subject}: expected a DataFrame with the columns {ACCOUNT_COLUMNS} to come back")
    return result[ACCOUNT_COLUMNS]


def _price_report(
    trade: Trade, bars: pd.DataFrame, account: pd.DataFrame, fills: npt.NDArray[np.int64], subject: str
) -> LookaheadReport:
    wrong: dict[int, float] = {}
    for fill in (int(bar) for bar in fills):
        moved = bars.copy()
        place = moved.index[fill]
        moved.loc[place, "open"] = moved.loc[place, "open"] * MOVE
        moved.loc[place, "high"] = max(moved.loc[place, "high"], moved.loc[place, "open"])
        ratio = _price(_account(trade, moved, subject), fill) / _price(account, fill) / MOVE
        # written so that a fill that vanished, whose ratio is NaN, counts as wrong
        if not abs(ratio - 1.0) <= TOLERANCE:
            wrong[fill] = abs(ratio - 1.0)
    dates = bars["date"]
    leaks = [
        Leak(
            column="fill_price",
            rewriting=MOVED_OPEN,
            cut=first - 1,
            cut_date=f"{dates.iloc[first - 1]:%Y-%m-%d}",
            first_date=f"{dates.iloc[first]:%Y-%m-%d}",
            differing=len(wrong),
            largest=max(wrong.values()),
            revealed_by=(MOVED_OPEN,),
        )
        for first in sorted(wrong)[:1]
    ]
    return LookaheadReport(
        subject=f"fill prices of {subject}",
        dates=len(bars),
        cuts=tuple(int(fill) - 1 for fill in fills),
        rewritings=(MOVED_OPEN,),
        horizon=0,
        columns=("fill_price",),
        compared=len(fills),
        unmoved=(),
        leaks=tuple(leaks),
    )


def _price(account: pd.DataFrame, fill: int) -> float:
    """Price per share, costs included; NaN when nothing was traded."""
    shares = float(account["shares"].iloc[fill] - account["shares"].iloc[fill - 1])
    cash = float(account["cash"].iloc[fill] - account["cash"].iloc[fill - 1])
    return -cash / shares if shares != 0.0 else float("nan")
