"""Files that are written whole or not at all, and never on to what is open."""

import gzip
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO, cast

from tcpladder.texts import _

_OTHER_PACKINGS = (".bz2", ".xz", ".zst", ".lz4")


class WriteError(Exception):
    """A file cannot be written; the message is the sentence for the person."""


@contextmanager
def whole_file(target: Path, *, sources: Iterable[Path] = (), pack: bool = True) -> Iterator[BinaryIO]:
    """A new file that takes the target's place when the block ends, and is gone where the block raises.

    It lies beside the target until then, and is on the disk before it takes its place. A name that ends in .gz
    gets gzip data, unless what is written is packed already. Raises WriteError where the target is one of the
    sources, no regular file, or cannot be written.
    """
    place = Path(os.path.realpath(target))      # a link stays a link
    _check(target, place, sources)
    if pack and target.suffix in _OTHER_PACKINGS:
        raise WriteError(_("{name}: files are packed with gzip only; let the name end in .gz or in no packing.").format(
            name=target.name))
    beside = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        with open(beside, "wb") as file:
            if pack and target.suffix == ".gz":
                with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
                    yield cast(BinaryIO, cast(IO[bytes], packed))
            else:
                yield file
            file.flush()
            os.fsync(file.fileno())
            if place.exists():
                os.chmod(beside, place.stat().st_mode & 0o7777)
        beside.replace(place)
        _sync_folder(place.parent)
    except OSError as error:
        raise WriteError(_("{name} could not be written: {reason}.").format(
            name=target, reason=error.strerror or error)) from None
    finally:
        with suppress(OSError):
            beside.unlink()


def write_whole(target: Path, parts: Iterable[bytes]) -> None:
    """Writes a file as a whole or not at all, the bytes as they are, whatever the name's ending. Raises WriteError."""
    with whole_file(target, pack=False) as file:
        file.writelines(parts)


def _check(target: Path, place: Path, sources: Iterable[Path]) -> None:
    if place.is_dir():
        raise WriteError(_("{name} is a folder; add the name of a file.").format(name=target))
    if not place.exists():
        return
    if not place.is_file():
        raise WriteError(_("{name} is not a regular file; choose another name.").format(name=target))
    for source in sources:
        if source.exists() and place.samefile(source):
            raise WriteError(_("{name} is the open capture; choose another name.").format(name=target.name))


def _sync_folder(folder: Path) -> None:
    """Puts the new name on the disk, where the system can do that."""
    try:
        number = os.open(folder, os.O_RDONLY)
    except OSError:     # not every system opens folders
        return
    try:
        os.fsync(number)
    except OSError:     # nor can every file system sync them: the file itself is on the disk
        return
    finally:
        os.close(number)
