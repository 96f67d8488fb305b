"""The detector of look-ahead: rewrites the future, computes again, and compares the past bit for bit.

One rewriting alone is not enough: a tenfold future hides from a statistic without scale, a shuffled one from a total,
and a truncated one from code that copes with short input. So all of them are made, at several cuts.
"""

from collections.abc import Callable, Collection, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from tradeproof.errors import LookaheadError
from tradeproof.features.catalogue import CALENDAR
from tradeproof.features.comparison import Columns, Comparison, columns_of
from tradeproof.features.contract import READY, VOLATILITY, feature_contract
from tradeproof.features.futures import REWRITINGS, Knowable, Rewriting, cut_at, rewritten, with_float_numbers
from tradeproof.features.labels import forward_returns
from tradeproof.features.leaks import Leak, LookaheadReport, raise_if_leaking
from tradeproof.features.table import build_table
from tradeproof.params.schema import FeatureParams

__all__ = [
    "Compute",
    "Leak",
    "LookaheadReport",
    "check_lookahead",
    "choose_cuts",
    "lookahead_of_features",
    "raise_if_leaking",
]

Compute = Callable[[pd.DataFrame], Any]
"""Bars in; a DataFrame, a Series or an array with one row per bar, in the order of the bars, out."""

FEWEST_DATES = 8


def check_lookahead(
    compute: Compute,
    bars: pd.DataFrame,
    cuts: Sequence[int] | int,
    seed: int,
    *,
    subject: str,
    horizon: int = 0,
    knowable: Knowable = "close",
    rewritings: Sequence[Rewriting] = REWRITINGS,
    dates_only: Collection[str] | None = None,
) -> LookaheadReport:
    """Compute on the bars, then on the bars with rewritten futures, and compare the past bit for bit (NaN equals NaN).

    Args:
        compute: Returns one row per bar, in the order of the bars, computed from nothing but its argument.
        bars: Bars of one ticker or of several, with a column `date`; for several, a cut falls on all at one date.
        cuts: Positions of the last known dates, or how many to choose.
        seed: Draws cuts, permutations and factors.
        subject: What is computed, for the report.
        horizon: Bars of its own ticker ahead that a value may know: h for a label that looks h bars ahead.
        knowable: "open" for values that claim to be known at the open of their bar, such as a fill: then the rest of
            the bar belongs to the future.
        rewritings: What to do to the future.
        dates_only: When given, every other column has to follow the rewritten bars after the cut (unless it is
            constant): one that does not was computed elsewhere, where its future could not be rewritten.

    Returns:
        The report; `raise_if_leaking()` turns a leak into an error.

    Raises:
        LookaheadError: The check would prove nothing: rows are not aligned with the bars, cuts have no future, no
            value is present, or the result does not depend on the bars at all.
    """
    bars = with_float_numbers(bars)
    size = int(bars["date"].nunique())
    positions = _positions(cuts, size, seed, subject)
    comparison = Comparison(bars, _computed(compute, bars, subject), horizon)
    comparison.repeat(_computed(compute, bars, subject))
    for position in positions:
        cut = cut_at(bars, position, knowable)
        for number, rewriting in enumerate(rewritings):
            generator = np.random.default_rng([seed, position, number])
            changed = rewritten(bars, cut, rewriting, generator)
            comparison.compare(cut, rewriting, _computed(compute, changed, subject))
    comparison.refuse_if_void(subject)
    return LookaheadReport(
        subject=subject,
        dates=size,
        cuts=positions,
        rewritings=tuple(rewritings),
        horizon=horizon,
        columns=tuple(comparison.expected),
        compared=comparison.compared,
        unmoved=comparison.unmoved(),
        leaks=(*comparison.leaks(), *(() if dates_only is None else comparison.ignoring(dates_only))),
    )


def choose_cuts(size: int, count: int, seed: int) -> tuple[int, ...]:
    """Choose positions of last known dates: the last two that have a future, the rest spread before them.

    Two neighbours cannot both end a week or a month, so a leak within a week or a month cannot hide behind them.
    """
    last = [size - 3, size - 2][-count:]
    edges = np.linspace(size // 4, size - 3, max(count - 2, 0) + 1).astype(np.int64)
    generator = np.random.default_rng([seed, size])
    spread = [int(generator.integers(low, max(high, low + 1))) for low, high in pairwise(edges)]
    return tuple(sorted({*spread, *last}))


def lookahead_of_features(
    bars: pd.DataFrame, params: FeatureParams, horizons: Sequence[int], cuts: Sequence[int] | int, seed: int
) -> list[LookaheadReport]:
    """Check the feature table and the labels of each ticker.

    Args:
        bars: Bars of one ticker or of several.
        params: Windows of the features.
        horizons: Of the labels, in bars; a label at t may know bars up to t plus its horizon.
        cuts: Positions of the last known dates, or how many to choose.
        seed: Draws cuts, permutations and factors.

    Returns:
        For each ticker a report on its features, then one per horizon.
    """
    names = [*feature_contract(params).names, VOLATILITY, READY]
    dates_only = {*CALENDAR, READY}
    reports = []
    for ticker in bars["ticker"].unique():
        own = bars[bars["ticker"] == ticker].reset_index(drop=True)
        subject = f"features of {ticker}"
        features = check_lookahead(
            lambda b: build_table(b, params)[names], own, cuts, seed, subject=subject, dates_only=dates_only
        )
        reports += [features, *(_lookahead_of_labels(own, horizon, cuts, seed) for horizon in horizons)]
    return reports


def _lookahead_of_labels(bars: pd.DataFrame, horizon: int, cuts: Sequence[int] | int, seed: int) -> LookaheadReport:
    def labels(b: pd.DataFrame) -> pd.DataFrame:
        returns = forward_returns(b["close"].to_numpy(dtype=np.float64), [horizon])
        return pd.DataFrame(returns, columns=[f"forward_return_{horizon}"])

    subject = f"labels {horizon} bars ahead of {bars['ticker'].iloc[0]}"
    return check_lookahead(labels, bars, cuts, seed, subject=subject, horizon=horizon, dates_only=())


def _computed(compute: Compute, bars: pd.DataFrame, subject: str) -> Columns:
    columns = columns_of(compute(bars.copy()))
    rows = {values.shape[0] for values in columns.values()}
    if rows != {len(bars)}:
        raise LookaheadError(
            f"{subject}: {sorted(rows)} rows came back for {len(bars)} bars; expected one row per bar, in their order: "
            "mask rows with NaN instead of dropping them"
        )
    return columns


def _positions(cuts: Sequence[int] | int, size: int, seed: int, subject: str) -> tuple[int, ...]:
    if size < FEWEST_DATES:
        raise LookaheadError(f"{subject}: bars hold {size} dates, expected at least {FEWEST_DATES}")
    if isinstance(cuts, int):
        if cuts < 1:
            raise LookaheadError(f"{subject}: cuts is {cuts}, expected at least 1")
        return choose_cuts(size, cuts, seed)
    outside = [cut for cut in cuts if not 0 <= cut <= size - 2]
    if outside or not cuts:
        raise LookaheadError(
            f"{subject}: cuts {list(cuts)} lie outside 0 to {size - 2}, expected positions with a bar after them"
        )
    return tuple(sorted({int(cut) for cut in cuts}))
