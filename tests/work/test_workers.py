"""Work shared out among processes: in order, no further ahead than it must be, and never cut off in silence."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.one_packet import decode_row
from tcpladder.exports import document
from tcpladder.exports.document import Document, fill_in
from tcpladder.exports.field_format import FieldFormat
from tcpladder.exports.fields import field_lines
from tcpladder.exports.list_columns import COLUMN_FIELDS, ListColumns
from tcpladder.exports.pdml import PDML, pdml_writer
from tcpladder.exports.text import packet_lines, text_writer
from tcpladder.exports.tshark_json import JSON, json_writer
from tcpladder.work.workers import WorkerError, computed_in_order, made_in_order
from tests.exports.captures import LESSONS, columns_of

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),   # threads of numpy, which are at rest
]

LONG = 3 << 20      # bytes: longer than any pipe


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("items", [[], [7], list(range(40))], ids=len)
def test_results_come_in_order(count: int, items: list[int]) -> None:
    def make(item: int) -> bytes:
        time.sleep(item % 3 / 1000)
        return bytes([item]) * (LONG if item == 11 else item)

    assert b"".join(made_in_order(make, items, count)) == b"".join(
        bytes([item]) * (LONG if item == 11 else item) for item in items)


def test_no_process_makes_more_than_is_wanted(tmp_path: Path) -> None:
    def make(item: int) -> bytes:
        (tmp_path / str(item)).touch()
        return bytes(LONG)

    with closing(made_in_order(make, range(100), 2)) as pieces:
        next(pieces)
        time.sleep(0.2)
        assert {path.name for path in tmp_path.iterdir()} <= {"0", "1"}


@pytest.mark.parametrize("count", [1, 3])
def test_what_a_process_dies_of_is_computed_here(count: int) -> None:
    here = os.getpid()

    def square(item: int) -> np.ndarray:
        if item == 7 and os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return np.full(3, item * item)

    assert [values.tolist() for values in computed_in_order(square, range(12), count)] == [
        [item * item] * 3 for item in range(12)]


def test_who_leaves_early_leaves_no_process_behind() -> None:
    with closing(made_in_order(lambda _item: os.getpid().to_bytes(8) + bytes(LONG), range(100), 2)) as pieces:
        pid = int.from_bytes(next(pieces)[:8])
        assert pid != os.getpid()
        os.kill(pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize(("end", "sentence", "traceback"), [
    (lambda: os.kill(os.getpid(), signal.SIGKILL), "was ended by signal 9; the rest", ""),
    (lambda: os._exit(3), "failed; the rest", ""),
    (lambda: 1 // 0, "failed; the rest", "ZeroDivisionError"),
], ids=["killed", "gone", "failed"])
def test_a_process_that_ends_early_is_told(end: Callable[[], object], sentence: str, traceback: str,
                                           capfd: pytest.CaptureFixture[str]) -> None:
    def make(item: int) -> bytes:
        if item == 5:
            end()
        return bytes([item])

    found: list[bytes] = []
    with pytest.raises(WorkerError, match=sentence):
        found.extend(made_in_order(make, range(10), 2))
    assert b"".join(found) == bytes(range(5))
    assert traceback in capfd.readouterr().err


def test_a_process_that_cannot_be_started_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refused)
    with pytest.raises(WorkerError, match="can be started: Resource temporarily unavailable"):
        list(made_in_order(bytes, range(3), 2))


FORMS: dict[str, Callable[[ColumnTable], Document]] = {
    "pdml": lambda columns: Document(_decoded(columns, pdml_writer()), PDML),
    "json": lambda columns: Document(_decoded(columns, json_writer()), JSON),
    "text": lambda columns: Document(
        _decoded(columns, text_writer(tree=True, octets=True)), document.Enclosure()),
    "lines": lambda columns: Document(partial(packet_lines, ListColumns(columns)), document.Enclosure(), in_bulk=True),
    "decoded fields": lambda columns: field_lines(
        columns, [*COLUMN_FIELDS, "frame.protocols", "conn.packets", "tcp.seq"], FieldFormat()),
    "list columns": lambda columns: field_lines(columns, [*COLUMN_FIELDS, "tcp.seq"], FieldFormat()),
    "columns": lambda columns: field_lines(columns, ["frame.number", "ip.src", "tcp.seq"], FieldFormat(header=True)),
}


def _decoded(columns: ColumnTable, write: Callable[..., str]) -> Callable[[document.Rows], list[str]]:
    return lambda rows: [write(decode_row(columns, row)) for row in rows.tolist()]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("path", LESSONS[::4], ids=lambda path: path.name)
def test_several_processes_write_what_one_does(path: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "_DECODED_ROWS", 3)
    monkeypatch.setattr(document, "_COLUMN_ROWS", 5)
    columns = columns_of(path)
    for rows in (np.arange(columns.frame_count), np.arange(1, columns.frame_count, 2), np.arange(0)):
        alone = "".join(FORMS[form](columns).pieces(rows))
        together = FORMS[form](columns)
        fill_in(columns)
        assert b"".join(together.encoded_pieces(rows, str.encode, 3)).decode() == alone
