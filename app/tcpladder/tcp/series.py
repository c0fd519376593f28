"""A connection as curves over time, one direction at a time: arrays for whoever draws graphs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tcpladder.tcp.connection import RST, Connection, Kind, Step

Seconds = NDArray[np.float64]
Values = NDArray[np.float64]
Steps = NDArray[np.int64]

_MOST_BINS = 200    # of a throughput curve
_HALF = 1 << 31


@dataclass(frozen=True, slots=True)
class Curve:
    """Points in order of time: seconds since the first segment, value, and the step that each belongs to."""

    seconds: Seconds
    values: Values
    steps: Steps

    def __len__(self) -> int:
        return len(self.seconds)


@dataclass(frozen=True, slots=True)
class Spans:
    """Stretches of numbers, each at one time: from lows to highs (exclusive), and the step that each belongs to."""

    seconds: Seconds
    lows: Values
    highs: Values
    steps: Steps

    def __len__(self) -> int:
        return len(self.seconds)

    def only(self, chosen: NDArray[np.bool_] | Steps) -> Spans:
        """Some of them, told by a mask or by their places."""
        return Spans(self.seconds[chosen], self.lows[chosen], self.highs[chosen], self.steps[chosen])

    def bundled(self, left: float, right: float, most: int) -> Spans:
        """Those between two times; if there are more than most, neighbours become one that covers them all."""
        first, last = np.searchsorted(self.seconds, (left, right), "left")
        chosen = slice(int(first), int(last))
        if last - first <= most:
            return Spans(self.seconds[chosen], self.lows[chosen], self.highs[chosen], self.steps[chosen])
        begins = np.arange(0, last - first, -(-(last - first) // most))
        return Spans(self.seconds[chosen][begins], np.minimum.reduceat(self.lows[chosen], begins),
                     np.maximum.reduceat(self.highs[chosen], begins), self.steps[chosen][begins])


@dataclass(frozen=True, slots=True)
class TimeSequence:
    """What one side sent, as numbers over time, and what the other side said of it.

    acknowledged: the other side's ack numbers. window_edge: the highest number that it allowed, where the window's
    scale is known. sacked: the blocks that it reported beyond the ack; duplicated: those at or below it, which tell
    that something came twice (D-SACK, RFC 2883).
    """

    segments: Spans
    repeated: NDArray[np.bool_]     # of each segment: it was sent before
    acknowledged: Curve
    window_edge: Curve
    sacked: Spans
    duplicated: Spans


def time_sequence(connection: Connection, from_client: bool) -> TimeSequence:
    """Segments that take numbers, acknowledgements, SACK blocks and the edge of the window."""
    sent = [step for step in connection.steps
            if step.from_client is from_client and step.sequence_length and not step.flags & RST]
    answers = [step for step in connection.steps if step.from_client is not from_client and step.ack is not None]
    edges = [step for step in answers if step.window is not None and not step.flags & RST]
    segments = _spans(connection, [(step.time_ns, step.seq, step.next_seq, step.index) for step in sent])
    repeated = np.array([step.kind is Kind.RETRANSMISSION for step in sent], np.bool_)
    in_order = np.argsort(segments.seconds, kind="stable")      # captured times may run backwards
    blocks = [(step.time_ns, *block, step.index) for step in answers for block in sack_blocks(step)]
    beyond = np.array([block[2] > (connection.steps[block[3]].ack or 0) for block in blocks], np.bool_)
    sacked = _spans(connection, blocks)
    return TimeSequence(
        segments.only(in_order), repeated[in_order],
        _from_rows(connection, [(step.time_ns, step.ack or 0, step.index) for step in answers]),
        _from_rows(connection, [(step.time_ns, (step.ack or 0) + (step.window or 0), step.index) for step in edges]),
        sacked.only(beyond), sacked.only(~beyond))


def sack_blocks(step: Step) -> list[tuple[int, int]]:
    """The blocks of a step's SACK option, as relative numbers from the first byte to the one after the last."""
    if step.ack is None:
        return []
    edges = [step.ack + (int(text[4:]) - step.ack + _HALF) % (2 * _HALF) - _HALF
             for text in step.options if text.startswith(("SLE=", "SRE="))]
    return list(zip(edges[::2], edges[1::2], strict=False))     # the last may be cut between its edges


