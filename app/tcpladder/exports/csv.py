"""Comma-separated values (RFC 4180), with a header."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The header and the rows, a line each; a text is quoted where it needs it."""
    yield csv_line(header)
    yield from map(csv_line, rows)


def csv_line(row: Sequence[object]) -> str:
    """One line."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(row)
    return buffer.getvalue()
