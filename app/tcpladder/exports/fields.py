"""Chosen fields of each packet, as tshark -T fields prints them.

Where the columns know all that is asked for, no packet is decoded by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import ColumnTable, FieldColumn, UnknownField, all_fields
from tcpladder.decode.expert_info import EXPERT_FIELDS, printed_layers, printed_nodes
from tcpladder.decode.one_packet import decode_row
from tcpladder.exports.document import Document, Enclosure
from tcpladder.exports.field_format import FieldFormat
from tcpladder.exports.list_columns import COLUMN_FIELDS, ListColumns
from tcpladder.exports.readable import readable
from tcpladder.fields.node import DecodedPacket, FieldNode
from tcpladder.fields.show import seconds_text, value_text
from tcpladder.fields.spec import Base, FieldSpec
from tcpladder.fields.types import FieldType
from tcpladder.protocols.connection import CONNECTION_FIELDS
from tcpladder.protocols.frame import COMMENT, COMMENTS, FRAME_CHAIN
from tcpladder.protocols.names import NUMBERS_ONLY, Names

Rows = NDArray[np.integer[Any]]
Values = Sequence[Sequence[str]]    # of one packet: all values of each field asked for

_BLOCK = 4096
_MOST_TEXTS = 50_000
_TREE_FIELDS = frozenset({*EXPERT_FIELDS, COMMENTS.name, COMMENT.name, FRAME_CHAIN.name, *COLUMN_FIELDS})


def check_names(names: Sequence[str]) -> None:
    """Raises UnknownField with the names that are no fields, one after the other."""
    known = all_fields()
    wrong = [name for name in names if name not in _TREE_FIELDS and (not name or name not in known)]
    if wrong:
        raise UnknownField(", ".join(wrong))


def field_lines(columns: ColumnTable, names: Sequence[str], layout: FieldFormat,
                shown_names: Names = NUMBERS_ONLY) -> Document:
    """A line per packet, and before them what the layout asks for."""
    texts_of = field_texts(columns, names, layout, shown_names)
    head = "\ufeff" * layout.bom + f"{layout.separator.join(names)}\n" * layout.header
    return field_document(columns, names, lambda rows: map(layout.line, texts_of(rows)), Enclosure(head))


def field_document(columns: ColumnTable, names: Sequence[str], texts: Callable[[Rows], Iterable[str]],
                   enclosure: Enclosure) -> Document:
    """A document that tells of these fields alone."""
    return Document(texts, enclosure, decodes=not all(is_column(columns, name) for name in names),
                    in_bulk=_are_columns(columns, names))


def field_texts(columns: ColumnTable, names: Sequence[str], layout: FieldFormat,
                shown_names: Names = NUMBERS_ONLY) -> Callable[[Rows], Iterator[Sequence[str]]]:
    """What tells of each packet one text for each field; rows ascend."""
    if not _are_columns(columns, names):
        values_of = packet_values(columns, names, shown_names)
        return lambda rows: ([layout.joined(texts) for texts in values] for _packet, values in values_of(rows))
    shown = ListColumns(columns, shown_names)
    readers = {name: _ColumnReader(columns.column(name), shown_names) for name in names if name not in COLUMN_FIELDS}
    has_lines = len(readers) < len(set(names))

    def texts_of(rows: Rows) -> Iterator[Sequence[str]]:
        for start in range(0, len(rows), _BLOCK):
            block = rows[start:start + _BLOCK]
            texts: dict[str, Sequence[str]] = {name: reader.texts(block, layout) for name, reader in readers.items()}
            if has_lines:
                texts |= zip(COLUMN_FIELDS, zip(*(map(readable, line) for line in shown.lines(block)), strict=True),
                             strict=True)
            yield from zip(*(texts[name] for name in names), strict=True)

    return texts_of


def packet_values(columns: ColumnTable, names: Sequence[str],
                  shown_names: Names = NUMBERS_ONLY) -> Callable[[Rows], Iterator[tuple[DecodedPacket, Values]]]:
    """What decodes packets and tells all values of each field."""
    shown = ListColumns(columns, shown_names)
    wants_columns = any(name in COLUMN_FIELDS for name in names)
    outside = {name: _ColumnReader(columns.column(name), shown_names) for name in names if name in CONNECTION_FIELDS}

    def values_of(rows: Rows) -> Iterator[tuple[DecodedPacket, Values]]:
        for row in rows.tolist():
            packet = decode_row(columns, row)
            found: dict[str, list[str]] = {name: [] for name in names}
            for node in printed_nodes(printed_layers(packet)):
                if node.spec.name in found:
                    found[node.spec.name].append(_node_text(node, shown_names))
            if wants_columns:
                for name, text in zip(COLUMN_FIELDS, shown.texts(packet), strict=True):
                    if name in found and text:
                        found[name].append(readable(text))
            for name, reader in outside.items():
                found[name] = reader.texts_of(row)
            yield packet, [found[name] for name in names]

    return values_of


def _are_columns(columns: ColumnTable, names: Sequence[str]) -> bool:
    """Whether all these are fields of which the columns hold all values, or columns of the packet list."""
    return all(name in COLUMN_FIELDS or is_column(columns, name) for name in names)


def is_column(columns: ColumnTable, name: str) -> bool:
    """Whether the columns hold all values of a field; the others are looked for in decoded packets."""
    spec = columns.fields().get(name)
    return (spec is not None and name not in _TREE_FIELDS and spec.type is not FieldType.PROTOCOL
            and (not spec.column or columns.is_registered(name)))


def _node_text(node: FieldNode, names: Names) -> str:
    if node.spec.type is FieldType.PROTOCOL:
        return readable(names.label_writer(node.spec)(node))
    if node.spec.type is FieldType.NONE:
        return "1"
    return _text_of(node.spec, node.value, names)


def _text_of(spec: FieldSpec, value: Any, names: Names) -> str:
    if spec.type is FieldType.BYTES and isinstance(value, bytes):
        return value.hex()
    return readable(names.value(spec, value_text(spec, value)))


class _ColumnReader:
    """The texts of a column; what costs more than a number is made into text once for each value."""

    def __init__(self, column: FieldColumn, names: Names) -> None:
        spec, values = column.spec, column.values
        self._names = names
        self._column = column
        self._spec = spec
        self._kind = spec.shown_as or spec.type
        self._in_file = self._kind is FieldType.BYTES or (
            self._kind is FieldType.STRING and spec.shown_by is None and values.dtype != object)
        self._known: dict[Any, str] = {}
        self._text_of: Callable[[Any], str] = self._remembered
        if self._in_file:
            self._text_of = self._from_file
        elif spec.shown_by is None and self._kind.is_integer and spec.base is Base.DEC:
            self._text_of = str
        elif self._kind is FieldType.RELATIVE_TIME:
            self._text_of = seconds_text

    def texts(self, rows: Rows, layout: FieldFormat) -> list[str]:
        """The field's text in each of these rows, which ascend."""
        starts = np.searchsorted(self._column.rows, rows)
        ends = np.searchsorted(self._column.rows, rows, side="right")
        first, last = (int(starts[0]), int(ends[-1])) if len(rows) else (0, 0)
        values = range(first, last) if self._in_file else self._column.values[first:last].tolist()
        text_of, texts = self._text_of, []
        for start, end in zip((starts - first).tolist(), (ends - first).tolist(), strict=True):
            if end - start == 1:
                texts.append(text_of(values[start]))
            else:
                texts.append(layout.joined([text_of(value) for value in values[start:end]]))
        return texts

    def texts_of(self, row: int) -> list[str]:
        """The texts of all values in one row."""
        start, end = np.searchsorted(self._column.rows, (row, row + 1)).tolist()
        values = range(start, end) if self._in_file else self._column.values[start:end].tolist()
        return [self._text_of(value) for value in values]

    def _from_file(self, index: int) -> str:
        data = self._column.spans.bytes_of(index)
        if self._kind is FieldType.BYTES:
            return data.hex()
        return readable(data.split(b"\0", 1)[0].decode("utf-8", "replace"))

    def _remembered(self, value: Any) -> str:
        key = tuple(value) if isinstance(value, list) else value
        text = self._known.get(key)
        if text is None:
            if len(self._known) >= _MOST_TEXTS:
                self._known.clear()
            text = self._known[key] = self._made(value)
        return text

    def _made(self, value: Any) -> str:
        if self._kind is FieldType.NONE:
            return "1"
        if self._kind is FieldType.IPV4:
            return _text_of(self._spec, value.to_bytes(4), self._names)
        return _text_of(self._spec, bytes(value) if self._kind.is_address else value, self._names)
