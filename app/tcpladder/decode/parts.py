"""What the walk over one packet knows beforehand of each element: worked out once per declaration.

Most fields say the same in most packets: addresses, ports, flags, options. The node of a field that depends on a few
bytes and values alone, with all that lies in it, is made once, kept, and then stands in every such packet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from tcpladder.decode.all_packets import flattened
from tcpladder.decode.placement import Placed, domain_name, placed_elements
from tcpladder.decode.structure import Structure
from tcpladder.fields.expression import Condition, Surroundings, compiled, compiled_all, peeked
from tcpladder.fields.node import FieldNode
from tcpladder.fields.show import label_names
from tcpladder.fields.spec import Expert, FieldSpec, ProtocolSpec, Records, Repeat, Stop

_MOST_KEPT = 1024       # nodes of one field
_LONGEST = 16           # bytes: longer values seldom come again
_MOST_VALUES = 4
_NO_VALUES: Mapping[str, Any] = {}
_OWN_FACTS = ("@peek", "@length", "@captured")
_FACTS = (*_OWN_FACTS, "@quoted", "@wire_length", "@depth", "@known", "@optional")


Found = tuple[tuple[FieldNode, ...], Mapping[str, Any]]     # nodes, and the values of all fields in them


@dataclass(slots=True, eq=False)
class Memory:
    """The nodes of a field or a header that are kept, by place, bytes and whatever else they depend on."""

    nodes: dict[tuple[Any, ...], Found] = field(default_factory=dict)
    uses: int = 0
    useful: bool = True     # False: the values seldom come again, no node is kept any more

    def keep(self, key: tuple[Any, ...], nodes: tuple[FieldNode, ...], values: Mapping[str, Any]) -> None:
        """Keeps nodes for the packets to come."""
        if len(self.nodes) >= _MOST_KEPT:
            self.useful = self.uses > _MOST_KEPT
            self.nodes.clear()
            self.uses = 0
        if self.useful:
            for node in nodes:
                node.kept = True
            self.nodes[key] = nodes, values


# Makes a field's node of the structure that it lies in, its first byte, its size and its bytes, without what lies in
# it; KeyError where the field or another that it needs is absent.
Maker = Callable[[Structure, int, int, bytes], FieldNode]
# Adds a field to the values of its structure and to the nodes; False where its bytes are not all there.
Reader = Callable[[Structure, list[FieldNode]], bool]


def says_nothing_else(node: FieldNode, names: Container[str]) -> bool:
    """Whether no line in a node tells values other than those of these fields."""
    return all(_tells_only(inner.spec, names) for inner in node.walk())


def _tells_only(spec: FieldSpec, names: Container[str]) -> bool:
    told = label_names(spec)
    return told is not None and all(name in names for name in told)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """An element of a structure.

    there   whether it is there at all; None: always
    make    makes a field's node
    read    reads a field in whose bytes no other lies; None: it takes more
    memory  the nodes of a field that are kept; None: each packet has its own
    offset, size  bytes from the start of the structure, of a field whose nodes are kept
    asks    the names of fields in it that a later floor fills in; reads: of values outside of it that it depends on
    """

    element: FieldSpec | Repeat | Records | Stop | Expert
    placed: Placed
    there: Condition | None
    children: Parts
    make: Maker | None = None
    read: Reader | None = None
    memory: Memory | None = None
    offset: int = 0
    size: int = 0
    asks: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()

    @property
    def spec(self) -> FieldSpec:
        """The field."""
        assert isinstance(self.element, FieldSpec)
        return self.element


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """The elements of a structure or of a field, and the names of all fields that they may give."""

    members: tuple[Part, ...]
    names: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Header:
    """The parts of a header, and its nodes that are kept where all of it depends on little.

    size   bytes that it depends on; reads: names of values that it depends on besides
    unless conditions under which it depends on more
    """

    parts: Parts
    memory: Memory | None = None
    size: int = 0
    reads: tuple[str, ...] = ()
    unless: tuple[Condition, ...] = ()


@cache
def header_of(spec: ProtocolSpec) -> Header:
    """What is known of a protocol's header."""
    placed = placed_elements(spec.elements, spec.layout)
    parts, size = _parts(placed), spec.header_length
    if not isinstance(size, int) or not parts.members:
        return Header(parts)
    reads: dict[str, None] = {}
    unless = []
    for entry in flattened(placed):
        element = entry.element
        if isinstance(element, (Records, Repeat)) or (isinstance(element, FieldSpec) and (
                element.column or element.region or not isinstance(entry.offset, int)
                or not isinstance(entry.size, int) or entry.offset + entry.size > size)):
            return Header(parts)
        own = element.value if isinstance(element, FieldSpec) else element.when
        if isinstance(element, Expert) and own is None:
            return Header(parts)
        needed = {name for expression in (*entry.conditions, *([own] if own is not None else []))
                  for name in expression.names() if name not in parts.names and not _within_header(name, size)}
        if any(name.startswith("@peek") for name in needed):
            unless.append(compiled_all(entry.conditions))
        elif not all(name.startswith(_FACTS) for name in needed):
            return Header(parts)
        else:
            reads |= dict.fromkeys(needed)
    return Header(parts, Memory(), size, tuple(reads), tuple(unless))


