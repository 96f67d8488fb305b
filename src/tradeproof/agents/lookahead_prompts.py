"""The detector of look-ahead on what a language model reads and is taught: raw bars in, prompts and answers out."""

import hashlib
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from tradeproof.agents.counterfactual import Candidate
from tradeproof.agents.policy import TradingPolicy
from tradeproof.agents.ranges import candidates
from tradeproof.agents.rollout import roll_out
from tradeproof.agents.snapshots import snapshots_at, universe_of
from tradeproof.errors import LookaheadError
from tradeproof.explanations.answers import CATEGORIES
from tradeproof.explanations.dataset import Plan, jobs_of, needed_places
from tradeproof.explanations.rows import CHAT, TASKS, compose_row
from tradeproof.explanations.universe import Place, Universe
from tradeproof.features.contract import READY
from tradeproof.features.lookahead import LookaheadReport, check_lookahead, choose_cuts
from tradeproof.features.table import build_table
from tradeproof.params.schema import AllParams

EVERY = 100
"""Dates between two whose texts are compared; those around a cut are compared one by one."""
LAST = 3
FEWEST_DATES = 8
DIGEST_BYTES = 6
"""Of a text's hash: a float holds them exactly."""

Tables = Mapping[str, pd.DataFrame]


def lookahead_of_prompts(
    bars: pd.DataFrame, policy: TradingPolicy, params: AllParams, cuts: Sequence[int] | int, seed: int
) -> list[LookaheadReport]:
    """Check the prompts and completions of all three tasks, a chat with its earlier moments among them.

    The policy, and the ranges that its counterfactuals may move within, were fixed when it was trained.

    Args:
        bars: Bars of one ticker or of several.
        policy: Who decides.
        params: Section generate_explanations, and the end of training.
        cuts: Positions of the last known dates, or how many to choose among those with decisions of all tickers.
        seed: Draws cuts, permutations and factors, and wordings.

    Raises:
        LookaheadError: There are too few decisions for a check.
    """
    tables = _tables(bars, policy)
    dates = np.unique(bars["date"].to_numpy())
    positions = _positions(dates, tables, cuts, seed)
    movable = candidates(policy, tables, params.split.train_end)
    compared = _compared_dates(dates, positions)
    drivers = params.generate_explanations.drivers

    def texts(known: pd.DataFrame) -> pd.DataFrame:
        return _digests(known, policy, movable, compared, drivers, seed)

    return [check_lookahead(texts, bars, positions, seed, subject="prompts and completions", dates_only=())]


def _digests(
    bars: pd.DataFrame,
    policy: TradingPolicy,
    movable: Sequence[Candidate],
    compared: Collection[str],
    drivers: int,
    seed: int,
) -> pd.DataFrame:
    """Hashes of what is written at the compared dates; NaN at all others."""
    tables = _tables(bars, policy)
    decisions = {own.ticker: own for own in roll_out(policy, tables)}
    universe = universe_of(policy, tables, decisions.values())
    places = [
        (ticker, n) for ticker, own in universe.tickers.items() for n, day in enumerate(own.dates) if day in compared
    ]
    columns = [f"{task}_{what}" for task in TASKS for what in ("prompt", "completion")]
    found = pd.DataFrame(np.nan, index=pd.MultiIndex.from_frame(bars[["ticker", "date"]]), columns=columns)
    for task in TASKS:
        plan = Plan("train", tuple(places), (task,) * len(places), tuple(_category(task, universe, p) for p in places))
        explained, shown = needed_places(universe, plan)
        told = snapshots_at(policy, tables, decisions, universe, movable, explained, shown, 1, _Silence())
        for place, job in zip(places, jobs_of(universe, plan, told, "", seed), strict=True):
            composed = compose_row(job, drivers)
            row = (place[0], tables[place[0]]["date"].iloc[decisions[place[0]].rows[place[1]]])
            found.loc[row, f"{task}_prompt"] = _digest(composed.prompt)
            found.loc[row, f"{task}_completion"] = _digest("\n".join(composed.answers))
    return found.reset_index(drop=True)


class _Silence:
    """Tells nobody how far it is: there are many short computations."""

    def update(self, step: int, metrics: Mapping[str, float] | None = None) -> None:
        """Nothing."""


def _category(task: str, universe: Universe, place: Place) -> str | None:
    rows = universe.tickers[place[0]].decided.rows
    return CATEGORIES[int(rows[place[1]]) % len(CATEGORIES)] if task == CHAT else None


def _tables(bars: pd.DataFrame, policy: TradingPolicy) -> dict[str, pd.DataFrame]:
    return {
        str(ticker): build_table(own.reset_index(drop=True), policy.features.params)
        for ticker, own in bars.groupby("ticker", sort=True)
    }


def _positions(dates: np.ndarray, tables: Tables, cuts: Sequence[int] | int, seed: int) -> Sequence[int]:
    if not isinstance(cuts, int):
        return cuts
    seconds = []
    for ticker, table in tables.items():
        ready = table.loc[table[READY], "date"].to_numpy()
        if len(ready) < FEWEST_DATES:
            raise LookaheadError(
                f"prompts of {ticker}: {len(ready)} of {len(table)} bars have all features, expected at least "
                f"{FEWEST_DATES}: give a longer history"
            )
        seconds.append(ready[1])  # a policy trades from the second ready bar on
    first = int(np.searchsorted(dates, max(seconds)))
    return [first + cut for cut in choose_cuts(len(dates) - first, cuts, seed)]


def _compared_dates(dates: np.ndarray, positions: Sequence[int]) -> set[str]:
    # those just after a cut have to follow the rewritten bars: a check in which nothing moves proves nothing
    near = {place for cut in positions for place in range(cut + 1 - LAST, cut + 1 + LAST)}
    places = near | set(range(0, len(dates), EVERY))
    return {str(dates[place].astype("datetime64[D]")) for place in places if 0 <= place < len(dates)}


def _digest(text: str) -> float:
    return float(int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:DIGEST_BYTES], "big"))
