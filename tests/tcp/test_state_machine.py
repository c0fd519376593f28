"""The figure of RFC 9293 as data: its arrows, what a step does, and a drawing whose parts do not collide."""

from itertools import pairwise

import pytest

from tcpladder.tcp.connection import State
from tcpladder.tcp.pictures.shapes import Anchor, Line, TextMeasure, Words
from tcpladder.tcp.pictures.state_scene import draw_states, place_at
from tcpladder.tcp.state_machine import (
    BOX_HEIGHT,
    BOX_WIDTH,
    PLACES,
    TRANSITIONS,
    StateCourse,
    moves_at,
    place_of,
)
from tests.tcp import stories

FIGURE_5 = {    # RFC 9293 section 3.3.2, with its note 2 (RFC 1122: FIN-WAIT-1 to TIME-WAIT)
    ("CLOSED", "LISTEN"), ("CLOSED", "SYN-SENT"), ("LISTEN", "SYN-RECEIVED"), ("SYN-SENT", "SYN-RECEIVED"),
    ("SYN-SENT", "ESTABLISHED"), ("SYN-RECEIVED", "ESTABLISHED"), ("SYN-RECEIVED", "FIN-WAIT-1"),
    ("ESTABLISHED", "FIN-WAIT-1"), ("ESTABLISHED", "CLOSE-WAIT"), ("FIN-WAIT-1", "FIN-WAIT-2"),
    ("FIN-WAIT-1", "CLOSING"), ("FIN-WAIT-1", "TIME-WAIT"), ("FIN-WAIT-2", "TIME-WAIT"), ("CLOSING", "TIME-WAIT"),
    ("CLOSE-WAIT", "LAST-ACK"), ("LAST-ACK", "CLOSED"), ("TIME-WAIT", "CLOSED"),
}


def test_the_arrows_are_those_of_the_rfc():
    assert {(arrow.before.value, arrow.after.value) for arrow in TRANSITIONS} == FIGURE_5


def test_the_first_fin_moves_both_sides():
    sender, receiver = moves_at(stories.four_way_close(), 7)
    assert (sender.client, sender.transition.text) == (True, "CLOSE / send FIN")
    assert (receiver.client, receiver.transition.text) == (False, "receive FIN / send ACK")


def test_a_reset_has_no_arrow_in_the_figure():
    moves = moves_at(stories.reset(), 7)
    assert [(move.transition, move.event) for move in moves] == [(None, "sends RST"), (None, "receives RST")]


def test_a_state_is_found_by_the_step_that_enters_it():
    course = StateCourse(stories.four_way_close())
    assert course.entering_step(place_of(State.CLOSE_WAIT, has_begun=True)) == 7
    assert course.entering_step(place_of(State.CLOSED, has_begun=True)) == 10
    assert course.entering_step(place_of(State.CLOSED, has_begun=False)) is None
    assert course.entering_step(place_of(State.CLOSING, has_begun=True)) is None


def test_places_that_were_visited_stay_marked():
    course = StateCourse(stories.four_way_close())
    assert {place.state for place in course.visited(None)} == {State.CLOSED, State.LISTEN}
    assert {place.state for place in course.visited(2)} == {
        State.CLOSED, State.LISTEN, State.SYN_SENT, State.SYN_RECEIVED, State.ESTABLISHED}


def test_tokens_begin_at_the_top_and_end_at_the_bottom():
    assert place_of(State.CLOSED, has_begun=False).y < place_of(State.CLOSED, has_begun=True).y
    assert place_at(place_of(State.ESTABLISHED, has_begun=True).x + 10, 192).state is State.ESTABLISHED
    assert place_at(5, 5) is None


@pytest.mark.parametrize("arrow", TRANSITIONS, ids=lambda arrow: f"{arrow.before.value}-{arrow.after.value}")
def test_arrows_run_from_box_to_box(arrow):
    def touches(point, state):
        return any(place.state is state and abs(point[0] - place.x) <= BOX_WIDTH / 2
                   and abs(point[1] - place.y) <= BOX_HEIGHT / 2 for place in PLACES)

    assert touches(arrow.path[0], arrow.before)
    assert touches(arrow.path[-1], arrow.after)


def test_labels_lie_on_no_box_no_line_and_no_other_label():
    measure = TextMeasure()
    shapes = draw_states(None, None)
    spans = []
    for words in shapes:
        if isinstance(words, Words) and words.face.size < 10:
            width = measure.width(words.text, words.face)
            left = words.x - {Anchor.START: 0, Anchor.MIDDLE: width / 2, Anchor.END: width}[words.anchor]
            spans.append((left, words.y - 6.5, left + width, words.y + 1.5, words.text))
    for place, (left, top, right, bottom, text) in enumerate(spans):
        for box in PLACES:
            assert (right <= box.x - BOX_WIDTH / 2 or left >= box.x + BOX_WIDTH / 2
                    or bottom <= box.y - BOX_HEIGHT / 2 or top >= box.y + BOX_HEIGHT / 2), (text, box.state)
        for line in (shape for shape in shapes if isinstance(shape, Line)):
            for (x1, y1), (x2, y2) in pairwise(line.points):
                assert (right <= min(x1, x2) or left >= max(x1, x2) or bottom <= min(y1, y2)
                        or top >= max(y1, y2)), (text, line.points)
        for other in spans[place + 1:]:
            assert right <= other[0] or left >= other[2] or bottom <= other[1] or top >= other[3], (text, other)
