"""tcp.analysis.* for all conversations: at once where nothing went wrong, by the rules where something did.

Arrays are in stream order (see streams.py). A *place* is an index into them, -1 for none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.tcp.connection import ACK, FIN, PSH, RST, SHIFT_UNKNOWN, SYN
from tcpladder.tcp.sequence import signed_distances
from tcpladder.tcp.stream_rules import LARGEST_FLIGHT, Entry, Mark, StreamRules
from tcpladder.tcp.streams import Streams, first_places, last_places

Array = NDArray[Any]
NONE = -1


@dataclass(frozen=True, slots=True)
class Analysis:
    """What each segment is in the light of those before it."""

    marks: NDArray[np.int64]              # bits of Mark
    acked: NDArray[np.int64]              # place of the segment that this ACK acknowledges to its end
    rto_from: NDArray[np.int64]           # place of the segment that the retransmission timer ran for
    bytes_in_flight: NDArray[np.int64]    # 0 where not known
    push_bytes: NDArray[np.int64]         # since the last PSH; 0 where not known
    duplicate_number: NDArray[np.int64]   # 0 where it is no duplicate ACK
    duplicate_of: NDArray[np.int64]
    noted: NDArray[np.bool_]              # the tree shows an analysis
    initial_rtt_ns: NDArray[np.int64]     # per stream; 0 where not known


@dataclass(frozen=True, slots=True)
class Flow:
    """What the rules compare: unwrapped numbers, the segments before and opposite; shape (n,)."""

    seq: NDArray[np.int64]
    ack: NDArray[np.int64]
    end: NDArray[np.int64]        # seq + length, and one more for SYN or FIN
    previous: NDArray[np.int64]   # place of the one before it in its direction
    opposite: NDArray[np.int64]   # place of the latest of the other direction
    allowed: NDArray[np.int64]    # window in bytes; -1 where the scale is not known
    sacked: NDArray[np.int64]     # bytes in its SACK blocks


def analyse(streams: Streams, flow: Flow) -> Analysis:
    """Looks at every conversation; passes over what ICMP errors quote, and fragments, whose length is not known."""
    aside = streams.segments.quoted | streams.segments.fragment
    if aside.any():
        return _analyse_others(streams, aside)
    initial_rtt = _initial_rtt_ns(streams)
    analysis = _analyse_undisturbed(streams, flow, initial_rtt)
    for stream in np.flatnonzero(_disturbed(streams, flow)).tolist():
        apply_rules(streams, flow, analysis, stream)
    marks = analysis.marks | np.where(streams.reused, int(Mark.REUSED_PORTS), 0)
    return replace(analysis, marks=marks | _fast_open_marks(streams), noted=analysis.noted | (marks != 0))


def _analyse_others(streams: Streams, aside: NDArray[np.bool_]) -> Analysis:
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


def unwrap(streams: Streams) -> Flow:
    """The numbers of every conversation as plain integers that grow past 2**32."""
    segments = streams.segments
    total = len(segments)
    places = np.arange(total)
    by_flow = np.argsort(streams.flow, kind="stable")
    flow = streams.flow[by_flow]
    raw = segments.seq[by_flow]
    begins = np.ones(total, np.bool_)
    begins[1:] = flow[1:] != flow[:-1]
    base = streams.base_seq[streams.stream, streams.side][by_flow]
    before = np.where(begins, base, np.roll(raw, 1))
    step = signed_distances(before, raw).astype(np.int64)
    walked = np.cumsum(step)
    first = np.flatnonzero(begins)
    offset = (walked - step)[first]
    seq = np.empty(total, np.int64)
    seq[by_flow] = walked - np.repeat(offset, np.diff(np.append(first, total)))

    opposite = streams.previous_of_other_side()
    seen = opposite >= 0
    other_base = streams.base_seq[streams.stream, 1 - streams.side]
    from_raw = np.where(seen, segments.seq[opposite], other_base) if total else other_base
    ack = signed_distances(from_raw, segments.ack).astype(np.int64)
    ack[seen] += seq[opposite[seen]]
    allowed = np.where(streams.applied_shift == SHIFT_UNKNOWN, -1, streams.window)
    sacked = np.bincount(segments.sack_owner, minlength=total).astype(np.int64) if total else places
    if len(segments.sack_owner):
        width = (segments.sack_right - segments.sack_left).astype(np.int64)
        sacked = np.bincount(segments.sack_owner, width, total).astype(np.int64)
    end = seq + streams.sequence_length
    return Flow(seq, ack, end, streams.previous_in_flow(), opposite, allowed, sacked)


def _initial_rtt_ns(streams: Streams) -> NDArray[np.int64]:
    """(m,) from the latest SYN to the first ACK without SYN that comes after it; 0 where not known."""
    segments = streams.segments
    places = np.arange(len(segments))
    connecting = segments.flags & (SYN | ACK)
    syn = np.maximum.accumulate(np.where(connecting == SYN, places, -1)) if len(places) else places
    seen = syn >= streams.starts[streams.stream]
    delta = np.where(seen, segments.time_ns - segments.time_ns[syn], 0) if len(places) else places
    answer = first_places(streams.stream, (connecting == ACK) & (delta != 0), streams.count)
    return np.append(delta, 0)[answer]


def _disturbed(streams: Streams, flow: Flow) -> NDArray[np.bool_]:
    """(m,) streams in which a segment may need to be judged by what lies further back than the one before it."""
    segments = streams.segments
    flags = segments.flags
    follows, answers = flow.previous >= 0, flow.opposite >= 0
    has_ack = (flags & ACK) != 0
    # Only a first SYN may lack the ACK flag; without it the ACK field says nothing.
    strange = ~has_ack
    strange[streams.starts] &= (flags[streams.starts] & SYN) == 0
    repeated = _repeated_syns(streams, flow)
    strange &= ~repeated
    strange |= has_ack & (segments.ack == 0)
    strange |= (flags & RST) != 0
    strange |= segments.window == 0
    strange |= ((flags & SYN) != 0) & follows & ~repeated
    strange |= follows & (flow.seq != flow.end[flow.previous]) & ~repeated
    strange |= answers & has_ack & (flow.ack > flow.end[flow.opposite])
    strange |= flow.sacked != 0
    strange |= follows & has_ack[flow.previous] & (flow.ack < flow.ack[flow.previous])
    # Nothing comes after a final reset that it could disturb.
    last = streams.ends - 1
    final = ((flags[last] & (SYN | FIN | RST | ACK)) == RST | ACK) & (segments.length[last] == 0)
    strange[last[final & (segments.ack[last] != 0)]] = False
    result = np.zeros(streams.count, np.bool_)
    result[streams.stream[strange]] = True
    return result


def _repeated_syns(streams: Streams, flow: Flow) -> NDArray[np.bool_]:
    """SYNs that are sent again before anybody has answered."""
    segments = streams.segments
    bare = ((segments.flags & (SYN | ACK)) == SYN) & (segments.length == 0)
    repeated: NDArray[np.bool_] = bare & (flow.previous >= 0) & (flow.opposite < 0)
    places = np.flatnonzero(repeated)
    earlier = flow.previous[places]
    repeated[places] = bare[earlier] & (flow.seq[places] == flow.seq[earlier])
    return repeated


def _analyse_undisturbed(streams: Streams, flow: Flow, initial_rtt: NDArray[np.int64]) -> Analysis:
    """Right for streams in which each direction is sent in order and without gaps, and ACKs never go back."""
    segments = streams.segments
    follows, answers = flow.previous >= 0, flow.opposite >= 0
    flags, length, window = segments.flags, segments.length, segments.window
    plain = (flags & (SYN | FIN | RST)) == 0
    same_ack = follows & (flow.ack == flow.ack[flow.previous]) & ((flags[flow.previous] & ACK) != 0)
    repeats = plain & (length == 0) & same_ack
    same_window = window == window[flow.previous]
    duplicate = repeats & same_window
    full = plain & (length > 0) & answers & (flow.allowed[flow.opposite] >= 0)
    full &= flow.end == flow.ack[flow.opposite] + flow.allowed[flow.opposite]
    marks: Array = (np.where(repeats & ~same_window, int(Mark.WINDOW_UPDATE), 0)
                    | np.where(duplicate, int(Mark.DUPLICATE_ACK), 0)
                    | np.where(full, int(Mark.WINDOW_FULL), 0))
    repeated = _repeated_syns(streams, flow)
    marks[repeated] = int(Mark.RETRANSMISSION)
    rto_from = np.where(repeated, streams.starts[streams.stream], NONE)

    number, of = _count_duplicates(streams, flow, duplicate)
    acked = _acked_segments(streams, flow)
    flight: NDArray[np.int64] = flow.end - _highest_ack(streams, flow) - ((flags & (SYN | FIN)) != 0)
    measured = (length > 0) & (flight > 0) & (flight < LARGEST_FLIGHT)
    return Analysis(
        marks, acked, rto_from, np.where(measured, flight, 0),
        np.where(measured, _push_bytes(streams, flow), 0), number, of,
        measured | (marks != 0) | (acked >= 0), initial_rtt)


def _count_duplicates(streams: Streams, flow: Flow, duplicate: Array) -> tuple[Array, Array]:
    """For each duplicate ACK its number, and the place of the first ACK with that number."""
    total = len(duplicate)
    number, of = np.zeros(total, np.int64), np.full(total, -1, np.int64)
    by_flow = np.argsort(streams.flow, kind="stable")
    ack, in_flow = flow.ack[by_flow], streams.flow[by_flow]
    begins = np.ones(total, np.bool_)
    begins[1:] = (in_flow[1:] != in_flow[:-1]) | (ack[1:] != ack[:-1])
    counted = np.cumsum(duplicate[by_flow])
    first = np.maximum.accumulate(np.where(begins, np.arange(total), 0))
    since = counted - (counted - duplicate[by_flow])[first]
    number[by_flow] = np.where(duplicate[by_flow], since, 0)
    of[by_flow] = np.where(duplicate[by_flow], by_flow[first], -1)
    return number, of


def _acked_segments(streams: Streams, flow: Flow) -> NDArray[np.int64]:
    """Place of the segment that ends where an ACK points, if this is the first ACK to point there."""
    segments = streams.segments
    total = len(segments)
    result = np.full(total, -1, np.int64)
    carries = (segments.length > 0) | ((segments.flags & (SYN | FIN)) != 0)
    carrier = np.flatnonzero(carries)
    if not len(carrier):
        return result
    latest = _latest_carrier(streams, carries)
    acking = np.flatnonzero(((segments.flags & ACK) != 0) & (latest >= 0))
    fresh = acking[(flow.previous[acking] < 0) | (flow.ack[acking] > flow.ack[flow.previous[acking]])
                   | ((segments.flags[flow.previous[acking]] & ACK) == 0)]
    # Ends grow along each flow: one sorted array of (flow, end) answers all.
    span = int(flow.end.max() - min(flow.end.min(), flow.ack.min())) + 2
    low = int(min(flow.end.min(), flow.ack.min()))
    by_flow = carrier[np.argsort(streams.flow[carrier], kind="stable")]
    keys = streams.flow[by_flow] * span + (flow.end[by_flow] - low)
    wanted = (streams.flow[fresh] ^ 1) * span + (flow.ack[fresh] - low)
    found = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
    hit = (keys[found] == wanted) & (by_flow[found] < fresh)
    result[fresh[hit]] = by_flow[found[hit]]
    return result


def _latest_carrier(streams: Streams, carries: Array) -> NDArray[np.int64]:
    """The latest segment of the other side that took a number; -1 where there is none."""
    total = len(carries)
    places = np.arange(total)
    latest = np.full(total, -1, np.int64)
    for side in (0, 1):
        seen = np.maximum.accumulate(np.where(carries & (streams.side == side), places, -1))
        mine = streams.side != side
        latest[mine] = seen[mine]
    latest[latest < streams.starts[streams.stream]] = -1
    return latest


def _highest_ack(streams: Streams, flow: Flow) -> NDArray[np.int64]:
    """What the other side had acknowledged when a segment was sent; its flow's first number at least."""
    first = first_places(streams.flow, np.ones(len(flow.seq), np.bool_), 2 * streams.count)
    start = flow.seq[first[streams.flow]]
    answered = (flow.opposite >= 0) & ((streams.segments.flags[flow.opposite] & ACK) != 0)
    return np.where(answered, np.maximum(start, flow.ack[flow.opposite]), start)


