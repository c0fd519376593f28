"""Files mapped into memory, in a way that outlives a file that shrinks or a disk that fails.

A mapped page that the file no longer has, or that its disk cannot deliver, raises SIGBUS, which
ends the program: a capture being overwritten by another tcpdump would take the viewer with it.
Looking at the file's size before each access leaves a gap between looking and reading. So, on
Linux, SIGBUS is caught; the handler puts zeros in place of the page (of all that follow, where the
file is shorter) and notes that bytes are lost, and the interrupted access goes on. Elsewhere only
the size is looked at.
"""

import ctypes
import errno
import mmap
import os
import signal
import sys
import threading
import weakref
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray


@dataclass(slots=True)
class _Range:
    """Addresses of one mapping."""

    start: int
    end: int
    pages: "weakref.ref[mmap.mmap]"
    lost: bool = False
    holes: int = 0      # pages that the disk did not deliver


_SEVERAL: Final = 64
_FAR: Final = 1 << 14           # bytes, on average
_FETCHED_AT_ONCE: Final = 1 << 20

_ranges: dict[int, _Range] = {}


def map_file(file: BinaryIO) -> NDArray[np.uint8]:
    """All bytes that a file has now: read-only uint8, shape (size,)."""
    size = os.fstat(file.fileno()).st_size
    if size == 0:
        return np.frombuffer(b"", np.uint8)
    _guard_once()
    pages = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ)
    data = np.frombuffer(pages, np.uint8)
    start = data.ctypes.data
    whole_pages = -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
    _ranges[start] = _Range(start, start + whole_pages, weakref.ref(pages))
    weakref.finalize(pages, _ranges.pop, start, None)
    return data


def is_lost(data: NDArray[np.uint8]) -> bool:
    """Whether a page of a mapped file could not be read; zeros are in its place."""
    known = _ranges.get(data.ctypes.data)
    return known is not None and known.lost


def fetch_pages(data: NDArray[np.uint8], start: int, end: int) -> int:
    """Waits until bytes of a mapped file are in memory, without holding Python's lock meanwhile.

    Returns up to where they are: end, or a byte in the first page that the disk does not deliver. Where the system
    cannot do that, nothing happens.
    """
    known = _ranges.get(data.ctypes.data)
    if _guard is None or known is None:
        return end
    at = start // mmap.PAGESIZE * mmap.PAGESIZE
    if end <= start or _guard.fetch(known.start + at, end - at):
        return end
    while at < end and _guard.fetch(known.start + at, 1):
        at += mmap.PAGESIZE
    return max(start, min(at, end))


def is_resident(data: NDArray[np.uint8], start: int, end: int) -> bool:
    """Whether bytes of a mapped file can be read without waiting for the disk, as far as the system tells.

    Linux tells it of files that are one's own or that one may write to; of others it says yes.
    """
    known = _ranges.get(data.ctypes.data)
    if _guard is None or known is None or end <= start:
        return True
    first = start // mmap.PAGESIZE * mmap.PAGESIZE
    return _guard.is_resident(known.start + first, end - first)


def fetch_absent_pages(data: NDArray[np.uint8], positions: NDArray[np.int64]) -> None:
    """What `fetch_pages` does for the bytes at ascending positions, if it seems that they are not in memory.

    That is seen by the first and the last; where they are few, or far apart from each other, nothing
    happens.
    """
    if len(positions) < _SEVERAL:
        return
    first, last = int(positions[0]), int(positions[-1])
    if 0 <= last - first < _FAR * len(positions) and not (
            is_resident(data, first, first + 1) and is_resident(data, last, last + 1)):
        for at in range(first, last + 1, _FETCHED_AT_ONCE):
            fetch_pages(data, at, min(at + _FETCHED_AT_ONCE, last + 1))


