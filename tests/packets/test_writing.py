"""Exported packets: read by capinfos and tshark where they are installed, and by our own reader."""

import gzip
import lzma
import os
import shutil
import struct
import subprocess

import numpy as np
import pytest

from tcpladder.packets.capture import NO_TIME
from tcpladder.packets.copying import save_copy
from tcpladder.packets.whole_file import WriteError, whole_file, write_whole
from tcpladder.packets.writing import FileFormat, losses, save_packets
from tests.packets.files import (
    FRAMES,
    START_S,
    block,
    clock,
    end_of_options,
    enhanced,
    frames_of,
    interface,
    join,
    obsolete,
    option,
    pcap_header,
    pcap_record,
    read,
    rows_of,
    section,
    simple,
)

needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")


def comment(text: str, order: str = "<") -> bytes:
    return option(order, 1, text.encode())


def rich_file(order: str = "<") -> bytes:
    """Two interfaces with their clocks, comments, flags, a drop count, an unknown option and an unknown block."""
    flags = option(order, 2, struct.pack(order + "I", 1))
    drops = option(order, 4, struct.pack(order + "Q", 7))
    packet_id = option(order, 5, bytes(range(8)))
    described = option(order, 2, b"lan0") + option(order, 11, b"\0tcp") + clock(order, 6)
    return join([
        section(order, comment("of the file", order) + option(order, 4, b"recorder 1.0") + end_of_options(order)),
        interface(order, options=described),
        interface(order, linktype=101, options=clock(order, 9)),
        enhanced(FRAMES[0], START_S * 10**6, order, options=comment("first", order) + flags + end_of_options(order)),
        block(order, 0x12345, b"nobody knows this block"),
        enhanced(FRAMES[1], START_S * 10**9 + 123_456_789, order, number=1, options=drops + end_of_options(order)),
        enhanced(FRAMES[2], START_S * 10**6 + 5, order,
                 options=comment("one", order) + comment("two", order) + packet_id + end_of_options(order)),
        enhanced(FRAMES[3], START_S * 10**6 + 9, order, wire_len=1500),
    ])


def test_pcapng_keeps_what_the_capture_holds(tmp_path):
    original = read(tmp_path / "a.pcapng", rich_file())
    save_packets(original, np.arange(4), tmp_path / "b.pcapng", FileFormat.PCAPNG)
    copy = read(tmp_path / "b.pcapng")
    assert rows_of(copy) == rows_of(original)
    assert copy.interfaces == original.interfaces
    assert copy.sections == original.sections
    assert not copy.problems


