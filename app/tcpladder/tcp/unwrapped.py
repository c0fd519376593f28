"""The numbers of conversations as plain integers, and what each segment meets: its own direction, the other one.

Arrays are in stream order (see streams.py). A *place* is an index into them, -1 for none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.tcp.connection import SHIFT_UNKNOWN
from tcpladder.tcp.sequence import signed_distances
from tcpladder.tcp.streams import Streams

Array = NDArray[Any]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Flow:
    """What the rules compare: unwrapped numbers, the segments before and opposite; shape (n,).

    by_flow lists the places direction by direction; begins says, in that order, where a direction begins.
    """

    seq: NDArray[np.int64]
    ack: NDArray[np.int64]
    end: NDArray[np.int64]        # seq + length, and one more for SYN or FIN
    previous: Places              # of the one before it in its direction
    opposite: Places              # of the latest of the other direction
    allowed: NDArray[np.int64]    # window in bytes; -1 where the scale is not known
    sacked: NDArray[np.int64]     # bytes in its SACK blocks
    by_flow: Places
    begins: NDArray[np.bool_]


def unwrap(streams: Streams) -> Flow:
    """The numbers of every conversation as plain integers that grow past 2**32."""
    segments, stream, side = streams.segments, streams.stream, streams.side
    total = len(segments)
    places = np.arange(total)
    start = streams.starts[stream]
    by_flow, begins = _direction_by_direction(streams, places - start)
    raw = segments.seq[by_flow]
    base = streams.base_seq[stream, side]
    before = np.empty_like(raw)
    before[1:] = raw[:-1]
    before[begins] = base[by_flow[begins]]
    step = signed_distances(before, raw)
    walked = np.cumsum(step, dtype=np.int64)
    first = np.flatnonzero(begins)
    offset = walked[first] - step[first]
    seq = np.empty(total, np.int64)
    seq[by_flow] = walked - np.repeat(offset, np.diff(np.append(first, total)))

    previous = np.empty(total, np.int64)
    earlier = np.empty(total, np.int64)
    earlier[1:] = by_flow[:-1]
    earlier[begins] = -1
    previous[by_flow] = earlier
    opposite = _opposite(side, start)
    seen = opposite >= 0
    from_raw = np.where(seen, segments.seq[opposite], streams.base_seq[stream, 1 - side]) if total else base
    ack = signed_distances(from_raw, segments.ack).astype(np.int64)
    np.add(ack, seq[opposite], out=ack, where=seen)
    allowed = np.where(streams.applied_shift_at() == SHIFT_UNKNOWN, -1, streams.window_at())
    sacked = np.zeros(total, np.int64)
    if len(segments.sack_owner):
        width = (segments.sack_right - segments.sack_left).astype(np.int64)
        sacked = np.bincount(segments.sack_owner, width, total).astype(np.int64)
    return Flow(seq, ack, seq + streams.sequence_length_at(), previous, opposite, allowed, sacked, by_flow, begins)


def _direction_by_direction(streams: Streams, inner: Places) -> tuple[Places, NDArray[np.bool_]]:
    """The places in the order of flows, and where each flow begins; inner counts from the stream's first segment."""
    side, total = streams.side, len(streams.side)
    begins = np.zeros(total, np.bool_)
    if not total:
        return np.zeros(0, np.int64), begins
    sizes = streams.ends - streams.starts
    ones = np.cumsum(side, dtype=np.int64)
    before_stream = ones[streams.starts] - side[streams.starts]
    zeros = sizes - (ones[streams.ends - 1] - before_stream)     # side 0 is never empty
    ones_before = ones - side - before_stream[streams.stream]
    position = np.where(side == 1, zeros[streams.stream] + ones_before, inner - ones_before)
    position += streams.starts[streams.stream]
    by_flow = np.empty(total, np.int64)
    by_flow[position] = np.arange(total)
    begins[streams.starts] = True
    begins[(streams.starts + zeros)[zeros < sizes]] = True
    return by_flow, begins


def _opposite(side: Array, start: Places) -> Places:
    """The latest earlier segment of the other side; where the side changes it is the one just before."""
    latest = np.full(len(side), -1, np.int64)
    changes = np.flatnonzero(side[1:] != side[:-1])
    latest[changes + 1] = changes
    latest = np.maximum.accumulate(latest) if len(latest) else latest
    latest[latest < start] = -1
    return latest


def highest_so_far(values: Array, begins: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The largest value of each flow up to each of its segments; both in the order of flows."""
    shift = apart(values, begins)
    result: NDArray[np.int64] = np.maximum.accumulate(values + shift) - shift if len(values) else values
    return result


def apart(values: Array, begins: NDArray[np.bool_]) -> NDArray[np.int64]:
    """What to add to values so that those of each flow lie above those of all flows before it."""
    first = np.flatnonzero(begins)
    if not len(first):
        return np.zeros(0, np.int64)
    low, high = np.minimum.reduceat(values, first), np.maximum.reduceat(values, first)
    room = high - low + 1
    return np.repeat(np.cumsum(room) - room - low, np.diff(np.append(first, len(values))))