def release_pages(data: NDArray[np.uint8], start: int, end: int) -> None:
    """Takes bytes of a mapped file out of this program's memory; the next access maps them again.

    Where pages are guarded, this does not hold Python's lock: a whole file takes a tenth of a second.
    """
    known = _ranges.get(data.ctypes.data)
    pages = known.pages() if known else None
    first = start // mmap.PAGESIZE * mmap.PAGESIZE
    last = end // mmap.PAGESIZE * mmap.PAGESIZE
    if known is None or pages is None or last <= first:
        return
    if _guard is not None:
        _guard.release(known.start + first, last - first)
    elif hasattr(mmap, "MADV_DONTNEED"):
        pages.madvise(mmap.MADV_DONTNEED, first, last - first)


_SA_SIGINFO: Final = 4
_MAP_PRIVATE_FIXED_ANONYMOUS: Final = 0x02 | 0x10 | 0x20
_MADV_POPULATE_READ: Final = 22  # since Linux 5.14; others refuse it
_MOST_HOLES: Final = 10_000
_ADDRESS_IN_SIGINFO: Final = 16  # si_addr of a 64-bit siginfo_t
_Handler: Final = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)


class _SigAction(ctypes.Structure):
    """struct sigaction of glibc and musl on 64-bit Linux."""

    _fields_ = (
        ("handler", ctypes.c_void_p),
        ("mask", ctypes.c_ulong * 16),
        ("flags", ctypes.c_int),
        ("restorer", ctypes.c_void_p),
    )


class _Guard:
    """The handler of SIGBUS. It runs in the thread that touched the page, in place of the access."""

    def __init__(self) -> None:
        self._libc: Any = ctypes.CDLL(None, use_errno=True)
        self._libc.mmap.restype = ctypes.c_void_p
        self._libc.mmap.argtypes = (
            ctypes.c_void_p,
            ctypes.c_size_t,
            ctypes.c_int,
            ctypes.c_int,
            ctypes.c_int,
            ctypes.c_long,
        )
        self._libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        self._libc.mincore.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)
        self._callback = _Handler(self._handle)
        self._previous = _SigAction()
        action = _SigAction(handler=ctypes.cast(self._callback, ctypes.c_void_p), flags=_SA_SIGINFO)
        self._libc.sigaction(signal.SIGBUS, ctypes.byref(action), ctypes.byref(self._previous))

    def fetch(self, address: int, length: int) -> bool:
        """False where a page cannot be delivered."""
        return self._libc.madvise(address, length, _MADV_POPULATE_READ) == 0 or ctypes.get_errno() != errno.EFAULT

    def release(self, address: int, length: int) -> None:
        self._libc.madvise(address, length, mmap.MADV_DONTNEED)

    def is_resident(self, address: int, length: int) -> bool:
        states = ctypes.create_string_buffer(-(-length // mmap.PAGESIZE))
        return self._libc.mincore(address, length, states) != 0 or b"\0" not in states.raw

    def _handle(self, _signal: int, siginfo: int, _context: int) -> None:
        address = ctypes.c_uint64.from_address(siginfo + _ADDRESS_IN_SIGINFO).value
        for known in tuple(_ranges.values()):
            if known.start <= address < known.end:
                page = address // mmap.PAGESIZE * mmap.PAGESIZE
                known.lost = True
                known.holes += 1
                pages = known.pages()
                # Each hole takes a mapping, of which the system has not many.
                is_hole = known.holes < _MOST_HOLES and pages is not None and page - known.start < pages.size()
                length = mmap.PAGESIZE if is_hole else known.end - page
                self._libc.mmap(page, length, mmap.PROT_READ, _MAP_PRIVATE_FIXED_ANONYMOUS, -1, 0)
                return
        # Not one of ours: the access happens again, and whoever was here before deals with it.
        self._libc.sigaction(signal.SIGBUS, ctypes.byref(self._previous), None)


_guard: _Guard | None = None
_guard_lock: Final = threading.Lock()


def _guard_once() -> None:
    global _guard
    with _guard_lock:
        if _guard is None and sys.platform == "linux" and ctypes.sizeof(ctypes.c_void_p) == 8:
            _guard = _Guard()
