"""PDML, the XML form of decoded packets that tshark writes with -T pdml."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from tcpladder.decode.expert_info import WRAPPER, printed_children, printed_layers
from tcpladder.exports.document import Enclosure
from tcpladder.exports.text_memory import KeptTexts
from tcpladder.fields.node import DecodedPacket, FieldNode
from tcpladder.fields.show import absolute_time_text, around_value, seconds_text, value_writer
from tcpladder.fields.spec import FieldSpec, LabelMaker
from tcpladder.fields.types import FieldType
from tcpladder.protocols.names import NUMBERS_ONLY, Names

PDML = Enclosure(head='<?xml version="1.0" encoding="utf-8"?>\n<pdml version="0" creator="tcpladder">\n',
                 tail="</pdml>\n")
# Line breaks and tabs stay as they are, as tshark has it; no other control character may occur in XML 1.0.
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;",
            "\ufffe": "\ufffd", "\uffff": "\ufffd",
            **{chr(code): f"\\x{code:x}" for code in (*range(32), 127) if code not in (9, 10, 13)}}
_TO_ESCAPE = re.compile("[" + re.escape("".join(_ESCAPES)) + "]")


def pdml(packets: Iterable[DecodedPacket]) -> Iterator[str]:
    """The document, a piece per packet."""
    return PDML.around(map(pdml_writer(), packets))


def pdml_writer(names: Names = NUMBERS_ONLY) -> Callable[[DecodedPacket], str]:
    """What makes the text of one packet after the other."""
    return _Writer(names).packet


class _Writer:
    """Writes packets; what stands in several packets is written once."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._texts = KeptTexts(self._element)

    def packet(self, packet: DecodedPacket) -> str:
        """The packet element."""
        lines = ["<packet>\n", *_general(packet)]
        for layer in printed_layers(packet):
            if layer.spec.type is FieldType.PROTOCOL and layer.spec.name != "data":
                self._element(layer, "  ", lines)
            else:
                lines.append('  <proto name="fake-field-wrapper">\n')
                self._element(layer, "    ", lines)
                lines.append("  </proto>\n")
        lines.append("</packet>\n\n")
        return "".join(lines)

    def _element(self, node: FieldNode, indent: str, lines: list[str]) -> None:
        start = _start(node.spec, self._names)(node)
        if node.children:
            lines.append(f"{indent}<{start}>\n")
            self._texts.add(printed_children(node), indent + "  ", lines)
            lines.append(f"{indent}</{_tag(node.spec)}>\n")
        else:
            lines.append(f"{indent}<{start}/>\n")


@cache
def _tag(spec: FieldSpec) -> str:
    return "proto" if spec.type is FieldType.PROTOCOL and spec is not WRAPPER and spec.name != "data" else "field"


def _general(packet: DecodedPacket) -> Iterator[str]:
    """The geninfo protocol that every PDML packet begins with."""
    frame = next((layer for layer in packet.layers if layer.name == "frame"), None)
    facts = frame.scope if frame else {}
    captured = len(packet.buffers[0])
    wire, time = facts.get("frame.len", captured), facts.get("frame.time", 0)
    number = packet.frame_number
    yield f'  <proto name="geninfo" pos="0" showname="General information" size="{captured}">\n'
    for name, show, label, value in (
            ("num", str(number), "Number", f"{number:x}"),
            ("len", str(wire), "Frame Length", f"{wire:x}"),
            ("caplen", str(captured), "Captured Length", f"{captured:x}"),
            ("timestamp", absolute_time_text(time), "Captured Time", seconds_text(time))):
        yield (f'    <field name="{name}" pos="0" show="{show}" showname="{label}" value="{value}" '
               f'size="{captured}"/>\n')
    yield "  </proto>\n"


@cache
def _start(spec: FieldSpec, names: Names) -> LabelMaker:
    """What makes a field's elements, without what ends them: line, hidden or not, place, value in two forms, bytes."""
    head, hidden = f'{_tag(spec)} name="{spec.name}"', ' hide="yes"' if spec.hidden else ""
    label, value_text = names.label_writer(spec), value_writer(spec)

    def line(node: FieldNode) -> str:
        return f'{head} showname="{_escaped(label(node))}"{hidden} size="{node.size}" pos="{node.position}"'

    def show(node: FieldNode) -> str:
        if node.value is None:
            return ""
        text = names.value(spec, value_text(node.value))
        return text if spec.type is FieldType.BYTES else _escaped(text)     # a payload may be long

    def octets(node: FieldNode) -> str:
        return f' value="{node.data.hex()}"' if node.size else ""

    def number(node: FieldNode) -> str:
        if not node.size:
            return ""
        value = node.value if node.raw is None else node.raw
        return f' value="{int(value):X}" unmaskedvalue="{node.data.hex()}"'

    if spec.name == "data":
        return lambda node: f'field name="data" value="{node.data.hex()}"'
    if not spec.name:   # a heading without a value
        return lambda node: (f'{head} show="{_escaped(label(node))}" size="{node.size}" pos="{node.position}"'
                             f"{octets(node)}")
    if spec.type is FieldType.PROTOCOL:
        return line
    if spec.type is FieldType.NONE:
        return lambda node: line(node) + ' show="" value=""'
    around = around_value(spec)
    if around is not None and spec.shown_by is None and names.of_label(spec) is None:
        before, behind = f'{head} showname="{_escaped(around[0])}', f'{_escaped(around[1])}"{hidden}'

        def plain(node: FieldNode) -> str:
            text = value_text(node.value)
            return (f'{before}{text}{behind} size="{node.size}" pos="{node.position}" show="{text}"'
                    f"{octets(node)}")

        return plain
    rest = octets if spec.bits is None else number
    return lambda node: f'{line(node)} show="{show(node)}"{rest(node)}'


def _escaped(text: str) -> str:
    return _TO_ESCAPE.sub(lambda match: _ESCAPES[match[0]], text) if _TO_ESCAPE.search(text) else text
