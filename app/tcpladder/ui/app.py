"""Starts the window; with --screenshot, takes its picture and ends."""

import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QMessageLogContext,
    QObject,
    QSettings,
    QtMsgType,
    qInstallMessageHandler,
)
from PySide6.QtWidgets import QApplication

from tcpladder import __version__
from tcpladder.filters import FilterError, compile_filter
from tcpladder.texts import _
from tcpladder.ui.main_window import DEFAULT_SIZE, MainWindow
from tcpladder.ui.settings import Settings
from tcpladder.ui.theme import LIGHT, icon

EXIT_DONE, EXIT_UNREADABLE, EXIT_WRONG_USAGE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class WindowArguments:
    """What the command line asks of the window; frame is a frame number, from 1."""

    capture: Path | None = None
    filter: str = ""
    frame: int | None = None
    stream: int | None = None
    screenshot: Path | None = None
    size: tuple[int, int] | None = None


def run_window(arguments: WindowArguments) -> int:
    """Shows the window until it is closed, or until its picture is taken. Returns the exit status."""
    if arguments.filter:
        try:
            compile_filter(arguments.filter, None)
        except FilterError as error:
            print(error, file=sys.stderr)
            return EXIT_WRONG_USAGE
    if arguments.screenshot is not None and not _has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    elif not _has_display():
        print(_("There is no display here; for a picture: tcpladder CAPTURE --screenshot OUT.png"),
              file=sys.stderr)
        return EXIT_UNREADABLE
    application = make_application()
    if arguments.screenshot is not None:
        qInstallMessageHandler(_pass_on_message)
    # A picture shows the window as it is when it is new.
    store = QSettings() if arguments.screenshot is None else None
    window = MainWindow(Settings(store))
    if arguments.size is not None or arguments.screenshot is not None:
        window.resize(*(arguments.size or DEFAULT_SIZE))
    requests = Requests(window, arguments)
    window.show()
    requests.begin()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if not requests.is_done:
        application.exec()
    window.session.jobs.stop()
    return requests.status


def make_application() -> QApplication:
    """The application, with the names under which it remembers things."""
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        application = QApplication(sys.argv[:1])
    QCoreApplication.setOrganizationName("tcpladder")
    QCoreApplication.setApplicationName("tcpladder")
    QCoreApplication.setApplicationVersion(__version__)
    application.setWindowIcon(icon("connection", LIGHT.accent))
    return application


class Requests(QObject):
    """Does what the command line asks, one after the other: open, filter, frame, stream, picture."""

    def __init__(self, window: MainWindow, arguments: WindowArguments) -> None:
        super().__init__(window)
        self._window = window
        self._arguments = arguments
        self._is_loaded = False
        self.is_done = False        # the picture is taken
        self.status = EXIT_DONE
        window.session.loading_finished.connect(self._go_to_place)
        window.session.jobs.became_idle.connect(self._finish)

    def begin(self) -> None:
        """Opens the file, if one is asked for."""
        if self._arguments.capture is not None:
            self._window.open_file(self._arguments.capture)
        elif self._arguments.screenshot is not None:
            self._take_picture(self._arguments.screenshot)

    def _go_to_place(self) -> None:
        if self._is_loaded:
            return      # this was a reload, or another file
        self._is_loaded = True
        arguments, window = self._arguments, self._window
        session = window.session
        if session.capture is None:
            self._fail(session.load_error)
            return
        for problem in session.capture.problems:
            self._fail(problem.message)
        if arguments.filter:
            window.filter_bar.apply_text(arguments.filter)
        if arguments.frame is not None:
            if not window.go_to_packet(arguments.frame):
                self._fail(window.message_bar.sentences[-1])
        elif arguments.stream is not None and not window.go_to_connection(arguments.stream):
            self._fail(window.message_bar.sentences[-1])

    def _finish(self) -> None:
        if self._arguments.screenshot is not None and self._is_loaded:
            self._take_picture(self._arguments.screenshot)
            QCoreApplication.exit()

    def _take_picture(self, target: Path) -> None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
        if not self._window.session.load_error and not self._window.grab().save(str(target)):
            self._fail(_("{name} could not be written.").format(name=target))
        self.is_done = True

    def _fail(self, sentence: str) -> None:
        """Takes a failure into the exit status; who looks at a picture later reads the sentence on stderr."""
        if self._arguments.screenshot is not None:
            self.status = EXIT_UNREADABLE
            print(sentence, file=sys.stderr)


def _pass_on_message(_kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
    """Prints what Qt has to say, but for what the offscreen platform says whenever a window gets its size hints."""
    if message != "This plugin does not support propagateSizeHints()":
        print(message, file=sys.stderr)


def _has_display() -> bool:
    """Qt will find somewhere to draw."""
    names = ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")
    return not sys.platform.startswith("linux") or any(os.environ.get(name) for name in names)
