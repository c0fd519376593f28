"""Finding a packet: the next that matches, onwards or backwards from the selected one, round the end."""

from collections.abc import Callable, Iterator
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.one_packet import decode_row
from tcpladder.decode.summary import summarise
from tcpladder.filters import compile_filter
from tcpladder.texts import _

Rows = NDArray[np.int64]


class SearchKind(Enum):
    """What is looked for, and where."""

    FILTER = "filter"
    INFO = "info"
    TEXT_IN_BYTES = "text"
    HEX = "hex"

    @property
    def title(self) -> str:
        """The name in the find bar."""
        return {
            SearchKind.FILTER: _("Display filter"),
            SearchKind.INFO: _("Text in Info"),
            SearchKind.TEXT_IN_BYTES: _("Text in bytes"),
            SearchKind.HEX: _("Hex bytes"),
        }[self]


class SearchError(ValueError):
    """What was typed cannot be looked for; the message says why."""


def find_row(columns: ColumnTable, rows: Rows, start: int, step: int, kind: SearchKind, text: str,
             check: Callable[[], None]) -> int | None:
    """The first matching row after (step 1) or before (step -1) rows[start], or None.

    check() is called often, and may raise to end the search. Raises SearchError and FilterError where the
    text is not what the kind asks for.
    """
    matches = _matcher(columns, kind, text)
    for place in _round_trip(start, step, len(rows)):
        check()
        row = int(rows[place])
        if matches(row):
            return row
    return None


def _round_trip(start: int, step: int, count: int) -> Iterator[int]:
    return ((start + step * turn) % count for turn in range(1, count + 1))


def _matcher(columns: ColumnTable, kind: SearchKind, text: str) -> Callable[[int], bool]:
    if kind is SearchKind.FILTER:
        mask = compile_filter(text, columns).select(columns)
        return lambda row: bool(mask[row])
    if kind is SearchKind.INFO:
        wanted = text.casefold()
        return lambda row: wanted in summarise(decode_row(columns, row)).info.casefold()
    needle = _hex_bytes(text) if kind is SearchKind.HEX else text.encode()
    return lambda row: needle in bytes(columns.capture.frame(row))


def _hex_bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text.replace(":", " ").replace("-", " "))
    except ValueError:
        message = _("“{text}” is not a row of hex bytes such as 48:54:54:50.").format(text=text)
        raise SearchError(message) from None
