"""PDML, the XML form of decoded packets that tshark writes with -T pdml."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tcpladder.decode.expert_info import WRAPPER, printed_children, printed_layers
from tcpladder.exports.text_memory import TextMemory, needs_value_only
from tcpladder.fields.node import DecodedPacket, FieldNode
from tcpladder.fields.show import absolute_time_text, seconds_text
from tcpladder.fields.spec import FieldSpec
from tcpladder.fields.types import FieldType

_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<pdml version="0" creator="tcpladder">\n'
_TAIL = "</pdml>\n"
# Line breaks and tabs stay as they are, as tshark has it; no other control character may occur in XML 1.0.
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;",
            "\ufffe": "\ufffd", "\uffff": "\ufffd",
            **{chr(code): f"\\x{code:x}" for code in (*range(32), 127) if code not in (9, 10, 13)}}
_MOST_ELEMENTS = 50_000     # that are remembered
_LONG = 16      # bytes: longer values seldom come again
_TO_ESCAPE = re.compile("[" + re.escape("".join(_ESCAPES)) + "]")


def pdml(packets: Iterable[DecodedPacket]) -> Iterator[str]:
    """The document, a piece per packet."""
    writer = _Writer()
    yield _HEAD
    for packet in packets:
        yield writer.packet(packet)
    yield _TAIL


class _Writer:
    """Writes packets; elements that say the same as in an earlier packet are not made anew."""

    def __init__(self) -> None:
        self._texts = TextMemory(_escaped)
        # By field: its elements, without what ends them. None where they depend on more than the bytes and the value.
        self._known: dict[FieldSpec, dict[tuple[Any, int, int, bytes], str] | None] = {}
        self._count = 0

    def packet(self, packet: DecodedPacket) -> str:
        """The packet element."""
        lines = ["<packet>\n", *_general(packet)]
        for layer in printed_layers(packet):
            if layer.spec.type is FieldType.PROTOCOL and layer.spec.name != "data":
                self._nodes((layer,), "  ", lines)
            else:
                lines.append('  <proto name="fake-field-wrapper">\n')
                self._nodes((layer,), "    ", lines)
                lines.append("  </proto>\n")
        lines.append("</packet>\n\n")
        return "".join(lines)

    def _nodes(self, nodes: Sequence[FieldNode], indent: str, lines: list[str]) -> None:
        known_elements, inner = self._known, indent + "  "
        for node in nodes:
            known = known_elements.get(node.spec)
            if known is None or len(node.data) > _LONG:
                start = self._start(node)
            else:
                key = (node.value, node.position, node.size, node.data)
                found = known.get(key)
                start = self._keep(known, key, node) if found is None else found
            if node.children:
                lines.append(f"{indent}<{start}>\n")
                self._nodes(printed_children(node), inner, lines)
                lines.append(f"{indent}</{_tag(node.spec)}>\n")
            else:
                lines.append(f"{indent}<{start}/>\n")

    def _start(self, node: FieldNode) -> str:
        spec = node.spec
        if spec not in self._known:
            self._known[spec] = {} if spec.name and needs_value_only(spec) else None
        if spec.name == "data":
            return f'field name="data" value="{node.data.hex()}"'
        return f'{_tag(spec)} name="{spec.name}"{_attributes(node, self._texts)}'

    def _keep(self, known: dict[tuple[Any, int, int, bytes], str], key: tuple[Any, int, int, bytes],
              node: FieldNode) -> str:
        self._count += 1
        if self._count > _MOST_ELEMENTS:
            self._known.clear()
            self._count = 0
        start = known[key] = self._start(node)
        return start


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


def _attributes(node: FieldNode, texts: TextMemory) -> str:
    """What tshark says of a node: its line, whether it is hidden, its bytes, and its value in two forms."""
    spec, size = node.spec, node.size
    place = f' size="{size}" pos="{node.position}"'
    if not spec.name:   # a heading without a value
        value = f' value="{node.data.hex()}"' if size else ""
        return f' show="{texts.label(node)}"{place}{value}'
    start = f' showname="{texts.label(node)}"' + (' hide="yes"' if spec.hidden else "") + place
    if spec.type is FieldType.PROTOCOL:
        return start
    if spec.type is FieldType.NONE:
        return start + ' show="" value=""'
    start += f' show="{texts.show(node)}"'
    if not size:
        return start
    if spec.bits is None:
        return f'{start} value="{node.data.hex()}"'
    number = node.raw if node.raw is not None else int(node.value)
    return f'{start} value="{number:X}" unmaskedvalue="{node.data.hex()}"'


def _escaped(text: str) -> str:
    return _TO_ESCAPE.sub(lambda match: _ESCAPES[match[0]], text) if _TO_ESCAPE.search(text) else text
