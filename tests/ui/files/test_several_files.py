"""Several captures opened at once: chosen, dropped, reloaded, saved."""

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QFileDialog

from tcpladder.resource_files import captures_path
from tests.packets.files import frames_of, read

pytestmark = pytest.mark.gui

PATHS = [captures_path() / "port-9502.pcap", captures_path() / "https-handshake.pcap"]


def test_chosen_files_are_merged_by_time(window, settle, monkeypatch):
    names = [str(path) for path in PATHS]
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_words: (names, ""))
    window.choose_file()
    settle()
    session = window.session
    assert session.frame_count == 10
    assert (session.capture.time_ns[1:] >= session.capture.time_ns[:-1]).all()
    assert window.windowTitle() == "port-9502.pcap and 1 more – tcpladder"
    assert window.settings.recent_files() == PATHS
    session.reload()
    settle()
    assert session.frame_count == 10
    window.file_watch.look()
    assert window.message_bar.sentences == ()


def test_dropped_files_are_merged_and_saved_as_one(window, settle, tmp_path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in PATHS])
    window.dropEvent(QDropEvent(QPoint(9, 9), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
                                Qt.KeyboardModifier.NoModifier))
    settle()
    window.files.save_copy(tmp_path / "both.pcapng")
    settle()
    copy = read(tmp_path / "both.pcapng")
    capture = window.session.capture
    assert frames_of(copy) == [bytes(capture.frame(row)) for row in range(10)]
    assert [interface.description for interface in copy.interfaces] == [path.name for path in PATHS]
    window.files.save_copy(PATHS[1])
    settle()
    assert window.message_bar.sentences == ("https-handshake.pcap is the open capture; choose another name.",)
