"""A packet in a window of its own, where it stays while others are selected."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from tcpladder.fields.node import DecodedPacket
from tcpladder.texts import _
from tcpladder.ui.details.field_tree import FieldTree
from tcpladder.ui.details.hex_pane import HexPane
from tcpladder.ui.dialog_parts import resize_for_text
from tcpladder.ui.session import Session
from tcpladder.ui.windows.tool_window import close_by_keys


class PacketWindow(QWidget):
    """Fields above, bytes below; filters made here go to the main window."""

    def __init__(self, session: Session, packet: DecodedPacket, open_names: set[str],
                 parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        assert session.capture is not None      # the packet is of it
        self.setWindowTitle(_("Packet {number:,} – {name}").format(
            number=packet.frame_number, name=session.capture.path.name))
        # The panes follow a session; this one holds the packet, and nothing else ever.
        self.pinned = Session(self)
        self.pinned.filter_wanted.connect(session.filter_wanted)
        self.pinned.show_names(session.names)
        session.names_changed.connect(self.pinned.show_names)
        self.fields = FieldTree(self.pinned)
        self.fields.open_names = set(open_names)
        self.bytes = HexPane(self.pinned)
        panes = QSplitter(Qt.Orientation.Vertical)
        panes.addWidget(self.fields)
        panes.addWidget(self.bytes)
        panes.setStretchFactor(0, 3)
        panes.setStretchFactor(1, 2)
        content = QVBoxLayout(self)
        content.setContentsMargins(0, 0, 0, 0)
        content.addWidget(panes)
        close_by_keys(self)
        self.pinned.packet = packet
        self.pinned.packet_selected.emit(packet)
        resize_for_text(self, 720, 640)
