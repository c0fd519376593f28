"""The dialogs: what they say of a capture (as capinfos has it), and what they hand back."""

import pytest
from PySide6.QtWidgets import QComboBox, QSpinBox, QTableWidget

from tcpladder.ui.dialogs import PreferencesDialog, PropertiesDialog, ShortcutsDialog, capture_facts
from tcpladder.ui.theme import Appearance
from tcpladder.ui.time_text import TimeFormat
from tests.ui.conftest import TELNET

pytestmark = pytest.mark.gui


def test_the_facts_of_a_capture(telnet):
    facts = dict(capture_facts(telnet.session.capture))
    assert facts["File:"] == str(TELNET)
    assert facts["Format:"] == "pcap"
    assert facts["Packets:"] == "7"
    assert facts["Size:"] == "639 bytes"            # 24 + 7 records of 16 + 503 bytes of frames
    assert facts["Duration:"] == "4.078252 s"
    assert facts["Interface:"] == "0, link type 1"
    assert not PropertiesDialog(telnet.session.capture, telnet).grab().isNull()


def test_preferences_hand_back_what_was_chosen(qtbot):
    dialog = PreferencesDialog(Appearance.DARK, TimeFormat.DELTA, 11)
    qtbot.addWidget(dialog)
    assert (dialog.appearance, dialog.time_format, dialog.text_size) == (Appearance.DARK, TimeFormat.DELTA, 11)
    for box in dialog.findChildren(QComboBox):
        box.setCurrentIndex(0)
    dialog.findChild(QSpinBox).setValue(20)
    assert (dialog.appearance, dialog.time_format, dialog.text_size) == (
        Appearance.SYSTEM, TimeFormat.RELATIVE, 20)


def test_every_key_is_listed(window, qtbot):
    dialog = ShortcutsDialog(window.all_actions())
    qtbot.addWidget(dialog)
    table = dialog.findChild(QTableWidget)
    rows = {table.item(row, 0).text(): table.item(row, 1).text() for row in range(table.rowCount())}
    assert rows["Next Packet"] == "Ctrl+Down, F8"
    assert rows["Go to Packet"] == "Ctrl+G"
