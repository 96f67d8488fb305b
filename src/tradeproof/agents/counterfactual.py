"""What would have changed the policy's mind: the nearest other value of one number that makes it act otherwise.

A grid over the range seen in training finds where the policy turns, bisection finds the turn, and the value is rounded
as it is shown, away from what was seen. What is returned was then verified: the policy itself was run with exactly the
shown value, all else equal, and acted otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tradeproof.agents.actor import Actor, Floats
from tradeproof.agents.policy import TradingPolicy
from tradeproof.agents.turns import (
    CHUNK,
    GRID,
    Candidate,
    Display,
    Flags,
    Integers,
    Turns,
    bisect_turns,
    find_turns,
    input_of,
)
from tradeproof.envs.observation import FloatArray, Observations
from tradeproof.errors import DataError

__all__ = ["Candidate", "Counterfactuals", "Display", "nearest_counterfactuals"]

ROUNDINGS = 3
"""Further steps of the last shown digit that are tried where rounding missed the other action."""


@dataclass(frozen=True)
class Counterfactuals:
    """The nearest other value for each decision, [decision] each.

    Attributes:
        columns: Place in the observation of what moves; -1 where no verified counterfactual exists.
        displayed: The other value as shown, rounded to its decimals; NaN where there is none.
        values: The same in the observation's own unit, with which the policy was run.
        actions: What the policy does there; -1 where there is none.
        distances: |other value - value| in deviations; NaN where there is none.
        above: Whether the shown value lies above the one that was seen.
        beyond: Whether that action holds from there to the end of the range seen in training, at every grid point: then
            "above ..." or "below ..." is as true as the value itself.
    """

    columns: Integers
    displayed: Floats
    values: FloatArray
    actions: Integers
    distances: Floats
    above: Flags
    beyond: Flags


@dataclass(frozen=True)
class _Verified:
    """Shown values with which the policy acted otherwise, [turn] each; action -1 where none was found."""

    displayed: Floats
    values: FloatArray
    actions: Integers
    above: Flags


def nearest_counterfactuals(
    policy: TradingPolicy,
    observations: Observations,
    actions: npt.ArrayLike,
    candidates: Sequence[Candidate],
    volatility: Floats,
) -> Counterfactuals:
    """Find for each decision the smallest change of one number that makes the policy act otherwise.

    Args:
        policy: Whose decisions.
        observations: What was seen.
        actions: [decision], what the policy decided on them.
        candidates: Columns that may move, within the range seen in training.
        volatility: [decision], of the bars, for what is shown in units of it.

    Raises:
        ContractError: The observations are of another contract than the policy.
        DataError: The actions are not the policy's.
    """
    decided = np.asarray(actions, dtype=np.int64)
    if not np.array_equal(policy.actions(observations), decided):
        raise DataError("counterfactuals were asked for actions the policy did not decide; pass its own decisions")
    turns = find_turns(policy.actor, observations.values, decided, candidates)
    crossings = bisect_turns(policy.actor, observations.values, decided, candidates, turns)
    verified = _verify(policy, observations, decided, candidates, volatility, turns, crossings)
    return _nearest(policy.actor, observations.values, candidates, turns, verified)


def _verify(
    policy: TradingPolicy,
    observations: Observations,
    decided: Integers,
    candidates: Sequence[Candidate],
    volatility: Floats,
    turns: Turns,
    crossings: Floats,
) -> _Verified:
    """Round the turns as they are shown, outwards, and run the policy with what is shown."""
    count = len(turns.rows)
    found = _Verified(
        np.full(count, np.nan), np.full(count, np.nan, np.float32), np.full(count, -1), np.zeros(count, np.bool_)
    )
    for place, candidate in enumerate(candidates):
        mine = np.flatnonzero(turns.candidates == place)
        rows, display = turns.rows[mine], candidate.display
        seen = display.to_display(observations.values[rows, candidate.column].astype(np.float64), volatility[rows])
        target = display.to_display(crossings[mine], volatility[rows])
        outwards, unit = np.where(target > seen, 1.0, -1.0), 10.0**display.decimals
        rounded = np.where(target > seen, np.ceil(target * unit), np.floor(target * unit))
        found.above[mine] = target > seen
        for step in range(ROUNDINGS + 1):
            shown = np.round((rounded + step * outwards) / unit, display.decimals)
            values = display.from_display(shown, volatility[rows]).astype(np.float32)
            fit = (found.actions[mine] < 0) & ((shown - np.round(seen, display.decimals)) * outwards > 0.0)
            fit &= (values >= candidate.low) & (values <= candidate.high)
            actions = _run(policy, observations, rows[fit], candidate.column, values[fit])
            other = actions != decided[rows[fit]]
            hits = np.flatnonzero(fit)[other]
            found.displayed[mine[hits]], found.values[mine[hits]] = shown[hits], values[hits]
            found.actions[mine[hits]] = actions[other]
    return found


def _run(
    policy: TradingPolicy, observations: Observations, rows: Integers, column: int, values: FloatArray
) -> Integers:
    changed = observations.values[rows]
    changed[:, column] = values
    return policy.actions(Observations(changed, observations.contract_hash))


def _nearest(
    actor: Actor, values: FloatArray, candidates: Sequence[Candidate], turns: Turns, verified: _Verified
) -> Counterfactuals:
    """The nearest verified turn of each decision."""
    columns = np.array([candidate.column for candidate in candidates], dtype=np.int64)
    deviations = np.array([candidate.deviation for candidate in candidates])
    seen = values[turns.rows, columns[turns.candidates]].astype(np.float64)
    distances = np.abs(verified.values - seen) / deviations[turns.candidates]
    usable = np.flatnonzero(verified.actions >= 0)
    order = usable[np.lexsort((turns.candidates[usable], distances[usable], turns.rows[usable]))]
    rows, first = np.unique(turns.rows[order], return_index=True)
    best, count = order[first], len(values)
    result = Counterfactuals(
        columns=np.full(count, -1),
        displayed=np.full(count, np.nan),
        values=np.full(count, np.nan, np.float32),
        actions=np.full(count, -1),
        distances=np.full(count, np.nan),
        above=np.zeros(count, np.bool_),
        beyond=np.zeros(count, np.bool_),
    )
    result.columns[rows] = columns[turns.candidates[best]]
    result.displayed[rows], result.values[rows] = verified.displayed[best], verified.values[best]
    result.actions[rows], result.distances[rows] = verified.actions[best], distances[best]
    result.above[rows] = verified.above[best]
    for place, candidate in enumerate(candidates):
        mine = rows[turns.candidates[best] == place]
        result.beyond[mine] = _holds_beyond(actor, values[mine], candidate, result.values[mine], result.actions[mine])
    return result


def _holds_beyond(
    actor: Actor, values: FloatArray, candidate: Candidate, found: FloatArray, actions: Integers
) -> Flags:
    """Whether an action holds at every grid point from the found value outwards, in float64."""
    grid = np.linspace(candidate.low, candidate.high, GRID)
    inputs = actor.inputs(values.astype(np.float64))
    moves = input_of(actor, candidate.column, grid) - inputs[:, [candidate.column]]  # [decision, point]
    sums = inputs @ actor.weights[0].T + actor.biases[0]
    outwards = np.sign(found.astype(np.float64) - values[:, candidate.column])[:, None]
    outside = (grid - found[:, None].astype(np.float64)) * outwards >= 0.0
    rows, points = np.nonzero(outside)
    holds = np.ones(len(values), np.bool_)
    for first in range(0, len(rows), CHUNK * GRID):
        part = slice(first, first + CHUNK * GRID)
        shifted = sums[rows[part]] + moves[rows[part], points[part], None] * actor.weights[0][:, candidate.column]
        same = actor.logits_of_sums(shifted).argmax(axis=1) == actions[rows[part]]
        np.logical_and.at(holds, rows[part], same)
    return holds
