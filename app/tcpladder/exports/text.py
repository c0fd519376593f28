"""Packets as text for people: a line each, the whole tree, the bytes."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.expert_info import printed_children, printed_layers
from tcpladder.exports.list_columns import ListColumns
from tcpladder.exports.readable import readable
from tcpladder.exports.text_memory import TextMemory
from tcpladder.fields.node import DecodedPacket, FieldNode
from tcpladder.protocols.names import NUMBERS_ONLY, Names


def packet_lines(columns: ListColumns, rows: NDArray[np.integer[Any]]) -> Iterator[str]:
    """A line per packet: number, time, source, destination, protocol, length, information. Rows ascend."""
    for texts in columns.lines(rows):
        number, time, source, destination, protocol, length, info = map(readable, texts)
        yield f"{number:>5} {time:>10} {source:>12} → {destination:<12} {protocol} {length} {info}\n"


def packet_text(packets: Iterable[DecodedPacket], names: Names = NUMBERS_ONLY, *, tree: bool = False,
                octets: bool = False) -> Iterator[str]:
    """A piece per packet: the whole tree (tshark -V), the bytes (-x), or both."""
    return map(text_writer(names, tree=tree, octets=octets), packets)


def text_writer(names: Names = NUMBERS_ONLY, *, tree: bool = False,
                octets: bool = False) -> Callable[[DecodedPacket], str]:
    """What makes the text of one packet after the other."""
    texts = TextMemory(readable, names)

    def text(packet: DecodedPacket) -> str:
        lines = [f"{line}\n" for line in _tree_lines(printed_layers(packet), "", texts)] + ["\n"] if tree else []
        if octets:
            lines += [*map(hex_dump, packet.buffers), "\n"]
        return "".join(lines)

    return text


def hex_dump(data: bytes) -> str:
    """Sixteen bytes a line: offset, octets, characters."""
    lines = []
    for start in range(0, len(data), 16):
        part = data[start:start + 16]
        characters = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        lines.append(f"{start:04x}  {part.hex(' '):<47}   {characters}\n")
    return "".join(lines)


def _tree_lines(nodes: Sequence[FieldNode], indent: str, texts: TextMemory) -> Iterator[str]:
    for node in nodes:
        if node.spec.hidden:
            continue
        line = texts.label(node)
        yield f"{indent}[{line}]" if node.spec.generated else indent + line
        if node.children:
            yield from _tree_lines(printed_children(node), indent + "    ", texts)
