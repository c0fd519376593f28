"""Connections in full: roles, opening, closing, numbers, options, findings, and their JSON.

The stories are told as scripts; what is expected of them follows from RFC 9293 and from who made the story.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tcpladder.tcp.connection import Connection, Kind, Phase, State
from tcpladder.tcp.explain import explain
from tcpladder.tcp.report import ROW_NAMES, connection_json, rows_of, text_lines
from tests.tcp.scripts import Told, script

OPENING = """
    +0    > S  0:0(0) win 64240 <mss 1460, sackOK, TS 1 0, wscale 7>
    +.01  < S. 0:0(0) ack 1 win 65160 <mss 1200, sackOK, TS 9 1, wscale 0>
    +.01  > .  1:1(0) ack 1 win 502 <TS 2 9>
"""
EXCHANGE = """
    +.1   > P. 1:101(100) ack 1 win 502
    +.01  < .  1:1(0) ack 101 win 65060
    +.1   < P. 1:51(50) ack 101 win 65060
    +.01  > .  101:101(0) ack 51 win 502
"""
FOUR_WAY = """
    +.1   > F. 101:101(0) ack 51
    +.04  < .  51:51(0) ack 102
    +.1   < F. 51:51(0) ack 102
    +.01  > .  102:102(0) ack 52
