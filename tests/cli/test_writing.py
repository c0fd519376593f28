"""Packets written to files: dump -w and import."""

import io
import sys

import numpy as np

from tests.cli.program import FOUR_WAY
from tests.packets.files import frames_of, read

DUMP = "# said before\n0000  45 00 00 1c 00 01 00 00 40 11\n000a  66 ce\n"


def test_the_packets_of_a_filter_are_written(program, tmp_path):
    answer = program("dump", FOUR_WAY, "-Y", "tcp.len > 0", "-w", tmp_path / "data.pcapng")
    assert (answer.status, answer.output, answer.complaint) == (0, "", "")
    original = read(FOUR_WAY)
    with_data = np.flatnonzero(original.captured_len > 100)
    assert frames_of(read(tmp_path / "data.pcapng")) == [bytes(original.frame(row)) for row in with_data.tolist()]


def test_the_name_or_an_option_chooses_the_format(program, tmp_path):
    program("dump", FOUR_WAY, "-w", tmp_path / "a.pcap")
    assert read(tmp_path / "a.pcap").format == "pcap"
    program("dump", FOUR_WAY, "-F", "pcap", "-w", tmp_path / "a.other")
    assert read(tmp_path / "a.other").format == "pcap"


def test_a_capture_is_not_written_on_to_itself(program, tmp_path):
    copy = tmp_path / "copy.pcapng"
    copy.write_bytes(FOUR_WAY.read_bytes())
    answer = program("dump", copy, "-Y", "tcp", "-w", copy)
    assert (answer.status, answer.complaint) == (
        1, "tcpladder: copy.pcapng is the open capture; choose another name.\n")
    assert copy.read_bytes() == FOUR_WAY.read_bytes()


def test_a_dump_is_imported_from_a_file_and_from_standard_input(program, tmp_path, monkeypatch):
    (tmp_path / "dump.txt").write_text(DUMP, encoding="utf-8")
    answer = program("import", tmp_path / "dump.txt", "-w", tmp_path / "a.pcapng", "--link-type", "101")
    assert (answer.status, answer.complaint) == (0, "")
    capture = read(tmp_path / "a.pcapng")
    assert frames_of(capture) == [bytes.fromhex("4500001c00010000401166ce")]
    assert capture.packet_comments(0) == ("said before",)
    assert capture.interfaces[0].linktype == 101
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(DUMP.encode())))
    assert program("import", "-", "-w", tmp_path / "b.pcapng").status == 0
    assert frames_of(read(tmp_path / "b.pcapng")) == frames_of(capture)


def test_payloads_get_headers(program, tmp_path):
    (tmp_path / "dump.txt").write_text("68 65 6c 6c 6f\n", encoding="utf-8")
    program("import", tmp_path / "dump.txt", "-w", tmp_path / "a.pcapng", "--headers", "udp",
            "--from", "192.0.2.1:4000", "--to", "192.0.2.2:53")
    answer = program("dump", tmp_path / "a.pcapng", "-T", "fields", "-e", "ip.src", "-e", "udp.srcport",
                     "-e", "ip.dst", "-e", "udp.dstport")
    assert answer.lines == ["192.0.2.1\t4000\t192.0.2.2\t53"]


def test_lines_that_do_not_fit_are_named_on_stderr(program, tmp_path):
    (tmp_path / "dump.txt").write_text("0000 01 02\n0002 03\n0009 04\n0000 05 06\n", encoding="utf-8")
    answer = program("import", tmp_path / "dump.txt", "-w", tmp_path / "a.pcapng")
    assert answer.status == 1
    assert answer.complaint == "tcpladder: line 3: Offset 0x9 does not follow: 0x3 was expected after 3 bytes.\n"
    assert frames_of(read(tmp_path / "a.pcapng")) == [b"\x05\x06"]


def test_what_cannot_be_imported_leaves_no_file(program, tmp_path):
    (tmp_path / "text").write_text("hello\n", encoding="utf-8")
    target = tmp_path / "a.pcapng"
    for words, status, sentence in (
            ((tmp_path / "text",), 1, f"{tmp_path}/text holds no packets that can be read as a hex dump."),
            ((tmp_path / "none",), 1, f"{tmp_path}/none cannot be read: No such file or directory."),
            ((tmp_path / "text", "--to", "10.1.1.1:99999"), 2, "'10.1.1.1:99999' is not an address and port")):
        answer = program("import", *words, "-w", target)
        assert answer.status == status
        assert sentence in answer.complaint
    assert not target.exists()
