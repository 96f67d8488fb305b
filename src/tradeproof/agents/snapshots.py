"""From what a policy decided to readings, reasons and snapshots."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from tradeproof.agents.actor import Floats
from tradeproof.agents.attribution import attribute
from tradeproof.agents.counterfactual import Candidate, nearest_counterfactuals
from tradeproof.agents.policy import TradingPolicy, softmax
from tradeproof.agents.rollout import Decisions
from tradeproof.envs.observation import Observations
from tradeproof.explanations.decided import DecidedBars, Exits, Integers, Reasons
from tradeproof.explanations.facts import Counterfactual, Snapshot
from tradeproof.explanations.snapshots import snapshots, ticker_readings
from tradeproof.explanations.universe import Place, Universe
from tradeproof.features.contract import VOLATILITY
from tradeproof.market.positions import ACTIONS
from tradeproof.progress import Progress

AT_ONCE = 256
"""Decisions that are explained together."""


def universe_of(policy: TradingPolicy, tables: Mapping[str, pd.DataFrame], decisions: Iterable[Decisions]) -> Universe:
    """The readings of all decisions.

    Args:
        policy: Who decided.
        tables: Feature tables by ticker.
        decisions: Of each ticker.
    """
    exits = Exits(policy.rules.stop_loss, policy.rules.take_profit)
    return Universe(
        {
            own.ticker: ticker_readings(tables[own.ticker], policy.features, decided_bars(own), exits)
            for own in decisions
        }
    )


def decided_bars(decisions: Decisions) -> DecidedBars:
    """The decisions as plain arrays."""
    equity = decisions.equity_at_decision
    # the highest close since the account was opened, also on bars between two decisions
    peaks = np.maximum.accumulate(decisions.equity)[decisions.rows]
    return DecidedBars(
        ticker=decisions.ticker,
        rows=decisions.rows,
        actions=decisions.actions,
        probabilities=softmax(decisions.logits),
        targets=decisions.targets,
        positions=decisions.weights,
        entry_price=decisions.entry_prices,
        bars_held=decisions.bars_held.astype(np.float64),
        equity=equity,
        drawdown=np.maximum(1.0 - equity / peaks, 0.0),
    )


def snapshots_at(
    policy: TradingPolicy,
    tables: Mapping[str, pd.DataFrame],
    decisions: Mapping[str, Decisions],
    universe: Universe,
    movable: Sequence[Candidate],
    explained: Collection[Place],
    shown: Collection[Place],
    threads: int,
    bar: Progress,
) -> dict[Place, Snapshot]:
    """The snapshots of some decisions.

    Args:
        policy: Who decided.
        tables: Feature tables by ticker.
        decisions: By ticker.
        universe: Their readings.
        movable: What a counterfactual may move.
        explained: Decisions to be told with drivers and counterfactual.
        shown: Decisions to be told, those among them.
        threads: That work side by side; the result is the same for any number.
        bar: Told how many are done.
    """
    portions = []
    for ticker in decisions:
        places = np.asarray(sorted(n for name, n in shown if name == ticker), dtype=np.int64)
        portions += [(ticker, places[first : first + AT_ONCE]) for first in range(0, len(places), AT_ONCE)]

    def explain(portion: tuple[str, Integers]) -> Reasons:
        ticker, places = portion
        told = np.asarray([(ticker, int(n)) in explained for n in places], dtype=np.bool_)
        volatility = tables[ticker][VOLATILITY].to_numpy(dtype=np.float64)[decisions[ticker].rows]
        return _reasons(policy, decisions[ticker], places, told, movable, volatility)

    found: dict[Place, Snapshot] = {}
    # threads suffice: the arithmetic is done in compiled code that lets the other one run
    with ThreadPoolExecutor(threads) as pool:
        for (ticker, places), reasons in zip(portions, pool.map(explain, portions), strict=True):
            made = snapshots(universe.tickers[ticker], reasons)
            found |= {(ticker, int(n)): snapshot for n, snapshot in zip(places, made, strict=True)}
            bar.update(len(found))
    return found


def _reasons(
    policy: TradingPolicy, own: Decisions, places: Integers, told: np.ndarray, movable: Sequence[Candidate],
    volatility: Floats,
) -> Reasons:  # fmt: skip
    """Attributions and counterfactuals of the decisions to be told with them; none of the others."""
    chosen = places[told]
    seen = Observations(own.observations[chosen], policy.observation.hash)
    attributions = np.zeros((len(places), policy.observation.width))
    others: list[Counterfactual | None] = [None] * len(places)
    if len(chosen):
        attributions[told] = attribute(policy, seen, own.actions[chosen]).values
    if len(chosen) and movable:
        near = nearest_counterfactuals(policy, seen, own.actions[chosen], movable, volatility[chosen])
        for place, n in zip(np.flatnonzero(told).tolist(), range(len(chosen)), strict=True):
            if near.columns[n] >= 0:
                key = policy.observation.names[near.columns[n]]
                action = ACTIONS[near.actions[n]]
                others[place] = Counterfactual(key, float(near.displayed[n]) + 0.0, action, bool(near.beyond[n]))
    return Reasons(places, policy.observation.names, attributions, tuple(others))
