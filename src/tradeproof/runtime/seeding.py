"""Seeds, in the one place that touches global random state."""

import os
import random

import numpy as np


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and torch, and make torch refuse non-deterministic kernels."""
    import torch

    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  # libraries that take no Generator read this state
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True)
    threads = os.environ.get("OMP_NUM_THREADS")
    if threads is not None:
        torch.set_num_threads(int(threads))
