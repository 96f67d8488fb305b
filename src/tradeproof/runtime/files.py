"""Files that are whole or absent: written aside, then renamed; and their hashes."""

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tradeproof.errors import StorageError

ASIDE_PREFIX = ".aside-"
FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def replace_folder(target: Path) -> Iterator[Path]:
    """Yield an empty folder beside `target`; rename it to `target` when the block ends well.

    A kill at any moment leaves either the old folder, the new one, or none: never half of one. What a killed
    predecessor left aside is swept away.

    Raises:
        StorageError: The disk is full or refuses the write; the old folder is untouched.
    """
    with storage_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        for left_over in target.parent.glob(f"{ASIDE_PREFIX}{target.name}-*"):
            shutil.rmtree(left_over)
        aside = Path(tempfile.mkdtemp(prefix=f"{ASIDE_PREFIX}{target.name}-", dir=target.parent))
        aside.chmod(0o755)
        try:
            yield aside
            if target.exists():
                shutil.rmtree(target)
            aside.rename(target)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def storage_errors(target: Path) -> Iterator[None]:
    """Turn what a full or read-only disk raises into one clear line."""
    try:
        yield
    except OSError as e:
        if e.errno in FULL_DISK:
            raise StorageError(
                f"{target} cannot be written: {e.strerror}; expected room on the disk. Free some and run again: "
                "what was there before is untouched"
            ) from e
        if e.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise StorageError(f"{e.filename or target} cannot be written: {e.strerror}; check its permissions") from e
        raise


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file aside, flush it to disk, and rename it into place."""
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f"{ASIDE_PREFIX}{path.name}-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically, in UTF-8."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON atomically with a fixed layout; a number that is not finite is refused, as JSON has none."""
    write_text(path, json.dumps(content, indent=2, allow_nan=False, ensure_ascii=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        StorageError: The file is missing, not JSON, or not an object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        raise StorageError(f"{path} cannot be read as JSON ({e}); run `dvc repro` to make it again") from e
    if not isinstance(content, dict):
        raise StorageError(f"{path} holds {type(content).__name__}, expected a JSON object")
    return content


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def sha256_folder(folder: Path, without: str | None = None) -> str:
    """SHA-256 over the relative names and contents of all files below a folder, in name order.

    Args:
        folder: Whose files.
        without: Name of a sub-folder that does not count.
    """
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.relative_to(folder).parts[0] != without:
            digest.update(f"{path.relative_to(folder).as_posix()}\0{sha256_file(path)}\n".encode())
    return digest.hexdigest()


def sha256_json(content: object) -> str:
    """SHA-256 of a value's canonical JSON: sorted keys, no spaces."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()
