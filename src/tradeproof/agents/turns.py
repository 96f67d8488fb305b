"""Where the policy turns: the search for the nearest other values of one number that change its action.

One number moves at a time, so what the first layer gives is a sum that is known plus one column of its weights times
the move. The search runs in float32 over a grid; whoever states what it found has to ask the policy itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from tradeproof.agents.actor import LIMIT, Actor, Floats
from tradeproof.envs.observation import FloatArray

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

GRID = 33
"""Points over the range of a column; a stretch of another action that fits between two of them is not found."""

REFINED = 8
"""Turns per decision, the nearest by the grid, that are refined and verified."""

HALVINGS = 14
CHUNK = 128


class Display(Protocol):
    """How a column is shown to a reader; strictly rising or falling in the value."""

    @property
    def decimals(self) -> int:
        """Digits after the point."""

    def to_display(self, values: Floats, volatility: Floats) -> Floats:
        """Values of the column as shown, [decision], before rounding."""

    def from_display(self, values: Floats, volatility: Floats) -> Floats:
        """The inverse of to_display."""


@dataclass(frozen=True)
class Candidate:
    """A column that a counterfactual may move.

    Attributes:
        column: Place in the observation.
        display: How it is shown.
        low: Lowest value seen in training.
        high: Highest.
        deviation: Standard deviation in training, what distances are measured in.
    """

    column: int
    display: Display
    low: float
    high: float
    deviation: float


@dataclass(frozen=True)
class Turns:
    """Places where the policy turns, [turn] each."""

    rows: Integers  # decision
    candidates: Integers  # place among the candidates
    near: Floats  # acts as decided
    far: Floats  # acts otherwise


class _Search:
    """The actor in float32, asked about one changed number at a time."""

    def __init__(self, actor: Actor, values: FloatArray) -> None:
        def single(array: Floats) -> torch.Tensor:
            return torch.from_numpy(array.astype(np.float32))

        self.actor = actor
        self.inputs = actor.inputs(values.astype(np.float64))
        self.sums = single(self.inputs @ actor.weights[0].T + actor.biases[0])  # [decision, unit]
        self.columns = single(actor.weights[0])
        self.layers = [(single(w.T), single(b)) for w, b in zip(actor.weights[1:], actor.biases[1:], strict=True)]

    def changes(self, rows: Integers | slice, column: int, values: Floats) -> torch.Tensor:
        """By how much an input moves, [decision, point], where a column takes other values."""
        moved = input_of(self.actor, column, values)
        return torch.from_numpy((moved - self.inputs[rows, column][:, None]).astype(np.float32))

    def actions(self, rows: Integers | slice, column: int, changes: torch.Tensor) -> Integers:
        """What the policy does with a moved input, [decision, point]."""
        sums = torch.addcmul(self.sums[rows][:, None, :], changes[:, :, None], self.columns[:, column])
        sums = sums.reshape(-1, sums.shape[2])
        for weight, bias in self.layers:
            units = torch.tanh_(sums) if self.actor.activation == "tanh" else torch.relu_(sums)
            sums = torch.addmm(bias, units, weight)
        found: Integers = sums.argmax(dim=1).reshape(changes.shape).numpy()
        return found


def input_of(actor: Actor, column: int, values: Floats) -> Floats:
    """What the first layer reads where a column takes these values."""
    if actor.mean is None or actor.scale is None:
        return values
    return LIMIT * np.tanh((values - actor.mean[column]) / (actor.scale[column] * LIMIT))


def find_turns(actor: Actor, values: FloatArray, decided: Integers, candidates: Sequence[Candidate]) -> Turns:
    """The nearest turns of each decision by the grid, on both sides of what was seen."""
    search, count = _Search(actor, values), len(decided)
    near, far = np.full((2, count, 2 * len(candidates)), np.nan)
    for place, candidate in enumerate(candidates):
        grid = np.linspace(candidate.low, candidate.high, GRID)
        for first in range(0, count, CHUNK):
            part = slice(first, first + CHUNK)
            seen = values[part, candidate.column].astype(np.float64)[:, None]
            changes = search.changes(part, candidate.column, np.broadcast_to(grid, (len(seen), GRID)))
            other = search.actions(part, candidate.column, changes) != decided[part, None]  # [decision, point]
            for side in (0, 1):
                near[part, 2 * place + side], far[part, 2 * place + side] = _turn(other, grid, seen, below=side == 0)
    deviations = np.repeat(np.array([candidate.deviation for candidate in candidates]), 2)
    places = np.repeat(np.array([candidate.column for candidate in candidates], dtype=np.int64), 2)
    distances = np.abs(near - values[:, places]) / deviations
    order = np.argsort(np.where(np.isnan(distances), np.inf, distances), axis=1, kind="stable")[:, :REFINED]
    rows = np.repeat(np.arange(count), order.shape[1])
    chosen = order.ravel()
    exists = ~np.isnan(far[rows, chosen])
    rows, chosen = rows[exists], chosen[exists]
    return Turns(rows, chosen // 2, near[rows, chosen], far[rows, chosen])


def _turn(other: Flags, grid: Floats, seen: Floats, *, below: bool) -> tuple[Floats, Floats]:
    """The first grid point on one side that acts otherwise, and the point before it; NaN where there is none."""
    if below:
        other, grid = other[:, ::-1], grid[::-1]
    sign = -1.0 if below else 1.0
    reached = sign * (grid - seen) > 0.0  # [decision, point]
    hit = other & reached
    first = hit.argmax(axis=1)
    before = grid[np.maximum(first - 1, 0)]
    inside = (first > 0) & (sign * (before - seen[:, 0]) > 0.0)
    exists = hit.any(axis=1)
    near = np.where(inside, before, seen[:, 0])
    return np.where(exists, near, np.nan), np.where(exists, grid[first], np.nan)


def bisect_turns(
    actor: Actor, values: FloatArray, decided: Integers, candidates: Sequence[Candidate], turns: Turns
) -> Floats:
    """The turns, on their far side, [turn]."""
    search, crossings = _Search(actor, values), turns.far.copy()
    for place, candidate in enumerate(candidates):
        mine = np.flatnonzero(turns.candidates == place)
        rows, near, far = turns.rows[mine], turns.near[mine], turns.far[mine]
        for _ in range(HALVINGS if len(mine) else 0):
            middle = (near + far) / 2.0
            changes = search.changes(rows, candidate.column, middle[:, None])
            other = search.actions(rows, candidate.column, changes)[:, 0] != decided[rows]
            near, far = np.where(other, near, middle), np.where(other, middle, far)
        crossings[mine] = far
    return crossings
