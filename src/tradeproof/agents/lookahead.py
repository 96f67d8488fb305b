"""The detector of look-ahead on what a policy sees and says: raw bars in, observations and logits out."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tradeproof.agents.policy import TradingPolicy
from tradeproof.agents.rollout import roll_out
from tradeproof.envs.observation import ACTIONS, POSITION_STATE
from tradeproof.errors import LookaheadError
from tradeproof.features.catalogue import CALENDAR
from tradeproof.features.contract import READY
from tradeproof.features.lookahead import LookaheadReport, check_lookahead, choose_cuts
from tradeproof.features.table import build_table

LOGITS = tuple(f"logit_{action}" for action in ACTIONS)
FEWEST_BARS = 8
"""After the first decision, so that cuts have a past and a future."""


def lookahead_of_observations(
    bars: pd.DataFrame, policy: TradingPolicy, cuts: Sequence[int] | int, seed: int
) -> list[LookaheadReport]:
    """Check what a policy sees at each close, its own position included, and the logits it answers with.

    Args:
        bars: Bars of one ticker or of several; each is traded in an account of its own.
        policy: Who trades.
        cuts: Positions of the last known dates, or how many to choose among those with decisions.
        seed: Draws cuts, permutations and factors.

    Returns:
        A report for each ticker.

    Raises:
        LookaheadError: A ticker has too few decisions for a check.
    """
    # a policy that holds one position throughout has a state that no price moves
    dates_only = {*CALENDAR, *POSITION_STATE, *LOGITS}
    reports = []
    for ticker in bars["ticker"].unique():
        own = bars[bars["ticker"] == ticker].reset_index(drop=True)
        reports.append(
            check_lookahead(
                lambda b: _seen(b, policy),
                own,
                _cuts(own, policy, cuts, seed),
                seed,
                subject=f"observations of {ticker}",
                dates_only=dates_only,
            )
        )
    return reports


def _seen(bars: pd.DataFrame, policy: TradingPolicy) -> pd.DataFrame:
    """One row per bar; NaN where nothing is decided."""
    table = build_table(bars, policy.features.params)
    (decisions,) = roll_out(policy, {str(bars["ticker"].iloc[0]): table})
    names = [*policy.observation.names, *LOGITS]
    values = np.full((len(bars), len(names)), np.nan)
    values[decisions.rows] = np.column_stack([decisions.observations, decisions.logits])
    return pd.DataFrame(values, columns=names)


def _cuts(bars: pd.DataFrame, policy: TradingPolicy, cuts: Sequence[int] | int, seed: int) -> Sequence[int]:
    if not isinstance(cuts, int):
        return cuts
    ready = np.flatnonzero(build_table(bars, policy.features.params)[READY])
    if len(ready) < 2 or len(bars) - ready[1] < FEWEST_BARS:
        raise LookaheadError(
            f"observations of {bars['ticker'].iloc[0]}: {len(ready)} of {len(bars)} bars have all features, expected "
            f"at least {FEWEST_BARS + 1}: give a longer history"
        )
    first = int(ready[1])  # a policy trades from the second ready bar on
    return [first + cut for cut in choose_cuts(len(bars) - first, cuts, seed)]
