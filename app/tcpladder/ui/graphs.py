"""Graphs of one direction of a connection over time; the selected step is a line, a click selects a step."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from tcpladder.tcp.connection import Connection
from tcpladder.tcp.pictures.palette import DARK, LIGHT, DiagramPalette, Ink
from tcpladder.tcp.series import Curve, in_flight, round_trip_times, throughput, time_sequence
from tcpladder.texts import _
from tcpladder.ui.theme import theme_of


class Graph(IntEnum):
    """What is drawn, in the order of the list."""

    TIME_SEQUENCE = 0
    ROUND_TRIP = 1
    THROUGHPUT = 2
    WINDOW = 3


class GraphsView(QWidget):
    """Builds its plot when it is first looked at: loading pyqtgraph takes a moment."""

    step_chosen = Signal(object)    # index of a step

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._connection: Connection | None = None
        self._step: int | None = None
        self._plot: Any = None
        self._line: Any = None
        self._clickable: list[Curve] = []
        self._highest = 0.0     # of all that is drawn
        self._is_current = False
        self.graphs = QComboBox(self)
        self.graphs.addItems([_("Time and sequence"), _("Round-trip time"), _("Throughput"),
                              _("Window and bytes in flight")])
        self.graphs.setAccessibleName(_("Graph"))
        self.direction = QComboBox(self)
        self.direction.addItems([_("client → server"), _("server → client")])
        self.direction.setAccessibleName(_("Direction"))
        self._legend = QLabel(self)
        self._legend.setTextFormat(Qt.TextFormat.RichText)
        self._legend.setWordWrap(True)
        choices = QHBoxLayout()
        choices.setContentsMargins(8, 6, 8, 0)
        choices.addWidget(self.graphs)
        choices.addWidget(self.direction)
        choices.addStretch(1)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 4)
        self._layout.addLayout(choices)
        self._legend.setContentsMargins(10, 0, 10, 0)
        self._layout.addWidget(self._legend)
        self.graphs.currentIndexChanged.connect(self._draw)
        self.direction.currentIndexChanged.connect(self._draw)

    def show_connection(self, connection: Connection | None) -> None:
        """Draws another connection, in the direction that carries more data."""
        self._connection, self._step = connection, None
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

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._is_current:
            self._draw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._is_current = False
            if self.isVisible():
                self._draw()

    # Drawing

    def _draw(self) -> None:
        import pyqtgraph

        if self._plot is None:
            self._plot = pyqtgraph.PlotWidget(self)
            self._plot.setAccessibleName(_("Graph of the connection"))
            self._plot.scene().sigMouseClicked.connect(self._choose)
            self._layout.addWidget(self._plot, 1)
        palette = DARK if theme_of(self.palette()).is_dark else LIGHT
        plot = self._plot
        plot.clear()
        plot.setBackground(palette[Ink.PAPER])
        item = plot.getPlotItem()
        item.showGrid(x=True, y=True, alpha=0.18)
        for side in ("left", "bottom"):
            axis = item.getAxis(side)
            axis.setPen(palette[Ink.GRID])
            axis.setTextPen(palette[Ink.MUTED])
        item.getAxis("left").setWidth(self.fontMetrics().horizontalAdvance("00000000"))
        self._clickable = []
        self._highest = 0.0
        self._line = None
        self._legend.clear()
        self._is_current = True
        if self._connection is not None:
            from_client = self.direction.currentIndex() == 0
            draw = {Graph.TIME_SEQUENCE: self._draw_time_sequence, Graph.ROUND_TRIP: self._draw_round_trip,
                    Graph.THROUGHPUT: self._draw_throughput, Graph.WINDOW: self._draw_window}
            draw[Graph(self.graphs.currentIndex())](self._connection, from_client, palette)
            self._line = pyqtgraph.InfiniteLine(angle=90, pen=pyqtgraph.mkPen(palette[Ink.ACCENT], width=1.5))
            item.addItem(self._line)
            self._place_line()
        self._show_everything()

    def _draw_time_sequence(self, connection: Connection, from_client: bool, palette: DiagramPalette) -> None:
        import pyqtgraph

        series = time_sequence(connection, from_client)
        for chosen, ink, width in ((~series.repeated, Ink.DATA_LINE, 2), (series.repeated, Ink.RST_LINE, 3)):
            if chosen.any():
                seconds = np.repeat(series.firsts.seconds[chosen], 2)
                values = np.column_stack((series.firsts.values[chosen], series.lasts.values[chosen])).ravel()
                self._highest = max(self._highest, float(values.max()))
                self._plot.plot(seconds, values, connect="pairs", pen=pyqtgraph.mkPen(palette[ink], width=width))
        self._steps(series.acknowledged, palette, Ink.SYN_LINE)
        if len(series.lasts) and len(series.window_edge):
            # A window far above the data would flatten everything else.
            near = series.window_edge.values <= 4 * max(float(series.lasts.values.max()), 1.0)
            edge = series.window_edge
            self._steps(Curve(edge.seconds[near], edge.values[near], edge.steps[near]), palette, Ink.FIN_LINE)
        self._clickable = [series.lasts, series.acknowledged]
        self._explain(_("sequence number"), palette, (Ink.DATA_LINE, _("segment")),
                      (Ink.RST_LINE, _("retransmission")), (Ink.SYN_LINE, _("acknowledged")),
                      (Ink.FIN_LINE, _("edge of the window, where it is near")))

    def _draw_round_trip(self, connection: Connection, from_client: bool, palette: DiagramPalette) -> None:
        curve = round_trip_times(connection, from_client)
        self._highest = float(curve.values.max(initial=0.0))
        self._plot.plot(curve.seconds, curve.values, pen=None, symbol="o", symbolSize=5, symbolPen=None,
                        symbolBrush=palette[Ink.DATA_LINE])
        self._clickable = [curve]
        self._explain(_("milliseconds"), palette,
                      (Ink.DATA_LINE, _("from a segment to its ACK; none for segments that were sent twice")))

    def _draw_throughput(self, connection: Connection, from_client: bool, palette: DiagramPalette) -> None:
        curve = throughput(connection, from_client)
        self._lines(curve, palette, Ink.DATA_LINE)
        self._clickable = [curve]
        self._explain(_("kilobytes per second"), palette, (Ink.DATA_LINE, _("payload sent, every copy counted")))

    def _draw_window(self, connection: Connection, from_client: bool, palette: DiagramPalette) -> None:
        flight, window = in_flight(connection, from_client)
        self._steps(flight, palette, Ink.DATA_LINE)
        self._steps(window, palette, Ink.FIN_LINE)
        self._clickable = [flight, window]
        self._explain(_("bytes"), palette, (Ink.DATA_LINE, _("sent and not yet acknowledged")),
                      (Ink.FIN_LINE, _("window that the other side announces")))

    def _steps(self, curve: Curve, palette: DiagramPalette, ink: Ink) -> None:
        """A curve that keeps its value until the next point."""
        if len(curve):
            seconds = np.append(np.repeat(curve.seconds, 2)[1:], curve.seconds[-1])
            self._lines(Curve(seconds, np.repeat(curve.values, 2), np.repeat(curve.steps, 2)), palette, ink)

    def _lines(self, curve: Curve, palette: DiagramPalette, ink: Ink) -> None:
        import pyqtgraph

        self._highest = max(self._highest, float(curve.values.max(initial=0.0)))
        item = self._plot.plot(curve.seconds, curve.values, pen=pyqtgraph.mkPen(palette[ink], width=1.4))
        item.setClipToView(True)
        item.setDownsampling(auto=True, method="peak")

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

    # Choosing

    def _choose(self, event: Any) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        view = self._plot.getPlotItem().vb
        place = view.mapSceneToView(event.scenePos())
        (left, right), (low, high) = view.viewRange()
        step = nearest_step(self._clickable, place.x(), place.y(), right - left, high - low)
        if step is not None:
            self.step_chosen.emit(step)


def nearest_step(curves: list[Curve], x: float, y: float, width: float, height: float) -> int | None:
    """The step of the point that lies nearest in a view of a width and a height; None where there are no points."""
    best: tuple[float, int] | None = None
    for curve in curves:
        if len(curve):
            distance = ((curve.seconds - x) / (width or 1.0)) ** 2 + ((curve.values - y) / (height or 1.0)) ** 2
            place = int(np.argmin(distance))
            if best is None or distance[place] < best[0]:
                best = float(distance[place]), int(curve.steps[place])
    return None if best is None else best[1]
