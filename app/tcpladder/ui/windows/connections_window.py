"""Statistics → Connections: every connection of the capture in one list, to find the one that failed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPoint,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QAction, QColor, QGuiApplication, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from tcpladder.exports.csv import csv_line
from tcpladder.fields.show import seconds_text
from tcpladder.packets.capture import NO_TIME
from tcpladder.packets.whole_file import write_whole
from tcpladder.protocols.names import NUMBERS_ONLY, Names
from tcpladder.tcp.connection import Endpoint
from tcpladder.tcp.overview import (
    GRAVE,
    Fact,
    Overview,
    Streams,
    Verdict,
    closing_name,
    initiator_name,
    opening_name,
    verdicts,
)
from tcpladder.tcp.phases import CLOSINGS, OPENINGS
from tcpladder.tcp.pictures.palette import Ink
from tcpladder.tcp.spans import count_text, span_text
from tcpladder.texts import _, ngettext
from tcpladder.ui.filter.field_filter import offer_filter
from tcpladder.ui.session import Session
from tcpladder.ui.settings import Settings
from tcpladder.ui.tables import LEFT, RIGHT, SAMPLE_ROWS, Index, dress_table
from tcpladder.ui.theme import theme_of
from tcpladder.ui.windows.setup_histogram import SetupHistogram
from tcpladder.ui.windows.tool_window import ToolWindow
from tcpladder.ui.wrapping_row import WrappingRow

_COMMANDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
_WORDS = frozenset({Fact.CLIENT, Fact.SERVER, Fact.OPENING, Fact.CLOSING, Fact.CLOSED_BY, Fact.FINDINGS})
_WIDEST_AT_FIRST = 36       # characters
_FINDINGS_WIDTH = 26
_BESIDE_TEXT = 40       # pixels that a line to type in needs for its edges and its button
_CELL_PADDING = 12
_ARROW_WIDTH = 12
_MOST_IN_A_FILTER = 100


class ConnectionsModel(QAbstractTableModel):
    """Translates an overview into cells: which streams are listed, and in which order, is an array."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._overview: Overview | None = None
        self._first_ns = 0
        self._names = NUMBERS_ONLY
        self.streams: Streams = np.empty(0, np.int64)

    def show_overview(self, overview: Overview | None, first_ns: int = 0) -> None:
        """Takes another capture; lists nothing until show_streams()."""
        self.beginResetModel()
        self._overview, self._first_ns = overview, first_ns
        self.streams = np.empty(0, np.int64)
        self.endResetModel()

    def show_streams(self, streams: Streams) -> None:
        """Lists these connections, in this order."""
        self.beginResetModel()
        self.streams = streams
        self.endResetModel()

    def show_names(self, names: Names) -> None:
        """Changes what is shown by name."""
        self._names = names
        self.dataChanged.emit(self.index(0, Fact.CLIENT), self.index(self.rowCount() - 1, Fact.SERVER))

    def row_of(self, stream: int) -> int | None:
        """Where a connection stands in the list, or None."""
        places = np.flatnonzero(self.streams == stream)
        return int(places[0]) if len(places) else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.streams)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(Fact)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return _titles()[Fact(section)]
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tips().get(Fact(section))
        return LEFT if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        overview = self._overview
        if overview is None or not index.isValid() or index.row() >= len(self.streams):
            return None
        stream, fact = int(self.streams[index.row()]), Fact(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return self.cell_text(stream, fact)
        if role == Qt.ItemDataRole.ToolTipRole and fact in _WORDS:
            return self.cell_text(stream, fact)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return LEFT if fact in _WORDS else RIGHT
        if role == Qt.ItemDataRole.ForegroundRole and fact is Fact.FINDINGS:
            palette = theme_of(QApplication.palette()).diagram
            grave = int(overview.troubles[stream]) & int(GRAVE)
            return QColor(palette[Ink.RST_LINE if grave else Ink.WARNING])
        return None

    def cell_text(self, stream: int, fact: Fact) -> str:
        """What a cell shows."""
        assert self._overview is not None       # only a listed stream has cells
        table = self._overview.table
        match fact:
            case Fact.STREAM:
                return str(stream)
            case Fact.CLIENT:
                text = table.endpoint(int(table.client[stream])).named(self._names)
                return text if table.roles_seen[stream] else _("{endpoint} (assumed)").format(endpoint=text)
            case Fact.SERVER:
                return table.endpoint(int(table.server[stream])).named(self._names)
            case Fact.OPENING:
                return opening_name(OPENINGS[int(table.opening[stream])])
            case Fact.CLOSING:
                return closing_name(CLOSINGS[int(table.closing[stream])])
            case Fact.CLOSED_BY:
                return initiator_name(int(table.initiator[stream]))
            case Fact.FINDINGS:
                return self._overview.trouble_text(stream)
            case Fact.SYN_TRIES:
                return count_text(int(table.syn_tries[stream]))
            case Fact.SETUP_TIME:
                return _span(int(table.setup_time_ns[stream]))
            case Fact.RTT:
                return _span(int(table.rtt_ns[stream]))
            case Fact.PACKETS:
                return count_text(int(table.packets[stream]))
            case Fact.CLIENT_BYTES:
                return count_text(int(table.client_bytes[stream]))
            case Fact.SERVER_BYTES:
                return count_text(int(table.server_bytes[stream]))
            case Fact.RETRANSMISSIONS:
                return count_text(int(table.retransmissions[stream]))
            case Fact.START:
                return f"{(int(table.start_ns[stream]) - self._first_ns) / 1e9:.6f}"
            case Fact.DURATION:
                return span_text(int(table.duration_ns[stream]))

    def csv_lines(self) -> Iterator[bytes]:
        """The list, as it is now, as comma-separated values with a line of names."""
        return iter(()) if self._overview is None else _csv_lines(self._overview, self.streams)


class ConnectionsTable(QTableView):
    """Enter opens the ladder, Ctrl+C copies; what is typed looks for connections."""

    ladder_wanted = Signal()
    copy_wanted = Signal()
    typed = Signal(str)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.ladder_wanted.emit()
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy_wanted.emit()
        elif event.text().isprintable() and event.text().strip() and not event.modifiers() & _COMMANDS:
            self.typed.emit(event.text())
        else:
            super().keyPressEvent(event)


class ConnectionsWindow(ToolWindow):
    """Sorted by a click on a title, chosen by verdict, by text, and by the display filter."""

    ladder_wanted = Signal()                # of the selected connection

    def __init__(self, session: Session, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(session, settings, "connections", _("Connections"), QSize(1280, 660), parent)
        self.model = ConnectionsModel(self)
        self.table = ConnectionsTable(self)
        self.text = QLineEdit(self)
        self.verdict = QComboBox(self)
        self.limit = QCheckBox(_("&Limit to display filter"), self)
        self.count = QLabel(self)
        self.histogram = SetupHistogram(self)
        self._overview: Overview | None = None
        self._verdicts: tuple[Verdict, ...] = verdicts()
        self._has_widths = False
        self._build()
        self._connect()
        self.model.show_names(session.names)
        self._take_capture()

    # Building

    def _build(self) -> None:
        self.text.setPlaceholderText(_("Address, port, number, or a word of a verdict"))
        self.text.setClearButtonEnabled(True)
        self.text.setAccessibleName(_("Find connections"))
        self.verdict.setAccessibleName(_("Verdict"))
        self.verdict.addItem(_("All connections"))
        for place, verdict in enumerate(self._verdicts):
            if place and verdict.troubles == 0 and self._verdicts[place - 1].troubles:
                self.verdict.insertSeparator(self.verdict.count())
            self.verdict.addItem(verdict.title, verdict)
        self.verdict.setMaxVisibleItems(30)
        self._fit_text()
        self._export = QPushButton(_("&Export CSV…"), self)
        self._export.setAutoDefault(False)
        choices = WrappingRow()
        choices.setContentsMargins(10, 8, 10, 0)
        choices.setSpacing(8)
        choices.addWidget(self.text, 1)
        choices.addWidget(self.verdict)
        choices.addWidget(self.limit)
        choices.addWidget(self._export)

        table = self.table
        table.setModel(self.model)
        dress_table(table, _("Connections"))
        header = table.horizontalHeader()
        header.setSortIndicatorShown(True)
        header.setSectionsClickable(True)
        header.setSortIndicator(Fact.STREAM, Qt.SortOrder.AscendingOrder)

        self._division = QSplitter(Qt.Orientation.Vertical, self)
        self._division.addWidget(table)
        self._division.addWidget(self.histogram)
        self._division.setStretchFactor(0, 1)
        self._division.setSizes([440, 150])
        self.count.setContentsMargins(10, 2, 10, 4)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addLayout(choices)
        whole.addWidget(self._division, 1)
        whole.addWidget(self.count)

    def _connect(self) -> None:
        session = self.session
        session.capture_opened.connect(lambda _capture: self._take_capture())
        session.capture_closed.connect(self._take_capture)
        session.loading_finished.connect(self._take_capture)
        session.shown_changed.connect(self._follow_filter)
        session.names_changed.connect(self._show_names)
        session.connection_selected.connect(lambda _connection: self._mark_selected(in_sight=True))
        self.text.textChanged.connect(lambda _text: self._list())
        self.verdict.currentIndexChanged.connect(lambda _index: self._list())
        self.limit.toggled.connect(lambda _on: self._list())
        self.table.horizontalHeader().sortIndicatorChanged.connect(lambda _column, _order: self._list())
        self.table.selectionModel().selectionChanged.connect(self._select_connection)
        self.table.doubleClicked.connect(lambda _index: self._open_ladder())
        self.table.ladder_wanted.connect(self._open_ladder)
        self.table.copy_wanted.connect(self.copy)
        self.table.typed.connect(self._look_for)
        self.text.returnPressed.connect(self.table.setFocus)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self, lambda: self._look_for(""))
        self.table.customContextMenuRequested.connect(self._show_menu)
        self._export.clicked.connect(self.export)
        self.histogram.range_chosen.connect(self._show_setup_time)

    # Following the session

    def _take_capture(self) -> None:
        table, columns, capture = self.session.connections, self.session.columns, self.session.capture
        self._overview = None
        if table is not None and columns is not None and capture is not None:
            self._overview = Overview(table, columns)
            first_ns = int(capture.time_ns[0]) if self.session.frame_count else 0
            self.model.show_overview(self._overview, 0 if first_ns == NO_TIME else first_ns)
        else:
            self.model.show_overview(None)
        bar = self.table.verticalScrollBar()
        place = bar.value()
        self._list()
        bar.setValue(place)     # a capture may only have grown
        if self.model.streams.size and not self._has_widths:
            self._fit_columns()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange and self._has_widths:
            self._fit_text()
            self._fit_columns()

    def _follow_filter(self) -> None:
        if self.limit.isChecked():
            self._list()

    def _show_names(self, names: Names) -> None:
        self.model.show_names(names)
        if self.text.text():
            self._list()        # names are looked for where they are shown
        if self._has_widths:
            self._fit_columns()

    def _list(self) -> None:
        """Chooses and sorts; what was selected stays selected where it is still listed."""
        overview, header = self._overview, self.table.horizontalHeader()
        streams: Streams = np.empty(0, np.int64)
        if overview is not None:
            shown = self.session.shown if self.limit.isChecked() else None
            chosen = overview.chosen(self.text.text(), self.verdict.currentData(), shown, self.session.names)
            fact = Fact(header.sortIndicatorSection())
            descending = header.sortIndicatorOrder() is Qt.SortOrder.DescendingOrder
            streams = overview.sorted_by(chosen, fact, descending=descending)
        self.model.show_streams(streams)
        self.histogram.show_streams(overview.table if overview is not None else None, streams)
        self._export.setEnabled(len(streams) > 0)
        self._tell_count()
        self._mark_selected(in_sight=False)

    def _tell_count(self) -> None:
        if self._overview is None:
            text = _("Connections are listed when the capture has been read to its end.") \
                if self.session.is_loading else _("No capture is open.")
        else:
            every, shown = self._overview.table.count, len(self.model.streams)
            text = ngettext("{shown} of {every} connection", "{shown} of {every} connections", every).format(
                shown=count_text(shown), every=count_text(every))
        self.count.setText(text)

    def _mark_selected(self, *, in_sight: bool) -> None:
        """Lights the session's connection, without telling the session."""
        connection = self.session.connection
        row = None if connection is None else self.model.row_of(connection.stream)
        selection = self.table.selectionModel()
        selection.blockSignals(True)
        if row is None:
            selection.clear()
        else:
            index = self.model.index(row, 0)
            if not selection.isRowSelected(row):
                selection.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect
                                          | QItemSelectionModel.SelectionFlag.Rows)
                if in_sight:
                    self.table.scrollTo(index)
        selection.blockSignals(False)
        self.table.viewport().update()

    # What the person does

    def selected_streams(self) -> list[int]:
        """The streams of the selected rows, from top to bottom."""
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        return [int(self.model.streams[row]) for row in rows]

    def copy(self) -> None:
        """Copies the selected rows, with the titles, as text with tabs."""
        titles = _titles()
        lines = ["\t".join(titles[fact] for fact in Fact)]
        lines += ["\t".join(self.model.cell_text(stream, fact) for fact in Fact) for stream in self.selected_streams()]
        QGuiApplication.clipboard().setText("\n".join(lines))

    def export(self) -> None:
        """Asks for a file, and writes the list as comma-separated values."""
        name, _kind = QFileDialog.getSaveFileName(self, _("Export Connections"), "connections.csv",
                                                  _("Comma-separated values (*.csv)"))
        if name:
            self.save_csv(Path(name))

    def save_csv(self, path: Path) -> None:
        """Writes the list in a thread; a failure is told by the session."""
        lines = self.model.csv_lines()
        self.session.jobs.start("connections-csv", lambda _job: write_whole(path, lines), then=lambda _none: None,
                                on_failure=self.report)

    def _select_connection(self, _selected: QItemSelection, _deselected: QItemSelection) -> None:
        rows = self.table.selectionModel().selectedRows()
        if len(rows) == 1:
            stream = int(self.model.streams[rows[0].row()])
            if self.session.connection is None or self.session.connection.stream != stream:
                self.session.select_stream(stream)

    def _look_for(self, text: str) -> None:
        """Goes on with what is typed in the line that chooses."""
        self.text.setFocus()
        self.text.end(False)
        self.text.insert(text)

    def _open_ladder(self) -> None:
        streams = self.selected_streams()
        if streams:
            if self.session.connection is None or self.session.connection.stream != streams[0]:
                self.session.select_stream(streams[0])
            self.ladder_wanted.emit()

    def _show_setup_time(self, low: float, high: float) -> None:
        """Brings the connections with a set-up time in a range (logarithms of seconds) together, and to the top."""
        self.table.horizontalHeader().setSortIndicator(Fact.SETUP_TIME, Qt.SortOrder.DescendingOrder)
        assert self._overview is not None       # something was clicked on
        times = self._overview.table.setup_time_ns[self.model.streams]
        there = np.flatnonzero((times >= 10 ** low * 1e9 * (1 - 1e-9)) & (times <= 10 ** high * 1e9))
        if len(there):
            self.table.scrollTo(self.model.index(int(there[0]), 0), QAbstractItemView.ScrollHint.PositionAtTop)
            self.table.selectRow(int(there[0]))

    def _show_menu(self, place: QPoint) -> None:
        streams = self.selected_streams()
        if not streams or self._overview is None:
            return
        menu = QMenu(self)
        menu.addAction(_("Open &Ladder")).triggered.connect(self._open_ladder)
        menu.addSeparator()
        for condition in self._conditions(streams):
            offer_filter(menu.addMenu(condition.replace("&", "&&")), self.session, condition)
        menu.addSeparator()
        for action in (QAction(_("&Copy"), menu), QAction(_("&Export CSV…"), menu)):
            menu.addAction(action)
        menu.actions()[-2].triggered.connect(self.copy)
        menu.actions()[-1].triggered.connect(self.export)
        menu.exec(self.table.viewport().mapToGlobal(place))
        menu.deleteLater()

    def _conditions(self, streams: list[int]) -> list[str]:
        """Display filters for the selected connections."""
        if len(streams) > 1:
            return [f"tcp.stream in {{{', '.join(map(str, sorted(streams[:_MOST_IN_A_FILTER])))}}}"]
        assert self._overview is not None
        table, stream = self._overview.table, streams[0]
        client, server = (table.endpoint(int(key[stream])) for key in (table.client, table.server))
        return [f"tcp.stream == {stream}", f"{_address(client)} && {_address(server)}", _address(client),
                _address(server), f"{_address(server)} && tcp.port == {server.port}"]

    def _fit_text(self) -> None:
        """Leaves room for what the line says while it is empty."""
        self.text.setMinimumWidth(self.fontMetrics().horizontalAdvance(self.text.placeholderText()) + _BESIDE_TEXT)

    def _fit_columns(self) -> None:
        """Gives each column the width of what it holds, within reason."""
        self._has_widths = True
        metrics = self.table.fontMetrics()
        self.table.verticalHeader().setDefaultSectionSize(metrics.height() + 7)
        titles, character = _titles(), metrics.averageCharWidth()
        for fact in Fact:
            texts = [self.model.cell_text(stream, fact) for stream in self.model.streams[:SAMPLE_ROWS].tolist()]
            least = _FINDINGS_WIDTH * character if fact is Fact.FINDINGS else 0
            widest = max(metrics.horizontalAdvance(text) for text in [titles[fact], *texts])
            width = max(min(widest, _WIDEST_AT_FIRST * character), least)
            self.table.setColumnWidth(fact, width + _CELL_PADDING + _ARROW_WIDTH)


