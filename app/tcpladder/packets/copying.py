"""Saves a capture under another name, with the comments that were edited since it was opened."""

from pathlib import Path
from struct import Struct, unpack_from
from typing import BinaryIO, Final

import numpy as np

from tcpladder.packets.capture import Capture
from tcpladder.packets.mapping import is_lost
from tcpladder.packets.pcapng_options import COMMENT, read_packet_options
from tcpladder.packets.whole_file import WriteError, whole_file
from tcpladder.packets.writing import FileFormat, Progressed, block, comment_options, save_packets
from tcpladder.texts import _

_PACKINGS: Final = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd", ".lz4": "lz4"}
_STEP: Final = 1 << 22      # bytes between two reports
_SIMPLE_PACKET, _OBSOLETE_PACKET, _ENHANCED_PACKET = 3, 2, 6
_FIXED_FIELDS: Final = 28   # bytes before the frame in an enhanced or obsolete packet block
_FIXED_OF_SIMPLE: Final = 12


def save_copy(capture: Capture, target: Path, *, progressed: Progressed = lambda _done: None) -> None:
    """Writes all of a capture to another file, in the format that its name asks for (see FileFormat.of).

    What is in that format already is copied byte for byte; of a pcapng file only the packet blocks whose comments were
    edited are made anew, so that nothing that this program does not know is lost. Everything else is written from
    the packets. progressed(packets or bytes so far) may raise to end it. Raises WriteError with a sentence.
    """
    form = FileFormat.of(target)
    is_as_on_disk = len(capture.paths) == 1 and capture.format == form.value
    wanted_packing = _PACKINGS.get(target.suffix, "")
    if is_as_on_disk and not capture.edited_comments and capture.compression == wanted_packing:
        _copy_file(capture, target, progressed)
    elif is_as_on_disk and form is FileFormat.PCAPNG:
        _copy_blocks(capture, target, progressed)
    else:
        save_packets(capture, np.arange(capture.frame_count), target, form, progressed=progressed)


def _copy_file(capture: Capture, target: Path, progressed: Progressed) -> None:
    try:
        with open(capture.path, "rb") as source, whole_file(target, sources=capture.paths, pack=False) as file:
            while piece := source.read(_STEP):
                progressed(source.tell())
                file.write(piece)
    except OSError as error:
        raise WriteError(_("{name} cannot be read: {reason}.").format(
            name=capture.path, reason=error.strerror or error)) from None


def _copy_blocks(capture: Capture, target: Path, progressed: Progressed) -> None:
    """Copies the unpacked bytes, with new packet blocks where comments were edited."""
    data = capture.chunks[0]
    view: memoryview = data.data
    with whole_file(target, sources=capture.paths) as file:
        written = 0
        for row, comments in sorted(capture.edited_comments.items()):
            start, end, changed = _with_comments(view, int(capture.offset[row]), int(capture.captured_len[row]),
                                                 comments)
            _write(file, view, written, start, progressed)
            file.write(changed)
            written = end
        _write(file, view, written, len(view), progressed)
        if is_lost(data):
            raise WriteError(_("{name} became shorter while it was read; nothing was written.").format(
                name=capture.path.name))


def _write(file: BinaryIO, view: memoryview, start: int, end: int, progressed: Progressed) -> None:
    for at in range(start, end, _STEP):
        progressed(at)
        file.write(view[at:min(at + _STEP, end)])


def _with_comments(view: memoryview, frame: int, captured: int, comments: tuple[str, ...]) -> tuple[int, int, bytes]:
    """Where the block around a frame begins and ends, and what takes its place."""
    for order in "<>":
        start = frame - _FIXED_FIELDS
        kind, length = unpack_from(order + "II", view, start)
        end = start + (length + 3 & ~3)
        if kind not in (_ENHANCED_PACKET, _OBSOLETE_PACKET) or not frame + captured < end <= len(view):
            continue
        if unpack_from(order + "I", view, start + 20)[0] != captured:
            continue
        padded = frame + (captured + 3 & ~3)
        body = bytes(view[start + 8:padded]) + comment_options(comments, order)
        for option in read_packet_options(view, padded, end - 4, order):
            if option.code != COMMENT:
                body += bytes(view[option.start - 4:option.start + (option.length + 3 & ~3)])
        return start, end, block(kind, body + bytes(4), order)
    # A simple packet block has no room for options; an enhanced one of the same interface has, at the time 0.
    start = frame - _FIXED_OF_SIMPLE
    order = "<" if unpack_from("<I", view, start)[0] == _SIMPLE_PACKET else ">"
    length, wire = unpack_from(order + "4xII", view, start)
    body = Struct(order + "IIIII").pack(0, 0, 0, captured, wire) + bytes(view[frame:frame + captured])
    body += bytes(-captured % 4) + comment_options(comments, order)
    return start, start + (length + 3 & ~3), block(_ENHANCED_PACKET, body + bytes(4), order)
