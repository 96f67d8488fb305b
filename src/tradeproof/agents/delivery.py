"""The files of a dataset in a folder that may hold others: all of them new, or none."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from tradeproof.errors import ParamsError
from tradeproof.explanations.dataset import AUDIT
from tradeproof.runtime.files import ASIDE_PREFIX, storage_errors, write_bytes


def check_folder(folder: Path, option: str) -> None:
    """Refuse a folder that cannot be written to, before any work is done.

    Raises:
        ParamsError: It is a file, or lies below one.
    """
    nearest = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    if not nearest.is_dir():
        raise ParamsError(f"{option} is {folder}, but {nearest} is a file; expected a folder, or a name that is free")


def deliver(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a folder; others in it stay.

    All are written aside first. The audit goes first and comes last: a folder that has one holds a whole dataset.

    Raises:
        StorageError: The disk does not take them; what was there before is untouched.
    """
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=ASIDE_PREFIX, dir=folder) as aside:
            for name, content in files.items():
                write_bytes(Path(aside) / name, content)
            (folder / AUDIT).unlink(missing_ok=True)
            for name in sorted(files, key=lambda name: name == AUDIT):
                (Path(aside) / name).replace(folder / name)
