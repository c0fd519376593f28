"""A connection as curves over time, one direction at a time: arrays for whoever draws graphs."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.tcp.connection import FIN, RST, SYN, Connection, Kind, Step

Seconds = NDArray[np.float64]
Values = NDArray[np.float64]
Steps = NDArray[np.int64]
Bools = NDArray[np.bool_]

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

    def only(self, chosen: Bools | Steps) -> Spans:
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
    repeated: Bools     # of each segment: it was sent before
    acknowledged: Curve
    window_edge: Curve
    sacked: Spans
    duplicated: Spans


@dataclass(frozen=True, slots=True, eq=False)
class StepColumns:
    """The steps of a connection as arrays of shape (n,), read once for all curves.

    ack, window and acknowledges are -1 where a step has none. sacked: of each SACK block its step and its edges,
    int64, shape (blocks, 3).
    """

    seconds: Seconds
    from_client: Bools
    flags: Steps
    seq: Steps
    next_seq: Steps
    length: Steps
    ack: Steps
    window: Steps
    acknowledges: Steps
    repeated: Bools
    sacked: Steps
    duration: float     # seconds

    def curve(self, chosen: Bools, values: NDArray[Any]) -> Curve:
        """Values of the chosen steps over time."""
        return Curve(self.seconds[chosen], values[chosen].astype(np.float64), np.flatnonzero(chosen))


def read_steps(connection: Connection) -> StepColumns:
    """One pass over the steps for each fact: a tenth of a second for 200,000."""
    steps = connection.steps
    count = len(steps)

    def whole(name: str) -> Steps:
        return np.fromiter(map(attrgetter(name), steps), np.int64, count)

    def perhaps(name: str) -> Steps:
        return np.fromiter((-1 if value is None else value for value in map(attrgetter(name), steps)), np.int64, count)

    flags, seq, length = whole("flags"), whole("seq"), whole("length")
    next_seq = seq + length + ((flags & SYN) != 0) + ((flags & FIN) != 0)
    with_blocks = [index for index, options in enumerate(map(attrgetter("options"), steps))
                   if options and "SLE=" in " ".join(options)]
    blocks = [(index, *block) for index in with_blocks for block in sack_blocks(steps[index])]
    kinds = map(attrgetter("kind"), steps)
    return StepColumns(
        (whole("time_ns") - connection.start_ns) / 1e9, np.fromiter(map(attrgetter("from_client"), steps), bool, count),
        flags, seq, next_seq, length, perhaps("ack"), perhaps("window"), perhaps("acknowledges"),
        np.fromiter((kind is Kind.RETRANSMISSION for kind in kinds), bool, count),
        np.array(blocks, np.int64).reshape(-1, 3), connection.duration_ns / 1e9)


def time_sequence(steps: StepColumns, from_client: bool) -> TimeSequence:
    """Segments that take numbers, acknowledgements, SACK blocks and the edge of the window."""
    sent = np.flatnonzero((steps.from_client == from_client) & (steps.next_seq > steps.seq)
                          & ((steps.flags & RST) == 0))
    sent = sent[np.argsort(steps.seconds[sent], kind="stable")]     # captured times may run backwards
    answers = (steps.from_client != from_client) & (steps.ack >= 0)
    edges = answers & (steps.window >= 0) & ((steps.flags & RST) == 0)
    blocks = steps.sacked[answers[steps.sacked[:, 0]]]
    sacked = Spans(steps.seconds[blocks[:, 0]], blocks[:, 1].astype(np.float64), blocks[:, 2].astype(np.float64),
                   blocks[:, 0])
    beyond = blocks[:, 2] > steps.ack[blocks[:, 0]]
    return TimeSequence(
        Spans(steps.seconds[sent], steps.seq[sent].astype(np.float64), steps.next_seq[sent].astype(np.float64), sent),
        steps.repeated[sent], steps.curve(answers, steps.ack), steps.curve(edges, steps.ack + steps.window),
        sacked.only(beyond), sacked.only(~beyond))


def sack_blocks(step: Step) -> list[tuple[int, int]]:
    """The blocks of a step's SACK option, as relative numbers from the first byte to the one after the last."""
    if step.ack is None:
        return []
    edges = [step.ack + (int(text[4:]) - step.ack + _HALF) % (2 * _HALF) - _HALF
             for text in step.options if text.startswith(("SLE=", "SRE="))]
    return list(zip(edges[::2], edges[1::2], strict=False))     # the last may be cut between its edges


def round_trip_times(steps: StepColumns, from_client: bool) -> Curve:
    """Milliseconds from a segment to the ACK that first covers it, at the time of the ACK.

    Segments that were sent twice give no sample: which copy was acknowledged is not known (Karn's rule, RFC 6298
    section 3).
    """
    sent = (steps.from_client == from_client) & (steps.next_seq > steps.seq)
    numbers, copies = np.unique(steps.seq[sent], return_counts=True)
    acks = np.flatnonzero((steps.from_client != from_client) & (steps.acknowledges >= 0))
    segments = steps.acknowledges[acks]
    if not len(acks) or not len(numbers):
        return Curve(np.empty(0), np.empty(0), np.empty(0, np.int64))
    place = np.searchsorted(numbers, steps.seq[segments]).clip(max=len(numbers) - 1)
    once = (numbers[place] == steps.seq[segments]) & (copies[place] == 1)
    acks, segments = acks[once], segments[once]
    return Curve(steps.seconds[acks], (steps.seconds[acks] - steps.seconds[segments]) * 1e3, acks)


def throughput(steps: StepColumns, from_client: bool) -> Curve:
    """Kilobytes (1,000) per second, every copy counted, in bins of equal width; points stand in their middle."""
    sent = np.flatnonzero((steps.from_client == from_client) & (steps.length > 0))
    if not len(sent):
        return Curve(np.empty(0), np.empty(0), np.empty(0, np.int64))
    count = min(len(sent), _MOST_BINS)
    width = max(steps.duration / count, 1e-6)
    # Captured times may run backwards.
    bins = np.clip((steps.seconds[sent] / width).astype(np.int64), 0, count - 1)
    sums = np.bincount(bins, steps.length[sent], count)
    order = np.argsort(bins, kind="stable")
    first_in_bin = np.searchsorted(bins[order], np.arange(count))
    middles = (np.arange(count, dtype=np.float64) + 0.5) * width
    return Curve(middles, sums / width / 1000, sent[order][np.minimum(first_in_bin, len(sent) - 1)])


def in_flight(steps: StepColumns, from_client: bool) -> tuple[Curve, Curve]:
    """Numbers sent and not yet acknowledged after each step, and the window that the other side allows."""
    counts = (steps.flags & RST) == 0
    own = steps.from_client == from_client
    answers = counts & ~own & (steps.ack >= 0)
    sent_to = np.maximum.accumulate(np.where(counts & own, steps.next_seq, 0))
    acknowledged = np.maximum.accumulate(np.where(answers, steps.ack, 0))
    return (steps.curve(counts, np.maximum(sent_to - acknowledged, 0)),
            steps.curve(answers & (steps.window >= 0), steps.window))
