"""JSON of decoded packets in the shape of tshark -T json.

An array of objects. A field is a key with its value as a text; what lies below it stands beside it under the
same key with "_tree" added. Keys repeat where a field does, in the order of the tree, as they do in tshark.
"""

import datetime
import json
from collections.abc import Callable, Iterable, Iterator, Sequence

from tcpladder.decode.expert_info import printed_children, printed_layers
from tcpladder.exports.document import Enclosure
from tcpladder.exports.text_memory import TextMemory
from tcpladder.fields.node import DecodedPacket, FieldNode
from tcpladder.fields.types import FieldType
from tcpladder.protocols.names import NUMBERS_ONLY, Names

JSON = Enclosure(head="[", between=",", tail="\n]\n")

_STEP = "  "
_LAYERS = _STEP * 4     # the depth at which the layers stand


def packets_json(packets: Iterable[DecodedPacket]) -> Iterator[str]:
    """The document, a piece per packet."""
    return JSON.around(map(json_writer(), packets))


def json_writer(names: Names = NUMBERS_ONLY) -> Callable[[DecodedPacket], str]:
    """What makes the text of one packet after the other."""
    texts = TextMemory(_quoted, names)
    return lambda packet: _object(packet, _members(printed_layers(packet), _LAYERS, texts))


def chosen_fields(packet: DecodedPacket, fields: Iterable[tuple[str, Sequence[str]]]) -> str:
    """The text of a packet with chosen fields only: their names, and all values of each."""
    return _object(packet, [
        f"{_LAYERS}{_quoted(name)}: [\n" + ",\n".join(f"{_LAYERS}{_STEP}{_quoted(value)}" for value in values)
        + f"\n{_LAYERS}]"
        for name, values in fields if values])


def _object(packet: DecodedPacket, members: list[str]) -> str:
    return "\n".join((
        "",
        "  {",
        f'    "_index": "packets-{_day(packet)}",',
        '    "_type": "doc",',
        '    "_score": null,',
        '    "_source": {',
        '      "layers": {',
        ",\n".join(members),
        "      }",
        "    }",
        "  }"))


def _day(packet: DecodedPacket) -> str:
    time = next((layer.scope.get("frame.time", 0) for layer in packet.layers if layer.name == "frame"), 0)
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=time // 1_000_000_000)
    return f"{moment:%Y-%m-%d}"


def _members(nodes: Sequence[FieldNode], indent: str, texts: TextMemory) -> list[str]:
    """The members of an object, each with its indentation."""
    members = []
    for node in nodes:
        name, kind = node.spec.name, node.spec.type
        has_value = bool(name) and kind is not FieldType.PROTOCOL and kind is not FieldType.NONE
        key = f'{indent}"{name}' if name else indent + texts.label(node)[:-1]
        if has_value:
            members.append(f'{key}": {texts.show(node)}')
        if node.children:
            inner = ",\n".join(_members(printed_children(node), indent + _STEP, texts))
            members.append(f'{key}{"_tree" if has_value else ""}": {{\n{inner}\n{indent}}}')
        elif not has_value:
            value = texts.label(node) if name and kind is FieldType.PROTOCOL else '""'
            members.append(f'{key}": {value}')
    return members


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("</", "<\\/")
