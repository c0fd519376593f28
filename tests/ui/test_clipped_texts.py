"""Every window in both languages and both themes: texts fit where they stand, and all of them can be translated."""

import gettext
import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QDialog,
    QDockWidget,
    QGroupBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QRadioButton,
    QStyle,
    QStyleOptionButton,
    QStyleOptionComboBox,
    QStyleOptionDockWidget,
    QStyleOptionGroupBox,
    QStyleOptionToolButton,
    QTabBar,
    QTableWidget,
    QToolButton,
    QWidget,
)

from tcpladder import texts
from tcpladder.texts import LANGUAGES
from tcpladder.ui.action_text import plain_title
from tcpladder.ui.connection.connection_picker import ConnectionPicker
from tcpladder.ui.elided_label import ElidedLabel
from tcpladder.ui.main_window import MainWindow
from tcpladder.ui.start_page import _PADDING, _Entry
from tcpladder.ui.theme import Appearance, usual_text_size
from tcpladder.ui.windows.stream_view import StreamView
from tests.ui.every_window import SIZE, every_window, faces, lay_out, place_of, shown_parts, spoken

pytestmark = pytest.mark.gui

TEXT_SIZES = (100, 80, 200)     # percent of the usual
LARGEST = QSize(1000, 700)      # of a dialog; in larger text it may fill the screen
_HEADER_PADDING = 12            # of a section, left and right; theme.py
_TAB_PADDING = 20
_SLACK = 1      # pixels by which Qt rounds

# Names, filters and file endings that are the same in every language.
_ENGLISH_EVERYWHERE = re.compile("|".join((
    r"tcpladder", r"[a-z]+(\.[a-z_]+)+", r"https?://\S+", r"/\S+", r"\S+\.pcap(ng)?", re.escape(platform.platform()))))
_PROSE = re.compile(r"\b[a-z]{2,}\b.*\b[a-z]{2,}\b", re.DOTALL)
_CHINESE = re.compile(r"[\u4e00-\u9fff]")     # of Qt
_MARK = "译"


@pytest.fixture(scope="module", params=[(language, percent) for percent in TEXT_SIZES for language in LANGUAGES],
                ids=lambda param: f"{param[0]}-{param[1]}%")
def windows(request, qapp):
    language, percent = request.param
    with spoken(language), every_window(percent) as opened:
        yield opened


@pytest.fixture(params=[Appearance.LIGHT, Appearance.DARK], ids=lambda appearance: appearance.value)
def themed(request, windows):
    windows["main window"].set_appearance(request.param)
    lay_out()
    return windows


def test_every_text_fits(themed):
    found = [f"{name}: {said}" for name, window in themed.items() for said in clipped(window)]
    assert not found, "\n".join(found)


def test_dialogs_are_small_and_nothing_lies_outside(windows):
    largest = LARGEST if QApplication.font().pointSize() <= usual_text_size() else QSize(*SIZE)
    found = [f"{name}: {said}" for name, window in windows.items() for said in overflowing(window, largest)]
    assert not found, "\n".join(found)


def test_every_text_fits_on_a_screen_of_twice_as_many_pixels(tmp_path):
    if os.environ.get("QT_SCALE_FACTOR"):
        pytest.skip("this is such a screen")
    screen = {"name": "twice", "x": 0, "y": 0, "width": 2 * SIZE[0], "height": 2 * SIZE[1], "logicalDpi": 96, "dpr": 1}
    (tmp_path / "screens.json").write_text(json.dumps({"screens": [screen]}), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__,
         "-k", "not 80 and (light or nothing_lies_outside)"],
        env={**os.environ, "QT_SCALE_FACTOR": "2", "QT_QPA_PLATFORM": f"offscreen:configfile={tmp_path}/screens.json"},
        capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-5000:]
    assert f"{(len(TEXT_SIZES) - 1) * len(LANGUAGES) * 2} passed" in done.stdout


def test_every_text_fits_when_it_grows_in_open_windows(qapp):
    with every_window() as opened:
        opened["main window"].set_text_size(2 * usual_text_size())
        lay_out()
        found = [f"{name}: {said}" for name, window in opened.items() if not window.isModal() or name == "preferences"
                 for said in clipped(window)]
    assert not found, "\n".join(found)


