"""The dataset: jobs from chosen decisions, rows without repeats, and its files."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from tradeproof.errors import DataError
from tradeproof.explanations.answers import CATEGORIES
from tradeproof.explanations.facts import Snapshot, alone
from tradeproof.explanations.repeats import repeated
from tradeproof.explanations.rows import CHAT, COMMENTARY, EXPLANATION, TASKS, Job, Row, write_row, write_rows
from tradeproof.explanations.selection import Pool, Selection
from tradeproof.explanations.universe import Place, Universe, chat_facts, commentary_facts
from tradeproof.params.schema import ExplanationParams
from tradeproof.progress import progress

FILES: Mapping[str, str] = {"train": "train_data.json", "eval": "eval_data.json"}
AUDIT = "audit.json"
ATTEMPTS = 30
"""Wordings that are drawn for a row before it counts as one that cannot be told apart."""


@dataclass(frozen=True)
class Plan:
    """What the rows of one part will be.

    Attributes:
        part: train or eval.
        places: [row], the decisions.
        tasks: [row].
        categories: [row], None where no question is asked.
    """

    part: str
    places: tuple[Place, ...]
    tasks: tuple[str, ...]
    categories: tuple[str | None, ...]


@dataclass(frozen=True)
class Part:
    """The rows of one part.

    Attributes:
        rows: In the order of the file.
        redrawn: Rows whose first wording was a near-duplicate.
    """

    rows: tuple[Row, ...]
    redrawn: int


def plan_tasks(
    pool: Pool, selection: Selection, params: ExplanationParams, generator: np.random.Generator
) -> list[Plan]:
    """Say which decision becomes a row of which task; commentaries are on as many dates as possible."""
    plans = []
    for part, chosen in selection.chosen.items():
        commentaries, chats = (round(len(chosen) * share) for share in (params.commentary_share, params.chat_share))
        order = generator.permutation(len(chosen))
        _, firsts = np.unique(pool.dates[chosen][order], return_index=True)
        repeats = np.ones(len(chosen), dtype=np.bool_)
        repeats[firsts] = False
        order = order[np.argsort(repeats, kind="stable")]
        tasks = np.full(len(chosen), EXPLANATION, dtype=object)
        tasks[order[:commentaries]] = COMMENTARY
        asked = generator.permutation(order[commentaries:])[:chats]
        tasks[asked] = CHAT
        categories = np.full(len(chosen), None, dtype=object)
        categories[asked] = [CATEGORIES[n % len(CATEGORIES)] for n in range(len(asked))]
        plans.append(Plan(part, tuple(pool.place(int(n)) for n in chosen), tuple(tasks), tuple(categories)))
    return plans


def needed_places(universe: Universe, plan: Plan) -> tuple[set[Place], set[Place]]:
    """Decisions whose snapshots the rows need: those whose reasons are shown, and all."""
    explained: set[Place] = set()
    shown = set(plan.places)
    for place, task in zip(plan.places, plan.tasks, strict=True):
        if task == COMMENTARY:
            shown |= set(universe.members_on(universe.date_of(place)))
        else:
            explained.add(place)
        if task == CHAT:
            explained |= set(universe.earlier(place).values())
    return explained, shown | explained


def jobs_of(universe: Universe, plan: Plan, found: Mapping[Place, Snapshot], after: str, seed: int) -> list[Job]:
    """What the rows of a part are made of.

    Args:
        universe: All decisions.
        plan: Of the part.
        found: Snapshots of all places that the rows need.
        after: Chats tell earlier moments from the first date after this one only.
        seed: Draws the wordings.
    """
    jobs = []
    for place, task, category in zip(plan.places, plan.tasks, plan.categories, strict=True):
        if task == COMMENTARY:
            facts = commentary_facts(universe, place, found)
        elif task == CHAT:
            facts = chat_facts(universe, place, found, after)
        else:
            facts = alone(found[place])
        # by ticker, bar and task: what else is in the dataset changes no wording
        row = int(universe.tickers[place[0]].decided.rows[place[1]])
        jobs.append(Job(task, category, facts, (seed, crc32(place[0].encode("utf-8")), row, TASKS.index(task))))
    return jobs


def write_parts(jobs: Mapping[str, Sequence[Job]], drivers: int, processes: int) -> dict[str, Part]:
    """Write the rows of all parts, by part.

    Raises:
        DataError: A row cannot be told apart from its neighbours in any wording.
    """
    everything = [job for own in jobs.values() for job in own]
    with progress("write", len(everything)) as bar:
        rows = iter(write_rows(everything, drivers, processes, bar))
    return {part: _without_repeats([next(rows) for _ in own], drivers) for part, own in jobs.items()}


def _without_repeats(rows: list[Row], drivers: int) -> Part:
    """Give another wording to each row that repeats one before it."""
    again = redrawn = repeated(rows)
    for _ in range(ATTEMPTS):
        if not again:
            break
        for place in again:
            rows[place] = write_row(rows[place].job.again(), drivers)
        again = repeated(rows)
    if again:
        focus = rows[again[0]].job.facts.focus
        raise DataError(
            f"{len(again)} rows, the first a {rows[again[0]].job.task} of {focus.ticker} on {focus.date}, repeat their "
            f"neighbours in each of {ATTEMPTS} wordings; ask for fewer samples, or give more market data"
        )
    return Part(tuple(rows), len(redrawn))


def file_of(rows: Iterable[Row]) -> bytes:
    """The rows as a JSON array with a row on each line."""
    return ("[\n" + ",\n".join(row.line for row in rows) + "\n]\n").encode("utf-8")
