"""The columns of the packet list as texts, under the names that tshark gives them."""

from collections.abc import Sequence

from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.summary import summarise
from tcpladder.fields.node import DecodedPacket
from tcpladder.packets.capture import Interface
from tcpladder.protocols.names import NUMBERS_ONLY, Names

TITLES = ("No.", "Time", "Source", "Destination", "Protocol", "Length", "Info")
COLUMN_FIELDS = tuple(f"_ws.col.{title}" for title in TITLES)


class ListColumns:
    """The texts of the columns; times in seconds since the first frame, as precise as the capture's clock."""

    def __init__(self, columns: ColumnTable, names: Names = NUMBERS_ONLY) -> None:
        self._capture = columns.capture
        self.names = names

    def texts(self, packet: DecodedPacket) -> Sequence[str]:
        """One text for each of TITLES."""
        summary = summarise(packet)
        facts = next((layer.scope for layer in packet.layers if layer.name == "frame"), {})
        wire_length = facts.get("frame.len", len(packet.buffers[0]))
        return (str(packet.frame_number), self._time(packet.row, facts.get("frame.time_relative")),
                self.names.address(summary.source), self.names.address(summary.destination), summary.protocol,
                str(wire_length), self.names.info(summary.protocol, summary.info))

    def _time(self, row: int, since_first_ns: int | None) -> str:
        if since_first_ns is None:
            return ""
        digits = decimals_of(self._capture.interfaces[self._capture.interface[row]])
        sign = "-" if since_first_ns < 0 else ""
        seconds, rest = divmod(abs(since_first_ns), 1_000_000_000)
        return f"{sign}{seconds}" + (f".{rest:09d}"[:digits + 1] if digits else "")


def decimals_of(interface: Interface) -> int:
    """Whole decimals of a second that the interface's clock tells, 9 at most; 3 for a clock of 1024 ticks."""
    return min(9, len(str(interface.ticks_per_second)) - 1)
