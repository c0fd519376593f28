"""The connection pane: everything follows the session, and asks it for steps."""

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from tcpladder.protocols.names import NUMBERS_ONLY
from tcpladder.resource_files import captures_path
from tcpladder.tcp.state_machine import PLACES
from tcpladder.ui.connection.connection_pane import ConnectionPane
from tests.tcp import stories

pytestmark = pytest.mark.gui


class FakeSession(QObject):
    """The part of the session that the pane listens to."""

    capture_opened = Signal(object)
    loading_finished = Signal()
    problem_found = Signal(str)
    connection_selected = Signal(object)
    step_selected = Signal(object)
    names_changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.connections = None
        self.connection = None
        self.step = None
        self.is_loading = False
        self.names = NUMBERS_ONLY

    def show(self, connection) -> None:
        self.connection, self.step = connection, None
        self.connection_selected.emit(connection)

    def select_step(self, index: int) -> None:
        if index != self.step:
            self.step = index
            self.step_selected.emit(index)

    def select_stream(self, stream: int) -> None:
        raise AssertionError("no connection was picked")


@pytest.fixture
def session():
    return FakeSession()


@pytest.fixture
def pane(qtbot, session):
    pane = ConnectionPane(session)
    qtbot.addWidget(pane)
    pane.resize(600, 800)
    pane.show()
    return pane


def test_a_step_selected_elsewhere_shows_in_all_parts(session, pane):
    session.show(stories.four_way_close())
    session.select_step(8)
    assert pane.ladder.ladder.options.selected == 8
    assert "ACK: the server confirms the FIN" in pane.card.toPlainText()
    assert "FIN-WAIT-2" in pane.states.accessibleDescription()


def test_keys_in_the_ladder_reach_the_session(session, pane):
    session.show(stories.four_way_close())
    QTest.keyClick(pane.ladder, Qt.Key.Key_Down)
    QTest.keyClick(pane.ladder, Qt.Key.Key_Down)
    assert session.step == 1


def test_playing_goes_to_the_end_and_stops(session, pane, qtbot):
    session.show(stories.refused())
    pane._player.setInterval(1)
    QTest.keyClick(pane.ladder, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: session.step == 1 and not pane.is_playing)


def test_another_connection_stops_playing(session, pane):
    session.show(stories.half_close())
    pane.play()
    assert pane.is_playing
    session.show(stories.reset())
    assert not pane.is_playing


def test_raw_numbers_by_key(session, pane):
    session.show(stories.four_way_close())
    QTest.keyClick(pane.ladder, Qt.Key.Key_S)
    assert not pane.ladder.ladder.options.relative_numbers


def test_a_click_on_a_state_goes_to_the_packet_that_enters_it(session, pane):
    session.show(stories.four_way_close())
    pane.tabs.setCurrentWidget(pane.states)
    close_wait = next(place for place in PLACES if place.state.value == "CLOSE-WAIT")
    QTest.mouseClick(pane.states, Qt.MouseButton.LeftButton,
                     pos=pane.states.place_in_widget(close_wait.x, close_wait.y).toPoint())
    assert session.step == 7


def test_copy_takes_picture_and_text(session, pane):
    session.show(stories.three_way_close())
    QTest.keyClick(pane.ladder, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    data = QGuiApplication.clipboard().mimeData()
    assert data.hasImage()
    assert "TIME-WAIT" in data.text()


def test_the_card_asks_for_a_packet_where_there_is_no_connection(session, pane):
    session.show(None)
    assert "Select a TCP packet" in pane.card.toPlainText()
    pane.grab()


def test_the_card_shows_the_options_of_the_handshake(session, pane):
    session.show(stories.four_way_close())
    session.select_step(1)
    text = pane.card.toPlainText()
    for part in ("window scale", "7 (× 128)", "in force", "on the wire: ack 2927179379"):
        assert part in text


def test_the_actions_that_take_the_picture_away_need_a_connection(session, pane):
    session.show(None)
    assert not pane.copy_action.isEnabled()
    assert not pane.save_action.isEnabled()
    session.show(stories.four_way_close())
    QGuiApplication.clipboard().clear()
    pane.copy_action.trigger()
    assert "TIME-WAIT" in QGuiApplication.clipboard().mimeData().text()
    assert pane.save_action.isEnabled()


def test_the_card_takes_less_of_a_low_pane(session, pane, qtbot):
    session.show(stories.four_way_close())
    shares = []
    for height in (800, 500):
        pane.resize(600, height)
        qtbot.wait(1)
        shares.append(pane.card.height() / pane.height())
    assert shares[1] < 0.25 < shares[0]


def test_while_a_graph_is_in_front_it_is_the_graph_that_is_copied(session, pane):
    session.show(stories.four_way_close())
    pane.tabs.setCurrentWidget(pane.graphs)
    pane.copy_picture()
    data = QGuiApplication.clipboard().mimeData()
    assert data.hasImage()
    assert not data.hasText()
    pane.tabs.setCurrentWidget(pane.ladder)
    pane.copy_picture()
    assert "FIN-WAIT-1" in QGuiApplication.clipboard().text()


def test_show_ladder_takes_the_first_connection_where_none_is_selected(open_capture, settle, window):
    open_capture(captures_path() / "ipv6-connection.pcap")
    assert window.session.connection is None, "the capture begins with neighbour discovery"
    window.workspace.show_connection()
    settle()
    assert window.session.connection.stream == 0
    assert window.session.step == 0
