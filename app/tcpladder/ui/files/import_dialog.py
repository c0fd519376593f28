"""A hex dump, pasted or from a file, looked at before it is imported."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from tcpladder.decode.one_packet import decode_packet
from tcpladder.decode.summary import summarise
from tcpladder.packets.dummy_headers import DummyHeaders, HeaderError, Wrapping
from tcpladder.packets.hex_dump import DumpedPacket, HexDump, OffsetBase, parse_hex_dump
from tcpladder.texts import _, ngettext
from tcpladder.ui.byte_text import visible_text
from tcpladder.ui.dialog_parts import ok_and_cancel, resize_for_text
from tcpladder.ui.files.link_types import linktype_title
from tcpladder.ui.jobs import Jobs
from tcpladder.ui.theme import byte_font
from tcpladder.ui.wrapping_row import WrappingRow

_LINKTYPES = (1, 101, 113, 276, 0, 108, 105, 127, 9, 147)
_MOST_SHOWN = 200       # packets and problems
_LONGEST_FILE = 64 << 20
_REST_MS = 200          # without typing, before the text is read again
_EDGES = 16                 # pixels, of a line to type in
_CHARACTERS = 26            # of a link type that are seen at least


@dataclass(frozen=True, slots=True)
class Import:
    """What the person decided."""

    packets: list[DumpedPacket]
    linktype: int
    headers: DummyHeaders


class ImportDialog(QDialog):
    """Text on the left, what was found in it on the right, and what to make of it below."""

    def __init__(self, folder: Path, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Import from Hex Dump"))
        self._folder = folder
        self._jobs = jobs
        self._dump = HexDump()
        self._is_reading = False        # what the text holds now is not known yet
        self.text = QPlainTextEdit()
        self.text.setFont(byte_font(self.font()))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setTabChangesFocus(True)
        self.text.setAccessibleName(_("Hex dump"))
        self.text.setPlaceholderText(_("Paste a hex dump here: from Wireshark, tcpdump -X, hexdump -C, xxd, "
                                       "od -Ax -tx1, or bytes alone.\n\n0000  70 57 bf e6 ea 00 a0 36 …\n"
                                       "0010  00 34 5e ac 40 00 …\n\nOffset 0 begins the next packet."))
        self.found = QTableWidget(0, 5)
        self.found.setHorizontalHeaderLabels([_("No."), _("Line"), _("Length"), _("Protocol"), _("Info")])
        self.problems = QTableWidget(0, 2)
        self.problems.setHorizontalHeaderLabels([_("Line"), _("What is wrong")])
        for table, name in ((self.found, _("Packets found")), (self.problems, _("Problems"))):
            table.setAccessibleName(name)
            table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
            table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
            table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
            table.setShowGrid(False)
            table.setTabKeyNavigation(False)
            table.verticalHeader().hide()
            table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 6)
            table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
            table.horizontalHeader().setStretchLastSection(True)
        self.found.cellClicked.connect(lambda row, _column: self._go_to_line(self._dump.packets[row].line))
        self.problems.cellClicked.connect(lambda row, _column: self._go_to_line(self._dump.problems[row].line))
        self.offsets = QComboBox()
        for base, title in ((OffsetBase.AUTOMATIC, _("Found out")), (OffsetBase.HEX, _("Hexadecimal")),
                            (OffsetBase.DECIMAL, _("Decimal")), (OffsetBase.OCTAL, _("Octal"))):
            self.offsets.addItem(title, base)
        self.linktype = QComboBox()
        self.linktype.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.linktype.setMinimumContentsLength(_CHARACTERS)
        for number in _LINKTYPES:
            self.linktype.addItem(linktype_title(number), number)
        self.wrapping = QComboBox()
        for wrapping, title in ((Wrapping.NONE, _("None: the bytes are whole frames")),
                                (Wrapping.ETHERNET, _("Ethernet")),
                                (Wrapping.IPV4, _("Ethernet and IPv4")),
                                (Wrapping.UDP, _("Ethernet, IPv4 and UDP")),
                                (Wrapping.TCP, _("Ethernet, IPv4 and TCP"))):
            self.wrapping.addItem(title, wrapping)
        self.ethertype = _number(0x0800, 0xFFFF)
        self.ethertype.setDisplayIntegerBase(16)
        self.ethertype.setPrefix("0x")
        self.protocol = _number(17, 255)
        self.source, self.destination = QLineEdit("10.1.1.1"), QLineEdit("10.2.2.2")
        for edit in (self.source, self.destination):
            edit.setMinimumWidth(edit.fontMetrics().horizontalAdvance("255.255.255.255") + _EDGES)
        self.source_port, self.destination_port = _number(1024, 65_535), _number(80, 65_535)
        self.notice = QLabel()
        self.notice.setWordWrap(True)
        self.buttons = ok_and_cancel(self)
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setText(_("&Import"))
        self._lay_out()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self.read_text)
        self.text.textChanged.connect(self._wait_for_rest)
        self.finished.connect(lambda _result: jobs.cancel("hex-dump"))
        self.offsets.currentIndexChanged.connect(self.read_text)
        for combo in (self.linktype, self.wrapping):
            combo.currentIndexChanged.connect(self._show)
        for edit in (self.source, self.destination):
            edit.textChanged.connect(self._show)
        for box in (self.ethertype, self.protocol, self.source_port, self.destination_port):
            box.valueChanged.connect(self._show)
        self._show()        # the width of fields that are hidden at first is not asked for
        self.read_text()
        resize_for_text(self, 1000, 640)

    def read_file(self, path: Path) -> None:
        """Puts a file's text into the edit."""
        try:
            if path.stat().st_size > _LONGEST_FILE:
                self.notice.setText(_("{name} is too long for a hex dump.").format(name=path.name))
                return
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            self.notice.setText(_("{name} cannot be read: {reason}.").format(
                name=path.name, reason=error.strerror or error))
            return
        self.text.setPlainText(text)
        self.read_text()

    def read_text(self) -> None:
        """Looks for packets in the text as it is now, in a thread; what was found shows then."""
        self._wait_for_rest()
        self._rest.stop()
        text, base = self.text.toPlainText(), self.offsets.currentData()
        self._jobs.start("hex-dump", lambda _job: parse_hex_dump(text, base), then=self._take)

    def _wait_for_rest(self) -> None:
        self._is_reading = True
        self._rest.start()
        self._allow(False, _("Reading…"))

    def _take(self, dump: HexDump) -> None:
        if not self._rest.isActive():       # else there is newer text
            self._dump, self._is_reading = dump, False
            self._show()

    def wanted(self) -> Import:
        """What is to be imported."""
        return Import(self._dump.packets, self.linktype.currentData(), self._headers())

    def _headers(self) -> DummyHeaders:
        return DummyHeaders(
            self.wrapping.currentData(), self.ethertype.value(), self.source.text(), self.destination.text(),
            self.protocol.value(), self.source_port.value(), self.destination_port.value())

    def _lay_out(self) -> None:
        browse = QPushButton(_("&Open File…"))
        browse.clicked.connect(self._browse)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.text)
        column.addWidget(browse, alignment=Qt.AlignmentFlag.AlignLeft)
        results = QSplitter(Qt.Orientation.Vertical)
        results.addWidget(self.found)
        results.addWidget(self.problems)
        results.setStretchFactor(0, 3)
        results.setStretchFactor(1, 1)
        panes = QSplitter(Qt.Orientation.Horizontal)
        panes.addWidget(left)
        panes.addWidget(results)
        panes.setSizes([520, 460])
        dump_box, header_box = QGroupBox(_("Dump")), QGroupBox(_("Headers to Put Before the Bytes"))
        form = QFormLayout(dump_box)
        form.addRow(_("O&ffsets:"), self.offsets)
        form.addRow(_("&Link type:"), self.linktype)
        lines = QVBoxLayout(header_box)
        lines.addWidget(self.wrapping)
        self._fields = {
            (Wrapping.ETHERNET,): ((_("&EtherType:"), self.ethertype),),
            (Wrapping.IPV4, Wrapping.UDP, Wrapping.TCP): ((_("&From:"), self.source), (_("&To:"), self.destination)),
            (Wrapping.IPV4,): ((_("&Protocol:"), self.protocol),),
            (Wrapping.UDP, Wrapping.TCP): ((_("Po&rts:"), self.source_port), ("→", self.destination_port)),
        }
        fields = WrappingRow()
        self._groups: list[tuple[tuple[Wrapping, ...], QWidget]] = []
        for wrappings, edits in self._fields.items():
            for title, edit in edits:
                group = QWidget()
                row = QHBoxLayout(group)
                row.setContentsMargins(0, 0, 0, 0)
                label = QLabel(title)
                label.setBuddy(edit)
                row.addWidget(label)
                row.addWidget(edit)
                fields.addWidget(group)
                self._groups.append((wrappings, group))
        lines.addLayout(fields)
        options = QHBoxLayout()
        options.addWidget(dump_box)
        options.addWidget(header_box, 1)
        content = QVBoxLayout(self)
        content.addWidget(panes, 1)
        content.addLayout(options)
        content.addWidget(self.notice)
        content.addWidget(self.buttons)

    def _show(self) -> None:
        """Shows what was found, decoded with the headers that it will have."""
        wrapping = self.wrapping.currentData()
        for wrappings, group in self._groups:
            group.setVisible(wrapping in wrappings)
        self.linktype.setEnabled(wrapping is Wrapping.NONE)
        self.problems.setVisible(bool(self._dump.problems))
        _fill(self.problems, [(str(problem.line), problem.message) for problem in self._dump.problems[:_MOST_SHOWN]])
        try:
            rows = [self._line(number, packet)
                    for number, packet in enumerate(self._dump.packets[:_MOST_SHOWN], start=1)]
        except HeaderError as error:
            _fill(self.found, [])
            self._allow(False, str(error))
            return
        _fill(self.found, rows)
        if self._is_reading:
            return
        count, problems = len(self._dump.packets), len(self._dump.problems)
        if not count:
            self._allow(False, _("No packet was found yet.") if self.text.document().isEmpty() else
                        _("The text holds no packets that can be read as a hex dump."))
            return
        sentence = ngettext("{count:,} packet was found.", "{count:,} packets were found.", count).format(count=count)
        if problems:
            sentence += " " + ngettext("{count:,} line does not fit; what belongs to it is left out.",
                                       "{count:,} lines do not fit; what belongs to them is left out.",
                                       problems).format(count=problems)
        self._allow(True, sentence)

    def _line(self, number: int, packet: DumpedPacket) -> tuple[str, ...]:
        headers = self._headers()
        data = headers.wrapped(packet.data)
        summary = summarise(decode_packet(data, headers.linktype(self.linktype.currentData())))
        return str(number), str(packet.line), str(len(data)), summary.protocol, visible_text(summary.info)

    def _allow(self, is_good: bool, sentence: str) -> None:
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(is_good)
        self.notice.setText(sentence)

    def _browse(self) -> None:
        name, _kind = QFileDialog.getOpenFileName(self, _("Open a Hex Dump"), str(self._folder))
        if name:
            self.read_file(Path(name))

    def _go_to_line(self, line: int) -> None:
        block = self.text.document().findBlockByNumber(line - 1)
        cursor = QTextCursor(block)
        cursor.select(QTextCursor.SelectionType.LineUnderCursor)
        self.text.setTextCursor(cursor)
        self.text.centerCursor()


def _fill(table: QTableWidget, rows: list[tuple[str, ...]]) -> None:
    table.setRowCount(len(rows))
    for row, texts in enumerate(rows):
        for column, text in enumerate(texts):
            table.setItem(row, column, QTableWidgetItem(text))


def _number(value: int, most: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(0, most)
    box.setValue(value)
    return box
