"""The rules of tcp.analysis.* for one conversation, segment by segment, as tshark 4.0 applies them.

Sequence numbers here are unwrapped: plain ints that grow past 2**32, so that "<" means "before".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntFlag
from itertools import pairwise
from typing import NamedTuple

from tcpladder.tcp.connection import ACK, FIN, PSH, RST, SYN

FAST_RETRANSMISSION_NS = 20_000_000     # at most this long after the duplicate ACK that asks for it
OUT_OF_ORDER_NS = 3_000_000             # a gap filled this soon was not lost; the initial RTT where known
DUPLICATES_FOR_FAST = 2
MOST_UNACKED = 10_000                   # segments remembered per direction
MOST_UNACKED_IN_DISORDER = 1_000        # each ACK looks at all of them
LARGEST_FLIGHT = 2_000_000_000          # bytes; more is no number of bytes in flight


class Mark(IntFlag):
    """What a segment is in the light of those before it; each name is a field tcp.analysis.NAME."""

    RETRANSMISSION = 1
    FAST_RETRANSMISSION = 2
    SPURIOUS_RETRANSMISSION = 4
    OUT_OF_ORDER = 8
    LOST_SEGMENT = 0x10
    ACK_LOST_SEGMENT = 0x20
    DUPLICATE_ACK = 0x40
    WINDOW_UPDATE = 0x80
    WINDOW_FULL = 0x100
    ZERO_WINDOW = 0x200
    ZERO_WINDOW_PROBE = 0x400
    ZERO_WINDOW_PROBE_ACK = 0x800
    KEEP_ALIVE = 0x1000
    KEEP_ALIVE_ACK = 0x2000
    REUSED_PORTS = 0x4000
    TFO_SYN = 0x8000
    TFO_ACK = 0x10000


_NO_CONTROL = SYN | FIN | RST
_TAKES_NUMBER = SYN | FIN
# Plain ints: an IntFlag costs more than the rules themselves.
_RETRANSMISSION, _FAST, _SPURIOUS = (
    int(Mark.RETRANSMISSION), int(Mark.FAST_RETRANSMISSION), int(Mark.SPURIOUS_RETRANSMISSION))
_REPEATS = _RETRANSMISSION | _FAST | _SPURIOUS | int(Mark.OUT_OF_ORDER)
_OUT_OF_ORDER, _LOST, _ACK_LOST = int(Mark.OUT_OF_ORDER), int(Mark.LOST_SEGMENT), int(Mark.ACK_LOST_SEGMENT)
_DUPLICATE, _UPDATE, _FULL = int(Mark.DUPLICATE_ACK), int(Mark.WINDOW_UPDATE), int(Mark.WINDOW_FULL)
_ZERO, _PROBE, _PROBE_ACK = (
    int(Mark.ZERO_WINDOW), int(Mark.ZERO_WINDOW_PROBE), int(Mark.ZERO_WINDOW_PROBE_ACK))
_KEEP, _KEEP_ACK = int(Mark.KEEP_ALIVE), int(Mark.KEEP_ALIVE_ACK)
_ASKS = _PROBE | _KEEP


class Entry(NamedTuple):
    """One segment as the rules see it; a tuple, because there are millions.

    allowed is its window in bytes, -1 where the scale is not known.
    """

    place: int
    time_ns: int
    side: int
    flags: int
    seq: int
    ack: int
    length: int
    window: int
    allowed: int
    sacked: int      # bytes in its SACK blocks
    ack_raw: int     # as on the wire, where 0 mostly means that there is none


@dataclass(slots=True)
class Verdict:
    """What the rules say of one segment; places are those of entries, -1 for none."""

    place: int
    marks: int = 0
    acked: int = -1
    rto_from: int = -1
    bytes_in_flight: int = 0
    push_bytes: int = 0
    duplicate_number: int = 0
    duplicate_of: int = -1
    noted: bool = False      # tshark shows the analysis, though perhaps only the initial RTT


class _Segment:
    """A segment that nobody has acknowledged yet."""

    __slots__ = ("end", "place", "start")

    def __init__(self, start: int, end: int, place: int) -> None:
        self.start = start
        self.end = end
        self.place = place


class _Unacked:
    """What one direction has sent and nobody has acknowledged, in the order of sending."""

    __slots__ = ("_segments", "first", "in_order", "last")

    def __init__(self) -> None:
        self._segments: deque[_Segment] = deque()
        self.in_order = True      # each begins where the one before it ends, or later
        self.first = 0            # smallest start and largest end
        self.last = 0

    def __bool__(self) -> bool:
        return bool(self._segments)

    @property
    def oldest_place(self) -> int:
        """The place of the segment that was sent first."""
        return self._segments[0].place

    def spans(self, start: int, end: int) -> bool:
        """Whether it is all from start to end, once and in order."""
        segments = self._segments
        if not segments:
            return start == end
        return (self.in_order and self.first == start and self.last == end
                and all(earlier.end == later.start for earlier, later in pairwise(segments)))

    def waiting(self) -> list[tuple[int, int, int]]:
        """First number, end and place of each."""
        return [(segment.start, segment.end, segment.place) for segment in self._segments]

    def add(self, start: int, end: int, place: int) -> None:
        """Remembers a segment, as long as there are not too many."""
        segments = self._segments
        if not segments:
            self.first, self.last, self.in_order = start, end, True
        elif len(segments) >= (MOST_UNACKED if self.in_order else MOST_UNACKED_IN_DISORDER):
            return
        else:
            self.in_order = self.in_order and start >= segments[-1].end
            self.first, self.last = min(self.first, start), max(self.last, end)
        segments.append(_Segment(start, end, place))

    def acknowledge(self, ack: int) -> int:
        """Strikes off what an ACK covers: the place of the first copy that ends where it points, or -1."""
        segments = self._segments
        if not segments or ack <= self.first:
            return -1
        acked = -1
        if self.in_order:
            while segments and segments[0].end <= ack:
                gone = segments.popleft()
                if gone.end == ack:
                    acked = gone.place
            if segments and segments[0].start < ack:
                segments[0].start = ack
        else:
            acked = next((segment.place for segment in segments if segment.end == ack), -1)
            self._segments = segments = deque(segment for segment in segments if segment.end > ack)
            for segment in segments:
                segment.start = max(segment.start, ack)
            self.in_order = all(earlier.end <= later.start for earlier, later in pairwise(segments))
        if segments:
            self.first = segments[0].start if self.in_order else min(segment.start for segment in segments)
        return acked


class SideKnows:
    """What is remembered of one direction."""

    __slots__ = ("ack", "allowed", "duplicate_of", "duplicates", "expected_ack", "flight_known",
                 "has_acked",
                 "latest_ack_ns", "marks", "next_seq", "next_seq_ns", "next_seq_place", "push_bytes",
                 "push_ended", "sacked", "unacked", "unseen_to_tell", "window")

    def __init__(self) -> None:
        self.next_seq: int | None = None        # highest number seen so far
        self.next_seq_ns = 0
        self.next_seq_place = -1
        self.expected_ack: int | None = None    # end of what was seen without a gap
        self.ack: int | None = None
        self.has_acked = False
        self.latest_ack_ns = 0
        self.window = 0
        self.allowed = -1
        self.sacked = 0
        self.marks = 0
        self.duplicates = 0
        self.duplicate_of = -1
        self.unacked = _Unacked()
        self.flight_known = True
        self.push_bytes = 0
        self.push_ended = False
        self.unseen_to_tell = 1

    @property
    def undisturbed(self) -> bool:
        """Whether there is no gap, and nothing that the other side may answer in a way of its own."""
        return (self.flight_known and self.expected_ack == self.next_seq and not self.marks & _ASKS
                and self.unacked.in_order)


class StreamRules:
    """Applies the rules to the segments of one conversation, in order."""

    def __init__(self) -> None:
        self.sides = (SideKnows(), SideKnows())
        self.syn_ns: int | None = None
        self.initial_rtt_ns = 0     # 0 for unknown, as for a handshake that took no time

    def follow(self, entries: Iterable[Entry]) -> Iterable[Verdict]:
        """The verdict on each segment."""
        for entry in entries:
            yield self.judge(entry)

    def judge(self, entry: Entry) -> Verdict:
        """The verdict on the next segment."""
        mine, other = self.sides[entry.side], self.sides[1 - entry.side]
        flags = entry.flags
        verdict = Verdict(entry.place)
        self._measure_handshake(entry)
        if flags & ACK:
            other.flight_known = True
        answer = self._check_window(entry, mine, other, verdict)
        if not answer:
            self._check_duplicate(entry, mine, verdict)
        if entry.ack != mine.ack:
            mine.duplicate_of = entry.place
            mine.duplicates = 0
        if flags & ACK and other.expected_ack is not None and entry.ack > other.expected_ack:
            self._acks_unseen(other, verdict)
        if entry.length or flags & _TAKES_NUMBER:
            self._check_repetition(entry, mine, other, verdict)
        self._remember(entry, mine, verdict)
        verdict.acked = other.unacked.acknowledge(entry.ack)
        if entry.length and mine.flight_known and mine.unacked:
            self._measure_flight(entry, mine, other, verdict)
        verdict.noted |= bool(verdict.marks or verdict.acked >= 0)
        return verdict

    def _measure_handshake(self, entry: Entry) -> None:
        if entry.flags & SYN:
            if not entry.flags & ACK:
                self.syn_ns = entry.time_ns
        elif entry.flags & ACK and not self.initial_rtt_ns and self.syn_ns is not None:
            self.initial_rtt_ns = entry.time_ns - self.syn_ns

    def _check_window(self, entry: Entry, mine: SideKnows, other: SideKnows, verdict: Verdict) -> bool:
        """Windows, probes, gaps and keep-alives; true for an answer to a probe, which is no duplicate ACK."""
        seq, length, window = entry.seq, entry.length, entry.window
        expected = mine.next_seq
        plain = not entry.flags & _NO_CONTROL
        if length == 1 and seq == expected and other.ack is not None and other.window == 0:
            verdict.marks |= _PROBE
            return True
        if window == 0 and plain:
            verdict.marks |= _ZERO
        if expected is not None and seq > expected and not entry.flags & RST:
            verdict.marks |= _LOST
            mine.flight_known = False
            mine.unseen_to_tell += 1
        if not plain:
            return False
        if expected is not None and length <= 1 and seq == expected - 1:
            verdict.marks |= _KEEP
        if (length and other.has_acked and other.ack is not None and other.allowed >= 0
                and seq + length == other.ack + other.allowed):
            verdict.marks |= _FULL
        if length or seq != expected or entry.ack != mine.ack:
            return False
        if window and window != mine.window:
            verdict.marks |= _UPDATE
        elif window and other.marks & _KEEP:
            verdict.marks |= _KEEP_ACK
            return True
        elif not window and not mine.window and other.marks & _PROBE:
            verdict.marks |= _PROBE_ACK
            return True
        return False

    def _check_duplicate(self, entry: Entry, mine: SideKnows, verdict: Verdict) -> None:
        if (entry.length == 0 and entry.window and entry.window == mine.window and entry.seq == mine.next_seq
                and entry.ack == mine.ack and not entry.flags & _NO_CONTROL):
            mine.duplicates += 1
            verdict.marks |= _DUPLICATE
            verdict.duplicate_number = mine.duplicates
            verdict.duplicate_of = mine.duplicate_of

    @staticmethod
    def _acks_unseen(other: SideKnows, verdict: Verdict) -> None:
        """An ACK for what was never captured: told once, and once more for each gap that was seen."""
        verdict.noted = True
        if other.unseen_to_tell:
            other.unseen_to_tell -= 1
            verdict.marks |= _ACK_LOST
        other.expected_ack = other.next_seq

    def _check_repetition(self, entry: Entry, mine: SideKnows, other: SideKnows, verdict: Verdict) -> None:
        """Whether bytes (or a SYN or FIN) that were sent before are sent again, and why."""
        seq, end = entry.seq, entry.seq + entry.length
        expected = mine.next_seq
        if verdict.marks & _KEEP or expected is None:
            return
        if entry.length > 1 and seq == expected - 1:
            return      # new data behind a byte that a probe carried
        if entry.length and other.has_acked and other.ack is not None and end <= other.ack:
            verdict.marks |= _SPURIOUS
            return
        if seq >= expected:
            return
        if ((other.duplicates >= DUPLICATES_FOR_FAST or verdict.noted) and other.ack == seq
                and entry.time_ns - other.latest_ack_ns < FAST_RETRANSMISSION_NS):
            verdict.marks |= _FAST
            return
        soon = self.initial_rtt_ns or OUT_OF_ORDER_NS
        takes = 1 if entry.flags & _TAKES_NUMBER else 0
        if entry.time_ns - mine.next_seq_ns < soon and end + takes != expected:
            verdict.marks |= _OUT_OF_ORDER
            return
        verdict.marks |= _RETRANSMISSION
        verdict.rto_from = mine.unacked.oldest_place if mine.unacked else mine.next_seq_place

    @staticmethod
    def _remember(entry: Entry, mine: SideKnows, verdict: Verdict) -> None:
        seq = entry.seq
        takes = 1 if entry.flags & _TAKES_NUMBER else 0
        end = seq + entry.length + takes
        if entry.length or takes:
            mine.unacked.add(seq, end, entry.place)
        is_probe = verdict.marks & _PROBE
        if not is_probe and (mine.next_seq is None or end > mine.next_seq):
            mine.next_seq, mine.next_seq_ns, mine.next_seq_place = end, entry.time_ns, entry.place
        if not is_probe and (mine.expected_ack is None or seq == mine.expected_ack):
            # Where a gap was filled, everything up to the highest number may be acknowledged.
            mine.expected_ack = mine.next_seq if verdict.marks & _REPEATS else end
        mine.window, mine.allowed = entry.window, entry.allowed
        mine.ack, mine.latest_ack_ns = entry.ack, entry.time_ns
        mine.has_acked = entry.ack_raw != 0
        mine.sacked = entry.sacked
        mine.marks = verdict.marks

    @staticmethod
    def _measure_flight(entry: Entry, mine: SideKnows, other: SideKnows, verdict: Verdict) -> None:
        flight = mine.unacked.last - mine.unacked.first - (1 if entry.flags & _TAKES_NUMBER else 0)
        verdict.noted |= 0 < flight < LARGEST_FLIGHT
        if mine.push_ended:
            mine.push_bytes = entry.length
        else:
            mine.push_bytes += entry.length
        mine.push_ended = bool(entry.flags & PSH)
        if 0 < flight - other.sacked < LARGEST_FLIGHT:
            verdict.bytes_in_flight = flight - other.sacked
            verdict.push_bytes = mine.push_bytes
