"""The list from which a connection is picked: one line each, made when it is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QComboBox, QListView, QWidget

from tcpladder.tcp.connection import Connection
from tcpladder.tcp.connections import ConnectionTable
from tcpladder.tcp.phases import CLOSINGS, OPENINGS
from tcpladder.texts import _, ngettext

if TYPE_CHECKING:
    from tcpladder.ui.session import Session


class ConnectionListModel(QAbstractListModel):
    """Translates the table of connections into lines of text."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._table: ConnectionTable | None = None

    def show_table(self, table: ConnectionTable | None) -> None:
        """Lists the connections of another capture."""
        self.beginResetModel()
        self._table = table
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if self._table is None or parent.isValid() else self._table.count

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if self._table is not None and index.isValid() and role == Qt.ItemDataRole.DisplayRole:
            return connection_line(self._table, index.row())
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
        self.setMaxVisibleItems(20)
        self.setPlaceholderText(_("No TCP connection selected"))
        lines = QListView(self)
        lines.setUniformItemSizes(True)
        lines.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setView(lines)
        self.setModel(self._model)
        self.activated.connect(session.select_stream)
        session.connection_selected.connect(self._show_connection)
        session.loading_finished.connect(self._show_table)
        session.capture_opened.connect(lambda _capture: self._forget())
        self._show_table()

    def _forget(self) -> None:
        self._model.show_table(None)
        self.setEnabled(False)

    def _show_table(self) -> None:
        self._model.show_table(self._session.connections)
        self.setEnabled(self.count() > 0)
        self._show_connection(self._session.connection)

    def _show_connection(self, connection: Connection | None) -> None:
        self.setCurrentIndex(-1 if connection is None else connection.stream)


def connection_line(table: ConnectionTable, stream: int) -> str:
    """"0 · 192.0.2.10:54918 → 192.0.2.80:8080 · three-way, four-way · 11 packets"."""
    packets = int(table.packets[stream])
    verdicts = _verdicts(OPENINGS[int(table.opening[stream])], CLOSINGS[int(table.closing[stream])])
    return ngettext("{stream} · {client} → {server} · {verdicts} · {packets} packet",
                    "{stream} · {client} → {server} · {verdicts} · {packets} packets", packets).format(
        stream=stream, client=table.endpoint(table.client[stream]).text,
        server=table.endpoint(table.server[stream]).text, verdicts=verdicts, packets=f"{packets:,}")


def _verdicts(opening: str, closing: str) -> str:
    openings = {"three-way": _("three-way opening"), "simultaneous": _("simultaneous opening"),
                "fast-open": _("Fast Open"), "refused": _("refused"), "unanswered": _("never answered"),
                "mid-stream": _("opening not captured"), "incomplete": _("never completed")}
    closings = {"four-way": _("four-way close"), "three-way": _("three-packet close"),
                "simultaneous": _("simultaneous close"), "reset": _("reset"), "half-closed": _("half-closed")}
    return ", ".join(text for text in (openings.get(opening, opening), closings.get(closing, "")) if text)
