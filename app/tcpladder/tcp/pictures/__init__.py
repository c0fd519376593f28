"""The diagram of a connection as files that need no window: SVG, Mermaid, text, JSON."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from tcpladder.protocols.names import NUMBERS_ONLY, Names
from tcpladder.tcp.connection import Connection
from tcpladder.tcp.ladder import Ladder, LadderOptions, lay_out
from tcpladder.tcp.pictures.json_data import json_picture
from tcpladder.tcp.pictures.mermaid import mermaid_picture
from tcpladder.tcp.pictures.svg import svg_picture
from tcpladder.tcp.pictures.text import text_picture

WRITERS: Mapping[str, Callable[[Ladder], str]] = MappingProxyType({
    ".svg": svg_picture, ".mmd": mermaid_picture, ".txt": text_picture, ".json": json_picture,
})


def write_diagram(connection: Connection, suffix: str, names: Names = NUMBERS_ONLY) -> str:
    """The diagram in the format of a file name's ending: ".svg", ".mmd", ".txt" or ".json"; else KeyError."""
    return WRITERS[suffix.lower()](lay_out(connection, LadderOptions(names=names)))
