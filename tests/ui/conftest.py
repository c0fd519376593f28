"""What the tests of the window share: a window that remembers nothing, and captures opened in it."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tcpladder.resource_files import captures_path
from tcpladder.ui.main_window import MainWindow
from tcpladder.ui.settings import Settings

# Other programs may run on the machine: whatever a test waits for, it waits longer than pytest-qt's five seconds.
for wait in (QtBot.waitSignal, QtBot.waitUntil):
    wait.__kwdefaults__["timeout"] = 30_000

TELNET = captures_path() / "port-9502.pcap"


@pytest.fixture
def settings():
    return Settings(None)


@pytest.fixture
def window(qtbot, settings):
    window = MainWindow(settings)
    qtbot.addWidget(window, before_close_func=lambda window: window.session.jobs.stop())
    window.resize(1200, 800)
    window.show()
    QTest.keyRelease(window, Qt.Key.Key_Control)    # the test before may have typed with it: Qt believes it is held
    return window


@pytest.fixture
def open_capture(qtbot, window):
    """Opens a file and waits until everything about it is known."""

    def open_it(path: Path) -> MainWindow:
        with qtbot.waitSignal(window.session.jobs.became_idle):
            window.open_file(path)
        # On a busy machine some smaller job may have ended before the loading began or went on.
        qtbot.waitUntil(lambda: window.session.jobs.is_idle and not window.session.is_loading)
        return window

    return open_it


@pytest.fixture
def telnet(open_capture):
    """The telnet session on port 9502: 7 packets, printed by tcpdump in its lesson."""
    return open_capture(TELNET)


@pytest.fixture
def settle(qtbot, window):
    """Waits until no job runs any more, and the list has scrolled to where it was told meanwhile."""

    def wait() -> None:
        qtbot.waitUntil(lambda: window.session.jobs.is_idle and not window.workspace.packets._rest.isActive())

    return wait
