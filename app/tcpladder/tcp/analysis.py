"""tcp.analysis.* for all conversations: at once where nothing went wrong, by the rules where something did.

Arrays are in stream order (see streams.py). A *place* is an index into them, -1 for none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.tcp.connection import ACK, FIN, PSH, RST, SYN
from tcpladder.tcp.disturbances import Expected, judge_disturbances
from tcpladder.tcp.segments import Trait
from tcpladder.tcp.stream_rules import LARGEST_FLIGHT, Mark
from tcpladder.tcp.streams import Streams, first_places
from tcpladder.tcp.unwrapped import Flow, apart, highest_so_far, unwrap

Array = NDArray[Any]
Bools = NDArray[np.bool_]
NONE = -1
_NOTHING_YET = 1 << 40      # so far below all others lies the number of a direction that has acknowledged nothing


@dataclass(frozen=True, slots=True)
class Analysis:
    """What each segment is in the light of those before it."""

    marks: NDArray[np.int32]              # bits of Mark
    acked: NDArray[np.int32]              # place of the segment that this ACK acknowledges to its end
    rto_from: NDArray[np.int32]           # place of the segment that the retransmission timer ran for
    bytes_in_flight: NDArray[np.uint32]   # 0 where not known
    push_bytes: NDArray[np.uint32]        # since the last PSH; 0 where not known
    duplicate_number: NDArray[np.int32]   # 0 where it is no duplicate ACK
    duplicate_of: NDArray[np.int32]
    noted: NDArray[np.bool_]              # the tree shows an analysis
    initial_rtt_ns: NDArray[np.int64]     # per stream; 0 where not known


class WholeAnalysis:
    """The analysis of all segments of a capture: as Analysis, with what few segments have kept for those only."""

    def __init__(self, segments: int, streams: int) -> None:
        self.marks = np.zeros(segments, np.int32)
        self.acked = np.full(segments, NONE, np.int32)
        self.bytes_in_flight, self.push_bytes = np.zeros(segments, np.uint32), np.zeros(segments, np.uint32)
        self.noted = np.zeros(segments, np.bool_)
        self.initial_rtt_ns = np.zeros(streams, np.int64)
        nothing = np.zeros(0, np.int32)
        self._few = {name: [(nothing, nothing)] for name in ("rto_from", "duplicate_number", "duplicate_of")}

    def put(self, part: Analysis, segment: int, stream: int) -> None:
        """Takes over what is said of the streams that begin at a stream and at a segment."""
        here = slice(segment, segment + len(part.marks))
        self.marks[here], self.noted[here] = part.marks, part.noted
        self.acked[here] = np.where(part.acked == NONE, NONE, part.acked + segment)
        self.bytes_in_flight[here], self.push_bytes[here] = part.bytes_in_flight, part.push_bytes
        self.initial_rtt_ns[stream:stream + len(part.initial_rtt_ns)] = part.initial_rtt_ns
        for name, found in self._few.items():
            values = getattr(part, name)
            missing, shift = (0, 0) if name == "duplicate_number" else (NONE, segment)
            places = np.flatnonzero(values != missing)
            found.append(((places + segment).astype(np.int32), (values[places] + shift).astype(np.int32)))

    def rto_from_at(self, places: Array) -> NDArray[np.int32]:
        """As in Analysis, for some segments."""
        return self._few_at("rto_from", places, NONE)

    def duplicate_number_at(self, places: Array) -> NDArray[np.int32]:
        """As in Analysis, for some segments."""
        return self._few_at("duplicate_number", places, 0)

    def duplicate_of_at(self, places: Array) -> NDArray[np.int32]:
        """As in Analysis, for some segments."""
        return self._few_at("duplicate_of", places, NONE)

    def _few_at(self, name: str, places: Array, missing: int) -> NDArray[np.int32]:
        parts = self._few[name]
        if len(parts) > 1:      # together from now on
            parts[:] = [(np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts]))]
        known, values = parts[0]
        result = np.full(len(places), missing, np.int32)
        if len(known):
            found = np.minimum(np.searchsorted(known, places), len(known) - 1)
            np.copyto(result, values[found], where=known[found] == places)
        return result


def analyse(streams: Streams, flow: Flow) -> Analysis:
    """Looks at every conversation; passes over what ICMP errors quote, and fragments, whose length is not known."""
    aside = streams.segments.aside_at()
    if aside.any():
        return _analyse_others(streams, aside)
    initial_rtt, answer = _initial_rtt_ns(streams)
    expected = _expect(streams, flow, initial_rtt, answer)
    analysis = _analyse_undisturbed(streams, flow, expected)
    judge_disturbances(streams, flow, expected, analysis)
    marks = analysis.marks
    marks[streams.reused] |= np.int32(Mark.REUSED_PORTS)
    noted = analysis.noted | (marks != 0)
    _mark_fast_open(streams, marks)
    return replace(analysis, noted=noted)


def _analyse_others(streams: Streams, aside: Bools) -> Analysis:
    """The analysis without the segments aside, as if they did not exist; nothing is said of those."""
    total = len(streams.segments)
    own = np.flatnonzero(~aside)
    alone, kept = streams.only(own)
    part = analyse(alone, unwrap(alone))

    def spread(values: Array, missing: int, are_places: bool = False) -> Array:
        result = np.full(total, missing, values.dtype)
        result[own] = np.where(values >= 0, own[values], NONE) if are_places and len(own) else values
        return result

    rtt = np.zeros(streams.count, np.int64)
    rtt[kept] = part.initial_rtt_ns
    return Analysis(
        spread(part.marks, 0), spread(part.acked, NONE, True), spread(part.rto_from, NONE, True),
        spread(part.bytes_in_flight, 0), spread(part.push_bytes, 0), spread(part.duplicate_number, 0),
        spread(part.duplicate_of, NONE, True), spread(part.noted, False), rtt)


def _initial_rtt_ns(streams: Streams) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(m,) from the latest SYN to the first ACK without SYN that comes after it, 0 where not known; its place."""
    segments = streams.segments
    total = len(segments)
    connecting = segments.flags & (SYN | ACK)
    syn = np.full(total, NONE)
    callers = np.flatnonzero(connecting == SYN)
    syn[callers] = callers
    syn = np.maximum.accumulate(syn) if total else syn
    seen = np.flatnonzero((connecting == ACK) & (syn >= streams.starts[streams.stream]))
    delta = np.zeros(total + 1, np.int64)
    delta[seen] = segments.time_at(seen) - segments.time_at(syn[seen])
    answer = first_places(streams.stream, delta[:total] != 0, streams.count)
    return delta[answer], answer