def _within_header(name: str, size: int) -> bool:
    return name.startswith("@peek") and sum(peeked(name)) <= size


@cache
def next_protocols(spec: ProtocolSpec) -> tuple[tuple[Callable[[Surroundings], int], Mapping[int, str]], ...]:
    """What decides what follows a header: numbers, and what they stand for."""
    return tuple((compiled(expression), table) for expression, table in spec.next)


@cache
def trailer_parts(spec: ProtocolSpec) -> Parts:
    """The parts of what stands behind a header's payload."""
    return _parts(placed_elements(spec.trailer, None))


@cache
def repeated_parts(element: Repeat) -> Parts:
    """The parts of one turn of a repetition."""
    return _parts(placed_elements(element.elements, None))


@cache
def record_part(spec: FieldSpec) -> Part:
    """An option or another record; where it lies is known when it is read."""
    read = domain_name if spec.labels else bytes
    placed = placed_elements(spec.children, None)
    part = _part(Placed(spec, 0, None, 0, 0, (), placed, read), 0, Counter())
    return replace(part, memory=Memory()) if spec.region and _stands_alone(spec, placed) else part


def _parts(placed: tuple[Placed, ...]) -> Parts:
    names = Counter(_names(placed))
    return Parts(tuple(_part(entry, 0, names) for entry in placed), frozenset(names))


def _part(entry: Placed, asked: int, names: Counter[str]) -> Part:
    """The part of an element; the first asked conditions were asked for what it lies in."""
    element, conditions = entry.element, entry.conditions[asked:]
    if isinstance(element, (Stop, Expert)) and element.when is not None:
        conditions = (*conditions, element.when)
    there = compiled_all(conditions) if conditions else None
    if not isinstance(element, FieldSpec):
        return Part(element, entry, there, Parts((), frozenset()))
    make = _maker(entry, element)
    if element.region:
        return Part(element, entry, there, _parts(entry.children), make)
    children = Parts(tuple(_part(child, len(entry.conditions), names) for child in entry.children),
                     frozenset(_names(entry.children)))
    try:
        asks, reads = _needs(entry, names)
    except _Unknown:
        return Part(element, entry, there, children, make)
    assert isinstance(entry.offset, int)
    assert isinstance(entry.size, int)
    memory = Memory()
    read = None if children.members else _reader(element, entry.offset, entry.size, reads, memory, make)
    return Part(element, entry, there, children, make, read, memory, entry.offset, entry.size, asks, reads)


def _maker(entry: Placed, spec: FieldSpec) -> Maker:
    value_of = _value_maker(entry, spec)
    first_bit, bit_count, scale = entry.first_bit, entry.bit_count, spec.scale
    at_start = spec.at is None and spec.item is None    # of its structure, where no byte holds it

    def make(structure: Structure, start: int, size: int, octets: bytes) -> FieldNode:
        value, raw = value_of(structure, octets), None
        if scale != 1:
            raw, value = value, value * scale
        bit = start * 8
        if not size:
            position = structure.start if at_start else start
            return FieldNode(spec, value, bit, bit, 0, [], None, raw, position, 0, b"", structure.scope)
        bit += first_bit
        end_bit = (start + len(octets)) * 8     # a region may have been cut
        if bit_count:
            end_bit = min(end_bit, bit + bit_count)
        if not octets:
            bit = end_bit = min(start, len(structure.data)) * 8
        return FieldNode(spec, value, bit, end_bit, 0, [], None, raw, start, size, octets, structure.scope)

    return make


