"""What a window loads: the rows of a file while it is read, then all that is known of them together."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.all_packets import Batch
from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.one_packet import decode_row
from tcpladder.decode.summaries import summaries
from tcpladder.packets.capture import Capture
from tcpladder.packets.merging import merging_reader
from tcpladder.packets.reading import LATER_BATCHES, CaptureReader, Progress, Reached
from tcpladder.tcp.connections import ConnectionTable
from tcpladder.tcp.conversations import Conversations, conversations_of, take_over
from tcpladder.tcp.fields import register_tcp_fields
from tcpladder.ui.jobs import Job
from tcpladder.ui.packets.row_colours import Colouring, ColourRule, Masks, RuleMasks, packed_mask
from tcpladder.work.forked import ForkFailed, SharedFlag, Tell, can_fork, in_a_copy
from tcpladder.work.workers import computed_in_order, worker_count

if TYPE_CHECKING:
    from tcpladder.filters.compiled import CompiledFilter
    from tcpladder.filters.evaluate import References

_WITH_FOUND_FIELDS = ("tcp", "udp", "icmp", "icmpv6")
_PAGE = 40                  # packets
_WORTH_A_COPY = 16 << 20     # bytes of the file


@dataclass(frozen=True, slots=True)
class Opened:
    """The file is a capture; its rows follow."""

    capture: Capture
    columns: ColumnTable


@dataclass(frozen=True, slots=True)
class Digested:
    """Everything that is known once all rows are there."""

    connections: ConnectionTable
    masks: RuleMasks
    colours: Colouring
    seconds: float
    columns: ColumnTable
    reader: CaptureReader | None        # still open, to read on when the file grows


@dataclass(frozen=True, slots=True)
class _Found:
    """What takes long to find of a whole capture, as a copy of the program hands it over."""

    conversations: Conversations        # without the times of the frames
    masks: Masks


@dataclass(frozen=True, slots=True)
class _Piece:
    """A batch that a copy of the program has read and decoded."""

    reached: Reached
    batches: list[Batch]
    progress: Progress


def load(paths: tuple[Path, ...], job: Job, stop: SharedFlag, rules: tuple[ColourRule, ...]) -> Digested:
    """Reads a file batch by batch, reporting Opened and then Progress, and digests what was read."""
    started = time.monotonic()
    reader = merging_reader(paths)
    columns = ColumnTable(reader.capture)
    job.report(Opened(reader.capture, columns))
    try:
        known = _load_in_a_copy(reader, columns, job, stop, rules)
        if known is None:
            for progress in reader:
                job.check()
                _take(columns, progress, job)
                if stop.is_set():
                    break
    except BaseException:
        reader.close()
        raise
    may_grow = len(paths) == 1 and not stop.is_set()
    if not may_grow:
        reader.close()
    return Digested(*_digest(columns, job, rules, known), time.monotonic() - started, columns,
                    reader if may_grow else None)


@cache
def rehearse(paths: tuple[Path, ...]) -> None:
    """Reads small captures as load() does, so that what is worked out at the first packets is known at the next."""
    for path in paths:
        reader = merging_reader((path,))
        columns = ColumnTable(reader.capture)
        for progress in reader:
            columns.extend(progress.frames)
        reader.close()
        _warm_up(columns)


def _take(columns: ColumnTable, progress: Progress, job: Job, decoded: Sequence[Batch] = ()) -> None:
    """Makes known the rows that were read; some may have been decoded already."""
    is_first = not columns.frame_count
    columns.take_over(decoded)
    columns.extend(progress.frames)
    if is_first and not rehearse.cache_info().currsize:
        _warm_up(columns)
    job.report(progress)


def _load_in_a_copy(reader: CaptureReader, columns: ColumnTable, job: Job, stop: SharedFlag,
                    rules: tuple[ColourRule, ...]) -> _Found | None:
    """Has a large file read and digested elsewhere; None where all or the rest of it is to be done here."""
    if not reader.reads_in_place:
        return None

    def work(tell: Tell) -> _Found:
        for progress in reader:
            first = columns.frame_count
            columns.extend(progress.frames)
            tell(_Piece(reader.reached, columns.batches_from(first), progress))
            if stop.is_set():
                break
        return _find(columns, rules)

    def told(piece: _Piece) -> None:
        reader.go_on_from(piece.reached)
        _take(columns, piece.progress, job, piece.batches)

    return _found_in_a_copy(reader.capture, work, job, told)


def _found_in_a_copy(capture: Capture, work: Callable[[Tell], _Found], job: Job,
                     told: Callable[[Any], None]) -> _Found | None:
    """What a copy of the program finds; None where the file is too small for one, or there is none to the end."""
    if not can_fork() or capture.file_size < _WORTH_A_COPY:
        return None
    try:
        return in_a_copy(work, job.check, told)
    except ForkFailed:
        return None


def _warm_up(columns: ColumnTable) -> None:
    """Decodes a page of packets: how a header is read is worked out when the first one is, and not by the window."""
    decode = partial(decode_row, ColumnTable(columns.capture))
    rows = np.arange(min(_PAGE, columns.frame_count))
    summaries(columns, rows, decode)
    for row in rows.tolist():
        decode(row)


def rows_so_far(columns: ColumnTable, compiled: CompiledFilter, references: References,
                job: Job) -> NDArray[np.int64]:
    """The rows that pass a filter among those that were loaded until now, found in a copy of the program.

    What depends on later packets is as if the capture ended here. Raises ForkFailed, and what the filter raises.
    """
    def work(_tell: Tell) -> NDArray[np.int64]:
        known = ColumnTable(columns.capture)        # the other one may just be growing
        known.take_over(columns.batches_from(0))
        register_tcp_fields(known)
        return np.flatnonzero(compiled.select(known, references=references))

    return in_a_copy(work, job.check)


def read_on(reader: CaptureReader, job: Job, rules: tuple[ColourRule, ...], digested: int, *,
            is_due: bool) -> Digested | None:
    """Reads what a file has grown by, reporting Progress; if it is due, digests all of it anew.

    None where it is not, or where nothing came after the rows that were digested before.
    """
    started = time.monotonic()
    if reader.grown():
        for progress in reader:
            job.check()
            job.report(progress)
    if not is_due or reader.capture.frame_count == digested:
        return None
    columns = ColumnTable(reader.capture)       # another one: the window uses the old one meanwhile
    known = _digest_in_a_copy(columns, job, rules)
    columns.extend(reader.capture.frame_count)
    return Digested(*_digest(columns, job, rules, known), time.monotonic() - started, columns, reader)


def _digest_in_a_copy(columns: ColumnTable, job: Job, rules: tuple[ColourRule, ...]) -> _Found | None:
    """Has what was read digested elsewhere; None where it is to be done here."""
    last = columns.capture.frame_count

    def work(tell: Tell) -> _Found:
        while columns.frame_count < last:
            first = columns.frame_count
            columns.extend(min(first + LATER_BATCHES, last))
            tell(columns.batches_from(first))
        return _find(columns, rules)

    return _found_in_a_copy(columns.capture, work, job, columns.take_over)


def _digest(columns: ColumnTable, job: Job, rules: tuple[ColourRule, ...],
            known: _Found | None) -> tuple[ConnectionTable, RuleMasks, Colouring]:
    known = known or _digest_in_a_copy(columns, job, rules)
    if known is not None:
        take_over(columns, known.conversations)
    connections = ConnectionTable(columns)
    job.check()
    # Only now: the list would otherwise ask for these fields, row by row, of a capture that still grows.
    register_tcp_fields(columns)
    masks = RuleMasks(columns, known.masks if known is not None else None)
    colouring = masks.colouring(rules)
    # What depends on the whole capture is found when a packet is decoded that has it; the window would wait for that.
    for protocol in _WITH_FOUND_FIELDS:
        rows = columns.layer(protocol).rows
        if len(rows):
            job.check()
            decode_row(columns, int(rows[0]))
    summaries(columns, np.arange(min(_PAGE, columns.frame_count)))
    columns.capture.release_pages()
    return connections, masks, colouring


def _find(columns: ColumnTable, rules: tuple[ColourRule, ...]) -> _Found:
    conversations = conversations_of(columns)
    register_tcp_fields(columns)
    filters = list(dict.fromkeys(rule.filter for rule in rules if rule.is_on and rule.filter))
    masks = computed_in_order(partial(packed_mask, columns), filters, worker_count(len(filters)))
    return _Found(conversations.with_times(np.empty(0, np.int64)), dict(zip(filters, masks, strict=True)))
