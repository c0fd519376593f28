"""Dumps that become captures, with headers of their own: checked by tshark where it is installed."""

import shutil
import subprocess

import pytest

from tcpladder.packets.dummy_headers import DummyHeaders, HeaderError, Wrapping
from tcpladder.packets.hex_dump import DumpedPacket, parse_hex_dump
from tcpladder.packets.importing import save_dump
from tests.packets.files import frames_of, read

needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
NOON_NS = 1_714_996_800 * 10**9     # 2024-05-06 12:00 UTC


def tshark(path, *fields: str) -> list[list[str]]:
    command = ["tshark", "-n", "-r", path, "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE",
               "-o", "udp.check_checksum:TRUE", "-T", "fields", *(f"-e{name}" for name in fields)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    return [line.split("\t") for line in answer.stdout.splitlines()]


def test_packets_keep_bytes_link_type_times_and_comments(tmp_path):
    dump = parse_hex_dump("# one\n0000 45 00\n\n13:00:00.5 then\n0000 45 01\n\n0000 45 02\n")
    save_dump(dump.packets, tmp_path / "a.pcapng", 101, DummyHeaders(), first_time_ns=NOON_NS)
    capture = read(tmp_path / "a.pcapng")
    assert frames_of(capture) == [b"\x45\x00", b"\x45\x01", b"\x45\x02"]
    assert [interface.linktype for interface in capture.interfaces] == [101]
    assert capture.packet_comments(0) == ("one",)
    one_o_clock = NOON_NS + 3600 * 10**9 + 500_000_000
    assert capture.time_ns.tolist() == [NOON_NS, one_o_clock, one_o_clock + 1000]


@needs_tshark
@pytest.mark.tshark
@pytest.mark.parametrize(("wrapping", "fields", "expected"), [
    (Wrapping.ETHERNET, ("eth.type", "data.data"), ["0x88b5", "0102030405"]),
    (Wrapping.IPV4, ("ip.src", "ip.dst", "ip.proto", "ip.checksum.status"), ["192.0.2.1", "192.0.2.2", "253", "1"]),
    (Wrapping.UDP, ("udp.srcport", "udp.dstport", "udp.checksum.status", "ip.checksum.status", "udp.length"),
     ["4000", "5000", "1", "1", "13"]),
    (Wrapping.TCP, ("tcp.srcport", "tcp.dstport", "tcp.checksum.status", "ip.checksum.status", "tcp.len"),
     ["4000", "5000", "1", "1", "5"]),
])
def test_headers_have_right_lengths_and_checksums(tmp_path, wrapping, fields, expected):
    headers = DummyHeaders(wrapping, ethertype=0x88B5, source="192.0.2.1", destination="192.0.2.2", protocol=253,
                           source_port=4000, destination_port=5000)
    save_dump([DumpedPacket(bytes([1, 2, 3, 4, 5]), 1)], tmp_path / "a.pcapng", 147, headers)
    assert tshark(tmp_path / "a.pcapng", *fields) == [expected]


@needs_tshark
@pytest.mark.tshark
def test_tcp_segments_follow_one_another(tmp_path):
    packets = [DumpedPacket(text, 1) for text in (b"GET / HTTP/1.0\r\n", b"\r\n")]
    save_dump(packets, tmp_path / "a.pcapng", 1, DummyHeaders(Wrapping.TCP))
    assert tshark(tmp_path / "a.pcapng", "tcp.seq_raw", "tcp.analysis.flags") == [["1", ""], ["17", ""]]


@pytest.mark.parametrize(("headers", "data", "sentence"), [
    (DummyHeaders(Wrapping.UDP, source="10.1.1"), b"x", "'10.1.1' is not an IPv4 address."),
    (DummyHeaders(Wrapping.UDP, destination="::1"), b"x", "'::1' is not an IPv4 address."),
    (DummyHeaders(Wrapping.TCP), bytes(65_500), "An IPv4 packet holds 65,535 bytes; these are 65,540 with its header."),
])
def test_headers_that_cannot_be_made_leave_no_file(tmp_path, headers, data, sentence):
    with pytest.raises(HeaderError) as refused:
        save_dump([DumpedPacket(data, 1)], tmp_path / "a.pcapng", 1, headers)
    assert str(refused.value) == sentence
    assert list(tmp_path.iterdir()) == []
