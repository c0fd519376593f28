"""What tshark says of the same files: packets, lengths, times, interfaces, and whether the end was reached."""

import gzip
import os
import random
import subprocess
from pathlib import Path

import pytest

from tcpladder.packets.capture import NO_TIME, Capture, CaptureError
from tests.packets.files import FRAMES, clock, enhanced, interface, option, pcap_header, pcap_record, read, section
from tests.packets.test_reading import as_pcap, as_pcapng

pytestmark = pytest.mark.tshark

FIELDS = (
    "frame.time_epoch",
    "frame.cap_len",
    "frame.len",
    "frame.interface_id",
    "frame.section_number",
    "frame.drop_count",
    "frame.packet_flags",
    "frame.comment",
)

PCAPNG = as_pcapng(30 * FRAMES)
EXACT_CLOCKS = (0, 3, 6, 9, 0x80, 0x8A, 0xA0)
WHOLE = {
    "pcap": as_pcap(FRAMES),
    "pcap.gz": gzip.compress(as_pcap(FRAMES)),
    "big-endian nanoseconds": pcap_header(">", 0xA1B23C4D) + pcap_record(FRAMES[0], 5, 999_999_999, ">"),
    "odd time": pcap_header() + pcap_record(FRAMES[0], 10, 1_000_000),
    "pcapng": PCAPNG,
    "clocks": b"".join(
        section() + interface(options=clock("<", resolution, 77)) + enhanced(FRAMES[0], 1_700_000_000)
        for resolution in EXACT_CLOCKS
    ),
    "empty": b"",
    "cut gzip": gzip.compress(as_pcap(FRAMES))[:-5],
    "text": b"This is no capture at all.\n",
    "wrong flags": section() + interface() + enhanced(FRAMES[0]) + enhanced(FRAMES[0], options=option("<", 2, b"x")),
}


def tshark_rows(file: Path) -> tuple[list[list[str]], bool]:
    """A row of texts for each packet, and whether the file could be read to its end."""
    command = ["tshark", "-n", "-r", str(file), "-T", "fields", "-E", "separator=\x1f", "-E", "aggregator=\x1e"]
    for field in FIELDS:
        command += ["-e", field]
    environment = {**os.environ, "WIRESHARK_CONFIG_DIR": str(file.parent / "no-settings")}
    done = subprocess.run(command, capture_output=True, env=environment, timeout=120, check=False)
    lines = done.stdout.decode().split("\n")[:-1]
    return [line.split("\x1f") for line in lines], done.returncode == 0


def time_text(capture: Capture, row: int) -> str:
    odd, time_ns = capture.odd_time(row), int(capture.time_ns[row])
    if time_ns == NO_TIME:
        return ""
    seconds, fraction = odd or divmod(abs(time_ns), 1_000_000_000)
    return f"{'-' if time_ns < 0 else ''}{seconds}.{fraction:09d}"


def our_rows(file: Path) -> tuple[list[list[str]], bool]:
    try:
        capture = read(file)
    except CaptureError:
        return [], False
    rows = []
    for row in range(capture.frame_count):
        one = capture.interfaces[capture.interface[row]]
        place = [str(one.number), str(one.section + 1)] if capture.format == "pcapng" else ["", ""]
        drops, flags = capture.drop_count(row), capture.packet_flags(row)
        rows.append(
            [
                time_text(capture, row),
                str(capture.captured_len[row]),
                str(capture.wire_len[row]),
                *place,
                "" if drops is None else str(drops),
                "" if flags is None else f"0x{flags:08x}",
                "\x1e".join(capture.packet_comments(row)),
            ]
        )
    return rows, not capture.problems


@pytest.mark.parametrize("name", WHOLE)
def test_built_files(tmp_path: Path, name: str) -> None:
    file = tmp_path / "file"
    file.write_bytes(WHOLE[name])
    assert our_rows(file) == tshark_rows(file)


@pytest.mark.parametrize("seed", range(25))
def test_cut_files(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    content = as_pcap(FRAMES) if seed % 2 else PCAPNG[: 40 * 90]
    file = tmp_path / "file"
    file.write_bytes(content[: chance.randrange(28, len(content))])
    assert our_rows(file) == tshark_rows(file)
