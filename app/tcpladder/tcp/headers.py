"""From the columns of a capture to segments, and from arrays per segment back to fields of the tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.all_packets import Instances
from tcpladder.decode.columns import ColumnTable, values_within
from tcpladder.packets.capture import NO_TIME
from tcpladder.tcp.segments import LISTED_TYPES, NO_ADDRESS, SEGMENT_TYPES, AddressBook, Segments, Trait
from tcpladder.work.interruption import proceed

Array = NDArray[Any]
Bools = NDArray[np.bool_]
_QUOTERS = {"ip": "icmp", "ipv6": "icmpv6"}
_ICMP_REDIRECT = 5
_WITHOUT_OPTIONS = 20        # bytes of a header


@dataclass(frozen=True, slots=True)
class Headers:
    """Where the TCP headers that can be analysed stand among all: those of which everything up to the window is there.

    Not among them: those that an ICMP redirect quotes.
    """

    addresses: AddressBook
    chosen: NDArray[np.int32] | None     # of each segment, the place in the table of all TCP headers; None: all are
    timed: Bools                  # the capture holds a time for it
    total: int                    # TCP headers in that table
    quoted: Bools                 # which of them ICMP quotes

    @property
    def places(self) -> NDArray[np.int32]:
        """The place of each segment in the table of all TCP headers."""
        return np.arange(self.total, dtype=np.int32) if self.chosen is None else self.chosen

    def segments_within(self, first: int, last: int) -> tuple[slice, NDArray[np.integer[Any]] | None]:
        """The segments among the headers [first, last), and where they stand among those; None: all are segments."""
        if self.chosen is None:
            return slice(first, last), None
        begin, end = np.searchsorted(self.chosen, [first, last])
        return slice(int(begin), int(end)), self.chosen[begin:end] - first


@dataclass(frozen=True, slots=True)
class FoundHeaders:
    """Segments in the order of the capture, and the endpoints of each."""

    headers: Headers
    segments: Segments
    source: NDArray[np.int64]
    destination: NDArray[np.int64]


def read_headers(columns: ColumnTable) -> FoundHeaders:
    """All TCP headers of a capture, with the addresses of the IP headers that carry them directly."""
    count = columns.frame_count
    found = _Found(columns, sum(len(batch.layer("tcp")) for batch in columns.batches()))
    for batch in columns.batches():
        found.add(batch.layer("tcp"))
        proceed(batch.last, count)
    return found.finished()


class _Found:
    """Collects what the batches hold, in arrays that are as long as they can become."""

    def __init__(self, columns: ColumnTable, total: int) -> None:
        self._times = columns.capture.time_ns
        self._book = AddressBook()
        self._arrays = {name: np.empty(total, dtype) for name, dtype in SEGMENT_TYPES.items()}
        self._source, self._destination = np.empty(total, np.int64), np.empty(total, np.int64)
        self._listed: dict[str, list[Array]] = {name: [] for name in LISTED_TYPES}
        self._chosen = np.empty(total, np.int32)
        self._timed, self._quoted = np.empty(total, np.bool_), np.empty(total, np.bool_)
        self._seen = self._count = 0

    def finished(self) -> FoundHeaders:
        """All of it, when there are no more batches."""
        count, total = self._count, len(self._quoted)
        timed = self._timed[:count]
        headers = Headers(
            self._book, None if count == total else self._chosen[:count].copy(),
            np.broadcast_to(True, count) if timed.all() else timed.copy(), total,
            self._quoted if self._quoted.any() else np.broadcast_to(False, total))
        listed = {name: np.concatenate([np.zeros(0, dtype), *self._listed[name]])
                  for name, dtype in LISTED_TYPES.items()}
        segments = Segments(self._times, **{name: array[:count] for name, array in self._arrays.items()}, **listed)
        return FoundHeaders(headers, segments, self._source[:count], self._destination[:count])

    def add(self, tcp: Instances) -> None:
        """Reads the TCP headers of one batch."""
        total = len(tcp)
        source: Array = np.full(total, NO_ADDRESS, np.int64)
        destination: Array = source.copy()
        traits = np.zeros(total, np.uint8)
        redirected = np.zeros(total, np.bool_)
        whole_packet = np.zeros(total, np.bool_)
        for part in tcp.parts():
            places = np.arange(total) if part.settled is None else part.settled
            carrier = part.carrier()
            if carrier is None or carrier[0].protocol not in _QUOTERS:
                continue
            network, index = carrier
            addresses = [network.lookup(f"{network.protocol}.{which}")[0][index] for which in ("src", "dst")]
            if network.protocol == "ip":
                source[places], destination[places] = (AddressBook.ipv4(address) for address in addresses)
                more, beyond = (network.lookup(f"ip.{name}")[0][index] != 0 for name in ("flags.mf", "frag_offset"))
                traits[places[more]] |= np.uint8(Trait.FRAGMENT)
                whole_packet[places] = ~(more | beyond)
            else:
                source[places], destination[places] = (self._book.ipv6(address) for address in addresses)
                whole_packet[places] = part.outer is network
            quoter = network.carrier()
            if quoter is not None and quoter[0].protocol == _QUOTERS[network.protocol]:
                traits[places] |= np.uint8(Trait.QUOTED)
                if network.protocol == "ip":
                    redirected[places] = (network.around("icmp.type")[0] == _ICMP_REDIRECT)[index]
        quoted = (traits & np.uint8(Trait.QUOTED)) != 0
        window, whole = tcp.lookup("tcp.window_size_value")
        kept = whole & ~redirected
        places = np.flatnonzero(kept)

        def number(name: str, dtype: Any) -> Array:
            values: Array = tcp.lookup(name)[0][places].astype(dtype, copy=False)
            return values

        rows = tcp.rows[places].astype(np.int32, copy=False)
        header_length = number("tcp.hdr_len", np.int32)
        traits = traits[places]
        traits[tcp.start[places] + header_length > tcp.captured[places]] |= np.uint8(Trait.OPTIONS_CUT)
        if (whole_packet & ~quoted)[places].all():
            length = np.maximum(tcp.end[places] - tcp.start[places] - header_length, 0)
        else:
            length = number("tcp.len", np.int32)
        times = self._times[rows]
        ports = number("tcp.srcport", np.int64), number("tcp.dstport", np.int64)
        only_timestamps = tcp.has_usual("tcp.options")[places]
        traits[only_timestamps] |= np.uint8(Trait.TIMESTAMPS)
        telling = np.flatnonzero((header_length > _WITHOUT_OPTIONS) & ~only_timestamps)
        options = _Options(tcp.chosen(places[telling]), telling)
        for name, trait in (("sack_perm", Trait.SACK_PERMITTED), ("timestamp.tsval", Trait.TIMESTAMPS),
                            ("tfo.cookie", Trait.COOKIE)):
            traits[options.having(name)] |= np.uint8(trait)
        sizes, shifts = options.first("mss_val"), options.first("wscale.shift")
        owner = np.union1d(sizes[0], shifts[0])
        mss, shift = np.full(len(owner), -1, np.int32), np.full(len(owner), -1, np.int16)
        mss[np.searchsorted(owner, sizes[0])], shift[np.searchsorted(owner, shifts[0])] = sizes[1], shifts[1]
        sack_owner, left, right = options.sack_blocks()
        here = slice(self._count, self._count + len(places))
        for name, values in (("row", rows),
                             ("seq", number("tcp.seq_raw", np.uint32)), ("ack", number("tcp.ack_raw", np.uint32)),
                             ("flags", number("tcp.flags", np.uint16)), ("length", length),
                             ("window", window[places]), ("traits", traits)):
            self._arrays[name][here] = values
        for name, values in (("option_owner", owner + self._count), ("option_mss", mss), ("option_shift", shift),
                             ("sack_owner", sack_owner + self._count), ("sack_left", left), ("sack_right", right)):
            self._listed[name].append(values)
        np.bitwise_or(source[places], ports[0], out=self._source[here])
        np.bitwise_or(destination[places], ports[1], out=self._destination[here])
        self._chosen[here], self._timed[here] = places + self._seen, times != NO_TIME
        self._quoted[self._seen:self._seen + total] = quoted
        self._count += len(places)
        self._seen += total


class _Options:
    """The options of those headers that have any but the usual ones; places are those of segments."""

    def __init__(self, headers: Instances, places: Array) -> None:
        self._headers, self._places = headers, places

    def _all(self, name: str) -> tuple[Array, Array]:
        if not len(self._headers):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        owner, values = values_within(self._headers, f"tcp.options.{name}")
        return self._places[owner], values

    def having(self, name: str) -> Array:
        """Places of those that hold a field."""
        return self._all(name)[0]

    def first(self, name: str) -> tuple[Array, Array]:
        """Places and the first value of each that holds a field."""
        owner, values = self._all(name)
        owners, index = np.unique(owner, return_index=True)
        return owners, values[index]

    def sack_blocks(self) -> tuple[Array, Array, Array]:
        """Places and both edges of each block."""
        owner, left = self._all("sack_le_raw")
        right_owner, right = self._all("sack_re_raw")
        pairs = min(len(owner), len(right_owner))     # the last block may be cut between its edges
        kept = owner[:pairs] == right_owner[:pairs]
        return owner[:pairs][kept], left[:pairs][kept].astype(np.uint32), right[:pairs][kept].astype(np.uint32)
