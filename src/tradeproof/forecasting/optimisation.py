"""The optimiser's course: the transformers Trainer on a fixed list of sequences, measured at fixed steps."""

import math
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import default_collate
from transformers import (
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from tradeproof.errors import TradeproofError
from tradeproof.forecasting.checkpoint import Record, newest_checkpoint, read_record, write_record
from tradeproof.forecasting.dataset import SequenceDataset
from tradeproof.forecasting.model import PriceForecaster
from tradeproof.forecasting.quiet import quiet_transformers
from tradeproof.forecasting.validation import LOSS
from tradeproof.params.schema import OptimiserParams
from tradeproof.progress import Progress, progress
from tradeproof.runtime.files import storage_errors

Log = Callable[[Mapping[str, float], int], None]
Measure = Callable[[PriceForecaster], dict[str, float]]

LOG_STEPS = 10
STEP = "step"


def optimise(
    name: str,
    model: PriceForecaster,
    dataset: SequenceDataset,
    params: OptimiserParams,
    seed: int,
    measure: Measure,
    every_steps: int,
    folder: Path,
    log: Log,
) -> Record:
    """Train a model in place, and keep the weights that did best on validation; the start counts as well.

    Args:
        name: Shown with the progress.
        model: Trained in place; ends with the LAST weights.
        dataset: batch_size x max_steps sequences, in order.
        params: Learning rate (cosine, after a linear warm-up), batch size, steps.
        seed: Of the dropout.
        measure: Metrics of a model on validation, eval/loss among them.
        every_steps: Steps between two measurements; the first is before training, the last after it.
        folder: For the checkpoints of this run alone. A complete one found there is continued, to the same weights as
            a run that was never interrupted; it is removed at the end.
        log: Gets metrics and their step. Those of a continued run's past are logged again.

    Returns:
        The best weights and every measurement.

    Raises:
        TradeproofError: A loss that is not finite.
        StorageError: The disk does not take the checkpoints.
    """
    with progress(name, params.max_steps) as bar, storage_errors(folder), quiet_transformers():
        observer = _Observer(model, measure, every_steps, folder, log, bar)
        trainer = _PriceTrainer(
            model=model,
            args=_arguments(params, seed, folder),
            train_dataset=dataset,
            data_collator=default_collate,
            callbacks=[observer],
        )
        trainer.remove_callback(PrinterCallback)
        checkpoint = newest_checkpoint(folder)
        if checkpoint is not None:
            observer.restore(read_record(checkpoint))
        trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    shutil.rmtree(folder, ignore_errors=True)
    return observer.record


class _Arguments(TrainingArguments):
    """One GPU per process: several are used by starting a process each, never by splitting a batch within one."""

    @property
    def n_gpu(self) -> int:
        return min(1, int(super().n_gpu))


def _arguments(params: OptimiserParams, seed: int, folder: Path) -> TrainingArguments:
    return _Arguments(
        output_dir=str(folder),
        max_steps=params.max_steps,
        per_device_train_batch_size=params.batch_size,
        learning_rate=params.learning_rate,
        weight_decay=params.weight_decay,
        lr_scheduler_type="cosine",
        warmup_steps=params.warmup_steps,
        train_sampling_strategy="sequential",  # the dataset is in its final order already
        seed=seed,
        data_seed=seed,
        use_cpu=not torch.cuda.is_available(),
        bf16=False,
        dataloader_pin_memory=False,
        remove_unused_columns=False,
        logging_steps=LOG_STEPS,
        logging_nan_inf_filter=False,
        save_strategy="no",  # the observer asks for each checkpoint
        eval_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )


class _PriceTrainer(Trainer):
    """Refuses to go on from a loss that is no number."""

    def compute_loss(
        self, model: nn.Module, inputs: dict[str, Tensor], *arguments: Any, **keywords: Any
    ) -> Tensor | tuple[Tensor, Any]:
        """As in the base class."""
        loss = super().compute_loss(model, inputs, *arguments, **keywords)
        value = float((loss[0] if isinstance(loss, tuple) else loss).detach())
        if not math.isfinite(value):
            raise TradeproofError(
                f"training loss is {value} at step {self.state.global_step}, expected a finite number; lower "
                f"learning_rate ({self.args.learning_rate:g}), or look for absurd values in the features"
            )
        return loss


class _Observer(TrainerCallback):
    """Measures, logs and saves, between two steps."""

    def __init__(
        self,
        model: PriceForecaster,
        measure: Measure,
        every_steps: int,
        folder: Path,
        log: Log,
        bar: Progress,
    ) -> None:
        self._model = model
        self._measure = measure
        self._every_steps = every_steps
        self._folder = folder
        self._log = log
        self._bar = bar
        self._best: dict[str, Tensor] = {}
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
        for row in self._rows:
            self._log({key: value for key, value in row.items() if key != STEP}, int(row[STEP]))

    def on_train_begin(self, _args: TrainingArguments, state: TrainerState, _control: TrainerControl, **_: Any) -> None:
        """Measure what training starts from."""
        if state.global_step == 0:
            self._report(state, {}, is_due=True)

    def on_step_end(self, _args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Show progress; ask for a log line and a checkpoint where a measurement is due."""
        self._bar.update(state.global_step, self._shown)
        if self._is_due(state):
            control.should_log = True
            control.should_save = state.global_step < state.max_steps

    def on_log(
        self,
        _args: TrainingArguments,
        state: TrainerState,
        _control: TrainerControl,
        logs: Mapping[str, float],
        **_: Any,
    ) -> None:
        """Pass the trainer's figures on under this project's names, with the measurement where one is due."""
        if "loss" in logs:  # the trainer's summary at the end has none
            figures = {"train/loss": logs["loss"], "train/learning_rate": logs["learning_rate"]}
            self._report(state, figures, is_due=self._is_due(state))

    def on_save(self, _args: TrainingArguments, state: TrainerState, _control: TrainerControl, **_: Any) -> None:
        """Complete the trainer's checkpoint with what was found so far."""
        if state.is_world_process_zero:
            write_record(self._folder, state.global_step, self.record)

    def _is_due(self, state: TrainerState) -> bool:
        return state.global_step % self._every_steps == 0 or state.global_step == state.max_steps

    def _report(self, state: TrainerState, figures: Mapping[str, float], *, is_due: bool) -> None:
        figures = dict(figures)
        if is_due:
            figures.update(self._measure(self._model))
            self._keep(state.global_step, figures)
        self._shown.update({key: value for key, value in figures.items() if key in ("train/loss", LOSS)})
        if state.is_world_process_zero:
            self._log(figures, state.global_step)

    def _keep(self, step: int, figures: dict[str, float]) -> None:
        if not math.isfinite(figures[LOSS]):
            raise TradeproofError(
                f"validation loss is {figures[LOSS]} at step {step}, expected a finite number; lower learning_rate, or "
                "look for absurd values in the features"
            )
        if not self._rows or figures[LOSS] < min(row[LOSS] for row in self._rows):
            self._best = {key: value.detach().cpu().clone() for key, value in self._model.state_dict().items()}
            self._best_step = step
        self._rows.append({STEP: float(step), **figures})
