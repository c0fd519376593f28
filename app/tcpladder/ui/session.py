"""The one owner of the open capture and of what is selected in it. Panes follow and never answer back."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Container
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.one_packet import decode_row
from tcpladder.decode.summaries import summaries
from tcpladder.decode.summary import Summary
from tcpladder.fields.node import DecodedPacket, FieldNode
from tcpladder.filters import compile_filter
from tcpladder.packets.capture import Capture
from tcpladder.packets.reading import CaptureReader, Progress
from tcpladder.protocols.names import NUMBERS_ONLY, Names
from tcpladder.tcp.connection import Connection
from tcpladder.tcp.connections import ConnectionTable
from tcpladder.texts import _
from tcpladder.ui.jobs import Job, Jobs
from tcpladder.ui.loading import Digested, Opened, load, read_on, rows_so_far
from tcpladder.ui.packets.row_colours import NO_COLOURS, Colouring, ColourRule, RuleMasks, usual_rules
from tcpladder.work.forked import SharedFlag, can_fork

if TYPE_CHECKING:
    from tcpladder.filters.compiled import CompiledFilter
    from tcpladder.filters.evaluate import References

    _Find = Callable[[CompiledFilter, References, Job], "Rows"]

Rows = NDArray[np.int64]
_BETWEEN_REPORTS_S = 0.1
_COLLECTIONS_MS = (0, 100)
_PAINTED_IN_MS = 20
_BEFORE_PART_MS, _BETWEEN_PARTS_MS = 200, 1000     # of filtering while a file loads
_REST_FROM_DIGESTING = 4        # times as long as it took: a growing file takes a fifth of one processor at most


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a display filter let through: rows, ascending, or None for all."""

    text: str
    rows: Rows | None
    seconds: float


