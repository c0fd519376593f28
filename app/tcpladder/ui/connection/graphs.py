"""Graphs of one direction of a connection over time; the selected step is a line, a click selects a step."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QImage, QShowEvent
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QToolButton, QVBoxLayout, QWidget

from tcpladder.packets.whole_file import WriteError
from tcpladder.tcp.connection import Connection
from tcpladder.tcp.pictures.palette import DiagramPalette, Ink
from tcpladder.tcp.pictures.text import step_line
from tcpladder.tcp.series import (
    Curve,
    Spans,
    StepColumns,
    in_flight,
    read_steps,
    round_trip_times,
    throughput,
    time_sequence,
)
from tcpladder.texts import _
from tcpladder.ui.connection.plotting import dress_plot, make_plot, palette_of, plot_image, save_plot
from tcpladder.ui.theme import icon
from tcpladder.ui.wrapping_row import WrappingRow

_MOST_SPANS = 3000      # of a kind on the screen; more are bundled
_MOST_DOTS = 1000       # up to so many points get a dot of their own
_NEAR = 24              # pixels from the mouse to a point that it points at


class Graph(IntEnum):
    """What is drawn, in the order of the list."""

    STEVENS = 0
    TCPTRACE = 1
    ROUND_TRIP = 2
    THROUGHPUT = 3
    WINDOW = 4


@dataclass(frozen=True, slots=True)
class _Marks:
    """Spans on the plot, drawn anew for every stretch of time that is looked at."""

    spans: Spans
    item: Any           # PlotDataItem
    has_dots: bool


class GraphsView(QWidget):
    """Builds its plot when it is first looked at: loading pyqtgraph takes a moment."""

    step_chosen = Signal(object)    # index of a step
    failed = Signal(str)            # a sentence for the person

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._connection: Connection | None = None
        self._columns: StepColumns | None = None    # of the connection, once a graph was drawn
        self._step: int | None = None
        self._plot: Any = None
        self._line: Any = None
        self._clickable: list[Curve] = []
        self._marks: list[_Marks] = []
        self._highest = 0.0     # of all that is drawn
        self._is_current = False
        self.graphs = QComboBox(self)
        self.graphs.addItems([_("Time and sequence (Stevens)"), _("Time and sequence (tcptrace)"),
                              _("Round-trip time"), _("Throughput"), _("Window and bytes in flight")])
        self.graphs.setCurrentIndex(Graph.TCPTRACE)
        self.graphs.setAccessibleName(_("Graph"))
        self.direction = QComboBox(self)
        self.direction.addItems([_("client → server"), _("server → client")])
        self.direction.setAccessibleName(_("Direction"))
        for box in (self.graphs, self.direction):
            box.setMinimumContentsLength(9)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._whole = self._button("zoom-reset", _("Show the whole connection"))
        self._legend = QLabel(self)
        self._legend.setTextFormat(Qt.TextFormat.RichText)
        self._legend.setWordWrap(True)
        choices = WrappingRow()
        choices.setContentsMargins(8, 6, 8, 0)
        choices.addWidget(self.graphs)
        choices.addWidget(self.direction)
        choices.addStretch()
        choices.addWidget(self._whole)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 4)
        self._layout.addLayout(choices)
        self._legend.setContentsMargins(10, 0, 10, 0)
        self._layout.addWidget(self._legend)
        self.graphs.currentIndexChanged.connect(self._draw)
        self.direction.currentIndexChanged.connect(self._draw)
        self._whole.clicked.connect(self._show_everything)

    def show_connection(self, connection: Connection | None) -> None:
        """Draws another connection, in the direction that carries more data."""
        self._connection, self._columns, self._step = connection, None, None
        self._is_current = False
        if connection is not None:
            self.direction.blockSignals(True)
            self.direction.setCurrentIndex(int(connection.server_bytes > connection.client_bytes))
            self.direction.blockSignals(False)
        if self.isVisible():
            self._draw()

    def show_step(self, step: int | None) -> None:
        """Moves the line to a step."""
        self._step = step
        self._place_line()

    @property
    def curves(self) -> list[Curve]:
        """What is drawn, as far as a click can choose from it."""
        return self._clickable

    def export(self) -> None:
        """Asks for a file, and saves the graph as it is seen."""
        if self._connection is None or self._plot is None:
            return
        name, _kind = QFileDialog.getSaveFileName(self, _("Save Graph"), f"graph-{self._connection.stream}.svg",
                                                  _("Pictures (*.svg *.png)"))
        if name:
            try:
                self.save(Path(name))
            except (WriteError, ValueError) as error:
                self.failed.emit(_("The graph was not saved: {reason}").format(reason=error))

    def image(self) -> QImage:
        """The graph as it is seen."""
        return plot_image(self._plot)

    def save(self, path: Path) -> None:
        """Saves the graph as SVG or PNG. Raises WriteError and ValueError."""
        save_plot(self._plot, path)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._is_current:
            self._draw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._whole.setIcon(icon("zoom-reset"))
            self._is_current = False
            if self.isVisible():
                self._draw()

    def _button(self, icon_name: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setAutoRaise(True)
        button.setIcon(icon(icon_name))
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        return button

    # Drawing

    def _draw(self) -> None:
        import pyqtgraph

        if self._plot is None:
            self._plot = make_plot(self, _("Graph of the connection"))
            self._plot.scene().sigMouseClicked.connect(self._choose)
            self._plot.scene().sigMouseMoved.connect(self._point_at)
            self._plot.getPlotItem().vb.sigXRangeChanged.connect(lambda *_range: self._draw_marks())
            self._layout.addWidget(self._plot, 1)
        palette = palette_of(self)
        self._plot.clear()
        dress_plot(self._plot, palette, self.fontMetrics().horizontalAdvance("00000000"))
        self._clickable, self._marks = [], []
        self._highest = 0.0
        self._line = None
        self._legend.clear()
        self._is_current = True
        if self._connection is not None:
            from_client = self.direction.currentIndex() == 0
            draw = {Graph.STEVENS: self._draw_stevens, Graph.TCPTRACE: self._draw_tcptrace,
                    Graph.ROUND_TRIP: self._draw_round_trip, Graph.THROUGHPUT: self._draw_throughput,
                    Graph.WINDOW: self._draw_window}
            if self._columns is None:
                self._columns = read_steps(self._connection)
            draw[Graph(self.graphs.currentIndex())](self._columns, from_client, palette)
            self._line = pyqtgraph.InfiniteLine(angle=90, pen=pyqtgraph.mkPen(palette[Ink.ACCENT], width=1.5))
            self._plot.getPlotItem().addItem(self._line)
            self._place_line()
        self._whole.setEnabled(self._connection is not None)
        self._show_everything()
        self._draw_marks()

    def _draw_stevens(self, steps: StepColumns, from_client: bool, palette: DiagramPalette) -> None:
        series = time_sequence(steps, from_client)
        begins = Spans(series.segments.seconds, series.segments.lows, series.segments.lows, series.segments.steps)
        self._mark(begins.only(~series.repeated), palette, Ink.DATA_LINE, 2.0, has_dots=True)
        self._mark(begins.only(series.repeated), palette, Ink.RST_LINE, 3.0, has_dots=True)
        self._clickable = [Curve(begins.seconds, begins.lows, begins.steps)]
        self._explain(_("first sequence number"), palette, (Ink.DATA_LINE, _("segment")),
                      (Ink.RST_LINE, _("retransmission")))

    def _draw_tcptrace(self, steps: StepColumns, from_client: bool, palette: DiagramPalette) -> None:
        series = time_sequence(steps, from_client)
        segments, edge = series.segments, series.window_edge
        self._steps(series.acknowledged, palette, Ink.SYN_LINE)
        near = np.zeros(0, np.bool_)
        if len(segments) and len(edge):
            # A window far above the data would flatten everything else.
            near = edge.values <= 4 * max(float(segments.highs.max()), 1.0)
            self._steps(Curve(edge.seconds[near], edge.values[near], edge.steps[near]), palette, Ink.FIN_LINE)
        self._mark(series.sacked, palette, Ink.CALL, 3.0)
        self._mark(series.duplicated, palette, Ink.TROUBLE_LINE, 3.0)
        self._mark(segments.only(~series.repeated), palette, Ink.DATA_LINE, 2.0)
        self._mark(segments.only(series.repeated), palette, Ink.RST_LINE, 3.0)
        self._clickable = [Curve(segments.seconds, segments.highs, segments.steps), series.acknowledged,
                           Curve(series.sacked.seconds, series.sacked.highs, series.sacked.steps)]
        entries = [(Ink.DATA_LINE, _("segment"), len(segments)),
                   (Ink.RST_LINE, _("retransmission"), int(series.repeated.sum())),
                   (Ink.SYN_LINE, _("acknowledged"), len(series.acknowledged)),
                   (Ink.CALL, _("SACK block"), len(series.sacked)),
                   (Ink.TROUBLE_LINE, _("D-SACK: came twice"), len(series.duplicated)),
                   (Ink.FIN_LINE, _("edge of the window, where it is near"), int(near.sum()))]
        self._explain(_("sequence number"), palette, *((ink, text) for ink, text, count in entries if count))

    def _draw_round_trip(self, steps: StepColumns, from_client: bool, palette: DiagramPalette) -> None:
        curve = round_trip_times(steps, from_client)
        self._mark(Spans(curve.seconds, curve.values, curve.values, curve.steps), palette, Ink.DATA_LINE, 2.0,
                   has_dots=True)
        self._clickable = [curve]
        self._explain(_("milliseconds"), palette,
                      (Ink.DATA_LINE, _("from a segment to its ACK; none for segments that were sent twice")))

    def _draw_throughput(self, steps: StepColumns, from_client: bool, palette: DiagramPalette) -> None:
        curve = throughput(steps, from_client)
        self._lines(curve, palette, Ink.DATA_LINE)
        self._clickable = [curve]
        self._explain(_("kilobytes per second"), palette, (Ink.DATA_LINE, _("payload sent, every copy counted")))

    def _draw_window(self, steps: StepColumns, from_client: bool, palette: DiagramPalette) -> None:
        flight, window = in_flight(steps, from_client)
        self._steps(flight, palette, Ink.DATA_LINE)
        self._steps(window, palette, Ink.FIN_LINE)
        self._clickable = [flight, window]
        self._explain(_("bytes"), palette, (Ink.DATA_LINE, _("sent and not yet acknowledged")),
                      (Ink.FIN_LINE, _("window that the other side announces") if len(window) else
                       _("window of the other side: not known, the handshake was not captured")))

    def _steps(self, curve: Curve, palette: DiagramPalette, ink: Ink) -> None:
        """A curve that keeps its value until the next point."""
        if len(curve):
            seconds = np.append(np.repeat(curve.seconds, 2)[1:], curve.seconds[-1])
            self._lines(Curve(seconds, np.repeat(curve.values, 2), np.repeat(curve.steps, 2)), palette, ink)

    def _lines(self, curve: Curve, palette: DiagramPalette, ink: Ink) -> None:
        import pyqtgraph

        self._highest = max(self._highest, float(curve.values.max(initial=0.0)))
        # Lines of width 1 are drawn many times faster than wider ones.
        item = self._plot.plot(curve.seconds, curve.values, pen=pyqtgraph.mkPen(palette[ink], width=1))
        item.setClipToView(True)
        item.setDownsampling(auto=True, method="peak")

    def _mark(self, spans: Spans, palette: DiagramPalette, ink: Ink, width: float, *, has_dots: bool = False) -> None:
        """Upright strokes, or dots where a span has no height; what is in sight is drawn by _draw_marks()."""
        import pyqtgraph

        if len(spans):
            self._highest = max(self._highest, float(spans.highs.max()))
            item = self._plot.plot([], [], pen=pyqtgraph.mkPen(palette[ink], width=width), connect="pairs",
                                   symbolPen=None, symbolBrush=palette[ink], symbolSize=5)
            self._marks.append(_Marks(spans, item, has_dots))

    def _draw_marks(self) -> None:
        if self._plot is None:
            return
        left, right = self._plot.getPlotItem().vb.viewRange()[0]
        margin = (right - left) * 0.01
        for marks in self._marks:
            seen = marks.spans.bundled(left - margin, right + margin, _MOST_SPANS)
            marks.item.setData(np.repeat(seen.seconds, 2), np.column_stack((seen.lows, seen.highs)).ravel(),
                               symbol="o" if marks.has_dots and len(seen) <= _MOST_DOTS else None)

    def _explain(self, upwards: str, palette: DiagramPalette, *entries: tuple[Ink, str]) -> None:
        """What is counted upwards, and what the colours mean."""
        axes = _("{upwards} over seconds since the first packet").format(upwards=upwards)
        parts = [f'<span style="color:{palette[ink]}">■</span>&nbsp;{text.replace(" ", "&nbsp;")}'
                 for ink, text in entries]
        self._legend.setText(" &nbsp; ".join([f"<b>{axes}</b>", *parts]))

    def _show_everything(self) -> None:
        """From 0 to the end of the connection, and from 0 to the highest value."""
        seconds = 0.0 if self._connection is None else self._connection.duration_ns / 1e9
        self._plot.getPlotItem().setRange(xRange=(0, seconds or 1.0), yRange=(0, self._highest or 1.0), padding=0.04)

    def _place_line(self) -> None:
        if self._line is not None and self._connection is not None:
            self._line.setVisible(self._step is not None)
            if self._step is not None:
                self._line.setValue((self._connection.steps[self._step].time_ns - self._connection.start_ns) / 1e9)

    # Pointing and choosing

    def _choose(self, event: Any) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            nearest = self._nearest(event.scenePos())
            if nearest is not None:
                self.step_chosen.emit(nearest.step)

    def _point_at(self, scene_place: Any) -> None:
        """The tip tells the point that lies under the mouse."""
        nearest = self._nearest(scene_place)
        view = self._plot.getPlotItem().vb
        is_near = nearest is not None and nearest.distance * max(view.width(), 1) <= _NEAR
        self._plot.setToolTip(self._tip(nearest) if nearest is not None and is_near else "")

    def _nearest(self, scene_place: Any) -> Nearest | None:
        view = self._plot.getPlotItem().vb
        place = view.mapSceneToView(scene_place)
        (left, right), (low, high) = view.viewRange()
        return nearest_point(self._clickable, place.x(), place.y(), right - left, high - low)

    def _tip(self, nearest: Nearest) -> str:
        assert self._connection is not None     # without one there are no points
        step = self._connection.steps[nearest.step]
        return _("Packet {number}, {seconds} s: {value}\n{step}").format(
            number=step.frame_number, seconds=f"{nearest.seconds:.6f}", value=f"{nearest.value:,.6g}",
            step=step_line(self._connection, step, relative=True))


@dataclass(frozen=True, slots=True)
class Nearest:
    """A point of a curve, and how far away it is, as a part of the view's width."""

    step: int
    seconds: float
    value: float
    distance: float


def nearest_point(curves: list[Curve], x: float, y: float, width: float, height: float) -> Nearest | None:
    """The point that lies nearest in a view of a width and a height; None where there are no points."""
    best: Nearest | None = None
    for curve in curves:
        if len(curve):
            distance = ((curve.seconds - x) / (width or 1.0)) ** 2 + ((curve.values - y) / (height or 1.0)) ** 2
            place = int(np.argmin(distance))
            if best is None or distance[place] < best.distance ** 2:
                best = Nearest(int(curve.steps[place]), float(curve.seconds[place]), float(curve.values[place]),
                               float(distance[place]) ** 0.5)
    return best
