"""The steps of one connection, made from the arrays of its stream."""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import dpkt
import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import ColumnTable
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
    none: tuple[tuple[int, int], ...] = ()
    segments = streams.segments
    spoken = [
        Spoken(time_ns, side == client_side, flags, seq, end, ack, probe, sacked.get(place, none))
        for place, time_ns, side, flags, seq, end, ack, probe in zip(
            places, segments.time_at(chosen).tolist(), streams.side[chosen].tolist(),
            segments.flags[chosen].tolist(), flow.seq[inner].tolist(), flow.end[inner].tolist(),
            flow.ack[inner].tolist(), is_probe.tolist(), strict=True)]
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
               phase_of: Callable[[int], Phase]) -> list[Step]:
    """One step per segment; findings are not known yet."""
    streams, analysis = conversations.streams, conversations.analysis
    segments = streams.segments
    chosen = np.array(story.places, np.int64)
    headers = columns.layer("tcp")
    table_places = conversations.headers.places[streams.order[chosen]]
    header_starts = headers.start[table_places].tolist()
    header_lengths = columns.layer_values("tcp.hdr_len")[0][table_places].tolist()
    rows = segments.row[chosen].tolist()
    seqs, acks = streams.seq[chosen].tolist(), streams.ack[chosen].tolist()
    seqs_raw, acks_raw = segments.seq[chosen].tolist(), segments.ack[chosen].tolist()
    times, lengths = segments.time_at(chosen).tolist(), segments.length[chosen].tolist()
    windows_raw, windows = segments.window[chosen].tolist(), streams.window[chosen].tolist()
    shifts, marks = streams.applied_shift[chosen].tolist(), analysis.marks[chosen].tolist()
    numbers = analysis.duplicate_number[chosen].tolist()
    duplicates_of = (segments.row[analysis.duplicate_of[chosen]] + 1).tolist()
    acknowledged = _acknowledged(story.spoken, fates.lost)
    steps: list[Step] = []
    for index, spoken in enumerate(story.spoken):
        flags, has_options = spoken.flags, header_lengths[index] > 20
        begin = header_starts[index]
        options = _option_texts(
            columns.capture.frame(rows[index])[begin + 20:begin + header_lengths[index]].tobytes(),
            spoken, raw_minus_relative=(acks_raw[index] - acks[index]) % (1 << 32)) if has_options else ()
        client_state, server_state = course.states[index]
        steps.append(Step(
            index=index, row=rows[index], time_ns=times[index], from_client=spoken.from_client,
            phase=phase_of(index), kind=_kind(flags, marks[index], lengths[index]), label=flags_label(flags),
            flags=flags, seq=seqs[index], seq_raw=seqs_raw[index], ack=acks[index] if flags & ACK else None,
            ack_raw=acks_raw[index], length=lengths[index], window_raw=windows_raw[index],
            window=None if shifts[index] == SHIFT_UNKNOWN else windows[index], window_shift=shifts[index],
            options=options, client_state=client_state, server_state=server_state, lost=fates.lost[index],
            tags=_tags(marks[index], duplicates_of[index], numbers[index]), acknowledges=acknowledged[index],
            finding=False))
    return steps


def unsummed_steps(columns: ColumnTable, conversations: Conversations, story: Story,
                   connection: Connection) -> list[int]:
    """Steps whose checksum is the folded sum of the pseudo-header: it was left to the network card to finish."""
    streams = conversations.streams
    chosen = np.array(story.places, np.int64)
    table_places = conversations.headers.places[streams.order[chosen]]
    checksums = columns.layer_values("tcp.checksum")[0][table_places].astype(np.int64)
    header_lengths = columns.layer_values("tcp.hdr_len")[0][table_places].astype(np.int64)
    addresses = sum(_sum_of_words(address) for address in (connection.client.address, connection.server.address))
    total = addresses + _PROTOCOL_NUMBER + header_lengths + streams.segments.length[chosen]
    for _fold in range(2):
        total = (total & 0xFFFF) + (total >> 16)
    same: list[int] = np.flatnonzero(total == checksums).tolist()
    return same


def _sum_of_words(address: str) -> int:
    """The 16-bit words of an address added up; 0 for an address that is not known."""
    if not address:
        return 0
    packed = ipaddress.ip_address(address).packed
    return sum(int.from_bytes(packed[at:at + 2], "big") for at in range(0, len(packed), 2))


def _kind(flags: int, marks: int, length: int) -> Kind:
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
    return Kind.DATA if length else Kind.ACK


def _tags(marks: int, duplicate_of: int, number: int) -> tuple[str, ...]:
    if not marks:
        return ()
    tags = [tag for mark, tag in _TAGS if marks & mark]
    if marks & _DUPLICATE:
        tags.append(f"TCP Dup ACK {duplicate_of}#{number}")
    return tuple(tags)


def _option_texts(data: bytes, spoken: Spoken, raw_minus_relative: int) -> tuple[str, ...]:
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