def test_titles_of_panes_are_as_large_as_the_text(window):
    """Their height, by what Qt asks before it paints them; Qt's own would stay as they were."""
    dock = window.workspace.findChild(QDockWidget, "fields")
    for points in (9, 18, 9):
        window.set_text_size(points)
        lay_out()
        option = QStyleOptionDockWidget()
        dock.initStyleOption(option)
        assert option.rect.height() >= dock.fontMetrics().height()
        assert dock.fontInfo().pointSize() == points
        assert option.rect.height() <= dock.fontMetrics().height() + 12


@pytest.mark.parametrize(("title", "plain"), [
    ("&Open…", "Open"), ("Save a Copy &As…", "Save a Copy As"), ("打开(&O)…", "打开"), ("撤销(&U) 标记", "撤销 标记"),
    ("Copy (all)", "Copy (all)"), ("Questions && Answers", "Questions & Answers"), ("A (&&) B", "A (&) B"),
])
def test_a_title_outside_of_menus_has_no_key(title, plain):
    assert plain_title(title) == plain


@pytest.mark.parametrize("make", [
    lambda: QLabel("A long sentence"), lambda: QPushButton("A long &title"), lambda: QCheckBox("A long title"),
    lambda: QRadioButton("A long title"), lambda: _with(QToolButton(), "setText", "A long title"),
    lambda: _with(QComboBox(), "addItem", "A long title"), lambda: QGroupBox("A long title"),
    lambda: _with(QTabBar(), "addTab", "A long title"), lambda: _with(QLineEdit(), "setPlaceholderText", "A long hint"),
    lambda: QTableWidget(1, 1),
])
def test_a_text_with_too_little_room_is_found(qtbot, make):
    window = QWidget()
    qtbot.addWidget(window)
    part = make()
    part.setParent(window)
    window.show()
    part.resize(400, 60)
    if isinstance(part, QTableWidget):
        part.setHorizontalHeaderLabels(["A long title"])
        part.resizeColumnsToContents()
    assert list(clipped(window)) == []
    if isinstance(part, QTableWidget):
        part.setColumnWidth(0, 40)
    else:
        part.resize(40, 60)
    assert len(list(clipped(window))) == 1


def _with(part: QWidget, method: str, text: str) -> QWidget:
    getattr(part, method)(text)
    return part


# What does not fit


def clipped(window: QWidget) -> Iterator[str]:
    """A sentence for every text of a window that has less room than it needs."""
    for face in faces(window):
        for part in shown_parts(window):
            for text, needed, room in texts_in(part):
                if needed.width() > room.width() + _SLACK or needed.height() > room.height() + _SLACK:
                    yield (f"{face} {text!r} needs {needed.width()} × {needed.height()}, "
                           f"has {room.width()} × {room.height()} ({place_of(part)})")


def texts_in(part: QWidget) -> Iterator[tuple[str, QSize, QSize]]:
    """The texts that a widget itself shows, with the room that each needs and the room that it has."""
    for kind, measure in _MEASURES:
        if isinstance(part, kind):
            yield from measure(part)
            return


def _needed(metrics: QFontMetrics, text: str) -> QSize:
    """Of a text on one or more lines, without the marks of mnemonics."""
    return metrics.size(0, re.sub("&(.)", r"\1", text))


def _of_label(label: QLabel) -> Iterator[tuple[str, QSize, QSize]]:
    text, room = label.text(), label.contentsRect().size()
    if not text or isinstance(label, ElidedLabel):
        return
    if label.wordWrap():
        yield text, QSize(0, label.heightForWidth(label.width())), label.size()
    elif label.textFormat() is Qt.TextFormat.RichText or "<" in text:
        yield text, label.sizeHint(), label.size()
    else:
        yield text, _needed(label.fontMetrics(), text), room


def _of_check_or_radio(button: QCheckBox | QRadioButton) -> Iterator[tuple[str, QSize, QSize]]:
    if not button.text():
        return
    option = QStyleOptionButton()
    button.initStyleOption(option)
    element = QStyle.SubElement.SE_CheckBoxContents if isinstance(button, QCheckBox) \
        else QStyle.SubElement.SE_RadioButtonContents
    yield button.text(), _needed(button.fontMetrics(), button.text()), \
        button.style().subElementRect(element, option, button).size()


