"""What dialogs are made of, and how they are shown."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QWidget

from tcpladder.ui.theme import grown

TITLE_HEIGHT = 40       # of the frame that the desktop draws around a window, at most


def open_dialog(dialog: QDialog) -> None:
    """Shows a dialog that waits for an answer; it is gone when it is closed."""
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setModal(True)
    dialog.open()


def resize_for_text(window: QWidget, width: int, height: int) -> None:
    """Gives a window so many pixels where the text has its usual size; more where it is larger, if the screen has."""
    room = window.screen().availableSize() - QSize(0, TITLE_HEIGHT)
    window.resize(max(width, min(grown(width), room.width())), max(height, min(grown(height), room.height())))


def ok_and_cancel(dialog: QDialog) -> QDialogButtonBox:
    """The buttons that answer a dialog."""
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
    buttons.accepted.connect(dialog.accept)
    buttons.rejected.connect(dialog.reject)
    return buttons


def push_button(title: str, act: Callable[[], object], parent: QWidget) -> QPushButton:
    """A button that does something beside the dialog's answer: Enter does not press it from elsewhere."""
    button = QPushButton(title, parent)
    button.setAutoDefault(False)
    button.clicked.connect(lambda _checked: act())
    return button
