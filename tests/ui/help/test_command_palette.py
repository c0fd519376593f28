"""Actions are found by parts of their names, and done."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tcpladder.ui.help.command_palette import CommandPalette

pytestmark = pytest.mark.gui


@pytest.fixture
def palette(window, telnet, qtbot) -> CommandPalette:
    palette = CommandPalette(window.menus, window)
    qtbot.addWidget(palette)
    palette.show()
    return palette


def listed(palette):
    items = [palette.actions_found.item(row) for row in range(palette.actions_found.count())]
    return [item.text() for item in items if not item.isHidden()]


def test_words_in_any_order_and_case(palette):
    assert len(listed(palette)) > 40
    QTest.keyClicks(palette.text, "PACKET go")
    assert listed(palette)
    assert all("packet" in text.lower() and "go" in text.lower() for text in listed(palette))


def test_enter_takes_what_the_arrows_selected(palette):
    QTest.keyClicks(palette.text, "zoom")
    QTest.keyClick(palette.text, Qt.Key.Key_Down)
    second = listed(palette)[1]
    QTest.keyClick(palette.text, Qt.Key.Key_Return)
    assert palette.chosen is not None
    assert palette.chosen.text().replace("&", "") in second
    assert not palette.isVisible()


def test_nothing_found_nothing_done(palette):
    QTest.keyClicks(palette.text, "no such action")
    QTest.keyClick(palette.text, Qt.Key.Key_Return)
    assert palette.chosen is None
    assert palette.isVisible()


def test_what_cannot_be_done_now_is_not_listed(window, qtbot):
    palette = CommandPalette(window.menus, window)      # no capture is open
    qtbot.addWidget(palette)
    assert not [text for text in listed(palette) if "Flow Graph" in text]


def test_the_window_does_what_was_chosen(window, telnet, monkeypatch):
    def choose(palette):
        palette.chosen = window._full_screen
        return True

    monkeypatch.setattr(CommandPalette, "exec", choose)
    window.find_action()
    assert window.isFullScreen()
