"""The texts of packets put together to one."""

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import ColumnTable, known_fields
from tcpladder.decode.frame_fields import FRAME_FIELDS
from tcpladder.protocols.connection import CONNECTION_FIELDS
from tcpladder.work.workers import made_in_order, worker_count

Rows = NDArray[np.integer[Any]]

_LEAST_ROWS = 2000      # that are worth a process of their own
_DECODED_ROWS, _COLUMN_ROWS = 128, 4096     # that a process does at a time


class Enclosure(NamedTuple):
    """What stands around the texts of packets."""

    head: str = ""
    between: str = ""
    tail: str = ""

    def around(self, texts: Iterable[str]) -> Iterator[str]:
        """The whole, a piece per packet besides head and tail."""
        yield self.head
        before = ""
        for text in texts:
            yield before + text
            before = self.between
        yield self.tail


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """Packets as a text.

    texts    makes a text for each of some rows, which ascend
    decodes  whether what only the whole capture tells of a packet may be needed
    in_bulk  whether many rows are made sooner at once than one by one
    """

    texts: Callable[[Rows], Iterable[str]]
    enclosure: Enclosure
    decodes: bool = True
    in_bulk: bool = False

    def pieces(self, rows: Rows) -> Iterator[str]:
        """The document, piece by piece."""
        return self.enclosure.around(self.texts(rows))

    def encoded_pieces(self, rows: Rows, encode: Callable[[str], bytes],
                       processes: int) -> Generator[bytes, None, None]:
        """The same as bytes, made by several processes; close the iterator when it is left before its end."""
        head, between, tail = self.enclosure
        size = _COLUMN_ROWS if self.in_bulk else _DECODED_ROWS
        starts = range(0, len(rows), size)

        def block(start: int) -> bytes:
            texts = between.join(self.texts(rows[start:start + size]))
            return encode(between + texts if start else texts)

        yield encode(head)
        yield from made_in_order(block, starts, processes)
        yield encode(tail)


def processes_for(rows: Rows) -> int:
    """How many processes the work on these rows is worth."""
    return worker_count(len(rows) // _LEAST_ROWS)


def fill_in(columns: ColumnTable) -> None:
    """Has all computed that the tree of a packet may need to know of the whole capture."""
    for name in known_fields().keys() - FRAME_FIELDS.keys() - CONNECTION_FIELDS.keys():
        if columns.is_registered(name):
            columns.values_of(name, 0, 0)
