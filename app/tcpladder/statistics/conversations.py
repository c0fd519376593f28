"""Conversations and endpoints, with what each sent and received."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import ColumnTable
from tcpladder.packets.capture import NO_TIME
from tcpladder.protocols.names import Names
from tcpladder.statistics.pairs import Pairs, Rows, pairs_of
from tcpladder.statistics.table import Array, Column, Table, number_column, text_column
from tcpladder.texts import _

_SECONDS = "{:,.6f}"


def conversations(columns: ColumnTable, kind: str, rows: Rows | None = None) -> Table:
    """One row per pair of addresses (of ports and stream with TCP and UDP); A is who spoke first."""
    pairs = pairs_of(columns, kind, rows)
    low, high = np.minimum(pairs.source, pairs.destination), np.maximum(pairs.source, pairs.destination)
    key = pairs.stream if pairs.has_ports else low << 32 | high
    _known, first, group = np.unique(key, return_index=True, return_inverse=True)
    count = len(first)
    a, b = pairs.source[first], pairs.destination[first]
    from_a = pairs.source == a[group]
    octets = columns.capture.wire_len[pairs.row].astype(np.int64)
    forth, back = (_sums(group[side], octets[side], count) for side in (from_a, ~from_a))
    start, duration = _spans(columns, pairs.row, group, count)

    def filter_of(place: int) -> str:
        if pairs.has_ports:
            return f"{kind}.stream == {pairs.stream[first[place]]}"
        return f"{pairs.address_filter(int(a[place]))} && {pairs.address_filter(int(b[place]))}"

    shown: list[Column] = [*_address_columns(pairs, a, (_("Address A"), _("Port A"))),
                           *_address_columns(pairs, b, (_("Address B"), _("Port B")))]
    if pairs.has_ports:
        shown.append(number_column(_("Stream"), pairs.stream[first], "{}"))
    shown += [
        number_column(_("Packets"), forth[0] + back[0]), number_column(_("Bytes"), forth[1] + back[1]),
        number_column(_("Packets A → B"), forth[0]), number_column(_("Bytes A → B"), forth[1]),
        number_column(_("Packets B → A"), back[0]), number_column(_("Bytes B → A"), back[1]),
        number_column(_("Start (s)"), start, _SECONDS), number_column(_("Duration (s)"), duration, _SECONDS),
        number_column(_("Bits/s A → B"), _rates(forth[1], duration), "{:,.0f}"),
        number_column(_("Bits/s B → A"), _rates(back[1], duration), "{:,.0f}"),
    ]
    return Table(tuple(shown), pairs.row[first].astype(np.int64), filter_of)


def endpoints(columns: ColumnTable, kind: str, rows: Rows | None = None) -> Table:
    """One row per address (with its port for TCP and UDP)."""
    pairs = pairs_of(columns, kind, rows)
    count = len(pairs.addresses)
    octets = columns.capture.wire_len[pairs.row].astype(np.int64)
    sent, received = _sums(pairs.source, octets, count), _sums(pairs.destination, octets, count)
    first = np.full(count, np.iinfo(np.int64).max)
    for end in (pairs.source, pairs.destination):
        np.minimum.at(first, end, pairs.row)
    shown = [
        *_address_columns(pairs, np.arange(count), (_("Address"), _("Port"))),
        number_column(_("Packets"), sent[0] + received[0]), number_column(_("Bytes"), sent[1] + received[1]),
        number_column(_("Packets sent"), sent[0]), number_column(_("Bytes sent"), sent[1]),
        number_column(_("Packets received"), received[0]), number_column(_("Bytes received"), received[1]),
    ]
    return Table(tuple(shown), first, pairs.address_filter)


def _address_columns(pairs: Pairs, which: Array, titles: tuple[str, str]) -> list[Column]:
    def host(place: int) -> str:
        return pairs.host(int(which[place]))

    def named_host(place: int, names: Names) -> str:
        return names.address(host(place))

    def named_port(place: int, names: Names) -> str:
        return names.port(pairs.kind, pairs.port(int(which[place])))

    shown = [replace(text_column(titles[0], which, host), named=named_host)]
    if pairs.has_ports:
        ports = np.fromiter((port for _address, port in pairs.addresses), np.int64, len(pairs.addresses))
        shown.append(replace(number_column(titles[1], ports[which], "{}"), named=named_port))
    return shown


def _sums(group: Array, octets: Array, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Packets and bytes of each group."""
    return (np.bincount(group, minlength=count).astype(np.int64),
            np.bincount(group, octets, count).astype(np.int64))


def _spans(columns: ColumnTable, rows: Array, group: Array, count: int) -> tuple[NDArray[np.float64], ...]:
    """Seconds from the capture's first packet to the group's first, and from there to its last; NaN without times."""
    times = columns.capture.time_ns[rows]
    dated = times != NO_TIME
    first, last = np.full(count, np.iinfo(np.int64).max), np.full(count, np.iinfo(np.int64).min)
    np.minimum.at(first, group[dated], times[dated])
    np.maximum.at(last, group[dated], times[dated])
    known = last >= first
    origin = int(columns.capture.time_ns[0]) if columns.capture.frame_count else 0
    start = np.where(known, (np.where(known, first, 0) - origin) / 1e9, np.nan)
    duration = np.where(known, np.where(known, last, 0) - np.where(known, first, 0), 0) / 1e9
    return start, np.where(known, duration, np.nan)


def _rates(octets: Array, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bits a second; NaN where there was no time."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(seconds > 0, 8 * octets / seconds, np.nan)
