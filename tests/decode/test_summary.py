"""Rows of the packet list. Every expected text is what tshark 4.0.17 prints for the same bytes."""

from __future__ import annotations

import csv
import os
import subprocess
from pathlib import Path

import pytest

from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.one_packet import decode_packet, decode_row
from tcpladder.decode.summary import Summary, summarise
from tcpladder.packets.reading import CaptureReader
from tcpladder.resource_files import captures_path
from tcpladder.tcp.fields import register_tcp_fields

HERE = Path(__file__).parent
ETHERNET = 1
ETH = "020000000080 020000000010 "
IPV4 = ETH + "0800 4500 {length:04x} 0001 {fragment:04x} 40 {protocol:02x} 0000 c000020a c0000250 "
IPV6 = ETH + f"86dd 60000000 {{length:04x}} {{following:02x}} 40 20010db8{16:024x} 20010db8{128:024x} "
ARP = ETH + "0806 0001 0800 06 04 {operation:04x} 020000000010 {sender} {target_hardware} {target} "
TCP_SYN = "d686 1f90 00000064 00000000 5002 faf0 0000 0000 "
FRAMES = (
    (ARP.format(operation=1, sender="c000020a", target_hardware="0" * 12, target="c0000250"),
     "ARP", "Who has 192.0.2.80? Tell 192.0.2.10"),
    (ARP.format(operation=2, sender="c000020a", target_hardware="020000000080", target="c0000250"),
     "ARP", "192.0.2.10 is at 02:00:00:00:00:10"),
    (ARP.format(operation=1, sender="00000000", target_hardware="0" * 12, target="c0000250"),
     "ARP", "Who has 192.0.2.80? (ARP Probe)"),
    (ARP.format(operation=1, sender="c000020a", target_hardware="0" * 12, target="c000020a"),
     "ARP", "ARP Announcement for 192.0.2.10"),
    (ARP.format(operation=2, sender="c000020a", target_hardware="f" * 12, target="c000020a"),
     "ARP", "Gratuitous ARP for 192.0.2.10 (Reply)"),
    (IPV4.format(length=33, fragment=0x4000, protocol=17) + "9c40 9c41 000d 0000 68656c6c6f",
     "UDP", "40000 → 40001 Len=5"),
    (IPV6.format(length=13, following=17) + "d686 1f90 000d 0000 68656c6c6f",
     "UDP", "54918 → 8080 Len=5 [ILLEGAL CHECKSUM (0)]"),
    (IPV4.format(length=28, fragment=0x00b9, protocol=17) + "0000000000000000",
     "IPv4", "Fragmented IP protocol (proto=UDP 17, off=1480, ID=0001)"),
    (IPV4.format(length=24, fragment=0, protocol=240) + "00000000", "IPv4", "Unknown (240)"),
    (IPV6.format(length=4, following=59) + "00000000", "IPv6", "IPv6 no next header"),
    (IPV4.format(length=40, fragment=0, protocol=6) + TCP_SYN, "TCP", "54918 → 8080 [SYN] Seq=100 Win=64240 Len=0"),
    (IPV4.format(length=40, fragment=0, protocol=6) + TCP_SYN[:-11],
     "TCP", "54918 → 8080 [SYN] Seq=100 Win=64240[Packet size limited during capture]"),
    (IPV4.format(length=40, fragment=0, protocol=6) + TCP_SYN[:12],
     "TCP", "54918 → 8080[Packet size limited during capture]"),
    (IPV4.format(length=28, fragment=0, protocol=6) + TCP_SYN[:19], "TCP", "54918 → 8080[Malformed Packet]"),
    (ETH + "9999 0000", "0x9999", "Ethernet II"),
)


def lessons() -> list[list[str]]:
    """Capture, frame number, source, destination, protocol, information."""
    with (HERE / "lesson_summaries.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def summaries_of(path: Path) -> list[Summary]:
    reader = CaptureReader(path)
    columns = ColumnTable(reader.capture)
    for progress in reader:
        columns.extend(progress.frames)
    register_tcp_fields(columns)
    summaries = [summarise(decode_row(columns, row)) for row in range(columns.frame_count)]
    reader.close()
    return summaries


@pytest.mark.parametrize("name", sorted({row[0] for row in lessons()}))
def test_lessons_read_as_in_tshark(name: str) -> None:
    expected = [Summary(*row[2:]) for row in lessons() if row[0] == name]
    assert summaries_of(captures_path() / name) == expected


@pytest.mark.parametrize(("frame", "protocol", "info"), FRAMES, ids=[info for _, _, info in FRAMES])
def test_a_packet_by_itself(frame: str, protocol: str, info: str) -> None:
    data = bytes.fromhex(frame)
    wire_length = max(len(data), 54) if "limited" in info else len(data)
    summary = summarise(decode_packet(data, ETHERNET, facts={"@wire_length": wire_length}))
    assert (summary.protocol, summary.info) == (protocol, info)


def test_the_last_address_of_a_source_route_is_the_destination() -> None:
    # Routing header of type 0 with one segment left; where none is left, the IPv6 header has the destination.
    route = f"3b02 00{{segments_left:02x}} 00000000 20010db8{0x99:024x}"
    arriving, arrived = (summarise(decode_packet(bytes.fromhex(
        IPV6.format(length=24, following=43) + route.format(segments_left=left)), ETHERNET)) for left in (1, 0))
    assert (arriving.source, arriving.destination) == ("2001:db8::10", "2001:db8::99")
    assert (arrived.source, arrived.destination) == ("2001:db8::10", "2001:db8::80")


@pytest.mark.tshark
@pytest.mark.parametrize("name", [
    "data-lost-twice", "ecn", "fast-open-with-cookie", "ipv6", "keep-alive-answered", "out-of-order",
    "port-reused-in-time-wait", "simultaneous-open", "urgent-data", "zero-window",
])
def test_stories_read_as_in_tshark(name: str, tmp_path: Path) -> None:
    capture = HERE.parent / "data" / "lab" / f"{name}.pcap"
    options = [word for preference in ("tcp.desegment_tcp_streams:FALSE", "nameres.dns_pkt_addr_resolution:FALSE")
               for word in ("-o", preference)]
    columns = [word for title in ("Source", "Destination", "Protocol", "Info") for word in ("-e", f"_ws.col.{title}")]
    done = subprocess.run(["tshark", "-n", "-2", *options, "-r", capture, "-T", "fields", *columns],
                          capture_output=True, text=True, check=True, timeout=60,
                          env={**os.environ, "WIRESHARK_CONFIG_DIR": str(tmp_path)})
    expected = [Summary(*line.split("\t")) for line in done.stdout.splitlines()]
    assert summaries_of(capture) == expected
