"""Headers that are not on their way as a whole: quoted by ICMP errors, in IP fragments; expected as tshark shows."""

from __future__ import annotations

import struct
from pathlib import Path

import dpkt
import pytest

from tests.tcp.scripts import Told, read

REDIRECT, TIME_EXCEEDED = 5, 11
SEGMENT = struct.pack(">HHIIBBHHH", 40000, 80, 7000, 900, 5 << 4, 0x18, 64240, 0, 0)
CLIENT, SERVER = bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2))


def datagram(protocol: int, payload: bytes, flags_and_offset: int = 0) -> bytes:
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, flags_and_offset, 64, protocol, 0, CLIENT,
                       SERVER) + payload


def quoting(icmp_type: int, length: int = 20) -> bytes:
    return datagram(1, struct.pack(">BBHI", icmp_type, 0, 0, 0) + datagram(6, SEGMENT)[:20 + length])


def captured(path: Path, *packets: bytes) -> Told:
    with path.open("wb") as file:
        writer = dpkt.pcap.Writer(file, linktype=dpkt.pcap.DLT_RAW)
        for number, packet in enumerate(packets):
            writer.writepkt(packet, 1_700_000_000 + number)
    return read(path)


@pytest.mark.parametrize(("packet", "stream", "seq"), [
    (quoting(REDIRECT), None, 7000),
    (quoting(TIME_EXCEEDED), 0, 7000),
    (quoting(TIME_EXCEEDED, 8), None, 7000),
])
def test_a_quoted_header_is_not_judged(tmp_path: Path, packet: bytes, stream: int | None, seq: int) -> None:
    told = captured(tmp_path / "quoted.pcap", packet, packet)
    assert told.values("tcp.stream") == [stream] * 2
    assert told.values("tcp.seq") == [seq] * 2
    assert told.named("tcp.analysis.flags") == []
    assert told.named("tcp.nxtseq") == []


def test_a_fragment_shows_what_is_on_the_wire(tmp_path: Path) -> None:
    syn = struct.pack(">HHIIBBHHH", 40000, 80, 6999, 0, 6 << 4, 0x02, 64240, 0, 0) + b"\x03\x03\x07\x00"
    answer = struct.pack(">HHIIBBHHH", 80, 40000, 899, 7000, 6 << 4, 0x12, 64240, 0, 0) + b"\x03\x03\x07\x00"
    back = datagram(6, answer)
    back = back[:12] + SERVER + CLIENT + back[20:]
    told = captured(tmp_path / "fragment.pcap", datagram(6, syn), back, datagram(6, SEGMENT + bytes(8), 0x2000))
    assert told.values("tcp.seq") == [0, 0, 7000]
    assert told.values("tcp.ack") == [0, 1, 900]
    assert told.values("tcp.window_size") == [64240, 64240, 64240]
    assert told.values("tcp.window_size_scalefactor")[2] == 128
    assert told.named("tcp.nxtseq") == [1, 2]