def _value_maker(entry: Placed, spec: FieldSpec) -> Callable[[Structure, bytes], Any]:
    name, width, read = spec.name, spec.type.width or 0, entry.read

    def filled_in(structure: Structure, _octets: bytes) -> Any:
        value = structure.generated(name, structure.occurrence)
        if value is None:
            raise KeyError(name)
        return value

    if spec.column:
        return filled_in
    if spec.value is not None:
        number = compiled(spec.value)
        if spec.type.is_address:
            return lambda structure, _octets: number(structure).to_bytes(width)
        return lambda structure, _octets: number(structure)
    return lambda _structure, octets: read(octets)


def _reader(spec: FieldSpec, offset: int, size: int, reads: tuple[str, ...], memory: Memory, make: Maker) -> Reader:
    name, column, in_tree = spec.name, spec.column, spec.in_tree

    def read(structure: Structure, into: list[FieldNode]) -> bool:
        start = structure.start + offset
        end = start + size
        if end > structure.limit:
            return False
        octets = structure.data[start:end]
        if memory.useful:
            key: tuple[Any, ...] = start, octets
            if column:
                value = structure.generated(name, structure.occurrence)
                if value is None:
                    return True
                key = start, octets, value
            if reads:
                key += tuple(map(structure.known, reads))
            found = memory.nodes.get(key)
            if found is None:
                node = make(structure, start, size, octets)
                node.scope = _NO_VALUES
                memory.keep(key, (node,), _NO_VALUES)
            else:
                (node,), _values = found
                memory.uses += 1
        else:
            node = make(structure, start, size, octets)
        if name not in structure.scope:
            structure.scope[name] = node.value
        if in_tree:
            into.append(node)
        return True

    return read


def _names(placed: tuple[Placed, ...]) -> Iterator[str]:
    return (entry.element.name for entry in flattened(placed) if isinstance(entry.element, FieldSpec))


class _Unknown(Exception):
    """What a node depends on is not known beforehand, or is too much."""


def _needs(entry: Placed, names: Counter[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a field depends on beside its own bytes: asks and reads of its part. names: all in the structure."""
    own = Counter(_names((entry,)))
    asks: dict[str, None] = {}
    reads: dict[str, None] = {}
    for inner in flattened((entry,)):
        element, conditions = inner.element, inner.conditions[len(entry.conditions):]
        if isinstance(element, FieldSpec) and not element.region and _lies_within(_span(inner), _span(entry)):
            spec = element
            expressions = (*conditions, element.value) if element.value is not None else conditions
        elif isinstance(element, Expert):
            spec = element.own_field
            expressions = (*conditions, element.when) if element.when is not None else conditions
        else:
            raise _Unknown
        if spec.column:
            asks[spec.name] = None
        if isinstance(element, FieldSpec) and not _tells_only(spec, own):
            raise _Unknown
        for expression in expressions:
            reads |= dict.fromkeys(expression.names())
    for name in list(reads):
        if name in own or _lies_in(name, entry):
            if own[name] != names[name]:    # another field of the name may stand before it
                raise _Unknown
            del reads[name]
        elif name.startswith("@") and not name.startswith(_FACTS):
            raise _Unknown
    if len(asks) + len(reads) > _MOST_VALUES:
        raise _Unknown
    return tuple(asks), tuple(reads)


def _stands_alone(spec: FieldSpec, placed: tuple[Placed, ...]) -> bool:
    """Whether a record depends on nothing but its bytes."""
    own = frozenset((spec.name, *_names(placed)))
    for inner in flattened(placed):
        element = inner.element
        if not isinstance(element, FieldSpec) or element.region or element.column or not _tells_only(element, own):
            return False
        if not element.in_tree:
            return False
        for expression in (*inner.conditions, *([element.value] if element.value is not None else [])):
            if not all(name in own or name.startswith(_OWN_FACTS) for name in expression.names()):
                return False
    return _tells_only(spec, own)


def _span(entry: Placed) -> tuple[int, int]:
    """First byte of a field, and the one behind it."""
    if not isinstance(entry.offset, int) or not isinstance(entry.size, int) or entry.size > _LONGEST:
        raise _Unknown
    return entry.offset, entry.offset + entry.size


def _lies_in(name: str, entry: Placed) -> bool:
    """Whether it is the name of a number in a field's own bytes."""
    if not name.startswith("@peek"):
        return False
    offset, size = peeked(name)
    return _lies_within((offset, offset + size), _span(entry))


def _lies_within(inner: tuple[int, int], outer: tuple[int, int]) -> bool:
    return inner[0] == inner[1] or outer[0] <= inner[0] <= inner[1] <= outer[1]
