"""Every window of the program, opened once in a language, as tests of texts and of accessibility look at them."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PySide6.QtCore import QCoreApplication, QEvent, QLibraryInfo, QPoint, QTranslator
from PySide6.QtWidgets import QApplication, QDialog, QMessageBox, QStackedWidget, QTabBar, QWidget

from tcpladder.resource_files import captures_path
from tcpladder.texts import use_language
from tcpladder.ui.files.capture_properties import PropertiesDialog
from tcpladder.ui.files.import_dialog import ImportDialog
from tcpladder.ui.help.command_palette import CommandPalette
from tcpladder.ui.last_session import LastSession
from tcpladder.ui.main_window import MainWindow
from tcpladder.ui.packets.column_editing import ColumnDialog
from tcpladder.ui.preferences.colour_rules_dialog import edit_rules
from tcpladder.ui.settings import Settings
from tcpladder.ui.theme import Appearance, usual_text_size
from tcpladder.ui.windows.statistics_tables import statistics

LESSON = captures_path() / "loopback-four-way-close.pcapng"
SIZE = (1280, 800)      # of the main window: the smaller screens of today
_PATIENCE_S = 20


@contextmanager
def spoken(language: str) -> Iterator[None]:
    """Our texts and Qt's in a language; then English again."""
    use_language(language)
    translator = QTranslator()
    if translator.load(f"qtbase_{language}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        QCoreApplication.installTranslator(translator)
    try:
        yield
    finally:
        QCoreApplication.removeTranslator(translator)
        use_language("en")


@contextmanager
def every_window(percent: int = 100) -> Iterator[dict[str, QWidget]]:
    """All windows and dialogs by name, visible, in the language in use, in text of a size; closed at the end."""
    start, main = MainWindow(_settings(percent)), MainWindow(_settings(percent))
    try:
        yield _opened(start, main)
    finally:
        for window in QApplication.topLevelWidgets():
            if window not in (start, main) and window.isVisible():
                window.close()
        main.packets.annotations.set_comments({2: ()})      # so that nothing is unsaved
        for window in (main, start):
            window.session.jobs.stop()
            window.set_appearance(Appearance.SYSTEM)
            window.set_text_size(usual_text_size())
            window.close()
            window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def faces(window: QWidget) -> Iterator[str]:
    """Brings every tab of a window to the front, one after the other; yields what is in front now."""
    yield ""
    for pages in window.findChildren(QStackedWidget) if isinstance(window, QDialog) else ():
        for place in range(1, pages.count()):
            pages.setCurrentIndex(place)
            lay_out()
            yield f"page {place + 1}"
        pages.setCurrentIndex(0)
    for bar in window.findChildren(QTabBar):
        if not bar.isVisibleTo(window):
            continue
        present = bar.currentIndex()
        for place in range(bar.count()):
            if place != present and bar.isTabEnabled(place):
                bar.setCurrentIndex(place)
                lay_out()
                yield bar.tabText(place)
        bar.setCurrentIndex(present)


def shown_parts(window: QWidget) -> list[QWidget]:
    """The widgets of a window that can be seen, windows of its own left out."""
    return [part for part in window.findChildren(QWidget)
            if part.window() is window and part.isVisibleTo(window) and not part.visibleRegion().isEmpty()]


def place_of(part: QWidget) -> str:
    """Where a widget is, for the message of a failure."""
    names = []
    while part is not None and not part.isWindow():
        names.append(part.objectName() or type(part).__name__)
        part = part.parentWidget()
    return " in ".join(names[:4])


def lay_out() -> None:
    """Lets all that is waiting for the layout happen."""
    for _turn in range(3):
        QCoreApplication.sendPostedEvents()
        QCoreApplication.processEvents()


def settle(window: MainWindow) -> None:
    """Lets all jobs of a window end."""
    end = time.monotonic() + _PATIENCE_S
    while not (window.session.jobs.is_idle and not window.session.is_loading):
        assert time.monotonic() < end, "a job does not end"
        QCoreApplication.processEvents()
    lay_out()


def _settings(percent: int) -> Settings:
    settings = Settings(None)
    settings.keep("text-size", usual_text_size() * percent // 100)
    settings.keep_recent_file(LESSON)
    return settings


def _opened(start: MainWindow, main: MainWindow) -> dict[str, QWidget]:
    windows: dict[str, QWidget] = {}

    def add(name: str, act: Callable[[], object]) -> None:
        before = {window for window in QApplication.topLevelWidgets() if window.isVisible()}
        act()
        lay_out()
        (windows[name],) = {window for window in QApplication.topLevelWidgets() if window.isVisible()} - before

    for window in (start, main):
        window.resize(*SIZE)
    start.start_page.offer_again(LastSession(LESSON, "tcp.flags.syn == 1", 2))
    start.show()
    main.show()
    windows |= {"start page": start, "main window": main}
    main.open_file(LESSON)
    settle(main)
    session = main.session
    session.select_row(4)
    session.ignored |= {6}
    session.marked |= {2}
    main.packets.annotations.set_comments({2: ("A comment.",)})
    settle(main)
    main.find_bar.open()

    add("preferences", main.edit_preferences)
    add("shortcuts", main.help.show_shortcuts)
    add("about", main.help.show_about)
    add("guide", main.help.show_guide)
    add("log", main.help.show_log)
    add("capture properties", lambda: _showing(PropertiesDialog(session, main)))
    add("export", main.files.export_packets)
    add("hex dump", main.files.import_dump)
    add("comment", main.packets.edit_comments)
    add("add column", lambda: _showing(ColumnDialog(main)))
    add("rename column", lambda: _showing(ColumnDialog(main, main.packets.columns.layout[2])))
    add("saved filters", main.filter_bar.manage_saved)
    add("colouring rules", lambda: edit_rules(session, main.settings, main))
    add("command palette", lambda: _showing(CommandPalette(main.menus, main)))
    add("packet", main.packets.show_window)
    main.packets.compare()
    session.select_row(5)
    add("comparison", main.packets.compare)
    add("follow stream", lambda: main.statistics.follow_stream("tcp"))
    add("practice", main.statistics.show_practice)
    add("connections", main.statistics.show_connections)
    add("flow graph", main.statistics.show_flow)
    add("I/O graph", main.statistics.show_io)
    for statistic in statistics():
        add(statistic.name, lambda wanted=statistic: main.statistics.show_table(wanted))
    add("not saved", lambda: main.files.leave(lambda: None))
    assert isinstance(windows["not saved"], QMessageBox)
    main.filter_bar.edit.setText("tcp.port = 80")
    dump = windows["hex dump"]
    assert isinstance(dump, ImportDialog)
    dump.wrapping.setCurrentIndex(dump.wrapping.count() - 1)        # which has the most fields
    settle(main)
    return windows


def _showing(window: QWidget) -> None:
    window.show()
    window.move(QPoint(0, 0))
