"""What a person reads while a model trains: loss and skill, and what trading earns beside buy-and-hold."""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from tradeproof.forecasting.loss_and_profit import STEP, loss_and_profit
from tradeproof.forecasting.validation import LOSS
from tradeproof.progress import say
from tradeproof.runtime.files import write_text
from tradeproof.runtime.processes import is_main_process

Rows = Sequence[Mapping[str, float]]

FIGURES = (
    ("total return", "total_return", "share"),
    ("Sharpe ratio", "sharpe_ratio", "ratio"),
    ("win rate", "win_rate", "share"),
    ("max drawdown", "max_drawdown", "share"),
    ("trades", "total_trades", "count"),
)


class Reports:
    """Writes reports to the console and to a log file; of several processes, the main one does.

    The file is made anew from the measurements by each run: that of a resumed run equals that of an uninterrupted one.
    """

    def __init__(self, name: str, max_steps: int, every_steps: int, path: Path | None) -> None:
        """Start with nothing written.

        Args:
            name: Of the training run, shown on each report.
            max_steps: Optimiser steps asked for.
            every_steps: Steps between two reports.
            path: The log file; None: the console alone.
        """
        self.name = name
        self.max_steps = max_steps
        self._every_steps = every_steps
        self._path = path
        self._texts: list[str] = []

    def measured(self, rows: Rows) -> None:
        """Put the newest measurement into the log file."""
        step, figures = rows[-1][STEP], {key: value for key, value in rows[-1].items() if key != STEP}
        shown = " ".join(f"{key} {_number(value, 'ratio')}" for key, value in figures.items())
        self._add(f"{self.name} {step:.0f}/{self.max_steps} | {shown}")

    def reached(self, step: int, rows: Rows) -> None:
        """Report where a report is due; the last step has the conclusion instead."""
        if self._is_due(step):
            text = self._report(step, rows)
            say(text)
            self._add(text)

    def replay(self, step: int, rows: Rows) -> None:
        """Fill the log file with what an interrupted run had reported up to a step."""
        for past in range(step + 1):
            known = [row for row in rows if row[STEP] <= past]
            if known[-1][STEP] == past:
                self.measured(known)
            if self._is_due(past):
                self._add(self._report(past, known))

    def conclude(self, rows: Rows, *sentences: str) -> None:
        """Report at the end of training, with what came of it."""
        text = "\n".join([self._report(int(rows[-1][STEP]), rows), *(f"  {sentence}" for sentence in sentences)])
        say(text)
        self._add(text)

    def _is_due(self, step: int) -> bool:
        return 0 < step < self.max_steps and step % self._every_steps == 0

    def _report(self, step: int, rows: Rows) -> str:
        return progress_report(f"{self.name}: step {step} of {self.max_steps}", rows)

    def _add(self, text: str) -> None:
        self._texts.append(text)
        if self._path is not None and is_main_process():
            write_text(self._path, "\n".join(self._texts) + "\n")


def progress_report(title: str, rows: Rows) -> str:
    """The newest measurement in words and columns, beside the first and the best one.

    Args:
        title: First line.
        rows: Every measurement so far; the newest is reported.
    """
    now = rows[-1]
    best = min(rows, key=lambda row: row[LOSS])
    trained = f"training loss {now['train/loss']:.5f}, " if "train/loss" in now else ""
    lines = [
        title,
        f"  {trained}validation loss {now[LOSS]:.5f} (step {now[STEP]:.0f}), at the start {rows[0][LOSS]:.5f}, lowest "
        f"{best[LOSS]:.5f} at step {best[STEP]:.0f}",
        f"  skill against historical volatility: {_skills(now)}",
        f"  {f'at step {now[STEP]:.0f}, after costs':<28}{'model':>12}{'all in, held':>16}",
    ]
    for label, name, unit in FIGURES:
        mine = _number(now.get(f"profit/{name}", math.nan), unit)
        held = _number(now.get(f"profit/buy_and_hold_{name}", math.nan), unit)
        lines.append(f"  {label:<28}{mine:>12}{held:>16}")
    return "\n".join([*lines, f"  {loss_and_profit(pd.DataFrame(rows)).sentence}"])


def _skills(row: Mapping[str, float]) -> str:
    found = [(int(match[1]), row[key]) for key in row if (match := re.fullmatch(r"eval/skill_(\d+)", key))]
    return ", ".join(f"{100.0 * skill:.2f} % at {bars} bar{'s' * (bars > 1)}" for bars, skill in sorted(found))


def _number(value: float, unit: str) -> str:
    if not math.isfinite(value):
        return "undefined"
    if unit == "share":
        return f"{100.0 * value:.2f} %"
    return f"{value:.0f}" if unit == "count" else f"{value:.5g}"
