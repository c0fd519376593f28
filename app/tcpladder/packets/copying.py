"""Saves a capture under another name, with the comments that were edited since it was opened."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from struct import unpack_from
from typing import BinaryIO, Final

import numpy as np

from tcpladder.packets.capture import Capture
from tcpladder.packets.mapping import is_lost
from tcpladder.packets.pcapng_blocks import CUSTOM_NOT_COPIED, copied_packet, packet_block_start
from tcpladder.packets.whole_file import WriteError, whole_file
from tcpladder.packets.writing import FileFormat, Progressed, save_packets
from tcpladder.texts import _

_PACKINGS: Final = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd", ".lz4": "lz4"}
_STEP: Final = 1 << 22      # bytes between two reports


def save_copy(capture: Capture, target: Path, *, progressed: Progressed = lambda _done: None) -> None:
    """Writes all of a capture to another file, in the format that its name asks for (see FileFormat.of).

    What is in that format already is copied byte for byte; of a pcapng file only the packet blocks whose comments were
    edited are made anew, and custom blocks left out that may not be copied, so that nothing that this program does not
    know is lost. Everything else is written from
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
        for start, end, changed in sorted(chain(_with_comments(capture, view), _not_to_be_copied(capture, view))):
            _write(file, view, written, start, progressed)
            file.write(changed)
            written = end
        _write(file, view, written, len(view), progressed)
        if is_lost(data):
            raise WriteError(_("{name} became shorter while it was read; nothing was written.").format(
                name=capture.path.name))


def _with_comments(capture: Capture, view: memoryview) -> Iterator[tuple[int, int, bytes]]:
    """Where the blocks of packets with edited comments begin and end, and what takes their place."""
    for row, comments in capture.edited_comments.items():
        order = capture.sections[capture.interfaces[capture.interface[row]].section].order
        frame, captured = int(capture.offset[row]), int(capture.captured_len[row])
        start = packet_block_start(view, frame, captured, order)
        (length,) = unpack_from(order + "4xI", view, start)
        yield (start, start + (length + 3 & ~3),
               copied_packet(view, start, frame, captured, order, order, comments=comments))


def _not_to_be_copied(capture: Capture, view: memoryview) -> Iterator[tuple[int, int, bytes]]:
    """Where the blocks lie that may not come into another file, and nothing in their place."""
    others = capture.other_blocks
    for offset, section in zip(others.offset.tolist(), others.section.tolist(), strict=True):
        kind, length = unpack_from(capture.sections[section].order + "II", view, offset)
        if kind == CUSTOM_NOT_COPIED:
            yield offset, offset + (length + 3 & ~3), b""


def _write(file: BinaryIO, view: memoryview, start: int, end: int, progressed: Progressed) -> None:
    for at in range(start, end, _STEP):
        progressed(at)
        file.write(view[at:min(at + _STEP, end)])
