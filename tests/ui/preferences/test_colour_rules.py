"""Colouring rules: which rule a packet has, the file of rules, the dialog, and colours for the dark theme.

The format of the file is that of Wireshark's colorfilters (User's Guide, "Packet colorization").
"""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt

from tcpladder.ui.main_window import MainWindow
from tcpladder.ui.packets import row_colours
from tcpladder.ui.packets.row_colours import ColourRule, usual_rules
from tcpladder.ui.packets.sort_keys import Column
from tcpladder.ui.preferences.colour_file import kept_rules, read_rules, write_rules
from tcpladder.ui.preferences.colour_rules_dialog import ColourRulesDialog, edit_rules
from tcpladder.ui.preferences.contrast import READABLE, contrast, dark_twin
from tcpladder.ui.theme import DARK, LIGHT, Pair

pytestmark = pytest.mark.gui

DATA = ColourRule("Data", "tcp.len > 0", "#112233", "#FFFFFF")
SERVER = ColourRule("Server", "tcp.srcport == 9502", "#445566", "#FFFFFF")


@pytest.fixture
def dialog(telnet, qtbot):
    dialog = ColourRulesDialog((DATA, SERVER), telnet.session)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def coloured(window) -> list[str]:
    names = []
    for row in range(7):
        rule = window.session.colours.rule_of(row)
        names.append(rule.name if rule else "")
    return names


# Which rule


def test_the_first_rule_that_is_on_and_matches_wins(telnet, settle):
    # Packets 4 and 6 carry data, packets 2, 5, and 6 come from port 9502 (tcpdump's print of the lesson).
    from_server = [telnet.session.decode(row).find("tcp.srcport").value == 9502 for row in range(7)]
    telnet.session.set_colour_rules((DATA, SERVER))
    settle()
    with_data = [row in (3, 5) for row in range(7)]
    assert coloured(telnet) == ["Data" if data else "Server" if server else ""
                                for data, server in zip(with_data, from_server, strict=True)]
    telnet.session.set_colour_rules((replace(DATA, is_on=False), SERVER))
    settle()
    assert coloured(telnet) == ["Server" if server else "" for server in from_server]


def test_the_list_is_painted_in_the_colours_of_the_rule(telnet, settle):
    telnet.session.set_colour_rules((DATA,))
    settle()
    model = telnet.workspace.packets.packets
    cell = model.index(3, Column.INFO)
    assert model.data(cell, Qt.ItemDataRole.BackgroundRole).name() == "#112233"
    assert model.data(model.index(0, Column.INFO), Qt.ItemDataRole.BackgroundRole) is None


def test_each_filter_is_evaluated_once_and_never_for_painting(telnet, settle, monkeypatch):
    asked = []
    compile_filter = row_colours.compile_filter
    monkeypatch.setattr(row_colours, "compile_filter", lambda text, columns: (asked.append(text),
                                                                              compile_filter(text, columns))[1])
    telnet.session.set_colour_rules((DATA, SERVER))
    settle()
    telnet.session.set_colour_rules((SERVER, replace(DATA, background="#000000")))
    settle()
    telnet.workspace.packets.grab()
    assert sorted(asked) == sorted([DATA.filter, SERVER.filter])


def test_a_rule_without_a_filter_matches_nothing(telnet, settle):
    wrong = (ColourRule("Wrong", "tcp.nonsense == 1", "#000000", "#FFFFFF"), ColourRule("Empty", "", "#000000", "#FFF"))
    telnet.session.set_colour_rules((*wrong, DATA))
    settle()
    assert set(coloured(telnet)) == {"Data", ""}


# The file


def test_the_lines_of_the_file():
    rules = (DATA, replace(SERVER, is_on=False))
    # 0x11 * 257 = 4369, and so on: 16 bits for each of red, green, blue.
    assert write_rules(rules) == ("@Data@tcp.len > 0@[4369,8738,13107][65535,65535,65535]\n"
                                  "!@Server@tcp.srcport == 9502@[17476,21845,26214][65535,65535,65535]\n")


def test_what_is_written_can_be_read():
    rules = [*usual_rules(), ColourRule("a [b]", 'http.host contains "[1,2]"', "#010203", "#FEFDFC", is_on=False)]
    assert read_rules(write_rules(rules)) == (rules, [])


def test_the_sign_that_separates_survives_in_a_filter():
    (rule,), complaints = read_rules(write_rules([ColourRule("a@b", 'http.host contains "c@d"', "#000000", "#FFFFFF")]))
    assert rule == ColourRule("a b", r'http.host contains "c\x40d"', "#000000", "#FFFFFF")
    assert not complaints


def test_wiresharks_own_file_is_read():
    rules, complaints = read_rules(
        "# This file was created by Wireshark. Edit with care.\n\n"
        "@Bad TCP@tcp.analysis.flags && !tcp.analysis.window_update@[4626,10023,11822][63479,34695,34695]\r\n"
        "!@TCP RST@tcp.flags.reset eq 1@[42148,0,0][65535,64764,40092]\n")
    assert rules == [
        ColourRule("Bad TCP", "tcp.analysis.flags && !tcp.analysis.window_update", "#12272E", "#F78787"),
        ColourRule("TCP RST", "tcp.flags.reset eq 1", "#A40000", "#FFFC9C", is_on=False)]
    assert not complaints


