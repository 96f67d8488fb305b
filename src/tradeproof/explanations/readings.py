"""Readings of all decisions of a ticker at once: columns of displayed values, NaN where there is none.

Every value at a decision comes from rows of the table up to it.
"""

from collections.abc import Mapping
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from tradeproof.explanations.decided import DecidedBars, Exits, Integers
from tradeproof.explanations.family import FloatArray
from tradeproof.explanations.quantities import is_quantity, quantity
from tradeproof.explanations.states import STATES
from tradeproof.features import indicators
from tradeproof.features.contract import VOLATILITY, FeatureContract
from tradeproof.market.positions import ACTIONS

Columns = Mapping[str, FloatArray]

CORE = (
    "return",
    "rsi",
    "macd_histogram",
    "bollinger_position",
    "volatility_level",
    "volatility_regime",
    "volume_ratio",
    "average_distance",
    "high_distance",
    "low_distance",
    "drawdown",
)
"""Families of observed numbers that every snapshot shows; others are shown where they gave a reason."""

VOLUME_FAMILIES = ("volume_ratio", "volume_trend")


@cache
def family_name(key: str) -> str:
    """A key without its windows: macd_histogram of macd_histogram_12_26_9."""
    words = key.split("_")
    while len(words) > 1 and words[-1].isdigit():
        words.pop()
    return "_".join(words)


def market_columns(table: pd.DataFrame, contract: FeatureContract, rows: Integers) -> dict[str, FloatArray]:
    """Readings of the bars: the close, the averages, and every feature whose number can be displayed.

    Args:
        table: Feature table of one ticker.
        contract: Of the table.
        rows: [decision], places in the table.
    """
    close = table["close"].to_numpy(dtype=np.float64)
    volatility = table[VOLATILITY].to_numpy(dtype=np.float64)[rows]
    found = {"close": close[rows]}
    for window in contract.params.average_bars:
        found[f"average_{window}"] = indicators.simple_average(close, window)[rows]
    for name in contract.names:
        if is_quantity(name) and quantity(name).is_convertible:
            found[name] = quantity(name).to_display(table[name].to_numpy(dtype=np.float64)[rows], volatility)
    _blank_unmeasured(found, table, contract, rows)
    return _displayed(found)


def account_columns(decided: DecidedBars, close: FloatArray, exits: Exits) -> dict[str, FloatArray]:
    """Readings of the account and of the decision.

    Args:
        decided: The decisions.
        close: [decision], not rounded.
        exits: Of the rules.
    """
    side = np.sign(decided.positions)
    held, ordered = side != 0.0, np.isfinite(decided.targets)
    entry = np.where(held, decided.entry_price, np.nan)
    found = {
        "position": 100.0 * decided.positions,
        "target": 100.0 * np.where(ordered, decided.targets, decided.positions),
        "entry_price": entry,
        "unrealised_return": 100.0 * side * (close / entry - 1.0),
        "bars_held": np.where(held, decided.bars_held, np.nan),
        "account_drawdown": 100.0 * decided.drawdown,
    }
    found |= {f"probability_{action}": 100.0 * decided.probabilities[:, n] for n, action in enumerate(ACTIONS)}
    kept, opened = held & ~ordered, ordered & (decided.targets != 0.0)
    for name, share, sign in (("stop", exits.stop_loss, -1.0), ("take_profit", exits.take_profit, 1.0)):
        if share is not None:
            # the price of a position that is ordered follows from a fill nobody knows yet
            distance = "stop_loss" if name == "stop" else name
            found[distance] = np.where(kept | opened, 100.0 * share, np.nan)
            found[f"{name}_price"] = np.where(kept, entry * (1.0 + sign * side * share), np.nan)
    return _displayed(found)


def record_columns(decided: DecidedBars, close: FloatArray, trends: npt.NDArray[np.str_]) -> dict[str, FloatArray]:
    """What account and market did so far, by the trend in which each step from one decision to the next began.

    Args:
        decided: The decisions.
        close: [decision], not rounded.
        trends: [decision], at the close of the decision; empty where there is none.
    """
    size = len(decided.rows)
    steps = {
        "bars": np.diff(decided.rows).astype(np.float64),
        "return": np.diff(np.log(decided.equity)),
        "market": np.diff(np.log(close)),
    }
    found = {}
    for trend in STATES["trend"]:
        began = trends[:-1] == trend
        sums = {name: np.concatenate([[0.0], np.cumsum(np.where(began, step, 0.0))]) for name, step in steps.items()}
        known = sums["bars"] > 0.0
        found[f"record_bars_{trend}"] = np.where(known, sums["bars"], np.nan)
        for name in ("return", "market"):
            found[f"record_{name}_{trend}"] = np.where(known, 100.0 * np.expm1(sums[name]), np.nan)
    return _displayed(found) if size else found


def _blank_unmeasured(
    found: dict[str, FloatArray], table: pd.DataFrame, contract: FeatureContract, rows: Integers
) -> None:
    """Take out numbers that a feature holds in place of a missing one: a text would take them for measured."""
    volume, high, low = (table[name].to_numpy(dtype=np.float64)[rows] for name in ("volume", "high", "low"))
    for name in contract.names:
        if family_name(name) in VOLUME_FAMILIES and name in found:
            observed = table[name].to_numpy(dtype=np.float64)[rows]
            found[name] = np.where((observed == 0.0) & (volume == 0.0), np.nan, found[name])
    if "close_location" in found:
        found["close_location"] = np.where(high > low, found["close_location"], np.nan)


def _displayed(columns: Columns) -> dict[str, FloatArray]:
    """Rounded as displayed; NaN where a number is not finite."""
    return {
        key: np.where(np.isfinite(values), quantity(key).displayed(values), np.nan) for key, values in columns.items()
    }
