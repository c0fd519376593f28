"""Packets as text for people: a line each, the whole tree, the bytes."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from tcpladder.decode.expert_info import printed_children, printed_layers
from tcpladder.exports.list_columns import ListColumns
from tcpladder.exports.readable import readable
from tcpladder.exports.text_memory import TextMemory
from tcpladder.fields.node import DecodedPacket, FieldNode


def packet_text(packets: Iterable[DecodedPacket], columns: ListColumns, *, tree: bool, octets: bool) -> Iterator[str]:
    """A piece per packet: its line, or instead the whole tree (tshark -V), the bytes (-x), or both."""
    return map(text_writer(columns, tree=tree, octets=octets), packets)


def text_writer(columns: ListColumns, *, tree: bool, octets: bool) -> Callable[[DecodedPacket], str]:
    """What makes the text of one packet after the other."""
    texts = TextMemory(readable, columns.names)

    def text(packet: DecodedPacket) -> str:
        if not tree and not octets:
            return summary_line(columns, packet) + "\n"
        lines = [f"{line}\n" for line in _tree_lines(printed_layers(packet), "", texts)] + ["\n"] if tree else []
        if octets:
            lines += [*map(hex_dump, packet.buffers), "\n"]
        return "".join(lines)

    return text


def summary_line(columns: ListColumns, packet: DecodedPacket) -> str:
    """One line: number, time, source, destination, protocol, length, information."""
    number, time, source, destination, protocol, length, info = map(readable, columns.texts(packet))
    return f"{number:>5} {time:>10} {source:>12} → {destination:<12} {protocol} {length} {info}"


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
