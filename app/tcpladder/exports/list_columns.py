"""The columns of the packet list as texts, under the names that tshark gives them."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.frame_fields import FRAME_FIELDS
from tcpladder.decode.summaries import summaries
from tcpladder.decode.summary import Summary, summarise
from tcpladder.fields.node import DecodedPacket
from tcpladder.packets.capture import Interface
from tcpladder.protocols.names import NUMBERS_ONLY, Names

TITLES = ("No.", "Time", "Source", "Destination", "Protocol", "Length", "Info")
COLUMN_FIELDS = tuple(f"_ws.col.{title}" for title in TITLES)
_SINCE_FIRST = FRAME_FIELDS["frame.time_relative"]
_BLOCK = 4096       # rows made at a time


class ListColumns:
    """The texts of the columns; times in seconds since the first frame, as precise as the capture's clock."""

    def __init__(self, columns: ColumnTable, names: Names = NUMBERS_ONLY) -> None:
        self._columns = columns
        self._capture = columns.capture
        self.names = names

    def texts(self, packet: DecodedPacket) -> Sequence[str]:
        """One text for each of TITLES."""
        (time,) = self._times(np.array([packet.row]))
        return self._texts(packet.row, time, summarise(packet))

    def lines(self, rows: NDArray[np.integer[Any]]) -> Iterator[Sequence[str]]:
        """The same for packets that nobody has decoded; rows ascend."""
        for start in range(0, len(rows), _BLOCK):
            block = rows[start:start + _BLOCK]
            yield from map(self._texts, block.tolist(), self._times(block), summaries(self._columns, block))

    def _texts(self, row: int, time: str, summary: Summary) -> Sequence[str]:
        return (str(row + 1), time, self.names.address(summary.source),
                self.names.address(summary.destination), summary.protocol, str(self._capture.wire_len[row]),
                self.names.info(summary.protocol, summary.info))

    def _times(self, rows: NDArray[np.integer[Any]]) -> Iterator[str]:
        """The time of each of some rows, which are not none and ascend; "" where the capture holds none."""
        first, last = int(rows[0]), int(rows[-1]) + 1
        since_first_ns, timed = (part[rows - first] for part in _SINCE_FIRST(self._capture, first, last))
        digits = [decimals_of(interface) for interface in self._capture.interfaces]
        return (_seconds(ns, digits[interface]) if is_timed else "" for ns, is_timed, interface in zip(
            since_first_ns.tolist(), timed.tolist(), self._capture.interface[rows].tolist(), strict=True))


def _seconds(nanoseconds: int, digits: int) -> str:
    sign = "-" if nanoseconds < 0 else ""
    seconds, rest = divmod(abs(nanoseconds), 1_000_000_000)
    return f"{sign}{seconds}" + (f".{rest:09d}"[:digits + 1] if digits else "")


def decimals_of(interface: Interface) -> int:
    """Whole decimals of a second that the interface's clock tells, 9 at most; 3 for a clock of 1024 ticks."""
    return min(9, len(str(interface.ticks_per_second)) - 1)
