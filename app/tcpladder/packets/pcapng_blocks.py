"""Blocks of pcapng files, made and copied: into a file of either byte order, without what must not be copied."""

from collections.abc import Callable
from struct import pack, unpack_from
from typing import Final

import numpy as np

from tcpladder.packets.pcapng_options import (
    COMMENT,
    CUSTOM_OPTIONS,
    DROP_COUNT,
    NOT_COPIED_OPTIONS,
    VERDICT,
    Damaged,
    read_options,
)
from tcpladder.packets.whole_file import WriteError
from tcpladder.texts import _

SECTION_HEADER: Final = 0x0A0D0D0A
INTERFACE: Final = 1
OBSOLETE_PACKET: Final = 2
SIMPLE_PACKET: Final = 3
NAMES: Final = 4
STATISTICS: Final = 5
ENHANCED_PACKET: Final = 6
JOURNAL_ENTRY: Final = 9
SECRETS: Final = 10
CUSTOM: Final = 0x0BAD
CUSTOM_NOT_COPIED: Final = 0x4000_0BAD

MAGIC: Final = 0x1A2B3C4D
NO_DROP_COUNT: Final = 0xFFFF       # of an obsolete packet block
FIXED_OF_PACKET: Final = 28         # bytes before the frame in an enhanced or obsolete packet block
FIXED_OF_SIMPLE: Final = 12
LONGEST_OPTION: Final = 0xFFFF      # bytes: the length of an option is a 16-bit number

# Bytes of the numbers that the values of options consist of: 1 where they are texts, addresses, hashes.
_OF_PACKETS: Final = {2: 4, 3: 1, 4: 8, 5: 8, 6: 4, 7: 1}
_NUMBERS: Final[dict[int, dict[int, int]]] = {
    SECTION_HEADER: {2: 1, 3: 1, 4: 1},
    INTERFACE: {2: 1, 3: 1, 4: 1, 5: 1, 6: 1, 7: 1, 8: 8, 9: 1, 10: 4, 11: 1, 12: 1, 13: 1, 14: 8, 15: 1, 16: 8, 17: 8,
                18: 1},
    OBSOLETE_PACKET: _OF_PACKETS,
    ENHANCED_PACKET: _OF_PACKETS,
    NAMES: {2: 1, 3: 1, 4: 1},
    STATISTICS: {2: 4, 3: 4, 4: 8, 5: 8, 6: 8, 7: 8, 8: 8},
    SECRETS: {},
}


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """A block around a body, which is padded to 32 bits."""
    body += bytes(-len(body) % 4)
    length = pack(order + "I", 12 + len(body))
    return pack(order + "I", kind) + length + body + length


def section_block(options: bytes, order: str = "<") -> bytes:
    """The header of a section of unknown length, with options that have no end mark."""
    return block(SECTION_HEADER, pack(order + "IHHq", MAGIC, 1, 0, -1) + ended(options), order)


def option(code: int, value: bytes, order: str = "<") -> bytes:
    """One option. Raises WriteError where it is too long: only a comment can be."""
    if len(value) > LONGEST_OPTION:
        raise WriteError(_("A comment has {bytes:,} bytes; a pcapng file can hold {most:,}.").format(
            bytes=len(value), most=LONGEST_OPTION))
    return pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def comment_options(comments: tuple[str, ...], order: str = "<") -> bytes:
    """Comments as options, without the end mark. Raises WriteError where one is too long."""
    return b"".join(option(COMMENT, text.encode(), order) for text in comments)


def ended(options: bytes) -> bytes:
    """Options with the mark after the last, which is the same in both orders; nothing where there are none."""
    return options + bytes(4) if options else b""


def copied_options(options: bytes | memoryview, kind: int, order: str, to: str, *,
                   wanted: Callable[[int], bool] | None = None) -> bytes:
    """Options of a block in another byte order, without the end mark and what must not be copied.

    wanted says of a code whether it is. An unknown option is left out where the order changes: its value may be a
    number. What is behind the number of a custom option's maker is left as it is (draft-ietf-opsawg-pcapng, section
    Endianness Issues). Raises Damaged.
    """
    view = memoryview(options)
    result = b""
    for found in read_options(view, 0, len(view), order):
        if found.code in NOT_COPIED_OPTIONS or not (wanted is None or wanted(found.code)):
            continue
        value = bytes(view[found.start:found.start + found.length])
        if order != to:
            if found.code in CUSTOM_OPTIONS:
                value = value[3::-1] + value[4:]
            elif found.code == VERDICT and kind in (ENHANCED_PACKET, OBSOLETE_PACKET) and value[:1] in (b"\1", b"\2"):
                value = value[:1] + _swapped(value[1:], 8)      # of eBPF: a 64-bit number after the octet of the kind
            elif found.code != COMMENT and found.code not in _NUMBERS[kind]:
                continue
            else:
                value = _swapped(value, _NUMBERS[kind].get(found.code, 1))
        result += option(found.code, value, to)
    return result


