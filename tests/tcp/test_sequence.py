"""Sequence numbers at the point where they wrap."""

import numpy as np
import pytest

from tcpladder.tcp.sequence import signed_distance, signed_distances

TOP = 2**32 - 1
DISTANCES = [(0, 5, 5), (5, 0, -5), (7, 7, 0), (TOP, 0, 1), (0, TOP, -1), (TOP - 9, 4, 14), (4, TOP - 9, -14),
             (0, 2**31 - 1, 2**31 - 1), (0, 2**31, -(2**31)), (2**31, 0, -(2**31))]


@pytest.mark.parametrize(("start", "end", "expected"), DISTANCES)
def test_the_way_from_one_number_to_another(start, end, expected):
    assert signed_distance(start, end) == expected


def test_arrays_go_the_same_ways():
    starts, ends, expected = (np.array(column) for column in zip(*DISTANCES, strict=True))
    assert signed_distances(starts.astype(np.uint32), ends.astype(np.uint32)).tolist() == expected.tolist()
