"""The list from which a connection is picked: one line each, made when it is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QContextMenuEvent, QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHeaderView,
    QMenu,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QTableView,
    QWidget,
)

from tcpladder.protocols.names import NUMBERS_ONLY, Names
from tcpladder.tcp.connection import Connection, Endpoint
from tcpladder.tcp.connections import ConnectionTable
from tcpladder.tcp.phases import CLOSINGS, OPENINGS
from tcpladder.texts import _, ngettext
from tcpladder.ui.filter.field_filter import offer_filter

if TYPE_CHECKING:
    from tcpladder.ui.session import Session


_POPUP_CHARACTERS = 84     # of a line about two IPv4 addresses
_LINE_SPACE = 6            # pixels above and below a line, together


class ConnectionListModel(QAbstractListModel):
    """Translates the table of connections into lines of text."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._table: ConnectionTable | None = None
        self._names = NUMBERS_ONLY

    def show_names(self, names: Names) -> None:
        """Changes what is shown by name."""
        self._names = names
        if self._table is not None and self._table.count:
            self.dataChanged.emit(self.index(0), self.index(self._table.count - 1))

    def show_table(self, table: ConnectionTable | None) -> None:
        """Lists the connections of another capture."""
        self.beginResetModel()
        self._table = table
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if self._table is None or parent.isValid() else self._table.count

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if self._table is not None and index.isValid() and role == Qt.ItemDataRole.DisplayRole:
            return connection_line(self._table, index.row(), self._names)
        return None


class ConnectionPicker(QComboBox):
    """Shows which connection is selected, and selects another. Opens on a hundred thousand without a pause."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._model = ConnectionListModel(self)
        self.setAccessibleName(_("Connection"))
        self.setToolTip(_("Connections of this capture"))
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(12)
        # As a list below the box: a popup that covers it would ask for the height of every line.
        self.setStyleSheet("QComboBox { combobox-popup: 0; }")
        self.setMaxVisibleItems(20)
        self.setPlaceholderText(_("No TCP connection selected"))
        self._lines = _popup_lines(self)
        self.setView(self._lines)
        self.setModel(self._model)
        self.activated.connect(session.select_stream)
        session.connection_selected.connect(self._show_connection)
        session.names_changed.connect(self._show_names)
        session.loading_finished.connect(self._show_table)
        session.capture_opened.connect(lambda _capture: self._forget())
        self._show_names(session.names)
        self._show_table()

    def showPopup(self) -> None:
        metrics = self.fontMetrics()        # the font may have changed since the last time
        self._lines.verticalHeader().setDefaultSectionSize(metrics.height() + _LINE_SPACE)
        self._lines.setMinimumWidth(_POPUP_CHARACTERS * metrics.averageCharWidth())
        super().showPopup()

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        painter = QStylePainter(self)
        if self._session.connection is not None and self.currentIndex() >= 0:
            room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option,
                                               QStyle.SubControl.SC_ComboBoxEditField, self).width() - 6
            option.currentText = self._fitting_text(self._session.connection, room)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self._session.connection is not None:
            menu = QMenu(self)
            offer_filter(menu, self._session, f"tcp.stream == {self._session.connection.stream}")
            menu.exec(event.globalPos())
            menu.deleteLater()

    def _fitting_text(self, connection: Connection, room: int) -> str:
        """The line as far as there is room behind both ends; where there is none, the ends are cut in the middle."""
        metrics = self.fontMetrics()
        names = self._session.names
        ends = _ends_text(connection.client.named(names), connection.server.named(names))
        if metrics.horizontalAdvance(ends) <= room:
            line = f"{connection.stream} · {ends}"
            if metrics.horizontalAdvance(line) > room:
                return ends
            return metrics.elidedText(self.currentText(), Qt.TextElideMode.ElideRight, room)
        share = (room - metrics.horizontalAdvance(_ends_text("", ""))) // 2
        return _ends_text(*(self._short_end(end, share) for end in (connection.client, connection.server)))

    def _short_end(self, end: Endpoint, room: int) -> str:
        """An end with its port; of the address as much as there is room for."""
        names = self._session.names
        metrics, port = self.fontMetrics(), f":{names.port('tcp', end.port)}"
        address = end.named(names).removesuffix(port)
        rest = room - metrics.horizontalAdvance(port)
        return metrics.elidedText(address, Qt.TextElideMode.ElideMiddle, rest) + port

    def _forget(self) -> None:
        self._model.show_table(None)
        self.setEnabled(False)

    def _show_names(self, names: Names) -> None:
        self._model.show_names(names)
        self._show_connection(self._session.connection)

    def _show_table(self) -> None:
        self._model.show_table(self._session.connections)
        self.setEnabled(self.count() > 0)
        self._show_connection(self._session.connection)

    def _show_connection(self, connection: Connection | None) -> None:
        self.setCurrentIndex(-1 if connection is None else connection.stream)
        self.setToolTip(self.currentText() or _("Connections of this capture"))


def _popup_lines(parent: QWidget) -> QTableView:
    """A table that looks like a list: a list lays out every line before it shows the first."""
    lines = QTableView(parent)
    lines.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
    lines.setShowGrid(False)
    lines.setWordWrap(False)
    lines.setTextElideMode(Qt.TextElideMode.ElideRight)
    lines.horizontalHeader().hide()
    lines.horizontalHeader().setStretchLastSection(True)
    lines.verticalHeader().hide()
    lines.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    return lines


def connection_line(table: ConnectionTable, stream: int, names: Names) -> str:
    """"0 · 192.0.2.10:54918 → 192.0.2.80:8080 · 11 packets · three-way opening, four-way close"."""
    packets = int(table.packets[stream])
    verdicts = _verdicts(OPENINGS[int(table.opening[stream])], CLOSINGS[int(table.closing[stream])])
    ends = _ends_text(*(table.endpoint(key[stream]).named(names) for key in (table.client, table.server)))
    return ngettext("{stream} · {ends} · {packets} packet · {verdicts}",
                    "{stream} · {ends} · {packets} packets · {verdicts}", packets).format(
        stream=stream, ends=ends, verdicts=verdicts, packets=f"{packets:,}")


def _ends_text(client: str, server: str) -> str:
    return f"{client} → {server}"


def _verdicts(opening: str, closing: str) -> str:
    openings = {"three-way": _("three-way opening"), "simultaneous": _("simultaneous opening"),
                "fast-open": _("Fast Open"), "refused": _("refused"), "unanswered": _("never answered"),
                "mid-stream": _("opening not captured"), "incomplete": _("never completed")}
    closings = {"four-way": _("four-way close"), "three-way": _("three-packet close"),
                "simultaneous": _("simultaneous close"), "reset": _("reset"), "half-closed": _("half-closed")}
    return ", ".join(text for text in (openings.get(opening, opening), closings.get(closing, "")) if text)
