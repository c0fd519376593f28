"""Builds capture files byte by byte, after the formats' specifications."""

import struct
from collections.abc import Iterable
from pathlib import Path

from tcpladder.packets.capture import Capture
from tcpladder.packets.reading import CaptureReader

FRAMES = tuple(bytes([0x40 + number]) * length for number, length in enumerate((60, 61, 62, 63, 64, 1)))
START_S = 1_700_000_000


def pcap_header(
    order: str = "<",
    magic: int = 0xA1B2C3D4,
    version: tuple[int, int] = (2, 4),
    link_word: int = 1,
    snaplen: int = 262_144,
) -> bytes:
    return struct.pack(order + "IHHiIII", magic, *version, 0, 0, snaplen, link_word)


def pcap_record(
    frame: bytes, seconds: int = START_S, fraction: int = 0, order: str = "<", wire_len: int | None = None
) -> bytes:
    wire_len = len(frame) if wire_len is None else wire_len
    return struct.pack(order + "IIII", seconds, fraction, len(frame), wire_len) + frame


def block(order: str, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", 12 + len(body))
    return struct.pack(order + "I", kind) + length + body + length


def option(order: str, code: int, value: bytes) -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def end_of_options(order: str) -> bytes:
    return option(order, 0, b"")


def section(order: str = "<", options: bytes = b"", version: tuple[int, int] = (1, 0)) -> bytes:
    body = struct.pack(order + "IHHq", 0x1A2B3C4D, *version, -1)
    return block(order, 0x0A0D0D0A, body + options)


def interface(order: str = "<", linktype: int = 1, snaplen: int = 0, options: bytes = b"") -> bytes:
    return block(order, 1, struct.pack(order + "HHI", linktype, 0, snaplen) + options)


def clock(order: str, resolution: int, offset_s: int | None = None) -> bytes:
    """Options of an interface: if_tsresol and if_tsoffset."""
    offset = b"" if offset_s is None else option(order, 14, struct.pack(order + "q", offset_s))
    return option(order, 9, bytes([resolution])) + offset + end_of_options(order)


def enhanced(
    frame: bytes,
    ticks: int = START_S * 1_000_000,
    order: str = "<",
    number: int = 0,
    options: bytes = b"",
    wire_len: int | None = None,
) -> bytes:
    wire_len = len(frame) if wire_len is None else wire_len
    fields = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), wire_len)
    return block(order, 6, fields + frame + bytes(-len(frame) % 4) + options)


def simple(frame: bytes, order: str = "<", wire_len: int | None = None) -> bytes:
    return block(order, 3, struct.pack(order + "I", len(frame) if wire_len is None else wire_len) + frame)


def obsolete(
    frame: bytes,
    ticks: int = START_S * 1_000_000,
    order: str = "<",
    number: int = 0,
    drops: int = 0xFFFF,
    options: bytes = b"",
) -> bytes:
    fields = struct.pack(order + "HHIIII", number, drops, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame))
    return block(order, 2, fields + frame + bytes(-len(frame) % 4) + options)


def read(path: Path, content: bytes | None = None, batch_frames: int = 50_000) -> Capture:
    """Reads a file to its end, after writing the content to it."""
    if content is not None:
        path.write_bytes(content)
    reader = CaptureReader(path, batch_frames=batch_frames)
    for _progress in reader:
        pass
    reader.close()
    return reader.capture


def frames_of(capture: Capture) -> list[bytes]:
    return [bytes(capture.frame(row)) for row in range(capture.frame_count)]


def rows_of(capture: Capture) -> list[tuple[object, ...]]:
    """Everything that the capture says of each frame, to compare two captures."""
    return [
        (
            bytes(capture.frame(row)),
            int(capture.wire_len[row]),
            int(capture.time_ns[row]),
            int(capture.interface[row]),
            capture.packet_comments(row),
            capture.packet_flags(row),
            capture.drop_count(row),
            capture.odd_time(row),
        )
        for row in range(capture.frame_count)
    ]


def join(pieces: Iterable[bytes]) -> bytes:
    return b"".join(pieces)


def names(order: str = "<", options: bytes = b"") -> bytes:
    """A name resolution block: one IPv4 and one IPv6 address."""
    records = option(order, 1, bytes([192, 0, 2, 1]) + b"host.example\0")
    records += option(order, 2, bytes.fromhex("20010db8") + bytes(11) + b"\1" + b"six.example\0")
    return block(order, 4, records + end_of_options(order) + options)


def statistics(order: str = "<", number: int = 0, options: bytes = b"") -> bytes:
    return block(order, 5, struct.pack(order + "III", number, 7, 8) + options)


def secrets(order: str = "<", lines: bytes = b"# keys of TLS\n") -> bytes:
    return block(order, 10, struct.pack(order + "II", 0x544C534B, len(lines)) + lines)


def custom(order: str = "<", kind: int = 0xBAD, data: bytes = b"data") -> bytes:
    return block(order, kind, struct.pack(order + "I", 32473) + data)


def blocks_of(content: bytes) -> list[tuple[str, int, bytes]]:
    """Byte order, kind and body of each block of a pcapng file, after the specification."""
    found = []
    order, at = "<", 0
    while at < len(content):
        if content[at:at + 4] == b"\n\r\r\n":
            order = "<" if content[at + 8] == 0x4D else ">"
        kind, length = struct.unpack_from(order + "II", content, at)
        assert length % 4 == 0
        assert struct.unpack_from(order + "I", content, at + length - 4) == (length,)
        found.append((order, kind, content[at + 8:at + length - 4]))
        at += length
    return found


def options_of(order: str, body: bytes) -> list[tuple[int, bytes]]:
    found = []
    at = 0
    while at < len(body):
        code, length = struct.unpack_from(order + "HH", body, at)
        if code == 0:
            break
        found.append((code, body[at + 4:at + 4 + length]))
        at += 4 + (length + 3 & ~3)
    return found
