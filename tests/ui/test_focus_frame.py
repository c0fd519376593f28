"""The frame that shows where the keys go."""

import pytest
from PySide6.QtWidgets import QApplication

from tcpladder.ui.focus_frame import FocusFrame, FocusFrames

pytestmark = pytest.mark.gui


@pytest.fixture
def frames(qapp):
    frames = FocusFrames(qapp)
    yield frames
    qapp.focusChanged.disconnect(frames._follow)
    frames.deleteLater()


def framed(window) -> list:
    return [frame.parent() for frame in window.findChildren(FocusFrame) if frame.isVisible()]


def test_the_ladder_and_the_card_are_framed_the_list_shows_its_selection(frames, telnet, qtbot):
    pane, packets = telnet.workspace.connection, telnet.workspace.packets
    for widget, wanted in ((pane.ladder, [pane.ladder]), (pane.card, [pane.card]), (packets, []),
                           (telnet.filter_bar.edit, []), (pane.tabs.tabBar(), [pane.tabs.tabBar()])):
        widget.setFocus()
        qtbot.waitUntil(lambda widget=widget: QApplication.focusWidget() is widget)
        assert framed(telnet) == wanted


def test_the_frame_is_as_large_as_its_widget_and_goes_with_it(frames, telnet, qtbot):
    card = telnet.workspace.connection.card
    card.setFocus()
    qtbot.waitUntil(card.hasFocus)
    (frame,) = telnet.findChildren(FocusFrame)
    telnet.resize(900, 650)
    qtbot.waitUntil(lambda: frame.size() == card.size())
    edge = card.grab().toImage()
    assert edge.pixelColor(0, edge.height() // 2) != edge.pixelColor(6, edge.height() // 2)
