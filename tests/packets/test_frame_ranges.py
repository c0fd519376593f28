"""Packets named by numbers and ranges."""

import pytest

from tcpladder.packets.frame_ranges import RangeError, rows_of_ranges


@pytest.mark.parametrize(("text", "numbers"), [
    ("1", [1]), ("1-5,9", [1, 2, 3, 4, 5, 9]), (" 9 , 1 - 2 ", [1, 2, 9]), ("8-", [8, 9, 10]), ("-3", [1, 2, 3]),
    ("3,3,2-4", [2, 3, 4]), ("10", [10]), ("1-10", list(range(1, 11)))])
def test_numbers_and_ranges(text, numbers):
    assert (rows_of_ranges(text, 10) + 1).tolist() == numbers


@pytest.mark.parametrize(("text", "sentence"), [
    ("", "'' names no packets; write"), ("1,,2", "'' names no packets; write"), ("a", "'a' names no packets; write"),
    ("-", "'-' names no packets; write"), ("1-2-3", "'1-2-3' names no packets; write"),
    ("0", "'0' names no packets: the first is 1"), ("5-3", "'5-3' names no packets: the first is 1"),
    ("11", "There is no packet 11; the capture has 10."), ("2-99999999999", "There is no packet 99,999,999,999"),
    ("12-", "There is no packet 12;"), ("9" * 30, "names no packets; write")])
def test_what_names_no_packets_is_refused_in_a_sentence(text, sentence):
    with pytest.raises(RangeError) as refused:
        rows_of_ranges(text, 10)
    assert sentence in str(refused.value)
