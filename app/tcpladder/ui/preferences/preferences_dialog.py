"""The preferences: a page for each room, applied as often as the person likes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QSpinBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from tcpladder.texts import LANGUAGES, _
from tcpladder.ui.action_text import plain_title
from tcpladder.ui.dialog_parts import resize_for_text
from tcpladder.ui.preferences.preferences import (
    LARGEST_TEXT,
    SMALLEST_TEXT,
    SPEEDS,
    Preferences,
    appearance_titles,
    name_titles,
)
from tcpladder.ui.theme import ColourSet, grown
from tcpladder.ui.time_text import TimeFormat, precision_titles

_PAGES_SHARE = 150      # pixels
_SAMPLE = "0000  45 00 00 3c 1c 46 40 00 40 06   E..<.F@.@."


class PreferencesDialog(QDialog):
    """Asks; whoever opened it does what is said in `applied`."""

    applied = Signal(object)    # Preferences

    def __init__(self, present: Preferences, usual: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Preferences"))
        self._applied = present
        self._usual = usual
        self.pages = QListWidget(self)
        self.pages.setAccessibleName(_("Pages"))
        self.pages.setSpacing(3)
        self._stack = QStackedWidget(self)
        self._make_boxes()
        for title, page in ((_("General"), self._general()), (_("Appearance"), self._looks()),
                            (_("Packet List"), self._packet_list()), (_("Connection"), self._connection())):
            self.pages.addItem(title)
            self._stack.addWidget(page)
        self.pages.currentRowChanged.connect(self._stack.setCurrentIndex)
        self.pages.setCurrentRow(0)
        kinds = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(kinds.Ok | kinds.Apply | kinds.Cancel | kinds.RestoreDefaults)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._apply = self.buttons.button(kinds.Apply)
        self._apply.clicked.connect(self.apply)
        self.buttons.button(kinds.RestoreDefaults).clicked.connect(lambda: self.show_preferences(self._usual))
        middle = QHBoxLayout()
        middle.setSpacing(18)
        middle.addWidget(self.pages)
        middle.addWidget(self._stack, 1)
        content = QVBoxLayout(self)
        content.setSpacing(16)
        content.addLayout(middle, 1)
        content.addWidget(self.buttons)
        self.show_preferences(present)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        self.pages.setFixedWidth(grown(_PAGES_SHARE))
        resize_for_text(self, 640, 400)

    @property
    def wanted(self) -> Preferences:
        """The answers as they stand."""
        return replace(
            self._applied, language=self.language.currentData(), appearance=self.appearance.currentData(),
            colour_set=self.colours.currentData(), text_size=self.text_size.value(),
            byte_family=self.byte_font.currentData(), time_format=self.time_format.currentData(),
            time_digits=self.time_digits.currentData(), raw_numbers=self.raw_numbers.currentData(),
            names=frozenset(kind for kind, box in self.names.items() if box.isChecked()),
            speed=self.speed.currentData())

    def show_preferences(self, wanted: Preferences) -> None:
        """Puts answers into the boxes; nothing is applied yet."""
        for box, value in ((self.language, wanted.language), (self.appearance, wanted.appearance),
                           (self.colours, wanted.colour_set), (self.byte_font, wanted.byte_family),
                           (self.time_format, wanted.time_format), (self.time_digits, wanted.time_digits),
                           (self.raw_numbers, wanted.raw_numbers), (self.speed, wanted.speed)):
            box.setCurrentIndex(max(0, _place(box, value)))
        self.text_size.setValue(wanted.text_size)
        for kind, check in self.names.items():
            check.setChecked(kind in wanted.names)
        self._show_state()

    def apply(self) -> None:
        """Tells the answers, and stays open."""
        if self.wanted != self._applied:
            self._applied = self.wanted
            self.applied.emit(self._applied)
        self._show_state()

    def accept(self) -> None:
        self.apply()
        super().accept()

    def _make_boxes(self) -> None:
        precisions: dict[Any, str] = dict(precision_titles())
        families = QFontDatabase.families()
        fixed = [family for family in families if QFontDatabase.isFixedPitch(family)]
        self.language = _choice({"": _("As the system"), **LANGUAGES})
        self.appearance = _choice({choice: plain_title(title) for choice, title in appearance_titles().items()})
        self.colours = _choice({ColourSet.STANDARD: _("Standard"), ColourSet.SAFE: _("Colour-blind safe")})
        self.byte_font = _choice({"": _("As the system"), **{family: family for family in fixed}})
        self.time_format = _choice({form: form.title for form in TimeFormat})
        self.time_digits = _choice(precisions)
        self.raw_numbers = _choice({False: _("Relative: from 0 in each direction"), True: _("Raw: as on the wire")})
        self.speed = _choice({speed: f"{speed:g}" for speed in SPEEDS})
        self.text_size = QSpinBox()
        self.text_size.setRange(SMALLEST_TEXT, LARGEST_TEXT)
        self.text_size.setSuffix(_(" pt"))
        self.names = {kind: QCheckBox(title) for kind, title in name_titles().items()}
        self._sample = QLabel(_SAMPLE)
        self._sample.setAccessibleName(_("Sample of the byte font"))
        self._restart = QLabel(_("The language changes when tcpladder is started again."))
        for box in self.findChildren(QComboBox):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for box in (self.language, self.appearance, self.colours, self.byte_font, self.time_format, self.time_digits,
                    self.raw_numbers, self.speed):
            box.currentIndexChanged.connect(self._show_state)
        self.text_size.valueChanged.connect(self._show_state)
        for check in self.names.values():
            check.toggled.connect(self._show_state)

    def _general(self) -> QWidget:
        page, form = _page()
        form.addRow(_("&Language:"), self.language)
        form.addRow(_remark(self._restart))
        return page

    def _looks(self) -> QWidget:
        page, form = _page()
        form.addRow(_("&Theme:"), self.appearance)
        form.addRow(_("&Colours:"), self.colours)
        form.addRow(_remark(QLabel(_("The safe colours can be told apart without red and green: in the packet list,"
                                     " the ladder, the states and the graphs."))))
        form.addRow(_("Text &size:"), self.text_size)
        form.addRow(_("&Byte font:"), self.byte_font)
        form.addRow("", self._sample)
        return page

    def _packet_list(self) -> QWidget:
        page, form = _page()
        form.addRow(_("&Time column:"), self.time_format)
        form.addRow(_("&Precision:"), self.time_digits)
        names = QVBoxLayout()
        names.setSpacing(8)
        for check in self.names.values():
            names.addWidget(check)
        form.addRow(_("Show by name:"), names)
        form.addRow(_remark(QLabel(_("Manufacturers are those of IEEE’s registry, services those of this system’s"
                                     " table. No network is asked."))))
        return page

    def _connection(self) -> QWidget:
        page, form = _page()
        form.addRow(_("Sequence &numbers:"), self.raw_numbers)
        form.addRow(_("Steps a second when &played:"), self.speed)
        return page

    def _show_state(self) -> None:
        if not hasattr(self, "_apply"):
            return
        wanted = self.wanted
        self._apply.setEnabled(wanted != self._applied)
        font = QFont(wanted.byte_family) if wanted.byte_family else QFontDatabase.systemFont(
            QFontDatabase.SystemFont.FixedFont)
        font.setPointSize(wanted.text_size)
        self._sample.setFont(font)


def _choice(titles: dict[Any, str]) -> QComboBox:
    box = QComboBox()
    for value, title in titles.items():
        box.addItem(title, value)
    return box


def _place(box: QComboBox, value: Any) -> int:
    """Where a value stands; Qt's own search takes None for nothing."""
    return next((place for place in range(box.count()) if box.itemData(place) == value), -1)


def _page() -> tuple[QWidget, QFormLayout]:
    page = QFrame()
    form = QFormLayout(page)
    form.setContentsMargins(0, 4, 0, 0)
    form.setVerticalSpacing(10)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
    form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
    return page, form


def _remark(label: QLabel) -> QLabel:
    label.setWordWrap(True)
    label.setForegroundRole(label.foregroundRole().PlaceholderText)
    return label
