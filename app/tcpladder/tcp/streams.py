"""Which segments belong to one conversation, and the numbers that depend on it: all streams at once.

Conversations are numbered as tshark 4.0 does with two passes: in the order of their first segment, both
directions together. A SYN that does not repeat the initial number of its direction begins a new one.

Arrays here are in *stream order*: the segments of stream 0 as captured, then those of stream 1, and so on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.tcp.connection import ACK, FIN, RST, SHIFT_NOT_AGREED, SHIFT_UNKNOWN, SYN
from tcpladder.tcp.segments import EVERYWHERE, Places, Segments, Trait

Array = NDArray[Any]

# tcp.completeness: what was seen of a conversation.
SAW_SYN, SAW_SYN_ACK, SAW_ACK, SAW_DATA, SAW_FIN, SAW_RST = (1 << bit for bit in range(6))
_MIXERS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93))     # odd, of many bits
LARGEST_SHIFT = 14   # RFC 7323 section 2.3: larger ones count as 14


@dataclass(frozen=True, slots=True)
class Streams:
    """Segments grouped into conversations; n segments, m streams, flow = 2 × stream + side.

    Side 0 is whoever sent the first segment of the stream.
    """

    segments: Segments                  # in stream order
    order: NDArray[np.int32]            # (n,) place of each in the order of the capture
    stream: NDArray[np.int32]           # (n,)
    side: NDArray[np.uint8]             # (n,) 0 or 1
    starts: NDArray[np.int64]           # (m,) first segment of each stream
    endpoints: NDArray[np.int64]        # (m, 2) of side 0 and side 1
    base_seq: NDArray[np.uint32]        # (m, 2) the number that counts as 0 in the end
    base_known: NDArray[np.bool_]       # (m, 2)
    shift: NDArray[np.int8]             # (m, 2) of the windows that this side announces; see SHIFT_UNKNOWN
    reused: NDArray[np.int64]           # places of SYNs that do not continue the conversation on their ports
    rebased: NDArray[np.int64]          # places where other numbers count as 0: SYN-ACKs contradict each other, and
    other_bases: NDArray[np.uint32]     # (k, 2) the numbers that count there, of the segment's sender and receiver

    @property
    def count(self) -> int:
        """Number of streams."""
        return len(self.starts)

    @property
    def flow(self) -> NDArray[np.int32]:
        """(n,) stream and direction of each segment as one number."""
        flow: NDArray[np.int32] = self.stream * np.int32(2)
        flow += self.side
        return flow

    @property
    def ends(self) -> NDArray[np.int64]:
        """(m,) the place after the last segment of each stream."""
        return np.append(self.starts, len(self.segments))[1:]

    def seq_at(self, places: Places = EVERYWHERE) -> NDArray[np.uint32]:
        """Relative sequence numbers of some segments."""
        base = self.base_seq[self.stream[places], self.side[places]]
        self._rebase(base, places, 0)
        return self.segments.seq[places] - base

    def ack_at(self, places: Places = EVERYWHERE) -> NDArray[np.uint32]:
        """Relative acknowledgment numbers of some segments; as on the wire where the ACK flag is not set."""
        base = self.base_seq[self.stream[places], 1 - self.side[places]]
        self._rebase(base, places, 1)
        base[(self.segments.flags[places] & ACK) == 0] = 0
        return self.segments.ack[places] - base

    def _rebase(self, base: NDArray[np.uint32], places: Places, which: int) -> None:
        """Puts the other numbers that count as 0 where there are any."""
        if not len(self.rebased):
            return
        if isinstance(places, slice):
            base[self.rebased] = self.other_bases[:, which]
            return
        found = np.minimum(np.searchsorted(self.rebased, places), len(self.rebased) - 1)
        here = self.rebased[found] == places
        base[here] = self.other_bases[found[here], which]

    def sequence_length_at(self, places: Places = EVERYWHERE) -> NDArray[np.int32]:
        """Payload bytes, and one where SYN or FIN is set (also if both are, as tshark counts)."""
        takes_number: NDArray[np.bool_] = (self.segments.flags[places] & (SYN | FIN)) != 0
        return np.add(self.segments.length[places], takes_number)

    def applied_shift_at(self, places: Places = EVERYWHERE) -> NDArray[np.int32]:
        """Shift of the window of some segments; 0 for a SYN, whose window is never scaled."""
        shift = self.shift[self.stream[places], self.side[places]].astype(np.int32)
        shift[(self.segments.flags[places] & SYN) != 0] = 0
        return shift

    def window_at(self, places: Places = EVERYWHERE) -> NDArray[np.int64]:
        """Bytes that some segments allow their receiver to send, as far as the scale is known."""
        window: NDArray[np.int64] = self.segments.window[places].astype(np.int64)
        return window << np.maximum(self.applied_shift_at(places), 0)

    def time_relative_ns_at(self, places: Places = EVERYWHERE) -> NDArray[np.int64]:
        """Since the first segment of the stream."""
        return self.segments.time_at(places) - self.segments.time_at(self.starts[self.stream[places]])

    def time_delta_ns_at(self, places: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """Since the segment before it in the stream; 0 for the first."""
        before = np.where(places == self.starts[self.stream[places]], places, places - 1)
        return self.segments.time_at(places) - self.segments.time_at(before)

    def completeness(self, announced: NDArray[np.bool_] | None = None) -> NDArray[np.uint8]:
        """(m, 2) tcp.completeness as tshark shows it after two passes: in the first segment of each stream, in others.

        What the very first segment shows beside its SYN counts from the second segment on. The SYN of a
        stream that was announced (see announced.py) does not count.
        """
        own = _shown(self.segments)
        if not len(own):
            return np.zeros((0, 2), np.uint8)
        of_first = own[self.starts]
        if announced is not None:
            of_first[announced] &= ~np.uint8(SAW_SYN)
        opens = (of_first & SAW_SYN) != 0
        own &= ~np.uint8(SAW_SYN)
        opens[self.stream[self.reused[self.reused == self.starts[self.stream[self.reused]]]]] = False
        own[self.starts] = np.where(opens, of_first, of_first & SAW_SYN)
        without_first = np.bitwise_or.reduceat(own, self.starts)
        own[self.starts] = of_first
        return np.stack([without_first, np.bitwise_or.reduceat(own, self.starts)], axis=1)

    def part(self, first: int, last: int) -> Streams:
        """The streams from one to another (exclusive), numbered from 0; their places begin at starts[first]."""
        if first == last:
            start = end = len(self.segments)
        else:
            start, end = int(self.starts[first]), int(self.ends[last - 1])
        reused = self.reused[(self.reused >= start) & (self.reused < end)] - start
        rebased = (self.rebased >= start) & (self.rebased < end)
        return Streams(
            self.segments.part(start, end), self.order[start:end], self.stream[start:end] - np.int32(first),
            self.side[start:end], self.starts[first:last] - start, self.endpoints[first:last],
            self.base_seq[first:last], self.base_known[first:last], self.shift[first:last], reused,
            self.rebased[rebased] - start, self.other_bases[rebased])

    def only(self, places: NDArray[np.int64]) -> tuple[Streams, NDArray[np.int32]]:
        """The streams as they are without all other segments, and the numbers of those that are left."""
        kept, stream = np.unique(self.stream[places], return_inverse=True)
        starts = np.searchsorted(stream, np.arange(len(kept)))
        turned = self.side[places][starts]
        mine = np.stack([turned, 1 - turned], axis=1)
        rows = kept[:, None]
        place_of = np.full(len(self.segments), -1, np.int64)
        place_of[places] = np.arange(len(places))
        rebased = place_of[self.rebased]
        return Streams(
            self.segments.take(places), self.order[places], stream.astype(np.int32),
            self.side[places] ^ turned[stream], starts.astype(np.int64), self.endpoints[rows, mine],
            self.base_seq[rows, mine], self.base_known[rows, mine], self.shift[rows, mine],
            place_of[self.reused][place_of[self.reused] >= 0], rebased[rebased >= 0],
            self.other_bases[rebased >= 0]), kept


def number_streams(segments: Segments, source: NDArray[np.int64], destination: NDArray[np.int64]) -> Streams:
    """Groups segments (in the order of the capture, with the endpoints of each) into conversations."""
    order, begins = _by_endpoints(source, destination)
    grouped = segments.take(order)
    first = np.flatnonzero(begins)
    sizes = np.diff(np.append(first, len(order)))
    side = (source[order] != np.repeat(source[order[first]], sizes)).view(np.uint8)
    opens, rebased = _find_reused_ports(grouped, begins, side)
    if opens.any():
        begins |= opens
        first = np.flatnonzero(begins)
        sizes = np.diff(np.append(first, len(order)))
        by_first = np.argsort(order[first], kind="stable")
        starts = np.cumsum(sizes[by_first]) - sizes[by_first]
        inner = np.arange(len(order)) + np.repeat(first[by_first] - starts, sizes[by_first])
        sizes = sizes[by_first]
        grouped, order, opens, rebased = grouped.take(inner), order[inner], opens[inner], rebased[inner]
        side = (source[order] != np.repeat(source[order[starts]], sizes)).view(np.uint8)
        first = starts
    stream = np.repeat(np.arange(len(first), dtype=np.int32), sizes)
    flow = stream * np.int32(2) + side
    base, known = _base_numbers(grouped, flow, len(first))
    shift = _window_shifts(grouped, flow, len(first))
    reused = opens | rebased
    connecting = np.flatnonzero((grouped.flags & (SYN | ACK)) == SYN | ACK)
    changing = np.unique(stream[connecting[grouped.seq[connecting] != base[stream[connecting], side[connecting]]]])
    places, bases = [np.zeros(0, np.int64)], [np.zeros((0, 2), np.uint32)]
    for number in changing.tolist():
        here = slice(int(first[number]), int(first[number] + sizes[number]))
        places.append(np.arange(here.start, here.stop))
        bases.append(_follow_syn_acks(grouped, side, here, base[number].tolist(), reused))
    endpoints = np.stack([source[order[first]], destination[order[first]]], axis=1)
    return Streams(grouped, order, stream, side, first, endpoints, base, known, shift,
                   np.flatnonzero(reused), np.concatenate(places), np.concatenate(bases))


def _by_endpoints(source: NDArray[np.int64],
                  destination: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """The segments of each pair of endpoints in the order of the capture, the pair seen first before the others."""
    total = len(source)
    begins = np.zeros(total, np.bool_)
    begins[:1] = True
    if not total:
        return np.zeros(0, np.int32), begins
    low, high = np.minimum(source, destination), np.maximum(source, destination)
    mixed = low.view(np.uint64) * _MIXERS[0]
    mixed ^= mixed >> np.uint64(29)
    mixed += high.view(np.uint64)
    mixed *= _MIXERS[1]
    order = np.argsort(mixed)
    _mark_changes(mixed[order], begins)
    del mixed
    differs = begins.copy()
    _mark_changes(low[order], differs)
    _mark_changes(high[order], differs)
    if (differs != begins).any():       # two pairs were mixed into one number
        order = np.lexsort((high, low))
        begins[1:] = False
        _mark_changes(low[order], begins)
        _mark_changes(high[order], begins)
    del low, high, differs
    first = np.flatnonzero(begins)
    by_first = np.argsort(np.minimum.reduceat(order, first))
    rank = np.empty(len(first), np.int64)
    rank[by_first] = np.arange(len(first))
    order |= np.repeat(rank << 32, np.diff(np.append(first, total)))
    order.sort()
    begins[1:] = False
    _mark_changes(order >> 32, begins)
    return order.astype(np.int32), begins       # the lower half


def _mark_changes(values: Array, begins: NDArray[np.bool_]) -> None:
    begins[1:] |= values[1:] != values[:-1]


def _follow_syn_acks(segments: Segments, side: NDArray[np.uint8], here: slice, bases: list[int],
                     reused: NDArray[np.bool_]) -> NDArray[np.uint32]:
    """Where SYN-ACKs of one conversation contradict each other, each counts until the next one.

    Returns for each segment the numbers that count as 0, of its sender and its receiver; shape (n, 2).
    """
    found = np.empty((here.stop - here.start, 2), np.uint32)
    for place in range(here.start, here.stop):
        mine = int(side[place])
        seq = int(segments.seq[place])
        if segments.flags[place] & (SYN | ACK) == SYN | ACK and seq != bases[mine]:
            bases[mine] = seq
            reused[place] = True
        found[place - here.start] = bases[mine], bases[1 - mine]
    return found


def first_places(group: NDArray[np.integer[Any]], condition: NDArray[np.bool_], count: int) -> NDArray[np.int64]:
    """(count,) the first place of each group where the condition holds, len(group) where there is none."""
    places = np.flatnonzero(condition)[::-1]
    result = np.full(count, len(group), np.int64)
    result[group[places]] = places
    return result


def last_places(group: NDArray[np.integer[Any]], condition: NDArray[np.bool_], count: int) -> NDArray[np.int64]:
    """(count,) the last place of each group where the condition holds, -1 where there is none."""
    places = np.flatnonzero(condition)
    result = np.full(count, -1, np.int64)
    result[group[places]] = places
    return result


def _shown(segments: Segments) -> NDArray[np.uint8]:
    flags = segments.flags
    syn, ack = (flags & SYN) != 0, (flags & ACK) != 0
    pure_syn = syn & ~ack
    shown = np.where(pure_syn, SAW_SYN, 0).astype(np.uint8)
    shown[syn & ack] |= SAW_SYN_ACK
    shown[(ack & ((flags & FIN) != 0))] |= SAW_FIN
    shown[((flags & RST) != 0) & ~pure_syn] |= SAW_RST
    has_data = (segments.length > 0) & ~segments.has(Trait.FRAGMENT)
    shown[(pure_syn | (ack & ~syn)) & has_data] |= SAW_DATA
    shown[ack & ~syn & ~has_data] |= SAW_ACK
    return shown


def _base_numbers(segments: Segments, flow: NDArray[np.integer[Any]],
                  count: int) -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
    """The initial number of each direction, as far as anything shows it.

    Its own first segment shows it (a SYN exactly, another as one before it), or the first ACK of the other
    side, whichever comes first; a SYN-ACK corrects it.
    """
    total = len(flow)
    base = np.zeros(2 * count, np.uint32)
    if not total:
        return base.reshape(-1, 2), np.zeros((0, 2), np.bool_)
    has_ack = (segments.flags & ACK) != 0
    is_syn = (segments.flags & SYN) != 0
    own = first_places(flow, np.ones(total, np.bool_), 2 * count)
    other = first_places(flow ^ 1, has_ack, 2 * count)
    from_own = own < other
    place = own[from_own]
    base[from_own] = segments.seq[place] - (~is_syn[place]).astype(np.uint32)
    from_other = other < own
    base[from_other] = segments.ack[other[from_other]] - np.uint32(1)
    correction = last_places(flow, is_syn & has_ack, 2 * count)
    corrected = correction >= 0
    base[corrected] = segments.seq[correction[corrected]]
    return base.reshape(-1, 2), (from_own | from_other).reshape(-1, 2)


def _window_shifts(segments: Segments, flow: NDArray[np.integer[Any]], count: int) -> NDArray[np.int8]:
    """(m, 2) RFC 7323: in force only where no SYN lacks the option; SHIFT_UNKNOWN where none was seen."""
    shifts = segments.window_shift
    offers = shifts >= 0
    lacks = ((segments.flags & SYN) != 0) & ~offers & ~segments.has(Trait.OPTIONS_CUT)
    refused = first_places(flow, lacks, 2 * count) < first_places(flow, offers, 2 * count)
    last = last_places(flow, offers, 2 * count)
    shift = np.full(2 * count, SHIFT_UNKNOWN, np.int8)
    shift[last >= 0] = np.minimum(shifts[last[last >= 0]], LARGEST_SHIFT)
    by_stream = shift.reshape(-1, 2)
    by_stream[refused.reshape(-1, 2).any(axis=1)] = SHIFT_NOT_AGREED
    return by_stream


def _find_reused_ports(segments: Segments, begins: NDArray[np.bool_], side: NDArray[np.uint8]) -> tuple[Array, Array]:
    """Segments (grouped by ports) that open a new conversation, and SYN-ACKs that correct the number.

    Only groups in which a SYN departs from the first initial number are looked at one SYN at a time.
    """
    total = len(segments)
    opens, rebased = np.zeros(total, np.bool_), np.zeros(total, np.bool_)
    is_syn = (segments.flags & SYN) != 0
    first = np.flatnonzero(begins)
    group = np.cumsum(begins, dtype=np.int32) - np.int32(1)
    flow = group * np.int32(2) + side
    has_ack = (segments.flags & ACK) != 0
    own = first_places(flow, np.ones(total, np.bool_), 2 * len(first))
    other = first_places(flow ^ 1, has_ack, 2 * len(first))
    from_own = own < other
    place = np.minimum(own, other).clip(max=max(total - 1, 0))
    base = np.zeros(2 * len(first), np.uint32)
    if total:
        base = np.where(from_own, segments.seq[place] - (~is_syn[place]).astype(np.uint32),
                        segments.ack[place] - np.uint32(1)).astype(np.uint32)
    departs = is_syn & (segments.seq != base[flow])
    ends = np.append(first[1:], total)
    for index in np.unique(group[departs]):
        _follow_syns(segments, side, int(first[index]), int(ends[index]), opens, rebased)
    return opens, rebased


def _follow_syns(segments: Segments, side: NDArray[np.uint8], start: int, end: int,
                 opens: NDArray[np.bool_], rebased: NDArray[np.bool_]) -> None:
    """Decides for each SYN of one group of ports whether it continues the conversation."""
    flags, seqs, acks = segments.flags, segments.seq, segments.ack
    here = side[start:end]
    of_side = [start + np.flatnonzero(here == 0), start + np.flatnonzero(here == 1)]
    acking = [places[(flags[places] & ACK) != 0] for places in of_side]
    base: list[int | None] = [None, None]
    begin = start
    for place in (start + np.flatnonzero(flags[start:end] & SYN)).tolist():
        mine = int(side[place])
        known = base[mine]
        if known is None:
            known = _base_before(place, begin, flags, seqs, acks, of_side[mine], acking[1 - mine])
            base[mine] = known
        seq = int(seqs[place])
        if known is None:
            base[mine] = seq
        elif seq != known:
            if flags[place] & ACK:
                rebased[place] = True
                base[mine] = seq
            else:
                opens[place] = True
                begin, base = place, [None, None]
                base[mine] = seq


def _base_before(place: int, begin: int, flags: Array, seqs: Array, acks: Array, own: Array,
                 acking: Array) -> int | None:
    """The initial number of a direction as known before a place, from what came since begin."""
    first_own = own[np.searchsorted(own, begin):][:1]
    first_ack = acking[np.searchsorted(acking, begin):][:1]
    own_place = int(first_own[0]) if len(first_own) else place
    ack_place = int(first_ack[0]) if len(first_ack) else place
    if min(own_place, ack_place) >= place:
        return None
    if own_place < ack_place:
        return (int(seqs[own_place]) - (not flags[own_place] & SYN)) % (1 << 32)
    return (int(acks[ack_place]) - 1) % (1 << 32)
