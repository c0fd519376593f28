"""The order of the packet list: equal ones stay in the order of the capture, in both directions."""

import ipaddress
import random
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.one_packet import decode_row
from tcpladder.decode.summary import summarise
from tcpladder.packets.reading import CaptureReader
from tcpladder.resource_files import captures_path
from tcpladder.ui.jobs import Cancelled
from tcpladder.ui.packets import sort_keys
from tcpladder.ui.packets.sort_keys import ADDRESS_FIELDS, Column, SortKeys, sorted_rows
from tcpladder.work.forked import ForkFailed, can_fork

CAPTURES = sorted(path for path in captures_path().iterdir() if ".pcap" in path.name)


def in_order(rows: list[int], key: Callable[[int], Any], descending: bool) -> list[int]:
    return sorted(rows, key=key, reverse=descending)        # Python, too, keeps equal ones forwards


def nothing_made(row: int) -> str:
    raise AssertionError(row)


def unwatched(_made: int) -> None:
    pass


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("spread", [1, 5, 2**20, 2**62])
def test_numbers_near_and_far(spread: int, descending: bool) -> None:
    chance = random.Random(spread)
    times = [chance.randrange(-spread, spread) for _row in range(500)]
    rows = np.sort(np.array(chance.sample(range(500), 300)))
    columns = cast(ColumnTable, SimpleNamespace(capture=SimpleNamespace(time_ns=np.array(times))))
    found = sorted_rows(columns, rows, Column.TIME, descending=descending, keys=SortKeys(columns),
                        text_of=nothing_made, check=unwatched)
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
    found = sorted_rows(columns, rows, column, descending=descending, keys=SortKeys(columns),
                        text_of=nothing_made, check=unwatched)
    assert found.tolist() == in_order(rows.tolist(), key, descending)


def test_the_other_direction_needs_no_other_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = loaded("half-close.pcap")
    keys = SortKeys(columns)
    rows = np.arange(columns.frame_count)
    first = keys.of(Column.INFO, rows, unwatched)
    monkeypatch.setattr(sort_keys, "info_keys", nothing_made)
    assert keys.of(Column.INFO, rows.copy(), unwatched) is first
    with pytest.raises(TypeError):
        keys.of(Column.INFO, rows[:2], unwatched)


@pytest.fixture
def found_beforehand(monkeypatch: pytest.MonkeyPatch) -> tuple[ColumnTable, SortKeys]:
    if not can_fork():
        pytest.skip("programs cannot be copied here")
    monkeypatch.setattr(sort_keys, "_WORTH_FINDING", range(1, 100))
    columns = loaded("half-close.pcap")
    keys = SortKeys(columns)
    keys.find_beforehand(lambda: None)
    return columns, keys


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("column", [Column.PROTOCOL, Column.INFO])
def test_what_was_found_beforehand_sorts_as_the_texts(found_beforehand: tuple[ColumnTable, SortKeys], column: Column,
                                                      descending: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    columns, keys = found_beforehand
    texts = [getattr(summarise(decode_row(columns, row)), column.name.lower()).casefold()
             for row in range(columns.frame_count)]
    for making in ("info_keys", "protocol_keys"):
        monkeypatch.setattr(sort_keys, making, nothing_made)
    for rows in (np.arange(columns.frame_count), np.arange(1, columns.frame_count, 2)):
        found = sorted_rows(columns, rows, column, descending=descending, keys=keys, text_of=nothing_made,
                            check=unwatched)
        assert found.tolist() == in_order(rows.tolist(), texts.__getitem__, descending)


@pytest.mark.skipif(not can_fork(), reason="programs cannot be copied here")
def test_sorting_waits_for_what_is_being_found_and_can_be_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = loaded("half-close.pcap")
    monkeypatch.setattr(sort_keys, "_WORTH_FINDING", range(1, 100))
    monkeypatch.setattr(sort_keys, "info_keys", lambda *_arguments: Event().wait(60))     # in the copy, too
    keys, begun, unwanted = SortKeys(columns), Event(), Event()

    def check() -> None:
        begun.set()
        if unwanted.is_set():
            raise Cancelled

    def find() -> None:
        with suppress(Cancelled):
            keys.find_beforehand(check)

    def cancelled(_made: int) -> None:
        raise Cancelled

    finding = Thread(target=find)
    finding.start()
    assert begun.wait(10)
    rows = np.arange(columns.frame_count)
    protocols = keys.of(Column.PROTOCOL, rows, unwatched)       # are found first, whatever comes behind
    assert protocols.dtype == np.uint8
    with pytest.raises(Cancelled):
        keys.of(Column.INFO, rows, cancelled)
    unwanted.set()
    finding.join(10)
    monkeypatch.setattr(sort_keys, "info_keys", lambda _columns, wanted, *_checks: wanted)
    assert keys.of(Column.INFO, rows, unwatched) is rows        # nobody finds them any more: they are made here


def test_when_the_copy_cannot_be_made_keys_are_made_when_they_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_arguments: object) -> None:
        raise ForkFailed("no memory")

    monkeypatch.setattr(sort_keys, "_WORTH_FINDING", range(1, 100))
    monkeypatch.setattr(sort_keys, "in_a_copy", fails)
    columns = loaded("half-close.pcap")
    keys = SortKeys(columns)
    keys.find_beforehand(lambda: None)
    assert len(keys.of(Column.INFO, np.arange(columns.frame_count), unwatched)) == columns.frame_count