def test_errors_name_their_lines():
    rules, complaints = read_rules(
        "@Good@tcp@[0,0,0][65535,65535,65535]\n"
        "no rule\n"
        "@Colour@tcp@[0,0][65535,65535,65535]\n"
        "@Large@tcp@[0,0,65536][65535,65535,65535]\n"
        "@Field@tcp.nonsense@[0,0,0][65535,65535,65535]\n")
    assert [(rule.name, rule.is_on) for rule in rules] == [("Good", True), ("Field", False)]
    assert [complaint.split(":")[0] for complaint in complaints] == ["Line 2", "Line 3", "Line 4", "Line 5, “Field”"]
    assert "tcp.nonsense" in complaints[3]


# The dialog


def test_adding_removing_moving_and_undoing(dialog):
    model, editor = dialog.model, dialog.editor
    editor.table.choose(1)
    editor.up_button.click()
    assert dialog.rules == (SERVER, DATA)
    assert editor.table.chosen == [0]
    editor.add_button.click()
    assert [rule.name for rule in dialog.rules] == ["New rule", "Server", "Data"]
    editor.table.choose(1)
    editor.remove_button.click()
    assert [rule.name for rule in dialog.rules] == ["New rule", "Data"]
    for names in (["New rule", "Server", "Data"], ["Server", "Data"], ["Data", "Server"]):
        editor.undo_button.click()
        assert [rule.name for rule in dialog.rules] == names
    assert not editor.undo_button.isEnabled()
    assert model.move([0], 2) == 1, "as a drag to the end does"
    assert dialog.rules == (SERVER, DATA)


def test_a_switch_is_turned_by_key(dialog, qtbot):
    dialog.editor.table.choose(0)
    qtbot.keyClick(dialog.editor.table, Qt.Key.Key_Space)
    assert [rule.is_on for rule in dialog.rules] == [False, True]
    qtbot.keyClick(dialog.editor.table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert [rule.is_on for rule in dialog.rules] == [True, True]


def test_a_wrong_filter_is_marked_and_explained(dialog):
    cell = dialog.model.index(0, 2)
    assert dialog.model.data(cell, Qt.ItemDataRole.BackgroundRole).name() == "#112233"
    dialog.model.setData(cell, "tcp.nonsense")
    assert dialog.model.data(cell, Qt.ItemDataRole.BackgroundRole).name() == LIGHT.filter_invalid.background.lower()
    assert "tcp.nonsense" in dialog.model.data(cell, Qt.ItemDataRole.ToolTipRole)
    assert "tcp.nonsense" in dialog.remarks.text()


def test_colours_that_cannot_be_read_are_remarked(dialog):
    dialog.model.setData(dialog.model.index(0, 4), "#223344")
    assert "“Data” is hard to read" in dialog.remarks.text()


def test_files_are_exported_and_imported(dialog, tmp_path):
    path = tmp_path / "colorfilters"
    dialog.export_file(path)
    assert path.read_text(encoding="utf-8") == write_rules((DATA, SERVER))
    path.write_text("@New@arp@[0,0,0][65535,65535,65535]\nnonsense\n", encoding="utf-8")
    complaints = dialog.import_file(path)
    assert [rule.name for rule in dialog.rules] == ["New", "Data", "Server"]
    assert len(complaints) == 1
    assert complaints[0].startswith("Line 2: ")
    assert "missing" in dialog.import_file(tmp_path / "missing")[0]
    path.write_bytes(bytes(range(128, 256)) * 10_000)
    assert "too large" in dialog.import_file(path)[0]


def test_the_rules_are_remembered(telnet, settings, settle, qtbot):
    dialog = edit_rules(telnet.session, settings, telnet)
    dialog.model.replace([DATA])
    dialog.accept()
    settle()
    assert set(coloured(telnet)) == {"Data", ""}
    assert kept_rules(settings) == (DATA,)
    other = MainWindow(settings)
    qtbot.addWidget(other)
    assert other.session.colour_rules == (DATA,)


def test_cancelling_changes_nothing(telnet, settings):
    dialog = edit_rules(telnet.session, settings, telnet)
    dialog.model.replace([DATA])
    dialog.reject()
    assert telnet.session.colour_rules == usual_rules()
    assert kept_rules(settings) == usual_rules()


# The dark theme


def test_every_pair_has_a_readable_twin():
    noise = np.random.default_rng(1).integers(0, 256, (500, 6))
    pairs = [Pair("#{:02X}{:02X}{:02X}".format(*numbers[:3]), "#{:02X}{:02X}{:02X}".format(*numbers[3:]))
             for numbers in noise]
    for pair in [*pairs, *LIGHT.rows.values()]:
        assert contrast(dark_twin(pair)) >= READABLE, pair


def test_a_usual_rule_has_the_twin_of_the_theme():
    arp = next(rule for rule in usual_rules() if rule.name == "ARP")
    assert arp.pair(LIGHT) == LIGHT.rows["arp"]
    assert arp.pair(DARK) == DARK.rows["arp"]
