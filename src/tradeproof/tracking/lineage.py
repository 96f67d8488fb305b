"""What a run or a model came from: code, packages, data, command."""

import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

# what decides numbers; the complete list is constraints.txt
PACKAGES = (
    "TA-Lib",
    "arch",
    "dvc",
    "exchange_calendars",
    "lightgbm",
    "mlflow",
    "numba",
    "numpy",
    "pandas",
    "pyarrow",
    "safetensors",
    "scipy",
    "torch",
    "tradeproof",
    "transformers",
)


@dataclass(frozen=True)
class CodeState:
    """The commit that runs, and how the working tree differs from it."""

    commit: str
    is_dirty: bool
    diff: str


def code_state(folder: Path) -> CodeState:
    """Ask git about the working tree; dvc.lock is left out, since a pipeline writes it while it runs."""
    head = _git(folder, "rev-parse", "HEAD")
    if head is None:
        return CodeState(commit="", is_dirty=True, diff="")
    changed = _git(folder, "status", "--porcelain", "--", ":!dvc.lock") or ""
    diff = _git(folder, "diff", "HEAD", "--", ":!dvc.lock") or ""
    return CodeState(commit=head.strip(), is_dirty=bool(changed.strip()), diff=diff)


def package_versions() -> dict[str, str]:
    """Versions of the packages that decide numbers."""
    return {name: _version(name) for name in PACKAGES}


def command_line() -> str:
    """The command that runs, without the folder of its executable."""
    return " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, check=False, errors="replace"
        )
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"
