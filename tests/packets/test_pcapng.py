"""pcapng files, built by hand."""

import struct
from fractions import Fraction
from pathlib import Path

import pytest

from tcpladder.packets.capture import NO_TIME, CaptureError
from tests.packets.files import (
    FRAMES,
    START_S,
    block,
    clock,
    end_of_options,
    enhanced,
    frames_of,
    interface,
    obsolete,
    option,
    read,
    rows_of,
    section,
    simple,
)

SECOND = 1_000_000_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "made.pcapng"


@pytest.mark.parametrize("order", "<>")
def test_enhanced_packets_of_either_byte_order(file: Path, order: str) -> None:
    packets = (
        enhanced(frame, (START_S + number) * 1_000_000 + 7, order, wire_len=1000 + number)
        for number, frame in enumerate(FRAMES)
    )
    capture = read(file, section(order) + interface(order, 101, 96) + b"".join(packets))
    assert capture.problems == []
    assert capture.format == "pcapng"
    assert frames_of(capture) == list(FRAMES)
    assert capture.wire_len.tolist() == [1000, 1001, 1002, 1003, 1004, 1005]
    assert capture.time_ns.tolist() == [(START_S + number) * SECOND + 7000 for number in range(len(FRAMES))]
    assert (capture.linktype_of(0), capture.interfaces[0].snaplen) == (101, 96)


@pytest.mark.parametrize("order", "<>")
def test_simple_packets_have_no_time_and_the_length_of_their_interface(file: Path, order: str) -> None:
    content = section(order) + interface(order, snaplen=50) + simple(FRAMES[0][:50], order, 60)
    capture = read(file, content + simple(FRAMES[5], order))
    assert frames_of(capture) == [FRAMES[0][:50], FRAMES[5]]
    assert capture.wire_len.tolist() == [60, 1]
    assert capture.time_ns.tolist() == [NO_TIME, NO_TIME]
    assert capture.odd_time(0) is None


@pytest.mark.parametrize("order", "<>")
def test_obsolete_packets_may_count_drops(file: Path, order: str) -> None:
    drop_option = option(order, 4, struct.pack(order + "Q", 1 << 40)) + end_of_options(order)
    content = section(order) + interface(order) + interface(order, 101)
    content += obsolete(FRAMES[0], START_S * 1_000_000, order, number=1)
    content += obsolete(FRAMES[1], START_S * 1_000_000, order, drops=3)
    content += obsolete(FRAMES[2], START_S * 1_000_000, order, drops=3, options=drop_option)
    capture = read(file, content)
    assert frames_of(capture) == list(FRAMES[:3])
    assert capture.interface.tolist() == [1, 0, 0]
    assert [capture.drop_count(row) for row in range(3)] == [None, 3, 1 << 40]
    assert capture.drop_counts.rows.tolist() == [1, 2]


def test_kinds_of_packet_blocks_may_alternate(file: Path) -> None:
    one_round = [enhanced(FRAMES[0]), simple(FRAMES[1]), obsolete(FRAMES[2])]
    capture = read(file, section() + interface() + b"".join(5 * one_round))
    assert frames_of(capture) == 5 * list(FRAMES[:3])
    assert capture.time_ns.tolist() == 5 * [START_S * SECOND, NO_TIME, START_S * SECOND]


