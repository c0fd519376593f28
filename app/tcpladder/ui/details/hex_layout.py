"""Where each byte stands in the byte pane: arithmetic in character cells and lines, without Qt."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

_GAP = 2            # cells between offset, hex and characters
_GROUP = 8          # bytes between two wider gaps


@dataclass(frozen=True)
class HexLayout:
    """Lines of an offset, per_line bytes in hex, and their characters.

    One cell is as wide as a character of the monospaced font. Columns count cells from 0.
    """

    byte_count: int
    per_line: int

    @staticmethod
    def for_width(byte_count: int, cells: int) -> "HexLayout":
        """Sixteen bytes to a line where they fit into so many cells, else eight."""
        wide = HexLayout(byte_count, 2 * _GROUP)
        return wide if wide.width <= cells else HexLayout(byte_count, _GROUP)

    @cached_property
    def offset_digits(self) -> int:
        """Digits of an offset."""
        return max(4, len(f"{max(0, self.byte_count - 1):x}"))

    @property
    def line_count(self) -> int:
        """Lines that hold all bytes."""
        return -(-self.byte_count // self.per_line)

    @property
    def width(self) -> int:
        """Cells that a full line takes."""
        return self.text_column(self.per_line - 1) + 1

    @cached_property
    def columns(self) -> Sequence[tuple[int, int]]:
        """hex_column() and text_column() of each place of a line."""
        return [(self.hex_column(place), self.text_column(place)) for place in range(self.per_line)]

    def line_of(self, byte_offset: int) -> int:
        """The line that a byte stands in."""
        return byte_offset // self.per_line

    def hex_column(self, place: int) -> int:
        """Where the two digits of the byte at a place of its line begin."""
        return self.offset_digits + _GAP + 3 * place + place // _GROUP

    def text_column(self, place: int) -> int:
        """Where the character of the byte at a place of its line stands."""
        return self.hex_column(self.per_line - 1) + 2 + _GAP + place + place // _GROUP

    def byte_at(self, line: int, cell: float) -> int | None:
        """The byte drawn at a line and cell, the space right of its digits included; None elsewhere."""
        if not 0 <= line < self.line_count:
            return None
        for place in range(self.per_line):
            in_hex = self.hex_column(place) - 0.5 <= cell < self.hex_column(place) + 2.5
            in_text = self.text_column(place) <= cell < self.text_column(place) + 1
            if in_hex or in_text:
                offset = line * self.per_line + place
                return offset if offset < self.byte_count else None
        return None

    def runs(self, start: int, end: int) -> list[tuple[int, int, int]]:
        """The bytes [start, end) as (line, first place, last place) per line."""
        start, end = max(0, start), min(end, self.byte_count)
        result = []
        while start < end:
            line, place = divmod(start, self.per_line)
            stop = min(end, (line + 1) * self.per_line)
            result.append((line, place, place + stop - start - 1))
            start = stop
        return result
