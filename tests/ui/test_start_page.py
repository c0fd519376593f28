"""The start page by keyboard alone: every entry is reached, focus is seen, Enter opens."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tcpladder.ui.help.lessons import lessons
from tcpladder.ui.settings import Settings
from tcpladder.ui.start_page import StartPage

pytestmark = pytest.mark.gui


@pytest.fixture
def page(qtbot):
    settings = Settings(None)
    for lesson in lessons()[:3]:
        settings.keep_recent_file(lesson.path)
    page = StartPage(settings)
    qtbot.addWidget(page)
    page.resize(900, 500)
    page.show()
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    page.setFocus()
    return page


def press(key):
    QTest.keyClick(QApplication.focusWidget(), key)
    return QApplication.focusWidget()


def text(widget):
    return widget.text()


def test_tab_reaches_everything_and_comes_round(page):
    first = QApplication.focusWidget()
    assert text(first) == "Open a Capture…"
    seen = []
    while (widget := press(Qt.Key.Key_Tab)) is not first:
        seen.append(text(widget))
        assert len(seen) < 40
    recent = [lesson.path.name for lesson in lessons()[2::-1]]
    assert seen == recent + [lesson.title for lesson in lessons()]


def test_arrows_go_as_the_entries_stand(page):
    titles = [lesson.title for lesson in lessons()]
    assert text(press(Qt.Key.Key_Down)) == lessons()[2].path.name
    assert text(press(Qt.Key.Key_Right)) == lessons()[1].path.name
    assert text(press(Qt.Key.Key_Down)) == lessons()[0].path.name       # alone in its row
    assert text(press(Qt.Key.Key_Down)) == titles[0]
    assert text(press(Qt.Key.Key_Down)) == titles[2]
    assert text(press(Qt.Key.Key_Left)) == titles[2]
    for _row in range(20):
        last = press(Qt.Key.Key_Down)
    assert text(last) == titles[-2] if len(titles) % 2 == 0 else titles[-1]
    assert last.visibleRegion().boundingRect().height() == last.height()      # scrolled into sight


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_enter_and_space_open(page, qtbot, key):
    press(Qt.Key.Key_Down)
    with qtbot.waitSignal(page.file_wanted) as wanted:
        press(key)
    assert wanted.args == [lessons()[2].path]


def test_enter_on_the_button_asks_for_a_file(page, qtbot):
    with qtbot.waitSignal(page.open_wanted):
        press(Qt.Key.Key_Return)


def test_focus_is_seen(page):
    entry = press(Qt.Key.Key_Down)
    with_focus = entry.grab().toImage()
    press(Qt.Key.Key_Down)
    assert entry.grab().toImage() != with_focus
