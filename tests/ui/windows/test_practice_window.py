"""Practice: blanks are filled in, checked, explained; worksheets are saved."""

import pytest
from PySide6.QtCore import Qt

from tcpladder.resource_files import captures_path
from tcpladder.tcp.practice import Topic
from tcpladder.ui.windows.practice_window import PracticeWindow

pytestmark = pytest.mark.gui


@pytest.fixture
def practice(window, open_capture) -> PracticeWindow:
    open_capture(captures_path() / "loopback-four-way-close.pcapng")
    window.session.select_row(0)
    window.statistics.show_practice()
    practice = window.findChild(PracticeWindow)
    practice.share.setCurrentIndex(2)       # all packets
    return practice


def cell_of(practice, step, topic):
    return practice.model.index(step, 3 + list(Topic).index(topic))


def test_hidden_cells_are_empty_and_can_be_edited(practice):
    model = practice.model
    hidden, shown = cell_of(practice, 3, Topic.SEQ), cell_of(practice, 3, Topic.FLAGS)
    assert model.data(hidden) == ""
    assert model.flags(hidden) & Qt.ItemFlag.ItemIsEditable
    assert model.data(shown) == "PSH, ACK"
    assert not model.flags(shown) & Qt.ItemFlag.ItemIsEditable
    practice.grab()


def test_replies_are_judged_when_asked_for(practice):
    model = practice.model
    right, wrong = cell_of(practice, 1, Topic.ACK), cell_of(practice, 4, Topic.ACK)
    model.setData(right, "1")
    model.setData(wrong, "256")
    before = model.data(right, Qt.ItemDataRole.BackgroundRole)
    practice._check.click()
    assert model.data(right, Qt.ItemDataRole.BackgroundRole) != before
    assert practice.score.text() == f"1 of {len(model.questions)} right"
    practice.table.setCurrentIndex(wrong)
    assert practice.said.text() == "Not 256: it is 257. ack 257 = seq 1 + len 256"


def test_answers_can_be_shown(practice):
    practice.model.fill_in()
    count = len(practice.model.questions)
    assert practice.score.text() == f"{count} of {count} right"


def test_other_topics_other_blanks(practice):
    for topic, box in practice.topics.items():
        box.setChecked(topic is Topic.CLIENT_STATE)
    assert {question.topic for question in practice.model.questions} == {Topic.CLIENT_STATE}
    practice.last.setValue(3)
    assert practice.model.rowCount() == 3


def test_the_same_seed_hides_the_same(practice):
    practice.share.setCurrentIndex(0)
    practice.make_blanks(5)
    first = [question.step for question in practice.model.questions]
    practice.make_blanks(6)
    practice.make_blanks(5)
    assert [question.step for question in practice.model.questions] == first


@pytest.mark.parametrize(("name", "start"), [("sheet.pdf", b"%PDF"), ("sheet.html", b"<!DOCTYPE html>")])
def test_worksheets(practice, tmp_path, name, start):
    practice.save_sheet(tmp_path / name, with_answers=True)
    content = (tmp_path / name).read_bytes()
    assert content.startswith(start)
    assert len(content) > 2000


def test_it_follows_the_selected_connection(window, practice):
    window.session.close_capture()
    assert practice.model.rowCount() == 0
    assert practice.score.text() == "Select a packet of a TCP connection in the main window."


def test_tab_goes_from_blank_to_blank_and_then_on(practice):
    table, model = practice.table, practice.model
    blanks = [(question.step, 3 + list(Topic).index(question.topic)) for question in model.questions]
    visited = []
    index = model.index(0, 0)
    while index.isValid():
        table.setCurrentIndex(index)
        index = table.moveCursor(table.CursorAction.MoveNext, Qt.KeyboardModifier.NoModifier)
        visited.append((index.row(), index.column()))
    assert visited == [*blanks, (-1, -1)]
    assert table.moveCursor(table.CursorAction.MovePrevious, Qt.KeyboardModifier.NoModifier) == model.index(*blanks[-2])
