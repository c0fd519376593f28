"""Packets and bytes per interval: counted by hand, and against tshark's io,stat."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tcpladder.decode.rates import (
    MOST_INTERVALS,
    Unit,
    count_rates,
    highest,
    make_clock,
    possible_intervals,
    usual_interval,
)
from tcpladder.packets.capture import NO_TIME
from tcpladder.packets.reading import read_capture
from tcpladder.resource_files import captures_path

SECOND = 10**9
TIMES = np.array([5, 5.2, 6.9, 9.0, 8.0], np.float64)
TIMES_NS = (TIMES * SECOND).astype(np.int64)    # the last packet was captured late
LENGTHS = np.array([100, 50, 60, 70, 80])


def test_packets_fall_into_intervals_from_the_earliest_on() -> None:
    clock = make_clock(TIMES_NS, SECOND)
    rates = count_rates(clock, np.arange(5), LENGTHS, Unit.PACKETS)
    assert rates.sums.tolist() == [2, 1, 0, 1, 1]
    assert rates.first_rows.tolist() == [0, 2, -1, 4, 3]


@pytest.mark.parametrize(("unit", "sums"), [(Unit.BYTES, [150, 60, 0, 80, 70]), (Unit.BITS, [1200, 480, 0, 640, 560])])
def test_bytes_and_bits(unit: Unit, sums: list[int]) -> None:
    assert count_rates(make_clock(TIMES_NS, SECOND), np.arange(5), LENGTHS, unit).sums.tolist() == sums


def test_only_the_rows_asked_for_count() -> None:
    rates = count_rates(make_clock(TIMES_NS, SECOND), np.array([1, 3]), LENGTHS, Unit.PACKETS)
    assert rates.sums.tolist() == [1, 0, 0, 0, 1]
    assert rates.first_rows.tolist() == [1, -1, -1, -1, 3]


def test_packets_without_a_time_do_not_count() -> None:
    times = np.array([NO_TIME, SECOND, NO_TIME], np.int64)
    rates = count_rates(make_clock(times, SECOND), np.arange(3), LENGTHS[:3], Unit.PACKETS)
    assert rates.sums.tolist() == [1]
    nothing = make_clock(times[:1], SECOND)
    assert count_rates(nothing, np.arange(1), LENGTHS[:1], Unit.BYTES).sums.tolist() == [0]
    assert make_clock(times[:0], SECOND).count == 1


def test_intervals_fit_the_length_of_the_capture() -> None:
    day = np.array([0, 86_400 * SECOND], np.int64)
    assert min(possible_intervals(day)) == SECOND // 10
    assert all(86_400 * SECOND // interval < MOST_INTERVALS for interval in possible_intervals(day))
    assert usual_interval(day) == 600 * SECOND
    assert usual_interval(np.array([0, 20 * SECOND], np.int64)) == SECOND // 10
    assert usual_interval(np.zeros(0, np.int64)) == min(possible_intervals(np.zeros(0, np.int64)))


def test_a_peak_is_never_lost_however_few_points_there_are() -> None:
    sums = np.zeros(100_000)
    sums[77_777] = 9
    begins, heights = highest(sums, 0, len(sums), 300)
    assert len(begins) <= 300
    assert heights.max() == 9
    place = int(heights.argmax())
    assert begins[place] <= 77_777 < begins[place + 1]
    assert highest(sums, 10, 15, 300)[0].tolist() == [10, 11, 12, 13, 14]
    assert len(highest(sums, 200_000, 300_000, 300)[0]) == 0


@pytest.mark.tshark
def test_as_tshark_counts() -> None:
    path: Path = captures_path() / "syn-lost-then-answered.pcap"
    report = subprocess.run([shutil.which("tshark") or "tshark", "-n", "-q", "-r", str(path), "-z", "io,stat,0.1"],
                            capture_output=True, text=True, check=True).stdout
    rows = re.findall(r"^\|\s*[\d.]+ <>\s*[\d.]+\s*\|\s*(\d+)\s*\|\s*(\d+)\s*\|", report, re.MULTILINE)
    capture, progress = read_capture(path)
    for _ in progress:
        pass
    clock = make_clock(capture.time_ns[:capture.frame_count], SECOND // 10)
    for unit, part in ((Unit.PACKETS, 0), (Unit.BYTES, 1)):
        rates = count_rates(clock, np.arange(capture.frame_count), capture.wire_len, unit)
        assert rates.sums.astype(int).tolist() == [int(row[part]) for row in rows]
