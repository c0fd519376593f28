"""Several captures as one, in the order of time: merged into a temporary file, never into our own memory."""

import tempfile
import weakref
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from tcpladder.packets.capture import Capture, CaptureError
from tcpladder.packets.file_bytes import FileBytes, folder_for_unpacked
from tcpladder.packets.mapping import is_lost, map_file
from tcpladder.packets.pcapng_blocks import option
from tcpladder.packets.pcapng_options import DESCRIPTION
from tcpladder.packets.pcapng_writing import PcapngWriter
from tcpladder.packets.reading import CaptureReader
from tcpladder.texts import _

_FIRST_PACKETS: Final = 2_000
_LATER_PACKETS: Final = 50_000
_MOST_INTERFACES: Final = 1 << 16


def merging_reader(paths: Sequence[Path]) -> CaptureReader:
    """Reads several files as one capture, in pcapng; of one file, that file.

    Packets of a file stay in its order, as mergecap has them; of those that may come next, the earliest does. Each
    keeps its interface, and so its link type. Raises CaptureError where a file cannot be opened as a capture.
    """
    if len(paths) == 1:
        return CaptureReader(paths[0])
    reader = CaptureReader(paths[0], file_bytes=MergedBytes(paths))
    reader.capture.paths = tuple(paths)
    return reader


class MergedBytes(FileBytes):
    """A pcapng file without a name that holds the packets of several captures; written step by step."""

    compression = ""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._readers: list[CaptureReader] = []
        try:
            for path in paths:
                self._readers.append(CaptureReader(path))
        except CaptureError:
            self._close_readers()
            raise
        self._merged: BinaryIO = tempfile.TemporaryFile(dir=folder_for_unpacked(), buffering=0)  # noqa: SIM115
        weakref.finalize(self, self._merged.close)
        self.data = map_file(self._merged)
        self.complete = False
        self.sentence = ""
        self.file_size = sum(reader.capture.file_size for reader in self._readers)
        self._sources = Capture(paths[0])       # all packets of all files, file after file
        self._order = np.empty(0, np.int64)
        self._written = 0
        self._writer: PcapngWriter | None = None

    def bytes_used(self, position: int) -> int:
        """See `FileBytes`."""
        return self.file_size * self._written // max(1, len(self._order)) if self._writer else 0

    def read_more(self) -> None:
        """See `FileBytes`."""
        try:
            if self._writer is None:
                self._begin()
            self._write_some()
        except OSError as error:
            self.complete = True
            self.sentence = _("The files could not be merged to the end: {reason}.").format(
                reason=error.strerror or error)
        self.data = map_file(self._merged)

    def is_whole(self) -> bool:
        """See `FileBytes`."""
        return not is_lost(self.data) and not any(map(is_lost, self._sources.chunks))

    def grow(self) -> bool:
        """See `FileBytes`: what is appended to the files later is not taken in."""
        return False

    def close(self) -> None:
        """See `FileBytes`."""
        self._close_readers()
        self._merged.close()

    def _begin(self) -> None:
        """Reads where the packets of all files lie, and puts them into an order."""
        times = []
        for reader in self._readers:
            for _progress in reader:
                pass
            capture = reader.capture
            self._add(capture)
            # A packet that is earlier than the one before it comes right after it.
            times.append(np.maximum.accumulate(capture.time_ns))
            self.sentence = " ".join([self.sentence, *(problem.message for problem in capture.problems)]).strip()
        # Of equal times the last file's comes first, as mergecap has it: by time, then by file from the last on.
        file = np.repeat(np.arange(len(times), 0, -1), list(map(len, times)))
        self._order = np.lexsort((file, np.concatenate(times)))
        self._writer = PcapngWriter(self._sources, self._order, one_section=True)

    def _add(self, capture: Capture) -> None:
        sources, rows = self._sources, capture.rows()
        first_interface, first_section = len(sources.interfaces), len(sources.sections)
        if first_interface + len(capture.interfaces) > _MOST_INTERFACES:
            raise CaptureError(_("The files have more than {most:,} interfaces; they cannot be merged.").format(
                most=_MOST_INTERFACES))
        for interface in capture.interfaces:
            if not interface.description:
                order, name = capture.sections[interface.section].order, capture.path.name
                described = interface.options + option(DESCRIPTION, name.encode(), order) if order else b""
                interface = replace(interface, description=name, options=described)
            sources.interfaces.append(replace(interface, section=interface.section + first_section))
        sources.sections += [replace(section, first_row=section.first_row + sources.frame_count,
                                     chunk=len(sources.chunks)) for section in capture.sections]
        sources.chunks += capture.chunks
        others = rows.other_blocks
        rows = replace(rows, interface=(rows.interface.astype(np.int64) + first_interface).astype(np.uint16),
                       other_blocks=replace(others, section=others.section + first_section))
        sources.append(rows, chunk=len(sources.chunks) - 1)

    def _write_some(self) -> None:
        assert self._writer is not None
        most = _LATER_PACKETS if self._written else _FIRST_PACKETS
        rows = self._order[self._written:self._written + most]
        self._sources.fetch(rows)
        self._write(self._writer.packets(rows))
        self._written += len(rows)
        if self._written == len(self._order):
            self._write(self._writer.rest())
            self.complete = True
            self._close_readers()

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self._merged.write(view):]

    def _close_readers(self) -> None:
        for reader in self._readers:
            reader.close()
