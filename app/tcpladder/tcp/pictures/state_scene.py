"""The state machine as shapes: both tokens, and the arrows that the selected step took."""

from __future__ import annotations

from tcpladder.tcp.connection import Connection, State
from tcpladder.tcp.pictures.palette import STATE_INKS, Ink
from tcpladder.tcp.pictures.shapes import Anchor, Area, Box, Face, Line, Shape, Words
from tcpladder.tcp.state_machine import (
    BOX_HEIGHT,
    BOX_WIDTH,
    HEIGHT,
    PLACES,
    TRANSITIONS,
    WIDTH,
    Place,
    StateCourse,
    Transition,
    moves_at,
    place_of,
)
from tcpladder.texts import _

_NAME = Face(10.5, bold=True)
_LABEL = Face(8.5)
_LIT_LABEL = Face(9.5, bold=True)
_TOKEN = Face(8.5, bold=True)


def draw_states(course: StateCourse | None, step: int | None) -> list[Shape]:
    """The whole figure, for the states after a step (None: before the first)."""
    moves = [] if course is None or step is None else moves_at(course.connection, step)
    lit = [move.transition for move in moves if move.transition is not None]
    shapes: list[Shape] = [Box(0, 0, WIDTH, HEIGHT, fill=Ink.PAPER)]
    for transition in TRANSITIONS:
        if transition not in lit:
            shapes += _arrow(transition, is_lit=False)
    for transition in lit:
        shapes += _arrow(transition, is_lit=True)
    for before, after, cause in {(move.before, move.after, move.cause) for move in moves if move.transition is None}:
        shapes += _line_outside_the_figure(before, after, cause)
    visited = set() if course is None else course.visited(step)
    for place in PLACES:
        shapes += _box(place, was_visited=place in visited)
    if course is not None:
        shapes += _tokens(course.connection, step)
    return shapes


def place_at(x: float, y: float) -> Place | None:
    """The state whose box holds a point."""
    return next((place for place in PLACES if abs(x - place.x) <= BOX_WIDTH / 2
                 and abs(y - place.y) <= BOX_HEIGHT / 2), None)


def _arrow(transition: Transition, *, is_lit: bool) -> list[Shape]:
    ink = Ink.ACCENT if is_lit else Ink.ACK_LINE
    (before_x, before_y), (x, y) = transition.path[-2:]
    way_x, way_y = (x > before_x) - (x < before_x), (y > before_y) - (y < before_y)
    back = (x - 8 * way_x, y - 8 * way_y)
    head = ((x, y), (back[0] - 4 * way_y, back[1] - 4 * way_x), (back[0] + 4 * way_y, back[1] + 4 * way_x))
    path = (*transition.path[:-1], (x - 6 * way_x, y - 6 * way_y))
    face = _LIT_LABEL if is_lit else _LABEL
    first, second = transition.label
    # Across an arrow that runs sideways, beside one that runs down.
    below = 11 if transition.anchor == "middle" else 7
    labels: list[Shape] = [
        Words(transition.label_x, transition.label_y + shift, text, Ink.ACCENT if is_lit else Ink.MUTED, face,
              Anchor(transition.anchor))
        for text, shift in ((first, -4), (second, below)) if text]
    return [Line(path, ink, 2.4 if is_lit else 1.0), Area(head, ink), *labels]


def _line_outside_the_figure(before: State, after: State, cause: str) -> list[Shape]:
    """A change that the figure has no arrow for: mostly a reset, or segments that were lost before the capture."""
    begin, end = place_of(before, has_begun=False), place_of(after, has_begun=True)
    half = 7 + 3.2 * len(cause)
    x, y = begin.x + (end.x - begin.x) * 0.4, begin.y + (end.y - begin.y) * 0.4
    return [Line(((begin.x, begin.y), (end.x, end.y)), Ink.RST_LINE, 2.0, (5, 3)),
            Box(x - half, y - 8, 2 * half, 16, fill=Ink.PAPER, line=Ink.RST_LINE, radius=4),
            Words(x, y + 3.5, cause, Ink.RST_LINE, _LIT_LABEL, Anchor.MIDDLE)]


def _box(place: Place, *, was_visited: bool) -> list[Shape]:
    idle = place.state in (State.CLOSED, State.LISTEN)
    fill = Ink.HEAD if idle or not was_visited else STATE_INKS[place.state]
    return [Box(place.x - BOX_WIDTH / 2, place.y - BOX_HEIGHT / 2, BOX_WIDTH, BOX_HEIGHT, fill=fill,
                line=STATE_INKS[place.state], radius=5),
            Words(place.x, place.y + 4, place.state.value,
                  Ink.TEXT if fill is Ink.HEAD else Ink.ON_STATE, _NAME, Anchor.MIDDLE)]


def _tokens(connection: Connection, step: int | None) -> list[Shape]:
    if step is None:
        client, server = connection.client_start, connection.server_start
    else:
        client, server = connection.steps[step].client_state, connection.steps[step].server_state
    shapes: list[Shape] = []
    for is_client, state, mark in ((True, client, _("C")), (False, server, _("S"))):
        place = place_of(state, has_begun=step is not None)
        x = place.x + (-BOX_WIDTH / 2 if is_client else BOX_WIDTH / 2)
        shapes += [Box(x - 9, place.y - 9, 18, 18, fill=Ink.ACCENT, line=Ink.PAPER, radius=9),
                   Words(x, place.y + 3.2, mark, Ink.PAPER, _TOKEN, Anchor.MIDDLE)]
    return shapes
