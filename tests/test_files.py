"""Files are whole or absent, whatever happens while they are written."""

import json
import resource
import signal
import subprocess
import sys

import pytest

from tradeproof.errors import StorageError
from tradeproof.runtime.files import (
    read_json,
    replace_folder,
    sha256_folder,
    sha256_json,
    write_json,
    write_text,
)


def test_a_folder_is_replaced_only_when_the_block_ends_well(tmp_path):
    target = tmp_path / "out"
    with replace_folder(target) as folder:
        (folder / "a").write_text("old")
    with pytest.raises(ZeroDivisionError), replace_folder(target) as folder:
        (folder / "a").write_text(f"new {1 / 0}")
    assert (target / "a").read_text() == "old"
    with replace_folder(target) as folder:
        (folder / "b").write_text("new")
    assert [path.name for path in target.iterdir()] == ["b"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_process_killed_while_writing_leaves_the_old_folder_and_the_next_one_sweeps_up(tmp_path):
    target = tmp_path / "out"
    with replace_folder(target) as folder:
        (folder / "a").write_text("old")
    program = (
        "import os, signal, sys; from pathlib import Path; from tradeproof.runtime.files import replace_folder\n"
        "with replace_folder(Path(sys.argv[1])) as folder:\n"
        "    (folder / 'a').write_text('half'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(target)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert (target / "a").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 2  # what the killed process left aside
    with replace_folder(target) as folder:
        (folder / "a").write_text("new")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (target / "a").read_text() == "new"


def test_a_full_disk_is_one_line_and_loses_nothing(tmp_path):
    """A limit on the size of files stands for the full disk: the kernel refuses the write in the same place."""
    path = tmp_path / "metrics.json"
    write_text(path, "old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(StorageError, match=r"metrics.json cannot be written: .*expected room on the disk"):
            write_text(path, "x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_text() == "old"
    assert [found.name for found in tmp_path.iterdir()] == ["metrics.json"]


def test_json_has_one_layout_and_no_number_that_is_not_finite(tmp_path):
    write_json(tmp_path / "a.json", {"b": 1.5, "a": None})
    assert json.loads((tmp_path / "a.json").read_text()) == {"b": 1.5, "a": None}
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "b.json", {"a": float("nan")})
    assert not (tmp_path / "b.json").exists()


@pytest.mark.parametrize("content", ["", "[1]", "{"])
def test_json_that_is_no_object_is_refused(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(StorageError, match=r"a\.json"):
        read_json(tmp_path / "a.json")


def test_hashes_depend_on_names_and_contents_only(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text("same")
    assert sha256_folder(tmp_path / "one") == sha256_folder(tmp_path / "two")
    (tmp_path / "two" / "x").rename(tmp_path / "two" / "y")
    assert sha256_folder(tmp_path / "one") != sha256_folder(tmp_path / "two")
    assert sha256_json({"a": 1, "b": 2}) == sha256_json({"b": 2, "a": 1})
