"""Starts the window; with --screenshot, takes its picture and ends."""

import ctypes
import os
import signal
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QLibraryInfo,
    QMessageLogContext,
    QObject,
    QSettings,
    QTimer,
    QtMsgType,
    QTranslator,
    qInstallMessageHandler,
)
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from tcpladder import __version__
from tcpladder.filters import FilterError, compile_filter
from tcpladder.resource_files import resource_path
from tcpladder.texts import _, language, use_language
from tcpladder.ui.focus_frame import FocusFrames
from tcpladder.ui.garbage import GarbageCollection
from tcpladder.ui.help.crash_report import report_mistakes
from tcpladder.ui.help.message_log import MESSAGES
from tcpladder.ui.main_window import DEFAULT_SIZE, MainWindow
from tcpladder.ui.settings import Settings

APPLICATION_ID = "org.tcpladder.tcpladder"
EXIT_DONE, EXIT_UNREADABLE, EXIT_WRONG_USAGE = 0, 1, 2
# How long a thread that works may keep Python's lock from the window, which asks for it at every event. With Python's
# own 5 ms the longest pauses are a third longer; loading while the list is scrolled takes a tenth longer for this.
SWITCH_INTERVAL_S = 0.000_2


@dataclass(frozen=True, slots=True)
class WindowArguments:
    """What the command line asks of the window; frame is a frame number, from 1."""

    captures: tuple[Path, ...] = ()     # several are merged by time
    filter: str = ""
    frame: int | None = None
    stream: int | None = None
    screenshot: Path | None = None
    size: tuple[int, int] | None = None
    language: str | None = None


def run_window(arguments: WindowArguments) -> int:
    """Shows the window until it is closed, or until its picture is taken. Returns the exit status."""
    if arguments.filter:
        try:
            compile_filter(arguments.filter, None)
        except FilterError as error:
            _complain(str(error))
            return EXIT_WRONG_USAGE
    if arguments.screenshot is not None and not _has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    elif not _has_display():
        _complain(_("There is no display here; for a picture: tcpladder CAPTURE --screenshot OUT.png"))
        return EXIT_UNREADABLE
    missing = _missing_library()
    if missing:
        _complain(_("Qt's windows need what is missing here: {reason}. --screenshot OUT.png works without.").format(
            reason=missing))
        return EXIT_UNREADABLE
    qInstallMessageHandler(_pass_on_message)
    application = make_application()
    garbage = GarbageCollection(application)
    if arguments.screenshot is None:
        FocusFrames(application)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    # A picture shows the window as it is when it is new.
    settings = Settings(QSettings() if arguments.screenshot is None else None)
    choose_language(arguments.language, settings)
    translate_qt(application)
    window = MainWindow(settings)
    if arguments.size is not None or arguments.screenshot is not None:
        window.resize(*(arguments.size or DEFAULT_SIZE))
    report_mistakes(partial(_tell_mistake, window))
    requests = Requests(window, arguments)
    window.show()
    requests.begin()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if not requests.is_done:
        application.exec()
    window.session.jobs.stop()
    garbage.stop()
    return requests.status


def _tell_mistake(window: MainWindow, report: Path) -> None:
    """Called by whatever thread made it."""
    text = _("tcpladder made a mistake. What ran is written in {path}, without packet contents; please report it.")
    QTimer.singleShot(0, window, lambda: window.message_bar.show_sentence(text.format(path=report)))


def make_application() -> QApplication:
    """The application, with the names under which it remembers things."""
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        application = QApplication(sys.argv[:1])
    QCoreApplication.setOrganizationName("tcpladder")
    QCoreApplication.setApplicationName("tcpladder")
    QCoreApplication.setApplicationVersion(__version__)
    QApplication.setDesktopFileName(APPLICATION_ID)
    application.setWindowIcon(QIcon(str(resource_path(f"desktop/{APPLICATION_ID}.svg"))))
    return application


def choose_language(asked: str | None, settings: Settings) -> None:
    """Uses the language of the preferences, unless the command line asks for one or they leave it to the system."""
    kept = settings.text("language", "")
    if asked is None and kept:
        use_language(kept)


def translate_qt(application: QApplication) -> None:
    """Qt's own texts, such as those of the buttons of its dialogs, in the language of ours."""
    translator = QTranslator(application)
    if translator.load(f"qtbase_{language()}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        application.installTranslator(translator)


class Requests(QObject):
    """Does what the command line asks, one after the other: open, filter, frame, stream, picture."""

    def __init__(self, window: MainWindow, arguments: WindowArguments) -> None:
        super().__init__(window)
        self._window = window
        self._arguments = arguments
        self._is_loaded = False
        self._is_refused = False    # what was asked for is not in the capture
        self.is_done = False        # the picture is taken
        self.status = EXIT_DONE
        window.session.loading_finished.connect(self._go_to_place)
        window.session.jobs.became_idle.connect(self._finish)

    def begin(self) -> None:
        """Opens the file, if one is asked for."""
        if self._arguments.captures:
            if self._arguments.filter:
                self._window.filter_bar.apply_text(self._arguments.filter)      # when the file is loaded
            self._window.open_file(*self._arguments.captures)
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
        if arguments.frame is not None:
            self._is_refused = not window.go_to_packet(arguments.frame)
        elif arguments.stream is not None:
            self._is_refused = not window.go_to_connection(arguments.stream)
        if self._is_refused:
            self._fail(window.message_bar.sentences[-1])

    def _finish(self) -> None:
        if self._arguments.screenshot is not None and self._is_loaded:
            self._take_picture(self._arguments.screenshot)
            QCoreApplication.exit()

    def _take_picture(self, target: Path) -> None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
        is_wanted = not self._is_refused and not self._window.session.load_error
        if is_wanted and not self._window.grab().save(str(target)):
            self._fail(_("{name} could not be written.").format(name=target))
        self.is_done = True

    def _fail(self, sentence: str) -> None:
        """Takes a failure into the exit status; who looks at a picture later reads the sentence on stderr."""
        if self._arguments.screenshot is not None:
            self.status = EXIT_UNREADABLE
            _complain(sentence)


def _complain(sentence: str) -> None:
    """One line on stderr."""
    print("tcpladder:", " ".join(sentence.split("\n")), file=sys.stderr)


def _pass_on_message(_kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
    """Prints and logs what Qt has to say, but for what the offscreen platform says at every window's size hints."""
    if message != "This plugin does not support propagateSizeHints()":
        print(message, file=sys.stderr)
        MESSAGES.note(message, "Qt")


def _has_display() -> bool:
    """Qt will find somewhere to draw."""
    names = ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")
    return not sys.platform.startswith("linux") or any(os.environ.get(name) for name in names)


def _missing_library() -> str:
    """What the loader lacks for windows under X11, where Qt itself would end the program; "" where nothing."""
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    is_x11 = platform.startswith("xcb") or (not platform and not os.environ.get("WAYLAND_DISPLAY"))
    plugin = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath), "platforms", "libqxcb.so")
    if not sys.platform.startswith("linux") or not is_x11 or not plugin.exists():
        return ""
    try:
        ctypes.CDLL(str(plugin))
    except OSError as error:
        return str(error)
    return ""
