"""Filters on what is said of connections. The frames are those that the captures' stories tell (RFC 9293, figures 5 to
13): frame 3 of connection-refused.pcap is the SYN, frame 4 the reset that refuses it, and so on."""

import numpy as np
import pytest

from tcpladder.decode.columns import ColumnTable, known_fields
from tcpladder.decode.one_packet import decode_row
from tcpladder.filters import FilterCancelled, FilterError, compile_filter
from tcpladder.protocols.connection import CONNECTION_FIELDS
from tcpladder.tcp.connection import State
from tcpladder.tcp.fields import register_tcp_fields
from tcpladder.tcp.phases import CLOSINGS, OPENINGS
from tests.filters.lesson_columns import columns_of, frames_found

REFUSED, LOST_SYN, HALF, IPV6 = (
    "connection-refused.pcap", "syn-lost-then-answered.pcap", "half-close.pcap", "ipv6-connection.pcap")


@pytest.mark.parametrize(("capture_name", "text", "frames"), [
    (REFUSED, 'conn.opening == "refused"', [3, 4]),
    (REFUSED, "conn.opening != refused", []),
    (REFUSED, "conn.opening in {refused, unanswered}", [3, 4]),
    (REFUSED, 'conn.opening matches "^RE"', [3, 4]),
    (REFUSED, 'conn.opening contains "fuse"', [3, 4]),
    (REFUSED, "conn.from == client", [3]),
    (REFUSED, "conn.client.port == tcp.srcport", [3]),
    (REFUSED, "conn.server.port == 8080", [3, 4]),
    (REFUSED, 'conn.state.client == "SYN-SENT"', [3]),
    (REFUSED, "conn.state.client == closed", [4]),
    (REFUSED, "not conn.packets", [1, 2]),
    (REFUSED, "conn.packets == 2", [3, 4]),
    (REFUSED, "conn.setup_time", []),
    (REFUSED, "conn.finding.severity == error", [4]),
    (REFUSED, "conn.bytes.client + conn.bytes.server == 0", [3, 4]),
    (LOST_SYN, "conn.lost == True", [1]),
    (LOST_SYN, "conn.syn_tries == 2 and tcp.flags.syn == 1", [1, 2, 3]),
    (LOST_SYN, "conn.setup_time > 1 and conn.rtt < 0.01 and frame.number == 1", [1]),
    (LOST_SYN, "conn.state.server == SYN-RECEIVED", [2, 3]),
    (LOST_SYN, "conn.client.addr == 192.0.2.10 and conn.server.addr == 192.0.2.64/26 and frame.number < 3", [1, 2]),
    (LOST_SYN, "conn.client.addr == 192.0.2.80", []),
    (LOST_SYN, 'string(conn.server.addr) == "192.0.2.80" and frame.number == 2', [2]),
    (LOST_SYN, "conn.retransmissions >= 1 and frame.number == 12", [12]),
    (LOST_SYN, "conn.roles == seen and frame.number == 12", [12]),
    (IPV6, "conn.client.addr == 2001:db8::/32 and tcp.flags.syn == 1", [3, 4]),
    (IPV6, "conn.client.addr == 192.0.2.0/24", []),
    ("mid-connection.pcap", "conn.opening != mid-stream", []),
    ("mid-connection.pcap", "conn.roles == seen", []),
    ("reset-by-client.pcap", "conn.closing == reset and conn.initiator == client and tcp.flags.reset == 1", [8]),
])
def test_a_filter_on_connections_finds_their_packets(capture_name: str, text: str, frames: list[int]) -> None:
    assert frames_found(capture_name, text) == frames


@pytest.mark.parametrize(("text", "start", "end", "message"), [
    ("conn.opening == refsued", 16, 23, 'conn.opening has no value named "refsued"; did you mean "refused"?'),
    ('conn.initiator == "x"', 18, 21, 'conn.initiator has no value named "x"; there are client, server.'),
    ("conn.client.addr == 1.2.3", 20, 25,
     '"1.2.3" is not an IPv4 or IPv6 address; write it like 192.168.0.1, 10.0.0.0/8, fe80::/10.'),
    ("conn.openings", 0, 13, 'There is no field "conn.openings"; did you mean conn.opening?'),
])
def test_what_a_connection_cannot_be_is_refused(text: str, start: int, end: int, message: str) -> None:
    with pytest.raises(FilterError) as caught:
        compile_filter(text)
    assert (caught.value.start, caught.value.end, caught.value.message) == (start, end, message)


def test_the_declared_values_are_those_of_the_engine() -> None:
    def declared(name: str) -> list[str]:
        return list((CONNECTION_FIELDS[name].names or {}).values())

    assert declared("conn.opening") == list(OPENINGS)
    assert declared("conn.closing") == list(CLOSINGS)
    assert declared("conn.state.client") == declared("conn.state.server") == [state.value for state in State]


def test_every_connection_field_has_a_value_somewhere() -> None:
    columns = [columns_of(name) for name in (REFUSED, LOST_SYN, HALF, IPV6, "reset-by-client.pcap")]
    for name in CONNECTION_FIELDS:
        assert any(len(table.column(name).rows) for table in columns), name


def test_the_tree_does_not_show_them() -> None:
    assert not CONNECTION_FIELDS.keys() & known_fields().keys()
    packet = decode_row(columns_of(LOST_SYN), 3)
    assert all(packet.find(name) is None for name in CONNECTION_FIELDS)


@pytest.mark.parametrize(("capture_name", "text"), [
    (LOST_SYN, "conn.state.client == ESTABLISHED"), (LOST_SYN, "conn.finding"),
])
def test_stories_can_be_stopped_and_begun_again(capture_name: str, text: str) -> None:
    columns = ColumnTable(columns_of(capture_name).capture)
    columns.extend(columns.capture.frame_count)
    register_tcp_fields(columns)
    compiled = compile_filter(text)

    def stop(_portion: float) -> None:
        raise FilterCancelled

    with pytest.raises(FilterCancelled):
        compiled.select(columns, progress=stop)
    portions: list[float] = []
    found = compiled.select(columns, progress=portions.append)
    assert (np.flatnonzero(found) + 1).tolist() == frames_found(capture_name, text) != []
    assert portions
    assert all(0 <= portion <= 1 for portion in portions)
