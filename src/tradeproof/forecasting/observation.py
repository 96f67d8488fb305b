"""What happens between two steps of training: measuring, logging, saving, and the end of patience."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from tradeproof.errors import TradeproofError
from tradeproof.forecasting.agreement import agreed, meet
from tradeproof.forecasting.checkpoint import Record, write_record
from tradeproof.forecasting.loss_and_profit import STEP
from tradeproof.forecasting.reports import Reports
from tradeproof.forecasting.validation import LOSS
from tradeproof.forecasting.weights import State, Trainee
from tradeproof.progress import Progress
from tradeproof.runtime.processes import is_main_process, process_rank

Log = Callable[[Mapping[str, float], int], None]
Measure = Callable[[State], dict[str, float]]


class Observer(TrainerCallback):
    """Measures, logs and saves, between two steps; of several processes the main one does, and the others wait."""

    def __init__(
        self,
        trainee: Trainee,
        measure: Measure,
        every_steps: int,
        patience: int | None,
        folder: Path,
        log: Log,
        reports: Reports,
        bar: Progress,
    ) -> None:
        """Set up with nothing found.

        Args:
            trainee: The model in training.
            measure: Metrics of a state on validation, eval/loss among them.
            every_steps: Steps between two measurements.
            patience: Measurements without a lower loss after which training stops; None: never.
            folder: Where the checkpoints are.
            log: Gets metrics and their step.
            reports: Gets the measurements.
            bar: Gets the steps.
        """
        self._trainee = trainee
        self._measure = measure
        self._every_steps = every_steps
        self._patience = patience
        self._folder = folder
        self._log = log
        self._reports = reports
        self._bar = bar
        self._best: State = {}
        self._best_step = 0
        self._rows: list[dict[str, float]] = []
        self._shown: dict[str, float] = {}

    @property
    def record(self) -> Record:
        """What was found so far."""
        return Record(self._best, self._best_step, self._rows)

    def restore(self, record: Record) -> None:
        """Take over what an interrupted run had found."""
        self._best, self._best_step = dict(record.best), record.best_step
        self._rows = [dict(row) for row in record.rows]
        if is_main_process():
            for row in self._rows:
                self._log({key: value for key, value in row.items() if key != STEP}, int(row[STEP]))
            self._reports.replay(int(self._rows[-1][STEP]), self._rows)

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Measure what training starts from."""
        if state.global_step == 0:
            if process_rank() > 0:  # the same dropout on each process's share of a batch would be no dropout
                torch.manual_seed(args.seed + process_rank())
            self._report(state, control, {})

    def on_step_end(self, _args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Show progress; ask for a log line and a checkpoint where a measurement is due."""
        self._bar.update(state.global_step, self._shown)
        if self._is_due(state):
            control.should_log = True
            control.should_save = state.global_step < state.max_steps
        elif is_main_process():
            self._reports.reached(state.global_step, self._rows)

    def on_log(
        self,
        _args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Mapping[str, float],
        **_: Any,
    ) -> None:
        """Pass the trainer's figures on under this project's names, with the measurement where one is due."""
        if "loss" in logs:  # the trainer's summary at the end has none
            self._report(state, control, {"train/loss": logs["loss"], "train/learning_rate": logs["learning_rate"]})

    def on_save(self, _args: TrainingArguments, state: TrainerState, _control: TrainerControl, **_: Any) -> None:
        """Complete the trainer's checkpoint with what was found so far, once every process has written its part."""
        meet()
        if is_main_process():
            write_record(self._folder, state.global_step, self.record)

    def _is_due(self, state: TrainerState) -> bool:
        return state.global_step % self._every_steps == 0 or state.global_step == state.max_steps

    def _report(self, state: TrainerState, control: TrainerControl, figures: Mapping[str, float]) -> None:
        figures, is_due = dict(figures), self._is_due(state)
        if is_main_process():
            if is_due:
                figures.update(self._measure(self._trainee.state()))
                self._keep(state.global_step, figures)
            self._log(figures, state.global_step)
        self._shown.update({key: value for key, value in figures.items() if key in ("train/loss", LOSS)})
        if is_due and agreed(self._is_patience_over()):
            control.should_training_stop = True
            control.should_save = False  # a run killed after this one goes on from before it, to stop here again
        elif is_due and is_main_process():
            self._reports.reached(state.global_step, self._rows)

    def _keep(self, step: int, figures: dict[str, float]) -> None:
        if not math.isfinite(figures[LOSS]):
            raise TradeproofError(
                f"validation loss is {figures[LOSS]} at step {step}, expected a finite number; lower learning_rate, or "
                "look for absurd values in the features"
            )
        if not self._rows or figures[LOSS] < min(row[LOSS] for row in self._rows):
            self._best, self._best_step = self._trainee.state(), step
        self._rows.append({STEP: float(step), **figures})
        self._reports.measured(self._rows)

    def _is_patience_over(self) -> bool:
        since = [row for row in self._rows if row[STEP] > self._best_step]
        return self._patience is not None and len(since) >= self._patience
