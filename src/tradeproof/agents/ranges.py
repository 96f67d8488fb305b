"""What a counterfactual may move, and how far: within what the policy has seen in training."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from tradeproof.agents.counterfactual import Candidate
from tradeproof.agents.policy import TradingPolicy
from tradeproof.explanations.quantities import is_quantity, quantity
from tradeproof.explanations.readings import family_name
from tradeproof.features.contract import READY

UNMOVED = ("days_since_bar",)
"""Known before the day: nobody asks what had been otherwise."""
FEWEST_ROWS = 100
OUTLIERS = 0.001
"""Share of the training rows on either side that counts as an accident."""
DEVIATIONS = 3.0
"""Either side of the mean, where the market data holds no training rows and only the normaliser is known."""
SILENT = -float(np.log(2.0))
BOUNDS: Mapping[str, tuple[float, float]] = {
    "rsi": (-1.0, 1.0),
    "close_location": (-1.0, 1.0),
    "downside_share": (0.0, 1.0),
    "high_distance": (-np.inf, 0.0),
    "low_distance": (0.0, np.inf),
    "drawdown": (-np.inf, 0.0),
    "bar_range": (0.0, np.inf),
    "parkinson": (0.0, np.inf),
    "bollinger_width": (0.0, np.inf),
    "volume_ratio": (SILENT, np.inf),
    "volume_trend": (SILENT, np.inf),
    "range_volatility": (float(np.log(0.1)), np.inf),
}
"""Observed values that are possible, by family; all of them where nothing stands here."""


def candidates(policy: TradingPolicy, tables: Mapping[str, pd.DataFrame], train_end: date) -> list[Candidate]:
    """The observed numbers that can be displayed, each with its range in training.

    The ranges come from rows up to `train_end`; where there are too few, from the policy's own normaliser; a policy
    that has none has no range, and nothing is moved.

    Args:
        policy: Whose observations.
        tables: Feature tables by ticker.
        train_end: Last day of the policy's training.
    """
    names = list(policy.features.names)
    parts = [
        table.loc[table[READY] & (table["date"] <= pd.Timestamp(train_end)), names].to_numpy(dtype=np.float64)
        for table in tables.values()
    ]
    rows = np.concatenate(parts)
    actor = policy.actor
    if len(rows) >= FEWEST_ROWS:
        low, high = np.quantile(rows, [OUTLIERS, 1.0 - OUTLIERS], axis=0)
        deviation = rows.std(axis=0)
    elif actor.mean is not None and actor.scale is not None:
        deviation = actor.scale[: len(names)]
        low, high = (actor.mean[: len(names)] + sign * DEVIATIONS * deviation for sign in (-1.0, 1.0))
    else:
        return []
    found = []
    for column, name in enumerate(names):
        if not is_quantity(name) or not quantity(name).is_convertible or name in UNMOVED or deviation[column] <= 0.0:
            continue
        least, most = BOUNDS.get(family_name(name), (-np.inf, np.inf))
        bounds = max(float(low[column]), least), min(float(high[column]), most)
        found.append(Candidate(column, quantity(name), *bounds, float(deviation[column])))
    return found
