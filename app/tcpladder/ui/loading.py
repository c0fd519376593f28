"""What a window loads: the rows of a file while it is read, then all that is known of them together."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import numpy as np

from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.one_packet import decode_row
from tcpladder.packets.capture import Capture
from tcpladder.packets.merging import merging_reader
from tcpladder.packets.reading import CaptureReader
from tcpladder.tcp.connections import ConnectionTable
from tcpladder.tcp.conversations import Conversations, conversations_of, take_over
from tcpladder.tcp.fields import register_tcp_fields
from tcpladder.ui.jobs import Job
from tcpladder.ui.packets.row_colours import Colouring, ColourRule, Masks, RuleMasks
from tcpladder.work.forked import ForkFailed, can_fork, in_a_copy

_WITH_FOUND_FIELDS = ("tcp", "udp", "icmp", "icmpv6")
_PAGE = 40                  # packets
_WORTH_A_COPY = 50_000      # packets


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


def load(paths: tuple[Path, ...], job: Job, stop: Event, rules: tuple[ColourRule, ...]) -> Digested:
    """Reads a file batch by batch, reporting Opened and then Progress, and digests what was read."""
    started = time.monotonic()
    reader = merging_reader(paths)
    columns = ColumnTable(reader.capture)
    job.report(Opened(reader.capture, columns))
    try:
        for progress in reader:
            job.check()
            if not columns.frame_count:
                _warm_up(reader.capture)
            columns.extend(progress.frames)
            job.report(progress)
            if stop.is_set():
                break
    except BaseException:
        reader.close()
        raise
    may_grow = len(paths) == 1 and not stop.is_set()
    if not may_grow:
        reader.close()
    return Digested(*_digest(columns, job, rules), time.monotonic() - started, columns, reader if may_grow else None)


def _warm_up(capture: Capture) -> None:
    """Decodes a page of packets: how a header is read is worked out when the first one is, and not by the window."""
    preview = ColumnTable(capture)
    for row in range(min(_PAGE, capture.frame_count)):
        decode_row(preview, row)


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
    columns.extend(reader.capture.frame_count)
    return Digested(*_digest(columns, job, rules), time.monotonic() - started, columns, reader)


def _digest(columns: ColumnTable, job: Job,
            rules: tuple[ColourRule, ...]) -> tuple[ConnectionTable, RuleMasks, Colouring]:
    filters = [rule.filter for rule in rules if rule.is_on]
    known: Masks = {}
    if columns.frame_count >= _WORTH_A_COPY and can_fork():
        try:
            conversations, known = in_a_copy(lambda: _found(columns, filters), job.check)
            take_over(columns, conversations)
        except ForkFailed:
            pass        # then here
    connections = ConnectionTable(columns)
    job.check()
    # Only now: the list would otherwise ask for these fields, row by row, of a capture that still grows.
    register_tcp_fields(columns)
    masks = RuleMasks(columns, known)
    colouring = masks.colouring(rules)
    # What depends on the whole capture is found when a packet is decoded that has it; the window would wait for that.
    for protocol in _WITH_FOUND_FIELDS:
        rows = columns.layer(protocol).rows
        if len(rows):
            job.check()
            decode_row(columns, int(rows[0]))
    columns.capture.release_pages()
    return connections, masks, colouring


def _found(columns: ColumnTable, filters: Iterable[str]) -> tuple[Conversations, Masks]:
    """What takes long, as it can be handed over."""
    conversations = conversations_of(columns)
    register_tcp_fields(columns)
    masks = RuleMasks(columns)
    for text in filters:
        masks.of(text)
    return conversations.with_times(np.empty(0, np.int64)), masks.known
