"""The order of the packet list, sorted by one of its columns."""

from collections.abc import Callable
from contextlib import suppress
from enum import IntEnum
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.one_packet import decode_row
from tcpladder.decode.summary import Summary, summarise
from tcpladder.decode.summary_columns import info_keys, protocol_keys
from tcpladder.exports.fields import is_column
from tcpladder.fields.types import FieldType
from tcpladder.ui.byte_text import visible_text
from tcpladder.work.forked import ForkFailed, Tell, can_fork, in_a_copy

Rows = NDArray[np.int64]

_BETWEEN_CHECKS = 256
_BETWEEN_LOOKS_S = 0.02
# Packets: fewer are sorted in a moment; of more, the copy would take more memory than anybody expects (0.3 KB each).
_WORTH_FINDING = range(200_000, 2_000_000)


class Column(IntEnum):
    """The columns of the packet list, from left to right."""

    MARK = 0
    NUMBER = 1
    TIME = 2
    SOURCE = 3
    DESTINATION = 4
    PROTOCOL = 5
    LENGTH = 6
    INFO = 7


ADDRESS_FIELDS = {Column.SOURCE: ("eth.src", "ip.src", "ipv6.src"),
                  Column.DESTINATION: ("eth.dst", "ip.dst", "ipv6.dst")}


_FROM_TEXTS = (Column.PROTOCOL, Column.INFO)


class SortKeys:
    """What rows of a capture are sorted by; those of the slow columns are kept."""

    def __init__(self, columns: ColumnTable) -> None:
        self._columns = columns
        self._of_all: dict[Column, NDArray[Any]] = {}       # of every row, found beforehand
        self._last: tuple[Column, Rows, NDArray[Any]] | None = None     # the other direction needs the same
        self._finding = Lock()

    def find_beforehand(self, check: Callable[[], None]) -> None:
        """Finds in a copy of the program what takes long to find for all rows of a large capture.

        check() is called now and then, and may raise to end the work.
        """
        rows = np.arange(self._columns.frame_count)
        if len(rows) not in _WORTH_FINDING or not can_fork():
            return

        def work(tell: Tell) -> None:
            for column in _FROM_TEXTS:
                keys = self._keys_of_texts(column, rows, lambda _made: None)
                ranks = np.unique(keys, return_inverse=True)[1]
                tell({column: ranks.astype(np.min_scalar_type(ranks.max()))})

        with self._finding, suppress(ForkFailed):
            in_a_copy(work, check, self._of_all.update)

    def of(self, column: Column, rows: Rows, check: Callable[[int], None]) -> NDArray[Any]:
        """Numbers that compare as the cells of the rows in a column do: shape of rows, equal for equal cells.

        Addresses are ordered as numbers, Ethernet before IPv4 before IPv6. check(made) is called often with the
        number of texts made, and may raise to end the work.
        """
        if column is Column.TIME:
            return self._columns.capture.time_ns[rows]
        if column is Column.LENGTH:
            return self._columns.capture.wire_len[rows]
        if column not in _FROM_TEXTS and column not in ADDRESS_FIELDS:
            return rows
        last = self._last
        if last is not None and last[0] is column and np.array_equal(last[1], rows):
            return last[2]
        if column in _FROM_TEXTS:
            self._wait_for(column, check)
            if column in self._of_all:
                return self._of_all[column][rows]
        self._last = None       # never two at a time
        keys = (_address_keys(self._columns, ADDRESS_FIELDS[column], rows) if column in ADDRESS_FIELDS
                else self._keys_of_texts(column, rows, check))
        self._last = column, rows, keys
        return keys

    def _wait_for(self, column: Column, check: Callable[[int], None]) -> None:
        """Until the keys of a column, or all that can be, were found beforehand."""
        while column not in self._of_all:
            if self._finding.acquire(timeout=_BETWEEN_LOOKS_S):
                self._finding.release()
                return
            check(0)

    def _keys_of_texts(self, column: Column, rows: Rows, check: Callable[[int], None]) -> NDArray[np.int64]:
        def summary(row: int) -> Summary:
            return summarise(decode_row(self._columns, row))

        if column is Column.PROTOCOL:
            return protocol_keys(self._columns, rows, lambda row: summary(row).protocol, check)
        return info_keys(self._columns, rows, lambda row: visible_text(summary(row).info), check)


def sorted_rows(columns: ColumnTable, rows: Rows, column: Column | str, *, descending: bool, keys: SortKeys,
                text_of: Callable[[int], str], check: Callable[[int], None]) -> Rows:
    """The rows in the order of a column, or of a field's first values; equal ones stay in the order of the capture.

    text_of(row) is asked for the cells of fields that exist only as text; check(made) is called often with the number
    of texts made, and may raise to end the work.
    """
    found = (_field_keys(columns, column, rows, text_of, check) if isinstance(column, str)
             else [keys.of(column, rows, check)])
    return rows[_order(found, descending)]


