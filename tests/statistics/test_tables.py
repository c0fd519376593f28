"""The numbers of the tables are those of tshark 4.0.17: -z io,phs, plen,tree, conv,tcp and endpoints."""

import re
import subprocess
from collections import Counter
from contextlib import closing
from pathlib import Path

import dpkt
import numpy as np
import pytest

from tcpladder.decode.columns import ColumnTable
from tcpladder.filters import compile_filter
from tcpladder.packets.reading import CaptureReader
from tcpladder.protocols import PROTOCOLS
from tcpladder.resource_files import captures_path
from tcpladder.statistics.conversations import conversations, endpoints
from tcpladder.statistics.expert import expert_findings
from tcpladder.statistics.hierarchy import hierarchy
from tcpladder.statistics.lengths import packet_lengths
from tcpladder.statistics.pairs import KINDS
from tcpladder.statistics.table import Table
from tcpladder.tcp.fields import register_tcp_fields
from tests.lab.pcap_file import write_pcap
from tests.tcp.test_quoted import REDIRECT, TIME_EXCEEDED, datagram, quoting

CAPTURES = sorted(path for path in captures_path().iterdir() if ".pcap" in path.name)


def columns_of(path: Path) -> ColumnTable:
    with closing(CaptureReader(path)) as reader:
        columns = ColumnTable(reader.capture)
        register_tcp_fields(columns)
        for progress in reader:
            columns.extend(progress.frames)
    return columns


def lesson(name: str) -> ColumnTable:
    return columns_of(captures_path() / name)


def rows_of(table: Table, *titles: str) -> list[tuple[str, ...]]:
    heads, *rows = table.texts()
    places = [heads.index(title) for title in titles]
    return [tuple(row[place] for place in places) for row in rows]


def test_tcp_endpoints() -> None:
    table = endpoints(lesson("any-interface.pcap"), "tcp")
    assert rows_of(table, "Address", "Port", "Packets", "Bytes", "Packets sent", "Bytes sent", "Packets received",
                   "Bytes received") == [
        ("192.0.2.10", "54918", "11", "7,464", "6", "696", "5", "6,768"),
        ("192.0.2.80", "8080", "11", "7,464", "5", "6,768", "6", "696"),
    ]


def test_an_address_that_speaks_with_itself_counts_twice() -> None:
    table = endpoints(lesson("port-9502.pcap"), "ip")
    assert rows_of(table, "Address", "Packets", "Bytes", "Packets sent", "Bytes received") == [
        ("127.0.0.1", "14", "1,006", "7", "503")]


def test_conversations_over_ipv6() -> None:
    table = conversations(lesson("ipv6-connection.pcap"), "tcp")
    assert rows_of(table, "Address A", "Port A", "Address B", "Port B", "Packets B → A", "Bytes B → A", "Packets A → B",
                   "Bytes A → B", "Packets", "Bytes", "Start (s)") == [
        ("2001:db8::10", "54918", "2001:db8::80", "8080", "5", "566", "6", "780", "11", "1,346", "0.000023")]
    assert table.columns[-3].values == pytest.approx([0.1004], abs=1e-4)     # Duration


def test_hierarchy() -> None:
    table = hierarchy(lesson("port-9502.pcap"))
    assert rows_of(table, "Protocol", "Packets", "Bytes", "End packets") == [
        ("Ethernet", "7", "503", "0"), ("Internet Protocol Version 4", "7", "503", "0"),
        ("Transmission Control Protocol", "7", "503", "5"), ("Data", "2", "157", "2")]
    assert table.depth is not None
    assert table.depth.tolist() == [0, 1, 2, 3]


def test_lengths() -> None:
    found = rows_of(packet_lengths(lesson("any-interface.pcap")), "Length (bytes)", "Packets", "Average", "Shortest",
                    "Longest")
    assert [row for row in found if row[1] != "0"] == [
        ("All packets", "13", "581.54", "48", "6,472"), ("40–79", "9", "66.67", "48", "72"),
        ("80–159", "2", "80.00", "80", "80"), ("320–639", "1", "328.00", "328", "328"),
        ("5,120 and more", "1", "6,472.00", "6,472", "6,472")]


@pytest.mark.parametrize("kind", KINDS)
def test_tables_of_some_rows_are_those_of_a_capture_with_these_rows_alone(kind: str) -> None:
    columns = lesson("ipv6-connection.pcap")
    rows = np.array([2, 3, 4])
    both = [conversations(columns, kind, rows), endpoints(columns, kind, rows), hierarchy(columns, rows),
            packet_lengths(columns, rows)]
    for table in both:
        heads, *found = table.texts()
        place = heads.index("Packets")
        assert all(int(row[place]) <= 2 * len(rows) for row in found)
        assert all(first in rows for first, row in zip(table.first_row, found, strict=True) if row[place] != "0")


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_the_filter_of_a_row_shows_as_many_packets_as_the_row_counts(path: Path) -> None:
    columns = columns_of(path)
    tables = [hierarchy(columns), packet_lengths(columns), expert_findings(columns),
              *(conversations(columns, kind) for kind in KINDS)]
    for table in tables:
        heads, *found = table.texts()
        for place, row in enumerate(found):
            shown = compile_filter(table.filter_of(place), columns).select(columns)
            assert shown.sum() == int(row[heads.index("Packets")].replace(",", "")), table.filter_of(place)


