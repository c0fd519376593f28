"""A large dump is made by several processes, and ends as one program does, whatever happens to them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.program import CAPTURES

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")

# Three processes whatever the machine has; what is to happen before stands in the first word.
PROGRAM = """
import os, signal, sys
from tcpladder import cli
signal.signal(signal.SIGINT, signal.default_int_handler)
cli.processes_for = lambda rows: 3
exec(sys.argv[1])
sys.exit(cli.main(sys.argv[2:]))
"""
DIES = """
def decode(columns, row, right=cli.decode_row):
    if row == 3000:
        os.kill(os.getpid(), signal.SIGKILL)
    return right(columns, row)
cli.decode_row = decode
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A capture of some thousand packets: those of a lesson again and again (pcap: a header of 24 bytes)."""
    lesson = (CAPTURES / "any-interface.pcap").read_bytes()
    path = tmp_path_factory.mktemp("large") / "large.pcap"
    path.write_bytes(lesson[:24] + lesson[24:] * (4_000_000 // len(lesson)))
    return path


@contextmanager
def several(*words: str | Path, before: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """The program with several processes, which are a group of their own; none of them may be left."""
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, before, *map(str, words)], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, start_new_session=True)
    with process:
        try:
            yield process
            process.wait(timeout=30)
            with pytest.raises(ProcessLookupError):
                os.killpg(process.pid, 0)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise


def complaint_of(process: subprocess.Popen[bytes]) -> str:
    assert process.stderr is not None
    return process.stderr.read().decode()


def first_line(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout is not None
    return process.stdout.readline()


def test_a_reader_that_has_enough_ends_all(large: Path) -> None:
    with several("dump", large, "-T", "pdml") as process:
        assert first_line(process).startswith(b"<?xml")
        assert process.stdout is not None
        process.stdout.close()
        assert complaint_of(process) == ""
    assert process.returncode == 0


def test_ctrl_c_ends_all(large: Path) -> None:
    with several("dump", large, "-T", "pdml") as process:
        first_line(process)
        os.killpg(process.pid, signal.SIGINT)     # as a terminal sends it
        _rest, complaint = process.communicate(timeout=30)
    assert (process.returncode, complaint) == (128 + signal.SIGINT, b"")


def test_a_process_that_is_killed_is_told(large: Path) -> None:
    with several("dump", large, "-T", "json", before=DIES) as process:
        output, complaint = process.communicate(timeout=60)
    assert process.returncode == 1
    assert complaint.startswith(b"tcpladder: A process that decodes packets was ended by signal 9; the rest")
    assert complaint.count(b"\n") == 1
    assert output.startswith(b"[\n  {")
    assert not output.endswith(b"]\n")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets us answer for the lost pages")
def test_a_capture_that_shrinks_meanwhile_is_told(large: Path, tmp_path: Path) -> None:
    capture = tmp_path / "shrinking.pcap"
    capture.write_bytes(large.read_bytes())
    with several("dump", capture, "-T", "pdml", "-Y", "frame.number <= 4000") as process:
        first_line(process)
        os.truncate(capture, 5000)
        output, complaint = process.communicate(timeout=60)
    assert process.returncode == 1
    assert complaint.startswith(b"tcpladder: shrinking.pcap became shorter while it was open")
    assert output.count(b"</packet>") == 4000
