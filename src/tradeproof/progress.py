"""Progress of long jobs: a bar on a terminal, one plain line every ten seconds in a log."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from tradeproof.runtime.processes import is_main_process

EVERY_SECONDS = 10.0


class Progress(Protocol):
    """Where a long job reports how far it is."""

    def update(self, step: int, metrics: Mapping[str, float] | None = None) -> None:
        """Say that `step` steps are done; metrics are the two or three worth watching."""


@contextmanager
def progress(name: str, total: int) -> Iterator[Progress]:
    """Show the progress of `total` steps on standard error; of several processes of one job, the main one does."""
    if not is_main_process():
        yield _Silence()
    elif sys.stderr.isatty():
        with _Bar(name, total) as bar:
            yield bar
    else:
        yield _Lines(name, total)


def say(text: str) -> None:
    """Write a text of one or more lines to standard error; a bar on the terminal stays below it."""
    if is_main_process():
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


class _Silence:
    def update(self, step: int, metrics: Mapping[str, float] | None = None) -> None:
        pass


class _Lines:
    def __init__(self, name: str, total: int) -> None:
        self._name = name
        self._total = total
        self._start = self._last = time.monotonic()

    def update(self, step: int, metrics: Mapping[str, float] | None = None) -> None:
        now = time.monotonic()
        if now - self._last < EVERY_SECONDS and step < self._total:
            return
        self._last = now
        rate = step / max(now - self._start, 1e-9)
        left = (self._total - step) / max(rate, 1e-9)
        shown = " ".join(f"{key} {value:.4g}" for key, value in (metrics or {}).items())
        parts = [f"{self._name} {step}/{self._total} ({step / self._total:.0%})", shown]
        parts += [f"{rate:.1f} step/s", f"{left:.0f} s left"]
        sys.stderr.write(" | ".join(part for part in parts if part) + "\n")
        sys.stderr.flush()


class _Bar:
    def __init__(self, name: str, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        self._bar = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[shown]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task = self._bar.add_task(name, total=total, shown="")

    def __enter__(self) -> "_Bar":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def update(self, step: int, metrics: Mapping[str, float] | None = None) -> None:
        shown = " ".join(f"{key} {value:.4g}" for key, value in (metrics or {}).items())
        self._bar.update(self._task, completed=step, shown=shown)
