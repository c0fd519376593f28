"""One packet: bytes to a tree of fields. Never raises, whatever the bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.parts import (
    Found,
    Header,
    Memory,
    Part,
    Parts,
    header_of,
    next_protocols,
    record_part,
    repeated_parts,
    says_nothing_else,
    trailer_parts,
)
from tcpladder.decode.placement import Placed
from tcpladder.decode.structure import Generated, Structure
from tcpladder.decode.upper_layers import Message, read_message
from tcpladder.fields.expression import compiled_all, peeked
from tcpladder.fields.node import DecodedPacket, FieldNode, Problem, ProblemKind
from tcpladder.fields.show import filled
from tcpladder.fields.spec import Expert, FieldSpec, ProtocolSpec, Records, Repeat
from tcpladder.fields.types import FieldType
from tcpladder.packets.capture import NO_TIME
from tcpladder.protocols import PROTOCOLS
from tcpladder.protocols.frame import COMMENT, COMMENT_EXPERT, COMMENTS, FRAME_CHAIN
from tcpladder.texts import _


def _nothing(name: str, occurrence: int) -> Any:
    return None


class _Ended(Exception):
    """The bytes ended before the structure did."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


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

    def protocol(self, spec: ProtocolSpec, start: int, end: int, outer: Structure | None,
                 siblings: list[FieldNode], facts: Mapping[str, Any]) -> int:
        """Reads a header and all that follows in it; returns the declared end of the whole."""
        occurrence = self.seen.get(spec.name, 0)
        self.seen[spec.name] = occurrence + 1
        scope = dict(facts)
        layer = FieldNode(spec.own_field, None, start * 8, start * 8, scope=scope)
        header = header_of(spec)
        structure = Structure(spec.label, start, end, scope, outer, occurrence, self.data, layer, header.parts.names,
                              self.generated)
        layer.position = start
        if spec.inside and self.host is not None:
            self.host.children.append(layer)
        elif not spec.transparent:
            siblings.append(layer)
            self.host = layer
        whole = True
        try:
            self.header(header, structure, layer.children)
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
            alone = spec.alone is not None and structure.holds(compiled_all((spec.alone,)))
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

    def _header_length(self, spec: ProtocolSpec, structure: Structure, layer: FieldNode, whole: bool) -> int:
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

    def payload(self, spec: ProtocolSpec, structure: Structure, start: int, end: int, layer: FieldNode,
                siblings: list[FieldNode]) -> int:
        """Reads what the header carries, up to end; returns where that declares to end."""
        name = spec.default_next
        for number, table in next_protocols(spec):
            try:
                key = number(structure)
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
        specs = {element.name: element.own_field if isinstance(element, Expert) else element
                 for element in spec.elements if isinstance(element, (FieldSpec, Expert))}
        for name, value, offset, size in message.fields:
            scope.setdefault(name, value)
            first = start + offset
            field = specs[name]
            if field.type is FieldType.NONE:
                layer.children.append(FieldNode(field, None, 0, 0, scope=scope))
                continue
            layer.children.append(FieldNode(field, value, first * 8, (first + size) * 8, position=first,
                                            size=size, data=self.data[first:first + size], scope=scope))
        siblings.append(layer)

    def _trailer(self, spec: ProtocolSpec, structure: Structure, start: int, end: int,
                 layer: FieldNode) -> None:
        if start >= end:
            return
        parts = trailer_parts(spec)
        rest = structure.within(spec.label, start, end, {}, layer, parts.names)
        try:
            self.elements(parts, rest, layer.children)
        except _Ended as ended:
            self.problems.append(ended.problem)

    def header(self, header: Header, structure: Structure, into: list[FieldNode]) -> None:
        """Reads the elements of a header, or takes them from those that are kept."""
        memory, end = header.memory, structure.start + header.size
        if (memory is None or not memory.useful or end > structure.limit
                or any(structure.holds(condition) for condition in header.unless)):
            self.elements(header.parts, structure, into)
            return
        key = structure.start, self.data[structure.start:end], *map(structure.known, header.reads)
        found = memory.nodes.get(key)
        if found is None:
            self.elements(header.parts, structure, into)
            scope = structure.scope
            memory.keep(key, tuple(into), {name: scope[name] for name in header.parts.names if name in scope})
        else:
            memory.uses += 1
            into += found[0]
            structure.scope.update(found[1])

    def elements(self, parts: Parts, structure: Structure, into: list[FieldNode], owned: bool = False) -> None:
        """Reads elements in order; raises _Ended where the bytes do. owned: they are a field's children."""
        for part in parts.members:
            if part.there is not None and not structure.holds(part.there):
                continue
            element = part.element
            if isinstance(element, FieldSpec):
                try:
                    if part.read is None or not part.read(structure, into):
                        self.field(part, structure, into)
                except KeyError:
                    continue
            elif isinstance(element, Records):
                self.records(element, part.placed, structure, into)
            elif isinstance(element, Repeat):
                self.repeat(element, part.placed, structure, into)
            elif isinstance(element, Expert):
                if element.when is not None or self.generated(element.name, structure.occurrence) is not None:
                    self.remark(element, structure, into, owned)
            else:
                raise _Ended(Problem(ProblemKind.MALFORMED, structure.label, 0, 0, "",
                                     filled(_(element.reason), structure.scope)))

    def field(self, part: Part, structure: Structure, into: list[FieldNode]) -> None:
        """Reads one field and what lies in it; KeyError where it, or another field that it needs, is absent."""
        spec, memory = part.spec, part.memory
        if spec.column and self.generated(spec.name, structure.occurrence) is None:
            return
        if memory is None or not memory.useful or not self.kept(part, memory, structure, into):
            self.fresh(part, *structure.place(part.placed), structure, into)

    def fresh(self, part: Part, start: int, size: int, structure: Structure, into: list[FieldNode]) -> None:
        """Reads a field that lies there."""
        end = start + size
        spec, scope, children = part.spec, structure.scope, part.children
        if size and not spec.region and end > structure.limit:
            raise self._ended(structure, end)
        assert part.make is not None
        node = part.make(structure, start, size, self.data[start:end])
        if spec.name not in scope:
            scope[spec.name] = node.value
        if spec.in_tree:
            into.append(node)
        if spec.region:
            inner = structure.within(spec.label, start, end, {}, node, children.names)
            try:
                self.elements(children, inner, node.children)
            except _Ended as ended:
                node.problem = ended.problem
                raise
            finally:
                node.scope = {**scope, **inner.scope}
        elif children.members:
            self.elements(children, structure, node.children, owned=True)

    def kept(self, part: Part, memory: Memory, structure: Structure, into: list[FieldNode]) -> bool:
        """Takes a field, with what lies in it, from those that are kept; False where its bytes are not all there."""
        start = structure.start + part.offset
        end = start + part.size
        if end > structure.limit:
            return False
        key: tuple[Any, ...] = start, self.data[start:end]
        if part.asks:
            key += tuple([self.generated(name, structure.occurrence) for name in part.asks])
        if part.reads:
            key += tuple(map(structure.known, part.reads))
        found = memory.nodes.get(key)
        if found is None:
            found = self._made(part, start, structure)
            if not says_nothing_else(found[0][0], found[1]):
                return False
            memory.keep(key, *found)
        else:
            memory.uses += 1
        (node,), values = found
        scope = structure.scope
        if scope.keys().isdisjoint(values):
            scope.update(values)
        else:
            scope.update({name: value for name, value in values.items() if name not in scope})
        if node.spec.in_tree:
            into.append(node)
        return True

    def _made(self, part: Part, start: int, structure: Structure) -> Found:
        scope = {name: structure.lookup(name) for name in part.reads if structure.known(name) is not None}
        inner = structure.within(structure.label, structure.start, structure.end, scope, structure.node,
                                 part.children.names | {part.spec.name})
        nodes: list[FieldNode] = []
        self.fresh(part, start, part.size, inner, nodes)
        return (nodes[0],), {name: value for name, value in scope.items() if name in inner.declared}

    def remark(self, element: Expert, structure: Structure, into: list[FieldNode], owned: bool) -> None:
        """Puts a remark into the tree: on the field whose child it is, else on the one before."""
        remark = FieldNode(element.own_field, None, 0, 0, data=structure.node.data, scope=structure.scope)
        if owned:
            into.append(remark)
        elif not into:
            structure.node.children.append(remark)
        else:
            if into[-1].kept:
                into[-1] = replace(into[-1], children=[*into[-1].children], kept=False)
            into[-1].children.append(remark)

    def _ended(self, structure: Structure, needed_end: int) -> _Ended:
        needed = needed_end - structure.start
        if needed_end <= structure.end:
            return _Ended(Problem(ProblemKind.CUT, structure.label, needed,
                                  max(0, self.captured - structure.start),
                                  _("the frame was cut after {captured} bytes").format(captured=self.captured)))
        return _Ended(Problem(ProblemKind.MALFORMED, structure.label, needed,
                              max(0, structure.limit - structure.start),
                              _("the length around it ends there")))

    def records(self, element: Records, entry: Placed, structure: Structure, into: list[FieldNode]) -> None:
        """Reads options one after the other; a length that cannot be right ends the list."""
        start, size = structure.place(entry)
        end = min(start + size, structure.end)
        is_over = False
        while start < end:
            if start >= self.captured:
                raise self._ended(structure, start + 1)
            if is_over and element.behind is not None and self.data[start] not in element.last:
                self.record(element.behind, start, end - start, structure, into)
                if end > self.captured:
                    raise self._ended(structure, end)
                break
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
                    if element.wrong is not None:
                        self.record(element.wrong, start, min(2, room), structure, into)
                    else:
                        self._note(structure, _("Option {kind} says that it is {length} bytes long; {smallest} to "
                                                "{room} are possible here.").format(
                            kind=kind, length=length, smallest=element.shortest, room=room))
                    break
            try:
                self.record(element.cases.get(kind, element.default), start, length, structure, into)
            except _Ended as ended:     # a record that is too short says nothing of the next one
                if start + length > self.captured:
                    raise
                self.problems.append(ended.problem)
            start += length
            is_over = kind in element.last
            if is_over and element.behind is None:
                break

    def record(self, spec: FieldSpec, start: int, length: int, structure: Structure, into: list[FieldNode]) -> None:
        """Reads one option."""
        part = record_part(spec)
        memory, end = part.memory, start + length
        if memory is None or not memory.useful or end > structure.limit:
            self.fresh(part, start, length, structure, into)
            return
        key = start, self.data[start:end]
        found = memory.nodes.get(key)
        if found is None:
            self.fresh(part, start, length, structure, into)
            node = into[-1]
            if node.problem is None and says_nothing_else(node, part.children.names):
                node.scope = {name: node.scope[name] for name in part.children.names if name in node.scope}
                memory.keep(key, (node,), node.scope)
        else:
            memory.uses += 1
            into += found[0]
            structure.scope.setdefault(spec.name, found[0][0].value)

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

    def _note(self, structure: Structure, reason: str) -> None:
        """Keeps a problem that does not end the reading of what follows."""
        problem = Problem(ProblemKind.MALFORMED, structure.label, 0, 0, "", reason)
        self.problems.append(problem)
        structure.node.problem = problem

    def repeat(self, element: Repeat, entry: Placed, structure: Structure, into: list[FieldNode]) -> None:
        """Reads a structure again and again."""
        start, _size = structure.place(entry)
        room = max(0, structure.end - start) // element.stride
        count = room if element.count is None else structure.number(element.count)
        parts = repeated_parts(element)
        for turn in range(count):
            end = min(structure.end, start + element.stride)
            inner = structure.within(structure.label, start, end, {"@turn": turn}, structure.node, parts.names)
            self.elements(parts, inner, into)
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
