"""Damages frames or whole capture files at random and reads them, for as long as one likes; run by hand.

usage: python -m tests.fuzz.run frames|files [--count 1000] [--seed 1] [--from FOLDER]

Nothing may raise, take longer than a second, or point outside its buffer. Each fault is printed once, with the
bytes that bring it about and how often it came; the status is 1 if there was one. The starting points are the
captures of the folder, by default the lesson captures.
"""

import argparse
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.one_packet import decode_packet, decode_row
from tcpladder.decode.summary import summarise
from tcpladder.exports.pdml import pdml
from tcpladder.fields.node import DecodedPacket
from tcpladder.packets.capture import CaptureError
from tcpladder.packets.reading import CaptureReader
from tcpladder.resource_files import captures_path
from tcpladder.tcp.connections import ConnectionTable
from tcpladder.tcp.fields import register_tcp_fields

LONGEST_SECONDS: Final = 1.0
LARGEST_FILE: Final = 20_000
FRAMES_OF_A_FILE: Final = 25
# Protocol numbers, lengths and limits do more harm than other bytes.
HARMFUL: Final = (0, 1, 2, 3, 4, 5, 6, 20, 43, 44, 58, 60, 127, 128, 255)


class Faults:
    """What went wrong, each kind once with its input."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def watch(self, act: Callable[[], None], content: bytes) -> None:
        """Runs the act on the content."""
        start = time.process_time()
        try:
            act()
        except Exception as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            self._note(f"{type(error).__name__} at {frame.name}, line {frame.lineno}: {error}", content)
        if time.process_time() - start > LONGEST_SECONDS:
            self._note(f"longer than {LONGEST_SECONDS:g} s of the processor", content)

    def _note(self, kind: str, content: bytes) -> None:
        self.counts[kind] += 1
        if self.counts[kind] == 1:
            print(kind, content.hex(), sep="\n", flush=True)


def damaged(content: bytes, rng: random.Random, first: int, most: int) -> bytes:
    """Up to `most` changes, most of them in the first bytes; sometimes the end is cut off."""
    data = bytearray(content)
    for _change in range(rng.randint(0, most)):
        if not data:
            break
        at = rng.randrange(min(len(data), first) if rng.random() < 0.7 else len(data))
        match rng.randrange(4):
            case 0:
                data[at] = rng.choice(HARMFUL)
            case 1:
                data[at] ^= 1 << rng.randrange(8)
            case 2:
                del data[at : at + rng.randrange(8)]
            case _:
                data[at:at] = rng.randbytes(rng.randrange(8))
    if rng.random() < 0.4:
        del data[rng.randrange(len(data) + 1) :]
    return bytes(data)


def check(packet: DecodedPacket) -> None:
    """The packet can be shown, and its fields lie in their buffers."""
    summarise(packet)
    for _line in pdml([packet]):
        pass
    for node in packet.walk():
        end = 8 * len(packet.buffers[node.buffer])
        assert 0 <= node.start_bit <= node.end_bit <= end, node.name
    assert all(problem.message for problem in packet.problems)


def frames(folder: Path, rng: random.Random) -> Iterator[tuple[bytes, Callable[[], None]]]:
    """Damaged frames without end, each with what reads it."""
    starts = []
    for path in captures(folder):
        try:
            with closing(CaptureReader(path)) as reader:
                for _progress in reader:
                    pass
                capture = reader.capture
                starts += [(capture.linktype_of(row), bytes(capture.frame(row))[:600])
                           for row in range(min(capture.frame_count, FRAMES_OF_A_FILE))]
        except CaptureError:
            continue
    while True:
        linktype, frame = rng.choice(starts)
        data = damaged(frame, rng, 120, 6)
        facts: dict[str, Any] = {"@wire_length": max(0, len(data) + rng.choice((0, 0, 0, 10, 100, -5)))}
        yield data, lambda data=data, linktype=linktype, facts=facts: check(decode_packet(data, linktype, facts=facts))


def files(folder: Path, rng: random.Random) -> Iterator[tuple[bytes, Callable[[], None]]]:
    """Damaged files without end, each with what reads it: index, columns, streams, analysis, connections, packets."""
    starts = [content for content in (path.read_bytes() for path in captures(folder)) if len(content) <= LARGEST_FILE]
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "damaged")
        while True:
            content = damaged(rng.choice(starts), rng, 200, 6)
            path.write_bytes(content)
            yield content, lambda: read(path)


def read(path: Path) -> None:
    """Does all that opening a capture does, and decodes its first packets."""
    try:
        reader = CaptureReader(path)
    except CaptureError:
        return
    with closing(reader):
        columns = ColumnTable(reader.capture)
        register_tcp_fields(columns)
        try:
            for progress in reader:
                columns.extend(progress.frames)
        except CaptureError:
            return
        table = ConnectionTable(columns)
        for stream in range(min(table.count, 3)):
            table.connection(stream)
        for row in range(min(columns.frame_count, 10)):
            check(decode_row(columns, row))


def captures(folder: Path) -> list[Path]:
    """The capture files of a folder."""
    return sorted(path for path in folder.iterdir() if {".pcap", ".pcapng", ".cap"} & set(path.suffixes))


def main() -> int:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("frames", "files"))
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--from", dest="folder", type=Path, default=captures_path())
    arguments = parser.parse_args()
    faults, rng = Faults(), random.Random(arguments.seed)
    start = time.perf_counter()
    makers = {"frames": frames, "files": files}
    for _index, (content, act) in zip(range(arguments.count), makers[arguments.what](arguments.folder, rng),
                                      strict=False):
        faults.watch(act, content)
    print(f"{arguments.count:,} {arguments.what} in {time.perf_counter() - start:.0f} s,"
          f" {faults.counts.total():,} faults")
    for kind, count in faults.counts.most_common():
        print(f"{count:,} × {kind}")
    return 1 if faults.counts else 0


if __name__ == "__main__":
    sys.exit(main())
