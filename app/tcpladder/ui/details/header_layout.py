"""The RFC picture of a header as arithmetic: which field lies in which boxes of rows that are 32 bits wide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tcpladder.fields.node import FieldNode
from tcpladder.fields.types import FieldType

ROW_BITS = 32
_MOST_ROWS = 4      # of one field; longer ones are drawn shortened


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a field within one row: bits first to end of the 32."""

    row: int
    first: int
    end: int

    @property
    def bits(self) -> int:
        """Width of the stretch."""
        return self.end - self.first


@dataclass(frozen=True, slots=True)
class Box:
    """A field in the picture. also holds fields with the very same bits, such as a raw number beside a relative one.

    shortened: rows in the middle of the field are left out.
    """

    node: FieldNode
    also: tuple[FieldNode, ...]
    pieces: tuple[Piece, ...]
    shortened: bool

    @property
    def widest(self) -> Piece:
        """Where text fits best: the first of the widest pieces."""
        return max(self.pieces, key=lambda piece: piece.bits)

    def holds(self, node: FieldNode | None) -> bool:
        """Whether the box stands for a field, or for a part of it that has no box of its own."""
        return node is not None and node.buffer == self.node.buffer and (
            node is self.node or node in self.also
            or (node.start_bit < node.end_bit and self.node.start_bit <= node.start_bit
                and node.end_bit <= self.node.end_bit))


@dataclass(frozen=True, slots=True)
class HeaderPicture:
    """All boxes of a layer, in the order of its bits."""

    layer: FieldNode
    boxes: tuple[Box, ...]
    rows: int

    def box_at(self, row: int, bit: int) -> Box | None:
        """The box at a place of the picture."""
        return next((box for box in self.boxes for piece in box.pieces
                     if piece.row == row and piece.first <= bit < piece.end), None)

    def boxes_of(self, node: FieldNode | None) -> list[Box]:
        """The boxes that light for a field: its own, or all that lie within it."""
        if node is None or node.start_bit >= node.end_bit or node.buffer != self.layer.buffer:
            return [box for box in self.boxes if node is not None and box.holds(node)]
        inside = [box for box in self.boxes
                  if node.start_bit <= box.node.start_bit and box.node.end_bit <= node.end_bit]
        return inside or [box for box in self.boxes if box.holds(node)]


def changed_boxes(picture: HeaderPicture, earlier: HeaderPicture) -> list[Box]:
    """The boxes whose field has another value than in an earlier header, or was not there."""
    known = {(box.node.name, box.pieces): box.node.value for box in earlier.boxes}
    missing = object()
    return [box for box in picture.boxes if known.get((box.node.name, box.pieces), missing) != box.node.value]


def has_picture(layer: FieldNode) -> bool:
    """Whether the picture of a layer has boxes."""
    return next(_drawn(layer), None) is not None


def lay_out_header(layer: FieldNode) -> HeaderPicture:
    """The picture of one layer of a packet."""
    boxes: list[Box] = []
    left_out = 0    # rows that shortened fields before this one did not take
    end_row = 0
    for node, also in _tiles(layer):
        start, end = node.start_bit - layer.start_bit, node.end_bit - layer.start_bit
        pieces = _pieces(start, end)
        shortened = len(pieces) > _MOST_ROWS
        skipped = 0
        if shortened:
            # The first row and the last stay; one row between them stands for the rest.
            skipped = pieces[-1].row - pieces[0].row - 2
            pieces = [pieces[0], Piece(pieces[0].row + 1, 0, ROW_BITS),
                      Piece(pieces[-1].row - skipped, pieces[-1].first, pieces[-1].end)]
        moved = tuple(Piece(piece.row - left_out, piece.first, piece.end) for piece in pieces)
        left_out += skipped
        boxes.append(Box(node, tuple(also), moved, shortened))
        end_row = max(end_row, moved[-1].row + 1)
    return HeaderPicture(layer, tuple(boxes), end_row)


def _pieces(start: int, end: int) -> list[Piece]:
    first_row, last_row = start // ROW_BITS, (end - 1) // ROW_BITS
    return [Piece(row, max(start - row * ROW_BITS, 0), min(end - row * ROW_BITS, ROW_BITS))
            for row in range(first_row, last_row + 1)]


def _tiles(layer: FieldNode) -> Iterator[tuple[FieldNode, list[FieldNode]]]:
    """The fields that are drawn, none over another, each with those that lie on the same bits."""
    drawn_to = layer.start_bit
    pending: tuple[FieldNode, list[FieldNode]] | None = None
    fields = sorted(_drawn(layer), key=lambda node: node.start_bit)     # stable: the tree's order decides
    for node in fields:
        if pending and (node.start_bit, node.end_bit) == (pending[0].start_bit, pending[0].end_bit):
            pending[1].append(node)
        elif node.start_bit >= drawn_to:
            if pending:
                yield pending
            pending = (node, [])
            drawn_to = node.end_bit
    if pending:
        yield pending


def _drawn(node: FieldNode) -> Iterator[FieldNode]:
    for child in node.children:
        if child.spec.hidden or child.buffer != node.buffer or child.start_bit >= child.end_bit:
            continue
        if _is_divided(child):
            yield from _drawn(child)
        else:
            yield child


def _is_divided(node: FieldNode) -> bool:
    """Whether the children of a field lie side by side and cover it, so that they can be drawn in its place."""
    spans = {(child.start_bit, child.end_bit) for child in node.children
             if not child.spec.hidden and child.buffer == node.buffer
             and node.start_bit <= child.start_bit < child.end_bit <= node.end_bit}
    if spans == {(node.start_bit, node.end_bit)}:
        return node.spec.type in (FieldType.BYTES, FieldType.NONE, FieldType.PROTOCOL)
    reached = node.start_bit
    for start, end in sorted(spans):
        if start != reached:
            return False
        reached = end
    return bool(spans) and reached == node.end_bit
