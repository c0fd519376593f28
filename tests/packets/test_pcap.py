"""pcap files, built by hand."""

import struct
from pathlib import Path

import pytest

from tcpladder.packets.capture import CaptureError
from tests.packets.files import FRAMES, START_S, frames_of, pcap_header, pcap_record, read

SECOND = 1_000_000_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "made.pcap"


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(("magic", "unit_ns"), [(0xA1B2C3D4, 1000), (0xA1B23C4D, 1)])
def test_either_byte_order_and_either_clock(file: Path, order: str, magic: int, unit_ns: int) -> None:
    records = (
        pcap_record(frame, START_S + number, 7 * number, order, wire_len=1000 + number)
        for number, frame in enumerate(FRAMES)
    )
    capture = read(file, pcap_header(order, magic) + b"".join(records))
    assert capture.problems == []
    assert (capture.format, capture.compression) == ("pcap", "")
    assert frames_of(capture) == list(FRAMES)
    assert capture.wire_len.tolist() == [1000, 1001, 1002, 1003, 1004, 1005]
    assert capture.time_ns.tolist() == [
        (START_S + number) * SECOND + 7 * number * unit_ns for number in range(len(FRAMES))
    ]
    assert capture.interfaces[0].ticks_per_second == SECOND // unit_ns


def test_frames_are_read_only_views_of_the_file(file: Path) -> None:
    capture = read(file, pcap_header() + pcap_record(FRAMES[0]))
    assert capture.frame(0).readonly
    assert not capture.chunks[0].flags.writeable
    assert capture.offset[0] == 24 + 16
    with pytest.raises(IndexError):
        capture.frame(1)


@pytest.mark.parametrize(
    ("link_word", "linktype", "fcs_len"),
    [
        (0x0000_0001, 1, None),
        (0x0400_0001, 1, 0),
        (0x2400_0001, 1, 4),  # two units of 16 bits
        (0x1400_0065, 101, 2),
        (0x2000_0001, 1, None),  # a length, but the bit that says it counts is not set
        (0x0000_FDE8, 65_000, None),  # no such link type; the frames are there all the same
        (0x0224_0002, 0x0224_0002, None),  # NetBSD's class of raw types: not Ethernet's number 2
    ],
)
def test_link_type_word_holds_the_length_of_the_check_sequence(
    file: Path, link_word: int, linktype: int, fcs_len: int | None
) -> None:
    capture = read(file, pcap_header(link_word=link_word, snaplen=96) + pcap_record(FRAMES[0]))
    assert (capture.linktype_of(0), capture.interfaces[0].fcs_len) == (linktype, fcs_len)
    assert capture.interfaces[0].snaplen == 96
    assert capture.frame_count == 1


def test_fractions_of_a_second_and_more_stay_as_written(file: Path) -> None:
    content = pcap_header() + pcap_record(b"a", 10, 999_999) + pcap_record(b"b", 10, 1_000_000)
    capture = read(file, content + pcap_record(b"c", 0xFFFF_FFFF, 0xFFFF_FFFF))
    assert [capture.odd_time(row) for row in range(3)] == [
        None,
        (10, 1_000_000_000),
        (0xFFFF_FFFF, 0xFFFF_FFFF * 1000),
    ]
    assert capture.time_ns.tolist() == [
        10_999_999_000,
        11 * SECOND,
        0xFFFF_FFFF * SECOND + 0xFFFF_FFFF * 1000,
    ]
    assert capture.odd_times.rows.tolist() == [1, 2]


def test_wire_length_below_the_captured_length_stays_as_the_file_says(file: Path) -> None:
    capture = read(file, pcap_header() + pcap_record(FRAMES[0], wire_len=10))
    assert (capture.captured_len[0], capture.wire_len[0]) == (60, 10)


@pytest.mark.parametrize("version", [(2, 0), (2, 2), (543, 0)])
def test_versions_before_2_3_have_the_wire_length_first(file: Path, version: tuple[int, int]) -> None:
    record = struct.pack("<IIII", START_S, 0, 90, 60) + FRAMES[0]
    capture = read(file, pcap_header(version=version) + record)
    assert (capture.captured_len[0], capture.wire_len[0]) == (60, 90)


