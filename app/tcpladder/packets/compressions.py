"""The ways in which capture files are packed, and what unpacks them."""

import bz2
import importlib
import lzma
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

_GZIP_WINDOW: Final = 31  # zlib's way to say: a gzip header and trailer, any window
_MOST_MEMORY: Final = 1 << 30  # bytes that unpacking xz may take


@dataclass(frozen=True, slots=True)
class Compression:
    """One way of packing: how its data begins, and what makes an unpacker of one member (stream, frame) of it."""

    name: str
    magic: bytes
    unpacker: Callable[[], Any]
    """Of an object with decompress(), eof and unused_data. Raises ImportError where `package` is missing."""
    package: str = ""
    padding: bytes = b""
    """What may stand between members and after the last."""


COMPRESSIONS: Final = (
    Compression("gzip", b"\x1f\x8b", lambda: zlib.decompressobj(_GZIP_WINDOW)),
    Compression("bzip2", b"BZh", bz2.BZ2Decompressor),
    Compression("xz", b"\xfd7zXZ\0", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _MOST_MEMORY), padding=b"\0"),
    Compression("zstd", b"\x28\xb5\x2f\xfd",
                lambda: importlib.import_module("zstandard").ZstdDecompressor().decompressobj(), "zstandard"),
    Compression("lz4", b"\x04\x22\x4d\x18", lambda: importlib.import_module("lz4.frame").LZ4FrameDecompressor(), "lz4"),
)
LONGEST_MAGIC: Final = max(len(compression.magic) for compression in COMPRESSIONS)


def compression_of(first_bytes: bytes) -> Compression | None:
    """How a file is packed that begins so; None where it is not."""
    return next((one for one in COMPRESSIONS if first_bytes.startswith(one.magic)), None)
