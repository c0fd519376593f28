"""Curves of a connection, by the numbers and times that tshark prints of the lesson captures."""

from dataclasses import replace

import numpy as np
import pytest

from tcpladder.tcp.series import Spans, in_flight, read_steps, round_trip_times, sack_blocks, throughput, time_sequence
from tests.tcp import stories


def test_time_and_sequence_of_the_client():
    series = time_sequence(read_steps(stories.four_way_close()), from_client=True)
    assert list(zip(series.segments.lows, series.segments.highs, strict=True)) == [(0, 1), (1, 257), (257, 258)]
    assert series.segments.steps.tolist() == [0, 3, 7]
    assert series.acknowledged.values.tolist() == [1, 257, 257, 258, 258]
    assert series.window_edge.values[0] == 1 + 65483
    assert not series.repeated.any()


def test_round_trips_are_measured_to_the_ack_that_first_covers_a_segment():
    curve = round_trip_times(read_steps(stories.four_way_close()), from_client=True)
    assert curve.steps.tolist() == [1, 4, 8]
    assert curve.values == pytest.approx([0.013963, 0.161481 - 0.156259, 45.252376 - 0.201871])


def test_what_was_sent_twice_gives_no_round_trip():
    curve = round_trip_times(read_steps(stories.lost_syn()), from_client=True)
    assert curve.steps.tolist() == [5]


def test_throughput_adds_up_to_all_bytes():
    connection = stories.long_data(400)
    curve = throughput(read_steps(connection), from_client=False)
    width = curve.seconds[1] - curve.seconds[0]
    assert np.sum(curve.values) * width * 1000 == pytest.approx(400 * 1448)
    assert len(throughput(read_steps(connection), from_client=True)) == 0


def test_bytes_in_flight_rise_with_data_and_fall_with_acks():
    flight, window = in_flight(read_steps(stories.four_way_close()), from_client=True)
    assert flight.values.tolist() == [1, 0, 0, 256, 0, 0, 0, 1, 0, 0, 0]
    assert window.values[:2].tolist() == [65483, 65280]


def test_without_a_scale_there_is_no_window_curve():
    assert len(in_flight(read_steps(stories.mid_stream()), from_client=True)[1]) == 0
    assert len(time_sequence(read_steps(stories.mid_stream()), from_client=True).window_edge) == 0


def test_times_that_run_backwards_are_taken_as_they_are():
    connection = stories.long_data(20)
    steps = list(connection.steps)
    steps[0], steps[-1] = (replace(steps[0], time_ns=steps[-1].time_ns), replace(steps[-1], time_ns=steps[0].time_ns))
    curve = throughput(read_steps(replace(connection, steps=tuple(steps))), from_client=False)
    assert np.all(curve.values >= 0)


def test_sack_blocks_are_told_from_what_came_twice():
    connection = stories.four_way_close()
    steps = list(connection.steps)
    # ack 257; 300 to 400 lies beyond it, 1 to 257 was acknowledged before; and a block that was cut.
    steps[4] = replace(steps[4], options=("SLE=1", "SRE=257", "SLE=300", "SRE=400", "SLE=500"))
    assert sack_blocks(steps[4]) == [(1, 257), (300, 400)]
    series = time_sequence(read_steps(replace(connection, steps=tuple(steps))), from_client=True)
    assert list(zip(series.sacked.lows, series.sacked.highs, series.sacked.steps, strict=True)) == [(300, 400, 4)]
    assert list(zip(series.duplicated.lows, series.duplicated.highs, strict=True)) == [(1, 257)]
    assert len(time_sequence(read_steps(connection), from_client=True).sacked) == 0


def test_sack_blocks_below_the_first_number_are_small_negative_numbers():
    step = replace(stories.four_way_close().steps[4], options=(f"SLE={2**32 - 10}", "SRE=20"))
    assert sack_blocks(step) == [(-10, 20)]


def test_bundles_cover_all_that_they_hide():
    chance = np.random.default_rng(3)
    lows = chance.integers(0, 1000, 5000).astype(float)
    spans = Spans(np.arange(5000) / 100, lows, lows + 5, np.arange(5000))
    bundled = spans.bundled(10.0, 40.0, 100)
    assert len(bundled) <= 100
    inside = (spans.seconds >= 10) & (spans.seconds < 40)
    assert (bundled.lows.min(), bundled.highs.max()) == (lows[inside].min(), lows[inside].max() + 5)
    assert spans.bundled(10.0, 10.05, 100).steps.tolist() == [1000, 1001, 1002, 1003, 1004]
    assert len(spans.bundled(90, 99, 100)) == 0