def _expect(streams: Streams, flow: Flow, initial_rtt: NDArray[np.int64], answer: NDArray[np.int64]) -> Expected:
    """What the rules would know after each segment, were nothing wrong."""
    segments = streams.segments
    by_flow, begins = flow.by_flow, flow.begins
    total = len(by_flow)
    top = highest_so_far(flow.end[by_flow], begins)
    ack = flow.ack[by_flow]
    has_ack = ((segments.flags & ACK) != 0)[by_flow]
    first = np.flatnonzero(begins)
    lowest = np.minimum.reduceat(ack, first) - _NOTHING_YET if total else ack
    highest = highest_so_far(np.where(has_ack, ack, np.repeat(lowest, np.diff(np.append(first, total)))), begins)

    next_seq, acknowledged, number, next_before = (np.empty(total, np.int64) for _ in range(4))
    next_seq[by_flow], acknowledged[by_flow] = top, highest
    before = np.empty(total, np.int64)
    before[1:] = top[:-1]
    before[begins] = flow.seq[by_flow[begins]]
    next_before[by_flow] = before
    same_ack = np.zeros(total, np.bool_)
    same_ack[1:] = ack[1:] == ack[:-1]
    same_ack &= ~begins
    duplicate_of = np.empty(total, np.int64)
    run = np.flatnonzero(~same_ack)
    in_run = np.diff(np.append(run, total))
    duplicate_of[by_flow] = np.repeat(by_flow[run], in_run)
    repeats = np.empty(total, np.bool_)
    repeats[by_flow] = same_ack
    repeats &= (segments.length == 0) & ((segments.flags & (SYN | FIN | RST)) == 0) & (segments.window != 0)
    repeats &= flow.seq == next_before
    same_window = segments.window == segments.window[flow.previous]
    duplicate = repeats & same_window
    counted = np.cumsum(duplicate[by_flow])
    at_run = counted[run] - duplicate[by_flow[run]]
    number[by_flow] = counted - np.repeat(at_run, in_run)
    return Expected(
        initial_rtt, answer, next_before, next_seq, acknowledged, number, duplicate_of, duplicate,
        repeats & ~same_window, *_push_bytes(streams, flow, next_before), _repeated_syns(streams, flow))


