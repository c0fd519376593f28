"""The bytes of a capture file as one read-only array: mapped, never copied into our own memory."""

import os
import stat
import tempfile
import weakref
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from tcpladder.packets.capture import CaptureError
from tcpladder.packets.compressions import LONGEST_MAGIC, Compression, compression_of
from tcpladder.packets.mapping import is_lost, map_file
from tcpladder.texts import _

_COMPRESSED_STEP: Final = 1 << 16
_WRITTEN_AT_ONCE: Final = 1 << 18       # in pieces of 4 MiB, as lz4 has them, Linux takes several times as long
_FIRST_STEP: Final = 1 << 20
_LATER_STEP: Final = 1 << 24


class FileBytes(Protocol):
    """What a file holds, or what its compression holds."""

    compression: str
    data: NDArray[np.uint8]
    """What is at hand so far, from the beginning: read-only, shape (n,)."""
    complete: bool
    """Nothing more is to come unless the file grows."""
    sentence: str
    """Why less came than the file should hold; "" where all is well."""
    file_size: int

    def bytes_used(self, position: int) -> int:
        """How many bytes of the file have been used when `data` has been read up to a position."""
        ...

    def read_more(self) -> None:
        """Makes `data` longer, or `complete` true."""
        ...

    def is_whole(self) -> bool:
        """Whether the bytes of `data` are still those of the file."""
        ...

    def grow(self) -> bool:
        """Takes in what has been appended to the file since; True if there is anything."""
        ...

    def close(self) -> None:
        """Closes the file. Arrays that were handed out stay good."""
        ...


def open_file_bytes(path: Path) -> FileBytes:
    """Opens a file, for reading only.

    Raises CaptureError with a sentence where it is missing, not a regular file, or not ours to read.
    """
    try:
        if path.is_dir():
            raise CaptureError(_("{path} is a folder, not a capture.").format(path=path))
        # O_NONBLOCK: opening a pipe would wait for its writer.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        file: BinaryIO = os.fdopen(os.open(path, flags), "rb", buffering=0)
    except FileNotFoundError:
        raise CaptureError(_("{path} does not exist.").format(path=path)) from None
    except PermissionError:
        raise CaptureError(_("{path} may not be read: permission denied.").format(path=path)) from None
    except (OSError, ValueError) as error:
        raise CaptureError(_cannot_be_read(path, error)) from None
    try:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise CaptureError(
                _("{path} is not a regular file; save the capture in one and open that.").format(path=path)
            )
        compression = compression_of(file.read(LONGEST_MAGIC))
        file.seek(0)
        return MappedBytes(file) if compression is None else PackedBytes(file, path.name, compression)
    except OSError as error:
        file.close()
        raise CaptureError(_cannot_be_read(path, error)) from None
    except ImportError:
        file.close()
        assert compression is not None      # only what unpacks is imported here
        raise CaptureError(
            _(
                '{name} is packed with {compression}; reading it needs the package {package}: '
                'pip install "tcpladder[compressions]"'
            ).format(name=path.name, compression=compression.name, package=compression.package)
        ) from None
    except CaptureError:
        file.close()
        raise


def _cannot_be_read(path: Path, error: Exception) -> str:
    reason = getattr(error, "strerror", None) or str(error)
    return _("{path} cannot be read: {reason}.").format(path=path, reason=reason)


def folder_for_unpacked() -> str | None:
    """Where temporary files are not in memory; None: where they usually are."""
    # Where temporary files live in memory, those in /var/tmp as a rule do not.
    return None if "TMPDIR" in os.environ or not os.access("/var/tmp", os.W_OK) else "/var/tmp"


def _close(file: BinaryIO) -> None:
    """Closes a file that was only read, which a disk that is gone may refuse."""
    with suppress(OSError):
        file.close()


class MappedBytes:
    """A file as it is."""

    compression = ""
    complete = True
    sentence = ""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        weakref.finalize(self, _close, file)
        self.data = map_file(file)
        self.file_size = len(self.data)

    def bytes_used(self, position: int) -> int:
        """See `FileBytes`."""
        return position

    def read_more(self) -> None:
        """Nothing to do: everything is there from the start."""

    def is_whole(self) -> bool:
        """See `FileBytes`."""
        shrunk = not self._file.closed and os.fstat(self._file.fileno()).st_size < self.file_size
        return not shrunk and not is_lost(self.data)

    def grow(self) -> bool:
        """See `FileBytes`."""
        if self._file.closed or os.fstat(self._file.fileno()).st_size <= self.file_size:
            return False
        self.data = map_file(self._file)
        self.file_size = len(self.data)
        return True

    def close(self) -> None:
        """See `FileBytes`."""
        _close(self._file)