class Session(QObject):
    """Capture, columns, connections and selection of a window.

    Rows are 0-based. A pane asks with select_...(), and hears of every change, its own included, from the
    signals; asking for what is selected already changes nothing.
    """

    capture_opened = Signal(object)             # Capture; no rows are known yet
    capture_closed = Signal()
    capture_grew = Signal(object, object)       # first new row, and the row after the last
    progress_changed = Signal(object)           # share of the file that was read, 0 to 1
    loading_finished = Signal()                 # to the end, to damage, or to where it was cancelled
    problem_found = Signal(str)                 # a sentence for the person
    packet_selected = Signal(object)            # DecodedPacket or None
    field_selected = Signal(object)             # FieldNode or None
    field_hovered = Signal(object)              # FieldNode or None
    connection_selected = Signal(object)        # Connection or None
    step_selected = Signal(object)              # index of the step in the connection, or None
    shown_changed = Signal()                    # a display filter was applied or cleared: see shown
    colours_changed = Signal()                  # see colours
    names_changed = Signal(object)              # Names: what is shown by name
    marks_changed = Signal()                    # see marked, ignored, references; or a comment was edited
    filter_wanted = Signal(object)              # FilterWish, of whatever pane
    filtering_progressed = Signal(object)       # share of a piece of a filter's work, 0 to 1, where it takes long
    filtering_finished = Signal()               # or given up
    sorting_progressed = Signal(object)         # share of the rows that were read for sorting the list, 0 to 1
    sorting_finished = Signal()                 # or given up
    sorting_cancelled = Signal()                # the list goes back to the order of the capture

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.jobs = Jobs(self)
        self._stop_reading = SharedFlag()
        self._holds_garbage = False
        self.jobs.became_idle.connect(self._collect_garbage_soon)
        self._forget_capture()
        self.filter_text = ""
        self._shown_text = ""   # the filter that shown is of
        self.colour_rules: tuple[ColourRule, ...] = usual_rules()
        self.names = NUMBERS_ONLY
        self.load_error = ""    # the sentence why the last file could not be opened, or ""

    def _forget_capture(self) -> None:
        self.capture: Capture | None = None
        self.columns: ColumnTable | None = None
        self.connections: ConnectionTable | None = None     # once loading has finished
        self._preview: ColumnTable | None = None            # decodes rows until then
        self.frame_count = 0                                # rows that were announced
        self.colours: Colouring = NO_COLOURS
        self._masks: RuleMasks | None = None
        self.progress = Progress(0, 0, 0)                   # of loading
        self.load_seconds = 0.0
        self._reader: CaptureReader | None = None           # of the open file, read to its end
        self._digest_due = 0.0                              # on the monotonic clock; what was added waits until then
        self.packet: DecodedPacket | None = None
        self.field: FieldNode | None = None
        self.connection: Connection | None = None
        self.step: int | None = None
        self.shown: Rows | None = None                      # None: all rows
        self.filter_seconds = 0.0
        self.marked: set[int] = set()
        self.ignored: set[int] = set()                      # left out of filters and exports
        self.references: set[int] = set()                   # relative times count from these, to the next
        self._step_rows: Rows = np.empty(0, np.int64)       # rows of the connection's steps, ascending
        self._history: list[int] = []
        self._history_place = -1

    # Capture

    def open_capture(self, *paths: Path) -> None:
        """Starts to load a file, or several merged by time; what was open stays until the new one proves a capture."""
        self.load_error = ""
        self._jobs_for_new_capture()
        stop, rules = SharedFlag(), self.colour_rules
        self._stop_reading = stop
        self.jobs.start("loading", lambda job: load(paths, job, stop, rules), then=self._finish_loading,
                        on_report=self._take_loaded, on_failure=self._refuse)

    def reload(self) -> None:
        """Reads the open file again."""
        if self.capture is not None:
            self.open_capture(*self.capture.paths)

    def read_on(self) -> None:
        """Reads what was added to the open file since; selection and filter stay. While it is busy, it does nothing.

        The rows are there at once. Digesting the whole capture anew may have to wait: see is_behind.
        """
        reader, columns = self._reader, self.columns
        if reader is None or columns is None or self.is_loading or self.jobs.is_running("reading-on"):
            return
        rules, digested = self.colour_rules, columns.frame_count
        is_due = time.monotonic() >= self._digest_due
        self.jobs.start("reading-on", lambda job: read_on(reader, job, rules, digested, is_due=is_due),
                        then=self._take_what_was_added,
                        on_report=lambda progress: self._grow_to(progress.frames), on_failure=self._report_failure)

    @property
    def is_behind(self) -> bool:
        """There are rows of which connections, colours and filters know nothing yet; read_on() digests them in time."""
        return self._reader is not None and self.columns is not None and self.frame_count > self.columns.frame_count

    def _take_what_was_added(self, finished: Digested | None) -> None:
        if finished is None:
            return
        self.columns = finished.columns
        self._digest_due = time.monotonic() + _REST_FROM_DIGESTING * finished.seconds
        self._take_findings(finished)
        if self.connection is not None:
            self._fetch_connection(self.connection.stream, go_to_first=False)
        self.loading_finished.emit()

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()

    def cancel_loading(self) -> None:
        """Stops reading; the rows that were read stay usable."""
        self._stop_reading.set()

    def cancel_sorting(self) -> None:
        """Gives up sorting the list."""
        self.jobs.cancel("sort")
        self.sorting_cancelled.emit()

    def cancel_filtering(self) -> None:
        """Gives up applying a filter; the one before stays applied."""
        if self.jobs.is_running("filter"):
            self.jobs.cancel("filter")
            self._keep_filter()

    def _keep_filter(self) -> None:
        self.filter_text = self._shown_text
        self.filtering_finished.emit()

    @property
    def is_loading(self) -> bool:
        """A file is being read, or what was read is being digested."""
        return self.jobs.is_running("loading")

    def close_capture(self) -> None:
        """Forgets the open file and everything found in it."""
        self._jobs_for_new_capture()
        capture = self.capture
        self._close_reader()
        self._forget_capture()
        if capture is not None:
            self._announce_nothing_selected()
            self.capture_closed.emit()
            capture.close()
            self._holds_garbage = True
            self._collect_garbage_soon()

    def _collect_garbage_soon(self) -> None:
        """Gives back the mapping and the arrays of a capture that was let go: they refer to each other."""
        if self._holds_garbage and self.jobs.is_idle:
            self._holds_garbage = False
            # When nothing on the stack and no job holds them; what Qt's objects held falls only after they are gone.
            for delay_ms in _COLLECTIONS_MS:
                QTimer.singleShot(delay_ms, self, lambda: gc.collect())

    def _jobs_for_new_capture(self) -> None:
        for topic in ("loading", "reading-on", "connection", "filter", "preview", "completion", "colours", "find",
                      "sort", "sort-keys"):
            self.jobs.cancel(topic)
        self.filtering_finished.emit()

    def _take_loaded(self, report: Opened | Progress) -> None:
        if isinstance(report, Progress):
            self._grow_to(report.frames)
            self.progress = report
            self.progress_changed.emit(report.bytes_read / max(1, report.bytes_total))
            return
        self._holds_garbage = self.capture is not None
        had_selected = self.packet is not None
        self._close_reader()
        self._forget_capture()
        self.capture, self.columns = report.capture, report.columns
        # It is never extended, so that a packet of a capture that still grows never asks for whole columns.
        self._preview = ColumnTable(report.capture)
        if had_selected:
            self._announce_nothing_selected()
        self.capture_opened.emit(report.capture)

    def _grow_to(self, count: int) -> None:
        first, self.frame_count = self.frame_count, count
        if count > first:
            self.capture_grew.emit(first, count)
            if first == 0 and self.filter_text:
                self.apply_filter(self.filter_text)

    def _finish_loading(self, finished: Digested) -> None:
        self.load_seconds = finished.seconds
        self._take_findings(finished)
        if self._stop_reading.is_set():
            self.problem_found.emit(_("Loading was cancelled; the packets read until then are shown."))
        assert self.capture is not None     # it was opened before it was finished
        for problem in self.capture.problems:
            self.problem_found.emit(problem.message)
        if not (self.frame_count or self.capture.problems or self._stop_reading.is_set()):
            self.problem_found.emit(_("{name} holds no packets.").format(name=self.capture.path.name))
        self.loading_finished.emit()

    def _take_findings(self, finished: Digested) -> None:
        """Takes over what is known of the whole file."""
        self._reader = finished.reader
        self.connections, self._preview = finished.connections, None
        self.colours, self._masks = finished.colours, finished.masks
        self.colours_changed.emit()
        if self.colours.rules is not self.colour_rules:     # they were changed meanwhile
            self.set_colour_rules(self.colour_rules)
        if self.packet is not None:
            self._show_packet(self.packet.row)      # again: with the values that need the whole file
        if self.filter_text:
            self.apply_filter(self.filter_text)

    def _refuse(self, error: Exception) -> None:
        self.load_error = sentence_of(error)
        self.problem_found.emit(self.load_error)
        self.loading_finished.emit()

    def _announce_nothing_selected(self) -> None:
        self.packet_selected.emit(None)
        self.field_selected.emit(None)
        self.connection_selected.emit(None)
        self.step_selected.emit(None)

    # Selection

    @property
    def row(self) -> int | None:
        """The row of the selected packet."""
        return None if self.packet is None else self.packet.row

    @property
    def acknowledged_row(self) -> int | None:
        """The row of the packet that the selected one acknowledges."""
        if self.connection is None or self.step is None:
            return None
        index = self.connection.steps[self.step].acknowledges
        return None if index is None else self.connection.steps[index].row

    def is_in_connection(self, row: int) -> bool:
        """The packet belongs to the selected connection."""
        return self._step_of(row) is not None

    @property
    def connection_rows(self) -> Rows:
        """The rows of the selected connection's packets, ascending."""
        return self._step_rows

    def decode(self, row: int) -> DecodedPacket:
        """A packet of the open capture; while it loads, without what only the whole capture tells."""
        columns = self._preview if self.connections is None else self.columns
        assert columns is not None      # a row exists only in an open capture
        return decode_row(columns, row)

    def summaries(self, rows: Rows) -> list[Summary]:
        """The lines of some packets, which ascend, in the packet list; while it loads, as decode() has them."""
        assert self.columns is not None
        return summaries(self.columns, rows, self.decode)

    def at_hand(self, rows: Rows, then: Callable[[], None], topic: str) -> bool:
        """Whether the bytes of packets can be read at once; if not, they are fetched, and then() is called.

        A later question of the same topic takes the place of one that still waits.
        """
        capture = self.capture
        if capture is None or capture.is_at_hand(rows):
            self.jobs.cancel(topic)
            return True
        self.jobs.start(topic, lambda job: capture.fetch(rows, job.check), then=lambda _done: then())
        return False

    def select_row(self, row: int) -> None:
        """Selects a packet; its connection and step follow. Rows that do not exist are ignored.

        Where the disk has to deliver the packet first, that happens later.
        """
        if row == self.row or not 0 <= row < self.frame_count:
            self.jobs.cancel("fetch-selected")
            return
        if self.at_hand(np.array([row]), lambda: self._select_row(row), "fetch-selected"):
            self._select_row(row)

    def _select_row(self, row: int) -> None:
        del self._history[self._history_place + 1:]
        self._history.append(row)
        self._history_place += 1
        self._show_packet(row)

    def select_field(self, node: FieldNode | None) -> None:
        """Selects a field of the selected packet, or none."""
        if node is not self.field:
            self.field = node
            self.field_selected.emit(node)

    def select_byte(self, byte_offset: int, buffer: int = 0) -> None:
        """Selects the field that holds a byte."""
        if self.packet is not None:
            self.select_field(self.packet.node_at(byte_offset, buffer))

    def hover_field(self, node: FieldNode | None) -> None:
        """The mouse points at a field of the selected packet, in whatever pane."""
        self.field_hovered.emit(node)

    def select_stream(self, stream: int) -> None:
        """Selects a connection and its first packet."""
        if self.connection is not None and self.connection.stream == stream:
            self.select_step(0)
        elif self.connections is not None:
            self._fetch_connection(stream, go_to_first=True)

    def select_step(self, index: int) -> None:
        """Selects a step of the selected connection, and its packet."""
        if self.connection is not None and 0 <= index < len(self.connection.steps):
            self.select_row(self.connection.steps[index].row)

    def next_in_connection(self) -> None:
        """Selects the next packet of the connection."""
        self._move_in_connection(+1)

    def previous_in_connection(self) -> None:
        """Selects the previous packet of the connection."""
        self._move_in_connection(-1)

    @property
    def can_go_back(self) -> bool:
        """There is a packet that was selected before."""
        return self._history_place > 0

    @property
    def can_go_forward(self) -> bool:
        """There is a packet to return to after going back."""
        return self._history_place + 1 < len(self._history)

    def go_back(self) -> None:
        """Selects the packet that was selected before."""
        if self.can_go_back:
            self._history_place -= 1
            self._show_packet(self._history[self._history_place])

    def go_forward(self) -> None:
        """Takes back go_back()."""
        if self.can_go_forward:
            self._history_place += 1
            self._show_packet(self._history[self._history_place])

    def reference_of(self, row: int) -> int | None:
        """The row from which the relative time of a row counts, None for the first packet of the capture."""
        return max((reference for reference in self.references if reference <= row), default=None)

    def show_names(self, names: Names) -> None:
        """Changes what is shown by name, in all panes and windows."""
        self.names = names
        self.names_changed.emit(names)

    def show_comments(self, rows: Container[int]) -> None:
        """The comments on some packets were edited: shows them wherever they stand."""
        self.marks_changed.emit()
        if self.row is not None and self.row in rows:
            self._show_packet(self.row)

    def _show_packet(self, row: int) -> None:
        field_name = self.field.name if self.field is not None else None
        self.packet = self.decode(row)
        self.field = None
        self.packet_selected.emit(self.packet)
        self.field = self.packet.find(field_name) if field_name is not None else None
        self.field_selected.emit(self.field)
        self._follow_connection(row)

    def _follow_connection(self, row: int) -> None:
        if self.connections is None:
            return
        self.jobs.cancel("connection")
        stream = self.connections.stream_of_row(row)
        if stream is None:
            self._show_connection(None, np.empty(0, np.int64))
        elif self.connection is not None and self.connection.stream == stream:
            self._show_step()
        else:
            self._fetch_connection(stream, go_to_first=False)

    def _fetch_connection(self, stream: int, *, go_to_first: bool) -> None:
        connections = self.connections
        assert connections is not None

        def fetch(_job: Job) -> tuple[Connection, Rows]:
            connection = connections.connection(stream)
            return connection, np.fromiter((step.row for step in connection.steps), np.int64)

        def show(fetched: tuple[Connection, Rows]) -> None:
            self._show_connection(*fetched)
            if go_to_first:
                self.select_step(0)

        # The selected packet is painted first: both at once would take longer. Who goes on needs none of it.
        self.jobs.start("connection", fetch, then=show, on_failure=self._report_failure, after_ms=_PAINTED_IN_MS)

    def _show_connection(self, connection: Connection | None, rows: Rows) -> None:
        if connection is not self.connection:
            self.connection, self._step_rows = connection, rows
            self.step = None
            self.connection_selected.emit(connection)
        self._show_step()

    def _show_step(self) -> None:
        step = None if self.row is None else self._step_of(self.row)
        if step != self.step:
            self.step = step
            self.step_selected.emit(step)

    def _step_of(self, row: int) -> int | None:
        place = int(np.searchsorted(self._step_rows, row))
        return place if place < len(self._step_rows) and self._step_rows[place] == row else None

    def _move_in_connection(self, by: int) -> None:
        if self.row is None or not len(self._step_rows):
            return
        if by > 0:
            place = int(np.searchsorted(self._step_rows, self.row, "right"))
        else:
            place = int(np.searchsorted(self._step_rows, self.row, "left")) - 1
        if 0 <= place < len(self._step_rows):
            self.select_row(int(self._step_rows[place]))

    # Display filter

    def apply_filter(self, text: str) -> None:
        """Shows only the packets that match; "" shows all. While a file loads, those of its packets that are there.

        Raises FilterError where the text is not a filter.
        """
        columns = self.columns
        compiled = compile_filter(text, columns) if text.strip() else None
        self.filter_text = text.strip()
        if columns is None:
            return
        if self.connections is not None:
            self._start_filtering(compiled, partial(_all_rows, columns), self._fail_to_filter)
        elif self.is_loading and can_fork():
            # Not at once, it may soon be loaded to the end. What fails here is told by the filtering at the end.
            self._start_filtering(compiled, partial(rows_so_far, columns), lambda _error: None, _BEFORE_PART_MS)

    def _start_filtering(self, compiled: CompiledFilter | None, find: _Find, on_failure: Callable[[Exception], None],
                         after_ms: int = 0) -> None:
        packet, text = self.packet, self.filter_text

        def select(job: Job) -> _Shown:
            started = time.monotonic()
            rows = None if compiled is None else find(compiled, references_of(packet, compiled), job)
            return _Shown(text, rows, time.monotonic() - started)

        self.jobs.start("filter", select, then=self._show_filtered, on_report=self.filtering_progressed.emit,
                        on_failure=on_failure, after_ms=after_ms)

    def _fail_to_filter(self, error: Exception) -> None:
        self._keep_filter()
        self._report_failure(error)

    def _filter_further(self) -> None:
        """While a file loads: takes in the packets that have come since."""
        if self.is_loading and self.connections is None and self._shown_text == self.filter_text != "":
            self.apply_filter(self.filter_text)

    def _show_filtered(self, shown: _Shown) -> None:
        self.shown, self._shown_text = shown.rows, shown.text
        if shown.rows is not None and self.ignored:
            self.shown = shown.rows[~np.isin(shown.rows, list(self.ignored))]
        self.filter_seconds = shown.seconds
        self.filtering_finished.emit()
        self.shown_changed.emit()
        if self.is_loading:
            QTimer.singleShot(_BETWEEN_PARTS_MS, self, self._filter_further)

    # Colours

    def set_colour_rules(self, rules: tuple[ColourRule, ...]) -> None:
        """Colours the packets by these rules; only filters that were not asked yet are evaluated."""
        self.colour_rules = rules
        masks = self._masks
        if masks is not None:
            self.jobs.start("colours", lambda job: masks.colouring(rules, lambda: job.is_cancelled),
                            then=self._show_colours, on_failure=self._report_failure)

    def _show_colours(self, colours: Colouring) -> None:
        self.colours = colours
        self.colours_changed.emit()

    def _report_failure(self, error: Exception) -> None:
        self.problem_found.emit(sentence_of(error))


