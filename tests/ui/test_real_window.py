"""The program as a person has it: a process of its own on a display, worked by keys.

Needs Xvfb and xdotool; skipped without. What the program shows is read from window titles and from the clipboard.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tcpladder.resource_files import captures_path

pytestmark = [pytest.mark.gui, pytest.mark.skipif(
    not (sys.platform.startswith("linux") and shutil.which("Xvfb") and shutil.which("xdotool")),
    reason="Xvfb and xdotool are not installed")]

PATIENCE_S = 60     # a machine may be busy; nothing here waits longer than it must
READ_CLIPBOARD = """
import sys, time
from PySide6.QtGui import QGuiApplication
application = QGuiApplication(sys.argv)
end = time.monotonic() + 5
while not QGuiApplication.clipboard().text() and time.monotonic() < end:
    application.processEvents()
sys.stdout.buffer.write(QGuiApplication.clipboard().text().encode())
"""


class Screen:
    """A display of its own, and what is done on it."""

    def __init__(self, display: str, home: Path) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "WAYLAND"))}
        self.environment = {**kept, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "HOME": str(home),
                            "XDG_CONFIG_HOME": str(home), "XDG_RUNTIME_DIR": str(home), "LC_ALL": "C.UTF-8"}

    def xdotool(self, *words: str) -> str:
        return subprocess.run(["xdotool", *words], env=self.environment, capture_output=True, text=True,
                              timeout=PATIENCE_S).stdout.strip()

    def window(self, title: str) -> str:
        """The window whose title holds a text; "" while there is none."""
        return self.xdotool("search", "--onlyvisible", "--name", title).partition("\n")[0]

    def press(self, *keys: str) -> None:
        for key in keys:
            self.xdotool("key", "--clearmodifiers", key)

    def clipboard(self) -> str:
        """The text that some program has put on the clipboard."""
        return subprocess.run([sys.executable, "-c", READ_CLIPBOARD], env=self.environment, capture_output=True,
                              timeout=PATIENCE_S).stdout.decode()


def until(condition: Callable[[], object], what: str) -> object:
    """Asks again and again until there is an answer."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        answer = condition()
        if answer:
            return answer
        time.sleep(0.2)
    raise AssertionError(f"waited {PATIENCE_S} s in vain for {what}")


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    reading, writing = os.pipe()
    with subprocess.Popen(["Xvfb", "-displayfd", str(writing), "-screen", "0", "1400x900x24", "-nolisten", "tcp"],
                          pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        os.close(writing)
        with os.fdopen(reading) as number:
            display = number.readline().strip()
        try:
            if not display:
                pytest.skip("Xvfb does not start here")
            yield Screen(f":{display}", tmp_path)
        finally:
            server.terminate()


@pytest.fixture
def program(screen: Screen, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """tcpladder with a lesson open: 7 packets of one connection."""
    messages = tmp_path / "messages"
    with messages.open("wb") as log, subprocess.Popen(
            [sys.executable, "-m", "tcpladder", str(captures_path() / "port-9502.pcap")],
            env=screen.environment, stdout=log, stderr=log) as process:
        try:
            until(lambda: screen.window("port-9502.pcap") or process.poll() is not None, "the window")
            if process.poll() is not None:
                said = messages.read_text(errors="replace")
                if "xcb" in said:
                    pytest.skip("the libraries for X11 are missing")
                raise AssertionError(f"the program ended: {said}")
            yield process
        finally:
            if process.poll() is None:
                process.terminate()


def test_a_capture_is_opened_stepped_through_by_keys_and_closed(screen: Screen, program: subprocess.Popen[bytes]):
    def copied_packet() -> str:
        """The number of the packet that the list copies."""
        screen.press("ctrl+c")
        return screen.clipboard().partition("\t")[0]

    def step_to(key: str, number: str) -> None:
        screen.press(key)
        until(lambda: copied_packet() == number, f"packet {number} after {key}")

    main = screen.window("port-9502.pcap")
    screen.xdotool("windowfocus", "--sync", main)
    step_to("ctrl+Home", "1")
    step_to("ctrl+Down", "2")
    step_to("F8", "3")
    step_to("F7", "2")
    step_to("ctrl+period", "3")     # of the connection
    step_to("ctrl+End", "7")

    screen.press("ctrl+l", "Home", "Down", "Down")      # in the ladder: the third step
    screen.press("ctrl+c")
    picture = until(lambda: "SYN-SENT" in (text := screen.clipboard()) and text, "the ladder as text")
    assert "ESTABLISHED" in str(picture)
    screen.press("ctrl+slash", "Return")                # by way of the filter bar back to the list
    until(lambda: copied_packet() == "3", "the packet of the third step")

    screen.press("ctrl+k")
    until(lambda: screen.window("Connections – port-9502.pcap"), "the connections")
    screen.xdotool("windowfocus", "--sync", screen.window("Connections – port-9502.pcap"))
    screen.press("Escape")
    until(lambda: not screen.window("Connections – port-9502.pcap"), "the end of the connections")

    screen.xdotool("windowfocus", "--sync", main)
    screen.press("ctrl+q")
    assert program.wait(PATIENCE_S) == 0
