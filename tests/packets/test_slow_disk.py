"""A capture on a disk that is slow or fails: progress is told, what was read stays, and the trouble is said."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tcpladder.packets.capture import CaptureError
from tcpladder.packets.reading import CaptureReader
from tcpladder.packets.whole_file import WriteError
from tcpladder.packets.writing import FileFormat, save_packets
from tests.lab.disks import Disk, slow_disk
from tests.packets.files import START_S, enhanced, interface, join, pcap_header, pcap_record, section

FRAMES = [bytes([number & 0xFF]) * 1000 for number in range(4000)]
FAILS_AT = 2_000_000 // 4096 * 4096     # the kernel reads whole pages


@pytest.fixture(params=["pcap", "pcapng"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    if request.param == "pcap":
        content = pcap_header() + join(pcap_record(frame, START_S) for frame in FRAMES)
    else:
        content = section() + interface() + join(enhanced(frame) for frame in FRAMES)
    (tmp_path / f"a.{request.param}").write_bytes(content)
    (tmp_path / "disk").mkdir()
    with slow_disk(tmp_path / f"a.{request.param}", tmp_path / "disk") as disk:
        yield disk


def test_a_slow_disk_is_read_in_small_steps(disk: Disk) -> None:
    disk.tell("delay 0.05")
    reader = CaptureReader(disk.path)
    shares = [progress.bytes_read / progress.bytes_total for progress in reader]
    assert reader.capture.frame_count == len(FRAMES)
    assert not reader.capture.problems
    assert len(shares) > 4
    assert shares == sorted(shares)
    reader.close()


def test_what_lies_before_a_bad_place_is_read(disk: Disk) -> None:
    disk.tell(f"fail {FAILS_AT}")
    reader = CaptureReader(disk.path)
    for _progress in reader:
        pass
    capture = reader.capture
    (problem,) = capture.problems
    assert problem.message.startswith(f"{disk.path.name}: the disk does not deliver byte ")
    # It reads ahead, 128 KiB at most: what comes before that is here.
    assert FAILS_AT - (1 << 17) <= problem.byte_offset <= FAILS_AT
    last = int(capture.offset[-1]) + int(capture.captured_len[-1])
    assert problem.byte_offset - 1100 <= last <= problem.byte_offset
    assert all(bytes(capture.frame(row)) == FRAMES[row] for row in range(capture.frame_count))
    assert not capture.has_lost_bytes
    reader.close()


def test_a_disk_that_delivers_nothing_is_told(disk: Disk) -> None:
    disk.tell("fail 0")
    with pytest.raises(CaptureError, match="cannot be read: Input/output error"):
        CaptureReader(disk.path)


def test_a_bad_place_that_comes_later_is_a_hole_and_nothing_more(disk: Disk, tmp_path: Path) -> None:
    reader = CaptureReader(disk.path)
    for _progress in reader:
        pass
    capture = reader.capture
    capture.release_pages()
    disk.tell("forget")
    disk.tell(f"fail {FAILS_AT}")
    bad = int(np.searchsorted(capture.offset, FAILS_AT + 3 * 4096))
    assert not any(bytes(capture.frame(bad)))
    assert capture.has_lost_bytes
    assert not reader.is_whole()
    disk.tell("fail -1")
    assert bytes(capture.frame(bad + 20)) == FRAMES[bad + 20]
    assert bytes(capture.frame(bad - 20)) == FRAMES[bad - 20]
    with pytest.raises(WriteError, match="nothing was written"):
        save_packets(capture, np.arange(10), tmp_path / "copy.pcapng", FileFormat.PCAPNG)
    assert "copy.pcapng" not in os.listdir(tmp_path)
    reader.close()


def test_what_is_not_in_memory_is_known_and_fetched(disk: Disk) -> None:
    reader = CaptureReader(disk.path)
    for _progress in reader:
        pass
    capture = reader.capture
    rows = np.array([10, 11, 3000])
    capture.release_pages()
    disk.tell("forget")
    disk.tell("delay 0.3")
    started = time.monotonic()
    assert not capture.is_at_hand(rows)
    assert not capture.frame_is_at_hand(3000)
    assert time.monotonic() - started < 0.2
    capture.fetch(rows)
    assert time.monotonic() - started > 0.3
    disk.tell("delay 30")
    assert capture.is_at_hand(rows)
    assert bytes(capture.frame(3000)) == FRAMES[3000]
    disk.tell("delay 0")
    reader.close()
