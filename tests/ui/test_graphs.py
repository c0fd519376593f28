"""The graphs: drawn when looked at, the selected step as a line, a click chooses the nearest step."""

import numpy as np
import pytest

from tcpladder.tcp.series import Curve
from tcpladder.ui.graphs import Graph, GraphsView, nearest_step
from tests.tcp import stories

pytestmark = pytest.mark.gui


@pytest.fixture
def view(qtbot):
    view = GraphsView()
    qtbot.addWidget(view)
    view.resize(600, 400)
    view.show()
    return view


@pytest.mark.parametrize("graph", list(Graph))
@pytest.mark.parametrize("story", [stories.four_way_close, stories.refused, stories.one_packet, stories.mid_stream,
                                   stories.troubled])
def test_every_graph_takes_every_story(view, story, graph):
    view.graphs.setCurrentIndex(graph)
    view.show_connection(story())
    view.show_step(0)
    view.direction.setCurrentIndex(1 - view.direction.currentIndex())
    view.grab()


def test_the_direction_with_more_data_comes_first(view):
    view.show_connection(stories.long_data(40))
    assert view.direction.currentIndex() == 1
    assert len(view.curves[0]) == 41     # SYN, ACK and 40 segments


def test_the_line_stands_at_the_selected_step(view):
    view.show_connection(stories.four_way_close())
    view.show_step(9)
    assert view._line.value() == pytest.approx(2.000449214)


def test_the_nearest_point_of_all_curves_is_chosen():
    near = Curve(np.array([0.0, 1.0]), np.array([0.0, 100.0]), np.array([4, 5]))
    other = Curve(np.array([0.5]), np.array([50.0]), np.array([6]))
    assert nearest_step([near, other], 0.9, 95, 1, 100) == 5
    assert nearest_step([near, other], 0.55, 52, 1, 100) == 6
    assert nearest_step([], 0, 0, 1, 1) is None


def test_nothing_is_drawn_without_a_connection(view):
    view.show_connection(None)
    view.show_step(None)
    assert view.curves == []
