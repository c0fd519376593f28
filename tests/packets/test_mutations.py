"""Damaged at random, a file gives a sentence, never an exception of another kind, and always ends."""

import gzip
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tcpladder.packets.capture import CaptureError
from tests.packets.files import FRAMES, read, rows_of
from tests.packets.test_reading import as_pcap, as_pcapng

PCAP = as_pcap(4 * FRAMES)
PCAPNG = as_pcapng(20 * FRAMES)
STARTS = {"pcap": PCAP, "pcapng": PCAPNG, "gzip": gzip.compress(PCAP, mtime=0), "nothing": b""}

# Bytes that lengths and counts are made of are likelier to do harm than others.
HARMFUL = st.sampled_from(
    [b"\0", b"\xff", b"\x80", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\0\0\0\x80", b"\x0a\x0d\x0d\x0a"]
)
CHANGES = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.sampled_from(["replace", "insert", "delete", "cut"]),
        HARMFUL | st.binary(min_size=1, max_size=20),
    ),
    min_size=1,
    max_size=6,
)


def changed(content: bytes, changes: list[tuple[float, str, bytes]]) -> bytes:
    for place, kind, piece in changes:
        at = int(place * len(content))
        if kind == "cut":
            content = content[: max(at, len(content) // 2)]
        else:
            rest = at if kind == "insert" else at + len(piece)
            content = content[:at] + (b"" if kind == "delete" else piece) + content[rest:]
    return content


@pytest.mark.parametrize("start", STARTS)
@settings(
    max_examples=250,
    deadline=2000,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(changes=CHANGES)
def test_damage_never_surprises(tmp_path: Path, start: str, changes: list[tuple[float, str, bytes]]) -> None:
    file = tmp_path / "file"
    file.write_bytes(changed(STARTS[start], changes))
    try:
        capture = read(file)
    except CaptureError:
        return
    assert len(capture.problems) <= 1
    rows = rows_of(capture)
    assert [len(row[0]) for row in rows] == capture.captured_len.tolist()  # type: ignore[arg-type]
    again = read(file, batch_frames=3)
    assert rows_of(again) == rows
    assert again.problems == capture.problems
