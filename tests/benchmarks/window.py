"""Measures how quickly the window answers while a large capture is open.

usage: window.py CAPTURE [--stacks SECONDS] [--only WORD]...

A timer in the event loop ticks every few milliseconds; a tick that comes late is time in which the window could not
answer. Of such a gap, the column "own" leaves out what this thread waited for a processor that others had (Linux
tells it). With --stacks, what the threads were doing is written to stderr when a tick is later than so many seconds:
a second thread looks; if one of the others holds Python's lock, it looks when that one gives it up.
Widgets are painted for real, on Qt's offscreen platform unless QT_QPA_PLATFORM says otherwise.
"""

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QEventLoop, QPoint, Qt, QTimer, qInstallMessageHandler
from PySide6.QtTest import QTest

from tcpladder.ui.app import SWITCH_INTERVAL_S, make_application
from tcpladder.ui.garbage import GarbageCollection
from tcpladder.ui.main_window import MainWindow
from tcpladder.ui.packets.sort_keys import Column
from tcpladder.ui.settings import Settings

TICK_MS = 4
FRAME_MS = 16
JUMPS = 40
REHEARSED_IN_S = 0.6         # the window gets ready; nobody chooses a file sooner
LONGEST_WAIT_S = 600.0
FIRST_ROWS_PROGRAM = """
import os, sys, time
from pathlib import Path
from tcpladder.ui import app
from PySide6.QtCore import QEvent, QObject

class Watch(QObject):
    def eventFilter(self, watched, event):
        if event.type() is QEvent.Type.Paint:
            now = time.monotonic()
            window = watched.window()
            if not hasattr(self, "first"):
                self.first = now
            if sys.argv[2] == "-" or window.session.frame_count:
                print(self.first - float(sys.argv[1]), now - float(sys.argv[1]), flush=True)
                os._exit(0)
        return False

watch = Watch()
requests = app.Requests
class Requests(requests):
    def __init__(self, window, arguments):
        super().__init__(window, arguments)
        watched = window if not arguments.captures else window.workspace.packets.viewport()
        watched.installEventFilter(watch)
app.Requests = Requests
app.run_window(app.WindowArguments(captures=() if sys.argv[2] == "-" else (Path(sys.argv[2]),)))
"""


class Probe:
    """A timer in the event loop that notes how late it comes."""

    def __init__(self, stacks_after_s: float | None) -> None:
        self.gaps: list[tuple[float, float]] = []       # as the clock says, and our own part; seconds
        self._stacks_after_s = stacks_after_s
        self._last = self._waited = 0.0
        self._ended = threading.Event()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        """Begins to measure."""
        self.gaps.clear()
        self._last, self._waited = time.perf_counter(), _waited_for_processor()
        self._timer.start()
        if self._stacks_after_s is not None:
            self._ended.clear()
            threading.Thread(target=self._watch, args=(self._stacks_after_s,)).start()

    def stop(self) -> None:
        """Ends measuring; what lies behind the last tick counts."""
        self._tick()
        self._timer.stop()
        self._ended.set()

    def _tick(self) -> None:
        now, waited = time.perf_counter(), _waited_for_processor()
        gap = now - self._last
        self.gaps.append((gap, gap - (waited - self._waited)))
        self._last, self._waited = now, waited

    def _watch(self, after_s: float) -> None:
        seen = 0.0
        while not self._ended.wait(after_s / 10):
            if time.perf_counter() - self._last < after_s or self._last == seen:
                continue
            seen = self._last
            for thread, frame in sys._current_frames().items():
                if thread != threading.get_ident():
                    name = "main" if thread == threading.main_thread().ident else "worker"
                    places = [f"{Path(file).name}:{line} {function}"
                              for file, line, function, _text in traceback.extract_stack(frame)[:-7:-1]]
                    print(f"{time.perf_counter() - seen:.3f} {name}: {' < '.join(places)}", file=sys.stderr)


def _waited_for_processor() -> float:
    """Seconds that this thread was ready to run and another had the processor; 0 where nobody tells."""
    try:
        with open("/proc/thread-self/schedstat", encoding="ascii") as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


