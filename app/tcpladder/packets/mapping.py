"""Files mapped into memory, in a way that outlives a file that shrinks or a disk that fails.

A mapped page that the file no longer has, or that its disk cannot deliver, raises SIGBUS, which
ends the program: a capture being overwritten by another tcpdump would take the viewer with it.
Looking at the file's size before each access leaves a gap between looking and reading. So, on
Linux, SIGBUS is caught; the handler puts zeros in place of the rest of the mapping and notes that
its bytes are lost, and the interrupted access goes on. Elsewhere only the size is looked at.
"""

import ctypes
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
    """Whether a page of a mapped file could not be read; zeros are in its place and after it."""
    known = _ranges.get(data.ctypes.data)
    return known is not None and known.lost


def fetch_pages(data: NDArray[np.uint8], start: int, end: int) -> None:
    """Waits until bytes of a mapped file are in memory, without holding Python's lock meanwhile.

    Where the system cannot do that, or cannot read them, nothing happens.
    """
    known = _ranges.get(data.ctypes.data)
    if _guard is not None and known is not None and end > start:
        first = start // mmap.PAGESIZE * mmap.PAGESIZE
        _guard.fetch(known.start + first, end - first)


def release_pages(data: NDArray[np.uint8], start: int, end: int) -> None:
    """Takes bytes of a mapped file out of this program's memory; the next access maps them again."""
    known = _ranges.get(data.ctypes.data)
    pages = known.pages() if known else None
    first = start // mmap.PAGESIZE * mmap.PAGESIZE
    last = end // mmap.PAGESIZE * mmap.PAGESIZE
    if pages is not None and last > first and hasattr(mmap, "MADV_DONTNEED"):
        pages.madvise(mmap.MADV_DONTNEED, first, last - first)


_SA_SIGINFO: Final = 4
_MAP_PRIVATE_FIXED_ANONYMOUS: Final = 0x02 | 0x10 | 0x20
_MADV_POPULATE_READ: Final = 22  # since Linux 5.14; others refuse it
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
        self._callback = _Handler(self._handle)
        self._previous = _SigAction()
        action = _SigAction(handler=ctypes.cast(self._callback, ctypes.c_void_p), flags=_SA_SIGINFO)
        self._libc.sigaction(signal.SIGBUS, ctypes.byref(action), ctypes.byref(self._previous))

    def fetch(self, address: int, length: int) -> None:
        self._libc.madvise(address, length, _MADV_POPULATE_READ)

    def _handle(self, _signal: int, siginfo: int, _context: int) -> None:
        address = ctypes.c_uint64.from_address(siginfo + _ADDRESS_IN_SIGINFO).value
        for known in tuple(_ranges.values()):
            if known.start <= address < known.end:
                page = address // mmap.PAGESIZE * mmap.PAGESIZE
                known.lost = True
                self._libc.mmap(page, known.end - page, mmap.PROT_READ, _MAP_PRIVATE_FIXED_ANONYMOUS, -1, 0)
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
