"""Lines made together are those of the decoded packets."""

import random
from pathlib import Path

import numpy as np
import pytest

from tcpladder.decode import summaries as module
from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.one_packet import decode_row
from tcpladder.decode.summaries import summaries
from tcpladder.decode.summary import Summary, summarise
from tests.benchmarks.make_capture import write_capture
from tests.decode.test_summary_columns import CAPTURES, loaded, mutated, written
from tests.protocols.frames import FRAMES


def assert_same_lines(columns: ColumnTable, monkeypatch: pytest.MonkeyPatch) -> int:
    """Compares the lines of all packets; returns how many were decoded for them."""
    decoded: list[int] = []

    def decode(columns: ColumnTable, row: int) -> object:
        decoded.append(row)
        return decode_row(columns, row)

    monkeypatch.setattr(module, "decode_row", decode)
    every = np.arange(columns.frame_count)
    expected: list[Summary] = [summarise(decode_row(columns, row)) for row in every.tolist()]
    assert summaries(columns, every) == expected
    made_one_by_one = len(decoded)
    for rows in (every[::3], every[1::7], every[:0]):
        assert summaries(columns, rows) == [expected[row] for row in rows.tolist()]
    return made_one_by_one


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_lesson_captures(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_same_lines(loaded(path), monkeypatch)


def test_a_mix_of_connections_needs_few_trees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mix.pcap"
    write_capture(path, 3_000, seed=7)
    columns = loaded(path)
    assert len(columns.layer("dns")) > 50       # read without trees, too
    assert assert_same_lines(columns, monkeypatch) == 0


@pytest.mark.parametrize("kind", ["cut", "changed", "whole"])
@pytest.mark.parametrize("seed", [1, 2])
def test_mutated_mixes(tmp_path: Path, kind: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed)
    frames: list[bytes] = []
    for path in CAPTURES:
        capture = loaded(path).capture
        frames += [bytes(capture.frame(row)) for row in range(capture.frame_count) if capture.linktype_of(row) == 1]
    frames = 3 * (frames + [frame for linktype, frame in FRAMES if linktype == 1])
    chance.shuffle(frames)
    columns = loaded(written(tmp_path / "mix.pcap", *mutated(frames, chance, kind)))
    assert_same_lines(columns, monkeypatch)
    alone = ColumnTable(columns.capture)        # of a capture of which nobody has looked at the conversations
    alone.extend(columns.frame_count)
    assert_same_lines(alone, monkeypatch)


def test_the_first_fragment_of_a_segment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No part of it can tell how long the segment is: what its line says depends on the IP header."""
    path = tmp_path / "mix.pcap"
    write_capture(path, 200, seed=3)
    capture = loaded(path).capture
    frames = [bytearray(capture.frame(row)) for row in range(200)]
    fragments = [row for row, frame in enumerate(frames) if frame[12:14] == b"\x08\x00"][::2]
    for row in fragments:
        frames[row][20] |= 0x20       # more fragments
    columns = loaded(written(tmp_path / "fragments.pcap", list(map(bytes, frames))))
    assert len(np.intersect1d(columns.layer("tcp").rows, fragments)) > 10
    assert_same_lines(columns, monkeypatch)
