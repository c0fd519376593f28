"""What is said of connections (conn.*), as a value for each of their packets, filled into the columns of the capture.

What holds for a whole connection, arrays tell. States, losses and findings take the story of each connection, one
after the other: that is done once, when first asked for, and may be stopped by whoever waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import ColumnTable
from tcpladder.protocols.connection import CONNECTION_FIELDS
from tcpladder.tcp.connections import ConnectionTable
from tcpladder.tcp.conversations import Told, conversations_of
from tcpladder.tcp.findings import ERROR, NOTE, WARNING
from tcpladder.tcp.phases import CLOSINGS, INITIATORS, NONE, OPENINGS
from tcpladder.tcp.steps import story_places
from tcpladder.work.interruption import proceed

Array = NDArray[Any]
AllTold = Mapping[str, Told]
Teller = Callable[[ColumnTable], AllTold]

_PACKETS_BETWEEN_LOOKS = 256
_SEVERITIES = (NOTE, WARNING, ERROR)          # the gravest last


def register_connection_fields(columns: ColumnTable) -> None:
    """Has the columns fill in every field of CONNECTION_FIELDS."""
    columns.register("tcp", {name: partial(_field, tell, name) for tell, names in _NAMES.items() for name in names})


def _field(tell: Teller, name: str, columns: ColumnTable, first: int, last: int) -> Told:
    """One field for some TCP headers."""
    values, present = _told(tell, columns)[name]
    conversations = conversations_of(columns)
    stream = conversations.streams.stream

    def at(places: NDArray[np.int32]) -> Told:
        index = stream[places] if tell is _whole_connections else places
        return values[index], present[index]

    return conversations.told(first, last, at)


def _told(tell: Teller, columns: ColumnTable) -> AllTold:
    """What a teller says of the capture as far as it has been decoded; kept until it grows."""
    kept = _kept.setdefault(columns, {})
    frame_count, told = kept.get(tell, (-1, {}))
    if frame_count != columns.frame_count:
        frame_count = columns.frame_count
        told = tell(columns)
        kept[tell] = frame_count, told
    return told


_kept: WeakKeyDictionary[ColumnTable, dict[Teller, tuple[int, AllTold]]] = WeakKeyDictionary()


def _whole_connections(columns: ColumnTable) -> AllTold:
    """One value for each connection."""
    table = ConnectionTable(columns)
    addresses = conversations_of(columns).headers.addresses
    everywhere = np.ones(table.count, np.bool_)
    return {
        "conn.opening": _choices("conn.opening", OPENINGS, table.opening),
        "conn.closing": _choices("conn.closing", CLOSINGS, table.closing),
        "conn.initiator": _choices("conn.initiator", INITIATORS, table.initiator),
        "conn.roles": _choices("conn.roles", ("assumed", "seen"), table.roles_seen.astype(np.int64)),
        "conn.client.addr": addresses.packed(table.client),
        "conn.client.port": (_port(table.client), everywhere),
        "conn.server.addr": addresses.packed(table.server),
        "conn.server.port": (_port(table.server), everywhere),
        "conn.packets": (table.packets.astype(np.uint32), everywhere),
        "conn.bytes.client": (table.client_bytes.astype(np.uint64), everywhere),
        "conn.bytes.server": (table.server_bytes.astype(np.uint64), everywhere),
        "conn.duration": (table.duration_ns, table.duration_ns >= 0),
        "conn.syn_tries": (table.syn_tries.astype(np.uint32), everywhere),
        "conn.setup_time": (table.setup_time_ns, table.setup_time_ns >= 0),
        "conn.rtt": (table.rtt_ns, table.rtt_ns >= 0),
        "conn.retransmissions": (table.retransmissions.astype(np.uint32), everywhere),
    }


def _senders(columns: ColumnTable) -> AllTold:
    """Who sent each segment."""
    streams = conversations_of(columns).streams
    is_server = streams.side != ConnectionTable(columns).client_side[streams.stream]
    return {"conn.from": _choices("conn.from", INITIATORS, is_server.astype(np.int64))}


def _stories(columns: ColumnTable) -> AllTold:
    """Both states after each segment, and whether it was lost; in stream order."""
    table = ConnectionTable(columns)
    total = len(conversations_of(columns).streams.segments)
    names = ("conn.state.client", "conn.state.server")
    numbers = [_numbers(name) for name in names]
    states = [np.zeros(total, np.uint8) for _name in names]
    lost, present = np.zeros(total, np.bool_), np.zeros(total, np.bool_)
    for stream in _watched_streams(columns):
        story, fates, course = table.course(stream)
        for side, (column, number) in enumerate(zip(states, numbers, strict=True)):
            column[story.places] = [number[pair[side].value] for pair in course.states]
        lost[story.places], present[story.places] = fates.lost, True
    return {**{name: (column, present) for name, column in zip(names, states, strict=True)},
            "conn.lost": (lost, present)}


def _findings(columns: ColumnTable) -> AllTold:
    """The findings about each segment, in one text, and the gravest severity; in stream order."""
    table = ConnectionTable(columns)
    conversations = conversations_of(columns)
    total = len(conversations.streams.segments)
    texts = np.full(total, "", object)
    gravest = np.full(total, NONE, np.int64)
    for stream in _watched_streams(columns):
        places = story_places(conversations, stream)
        for finding in table.connection(stream).findings:
            place = places[finding.step or 0]
            texts[place] = f"{texts[place]} {finding.text}".lstrip()
            gravest[place] = max(gravest[place], _SEVERITIES.index(finding.severity))
    return {"conn.finding": (texts, gravest != NONE),
            "conn.finding.severity": _choices("conn.finding.severity", _SEVERITIES, gravest)}


def _watched_streams(columns: ColumnTable) -> Iterator[int]:
    """The numbers of all streams; between two of them the work may be stopped."""
    streams = conversations_of(columns).streams
    looked_at = -_PACKETS_BETWEEN_LOOKS
    for stream, start in enumerate(streams.starts.tolist()):
        if start - looked_at >= _PACKETS_BETWEEN_LOOKS:
            proceed(start, len(streams.segments))
            looked_at = start
        yield stream


_NAMES: Mapping[Teller, Sequence[str]] = {
    _senders: ("conn.from",),
    _stories: ("conn.state.client", "conn.state.server", "conn.lost"),
    _findings: ("conn.finding", "conn.finding.severity"),
}
_NAMES = {**_NAMES, _whole_connections: tuple(
    name for name in CONNECTION_FIELDS if not any(name in names for names in _NAMES.values()))}


def _numbers(name: str) -> Mapping[str, int]:
    """The number that stands for each text of a choice."""
    return {text: number for number, text in (CONNECTION_FIELDS[name].names or {}).items()}


def _choices(name: str, words: Sequence[str], indexes: Array) -> Told:
    """Indexes into words (NONE: no value) as the numbers that the field has for them."""
    numbers = _numbers(name)
    return np.array([numbers[word] for word in words], np.uint8)[indexes], indexes != NONE


def _port(keys: Array) -> Array:
    return (keys & 0xFFFF).astype(np.uint16)
