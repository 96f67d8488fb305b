"""From a policy and feature tables to readings, reasons and snapshots of its decisions."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tradeproof.agents.attribution import attribute
from tradeproof.agents.counterfactual import Candidate, Counterfactuals, nearest_counterfactuals
from tradeproof.agents.policy import TradingPolicy, softmax
from tradeproof.envs.batch import BatchedMarket
from tradeproof.envs.observation import FloatArray, Observations
from tradeproof.envs.series import Integers, MarketSeries, market_series
from tradeproof.errors import DataError
from tradeproof.explanations.decided import DecidedBars, Exits, Reasons
from tradeproof.explanations.facts import Counterfactual, Snapshot
from tradeproof.explanations.quantities import is_quantity, quantity
from tradeproof.explanations.snapshots import TickerReadings, snapshots, ticker_readings
from tradeproof.explanations.universe import Place
from tradeproof.market.positions import ACTIONS, BUY, SELL

OUTLIERS = 0.001
"""Share of the training rows on either side that a counterfactual does not go beyond."""
AT_ONCE = 4096
"""Decisions that are explained together."""


@dataclass(frozen=True)
class DecidedTicker:
    """The decisions of one ticker, and what the policy saw; arrays [decision].

    Attributes:
        bars: The decisions.
        seen: [decision, name], observations.
        volatility: Of the bars.
    """

    bars: DecidedBars
    seen: FloatArray
    volatility: FloatArray