class PackedBytes:
    """What a packed file holds, unpacked step by step into a temporary file without a name."""

    def __init__(self, file: BinaryIO, name: str, how: Compression) -> None:
        self._how = how
        self._stream = how.unpacker()
        self.compression = how.name
        self._file = file
        self._name = name
        self._unpacked: BinaryIO = tempfile.TemporaryFile(dir=folder_for_unpacked(), buffering=0)  # noqa: SIM115
        weakref.finalize(self, _close, file)
        weakref.finalize(self, _close, self._unpacked)
        self._between_members = True
        self._compressed_used = 0
        self._unpacked_length = 0
        self.file_size = os.fstat(file.fileno()).st_size
        self.data = map_file(self._unpacked)
        self.complete = False
        self.sentence = ""
        self._damaged = False

    def bytes_used(self, position: int) -> int:
        """See `FileBytes`."""
        return self._compressed_used

    def read_more(self) -> None:
        """See `FileBytes`."""
        enough = self._unpacked_length + (_LATER_STEP if self._unpacked_length else _FIRST_STEP)
        try:
            while not self.complete and self._unpacked_length < enough:
                self._unpack_step()
        except OSError as error:
            self._damage(
                _("{name}: {bytes:,} bytes were unpacked, then this happened: {reason}.").format(
                    name=self._name, bytes=self._unpacked_length, reason=error.strerror or str(error)
                )
            )
        self.data = map_file(self._unpacked)

    def is_whole(self) -> bool:
        """See `FileBytes`."""
        return not is_lost(self.data)

    def grow(self) -> bool:
        """See `FileBytes`."""
        if self._file.closed or self._damaged:
            return False
        size = os.fstat(self._file.fileno()).st_size
        if size <= self.file_size:
            return False
        self.file_size, self.complete, self.sentence = size, False, ""
        return True

    def close(self) -> None:
        """See `FileBytes`."""
        _close(self._file)
        _close(self._unpacked)

    def _unpack_step(self) -> None:
        """Unpacks one piece of the file."""
        self._file.seek(self._compressed_used)
        piece = self._file.read(_COMPRESSED_STEP)
        if not piece:
            self._end_of_file()
            return
        if self._between_members and self._how.padding:
            padding = len(piece) - len(piece.lstrip(self._how.padding))
            if padding:
                self._compressed_used += padding
                return
        if self._between_members and not self._how.magic.startswith(piece[: len(self._how.magic)]):
            self._damage(
                _("{name}: the {kind} data ends at byte {offset:,}, what follows is none; it was left out.").format(
                    name=self._name, kind=self.compression, offset=self._compressed_used
                )
            )
            return
        self._between_members = False
        while piece:
            # Only zlib's unpacker can be copied; of the others, damage takes the whole piece with it.
            before = self._stream.copy() if hasattr(self._stream, "copy") else None
            try:
                unpacked = self._stream.decompress(piece)
            except Exception as error:      # each library has its own
                # Take all that comes out before the damage: halve the piece until one byte is left.
                self._stream = before
                if before is None or len(piece) == 1:
                    self._damage(
                        _("{name}: the {kind} data is damaged at byte {offset:,}: {reason}.").format(
                            name=self._name,
                            kind=self.compression,
                            offset=self._compressed_used,
                            reason=str(error).rpartition(": ")[2],
                        )
                    )
                    return
                piece = piece[: len(piece) // 2]
                continue
            self._write(unpacked)
            break
        self._compressed_used += len(piece) - (len(self._stream.unused_data or b"") if self._stream.eof else 0)
        if self._stream.eof:
            self._stream = self._how.unpacker()
            self._between_members = True

    def _write(self, unpacked: bytes) -> None:
        view = memoryview(unpacked)
        while view:
            view = view[self._unpacked.write(view[:_WRITTEN_AT_ONCE]) :]
        self._unpacked_length += len(unpacked)

    def _end_of_file(self) -> None:
        self.complete = True
        if not self._between_members:
            self.sentence = _("{name}: the {kind} data is cut short after {bytes:,} bytes.").format(
                name=self._name, kind=self.compression, bytes=self._compressed_used
            )

    def _damage(self, sentence: str) -> None:
        self.complete = self._damaged = True
        self.sentence = sentence
