"""Every generated field of TCP, in every frame, against tshark run on the same capture."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tcpladder.tcp.fields import TCP_FIELDS
from tcpladder.tcp.stream_rules import Mark
from tests.tcp.scripts import read

ROOT = Path(__file__).resolve().parents[2]
LAB = ROOT / "tests" / "data" / "lab"
CAPTURES = [
    *sorted((ROOT / "captures").glob("*.pcap*")),
    *(LAB / f"{name}.pcap" for name in (
        "close-against-zero-window", "data-lost", "data-lost-twice", "ecn", "fast-open-with-cookie",
        "fin-overtakes-data", "first-of-four-lost", "half-open-discovery", "keep-alive-failure", "old-duplicate-syn",
        "out-of-order", "port-reused-in-time-wait", "simultaneous-close-ack-lost", "simultaneous-open", "syn-ack-lost",
        "zero-window")),
]
# As the tree shows them, two passes, nothing reassembled, no names looked up.
TSHARK = ["tshark", "-n", "-2", "-o", "tcp.desegment_tcp_streams:FALSE", "-T", "fields", "-E", "occurrence=f"]
TIMES = ("tcp.time_relative", "tcp.time_delta", "tcp.analysis.initial_rtt", "tcp.analysis.ack_rtt", "tcp.analysis.rto")
WITHOUT_VALUE = frozenset({name for name in TCP_FIELDS if name.startswith("tcp.connection.")} | {
    "tcp.analysis", "tcp.analysis.flags", *(f"tcp.analysis.{mark.name}".lower() for mark in Mark)})
# A SYN-ACK that acknowledges more than this SYN: tshark takes it for fast open, though no SYN carries a cookie.
OTHERWISE = {("old-duplicate-syn", "tcp.analysis.tfo_ack")}


@pytest.mark.tshark
@pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.stem)
def test_generated_fields_are_those_of_tshark(capture: Path) -> None:
    names = [name for name in TCP_FIELDS if (capture.stem, name) not in OTHERWISE]
    command = [*TSHARK, "-r", str(capture), "-e", "frame.number", *(word for name in names for word in ("-e", name))]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    expected = {int(line.split("\t")[0]): line.split("\t")[1:] for line in printed.splitlines()}
    told = read(capture)
    rows = told.columns.layer("tcp").rows
    assert len(rows)
    for place, name in enumerate(names):
        values, present = told.columns.layer_values(name)
        for row, value, there in zip(rows.tolist(), values.tolist(), present.tolist(), strict=True):
            shown = expected[row + 1][place]
            assert there is bool(shown), (name, row + 1, shown)
            if there and name not in WITHOUT_VALUE:
                assert as_printed(name, value) == shown, (name, row + 1)


def as_printed(name: str, value: int) -> str:
    if name in TIMES:
        return f"{'-' * (value < 0)}{abs(value) // 10**9}.{abs(value) % 10**9:09d}"
    return str(value)
