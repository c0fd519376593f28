"""Curves of a connection, by the numbers and times that tshark prints of the lesson captures."""

from dataclasses import replace

import numpy as np
import pytest

from tcpladder.tcp.series import in_flight, round_trip_times, throughput, time_sequence
from tests.tcp import stories


def test_time_and_sequence_of_the_client():
    series = time_sequence(stories.four_way_close(), from_client=True)
    assert list(zip(series.firsts.values, series.lasts.values, strict=True)) == [(0, 1), (1, 257), (257, 258)]
    assert series.firsts.steps.tolist() == [0, 3, 7]
    assert series.acknowledged.values.tolist() == [1, 257, 257, 258, 258]
    assert series.window_edge.values[0] == 1 + 65483
    assert not series.repeated.any()


def test_round_trips_are_measured_to_the_ack_that_first_covers_a_segment():
    curve = round_trip_times(stories.four_way_close(), from_client=True)
    assert curve.steps.tolist() == [1, 4, 8]
    assert curve.values == pytest.approx([0.013963, 0.161481 - 0.156259, 45.252376 - 0.201871])


def test_what_was_sent_twice_gives_no_round_trip():
    curve = round_trip_times(stories.lost_syn(), from_client=True)
    assert curve.steps.tolist() == [5]


def test_throughput_adds_up_to_all_bytes():
    connection = stories.long_data(400)
    curve = throughput(connection, from_client=False)
    width = curve.seconds[1] - curve.seconds[0]
    assert np.sum(curve.values) * width * 1000 == pytest.approx(400 * 1448)
    assert len(throughput(connection, from_client=True)) == 0


def test_bytes_in_flight_rise_with_data_and_fall_with_acks():
    flight, window = in_flight(stories.four_way_close(), from_client=True)
    assert flight.values.tolist() == [1, 0, 0, 256, 0, 0, 0, 1, 0, 0, 0]
    assert window.values[:2].tolist() == [65483, 65280]


def test_without_a_scale_there_is_no_window_curve():
    assert len(in_flight(stories.mid_stream(), from_client=True)[1]) == 0
    assert len(time_sequence(stories.mid_stream(), from_client=True).window_edge) == 0


def test_times_that_run_backwards_are_taken_as_they_are():
    connection = stories.long_data(20)
    steps = list(connection.steps)
    steps[0], steps[-1] = (replace(steps[0], time_ns=steps[-1].time_ns), replace(steps[-1], time_ns=steps[0].time_ns))
    curve = throughput(replace(connection, steps=tuple(steps)), from_client=False)
    assert np.all(curve.values >= 0)
