"""Exporting packets: which ones, where to, and what is said before."""

import numpy as np
import pytest
from PySide6.QtWidgets import QDialogButtonBox, QMessageBox

from tcpladder.packets.writing import FileFormat
from tcpladder.ui.files.export_dialog import ExportDialog
from tests.packets.files import frames_of, read

pytestmark = pytest.mark.gui


@pytest.fixture
def dialog(qtbot, telnet, tmp_path):
    telnet.session.marked |= {1, 3}
    telnet.session.ignored |= {3}
    dialog = ExportDialog(telnet.session, np.array([2, 4]), tmp_path)
    qtbot.addWidget(dialog)
    return dialog


@pytest.mark.parametrize(("name", "numbers"), [
    ("all", [1, 2, 3, 5, 6, 7]), ("shown", [1, 2, 3, 5, 6, 7]), ("selected", [3, 5]), ("marked", [2]),
    ("connection", [1, 2, 3, 5, 6, 7])])
def test_each_choice_names_its_packets_without_the_ignored(dialog, settle, name, numbers):
    settle()
    dialog.choose(name)
    assert (dialog.export().rows + 1).tolist() == numbers


def test_a_range_is_chosen_by_writing_it(dialog, qtbot):
    dialog.leave_out_ignored.setChecked(False)
    dialog.range.setFocus()
    qtbot.keyClicks(dialog.range, "1-2,4")
    assert (dialog.export().rows + 1).tolist() == [1, 2, 4]
    assert dialog.notice.text() == "3 packets will be written."


def test_nothing_is_saved_while_the_range_is_wrong(dialog):
    dialog.choose("range")
    dialog.range.setText("9")
    assert dialog.notice.text() == "There is no packet 9; the capture has 7."
    assert not dialog.buttons.button(QDialogButtonBox.StandardButton.Save).isEnabled()
    dialog.range.setText("7")
    assert dialog.buttons.button(QDialogButtonBox.StandardButton.Save).isEnabled()


def test_the_name_ends_as_the_format(dialog):
    assert dialog.target.text().endswith("port-9502-part.pcapng")
    dialog.form.setCurrentIndex(dialog.form.findData(FileFormat.PCAP))
    dialog.pack.setChecked(True)
    assert dialog.target.text().endswith("port-9502-part.pcap.gz")


def test_an_existing_file_is_replaced_only_if_the_person_agrees(dialog, monkeypatch, tmp_path):
    (tmp_path / "port-9502-part.pcapng").write_bytes(b"something")
    answers = [QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes]
    monkeypatch.setattr(QMessageBox, "question", lambda *_words: answers.pop(0))
    results = []
    for _answer in range(2):
        dialog.buttons.button(QDialogButtonBox.StandardButton.Save).click()
        results.append(dialog.result())
    assert results == [0, 1]


def test_the_exported_packets_are_those_of_the_capture(telnet, settle, tmp_path):
    target = tmp_path / "part.pcapng"
    telnet.files.save_rows(np.array([1, 3]), target, FileFormat.PCAPNG)
    settle()
    capture = telnet.session.capture
    assert frames_of(read(target)) == [bytes(capture.frame(row)) for row in (1, 3)]
    assert telnet.message_bar.sentences == ("2 packets were written to part.pcapng.",)


def test_an_export_that_is_cancelled_leaves_nothing(telnet, settle, tmp_path):
    telnet.files.save_rows(np.arange(7), tmp_path / "part.pcapng", FileFormat.PCAPNG)
    telnet.session.jobs.cancel("save")
    settle()
    assert [path.name for path in tmp_path.iterdir()] in ([], ["part.pcapng"])
    assert telnet.message_bar.sentences == ()
