"""tcp.analysis.*: small stories, and what tshark 4.0.17 says of each of their frames."""

from pathlib import Path

import numpy as np
import pytest

from tcpladder.tcp.analysis import analyse
from tcpladder.tcp.conversations import conversations_of
from tcpladder.tcp.disturbances import apply_rules
from tcpladder.tcp.stream_rules import Mark
from tcpladder.tcp.unwrapped import unwrap
from tests.tcp.said import said_of_segments
from tests.tcp.scripts import read, script

HANDSHAKE = """
    +0    > S  0:0(0)
    +.01  < S. 0:0(0) ack 1
    +.01  > .  1:1(0) ack 1
"""
BY_THE_RULES = ~int(Mark.REUSED_PORTS | Mark.TFO_SYN | Mark.TFO_ACK)
DATA = Path(__file__).resolve().parents[1] / "data" / "lab"


@pytest.fixture
def told(tmp_path):
    """Reads a script that follows a handshake (frames 1 to 3)."""
    return lambda text, start=HANDSHAKE: script(start + text, tmp_path / "script.pcap")


STORIES = {
    "sent again after the timer": ("""
        +.1 > P. 1:101(100) ack 1
        +.5 > P. 1:101(100) ack 1
        +.1 < .  1:1(0) ack 101
    """, {"retransmission": [5], "acks_frame": {2: 1, 3: 2, 6: 4}, "rto_frame": {5: 4}, "rto": {5: 500_000_000}}),
    "the timer runs for the oldest segment that nobody acknowledged": ("""
        +.1 > . 1:101(100) ack 1
        +.1 > . 101:201(100) ack 1
        +.1 > . 201:301(100) ack 1
        +.1 < . 1:1(0) ack 101
        +.1 > . 101:201(100) ack 1
        +.1 > . 201:301(100) ack 1
    """, {"retransmission": [8, 9], "rto_frame": {8: 5, 9: 5}}),
    "second copy of acknowledged bytes": ("""
        +.01  > P. 1:101(100) ack 1
        +.01  < .  1:1(0) ack 101
        +.20  > P. 1:101(100) ack 1
    """, {"spurious_retransmission": [6], "retransmission": [6], "rto_frame": {}}),
    "two duplicate ACKs and then at once": ("""
        +.1 > P. 1:101(100) ack 1
        +.1 < . 1:1(0) ack 101
        +.1 > P. 101:201(100) ack 1
        +.1 < . 1:1(0) ack 101
        +.1 < . 1:1(0) ack 101
        +.01 > P. 101:201(100) ack 1
        +.01 > P. 101:201(100) ack 1
    """, {"duplicate_ack": [7, 8], "duplicate_ack_num": {7: 1, 8: 2}, "duplicate_ack_frame": {7: 5, 8: 5},
          "fast_retransmission": [9], "retransmission": [9, 10], "rto_frame": {10: 6}}),
    "a gap that is filled within the initial round trip": ("""
        +.1    > . 101:201(100) ack 1
        +.019  > . 1:51(50) ack 1
        +.0005 > . 51:101(50) ack 1
        +.1    > . 301:401(100) ack 1
        +.0201 > . 201:251(50) ack 1
    """, {"lost_segment": [4, 7], "out_of_order": [5, 6], "retransmission": [8]}),
    "ACK of what was never captured": ("""
        +.1 > . 1:101(100) ack 1
        +.1 < . 1:1(0) ack 201
        +.1 < . 1:1(0) ack 301
        +.1 > . 801:901(100) ack 1
        +.1 < . 1:1(0) ack 901
    """, {"ack_lost_segment": [5, 8], "lost_segment": [7]}),
    "a filled gap may be acknowledged": ("""
        +.1 > . 101:201(100) ack 1
        +.001 > . 1:101(100) ack 1
        +.001 < . 1:1(0) ack 201
    """, {"out_of_order": [5], "ack_lost_segment": []}),
    "keep-alives with and without a byte": ("""
        +.1 > P. 1:101(100) ack 1
        +.1 < .  1:1(0) ack 101
        +1  > .  100:100(0) ack 1
        +.1 < .  1:1(0) ack 101
        +1  > .  100:101(1) ack 1
        +.1 < .  1:1(0) ack 101
    """, {"keep_alive": [6, 8], "keep_alive_ack": [7, 9], "duplicate_ack": [], "bytes_in_flight": {4: 100, 8: 1}}),
    "a window that closes and opens": ("""
        +.1 > . 1:101(100) ack 1
        +.1 < . 1:1(0) ack 101 win 0
        +1  > . 101:102(1) ack 1
        +.1 < . 1:1(0) ack 101 win 0
        +1  < . 1:1(0) ack 101 win 60
        +1  > . 101:161(60) ack 1
    """, {"zero_window": [5, 7], "zero_window_probe": [6], "zero_window_probe_ack": [7], "window_update": [8],
          "window_full": [9]}),
    "bytes in flight stop counting at a gap, and SACKed bytes are not in flight": ("""
        +.01 > P. 1:101(100) ack 1
        +.01 > P. 201:301(100) ack 1
        +.01 < .  1:1(0) ack 101 <sack 201:301>
        +.01 > P. 301:401(100) ack 1
        +.01 < .  1:1(0) ack 101 <sack 201:401>
        +.01 > P. 401:501(100) ack 1
    """, {"lost_segment": [5], "bytes_in_flight": {4: 100, 7: 100, 9: 100}, "duplicate_ack": [8]}),
    "bytes since the last push": ("""
        +0 > .  1:101(100) ack 1
        +0 > P. 101:201(100) ack 1
        +0 > .  201:301(100) ack 1
    """, {"push_bytes_sent": {4: 100, 5: 200, 6: 100}, "bytes_in_flight": {4: 100, 5: 200, 6: 300}}),
}