"""
Tell = Callable[[str], Connection]


@pytest.fixture
def told(tmp_path: Path) -> Callable[[str], Told]:
    """Reads a script."""
    return lambda text: script(text, tmp_path / "script.pcap")


@pytest.fixture
def first(told: Callable[[str], Told]) -> Tell:
    """The first connection of a script."""
    return lambda text: told(text).table.connection(0)


def states(connection: Connection) -> list[tuple[str, str]]:
    return [(step.client_state.value, step.server_state.value) for step in connection.steps]


def test_a_whole_connection(first: Tell) -> None:
    connection = first(OPENING + EXCHANGE + FOUR_WAY)
    assert (connection.client.text, connection.server.text) == ("10.0.0.1:40000", "10.0.0.2:80")
    assert connection.roles_seen
    assert (connection.client_start, connection.server_start) == (State.CLOSED, State.LISTEN)
    assert (connection.client_isn, connection.server_isn) == (1000, 5000)
    assert (connection.client_bytes, connection.server_bytes, connection.completeness) == (100, 50, 31)
    assert connection.opening.kind == "three-way"
    assert connection.opening.steps == (0, 1, 2)
    assert connection.opening.setup_time_ns == connection.opening.initial_rtt_ns == 20_000_000
    assert (connection.closing.kind, connection.closing.initiator) == ("four-way", "client")
    assert connection.closing.steps == (7, 8, 9, 10)
    assert [step.phase for step in connection.steps] == (
        [Phase.OPENING] * 3 + [Phase.DATA] * 4 + [Phase.CLOSING] * 4)
    assert [step.kind for step in connection.steps] == [
        Kind.SYN, Kind.SYN, Kind.ACK, Kind.DATA, Kind.ACK, Kind.DATA, Kind.ACK, Kind.FIN, Kind.ACK, Kind.FIN, Kind.ACK]
    assert states(connection) == [
        ("SYN-SENT", "SYN-RECEIVED"), ("ESTABLISHED", "SYN-RECEIVED"), *[("ESTABLISHED", "ESTABLISHED")] * 5,
        ("FIN-WAIT-1", "CLOSE-WAIT"), ("FIN-WAIT-2", "CLOSE-WAIT"), ("TIME-WAIT", "LAST-ACK"), ("TIME-WAIT", "CLOSED")]
    assert [step.acknowledges for step in connection.steps] == [None, 0, 1, None, 3, None, 5, None, 7, None, 9]
    assert connection.findings == ()


def test_windows_and_options_of_the_steps(first: Tell) -> None:
    connection = first(OPENING + EXCHANGE)
    syn, syn_ack, third = connection.steps[:3]
    assert syn.options == ("MSS=1460", "SACK_PERM", "TSval=1", "TSecr=0", "WS=128")
    assert syn_ack.options == ("MSS=1200", "SACK_PERM", "TSval=9", "TSecr=1", "WS=1")
    assert third.options == ("TSval=2", "TSecr=9")
    assert (syn.window, syn.window_shift) == (64240, 0)
    assert (third.window_raw, third.window, third.window_shift) == (502, 64256, 7)
    assert (connection.window_scaling, connection.sack, connection.timestamps) == (True, True, True)
    assert connection.client_options is not None
    assert (connection.client_options.mss, connection.client_options.wscale) == (1460, 7)


@pytest.mark.parametrize(("text", "opening", "closing", "initiator"), [
    (OPENING, "three-way", "none", None),
    ("+0 > S 0:0(0)\n+.01 < R. 0:0(0) ack 1", "refused", "none", None),
    ("+0 > S 0:0(0)\n+1 > S 0:0(0)\n+2 > S 0:0(0)", "unanswered", "none", None),
    ("+0 > S 0:0(0)\n+.01 < S. 0:0(0) ack 1", "incomplete", "none", None),
    ("+0 > S 0:0(0)\n+.01 < S. 0:0(0) ack 1\n+.01 > R 1:1(0)", "incomplete", "reset", "client"),
    ("+0 > P. 1:9(8) ack 1", "mid-stream", "none", None),
    ("+0 > S 0:0(0)\n+.01 < S 0:0(0)\n+.01 < S. 0:0(0) ack 1\n+.01 > S. 0:0(0) ack 1\n+.01 > . 1:1(0) ack 1",
     "simultaneous", "none", None),
    ("+0 > S 0:10(10) <cookie 0011223344556677>\n+.01 < S. 0:0(0) ack 11\n+.01 > . 11:11(0) ack 1",
     "fast-open", "none", None),
    (OPENING + "+0 > F. 1:1(0) ack 1\n+.01 < F. 1:1(0) ack 2\n+.01 > . 2:2(0) ack 2",
     "three-way", "three-way", "client"),
    (OPENING + "+0 < F. 1:1(0) ack 1\n+.01 > . 1:1(0) ack 2\n+1 > F. 1:1(0) ack 2\n+.01 < . 2:2(0) ack 2",
     "three-way", "four-way", "server"),
    (OPENING + "+0 > F. 1:1(0) ack 1\n+0 < F. 1:1(0) ack 1\n+.01 > . 2:2(0) ack 2\n+0 < . 2:2(0) ack 2",
     "three-way", "simultaneous", None),
    (OPENING + "+0 > F. 1:1(0) ack 1\n+.01 < . 1:1(0) ack 2", "three-way", "half-closed", "client"),
    (OPENING + "+0 < R. 1:1(0) ack 1", "three-way", "reset", "server"),
    (OPENING + "+0 > F. 1:1(0) ack 1\n+.01 < . 1:1(0) ack 2\n+.01 < F. 1:1(0) ack 2\n+.01 > R 2:2(0)",
     "three-way", "reset", "client"),
])
def test_how_it_opened_and_closed(first: Tell, text: str, opening: str, closing: str, initiator: str | None) -> None:
    connection = first(text)
    assert (connection.opening.kind, connection.closing.kind, connection.closing.initiator) == (
        opening, closing, initiator)


def test_without_a_syn_the_roles_are_assumed_from_the_ports(first: Tell) -> None:
    connection = first("+0 < P. 1:9(8) ack 1\n+.1 > . 1:1(0) ack 9")
    assert not connection.roles_seen
    assert connection.client.port == 40_000
    assert states(connection) == [("ESTABLISHED", "ESTABLISHED")] * 2
    assert connection.steps[0].window is None


def test_a_lost_segment_does_not_move_its_receiver(first: Tell) -> None:
    connection = first("+0 > S 0:0(0)\n+1 > S 0:0(0)\n+.01 < S. 0:0(0) ack 1\n+.01 > . 1:1(0) ack 1")
    assert [step.lost for step in connection.steps] == [True, False, False, False]
    assert states(connection)[0] == ("SYN-SENT", "LISTEN")
    assert connection.opening.syn_tries == 2
    assert connection.opening.setup_time_ns == 1_020_000_000
    assert connection.opening.initial_rtt_ns == 20_000_000


def test_a_fin_ahead_of_missing_data_waits_for_it(first: Tell) -> None:
    connection = first(OPENING + """
        +.1  > F. 101:101(0) ack 1
        +.01 < .  1:1(0) ack 1 <sack 101:102>
        +.4  > P. 1:101(100) ack 1
        +.01 < .  1:1(0) ack 102
    """)
    assert states(connection)[3:] == [
        ("FIN-WAIT-1", "ESTABLISHED"), ("FIN-WAIT-1", "ESTABLISHED"), ("FIN-WAIT-1", "CLOSE-WAIT"),
        ("FIN-WAIT-2", "CLOSE-WAIT")]


@pytest.mark.parametrize(("text", "severity", "frame", "words"), [
    ("+0 > S 0:0(0)\n+.01 < R. 0:0(0) ack 1", "error", 2,
     "Connection refused: the SYN of frame 1 was answered by a reset"),
    ("+0 > S 0:0(0)\n+1 > S 0:0(0)\n+2 > S 0:0(0)", "error", 3, "frames 1, 2, 3), repeated after 1.000 s, 2.000 s"),
    ("+0 > S 0:0(0)\n+1 > S 0:0(0)\n+.01 < S. 0:0(0) ack 1\n+.01 > . 1:1(0) ack 1", "warning", 2,
     "The SYN was sent 2 times (frames 1, 2)"),
    ("+0 > S 0:0(0)\n+1 > S 0:0(0)\n+.01 < S. 0:0(0) ack 1\n+.01 > . 1:1(0) ack 1", "warning", 4,
     "The handshake took 1.020 s from the first SYN; the round trip itself is 20.00 ms."),
    (OPENING + "+1 < S. 0:0(0) ack 1\n+.01 > . 1:1(0) ack 1", "warning", 4, "full accept queue"),
    ("+0 > S 0:0(0) <wscale 7>\n+.01 < S. 0:0(0) ack 1\n+.01 > . 1:1(0) ack 1", "note", 2,
     "Window scaling is not in force, because 10.0.0.2:80 did not offer it"),
    (OPENING + "+.1 > P. 1:1461(1460) ack 1", "note", 4, "larger than the MSS of 1200"),
    (OPENING + "+.1 < . 1:1(0) ack 1 win 0\n+2 < . 1:1(0) ack 1 win 99", "warning", 4,
     "closed its window in frame 4 (its program does not read) and opened it 2.000 s later in frame 5"),
    (OPENING + "+.1 > P. 1:101(100) ack 1\n+.3 > P. 1:101(100) ack 1", "warning", 5, "sent data again in 1 segment"),
    (OPENING + "+.1 > P. 1:101(100) ack 1\n+.3 > P. 1:101(100) ack 1\n+.01 < . 1:1(0) ack 101 <sack 1:101>", "note", 6,
     "received bytes 1–100 twice and says so (D-SACK, frame 6)"),
    (OPENING + "+.1 > F. 1:1(0) ack 1\n+.01 < . 1:1(0) ack 2\n+90 < . 1:1(0) ack 2", "warning", 4,
     "has been in CLOSE-WAIT for 1 min 30 s"),
    (OPENING + EXCHANGE + "+1 > R. 101:101(0) ack 51", "error", 8, "10.0.0.1:40000 aborted the connection in frame 8"),
    ("+0 > P. 1:9(8) ack 1", "note", 1, "The capture begins in the middle of the connection"),
])
def test_findings_name_the_frames_that_show_them(first: Tell, text: str, severity: str, frame: int, words: str) -> None:
    connection = first(text)
    found = [finding for finding in connection.findings if words in finding.text]
    assert [(finding.severity, finding.frame_number) for finding in found] == [(severity, frame)]
    assert found[0].step is not None
    assert connection.steps[found[0].step].finding


def test_json_has_the_promised_shape(first: Tell) -> None:
    connection = first(OPENING + EXCHANGE + FOUR_WAY)
    text = connection_json(connection)
    told = json.loads(text)
    assert '"start": 1700000000.000000000, "duration": 0.490000000,' in text
    assert told["client"] == {"addr": "10.0.0.1", "port": 40000}
    assert told["roles"] == "seen"
    assert told["bytes"] == {"client": 100, "server": 50}
    assert told["opening"] == {"kind": "three-way", "frames": [1, 2, 3], "syn_tries": 1, "setup_time": 0.02,
                               "initial_rtt": 0.02}
    assert told["options"]["server"] == {"mss": 1200, "wscale": 0, "sack_permitted": True, "timestamps": True}
    assert told["options"]["in_force"] == {"window_scaling": True, "sack": True, "timestamps": True}
    assert told["closing"] == {"kind": "four-way", "initiator": "client", "frames": [8, 9, 10, 11]}
    assert told["duration"] == pytest.approx(0.49)
    step = told["steps"][1]
    assert {key: step[key] for key in ("frame", "from", "phase", "label", "seq", "ack", "len", "client_state",
                                       "server_state")} == {
        "frame": 2, "from": "server", "phase": "opening", "label": "SYN, ACK", "seq": 0, "ack": 1, "len": 0,
        "client_state": "ESTABLISHED", "server_state": "SYN-RECEIVED"}
    assert told["steps"][0]["ack"] is None


def test_the_table_says_what_the_connections_say(told: Callable[[str], Told]) -> None:
    table = told(OPENING + EXCHANGE + FOUR_WAY + "+1 > S 0:0(0) port 41000\n+0 < R. 0:0(0) ack 1 port 41000").table
    rows = [dict(zip(ROW_NAMES, row, strict=True)) for row in rows_of(table)]
    for row, connection in zip(rows, map(table.connection, range(table.count)), strict=True):
        assert row["client"] == connection.client.text
        assert row["opening"] == connection.opening.kind
        assert row["closing"] == connection.closing.kind
        assert row["packets"] == str(len(connection.steps))
        assert row["client_bytes"] == str(connection.client_bytes)
    assert rows[0]["setup_time"] == "0.020000000"
    assert rows[1]["setup_time"] == ""
    assert [table.stream_of_row(row) for row in (0, 10, 11, 12)] == [0, 0, 1, 1]
    lines = list(text_lines(table))
    assert len(lines) == 3
    assert "refused" in lines[2]


def test_there_is_no_connection_beyond_the_last(told: Callable[[str], Told]) -> None:
    table = told("+0 > S 0:0(0)").table
    with pytest.raises(IndexError):
        table.connection(1)
    assert table.stream_of_row(5) is None


def test_a_capture_without_tcp_has_an_empty_table(told: Callable[[str], Told]) -> None:
    table = told("").table
    assert (table.count, list(rows_of(table)), table.stream_of_row(0)) == (0, [], None)


def test_a_fin_that_crosses_acks_changes_its_receiver_when_it_arrives(first: Tell) -> None:
    told = states(first(OPENING + """
        +.1   < .  1:1001(1000) ack 1
        +.001 < .  1001:2001(1000) ack 1
        +.001 < F. 2001:3001(1000) ack 1
        +.001 > .  1:1(0) ack 1001
        +.001 > .  1:1(0) ack 2001
        +.001 > .  1:1(0) ack 3002
        """))
    assert told[5:] == [("ESTABLISHED", "FIN-WAIT-1"), ("ESTABLISHED", "FIN-WAIT-1"), ("CLOSE-WAIT", "FIN-WAIT-1"),
                        ("CLOSE-WAIT", "FIN-WAIT-2")]


def test_a_fin_that_crosses_data_and_a_fin(first: Tell) -> None:
    connection = first(OPENING + """
        +.1   > F. 1:1(0) ack 1
        +.01  < P. 1:49(48) ack 1
        +.001 < F. 49:49(0) ack 1
        +.01  > .  2:2(0) ack 50
        +.01  < .  50:50(0) ack 2
        """)
    assert states(connection)[3:] == [
        ("FIN-WAIT-1", "ESTABLISHED"), ("FIN-WAIT-1", "ESTABLISHED"), ("CLOSING", "CLOSING"),
        ("CLOSING", "TIME-WAIT"), ("TIME-WAIT", "TIME-WAIT")]
    assert any("on its way" in line for line in explain(connection, 5).state_change)


def test_a_fin_beyond_a_gap_counts_when_the_gap_is_filled(first: Tell) -> None:
    told = states(first(OPENING + """
        +.1   < F. 1:1(0) ack 1
        +.01  > .  1:1(0) ack 2
        +.01  > .  1:101(100) ack 2
        +.01  > F. 201:301(100) ack 2
        +.01  < .  2:2(0) ack 101
        +.01  < .  2:2(0) ack 101
        +.3   > .  101:201(100) ack 2
        +.01  < .  2:2(0) ack 201
        +.01  < .  2:2(0) ack 302
        """))
    servers = [server for _client, server in told[4:]]
    assert servers == ["FIN-WAIT-2"] * 5 + ["TIME-WAIT"] * 3