@needs_tshark
@pytest.mark.tshark
@pytest.mark.parametrize("name", ["b.pcapng", "b.pcapng.gz"])
def test_tshark_reads_the_same_from_the_exported_pcapng(tmp_path, name):
    original = read(tmp_path / "a.pcapng", rich_file())
    save_packets(original, np.array([0, 2, 3]), tmp_path / name, FileFormat.PCAPNG)
    fields = ["frame.time_epoch", "frame.len", "frame.cap_len", "frame.interface_name", "frame.comment",
              "frame.packet_flags"]
    command = ["tshark", "-r", str(tmp_path / name), "-T", "fields", *(f"-e{name}" for name in fields)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert [line.split("\t") for line in answer] == [
        ["1700000000.000000000", "60", "60", "lan0", "first", "0x00000001"],
        ["1700000000.000005000", "62", "62", "lan0", "one,two", ""],
        ["1700000000.000009000", "1500", "63", "lan0", "", ""],
    ]
    properties = subprocess.run(["capinfos", "-tEcu", str(tmp_path / name)], capture_output=True, text=True, check=True)
    assert "Number of packets:   3" in properties.stdout


@needs_tshark
@pytest.mark.tshark
@pytest.mark.parametrize(("row", "kind", "time"), [
    (0, "Wireshark/tcpdump/... - pcap", "1700000000.000000000"),
    (1, "Wireshark/tcpdump/... - nanosecond pcap", "1700000000.123456789"),
])
def test_pcap_uses_nanoseconds_only_where_needed(tmp_path, row, kind, time):
    original = read(tmp_path / "a.pcapng", rich_file())
    save_packets(original, np.array([row]), tmp_path / "b.pcap", FileFormat.PCAP)
    properties = subprocess.run(["capinfos", "-t", tmp_path / "b.pcap"], capture_output=True, text=True, check=True)
    assert properties.stdout.splitlines()[1].split(":", 1)[1].strip() == kind
    answer = subprocess.run(["tshark", "-r", str(tmp_path / "b.pcap"), "-T", "fields", "-eframe.time_epoch"],
                            capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == time


def test_pcap_keeps_bytes_lengths_times_and_frame_check_sequence(tmp_path):
    link_word = 1 | 1 << 26 | 2 << 28       # Ethernet with 4 bytes of frame check sequence
    content = pcap_header(link_word=link_word, snaplen=96) + join(
        pcap_record(frame, START_S + number, number, wire_len=1000) for number, frame in enumerate(FRAMES))
    original = read(tmp_path / "a.pcap", content)
    save_packets(original, np.arange(len(FRAMES)), tmp_path / "b.pcap", FileFormat.PCAP)
    assert (tmp_path / "b.pcap").read_bytes() == content


def test_one_pcap_cannot_hold_two_link_types(tmp_path):
    original = read(tmp_path / "a.pcapng", rich_file())
    with pytest.raises(WriteError, match="one link type, these packets have 2: 1, 101"):
        save_packets(original, np.arange(4), tmp_path / "b.pcap", FileFormat.PCAP)
    assert os.listdir(tmp_path) == ["a.pcapng"]


def test_what_pcap_will_lose_is_said_before(tmp_path):
    original = read(tmp_path / "a.pcapng", rich_file())
    assert losses(original, np.array([0, 2]), FileFormat.PCAP) == [
        "pcap cannot hold comments: 4 comments will be left out.",
        "pcap holds packets only: 1 other block (names, statistics, keys) will be left out."]


def test_times_before_1970_fit_into_pcapng_only(tmp_path):
    content = section() + interface(options=clock("<", 9, offset_s=-START_S))
    content += enhanced(FRAMES[0], 10**9 + 7) + enhanced(FRAMES[1], 3 * 10**9)
    original = read(tmp_path / "a.pcapng", content)
    save_packets(original, np.arange(2), tmp_path / "b.pcapng", FileFormat.PCAPNG)
    times = [(1 - START_S) * 10**9 + 7, (3 - START_S) * 10**9]
    assert read(tmp_path / "b.pcapng").time_ns.tolist() == original.time_ns.tolist() == times
    with pytest.raises(WriteError, match="from 1970 to 2106"):
        save_packets(original, np.arange(2), tmp_path / "b.pcap", FileFormat.PCAP)


def test_a_packet_without_a_time_stays_so_in_pcapng_and_has_the_time_0_in_pcap(tmp_path):
    original = read(tmp_path / "a.pcapng", section() + interface() + simple(FRAMES[0]))
    assert original.time_ns.tolist() == [NO_TIME]
    for form, times in ((FileFormat.PCAPNG, [NO_TIME]), (FileFormat.PCAP, [0])):
        target = tmp_path / f"b.{form.value}"
        save_packets(original, np.arange(1), target, form)
        assert read(target).time_ns.tolist() == times


def test_nothing_is_left_where_writing_is_given_up(tmp_path):
    original = read(tmp_path / "a.pcapng", rich_file())
    target = tmp_path / "b.pcapng"
    target.write_bytes(b"as before")

    def give_up(_done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save_packets(original, np.arange(4), target, FileFormat.PCAPNG, progressed=give_up)
    assert target.read_bytes() == b"as before"
    assert sorted(os.listdir(tmp_path)) == ["a.pcapng", "b.pcapng"]


def test_the_open_capture_is_never_written_to_by_whatever_name(tmp_path):
    original = read(tmp_path / "a.pcapng", rich_file())
    (tmp_path / "soft.pcapng").symlink_to(tmp_path / "a.pcapng")
    os.link(tmp_path / "a.pcapng", tmp_path / "hard.pcapng")
    for name in ("a.pcapng", "soft.pcapng", "hard.pcapng"):
        with pytest.raises(WriteError, match="is the open capture"):
            save_packets(original, np.arange(4), tmp_path / name, FileFormat.PCAPNG)
        with pytest.raises(WriteError, match="is the open capture"):
            save_copy(original, tmp_path / name)
    assert (tmp_path / "a.pcapng").read_bytes() == rich_file()


@pytest.mark.parametrize(("name", "sentence"), [
    ("folder", "is a folder"), ("missing/b.pcap", "could not be written: No such file or directory")])
def test_where_nothing_can_be_written_a_sentence_says_why(tmp_path, name, sentence):
    (tmp_path / "folder").mkdir()
    with pytest.raises(WriteError, match=sentence), whole_file(tmp_path / name) as file:
        file.write(b"x")


def test_an_existing_file_keeps_its_rights_and_a_link_stays_a_link(tmp_path):
    target, link = tmp_path / "b", tmp_path / "link"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link.symlink_to(target)
    with whole_file(link) as file:
        file.write(b"new")
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()


# Copies


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_copy_with_an_edited_comment_keeps_every_other_block(tmp_path, order):
    original = read(tmp_path / "a.pcapng", rich_file(order))
    original.set_comments(2, ("changed",))
    original.set_comments(3, ("new", "two lines\nof it"))
    save_copy(original, tmp_path / "b.pcapng")
    content = (tmp_path / "b.pcapng").read_bytes()
    copy = read(tmp_path / "b.pcapng")
    assert [copy.packet_comments(row) for row in range(4)] == [
        ("first",), (), ("changed",), ("new", "two lines\nof it")]
    assert frames_of(copy) == frames_of(original)
    assert b"nobody knows this block" in content
    assert option(order, 5, bytes(range(8))) in content
    assert copy.packet_flags(0) == 1
    assert (tmp_path / "a.pcapng").read_bytes() == rich_file(order)


@pytest.mark.parametrize(("build", "time_ns"), [(obsolete, START_S * 10**9), (simple, 0)])
def test_older_packet_blocks_take_comments_too(tmp_path, build, time_ns):
    original = read(tmp_path / "a.pcapng", section() + interface() + build(FRAMES[1]) + build(FRAMES[2]))
    original.set_comments(1, ("here",))
    save_copy(original, tmp_path / "b.pcapng")
    copy = read(tmp_path / "b.pcapng")
    assert copy.packet_comments(1) == ("here",)
    assert frames_of(copy) == frames_of(original)
    assert copy.time_ns[1] == time_ns
    assert not copy.problems


def test_an_unedited_copy_is_the_same_to_the_last_byte(tmp_path):
    original = read(tmp_path / "a.pcapng", rich_file() + b"and damage")
    save_copy(original, tmp_path / "b.pcapng")
    assert (tmp_path / "b.pcapng").read_bytes() == rich_file() + b"and damage"


def test_a_name_chooses_format_and_packing(tmp_path):
    content = pcap_header() + join(pcap_record(frame) for frame in FRAMES)
    original = read(tmp_path / "a.pcap.gz", gzip.compress(content))
    save_copy(original, tmp_path / "b.pcap.gz")
    assert (tmp_path / "b.pcap.gz").read_bytes() == (tmp_path / "a.pcap.gz").read_bytes()
    save_copy(original, tmp_path / "b.pcap")
    assert (tmp_path / "b.pcap").read_bytes() == content
    original.set_comments(4, ("noted",))
    save_copy(original, tmp_path / "b.pcapng.gz")
    copy = read(tmp_path / "b.pcapng.gz")
    assert (copy.format, copy.compression) == ("pcapng", "gzip")
    assert frames_of(copy) == list(FRAMES)
    assert copy.packet_comments(4) == ("noted",)


def test_a_copy_is_packed_as_the_original_or_with_gzip(tmp_path):
    content = pcap_header() + join(pcap_record(frame) for frame in FRAMES)
    original = read(tmp_path / "a.pcap.xz", lzma.compress(content))
    save_copy(original, tmp_path / "b.pcap.xz")
    assert (tmp_path / "b.pcap.xz").read_bytes() == (tmp_path / "a.pcap.xz").read_bytes()
    save_copy(original, tmp_path / "b.pcap")
    assert frames_of(read(tmp_path / "b.pcap")) == list(FRAMES)
    with pytest.raises(WriteError, match="packed with gzip only"):
        save_copy(original, tmp_path / "b.pcap.bz2")


def test_edited_comments_are_found_like_those_of_the_file(tmp_path):
    capture = read(tmp_path / "a.pcapng", rich_file())
    capture.set_comments(0, ())
    capture.set_comments(1, ("a", "b"))
    assert capture.commented_rows.tolist() == [1, 1, 2, 2]
    capture.set_comments(0, ("first",))
    capture.set_comments(1, ())
    assert capture.commented_rows.tolist() == [0, 2, 2]
    assert capture.edited_comments == {}


def test_what_is_written_whole_is_never_packed_and_leaves_the_old_file_where_it_fails(tmp_path):
    place = tmp_path / "stream.gz"
    write_whole(place, [b"half ", b"and half"])
    assert place.read_bytes() == b"half and half"

    def failing():
        yield b"new"
        raise OSError(28, "No space left on device")

    with pytest.raises(WriteError, match="No space left"):
        write_whole(place, failing())
    assert place.read_bytes() == b"half and half"
    assert list(tmp_path.iterdir()) == [place]
