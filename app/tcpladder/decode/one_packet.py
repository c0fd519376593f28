"""One packet: bytes to a tree of fields. Never raises, whatever the bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from tcpladder.decode.all_packets import MAX_ZEROS, flattened
from tcpladder.decode.checksum import ones_sum
from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.placement import Placed, domain_name, placed_elements
from tcpladder.decode.upper_layers import Message, read_message
from tcpladder.fields.expression import Expression, compiled, compiled_all, peeked
from tcpladder.fields.node import DecodedPacket, FieldNode, Problem, ProblemKind
from tcpladder.fields.show import filled
from tcpladder.fields.spec import Expert, FieldSpec, ProtocolSpec, Records, Repeat, Stop
from tcpladder.packets.capture import NO_TIME
from tcpladder.protocols import PROTOCOLS
from tcpladder.protocols.frame import COMMENT, COMMENT_EXPERT, COMMENTS, FRAME_CHAIN
from tcpladder.texts import _

# Fills in a field that needs more than the packet: name and how many headers of its protocol came before.
Generated = Callable[[str, int], Any]


def _nothing(name: str, occurrence: int) -> Any:
    return None


class _Ended(Exception):
    """The bytes ended before the structure did."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


@cache
def _names(placed: tuple[Placed, ...]) -> Set[str]:
    return frozenset(entry.element.name for entry in flattened(placed) if isinstance(entry.element, FieldSpec))


@cache
def _parts(fact: str) -> tuple[str, Sequence[str]]:
    """What the name of a fact asks for, and its details."""
    what, *details = fact.split()
    return what, details


@lru_cache(maxsize=4096)
def _placed_record(spec: FieldSpec, offset: int, length: int) -> Placed:
    return Placed(spec, offset, length, 0, length * 8, (), placed_elements(spec.children, None),
                  domain_name if spec.labels else bytes)


@dataclass(slots=True)
class _Structure:
    """A header, option or record while it is read: its bytes and the values found so far."""

    label: str
    start: int
    end: int                # declared
    scope: dict[str, Any]
    outer: _Structure | None
    occurrence: int
    data: bytes
    node: FieldNode         # what stands for it in the tree
    declared: Set[str]      # names of the fields that it may have

    def place(self, placed: Placed) -> tuple[int, int]:
        """First byte and size of an element in this structure."""
        offset, size = placed.offset, placed.size
        if offset.__class__ is int and size.__class__ is int:
            return self.start + offset, size
        start = self.start + (offset if isinstance(offset, int) else self.number(offset))
        if size is None:
            return start, max(0, self.end - start)
        return start, size if isinstance(size, int) else max(0, self.number(size))

    def number(self, expression: Expression) -> int:
        """An expression's value; KeyError where a field that it needs is absent."""
        return compiled(expression)(self.scope, self.lookup)

    def holds(self, conditions: tuple[Expression, ...]) -> bool:
        """Whether all conditions hold; an absent field fails them."""
        try:
            return compiled_all(conditions)(self.scope, self.lookup)
        except KeyError:
            return False

    def lookup(self, name: str) -> Any:
        """A value of this structure or of one around it; "@..." are facts about the structure itself."""
        if name in self.scope:
            return self.scope[name]
        if name[0] == "@":
            return self._fact(name)
        if name not in self.declared and self.outer is not None:
            return self.outer.lookup(name)
        raise KeyError(name)

    def _first(self, names: Sequence[str]) -> Any:
        """The value of the first field that is there."""
        for name in names[:-1]:
            try:
                return self.lookup(name)
            except KeyError:
                continue
        return self.lookup(names[-1])

    def _fact(self, name: str) -> Any:
        what, details = _parts(name)
        if what == "@peek":
            offset, size = peeked(name)
            start = self.start + offset
            end = start + size
            if end > self.end or end > len(self.data):
                raise KeyError(name)
            return int.from_bytes(self.data[start:end], details[2])  # type: ignore[arg-type]
        if what == "@optional":
            try:
                return self.lookup(details[0])
            except KeyError:
                return int(details[1])
        if what == "@known":
            try:
                self.lookup(details[0])
            except KeyError:
                return 0
            return 1
        if what == "@length":
            return self.end - self.start
        if what == "@captured":
            return max(0, min(self.end, len(self.data)) - self.start)
        if what == "@zeros":
            there = self.data[self.start:min(self.end, len(self.data), self.start + MAX_ZEROS)]
            return len(there) - len(there.lstrip(b"\0"))
        if what.startswith("@sum16"):
            if self.end > len(self.data):
                raise KeyError(name)
            addresses = b"".join(self._first(group.split("|")) for group in what.split("+")[1:])
            self.scope[name] = ones_sum(addresses + self.data[self.start:self.end])    # kept for labels
            return self.scope[name]
        if self.outer is None:
            raise KeyError(name)
        return self.outer.lookup(name)


