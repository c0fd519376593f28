"""The graphs: drawn when looked at, the selected step as a line, a click chooses the nearest step."""

import numpy as np
import pytest

from tcpladder.tcp.series import Curve
from tcpladder.ui.connection.graphs import Graph, GraphsView, nearest_point
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
    assert nearest_point([near, other], 0.9, 95, 1, 100).step == 5
    found = nearest_point([near, other], 0.5, 54, 1, 100)
    assert (found.step, found.seconds, found.value) == (6, 0.5, 50.0)
    assert found.distance == pytest.approx(0.04)
    assert nearest_point([], 0, 0, 1, 1) is None


def test_many_segments_are_bundled_and_none_is_lost(view):
    view.show_connection(stories.long_data(9_000))
    marks = view._marks[0]
    assert len(marks.spans) > 9_000
    x, y = marks.item.getData()
    assert len(x) <= 2 * 3000
    assert y.max() == marks.spans.highs.max()
    view._plot.getPlotItem().vb.setXRange(0.1, 0.11, padding=0)
    x, y = marks.item.getData()
    inside = (marks.spans.seconds >= 0.1) & (marks.spans.seconds <= 0.11)
    assert set(np.round(marks.spans.seconds[inside], 9)) <= set(np.round(x, 9))


def test_retransmissions_are_marked_apart(view):
    view.show_connection(stories.long_data(40, retransmitted=17))
    view.graphs.setCurrentIndex(Graph.STEVENS)
    usual, repeated = view._marks
    assert (len(usual.spans), len(repeated.spans)) == (41, 1)
    assert repeated.spans.lows.tolist() == [1 + 17 * 1448]


def test_pointing_at_a_point_names_its_packet(view):
    view.show_connection(stories.four_way_close())
    nearest = nearest_point(view.curves, 0.000156, 257, 2, 300)
    assert view._tip(nearest).startswith("Packet 4, 0.000156 s: 257\nclient to server, PSH, ACK, seq 1 ack 1 len 256")


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_a_graph_can_be_saved(view, tmp_path, suffix):
    view.show_connection(stories.four_way_close())
    view.save(tmp_path / f"graph{suffix}")
    assert (tmp_path / f"graph{suffix}").stat().st_size > 1000
    with pytest.raises(ValueError, match="can be saved as"):
        view.save(tmp_path / "graph.doc")


def test_nothing_is_drawn_without_a_connection(view):
    view.show_connection(None)
    view.show_step(None)
    assert view.curves == []
