"""What decoding one packet gives: a tree of fields, and the reasons where it had to stop."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from tcpladder.fields.spec import FieldSpec
from tcpladder.texts import _


class ProblemKind(Enum):
    """Two facts that are never one message."""

    CUT = "cut by the capture"
    MALFORMED = "malformed by the sender"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a header could not be decoded to its end.

    needed and available are bytes, counted from the first byte of the layer (or of the
    option or record) that the message names. limited_by names what ends the available bytes.
    """

    kind: ProblemKind
    layer: str
    needed: int
    available: int
    limited_by: str
    reason: str = ""

    @property
    def message(self) -> str:
        """One sentence: what, how much is needed, how much is there, and whose doing it is."""
        if self.reason:
            return _("{reason} Malformed packet.").format(reason=self.reason)
        if self.kind is ProblemKind.CUT:
            text = _("{layer} needs {needed} bytes, {available} were captured ({limited_by}).")
        else:
            text = _("{layer} needs {needed} bytes, {available} are there ({limited_by}). Malformed packet.")
        return text.format(layer=self.layer, needed=self.needed, available=self.available,
                           limited_by=self.limited_by)


@dataclass(slots=True, eq=False)
class FieldNode:
    """A field found in a packet.

    value: int for numbers, booleans (0 or 1) and times (nanoseconds); bytes for addresses
    and byte fields; str for strings; None where the field has no value of its own.
    start_bit and end_bit delimit the field in buffer (an index into DecodedPacket.buffers); a
    generated field has an empty span at the start of its layer. raw is the number before
    scaling, where the two differ. A node that is kept stands in several packets; nobody changes it.
    """

    spec: FieldSpec
    value: Any
    start_bit: int
    end_bit: int
    buffer: int = 0
    children: list["FieldNode"] = field(default_factory=list)
    problem: Problem | None = None
    raw: int | None = None
    position: int = 0      # first byte and number of bytes as Wireshark gives them
    size: int = 0
    data: bytes = b""      # the bytes at position
    scope: Mapping[str, Any] = field(default_factory=dict)      # values of the fields of the layer, for labels
    kept: bool = False

    @property
    def name(self) -> str:
        """The filter name."""
        return self.spec.name

    @property
    def start_byte(self) -> int:
        """First byte that holds a bit of the field."""
        return self.start_bit >> 3

    @property
    def end_byte(self) -> int:
        """The byte after the last that holds a bit of the field."""
        return (self.end_bit + 7) >> 3

    def walk(self) -> Iterator["FieldNode"]:
        """The node and all below it, in the order of the tree."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(slots=True, eq=False)
class DecodedPacket:
    """One packet, decoded: the layers from the frame upwards."""

    row: int
    buffers: tuple[bytes, ...]
    layers: list[FieldNode]
    problems: list[Problem]

    @property
    def frame_number(self) -> int:
        """1-based, as people are shown it."""
        return self.row + 1

    def walk(self) -> Iterator[FieldNode]:
        """All nodes, in the order of the tree."""
        for layer in self.layers:
            yield from layer.walk()

    def find_all(self, name: str) -> list[FieldNode]:
        """Every occurrence of a field, in the order of the tree."""
        return [node for node in self.walk() if node.spec.name == name]

    def find(self, name: str) -> FieldNode | None:
        """The first occurrence of a field, or None."""
        return next((node for node in self.walk() if node.spec.name == name), None)

    def node_at(self, byte_offset: int, buffer: int = 0) -> FieldNode | None:
        """The deepest visible node whose span holds the byte; of several, the narrowest."""
        best: FieldNode | None = None
        for node in self.walk():
            if (node.buffer == buffer and not node.spec.hidden
                    and node.start_bit < node.end_bit
                    and node.start_byte <= byte_offset < node.end_byte
                    and (best is None or node.end_bit - node.start_bit <= best.end_bit - best.start_bit)):
                best = node
        return best
