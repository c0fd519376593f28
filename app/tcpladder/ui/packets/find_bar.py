"""The find bar: looks for the next packet that matches, in a thread, and shows where it matches."""

import time

import numpy as np
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QComboBox, QHBoxLayout, QLineEdit, QToolButton, QWidget

from tcpladder.filters import FilterError
from tcpladder.texts import _
from tcpladder.ui.elided_label import ElidedLabel
from tcpladder.ui.jobs import Job
from tcpladder.ui.packets.packet_list import PacketListModel
from tcpladder.ui.packets.packet_search import (
    Found,
    Search,
    SearchError,
    SearchKind,
    SearchPlace,
    check_search,
    find_packet,
    visible_fields,
)
from tcpladder.ui.session import Session, sentence_of
from tcpladder.ui.theme import icon, line_style, theme_of

_BETWEEN_REPORTS_S = 0.1


class FindBar(QWidget):
    """Looks through the list in the order in which it stands there.

    Enter finds the next match, Shift+Enter the one before, Escape ends a search and then closes.
    """

    closed = Signal()
    byte_found = Signal(int)        # offset in the selected packet: bytes were looked for, and begin there

    def __init__(self, session: Session, packets: PacketListModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._packets = packets
        self.kind = QComboBox()
        self.kind.setAccessibleName(_("What to find"))
        for kind in SearchKind:
            self.kind.addItem(kind.title, kind)
        self.kind.currentIndexChanged.connect(self._follow_kind)
        self.place = QComboBox()
        self.place.setAccessibleName(_("Where to find it"))
        for place in SearchPlace:
            self.place.addItem(place.title, place)
        self.match_case = _button(_("Match upper and lower case"))
        self.match_case.setText("Aa")
        self.match_case.setCheckable(True)
        self.edit = _FindEdit()
        self.edit.setAccessibleName(_("Find"))
        self.edit.setPlaceholderText(_("Find a packet"))
        self.edit.returnPressed.connect(self.find_next)
        self.edit.backwards_wanted.connect(self.find_previous)
        self.edit.textChanged.connect(self._check)
        self.result = ElidedLabel()
        self._previous = _button(_("Find the previous match (Ctrl+B)"))
        self._previous.clicked.connect(self.find_previous)
        self._next = _button(_("Find the next match (Ctrl+N)"))
        self._next.clicked.connect(self.find_next)
        self.cancel = _button(_("Cancel the search (Esc)"))
        self.cancel.setText(_("Cancel"))
        self.cancel.setEnabled(False)
        self.cancel.clicked.connect(self.stop)
        self._close = _button(_("Close the find bar (Esc)"))
        self._close.clicked.connect(self._leave)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 3, 10, 5)
        row.setSpacing(6)
        for widget, share in ((self.kind, 0), (self.place, 0), (self.match_case, 0), (self.edit, 3),
                              (self._previous, 0), (self._next, 0), (self.result, 2), (self.cancel, 0),
                              (self._close, 0)):
            row.addWidget(widget, share)
        self._draw_icons()
        self._follow_kind()
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

    def stop(self) -> None:
        """Ends the search that is going on."""
        self._session.jobs.cancel("find")
        self.cancel.setEnabled(False)
        self.result.setText(_("The search was cancelled."))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            if self.cancel.isEnabled():
                self.stop()
            else:
                self._leave()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self._draw_icons()
            self._check()

    @property
    def search(self) -> Search:
        """What the bar says."""
        return Search(self.kind.currentData(), self.edit.text(), self.place.currentData(), self.match_case.isChecked(),
                      self._session.names)

    def _leave(self) -> None:
        self._session.jobs.cancel("find")
        self.cancel.setEnabled(False)
        self.hide()
        self.closed.emit()

    def _follow_kind(self) -> None:
        has_place = self.search.kind.has_place
        self.place.setEnabled(has_place)
        self.match_case.setEnabled(has_place)
        self._check()

    def _check(self) -> None:
        """Colours the line as the filter bar does, and says why it cannot be looked for."""
        theme = theme_of(QApplication.palette())
        pair, sentence = None, ""
        if self.edit.text().strip():
            try:
                check_search(self.search)
                pair = theme.filter_valid
            except (FilterError, SearchError) as error:
                pair, sentence = theme.filter_invalid, str(error)
        if self.edit.styleSheet() != line_style(pair):
            self.edit.setStyleSheet(line_style(pair))
        self.result.setText(sentence)

    def _find(self, step: int) -> None:
        session, search = self._session, self.search
        columns, order = session.columns, self._packets.order
        if columns is None or session.is_loading or not search.text.strip():
            return
        count = self._packets.rowCount()
        if not count:
            self.result.setText(_("No packet is shown."))
            return
        start = self._place_of_selected(step)

        def find(job: Job) -> Found | None:
            rows = np.arange(count) if order is None else order
            reported = time.monotonic()

            def proceed(done: int) -> None:
                nonlocal reported
                job.check()
                if time.monotonic() - reported > _BETWEEN_REPORTS_S:
                    reported = time.monotonic()
                    job.report(done / count)

            return find_packet(columns, rows, start, step, search, proceed)

        self.result.setText(_("Searching…"))
        self.cancel.setEnabled(True)
        session.jobs.start("find", find, then=lambda found: self._show_found(found, step),
                           on_report=self._show_progress, on_failure=self._show_failure)

    def _place_of_selected(self, step: int) -> int:
        """The place of the selected packet among those shown; where it is not, the search begins beside its place."""
        row = self._session.row
        if row is None:
            return 0 if step < 0 else -1
        place = self._packets.position_of(row)
        if place is not None:
            return place
        after = self._packets.position_after(row)
        return after if step < 0 else after - 1

    def _show_progress(self, share: float) -> None:
        self.result.setText(_("Searching… {percent} %").format(percent=int(100 * share)))

    def _show_failure(self, error: Exception) -> None:
        self.cancel.setEnabled(False)
        self.result.setText(sentence_of(error))

    def _show_found(self, found: Found | None, step: int) -> None:
        self.cancel.setEnabled(False)
        if found is None:
            self.result.setText(_("No packet matches."))
            return
        wrapped = _("Went on from the first packet.") if step > 0 else _("Went on from the last packet.")
        self.result.setText(wrapped if found.wrapped else "")
        session = self._session
        session.select_row(found.row)
        if found.field is not None and session.packet is not None:
            session.select_field(visible_fields(session.packet)[found.field])
        elif found.span is not None:
            self.byte_found.emit(found.span[0])

    def _draw_icons(self) -> None:
        for button, name in ((self._previous, "previous"), (self._next, "next"), (self._close, "close")):
            button.setIcon(icon(name))


class _FindEdit(QLineEdit):
    """A line that has Shift+Enter for itself, whatever the window does with it elsewhere."""

    backwards_wanted = Signal()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_shift_enter(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if _is_shift_enter(event):
            self.backwards_wanted.emit()
        else:
            super().keyPressEvent(event)


def _is_shift_enter(event: QKeyEvent) -> bool:
    return event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and \
        bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)


def _button(tool_tip: str) -> QToolButton:
    button = QToolButton()
    button.setAutoRaise(True)
    button.setToolTip(tool_tip)
    button.setAccessibleName(tool_tip)
    return button