def _push_bytes(streams: Streams, flow: Flow) -> NDArray[np.int64]:
    """Bytes since the last segment with PSH in its direction, its own included."""
    segments = streams.segments
    total = len(segments)
    by_flow = np.argsort(streams.flow, kind="stable")
    data = by_flow[segments.length[by_flow] > 0]
    result = np.zeros(total, np.int64)
    if not len(data):
        return result
    length, in_flow = segments.length[data], streams.flow[data]
    begins = np.ones(len(data), np.bool_)
    begins[1:] = (in_flow[1:] != in_flow[:-1]) | ((segments.flags[data[:-1]] & PSH) != 0)
    sums = np.cumsum(length)
    first = np.maximum.accumulate(np.where(begins, np.arange(len(data)), 0))
    result[data] = sums - (sums - length)[first]
    return result


def apply_rules(streams: Streams, flow: Flow, analysis: Analysis, stream: int) -> None:
    """Replaces what was computed for all at once by what the rules say of this stream."""
    segments = streams.segments
    start, end = int(streams.starts[stream]), int(streams.ends[stream])
    here = slice(start, end)
    entries = map(Entry, range(start, end), segments.time_ns[here].tolist(), streams.side[here].tolist(),
                  segments.flags[here].tolist(), flow.seq[here].tolist(), flow.ack[here].tolist(),
                  segments.length[here].tolist(), segments.window[here].tolist(), flow.allowed[here].tolist(),
                  flow.sacked[here].tolist(), segments.ack[here].tolist())
    rules = StreamRules()
    verdicts = list(rules.follow(entries))
    analysis.marks[here] = [verdict.marks for verdict in verdicts]
    analysis.acked[here] = [verdict.acked for verdict in verdicts]
    analysis.rto_from[here] = [verdict.rto_from for verdict in verdicts]
    analysis.bytes_in_flight[here] = [verdict.bytes_in_flight for verdict in verdicts]
    analysis.push_bytes[here] = [verdict.push_bytes for verdict in verdicts]
    analysis.duplicate_number[here] = [verdict.duplicate_number for verdict in verdicts]
    analysis.duplicate_of[here] = [verdict.duplicate_of for verdict in verdicts]
    analysis.noted[here] = [verdict.noted for verdict in verdicts]
    analysis.initial_rtt_ns[stream] = rules.initial_rtt_ns


def _fast_open_marks(streams: Streams) -> NDArray[np.int64]:
    """A SYN with a cookie, and the SYN-ACK that acknowledges the data which came with it (RFC 7413)."""
    segments = streams.segments
    flags = segments.flags
    asking = segments.cookie & ((flags & (SYN | ACK)) == SYN)
    marks = np.where(asking, int(Mark.TFO_SYN), 0)
    syn = last_places(streams.stream, asking, streams.count)
    answers = np.flatnonzero(((flags & (SYN | ACK)) == SYN | ACK) & (syn[streams.stream] >= 0))
    offered = syn[streams.stream[answers]]
    accepted = segments.ack[answers] - segments.seq[offered] > 1
    marks[answers[accepted & (offered < answers)]] = int(Mark.TFO_ACK)
    return marks
