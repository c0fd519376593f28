"""The find bar: looks for the next packet that matches, in a thread."""

import numpy as np
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QToolButton, QWidget

from tcpladder.texts import _
from tcpladder.ui.elided_label import ElidedLabel
from tcpladder.ui.jobs import Job
from tcpladder.ui.packet_search import SearchKind, find_row
from tcpladder.ui.session import Session, sentence_of
from tcpladder.ui.theme import icon


class FindBar(QWidget):
    """Enter finds the next match, Shift+Enter the one before, Escape closes."""

    closed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.kind = QComboBox()
        self.kind.setAccessibleName(_("What to find"))
        for kind in SearchKind:
            self.kind.addItem(kind.title, kind)
        self.edit = QLineEdit()
        self.edit.setAccessibleName(_("Find"))
        self.edit.setPlaceholderText(_("Find a packet"))
        self.edit.returnPressed.connect(self.find_next)
        self.result = ElidedLabel()
        self._previous = _button(_("Find the previous match (Ctrl+B)"))
        self._previous.clicked.connect(self.find_previous)
        self._next = _button(_("Find the next match (Ctrl+N)"))
        self._next.clicked.connect(self.find_next)
        self._close = _button(_("Close the find bar (Esc)"))
        self._close.clicked.connect(self._leave)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 3, 10, 5)
        row.setSpacing(6)
        row.addWidget(self.kind)
        row.addWidget(self.edit, 3)
        row.addWidget(self._previous)
        row.addWidget(self._next)
        row.addWidget(self.result, 2)
        row.addWidget(self._close)
        self._draw_icons()
        self.hide()

    def open(self) -> None:
        """Shows the bar, ready to type."""
        self.show()
        self.edit.setFocus()
        self.edit.selectAll()

    def find_next(self) -> None:
        """Selects the next packet that matches."""
        self._find(+1)

    def find_previous(self) -> None:
        """Selects the packet before that matches."""
        self._find(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() == Qt.Key.Key_Escape:
            self._leave()
        elif is_enter and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.find_previous()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self._draw_icons()

    def _leave(self) -> None:
        self._session.jobs.cancel("find")
        self.hide()
        self.closed.emit()

    def _find(self, step: int) -> None:
        session, text, kind = self._session, self.edit.text(), self.kind.currentData()
        columns, shown = session.columns, session.shown
        if columns is None or session.is_loading or not text.strip():
            return
        count = session.frame_count if shown is None else len(shown)
        if not count:
            self.result.setText(_("No packet is shown."))
            return
        place = self._place_of_selected()

        def find(job: Job) -> int | None:
            rows = np.arange(count) if shown is None else shown
            return find_row(columns, rows, place, step, kind, text, job.check)

        self.result.setText(_("Searching…"))
        session.jobs.start("find", find, then=self._show_found,
                           on_failure=lambda error: self.result.setText(sentence_of(error)))

    def _place_of_selected(self) -> int:
        row = self._session.row
        if row is None:
            return -1
        return row if self._session.shown is None else int(np.searchsorted(self._session.shown, row))

    def _show_found(self, row: int | None) -> None:
        self.result.setText(_("No packet matches.") if row is None else "")
        if row is not None:
            self._session.select_row(row)

    def _draw_icons(self) -> None:
        for button, name in ((self._previous, "previous"), (self._next, "next"), (self._close, "close")):
            button.setIcon(icon(name))


def _button(tool_tip: str) -> QToolButton:
    button = QToolButton()
    button.setAutoRaise(True)
    button.setToolTip(tool_tip)
    button.setAccessibleName(tool_tip)
    return button
