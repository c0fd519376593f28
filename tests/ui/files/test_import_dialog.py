"""Importing a hex dump: what is found while it is written, and what is opened then."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QDialogButtonBox, QMessageBox

from tcpladder.packets.dummy_headers import Wrapping
from tcpladder.ui.files.export_dialog import ExportDialog
from tcpladder.ui.files.import_dialog import ImportDialog

pytestmark = pytest.mark.gui

# A SYN to port 443 and its answer, as Wireshark copies them; addresses from RFC 5737, checksums by dpkt.
DUMP = """\
# the first packet
0000  00 00 5e 00 53 01 00 00 5e 00 53 02 08 00 45 00   ..^.S...^.S...E.
0010  00 28 00 01 00 00 40 06 b6 ce c0 00 02 01 c6 33   .(....@........3
0020  64 02 d4 31 01 bb 00 00 00 01 00 00 00 00 50 02   d..1..........P.
0030  20 00 ea 2b 00 00                                 ..+..

0000  00 00 5e 00 53 02 00 00 5e 00 53 01 08 00 45 00   ..^.S...^.S...E.
0010  00 28 00 01 00 00 40 06 b6 ce c6 33 64 02 c0 00   .(....@....3d...
0020  02 01 01 bb d4 31 00 00 00 09 00 00 00 02 50 12   .....1........P.
0030  20 00 ea 11 00 00                                 .....
"""


@pytest.fixture
def dialog(qtbot, window, tmp_path):
    dialog = ImportDialog(tmp_path, window.session.jobs, window)
    qtbot.addWidget(dialog)
    return dialog


def rows(table) -> list[list[str]]:
    return [[table.item(row, column).text() for column in range(table.columnCount())]
            for row in range(table.rowCount())]


def can_import(dialog) -> bool:
    return dialog.buttons.button(QDialogButtonBox.StandardButton.Ok).isEnabled()


def test_pasted_packets_are_shown_decoded(dialog, qtbot):
    assert not can_import(dialog)
    dialog.text.setPlainText(DUMP)
    qtbot.waitUntil(lambda: can_import(dialog))
    assert [row[:4] for row in rows(dialog.found)] == [["1", "2", "54", "TCP"], ["2", "7", "54", "TCP"]]
    assert rows(dialog.found)[1][4].startswith("443 → 54321 [SYN, ACK]")
    assert dialog.notice.text() == "2 packets were found."
    assert dialog.problems.isHidden()


def test_lines_that_do_not_fit_are_listed_and_found(dialog, settle):
    dialog.text.setPlainText(DUMP.replace("0020  02 01", "0028  02 01"))
    dialog.read_text()
    settle()
    assert rows(dialog.problems) == [["9", "Offset 0x28 does not follow: 0x20 was expected after 32 bytes."],
                                     ["10", "The dump begins at offset 0x30; the lines before it are missing."]]
    assert dialog.notice.text() == "1 packet was found. 2 lines do not fit; what belongs to them is left out."
    dialog.problems.cellClicked.emit(0, 0)
    assert dialog.text.textCursor().selectedText().startswith("0028  02 01")


def test_headers_are_put_before_the_bytes(dialog, settle):
    dialog.text.setPlainText("68 65 6c 6c 6f")
    dialog.read_text()
    settle()
    dialog.wrapping.setCurrentIndex(dialog.wrapping.findData(Wrapping.TCP))
    dialog.destination_port.setValue(9999)
    assert rows(dialog.found) == [["1", "1", "59", "TCP", "1024 → 9999 [PSH, ACK] Seq=1 Ack=1 Win=65535 Len=5"]]
    dialog.source.setText("nowhere")
    assert not can_import(dialog)
    assert dialog.notice.text() == "'nowhere' is not an IPv4 address."


def test_a_file_is_read(dialog, tmp_path, settle):
    (tmp_path / "dump.txt").write_text(DUMP, encoding="utf-8")
    dialog.read_file(tmp_path / "dump.txt")
    settle()
    assert len(rows(dialog.found)) == 2
    dialog.read_file(tmp_path / "missing.txt")
    assert dialog.notice.text() == "missing.txt cannot be read: No such file or directory."


def test_the_import_is_opened_and_asked_for_before_it_is_lost(dialog, window, settle, tmp_path):
    dialog.text.setPlainText(DUMP)
    dialog.read_text()
    settle()
    window.files.open_import(dialog.wanted())
    settle()
    assert window.session.frame_count == 2
    assert window.session.capture.packet_comments(0) == ("the first packet",)
    assert window.session.connections.count == 1
    assert window.settings.recent_files() == []
    window.files.export_packets()
    export = window.findChild(ExportDialog)
    assert Path(export.target.text()).parent == Path.home()     # not where the import lies, which will be gone
    export.reject()
    window.files.leave(window.session.close_capture)
    assert window.files.question.windowTitle() == "The Import Is Not Saved"
    window.files.question.button(QMessageBox.StandardButton.Cancel).click()
    window.files.save_copy(tmp_path / "mine.pcapng")
    settle()
    window.files.leave(window.session.close_capture)
    assert window.session.capture is None


def test_nothing_can_be_imported_before_the_text_has_been_read(dialog, settle):
    dialog.text.setPlainText(DUMP)
    assert not can_import(dialog)
    dialog.wrapping.setCurrentIndex(dialog.wrapping.findData(Wrapping.UDP))
    assert not can_import(dialog)
    dialog.read_text()
    assert dialog.notice.text() == "Reading…"
    settle()
    assert can_import(dialog)
