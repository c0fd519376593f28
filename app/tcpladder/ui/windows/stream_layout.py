"""Where the rows of a stream's text are: arithmetic on blocks that are made when they are looked at, without Qt."""

from collections.abc import Mapping

import numpy as np

from tcpladder.tcp.follow_text import Place, StreamText

Row = tuple[int, int]
"""A block and a row in it."""

_KEPT = 64                  # blocks of which the rows are known
_GUESSED_WIDTH = 60         # characters of a row in a block that was not looked at yet


class StreamLayout:
    """Rows that are not wider than so much (None: lines are not broken).

    widths are those of characters; the printable ones of ASCII are as wide as "0". How many rows a block has that was
    not looked at is guessed, so `position` and `row_at` are exact only for what was.
    """

    def __init__(self, text: StreamText, width: float | None, widths: Mapping[str, float]) -> None:
        self.text = text
        self._width, self._widths = width, widths
        columns = None if width is None else max(1, int(width // widths["0"]))
        self._columns = columns
        self._rows: dict[int, list[int]] = {}
        guessed = 80 if columns is None else min(columns, _GUESSED_WIDTH)
        self._counts = np.maximum(1, text.sizes() // guessed)
        self._ends = np.cumsum(self._counts)

    @property
    def row_count(self) -> int:
        """How many rows there are, as far as is known."""
        return int(self._ends[-1])

    def rows(self, block: int) -> list[int]:
        """Where the rows of a block begin. An empty block has one row if it is the only one, else none."""
        known = self._rows.get(block)
        if known is None:
            known = self._lay_out(block)
            if len(self._rows) >= _KEPT:
                del self._rows[next(iter(self._rows))]
            self._rows[block] = known
            if self._counts[block] != len(known):
                self._counts[block] = len(known)
                self._ends = np.cumsum(self._counts)
        return known

    def span(self, row: Row) -> tuple[int, int]:
        """The characters of a row in its block, with the end of the line."""
        block, number = row
        rows = self.rows(block)
        return rows[number], rows[number + 1] if number + 1 < len(rows) else len(self.text.block(block).text)

    def row_of(self, place: Place) -> Row:
        """The row of a character."""
        block, character = place
        rows = self.rows(block)
        return block, max(0, int(np.searchsorted(rows, character, side="right")) - 1)

    def moved(self, row: Row, count: int) -> Row:
        """The row so many below (or above); the last (or first) where there are not so many."""
        block, number = row[0], row[1] + count
        while number < 0 and block > 0:
            block -= 1
            number += len(self.rows(block))
        while number >= len(self.rows(block)) and block + 1 < self.text.count:
            number -= len(self.rows(block))
            block += 1
        return block, min(max(0, number), max(0, len(self.rows(block)) - 1))

    def distance(self, first: Row, last: Row, most: int) -> int:
        """How many rows last is below first, which is not below it; at most so many."""
        count = last[1] - first[1]
        for block in range(first[0], last[0]):
            if count + len(self.rows(last[0])) > most + len(self.rows(last[0])):
                break
            count += len(self.rows(block))
        return min(count, most)

    def last_row(self) -> Row:
        """The last row of all."""
        return self.row_of(self.text.end)

    def position(self, row: Row) -> int:
        """How many rows are above a row."""
        return int(self._ends[row[0]] - self._counts[row[0]]) + row[1]

    def row_at(self, position: int) -> Row:
        """The row with so many above it."""
        block = min(int(np.searchsorted(self._ends, position, side="right")), self.text.count - 1)
        inner = position - int(self._ends[block] - self._counts[block])
        guessed = int(self._counts[block])
        count = len(self.rows(block))
        return self.moved((block, 0), min(inner * count // max(1, guessed), max(0, count - 1)))

    def _lay_out(self, block: int) -> list[int]:
        text = self.text.block(block).text
        starts: list[int] = []
        at = 0
        while at < len(text):
            end = text.find("\n", at) + 1 or len(text)
            starts.append(at)
            if self._columns is not None and self._width is not None:
                line = text[at:end].removesuffix("\n")
                if not (line.isascii() and line.isprintable()):
                    starts += [at + inner for inner in _broken_by_widths(line, self._width, self._widths)]
                elif len(line) > self._columns:
                    starts += [at + inner for inner in _broken(line, self._columns)]
            at = end
        is_last = block + 1 >= self.text.count
        if is_last and (not text or text.endswith("\n")):
            starts.append(len(text))        # where the cursor stands behind the end
        return starts


def _broken(line: str, columns: int) -> list[int]:
    """Where the rows of a line begin but the first: behind the last blank that fits, or anywhere."""
    starts = []
    at = 0
    while len(line) - at > columns:
        cut = line.rfind(" ", at, at + columns + 1) + 1
        at = cut if cut > at else at + columns
        if at < len(line):
            starts.append(at)
    return starts


def _broken_by_widths(line: str, width: float, widths: Mapping[str, float]) -> list[int]:
    """As `_broken`, for characters of several widths."""
    ends = np.cumsum(np.fromiter(map(widths.__getitem__, line), float, len(line)))
    starts = []
    at = 0
    while at < len(line):
        limit = width + (float(ends[at - 1]) if at else 0)
        fitting = max(at + 1, int(np.searchsorted(ends, limit, side="right")))
        if fitting >= len(line):
            break
        cut = line.rfind(" ", at, fitting + 1) + 1
        at = cut if cut > at else fitting
        if at < len(line):
            starts.append(at)
    return starts
