"""All connections at a glance: a capture of six connections, of which the script says how each went."""

from __future__ import annotations

import numpy as np
import pytest

from tcpladder.tcp.overview import FAILED, SLOW, Fact, Overview, Trouble, Verdict, setup_times, verdicts
from tests.tcp.scripts import Told, script

# Whole, in 20 ms | refused after 5 ms | never answered | SYN lost, so 1.1 s | reset | data sent twice.
SIX = """
    +0    > S  0:0(0) win 64240 port 40000
    +.01  < S. 0:0(0) ack 1 port 40000
    +.01  > .  1:1(0) ack 1 port 40000
    +.01  > F. 1:1(0) ack 1 port 40000
    +.01  < F. 1:1(0) ack 2 port 40000
    +.01  > .  2:2(0) ack 2 port 40000
    +1    > S  0:0(0) win 64240 port 40001
    +.005 < R. 0:0(0) ack 1 port 40001
    +1    > S  0:0(0) win 64240 port 40002
    +1    > S  0:0(0) win 64240 port 40002
    +1    > S  0:0(0) win 64240 port 40003
    +1    > S  0:0(0) win 64240 port 40003
    +.05  < S. 0:0(0) ack 1 port 40003
    +.05  > .  1:1(0) ack 1 port 40003
    +1    > S  0:0(0) win 64240 port 40004
    +.002 < S. 0:0(0) ack 1 port 40004
    +.001 > .  1:1(0) ack 1 port 40004
    +.01  > R. 1:1(0) ack 1 port 40004
    +1    > S  0:0(0) win 64240 port 40005
    +.1   < S. 0:0(0) ack 1 port 40005
    +.1   > .  1:1(0) ack 1 port 40005
    +.1   > P. 1:11(10) ack 1 port 40005
    +.5   > P. 1:11(10) ack 1 port 40005
    +.1   < .  1:1(0) ack 11 port 40005
"""
WHOLE, REFUSED, UNANSWERED, LATE, RESET, RESENT = range(6)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return script(SIX, tmp_path_factory.mktemp("six") / "six.pcap")


@pytest.fixture
def overview(told: Told) -> Overview:
    return Overview(told.table, told.columns)


def test_each_connection_has_its_troubles(overview: Overview) -> None:
    assert [Trouble(int(troubles)) for troubles in overview.troubles] == [
        Trouble(0), Trouble.REFUSED, Trouble.UNANSWERED | Trouble.SYN_REPEATED,
        Trouble.SYN_REPEATED | Trouble.SLOW_HANDSHAKE, Trouble.RESET, Trouble.RETRANSMISSION]
    assert overview.trouble_text(WHOLE) == ""
    assert overview.trouble_text(LATE) == "SYN sent 2 times, slow handshake"
    assert overview.trouble_text(RESENT) == "1 retransmission"


@pytest.mark.parametrize(("verdict", "expected"), [
    (Verdict("", FAILED), [REFUSED, UNANSWERED]),
    (Verdict("", SLOW), [UNANSWERED, LATE]),
    (Verdict("", opening="three-way"), [WHOLE, LATE, RESET, RESENT]),
    (Verdict("", closing="reset"), [RESET]),
    (None, [WHOLE, REFUSED, UNANSWERED, LATE, RESET, RESENT]),
])
def test_a_verdict_chooses(overview: Overview, verdict: Verdict | None, expected: list[int]) -> None:
    assert overview.chosen("", verdict).tolist() == expected


def test_every_verdict_that_is_offered_can_be_asked_for(overview: Overview) -> None:
    counts = {verdict.title: len(overview.chosen("", verdict)) for verdict in verdicts()}
    assert counts["Anything wrong"] == 5
    assert counts["Opening: refused"] == counts["Closing: reset"] == 1
    assert counts["Closing: simultaneous"] == 0


@pytest.mark.parametrize(("text", "expected"), [
    ("40003", [LATE]),
    ("10.0.0.2:80", [WHOLE, REFUSED, UNANSWERED, LATE, RESET, RESENT]),
    ("10.0.0.9", []),
    ("REFUSED", [REFUSED]),
    ("slow", [LATE]),
    ("4 10.0.0.1", [WHOLE, REFUSED, UNANSWERED, LATE, RESET, RESENT]),      # every word, and 4 is in each port
    ("three-packet", [WHOLE]),
    ("handshake slow 40003", [LATE]),
    ("handshake slow 40004", []),
])
def test_every_word_of_a_text_must_be_found(overview: Overview, text: str, expected: list[int]) -> None:
    assert overview.chosen(text, None).tolist() == expected


def test_only_connections_with_a_shown_packet(overview: Overview) -> None:
    assert overview.chosen("", None, np.array([0, 1, 7, 14])).tolist() == [WHOLE, REFUSED, RESET]
    assert overview.chosen("", None, np.array([], np.int64)).tolist() == []


def test_unknown_values_stay_last_in_both_directions(overview: Overview) -> None:
    streams = np.arange(6)
    rising = overview.sorted_by(streams, Fact.SETUP_TIME, descending=False).tolist()
    falling = overview.sorted_by(streams, Fact.SETUP_TIME, descending=True).tolist()
    assert rising == [RESET, WHOLE, RESENT, LATE, REFUSED, UNANSWERED]
    assert falling == [LATE, RESENT, WHOLE, RESET, REFUSED, UNANSWERED]


def test_the_gravest_finding_comes_first(overview: Overview) -> None:
    order = overview.sorted_by(np.arange(6), Fact.FINDINGS, descending=True).tolist()
    assert order == [REFUSED, UNANSWERED, RESET, LATE, RESENT, WHOLE]


@pytest.mark.parametrize("fact", list(Fact))
def test_every_order_holds_every_connection(overview: Overview, fact: Fact) -> None:
    for descending in (False, True):
        assert sorted(overview.sorted_by(np.arange(6), fact, descending=descending)) == list(range(6))


def test_the_histogram_counts_every_known_setup_time_in_its_bin(told: Told) -> None:
    histogram = setup_times(told.table, np.arange(6))
    assert histogram.counts.sum() == 4
    for seconds in (0.003, 0.02, 0.2, 1.1):
        place = int(np.searchsorted(histogram.edges, np.log10(seconds), "right")) - 1
        assert histogram.counts[place] == 1
    assert len(setup_times(told.table, np.array([REFUSED])).counts) == 0
