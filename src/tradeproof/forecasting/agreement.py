"""Several processes of one training job that must not part ways: the main one decides, the others hear of it."""

from typing import TypeVar

import torch

from tradeproof.runtime.processes import process_count

Value = TypeVar("Value")


def agreed(value: Value) -> Value:
    """What the main process holds, on every process; each waits here for the others."""
    if process_count() == 1:
        return value
    shared = [value]
    torch.distributed.broadcast_object_list(shared, src=0)
    return shared[0]


def meet() -> None:
    """Wait until every process is here."""
    if process_count() > 1:
        torch.distributed.barrier()
