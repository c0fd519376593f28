"""Where dpkt says that the items of a header lie: offset and width, taken from its declarations."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import dpkt


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a header: first byte and number of bytes, and the same in bits for parts of an item."""

    offset: int
    size: int
    first_bit: int      # within the item's bytes, from the most significant bit
    bit_count: int


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The items of a dpkt header, by dpkt's names; parts of bit fields are items too."""

    items: Mapping[str, Item]
    size: int


def layout_of(packet: type[dpkt.Packet]) -> Layout:
    """The layout of a dpkt class, from its __hdr__ and __bit_fields__."""
    items: dict[str, Item] = {}
    offset = 0
    bit_fields = getattr(packet, "__bit_fields__", None) or {}
    for name, code, _default in packet.__hdr__:
        size = struct.calcsize("=" + code)
        items[name] = Item(offset, size, 0, size * 8)
        first_bit = 0
        for part, bit_count in bit_fields.get(name, ()):
            items[part] = Item(offset, size, first_bit, bit_count)
            first_bit += bit_count
        offset += size
    return Layout(MappingProxyType(items), offset)
