"""The steps of one connection, made from the arrays of its stream."""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from itertools import repeat

import dpkt
import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import ColumnTable
from tcpladder.packets.scanning import gather
from tcpladder.protocols.tcp_options import ONLY_TIMESTAMPS
from tcpladder.tcp.connection import (
    ACK,
    FIN,
    RST,
    SHIFT_UNKNOWN,
    SYN,
    Connection,
    Kind,
    Phase,
    Step,
    flags_label,
)
from tcpladder.tcp.conversations import Conversations
from tcpladder.tcp.fates import Fates, Spoken
from tcpladder.tcp.sequence import signed_distance
from tcpladder.tcp.states import Course
from tcpladder.tcp.stream_rules import Mark
from tcpladder.tcp.unwrapped import Flow

# Plain ints: an IntFlag is slow where there is one for every step.
_RETRANSMISSIONS = int(Mark.RETRANSMISSION | Mark.FAST_RETRANSMISSION | Mark.SPURIOUS_RETRANSMISSION)
_OUT_OF_ORDER, _DUPLICATE = int(Mark.OUT_OF_ORDER), int(Mark.DUPLICATE_ACK)
_KEEP_ALIVES = int(Mark.KEEP_ALIVE | Mark.KEEP_ALIVE_ACK)
_ZERO_WINDOWS = int(Mark.ZERO_WINDOW | Mark.ZERO_WINDOW_PROBE)
# As tshark orders them in Info.
_TAGS = (
    (Mark.KEEP_ALIVE_ACK, "TCP Keep-Alive ACK"), (Mark.KEEP_ALIVE, "TCP Keep-Alive"),
    (Mark.ZERO_WINDOW_PROBE_ACK, "TCP ZeroWindowProbeAck"),
    (Mark.ZERO_WINDOW_PROBE, "TCP ZeroWindowProbe"), (Mark.ZERO_WINDOW, "TCP ZeroWindow"),
    (Mark.ACK_LOST_SEGMENT, "TCP ACKed unseen segment"), (Mark.LOST_SEGMENT, "TCP Previous segment not captured"),
    (Mark.REUSED_PORTS, "TCP Port numbers reused"), (Mark.WINDOW_UPDATE, "TCP Window Update"),
    (Mark.WINDOW_FULL, "TCP Window Full"),
    (Mark.FAST_RETRANSMISSION, "TCP Fast Retransmission"),
    (Mark.SPURIOUS_RETRANSMISSION, "TCP Spurious Retransmission"),
    (Mark.OUT_OF_ORDER, "TCP Out-Of-Order"), (Mark.RETRANSMISSION, "TCP Retransmission"),
)


@dataclass(frozen=True, slots=True)
class Story:
    """A stream cut out of the arrays: the places of its segments, and how each looks to the state machine."""

    places: list[int]
    client_side: int
    spoken: list[Spoken]


def story_places(conversations: Conversations, stream: int) -> NDArray[np.int64]:
    """The places of the segments of a stream that travelled by themselves (not those that ICMP errors quote)."""
    streams = conversations.streams
    start, stop = int(streams.starts[stream]), int(streams.ends[stream])
    chosen = start + np.flatnonzero(~streams.segments.part(start, stop).quoted)
    return chosen if len(chosen) else np.arange(start, stop)     # quotes are all that is known of it


def cut_out(conversations: Conversations, stream: int, client_side: int) -> Story:
    """A stream as the state machine sees it."""
    streams, flow = conversations.streams, conversations.flow_of(stream)
    chosen = story_places(conversations, stream)
    start = int(streams.starts[stream])
    inner = chosen - start
    probes = int(Mark.KEEP_ALIVE | Mark.ZERO_WINDOW_PROBE)
    is_probe = (conversations.analysis.marks[chosen] & probes) != 0
    sacked = _sacked_ranges(conversations, flow, start, int(streams.ends[stream]))
    places = chosen.tolist()
    segments = streams.segments
    spoken = list(map(
        Spoken, segments.time_at(chosen).tolist(), (streams.side[chosen] == client_side).tolist(),
        segments.flags[chosen].tolist(), flow.seq[inner].tolist(), flow.end[inner].tolist(),
        flow.ack[inner].tolist(), is_probe.tolist(), (sacked.get(place, ()) for place in places)))
    return Story(places, client_side, spoken)


