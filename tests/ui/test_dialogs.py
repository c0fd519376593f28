"""The dialogs: what they say of a capture (as capinfos has it), and what they hand back."""

import hashlib

import pytest
from PySide6.QtWidgets import QTableWidget

from tcpladder.ui.dialogs import ShortcutsDialog
from tcpladder.ui.files.capture_properties import PropertiesDialog
from tests.ui.conftest import TELNET

pytestmark = pytest.mark.gui


def test_the_properties_of_a_capture(telnet, qtbot, settle):
    telnet.session.marked |= {3}
    telnet.packets.annotations.set_comments({0: ("a <first> word",)})
    dialog = PropertiesDialog(telnet.session, telnet)
    qtbot.addWidget(dialog)
    settle()
    lines = dialog.page.toPlainText().splitlines()

    def cells(title: str, count: int = 1) -> list[str]:
        place = lines.index(title)
        return lines[place + 1:place + 1 + count]

    assert cells("Name") == [str(TELNET)]
    assert cells("Format") == ["pcap"]
    assert cells("Size") == ["639 bytes"]           # 24 + 7 records of 16 + 503 bytes of frames
    assert cells("Elapsed") == ["4.078252000 s"]
    assert cells("Link type") == ["Ethernet (1)"]
    assert cells("SHA-1") == [hashlib.sha1(TELNET.read_bytes()).hexdigest()]
    assert cells("Bytes on the wire", 3) == ["503", "503", "73"]
    assert cells("Bytes per second", 3) == ["123.34", "123.34", "–"]        # as capinfos has it
    assert cells("Packet 1") == ["a <first> word"]


def test_every_key_is_listed(window, qtbot):
    dialog = ShortcutsDialog(window.all_actions())
    qtbot.addWidget(dialog)
    table = dialog.findChild(QTableWidget)
    rows = {table.item(row, 0).text(): table.item(row, 1).text() for row in range(table.rowCount())}
    assert rows["Next Packet"] == "Ctrl+Down, F8"
    assert rows["Go to Packet"] == "Ctrl+G"
