"""Statistics → I/O Graph: how much came when, each line with a display filter of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QLabel, QPushButton, QVBoxLayout, QWidget

from tcpladder.decode.rates import (
    Clock,
    Rates,
    Unit,
    count_rates,
    highest,
    make_clock,
    possible_intervals,
    usual_interval,
)
from tcpladder.exports.csv import csv_lines
from tcpladder.fields.node import DecodedPacket
from tcpladder.fields.show import seconds_text
from tcpladder.filters import compile_filter
from tcpladder.packets.capture import NO_TIME
from tcpladder.packets.whole_file import WriteError, write_whole
from tcpladder.tcp.pictures.palette import Ink
from tcpladder.texts import _
from tcpladder.ui.connection.plotting import count_axis, dress_plot, make_plot, palette_of, save_plot
from tcpladder.ui.elided_label import ElidedLabel
from tcpladder.ui.jobs import Cancelled, Job
from tcpladder.ui.session import Session
from tcpladder.ui.settings import Settings
from tcpladder.ui.windows.io_lines import IoLine, LineList, Style, lines_of_text, text_of_lines
from tcpladder.ui.windows.tool_window import ToolWindow
from tcpladder.ui.wrapping_row import WrappingRow

_MOST_POINTS = 1500     # of a line, on the screen
_LINES, _UNIT = "io-lines", "io-unit"      # in the settings
_REACH = 12             # pixels to either side of a click in which a packet is looked for


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A line that was counted."""

    line: IoLine
    ink: Ink
    rates: Rates