def _sacked_ranges(conversations: Conversations, flow: Flow, start: int,
                   end: int) -> dict[int, tuple[tuple[int, int], ...]]:
    """The SACK blocks of the segments between two places, in the numbers of the acknowledged direction."""
    segments = conversations.streams.segments
    first, last = np.searchsorted(segments.sack_owner, [start, end])
    result: dict[int, tuple[tuple[int, int], ...]] = {}
    for index in range(int(first), int(last)):
        owner = int(segments.sack_owner[index])
        raw_ack, ack = int(segments.ack[owner]), int(flow.ack[owner - start])
        left, right = (
            ack + signed_distance(raw_ack, int(edge[index]))
            for edge in (segments.sack_left, segments.sack_right))
        result[owner] = (*result.get(owner, ()), (left, right))
    return result


def make_steps(columns: ColumnTable, conversations: Conversations, story: Story, fates: Fates, course: Course,
               phases: Sequence[Phase]) -> list[Step]:
    """One step per segment; findings are not known yet."""
    streams, analysis = conversations.streams, conversations.analysis
    segments = streams.segments
    chosen = np.array(story.places, np.int64)
    count = len(chosen)
    flags, marks = segments.flags[chosen].tolist(), analysis.marks[chosen].tolist()
    lengths, acks, shifts = (values.tolist() for values in (
        segments.length[chosen], streams.ack_at(chosen), streams.applied_shift_at(chosen)))
    numbers = analysis.duplicate_number_at(chosen).tolist()
    duplicates_of = (segments.row[analysis.duplicate_of_at(chosen)] + 1).tolist()
    values: dict[str, Iterable[object]] = {
        "index": range(count),
        "row": segments.row[chosen].tolist(),
        "time_ns": segments.time_at(chosen).tolist(),
        "from_client": [spoken.from_client for spoken in story.spoken],
        "phase": phases,
        "kind": [_kind(mine, mark, length > 0) for mine, mark, length in zip(flags, marks, lengths, strict=True)],
        "label": map(flags_label, flags),
        "flags": flags,
        "seq": streams.seq_at(chosen).tolist(),
        "seq_raw": segments.seq[chosen].tolist(),
        "ack": [ack if mine & ACK else None for mine, ack in zip(flags, acks, strict=True)],
        "ack_raw": segments.ack[chosen].tolist(),
        "length": lengths,
        "window_raw": segments.window[chosen].tolist(),
        "window": [None if shift == SHIFT_UNKNOWN else window
                   for shift, window in zip(shifts, streams.window_at(chosen).tolist(), strict=True)],
        "window_shift": shifts,
        "options": _options(_Wire(columns, conversations, chosen), story,
                            (segments.ack[chosen] - streams.ack_at(chosen)).tolist()),
        "client_state": [client for client, _server in course.states],
        "server_state": [server for _client, server in course.states],
        "lost": fates.lost,
        "tags": [_tags(mark, of, number) if mark else ()
                 for mark, of, number in zip(marks, duplicates_of, numbers, strict=True)],
        "acknowledges": _acknowledged(story.spoken, fates.lost),
        "finding": repeat(False, count),
    }
    return _filled(count, values)


def _filled(count: int, values: Mapping[str, Iterable[object]]) -> list[Step]:
    """So many steps, made field by field: four times as fast as one step after the other."""
    assert values.keys() == {field.name for field in fields(Step)}
    steps = [Step.__new__(Step) for _ in range(count)]
    for name, of_all in values.items():
        deque(map(getattr(Step, name).__set__, steps, of_all), maxlen=0)
    return steps


def _options(wire: _Wire, story: Story, raw_minus_relative: list[int]) -> list[tuple[str, ...]]:
    return [_option_texts(wire.options(index), raw_minus_relative[index])
            if options is None else options for index, options in enumerate(wire.only_timestamps())]


