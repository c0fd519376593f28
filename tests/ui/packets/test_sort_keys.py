"""The order of the packet list: equal ones stay in the order of the capture, in both directions."""

import ipaddress
import random
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.one_packet import decode_row
from tcpladder.packets.capture import Capture
from tcpladder.packets.reading import CaptureReader
from tcpladder.resource_files import captures_path
from tcpladder.ui.packets.sort_keys import ADDRESS_FIELDS, Column, KeptKeys, sorted_rows

CAPTURES = sorted(path for path in captures_path().iterdir() if ".pcap" in path.name)


def in_order(rows: list[int], key: Callable[[int], Any], descending: bool) -> list[int]:
    return sorted(rows, key=key, reverse=descending)        # Python, too, keeps equal ones forwards


def nothing_made(row: int) -> str:
    raise AssertionError(row)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("spread", [1, 5, 2**20, 2**62])
def test_numbers_near_and_far(spread: int, descending: bool) -> None:
    chance = random.Random(spread)
    times = [chance.randrange(-spread, spread) for _row in range(500)]
    capture = cast(Capture, SimpleNamespace(time_ns=np.array(times)))
    rows = np.sort(np.array(chance.sample(range(500), 300)))
    found = sorted_rows(capture, cast(ColumnTable, None), rows, Column.TIME, descending=descending,
                        text_of=nothing_made, check=lambda made: None, kept=KeptKeys())
    assert found.tolist() == in_order(rows.tolist(), times.__getitem__, descending)


def loaded(name: str) -> ColumnTable:
    reader = CaptureReader(captures_path() / name)
    columns = ColumnTable(reader.capture)
    for progress in reader:
        columns.extend(progress.frames)
    reader.close()
    return columns


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("column", [Column.SOURCE, Column.DESTINATION])
@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_addresses_are_ordered_as_numbers(path: Any, column: Column, descending: bool) -> None:
    columns = loaded(path.name)

    def key(row: int) -> tuple[int, int]:
        first: dict[str, Any] = {}
        for layer in decode_row(columns, row).layers:
            for node in layer.walk():
                first.setdefault(node.spec.name, node.value)
        for kind, name in reversed(list(enumerate(ADDRESS_FIELDS[column], start=1))):
            if name in first:
                value = first[name]
                return kind, int.from_bytes(value) if isinstance(value, bytes) else int(ipaddress.ip_address(value))
        return 0, 0

    rows = np.arange(columns.frame_count)
    found = sorted_rows(columns.capture, columns, rows, column, descending=descending, text_of=nothing_made,
                        check=lambda made: None, kept=KeptKeys())
    assert found.tolist() == in_order(rows.tolist(), key, descending)


def test_the_other_direction_needs_no_other_keys() -> None:
    kept = KeptKeys()
    rows = np.arange(3)
    made: list[Column] = []

    def make() -> np.ndarray:
        made.append(Column.INFO)
        return np.array([2, 1, 2])

    for _direction in range(2):
        assert kept.of(Column.INFO, rows.copy(), make).tolist() == [2, 1, 2]
    assert len(made) == 1
    kept.of(Column.INFO, rows[:2], make)
    kept.of(Column.PROTOCOL, rows[:2], make)
    assert len(made) == 3
