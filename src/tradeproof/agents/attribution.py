"""Why the policy took an action: integrated gradients of its log-odds (Sundararajan, Taly and Yan, ICML 2017).

The log-odds of an action against all others are followed along the straight line from a baseline, average features and
a fresh account, to the observation. What each number contributes on the way is its attribution; together they make up
the whole difference. On every stretch of the line the contributions have to add up to what the log-odds gained there,
which is known exactly: a stretch where they do not is halved until they do.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tradeproof.agents.actor import Actor, Floats
from tradeproof.agents.policy import TradingPolicy
from tradeproof.envs.observation import Observations
from tradeproof.errors import DataError

Integers = npt.NDArray[np.int64]

NODES = 16
"""Of the Gauss-Legendre rule on each stretch."""

STRETCH_TOLERANCE = 1e-8
TOLERANCE = 1e-6
"""Of the whole sum, in units of log-odds, or as a share of the log-odds where they are above 1."""

MOST_HALVINGS = 48
CHUNK = 64
"""Stretches computed at once: what they need stays in the processor's cache."""


@dataclass(frozen=True)
class Attribution:
    """Contributions of what was seen to what was decided.

    Attributes:
        values: [decision, name], log-odds of the chosen action; each row adds up to log_odds - baseline_log_odds.
        log_odds: [decision], log(p / (1 - p)) of the chosen action.
        baseline_log_odds: [decision], the same at the policy's baseline.
    """

    values: Floats
    log_odds: Floats
    baseline_log_odds: Floats


def attribute(policy: TradingPolicy, observations: Observations, actions: npt.ArrayLike) -> Attribution:
    """Attribute the log-odds of actions to the numbers of the observations.

    Args:
        policy: Whose.
        observations: What was seen.
        actions: [decision], places in ACTIONS: the decisions of the policy, or what else is to be explained.

    Raises:
        ContractError: The observations are of another contract than the policy.
        DataError: An observation is not finite, or so extreme that the sum cannot be computed.
    """
    chosen = np.asarray(actions, dtype=np.int64)
    reached = log_odds(policy.logits(observations), chosen)
    baseline = policy.baseline
    start = log_odds(np.broadcast_to(policy.actor.logits(baseline[None]), (len(chosen), 3)), chosen)
    away = observations.values.astype(np.float64) - baseline
    values = _integrate(policy.actor, baseline, away, chosen, start, reached)
    errors = np.abs(values.sum(axis=1) - (reached - start)) / np.maximum(1.0, np.abs(reached - start))
    if len(errors) and not errors.max() <= TOLERANCE:
        worst = int(errors.argmax())
        raise DataError(
            f"the attributions of decision {worst} miss its log-odds by {errors[worst]:.2g}, expected at most "
            f"{TOLERANCE:g}: the policy's weights are too extreme to explain; train it again"
        )
    return Attribution(values, reached, start)


def log_odds(logits: Floats, actions: Integers) -> Floats:
    """Logit of the chosen action less the log of the summed exponentials of the others, [decision]."""
    rows = np.arange(len(actions))
    others = logits.copy()
    others[rows, actions] = -np.inf
    highest = others.max(axis=1)
    return logits[rows, actions] - highest - np.log(np.exp(others - highest[:, None]).sum(axis=1))


def _odds_slopes(logits: Floats, actions: Integers) -> Floats:
    """Gradient of log_odds: 1 for the chosen action, minus the share of each other one among the others."""
    rows = np.arange(len(actions))
    others = logits.copy()
    others[rows, actions] = -np.inf
    shares = np.exp(others - others.max(axis=1, keepdims=True))
    slopes = -shares / shares.sum(axis=1, keepdims=True)
    slopes[rows, actions] = 1.0
    return slopes


def _integrate(
    actor: Actor, baseline: Floats, away: Floats, actions: Integers, start: Floats, reached: Floats
) -> Floats:
    """Integrate the gradient from the baseline to baseline + away, [decision, name]."""
    total = np.zeros_like(away)
    rows = np.arange(len(actions))
    left, right, at_left, at_right = np.zeros(len(rows)), np.ones(len(rows)), start, reached
    for halving in range(MOST_HALVINGS + 1):
        means = _mean_slopes(actor, baseline, away, actions, rows, left, right)
        parts = means * away[rows] * (right - left)[:, None]  # [stretch, name]
        allowed = STRETCH_TOLERANCE * np.maximum(1.0, np.abs(at_right))
        done = np.abs(parts.sum(axis=1) - (at_right - at_left)) <= allowed
        done |= halving == MOST_HALVINGS
        np.add.at(total, rows[done], parts[done])
        rows, left, right, at_left, at_right = (part[~done] for part in (rows, left, right, at_left, at_right))
        if not len(rows):
            break
        middle = (left + right) / 2.0
        at_middle = log_odds(actor.logits(baseline + middle[:, None] * away[rows]), actions[rows])
        rows, left, right = np.tile(rows, 2), np.concatenate([left, middle]), np.concatenate([middle, right])
        at_left, at_right = np.concatenate([at_left, at_middle]), np.concatenate([at_middle, at_right])
    return total


def _mean_slopes(
    actor: Actor, baseline: Floats, away: Floats, actions: Integers, rows: Integers, left: Floats, right: Floats
) -> Floats:
    """Mean gradient over each stretch, by the Gauss-Legendre rule, [stretch, name]."""
    points, weights = np.polynomial.legendre.leggauss(NODES)
    shares = left[:, None] + (right - left)[:, None] * (points + 1.0) / 2.0  # [stretch, node]
    means = np.empty((len(rows), len(baseline)))
    for first in range(0, len(rows), CHUNK):
        part = slice(first, first + CHUNK)
        chosen = np.repeat(actions[rows[part]], NODES)
        values = baseline + shares[part, :, None] * away[rows[part], None, :]  # [stretch, node, name]
        flat = values.reshape(-1, values.shape[2])
        slopes = actor.gradient(flat, lambda logits, chosen=chosen: _odds_slopes(logits, chosen))  # type: ignore[misc]
        means[part] = np.einsum("n,snf->sf", weights / 2.0, slopes.reshape(values.shape))
    return means
