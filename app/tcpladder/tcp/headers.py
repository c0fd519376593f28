"""From the columns of a capture to segments, and from arrays per segment back to fields of the tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.all_packets import PROTOCOL_CODES
from tcpladder.decode.columns import ColumnTable
from tcpladder.packets.capture import NO_TIME
from tcpladder.tcp.segments import NO_ADDRESS, AddressBook, Segments

Array = NDArray[Any]
_CARRIERS = (("ip", "icmp"), ("ipv6", "icmpv6"))
_ICMP_REDIRECT = 5


@dataclass(frozen=True, slots=True)
class Headers:
    """The TCP headers that can be analysed: those of which everything up to the window was captured.

    Not among them: those that an ICMP redirect quotes.
    """

    segments: Segments
    addresses: AddressBook
    places: NDArray[np.int64]     # of each segment in the table of all TCP headers
    timed: NDArray[np.bool_]      # the capture holds a time for it
    total: int                    # TCP headers in that table
    quoted: NDArray[np.bool_]     # which of them ICMP quotes

    def spread(self, values: Array, present: Array | None = None) -> tuple[Array, NDArray[np.bool_]]:
        """Values in the order of the segments as (values, present) for all TCP headers."""
        spread = np.zeros((self.total, *values.shape[1:]), values.dtype)
        spread[self.places] = values
        there = np.zeros(self.total, np.bool_)
        there[self.places] = True if present is None else present
        return spread, there


def read_headers(columns: ColumnTable) -> Headers:
    """All TCP headers of a capture, with the addresses of the IP headers that carry them directly."""
    table = columns.layer("tcp")
    window, whole = columns.layer_values("tcp.window_size_value")
    book = AddressBook()
    source, destination, quoted, fragment = _carriers(columns, len(table), book)
    places = np.flatnonzero(whole & ~_redirected(columns, len(table)))
    rows = table.rows[places]

    def number(name: str) -> Array:
        return columns.layer_values(name)[0][places]

    def option(name: str, dtype: type[np.signedinteger[Any]]) -> Array:
        values, there = columns.layer_values(name)
        return np.where(there[places], values[places].astype(dtype), -1).astype(dtype)

    def has(name: str) -> Array:
        return columns.layer_values(name)[1][places]

    owner, left = columns.layer_list("tcp.options.sack_le_raw")
    right_owner, right = columns.layer_list("tcp.options.sack_re_raw")
    pairs = min(len(owner), len(right_owner))     # the last block may be cut between its edges
    place_of = np.full(len(table), -1, np.int64)
    place_of[places] = np.arange(len(places))
    owned = place_of[owner[:pairs]]
    kept = (owned >= 0) & (owner[:pairs] == right_owner[:pairs])

    capture = columns.capture
    times = capture.time_ns[rows]
    header_end = table.start[places] + number("tcp.hdr_len").astype(np.int64)
    ports = number("tcp.srcport").astype(np.int64), number("tcp.dstport").astype(np.int64)
    segments = Segments(
        row=rows.astype(np.int32), time_ns=np.where(times == NO_TIME, 0, times),
        source=source[places] | ports[0], destination=destination[places] | ports[1],
        seq=number("tcp.seq_raw").astype(np.uint32), ack=number("tcp.ack_raw").astype(np.uint32),
        flags=number("tcp.flags").astype(np.uint16), length=number("tcp.len").astype(np.int64),
        window=window[places].astype(np.int64), mss=option("tcp.options.mss_val", np.int32),
        window_shift=option("tcp.options.wscale.shift", np.int16),
        sack_permitted=has("tcp.options.sack_perm"), timestamps=has("tcp.options.timestamp.tsval"),
        options_cut=header_end > capture.captured_len[rows].astype(np.int64), quoted=quoted[places],
        fragment=fragment[places],
        cookie=has("tcp.options.tfo.cookie"), sack_owner=owned[kept],
        sack_left=left[:pairs][kept].astype(np.uint32), sack_right=right[:pairs][kept].astype(np.uint32))
    return Headers(segments, book, places, times != NO_TIME, len(table), quoted)


def _redirected(columns: ColumnTable, total: int) -> NDArray[np.bool_]:
    """Which TCP headers an ICMP redirect quotes: of those tshark reads ports and number, and judges nothing."""
    redirected = np.zeros(total, np.bool_)
    if "icmp" in PROTOCOL_CODES:
        of_tcp, carrying_ip = columns.parents("tcp", "ip")
        quoted_ip, quoting = columns.parents("ip", "icmp")
        redirects = np.zeros(len(columns.layer("ip")), np.bool_)
        redirects[quoted_ip] = columns.layer_values("icmp.type")[0][quoting] == _ICMP_REDIRECT
        redirected[of_tcp] = redirects[carrying_ip]
    return redirected


def _carriers(columns: ColumnTable, total: int,
              book: AddressBook) -> tuple[Array, Array, NDArray[np.bool_], NDArray[np.bool_]]:
    """Source and destination of every TCP header (port 0), whether ICMP quotes it, whether IP cut it up."""
    source: Array = np.full(total, NO_ADDRESS, np.int64)
    destination: Array = source.copy()
    quoted, fragment = np.zeros(total, np.bool_), np.zeros(total, np.bool_)
    for carrier, quoter in _CARRIERS:
        inner, outer = columns.parents("tcp", carrier)
        if not len(inner):
            continue
        sources = columns.layer_values(f"{carrier}.src")[0][outer]
        destinations = columns.layer_values(f"{carrier}.dst")[0][outer]
        if carrier == "ip":
            keys = book.ipv4(np.concatenate([sources, destinations]))
            fragment[inner] = columns.layer_values("ip.flags.mf")[0][outer] != 0
        else:
            keys = book.add_ipv6(np.concatenate([sources, destinations]))
        source[inner], destination[inner] = keys[:len(inner)], keys[len(inner):]
        quotes = np.zeros(len(columns.layer(carrier)), np.bool_)
        if quoter in PROTOCOL_CODES:
            quotes[columns.parents(carrier, quoter)[0]] = True
        quoted[inner] = quotes[outer]
    return source, destination, quoted, fragment

