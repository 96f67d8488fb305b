"""Which process is this, which one started it, and does another one still live."""

import os
import platform
import re

import psutil


def process_identity(process: psutil.Process | None = None) -> str:
    """Name a process so that a later one with the same number is not mistaken for it: host:pid:start."""
    found = process or psutil.Process()
    return f"{platform.node()}:{found.pid}:{found.create_time():.2f}"


def is_alive(identity: str) -> bool:
    """Whether the named process still runs; one on another host cannot be seen and counts as alive."""
    host, pid, start = identity.rsplit(":", 2)
    if host != platform.node():
        return True
    try:
        return f"{psutil.Process(int(pid)).create_time():.2f}" == start
    except psutil.Error:
        return False


def process_count() -> int:
    """How many processes work on this one job; torchrun, which started them, says so."""
    return int(os.environ.get("WORLD_SIZE", "1")) if "LOCAL_RANK" in os.environ else 1


def process_rank() -> int:
    """This process's place among those of its job, from 0."""
    return int(os.environ["RANK"]) if process_count() > 1 else 0


def is_main_process() -> bool:
    """Whether this process writes files, opens runs and shows progress; the others only compute."""
    return process_rank() == 0


def pipeline_identity() -> str:
    """Name the execution of the pipeline that this process is a part of.

    TRADEPROOF_PIPELINE names it where stages are started in parallel by hand; else it is the `dvc` process above
    this one; a stage that was started by itself is a pipeline of one.
    """
    named = os.environ.get("TRADEPROOF_PIPELINE")
    if named:
        return re.sub(r"[^A-Za-z0-9_.:-]", "_", named)  # it becomes a part of a search filter
    for ancestor in psutil.Process().parents():
        try:
            command = ancestor.cmdline()[:3]
        except psutil.Error:
            continue
        if any(os.path.basename(word) == "dvc" for word in command):  # noqa: PTH119  # words of a command line
            return process_identity(ancestor)
    return process_identity()
