"""Both walks read the same declarations, so they must say the same of every field of every frame."""

import random
import struct
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tcpladder.decode.columns import ColumnTable, known_fields
from tcpladder.decode.one_packet import decode_row
from tcpladder.fields.node import DecodedPacket, ProblemKind
from tcpladder.fields.types import FieldType
from tcpladder.packets.capture import Capture
from tcpladder.packets.reading import CaptureReader
from tcpladder.resource_files import captures_path
from tests.protocols.frames import FRAMES

CAPTURES = sorted(path for path in captures_path().iterdir() if ".pcap" in path.name)


def whole_capture(path: Path) -> Capture:
    with closing(CaptureReader(path)) as reader:
        for _ in reader:
            pass
    return reader.capture


def columns_of(path: Path, step: int = 10**9) -> ColumnTable:
    capture = whole_capture(path)
    columns = ColumnTable(capture)
    while columns.frame_count < capture.frame_count:
        columns.extend(min(columns.frame_count + step, capture.frame_count))
    return columns


def plain(kind: FieldType, value: object) -> object:
    """A node's value as a column holds it."""
    if kind is FieldType.IPV4 and isinstance(value, bytes):
        return int.from_bytes(value)
    return value


def from_trees(columns: ColumnTable) -> dict[str, list[tuple[int, object, int, int]]]:
    found = defaultdict(list)
    for row in range(columns.frame_count):
        packet: DecodedPacket = decode_row(columns, row)
        for node in packet.walk():
            spec = node.spec
            kind = spec.shown_as or spec.type
            has_number = kind.is_integer or kind is FieldType.BOOLEAN or kind.is_address
            if spec.name:
                found[spec.name].append((row, plain(kind, node.value) if has_number else None))
    return found


def from_columns(columns: ColumnTable) -> dict[str, list[tuple[int, object]]]:
    found = {}
    for name, spec in known_fields().items():
        column = columns.column(name)
        kind = spec.shown_as or spec.type
        if kind.is_integer or kind is FieldType.BOOLEAN or kind is FieldType.IPV4:
            values = column.values.tolist()
        elif kind.is_address:
            values = [bytes(value) for value in column.values]
        else:
            values = [None] * len(column.rows)
        if len(column.rows):
            found[name] = list(zip(column.rows.tolist(), values, strict=True))
    return found


IN_TREE_ONLY = {"frame.protocols", "pkt_comment", "frame.comment", "frame.comment.expert"}


def assert_same(columns: ColumnTable) -> None:
    trees, arrays = from_trees(columns), from_columns(columns)
    for name in sorted((trees.keys() | arrays.keys()) - IN_TREE_ONLY):
        expected = sorted(trees.get(name, []), key=repr)
        assert sorted(arrays.get(name, []), key=repr) == expected, name
    malformed = {row for row in range(columns.frame_count)
                 if any(problem.kind is ProblemKind.MALFORMED for problem in decode_row(columns, row).problems)}
    assert malformed <= set(columns.rows_in_trouble().tolist())


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_scalar_and_column_values_are_equal_on_lesson_captures(path: Path) -> None:
    assert_same(columns_of(path))


@pytest.mark.parametrize("step", [1, 2, 3])
def test_the_batches_in_which_a_capture_is_decoded_make_no_difference(step: int) -> None:
    path = captures_path() / "loopback-four-way-close.pcapng"
    whole, parts = columns_of(path), columns_of(path, step)
    for name in known_fields():
        a, b = whole.column(name), parts.column(name)
        assert a.rows.tolist() == b.rows.tolist(), name
        assert a.values.tolist() == b.values.tolist(), name
    for protocol in ("eth", "ip", "tcp"):
        a, b = whole.layer(protocol), parts.layer(protocol)
        assert a.carrier.tolist() == b.carrier.tolist()
        assert a.carrier_index.tolist() == b.carrier_index.tolist()


def mutated(frame: bytes, chance: random.Random) -> bytes:
    data = bytearray(frame)
    for _ in range(chance.randrange(4)):
        if data:
            data[chance.randrange(min(len(data), 80))] = chance.choice((0, 1, 4, 5, 6, 255, chance.randrange(256)))
    if chance.random() < 0.5:
        del data[chance.randrange(len(data) + 1):]
    return bytes(data)


def pcap_of(frames: list[tuple[bytes, int]], linktype: int) -> bytes:
    head = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, linktype)
    return head + b"".join(struct.pack("<IIII", 1, number, len(frame), wire) + frame
                           for number, (frame, wire) in enumerate(frames))


SEEDS: list[tuple[int, bytes]] = [*FRAMES]
for seed_path in CAPTURES:
    seed_capture = whole_capture(seed_path)
    SEEDS += [(seed_capture.linktype_of(row), bytes(seed_capture.frame(row)))
              for row in range(seed_capture.frame_count)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32))
def test_scalar_and_column_values_are_equal_on_mutated_frames(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    linktype = chance.choice(SEEDS)[0]
    seeds = [frame for other, frame in SEEDS if other == linktype]
    frames = []
    for frame in chance.sample(seeds, min(len(seeds), 30)):
        changed = mutated(frame, chance)
        frames.append((changed, len(changed) if chance.random() < 0.5 else len(frame)))
    path = tmp_path / "mutated.pcap"
    path.write_bytes(pcap_of(frames, linktype))
    assert_same(columns_of(path))
