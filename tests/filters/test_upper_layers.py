"""Fields of upper layers: only the packets that may have them are read one by one, and that can be stopped."""

from pathlib import Path

import dpkt
import numpy as np
import pytest

from tcpladder.decode import all_packets
from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.one_packet import decode_row
from tcpladder.decode.upper_layers import Message, read_message
from tcpladder.filters import FilterCancelled, compile_filter, tree_fields
from tests.packets.files import pcap_header, pcap_record, read
from tests.protocols.frames import ethernet, ipv4, segment

QUESTIONS = 600     # to port 53; every third packet of the capture


def datagram(port: int, payload: bytes) -> bytes:
    return ethernet(ipv4(bytes(dpkt.udp.UDP(sport=40_000, dport=port, ulen=8 + len(payload), data=payload)), 17))


@pytest.fixture
def columns(tmp_path: Path) -> ColumnTable:
    frames = []
    for number in range(QUESTIONS):
        question = dpkt.dns.DNS(id=number, qd=[dpkt.dns.DNS.Q(name=f"host{number}.example", type=1)])
        frames += [datagram(53, bytes(question)), datagram(9, b"discard"), datagram(7, b"echo")]
    capture = read(tmp_path / "dns.pcap", pcap_header() + b"".join(map(pcap_record, frames)))
    table = ColumnTable(capture)
    table.extend(capture.frame_count)
    return table


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The protocols of the messages that were given to a parser."""
    seen: list[str] = []

    def noted(protocol: str, data: bytes) -> Message | None:
        seen.append(protocol)
        return read_message(protocol, data)

    monkeypatch.setattr(all_packets, "read_message", noted)
    return seen


def test_only_packets_that_may_have_the_field_are_parsed_and_only_once(columns: ColumnTable, parsed: list[str]) -> None:
    for _time in range(2):
        rows = np.flatnonzero(compile_filter('dns.qry.name == "host7.example"').select(columns))
        assert rows.tolist() == [21]
    assert parsed == ["dns"] * QUESTIONS


def test_a_filter_on_headers_parses_nothing(columns: ColumnTable, parsed: list[str]) -> None:
    assert compile_filter("udp.dstport == 53 and ip and udp.length > 8").select(columns).sum() == QUESTIONS
    assert parsed == []


def test_parsing_reports_progress_and_can_be_stopped_and_begun_again(columns: ColumnTable, parsed: list[str]) -> None:
    compiled = compile_filter("dns.id < 3")
    portions: list[float] = []
    with pytest.raises(FilterCancelled):
        compiled.select(columns, progress=portions.append, cancelled=lambda: len(portions) >= 2)
    assert portions == sorted(portions)
    assert 0 < portions[-1] < 1
    assert 0 < len(parsed) < QUESTIONS
    assert np.flatnonzero(compiled.select(columns)).tolist() == [0, 3, 6]


def test_lines_of_http_are_remarks(tmp_path: Path) -> None:
    """tshark 4.0 remarks on requests and responses, and on text that it takes for headers with impossible names."""
    frames = [segment(payload, 40_000, 80) for payload in (
        b"GET /a HTTP/1.1\r\nHost: example.org\r\n\r\n", b'  <a href="/b">Search:</a>\n', b"Host: here\r\n", b"")]
    capture = read(tmp_path / "http.pcap", pcap_header() + b"".join(map(pcap_record, frames)))
    table = ColumnTable(capture)
    table.extend(capture.frame_count)
    assert np.flatnonzero(compile_filter("http.chat").select(table)).tolist() == [0]
    assert np.flatnonzero(compile_filter("http.bad_header_name").select(table)).tolist() == [1]
    assert np.flatnonzero(compile_filter('_ws.expert.severity == "Chat"').select(table)).tolist() == [0]
    message = r'_ws.expert.message == "GET /a HTTP/1.1\\r\\n"'
    assert np.flatnonzero(compile_filter(message).select(table)).tolist() == [0]


def test_only_packets_in_trouble_are_decoded_for_the_malformed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound, broken = segment(b"", 40_000, 80), segment(b"", 40_000, 80, bytes.fromhex("05020101"))
    remarked = segment(b"", 40_000, 80, bytes.fromhex("050b0101010101010101010101"))
    frames = [sound] * 20 + [broken] + [remarked] + [sound] * 20
    capture = read(tmp_path / "tcp.pcap", pcap_header() + b"".join(map(pcap_record, frames)))
    table = ColumnTable(capture)
    table.extend(capture.frame_count)
    decoded = []
    monkeypatch.setattr(tree_fields, "decode_row", lambda columns, row: decoded.append(row) or decode_row(columns, row))
    assert np.flatnonzero(compile_filter("_ws.malformed").select(table)).tolist() == [20, 21]
    assert set(decoded) <= {20, 21}