class _Walk:
    """The state of one decoding."""

    def __init__(self, data: bytes, generated: Generated, max_layers: int) -> None:
        self.data = data
        self.captured = len(data)
        self.generated = generated
        self.max_layers = max_layers
        self.depth = 0
        self.seen: dict[str, int] = {}
        self.chain: list[str] = []
        self.problems: list[Problem] = []
        self.host: FieldNode | None = None      # the layer that extension headers stand in
        self.host_end = 0                       # where its own header ends

    def protocol(self, spec: ProtocolSpec, start: int, end: int, outer: _Structure | None,
                 siblings: list[FieldNode], facts: Mapping[str, Any]) -> int:
        """Reads a header and all that follows in it; returns the declared end of the whole."""
        occurrence = self.seen.get(spec.name, 0)
        self.seen[spec.name] = occurrence + 1
        scope = dict(facts)
        layer = FieldNode(spec.own_field, None, start * 8, start * 8, scope=scope)
        placed = placed_elements(spec.elements, spec.layout)
        structure = _Structure(spec.label, start, end, scope, outer, occurrence, self.data, layer, _names(placed))
        layer.position = start
        if spec.inside and self.host is not None:
            self.host.children.append(layer)
        elif not spec.transparent:
            siblings.append(layer)
            self.host = layer
        whole = True
        try:
            self.elements(placed, structure, layer.children)
        except _Ended as ended:
            layer.problem = ended.problem
            self.problems.append(ended.problem)
            whole = False
        if not spec.transparent:
            self.chain.append(spec.chain(layer) if callable(spec.chain) else spec.chain or spec.name)
        length = self._header_length(spec, structure, layer, whole)
        layer_end = min(end if spec.nests_payload else start + length, self.captured)
        layer.end_bit = layer_end * 8
        layer.size = max(0, layer_end - start)
        layer.data = self.data[start:layer_end]
        if not spec.inside:
            self.host_end = layer_end
        if spec.inside and self.host is not None and start + length == layer_end:
            alone = spec.alone is not None and structure.holds((spec.alone,))
            self._grow(self.host, self.host_end if alone else layer_end)
        if not whole:
            return end
        declared_end, bounded = end, False
        if spec.total_length is not None:
            try:
                declared_end = min(end, max(start + structure.number(spec.total_length), start + length))
                bounded = True
            except KeyError:
                pass
        if start + length > self.captured:
            return declared_end
        inner_end = self.payload(spec, structure, start + length, declared_end, layer, siblings)
        if spec.trailer:
            self._trailer(spec, structure, declared_end if bounded else inner_end, end, layer)
        return declared_end

    def _grow(self, layer: FieldNode, end: int) -> None:
        """Has a layer end there."""
        layer.end_bit = end * 8
        layer.size = end - layer.position
        layer.data = self.data[layer.position:end]

    def _header_length(self, spec: ProtocolSpec, structure: _Structure, layer: FieldNode, whole: bool) -> int:
        if isinstance(spec.header_length, int):
            return spec.header_length
        if spec.header_length is not None:
            try:
                return structure.number(spec.header_length)
            except KeyError:
                pass
        if not whole:
            return min(structure.end, self.captured) - structure.start
        return max((node.end_byte for node in layer.children), default=structure.start) - structure.start

    def payload(self, spec: ProtocolSpec, structure: _Structure, start: int, end: int, layer: FieldNode,
                siblings: list[FieldNode]) -> int:
        """Reads what the header carries, up to end; returns where that declares to end."""
        name = spec.default_next
        for expression, table in spec.next:
            try:
                key = structure.number(expression)
            except KeyError:
                continue
            if key in table:
                name = table[key]
                break
        if not name or start >= end:
            return end
        following = PROTOCOLS[name]
        if following.parsed:
            message = read_message(name, self.data[start:min(end, self.captured)])
            if message is not None:
                self.message(following, message, start, end, siblings)
                return end
            following = PROTOCOLS["data"]
        self.depth += not following.transparent
        if self.depth >= self.max_layers:
            self.problems.append(Problem(ProblemKind.MALFORMED, following.label, 0, 0, "",
                                         _("Headers are nested more than {depth} deep.").format(
                                             depth=self.max_layers)))
            return end
        into = layer.children if spec.nests_payload else siblings
        if start >= self.captured:
            self.problems.append(Problem(ProblemKind.CUT, following.label, 1, 0,
                                         _("the frame was cut after {captured} bytes").format(captured=self.captured)))
            return end
        facts = {"@depth": self.depth, **({"@quoted": 1} if spec.quotes else {})}
        return self.protocol(following, start, end, structure, into, facts)

    def message(self, spec: ProtocolSpec, message: Message, start: int, end: int, siblings: list[FieldNode]) -> None:
        """Puts a message of an upper layer into the tree."""
        self.seen[spec.name] = self.seen.get(spec.name, 0) + 1
        self.chain.append(spec.name)
        end = min(end, self.captured)
        scope: dict[str, Any] = {"@label": message.label, "@info": message.info}
        layer = FieldNode(spec.own_field, None, start * 8, end * 8, position=start, size=end - start,
                          data=self.data[start:end], scope=scope)
        specs = {element.name: element for element in spec.elements if isinstance(element, FieldSpec)}
        for name, value, offset, size in message.fields:
            scope.setdefault(name, value)
            first = start + offset
            layer.children.append(FieldNode(specs[name], value, first * 8, (first + size) * 8, position=first,
                                            size=size, data=self.data[first:first + size], scope=scope))
        siblings.append(layer)

    def _trailer(self, spec: ProtocolSpec, structure: _Structure, start: int, end: int,
                 layer: FieldNode) -> None:
        if start >= end:
            return
        placed = placed_elements(spec.trailer, None)
        rest = _Structure(spec.label, start, end, {}, structure, structure.occurrence, self.data, layer, _names(placed))
        try:
            self.elements(placed, rest, layer.children)
        except _Ended as ended:
            self.problems.append(ended.problem)

    def elements(self, placed: tuple[Placed, ...], structure: _Structure, into: list[FieldNode],
                 owned: bool = False) -> None:
        """Reads elements in order; raises _Ended where the bytes do. owned: they are a field's children."""
        for entry in placed:
            if entry.conditions and not structure.holds(entry.conditions):
                continue
            element = entry.element
            if isinstance(element, FieldSpec):
                try:
                    self.field(element, entry, structure, into if element.in_tree else [])
                except KeyError:
                    continue
            elif isinstance(element, Records):
                self.records(element, entry, structure, into)
            elif isinstance(element, Repeat):
                self.repeat(element, entry, structure, into)
            elif isinstance(element, Expert):
                self.remark(element, structure, into if owned else (into[-1] if into else structure.node).children)
            elif isinstance(element, Stop) and structure.holds((element.when,)):
                raise _Ended(Problem(ProblemKind.MALFORMED, structure.label, 0, 0, "",
                                     filled(_(element.reason), structure.scope)))

    def field(self, spec: FieldSpec, entry: Placed, structure: _Structure, into: list[FieldNode]) -> None:
        """Reads one field and what lies in it; KeyError where another field that it needs is absent."""
        start, size = structure.place(entry)
        end = start + size
        if size and not spec.region and (end > self.captured or end > structure.end):
            raise self._ended(structure, end)
        data = self.data[start:end]
        raw: int | None = None
        if spec.column:
            value = self.generated(spec.name, structure.occurrence)
            if value is None:
                return
        elif spec.value is not None:
            value = structure.number(spec.value)
            if spec.type.is_address:
                value = value.to_bytes(spec.type.width or 0)
        else:
            value = entry.read(data)
            if spec.scale != 1:
                raw, value = value, value * spec.scale
        scope = structure.scope
        if spec.name not in scope:
            scope[spec.name] = value
        if size:
            start_bit = start * 8 + entry.first_bit
            end_bit = start_bit + entry.bit_count if entry.bit_count else end * 8
            node = FieldNode(spec, value, start_bit, end_bit, 0, [], None, raw, start, size, data, scope)
        else:
            position = structure.start if spec.at is None and spec.item is None else start
            node = FieldNode(spec, value, start * 8, start * 8, 0, [], None, raw, position, 0, b"", scope)
        into.append(node)
        if spec.region:
            inner = _Structure(spec.label, start, end, {}, structure, structure.occurrence, self.data, node,
                               _names(entry.children))
            try:
                self.elements(entry.children, inner, node.children)
            except _Ended as ended:
                node.problem = ended.problem
                raise
            finally:
                node.scope = {**scope, **inner.scope}
        elif entry.children:
            self.elements(entry.children, structure, node.children, owned=True)

    def remark(self, element: Expert, structure: _Structure, into: list[FieldNode]) -> None:
        """Puts a remark into the tree where it applies."""
        if element.when is None:
            applies = self.generated(element.name, structure.occurrence) is not None
        else:
            applies = structure.holds((element.when,))
        if applies:
            into.append(FieldNode(element.own_field, None, 0, 0, scope=structure.scope))

    def _ended(self, structure: _Structure, needed_end: int) -> _Ended:
        needed = needed_end - structure.start
        if needed_end <= structure.end:
            return _Ended(Problem(ProblemKind.CUT, structure.label, needed,
                                  max(0, self.captured - structure.start),
                                  _("the frame was cut after {captured} bytes").format(captured=self.captured)))
        return _Ended(Problem(ProblemKind.MALFORMED, structure.label, needed,
                              max(0, min(structure.end, self.captured) - structure.start),
                              _("the length around it ends there")))

    def records(self, element: Records, entry: Placed, structure: _Structure, into: list[FieldNode]) -> None:
        """Reads options one after the other; a length that cannot be right ends the list."""
        start, size = structure.place(entry)
        end = min(start + size, structure.end)
        while start < end:
            if start >= self.captured:
                raise self._ended(structure, start + 1)
            if self.data[start] in element.single:
                kind, length = self.data[start], 1
            else:
                if self.captured < min(start + element.head, end):
                    raise self._ended(structure, start + element.head)
                room = end - start
                kind = self.data[start + element.kind_at] if room > element.kind_at else 0
                length = room + 1
                if room >= element.head:
                    length = self._record_length(element, start, min(end, self.captured))
                    if element.clipped:
                        length = min(length, room)
                if length < element.shortest or length > room:
                    self._note(structure, _(
                        "Option {kind} says that it is {length} bytes long; {smallest} to {room} are possible here.")
                        .format(kind=kind, length=length, smallest=element.shortest, room=room))
                    if element.wrong is not None:
                        self.record(element.wrong, start, min(2, room), structure, into)
                    break
            try:
                self.record(element.cases.get(kind, element.default), start, length, structure, into)
            except _Ended as ended:     # a record that is too short says nothing of the next one
                if start + length > self.captured:
                    raise
                self.problems.append(ended.problem)
            start += length
            if kind in element.last:
                break

    def record(self, spec: FieldSpec, start: int, length: int, structure: _Structure, into: list[FieldNode]) -> None:
        """Reads one option."""
        placed = _placed_record(spec, start - structure.start, length)
        self.field(spec, placed, structure, into)

    def _record_length(self, element: Records, start: int, stop: int) -> int:
        def number(offset: int, size: int) -> int:
            return int.from_bytes(self.data[start + offset:start + offset + size])

        if element.length is not None:
            return int(element.length.evaluate(lambda name: (
                self._name_length(start, stop) if name == "@name" else number(*peeked(name)))))
        return number(element.length_at, element.length_size) * element.length_unit + element.length_adds

    def _name_length(self, start: int, stop: int) -> int:
        place = start
        while place < stop and self.data[place]:
            place += 1 + self.data[place]
        return place + 1 - start

    def _note(self, structure: _Structure, reason: str) -> None:
        """Keeps a problem that does not end the reading of what follows."""
        problem = Problem(ProblemKind.MALFORMED, structure.label, 0, 0, "", reason)
        self.problems.append(problem)
        structure.node.problem = problem

    def repeat(self, element: Repeat, entry: Placed, structure: _Structure, into: list[FieldNode]) -> None:
        """Reads a structure again and again."""
        start, _size = structure.place(entry)
        room = max(0, structure.end - start) // element.stride
        count = room if element.count is None else structure.number(element.count)
        placed = placed_elements(element.elements, None)
        for turn in range(count):
            end = min(structure.end, start + element.stride)
            inner = _Structure(structure.label, start, end, {"@turn": turn}, structure, structure.occurrence, self.data,
                               structure.node, _names(placed))
            self.elements(placed, inner, into)
            start += element.stride


