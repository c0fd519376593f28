"""The Time column. 1,700,000,000 s is 2023-11-14 22:13:20 UTC (`date -u -d @1700000000`), day 318 of its year."""

import os
import time

import pytest

from tcpladder.packets.capture import NO_TIME
from tcpladder.ui.time_text import TimeFormat, time_text

MOMENT = 1_700_000_000_123_456_789
BEFORE = MOMENT - 1_000_000_001


@pytest.mark.parametrize(("form", "text"), [
    (TimeFormat.RELATIVE, "1.000000001"),
    (TimeFormat.DELTA, "1.000000001"),
    (TimeFormat.DELTA_SHOWN, "1.000000001"),
    (TimeFormat.EPOCH, "1700000000.123456789"),
    (TimeFormat.UTC_DATE_TIME, "2023-11-14 22:13:20.123456789"),
    (TimeFormat.UTC_YEAR_DAY_TIME, "2023/318 22:13:20.123456789"),
    (TimeFormat.UTC_TIME_OF_DAY, "22:13:20.123456789"),
])
def test_the_ways_of_writing_a_time(form, text):
    assert time_text(MOMENT, form, BEFORE, 9) == text


@pytest.fixture
def in_tokyo():
    before = os.environ["TZ"]
    os.environ["TZ"] = "JST-9"      # POSIX spelling, so that no time zone data is needed
    time.tzset()
    yield
    os.environ["TZ"] = before
    time.tzset()


@pytest.mark.usefixtures("in_tokyo")
@pytest.mark.parametrize(("form", "text"), [
    (TimeFormat.DATE_TIME, "2023-11-15 07:13:20.123456"),
    (TimeFormat.YEAR_DAY_TIME, "2023/319 07:13:20.123456"),
    (TimeFormat.TIME_OF_DAY, "07:13:20.123456"),
    (TimeFormat.UTC_TIME_OF_DAY, "22:13:20.123456"),
])
def test_local_times_follow_the_time_zone(form, text):
    assert time_text(MOMENT, form, NO_TIME, 6) == text


@pytest.mark.parametrize(("digits", "text"), [(9, "-0.000000001"), (6, "-0.000000"), (0, "-0")])
def test_a_packet_before_its_reference(digits, text):
    assert time_text(MOMENT, TimeFormat.DELTA, MOMENT + 1, digits) == text


@pytest.mark.parametrize("form", TimeFormat)
def test_a_packet_without_time_shows_none(form):
    assert time_text(NO_TIME, form, MOMENT, 6) == ""


def test_the_first_packet_has_no_distance_to_one_before():
    assert time_text(MOMENT, TimeFormat.DELTA, NO_TIME, 6) == "0.000000"


@pytest.mark.parametrize("form", TimeFormat)
@pytest.mark.parametrize("moment", [NO_TIME + 1, -1, 0, 2**63 - 1])
def test_no_time_is_too_far_away(form, moment):
    assert time_text(moment, form, moment, 9)