def _push_bytes(streams: Streams, flow: Flow, next_before: NDArray[np.int64]) -> tuple[Array, Array]:
    """Bytes since the last PSH of each direction, and the place of the data segment that they end with, -1 for none.

    Data that follows a gap does not count before the other side has acknowledged something.
    """
    segments, by_flow = streams.segments, flow.by_flow
    total = len(by_flow)
    data = segments.length > 0
    lost = np.flatnonzero((flow.previous >= 0) & (flow.seq > next_before) & ((segments.flags & RST) == 0))
    if len(lost):
        latest = np.full(total, NONE)
        latest[lost] = lost
        latest[by_flow] = highest_so_far(latest[by_flow], flow.begins)
        data &= latest <= flow.opposite
    places = by_flow[data[by_flow]]
    result, latest_data = np.zeros(total, np.int64), np.full(total, NONE)
    if not len(places):
        return result, latest_data
    length = segments.length[places].astype(np.int64)
    starts = np.ones(len(places), np.bool_)
    in_flow = streams.flow[places]
    starts[1:] = (in_flow[1:] != in_flow[:-1]) | ((segments.flags[places[:-1]] & PSH) != 0)
    sums = np.cumsum(length)
    first = np.flatnonzero(starts)
    result[places] = sums - np.repeat(sums[first] - length[first], np.diff(np.append(first, len(places))))
    latest_data[places] = places
    in_order = latest_data[by_flow]
    filled = np.maximum.accumulate(np.where(in_order >= 0, np.arange(total), 0))
    first_of_flow = np.flatnonzero(flow.begins)
    begin = np.repeat(first_of_flow, np.diff(np.append(first_of_flow, total)))
    latest_data[by_flow] = np.where(filled >= begin, in_order[filled], NONE)
    return result, latest_data


def _repeated_syns(streams: Streams, flow: Flow) -> Bools:
    """SYNs that are sent again before anybody has answered."""
    segments = streams.segments
    bare = ((segments.flags & (SYN | ACK)) == SYN) & (segments.length == 0)
    repeated: Bools = bare & (flow.previous >= 0) & (flow.opposite < 0)
    places = np.flatnonzero(repeated)
    earlier = flow.previous[places]
    repeated[places] = bare[earlier] & (flow.seq[places] == flow.seq[earlier])
    return repeated


