"""The order found in columns is the order of the texts that the packet list shows."""

import random
import struct
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.one_packet import decode_row
from tcpladder.decode.summary import summarise
from tcpladder.decode.summary_columns import info_keys, protocol_keys, textual_keys
from tcpladder.packets.capture import Capture
from tcpladder.packets.pcap import MAGICS
from tcpladder.packets.reading import CaptureReader
from tcpladder.resource_files import captures_path
from tcpladder.tcp.fields import register_tcp_fields
from tests.benchmarks.make_capture import write_capture
from tests.protocols.frames import FRAMES

CAPTURES = sorted(path for path in captures_path().iterdir() if ".pcap" in path.name)


def loaded(path: Path) -> ColumnTable:
    reader = CaptureReader(path)
    columns = ColumnTable(reader.capture)
    for progress in reader:
        columns.extend(progress.frames)
    reader.close()
    register_tcp_fields(columns)
    return columns


def written(path: Path, frames: list[bytes], wire_lengths: list[int] | None = None) -> Path:
    magic = next(magic for magic, (order, variant) in MAGICS.items() if order == "<" and variant.unit_ns == 1000)
    records = [struct.pack("<IIII", 1_700_000_000, number, len(frame), wire) + frame
               for number, (frame, wire) in enumerate(zip(frames, wire_lengths or map(len, frames), strict=True))]
    path.write_bytes(magic + struct.pack("<HHiIII", 2, 4, 0, 0, 262_144, 1) + b"".join(records))
    return path


def assert_ordered(columns: ColumnTable, rows: np.ndarray) -> int:
    """Compares both orders; returns how many texts were made."""
    made = 0
    for keys_of, part in ((info_keys, "info"), (protocol_keys, "protocol")):
        def text_of(row: int, part: str = part) -> str:
            nonlocal made
            made += 1
            return getattr(summarise(decode_row(columns, row)), part)

        keys = keys_of(columns, rows, text_of, lambda done: None)
        before = made
        texts = [text_of(row).casefold() for row in rows.tolist()]
        made = before
        order = sorted(range(len(rows)), key=lambda place: texts[place])
        assert [texts[place] for place in np.argsort(keys, kind="stable")] == [texts[place] for place in order]
        same_text = [texts[one] == texts[other] for one, other in pairwise(order)]
        assert (np.diff(keys[order]) == 0).tolist() == same_text
    return made


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_lesson_captures(path: Path) -> None:
    columns = loaded(path)
    assert_ordered(columns, np.arange(columns.frame_count))
    assert_ordered(columns, np.arange(columns.frame_count)[::3])


def test_a_mix_of_connections_needs_few_texts(tmp_path: Path) -> None:
    path = tmp_path / "mix.pcap"
    write_capture(path, 3_000, seed=7)
    columns = loaded(path)
    with_messages = len(columns.layer("dns"))
    assert assert_ordered(columns, np.arange(columns.frame_count)) < 2 * with_messages + 100


def mutated(frames: list[bytes], chance: random.Random, kind: str) -> tuple[list[bytes], list[int]]:
    """Frames of which some are cut, and some have another byte somewhere behind the addresses."""
    found, wire = [], []
    for frame in frames:
        if kind == "cut" and chance.random() < 0.5:
            found.append(frame[:chance.randrange(len(frame) + 1)])
        elif kind == "changed":
            place, changed = chance.randrange(14, max(15, min(len(frame), 90))), bytearray(frame)
            if place < len(frame):
                changed[place] = chance.choice((0, 1, 2, 5, 29, 30, 255, chance.randrange(256)))
            found.append(bytes(changed))
        else:
            found.append(frame)
        wire.append(len(frame))
    return found, wire


@pytest.mark.parametrize("kind", ["cut", "changed", "whole"])
@pytest.mark.parametrize("seed", [1, 2])
def test_mutated_mixes(tmp_path: Path, kind: str, seed: int) -> None:
    chance = random.Random(seed)
    frames: list[bytes] = []
    for path in CAPTURES:
        capture: Capture = loaded(path).capture
        frames += [bytes(capture.frame(row)) for row in range(capture.frame_count) if capture.linktype_of(row) == 1]
    frames = 3 * (frames + [frame for linktype, frame in FRAMES if linktype == 1])
    chance.shuffle(frames)
    path = written(tmp_path / "mix.pcap", *mutated(frames, chance, kind))
    columns = loaded(path)
    assert_ordered(columns, np.arange(columns.frame_count))


def test_numbers_compare_as_their_digits_do() -> None:
    chance = random.Random(3)
    numbers = [*range(1_200), *(10**power for power in range(10)), 2**32 - 1]
    numbers += [chance.getrandbits(32) for _number in range(2_000)]
    by_text: list[int] = sorted(numbers, key=lambda number: f"{number} ")
    keys = textual_keys(np.array(numbers))
    assert [numbers[place] for place in np.argsort(keys, kind="stable")] == by_text
    assert int(keys.max()) < 2**38


@pytest.mark.parametrize("keys_of", [info_keys, protocol_keys])
def test_no_rows_have_no_order(keys_of: Callable[..., np.ndarray]) -> None:
    columns = loaded(CAPTURES[0])
    assert keys_of(columns, np.zeros(0, np.int64), str, lambda done: None).tolist() == []
