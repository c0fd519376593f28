"""The few questions and answers that get a window of their own."""

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from tcpladder import __version__
from tcpladder.texts import _


class ShortcutsDialog(QDialog):
    """Every action that has a key, with its keys."""

    def __init__(self, actions: list[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Keyboard Shortcuts"))
        rows = [(action.text().replace("&", "").rstrip("…"), _keys(action)) for action in actions
                if action.shortcuts()]
        table = QTableWidget(len(rows), 2)
        table.setHorizontalHeaderLabels([_("Action"), _("Keys")])
        for number, texts in enumerate(rows):
            for column, text in enumerate(texts):
                table.setItem(number, column, QTableWidgetItem(text))
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setShowGrid(False)
        table.verticalHeader().hide()
        table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        table.resizeColumnToContents(1)
        _fill(self, table)
        self.resize(520, 560)


class AboutDialog(QDialog):
    """Name, version, purpose."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("About tcpladder"))
        _fill(self, QLabel(_("tcpladder {version}\n\nUnderstand a TCP connection, packet by packet.").format(
            version=__version__)))


def _keys(action: QAction) -> str:
    return ", ".join(keys.toString(QKeySequence.SequenceFormat.NativeText) for keys in action.shortcuts())


def _fill(dialog: QDialog, widget: QWidget) -> None:
    """Lays out a dialog of one widget and a Close button."""
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.reject)
    content = QVBoxLayout(dialog)
    content.setSpacing(14)
    content.addWidget(widget)
    content.addWidget(buttons)
