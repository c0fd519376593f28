"""Packets as text for the clipboard, in the forms that people paste elsewhere."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from tcpladder.exports.csv import csv_line
from tcpladder.exports.text import packet_text
from tcpladder.exports.tshark_json import packets_json
from tcpladder.texts import _
from tcpladder.ui.byte_text import c_array, hex_dump, hex_stream
from tcpladder.ui.session import Session


class CopyForm(Enum):
    """What the clipboard gets."""

    TEXT = "text"
    CSV = "csv"
    JSON = "json"
    MARKDOWN = "markdown"
    DETAILS = "details"
    FILTER = "filter"
    HEX_DUMP = "hex dump"
    HEX_STREAM = "hex stream"
    C_ARRAY = "C array"

    @property
    def title(self) -> str:
        """The name in the menu."""
        return {
            CopyForm.TEXT: _("Lines as &Text"), CopyForm.CSV: _("Lines as &CSV"),
            CopyForm.MARKDOWN: _("Lines as &Markdown Table"), CopyForm.JSON: _("All Fields as &JSON"),
            CopyForm.DETAILS: _("All Fields as Te&xt"), CopyForm.FILTER: _("As &Filter"),
            CopyForm.HEX_DUMP: _("Bytes as &Hex Dump"), CopyForm.HEX_STREAM: _("Bytes as Hex &Stream"),
            CopyForm.C_ARRAY: _("Bytes as C &Array"),
        }[self]


@dataclass(frozen=True, slots=True)
class Table:
    """What the packet list shows of some packets: the titles, and the cells of a row."""

    titles: Sequence[str]
    cells: Callable[[int], Sequence[str]]


def copied_text(session: Session, rows: Sequence[int], form: CopyForm, table: Table,
                check: Callable[[], None]) -> str:
    """Packets in a form; check() is called for each, and may raise to end it."""
    if form is CopyForm.FILTER:
        return frame_filter(rows)
    capture, columns = session.capture, session.columns
    assert capture is not None      # rows exist only in an open capture
    assert columns is not None

    def each() -> Iterator[int]:
        for row in rows:
            check()
            yield row

    if form is CopyForm.JSON:
        return "".join(packets_json(map(session.decode, each())))
    if form is CopyForm.DETAILS:
        return "".join(packet_text(map(session.decode, each()), session.names, tree=True))
    if form is CopyForm.HEX_DUMP:
        return "\n".join(hex_dump(bytes(capture.frame(row))) for row in each())
    if form is CopyForm.HEX_STREAM:
        return "\n".join(hex_stream(bytes(capture.frame(row))) for row in each())
    if form is CopyForm.C_ARRAY:
        return "\n".join(c_array(bytes(capture.frame(row)), f"packet_{row + 1}") for row in each())
    lines = [table.titles, *map(table.cells, each())]
    return {CopyForm.TEXT: _aligned, CopyForm.CSV: _csv, CopyForm.MARKDOWN: _markdown}[form](lines)


def frame_filter(rows: Sequence[int]) -> str:
    """The display filter that lets exactly these packets through: frame.number in {1, 4..7}."""
    numbers = sorted({row + 1 for row in rows})
    if len(numbers) == 1:
        return f"frame.number == {numbers[0]}"
    breaks = [place for place, (one, next_one) in enumerate(pairwise(numbers), start=1) if next_one != one + 1]
    runs = [numbers[first:last] for first, last in pairwise([0, *breaks, len(numbers)])]
    parts = [f"{run[0]}..{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs if run]
    return f"frame.number in {{{', '.join(parts)}}}"


def _aligned(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "".join("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() + "\n"
                   for line in lines)


def _csv(lines: Sequence[Sequence[str]]) -> str:
    return "".join(map(csv_line, lines))


def _markdown(lines: Sequence[Sequence[str]]) -> str:
    rows = ["| " + " | ".join(text.replace("\\", "\\\\").replace("|", "\\|") for text in line) + " |\n"
            for line in lines]
    rows.insert(1, "| " + " | ".join("---" for _title in lines[0]) + " |\n")
    return "".join(rows)