class Bench:
    """One window, and what is done to it."""

    def __init__(self, capture: Path, stacks_after_s: float | None) -> None:
        self.capture = capture
        self.application = make_application()
        qInstallMessageHandler(lambda *_message: None)     # the offscreen platform says what it cannot do
        self._garbage = GarbageCollection(self.application)
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        self.window = MainWindow(Settings(None))
        self.window.resize(1400, 900)
        self.window.show()
        self.session = self.window.session
        self.probe = Probe(stacks_after_s)
        # Made once: the thread that looks at stacks may be the last to hold what a function made.
        self._loop, self._frames = QEventLoop(), QTimer()
        self._frames.setInterval(FRAME_MS)
        self.pump(REHEARSED_IN_S)
        self.wait_idle()

    def pump(self, seconds: float) -> None:
        """Lets the window live for a while."""
        until = time.monotonic() + seconds
        self.wait(lambda: time.monotonic() > until)

    def wait(self, condition: Callable[[], bool], act: Callable[[], object] | None = None) -> None:
        """Lets the window live until a condition holds, acting at each frame meanwhile."""
        until = time.monotonic() + LONGEST_WAIT_S

        def look() -> None:
            if condition() or time.monotonic() > until:
                self._loop.quit()
            elif act is not None:
                act()

        self._frames.timeout.connect(look)
        self._frames.start()
        self._loop.exec()
        self._frames.stop()
        self._frames.timeout.disconnect(look)

    def wait_idle(self, act: Callable[[], object] | None = None) -> None:
        self.wait(lambda: self.session.jobs.is_idle, act)

    @contextlib.contextmanager
    def measured(self, title: str) -> Iterator[None]:
        """Prints the gaps of what is done inside, and how long it took."""
        print(f"{title:<44}", end="", flush=True)
        start = time.perf_counter()
        self.probe.start()
        yield
        self.probe.stop()
        seconds = time.perf_counter() - start
        clock, own = (sorted(gap[which] for gap in self.probe.gaps) for which in (0, 1))
        place = max(0, round(len(own) * 0.99) - 1)
        print(f"{seconds:8.2f} s   gaps: worst {clock[-1] * 1000:6.0f} ms, own {own[-1] * 1000:6.0f} ms, "
              f"99 % {own[place] * 1000:5.0f} ms", flush=True)

    # What is measured

    def load(self) -> None:
        with self.measured("load"):
            self.window.open_file(self.capture)
            self.wait(lambda: not self.session.is_loading)
        with self.measured("then: what to sort by is found"):
            self.wait_idle()
        self.window.session.close_capture()
        self.wait_idle()
        self.pump(0.5)

    def load_and_scroll(self) -> None:
        packets = self.window.workspace.packets
        bar = packets.verticalScrollBar()
        turn = iter(range(10**9))

        def scroll() -> None:
            count = packets.packets.rowCount()
            if count:
                bar.setValue(next(turn) * 7_919 % count)

        with self.measured("load, scrolling through the list"):
            self.window.open_file(self.capture)
            self.wait_idle(scroll)

    def load_and_click(self) -> None:
        turn = iter(range(10**9))

        def click() -> None:
            if self.session.frame_count:
                self.session.select_row(next(turn) * 104_729 % self.session.frame_count)

        with self.measured("load, clicking packets"):
            self.window.open_file(self.capture)
            self.wait_idle(click)

    def load_and_filter(self) -> None:
        for text in ("tcp.port == 9502", "tcp.analysis.retransmission"):
            with self.measured(f"load, filter {text!r} meanwhile"):
                self.window.open_file(self.capture)
                self.wait(lambda: self.session.frame_count > 0)
                asked = time.perf_counter()
                self.session.apply_filter(text)
                self.wait(lambda: self.session.shown is not None)
                first, rows = time.perf_counter() - asked, self.session.frame_count
                self.wait_idle()
            print(f"{'':<44}{first:8.2f} s   until the first matches among {rows:,} packets")
            self.session.apply_filter("")
            self.session.close_capture()
            self.wait_idle()

    def filters(self) -> None:
        for text in ("tcp.port == 9502", "tcp.analysis.retransmission", "ip.addr == 10.0.0.1 && tcp.len > 0", ""):
            with self.measured(f"filter {text!r}"):
                self.session.apply_filter(text)
                self.wait_idle()

    def sorting(self) -> None:
        header = self.window.workspace.packets.horizontalHeader()
        for column in Column:
            if column is Column.MARK:
                continue
            for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
                word = "up" if order is Qt.SortOrder.AscendingOrder else "down"
                with self.measured(f"sort by {column.name.lower()}, {word}"):
                    header.setSortIndicator(column, order)
                    self.wait_idle()
        with self.measured("back to the order of the capture"):
            header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
            self.wait_idle()

    def ladder(self) -> None:
        table = self.session.connections
        assert table is not None
        longest = int(table.packets.argmax())
        with self.measured(f"ladder of {int(table.packets[longest]):,} packets"):
            self.session.select_stream(longest)
            self.wait_idle()
            self.pump(0.3)

    def connections(self) -> None:
        with self.measured("list of connections"):
            self.window.workspace.show_connections()
            self.pump(0.5)
            self.window.workspace.connection.picker.hidePopup()
            self.pump(0.2)

    def jumps(self) -> None:
        rows = [turn * 104_729 % self.session.frame_count for turn in range(JUMPS)]
        self._times("go to a packet, all painted", rows, self._jump)
        rows = [turn * 99_991 % self.session.frame_count for turn in range(JUMPS)]
        self._times("click, all painted", rows, self._click)
        rows = [turn * 7_919 % self.session.frame_count for turn in range(JUMPS)]
        self._times("scroll to another page, all painted", rows, self._scroll)
        self._times("scroll by three rows, all painted", [turn * 3 for turn in range(JUMPS)], self._scroll)

    def _times(self, title: str, rows: list[int], act: Callable[[int], None]) -> None:
        times = []
        for row in rows:
            waited, start = _waited_for_processor(), time.perf_counter()
            act(row)
            times.append((time.perf_counter() - start - (_waited_for_processor() - waited)) * 1000)
            self.wait_idle()
            self._paint()
        print(f"{title:<44}   median {statistics.median(times):6.1f} ms, worst {max(times):6.1f} ms", flush=True)

    def _jump(self, row: int) -> None:
        self.window.go_to_packet(row + 1)
        self._paint()

    def _click(self, row: int) -> None:
        packets = self.window.workspace.packets
        place = QPoint(60, 10 + row % 10 * packets.rowHeight(0))
        QTest.mouseClick(packets.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
        self._paint()

    def _scroll(self, row: int) -> None:
        packets = self.window.workspace.packets
        packets.verticalScrollBar().setValue(row)
        self._paint()

    def _paint(self) -> None:
        """Paints what has changed in the window, when everybody has answered."""
        QCoreApplication.processEvents()
        self.window.statusBar().repaint()


def start_up(capture: Path) -> None:
    """Times of new programs: from the command to the empty window, and to the first rows."""
    for title, name, which in (("start to empty window painted", "-", 0), ("start with a capture to first rows",
                                                                           str(capture), 1)):
        times = []
        for _round in range(5):
            command = [sys.executable, "-c", FIRST_ROWS_PROGRAM, str(time.monotonic()), name]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode or not done.stdout:
                raise SystemExit(done.stderr)
            times.append(float(done.stdout.split()[which]))
        print(f"{title:<44}{statistics.median(times):8.2f} s   best {min(times):.2f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures how quickly the window answers.")
    parser.add_argument("capture", type=Path)
    parser.add_argument("--stacks", type=float)
    parser.add_argument("--only", action="append", default=[])
    arguments = parser.parse_args()
    steps = ("start_up", "load", "load_and_click", "load_and_scroll", "load_and_filter", "filters", "sorting", "ladder",
             "connections", "jumps")
    wanted = [step for step in steps if not arguments.only or step in arguments.only]
    if "start_up" in wanted:
        start_up(arguments.capture)
    bench = Bench(arguments.capture, arguments.stacks)
    for step in wanted:
        if step == "start_up":
            continue
        if not step.startswith("load") and bench.session.connections is None:
            bench.window.open_file(arguments.capture)
            bench.wait_idle()
        getattr(bench, step)()
    bench.session.jobs.stop()
    QCoreApplication.quit()


if __name__ == "__main__":
    main()
