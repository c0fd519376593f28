"""Disks for tests that are as slow and as broken as is wanted, where the system lets us mount one."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class Disk:
    """One file on a slow disk, and what is told to the disk."""

    def __init__(self, process: "subprocess.Popen[str]", path: Path) -> None:
        self._process = process
        self.path = path

    def tell(self, words: str) -> None:
        """See slow_disk.py."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{words}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "done\n"


@contextmanager
def slow_disk(source: Path, folder: Path) -> Iterator[Disk]:
    """A file on such a disk; skips the test where none can be had."""
    command = [sys.executable, str(Path(__file__).with_name("slow_disk.py")), str(source), str(folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        if process.stdout.readline() != "mounted\n":
            pytest.skip("no file system can be mounted here")
        yield Disk(process, folder / source.name)
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()
