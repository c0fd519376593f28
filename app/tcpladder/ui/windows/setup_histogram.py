"""How long handshakes took: a histogram over tenfold steps of time."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from tcpladder.tcp.connections import ConnectionTable
from tcpladder.tcp.overview import Histogram, Streams, setup_times
from tcpladder.tcp.pictures.palette import Ink
from tcpladder.tcp.spans import count_text, span_text
from tcpladder.texts import _, ngettext
from tcpladder.ui.connection.plotting import count_axis, dress_plot, make_plot, palette_of

_EMPTY = Histogram(np.zeros(1), np.zeros(0, np.int64))


class SetupHistogram(QWidget):
    """A click on a bar asks for its connections. Builds its plot when it is first looked at."""

    range_chosen = Signal(float, float)     # base-10 logarithms of seconds

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.histogram = _EMPTY
        self._listed = 0
        self._plot: Any = None
        self._caption = QLabel(self)
        self._caption.setContentsMargins(10, 4, 10, 0)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(2)
        self._layout.addWidget(self._caption)
        self.setMinimumHeight(90)

    def sizeHint(self) -> QSize:
        return QSize(600, 150)

    def show_streams(self, table: ConnectionTable | None, streams: Streams) -> None:
        """Counts the set-up times of these connections."""
        self.histogram = _EMPTY if table is None else setup_times(table, streams)
        self._listed = len(streams)
        self._tell()
        if self._plot is not None:
            self._draw()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._plot is None:
            self._make_plot()
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) and self._plot is not None:
            self._draw()

    def bin_at(self, logarithm: float) -> int | None:
        """The bin that holds a place of the scale, if it counts anything."""
        place = int(np.searchsorted(self.histogram.edges, logarithm, "right")) - 1
        if not 0 <= place < len(self.histogram.counts) or not self.histogram.counts[place]:
            return None
        return place

    def _tell(self) -> None:
        known = int(self.histogram.counts.sum())
        if not known:
            text = _("Setup time: none of these connections completed a handshake in the capture.")
        else:
            text = ngettext("Setup time of {known} connection, {listed} listed. A click on the bar shows it.",
                            "Setup times of {known} connections, {listed} listed. A click on a bar shows them.", known)
        self._caption.setText(text.format(known=count_text(known), listed=count_text(self._listed)))

    def _make_plot(self) -> None:
        self._plot = make_plot(self, _("Histogram of setup times"), left=count_axis(),
                               bottom=_time_axis()(orientation="bottom"))
        item = self._plot.getPlotItem()
        item.vb.setMouseEnabled(x=False, y=False)
        self._plot.scene().sigMouseClicked.connect(self._choose)
        self._plot.scene().sigMouseMoved.connect(self._point_at)
        self._layout.addWidget(self._plot, 1)

    def _draw(self) -> None:
        import pyqtgraph

        palette = palette_of(self)
        plot, histogram = self._plot, self.histogram
        plot.setVisible(len(histogram.counts) > 0)
        plot.clear()
        dress_plot(plot, palette, self.fontMetrics().horizontalAdvance("0000000"))
        item = plot.getPlotItem()
        item.showGrid(x=False, y=False)
        if len(histogram.counts):
            plot.addItem(pyqtgraph.BarGraphItem(
                x0=histogram.edges[:-1], x1=histogram.edges[1:], height=histogram.counts,
                pen=pyqtgraph.mkPen(palette[Ink.PAPER]), brush=palette[Ink.DATA_LINE]))
            item.setRange(xRange=(float(histogram.edges[0]) - 0.2, float(histogram.edges[-1]) + 0.2),
                          yRange=(0, float(histogram.counts.max())), padding=0.03)

    def _choose(self, event: Any) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            place = self.bin_at(self._plot.getPlotItem().vb.mapSceneToView(event.scenePos()).x())
            if place is not None:
                edges = self.histogram.edges
                self.range_chosen.emit(float(edges[place]), float(edges[place + 1]))

    def _point_at(self, scene_place: Any) -> None:
        place = self.bin_at(self._plot.getPlotItem().vb.mapSceneToView(scene_place).x())
        self._plot.setToolTip("" if place is None else self.bin_text(place))

    def bin_text(self, place: int) -> str:
        """What a bar counts, in words."""
        count = int(self.histogram.counts[place])
        low, high = (span_text(round(10 ** float(edge) * 1e9)) for edge in self.histogram.edges[place:place + 2])
        return ngettext("{count} handshake took {low} to {high}.", "{count} handshakes took {low} to {high}.",
                        count).format(count=count_text(count), low=low, high=high)


@lru_cache(maxsize=1)
def _time_axis() -> Any:
    """An axis of logarithms that names spans of time; made late, as pyqtgraph takes a moment to load."""
    import pyqtgraph

    class TimeAxis(pyqtgraph.AxisItem):
        """Logarithms of 1 ms, 10 ms, …; where they lie far apart also of 2 ms and 5 ms."""

        def tickValues(self, low: float, high: float, _size: float) -> list[tuple[float, list[float]]]:
            between = (0.0,) if high - low > 2.5 else (0.0, math.log10(2), math.log10(5))
            values = [whole + part for whole in range(math.floor(low), math.ceil(high) + 1) for part in between]
            return [(1.0, [value for value in values if low <= value <= high])]

        def tickStrings(self, values: list[float], _scale: float, _spacing: float) -> list[str]:
            return [_round_span(value) for value in values]

    return TimeAxis


def _round_span(logarithm: float) -> str:
    """A round span without decimals: "20 µs", "100 ms", "1 s"."""
    seconds = 10.0**logarithm
    for least, unit in ((1.0, _("s")), (1e-3, _("ms")), (1e-6, _("µs")), (1e-9, _("ns"))):
        if seconds >= least * 0.999:
            return _("{count} {unit}").format(count=f"{seconds / least:,.0f}", unit=unit)
    return ""
