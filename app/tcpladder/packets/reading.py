"""Reads a capture file into a Capture, batch by batch."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tcpladder.packets import pcap, pcapng
from tcpladder.packets.capture import Capture, CaptureError, CaptureProblem, Rows
from tcpladder.packets.file_bytes import FileBytes, MappedBytes, open_file_bytes
from tcpladder.packets.mapping import fetch_pages, release_pages
from tcpladder.packets.scanning import Pause, Scanner
from tcpladder.texts import _, ngettext

FIRST_BATCH: Final = 2_000
LATER_BATCHES: Final = 50_000
# Bytes that are fetched before they are looked at, so that a slow disk keeps only the reading
# thread waiting: looking at them holds Python's lock.
_FIRST_WINDOW: Final = 1 << 20
_WINDOW: Final = 1 << 25
_BEGIN: Final = 4096            # bytes without which nothing can be said of a file
_FETCHED_AT_ONCE: Final = 1 << 17
_LONGEST_FETCH_S: Final = 0.2   # then what is there is read, so that progress is shown and Cancel heard


@dataclass(frozen=True, slots=True)
class Progress:
    """How far reading has come; of a compressed file the bytes are those on the disk."""

    bytes_read: int
    bytes_total: int
    frames: int


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a reader has come, for another reader of the same file that is to go on from there."""

    rows: Rows              # of the batch that was read last
    scanner: Scanner
    problems: tuple[CaptureProblem, ...]
    finished: bool
    damaged: bool
    lost: bool


