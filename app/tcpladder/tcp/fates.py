"""Which segments of a conversation arrived, and when, as far as the capture proves it.

A segment that is sent again although nobody acknowledged it was lost. An ACK was lost where what it covers is
sent again. A segment arrived late where its receiver speaks after it without knowing of it: the two crossed.
Copies that follow too soon for any timer prove nothing: the network doubles segments, and answers repeat.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tcpladder.tcp.connection import ACK, FIN, RST, SYN

SHORTEST_TIMER_NS = 100_000_000     # retransmission timers are longer (RFC 6298: 1 s; Linux: 200 ms)


class Spoken(NamedTuple):
    """One segment as its receiver would judge it; numbers unwrapped and relative. A tuple: there may be very many.

    time_ns counts from anywhere. end is seq + len + SYN + FIN. probe: a keep-alive or window probe, which
    repeats a number on purpose. sacked: ranges of the other direction, the first of them perhaps a
    duplicate (RFC 2883).
    """

    time_ns: int
    from_client: bool
    flags: int
    seq: int
    end: int
    ack: int
    probe: bool
    sacked: tuple[tuple[int, int], ...]

    @property
    def is_syn(self) -> bool:
        """A SYN that answers nothing."""
        return self.flags & (SYN | ACK) == SYN


@dataclass(frozen=True, slots=True)
class Fates:
    """For each segment: whether it was lost, whether its ACK went unheeded, after which one it arrived."""

    lost: list[bool]
    unheeded: list[bool]
    arrives_after: list[int]      # index of the last segment sent before it arrives; its own index mostly


def infer_fates(spoken: Sequence[Spoken], round_trip_ns: int = 0) -> Fates:
    """Looks back from what was repeated or not known to what became of each segment.

    round_trip_ns: how long an answer may be on its way, 0 where not known.
    """
    count = len(spoken)
    patience_ns = max(round_trip_ns, SHORTEST_TIMER_NS)
    lost, unheeded = [False] * count, [False] * count
    directions = {True: _Direction(), False: _Direction()}
    for index, segment in enumerate(spoken):
        mine, other = directions[segment.from_client], directions[not segment.from_client]
        if segment.flags & ACK:
            other.acknowledge(index, segment, spoken, lost)
        if segment.probe:
            if mine.probe is not None and other.last_index < mine.probe:
                lost[mine.probe] = True     # asked again, without an answer
            mine.probe = index
        elif segment.end > segment.seq:
            if segment.seq < mine.highest:
                if segment.end <= mine.acked:
                    _ack_missed(index, segment, spoken, mine, patience_ns, lost, unheeded)
                else:
                    mine.repeat(segment, spoken, other.last_index, lost)
            mine.send(index, segment)
        elif segment.flags & RST and mine.probe is not None and other.last_index < mine.probe:
            lost[mine.probe] = True
        if not segment.flags & RST:
            other.survive(segment, spoken, patience_ns, lost)
        else:
            mine.resets.append(index)
        mine.last_index = index
    for from_client, mine in directions.items():
        for index in mine.latest.values():
            tried_before = spoken[index].seq in mine.given_up
            if index > directions[not from_client].last_index and (spoken[index].is_syn or tried_before):
                lost[index] = True
    return Fates(lost, unheeded, _arrivals(spoken, lost))


class _Direction:
    """What one side has sent and the other has not acknowledged."""

    __slots__ = ("acked", "acks", "given_up", "highest", "last_index", "latest", "probe", "resets", "starts",
                 "told")

    def __init__(self) -> None:
        self.highest = -1 << 62
        self.last_index = -1                     # of its latest segment
        self.probe: int | None = None            # its latest keep-alive or window probe
        self.resets: list[int] = []
        self.acked = -1 << 62                    # highest ACK that was captured for this direction
        self.acks: list[tuple[int, int]] = []    # each new highest ACK and the index of its segment
        self.told = 0                            # up to which index ACKs were found to be lost
        self.starts: list[int] = []              # of the unacknowledged segments, ascending
        self.latest: dict[int, int] = {}         # start to the index of the latest copy
        self.given_up: dict[int, int] = {}       # start to the index of a copy that was lost

    def send(self, index: int, segment: Spoken) -> None:
        if segment.seq not in self.latest:
            if self.starts and segment.seq < self.starts[-1]:
                insort(self.starts, segment.seq)
            else:
                self.starts.append(segment.seq)
        self.latest[segment.seq] = index
        self.highest = max(self.highest, segment.end)

    def survive(self, answer: Spoken, spoken: Sequence[Spoken], patience_ns: int, lost: list[bool]) -> None:
        """The other side goes on speaking long after these resets: it has not received them."""
        while self.resets and answer.time_ns - spoken[self.resets[0]].time_ns > patience_ns:
            lost[self.resets.pop(0)] = True

    def repeat(self, segment: Spoken, spoken: Sequence[Spoken], last_answer: int, lost: list[bool]) -> None:
        """Copies that lie within the segment, or begin with it, did not arrive."""
        first = bisect_left(self.starts, segment.seq)
        while first < len(self.starts) and self.starts[first] < segment.end:
            start = self.starts[first]
            index = self.latest[start]
            copy = spoken[index]
            if copy.end <= segment.end or start == segment.seq:
                by_timer = (segment.time_ns - copy.time_ns >= SHORTEST_TIMER_NS
                            or not (segment.flags | copy.flags) & (SYN | FIN))
                if by_timer and not (copy.is_syn and last_answer > index):
                    lost[index] = True
                    self.given_up[start] = index
                del self.starts[first], self.latest[start]
            else:
                first += 1

    def acknowledge(self, index: int, segment: Spoken, spoken: Sequence[Spoken], lost: list[bool]) -> None:
        if segment.ack > self.acked:
            self.acked = segment.ack
            self.acks.append((segment.ack, index))
            kept = 0
            while kept < len(self.starts) and spoken[self.latest[self.starts[kept]]].end <= segment.ack:
                del self.latest[self.starts[kept]]
                kept += 1
            del self.starts[:kept]
        for left, right in segment.sacked:
            if right <= segment.ack:      # told twice (RFC 2883): the copy that seemed lost arrived too
                copy = self.given_up.pop(left, None)
                if copy is not None:
                    lost[copy] = False
                continue
            first = bisect_left(self.starts, left)
            last = first
            while last < len(self.starts) and spoken[self.latest[self.starts[last]]].end <= right:
                del self.latest[self.starts[last]]
                last += 1
            del self.starts[first:last]


def _ack_missed(index: int, segment: Spoken, spoken: Sequence[Spoken], mine: _Direction, patience_ns: int,
                lost: list[bool], unheeded: list[bool]) -> None:
    """The sender repeats what was acknowledged: it has not seen these ACKs, or (SYN-ACK) not taken them."""
    first = mine.acks[bisect_left(mine.acks, (segment.end, -1))][1]
    for earlier in range(max(first, mine.told), index):
        answer = spoken[earlier]
        if (answer.from_client != segment.from_client and answer.flags & ACK and answer.ack >= segment.end
                and segment.time_ns - answer.time_ns >= patience_ns):
            unheeded[earlier] = True
            if not segment.flags & SYN and answer.end == answer.seq:
                lost[earlier] = True
    mine.told = index


def _arrivals(spoken: Sequence[Spoken], lost: list[bool]) -> list[int]:
    """For SYN and FIN: after the last segment of the receiver that shows no knowledge of it."""
    arrives = list(range(len(spoken)))
    for from_client in (True, False):
        pending: list[int] = []
        for index, segment in enumerate(spoken):
            if segment.from_client == from_client:
                if segment.flags & (SYN | FIN) and not lost[index]:
                    pending.append(index)
            elif pending and not segment.flags & RST:
                knows = [earlier for earlier in pending
                         if segment.flags & ACK and segment.ack >= spoken[earlier].end]
                pending = [earlier for earlier in pending if earlier not in knows]
                for earlier in pending:
                    arrives[earlier] = index
        latest = -1
        for index, segment in enumerate(spoken):
            if segment.from_client == from_client and not lost[index]:
                latest = arrives[index] = max(arrives[index], latest)
    return arrives
