"""Fields of upper layers: only the packets that may have them are read one by one, and that can be stopped."""

from pathlib import Path

import dpkt
import numpy as np
import pytest

from tcpladder.decode import all_packets
from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.upper_layers import Message, read_message
from tcpladder.filters import FilterCancelled, compile_filter
from tests.packets.files import pcap_header, pcap_record, read
from tests.protocols.frames import ethernet, ipv4

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
