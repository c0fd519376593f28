"""Several files as one capture; the order is that of mergecap."""

import gzip
import random
import shutil
import subprocess

import pytest

from tcpladder.packets.capture import Capture, CaptureError
from tcpladder.packets.merging import merging_reader
from tests.packets.files import (
    FRAMES,
    START_S,
    clock,
    end_of_options,
    enhanced,
    frames_of,
    interface,
    join,
    option,
    pcap_header,
    pcap_record,
    read,
    section,
)


def merged(*paths) -> Capture:
    reader = merging_reader(paths)
    for _progress in reader:
        pass
    reader.close()
    return reader.capture


def frame(name: str, number: int) -> bytes:
    return f"{name}{number}".encode().ljust(20, b".")


def pcap(name: str, seconds: list[int], linktype: int = 1) -> bytes:
    return pcap_header(link_word=linktype) + join(
        pcap_record(frame(name, number), START_S + second) for number, second in enumerate(seconds))


@pytest.mark.skipif(shutil.which("mergecap") is None, reason="mergecap is not installed")
@pytest.mark.tshark
@pytest.mark.parametrize("seed", range(4))
def test_the_order_is_that_of_mergecap(tmp_path, seed):
    dice = random.Random(seed)
    paths = []
    for name in "abc":
        seconds = [dice.randrange(40) for _packet in range(30)]
        paths.append(tmp_path / name)
        paths[-1].write_bytes(pcap(name, seconds if seed % 2 else sorted(seconds)))
    subprocess.run(["mergecap", "-w", tmp_path / "m", *paths], check=True)
    expected = read(tmp_path / "m")
    capture = merged(*paths)
    assert capture.time_ns.tolist() == expected.time_ns.tolist()
    assert frames_of(capture) == frames_of(expected)


def test_each_packet_keeps_its_interface_link_type_comment_and_clock(tmp_path):
    one, two = tmp_path / "one.pcap", tmp_path / "two.pcapng.gz"
    one.write_bytes(pcap("a", [0, 2], linktype=101))
    comment = option("<", 1, b"said") + end_of_options("<")
    two.write_bytes(gzip.compress(
        section() + interface(options=option("<", 2, b"lan0") + clock("<", 9))
        + enhanced(FRAMES[0], (START_S + 1) * 10**9 + 7, options=comment)))
    capture = merged(one, two)
    assert [capture.linktype_of(row) for row in range(3)] == [101, 1, 101]
    assert capture.packet_comments(1) == ("said",)
    assert capture.time_ns[1] == (START_S + 1) * 10**9 + 7
    assert [(item.name, item.description) for item in capture.interfaces] == [
        ("", "one.pcap"), ("lan0", "two.pcapng.gz")]
    assert capture.paths == (one, two)
    assert capture.format == "pcapng"
    assert len(capture.chunks) == 1


def test_a_damaged_file_gives_what_it_has_and_is_named(tmp_path):
    one, two = tmp_path / "one.pcap", tmp_path / "two.pcap"
    one.write_bytes(pcap("a", [0, 2])[:-3])
    two.write_bytes(pcap("b", [1, 3]))
    capture = merged(one, two)
    assert frames_of(capture) == [frame("a", 0), frame("b", 0), frame("b", 1)]
    assert "one.pcap: record 2" in capture.problems[0].message


def test_a_file_that_is_no_capture_is_refused_by_name(tmp_path):
    one, two = tmp_path / "one.pcap", tmp_path / "two.txt"
    one.write_bytes(pcap("a", [0]))
    two.write_bytes(b"hello, world")
    with pytest.raises(CaptureError, match=r"two\.txt is not a capture"):
        merged(one, two)


def test_files_without_packets_merge_too(tmp_path):
    one, two = tmp_path / "one.pcap", tmp_path / "two.pcap"
    one.write_bytes(pcap("a", []))
    two.write_bytes(b"")
    assert merged(one, two).frame_count == 0


def test_many_packets_come_in_batches(tmp_path):
    one, two = tmp_path / "one.pcap", tmp_path / "two.pcap"
    for path, name in ((one, "a"), (two, "b")):
        path.write_bytes(pcap_header() + join(
            pcap_record(frame(name, number), START_S + number) for number in range(60_000)))
    reader = merging_reader([one, two])
    counts = [progress.frames for progress in reader]
    reader.close()
    assert counts[0] < 10_000
    assert counts[-1] == 120_000
    assert reader.progress().bytes_read == reader.progress().bytes_total
    assert bytes(reader.capture.frame(119_999)) == frame("a", 59_999)
