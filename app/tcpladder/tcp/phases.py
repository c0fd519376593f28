"""How every connection opened and closed: all at once, from flags and numbers alone.

Arrays of shape (m,) hold one item per stream. A *place* is an index into the segments in stream order, NONE
where there is no such segment.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.tcp.connection import ACK, FIN, RST, SYN
from tcpladder.tcp.streams import Streams, first_places
from tcpladder.tcp.unwrapped import Flow

Array = NDArray[Any]
Places = NDArray[np.int64]

NONE = -1
OPENINGS = ("three-way", "simultaneous", "fast-open", "refused", "unanswered", "mid-stream", "incomplete")
CLOSINGS = ("four-way", "three-way", "simultaneous", "reset", "half-closed", "none")
INITIATORS = ("client", "server")
_HIGHEST_SERVER_PORT = 1023     # ports below 1024 are servers' by convention (RFC 6335 section 6)


@dataclass(frozen=True, slots=True)
class Phases:
    """Roles, opening and closing of every stream."""

    client_side: NDArray[np.int64]    # the side that is the client
    roles_seen: NDArray[np.bool_]     # a SYN or SYN-ACK shows it
    opening: NDArray[np.int64]        # index into OPENINGS
    syn: Places                       # the client's first SYN
    syn_ack: Places                   # the first that acknowledges it
    opened: Places                    # the segment that completes the handshake
    refusal: Places                   # the RST that answers the SYN
    syn_tries: NDArray[np.int64]
    closing: NDArray[np.int64]        # index into CLOSINGS
    initiator: NDArray[np.int64]      # index into INITIATORS; NONE
    first_fin: Places
    first_fin_acked: Places           # the first segment that acknowledges it
    second_fin: Places                # the other side's
    second_fin_acked: Places
    reset: Places                     # the RST that ended the connection

    @staticmethod
    def nothing(streams: int) -> Phases:
        """Of so many streams nothing is known yet."""
        return Phases(*(np.full(streams, NONE, dtype) for dtype in _TYPES.values()))

    def put(self, part: Phases, segment: int, stream: int) -> None:
        """Takes over what is known of the streams that begin at a stream and at a segment."""
        here = slice(stream, stream + len(part.opening))
        for name in _TYPES:
            values = getattr(part, name)
            getattr(self, name)[here] = np.where(values == NONE, NONE, values + segment) if name in _PLACES else values


_NUMBERS = ("client_side", "opening", "syn_tries", "closing", "initiator")
_PLACES = tuple(field.name for field in fields(Phases) if field.name not in (*_NUMBERS, "roles_seen"))
_TYPES: dict[str, Any] = {field.name: np.bool_ if field.name == "roles_seen" else np.int64
                          for field in fields(Phases)}


class _Finder:
    """Finds places, stream by stream, among the segments that travelled by themselves."""

    def __init__(self, streams: Streams) -> None:
        self.streams = streams
        self.total = len(streams.segments)
        self.own = ~streams.segments.quoted
        self.position = np.arange(self.total)

    def first(self, condition: Array) -> Places:
        """The first place of each stream where the condition holds."""
        places = first_places(self.streams.stream, condition & self.own, self.streams.count)
        places[places == self.total] = NONE
        return places

    def after(self, places: Places) -> Array:
        """(n,) comes later than a place of its stream; nowhere true where there is no such place."""
        limits = np.where(places == NONE, self.total, places)
        return self.position > limits[self.streams.stream]

    def at(self, values: Array, places: Places) -> Array:
        """The values at places; those at NONE mean nothing."""
        return values[places] if len(values) else np.zeros(len(places), values.dtype)


def tell_phases(streams: Streams, flow: Flow) -> Phases:
    """Roles, opening and closing of every stream."""
    find = _Finder(streams)
    flags = streams.segments.flags
    connecting = flags & (SYN | ACK)
    pure_syn, syn_ack_flags = connecting == SYN, connecting == SYN | ACK
    is_reset, has_ack = (flags & RST) != 0, (flags & ACK) != 0
    client_side, roles_seen = _roles(find, pure_syn, syn_ack_flags)
    from_client = streams.side == client_side[streams.stream]

    syn = find.first(pure_syn & from_client)
    acks_something = has_ack & (flow.ack >= 1)
    after_syn = find.after(syn)
    syn_ack = find.first(syn_ack_flags & ~from_client & acks_something & after_syn & ~is_reset)
    opened = find.first(from_client & acks_something & find.after(syn_ack) & ~is_reset & ~syn_ack_flags)
    server_syn = find.first(pure_syn & ~from_client)
    plain_ack = acks_something & ~is_reset
    server_knows = find.first(plain_ack & ~from_client & after_syn)
    client_knows = find.first(plain_ack & from_client & find.after(server_syn))
    both_called = (server_syn != NONE) & (server_knows != NONE) & (client_knows != NONE) & (syn != NONE)
    opened = np.where(both_called, np.maximum(server_knows, client_knows), opened)
    refusal = find.first(is_reset & acks_something & ~from_client & after_syn)
    refusal[(syn_ack != NONE) & (syn_ack < refusal)] = NONE
    answered = find.first(~from_client & after_syn) != NONE

    first = streams.starts
    mid_stream = (flags[first] & SYN) == 0 if find.total else np.zeros(0, np.bool_)
    mid_stream |= syn == NONE
    fast = (find.at(streams.segments.length, syn) > 0) & (find.at(flow.ack, syn_ack) > 1)
    kinds = {
        "mid-stream": mid_stream,
        "simultaneous": both_called,
        "refused": refusal != NONE,
        "unanswered": ~answered,
        "fast-open": (opened != NONE) & fast,
        "three-way": opened != NONE,
    }
    opening = np.select(list(kinds.values()), [OPENINGS.index(kind) for kind in kinds],
                        OPENINGS.index("incomplete"))
    opened[mid_stream] = NONE
    refusal[(opening != OPENINGS.index("refused"))] = NONE
    tries = np.bincount(streams.stream[pure_syn & from_client & find.own], minlength=streams.count)
    return Phases(client_side, roles_seen, opening, syn, syn_ack, opened, refusal, tries,
                  *_closing(find, flow, from_client, opened, refusal))


def _roles(find: _Finder, pure_syn: Array, syn_ack: Array) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    streams = find.streams
    source, destination = streams.endpoints[:, 0], streams.endpoints[:, 1]
    port, other_port = source & 0xFFFF, destination & 0xFFFF
    first_is_server = np.where(
        (port <= _HIGHEST_SERVER_PORT) == (other_port <= _HIGHEST_SERVER_PORT), port < other_port,
        port <= _HIGHEST_SERVER_PORT)
    caller, answerer = find.first(pure_syn), find.first(syn_ack)
    side = np.where(answerer != NONE, 1 - find.at(streams.side, answerer), first_is_server.astype(np.int64))
    side = np.where(caller != NONE, find.at(streams.side, caller), side)
    return side.astype(np.int64), (caller != NONE) | (answerer != NONE)


def _closing(find: _Finder, flow: Flow, from_client: Array, opened: Places, refusal: Places,
             ) -> tuple[Array, Array, Places, Places, Places, Places, Places]:
    streams = find.streams
    flags = streams.segments.flags
    is_fin, has_ack = (flags & FIN) != 0, (flags & ACK) != 0
    fins = [find.first(is_fin & from_client), find.first(is_fin & ~from_client)]
    last = np.int64(find.total)
    ordered = [np.where(fin == NONE, last, fin) for fin in fins]
    server_first = ordered[1] < ordered[0]
    first_fin = np.minimum(*ordered)
    second_fin = np.maximum(*ordered)
    first_fin[first_fin == last], second_fin[second_fin == last] = NONE, NONE

    def acked(fin: Places, by_client: Array) -> Places:
        end = find.at(flow.end, fin)[streams.stream]
        knows = has_ack & (flow.ack >= end) & ((flags & RST) == 0)
        return find.first(find.after(fin) & (from_client == by_client[streams.stream]) & knows)

    first_acked, second_acked = acked(first_fin, server_first), acked(second_fin, ~server_first)
    is_reset = ((flags & RST) != 0) & (find.position != refusal[streams.stream])
    reset = find.first(is_reset & (find.after(opened) | (opened == NONE)[streams.stream]))
    closed = (first_acked != NONE) & (second_acked != NONE)
    reset[closed & (reset > np.maximum(first_acked, second_acked))] = NONE

    crossed = find.at(flow.ack, second_fin) < find.at(flow.end, first_fin)
    kinds = {
        "reset": reset != NONE,
        "none": first_fin == NONE,
        "half-closed": second_fin == NONE,
        "simultaneous": crossed,
        "three-way": first_acked == second_fin,
    }
    closing = np.select(list(kinds.values()), [CLOSINGS.index(kind) for kind in kinds], CLOSINGS.index("four-way"))
    began = np.where((reset != NONE) & ((first_fin == NONE) | (reset < first_fin)), reset, first_fin)
    initiator = np.where(began == NONE, NONE, 1 - find.at(from_client, began).astype(np.int64))
    # A reset is never answered by one: where both sides abort, the two crossed.
    other_reset = find.first(is_reset & has_ack & find.after(reset)
                             & (streams.side != find.at(streams.side, reset)[streams.stream]))
    both_at_once = (closing == CLOSINGS.index("simultaneous")) | ((began == reset) & (other_reset != NONE))
    initiator[both_at_once] = NONE
    return closing, initiator, first_fin, first_acked, second_fin, second_acked, reset
