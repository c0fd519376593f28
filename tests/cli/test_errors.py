"""Exit statuses, and the one line on stderr that says why: 0 all read, 1 not read to the end, 2 wrong usage."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from tcpladder import cli
from tests.cli.program import FOUR_WAY, Program, in_a_process

WHOLE = FOUR_WAY.read_bytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of files with something wrong."""
    (tmp_path / "empty.pcap").write_bytes(b"")
    (tmp_path / "letter.txt").write_text("Dear Sir, this is no capture.\n")
    (tmp_path / "cut.pcapng").write_bytes(WHOLE[:-40])
    (tmp_path / "folder").mkdir()
    return tmp_path


@pytest.mark.parametrize("command", [["dump"], ["connections"], ["diagram", "--stream", "0", "-o", "out.svg"]],
                         ids=lambda words: words[0])
@pytest.mark.parametrize(("name", "reason"), [
    ("nowhere.pcap", "nowhere.pcap does not exist"),
    ("folder", "is a folder"),
    ("letter.txt", "letter.txt is not a capture"),
])
def test_what_is_no_capture_is_named_in_one_line(program: Program, folder: Path, command: list[str], name: str,
                                                 reason: str) -> None:
    answer = program(command[0], folder / name, *command[1:])
    assert (answer.status, answer.output) == (1, "")
    assert answer.complaint.startswith("tcpladder: ")
    assert reason in answer.complaint
    assert answer.complaint.count("\n") == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="everything may be read by root")
def test_a_file_that_may_not_be_read(program: Program, tmp_path: Path) -> None:
    (tmp_path / "secret.pcap").write_bytes(WHOLE)
    (tmp_path / "secret.pcap").chmod(0)
    answer = program("dump", tmp_path / "secret.pcap")
    assert answer.status == 1
    assert "permission denied" in answer.complaint


def test_an_empty_file_is_a_capture_without_packets(program: Program, folder: Path) -> None:
    answer = program("dump", folder / "empty.pcap")
    assert answer == (0, "", "tcpladder: empty.pcap holds no packets.\n")


@pytest.mark.parametrize(("words", "count"), [
    (["dump", "-T", "fields", "-e", "frame.number"], 10),
    (["dump"], 10),
    (["connections", "-T", "csv"], 2),
])
def test_what_could_be_read_of_a_cut_file_is_printed(program: Program, folder: Path, words: list[str],
                                                     count: int) -> None:
    answer = program(words[0], folder / "cut.pcapng", *words[1:])
    assert answer.status == 1
    assert len(answer.lines) == count
    assert answer.complaint.count("\n") == 1
    assert "10 frames were read" in answer.complaint


@pytest.mark.parametrize(("words", "reason"), [
    (["dump"], "CAPTURE"),
    (["dump", FOUR_WAY, "-Y", "tcp.port = 80"], "(column 10)"),
    (["dump", FOUR_WAY, "-Y", "ip.src == 1.2.3"], "(columns 11"),
    (["connections", FOUR_WAY, "-Y", "tcp.prt == 80"], "tcp.prt"),
    (["dump", FOUR_WAY, "-T", "fields", "-e", "tcp.seq", "-e", "tcp.prt", "-e", "no.such"], "tcp.prt, no.such"),
    (["dump", FOUR_WAY, "-T", "fields", "-e", "_ws.col.Nonsense"], "_ws.col.Nonsense"),
    (["dump", FOUR_WAY, "-T", "fields"], "-e"),
    (["dump", FOUR_WAY, "-T", "pdfml"], "pdfml"),
    (["dump", FOUR_WAY, "-e", "tcp.seq"], "-T text"),
    (["dump", FOUR_WAY, "-T", "pdml", "-e", "tcp.seq"], "-T pdml"),
    (["dump", FOUR_WAY, "-T", "json", "-V"], "-T json"),
    (["dump", FOUR_WAY, "-T", "fields", "-e", "tcp.seq", "-E", "colour=red"], "colour=red"),
    (["dump", FOUR_WAY, "-T", "fields", "-e", "tcp.seq", "-E", "header=maybe"], "'maybe'"),
    (["dump", FOUR_WAY, "-T", "fields", "-e", "tcp.seq", "-E", "separator=ab"], "'ab'"),
    (["dump", FOUR_WAY, "--colour"], "--colour"),
    (["connections", FOUR_WAY, "-T", "pdml"], "pdml"),
    (["diagram", FOUR_WAY, "-o", "out.svg"], "--stream"),
    (["diagram", FOUR_WAY, "--stream", "-1", "-o", "out.svg"], "--stream"),
    (["diagram", FOUR_WAY, "--stream", "0", "-o", "out.gif"], "out.gif"),
    ([FOUR_WAY, "--frame", "0"], "'0'"),
    ([FOUR_WAY, "--stream", "first"], "'first'"),
    ([FOUR_WAY, "--size", "1400"], "'1400'"),
    (["dmup", FOUR_WAY], "dmup: no such file"),
], ids=lambda value: " ".join(map(str, value)).replace(str(FOUR_WAY), "CAPTURE") if isinstance(value, list) else "")
def test_wrong_usage_is_refused_in_one_line(program: Program, words: list[str | Path], reason: str) -> None:
    answer = program(*words)
    assert (answer.status, answer.output) == (2, "")
    assert answer.complaint.startswith("tcpladder: ")
    assert answer.complaint.count("\n") == 1
    assert reason in answer.complaint


