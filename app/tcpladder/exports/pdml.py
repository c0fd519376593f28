"""PDML, the XML form of decoded packets that tshark writes with -T pdml."""

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import quoteattr

from tcpladder.fields.node import DecodedPacket, FieldNode
from tcpladder.fields.show import absolute_time_text, label_text, seconds_text, show_text
from tcpladder.fields.types import FieldType

_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<pdml version="0" creator="tcpladder">\n'
_TAIL = "</pdml>\n"
_CONTROL_CHARACTERS = {code: f"\\x{code:02x}" for code in range(32)}


def pdml(packets: Iterable[DecodedPacket]) -> Iterator[str]:
    """The document, a piece per packet."""
    yield _HEAD
    for packet in packets:
        yield _packet(packet)
    yield _TAIL


def _packet(packet: DecodedPacket) -> str:
    lines = ["<packet>\n", *_general(packet)]
    for layer in packet.layers:
        _node(layer, 1, lines)
    lines.append("</packet>\n\n")
    return "".join(lines)


def _general(packet: DecodedPacket) -> Iterator[str]:
    """The geninfo protocol that every PDML packet begins with."""
    facts = packet.layers[-1].scope if not packet.layers else next(
        (layer.scope for layer in packet.layers if layer.name == "frame"), {})
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


def _node(node: FieldNode, depth: int, lines: list[str]) -> None:
    indent = "  " * depth
    spec = node.spec
    if spec.type is FieldType.PROTOCOL and depth == 1:
        lines.append(f'{indent}<proto name="{spec.name}" showname={_quoted(label_text(node))} size="{node.size}" '
                     f'pos="{node.position}">\n')
        for child in node.children:
            _node(child, depth + 1, lines)
        lines.append(f"{indent}</proto>\n")
        return
    line = f'{indent}<field name="{spec.name}" showname={_quoted(label_text(node))}'
    if spec.hidden:
        line += ' hide="yes"'
    line += f' size="{node.size}" pos="{node.position}" show={_quoted(show_text(node))}'
    if node.size and spec.type is not FieldType.NONE:
        if spec.bits is not None:
            value = node.raw if node.raw is not None else int(node.value)
            line += f' value="{value:X}" unmaskedvalue="{node.data.hex()}"'
        else:
            line += f' value="{node.data.hex()}"'
    if node.children:
        lines.append(line + ">\n")
        for child in node.children:
            _node(child, depth + 1, lines)
        lines.append(f"{indent}</field>\n")
    else:
        lines.append(line + "/>\n")


def _quoted(text: str) -> str:
    return quoteattr(text.translate(_CONTROL_CHARACTERS))
