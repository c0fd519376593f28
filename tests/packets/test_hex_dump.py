"""Hex dumps read back; the dumps are written by the programs that people copy them from."""

import shutil
import subprocess

import pytest

from tcpladder.packets.hex_dump import OffsetBase, parse_hex_dump

# An Ethernet frame with "abcd" at its end: text that looks like bytes.
FRAME = bytes.fromhex("00005e00530100005e0053020800" "4500002c000100004011b6bfc0000201c6336402" "d4310035001886c5") + (
    b"dead beef cafe abcd")


def by_program(command: list[str], data: bytes, tmp_path) -> str:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    (tmp_path / "frame").write_bytes(data)
    return subprocess.run([*command, tmp_path / "frame"], capture_output=True, text=True, check=True).stdout


PROGRAMS = [["hexdump", "-C"], ["xxd", "-g2"], ["xxd", "-g1"], ["xxd", "-g4"], ["xxd", "-c8"], ["xxd", "-p", "-c1000"],
            ["od", "-Ax", "-tx1"], ["od", "-Ad", "-tx1"], ["od", "-Ao", "-tx1"], ["od", "-Ax", "-tx1z"]]


@pytest.mark.parametrize(("command", "length"), [
    (command, length) for command in PROGRAMS for length in (1, 2, 7, 8, 9, 15, 16, 17, 33, len(FRAME))
    if length > 1 or "-p" not in command])      # one byte without an offset could be anything
def test_dumps_of_the_usual_programs(command, length, tmp_path):
    data = FRAME[-length:]
    dump = parse_hex_dump(by_program(command, data, tmp_path))
    assert [packet.data for packet in dump.packets] == [data]
    assert dump.problems == []


@pytest.mark.parametrize(("name", "base"), [("x", OffsetBase.HEX), ("d", OffsetBase.DECIMAL), ("o", OffsetBase.OCTAL)])
def test_the_base_of_the_offsets_is_found_out(name, base, tmp_path):
    data = bytes(range(256)) * 2
    text = by_program(["od", f"-A{name}", "-tx1"], data, tmp_path)
    assert parse_hex_dump(text).base is base
    assert parse_hex_dump(text, base).packets[0].data == data
    other = OffsetBase.OCTAL if base is OffsetBase.HEX else OffsetBase.HEX
    assert parse_hex_dump(text, other).problems != []


@pytest.mark.tshark
@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_what_tshark_prints_with_x(tmp_path):
    from tcpladder.resource_files import captures_path
    from tests.packets.files import frames_of, read

    path = captures_path() / "https-handshake.pcap"
    text = subprocess.run(["tshark", "-x", "-r", path], capture_output=True, text=True, check=True).stdout
    assert [packet.data for packet in parse_hex_dump(text).packets] == frames_of(read(path))


TCPDUMP = """\
12:34:56.789012 IP 10.0.0.1.1234 > 10.0.0.2.80: Flags [S], seq 1, win 512, length 0
\t0x0000:  4500 0028 0001 0000 4006 66cd 0a00 0001  E..(....@.f.....
\t0x0010:  0a00 0002 04d2 0050 0000 0001 0000 0000  .......P........
\t0x0020:  5002 0200 95b1 0000                      P.......
2024-05-06 12:34:57.000001 IP 10.0.0.2.80 > 10.0.0.1.1234: Flags [R.], seq 0, ack 2, win 0, length 0
\t0x0000:  4500 0028 0001 0000 4006 66cd 0a00 0002  E..(....@.f.....
\t0x0010:  0a00 0001 0050 04d2 0000 0000 0000 0002  .....P..........
\t0x0020:  5014 0000 979e 00                        P......
"""


def test_what_tcpdump_prints_with_its_times():
    dump = parse_hex_dump(TCPDUMP)
    assert [len(packet.data) for packet in dump.packets] == [40, 39]
    assert [packet.line for packet in dump.packets] == [2, 6]
    assert dump.packets[0].time_ns == ((12 * 60 + 34) * 60 + 56) * 10**9 + 789_012_000
    assert dump.packets[1].time_ns == 1_714_998_897_000_001_000     # date -u -d "2024-05-06 12:34:57" +%s
    assert dump.problems == []


def test_a_comment_before_a_packet_is_kept_with_it():
    dump = parse_hex_dump("# 1 client -> server: SYN\n0000 01 02 03\n\n# 2 back\n0000 04 05\n0002 06\n")
    assert [(packet.data.hex(), packet.comment) for packet in dump.packets] == [
        ("010203", "1 client -> server: SYN"), ("040506", "2 back")]


def test_several_hex_streams_are_several_packets():
    dump = parse_hex_dump("45000028abcd\n\n4500 0028 0001\n00:11:22:33\n00 aa bb\n")
    assert [packet.data.hex() for packet in dump.packets] == ["45000028abcd", "450000280001", "00112233", "00aabb"]


@pytest.mark.parametrize(("text", "line", "message"), [
    ("0000 01 02 03 04\n0008 05 06\n", 2,
     "Offset 0x8 does not follow: 0x4 was expected after 4 bytes."),
    ("0000 01 02\n0002 03 04\n0002 05 06\n", 3, "Offset 0x2 does not follow: 0x2 was expected after 4 bytes."),
    ("0010 01 02 03 04\n", 1, "The dump begins at offset 0x10; the lines before it are missing."),
])
def test_lines_that_do_not_fit_are_named(text, line, message):
    problems = parse_hex_dump(text, OffsetBase.HEX).problems
    assert [(problem.line, problem.message) for problem in problems] == [(line, message)]


@pytest.mark.parametrize("text", ["", "\n\n", "hello world\nthis is a text\n", "a b c\n", "be add face it\n"])
def test_texts_that_are_no_dumps_hold_no_packets(text):
    dump = parse_hex_dump(text)
    assert (dump.packets, dump.problems) == ([], [])