def test_a_stream_that_the_capture_lacks_is_no_wrong_usage(program: Program, tmp_path: Path) -> None:
    answer = program("diagram", FOUR_WAY, "--stream", "1", "-o", tmp_path / "out.svg")
    assert answer.status == 1
    assert "no stream 1" in answer.complaint
    assert not (tmp_path / "out.svg").exists()


def test_a_picture_that_cannot_be_written_leaves_nothing_behind(program: Program, tmp_path: Path) -> None:
    (tmp_path / "out.svg").mkdir()
    answer = program("diagram", FOUR_WAY, "--stream", "0", "-o", tmp_path / "out.svg")
    assert answer.status == 1
    assert "out.svg is a folder" in answer.complaint
    assert [path.name for path in tmp_path.iterdir()] == ["out.svg"]


def test_a_capture_is_never_overwritten(program: Program, tmp_path: Path) -> None:
    (tmp_path / "odd.txt").write_bytes(WHOLE)
    answer = program("diagram", tmp_path / "odd.txt", "--stream", "0", "-o", tmp_path / "odd.txt")
    assert answer.status == 2
    assert (tmp_path / "odd.txt").read_bytes() == WHOLE


def test_ctrl_c_ends_quietly(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_words: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setitem(cli.COMMANDS, "dump", interrupted)
    monkeypatch.setattr(cli, "_let_go_of_output", lambda: None)     # it would take pytest's own output
    assert program("dump", FOUR_WAY) == (128 + signal.SIGINT, "", "")


def test_a_closed_pipe_ends_quietly() -> None:
    with in_a_process("dump", FOUR_WAY, "-T", "pdml") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"<?xml")
        process.stdout.close()      # 200 kB are still to come, more than a pipe holds
        assert process.stderr.read() == b""
        assert process.wait(timeout=30) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_reported() -> None:
    with open("/dev/full", "wb") as full, in_a_process("dump", FOUR_WAY, output=full.fileno()) as process:
        assert process.stderr is not None
        complaint = process.stderr.read().decode()
        assert process.wait(timeout=30) == 1
    assert complaint.startswith("tcpladder: The output could not be written: ")
    assert complaint.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="shells differ")
def test_an_output_that_knows_ascii_only_gets_escapes() -> None:
    with in_a_process("dump", FOUR_WAY, environment={"PYTHONIOENCODING": "ascii"}) as process:
        output, complaint = process.communicate(timeout=30)
    assert (process.returncode, complaint) == (0, b"")
    assert rb"127.0.0.1 \u2192 127.0.0.1" in output


def test_pdml_is_utf_8_whatever_the_terminal_speaks() -> None:
    with in_a_process("dump", FOUR_WAY, "-T", "pdml", environment={"PYTHONIOENCODING": "ascii"}) as process:
        output, _complaint = process.communicate(timeout=30)
    assert 'show="··········S·"'.encode() in output
