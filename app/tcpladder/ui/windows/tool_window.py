"""A window beside the main one: not modal, follows the session, remembers where it was."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from tcpladder.packets.capture import Capture
from tcpladder.packets.whole_file import WriteError, write_whole
from tcpladder.texts import _
from tcpladder.ui.dialog_parts import resize_for_text
from tcpladder.ui.session import Session, sentence_of
from tcpladder.ui.settings import Settings


def close_by_keys(window: QWidget) -> None:
    """Esc and Ctrl+W close a window."""
    for keys in ("Esc", "Ctrl+W"):
        QShortcut(QKeySequence(keys), window, window.close)


class ToolWindow(QWidget):
    """Named after what it shows and the capture that it shows it of; Esc and Ctrl+W close it."""

    def __init__(self, session: Session, settings: Settings, name: str, title: str, size: QSize,
                 parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.session = session
        self._settings = settings
        self._name, self._title = name, title
        self.setObjectName(name)
        close_by_keys(self)
        session.capture_opened.connect(self._show_name)
        session.capture_closed.connect(lambda: self._show_name(None))
        self._show_name(session.capture)
        resize_for_text(self, size.width(), size.height())
        geometry = settings.state(f"{name}-geometry")
        if geometry is not None:
            self.restoreGeometry(geometry)

    def write(self, path: Path, parts: Iterable[bytes]) -> None:
        """Writes a file, whole or not at all; a failure is told."""
        try:
            write_whole(path, parts)
        except WriteError as error:
            self.report(error)

    def report(self, error: Exception) -> None:
        """Has the session tell what went wrong."""
        self.session.problem_found.emit(sentence_of(error))

    def closeEvent(self, event: QCloseEvent) -> None:
        self._settings.keep(f"{self._name}-geometry", self.saveGeometry())
        super().closeEvent(event)

    def _show_name(self, capture: Capture | None) -> None:
        if capture is None:
            self.setWindowTitle(self._title)
        else:
            self.setWindowTitle(_("{what} – {name}").format(what=self._title, name=capture.path.name))