def _swapped(value: bytes, size: int) -> bytes:
    whole = len(value) // size * size
    return np.frombuffer(value[:whole], f"u{size}").byteswap().tobytes() + value[whole:]


def packet_block_start(view: memoryview, frame: int, captured: int, order: str) -> int:
    """Where the packet block around a frame begins."""
    start = frame - FIXED_OF_PACKET
    # What stands at this place before the frame of a simple packet block, its length, is greater than the frame.
    is_long = unpack_from(order + "I", view, start + 20)[0] == captured
    return start if is_long and unpack_from(order + "I", view, start)[0] != SIMPLE_PACKET else frame - FIXED_OF_SIMPLE


def copied_packet(view: memoryview, start: int, frame: int, captured: int, order: str, to: str, *,
                  number: int | None = None, comments: tuple[str, ...] | None = None) -> bytes:
    """The packet block that begins at a byte, as an enhanced packet block in another order.

    number is that of its interface, comments are those that it gets; None: its own. A simple packet block has no time:
    it gets 0. Raises WriteError where a comment is too long.
    """
    kind, length = unpack_from(order + "II", view, start)
    padded = frame + (captured + 3 & ~3)
    options = b"" if comments is None else comment_options(comments, to)
    if kind == SIMPLE_PACKET:
        interface, high, low, (wire,) = 0, 0, 0, unpack_from(order + "8xI", view, start)
    else:
        if kind == ENHANCED_PACKET:
            interface, high, low, _captured, wire = unpack_from(order + "8xIIIII", view, start)
            drops = NO_DROP_COUNT
        else:
            interface, drops, high, low, wire = unpack_from(order + "8xHHII4xI", view, start)
        in_file = view[padded:start + (length + 3 & ~3) - 4]
        options += copied_options(in_file, kind, order, to,
                                  wanted=None if comments is None else lambda code: code != COMMENT)
        if drops != NO_DROP_COUNT and not any(one.code == DROP_COUNT for one in read_options(
                in_file, 0, len(in_file), order)):
            options += option(DROP_COUNT, pack(to + "Q", drops), to)
    head = pack(to + "IIIII", interface if number is None else number, high, low, captured, wire)
    return block(ENHANCED_PACKET, head + bytes(view[frame:frame + captured]) + bytes(-captured % 4) + ended(options),
                 to)


def is_copied(kind: int) -> bool:
    """Whether a block that is neither a packet nor a description of where packets come from goes into other files."""
    return kind in _COPIERS


def copied_block(view: memoryview, start: int, order: str, to: str, interface_numbers: list[int]) -> bytes:
    """A block that `is_copied`, in another order; nothing where it is damaged.

    interface_numbers are those that the interfaces of its section get.
    """
    kind, length = unpack_from(order + "II", view, start)
    body = view[start + 8:start + (length + 3 & ~3) - 4]
    try:
        copied = _COPIERS[kind](body, order, to, interface_numbers)
    except Damaged:
        return b""
    return b"" if copied is None else block(kind, copied, to)


def _names(body: memoryview, order: str, to: str, _numbers: list[int]) -> bytes:
    """Records, each as an option is, then options."""
    records = b""
    at = 0
    for record in read_options(body, 0, len(body), order):
        records += option(record.code, bytes(body[record.start:record.start + record.length]), to)
        at = record.start + (record.length + 3 & ~3)
    return records + bytes(4) + ended(copied_options(body[at + 4:], NAMES, order, to))


def _statistics(body: memoryview, order: str, to: str, numbers: list[int]) -> bytes | None:
    if len(body) < 12:
        return None
    interface, high, low = unpack_from(order + "III", body)
    if interface >= len(numbers):
        return None
    return pack(to + "III", numbers[interface], high, low) + ended(copied_options(body[12:], STATISTICS, order, to))


def _secrets(body: memoryview, order: str, to: str, _numbers: list[int]) -> bytes | None:
    if len(body) < 8:
        return None
    kind, length = unpack_from(order + "II", body)
    end = 8 + (length + 3 & ~3)
    if end > len(body):
        return None
    return pack(to + "II", kind, length) + bytes(body[8:end]) + ended(copied_options(body[end:], SECRETS, order, to))


def _custom(body: memoryview, order: str, to: str, _numbers: list[int]) -> bytes | None:
    """The number of its maker, and what only the maker knows."""
    return pack(to + "I", *unpack_from(order + "I", body)) + bytes(body[4:]) if len(body) >= 4 else None


def _as_it_is(body: memoryview, _order: str, _to: str, _numbers: list[int]) -> bytes:
    return bytes(body)


_COPIERS: Final[dict[int, Callable[[memoryview, str, str, list[int]], bytes | None]]] = {
    NAMES: _names, STATISTICS: _statistics, JOURNAL_ENTRY: _as_it_is, SECRETS: _secrets, CUSTOM: _custom}
