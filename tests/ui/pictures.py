"""The pictures of the guide and of README: windows and panes with the lesson captures, in every language.

usage: python -m tests.ui.pictures [NAME…]      makes resources/screenshots/LANGUAGE/NAME.png anew, or some of them

A picture shows what is new when the program is, without what differs from run to run (memory, folders).
"""

import os
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect, qInstallMessageHandler
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication, QDockWidget, QTableView, QWidget

from tcpladder.resource_files import captures_path, resource_path
from tcpladder.tcp.practice import Topic
from tcpladder.texts import LANGUAGES
from tcpladder.ui.main_window import MainWindow
from tcpladder.ui.preferences.preferences_dialog import PreferencesDialog
from tcpladder.ui.settings import Settings
from tcpladder.ui.theme import LIGHT, Appearance
from tcpladder.ui.windows.connections_window import ConnectionsWindow
from tcpladder.ui.windows.flow_window import FlowWindow
from tcpladder.ui.windows.practice_window import PracticeWindow
from tcpladder.ui.windows.tool_window import ToolWindow
from tests.ui.every_window import lay_out, settle, spoken

LESSON = captures_path() / "loopback-four-way-close.pcapng"
WINDOW = (1280, 800)
PANE = (660, 680)           # what the guide's window has room for, unscaled
LETTERS = "Letters"         # where a picture says what they looked like: see letters()
_MOST_COLOURS = 256

Paint = Callable[[MainWindow], QImage]
PAINTERS: dict[str, Paint] = {}


def picture(paint: Paint) -> Paint:
    """Adds a painter under its name: one of a window in which nothing is open yet."""
    PAINTERS[paint.__name__.replace("_", "-")] = paint
    return paint


def folder_of(language: str) -> Path:
    """Where the pictures in a language lie."""
    return resource_path("screenshots") / language


def painted(name: str) -> QImage:
    """A picture in the language in use."""
    with _window() as window:
        return PAINTERS[name](window)


# What there are pictures of


@picture
def start(window: MainWindow) -> QImage:
    window.resize(1000, 700)
    return _image(window)


@picture
def main(window: MainWindow) -> QImage:
    _open(window, LESSON, row=8)
    return _image(window)


@picture
def header(window: MainWindow) -> QImage:
    _open(window, LESSON, row=0)
    window.session.select_field(window.session.packet.find("tcp.flags.syn"))
    return _pane(window, "header", (PANE[0], 420))


@picture
def ladder(window: MainWindow) -> QImage:
    _open(window, captures_path() / "syn-lost-then-answered.pcap", row=1)
    return _connection(window, "ladder")


@picture
def states(window: MainWindow) -> QImage:
    _open(window, LESSON, row=8)
    return _connection(window, "states")


@picture
def numbers(window: MainWindow) -> QImage:
    _open(window, LESSON, row=4)
    return _connection(window, "numbers")


@picture
def graphs(window: MainWindow) -> QImage:
    _open(window, Path(__file__).parents[1] / "data" / "lab" / "zero-window.pcap", row=10)
    return _connection(window, "graphs")


@picture
def connections(window: MainWindow) -> QImage:
    _open(window, *(path for path in sorted(captures_path().iterdir()) if path.suffix in (".pcap", ".pcapng")))
    window.statistics.show_connections()
    return _tool(ConnectionsWindow, window, (1080, 520))


@picture
def flow_graph(window: MainWindow) -> QImage:
    _open(window, *(captures_path() / name for name in (
        "https-handshake.pcap", "https-three-packet-close.pcap", "port-9502.pcap")))
    window.statistics.show_flow()
    return _tool(FlowWindow, window, (1080, 420))


@picture
def filter_line(window: MainWindow) -> QImage:
    window.resize(900, 620)
    _open(window, LESSON, row=3)
    edit = window.filter_bar.edit
    edit.setFocus()
    edit.setText("tcp.flags.syn == 1 or tcp.an")
    edit.complete()
    settle(window)
    popup = edit.popup
    assert popup.isVisible(), "nothing is offered"
    popup.step(1)
    bottom = popup.mapTo(window, popup.rect().bottomLeft()).y() + 40
    top = window.filter_bar.mapTo(window, QPoint()).y()
    return _image(window, QRect(0, top, window.width(), bottom - top))


