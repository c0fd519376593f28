"""Every window without a mouse and with a screen reader: names, Tab, a focus that can be seen, colours that can."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QColor, QImage, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QDockWidget,
    QHeaderView,
    QLineEdit,
    QListWidget,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QScrollBar,
    QSlider,
    QTabBar,
    QTableWidget,
    QTextEdit,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from tcpladder.ui.focus_frame import FocusFrames
from tcpladder.ui.preferences.contrast import READABLE, contrast
from tcpladder.ui.theme import Appearance, ColourSet, Pair, apply_theme, wanted_theme
from tests.ui.every_window import every_window, faces, lay_out, place_of, shown_parts, spoken

pytestmark = pytest.mark.gui

_INTERACTIVE = (QAbstractButton, QComboBox, QLineEdit, QAbstractSpinBox, QAbstractItemView, QTextEdit, QPlainTextEdit,
                QAbstractSlider, QTabBar)
THEMES = [(appearance, colours) for appearance in (Appearance.LIGHT, Appearance.DARK) for colours in ColourSet]


@pytest.fixture
def themed(request, qapp):
    apply_theme(wanted_theme(*request.param))
    yield
    apply_theme(wanted_theme(Appearance.SYSTEM))


@pytest.mark.parametrize("themed", THEMES, indirect=True)
def test_the_focus_can_be_seen(themed, qapp, qtbot):
    frames = FocusFrames(qapp)
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    parts = [QLineEdit(), QPushButton("Do"), QToolButton(text="Do"), QCheckBox("On"), QRadioButton("On"),
             _with_items(QComboBox()), QPlainTextEdit(), _with_items(QListWidget()), QTableWidget(2, 2),
             QSlider(Qt.Orientation.Horizontal), _with_tabs(QTabBar())]
    for part in parts:
        column.addWidget(part)
    window.show()
    window.activateWindow()
    unseen = []
    for part in parts:
        _other_than(part, parts).setFocus(Qt.FocusReason.TabFocusReason)
        before = _picture(part)
        part.setFocus(Qt.FocusReason.TabFocusReason)
        assert QApplication.focusWidget() is part
        if _picture(part) == before:
            unseen.append(type(part).__name__)
    frames.deleteLater()
    qapp.focusChanged.disconnect(frames._follow)
    assert unseen == []


@pytest.mark.parametrize("themed", THEMES, indirect=True)
def test_texts_of_the_palette_can_be_read(themed, qapp):
    role = QPalette.ColorRole
    pairs = ((role.Window, role.WindowText), (role.Base, role.Text), (role.AlternateBase, role.Text),
             (role.Button, role.ButtonText), (role.ToolTipBase, role.ToolTipText), (role.Base, role.PlaceholderText),
             (role.Window, role.PlaceholderText), (role.Base, role.Link), (role.Window, role.Link),
             (role.Highlight, role.HighlightedText))
    poor = [(group.name, ground.name, text.name)
            for group in (QPalette.ColorGroup.Active, QPalette.ColorGroup.Inactive) for ground, text in pairs
            if contrast(Pair(_hex(qapp.palette().color(group, ground)), _hex(qapp.palette().color(group, text))))
            < READABLE]
    assert poor == []


@pytest.fixture(scope="module")
def windows(qapp):
    with spoken("en"), every_window() as opened:
        yield opened


def test_everything_that_can_be_used_has_a_name(windows):
    found = sorted({f"{name}: {place_of(part)}" for name, window in windows.items() for part in usable(window)
                    if not isinstance(part, QTabBar) and not spoken_name(part)})
    assert not found, "\n".join(found)


def test_everything_that_can_be_used_is_reached_by_tab(windows):
    found = sorted({f"{name}: {spoken_name(part)!r}, {place_of(part)}" for name, window in windows.items()
                    for part in usable(window) if not part.focusPolicy() & Qt.FocusPolicy.TabFocus or keeps_tab(part)})
    assert not found, "\n".join(found)


def test_layers_of_the_header_are_chosen_by_keys(windows):
    main = windows["main window"]
    tabs = main.workspace.header.tabs
    main.session.select_field(next(layer for layer in main.session.packet.layers if layer.name == "tcp"))
    for wanted in ("ip", "eth"):
        QTest.keyClick(tabs, Qt.Key.Key_Left)
        assert main.session.field.name == wanted


def usable(window: QWidget) -> Iterator[QWidget]:
    """What a person uses in a window, on all its pages; parts that Qt makes of one widget count as that."""
    for _face in faces(window):
        for part in shown_parts(window):
            if isinstance(part, _INTERACTIVE) and part.isEnabled() and not _is_part_of_another(part):
                yield part


def keeps_tab(part: QWidget) -> bool:
    """Tab goes into the widget, and never out again."""
    if isinstance(part, QAbstractItemView):
        return part.tabKeyNavigation()
    return isinstance(part, (QTextEdit, QPlainTextEdit)) and not part.isReadOnly() and not part.tabChangesFocus()


def spoken_name(part: QWidget) -> str:
    """What a screen reader calls a widget: its own name, its text, or that of the label beside it."""
    return QAccessible.queryAccessibleInterface(part).text(QAccessible.Text.Name)


def _is_part_of_another(part: QWidget) -> bool:
    """A scroll bar, a header, the line of a spin box, Qt's own buttons of lines, tabs, docks; what menus offer, too.

    Of buttons of which one is chosen, Tab goes to that one, and arrows to the others.
    """
    owner = part.parentWidget()
    if isinstance(part, QRadioButton) and not part.isChecked():
        return True
    return isinstance(part, (QScrollBar, QHeaderView)) \
        or isinstance(owner, (QAbstractSpinBox, QComboBox, QTabBar, QDockWidget, QToolBar)) \
        or (isinstance(owner, QLineEdit) and isinstance(part, QToolButton)) \
        or (isinstance(owner, QAbstractItemView) and isinstance(part, QAbstractButton))


def _with_items(widget: QComboBox | QListWidget) -> QComboBox | QListWidget:
    widget.addItems(["one", "two"])
    if isinstance(widget, QListWidget):
        widget.setCurrentRow(0)
    return widget


def _with_tabs(bar: QTabBar) -> QTabBar:
    bar.addTab("one")
    bar.addTab("two")
    return bar


def _other_than(part: QWidget, parts: list[QWidget]) -> QWidget:
    return parts[0] if part is not parts[0] else parts[1]


def _picture(part: QWidget) -> QImage:
    lay_out()
    return part.grab().toImage()


def _hex(colour: QColor) -> str:
    return colour.name().upper()