def _all_rows(columns: ColumnTable, compiled: CompiledFilter, references: References, job: Job) -> Rows:
    """The rows that pass a filter; the job reports how far it is, where it takes long."""
    reported = time.monotonic()

    def progress(portion: float) -> None:
        nonlocal reported
        if time.monotonic() - reported > _BETWEEN_REPORTS_S:
            reported = time.monotonic()
            job.report(portion)

    return np.flatnonzero(compiled.select(columns, references=references, cancelled=lambda: job.is_cancelled,
                                          progress=progress))


def references_of(packet: DecodedPacket | None, compiled: CompiledFilter) -> dict[str, list[object]]:
    """What "${field}" stands for in a filter: the values that its fields have in the selected packet."""
    if packet is None:
        return {}
    return {name: [node.value for node in packet.find_all(name) if node.value is not None] for name in compiled.fields}


def sentence_of(error: Exception) -> str:
    """What an error says to a person."""
    if isinstance(error, OSError) and error.strerror:
        name = Path(error.filename).name if error.filename else ""
        return _("{name}: {reason}.").format(name=name, reason=error.strerror)
    if type(error).__module__.startswith("tcpladder.") and str(error):
        return str(error)
    return _("tcpladder made a mistake here: {error}. Please report it.").format(error=repr(error))