def round_trip_times(connection: Connection, from_client: bool) -> Curve:
    """Milliseconds from a segment to the ACK that first covers it, at the time of the ACK.

    Segments that were sent twice give no sample: which copy was acknowledged is not known (Karn's rule, RFC 6298
    section 3).
    """
    steps = connection.steps
    copies: dict[int, int] = {}
    for step in steps:
        if step.from_client is from_client and step.sequence_length:
            copies[step.seq] = copies.get(step.seq, 0) + 1
    pairs = [(step, steps[step.acknowledges]) for step in steps
             if step.from_client is not from_client and step.acknowledges is not None]
    sampled = [(ack, segment) for ack, segment in pairs if copies.get(segment.seq) == 1]
    return _curve(_times(connection, [ack.time_ns for ack, _segment in sampled]),
                  [(ack.time_ns - segment.time_ns) / 1e6 for ack, segment in sampled],
                  [ack.index for ack, _segment in sampled])


def throughput(connection: Connection, from_client: bool) -> Curve:
    """Kilobytes (1,000) per second, every copy counted, in bins of equal width; points stand in their middle."""
    sent = [step for step in connection.steps if step.from_client is from_client and step.length]
    if not sent:
        return _curve(np.empty(0), [], [])
    times = _times(connection, [step.time_ns for step in sent])
    count = min(len(sent), _MOST_BINS)
    width = max(connection.duration_ns / 1e9 / count, 1e-6)
    bins = np.clip((times / width).astype(np.int64), 0, count - 1)     # captured times may run backwards
    sums = np.bincount(bins, [step.length for step in sent], count)
    order = np.argsort(bins, kind="stable")
    first_in_bin = np.searchsorted(bins[order], np.arange(count))
    steps = np.array([step.index for step in sent])[order][np.minimum(first_in_bin, len(sent) - 1)]
    middles = (np.arange(count, dtype=np.float64) + 0.5) * width
    return Curve(middles, sums / width / 1000, steps)


def in_flight(connection: Connection, from_client: bool) -> tuple[Curve, Curve]:
    """Numbers sent and not yet acknowledged after each step, and the window that the other side allows."""
    sent_to = acknowledged = 0
    flights: list[tuple[int, int, int]] = []
    windows: list[tuple[int, int, int]] = []
    for step in connection.steps:
        if step.flags & RST:
            continue
        if step.from_client is from_client:
            sent_to = max(sent_to, step.next_seq)
        elif step.ack is not None:
            acknowledged = max(acknowledged, step.ack)
            if step.window is not None:
                windows.append((step.time_ns, step.window, step.index))
        flights.append((step.time_ns, max(sent_to - acknowledged, 0), step.index))
    return _from_rows(connection, flights), _from_rows(connection, windows)


def _from_rows(connection: Connection, rows: list[tuple[int, int, int]]) -> Curve:
    return _curve(_times(connection, [time for time, _value, _step in rows]), [value for _time, value, _step in rows],
                  [step for _time, _value, step in rows])


def _spans(connection: Connection, rows: list[tuple[int, int, int, int]]) -> Spans:
    times, lows, highs, steps = np.array(rows, np.int64).reshape(-1, 4).T
    return Spans((times - connection.start_ns) / 1e9, lows.astype(np.float64), highs.astype(np.float64), steps)


def _times(connection: Connection, times_ns: list[int]) -> Seconds:
    return (np.array(times_ns, np.int64) - connection.start_ns) / 1e9


def _curve(seconds: Seconds, values: list[int] | list[float], steps: list[int]) -> Curve:
    return Curve(seconds, np.array(values, np.float64), np.array(steps, np.int64))
