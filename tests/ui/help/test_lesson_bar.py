"""A lesson tells what to look at; other captures do not."""

import shutil

import pytest

from tcpladder.resource_files import captures_path
from tcpladder.ui.help.lessons import lesson_of, lessons

pytestmark = pytest.mark.gui


def test_every_lesson_has_things_to_look_at_that_exist():
    assert len(lessons()) >= 8
    for lesson in lessons():
        assert lesson.looks
        assert all(look.frames and look.text for look in lesson.looks)


def test_the_bar_leads_through_the_packets(window, open_capture):
    lesson = lessons()[0]
    open_capture(lesson.path)
    bar = window.lesson_bar
    assert bar.isVisible()
    assert bar.sentence == lesson.looks[0].text
    assert not bar.previous.isEnabled()
    for look in lesson.looks[1:]:
        bar.next.click()
        assert bar.sentence == look.text
        assert window.session.packet.frame_number == look.frames[0]
    assert not bar.next.isEnabled()


def test_other_captures_have_no_bar(window, open_capture, tmp_path):
    copy = tmp_path / "copy.pcap"
    shutil.copyfile(captures_path() / "port-9502.pcap", copy)
    assert lesson_of(copy) is None
    open_capture(copy)
    assert not window.lesson_bar.isVisible()