def _order(keys: list[NDArray[Any]], descending: bool) -> NDArray[np.int64]:
    """The places in the order of the keys, the weightiest last; equal ones forwards in both directions."""
    count = len(keys[0])
    if len(keys) == 1 and count:
        key, low, high = keys[0], keys[0].min(), keys[0].max()
        bits = count.bit_length()
        if (int(high) - int(low)).bit_length() + bits < 64:
            # Key and place as one number: sorting these takes a fraction of the time.
            packed = (high - key if descending else key - low).astype(np.int64) << bits
            packed |= np.arange(count)
            packed.sort()
            return packed & ((1 << bits) - 1)
    if descending:      # backwards, but equal ones forwards: sort the mirrored keys and mirror the result
        return (count - 1 - np.lexsort([key[::-1] for key in keys]))[::-1]
    return np.lexsort(keys)


def _field_keys(columns: ColumnTable, name: str, rows: Rows, text_of: Callable[[int], str],
                check: Callable[[int], None]) -> list[NDArray[Any]]:
    """Keys for lexsort, the weightiest last: the first value of the field, and whether there is one."""
    if not is_column(columns, name):
        return [_text_ranks(rows, text_of, check)]
    column = columns.column(name)
    at, first = column.first_places()
    present = np.zeros(columns.frame_count, np.uint8)
    present[at] = 1
    values: list[NDArray[Any]]
    if column.values.ndim == 2:     # addresses: high and low half
        values = list(_halves(column.values[first]))[::-1]
    elif column.type in (FieldType.STRING, FieldType.BYTES) and column.values.dtype != object:
        values = [_byte_ranks([column.spans.bytes_of(index) for index in first.tolist()])]
    elif column.values.dtype == object:
        values = [_byte_ranks([str(value).encode() for value in column.values[first].tolist()])]
    else:
        values = [column.values[first]]
    keys = []
    for part in values:
        dense = np.zeros(columns.frame_count, part.dtype)
        dense[at] = part
        keys.append(dense[rows])
    return [*keys, present[rows]]


def _byte_ranks(texts: list[bytes]) -> NDArray[np.int64]:
    ranks = {text: rank for rank, text in enumerate(sorted(set(texts)))}
    return np.fromiter((ranks[text] for text in texts), np.int64, len(texts))


def _text_ranks(rows: Rows, text_of: Callable[[int], str], check: Callable[[int], None]) -> NDArray[np.int64]:
    texts: list[str] = []
    for place, row in enumerate(rows.tolist()):
        if place % _BETWEEN_CHECKS == 0:
            check(place)
        texts.append(text_of(row).casefold())
    ranks = {text: rank for rank, text in enumerate(sorted(set(texts)))}
    return np.fromiter((ranks[text] for text in texts), np.int64, len(texts))


def _address_keys(columns: ColumnTable, names: tuple[str, str, str], rows: Rows) -> NDArray[np.int64]:
    """Keys that compare as the last address of each row does: the kind of address in the order of names, its number."""
    found: list[tuple[list[NDArray[Any]], list[NDArray[Any]]]] = [([], []) for _name in names]
    for batch in columns.batches():
        has_one = np.zeros(batch.last - batch.first, bool)
        for name, (found_rows, found_values) in zip(reversed(names), reversed(found), strict=True):
            headers = batch.layer(columns.protocol_of(name))
            # Nearly all have an IP address: looking at the Ethernet addresses of these would take as long once more.
            places = headers.rows - batch.first
            chosen = headers.chosen(np.flatnonzero((np.diff(places, prepend=-1) != 0) & ~has_one[places]))
            values, present = chosen.lookup(name)
            found_rows.append(chosen.rows[present])
            found_values.append(values[present])
            has_one[chosen.rows[present] - batch.first] = True
    keys = np.zeros(columns.frame_count, np.int64)
    below = 1       # what the keys of all kinds before are less than; 0: no address
    for found_rows, found_values in found:
        if found_rows:
            numbers = _address_numbers(np.concatenate(found_values))
            keys[np.concatenate(found_rows)] = numbers + below
            below += int(numbers.max(initial=0)) + 1
    return keys[rows]


def _address_numbers(values: NDArray[Any]) -> NDArray[np.int64]:
    """Addresses of an address column as numbers that compare as they do: those of many bytes by their ranks."""
    if values.ndim == 1:
        return values.astype(np.int64)
    high, low = (np.unique(half, return_inverse=True)[1] for half in _halves(values))
    result: NDArray[np.int64] = high * (int(low.max(initial=0)) + 1) + low
    return result


def _halves(values: NDArray[Any]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Addresses of many bytes as high and low 64 bits."""
    padded = np.zeros((len(values), 16), np.uint8)
    padded[:, 16 - values.shape[1]:] = values
    halves = padded.view(">u8").astype(np.uint64)
    return halves[:, 0], halves[:, 1]
