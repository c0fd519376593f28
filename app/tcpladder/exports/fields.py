"""Chosen fields of each packet, as tshark -T fields prints them.

Where the columns know all that is asked for, no packet is decoded by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import ColumnTable, FieldColumn, UnknownField, known_fields
from tcpladder.decode.one_packet import decode_row
from tcpladder.exports.expert_info import EXPERT_FIELDS, printed_layers, printed_nodes
from tcpladder.exports.field_format import FieldFormat
from tcpladder.exports.list_columns import COLUMN_FIELDS, ListColumns
from tcpladder.exports.readable import readable
from tcpladder.fields.node import DecodedPacket, FieldNode
from tcpladder.fields.show import label_text, value_text
from tcpladder.fields.spec import FieldSpec
from tcpladder.fields.types import FieldType
from tcpladder.protocols.frame import COMMENT, COMMENTS, FRAME_CHAIN

Rows = NDArray[np.integer[Any]]
Values = Sequence[Sequence[str]]    # of one packet: all values of each field asked for

_BLOCK = 4096
_TREE_FIELDS = frozenset({*EXPERT_FIELDS, COMMENTS.name, COMMENT.name, FRAME_CHAIN.name, *COLUMN_FIELDS})


def check_names(names: Sequence[str]) -> None:
    """Raises UnknownField with the names that are no fields, one after the other."""
    known = known_fields()
    wrong = [name for name in names
             if name not in _TREE_FIELDS and (not name or name not in known or not known[name].in_tree)]
    if wrong:
        raise UnknownField(", ".join(wrong))


def field_lines(columns: ColumnTable, rows: Rows, names: Sequence[str], layout: FieldFormat) -> Iterator[str]:
    """A line per packet, and before them what the layout asks for."""
    yield "\ufeff" * layout.bom + f"{layout.separator.join(names)}\n" * layout.header
    for texts in field_texts(columns, rows, names, layout):
        yield layout.line(texts)


def field_texts(columns: ColumnTable, rows: Rows, names: Sequence[str],
                layout: FieldFormat) -> Iterator[Sequence[str]]:
    """Of each packet one text for each field."""
    if all(is_column(columns, name) for name in names):
        for start in range(0, len(rows), _BLOCK):
            block = rows[start:start + _BLOCK]
            yield from zip(*(_column_texts(columns.column(name), block, layout) for name in names), strict=True)
    else:
        for _packet, values in packet_values(columns, rows, names):
            yield [layout.joined(texts) for texts in values]


def packet_values(columns: ColumnTable, rows: Rows,
                  names: Sequence[str]) -> Iterator[tuple[DecodedPacket, Values]]:
    """Each packet, decoded, with all values of each field."""
    shown = ListColumns(columns)
    wants_columns = any(name in COLUMN_FIELDS for name in names)
    for row in rows.tolist():
        packet = decode_row(columns, row)
        found: dict[str, list[str]] = {name: [] for name in names}
        for node in printed_nodes(printed_layers(packet)):
            if node.spec.name in found:
                found[node.spec.name].append(_node_text(node))
        if wants_columns:
            for name, text in zip(COLUMN_FIELDS, shown.texts(packet), strict=True):
                if name in found and text:
                    found[name].append(readable(text))
        yield packet, [found[name] for name in names]


def is_column(columns: ColumnTable, name: str) -> bool:
    """Whether the columns hold all values of a field; the others are looked for in decoded packets."""
    spec = columns.fields().get(name)
    return (spec is not None and spec.in_tree and name not in _TREE_FIELDS and spec.type is not FieldType.PROTOCOL
            and (not spec.column or columns.is_registered(name)))


def _node_text(node: FieldNode) -> str:
    if node.spec.type is FieldType.PROTOCOL:
        return readable(label_text(node))
    if node.spec.type is FieldType.NONE:
        return "1"
    return _text_of(node.spec, node.value)


def _text_of(spec: FieldSpec, value: Any) -> str:
    if spec.type is FieldType.BYTES and isinstance(value, bytes):
        return value.hex()
    return readable(value_text(spec, value))


def _column_texts(column: FieldColumn, rows: Rows, layout: FieldFormat) -> list[str]:
    """The field's text in each of these rows."""
    starts = np.searchsorted(column.rows, rows).tolist()
    ends = np.searchsorted(column.rows, rows, side="right").tolist()
    text_at = _reader(column)
    texts = []
    for start, end in zip(starts, ends, strict=True):
        if end - start > 1:
            texts.append(layout.joined([text_at(index) for index in range(start, end)]))
        else:
            texts.append(text_at(start) if end > start else "")
    return texts


def _reader(column: FieldColumn) -> Callable[[int], str]:
    """The text of the column's i-th value."""
    spec, values = column.spec, column.values
    kind = spec.shown_as or spec.type
    if kind is FieldType.NONE:
        return lambda index: "1"
    known: dict[Any, str] = {}

    def remembered(value: Any) -> str:
        text = known.get(value)
        if text is None:
            text = known[value] = _text_of(spec, value)
        return text

    if kind is FieldType.IPV4:
        return lambda index: remembered(int(values[index]).to_bytes(4))
    if kind.is_address:
        return lambda index: remembered(values[index].tobytes())
    if kind is FieldType.BYTES:
        return lambda index: column.spans.bytes_of(index).hex()
    if kind is FieldType.STRING and spec.shown_by is None and values.dtype != object:
        return lambda index: readable(column.spans.bytes_of(index).split(b"\0", 1)[0].decode("utf-8", "replace"))
    return lambda index: remembered(values[index].item() if isinstance(values[index], np.generic)
                                    else values[index])