@pytest.mark.parametrize(
    ("resolution", "ticks_per_second"),
    [(0, 1), (3, 10**3), (6, 10**6), (9, 10**9), (10, 10**10), (12, 10**12), (19, 10**19), (127, 10**127)]
    + [(0x80 | power, 2**power) for power in (0, 1, 10, 20, 30, 33, 34, 40, 63, 64, 127)],
)
def test_every_clock_is_exact(file: Path, resolution: int, ticks_per_second: int) -> None:
    latest = (1 << 64) - 1
    wanted = [START_S * ticks_per_second + ticks_per_second // 3, 12_345_678_901_234_567, 1, 0]
    ticks = [min(tick, latest) for tick in wanted]
    ticks = [tick for tick in ticks if tick // ticks_per_second < 9_000_000_000]
    packets = (enhanced(FRAMES[0], tick) for tick in ticks)
    capture = read(file, section() + interface(options=clock("<", resolution)) + b"".join(packets))
    assert capture.interfaces[0].ticks_per_second == ticks_per_second
    assert capture.time_ns.tolist() == [int(Fraction(tick * SECOND, ticks_per_second)) for tick in ticks]
    assert capture.odd_times.rows.tolist() == []


@pytest.mark.parametrize("offset_s", [0, 3600, -3600, START_S, -2 * START_S])
def test_offsets_are_added(file: Path, offset_s: int) -> None:
    content = section() + interface(options=clock("<", 9, offset_s))
    capture = read(file, content + enhanced(FRAMES[0], 1_500_000_001))
    assert capture.time_ns[0] == 1_500_000_001 + offset_s * SECOND
    assert capture.interfaces[0].offset_s == offset_s


@pytest.mark.parametrize("seconds", [9_223_372_037, 1 << 40, (1 << 63) - 1])
def test_times_beyond_64_bit_nanoseconds_are_told_apart(file: Path, seconds: int) -> None:
    packets = enhanced(FRAMES[0], seconds) + enhanced(FRAMES[0], 5)
    capture = read(file, section() + interface(options=clock("<", 0)) + packets)
    assert capture.odd_time(0) == (seconds, 0)
    assert capture.time_ns.tolist() == [(1 << 63) - 1, 5 * SECOND]


def test_an_offset_may_lead_beyond_64_bit_nanoseconds(file: Path) -> None:
    content = section() + interface(options=clock("<", 9, 1)) + enhanced(FRAMES[0], (1 << 63) - 1)
    capture = read(file, content)
    assert capture.odd_time(0) == (9_223_372_037, 854_775_807)
    assert capture.time_ns[0] == (1 << 63) - 1


def test_times_before_64_bit_nanoseconds_are_told_apart(file: Path) -> None:
    content = section() + interface(options=clock("<", 6, -(1 << 40))) + enhanced(FRAMES[0], 1)
    capture = read(file, content)
    assert capture.odd_time(0) == (-(1 << 40), 1000)
    assert capture.time_ns[0] == -(1 << 63) + 1 != NO_TIME


def test_every_interface_has_its_own_link_type_and_clock(file: Path) -> None:
    content = section() + interface(linktype=1) + interface(linktype=101, options=clock("<", 3))
    content += enhanced(FRAMES[0], START_S * 1000, number=1) + enhanced(FRAMES[1], START_S * 1_000_000)
    content += interface(linktype=113, options=clock("<", 0x80 | 10, 100))
    content += enhanced(FRAMES[2], (START_S - 100) * 1024 + 512, number=2)
    capture = read(file, content)
    assert capture.time_ns.tolist() == [START_S * SECOND, START_S * SECOND, START_S * SECOND + SECOND // 2]
    assert [capture.linktype_of(row) for row in range(3)] == [101, 1, 113]


def test_every_section_begins_anew(file: Path) -> None:
    content = section("<") + interface("<", 1) + interface("<", 101) + enhanced(FRAMES[0], number=1)
    content += section(">") + interface(">", 113, options=clock(">", 9))
    content += enhanced(FRAMES[1], START_S * SECOND, ">") + section("<") + interface("<", 276) + enhanced(FRAMES[2])
    capture = read(file, content)
    assert capture.problems == []
    assert [capture.linktype_of(row) for row in range(3)] == [101, 113, 276]
    assert [(one.section, one.number) for one in capture.interfaces] == [(0, 0), (0, 1), (1, 0), (2, 0)]
    assert capture.time_ns.tolist() == 3 * [START_S * SECOND]


def test_a_packet_may_not_use_an_interface_of_another_section(file: Path) -> None:
    content = section() + interface() + enhanced(FRAMES[0]) + section()
    capture = read(file, content + enhanced(FRAMES[1]))
    assert capture.problems[0].message == (
        f"made.pcapng: the packet at byte {len(content)} is of interface 0, its section describes 0. 1 frame was read."
    )


@pytest.mark.parametrize("order", "<>")
def test_options_of_sections_and_interfaces(file: Path, order: str) -> None:
    about_section = [(1, "first"), (2, "a machine"), (3, "a system"), (4, "a program"), (1, "second")]
    about_interface = [(2, "eth0"), (3, "the wired one"), (12, "Linux"), (15, "a card"), (1, "dusty")]
    capture = read(
        file,
        section(order, b"".join(option(order, code, text.encode()) for code, text in about_section))
        + interface(
            order,
            options=b"".join(option(order, code, text.encode()) for code, text in about_interface)
            + option(order, 11, b"\0tcp port 80")
            + option(order, 13, b"\4")
            + option(order, 5, bytes(8))
            + end_of_options(order),
        ),
    )
    (header,) = capture.sections
    assert (header.hardware, header.os, header.application) == ("a machine", "a system", "a program")
    assert header.comments == ("first", "second")
    assert capture.comments == ["first", "second"]
    (found,) = capture.interfaces
    assert (found.name, found.description, found.os) == ("eth0", "the wired one", "Linux")
    assert (found.hardware, found.filter, found.fcs_len) == ("a card", "tcp port 80", 4)
    assert found.comments == ("dusty",)


def packet_options(order: str, number: int) -> bytes:
    """Different options from packet to packet."""
    flags = option(order, 2, struct.pack(order + "I", number))
    drops = option(order, 4, struct.pack(order + "Q", number << 33))
    comments = option(order, 1, f"Nº {number}".encode()) + option(order, 1, b"again")
    unknown = option(order, 0x7123, bytes(number % 9))
    end = end_of_options(order)
    return (b"", flags, comments + end, unknown + drops + end, drops + comments + flags, end + b"rest")[number % 6]


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("count", [6, 200])  # few are read one by one, many at once
def test_options_of_packets(file: Path, order: str, count: int) -> None:
    packets = (enhanced(FRAMES[number % 5], 0, order, options=packet_options(order, number)) for number in range(count))
    capture = read(file, section(order) + interface(order) + b"".join(packets))
    assert capture.problems == []
    for number in range(count):
        kind = number % 6
        assert capture.packet_flags(number) == (number if kind in (1, 4) else None)
        assert capture.drop_count(number) == (number << 33 if kind in (3, 4) else None)
        assert capture.packet_comments(number) == ((f"Nº {number}", "again") if kind in (2, 4) else ())
    assert capture.flags.rows.tolist() == [number for number in range(count) if number % 6 in (1, 4)]
    commented = [number for number in range(count) if number % 6 in (2, 4)]
    assert capture.commented_rows.tolist() == sorted(2 * commented)


def test_bytes_that_are_no_text_do_not_stop_a_comment(file: Path) -> None:
    capture = read(file, section() + interface() + enhanced(FRAMES[0], options=option("<", 1, b"a\xffb")))
    assert capture.packet_comments(0) == ("a\ufffdb",)


def test_unknown_blocks_and_statistics_are_skipped(file: Path) -> None:
    others = block("<", 4, bytes(4)) + block("<", 5, bytes(12)) + block("<", 0x7FFF_FFFF, b"whatever")
    content = section() + others + interface() + enhanced(FRAMES[0]) + others + enhanced(FRAMES[1]) + others
    capture = read(file, content)
    assert frames_of(capture) == list(FRAMES[:2])
    assert capture.problems == []


WHOLE = section() + interface() + enhanced(FRAMES[0])


@pytest.mark.parametrize("kept", range(1, 12))
def test_a_cut_block_is_reported_and_what_is_before_it_kept(file: Path, kept: int) -> None:
    capture = read(file, WHOLE + enhanced(FRAMES[1])[: 8 * kept])
    assert capture.problems[0].message == (
        f"made.pcapng: the block at byte {len(WHOLE)}, where record 2 would be next, is cut: "
        f"the file ends after {8 * kept} bytes of it. 1 frame was read."
    )
    assert frames_of(capture) == [FRAMES[0]]


def changed(content: bytes, offset: int, form: str, *values: int) -> bytes:
    """The content with other numbers at an offset."""
    return content[:offset] + struct.pack(form, *values) + content[offset + struct.calcsize(form) :]


GOOD = enhanced(FRAMES[0])


@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        (changed(GOOD, len(GOOD) - 4, "<I", 4), "says 92 bytes at its beginning and 4 at its end"),
        (changed(GOOD, 8, "<I", 5), "is of interface 5, its section describes 1"),
        (changed(GOOD, 20, "<I", 61), "says 61 bytes, its block has room for 60"),
        (changed(GOOD, 20, "<I", 0xFFFF_FFFF), "says 4,294,967,295 bytes; more than 262,144 can only be damage"),
        (changed(GOOD, 4, "<I", 28), "says 28 bytes; it needs 32"),
        (changed(GOOD, 4, "<I", 0), "says 0 bytes; it needs 32"),
        (enhanced(FRAMES[0], options=b"\1\0\0\1text"), "option 1 says 256 bytes, 4 are left"),
        (enhanced(FRAMES[0], options=option("<", 2, b"abc")), "option 2 cannot have a length of 3"),
        (enhanced(FRAMES[0], options=option("<", 4, b"abc")), "option 4 cannot have a length of 3"),
        (block("<", 3, struct.pack("<I", 100)), "says 100 bytes, its block has room for 0"),
        (obsolete(FRAMES[0], number=7), "is of interface 7, its section describes 1"),
        (changed(block("<", 99, b"abcd"), 4, "<I", 8), "says 8 bytes; it needs 12"),
        (changed(block("<", 99, b"abcd"), 12, "<I", 12), "says 16 bytes at its beginning and 12 at its end"),
        (interface(options=b"\2\0\0\1"), "option 2 says 256 bytes, 0 are left"),
        (changed(interface(), 4, "<I", 16), "says 16 bytes; it needs 20"),
        (changed(section(), 8, "<I", 0x01020304), "the section header at byte 140 has no known byte order"),
        (section(version=(2, 0)), "the section at byte 140 is of version 2.0; only 1.0 is known"),
    ],
)
@pytest.mark.parametrize("followers", [0, 100])
def test_a_damaged_block_ends_reading(file: Path, damaged: bytes, reason: str, followers: int) -> None:
    assert len(WHOLE) == 140
    capture = read(file, WHOLE + damaged + followers * GOOD)
    (problem,) = capture.problems
    assert problem.byte_offset == 140
    assert "byte 140 " in problem.message
    assert reason in problem.message
    assert problem.message.endswith(". 1 frame was read.")
    assert frames_of(capture) == [FRAMES[0]]


@pytest.mark.parametrize("before", range(0, 120, 17))
def test_damage_among_many_packets_is_found_at_its_place(file: Path, before: int) -> None:
    good = [enhanced(frame, options=option("<", 1, b"fine")) for frame in 20 * FRAMES]
    bad = enhanced(FRAMES[0], options=option("<", 1, b"fine") + option("<", 2, b""))
    content = section() + interface() + b"".join(good[:before]) + bad + b"".join(good[before:])
    content += enhanced(FRAMES[0], options=b"bad") + b"".join(good)
    capture = read(file, content)
    assert capture.frame_count == before
    assert capture.commented_rows.tolist() == list(range(before))
    assert capture.problems[0].record == before + 1


@pytest.mark.parametrize("length", range(4, 28))
def test_a_cut_section_header_cannot_be_opened(file: Path, length: int) -> None:
    with pytest.raises(CaptureError, match="within its first section header"):
        read(file, section()[:length])


def test_one_section_more_or_less_makes_no_difference_to_the_rows(file: Path, tmp_path: Path) -> None:
    packets = b"".join(enhanced(frame, options=packet_options("<", row)) for row, frame in enumerate(FRAMES))
    once = read(file, section() + interface() + packets)
    twice = read(tmp_path / "twice.pcapng", 2 * (section() + interface() + packets))
    assert [row[:3] + row[4:] for row in rows_of(twice)] == 2 * [row[:3] + row[4:] for row in rows_of(once)]