class _Wire:
    """The TCP headers of some segments as they were captured; arrays have shape (n,)."""

    def __init__(self, columns: ColumnTable, conversations: Conversations, chosen: NDArray[np.int64]) -> None:
        capture, streams = columns.capture, conversations.streams
        self._capture = capture
        self._rows = streams.segments.row[chosen]
        self._starts = columns.starts_of("tcp", conversations.headers.places[streams.order[chosen]])
        room = capture.captured_len[self._rows].astype(np.int64) - self._starts
        self._bytes = np.zeros((len(chosen), _WITH_TIMESTAMPS), np.uint8)
        for chunk in np.unique(capture.chunk[self._rows]).tolist():
            for size in (_WITH_TIMESTAMPS, _CHECKSUMMED, _WINDOWED):     # as much of each as was captured
                here = np.flatnonzero((capture.chunk[self._rows] == chunk) & (room >= size))
                positions = capture.offset[self._rows[here]] + self._starts[here]
                read = gather(capture.chunks[chunk], positions, np.dtype(f"V{size}"))
                self._bytes[here, :size] = read.view(np.uint8).reshape(-1, size)
                room[here] = 0
        self.header_lengths = (self._bytes[:, 12] >> 4).astype(np.int64) * 4
        self.checksums = self._bytes[:, 16:18].copy().view(">u2").reshape(-1).astype(np.int64)

    def only_timestamps(self) -> list[tuple[str, ...] | None]:
        """The options of each header that has none or timestamps alone, in the usual layout; None of the others."""
        words = self._bytes[:, _WITHOUT_OPTIONS:].copy().view(">u4")
        usual = (self.header_lengths == _WITH_TIMESTAMPS) & (words[:, 0] == _ONLY_TIMESTAMPS)
        bare = self.header_lengths <= _WITHOUT_OPTIONS
        return [(f"TSval={value}", f"TSecr={echo}") if timestamps else () if none else None
                for timestamps, none, value, echo in zip(usual.tolist(), bare.tolist(), words[:, 1].tolist(),
                                                         words[:, 2].tolist(), strict=True)]

    def options(self, index: int) -> bytes:
        """The options of one header, as far as they were captured."""
        begin = int(self._starts[index])
        frame = self._capture.frame(int(self._rows[index]))
        return frame[begin + _WITHOUT_OPTIONS:begin + int(self.header_lengths[index])].tobytes()


def unsummed_steps(columns: ColumnTable, conversations: Conversations, story: Story,
                   connection: Connection) -> list[int]:
    """Steps whose checksum is the folded sum of the pseudo-header: it was left to the network card to finish."""
    streams = conversations.streams
    chosen = np.array(story.places, np.int64)
    wire = _Wire(columns, conversations, chosen)
    addresses = sum(_sum_of_words(address) for address in (connection.client.address, connection.server.address))
    total = addresses + _PROTOCOL_NUMBER + wire.header_lengths + streams.segments.length[chosen]
    for _fold in range(2):
        total = (total & 0xFFFF) + (total >> 16)
    same: list[int] = np.flatnonzero(total == wire.checksums).tolist()
    return same


def _sum_of_words(address: str) -> int:
    """The 16-bit words of an address added up; 0 for an address that is not known."""
    if not address:
        return 0
    packed = ipaddress.ip_address(address).packed
    return sum(int.from_bytes(packed[at:at + 2], "big") for at in range(0, len(packed), 2))


@cache
def _kind(flags: int, marks: int, has_data: bool) -> Kind:
    if flags & RST:
        return Kind.RST
    if marks:
        for bits, kind in ((_RETRANSMISSIONS, Kind.RETRANSMISSION), (_OUT_OF_ORDER, Kind.OUT_OF_ORDER),
                           (_KEEP_ALIVES, Kind.KEEP_ALIVE), (_ZERO_WINDOWS, Kind.ZERO_WINDOW)):
            if marks & bits:
                return kind
    if flags & SYN:
        return Kind.SYN
    if flags & FIN:
        return Kind.FIN
    if marks & _DUPLICATE:
        return Kind.DUP_ACK
    return Kind.DATA if has_data else Kind.ACK


