"""The list of connections: a popup that is there at once, however many there are."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tcpladder.ui.connection import connection_picker
from tcpladder.ui.connection.connection_picker import ConnectionPicker
from tests.ui.connection.test_connection_pane import FakeSession

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support", extend=True)]
MANY = 100_000


class Table:
    """As many connections as nobody would lay out; counts how often the view asks for their number."""

    asked = 0

    @property
    def count(self) -> int:
        self.asked += 1
        return MANY


@pytest.fixture
def picker(qtbot, monkeypatch):
    session = FakeSession()
    monkeypatch.setattr(connection_picker, "connection_line", lambda _table, stream, _names: f"line {stream}")
    session.connections = Table()
    picker = ConnectionPicker(session)
    picker.session = session
    qtbot.addWidget(picker)
    picker.show()
    yield picker
    session.capture_opened.emit(None)       # forgets the table, of which nothing but the count is there


def test_the_popup_asks_only_for_the_lines_in_sight(picker):
    table = picker.session.connections
    table.asked = 0
    picker.showPopup()
    QTest.qWait(50)
    assert 0 < table.asked < 2_000
    picker.hidePopup()


def test_the_popup_shows_the_selected_line_and_goes_on_by_keys(picker):
    picker.setCurrentIndex(70_000)
    picker.showPopup()
    lines = picker.view()
    assert lines.currentIndex().row() == 70_000
    assert lines.viewport().rect().contains(lines.visualRect(lines.currentIndex()).center())
    QTest.keyClick(lines, Qt.Key.Key_Down)
    assert lines.currentIndex().row() == 70_001
    picker.hidePopup()


def test_the_lines_follow_the_font(picker):
    for points in (8, 20):
        font = picker.font()
        font.setPointSize(points)
        picker.setFont(font)
        picker.showPopup()
        assert picker.view().rowHeight(0) > picker.fontMetrics().height()
        picker.hidePopup()