def _of_push_button(button: QPushButton) -> Iterator[tuple[str, QSize, QSize]]:
    option = QStyleOptionButton()
    button.initStyleOption(option)
    room = button.style().subElementRect(QStyle.SubElement.SE_PushButtonContents, option, button)
    taken = 0 if button.icon().isNull() else button.iconSize().width() + 4
    yield button.text(), _needed(button.fontMetrics(), button.text()), room.size() - QSize(taken, 0)


def _of_tool_button(button: QToolButton) -> Iterator[tuple[str, QSize, QSize]]:
    option = QStyleOptionToolButton()
    button.initStyleOption(option)
    only_icon = option.toolButtonStyle is Qt.ToolButtonStyle.ToolButtonIconOnly
    if not button.text() or (only_icon and not button.icon().isNull()):
        return
    room = button.style().subControlRect(QStyle.ComplexControl.CC_ToolButton, option,
                                         QStyle.SubControl.SC_ToolButton, button)
    taken = 4
    if not button.icon().isNull() and option.toolButtonStyle is Qt.ToolButtonStyle.ToolButtonTextBesideIcon:
        taken += button.iconSize().width() + 4
    if button.menu() is not None:
        taken += button.style().pixelMetric(QStyle.PixelMetric.PM_MenuButtonIndicator, option, button) // 2
    yield button.text(), _needed(button.fontMetrics(), button.text()), room.size() - QSize(taken, 0)


def _of_entry(entry: _Entry) -> Iterator[tuple[str, QSize, QSize]]:
    """Of the start page: a title, and below it, wrapped, what it is."""
    area = entry.rect().adjusted(_PADDING, _PADDING, -_PADDING, -_PADDING)
    detail = entry.fontMetrics().boundingRect(area, Qt.TextFlag.TextWordWrap, entry.accessibleDescription())
    yield entry.text(), QSize(0, entry.fontMetrics().height() + detail.height()), area.size()


def _of_combo(combo: QComboBox) -> Iterator[tuple[str, QSize, QSize]]:
    if isinstance(combo, ConnectionPicker):
        return      # cut on purpose, as cells are
    option = QStyleOptionComboBox()
    combo.initStyleOption(option)
    room = combo.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option,
                                        QStyle.SubControl.SC_ComboBoxEditField, combo)
    # Chinese signs end in room of their own, which Qt leaves out here.
    yield combo.currentText(), QSize(combo.fontMetrics().boundingRect(combo.currentText()).width(), 0), room.size()


def _of_group(box: QGroupBox) -> Iterator[tuple[str, QSize, QSize]]:
    option = QStyleOptionGroupBox()
    box.initStyleOption(option)
    room = box.style().subControlRect(QStyle.ComplexControl.CC_GroupBox, option,
                                      QStyle.SubControl.SC_GroupBoxLabel, box)
    yield box.title(), _needed(box.fontMetrics(), box.title()), room.intersected(box.rect()).size()


def _of_tabs(bar: QTabBar) -> Iterator[tuple[str, QSize, QSize]]:
    for place in range(bar.count()):
        text = bar.tabText(place)
        room = bar.tabRect(place).intersected(bar.rect()).size()
        icon = 0 if bar.tabIcon(place).isNull() else bar.iconSize().width() + 4
        yield text, _needed(bar.fontMetrics(), text), room - QSize(_TAB_PADDING + icon, 0)


def _of_header(header: QHeaderView) -> Iterator[tuple[str, QSize, QSize]]:
    if header.orientation() is not Qt.Orientation.Horizontal or header.model() is None:
        return
    for section in range(header.count()):
        text = header.model().headerData(section, header.orientation())
        if text and not header.isSectionHidden(section):
            room = QSize(header.sectionSize(section) - _HEADER_PADDING, header.height())
            yield text, _needed(header.fontMetrics(), text), room


