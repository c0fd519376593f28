"""A file system with one file on a disk that is slow, or fails: spoken over /dev/fuse, by a process of its own.

usage: slow_disk.py SOURCE FOLDER       serves the bytes of SOURCE as FOLDER/NAME until its standard input ends

Each line that comes in changes the disk: "delay SECONDS" of every read, "fail OFFSET" (reads from there on fail with
EIO; -1: none do), "forget" (the kernel drops what it has of the file). Needs the right to mount. The messages are those
of the kernel's include/uapi/linux/fuse.h.
"""

import ctypes
import errno
import os
import stat
import struct
import sys
import threading
import time
from pathlib import Path
from typing import Final

_LOOKUP, _FORGET, _GETATTR, _OPEN, _READ, _STATFS, _RELEASE, _FLUSH, _INIT = 1, 2, 3, 14, 15, 17, 18, 25, 26
_OPENDIR, _READDIR, _RELEASEDIR, _INTERRUPT, _DESTROY, _BATCH_FORGET = 27, 28, 29, 36, 38, 42
_UNANSWERED: Final = (_FORGET, _INTERRUPT, _BATCH_FORGET)
_DROP_PAGES: Final = 2          # a message without a question: what is known of a file's bytes is void
_FOLDER, _FILE = 1, 2           # numbers of nodes
_REQUEST: Final = struct.Struct("<IIQQIIII")
_ANSWER: Final = struct.Struct("<IiQ")
_ATTRIBUTES: Final = struct.Struct("<6Q10I")
_LONGEST: Final = 1 << 21


class SlowDisk:
    """One file in one folder."""

    def __init__(self, source: Path) -> None:
        self.delay_s = 0.0
        self.fails_from = -1
        self._name = source.name.encode()
        self._source = os.open(source, os.O_RDONLY)
        self._size = os.fstat(self._source).st_size
        self._device = os.open("/dev/fuse", os.O_RDWR)

    def mount(self, folder: Path) -> None:
        """Puts the file system over a folder."""
        libc = ctypes.CDLL(None, use_errno=True)
        options = f"fd={self._device},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()},allow_other"
        if libc.mount(b"slow-disk", os.fsencode(folder), b"fuse", 0, options.encode()) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    def serve(self) -> None:
        """Answers until the file system is unmounted."""
        while True:
            try:
                request = os.read(self._device, _LONGEST)
            except OSError as error:
                if error.errno == errno.ENODEV:
                    return
                continue
            threading.Thread(target=self._answer, args=(request,), daemon=True).start()

    def forget(self) -> None:
        """Has the kernel drop the pages that it keeps."""
        message = struct.pack("<QqQ", _FILE, 0, 0)
        os.write(self._device, _ANSWER.pack(_ANSWER.size + len(message), _DROP_PAGES, 0) + message)

    def _answer(self, request: bytes) -> None:
        _length, operation, unique, node, *_who = _REQUEST.unpack_from(request)
        if operation in _UNANSWERED:
            return
        body = request[_REQUEST.size:]
        try:
            error, data = 0, self._do(operation, node, body)
        except OSError as failure:
            error, data = -(failure.errno or errno.EIO), b""
        try:
            os.write(self._device, _ANSWER.pack(_ANSWER.size + len(data), error, unique) + data)
        except OSError:
            pass        # whoever asked is gone

    def _do(self, operation: int, node: int, body: bytes) -> bytes:
        if operation == _INIT:
            major, _minor, readahead, _flags = struct.unpack_from("<IIII", body)
            return struct.pack("<IIIIHHIIHH8I", major, 31, readahead, 0, 12, 9, 1 << 17, 1, 32, 0, *[0] * 8)
        if operation == _LOOKUP and body.rstrip(b"\0") == self._name:
            return struct.pack("<QQQQII", _FILE, 0, 3600, 3600, 0, 0) + self._attributes(_FILE)
        if operation == _LOOKUP:
            raise OSError(errno.ENOENT, "")
        if operation == _GETATTR:
            return struct.pack("<QII", 3600, 0, 0) + self._attributes(node)
        if operation in (_OPEN, _OPENDIR):
            return struct.pack("<QII", 0, 0, 0)
        if operation == _READ:
            offset, size = struct.unpack_from("<8xQI", body)
            time.sleep(self.delay_s)
            if 0 <= self.fails_from < offset + size:
                raise OSError(errno.EIO, "")
            return os.pread(self._source, size, offset)
        if operation in (_RELEASE, _RELEASEDIR, _FLUSH, _READDIR, _DESTROY):
            return b""
        raise OSError(errno.ENOSYS, "")

    def _attributes(self, node: int) -> bytes:
        is_file = node == _FILE
        mode = stat.S_IFREG | 0o644 if is_file else stat.S_IFDIR | 0o755
        size = self._size if is_file else 0
        return _ATTRIBUTES.pack(node, size, size >> 9, 0, 0, 0, 0, 0, 0, mode, 1, os.getuid(), os.getgid(), 0, 4096, 0)


def main() -> None:
    source, folder = map(Path, sys.argv[1:])
    disk = SlowDisk(source)
    disk.mount(folder)
    threading.Thread(target=disk.serve, daemon=True).start()
    print("mounted", flush=True)
    try:
        for line in sys.stdin:
            word, _blank, value = line.strip().partition(" ")
            if word == "delay":
                disk.delay_s = float(value)
            elif word == "fail":
                disk.fails_from = int(value)
            elif word == "forget":
                disk.forget()
            print("done", flush=True)
    finally:
        libc = ctypes.CDLL(None)
        libc.umount2(os.fsencode(folder), 2)        # MNT_DETACH


if __name__ == "__main__":
    main()