def _analyse_undisturbed(streams: Streams, flow: Flow, expected: Expected) -> Analysis:
    """Right for segments that are sent in order and without gaps, and acknowledge what was seen."""
    segments = streams.segments
    answers = flow.opposite >= 0
    flags, length, window = segments.flags, segments.length, segments.window
    plain = (flags & (SYN | FIN | RST)) == 0
    full = plain & (length > 0) & answers & (flow.allowed[flow.opposite] >= 0) & (segments.ack[flow.opposite] != 0)
    full &= flow.end == flow.ack[flow.opposite] + flow.allowed[flow.opposite]
    repeated = expected.repeated_syn
    marks = np.zeros(len(flags), np.int32)
    for mark, where in ((Mark.WINDOW_UPDATE, expected.window_update), (Mark.DUPLICATE_ACK, expected.duplicate),
                        (Mark.WINDOW_FULL, full), (Mark.ZERO_WINDOW, plain & (window == 0)),
                        (Mark.RETRANSMISSION, repeated)):
        marks[where] |= np.int32(mark)
    rto_from = np.full(len(flags), NONE, np.int32)
    rto_from[repeated] = streams.starts[streams.stream[repeated]]

    acked = _acked_segments(streams, flow, expected, (flags & ACK) != 0)
    seen = np.flatnonzero(length > 0)
    flight = flow.end[seen] - _unacknowledged_from(streams, flow, expected, seen) - ((flags[seen] & (SYN | FIN)) != 0)
    measured = (flight > 0) & (flight < LARGEST_FLIGHT)
    noted = (marks != 0) | (acked >= 0)
    noted[seen[measured]] = True
    beyond = flight - np.where(answers[seen], flow.sacked[flow.opposite[seen]], 0)
    known = measured & (beyond > 0)
    in_flight, pushed = np.zeros(len(flags), np.uint32), np.zeros(len(flags), np.uint32)
    in_flight[seen[known]], pushed[seen[known]] = beyond[known], expected.push_bytes[seen[known]]
    duplicate = expected.duplicate
    return Analysis(
        marks, acked, rto_from, in_flight, pushed, np.where(duplicate, expected.duplicates, 0).astype(np.int32),
        np.where(duplicate, expected.duplicate_of, NONE).astype(np.int32), noted, expected.initial_rtt_ns.copy())


def _acked_segments(streams: Streams, flow: Flow, expected: Expected, has_ack: Bools) -> NDArray[np.int32]:
    """Place of the segment that ends where an ACK points, if this is the first ACK to point there."""
    result = np.full(len(has_ack), NONE, np.int32)
    if not len(result):
        return result
    higher = (flow.previous < 0) | (flow.ack > expected.acknowledged[flow.previous])
    fresh = np.flatnonzero(has_ack & higher & (flow.opposite >= 0))
    # What is seen of each direction grows: one sorted array answers for all.
    by_flow, begins = flow.by_flow, flow.begins
    end = flow.end[by_flow]
    shift = apart(end, begins)
    growing = np.flatnonzero((expected.next_seq > expected.next_before)[by_flow])
    if not len(growing):
        return result
    keys, carrier = end[growing] + shift[growing], by_flow[growing]
    shift_of = np.empty(len(result), np.int64)
    shift_of[by_flow] = shift
    opposite = flow.opposite[fresh]
    wanted = flow.ack[fresh] + shift_of[opposite]
    found = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
    # A number that its direction never came to may lie among the keys of another one.
    hit = (keys[found] == wanted) & (carrier[found] <= opposite)
    hit &= streams.flow[carrier[found]] == streams.flow[opposite]
    result[fresh[hit]] = carrier[found[hit]]
    return result


def _unacknowledged_from(streams: Streams, flow: Flow, expected: Expected,
                         places: NDArray[np.int64]) -> NDArray[np.int64]:
    """What the other side had acknowledged when a segment was sent; its flow's first number at least."""
    first = np.empty(2 * streams.count, np.int64)
    begin = flow.by_flow[flow.begins]
    first[streams.flow[begin]] = flow.seq[begin]
    start = first[streams.flow[places]]
    opposite = flow.opposite[places]
    return np.where(opposite >= 0, np.maximum(start, expected.acknowledged[opposite]), start)


def _mark_fast_open(streams: Streams, marks: NDArray[np.int32]) -> None:
    """A SYN with a cookie, and the SYN-ACK that acknowledges the data which came with it (RFC 7413)."""
    segments = streams.segments
    asking = np.flatnonzero(segments.has(Trait.COOKIE))
    asking = asking[(segments.flags[asking] & (SYN | ACK)) == SYN]
    if not len(asking):
        return
    marks[asking] |= np.int32(Mark.TFO_SYN)
    syn = np.full(streams.count, NONE)
    syn[streams.stream[asking]] = asking
    answers = np.flatnonzero(((segments.flags & (SYN | ACK)) == SYN | ACK) & (syn[streams.stream] != NONE))
    offered = syn[streams.stream[answers]]
    accepted = segments.ack[answers] - segments.seq[offered] > 1
    marks[answers[accepted & (offered < answers)]] |= np.int32(Mark.TFO_ACK)
