"""Generation of the dataset: a policy and feature tables in, explained decisions out."""

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tradeproof.agents.policy import TradingPolicy
from tradeproof.agents.ranges import candidates
from tradeproof.agents.rollout import roll_out
from tradeproof.agents.snapshots import snapshots_at, universe_of
from tradeproof.errors import DataError
from tradeproof.explanations.audit import audit
from tradeproof.explanations.dataset import AUDIT, FILES, file_of, jobs_of, needed_places, plan_tasks, write_parts
from tradeproof.explanations.rows import EXPLANATION, Row
from tradeproof.explanations.selection import EVAL, pool_of, select
from tradeproof.features.contract import READY
from tradeproof.params.schema import ExplanationParams
from tradeproof.params.section import TICKER_PATTERN
from tradeproof.progress import progress, say

MOST_PROCESSES = 2
FEWEST_READY = 2
"""Bars with a full history that a ticker needs for a decision and its outcome."""


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes:
        params: Counts and shares.
        purged: Sessions left out between the two parts.
        train_end: Last day of the policy's training: what counterfactuals may range over is taken from before.
        seed: Draws decisions and wordings.
    """

    params: ExplanationParams
    purged: int
    train_end: date
    seed: int


@dataclass(frozen=True)
class GeneratedDataset:
    """A dataset that was generated.

    Attributes:
        files: Content by name.
        audit: Content of the audit, which is one of the files.
        sample: A row to show.
    """

    files: Mapping[str, bytes]
    audit: Mapping[str, Any]
    sample: Row

    @property
    def metrics(self) -> dict[str, float]:
        """The counts worth logging."""
        rows, claims, repeats = self.audit["rows"], self.audit["claims"], self.audit["near_duplicates"]
        found = {f"rows_{name}": float(count) for name, count in rows.items()}
        found |= {f"claims_{name}": float(count) for name, count in claims.items()}
        found |= {f"{name}_share": share for name, share in self.audit["balance"]["after"]["train"].items()}
        return found | {"near_duplicate_rate": float(repeats["rate_before"])}

    def summary(self, folder: Path) -> str:
        """What was written, in a few lines."""
        rows, claims = self.audit["rows"], self.audit["claims"]
        lines = [
            f"{folder}: {rows['train']} rows for training, {rows['eval']} for evaluation; "
            f"{claims['true']} claims, all true"
        ]
        lines += [
            f"{'passed' if check['passed'] else 'FAILED'}: {check['check']}" for check in self.audit["quality_checks"]
        ]
        return "\n".join([*lines, *self.audit["balance"]["notes"]])


def generate_dataset(
    policy: TradingPolicy, tables: Mapping[str, pd.DataFrame], request: Request, origins: Mapping[str, Any]
) -> GeneratedDataset:
    """Let the policy decide, choose decisions, explain them, check every claim.

    Args:
        policy: Who decides.
        tables: Feature tables by ticker, of the policy's features.
        request: What is asked for.
        origins: Hashes and names of the policy and of the data, for the audit.

    Raises:
        DataError: There are fewer decisions than were asked for, or none, or a ticker that is no name of one.
    """
    _refuse_names(tables)
    usable = {ticker: table for ticker, table in tables.items() if int(table[READY].sum()) >= FEWEST_READY}
    if not usable:
        raise DataError(
            f"none of the tickers {', '.join(sorted(tables)[:5])} has {FEWEST_READY} bars with a full history "
            f"(more than {policy.features.warm_up} bars, with prices that move); give more market data"
        )
    for ticker in sorted(set(tables) - set(usable)):
        say(f"{ticker} has {len(tables[ticker])} bars, too few for a full history: left out")
    decisions = {own.ticker: own for own in roll_out(policy, usable)}
    universe = universe_of(policy, usable, decisions.values())
    pool = pool_of(universe)
    generator = np.random.default_rng(request.seed)
    params = request.params
    selection = select(pool, params.num_samples, params.split_ratio, request.purged, generator)
    plans = plan_tasks(pool, selection, params, generator)
    needed = [needed_places(universe, plan) for plan in plans]
    explained, shown = (set().union(*(pair[which] for pair in needed)) for which in (0, 1))
    movable = candidates(policy, usable, request.train_end)
    with progress("explain", len(shown)) as bar:
        found = snapshots_at(policy, usable, decisions, universe, movable, explained, shown, _processes(), bar)
    # what training has told of is not told again in evaluation
    after = {plan.part: selection.split.train_end if plan.part == EVAL else "" for plan in plans}
    jobs = {plan.part: jobs_of(universe, plan, found, after[plan.part], request.seed) for plan in plans}
    parts = write_parts(jobs, params.drivers, _processes())
    left_out = sorted(set(tables) - set(usable))
    content = audit(parts, pool, selection, params, {**origins, "seed": request.seed, "tickers_left_out": left_out})
    files = {FILES[name]: file_of(part.rows) for name, part in parts.items()}
    files[AUDIT] = (json.dumps(content, indent=2, allow_nan=False, ensure_ascii=False) + "\n").encode("utf-8")
    return GeneratedDataset(files, content, _sample(parts["train"].rows))


def _refuse_names(tickers: Iterable[str]) -> None:
    """A ticker becomes part of prompts and texts: one that is a sentence could say anything there."""
    strange = [ticker for ticker in tickers if re.fullmatch(TICKER_PATTERN, ticker) is None]
    if strange:
        raise DataError(
            f"the market data have {len(strange)} tickers such as {strange[0][:40]!r}, expected letters, digits, dots, "
            "dashes or underscores, at most 15 of them: rename them in the file"
        )


def _processes() -> int:
    return min(MOST_PROCESSES, len(os.sched_getaffinity(0)))


def _sample(rows: Sequence[Row]) -> Row:
    """An explanation, where there is one."""
    return next((row for row in rows if row.job.task == EXPLANATION), rows[0])
