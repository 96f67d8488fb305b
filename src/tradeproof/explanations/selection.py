"""Which decisions become rows of the dataset: split by time, and balanced over actions, tickers and regimes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tradeproof.errors import DataError
from tradeproof.explanations.decided import Integers
from tradeproof.explanations.universe import Place, Universe
from tradeproof.market.positions import ACTIONS

TRAIN, EVAL = "train", "eval"


@dataclass(frozen=True)
class Pool:
    """All decisions there are; arrays [decision], by ticker and then by time.

    Attributes:
        tickers: Names.
        series: Place in tickers.
        places: Place among the decisions of the ticker.
        dates: As 2015-12-31.
        actions: Places in ACTIONS.
        regimes: State of the volatility.
        trends: State of the trend.
        trading: Whether it gave an order: most decisions leave things as they are.
    """

    tickers: tuple[str, ...]
    series: Integers
    places: Integers
    dates: npt.NDArray[np.str_]
    actions: Integers
    regimes: npt.NDArray[np.str_]
    trends: npt.NDArray[np.str_]
    trading: npt.NDArray[np.bool_]

    def place(self, decision: int) -> Place:
        """The ticker, and the place among its decisions."""
        return self.tickers[self.series[decision]], int(self.places[decision])


@dataclass(frozen=True)
class TimeSplit:
    """Dates of the two parts; between them lie the purged sessions.

    Attributes:
        train_end: Last date of training.
        eval_start: First date of evaluation.
        purged: Sessions between them, all left out.
    """

    train_end: str
    eval_start: str
    purged: int


@dataclass(frozen=True)
class Selection:
    """The decisions that were chosen, as places in the pool, ascending in time.

    Attributes:
        split: The dates.
        chosen: By part, [row].
    """

    split: TimeSplit
    chosen: Mapping[str, Integers]


def pool_of(universe: Universe) -> Pool:
    """Lay the decisions of all tickers one after the other."""
    own = list(universe.tickers.values())
    return Pool(
        tickers=tuple(universe.tickers),
        series=np.concatenate([np.full(len(one.dates), n) for n, one in enumerate(own)]),
        places=np.concatenate([np.arange(len(one.dates)) for one in own]),
        dates=np.concatenate([one.dates for one in own]),
        actions=np.concatenate([one.decided.actions for one in own]),
        regimes=np.concatenate([one.states["volatility"] for one in own]),
        trends=np.concatenate([one.states["trend"] for one in own]),
        trading=np.concatenate([~np.isnan(one.decided.targets) for one in own]),
    )


def select(pool: Pool, count: int, ratio: float, purged: int, generator: np.random.Generator) -> Selection:
    """Choose decisions: the later dates for evaluation, and in each part as even a mix as there is.

    Args:
        pool: All decisions.
        count: How many to choose, of both parts together.
        ratio: Share of them that is for training.
        purged: Sessions left out between the parts.
        generator: Draws within a stratum.

    Raises:
        DataError: There are fewer decisions than that.
    """
    wanted = {TRAIN: round(count * ratio), EVAL: count - round(count * ratio)}
    split = split_by_time(pool.dates, wanted, ratio, purged)
    parts = {TRAIN: pool.dates <= split.train_end, EVAL: pool.dates >= split.eval_start}
    return Selection(
        split, {name: _stratified(pool, np.flatnonzero(parts[name]), wanted[name], generator) for name in (TRAIN, EVAL)}
    )


def split_by_time(dates: npt.NDArray[np.str_], wanted: Mapping[str, int], ratio: float, purged: int) -> TimeSplit:
    """Find the dates that part the decisions by the ratio, with enough of them on either side.

    Args:
        dates: [decision].
        wanted: Decisions needed by part.
        ratio: Share of the decisions before evaluation begins.
        purged: Sessions left out before that.

    Raises:
        DataError: There is no such date.
    """
    sessions, counts = np.unique(dates, return_counts=True)
    before = np.concatenate([[0], np.cumsum(counts)])  # [session + 1], decisions before it
    starts = np.arange(purged + 1, len(sessions))
    train, rest = before[starts - purged], len(dates) - before[starts]
    allowed = (train >= max(wanted[TRAIN], 1)) & (rest >= max(wanted[EVAL], 1))
    if not allowed.any():
        raise DataError(_too_few(dates, wanted, purged, ratio))
    distance = np.where(allowed, np.abs(train - ratio * (train + rest)), np.inf)
    start = int(starts[int(np.argmin(distance))])
    return TimeSplit(str(sessions[start - purged - 1]), str(sessions[start]), purged)


def waterfilled(available: Integers, total: int) -> Integers:
    """Share a total out as evenly as what is available allows.

    Args:
        available: [stratum].
        total: At most their sum.

    Returns:
        [stratum], adding up to the total; what does not divide goes to the first ones.
    """
    taken = np.zeros_like(available)
    while (left := total - int(taken.sum())) > 0:
        open_ = np.flatnonzero(taken < available)
        each = left // len(open_)
        if each == 0:
            taken[open_[:left]] += 1
            break
        taken[open_] = np.minimum(taken[open_] + each, available[open_])
    return taken


def balance_notes(pool: Pool, selection: Selection, most: float, least: float) -> list[str]:
    """Say in which part which action is above or below the shares that were asked for, and why."""
    found = []
    for name, chosen in selection.chosen.items():
        inside = pool.dates <= selection.split.train_end if name == TRAIN else pool.dates >= selection.split.eval_start
        for number, action in enumerate(ACTIONS):
            count, there = int((pool.actions[chosen] == number).sum()), int((pool.actions[inside] == number).sum())
            share = count / max(len(chosen), 1)
            bound = f"above {most:.0%}" if share > most else f"below {least:.0%}" if share < least else None
            if bound is not None:
                found.append(
                    f"{name}: {action} makes up {share:.1%} of {len(chosen)} decisions, {bound}: the policy decided "
                    f"{action} {there} times among {int(inside.sum())}, and no other mix has as many rows"
                )
    return found


def _stratified(pool: Pool, inside: Integers, count: int, generator: np.random.Generator) -> Integers:
    """Even over the actions first, then over those that trade and those that do not, then over the rest."""
    per_action = [inside[pool.actions[inside] == number] for number in range(len(ACTIONS))]
    quotas = waterfilled(np.asarray([len(own) for own in per_action]), count)
    chosen = []
    for own, quota in zip(per_action, quotas.tolist(), strict=True):
        kinds = [own[pool.trading[own]], own[~pool.trading[own]]]
        shares = waterfilled(np.asarray([len(kind) for kind in kinds]), quota)
        chosen += [_spread(pool, kind, share, generator) for kind, share in zip(kinds, shares.tolist(), strict=True)]
    found = np.concatenate(chosen)
    return found[np.lexsort((pool.series[found], pool.dates[found]))]


def _spread(pool: Pool, inside: Integers, count: int, generator: np.random.Generator) -> Integers:
    """Even over ticker, regime and trend."""
    if not count:
        return inside[:0]
    _, regimes = np.unique(pool.regimes[inside], return_inverse=True)
    _, trends = np.unique(pool.trends[inside], return_inverse=True)
    cells = np.stack([pool.series[inside], regimes, trends], axis=1)
    _, cell, sizes = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    quotas = waterfilled(sizes, count)
    order = generator.permutation(len(inside))
    order = order[np.argsort(cell.ravel()[order], kind="stable")]  # by cell, at random within
    rank = np.arange(len(inside)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return inside[order[rank < np.repeat(quotas, sizes)]]


def _too_few(dates: Sequence[str] | npt.NDArray[np.str_], wanted: Mapping[str, int], purged: int, ratio: float) -> str:
    return (
        f"num_samples is {sum(wanted.values())}, but there are {len(dates)} decisions in all, too few to take "
        f"{wanted[TRAIN]} for training and {wanted[EVAL]} later ones for evaluation (split ratio {ratio:g}) with "
        f"{purged} sessions purged between them; ask for fewer, or give more market data"
    )
