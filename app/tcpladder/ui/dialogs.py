"""The few questions and answers that get a window of their own."""

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHeaderView,
    QLabel,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from tcpladder import __version__
from tcpladder.texts import _
from tcpladder.ui.theme import Appearance
from tcpladder.ui.time_text import TimeFormat

SMALLEST_TEXT, LARGEST_TEXT = 6, 32


class PreferencesDialog(QDialog):
    """What the person may choose; the caller applies the answers after exec()."""

    def __init__(self, appearance: Appearance, time_format: TimeFormat, text_size: int,
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Preferences"))
        self._appearance = QComboBox()
        for choice, title in appearance_titles().items():
            self._appearance.addItem(title.replace("&", ""), choice)
        self._appearance.setCurrentIndex(self._appearance.findData(appearance))
        self._time_format = QComboBox()
        for time_choice in TimeFormat:
            self._time_format.addItem(time_choice.title, time_choice)
        self._time_format.setCurrentIndex(self._time_format.findData(time_format))
        self._text_size = QSpinBox()
        self._text_size.setRange(SMALLEST_TEXT, LARGEST_TEXT)
        self._text_size.setSuffix(_(" pt"))
        self._text_size.setValue(text_size)
        form = QFormLayout()
        form.addRow(_("&Appearance:"), self._appearance)
        form.addRow(_("&Time column:"), self._time_format)
        form.addRow(_("Text &size:"), self._text_size)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok
                                   | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        content = QVBoxLayout(self)
        content.setSpacing(16)
        content.addLayout(form)
        content.addWidget(buttons)

    @property
    def appearance(self) -> Appearance:
        """Light, dark, or as the system."""
        return self._appearance.currentData()

    @property
    def time_format(self) -> TimeFormat:
        """What the Time column shows."""
        return self._time_format.currentData()

    @property
    def text_size(self) -> int:
        """Size of the text in the panes, in points."""
        return self._text_size.value()


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


def appearance_titles() -> dict[Appearance, str]:
    """The names of the appearances, with the keys that choose them in a menu."""
    return {Appearance.SYSTEM: _("&Follow the System"), Appearance.LIGHT: _("&Light"),
            Appearance.DARK: _("&Dark")}


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
