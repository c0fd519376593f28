"""The display filter: a line to type it in, checked at every keystroke."""

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QPalette
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QMenu, QToolButton, QWidget

from tcpladder.filters import FilterError, compile_filter
from tcpladder.texts import _, ngettext
from tcpladder.ui.elided_label import ElidedLabel
from tcpladder.ui.field_filter import FilterWish, Joining, joined
from tcpladder.ui.session import Session
from tcpladder.ui.settings import Settings
from tcpladder.ui.theme import icon, theme_of


class FilterBar(QWidget):
    """Enter applies, Escape clears; green is a filter, red is none, and the sentence beside it says why."""

    left = Signal()     # applied or cleared by key: the list should have the focus

    def __init__(self, session: Session, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._settings = settings
        self.edit = _FilterEdit()
        self.edit.setPlaceholderText(_("Display filter, such as tcp.port == 8080"))
        self.edit.setAccessibleName(_("Display filter"))
        self.edit.returnPressed.connect(self.apply)
        self.edit.escaped.connect(self.clear)
        self.edit.textChanged.connect(self._check)
        self._history = QAction(_("Recent filters"), self.edit)
        self._history.triggered.connect(self._show_history)
        self.edit.addAction(self._history, QLineEdit.ActionPosition.LeadingPosition)
        self._clear = QAction(_("Clear the filter (Esc)"), self.edit)
        self._clear.triggered.connect(self.clear)
        self.edit.addAction(self._clear, QLineEdit.ActionPosition.TrailingPosition)
        self._apply = QToolButton()
        self._apply.setAutoRaise(True)
        self._apply.setToolTip(_("Apply the filter (Enter)"))
        self._apply.setAccessibleName(self._apply.toolTip())
        self._apply.clicked.connect(self.apply)
        self.result = ElidedLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 5, 10, 5)
        row.setSpacing(6)
        row.addWidget(self.edit, 3)
        row.addWidget(self._apply)
        row.addWidget(self.result, 2)
        session.shown_changed.connect(self._show_result)
        session.filter_wanted.connect(self.grant)
        session.capture_opened.connect(self._check)
        session.capture_closed.connect(self._check)
        session.loading_finished.connect(self._check)
        self._draw_icons()
        self._check()

    def apply(self) -> None:
        """Shows only the packets that match what the bar says; a text that is no filter stays where it is."""
        text = self.edit.text().strip()
        try:
            self._session.apply_filter(text)
        except FilterError:
            self._check()
            return
        if text:
            self._settings.keep_recent_filter(text)
        self.left.emit()

    def apply_text(self, text: str) -> None:
        """Puts a filter into the bar and applies it."""
        self.edit.setText(text)
        self.apply()

    def apply_condition(self, condition: str, joining: Joining) -> None:
        """Joins a condition with the filter in the bar, and applies the whole."""
        self.apply_text(joined(self.edit.text(), condition, joining))

    def grant(self, wish: FilterWish) -> None:
        """Takes a condition from a pane; one that is only prepared waits in the bar to be edited."""
        text = joined(self.edit.text(), wish.condition, wish.joining)
        if wish.is_applied:
            self.apply_text(text)
        else:
            self.edit.setText(text)
            self.edit.setFocus()

    def clear(self) -> None:
        """Shows all packets again."""
        self.edit.clear()
        self.apply()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self._draw_icons()
            self._check()

    def _check(self) -> None:
        """Colours the line, and says what is wrong with it."""
        text = self.edit.text()
        self._clear.setVisible(bool(text))
        palette = QApplication.palette()
        theme = theme_of(palette)
        if not text.strip():
            self._show_result()
        else:
            try:
                compile_filter(text, self._session.columns)
            except FilterError as error:
                pair = theme.filter_invalid
                self.result.setText(str(error))
            else:
                pair = theme.filter_valid
                self._show_result()
            palette.setColor(QPalette.ColorRole.Base, pair.background)
            palette.setColor(QPalette.ColorRole.Text, pair.text)
        if palette != self.edit.palette():
            self.edit.setPalette(palette)

    def _show_result(self) -> None:
        session = self._session
        if session.shown is None:
            self.result.setText("")
            return
        text = ngettext("{shown:,} of {all:,} packet, {milliseconds:,} ms",
                        "{shown:,} of {all:,} packets, {milliseconds:,} ms", session.frame_count)
        self.result.setText(text.format(shown=len(session.shown), all=session.frame_count,
                                        milliseconds=round(session.filter_seconds * 1000)))

    def _show_history(self) -> None:
        menu = QMenu(self)
        for text in self._settings.recent_filters():
            menu.addAction(text.replace("&", "&&")).triggered.connect(
                lambda _on, chosen=text: self.apply_text(chosen))
        if menu.isEmpty():
            menu.addAction(_("No filter was applied yet")).setEnabled(False)
        menu.exec(self.edit.mapToGlobal(QPoint(0, self.edit.height())))
        menu.deleteLater()

    def _draw_icons(self) -> None:
        self._history.setIcon(icon("history"))
        self._clear.setIcon(icon("clear"))
        self._apply.setIcon(icon("apply"))


class _FilterEdit(QLineEdit):
    """A line that reports Escape."""

    escaped = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        else:
            super().keyPressEvent(event)