def _titles() -> dict[Fact, str]:
    return {Fact.STREAM: _("No."), Fact.CLIENT: _("Client"), Fact.SERVER: _("Server"), Fact.OPENING: _("Opening"),
            Fact.CLOSING: _("Closing"), Fact.CLOSED_BY: _("Closed by"), Fact.FINDINGS: _("Findings"),
            Fact.SYN_TRIES: _("SYNs"), Fact.SETUP_TIME: _("Setup time"), Fact.RTT: _("RTT"),
            Fact.PACKETS: _("Packets"), Fact.CLIENT_BYTES: _("Bytes →"), Fact.SERVER_BYTES: _("← Bytes"),
            Fact.RETRANSMISSIONS: _("Resent"), Fact.START: _("Start"), Fact.DURATION: _("Duration")}


def _tips() -> dict[Fact, str]:
    return {Fact.STREAM: _("tcp.stream"), Fact.CLOSED_BY: _("Who sent the first FIN, or the RST"),
            Fact.SYN_TRIES: _("How often the client sent its SYN"),
            Fact.SETUP_TIME: _("From the first SYN to the ACK that completes the handshake"),
            Fact.RTT: _("The round trip of the handshake, from the SYN that was answered"),
            Fact.CLIENT_BYTES: _("Payload that the client sent, each copy once"),
            Fact.SERVER_BYTES: _("Payload that the server sent, each copy once"),
            Fact.RETRANSMISSIONS: _("Segments that were sent again"),
            Fact.START: _("Seconds since the first packet of the capture")}