@pytest.mark.parametrize("kind", KINDS)
def test_no_packets(kind: str) -> None:
    columns, none = lesson("port-9502.pcap"), np.zeros(0, np.int64)
    assert len(conversations(columns, kind, none)) == len(endpoints(columns, kind, none)) == 0
    assert len(hierarchy(columns, none)) == 0
    assert rows_of(packet_lengths(columns, none), "Packets", "Average")[0] == ("0", "")


@pytest.mark.tshark
@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_every_lesson_against_tshark(path: Path) -> None:
    columns = columns_of(path)
    # The upper layers are left out: tshark reassembles what it gives to them.
    printed = subprocess.run(
        ["tshark", "-n", "-r", path, "-qz", "io,phs", "-z", "endpoints,tcp", "-z", "endpoints,ip"],
        capture_output=True, text=True, check=True).stdout
    known = {PROTOCOLS[name].label: name
             for name in ("eth", "ip", "ipv6", "tcp", "icmp", "icmpv6", "arp", "sll", "null", "udp")}
    known[PROTOCOLS["sll2"].label] = "sll"
    # tshark begins a second tree for packets with a comment.
    expected: Counter[str] = Counter()
    for match in re.finditer(r"^ *(\w+) +frames:(\d+) bytes:(\d+)", printed, re.MULTILINE):
        if match[1] in known.values():
            expected.update({match[1]: int(match[2]), f"{match[1]}, bytes": int(match[3])})
    found: Counter[str] = Counter()
    for label, packets, octets in rows_of(hierarchy(columns), "Protocol", "Packets", "Bytes"):
        if label in known:
            found.update({known[label]: int(packets), f"{known[label]}, bytes": int(octets.replace(",", ""))})
    assert found == expected
    lines = {tuple(line.split()) for line in printed.splitlines() if re.match(r"[0-9a-f.:]+ +\d", line)}
    ours = {row for kind in ("tcp", "ip") for row in (
        tuple(text.replace(",", "") for text in row) for row in list(endpoints(columns, kind).texts())[1:])}
    assert ours == lines


def test_expert_findings() -> None:
    """As tshark -z expert counts them."""
    table = expert_findings(lesson("syn-lost-then-answered.pcap"))
    assert rows_of(table, "Severity", "Group", "Summary", "Packets") == [
        ("Note", "Sequence", "This frame is a (suspected) retransmission", "1"),
        ("Note", "Sequence", "This frame initiates the connection closing", "1"),
        ("Note", "Sequence", "This frame undergoes the connection closing", "1"),
        ("Chat", "Sequence", "Connection finish (FIN)", "2"),
        ("Chat", "Sequence", "Connection establish request (SYN): server port …", "2"),
        ("Chat", "Sequence", "Connection establish acknowledge (SYN+ACK): server port …", "1")]


def test_comments_are_findings() -> None:
    table = expert_findings(lesson("loopback-four-way-close.pcapng"))
    assert ("Comment", "Comment", "2") in rows_of(table, "Severity", "Group", "Packets")


def test_what_an_error_quotes_is_not_counted(tmp_path: Path) -> None:
    """As tshark -z endpoints,tcp, conv,ip and io,phs count it: two messages of ICMP between two hosts."""
    quoted = captured_packets(tmp_path / "quoted.pcap", quoting(TIME_EXCEEDED), quoting(REDIRECT))
    assert len(endpoints(quoted, "tcp")) == len(conversations(quoted, "tcp")) == 0
    assert rows_of(conversations(quoted, "ip"), "Address A", "Address B", "Packets") == [("10.0.0.1", "10.0.0.2", "2")]
    assert rows_of(hierarchy(quoted), "Protocol", "Packets", "End packets") == [
        ("Raw packet data", "2", "0"), ("Internet Protocol Version 4", "2", "0"),
        ("Internet Control Message Protocol", "2", "2")]


def test_extension_headers_are_a_part_of_ipv6(tmp_path: Path) -> None:
    """A report of listeners (RFC 3810) stands behind a hop-by-hop option; tshark -z io,phs shows ipv6 and icmpv6."""
    packet = bytes.fromhex("60000000 0024 00 01" "fe80" + 13 * "00" + "01" "ff02" + 13 * "00" + "16"
                           "3a00050200000100" "8f000000 00000001 04000000 ff02" + 13 * "00" + "fb")
    assert rows_of(hierarchy(captured_packets(tmp_path / "report.pcap", packet)), "Protocol", "Packets") == [
        ("Raw packet data", "1"), ("Internet Protocol Version 6", "1"), ("Internet Control Message Protocol v6", "1")]


def test_a_remark_that_many_protocols_make_has_one_row(tmp_path: Path) -> None:
    """An undecoded trailer (tshark: eth.padding_bad once) behind a short datagram."""
    frame = bytes.fromhex("020000000002 020000000001 0800") + datagram(17, bytes.fromhex("0400040000080000"))
    write_pcap(tmp_path / "trailer.pcap", [(0, frame + b"\x01" * 18)])
    found = rows_of(expert_findings(columns_of(tmp_path / "trailer.pcap")), "Field", "Packets")
    assert found.count(("eth.padding_bad", "1")) == 1


def captured_packets(path: Path, *packets: bytes) -> ColumnTable:
    with path.open("wb") as file:
        writer = dpkt.pcap.Writer(file, linktype=dpkt.pcap.DLT_RAW)
        for packet in packets:
            writer.writepkt(packet, 1_700_000_000)
    return columns_of(path)
