"""Where each element of a structure lies, worked out once per declaration for both walks."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

from tcpladder.fields.dpkt_layout import Layout
from tcpladder.fields.expression import Constant, Expression, as_expression
from tcpladder.fields.spec import REST, Choice, Element, Expert, FieldSpec, Records, Repeat, Size, Stop
from tcpladder.fields.types import FieldType


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """An element and its place, relative to the first byte of its structure.

    For a field of whole bytes first_bit and bit_count span size. offset and size are numbers where
    they never vary. conditions must all hold for the element to be there.
    """

    element: FieldSpec | Repeat | Records | Stop | Expert
    offset: int | Expression
    size: int | Expression | None       # None: to the declared end of the structure
    first_bit: int = 0
    bit_count: int = 0
    conditions: tuple[Expression, ...] = ()
    children: tuple["Placed", ...] = ()
    read: Callable[[bytes], Any] = bytes      # a field's value, made of the bytes that hold it


@cache
def placed_elements(elements: tuple[Element, ...], layout: Layout | None) -> tuple[Placed, ...]:
    """The elements with their places, choices dissolved into conditions.

    Raises ValueError for a declaration whose place cannot be known.
    """
    placed, _ = _place(elements, layout, Constant(0), ())
    return placed


def _place(elements: tuple[Element, ...], layout: Layout | None, cursor: Expression | None,
           conditions: tuple[Expression, ...],
           within: Placed | None = None) -> tuple[tuple[Placed, ...], Expression | None]:
    placed: list[Placed] = []
    for element in elements:
        if isinstance(element, FieldSpec):
            entry, cursor = _place_field(element, layout, cursor, conditions, within)
            placed.append(entry)
        elif isinstance(element, Choice):
            ends: list[Expression | None] = []
            for key, case in element.cases.items():
                entries, end = _place(case, layout, cursor, (*conditions, element.by.among(key)), within)
                placed += entries
                ends.append(end)
            others, end = _place(element.default, layout, cursor,
                                 (*conditions, element.by.among(*element.cases).equals(0)), within)
            placed += others
            same = {_number(end) for end in ends}
            cursor = ends[0] if len(same) == 1 and None not in same else None
        else:
            own = element.at if isinstance(element, (Repeat, Records)) else None
            place = as_expression(own) if own is not None else cursor
            size = _size(element.size) if isinstance(element, Records) else None
            placed.append(Placed(element, _simplest(place) if place is not None else 0, size,
                                 conditions=conditions))
            if isinstance(element, (Repeat, Records)):
                cursor = None
    return tuple(placed), cursor


def _place_field(spec: FieldSpec, layout: Layout | None, cursor: Expression | None,
                 conditions: tuple[Expression, ...],
                 within: Placed | None) -> tuple[Placed, Expression | None]:
    own = conditions if spec.when is None else (*conditions, spec.when.differs(0))
    first_bit = 0
    size: int | Expression | None
    if spec.item is not None:
        if layout is None:
            raise ValueError(f"{spec.name}: no layout has the item {spec.item}")
        item = layout.items[spec.item]
        offset: int | Expression = item.offset
        size = item.size if spec.size is None else _size(spec.size)
        first_bit, bit_count = item.first_bit, item.bit_count
        end: Expression | None = Constant(item.offset + item.size)
    else:
        made = spec.column or spec.value is not None
        place = (as_expression(spec.at) if spec.at is not None else within.offset if within
                 else Constant(0) if made else cursor)
        if place is None:
            raise ValueError(f"{spec.name}: its place depends on elements of several sizes before it")
        offset = _simplest(as_expression(place))
        declared = spec.size if spec.size is not None else None if made else spec.type.width
        if declared is None:
            size = within.size if within and not made else 0
        else:
            size = _size(declared)
        bit_count = size * 8 if isinstance(size, int) else 0
        if within or made:
            end = cursor
        elif size is None:
            end = None
        else:
            step = as_expression(size) if spec.when is None else as_expression(size) * spec.when.differs(0)
            end = _folded(as_expression(offset) + step)
    if spec.bits is not None:
        first_bit, bit_count = first_bit + spec.bits[0], spec.bits[1]
        if isinstance(size, int) and size and not spec.whole_item:    # only the bytes that hold the bits
            skipped, first_bit = divmod(first_bit, 8)
            offset = _simplest(as_expression(offset) + skipped)
            size = (first_bit + bit_count + 7) // 8
    placed = Placed(spec, offset, size, first_bit, bit_count, own, read=_reader(spec, first_bit, bit_count, size))
    if spec.region:
        children, _ = _place(spec.children, None, Constant(0), ())
    else:
        inside = placed if size != 0 else None
        children, inner_end = _place(spec.children, layout, as_expression(offset) if inside else cursor, own,
                                     inside)
        if inside is None and spec.children:
            end = inner_end
    return replace(placed, children=children), end


def _reader(spec: FieldSpec, first_bit: int, bit_count: int,
            size: int | Expression | None) -> Callable[[bytes], Any]:
    kind = spec.shown_as or spec.type
    order: Literal["big", "little"] = "little" if spec.little_endian else "big"
    if kind in (FieldType.NONE, FieldType.PROTOCOL):
        return lambda data: None
    if kind is FieldType.STRING and spec.labels:
        return domain_name
    if kind is FieldType.STRING:
        return lambda data: data.split(b"\0", 1)[0].decode("utf-8", "replace")
    if kind is FieldType.BYTES:
        return bytes
    if kind.is_address:     # of a prefix, its first bytes may stand for it
        return lambda data: data.ljust(kind.width or 0, b"\0")
    if kind.is_signed:
        return lambda data: int.from_bytes(data, order, signed=True)
    if not isinstance(size, int) or bit_count == size * 8:
        return lambda data: int.from_bytes(data, order)
    shift, mask = size * 8 - first_bit - bit_count, (1 << bit_count) - 1
    if kind is FieldType.BOOLEAN:
        return lambda data: int(int.from_bytes(data, order) >> shift & mask != 0)
    return lambda data: int.from_bytes(data, order) >> shift & mask


def domain_name(data: bytes) -> str:
    """The labels of a name that is not compressed, with dots between them (RFC 1035, section 3.1)."""
    labels = []
    place = 0
    while place < len(data) and data[place]:
        labels.append(data[place + 1:place + 1 + data[place]].decode("utf-8", "replace"))
        place += 1 + data[place]
    return ".".join(labels)


def _size(size: Size) -> int | Expression | None:
    if size is REST:
        return None
    assert not isinstance(size, type(REST))
    return _simplest(as_expression(size))


def _folded(expression: Expression) -> Expression:
    number = _number(expression)
    return expression if number is None else Constant(number)


def _number(expression: Expression | None) -> int | None:
    if expression is None or any(True for _ in expression.names()):
        return None
    return int(expression.evaluate(dict[str, int]().__getitem__))


def _simplest(expression: Expression) -> int | Expression:
    number = _number(expression)
    return expression if number is None else number
