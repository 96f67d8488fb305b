"""Checkpoints of a training run: a run that was killed goes on from the newest one, to the same weights."""

import hashlib
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from tradeproof.forecasting.dataset import Supervision
from tradeproof.runtime.files import read_json, sha256_json, write_bytes, write_json

PREFIX = "checkpoint-"  # the trainer's own name for a step's folder
WEIGHTS = "best.safetensors"
# written last: a checkpoint without it was cut short
RECORD = "record.json"


@dataclass(frozen=True)
class Record:
    """What a training run has found so far.

    Attributes:
        best: Weights with the least validation loss.
        best_step: When they were measured.
        rows: Every measurement: its step, and the metrics by name.
    """

    best: Mapping[str, Tensor]
    best_step: int
    rows: Sequence[Mapping[str, float]]


def write_record(folder: Path, step: int, record: Record) -> None:
    """Complete the trainer's checkpoint of a step with the record, then drop the older checkpoints."""
    from safetensors.torch import save

    checkpoint = folder / f"{PREFIX}{step}"
    write_bytes(checkpoint / WEIGHTS, save(dict(record.best)))
    write_json(checkpoint / RECORD, {"best_step": record.best_step, "rows": [_finite(row) for row in record.rows]})
    for older in folder.glob(f"{PREFIX}*"):
        if older != checkpoint:
            shutil.rmtree(older)


def newest_checkpoint(folder: Path) -> Path | None:
    """The complete checkpoint with the most steps, if there is one."""
    complete = [path.parent for path in folder.glob(f"{PREFIX}*/{RECORD}")]
    return max(complete, key=lambda path: int(path.name.removeprefix(PREFIX)), default=None)


def read_record(checkpoint: Path) -> Record:
    """Read what `write_record` wrote."""
    from safetensors.torch import load_file

    content = read_json(checkpoint / RECORD)
    rows = [{key: math.nan if value is None else value for key, value in row.items()} for row in content["rows"]]
    return Record(load_file(checkpoint / WEIGHTS), int(content["best_step"]), rows)


def fingerprint(recipe: Mapping[str, Any], weights: Mapping[str, Tensor], pieces: Sequence[Supervision]) -> str:
    """Hash of everything that decides a training run: only a run with the same one may go on from its checkpoint.

    Args:
        recipe: Params, seed and versions, as JSON.
        weights: What training starts from.
        pieces: What it learns from and is measured on.
    """
    digest = hashlib.sha256(sha256_json(recipe).encode())
    for name, weight in sorted(weights.items()):
        digest.update(f"{name} {tuple(weight.shape)}".encode() + weight.detach().cpu().numpy().tobytes())
    for piece in pieces:
        digest.update(piece.ticker.encode())
        for array in (piece.features, piece.ready, piece.labels, piece.label_mask):
            digest.update(str(array.shape).encode() + array.tobytes())
    return digest.hexdigest()


def _finite(row: Mapping[str, float]) -> dict[str, float | None]:
    """None for a figure without a meaning: JSON has no NaN."""
    return {key: value if math.isfinite(value) else None for key, value in row.items()}
