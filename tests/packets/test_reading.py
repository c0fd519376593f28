"""Opening, batches, gzip, files that grow, shrink or vanish, and files that cannot be opened."""

import gzip
import os
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tcpladder.packets import reading
from tcpladder.packets.capture import CaptureError
from tcpladder.packets.reading import CaptureReader, read_capture
from tests.packets.files import (
    FRAMES,
    enhanced,
    frames_of,
    interface,
    obsolete,
    option,
    pcap_header,
    pcap_record,
    read,
    rows_of,
    section,
    simple,
)

MANY = 60 * FRAMES


def as_pcap(frames: tuple[bytes, ...]) -> bytes:
    return pcap_header() + b"".join(pcap_record(frame, fraction=row % 1_000_007) for row, frame in enumerate(frames))


def as_pcapng(frames: tuple[bytes, ...]) -> bytes:
    """All kinds of packet blocks; every hundredth packet begins a section of the other byte order."""
    pieces = []
    for row, frame in enumerate(frames):
        order = "<>"[row // 100 % 2]
        if row % 100 == 0:
            pieces.append(section(order) + interface(order, linktype=row // 100))
        comment = option(order, 1, b"number %d" % row)
        kinds = (
            enhanced(frame, row, order),
            enhanced(frame, row, order, options=comment),
            simple(frame, order),
            obsolete(frame, row, order, drops=row),
        )
        pieces.append(kinds[row % 4])
    return b"".join(pieces)


def as_gzip(frames: tuple[bytes, ...]) -> bytes:
    return gzip.compress(as_pcap(frames), mtime=0)


FORMATS = [as_pcap, as_pcapng, as_gzip]
Format = Callable[[tuple[bytes, ...]], bytes]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("batch_frames", [1, 2, 7, 99, 100, 101, 360, 10_000])
def test_every_batch_size_gives_the_same_rows(tmp_path: Path, form: Format, batch_frames: int) -> None:
    file = tmp_path / "file"
    at_once = read(file, form(MANY))
    in_batches = read(file, batch_frames=batch_frames)
    assert frames_of(at_once) == list(MANY)
    assert rows_of(in_batches) == rows_of(at_once)
    assert in_batches.interfaces == at_once.interfaces
    assert in_batches.problems == at_once.problems == []


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("window", [1, 50, 64, 1000])
def test_every_window_of_bytes_gives_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: Format, window: int
) -> None:
    file = tmp_path / "file"
    at_once = read(file, form(MANY) + pcap_record(b"cut")[:-1])
    monkeypatch.setattr(reading, "_FIRST_WINDOW", window)
    monkeypatch.setattr(reading, "_WINDOW", window)
    in_windows = read(file)
    assert rows_of(in_windows) == rows_of(at_once)
    assert frames_of(in_windows) == list(MANY)
    assert in_windows.problems == at_once.problems
    assert len(at_once.problems) == 1


def test_a_frame_may_be_longer_than_the_window(tmp_path: Path) -> None:
    file = tmp_path / "file"
    longest = 20 << 20
    with file.open("wb") as sparse:
        sparse.write(pcap_header(link_word=231) + struct.pack("<IIII", 1, 0, longest, longest))
        sparse.seek(longest, os.SEEK_CUR)
        sparse.write(pcap_record(FRAMES[0]))
    capture = read(file)
    assert capture.captured_len.tolist() == [longest, len(FRAMES[0])]
    assert bytes(capture.frame(1)) == FRAMES[0]


@pytest.mark.parametrize("form", FORMATS)
def test_progress_reaches_the_end_of_the_file(tmp_path: Path, form: Format) -> None:
    file = tmp_path / "file"
    file.write_bytes(form(MANY))
    capture, steps = read_capture(file, batch_frames=50)
    assert capture.frame_count == 0
    reports = list(steps)
    assert len(reports) >= len(MANY) // 50
    assert [one.frames for one in reports] == sorted(one.frames for one in reports)
    assert (reports[-1].bytes_read, reports[-1].bytes_total) == (file.stat().st_size, file.stat().st_size)
    assert reports[-1].frames == len(MANY)


@pytest.mark.parametrize("form", FORMATS)
def test_the_first_batch_is_small_and_a_cancelled_reading_keeps_it(tmp_path: Path, form: Format) -> None:
    file = tmp_path / "file"
    file.write_bytes(form(MANY))
    reader = CaptureReader(file, first_batch_frames=20, batch_frames=100)
    next(iter(reader))
    count = reader.capture.frame_count
    assert 0 < count <= 20
    assert frames_of(reader.capture) == list(MANY[:count])
    assert reader.capture.problems == []
    for _progress in reader:  # a new iteration goes on where the first one stopped
        pass
    assert frames_of(reader.capture) == list(MANY)


def test_columns_that_were_taken_early_stay_good(tmp_path: Path) -> None:
    frames = 2000 * FRAMES
    file = tmp_path / "file"
    file.write_bytes(as_pcap(frames))
    reader = CaptureReader(file, first_batch_frames=3, batch_frames=4_000)
    steps = iter(reader)
    next(steps)
    early, lengths = reader.capture.captured_len, reader.capture.captured_len.tolist()
    for _progress in steps:
        pass
    assert early.tolist() == lengths
    assert reader.capture.captured_len[: len(early)].tolist() == lengths
    assert reader.capture.captured_len.tolist() == [len(frame) for frame in frames]


def test_another_thread_sees_only_whole_rows(tmp_path: Path) -> None:
    frames = 10_000 * FRAMES
    file = tmp_path / "file"
    file.write_bytes(as_pcap(frames))
    reader = CaptureReader(file, first_batch_frames=1, batch_frames=500)
    seen: list[bool] = []
    finished = threading.Event()

    def look() -> None:
        while not finished.is_set():
            count = reader.capture.frame_count
            lengths = reader.capture.captured_len[:count]
            seen.append(len(lengths) == count and int(lengths.sum()) == sum(expected[:count]))

    expected = [len(frame) for frame in frames]
    watcher = threading.Thread(target=look)
    watcher.start()
    for _progress in reader:
        pass
    finished.set()
    watcher.join()
    assert all(seen)


@pytest.mark.parametrize("form", [as_pcap, as_pcapng])
def test_a_growing_file_is_followed(tmp_path: Path, form: Format) -> None:
    content = form(MANY[:110])
    file = tmp_path / "file"
    file.write_bytes(content[:60])
    reader = CaptureReader(file)
    for end in range(61, len(content) + 1, 97):
        for _progress in reader:
            pass
        with file.open("ab") as writer:
            writer.write(content[end - 1 : end + 96])
        assert reader.grown()
    for _progress in reader:
        pass
    assert not reader.grown()
    assert reader.capture.problems == []
    assert reader.capture.file_size == len(content)
    assert rows_of(reader.capture) == rows_of(read(tmp_path / "whole", content))


def test_a_growing_gzip_file_is_followed(tmp_path: Path) -> None:
    content = as_gzip(MANY) + gzip.compress(as_pcap(MANY)[24:])
    file = tmp_path / "file"
    file.write_bytes(content[:300])
    reader = CaptureReader(file)
    for end in range(300, len(content), 100):
        for _progress in reader:
            pass
        with file.open("ab") as writer:
            writer.write(content[end : end + 100])
        assert reader.grown()
    for _progress in reader:
        pass
    assert reader.capture.problems == []
    assert frames_of(reader.capture) == 2 * list(MANY)


def test_an_empty_file_is_a_capture_without_packets_and_may_become_one(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"")
    reader = CaptureReader(file)
    assert list(reader) == []
    capture = reader.capture
    assert (capture.format, capture.frame_count, capture.problems) == ("", 0, [])
    file.write_bytes(as_pcap(FRAMES))
    assert reader.grown()
    for _progress in reader:
        pass
    assert frames_of(capture) == list(FRAMES)
    assert capture.format == "pcap"


def test_a_file_that_vanishes_can_still_be_read(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(as_pcap(MANY))
    reader = CaptureReader(file, batch_frames=10)
    steps = iter(reader)
    next(steps)
    file.unlink()
    for _progress in steps:
        pass
    assert frames_of(reader.capture) == list(MANY)
    assert reader.is_whole()


def test_a_file_that_shrinks_while_it_is_read_ends_reading(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(as_pcap(3000 * FRAMES))
    reader = CaptureReader(file, first_batch_frames=10, batch_frames=100)
    steps = iter(reader)
    next(steps)
    os.truncate(file, 5000)
    for _progress in steps:
        pass
    assert frames_of(reader.capture) == [*FRAMES, *FRAMES[:4]]
    (problem,) = reader.capture.problems
    assert problem.message.startswith("file became shorter while it was open")
    assert not reader.grown()


SHRINK = """
import os, sys, threading
import numpy as np
from tcpladder.packets.reading import CaptureReader

reader = CaptureReader(sys.argv[1])
for _progress in reader:
    pass
capture = reader.capture
last = capture.frame_count - 1
before = bytes(capture.frame(last))
os.truncate(sys.argv[1], 5000)
sums = []
threads = [threading.Thread(target=lambda: sums.append(int(capture.chunks[0].sum()))) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(any(before), any(capture.frame(last)), bytes(capture.frame(0)) == b"@" * 60, reader.is_whole())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets us answer for the lost pages")
def test_looking_at_a_file_that_has_shrunk_shows_zeros_and_does_not_end_the_program(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(as_pcap(3000 * FRAMES))
    done = subprocess.run(
        [sys.executable, "-c", SHRINK, str(file)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "True False True False\n"


def test_a_bus_error_elsewhere_still_ends_the_program(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(as_pcap(FRAMES))
    program = (
        "import os, signal, sys\n"
        "from tcpladder.packets.reading import CaptureReader\n"
        "reader = CaptureReader(sys.argv[1])\n"
        "import mmap\n"
        "other = open(sys.argv[1] + '2', 'w+b')\n"
        "other.truncate(10_000)\n"
        "pages = mmap.mmap(other.fileno(), 10_000)\n"
        "other.truncate(0)\n"
        "print(pages[9_000])\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(file)], capture_output=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGBUS
    assert done.stdout == b""


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_is_written_to_a_capture(tmp_path: Path, form: Format) -> None:
    file = tmp_path / "file"
    file.write_bytes(form(FRAMES))
    os.utime(file, ns=(1, 1))
    file.chmod(0o400)
    content = file.read_bytes()
    os.utime(file, ns=(1, 1))
    read(file)
    assert file.stat().st_mtime_ns == 1
    assert file.read_bytes() == content
    assert list(tmp_path.iterdir()) == [file]


def test_captures_are_opened_for_reading_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.write_bytes(as_pcap(FRAMES))
    flags_seen: list[int] = []
    real_open = os.open

    def watching_open(path: Path, flags: int, *rest: int) -> int:
        flags_seen.append(flags)
        return real_open(path, flags, *rest)

    monkeypatch.setattr(os, "open", watching_open)
    CaptureReader(file).close()
    assert [flags & os.O_ACCMODE for flags in flags_seen] == [os.O_RDONLY]


# ---- gzip ----


def test_gzip_members_follow_one_another(tmp_path: Path) -> None:
    content = as_pcap(MANY)
    members = gzip.compress(content[:1000]) + gzip.compress(content[1000:])
    capture = read(tmp_path / "file", members)
    assert (capture.compression, capture.format, capture.problems) == ("gzip", "pcap", [])
    assert capture.file_size == len(members)
    assert frames_of(capture) == list(MANY)


@pytest.mark.parametrize("missing", [1, 8, 9, 60])
def test_a_cut_gzip_file_gives_what_could_be_unpacked(tmp_path: Path, missing: int) -> None:
    whole = as_gzip(MANY)
    capture = read(tmp_path / "cut.pcap.gz", whole[:-missing])
    (problem,) = capture.problems
    assert problem.message.startswith(f"cut.pcap.gz: the gzip data is cut short after {len(whole) - missing:,} bytes. ")
    assert frames_of(capture) == list(MANY[: capture.frame_count])
    if missing <= 8:  # only the checksum and length are missing
        assert capture.frame_count == len(MANY)
    else:
        assert capture.frame_count > 0


def test_damaged_gzip_data_gives_all_that_comes_before_the_damage(tmp_path: Path) -> None:
    frames = tuple(os.urandom(60) for _frame in range(3000))
    plain = as_pcap(frames)
    first, second = gzip.compress(plain[:100_024]), gzip.compress(plain[100_024:])
    damaged = first + second[:10] + b"\xff\xff" + second[12:]
    capture = read(tmp_path / "bad.pcap.gz", damaged)
    (problem,) = capture.problems
    assert problem.message.startswith(f"bad.pcap.gz: the gzip data is damaged at byte {len(first) + 10:,}: ")
    assert capture.frame_count == 100_000 // 76
    assert frames_of(capture) == list(frames[: 100_000 // 76])


def test_a_wrong_gzip_checksum_is_reported(tmp_path: Path) -> None:
    whole = as_gzip(MANY)
    capture = read(tmp_path / "file", whole[:-8] + b"oops" + whole[-4:])
    assert "incorrect data check" in capture.problems[0].message
    assert capture.frame_count == len(MANY)


def test_bytes_after_the_gzip_data_are_reported(tmp_path: Path) -> None:
    whole = as_gzip(MANY)
    capture = read(tmp_path / "file", whole + bytes(100))
    assert capture.problems[0].message == (
        f"file: the gzip data ends at byte {len(whole):,}, what follows is none; it was left out. 360 frames were read."
    )


@pytest.mark.parametrize("length", [2, 5, 10])
def test_a_gzip_file_of_which_nothing_comes_out(tmp_path: Path, length: int) -> None:
    with pytest.raises(CaptureError, match="the gzip data is cut short"):
        read(tmp_path / "file", as_gzip(MANY)[:length])


def test_a_gzip_bomb_is_unpacked_in_small_steps(tmp_path: Path) -> None:
    zeros = struct.pack("<IIII", 1, 0, 200_000, 200_000) + bytes(200_000)
    file = tmp_path / "file"
    with gzip.open(file, "wb", compresslevel=1) as bomb:
        bomb.write(pcap_header())
        for _record in range(200):
            bomb.write(zeros)
    reader = CaptureReader(file)
    steps = iter(reader)
    next(steps)
    assert 0 < reader.capture.frame_count < 200
    for _progress in steps:
        pass
    assert reader.capture.frame_count == 200


# ---- files that cannot be opened ----


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(CaptureError) as caught:
        CaptureReader(tmp_path / "nowhere.pcap")
    assert str(caught.value) == f"{tmp_path}/nowhere.pcap does not exist."


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(CaptureError) as caught:
        CaptureReader(tmp_path)
    assert str(caught.value) == f"{tmp_path} is a folder, not a capture."


def test_a_pipe_does_not_make_us_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CaptureError, match="is not a regular file"):
        CaptureReader(tmp_path / "pipe")


def test_a_name_that_no_file_can_have() -> None:
    with pytest.raises(CaptureError, match=r"cannot be read: embedded null byte\.$"):
        CaptureReader("a\0b")
    with pytest.raises(CaptureError, match=r"cannot be read: File name too long\.$"):
        CaptureReader("a" * 5000)


def test_a_file_that_we_may_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret.pcap"
    file.write_bytes(as_pcap(FRAMES))
    file.chmod(0)
    if os.geteuid() == 0:  # root may read everything

        def refuse(path: Path, flags: int) -> int:
            raise PermissionError(13, "Permission denied", path)

        monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(CaptureError) as caught:
        CaptureReader(file)
    assert str(caught.value) == f"{file} may not be read: permission denied."


@pytest.mark.parametrize("content", [b"x", b"abc", b"This is a text file.\n" * 5, b"\xd4\xc3", bytes(5000)])
def test_a_file_that_is_no_capture(tmp_path: Path, content: bytes) -> None:
    for packed in (content, gzip.compress(content)):
        with pytest.raises(CaptureError) as caught:
            read(tmp_path / "file", packed)
        assert str(caught.value) == "file is not a capture: it is neither pcap nor pcapng."