def _span(span_ns: int) -> str:
    return span_text(span_ns) if span_ns >= 0 else ""


def _seconds(span_ns: int) -> str:
    return seconds_text(span_ns) if span_ns >= 0 else ""


def _address(endpoint: Endpoint) -> str:
    return f"{'ipv6' if ':' in endpoint.address else 'ip'}.addr == {endpoint.address}"


def _csv_lines(overview: Overview, streams: Streams) -> Iterator[bytes]:
    """Names of kinds and plain numbers, of ports too; times in seconds, unknown ones empty."""
    table = overview.table
    yield csv_line([fact.name.lower() for fact in Fact]).encode()
    for stream in streams.tolist():
        client, server = (table.endpoint(int(key[stream])).text for key in (table.client, table.server))
        yield csv_line([
            stream, client, server, OPENINGS[int(table.opening[stream])], CLOSINGS[int(table.closing[stream])],
            initiator_name(int(table.initiator[stream])), overview.trouble_text(stream), int(table.syn_tries[stream]),
            _seconds(int(table.setup_time_ns[stream])), _seconds(int(table.rtt_ns[stream])),
            int(table.packets[stream]), int(table.client_bytes[stream]), int(table.server_bytes[stream]),
            int(table.retransmissions[stream]), _seconds(int(table.start_ns[stream])),
            _seconds(int(table.duration_ns[stream]))]).encode()
