"""The few questions and answers that get a window of their own."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from tcpladder.texts import _
from tcpladder.ui.action_text import keys_text, plain_title
from tcpladder.ui.dialog_parts import resize_for_text
from tcpladder.ui.help.crash_report import versions


class ShortcutsDialog(QDialog):
    """Every action that has a key, with its keys."""

    def __init__(self, actions: list[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Keyboard Shortcuts"))
        rows = [(plain_title(action.text()), keys_text(action)) for action in actions
                if action.shortcuts()]
        table = QTableWidget(len(rows), 2)
        table.setHorizontalHeaderLabels([_("Action"), _("Keys")])
        table.setAccessibleName(_("Keyboard Shortcuts"))
        table.setTabKeyNavigation(False)
        for number, texts in enumerate(rows):
            for column, text in enumerate(texts):
                table.setItem(number, column, QTableWidgetItem(text))
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setShowGrid(False)
        table.verticalHeader().hide()
        table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        table.resizeColumnToContents(1)
        _fill(self, table)
        resize_for_text(self, 520, 560)


class AboutDialog(QDialog):
    """Name, purpose, licence, and the versions of what the program stands on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("About tcpladder"))
        title = QLabel("tcpladder")
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 1.8)
        font.setBold(True)
        title.setFont(font)
        purpose = QLabel(_("Understand a TCP connection, packet by packet."))
        self.versions = QLabel("\n".join(versions()))
        self.versions.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse
                                              | Qt.TextInteractionFlag.TextSelectableByKeyboard)
        self.versions.setAccessibleName(_("Versions"))
        licence = QLabel(_("Free software under the MIT licence."))
        copying = QPushButton(_("&Copy Versions"))
        copying.setAutoDefault(False)
        copying.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.versions.text()))
        page = QWidget()
        content = QVBoxLayout(page)
        content.setContentsMargins(0, 0, 0, 0)
        content.setSpacing(10)
        for widget in (title, purpose, self.versions, licence):
            content.addWidget(widget)
        content.addWidget(copying, 0, Qt.AlignmentFlag.AlignLeft)
        _fill(self, page)


def _fill(dialog: QDialog, widget: QWidget) -> None:
    """Lays out a dialog of one widget and a Close button."""
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.reject)
    content = QVBoxLayout(dialog)
    content.setSpacing(14)
    content.addWidget(widget)
    content.addWidget(buttons)
