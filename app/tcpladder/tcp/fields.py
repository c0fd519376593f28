"""The generated fields of TCP: what depends on the conversation, filled into the columns of the capture.

Each field is a function of the conversations and of places in stream order: it is computed for the packet that was
clicked as for the whole capture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import ColumnTable, FieldValues
from tcpladder.tcp.connection import ACK, FIN, RST, SYN
from tcpladder.tcp.connection_fields import register_connection_fields
from tcpladder.tcp.conversations import Conversations, Told, conversations_of
from tcpladder.tcp.stream_rules import Mark

Array = NDArray[Any]
Places = NDArray[np.int32]
Teller = Callable[[Conversations, Places], Told]

_FAST_OPEN = int(Mark.TFO_SYN | Mark.TFO_ACK)     # told by the option, not by the analysis
_RETRANSMISSIONS = int(Mark.RETRANSMISSION | Mark.FAST_RETRANSMISSION | Mark.SPURIOUS_RETRANSMISSION)


def register_tcp_fields(columns: ColumnTable) -> None:
    """Has the columns fill in every field of TCP that only the conversation tells, and those of connections."""
    columns.register("tcp", {name: _filled(tell) for name, tell in _TELLERS.items() if name in columns.fields()})
    columns.register("tcp", {"tcp.seq": _seq_or_raw, "tcp.analysis.kinds": _filled(_kinds)})
    register_connection_fields(columns)


def _filled(tell: Teller) -> FieldValues:
    def values(columns: ColumnTable, first: int, last: int) -> Told:
        conversations = conversations_of(columns)
        return conversations.told(first, last, lambda places: tell(conversations, places))
    return values


def _seq_or_raw(columns: ColumnTable, first: int, last: int) -> Told:
    """Quoted headers that belong to no conversation show the number on the wire."""
    seq, present = _filled(_seq)(columns, first, last)
    alone = conversations_of(columns).headers.quoted[first:last] & ~present
    if alone.any():
        raw, there = (part[first:last] for part in columns.layer_values("tcp.seq_raw"))
        alone &= there
        seq[alone], present[alone] = raw[alone], True
    return seq, present


def _nothing(present: Array) -> Told:
    """Fields without a value are there or not."""
    return np.zeros(len(present), np.uint8), present


def _always(values: Array) -> Told:
    return values, np.ones(len(values), np.bool_)


def _whole(known: Conversations, at: Places) -> Array:
    return ~known.streams.segments.aside_at(at)


def _timed(known: Conversations, at: Places) -> Array:
    return known.headers.timed[known.streams.order[at]]


def _seq(known: Conversations, at: Places) -> Told:
    return _always(np.where(_whole(known, at), known.streams.seq_at(at), known.streams.segments.seq[at]))


def _next_seq(known: Conversations, at: Places) -> Told:
    streams = known.streams
    return _seq(known, at)[0] + streams.sequence_length_at(at).astype(np.uint32), _whole(known, at)


def _ack(known: Conversations, at: Places) -> Told:
    return _always(np.where(_whole(known, at), known.streams.ack_at(at), known.streams.segments.ack[at]))


def _window(known: Conversations, at: Places) -> Told:
    window = np.where(_whole(known, at), known.streams.window_at(at), known.streams.segments.window[at])
    return _always(window.astype(np.uint32))


def _scale_factor(known: Conversations, at: Places) -> Told:
    shift = known.streams.applied_shift_at(at)
    factor = np.where(shift >= 0, 1 << np.maximum(shift, 0), shift).astype(np.int32)
    return factor, (known.streams.segments.flags[at] & SYN) == 0


def _completeness(known: Conversations, at: Places) -> Told:
    stream = known.streams.stream[at]
    is_later = at != known.streams.starts[stream]
    return _always(known.completeness[stream, is_later.astype(np.int8)])


def _initial_rtt(known: Conversations, at: Places) -> Told:
    rtt = known.analysis.initial_rtt_ns[known.streams.stream[at]]
    return rtt, _timed(known, at) & known.analysis.noted[at] & (rtt != 0)


def _frame(known: Conversations, places: Array) -> Array:
    return (known.streams.segments.row[places] + 1).astype(np.uint32)


def _since(known: Conversations, at: Places, places: Array) -> Told:
    """The time from others to these; places: where the others stand, -1 for none."""
    segments = known.streams.segments
    span = segments.time_at(at) - segments.time_at(places)
    return span, _timed(known, at) & (places >= 0) & (span != 0)


def _acks_frame(known: Conversations, at: Places) -> Told:
    acked = known.analysis.acked[at]
    return _frame(known, acked), _timed(known, at) & (acked >= 0)


def _rto(known: Conversations, at: Places) -> Told:
    return _since(known, at, known.analysis.rto_from_at(at))


def _rto_frame(known: Conversations, at: Places) -> Told:
    return _frame(known, known.analysis.rto_from_at(at)), _rto(known, at)[1]


def _duplicate_number(known: Conversations, at: Places) -> Told:
    number = known.analysis.duplicate_number_at(at)
    return number.astype(np.uint32), _timed(known, at) & (number > 0)


def _duplicate_frame(known: Conversations, at: Places) -> Told:
    return _frame(known, known.analysis.duplicate_of_at(at)), _duplicate_number(known, at)[1]


def _counted(values_of: Callable[[Conversations], Array]) -> Teller:
    """A number of bytes, 0 where there is none."""
    def tell(known: Conversations, at: Places) -> Told:
        values = values_of(known)[at]
        return values.astype(np.uint32), _timed(known, at) & (values > 0)
    return tell


def _marked(bits: int) -> Teller:
    return lambda known, at: _nothing(_timed(known, at) & ((known.analysis.marks[at] & bits) != 0))


def _kinds(known: Conversations, at: Places) -> Told:
    marks = (known.analysis.marks[at] & ~_FAST_OPEN).astype(np.uint32)
    return marks, _timed(known, at) & (marks != 0)


def _flagged(mask: int, flags: int) -> Teller:
    return lambda known, at: _nothing((known.streams.segments.flags[at] & mask) == flags)


def _fin(by_closer: bool) -> Teller:
    def tell(known: Conversations, at: Places) -> Told:
        streams = known.streams
        is_closer = streams.side[at] == known.closer[streams.stream[at]]
        return _nothing(((streams.segments.flags[at] & FIN) != 0) & (is_closer == by_closer))
    return tell


_TELLERS: Mapping[str, Teller] = {
    "tcp.stream": lambda known, at: _always(known.streams.stream[at].astype(np.uint32)),
    "tcp.completeness": _completeness,
    "tcp.seq": _seq,
    "tcp.nxtseq": _next_seq,
    "tcp.ack": _ack,
    "tcp.window_size": _window,
    "tcp.window_size_scalefactor": _scale_factor,
    "tcp.time_relative": lambda known, at: (known.streams.time_relative_ns_at(at), _timed(known, at)),
    "tcp.time_delta": lambda known, at: (known.streams.time_delta_ns_at(at), _timed(known, at)),
    "tcp.analysis": lambda known, at: _nothing(_timed(known, at) & known.analysis.noted[at]),
    "tcp.analysis.flags": _marked(~_FAST_OPEN),
    "tcp.analysis.initial_rtt": _initial_rtt,
    "tcp.analysis.acks_frame": _acks_frame,
    "tcp.analysis.ack_rtt": lambda known, at: _since(known, at, known.analysis.acked[at]),
    "tcp.analysis.bytes_in_flight": _counted(lambda known: known.analysis.bytes_in_flight),
    "tcp.analysis.push_bytes_sent": _counted(lambda known: known.analysis.push_bytes),
    "tcp.analysis.rto": _rto,
    "tcp.analysis.rto_frame": _rto_frame,
    "tcp.analysis.duplicate_ack_num": _duplicate_number,
    "tcp.analysis.duplicate_ack_frame": _duplicate_frame,
    **{f"tcp.analysis.{mark.name}".lower(): _marked(_RETRANSMISSIONS if mark is Mark.RETRANSMISSION else int(mark))
       for mark in Mark},
    "tcp.connection.syn": _flagged(SYN | ACK, SYN),
    "tcp.connection.synack": _flagged(SYN | ACK, SYN | ACK),
    "tcp.connection.fin": _flagged(FIN, FIN),
    "tcp.connection.rst": _flagged(RST, RST),
    "tcp.connection.fin_active": _fin(True),
    "tcp.connection.fin_passive": _fin(False),
}
TCP_FIELDS = tuple(_TELLERS)
