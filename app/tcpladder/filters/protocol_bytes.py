"""The bytes that a protocol's name stands for: its header, or with it all that the header carries."""

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import ColumnTable, LayerTable
from tcpladder.fields.expression import Expression
from tcpladder.fields.types import FieldType
from tcpladder.filters.byte_values import CapturedBytes
from tcpladder.filters.values import Values
from tcpladder.protocols import PROTOCOLS

# Protocols whose own bytes reach over all they carry; those of the others are their header.
_WITH_PAYLOAD = frozenset({"frame", "raw", "icmp", "icmpv6", "data"})


def header_bytes(columns: ColumnTable, protocol: str) -> Values:
    """What is compared, cut and measured: as Wireshark has it, mostly the header."""
    if protocol in _WITH_PAYLOAD:
        return bytes_with_payload(columns, protocol)
    spec = PROTOCOLS[protocol]
    layer = columns.layer(protocol)
    whole = layer.end.astype(np.int64) - layer.start
    length: NDArray[np.int64]
    if isinstance(spec.header_length, Expression):
        length = _computed(columns, layer, spec.header_length, whole)
    elif spec.header_length is not None:
        length = np.full(len(layer), spec.header_length, np.int64)
    else:
        length = np.full(len(layer), spec.layout.size, np.int64) if spec.layout else whole
    return _captured(columns, layer, np.minimum(length, whole))


def bytes_with_payload(columns: ColumnTable, protocol: str) -> Values:
    """Where "contains" and "matches" look: from each header's first byte to the end of what it carries."""
    layer = columns.layer(protocol)
    length = layer.end.astype(np.int64) - layer.start
    spec = PROTOCOLS[protocol]
    total = spec.total_length
    if total is not None and not spec.nests_payload:
        length = np.minimum(length, _computed(columns, layer, total, length))
    return _captured(columns, layer, length)


def _computed(columns: ColumnTable, layer: LayerTable, expression: Expression,
              default: NDArray[np.int64]) -> NDArray[np.int64]:
    """The expression for each header; the default where a field of it is missing."""
    values, known = columns.computed(layer.protocol, expression)
    return np.where(known, values, default)


def _captured(columns: ColumnTable, layer: LayerTable, length: NDArray[np.int64]) -> Values:
    captured = columns.capture.captured_len[layer.rows].astype(np.int64) - layer.start
    size = np.maximum(np.minimum(length, captured), 0)
    return Values(layer.rows, CapturedBytes(columns.capture, layer.rows, layer.start, size), FieldType.PROTOCOL)