@picture
def practice(window: MainWindow) -> QImage:
    _open(window, LESSON, row=0)
    window.statistics.show_practice()
    (learner,) = window.findChildren(PracticeWindow)
    for topic in Topic:
        learner.topics[topic].setChecked(topic in (Topic.SEQ, Topic.ACK))
    learner.make_blanks(seed=2)
    blanks = [learner.model.index(row, column) for row in range(learner.model.rowCount())
              for column in range(learner.model.columnCount())
              if learner.model.question_at(learner.model.index(row, column)) is not None]
    for blank in blanks[:3]:
        learner.model.setData(blank, learner.model.question_at(blank).answer)
    learner.model.setData(blanks[3], "0")
    learner.model.check()
    learner.table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)    # an editor would hide the mark
    learner.table.setCurrentIndex(blanks[3])
    return _tool(PracticeWindow, window, (860, 560))


@picture
def preferences(window: MainWindow) -> QImage:
    window.edit_preferences()
    (dialog,) = window.findChildren(PreferencesDialog)
    dialog.pages.setCurrentRow(1)
    return _image(dialog)


# How they are made


@contextmanager
def _window() -> Iterator[MainWindow]:
    settings = Settings(None)
    settings.keep("appearance", Appearance.LIGHT.value)
    window = MainWindow(settings)
    window.resize(*WINDOW)
    window.show()
    lay_out()
    try:
        yield window
    finally:
        window.session.jobs.stop()
        window.set_appearance(Appearance.SYSTEM)
        window.close()
        window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def _open(window: MainWindow, *paths: Path, row: int = 0) -> None:
    window.open_file(*paths)
    settle(window)
    window.session.select_row(row)
    settle(window)
    window.status.speed.clear()     # the memory that this run takes


def _connection(window: MainWindow, view: str) -> QImage:
    connection = window.workspace.connection
    connection.tabs.setCurrentWidget(getattr(connection, view))
    return _pane(window, "connection", PANE)


def _pane(window: MainWindow, name: str, size: tuple[int, int]) -> QImage:
    """One of the docks by itself, in its own size."""
    dock = window.workspace.findChild(QDockWidget, name)
    dock.setFloating(True)
    dock.resize(*size)
    lay_out()
    settle(window)
    return _image(dock.widget())


def _tool(kind: type[ToolWindow], window: MainWindow, size: tuple[int, int]) -> QImage:
    (found,) = window.findChildren(kind)
    found.resize(*size)
    settle(window)
    return _image(found)


def _image(widget: QWidget, part: QRect | None = None) -> QImage:
    lay_out()
    image = widget.grab(part or widget.rect()).toImage()
    painter = QPainter(image)
    painter.setPen(QColor(LIGHT.border))    # or the page would run into the picture
    painter.drawRect(image.rect().adjusted(0, 0, -1, -1))
    painter.end()
    return image


# How they are kept


def of_few_colours(image: QImage) -> QImage:
    """The image with a table of 256 colours: the most frequent ones, for each other the nearest of them."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1)[:, :image.width()]
    colours, of_pixel, counts = np.unique(pixels, return_inverse=True, return_counts=True)
    kept = colours[np.argsort(-counts, kind="stable")[:_MOST_COLOURS]]
    parts = np.stack([colours, *(colours >> 8, colours >> 16)], axis=1).astype(np.uint8).astype(np.int32)
    of_kept = parts[np.searchsorted(colours, kept)]
    nearest = np.concatenate([((block[:, None] - of_kept) ** 2).sum(axis=2).argmin(axis=1)
                              for block in np.array_split(parts, len(parts) // 1000 + 1)])
    table = np.ascontiguousarray(nearest.astype(np.uint8)[of_pixel.reshape(pixels.shape)])
    result = QImage(table.data, image.width(), image.height(), image.width(), QImage.Format.Format_Indexed8)
    result.setColorTable(kept.tolist())
    return result.copy()


def letters() -> str:
    """What Latin and Chinese letters look like here, as one number: pictures made with other fonts look otherwise."""
    image = QImage(200, 40, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    with QPainter(image) as painter:
        painter.setFont(QApplication.font())
        painter.drawText(image.rect(), 0, "tcpladder 0123 抓包连接")
    return f"{zlib.crc32(image.constBits()):08x}"


def make(names: list[str]) -> None:
    """Writes the pictures with these names in every language."""
    for language in LANGUAGES:
        with spoken(language):
            for name in names:
                target = folder_of(language) / f"{name}.png"
                image = of_few_colours(painted(name))
                image.setText(LETTERS, letters())
                assert image.save(str(target), "PNG", 0), target
                print(f"{target.relative_to(Path.cwd())}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    os.environ.update(QT_QPA_PLATFORM="offscreen", TZ="UTC")
    time.tzset()
    qInstallMessageHandler(lambda _kind, _context, message: None if message.startswith("This plugin does not support")
                           else print(message, file=sys.stderr))
    application = QApplication(sys.argv[:1])
    application.setCursorFlashTime(0)
    make(sys.argv[1:] or list(PAINTERS))
