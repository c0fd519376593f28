"""What was open when the program died is offered; what was closed is not."""

import pytest

from tcpladder.resource_files import captures_path
from tcpladder.ui.main_window import MainWindow

pytestmark = pytest.mark.gui

LESSON = captures_path() / "half-close.pcap"


@pytest.fixture
def again(qtbot, settings):
    """A second window with the same memory, as after a new start."""

    def start() -> MainWindow:
        window = MainWindow(settings)
        qtbot.addWidget(window, before_close_func=lambda window: window.session.jobs.stop())
        return window

    return start


def test_what_was_open_is_opened_as_it_was(window, open_capture, settle, again, qtbot):
    open_capture(LESSON)
    window.filter_bar.apply_text("tcp.flags.fin == 1")
    settle()
    window.session.select_row(13)
    new = again()
    offered = []
    new.start_page.session_wanted.connect(offered.append)
    new.start_page._again.itemAt(0).widget().clicked.emit()
    qtbot.waitUntil(lambda: new.session.jobs.is_idle and new.session.shown is not None)
    assert new.session.shown.tolist() == [5, 13]
    assert new.session.packet.frame_number == 14


def test_nothing_is_offered_after_a_close(window, open_capture, again):
    open_capture(LESSON)
    window.close()
    assert again().start_page._again.count() == 0


def test_nothing_is_offered_for_a_file_that_is_gone(window, again, settings):
    settings.keep("last-session", ["/no/such/file.pcap", "", "3"])
    assert again().start_page._again.count() == 0
