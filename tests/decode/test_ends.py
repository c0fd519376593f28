"""Who sent each frame to whom: against what tcpdump prints of the lesson captures, and frames made by hand."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import dpkt
import pytest

from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.ends import NO_PORT, NOBODY, Ends, read_ends
from tcpladder.packets.reading import read_capture
from tcpladder.resource_files import captures_path


def ends_of(path: Path) -> Ends:
    capture, progress = read_capture(path)
    for _ in progress:
        pass
    columns = ColumnTable(capture)
    columns.extend(capture.frame_count)
    return read_ends(columns)


def texts(ends: Ends) -> list[tuple[str, str]]:
    found = []
    for hosts in zip(ends.source_host.tolist(), ends.destination_host.tolist(), strict=True):
        source, destination = (ends.host_text(host) if host != NOBODY else "" for host in hosts)
        found.append((source, destination))
    return found


def ports(ends: Ends) -> list[tuple[int, int]]:
    return list(zip(ends.source_port.tolist(), ends.destination_port.tolist(), strict=True))


def written(path: Path, *frames: bytes, linktype: int = 1) -> Path:
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, linktype)
    path.write_bytes(head + b"".join(
        struct.pack("<IIII", 1, number, len(frame), len(frame)) + frame for number, frame in enumerate(frames)))
    return path


def ipv4(payload: bytes, protocol: int, source: str = "10.0.0.1", destination: str = "10.0.0.2") -> bytes:
    addresses = bytes(map(int, source.split("."))), bytes(map(int, destination.split(".")))
    return bytes(dpkt.ip.IP(src=addresses[0], dst=addresses[1], p=protocol, data=payload, ttl=9))


ETHERNET = bytes.fromhex("020000000002 020000000001 0800")
UDP = bytes(dpkt.udp.UDP(sport=5000, dport=53, ulen=8))


def test_the_inner_header_of_a_tunnel_counts(tmp_path: Path) -> None:
    inner = ipv4(UDP, 17, "192.168.0.1", "192.168.0.2")
    ends = ends_of(written(tmp_path / "a.pcap", ETHERNET + ipv4(inner, 4)))
    assert texts(ends) == [("192.168.0.1", "192.168.0.2")]
    assert ports(ends) == [(5000, 53)]


def test_what_an_icmp_error_quotes_does_not_count(tmp_path: Path) -> None:
    quoted = ipv4(UDP, 17, "10.0.0.2", "10.0.0.9")
    error = bytes.fromhex("0303 0000 00000000") + quoted
    ends = ends_of(written(tmp_path / "a.pcap", ETHERNET + ipv4(error, 1)))
    assert texts(ends) == [("10.0.0.1", "10.0.0.2")]
    assert ports(ends) == [(NO_PORT, NO_PORT)]


def test_frames_without_a_network_header_name_stations_or_nobody(tmp_path: Path) -> None:
    ends = ends_of(written(tmp_path / "a.pcap", ETHERNET[:12] + b"\x88\xb5" + bytes(46), b"\x02\0\0"))
    assert texts(ends) == [("02:00:00:00:00:01", "02:00:00:00:00:02"), ("", "")]


def test_nothing_in_a_capture_without_packets(tmp_path: Path) -> None:
    assert texts(ends_of(written(tmp_path / "a.pcap"))) == []


@pytest.mark.tshark
@pytest.mark.parametrize("name", ["ipv6-connection.pcap", "port-9502.pcap", "any-interface.pcap",
                                  "loopback-four-way-close.pcapng", "connection-refused.pcap"])
def test_addresses_and_ports_are_those_of_tshark(name: str) -> None:
    path = captures_path() / name
    command = [shutil.which("tshark") or "tshark", "-n", "-r", str(path), "-T", "fields", "-E", "occurrence=l"]
    for field in ("ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "tcp.srcport", "tcp.dstport"):
        command += ["-e", field]
    ends = ends_of(path)
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    compared = 0
    for line, found, numbers in zip(lines, texts(ends), ports(ends), strict=True):
        source, destination, source6, destination6, sport, dport = line.split("\t")
        if source or source6:
            assert found == (source or source6, destination or destination6)
            assert numbers == ((int(sport), int(dport)) if sport else (NO_PORT, NO_PORT))
            compared += 1
    assert compared >= 2
