"""The generated fields of TCP: what depends on the conversation, filled into the columns of the capture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import ColumnTable
from tcpladder.tcp.connection import ACK, FIN, RST, SYN
from tcpladder.tcp.connection_fields import register_connection_fields
from tcpladder.tcp.conversations import Conversations, conversations_of
from tcpladder.tcp.stream_rules import Mark
from tcpladder.tcp.streams import first_places

Array = NDArray[Any]
Present = tuple[Array, Array]     # values, and where there is one; both in stream order

_FAST_OPEN = int(Mark.TFO_SYN | Mark.TFO_ACK)     # told by the option, not by the analysis
_RETRANSMISSIONS = int(Mark.RETRANSMISSION | Mark.FAST_RETRANSMISSION | Mark.SPURIOUS_RETRANSMISSION)


def register_tcp_fields(columns: ColumnTable) -> None:
    """Has the columns fill in every field of TCP that only the conversation tells, and those of connections."""
    known = columns.fields()
    names = [name for name in TCP_FIELDS if name in known]

    def compute(table: ColumnTable) -> dict[str, tuple[Array, NDArray[np.bool_]]]:
        conversations = conversations_of(table)
        order = conversations.streams.order
        result = {}
        for name, (values, present) in _all_fields(conversations):
            by_capture, there = np.empty_like(values), np.empty(len(order), np.bool_)
            by_capture[order], there[order] = values, present
            result[name] = conversations.headers.spread(by_capture, there)
        _show_raw_where_only_quoted(table, conversations, *result["tcp.seq"])
        return result

    columns.register("tcp", compute, names)
    register_connection_fields(columns)


def _show_raw_where_only_quoted(table: ColumnTable, conversations: Conversations, seq: Array,
                                present: NDArray[np.bool_]) -> None:
    """Quoted headers that belong to no conversation show the number on the wire."""
    raw, there = table.layer_values("tcp.seq_raw")
    alone = conversations.headers.quoted & there & ~present
    seq[alone], present[alone] = raw[alone], True


def _all_fields(conversations: Conversations) -> Iterator[tuple[str, Present]]:
    streams = conversations.streams
    total = len(streams.segments)
    always = np.ones(total, np.bool_)
    timed = conversations.headers.timed[streams.order]
    no_syn = (streams.segments.flags & SYN) == 0
    whole = ~streams.segments.aside
    seq, ack = np.where(whole, streams.seq, streams.segments.seq), np.where(whole, streams.ack, streams.segments.ack)
    shift = streams.applied_shift
    yield "tcp.stream", (streams.stream.astype(np.uint32), always)
    yield "tcp.completeness", (streams.completeness(conversations.announced), always)
    yield "tcp.seq", (seq, always)
    yield "tcp.nxtseq", (seq + streams.sequence_length.astype(np.uint32), whole)
    yield "tcp.ack", (ack, always)
    window = np.where(whole, streams.window, streams.segments.window)
    yield "tcp.window_size", (window.astype(np.uint32), always)
    factor = np.where(shift >= 0, 1 << np.maximum(shift, 0), shift).astype(np.int32)
    yield "tcp.window_size_scalefactor", (factor, no_syn)
    yield "tcp.time_relative", (streams.time_relative_ns, timed)
    yield "tcp.time_delta", (streams.time_delta_ns, timed)
    yield from _analysis_fields(conversations, timed)
    yield from _connection_fields(conversations)


def _analysis_fields(conversations: Conversations, timed: Array) -> Iterator[tuple[str, Present]]:
    streams, analysis = conversations.streams, conversations.analysis
    segments, marks = streams.segments, analysis.marks
    nothing = np.zeros(len(segments), np.uint8)

    def since(places: Array) -> Present:
        span = segments.time_ns - segments.time_at(places)
        return span, timed & (places >= 0) & (span != 0)

    def frame(places: Array) -> Array:
        return (segments.row[places] + 1).astype(np.uint32)

    yield "tcp.analysis", (nothing, timed & analysis.noted)
    yield "tcp.analysis.flags", (nothing, timed & ((marks & ~_FAST_OPEN) != 0))
    rtt = analysis.initial_rtt_ns[streams.stream]
    yield "tcp.analysis.initial_rtt", (rtt, timed & analysis.noted & (rtt != 0))
    yield "tcp.analysis.acks_frame", (frame(analysis.acked), timed & (analysis.acked >= 0))
    yield "tcp.analysis.ack_rtt", since(analysis.acked)
    flight, pushed = analysis.bytes_in_flight, analysis.push_bytes
    yield "tcp.analysis.bytes_in_flight", (flight.astype(np.uint32), timed & (flight > 0))
    yield "tcp.analysis.push_bytes_sent", (pushed.astype(np.uint32), timed & (pushed > 0))
    rto, ran = since(analysis.rto_from)
    yield "tcp.analysis.rto", (rto, ran)
    yield "tcp.analysis.rto_frame", (frame(analysis.rto_from), ran)
    number = analysis.duplicate_number
    yield "tcp.analysis.duplicate_ack_num", (number.astype(np.uint32), timed & (number > 0))
    yield "tcp.analysis.duplicate_ack_frame", (frame(analysis.duplicate_of), timed & (number > 0))
    for mark in Mark:
        bits = _RETRANSMISSIONS if mark is Mark.RETRANSMISSION else int(mark)
        yield f"tcp.analysis.{mark.name}".lower(), (nothing, timed & ((marks & bits) != 0))


def _connection_fields(conversations: Conversations) -> Iterator[tuple[str, Present]]:
    streams = conversations.streams
    flags = streams.segments.flags
    nothing = np.zeros(len(flags), np.uint8)
    opening = flags & (SYN | ACK)
    fin = (flags & FIN) != 0
    yield "tcp.connection.syn", (nothing, opening == SYN)
    yield "tcp.connection.synack", (nothing, opening == SYN | ACK)
    yield "tcp.connection.fin", (nothing, fin)
    yield "tcp.connection.rst", (nothing, (flags & RST) != 0)
    first = first_places(streams.stream, fin, streams.count)
    closer = np.append(streams.side, -1)[first][streams.stream]
    yield "tcp.connection.fin_active", (nothing, fin & (streams.side == closer))
    yield "tcp.connection.fin_passive", (nothing, fin & (streams.side != closer))


TCP_FIELDS = (
    "tcp.stream", "tcp.completeness", "tcp.seq", "tcp.nxtseq", "tcp.ack", "tcp.window_size",
    "tcp.window_size_scalefactor", "tcp.time_relative", "tcp.time_delta", "tcp.analysis",
    "tcp.analysis.flags",
    "tcp.analysis.initial_rtt", "tcp.analysis.acks_frame", "tcp.analysis.ack_rtt",
    "tcp.analysis.bytes_in_flight", "tcp.analysis.push_bytes_sent", "tcp.analysis.rto",
    "tcp.analysis.rto_frame", "tcp.analysis.duplicate_ack_num", "tcp.analysis.duplicate_ack_frame",
    *(f"tcp.analysis.{mark.name}".lower() for mark in Mark),
    "tcp.connection.syn", "tcp.connection.synack", "tcp.connection.fin", "tcp.connection.rst",
    "tcp.connection.fin_active", "tcp.connection.fin_passive",
)