class IoWindow(ToolWindow):
    """A click selects the first packet of the interval; the selected packet is a line."""

    def __init__(self, session: Session, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(session, settings, "io", _("I/O Graph"), QSize(1080, 640), parent)
        self._plot: Any = None
        self._items: list[Any] = []
        self._here: Any = None
        self._clock: Clock | None = None
        self._drawn: list[_Drawn] = []
        self._is_current = False
        self._chosen_interval: int | None = None    # by the person
        self.unit = QComboBox(self)
        self.interval = QComboBox(self)
        self.limit = QCheckBox(_("&Limit to display filter"), self)
        self.lines = LineList(session, self)
        self.values = ElidedLabel(self)
        self._add = QPushButton(_("&Add Line"), self)
        self._whole = QPushButton(_("&Whole Capture"), self)
        self._export = QPushButton(_("&Export…"), self)
        self._build()
        for line in lines_of_text(settings.text(_LINES, "")):
            self.lines.add(line)
        kept = settings.text(_UNIT, Unit.PACKETS.value)
        self.unit.setCurrentIndex(next((place for place, unit in enumerate(Unit) if unit.value == kept), 0))
        self._connect()

    def _build(self) -> None:
        self.interval.setAccessibleName(_("Interval"))
        self.unit.setAccessibleName(_("What is counted"))
        for unit, title in ((Unit.PACKETS, _("Packets")), (Unit.BYTES, _("Bytes")), (Unit.BITS, _("Bits"))):
            self.unit.addItem(title, unit)
        choices = WrappingRow()
        choices.setContentsMargins(10, 8, 10, 0)
        choices.setSpacing(8)
        choices.addWidget(self.unit)
        choices.addWidget(QLabel(_("Interval:"), self))
        choices.addWidget(self.interval)
        choices.addWidget(self.limit)
        choices.addStretch()
        for button in (self._add, self._whole, self._export):
            button.setAutoDefault(False)
            choices.addWidget(button)
        self.values.setContentsMargins(10, 0, 10, 0)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 8)
        self._column.addLayout(choices)
        self._column.addWidget(self.values)
        self._column.addWidget(self.lines)

    def _connect(self) -> None:
        session = self.session
        session.capture_opened.connect(lambda _capture: self._take_capture())
        session.capture_closed.connect(self._take_capture)
        session.loading_finished.connect(self._take_packets)
        session.shown_changed.connect(self._follow_filter)
        session.packet_selected.connect(self._follow_packet)
        self.interval.activated.connect(self._choose_interval)
        self.unit.currentIndexChanged.connect(lambda _index: self._count())
        for changed in (self.unit.currentIndexChanged, self.lines.changed):
            changed.connect(self._remember)
        self.limit.toggled.connect(lambda _on: self._count())
        self.lines.changed.connect(self._count)
        self._add.clicked.connect(lambda: self.lines.add(IoLine("", "", Style.LINE)))
        self._whole.clicked.connect(self._show_all)
        self._export.clicked.connect(self.export)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._plot is None:
            self._plot = make_plot(self, _("Packets over time"), left=count_axis())
            self._plot.getPlotItem().vb.setLimits(yMin=0)
            self._plot.getPlotItem().vb.setMouseEnabled(x=True, y=False)
            self._plot.getPlotItem().vb.sigXRangeChanged.connect(lambda *_range: self._draw())
            self._plot.scene().sigMouseClicked.connect(self._choose)
            self._plot.scene().sigMouseMoved.connect(self._point_at)
            self._column.insertWidget(1, self._plot, 1)
            self._dress()
        if not self._is_current:
            self._take_capture()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) and self._plot is not None:
            self._dress()
            self._draw()

    def _remember(self) -> None:
        """The next graph begins with these lines."""
        self._settings.keep(_LINES, text_of_lines(editor.line for editor in self.lines.editors))
        self._settings.keep(_UNIT, self.unit.currentData().value)

    # Counting

    def _take_capture(self) -> None:
        self._clock, self._drawn = None, []
        self._chosen_interval = None
        self._take_packets()

    def _take_packets(self) -> None:
        """All of a capture, or what it has grown by: then what is in sight stays."""
        self.session.jobs.cancel("io")
        self._is_current = self.isVisible()
        if self._is_current:
            self._count(from_start=self._clock is None)

    def _follow_filter(self) -> None:
        if self.limit.isChecked():
            self._count()

    def _choose_interval(self, _index: int) -> None:
        self._chosen_interval = self.interval.currentData()
        self._count()

    def _count(self, *, from_start: bool = False) -> None:
        """Counts all lines in a thread; the graph changes when all are counted."""
        session, capture, columns = self.session, self.session.capture, self.session.columns
        self._add.setEnabled(not self.lines.is_full)
        session.jobs.cancel("io")
        if self._plot is None or not self.isVisible():
            self._is_current = False
            return
        if capture is None or columns is None or session.connections is None:
            self._drawn = []
            self.values.setText(_("The graph is drawn when the capture has been read to its end.")
                                if session.is_loading else _("No capture is open."))
            self._draw()
            return
        count, unit = session.frame_count, self.unit.currentData()
        shown = session.shown if self.limit.isChecked() else None
        wanted = [(editor.line, editor.ink) for editor in self.lines.editors if editor.line.shown and editor.is_valid]
        times, lengths, chosen = capture.time_ns[:count], capture.wire_len[:count], self._chosen_interval

        def work(job: Job) -> tuple[Clock, list[_Drawn]]:
            clock = make_clock(times, chosen or usual_interval(times))
            among = np.arange(count) if shown is None else shown
            drawn = []
            for line, ink in wanted:
                job.check()
                rows = among
                if line.filter:
                    passes = compile_filter(line.filter, columns).select(columns, cancelled=lambda: job.is_cancelled)
                    if job.is_cancelled:
                        raise Cancelled
                    rows = among[passes[among]]
                drawn.append(_Drawn(line, ink, count_rates(clock, rows, lengths, unit)))
            return clock, drawn

        def show(found: tuple[Clock, list[_Drawn]]) -> None:
            self._clock, self._drawn = found
            self._offer_intervals(possible_intervals(times), self._clock.interval_ns)
            self._say_values(None)
            if from_start:
                self._show_all()
            self._draw()
            self._follow_packet(session.packet)

        session.jobs.start("io", work, then=show, on_failure=self.report)

    def _offer_intervals(self, intervals: tuple[int, ...], current: int) -> None:
        self.interval.clear()
        for interval in intervals:
            self.interval.addItem(_interval_text(interval), interval)
        self.interval.setCurrentIndex(self.interval.findData(current))

    # Drawing

    def _dress(self) -> None:
        dress_plot(self._plot, palette_of(self), self.fontMetrics().horizontalAdvance("00000000"))

    def _draw(self) -> None:
        """Only what is in sight, and no more points than the screen can tell apart."""
        import pyqtgraph

        item, palette, clock = self._plot.getPlotItem(), palette_of(self), self._clock
        for old in self._items:
            item.removeItem(old)
        self._items = []
        if clock is None:
            return
        width = clock.interval_ns / 1e9
        left, right = item.vb.viewRange()[0]
        first, last = int(left / width) - 1, int(right / width) + 2
        top = 1.0
        for drawn in self._drawn:
            begins, sums = highest(drawn.rates.sums, first, last, _MOST_POINTS)
            if not len(begins):
                continue
            top = max(top, float(sums.max()))
            group = float(begins[1] - begins[0]) if len(begins) > 1 else 1.0
            if drawn.line.style is Style.BARS:
                some = sums > 0
                graph = pyqtgraph.BarGraphItem(x0=begins[some] * width, width=group * width, height=sums[some],
                                               pen=pyqtgraph.mkPen(palette[drawn.ink]), brush=palette[drawn.ink])
            else:
                graph = pyqtgraph.PlotCurveItem((begins + group / 2) * width, sums,
                                                pen=pyqtgraph.mkPen(palette[drawn.ink], width=1.5))
            item.addItem(graph)
            self._items.append(graph)
        item.vb.setYRange(0, top, padding=0.06)
        if self._here is None:
            self._here = pyqtgraph.InfiniteLine(angle=90)
            self._here.setZValue(10)
        self._here.setPen(pyqtgraph.mkPen(palette[Ink.ACCENT], width=1.5))
        item.addItem(self._here)
        self._items.append(self._here)

    def _show_all(self) -> None:
        """From the first interval to the last."""
        if self._clock is not None:
            width = self._clock.interval_ns / 1e9
            self._plot.getPlotItem().vb.setXRange(0, self._clock.count * width, padding=0.02)

    def _follow_packet(self, packet: DecodedPacket | None) -> None:
        """The selected packet is a line."""
        if self._here is None or self._clock is None or self.session.capture is None:
            return
        time_ns = NO_TIME if packet is None else int(self.session.capture.time_ns[packet.row])
        self._here.setVisible(time_ns != NO_TIME)
        if time_ns != NO_TIME:
            self._here.setValue((time_ns - self._clock.start_ns) / 1e9)

    # Pointing and choosing

    def _choose(self, event: Any) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            row = self.row_near(self._plot.getPlotItem().vb.mapSceneToView(event.scenePos()).x())
            if row is not None:
                self.session.select_row(row)

    def row_near(self, seconds: float) -> int | None:
        """The first packet of the interval at a time, or of the nearest one in reach that holds any."""
        clock, view = self._clock, self._plot.getPlotItem().vb
        if clock is None:
            return None
        interval = int(seconds * 1e9 // clock.interval_ns)
        reach = int(_REACH * view.viewPixelSize()[0] * 1e9 // clock.interval_ns)
        first = max(interval - reach, 0)
        best: tuple[int, int] | None = None
        for drawn in self._drawn:
            there = np.flatnonzero(drawn.rates.first_rows[first:interval + reach + 1] >= 0) + first
            if len(there):
                nearest = int(there[np.argmin(np.abs(there - interval))])
                candidate = abs(nearest - interval), int(drawn.rates.first_rows[nearest])
                best = candidate if best is None else min(best, candidate)
        return None if best is None else best[1]

    def _point_at(self, scene_place: Any) -> None:
        self._say_values(self._plot.getPlotItem().vb.mapSceneToView(scene_place).x())

    def _say_values(self, seconds: float | None) -> None:
        """What the lines count at a time, or what the graph shows."""
        clock = self._clock
        if clock is None:
            return
        interval = -1 if seconds is None else int(seconds * 1e9 // clock.interval_ns)
        if not 0 <= interval < clock.count:
            self.values.setText(_("{unit} per {interval}, over seconds since the first packet. A click selects a "
                                  "packet, the wheel zooms, dragging moves.").format(
                unit=self.unit.currentText(), interval=_interval_text(clock.interval_ns)))
            return
        parts = [f"{drawn.line.name or drawn.line.filter or _('All packets')}: {drawn.rates.sums[interval]:,.0f}"
                 for drawn in self._drawn]
        self.values.setText(_("{seconds} s – {values}").format(
            seconds=f"{interval * clock.interval_ns / 1e9:g}", values=" · ".join(parts)))

    # Taking it away

    def export(self) -> None:
        """Asks for a file, and saves the picture or the numbers."""
        name, _kind = QFileDialog.getSaveFileName(self, _("Export I/O Graph"), "io.svg",
                                                  _("Pictures (*.svg *.png);;Comma-separated values (*.csv)"))
        if name:
            try:
                self.save(Path(name))
            except (WriteError, ValueError) as error:
                self.session.problem_found.emit(_("The graph was not saved: {reason}").format(reason=error))

    def save(self, path: Path) -> None:
        """Saves what is in sight as SVG or PNG, or all numbers as CSV. Raises WriteError and ValueError."""
        if path.suffix.lower() == ".csv":
            write_whole(path, map(str.encode, self._csv()))
        else:
            save_plot(self._plot, path)

    def _csv(self) -> Iterator[str]:
        header = ["seconds", *(drawn.line.name or drawn.line.filter for drawn in self._drawn)]
        clock = self._clock
        if clock is None:
            return csv_lines(header, ())
        columns = [drawn.rates.sums.astype(np.int64).tolist() for drawn in self._drawn]
        return csv_lines(header, ([seconds_text(interval * clock.interval_ns), *values]
                                  for interval, values in enumerate(zip(*columns, strict=True))))


def _interval_text(interval_ns: int) -> str:
    """"100 ms", "1 s", "10 min"."""
    for least, unit in ((60 * 10**9, _("min")), (10**9, _("s")), (10**6, _("ms")), (10**3, _("µs"))):
        if interval_ns >= least:
            return _("{count} {unit}").format(count=interval_ns // least, unit=unit)
    return _("{count} ns").format(count=interval_ns)