class CaptureReader:
    """Reads one file. Iterating appends batches to `capture` until the file ends or is damaged.

    file_bytes are what to read in place of the file's own.
    An iteration may be given up at any time (Cancel); a later one goes on where it stopped.
    Raises CaptureError where the file cannot be opened as a capture at all.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        batch_frames: int = LATER_BATCHES,
        first_batch_frames: int = FIRST_BATCH,
        file_bytes: FileBytes | None = None,
    ) -> None:
        self.capture = Capture(Path(path))
        self._first_batch_frames = min(first_batch_frames, batch_frames)
        self._batch_frames = batch_frames
        self._bytes = open_file_bytes(self.capture.path) if file_bytes is None else file_bytes
        self._scanner: Scanner | None = None
        self._finished = False
        self._damaged = False
        self._lost = False
        self._window = _FIRST_WINDOW
        self._rows: Rows | None = None      # of the batch before
        self._looked_at = 0, 0      # by the batch before; whoever reads its headers finds them in memory
        try:
            self._bytes.read_more()
            self._open_scanner()
        except BaseException:
            self._bytes.close()
            raise

    def __iter__(self) -> Iterator[Progress]:
        """Appends one batch of rows at each step."""
        while not self._finished and self._scanner is not None:
            self._read_batch(self._scanner)
            yield self.progress()

    @property
    def reads_in_place(self) -> bool:
        """The file is looked at as it is: nothing has to be unpacked or merged for it."""
        return isinstance(self._bytes, MappedBytes)

    @property
    def reached(self) -> Reached:
        """How far it has come, after a step of the iteration."""
        assert self._rows is not None
        assert self._scanner is not None
        return Reached(self._rows, self._scanner, tuple(self.capture.problems), self._finished, self._damaged,
                       self._lost)

    def go_on_from(self, reached: Reached) -> None:
        """Takes over the batch that another reader of the same file has read, and goes on behind it."""
        capture = self.capture
        self._scanner = reached.scanner
        capture.interfaces, capture.sections = reached.scanner.interfaces, reached.scanner.sections
        capture.problems[:] = reached.problems
        self._finished, self._damaged, self._lost = reached.finished, reached.damaged, reached.lost
        capture.append(reached.rows, chunk=0)

    def progress(self) -> Progress:
        """How far reading has come."""
        position = self._scanner.position if self._scanner else 0
        return Progress(self._bytes.bytes_used(position), self._bytes.file_size, self.capture.frame_count)

    def grown(self) -> bool:
        """Whether the file has become longer since; if so, iterating reads what is new.

        A problem that the file ended too early is taken back then; damage stays damage.
        """
        if self._damaged or not self._bytes.grow():
            return False
        if self._finished:
            self.capture.problems.clear()
        self._finished = False
        self._bytes.read_more()
        if self._scanner is None:
            self._open_scanner()
        self.capture.file_size = self._bytes.file_size
        return True

    def is_whole(self) -> bool:
        """Whether the file still has all bytes that have been read.

        False, with a problem added, where it was cut or its disk fails: what is lost reads as zeros.
        """
        if self._bytes.is_whole():
            return True
        if not self._lost:
            self._lost = True
            self._stop(_became_shorter(self.capture.path.name), self._bytes.file_size, damaged=True)
        return False

    def close(self) -> None:
        """Closes the file. What has been read stays usable."""
        self._finished = True
        self._bytes.close()

    def _read_batch(self, scanner: Scanner) -> None:
        capture = self.capture
        most = self._batch_frames if capture.frame_count else self._first_batch_frames
        data = self._bytes.data
        start = scanner.position
        release_pages(data, *self._looked_at)
        end, fails = self._fetch(data, start, min(start + self._window, len(data)))
        scan = scanner.scan(data[:end], most, capture.frame_count)
        if not self.is_whole():
            return
        capture.chunks[:] = [data]
        capture.append(scan.rows, chunk=0)
        self._rows = scan.rows
        # A block may be longer than the window: then the next window is.
        self._window = _WINDOW if scanner.position > start else 2 * self._window
        if scan.pause is Pause.DAMAGE:
            self._stop(scan.sentence, scan.byte_offset, damaged=True)
        elif scan.pause is Pause.BYTES_ENDED and fails:
            self._stop(_("{name}: the disk does not deliver byte {offset:,}.").format(
                name=capture.path.name, offset=end), end, damaged=True)
        elif scan.pause is Pause.BYTES_ENDED and end < len(data):
            pass
        elif scan.pause is Pause.BYTES_ENDED and self._bytes.complete:
            self._stop(self._bytes.sentence or scan.sentence, scan.byte_offset, damaged=False)
        elif scan.pause is Pause.BYTES_ENDED:
            self._bytes.read_more()
        self._looked_at = start, scanner.position

    def _fetch(self, data: NDArray[np.uint8], start: int, end: int) -> tuple[int, bool]:
        """Waits for bytes of the file: up to where they are in memory, and whether the disk fails there.

        On a slow disk that is not all that was asked for, unless a record is longer than what came before.
        """
        until = time.monotonic() + _LONGEST_FETCH_S
        for at in range(start, end, _FETCHED_AT_ONCE):
            wanted = min(at + _FETCHED_AT_ONCE, end)
            reached = fetch_pages(data, at, wanted)
            if reached < wanted:
                return reached, True
            if self._window <= _WINDOW and time.monotonic() > until:
                return wanted, False
        return end, False

    def _open_scanner(self) -> None:
        """Chooses the reader of the file's format by its first bytes; none while the file is empty."""
        capture, data = self.capture, self._bytes.data
        capture.compression = self._bytes.compression
        capture.file_size = self._bytes.file_size
        capture.chunks[:] = [data]
        if len(data) == 0:
            if self._bytes.sentence:
                raise CaptureError(self._bytes.sentence)
            return
        name = capture.path.name
        if fetch_pages(data, 0, min(len(data), _FETCHED_AT_ONCE)) < min(len(data), _BEGIN):
            raise CaptureError(_("{name}: the disk does not deliver the begin of the file.").format(name=name))
        magic = bytes(data[:4])
        if magic in pcap.MAGICS:
            capture.format = "pcap"
            self._scanner = pcap.PcapScanner(data, name)
        elif magic == pcapng.MAGIC:
            capture.format = "pcapng"
            self._scanner = pcapng.PcapngScanner(data, name)
        else:
            raise CaptureError(_("{name} is not a capture: it is neither pcap nor pcapng.").format(name=name))
        capture.interfaces = self._scanner.interfaces
        capture.sections = self._scanner.sections

    def _stop(self, sentence: str, byte_offset: int, damaged: bool) -> None:
        """Ends reading, with a problem unless all is well."""
        self._finished = True
        self._damaged = damaged
        if sentence:
            count = self.capture.frame_count
            frames = ngettext("{count:,} frame was read.", "{count:,} frames were read.", count)
            message = f"{sentence} {frames.format(count=count)}"
            self.capture.problems.append(CaptureProblem(message, byte_offset, count + 1))


def _became_shorter(name: str) -> str:
    return _("{name} became shorter while it was open, or its disk fails; what is lost reads as zeros.").format(
        name=name
    )


def read_capture(path: str | PathLike[str], *, batch_frames: int = LATER_BATCHES) -> tuple[Capture, Iterator[Progress]]:
    """A capture that is still empty, and the iterator that fills it, one batch of frames a step.

    Giving up the iteration keeps what has been read. Raises CaptureError as CaptureReader does;
    that one is for whoever wants to follow a file that grows.
    """
    reader = CaptureReader(path, batch_frames=batch_frames)
    return reader.capture, iter(reader)
