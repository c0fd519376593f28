"""The order of the packet list, sorted by one of its columns."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.summary_columns import info_keys, protocol_keys
from tcpladder.exports.fields import is_column
from tcpladder.fields.types import FieldType
from tcpladder.packets.capture import Capture

Rows = NDArray[np.int64]

_BETWEEN_CHECKS = 256


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


class KeptKeys:
    """The keys of the column by which a capture was sorted last: the other direction needs the same."""

    def __init__(self) -> None:
        self._last: tuple[Column, Rows, NDArray[Any]] | None = None

    def of(self, column: Column, rows: Rows, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """The keys of the rows; made where they are not those that are kept."""
        last = self._last
        if last is not None and last[0] is column and np.array_equal(last[1], rows):
            return last[2]
        self._last = None       # never two at a time
        keys = make()
        self._last = column, rows, keys
        return keys


def sorted_rows(capture: Capture, columns: ColumnTable, rows: Rows, column: Column | str, *, descending: bool,
                text_of: Callable[[int], str], check: Callable[[int], None], kept: KeptKeys) -> Rows:
    """The rows in the order of a column, or of a field's first values; equal ones stay in the order of the capture.

    Addresses are ordered as numbers, Ethernet before IPv4 before IPv6. text_of(row) is asked for columns
    that exist only as text; check(made) is called often with the number of texts made, and may raise to end the work.
    kept: what is known of the same capture since it last changed.
    """
    keys: list[NDArray[Any]]
    if isinstance(column, str):
        keys = _field_keys(columns, column, rows, text_of, check)
    elif column is Column.TIME:
        keys = [capture.time_ns[rows]]
    elif column is Column.LENGTH:
        keys = [capture.wire_len[rows]]
    elif column in ADDRESS_FIELDS:
        names = ADDRESS_FIELDS[column]
        keys = [kept.of(column, rows, lambda: _address_keys(columns, names, rows))]
    elif column is Column.PROTOCOL:
        keys = [kept.of(column, rows, lambda: protocol_keys(columns, rows, text_of, check))]
    elif column is Column.INFO:
        keys = [kept.of(column, rows, lambda: info_keys(columns, rows, text_of, check))]
    else:
        keys = [rows]
    return rows[_order(keys, descending)]


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
    keys = np.zeros(columns.frame_count, np.int64)
    shown = np.full(columns.frame_count, -1, np.int8)
    found = []
    for kind, name in enumerate(names):
        column = columns.column(name)
        at, first = column.first_places()
        shown[at] = kind
        found.append((at, column.values, first))
    below = 1       # what the keys of all kinds before are less than; 0: no address
    for kind, (at, values, first) in enumerate(found):
        is_shown = shown[at] == kind
        at, numbers = at[is_shown], _address_numbers(values[first[is_shown]])
        keys[at] = numbers + below
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
