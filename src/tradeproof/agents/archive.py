"""Zip files from anywhere: read into memory by exact names and within bounds, never extracted to a disk."""

import io
import zipfile
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path

from tradeproof.errors import StorageError
from tradeproof.runtime.files import write_bytes

MOST_BYTES = 64 * 2**20
"""Of one entry, and of the file; a policy of two layers of 64 units takes a ten-thousandth of it."""

MOST_ENTRIES = 1000
PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
FIRST_DATE = (1980, 1, 1, 0, 0, 0)
UNREADABLE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError, ValueError)
REMEDY = "expected a policy that `tradeproof train_ppo` or stable-baselines3's PPO.save wrote; fetch or train it again"


def write_archive(path: Path, entries: Mapping[str, bytes]) -> None:
    """Write entries uncompressed and without a time, atomically: the same entries give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in entries.items():
            entry = zipfile.ZipInfo(name, date_time=FIRST_DATE)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3  # the same on every system
            archive.writestr(entry, content)
    write_bytes(path, buffer.getvalue())


def read_file(path: Path) -> bytes:
    """Read a small file whole.

    Raises:
        StorageError: There is no such file, or it is too large.
    """
    if not path.is_file():
        raise StorageError(f"{path} is not a file; {REMEDY}")
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as e:
        raise StorageError(f"{path} cannot be read: {e.strerror}; check its permissions") from e
    if len(content) > MOST_BYTES:
        raise StorageError(f"{path} is larger than {MOST_BYTES} bytes; {REMEDY}")
    return content


def read_archive(content: bytes, allowed: Collection[str] | None, label: str) -> dict[str, bytes]:
    """Read all entries of a zip file.

    Args:
        content: Bytes of the file.
        allowed: Names an entry may have; None: any, as nothing is written anywhere.
        label: What an error calls it.

    Raises:
        StorageError: Not a whole zip file, another name, a name twice, too many or too large entries.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _check(entries, allowed, label)
            return {entry.filename: archive.read(entry) for entry in entries}
    except UNREADABLE as e:
        raise StorageError(f"{label} cannot be read as a zip file ({' '.join(str(e).split())}); {REMEDY}") from e


def _check(entries: list[zipfile.ZipInfo], allowed: Collection[str] | None, label: str) -> None:
    names = [entry.filename for entry in entries]
    if len(names) > MOST_ENTRIES or len(set(names)) < len(names):
        raise StorageError(f"{label} holds {len(names)} entries, {len(set(names))} of different names; {REMEDY}")
    strange = [name for name in names if allowed is not None and name not in allowed]
    if strange:
        raise StorageError(f"{label} holds an entry {strange[0][:80]!r}; {REMEDY}")
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        size = sum(entry.file_size for entry in entries)
        raise StorageError(f"{label} unpacks to {size} bytes, expected at most {MOST_BYTES}; {REMEDY}")
    for entry in entries:
        if entry.compress_type not in PLAIN or entry.flag_bits & 1:
            raise StorageError(f"{label} holds {entry.filename[:80]!r} encrypted or in a rare compression; {REMEDY}")
