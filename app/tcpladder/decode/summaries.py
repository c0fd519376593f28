"""The packet list's texts of many packets at once; decode/summary.py says what they are.

A TCP segment or a UDP datagram with nothing out of the ordinary around it needs no tree: what its line says is read
from the headers of its batch, for all packets together. The others are decoded one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from operator import itemgetter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.all_packets import Batch, BoolArray, Instances, IntArray, asked_around
from tcpladder.decode.columns import ColumnTable, known_fields, occurrences_within
from tcpladder.decode.one_packet import decode_row
from tcpladder.decode.summary import (
    REMARKS,
    Summary,
    info_of_datagram,
    info_of_segment,
    is_out_of_turn,
    option_word,
    remarks_text,
    summarise,
)
from tcpladder.decode.upper_layers import Message
from tcpladder.decode.usual_options import USUAL_WORDS, have_usual_options, only_timestamps
from tcpladder.fields.node import DecodedPacket
from tcpladder.fields.show import value_writer
from tcpladder.protocols import PROTOCOLS

# What a packet with a plain Info may consist of, up to its transport.
PLAIN_HEADERS: Final = frozenset({"frame", "eth", "vlan", "ieee8021ad", "sll", "null", "raw", "ip", "ipv6", "tcp",
                                  "udp"})
PLAIN_PAYLOADS: Final = frozenset({"tcp_payload", "udp_payload", "data"})
_MOST_HEADERS: Final = 8        # of a plain packet
_MOST_ADDRESSES: Final = 4096
_FEWEST: Final = 5              # packets of a batch whose lines are sooner made together than one by one
_SEGMENT_FIELDS: Final = ("tcp.srcport", "tcp.dstport", "tcp.hdr_len", "tcp.flags", "tcp.seq", "tcp.seq_raw", "tcp.ack",
                          "tcp.ack_raw", "tcp.window_size", "tcp.window_size_value", "tcp.urgent_pointer", "tcp.len")
_DATAGRAM_FIELDS: Final = ("udp.srcport", "udp.dstport", "udp.length", "udp.checksum", "udp.room")

Rows = NDArray[np.integer[Any]]
Line = tuple[str, str]      # protocol and information
Facts = dict[str, Any]


def summaries(columns: ColumnTable, rows: Rows,
              decode: Callable[[int], DecodedPacket] | None = None) -> list[Summary]:
    """The lines of packets; rows ascend. Raises IndexError where there is no such row.

    decode(row) is asked for those out of the ordinary; None: decode_row(columns, row).
    """
    known: dict[int, Summary] = {}
    for batch, inside in columns.batches_with(rows):
        if len(inside) >= _FEWEST:
            known.update(_plain_ones(batch, inside))
    decode = decode or partial(decode_row, columns)
    return [known[row] if row in known else summarise(decode(row)) for row in rows.tolist()]


def _plain_ones(batch: Batch, rows: Rows) -> Iterator[tuple[int, Summary]]:
    """The lines of those packets of a batch that are plain."""
    places: dict[str, IntArray] = {}
    counts: dict[str, IntArray] = {}
    known: dict[int, IntArray] = {}
    count = len(rows)
    borders = np.concatenate([rows, rows + 1])
    for name, headers in batch.headers():
        before = headers.before(borders, known)
        places[name], counts[name] = before[:count], before[count:] - before[:count]
    nothing = np.zeros(count, np.int64)
    plain: BoolArray = sum(counts.values(), nothing) <= _MOST_HEADERS
    for name, own in counts.items():
        if name not in PLAIN_HEADERS and name not in PLAIN_PAYLOADS:
            plain &= own == 0

    def chosen(name: str, other: str) -> Instances | None:
        """The headers of those packets that have one of a protocol and none of the other."""
        if name not in counts:
            return None
        return batch.layer(name).chosen(places[name][plain & (counts[name] == 1) & (counts.get(other, nothing) == 0)])

    ends: dict[int, _Ends] = {}
    networks = [found for name, other in (("ip", "ipv6"), ("ipv6", "ip")) if (found := chosen(name, other)) is not None]
    for found in networks:
        ends.update(_ends(found))
    for name, other, lines_of in (("tcp", "udp", _segments), ("udp", "tcp", _datagrams)):
        if (transports := chosen(name, other)) is not None:
            for row, (protocol, info) in lines_of(transports, networks, ends):
                yield row, Summary(ends[row].source, ends[row].destination, protocol, info)


@dataclass(frozen=True, slots=True)
class _Ends:
    """What the IP header of a packet says, which is whole and has no options."""

    source: str
    destination: str
    are_ipv6: bool


def _tell_around(transports: Instances, networks: Sequence[Instances], names: tuple[str, ...]) -> None:
    """Tells transports of plain packets what some of their fields ask of the headers around: the IP headers say all."""
    count = len(transports)
    transports.tell("@quoted", (np.zeros(count, np.int64), np.ones(count, bool)))
    for name in asked_around(transports.entries, names):
        values, present = np.zeros(count, np.int64), np.zeros(count, bool)
        for headers in networks:
            if headers.has_field(name):
                said, there = headers.lookup(name)
                _both, own, at = np.intersect1d(transports.rows, headers.rows, True, True)
                values[own], present[own] = said[at], there[at]
        transports.tell(name, (values, present))


def _ends(headers: Instances) -> Iterator[tuple[int, _Ends]]:
    name, plain = headers.protocol, _whole(headers)
    if name == "ip":
        plain &= headers.lookup("ip.hdr_len")[0] == 20
    headers = headers.chosen(np.flatnonzero(plain))
    texts = (_address_texts(headers, f"{name}.{end}") for end in ("src", "dst"))
    return zip(headers.rows.tolist(), map(_Ends, *texts, [name == "ipv6"] * len(headers)), strict=True)


def _address_texts(headers: Instances, name: str) -> list[str]:
    values, (size, write) = headers.lookup(name)[0], _address_writer(name)
    data = (values.astype(">u4") if values.ndim == 1 else values).tobytes()
    return [write(data[place:place + size]) for place in range(0, len(data), size)]


@cache
def _address_writer(name: str) -> tuple[int, Callable[[bytes], str]]:
    """How long the addresses of a field are, and what writes them: there are few of them in many packets."""
    spec = known_fields()[name]
    return spec.type.width or 1, lru_cache(_MOST_ADDRESSES)(value_writer(spec))


def _segments(headers: Instances, networks: Sequence[Instances],
              ends: Mapping[int, _Ends]) -> Iterator[tuple[int, Line]]:
    """The lines of TCP segments in packets whose ends are known."""
    header, there = headers.lookup("tcp.hdr_len")
    size = header.astype(np.int64) - 20
    plain = _known(headers, ends) & there & (size >= 0) & (headers.start + header <= headers.stop)
    plain &= have_usual_options(headers)
    stamps, stamped = only_timestamps(headers.batch.capture, headers.rows, headers.start + 20, np.where(plain, size, 0))
    others = plain & ~stamped & (size > 0)
    chosen = np.flatnonzero(plain)
    headers, words = headers.chosen(chosen), np.full(len(chosen), "", object)
    headers.are_whole()     # those with usual options cannot be otherwise
    _tell_around(headers, networks, _SEGMENT_FIELDS)
    words[stamped[chosen]] = _timestamp_words(stamps[chosen[stamped[chosen]]])
    if others[chosen].any():
        with_others = headers.chosen(np.flatnonzero(others[chosen]))
        with_others.are_whole()
        words[others[chosen]] = _option_words(with_others)
    messages = _messages(headers)
    lines = zip(headers.rows.tolist(), _facts(headers, _SEGMENT_FIELDS), _remarks(headers), words.tolist(), strict=True)
    for row, facts, (remarks, tags), ending in lines:
        if row not in messages or is_out_of_turn(remarks):
            yield row, ("TCP", tags + info_of_segment(facts) + ending)
        elif (message := messages[row]) is not None:
            yield row, (message[0], tags + message[1])


def _datagrams(headers: Instances, networks: Sequence[Instances],
               ends: Mapping[int, _Ends]) -> Iterator[tuple[int, Line]]:
    """The same of UDP datagrams."""
    headers = headers.chosen(np.flatnonzero(_whole(headers) & _known(headers, ends)))
    _tell_around(headers, networks, _DATAGRAM_FIELDS)
    messages = _messages(headers)
    for row, facts in zip(headers.rows.tolist(), _facts(headers, _DATAGRAM_FIELDS), strict=True):
        if row not in messages:
            yield row, ("UDP", info_of_datagram(facts, ends[row].are_ipv6))
        elif (message := messages[row]) is not None:
            yield row, message


def _whole(headers: Instances) -> BoolArray:
    """Which headers were read to their end."""
    return headers.alive(len(headers.entries)).copy()


def _known(headers: Instances, ends: Mapping[int, _Ends]) -> BoolArray:
    return np.fromiter(map(ends.__contains__, headers.rows.tolist()), bool, len(headers))


def _messages(headers: Instances) -> Mapping[int, Line | None]:
    """What upper layers say of the packets whose transport carries one, by row; None of one that nobody parsed."""
    found: dict[int, Line | None] = {}
    level: Sequence[Instances] = [headers]
    while level:
        carried = [inner for outer in level for inner in headers.batch.payloads_of(outer)]
        for inner in carried:
            if PROTOCOLS[inner.protocol].parsed:
                found.update(zip(inner.rows.tolist(), map(_line_of, [inner.protocol] * len(inner), inner.messages),
                                 strict=True))
            elif inner.protocol not in PLAIN_PAYLOADS:
                found.update(dict.fromkeys(inner.rows.tolist()))
        level = [inner for inner in carried if inner.protocol in PLAIN_PAYLOADS and inner.protocol != "data"]
    return found


def _line_of(protocol: str, message: Message) -> Line:
    return protocol.upper(), message.info or message.label


def _facts(headers: Instances, names: Iterable[str]) -> list[Facts]:
    """The values that each header has."""
    facts: list[Facts] = [{} for _header in range(len(headers))]
    for name in names:
        values, present = headers.lookup(name)
        for known, value, there in zip(facts, values.tolist(), present.tolist(), strict=True):
            if there:
                known[name] = value
    return facts


def _remarks(headers: Instances) -> list[tuple[set[str], str]]:
    """The remarks of the analysis on each segment, by name and as text."""
    batch = headers.batch
    result: list[tuple[set[str], str]] = [(set(), "")] * len(headers)
    flagged = np.flatnonzero(batch.registered("tcp.analysis.flags", headers)[1])
    if not len(flagged):
        return result
    headers = headers.chosen(flagged)
    remarks: list[set[str]] = [set() for _header in flagged]
    for name in REMARKS:
        for place in np.flatnonzero(batch.registered(f"tcp.analysis.{name}", headers)[1]).tolist():
            remarks[place].add(name)
    frames, numbers = (batch.registered(f"tcp.analysis.duplicate_ack_{part}", headers)[0].tolist()
                       for part in ("frame", "num"))
    for place, found, frame, number in zip(flagged.tolist(), remarks, frames, numbers, strict=True):
        result[place] = found, remarks_text(found, f"{frame}#{number}")
    return result


def _timestamp_words(stamps: NDArray[Any]) -> list[str]:
    """What timestamps alone add to the end of each line."""
    texts = ([option_word(f"tcp.options.timestamp.{name}", value) for value in stamps[name].tolist()]
             for name in ("tsval", "tsecr"))
    return ["".join(both) for both in zip(*texts, strict=True)]


def _option_words(headers: Instances) -> list[str]:
    """What the options add to the end of each line, all of them being usual."""
    words: list[list[tuple[int, str]]] = [[] for _header in range(len(headers))]
    for name in USUAL_WORDS:
        for place, position, value in zip(*(part.tolist() for part in occurrences_within(headers, name)), strict=True):
            words[place].append((position, option_word(name, value)))
    return ["".join(word for _position, word in sorted(found, key=itemgetter(0))) for found in words]