def _tags(marks: int, duplicate_of: int, number: int) -> tuple[str, ...]:
    tags = [tag for mark, tag in _TAGS if marks & mark]
    if marks & _DUPLICATE:
        tags.append(f"TCP Dup ACK {duplicate_of}#{number}")
    return tuple(tags)


def _option_texts(data: bytes, raw_minus_relative: int) -> tuple[str, ...]:
    """The options as Info lists them; what cannot be read ends the list."""
    texts: list[str] = []
    place = 0
    while place < len(data):
        kind = data[place]
        if kind == dpkt.tcp.TCP_OPT_EOL:
            break
        if kind == dpkt.tcp.TCP_OPT_NOP:
            place += 1
            continue
        # A length of 0 or 1 would never advance; RFC 9293 section 3.1 calls it illegal, so stop here.
        if place + 1 >= len(data) or data[place + 1] < 2:
            break
        value = data[place + 2:place + data[place + 1]]
        texts.extend(_option_text(kind, value, raw_minus_relative))
        place += data[place + 1]
    return tuple(texts)


def _option_text(kind: int, value: bytes, raw_minus_relative: int) -> Sequence[str]:
    number = int.from_bytes(value, "big")
    if kind == dpkt.tcp.TCP_OPT_MSS and len(value) == 2:
        return [f"MSS={number}"]
    if kind == dpkt.tcp.TCP_OPT_WSCALE and len(value) == 1:
        return [f"WS={1 << min(number, 14)}"]
    if kind == dpkt.tcp.TCP_OPT_SACKOK and not value:
        return ["SACK_PERM"]
    if kind == dpkt.tcp.TCP_OPT_TIMESTAMP and len(value) == 8:
        return [f"TSval={number >> 32}", f"TSecr={number & 0xFFFFFFFF}"]
    if kind == dpkt.tcp.TCP_OPT_SACK and len(value) % 8 == 0:
        edges = [(int.from_bytes(value[at:at + 4], "big") - raw_minus_relative) % (1 << 32)
                 for at in range(0, len(value), 4)]
        return [f"{'SRE' if at % 2 else 'SLE'}={edge}" for at, edge in enumerate(edges)]
    if kind == _FAST_OPEN:
        return ["TFO=C" if value else "TFO=R"]
    if kind == dpkt.tcp.TCP_OPT_MD5:
        return ["MD5"]
    return []


_FAST_OPEN = 34     # RFC 7413; dpkt has no name for it
_PROTOCOL_NUMBER = 6
_WINDOWED, _CHECKSUMMED, _WITHOUT_OPTIONS = 16, 18, 20      # bytes of a header
_WITH_TIMESTAMPS = _WITHOUT_OPTIONS + ONLY_TIMESTAMPS[0]
_ONLY_TIMESTAMPS = int.from_bytes(ONLY_TIMESTAMPS[1])


def _acknowledged(spoken: Sequence[Spoken], lost: Sequence[bool]) -> list[int | None]:
    """For each segment the step that it is the first to acknowledge to its end, or None."""
    result: list[int | None] = [None] * len(spoken)
    ends: dict[bool, list[int]] = {True: [], False: []}
    holder: dict[bool, dict[int, int]] = {True: {}, False: {}}
    highest = {True: 0, False: 0}
    for index, segment in enumerate(spoken):
        mine, other = segment.from_client, not segment.from_client
        if segment.flags & ACK and segment.ack > highest[mine]:
            place = bisect_right(ends[other], segment.ack) - 1
            if place >= 0 and ends[other][place] > highest[mine]:
                result[index] = holder[other][ends[other][place]]
            highest[mine] = segment.ack
        if segment.end > segment.seq and not segment.probe and (not lost[index] or segment.end not in holder[mine]):
            if segment.end not in holder[mine]:
                place = bisect_right(ends[mine], segment.end)
                ends[mine].insert(place, segment.end)
            holder[mine][segment.end] = index
    return result
