"""Which echo reply answers which echo request, and how long it took: for ICMP and ICMPv6 alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.packets.capture import NO_TIME

if TYPE_CHECKING:
    from tcpladder.decode.columns import ColumnTable

_NS_PER_MS = 1e6


@dataclass(frozen=True, slots=True)
class Echo:
    """How a protocol asks for an echo: types of request and reply, and the fields that tell one echo from another."""

    protocol: str
    carrier: str
    request: int
    reply: int
    identifier: str
    sequence: str

    @property
    def fields(self) -> tuple[str, ...]:
        """What echo_fields() fills in."""
        return tuple(f"{self.protocol}.{name}" for name in (
            "resp_in", "resp_to", "resptime", "no_resp", "resp_not_found"))


ECHOES = (
    Echo("icmp", "ip", 8, 0, "icmp.ident", "icmp.seq"),
    Echo("icmpv6", "ipv6", 128, 129, "icmpv6.echo.identifier", "icmpv6.echo.sequence_number"),
)


def echo_fields(columns: "ColumnTable", echo: Echo) -> Mapping[str, tuple[NDArray[Any], NDArray[np.bool_]]]:
    """Frame numbers of reply and request, the time between them (ms), and the requests that nobody answered."""
    table = columns.layer(echo.protocol)
    count = len(table)
    requests, replies, unanswered = _pairs(columns, echo)
    resp_in, resp_to = np.zeros(count, np.uint32), np.zeros(count, np.uint32)
    resp_in[requests], resp_to[replies] = table.rows[replies] + 1, table.rows[requests] + 1
    time = columns.capture.time_ns[table.rows]
    took = np.zeros(count, np.float64)
    took[replies] = (time[replies] - time[requests]) / _NS_PER_MS
    timed = np.zeros(count, bool)
    timed[replies] = (time[replies] != NO_TIME) & (time[requests] != NO_TIME)
    missing = np.zeros(count, bool)
    missing[unanswered] = True
    values = ((resp_in, resp_in > 0), (resp_to, resp_to > 0), (took, timed), (missing.astype(np.uint8), missing),
              (missing.astype(np.uint8), missing))
    return dict(zip(echo.fields, values, strict=True))


def _pairs(columns: "ColumnTable", echo: Echo) -> tuple[NDArray[np.integer[Any]], ...]:
    """Places of requests, of the replies to each of them, and of the requests without a reply.

    A reply has the identifier, the number and the data (by its checksum) of the request, between the same
    two addresses; it answers the latest such request, and only the first reply does.
    """
    kind, known = columns.layer_values(f"{echo.protocol}.type")
    sequence, present = columns.layer_values(echo.sequence)
    quoted = columns.layer_values(f"{echo.protocol}.quoted")[0]
    first, second, to_many = _addresses(columns, echo)
    is_echo = ((kind == echo.request) & ~to_many) | (kind == echo.reply)
    places = np.flatnonzero(known & present & is_echo & (quoted == 0))
    # The checksum without the type is the same in both (RFC 1071: numbers that differ by 0xffff are equal).
    checksum = columns.layer_values(f"{echo.protocol}.checksum")[0].astype(np.int64)
    data = (0xffff - checksum - kind.astype(np.int64) * 256) % 0xffff
    keys = [part[places] for part in (sequence, columns.layer_values(echo.identifier)[0], data, *first, *second)]
    order = np.lexsort((places, *keys))
    asks = kind[places][order] == echo.request
    same = np.logical_and.reduce([part[order][1:] == part[order][:-1] for part in keys])
    answers = np.flatnonzero(asks[:-1] & ~asks[1:] & same)
    unanswered = asks.copy()
    unanswered[answers] = False
    ordered = places[order]
    return ordered[answers], ordered[answers + 1], ordered[unanswered]


def _addresses(columns: "ColumnTable", echo: Echo) -> tuple[list[NDArray[Any]], list[NDArray[Any]], NDArray[np.bool_]]:
    """The smaller and the larger address of each message (halves of 64 bits), and which go to a group or to all."""
    count = len(columns.layer(echo.protocol))
    inner, outer = columns.parents(echo.protocol, echo.carrier)
    ends = []
    for which in ("src", "dst"):
        values = columns.layer_values(f"{echo.carrier}.{which}")[0][outer]
        halves = np.zeros((2, count), np.uint64)
        if values.ndim == 2:
            halves[:, inner] = np.ascontiguousarray(values).view(">u8").reshape(-1, 2).T
        else:
            halves[1, inner] = values
        ends.append(halves)
    upper, lower = ends[1]
    to_many = (upper >> 56 == 0xff) if echo.carrier == "ipv6" else (lower >> 28 == 0xe) | (lower == 0xffffffff)
    source, destination = ends
    swapped = (destination[0] < source[0]) | ((destination[0] == source[0]) & (destination[1] < source[1]))
    smaller, larger = np.where(swapped, destination, source), np.where(swapped, source, destination)
    return list(smaller), list(larger), to_many
