"""Sequence numbers at the point where they wrap."""

import numpy as np
import pytest

from tcpladder.tcp import sequence

TOP = 2**32 - 1


@pytest.mark.parametrize(("a", "b", "expected"), [
    (0, 1, True), (1, 0, False), (5, 5, False), (TOP, 0, True), (0, TOP, False), (TOP - 9, 4, True),
    (2**31, 0, True),     # half way round: RFC 9293 leaves it open; one answer for both orders would be worse
])
def test_before(a, b, expected):
    assert sequence.before(a, b) is expected


def test_arithmetic_on_ints_and_arrays_agrees():
    starts, ends = np.array([0, TOP, 7, 100], np.uint32), np.array([5, 2, 7, 90], np.uint32)
    assert sequence.distance(starts, ends).tolist() == [5, 3, 0, 2**32 - 10]
    assert [sequence.distance(int(a), int(b)) for a, b in zip(starts, ends, strict=True)] == [5, 3, 0, 2**32 - 10]
    assert sequence.signed_distances(starts, ends).tolist() == [5, 3, 0, -10]
    assert [sequence.signed_distance(int(a), int(b)) for a, b in zip(starts, ends, strict=True)] == [5, 3, 0, -10]
    assert sequence.add(starts, np.array([1, 1, 1, 1], np.uint32)).tolist() == [1, 0, 8, 101]
    assert sequence.add(TOP, 1) == 0
