"""Followed streams: order, repeats and gaps; the bytes are those of tshark -z follow where it is installed."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import dpkt
import pytest

from tcpladder.resource_files import captures_path
from tcpladder.tcp.follow import Piece, PieceKind, follow_tcp, follow_udp
from tcpladder.tcp.follow_text import Form, piece_texts
from tests.tcp.scripts import Told, read, script

CAPTURES = sorted(path for path in captures_path().iterdir() if ".pcap" in path.name)
DATA, REPEATED, MISSING = PieceKind.DATA, PieceKind.REPEATED, PieceKind.MISSING

OPENING = """
    +0   > S 0:0(0) win 1000
    +.01 < S. 0:0(0) ack 1 win 1000
    +.01 > . 1:1(0) ack 1 win 1000
"""


@pytest.fixture
def told(tmp_path: Path) -> Callable[[str], Told]:
    return lambda text: script(OPENING + text, tmp_path / "told.pcap")


def pieces_of(told: Told, stream: int = 0) -> list[Piece]:
    return list(follow_tcp(told.table.connection(stream), told.columns))


def outline(pieces: list[Piece]) -> list[tuple[PieceKind, bool, int, int]]:
    return [(piece.kind, piece.from_client, piece.offset, piece.length) for piece in pieces]


def test_both_directions_in_the_order_of_the_capture(told: Callable[[str], Told]) -> None:
    pieces = pieces_of(told("""
        +.01 > P. 1:11(10) ack 1 win 1000
        +.01 < P. 1:6(5) ack 11 win 1000
        +.01 > P. 11:13(2) ack 6 win 1000
    """))
    assert outline(pieces) == [(DATA, True, 0, 10), (DATA, False, 0, 5), (DATA, True, 10, 2)]
    assert [piece.row for piece in pieces] == [3, 4, 5]


def test_what_came_too_early_waits(told: Callable[[str], Told]) -> None:
    pieces = pieces_of(told("""
        +.01 > P. 11:21(10) ack 1 win 1000
        +.01 > P. 1:11(10) ack 1 win 1000
    """))
    assert outline(pieces) == [(DATA, True, 0, 10), (DATA, True, 10, 10)]
    assert [piece.row for piece in pieces] == [4, 3]


def test_a_repeat_adds_only_what_is_new(told: Callable[[str], Told]) -> None:
    assert outline(pieces_of(told("""
        +.01 > P. 1:11(10) ack 1 win 1000
        +.2  > P. 1:11(10) ack 1 win 1000
        +.2  > P. 6:16(10) ack 1 win 1000
    """))) == [(DATA, True, 0, 10), (REPEATED, True, 0, 10), (REPEATED, True, 5, 5), (DATA, True, 10, 5)]


def test_acknowledged_bytes_that_nobody_saw_are_missing(told: Callable[[str], Told]) -> None:
    assert outline(pieces_of(told("""
        +.01 > P. 1:11(10) ack 1 win 1000
        +.01 > P. 21:31(10) ack 1 win 1000
        +.01 < . 1:1(0) ack 31 win 1000
        +.01 > P. 31:36(5) ack 1 win 1000
    """))) == [(DATA, True, 0, 10), (MISSING, True, 10, 10), (DATA, True, 20, 10), (DATA, True, 30, 5)]


def test_a_gap_at_the_end_is_told(told: Callable[[str], Told]) -> None:
    assert outline(pieces_of(told("+.01 < P. 101:111(10) ack 1 win 1000"))) == [
        (MISSING, False, 0, 100), (DATA, False, 100, 10)]


def test_the_number_of_a_fin_is_no_byte(told: Callable[[str], Told]) -> None:
    assert outline(pieces_of(told("""
        +.01 > FP. 1:11(10) ack 1 win 1000
        +.01 < F. 1:1(0) ack 12 win 1000
        +.01 > . 12:12(0) ack 2 win 1000
    """))) == [(DATA, True, 0, 10)]


def test_data_on_a_syn_counts_from_its_first_byte(tmp_path: Path) -> None:
    told = script("""
        +0   > S 0:5(5) win 1000
        +.01 < S. 0:0(0) ack 6 win 1000
    """, tmp_path / "fast-open.pcap")
    assert outline(pieces_of(told)) == [(DATA, True, 0, 5)]


def test_no_data_nothing_said(told: Callable[[str], Told]) -> None:
    assert pieces_of(told("")) == []


def test_forms() -> None:
    client = Piece(DATA, True, 0, 0, 21, b"GET / \xe4\xbd\xa0\r\n\0\x01 and more")
    server = Piece(DATA, False, 1, 16, 6, b"\xe5\xa5")       # the first two bytes of a character; the rest was cut off
    texts = {form: [text for _piece, text in piece_texts([client, server], form)] for form in Form}
    assert texts[Form.ASCII] == ["GET / ...\n.. and more", "..\n[4 bytes are missing in the capture]\n"]
    assert texts[Form.UTF8][0] == "GET / 你\n\0\x01 and more"
    assert texts[Form.HEX][0].splitlines() == [
        "00000000  47 45 54 20 2f 20 e4 bd  a0 0d 0a 00 01 20 61 6e   GET / ....... an",
        "00000010  64 20 6d 6f 72 65                                  d more"]
    assert texts[Form.HEX][1].startswith("    00000010  e5 a5  ")
    assert texts[Form.RAW] == [f"{client.data.hex()}\n", "e5a5\n\n[4 bytes are missing in the capture]\n"]


def test_a_character_in_two_segments_is_one() -> None:
    halves = [Piece(DATA, True, row, row, 1, octet) for row, octet in enumerate((b"\xc3", b"\xa4"))]
    assert "".join(text for _piece, text in piece_texts(halves, Form.UTF8)) == "ä"


def test_datagrams(tmp_path: Path) -> None:
    path = tmp_path / "udp.pcap"
    ends = bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2))
    with path.open("wb") as file:
        writer = dpkt.pcap.Writer(file)
        for is_answer, port, data in ((0, 5000, b"one"), (1, 5000, b"three"), (0, 6000, b"other"), (0, 5000, b"two")):
            sport, dport = (53, port) if is_answer else (port, 53)
            datagram = dpkt.udp.UDP(sport=sport, dport=dport, ulen=8 + len(data), data=data)
            packet = dpkt.ip.IP(p=17, src=ends[is_answer], dst=ends[not is_answer], data=datagram)
            packet.len = len(packet)
            writer.writepkt(dpkt.ethernet.Ethernet(data=packet), ts=1.0)
    pieces = follow_udp(read(path).columns, 0)
    assert [(piece.from_client, piece.row, piece.offset, piece.data) for piece in pieces] == [
        (True, 0, 0, b"one"), (False, 1, 0, b"three"), (True, 3, 3, b"two")]


@pytest.mark.tshark
@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_the_bytes_are_those_of_tshark(path: Path) -> None:
    told = read(path)
    for stream in range(told.table.count):
        printed = subprocess.run(["tshark", "-r", path, "-qz", f"follow,tcp,raw,{stream}"], capture_output=True,
                                 text=True, check=True).stdout
        lines = printed.split("\n")[6:]
        theirs = [b"".join(bytes.fromhex(line) for line in lines if line.startswith("\t") is is_second
                           and not line.startswith("=")) for is_second in (False, True)]
        ours = [b"".join(piece.data for piece in pieces_of(told, stream)
                         if piece.kind is DATA and piece.from_client is from_client) for from_client in (True, False)]
        assert sorted(ours) == sorted(theirs)
