"""The optimiser's course: the transformers Trainer on a fixed list of sequences, measured at fixed steps."""

import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import default_collate
from transformers import PrinterCallback, Trainer, TrainingArguments

from tradeproof.errors import ParamsError, TradeproofError
from tradeproof.forecasting.agreement import agreed, meet
from tradeproof.forecasting.checkpoint import Record, newest_checkpoint, read_record
from tradeproof.forecasting.dataset import SequenceDataset
from tradeproof.forecasting.observation import Log, Measure, Observer
from tradeproof.forecasting.precision import BF16, FP16
from tradeproof.forecasting.quiet import quiet_transformers
from tradeproof.forecasting.reports import Reports
from tradeproof.forecasting.weights import Trainee
from tradeproof.params.schema import OptimiserParams
from tradeproof.progress import progress
from tradeproof.runtime.files import storage_errors
from tradeproof.runtime.processes import is_main_process, process_count

LOG_STEPS = 10


def optimise(
    trainee: Trainee,
    dataset: SequenceDataset,
    params: OptimiserParams,
    precision: str,
    seed: int,
    measure: Measure,
    every_steps: int,
    folder: Path,
    log: Log,
    reports: Reports,
) -> Record:
    """Train a model in place, and keep the state that did best on validation; the start counts as well.

    A batch may be computed in parts, one after the other or on several processes that torchrun has started: each label
    weighs the same whichever part it falls into, so the same batch gives the same step up to rounding. Only dropout
    is drawn anew for each part.

    Args:
        trainee: Trained in place; ends in its LAST state.
        dataset: batch_size x max_steps sequences, in order.
        params: Learning rate (cosine, after a linear warm-up), batch size, steps, patience.
        precision: What the layers compute in: fp32, bf16 or fp16.
        seed: Of the dropout.
        measure: Metrics of a state on validation, eval/loss among them.
        every_steps: Steps between two measurements; the first is before training, the last after it.
        folder: For the checkpoints of this run alone. A complete one found there is continued, to the same weights as
            a run that was never interrupted; it is removed at the end.
        log: Gets metrics and their step. Those of a continued run's past are logged again.
        reports: Gets the measurements.

    Returns:
        The best state and every measurement, the same on every process.

    Raises:
        ParamsError: A batch that cannot be divided among the processes.
        TradeproofError: A loss that is not finite.
        StorageError: The disk does not take the checkpoints.
    """
    with progress(reports.name, params.max_steps) as bar, storage_errors(folder), quiet_transformers():
        observer = Observer(trainee, measure, every_steps, params.patience, folder, log, reports, bar)
        trainer = _PriceTrainer(
            model=trainee.model,
            args=_arguments(params, precision, seed, folder),
            train_dataset=dataset,
            data_collator=default_collate,
            callbacks=[observer],
        )
        trainer.remove_callback(PrinterCallback)
        checkpoint = newest_checkpoint(folder)
        if checkpoint is not None:
            observer.restore(read_record(checkpoint))
        trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    record = agreed(observer.record)
    meet()
    if is_main_process():
        shutil.rmtree(folder, ignore_errors=True)
    return record


class _Arguments(TrainingArguments):
    """One GPU per process: several are used by starting a process each, never by splitting a batch within one."""

    @property
    def n_gpu(self) -> int:
        return min(1, int(super().n_gpu))


def _arguments(params: OptimiserParams, precision: str, seed: int, folder: Path) -> TrainingArguments:
    return _Arguments(
        output_dir=str(folder),
        max_steps=params.max_steps,
        per_device_train_batch_size=_part_size(params),
        gradient_accumulation_steps=params.gradient_accumulation_steps,
        learning_rate=params.learning_rate,
        weight_decay=params.weight_decay,
        lr_scheduler_type="cosine",
        warmup_steps=params.warmup_steps,
        train_sampling_strategy="sequential",  # the dataset is in its final order already
        seed=seed,
        data_seed=seed,
        use_cpu=not torch.cuda.is_available(),
        bf16=precision == BF16,
        fp16=precision == FP16,
        ddp_find_unused_parameters=False,  # each weight is used in each step
        dataloader_pin_memory=False,
        remove_unused_columns=False,
        logging_steps=LOG_STEPS,
        logging_nan_inf_filter=False,
        save_strategy="no",  # the observer asks for each checkpoint
        eval_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )


def _part_size(params: OptimiserParams) -> int:
    """Sequences that one process takes at once."""
    parts = params.gradient_accumulation_steps * process_count()
    if params.batch_size % parts:
        raise ParamsError(
            f"batch_size is {params.batch_size}, expected a multiple of gradient_accumulation_steps x processes = "
            f"{params.gradient_accumulation_steps} x {process_count()} = {parts}: it is the batch of one optimiser "
            "step, over all of them"
        )
    return params.batch_size // parts


class _PriceTrainer(Trainer):
    """Weighs each label of a batch the same however the batch is cut; refuses a loss that is no number."""

    loss_is_scaled_for_ga = True  # by compute_loss, below

    def get_batch_samples(
        self, epoch_iterator: Iterator[dict[str, Tensor]], num_batches: int, device: torch.device
    ) -> tuple[list[dict[str, Tensor]], Tensor]:
        """The parts of this process's share of a batch, and the labels that count in the whole of it."""
        parts, _ = super().get_batch_samples(epoch_iterator, num_batches, device)
        counted = torch.tensor(sum(int(part["label_mask"].sum()) for part in parts), device=device)
        return parts, self.accelerator.gather(counted).sum()

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Tensor],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | None = None,
    ) -> Tensor | tuple[Tensor, Any]:
        """The part's share of the batch's mean loss, times the processes, whose gradients are averaged."""
        outputs = model(**inputs)
        loss = outputs["loss"]
        value = float(loss.detach())
        if not math.isfinite(value):
            raise TradeproofError(
                f"training loss is {value} at step {self.state.global_step}, expected a finite number; lower "
                f"learning_rate ({self.args.learning_rate:g}), or look for absurd values in the features"
            )
        if num_items_in_batch is not None:
            share = inputs["label_mask"].sum() / num_items_in_batch.clamp(min=1)
            loss = loss * share * self.accelerator.num_processes
        return (loss, outputs) if return_outputs else loss