@pytest.mark.parametrize("story", STORIES)
def test_what_the_analysis_says(told, story):
    text, expected = STORIES[story]
    capture = told(text)
    for name, frames in expected.items():
        field = f"tcp.analysis.{name}"
        if isinstance(frames, dict):
            values = capture.values(field)
            assert {number: value for number, value in enumerate(values, 1) if value is not None} == {
                **({2: 1, 3: 2} if name == "acks_frame" else {}), **frames}, field
        else:
            assert capture.named(field) == frames, field


def test_initial_rtt_runs_from_the_last_syn_to_the_first_ack(told):
    capture = told("", start="+0 > S 0:0(0)\n+1 > S 0:0(0)\n+1 < S. 0:0(0) ack 1\n+1 > . 1:1(0) ack 1\n")
    assert capture.values("tcp.analysis.initial_rtt") == [None, 2_000_000_000, 2_000_000_000, 2_000_000_000]


def test_ack_rtt_is_measured_from_the_first_copy(told):
    capture = told("+.1 > P. 1:101(100) ack 1\n+.5 > P. 1:101(100) ack 1\n+.1 < . 1:1(0) ack 101")
    assert capture.values("tcp.analysis.ack_rtt") == [None, 10_000_000, 10_000_000, None, None, 600_000_000]


@pytest.mark.parametrize("capture", sorted(DATA.glob("*.pcap")), ids=lambda path: path.stem)
def test_all_at_once_says_the_same_as_one_by_one(capture):
    """Where a stream counts as undisturbed, the rules must not find anything else in it."""
    conversations = conversations_of(read(capture).columns)
    streams, flow = conversations.streams, unwrap(conversations.streams)
    found, result = conversations.analysis, analyse(streams, flow)
    for stream in range(streams.count):
        apply_rules(streams, flow, result, stream)
    assert np.array_equal(result.marks & BY_THE_RULES, found.marks & BY_THE_RULES)
    for name in ("acked", "rto_from", "bytes_in_flight", "push_bytes", "duplicate_number", "duplicate_of",
                 "initial_rtt_ns"):
        assert np.array_equal(getattr(result, name), said_of_segments(found, name)), name
