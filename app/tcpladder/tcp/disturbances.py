"""The rules applied where something happened: from a segment that they must judge to where nothing is left of it.

What the rules would know before such a segment is made of what is expected of an undisturbed conversation. They
judge from there on, segment by segment, until what they know is again what is expected; then the verdicts that were
given to all segments at once hold again.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.packets.capture import NO_TIME
from tcpladder.tcp.connection import ACK, FIN, PSH, RST, SYN
from tcpladder.tcp.stream_rules import MOST_UNACKED, MOST_UNACKED_IN_DISORDER, Entry, SideKnows, StreamRules, Verdict
from tcpladder.tcp.streams import Streams
from tcpladder.tcp.unwrapped import Flow, apart

if TYPE_CHECKING:
    from tcpladder.tcp.analysis import Analysis

Array = NDArray[Any]
Bools = NDArray[np.bool_]
Numbers = NDArray[np.int64]
_COUNTED_EVERY = 256        # segments between two counts of what nobody has acknowledged
_FIRST_LOOK = 12            # segments that are made ready for the rules at once; four times as many each next time
_SOON = 8                   # segments to the next one that must be judged: better to go on than to begin again
_NEAR_THE_START = 6         # so few segments are judged from the start, rather than working out what came before


@dataclass(frozen=True, slots=True)
class Expected:
    """What the rules know of an undisturbed conversation; shape (n,), of each segment's own direction."""

    initial_rtt_ns: Numbers       # (m,) per stream; 0 where not known
    rtt_known_at: Numbers         # (m,) the place that tells it
    next_before: Numbers          # the number it should have: the highest seen; its own where it is the first
    next_seq: Numbers             # and behind it
    acknowledged: Numbers         # highest ACK so far; far below all numbers where there was none
    duplicates: Numbers           # duplicate ACKs since the first with its number, and that one
    duplicate_of: Numbers
    duplicate: Bools
    window_update: Bools
    push_bytes: Numbers           # since the last PSH, of data whose number in flight is known
    latest_data: Numbers          # place of the latest such data; -1 for none
    repeated_syn: Bools           # a SYN sent again before anybody has answered


def _disturbing(streams: Streams, flow: Flow, expected: Expected) -> Bools:
    """(n,) segments that need to be judged in the light of more than what is expected."""
    segments = streams.segments
    flags, length = segments.flags, segments.length
    follows, answers = flow.previous >= 0, flow.opposite >= 0
    repeated = expected.repeated_syn
    # Only a first SYN may lack the ACK flag; without it the ACK field says nothing.
    strange: Bools = (flags & ACK) == 0
    strange[streams.starts] &= (flags[streams.starts] & SYN) == 0
    strange |= segments.ack == 0
    strange &= ~repeated
    begins = streams.starts[((flags[streams.starts] & (SYN | ACK)) == SYN)]
    strange[begins] = False
    strange |= (flags & RST) != 0
    strange |= ((flags & SYN) != 0) & follows & ~repeated
    strange |= (flow.seq != expected.next_before) & ~repeated
    other_next, other_ack = expected.next_seq[flow.opposite], expected.acknowledged[flow.opposite]
    strange |= answers & ((flags & ACK) != 0) & (flow.ack > other_next)
    strange |= answers & (flow.end > flow.seq) & (flow.seq < other_ack)
    strange |= answers & (length == 1) & (segments.window[flow.opposite] == 0)
    # Nothing comes after a final reset that it could disturb.
    last = streams.ends - 1
    final = ((flags[last] & (SYN | FIN | RST | ACK)) == RST | ACK) & (length[last] == 0)
    final &= (segments.ack[last] != 0) & (flow.seq[last] == expected.next_before[last])
    strange[last[final & ~(answers[last] & (flow.ack[last] > other_next[last]))]] = False
    return strange


