"""Statistics → Flow Graph: all packets that are shown, between all who sent and received them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage, QPainter, QShowEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QLabel, QPushButton, QVBoxLayout, QWidget

from tcpladder.decode.ends import Ends, read_ends
from tcpladder.decode.summary import summarise
from tcpladder.fields.node import DecodedPacket
from tcpladder.packets.capture import NO_TIME
from tcpladder.packets.whole_file import WriteError, write_whole
from tcpladder.protocols.names import Names
from tcpladder.tcp.capture_flow import USUAL_SPACING, Flow, Lifelines, lay_out_flow
from tcpladder.tcp.connection import FIN, RST, SYN, flags_label
from tcpladder.tcp.pictures.flow_files import svg_flow, text_flow
from tcpladder.tcp.pictures.flow_scene import (
    HEAD_HEIGHT,
    PacketText,
    draw_flow_head,
    draw_flow_rows,
    picture_columns,
)
from tcpladder.tcp.pictures.palette import LIGHT, Ink
from tcpladder.tcp.spans import count_text
from tcpladder.texts import _, ngettext
from tcpladder.ui.byte_text import visible_text
from tcpladder.ui.connection.diagram_painter import DiagramPainter, QtTextMeasure
from tcpladder.ui.connection.picture_export import (
    HIGHEST_PNG,
    PictureTooLargeError,
    UnknownPictureError,
    diagram_family,
    image_png,
)
from tcpladder.ui.jobs import Job
from tcpladder.ui.session import Session
from tcpladder.ui.settings import Settings
from tcpladder.ui.time_text import TimeFormat, time_text
from tcpladder.ui.windows.flow_view import FlowView
from tcpladder.ui.windows.tool_window import ToolWindow
from tcpladder.ui.wrapping_row import WrappingRow

MOST_EXPORTED = 1000
_MOST_TEXTS = 20_000
_PNG_SCALE = 1.5
_HARMLESS = ("tcp.analysis.window_update", "tcp.analysis.keep_alive", "tcp.analysis.keep_alive_ack")


class FlowWindow(ToolWindow):
    """Follows display filter and selection; a packet chosen here is chosen everywhere."""

    def __init__(self, session: Session, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(session, settings, "flow", _("Flow Graph"), QSize(1180, 720), parent)
        self._texts: dict[int, PacketText] = {}
        self._ends: Ends | None = None
        self._is_current = False
        self.view = FlowView(self.packet_text, self)
        self.lifelines = QComboBox(self)
        self.limit = QCheckBox(_("&Limit to display filter"), self)
        self.count = QLabel(self)
        self._export = QPushButton(_("&Export…"), self)
        self._build()
        self._connect()

    def _build(self) -> None:
        self.lifelines.addItem(_("A lifeline per address and port"), Lifelines.ENDPOINTS)
        self.lifelines.addItem(_("A lifeline per address"), Lifelines.HOSTS)
        self.lifelines.setAccessibleName(_("Lifelines"))
        self.limit.setChecked(True)
        self._export.setAutoDefault(False)
        self._export.setToolTip(_("Save as SVG, PNG or text: up to {count} packets, from the first in sight").format(
            count=count_text(MOST_EXPORTED)))
        choices = WrappingRow()
        choices.setContentsMargins(10, 8, 10, 0)
        choices.setSpacing(8)
        choices.addWidget(self.lifelines)
        choices.addWidget(self.limit)
        choices.addWidget(self.count, 1)
        choices.addWidget(self._export)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addLayout(choices)
        whole.addWidget(self.view, 1)

    def _connect(self) -> None:
        session = self.session
        session.capture_opened.connect(lambda _capture: self._forget())
        session.capture_closed.connect(self._forget)
        session.loading_finished.connect(self._take_packets)
        session.shown_changed.connect(self._lay_out)
        session.names_changed.connect(self._show_names)
        session.packet_selected.connect(self._follow_packet)
        self.lifelines.currentIndexChanged.connect(lambda _index: self._lay_out())
        self.limit.toggled.connect(lambda _on: self._lay_out())
        self.view.row_chosen.connect(session.select_row)
        self._export.clicked.connect(self.export)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.view.setFocus()
        if not self._is_current:
            self._lay_out()

    # Following the session

    def _forget(self) -> None:
        self.view.show_flow(None)
        self._take_packets()

    def _take_packets(self) -> None:
        """All of a capture, or what it has grown by: then what is drawn stays until the new flow is laid out."""
        self._texts.clear()
        self._ends = None
        self._lay_out()

    def _show_names(self, names: Names) -> None:
        self._texts.clear()
        self.view.show_names(names)

    def _lay_out(self) -> None:
        """In a thread: the ends of a million packets take a second, once; a layout takes half of one."""
        session, columns = self.session, self.session.columns
        session.jobs.cancel("flow")
        self._is_current = self.isVisible()
        if not self._is_current:
            return
        if columns is None or session.connections is None:
            self.count.setText(_("The flow is drawn when the capture has been read to its end.")
                               if session.is_loading else _("No capture is open."))
            self._export.setEnabled(False)
            return
        known, kind = self._ends, self.lifelines.currentData()
        shown = session.shown if self.limit.isChecked() else None

        def lay_out(_job: Job) -> tuple[Ends, Flow]:
            ends = known or read_ends(columns)
            return ends, lay_out_flow(ends, np.arange(columns.frame_count) if shown is None else shown, kind)

        self.count.setText(_("Laying out…"))
        session.jobs.start("flow", lay_out, then=self._show, on_failure=self.report)

    def _show(self, found: tuple[Ends, Flow]) -> None:
        self._ends, flow = found
        self.view.show_flow(flow)
        self.view.show_names(self.session.names)
        self._follow_packet(self.session.packet)
        self._export.setEnabled(flow.row_count > 0)
        packets = ngettext("{count} packet", "{count} packets", flow.row_count).format(count=count_text(flow.row_count))
        lines = ngettext("{count} lifeline", "{count} lifelines", flow.lifeline_count).format(
            count=count_text(flow.lifeline_count))
        self.count.setText(_("{packets}, {lifelines}").format(packets=packets, lifelines=lines))

    def _follow_packet(self, packet: DecodedPacket | None) -> None:
        self.view.show_row(None if packet is None else packet.row)

    # Texts of packets, made when they come into sight

    def packet_text(self, row: int) -> PacketText:
        """What stands at a packet's arrow."""
        text = self._texts.get(row)
        if text is None:
            if len(self._texts) >= _MOST_TEXTS:
                self._texts.clear()
            text = self._texts[row] = self._make_text(row)
        return text

    def _make_text(self, row: int) -> PacketText:
        capture = self.session.capture
        assert capture is not None      # only rows of an open capture are drawn
        packet = self.session.decode(row)
        summary = summarise(packet)
        first = int(capture.time_ns[0])
        in_trouble = packet.find("tcp.analysis.flags") is not None and not any(map(packet.find, _HARMLESS))
        label, ink = _label(packet, summary.protocol)
        info = self.session.names.info(summary.protocol, summary.info)
        time = time_text(int(capture.time_ns[row]), TimeFormat.RELATIVE, first if first != NO_TIME else 0, 6)
        return PacketText(str(row + 1), time, label, visible_text(info),
                          Ink.TROUBLE_LINE if in_trouble else ink, in_trouble)

    # Taking it away

    def export(self) -> None:
        """Asks for a file, and saves a part of the flow in the format that the name ends in."""
        name, _kind = QFileDialog.getSaveFileName(self, _("Export Flow"), "flow.svg",
                                                  _("Pictures (*.svg *.png);;Text (*.txt)"))
        if name:
            try:
                self.save(Path(name))
            except (WriteError, ValueError) as error:
                self.session.problem_found.emit(_("The flow was not saved: {reason}").format(reason=error))

    def save(self, path: Path) -> None:
        """Saves all packets, or MOST_EXPORTED from the first in sight. Raises WriteError and ValueError."""
        flow = self.view.flow
        if flow is None or self.session.capture is None:
            return
        if flow.row_count > MOST_EXPORTED:
            first = min(self.view.first_in_sight(), flow.row_count - MOST_EXPORTED)
            flow = flow.part(first, first + MOST_EXPORTED)
        match path.suffix.lower():
            case ".svg":
                data = svg_flow(flow, self.packet_text, self.session.capture.path.name).encode("utf-8")
            case ".txt":
                data = text_flow(flow, self.packet_text).encode("utf-8")
            case ".png":
                data = image_png(self._image(flow))
            case suffix:
                raise UnknownPictureError(_("A flow can be saved as {known}, not as \"{suffix}\".").format(
                    known=".svg, .png, .txt", suffix=suffix))
        write_whole(path, [data])

    def _image(self, flow: Flow) -> QImage:
        columns = picture_columns(flow, USUAL_SPACING, self.packet_text)
        width, height = round(columns.width * _PNG_SCALE), round((HEAD_HEIGHT + flow.height) * _PNG_SCALE)
        if max(width, height) > HIGHEST_PNG:
            raise PictureTooLargeError(_(
                "The picture would be {width} by {height} pixels, a PNG may have {most}. Save it as SVG, or filter."
            ).format(width=f"{width:,}", height=f"{height:,}", most=f"{HIGHEST_PNG:,}"))
        image = QImage(width, height, QImage.Format.Format_RGB32)
        image.fill(LIGHT[Ink.PAPER])
        measure = QtTextMeasure(diagram_family())
        painter = QPainter(image)
        try:
            painter.scale(_PNG_SCALE, _PNG_SCALE)
            drawer = DiagramPainter(painter, measure, LIGHT)
            painter.translate(0, HEAD_HEIGHT)
            drawer.paint(draw_flow_rows(flow, columns, measure, self.packet_text, 0.0, flow.height))
            painter.translate(0, -HEAD_HEIGHT)
            drawer.paint(draw_flow_head(flow, columns, measure))
        finally:
            painter.end()
        return image


def _label(packet: DecodedPacket, protocol: str) -> tuple[str, Ink]:
    """What is written on a packet's arrow, and in which ink."""
    flags_node, length_node = packet.find("tcp.flags"), packet.find("tcp.len")
    if flags_node is None or protocol.startswith("ICMP"):
        return protocol, Ink.MUTED if protocol in ("ARP", "ICMP", "ICMPv6") else Ink.DATA_LINE
    flags, length = int(flags_node.value), int(length_node.value or 0) if length_node is not None else 0
    ink = (Ink.RST_LINE if flags & RST else Ink.SYN_LINE if flags & SYN else Ink.FIN_LINE if flags & FIN
           else Ink.DATA_LINE if length else Ink.ACK_LINE)
    label = flags_label(flags & 0x1FF) if protocol == "TCP" else protocol
    if length:
        label = _("{what}, len {length}").format(what=label, length=count_text(length))
    return label, ink
