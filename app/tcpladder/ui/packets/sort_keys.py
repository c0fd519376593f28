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


def sorted_rows(capture: Capture, columns: ColumnTable, rows: Rows, column: Column | str, *, descending: bool,
                text_of: Callable[[int], str], check: Callable[[int], None]) -> Rows:
    """The rows in the order of a column, or of a field's first values; equal ones stay in the order of the capture.

    Addresses are ordered as numbers, Ethernet before IPv4 before IPv6. text_of(row) is asked for columns
    that exist only as text; check(made) is called often with the number of texts made, and may raise to end the work.
    """
    keys: list[NDArray[Any]]
    if isinstance(column, str):
        keys = _field_keys(columns, column, rows, text_of, check)
    elif column is Column.TIME:
        keys = [capture.time_ns[rows]]
    elif column is Column.LENGTH:
        keys = [capture.wire_len[rows]]
    elif column in ADDRESS_FIELDS:
        keys = _address_keys(columns, ADDRESS_FIELDS[column], rows)
    elif column is Column.PROTOCOL:
        keys = [protocol_keys(columns, rows, text_of, check)]
    elif column is Column.INFO:
        keys = [info_keys(columns, rows, text_of, check)]
    else:
        keys = [rows]
    order = np.lexsort(keys)
    if descending:      # backwards, but equal ones forwards: sort the mirrored rows and mirror the result
        order = (len(rows) - 1 - np.lexsort([key[::-1] for key in keys]))[::-1]
    return rows[order]


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


def _address_keys(columns: ColumnTable, names: tuple[str, str, str], rows: Rows) -> list[NDArray[Any]]:
    """Keys for lexsort, the weightiest last: low half, high half, kind of address."""
    count = columns.frame_count
    kind, high, low = (np.zeros(count, np.uint64) for _part in range(3))
    for number, name in enumerate(names, start=1):
        column = columns.column(name)
        at, first = column.first_places()
        values = column.values[first]
        kind[at] = number
        high[at], low[at] = _halves(values)
    return [low[rows], high[rows], kind[rows]]


def _halves(values: NDArray[Any]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """An address column as high and low 64 bits."""
    if values.ndim == 1:
        return np.zeros(len(values), np.uint64), values.astype(np.uint64)
    padded = np.zeros((len(values), 16), np.uint8)
    padded[:, 16 - values.shape[1]:] = values
    halves = padded.view(">u8").astype(np.uint64)
    return halves[:, 0], halves[:, 1]