def _crowded(streams: Streams, flow: Flow, expected: Expected, disturbing: Bools) -> Numbers:
    """Streams in which more segments may have waited for an ACK than the rules remember.

    Counted at some segments of each direction only, and generously: from the first whose number was not
    acknowledged, or the first since the other side's latest segment.
    """
    by_flow = flow.by_flow
    sends = (flow.end > flow.seq)[by_flow]
    carrier = by_flow[sends]
    of_flow = streams.flow[carrier]
    begins = np.ones(len(carrier), np.bool_)
    begins[1:] = of_flow[1:] != of_flow[:-1]
    first = np.flatnonzero(begins)
    sizes = np.diff(np.append(first, len(carrier)))
    least = MOST_UNACKED_IN_DISORDER - _COUNTED_EVERY
    long_ones = sizes > least
    if not long_ones.any():
        return np.zeros(0, np.int64)
    rank = np.arange(len(carrier)) - np.repeat(first, sizes)
    sampled = np.flatnonzero(np.repeat(long_ones, sizes) & (rank % _COUNTED_EVERY == _COUNTED_EVERY - 1))
    top = expected.next_seq[carrier]
    shift = apart(top, begins)
    opposite = flow.opposite[carrier[sampled]]
    highest = np.where(opposite >= 0, expected.acknowledged[opposite], np.iinfo(np.int64).min // 2)
    low = np.repeat(first, sizes)[sampled]
    highest = np.clip(highest, top[low] - 1, top[sampled])
    waiting_from = np.searchsorted(top + shift, highest + shift[sampled], "right")
    places = carrier + of_flow * len(streams.stream)
    since = np.searchsorted(places, opposite + of_flow[sampled] * len(streams.stream), "right")
    waiting = sampled + 1 - np.minimum(waiting_from, np.maximum(since, low))
    disturbed = np.zeros(streams.count, np.bool_)
    disturbed[streams.stream[disturbing]] = True
    stream = streams.stream[carrier[sampled]]
    most = np.where(disturbed[stream], MOST_UNACKED_IN_DISORDER, MOST_UNACKED) - _COUNTED_EVERY
    return np.unique(stream[waiting > most])


def judge_disturbances(streams: Streams, flow: Flow, expected: Expected, analysis: Analysis) -> None:
    """Replaces what was said of all segments at once by what the rules say, where it may differ."""
    disturbing = _disturbing(streams, flow, expected)
    crowded = _crowded(streams, flow, expected, disturbing)
    for stream in crowded.tolist():
        disturbing[streams.starts[stream]:streams.ends[stream]] = False
        apply_rules(streams, flow, analysis, stream)
    judge = _Judge(streams, flow, expected, analysis, disturbing)
    done = 0
    for place in np.flatnonzero(disturbing).tolist():
        if place >= done:
            done = judge.judge_from(place)


def apply_rules(streams: Streams, flow: Flow, analysis: Analysis, stream: int) -> None:
    """Replaces what was computed for all at once by what the rules say of a whole stream."""
    rules = StreamRules()
    start, end = int(streams.starts[stream]), int(streams.ends[stream])
    _note(analysis, start, list(rules.follow(_entries(streams, flow, start, end))))
    analysis.initial_rtt_ns[stream] = rules.initial_rtt_ns


def _entries(streams: Streams, flow: Flow, start: int, end: int) -> list[Entry]:
    segments, here = streams.segments, slice(start, end)
    return list(map(Entry, range(start, end), segments.time_at(here).tolist(), streams.side[here].tolist(),
                    segments.flags[here].tolist(), flow.seq[here].tolist(), flow.ack[here].tolist(),
                    segments.length[here].tolist(), segments.window[here].tolist(), flow.allowed[here].tolist(),
                    flow.sacked[here].tolist(), segments.ack[here].tolist()))


def _note(analysis: Analysis, start: int, verdicts: list[Verdict]) -> None:
    here = slice(start, start + len(verdicts))
    analysis.marks[here] = [verdict.marks for verdict in verdicts]
    analysis.acked[here] = [verdict.acked for verdict in verdicts]
    analysis.rto_from[here] = [verdict.rto_from for verdict in verdicts]
    analysis.bytes_in_flight[here] = [verdict.bytes_in_flight for verdict in verdicts]
    analysis.push_bytes[here] = [verdict.push_bytes for verdict in verdicts]
    analysis.duplicate_number[here] = [verdict.duplicate_number for verdict in verdicts]
    analysis.duplicate_of[here] = [verdict.duplicate_of for verdict in verdicts]
    analysis.noted[here] = [verdict.noted for verdict in verdicts]


class _Judge:
    """Judges the segments of one stream after the other, from some place on."""

    def __init__(self, streams: Streams, flow: Flow, expected: Expected, analysis: Analysis,
                 disturbing: Bools) -> None:
        self._streams, self._flow, self._expected, self._analysis = streams, flow, expected, analysis
        self._disturbing = disturbing.tobytes()
        position = np.empty(len(flow.by_flow), np.int64)
        position[flow.by_flow] = np.arange(len(position))
        begins = np.flatnonzero(flow.begins)
        begin_of_flow = np.zeros(2 * streams.count, np.int64)
        begin_of_flow[streams.flow[flow.by_flow[begins]]] = begins
        # One number at a time is read three times as fast through a memoryview.
        segments = streams.segments
        self._top, self._position = expected.next_seq[flow.by_flow].data, position.data
        self._begin_of_flow = begin_of_flow.data
        self._stream_of, self._side = _view(streams.stream), _view(streams.side)
        self._flags, self._window, self._ack_raw = (
            _view(segments.flags), _view(segments.window), _view(segments.ack))
        self._seq, self._end, self._ack, self._by_flow = (
            _view(flow.seq), _view(flow.end), _view(flow.ack), _view(flow.by_flow))
        self._next_seq, self._acknowledged_by = _view(expected.next_seq), _view(expected.acknowledged)
        self._duplicates, self._duplicate_of = _view(expected.duplicates), _view(expected.duplicate_of)
        self._latest_data, self._push_bytes = _view(expected.latest_data), _view(expected.push_bytes)
        self._row, self._times = _view(segments.row), _view(segments.times)
        self._callers = np.flatnonzero((segments.flags & (SYN | ACK)) == SYN).tolist()
        self._stream = -1
        self._unseen_to_tell = (1, 1)       # carried on within a stream

    def judge_from(self, place: int) -> int:
        """Judges from a place on, and returns the place where what was expected holds again."""
        stream = self._stream_of[place]
        start, end = int(self._streams.starts[stream]), int(self._streams.ends[stream])
        rules = StreamRules()
        latest = [-1, -1]
        if stream != self._stream:
            self._stream, self._unseen_to_tell = stream, (1, 1)
        if place - start <= _NEAR_THE_START and self._unseen_to_tell == (1, 1):
            first = start
        else:
            first, latest = place, self._recall(rules, place, stream)
        verdicts: list[Verdict] = []
        look, at = _FIRST_LOOK, first
        settled = False
        while at < end and not settled:
            for entry in _entries(self._streams, self._flow, at, min(at + look, end)):
                verdicts.append(rules.judge(entry))
                latest[entry.side] = at = entry.place
                if at < place:
                    continue
                ahead = self._disturbing.find(b"\1", at + 1, min(at + 1 + _SOON, end))
                if ahead >= 0:
                    place = ahead
                elif self._settled(rules, latest):
                    settled = True
                    break
            at, look = at + 1, look * 4
        _note(self._analysis, first, verdicts)
        self._unseen_to_tell = rules.sides[0].unseen_to_tell, rules.sides[1].unseen_to_tell
        return at

    def _recall(self, rules: StreamRules, place: int, stream: int) -> list[int]:
        """Has the rules know what they would know before a place; the latest places of both sides before it."""
        streams, flow, expected = self._streams, self._flow, self._expected
        own = self._side[place]
        latest = [-1, -1]
        latest[own], latest[1 - own] = int(flow.previous[place]), int(flow.opposite[place])
        for side, knows in enumerate(rules.sides):
            knows.unseen_to_tell = self._unseen_to_tell[side]
            if latest[side] >= 0:
                self._recall_side(knows, latest[side], latest[1 - side])
        before = bisect_left(self._callers, place) - 1
        if before >= 0 and self._callers[before] >= streams.starts[stream]:
            rules.syn_ns = self._time_at(self._callers[before])
        if expected.rtt_known_at[stream] < place:
            rules.initial_rtt_ns = int(expected.initial_rtt_ns[stream])
        return latest

    def _recall_side(self, knows: SideKnows, last: int, opposite: int) -> None:
        knows.next_seq = knows.expected_ack = self._next_seq[last]
        knows.next_seq_place = self._reached(last)
        knows.next_seq_ns = self._time_at(knows.next_seq_place)
        knows.ack, knows.has_acked = self._ack[last], bool(self._ack_raw[last])
        knows.latest_ack_ns = self._time_at(last)
        knows.window, knows.allowed = self._window[last], int(self._flow.allowed[last])
        knows.sacked = int(self._flow.sacked[last])
        knows.marks = int(self._analysis.marks[last])
        knows.duplicates, knows.duplicate_of = self._duplicates[last], self._duplicate_of[last]
        data = self._latest_data[last]
        if data >= 0:
            knows.push_bytes = self._push_bytes[data]
            knows.push_ended = bool(self._flags[data] & PSH)
        for begin, end, place in self._waiting(last, self._acknowledged(opposite, self._low(last))):
            knows.unacked.add(begin, end, place)

    def _time_at(self, place: int) -> int:
        """When a segment was captured, 0 where the capture holds no time."""
        time_ns = self._times[self._row[place]]
        return 0 if time_ns == NO_TIME else time_ns

    def _waiting(self, last: int, highest: int) -> list[tuple[int, int, int]]:
        """What of the segments up to a place was not acknowledged: first number, end, place."""
        position = self._position[last]
        low = bisect_right(self._top, highest, self._low(last), position + 1)
        seqs, ends = self._seq, self._end
        return [(max(seqs[place], highest), ends[place], place) for place in self._by_flow[low:position + 1]
                if ends[place] > seqs[place] and ends[place] > highest]

    def _low(self, place: int) -> int:
        """Where the flow of a place begins in the order of flows."""
        return self._begin_of_flow[2 * self._stream_of[place] + self._side[place]]

    def _reached(self, last: int) -> int:
        """The place that first came to the highest number seen up to a place."""
        position = self._position[last]
        return self._by_flow[bisect_left(self._top, self._top[position], self._low(last), position)]

    def _acknowledged(self, opposite: int, low: int) -> int:
        """What the other side had acknowledged; the first number of the flow that begins at low, at least."""
        first = self._seq[self._by_flow[low]]
        return first if opposite < 0 else max(first, self._acknowledged_by[opposite])

    def _settled(self, rules: StreamRules, latest: list[int]) -> bool:
        """Whether the rules know what is expected, and nothing else."""
        sides = rules.sides
        for knows in sides:
            if knows.next_seq is not None and not knows.undisturbed:
                return False
        return all(latest[side] < 0 or self._as_expected(sides[side], latest[side], latest[1 - side])
                   for side in (0, 1))

    def _as_expected(self, knows: SideKnows, last: int, opposite: int) -> bool:
        next_seq = self._next_seq[last]
        if (knows.next_seq != next_seq or knows.duplicates != self._duplicates[last]
                or knows.duplicate_of != self._duplicate_of[last]):
            return False
        data = self._latest_data[last]
        pushed = self._push_bytes[data] if data >= 0 else 0
        if knows.push_bytes != pushed or knows.push_ended != (data >= 0 and bool(self._flags[data] & PSH)):
            return False
        highest = self._acknowledged(opposite, self._low(last))
        return (highest <= next_seq and knows.unacked.spans(highest, next_seq)
                and knows.next_seq_place == self._reached(last)
                and knows.unacked.waiting() == self._waiting(last, highest))


def _view(numbers: NDArray[np.integer[Any]]) -> memoryview[int]:
    """An array to be read one number at a time."""
    return np.ascontiguousarray(numbers).data
