"""The rules applied only where something happened say the same as the rules applied to every segment."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tcpladder.tcp import disturbances
from tcpladder.tcp.analysis import Analysis, analyse
from tcpladder.tcp.connection import ACK, FIN, PSH, RST, SYN
from tcpladder.tcp.disturbances import apply_rules
from tcpladder.tcp.stream_rules import Mark
from tcpladder.tcp.streams import number_streams
from tcpladder.tcp.unwrapped import unwrap
from tests.tcp.test_bad_input import Sent, random_segments, segments, there_and_back

BY_THE_RULES = ~int(Mark.REUSED_PORTS | Mark.TFO_SYN | Mark.TFO_ACK)
MS = 1_000_000

# What may happen to a bulk transfer; most of the time nothing does.
HAPPENINGS = st.sampled_from([
    "data", "data", "data", "data", "ack", "ack", "data and ack", "push", "answer", "resend the last",
    "resend the first",
    "gap", "fill", "beyond", "duplicate ack", "old ack", "sack", "ack unseen", "keep-alive", "zero window", "probe",
    "window update", "overlap", "fin", "reset", "syn again", "no ack flag", "ack of a part"])


class Transfer:
    """A client that sends and a server that acknowledges, as columns of segments."""

    def __init__(self, isns: tuple[int, int]) -> None:
        self.isns = isns
        self.rows: list[tuple[bool, int, int, int, int, int, int, int]] = []
        self.next, self.acked, self.answered = 1, 1, 1
        self.missing: list[int] = []
        self.sacks: list[tuple[int, int, int]] = []
        self.time_ns = 0
        for step in ((False, SYN, 0, None, 0), (True, SYN | ACK, 0, 1, 0), (False, ACK, 1, 1, 0)):
            self.put(*step)

    def put(self, back: bool, flags: int, seq: int, ack: int | None, length: int, window: int = 500,
            wait_ns: int = MS) -> None:
        self.time_ns += wait_ns
        mine, other = self.isns if not back else self.isns[::-1]
        ack_raw = 0 if ack is None else (ack + other) % 2**32
        self.rows.append((back, self.time_ns, (seq + mine) % 2**32, ack_raw, flags, length, window,
                          7 if flags & SYN else -1))

    def data(self, seq: int, length: int = 100, flags: int = ACK, wait_ns: int = MS) -> None:
        self.put(False, flags, seq, self.answered, length, wait_ns=wait_ns)

    def ack(self, number: int, window: int = 500, flags: int = ACK) -> None:
        self.put(True, flags, self.answered, number, 0, window)

    def happen(self, what: str, wait_ns: int) -> None:
        match what:
            case "data" | "push" | "data and ack":
                self.data(self.next, flags=ACK | PSH if what == "push" else ACK, wait_ns=wait_ns)
                self.next += 100
                if what == "data and ack":
                    self.ack(self.next)
                    self.acked = self.next
            case "ack":
                self.acked = self.next
                self.ack(self.acked)
            case "ack of a part":
                self.acked = min(self.next, self.acked + 100)
                self.ack(self.acked)
            case "answer":
                self.put(True, ACK | PSH, self.answered, self.acked, 50)
                self.answered += 50
            case "resend the last":
                self.data(max(1, self.next - 100), wait_ns=wait_ns)
            case "resend the first":
                self.data(self.acked, wait_ns=wait_ns)
            case "gap":
                self.missing.append(self.next)
                self.next += 100
                self.data(self.next)
                self.next += 100
            case "fill":
                if self.missing:
                    self.data(self.missing.pop(0), wait_ns=wait_ns)
            case "beyond":
                self.data(self.next + 3000)
            case "duplicate ack":
                self.ack(self.acked)
            case "old ack":
                self.ack(max(1, self.acked - 100))
            case "sack":
                self.sacks.append((len(self.rows), self.acked + 100, self.next))
                self.ack(self.acked)
            case "ack unseen":
                self.ack(self.next + 200)
            case "keep-alive":
                self.data(self.next - 1, wait_ns % 2)
            case "zero window" | "window update":
                self.ack(self.acked, 0 if what == "zero window" else 400 + wait_ns % 7)
            case "probe":
                self.data(self.next, 1)
            case "overlap":
                self.data(max(1, self.next - 50), 120)
                self.next += 70
            case "fin":
                self.data(self.next, 0, FIN | ACK)
                self.next += 1
            case "reset":
                self.put(True, RST | (ACK if wait_ns % 2 else 0), self.answered, self.next if wait_ns % 2 else None, 0)
            case "syn again":
                self.put(False, SYN, 0, None, 0)
            case "no ack flag":
                self.data(self.next, 10, PSH)
                self.next += 10

    def segments(self) -> Sent:
        back, time_ns, seq, ack, flags, length, window, shift = zip(*self.rows, strict=True)
        owner, left, right = zip(*self.sacks, strict=True) if self.sacks else ((), (), ())
        own, other = self.isns
        assert own != other
        return segments(
            len(back), **there_and_back(len(back), np.array(back)), times=np.array(time_ns),
            seq=np.array(seq, np.uint32), ack=np.array(ack, np.uint32), flags=np.array(flags, np.uint16),
            length=np.array(length), window=np.array(window), window_shift=np.array(shift, np.int16),
            sack_owner=np.array(owner, np.int64),
            sack_left=((np.array(left, np.int64) + own) % 2**32).astype(np.uint32),
            sack_right=((np.array(right, np.int64) + own) % 2**32).astype(np.uint32))


def assert_equal_to_the_rules(told: Sent) -> None:
    all_of_them, source, destination = told
    own = np.flatnonzero(~all_of_them.aside_at())
    streams = number_streams(all_of_them.take(own), source[own], destination[own])
    flow = unwrap(streams)
    found = analyse(streams, flow)
    by_rules = analyse(streams, flow)
    for stream in range(streams.count):
        apply_rules(streams, flow, by_rules, stream)
    assert np.array_equal(found.marks & BY_THE_RULES, by_rules.marks & BY_THE_RULES)
    for name in (field.name for field in fields(Analysis)):
        if name not in ("marks", "noted"):
            assert np.array_equal(getattr(found, name), getattr(by_rules, name)), name
    only_rules = (found.marks & ~BY_THE_RULES) == 0
    assert np.array_equal(found.noted[only_rules], by_rules.noted[only_rules])


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(HAPPENINGS, st.sampled_from([0, 1, MS, 2 * MS, 30 * MS, 31 * MS + 1])), max_size=60),
       st.sampled_from([(1000, 5000), (2**32 - 300, 2**32 - 20), (2**31 - 100, 7)]))
def test_disturbed_transfers(happenings: list[tuple[str, int]], isns: tuple[int, int]) -> None:
    transfer = Transfer(isns)
    for what, wait_ns in happenings:
        transfer.happen(what, wait_ns)
    assert_equal_to_the_rules(transfer.segments())


@pytest.mark.parametrize("spread", [2, 3000, 2**31, 2**32])
@pytest.mark.parametrize("count", [1, 20, 300])
def test_any_segments_at_all(count: int, spread: int) -> None:
    for seed in range(15):
        assert_equal_to_the_rules(random_segments(count, seed, spread))


def test_long_transfers_with_some_losses_are_judged_by_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a long transfer only what lies around a loss is looked at one by one."""
    transfer = Transfer((1000, 5000))
    random = np.random.default_rng(5)
    for number in range(3000):
        transfer.happen("data", MS)
        if number % 2:
            transfer.happen("ack", MS)
        if random.random() < 0.01:
            transfer.happen(str(random.choice(["resend the last", "gap"])), 30 * MS)
            transfer.happen("duplicate ack", MS)
            transfer.happen("fill", 30 * MS)
            transfer.happen("ack", MS)
    told = transfer.segments()
    judged = []
    note = disturbances._note
    monkeypatch.setattr(disturbances, "_note", lambda analysis, start, verdicts: (
        judged.append(len(verdicts)), note(analysis, start, verdicts)))
    streams = number_streams(*told)
    analyse(streams, unwrap(streams))
    assert 30 < sum(judged) < len(told[0]) // 5
    monkeypatch.undo()
    assert_equal_to_the_rules(told)


@pytest.mark.parametrize("again", [False, True])
def test_more_segments_than_the_rules_remember(again: bool) -> None:
    """Beyond 10,000 (1,000 where segments overlap) the rules remember no more of what nobody acknowledged."""
    transfer = Transfer((1000, 5000))
    for number in range(1500 if again else 10_500):
        transfer.happen("data", MS)
        if again and number == 5:
            transfer.happen("resend the last", MS)
    transfer.happen("ack", MS)
    transfer.happen("data", MS)
    assert_equal_to_the_rules(transfer.segments())
