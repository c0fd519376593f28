"""Fields that no column holds: they are read from the capture or from the trees of the packets that may have them."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.interruption import proceed
from tcpladder.decode.one_packet import decode_row
from tcpladder.fields.node import ProblemKind
from tcpladder.fields.spec import FieldSpec
from tcpladder.fields.types import FieldType
from tcpladder.filters.byte_values import CodedBytes, IntArray
from tcpladder.filters.values import Values
from tcpladder.protocols import PROTOCOLS
from tcpladder.protocols.frame import COMMENT, COMMENTS, FRAME_CHAIN

_SHORT = FieldSpec(name="_ws.short", label="Packet size limited during capture", type=FieldType.PROTOCOL)
_MALFORMED = FieldSpec(name="_ws.malformed", label="Malformed Packet", type=FieldType.PROTOCOL)

TREE_FIELDS: Mapping[str, FieldSpec] = {
    spec.name: spec for spec in (FRAME_CHAIN, COMMENTS, COMMENT, _SHORT, _MALFORMED)}


def tree_values(columns: ColumnTable, name: str) -> Values:
    """All values of one of TREE_FIELDS."""
    capture = columns.capture
    if name == FRAME_CHAIN.name:
        return _chains(columns)
    if name in (COMMENTS.name, COMMENT.name):
        commented = np.unique(capture.commented_rows[capture.commented_rows < columns.frame_count])
        if name == COMMENTS.name:
            return _marks(commented.tolist())
        texts = [(row, text.encode()) for row in commented.tolist() for text in capture.packet_comments(row)]
        rows = np.array([row for row, _text in texts], np.int32)
        return Values(rows, CodedBytes.of([text for _row, text in texts]), FieldType.STRING)
    if name == _SHORT.name:
        count = columns.frame_count
        cut = np.flatnonzero(capture.captured_len[:count] < capture.wire_len[:count])
        return _marks(_rows_with_problem(columns, cut.tolist(), ProblemKind.CUT))
    return _marks(_rows_with_problem(columns, range(columns.frame_count), ProblemKind.MALFORMED))


def _marks(rows: Iterable[int]) -> Values:
    """A field without bytes of its own, in these rows."""
    found = np.array(list(rows), np.int32)
    return Values(found, CodedBytes([b""], np.zeros(len(found), np.int64)), FieldType.PROTOCOL)


def _rows_with_problem(columns: ColumnTable, rows: Sequence[int], kind: ProblemKind) -> list[int]:
    found = []
    for done, row in enumerate(rows):
        proceed(done, len(rows))
        if any(problem.kind is kind for problem in decode_row(columns, row).problems):
            found.append(row)
    return found


def _chains(columns: ColumnTable) -> Values:
    """frame.protocols: one packet is decoded for each different sequence of headers."""
    sequences = _sequences(columns)
    _different, first, codes = np.unique(sequences, axis=0, return_index=True, return_inverse=True)
    texts = []
    for row in first.tolist():
        node = decode_row(columns, row).find(FRAME_CHAIN.name)
        texts.append(str(node.value).encode() if node is not None else b"")
    return Values(np.arange(len(sequences), dtype=np.int32), CodedBytes(texts, codes.reshape(-1)), FieldType.STRING)


def _sequences(columns: ColumnTable) -> NDArray[np.uint8]:
    """The headers of each frame, outermost first, as numbers of protocols: shape (frame_count, most headers)."""
    rows: list[IntArray] = []
    starts: list[IntArray] = []
    codes: list[NDArray[np.uint8]] = []
    for number, name in enumerate(PROTOCOLS, 1):
        layer = columns.layer(name)
        code = np.full(len(layer), 2 * number, np.uint8)
        if name == "eth":       # a type and a length lead to different names
            code += columns.layer_values("eth.type")[1]
        rows.append(layer.rows)
        starts.append(layer.start)
        codes.append(code)
    all_rows = np.concatenate(rows)
    order = np.lexsort((np.concatenate(starts), all_rows))
    sorted_rows = all_rows[order]
    depth = np.arange(len(order)) - np.searchsorted(sorted_rows, sorted_rows)
    result = np.zeros((columns.frame_count, int(depth.max(initial=0)) + 1), np.uint8)
    result[sorted_rows, depth] = np.concatenate(codes)[order]
    return result