@pytest.mark.parametrize("lengths", [(60, 90), (90, 60)])
def test_version_2_3_has_either_order(file: Path, lengths: tuple[int, int]) -> None:
    record = struct.pack("<IIII", START_S, 0, *lengths) + FRAMES[0]
    capture = read(file, pcap_header(version=(2, 3)) + 2 * record)
    assert (capture.captured_len.tolist(), capture.wire_len.tolist()) == ([60, 60], [90, 90])


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(("magic", "extra"), [(0xA1B2C3D4, 8), (0xA1B2CD34, 8), (0xA1B2CD34, 12)])
def test_longer_record_headers_of_1999_are_found_out(file: Path, order: str, magic: int, extra: int) -> None:
    # Interface, protocol, packet type, then padding (and two processors, also unused).
    more = struct.pack(order + "IHB", 3, 0x0800, 4).ljust(extra, b"\0")
    records = (
        struct.pack(order + "IIII", START_S + number, 5, len(frame), len(frame)) + more + frame
        for number, frame in enumerate(FRAMES)
    )
    capture = read(file, pcap_header(order, magic, snaplen=2000) + b"".join(records))
    assert capture.problems == []
    assert frames_of(capture) == list(FRAMES)
    assert capture.time_ns[5] == (START_S + 5) * SECOND + 5000


@pytest.mark.parametrize(("magic", "unit_ns"), [(0x1C0001AC, 1), (0x1C0001AB, 1000)])
def test_ixia_files_have_four_more_bytes_of_header(file: Path, magic: int, unit_ns: int) -> None:
    capture = read(file, pcap_header(magic=magic) + bytes(4) + pcap_record(FRAMES[1], START_S, 5))
    assert frames_of(capture) == [FRAMES[1]]
    assert capture.time_ns[0] == START_S * SECOND + 5 * unit_ns


def test_a_file_without_packets_has_no_problem(file: Path) -> None:
    capture = read(file, pcap_header())
    assert (capture.frame_count, capture.problems) == (0, [])


@pytest.mark.parametrize("kept", range(1, 16 + 60))
def test_a_cut_record_is_reported_and_what_is_before_it_kept(file: Path, kept: int) -> None:
    whole = pcap_header() + pcap_record(FRAMES[0])
    capture = read(file, whole + pcap_record(FRAMES[0])[:kept])
    assert frames_of(capture) == [FRAMES[0]]
    (problem,) = capture.problems
    assert (problem.byte_offset, problem.record) == (len(whole), 2)
    if kept < 16:
        assert problem.message == (
            f"made.pcap: record 2 at byte 100 needs a header of 16 bytes, the file ends after {kept}. 1 frame was read."
        )
    else:
        assert problem.message == (
            f"made.pcap: record 2 at byte 100 says 60 bytes, the file ends after {kept - 16}. 1 frame was read."
        )


def test_a_length_that_can_only_be_damage(file: Path) -> None:
    records = 2 * pcap_record(FRAMES[0]) + struct.pack("<IIII", 1, 0, 262_145, 262_145) + bytes(300_000)
    capture = read(file, pcap_header() + records)
    assert capture.problems[0].message == (
        "made.pcap: record 3 at byte 176 says 262,145 bytes; more than 262,144 can only be damage. 2 frames were read."
    )


@pytest.mark.parametrize(("linktype", "longest"), [(1, 262_144), (231, 128 << 20), (279, 8 << 20)])
def test_the_longest_frame_depends_on_the_link_type(file: Path, linktype: int, longest: int) -> None:
    header = pcap_header(link_word=linktype)
    for length, count in ((longest, 1), (longest + 1, 0)):
        with file.open("wb") as sparse:
            sparse.write(header + struct.pack("<IIII", 1, 0, length, length))
            sparse.truncate(24 + 16 + length)
        assert read(file).frame_count == count


@pytest.mark.parametrize("length", range(4, 24))
def test_a_cut_file_header_cannot_be_opened(file: Path, length: int) -> None:
    with pytest.raises(CaptureError) as caught:
        read(file, pcap_header()[:length])
    assert str(caught.value) == f"made.pcap: a pcap file header needs 24 bytes, the file has {length}."


def test_a_version_that_nobody_reads(file: Path) -> None:
    with pytest.raises(CaptureError, match=r"^made\.pcap: pcap version 1\.9 is not supported"):
        read(file, pcap_header(version=(1, 9)))
