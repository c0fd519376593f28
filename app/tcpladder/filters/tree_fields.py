"""Fields that no column holds: they are read from the capture or from the trees of the packets that may have them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.expert_info import (
    CUT,
    GROUP,
    GROUPS,
    MALFORMED,
    MESSAGE,
    SEVERITIES,
    SEVERITY,
    WRAPPER,
    printed_nodes,
    remarks,
)
from tcpladder.decode.one_packet import decode_row
from tcpladder.fields.node import ProblemKind
from tcpladder.fields.spec import FieldSpec
from tcpladder.fields.types import FieldType
from tcpladder.filters.byte_values import CodedBytes, IntArray
from tcpladder.filters.values import Values
from tcpladder.protocols import PROTOCOLS
from tcpladder.protocols.frame import COMMENT, COMMENT_EXPERT, COMMENTS, FRAME_CHAIN
from tcpladder.work.interruption import proceed

_LEVELS_AT_ONCE = 4     # headers whose numbers, a byte each, have room in 64 bits beside a number below 2**32


def tree_values(columns: ColumnTable, name: str) -> Values:
    """All values of one of TREE_FIELDS; kept until the capture grows."""
    kept = _kept.setdefault(columns, {})
    frame_count, values = kept.get(name, (-1, None))
    if values is None or frame_count != columns.frame_count:
        frame_count = columns.frame_count
        values = _READERS[TREE_FIELDS[name]](columns)
        kept[name] = frame_count, values
    return values


_kept: WeakKeyDictionary[ColumnTable, dict[str, tuple[int, Values]]] = WeakKeyDictionary()


def _marks(rows: Iterable[int]) -> Values:
    """A field without bytes of its own, in these rows."""
    found = np.array(list(rows), np.int32)
    return Values(found, CodedBytes([b""], np.zeros(len(found), np.int64)), FieldType.PROTOCOL)


def _texts(found: Sequence[tuple[int, str]]) -> Values:
    rows = np.array([row for row, _text in found], np.int32)
    return Values(rows, CodedBytes.of([text.encode() for _row, text in found]), FieldType.STRING)


def _commented_rows(columns: ColumnTable) -> list[int]:
    commented = columns.capture.commented_rows
    rows: list[int] = np.unique(commented[commented < columns.frame_count]).tolist()
    return rows


def _comments(columns: ColumnTable) -> Values:
    return _texts([(row, text) for row in _commented_rows(columns) for text in columns.capture.packet_comments(row)])


def _cut(columns: ColumnTable) -> Values:
    count = columns.frame_count
    candidates = np.flatnonzero(columns.capture.captured_len[:count] < columns.capture.wire_len[:count])
    return _marks(_rows_with_problem(columns, candidates.tolist(), ProblemKind.CUT))


def _malformed(columns: ColumnTable) -> Values:
    broken = _rows_with_problem(columns, columns.rows_in_trouble().tolist(), ProblemKind.MALFORMED)
    remarked = [columns.column(spec.name).rows for spec, (severity, group) in remarks().items()
                if (severity, group) == ("Error", "Malformed")]
    return _marks(np.unique(np.concatenate([broken, *remarked])).tolist())


def _rows_with_problem(columns: ColumnTable, rows: Sequence[int], kind: ProblemKind) -> list[int]:
    found = []
    for done, row in enumerate(rows):
        proceed(done, len(rows))
        if any(problem.kind is kind for problem in decode_row(columns, row).problems):
            found.append(row)
    return found


def _remarks(columns: ColumnTable, number_of: Callable[[str, str], int]) -> Values:
    """A number for the severity and group of each expert remark."""
    specs = {spec.name: kind for spec, kind in remarks().items() if spec is not COMMENT_EXPERT}
    rows = [columns.column(name).rows for name in specs]
    numbers = [np.full(len(found), number_of(*kind), np.uint32)
               for found, kind in zip(rows, specs.values(), strict=True)]
    comments = _comments(columns).known_rows
    all_rows = np.concatenate([*rows, comments])
    all_numbers = np.concatenate([*numbers, np.full(len(comments), number_of(*remarks()[COMMENT_EXPERT]), np.uint32)])
    order = np.argsort(all_rows, kind="stable")
    return Values(all_rows[order], all_numbers[order], FieldType.UINT32)


def _messages(columns: ColumnTable) -> Values:
    """What the remarks say: read from the trees of the packets that have any."""
    rows = np.unique(_remarks(columns, lambda _severity, _group: 0).known_rows).tolist()
    found: list[tuple[int, str]] = []
    for done, row in enumerate(rows):
        proceed(done, len(rows))
        found += [(row, str(node.value)) for node in printed_nodes(decode_row(columns, row).layers)
                  if node.spec is MESSAGE]
    return _texts(found)


def _chains(columns: ColumnTable) -> Values:
    """frame.protocols: one packet is decoded for each different sequence of headers."""
    _different, first, codes = np.unique(_sequences(columns), return_index=True, return_inverse=True)
    texts = []
    for row in first.tolist():
        node = decode_row(columns, row).find(FRAME_CHAIN.name)
        texts.append(str(node.value).encode() if node is not None else b"")
    return Values(np.arange(len(codes), dtype=np.int32), CodedBytes(texts, codes), FieldType.STRING)


def _sequences(columns: ColumnTable) -> NDArray[np.uint64]:
    """A number for each frame: equal ones for frames that have the same headers in the same order."""
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
    place = np.concatenate(rows).astype(np.int64) << 32 | np.concatenate(starts)
    order = np.argsort(place, kind="stable")
    sorted_rows, sorted_codes = place[order] >> 32, np.concatenate(codes)[order].astype(np.uint64)
    depth = np.arange(len(order)) - np.searchsorted(sorted_rows, sorted_rows)
    result = np.zeros(columns.frame_count, np.uint64)
    for level in range(int(depth.max(initial=0)) + 1):
        if level >= 8 and level % _LEVELS_AT_ONCE == 0:      # make room: equal numbers stay equal
            result = np.unique(result, return_inverse=True)[1].astype(np.uint64)
        here = depth == level
        result <<= np.uint64(8)
        result[sorted_rows[here]] |= sorted_codes[here]
    return result


_READERS: Mapping[FieldSpec, Callable[[ColumnTable], Values]] = {
    FRAME_CHAIN: _chains,
    COMMENTS: lambda columns: _marks(_commented_rows(columns)),
    COMMENT: _comments,
    COMMENT_EXPERT: lambda columns: _marks(_comments(columns).known_rows),
    CUT: _cut,
    MALFORMED: _malformed,
    WRAPPER: lambda columns: _marks(_remarks(columns, lambda _severity, _group: 0).known_rows),
    SEVERITY: lambda columns: _remarks(columns, lambda severity, _group: SEVERITIES[severity]),
    GROUP: lambda columns: _remarks(columns, lambda _severity, group: GROUPS[group]),
    MESSAGE: _messages,
}
TREE_FIELDS: Mapping[str, FieldSpec] = {spec.name: spec for spec in _READERS}
