"""Rows of the dataset: a prompt, a completion in which every claim holds, and the facts of both."""

import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import Any

import numpy as np

from tradeproof.errors import DataError
from tradeproof.explanations.answers import write_exchange
from tradeproof.explanations.claims import check_text
from tradeproof.explanations.commentary import write_commentary
from tradeproof.explanations.facts import Facts
from tradeproof.explanations.prompt import chat_prompt, commentary_prompt, explanation_prompt
from tradeproof.explanations.writer import write_explanation
from tradeproof.progress import Progress

EXPLANATION, COMMENTARY, CHAT = TASKS = ("explanation", "commentary", "chat")

JOBS_AT_ONCE = 100
"""Rows that a process writes before it hands them back."""
WORTH_A_PROCESS = 1000
"""Rows below which a second process starts later than the first one is done."""


@dataclass(frozen=True)
class Job:
    """What one row is made of.

    Attributes:
        task: One of TASKS.
        category: Of the question; None where none is asked.
        facts: All that may be said.
        seed: Numbers that draw the wording, the same for the same row.
        attempt: How often the wording was drawn before.
    """

    task: str
    category: str | None
    facts: Facts
    seed: tuple[int, ...]
    attempt: int = 0

    def again(self) -> "Job":
        """The same with another wording."""
        return replace(self, attempt=self.attempt + 1)


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        job: What it was made of.
        prompt: As a model reads it.
        completion: As a model should answer.
        question: Of a chat; empty where none is asked.
        claims: How many claims of the completion (and of the answers before it) are true; all of them are.
    """

    job: Job
    prompt: str
    completion: str
    question: str
    claims: int

    def to_line(self) -> str:
        """The row as JSON on one line."""
        focus = self.job.facts.focus
        content: dict[str, Any] = {
            "task": self.job.task,
            "category": self.job.category,
            "ticker": focus.ticker,
            "date": focus.date,
            "action": focus.action,
            "prompt": self.prompt,
            "completion": self.completion,
            "snapshot": self.job.facts.to_dict(),
        }
        return json.dumps(content, allow_nan=False, ensure_ascii=False)

    def pretty(self) -> str:
        """The row for a reader."""
        focus = self.job.facts.focus
        asked = f" ({self.job.category})" if self.job.category else ""
        title = f"{self.job.task}{asked}: {focus.ticker} on {focus.date}, {focus.action}"
        return "\n".join((title, "-" * len(title), self.prompt, self.completion, "-" * len(title)))


@dataclass(frozen=True)
class Composed:
    """What a row says, not yet checked.

    Attributes:
        prompt: As a model reads it.
        question: Of a chat; empty where none is asked.
        answers: The completion last, and before it what was answered earlier in the conversation.
    """

    prompt: str
    question: str
    answers: tuple[str, ...]


def compose_row(job: Job, drivers: int) -> Composed:
    """Find the words of one row.

    Args:
        job: What it is made of.
        drivers: Reasons that an explanation names, at most.
    """
    generator = np.random.default_rng([*job.seed, job.attempt])
    if job.task == EXPLANATION:
        text = write_explanation(job.facts.focus, generator, drivers)
        return Composed(explanation_prompt(job.facts.focus), "", (text,))
    if job.task == COMMENTARY:
        return Composed(commentary_prompt(job.facts), "", (write_commentary(job.facts, generator),))
    exchange = write_exchange(str(job.category), job.facts, generator)
    prompt = chat_prompt(job.facts, exchange.question, exchange.history)
    return Composed(prompt, exchange.question, (*(answer for _, answer in exchange.history), exchange.answer))


def write_row(job: Job, drivers: int) -> Row:
    """Write one row and check it.

    Args:
        job: What it is made of.
        drivers: Reasons that an explanation names, at most.

    Raises:
        DataError: A claim in it does not hold: a fault of the program, not of the user.
    """
    composed = compose_row(job, drivers)
    claims = sum(_checked(job, text) for text in composed.answers)
    return Row(job, composed.prompt, composed.answers[-1], composed.question, claims)


def write_rows(jobs: Sequence[Job], drivers: int, processes: int, progress: Progress) -> list[Row]:
    """Write many rows; the same ones for any number of processes.

    Args:
        jobs: What they are made of.
        drivers: Reasons that an explanation names, at most.
        processes: That work side by side.
        progress: Told how many rows are done.
    """
    if processes == 1 or len(jobs) < WORTH_A_PROCESS:
        return _in_this_process(jobs, drivers, progress)
    portions = [jobs[first : first + JOBS_AT_ONCE] for first in range(0, len(jobs), JOBS_AT_ONCE)]
    found: list[Row] = []
    # spawned, not forked: a fork of a process with threads may wait forever for a lock
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for rows in pool.map(_portion, portions, [drivers] * len(portions)):
            found += rows
            progress.update(len(found))
    return found


def _in_this_process(jobs: Sequence[Job], drivers: int, progress: Progress) -> list[Row]:
    found = []
    for job in jobs:
        found.append(write_row(job, drivers))
        progress.update(len(found))
    return found


def _portion(jobs: Sequence[Job], drivers: int) -> list[Row]:
    return [write_row(job, drivers) for job in jobs]


def _checked(job: Job, text: str) -> int:
    checked = check_text(text, job.facts)
    for claim in checked.claims:
        if claim.verdict != "true":
            focus = job.facts.focus
            raise DataError(
                f"{job.task} of {focus.ticker} on {focus.date}: {claim.claim.text!r} is {claim.verdict} "
                f"({claim.reason}) in {text!r}; no dataset was written"
            )
    return checked.true
