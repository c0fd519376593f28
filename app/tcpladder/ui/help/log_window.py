"""Help → Log: what was said, with times, to read again or to send along with a report."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from tcpladder.texts import _
from tcpladder.ui.dialog_parts import resize_for_text
from tcpladder.ui.help.crash_report import versions
from tcpladder.ui.help.message_log import Entry, MessageLog
from tcpladder.ui.windows.tool_window import close_by_keys


class LogWindow(QWidget):
    """Shows a log, and goes on showing it."""

    def __init__(self, log: MessageLog, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(_("Log"))
        self._log = log
        self.lines = QPlainTextEdit(self)
        self.lines.setReadOnly(True)
        self.lines.setAccessibleName(_("Log"))
        self.lines.setPlaceholderText(_("Nothing was said yet."))
        self.lines.setPlainText("\n".join(entry.line for entry in log.entries))
        self.copy_button = QPushButton(_("&Copy All, with Versions"), self)
        self.copy_button.clicked.connect(self.copy_all)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.copy_button)
        content = QVBoxLayout(self)
        content.addWidget(self.lines, 1)
        content.addLayout(row)
        close_by_keys(self)
        log.added.connect(self._add)
        resize_for_text(self, 760, 360)

    def copy_all(self) -> None:
        """Puts versions and all lines on the clipboard."""
        lines = [*versions(), "", *(entry.line for entry in self._log.entries)]
        QGuiApplication.clipboard().setText("\n".join(lines) + "\n")

    def _add(self, entry: Entry) -> None:
        self.lines.appendPlainText(entry.line)
