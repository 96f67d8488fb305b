"""Snapshots of decisions: the readings, words, reasons and orders of each, from arrays of many."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tradeproof.explanations.decided import DecidedBars, Exits, Reasons
from tradeproof.explanations.facts import Driver, Snapshot
from tradeproof.explanations.family import FloatArray
from tradeproof.explanations.quantities import spoken_key
from tradeproof.explanations.readings import (
    CORE,
    account_columns,
    family_name,
    market_columns,
    record_columns,
)
from tradeproof.explanations.states import Words, state_columns
from tradeproof.features.contract import FeatureContract
from tradeproof.market.positions import ACTIONS

DRIVERS = 5
"""Reasons that a snapshot names, at most."""
LEAST_ATTRIBUTION = 0.01
"""Log-odds, rounded; what weighs less is no reason."""
WITHOUT_NUMBER = ("weekday", "month")
"""Quantities that a text may name though no reading shows them: the date tells."""


@dataclass(frozen=True)
class TickerReadings:
    """Everything that can be shown of the decisions of one ticker.

    Attributes:
        decided: The decisions.
        dates: [decision], as 2015-12-31.
        columns: By key, [decision], displayed; NaN where there is no reading.
        shown: Keys that every snapshot shows.
        states: By name, [decision]; empty where the readings do not tell.
    """

    decided: DecidedBars
    dates: Words
    columns: Mapping[str, FloatArray]
    shown: tuple[str, ...]
    states: Mapping[str, Words]


def ticker_readings(
    table: pd.DataFrame, contract: FeatureContract, decided: DecidedBars, exits: Exits
) -> TickerReadings:
    """Compute the readings of all decisions of a ticker.

    Args:
        table: Its feature table, of the contract.
        contract: Of the features.
        decided: The decisions, on rows of the table.
        exits: Of the rules that the account trades by.
    """
    close = table["close"].to_numpy(dtype=np.float64)[decided.rows]
    market = market_columns(table, contract, decided.rows)
    account = account_columns(decided, close, exits)
    states = state_columns({**market, **account}, len(decided.rows))
    record = record_columns(decided, close, states["trend"])
    shown = [key for key in market if family_name(key) in CORE or key not in contract.names]
    dates = np.datetime_as_string(table["date"].to_numpy()[decided.rows].astype("datetime64[D]"))
    columns = {**market, **account, **record}
    return TickerReadings(decided, dates, columns, (*shown, *account, *record), states)


def snapshots(readings: TickerReadings, reasons: Reasons) -> list[Snapshot]:
    """The snapshots of those decisions that reasons are given for, in their order."""
    places = reasons.places
    shown = {key: readings.columns[key][places].tolist() for key in readings.shown}
    further = {key: values[places].tolist() for key, values in readings.columns.items() if key not in shown}
    drivers = _drivers(reasons, {**shown, **further})
    actions, orders = readings.decided.actions[places], orders_of(readings.decided)[places]
    found = []
    for n, place in enumerate(places.tolist()):
        numbers = {key: values[n] for key, values in shown.items() if values[n] == values[n]}
        other = reasons.counterfactuals[n]
        named = [driver.key for driver in drivers[n]] + ([] if other is None else [other.key])
        numbers |= {key: further[key][n] for key in named if key in further and further[key][n] == further[key][n]}
        if other is not None and numbers.get(other.key) in (None, other.value):
            other = None  # its difference does not show
        found.append(
            Snapshot(
                ticker=readings.decided.ticker,
                date=str(readings.dates[place]),
                action=ACTIONS[actions[n]],
                order=str(orders[n]),
                readings=numbers,
                states={name: str(words[place]) for name, words in readings.states.items() if words[place]},
                drivers=drivers[n],
                counterfactual=other,
            )
        )
    return found


def orders_of(decided: DecidedBars) -> Words:
    """What each decision does to the account, as facts.ORDERS names it."""
    side, target = np.sign(decided.positions), np.sign(decided.targets)
    none = np.isnan(decided.targets) | ((target == side) & (side != 0.0))
    cases = {
        "keep_long": none & (side > 0.0),
        "keep_short": none & (side < 0.0),
        "close_long": (side > 0.0) & (target == 0.0),
        "close_short": (side < 0.0) & (target == 0.0),
        "reverse_to_short": (side > 0.0) & (target < 0.0),
        "reverse_to_long": (side < 0.0) & (target > 0.0),
        "open_long": (side == 0.0) & (target > 0.0),
        "open_short": (side == 0.0) & (target < 0.0),
    }
    return np.select(list(cases.values()), list(cases), "stay_flat")


def _drivers(reasons: Reasons, numbers: Mapping[str, list[float]]) -> list[tuple[Driver, ...]]:
    """The weightiest groups of observed numbers that can be spoken of, per reason."""
    keys = sorted({spoken_key(name) for name in reasons.names})
    groups = np.asarray([keys.index(spoken_key(name)) for name in reasons.names], dtype=np.int64)
    weights = np.zeros((len(reasons.places), len(keys)))
    np.add.at(weights.T, groups, reasons.attributions.T)
    weights = np.round(weights, 2) + 0.0
    order = np.argsort(-np.abs(weights), axis=1, kind="stable")
    found = []
    for n, places in enumerate(order.tolist()):
        named: list[Driver] = []
        for place in places:
            if len(named) == DRIVERS or abs(weights[n, place]) < LEAST_ATTRIBUTION:
                break
            if keys[place] in WITHOUT_NUMBER or _is_shown(numbers, keys[place], n):
                named.append(Driver(keys[place], float(weights[n, place])))
        found.append(tuple(named))
    return found


def _is_shown(numbers: Mapping[str, list[float]], key: str, n: int) -> bool:
    return key in numbers and numbers[key][n] == numbers[key][n]