def _of_line(line: QLineEdit) -> Iterator[tuple[str, QSize, QSize]]:
    """What is typed may scroll; what the program says may not."""
    is_number = isinstance(line.parentWidget(), QAbstractSpinBox)
    text = line.displayText() if is_number else line.placeholderText()
    if text and (is_number or not line.text()):
        room = line.contentsRect().adjusted(2, 0, -2, 0).size()
        yield text, QSize(line.fontMetrics().horizontalAdvance(text), 0), room


_MEASURES: tuple[tuple[type[QWidget], Callable[..., Iterator[tuple[str, QSize, QSize]]]], ...] = (
    (QLabel, _of_label), (QCheckBox, _of_check_or_radio), (QRadioButton, _of_check_or_radio),
    (QPushButton, _of_push_button), (QToolButton, _of_tool_button), (QComboBox, _of_combo), (QGroupBox, _of_group),
    (QTabBar, _of_tabs), (QHeaderView, _of_header), (QLineEdit, _of_line),
    (_Entry, _of_entry),
)


def overflowing(window: QWidget, largest: QSize) -> Iterator[str]:
    """A sentence for everything of a window that is larger than its place."""
    if isinstance(window, QDialog):
        size = window.size()
    else:
        size = window.minimumSizeHint()
    if size.width() > largest.width() or size.height() > largest.height():
        yield f"is {size.width()} × {size.height()}"
    for face in faces(window):
        for part in shown_parts(window):
            room = part.parentWidget().rect()
            if not _may_reach_out(part) and not room.contains(part.geometry()):
                yield f"{face} {_text(part.geometry())} lies outside {_text(room)} ({place_of(part)})"


def _may_reach_out(part: QWidget) -> bool:
    """Whether a widget may be larger than its parent: the content of a scroll area, and Qt's own separators."""
    if part.objectName() == "qt_qmainwindow_extended_splitter":
        return True
    viewport = part.parentWidget()
    area = viewport.parentWidget() if viewport is not None else None
    return isinstance(area, QAbstractScrollArea) and area.viewport() is viewport


def _text(room: QRect) -> str:
    return f"{room.width()} × {room.height()} at {room.x()}, {room.y()}"


# What does not pass through the catalogue


class _Marking(gettext.NullTranslations):
    """A translation that every text can be told by; of what the catalogue lacks, tests/texts speaks."""

    def gettext(self, message: str) -> str:
        return _MARK + message

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        return _MARK + (singular if count == 1 else plural)


def test_all_that_windows_say_can_be_translated(qapp, monkeypatch):
    with spoken("zh_CN"):
        monkeypatch.setattr(texts, "_translation", _Marking())
        with every_window() as opened:
            found = {(name, text) for name, window in opened.items() for text in words_of(window) if is_prose(text)}
    assert not found, "\n".join(map(str, sorted(found)))


def is_prose(text: str) -> bool:
    return not _CHINESE.search(text) and _PROSE.search(_ENGLISH_EVERYWHERE.sub(" ", text)) is not None


def words_of(window: QWidget) -> set[str]:
    """All that a window says of itself: what can be seen, tool tips, names for screen readers, menus."""
    said = {window.windowTitle()}
    for part in (window, *(child for child in window.findChildren(QWidget) if child.window() is window)):
        said |= {part.toolTip(), part.whatsThis(), part.accessibleName()}
        if not isinstance(part, StreamView):        # it reads aloud what was captured
            said.add(part.accessibleDescription())
        if isinstance(part, QMenu):
            said |= {part.title()}
        if isinstance(part, (QLabel, QAbstractButton)):
            said.add(part.text())
        elif isinstance(part, QGroupBox):
            said.add(part.title())
        elif isinstance(part, QLineEdit):
            said.add(part.placeholderText())
        elif isinstance(part, QComboBox):
            said |= {part.itemText(place) for place in range(part.count())}
        elif isinstance(part, QTabBar):
            said |= {part.tabText(place) for place in range(part.count())}
        elif isinstance(part, QHeaderView) and part.model() is not None:
            said |= {str(part.model().headerData(section, part.orientation())) for section in range(part.count())}
        said |= {text for action in part.actions() for text in (action.text(), action.toolTip(), action.whatsThis())}
    if isinstance(window, MainWindow):
        for action in window.all_actions():
            said |= {action.text(), action.toolTip(), action.whatsThis()}
    return {re.sub("<[^>]+>", " ", text) for text in said}