def decode_packet(data: bytes | memoryview, linktype: int, *, facts: Mapping[str, Any] | None = None,
                  generated: Generated = _nothing, max_layers: int = 32, row: int = 0) -> DecodedPacket:
    """Decodes one frame.

    facts are values that the frame itself does not carry ("@wire_length", ...); generated fills in the
    fields that need the whole capture. Never raises: what cannot be read is a Problem.
    """
    frame = bytes(data)
    walk = _Walk(frame, generated, max_layers)
    layers: list[FieldNode] = []
    known = {"@linktype": linktype, "@wire_length": len(frame), "@quoted": 0, "@depth": 0, **(facts or {})}
    walk.protocol(PROTOCOLS["frame"], 0, max(known["@wire_length"], len(frame)), None, layers, known)
    whole = layers[0]
    whole.end_bit, whole.size, whole.data = len(frame) * 8, len(frame), frame
    whole.children.append(FieldNode(FRAME_CHAIN, ":".join(walk.chain[1:]), 0, 0))
    return DecodedPacket(row, (frame,), layers, walk.problems)


def decode_row(columns: ColumnTable, row: int) -> DecodedPacket:
    """Decodes one frame of a capture, with what the capture and the later floors know of it.

    Raises IndexError where there is no such row.
    """
    capture = columns.capture
    time = int(capture.time_ns[row])
    packet = decode_packet(
        capture.frame(row), capture.linktype_of(row), row=row,
        facts={"@wire_length": int(capture.wire_len[row]), **({} if time == NO_TIME else {"@time": time})},
        generated=columns.values_at(row))
    comments = capture.packet_comments(row)
    if comments:
        layer = FieldNode(COMMENTS, None, 0, 0)
        layer.children = [FieldNode(COMMENT, text, 0, 0, children=[FieldNode(COMMENT_EXPERT, None, 0, 0)])
                          for text in comments]
        packet.layers.insert(0, layer)
    return packet
