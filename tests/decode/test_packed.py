"""Arrays of whole numbers in few bytes."""

import numpy as np
import pytest

from tcpladder.decode.packed import pack


@pytest.mark.parametrize(("numbers", "most_bytes"), [
    ([], 0), ([7], 0), ([7] * 100, 0), (range(40, 140), 0), (range(0, 200, 2), 100), ([14, 18] * 50, 100),
    ([1000, 1255] * 50, 100), ([1000, 1256] * 50, 200), ([0, 65_536] * 50, 400), ([3, 1, 2], 3), ([-1, 5, -1], 3),
    ([-2**31, 2**31 - 1], 8)])
def test_numbers_come_back_as_they_were(numbers: list[int], most_bytes: int) -> None:
    array = np.array(numbers, np.int32)
    packed = pack(array)
    unpacked = packed.unpacked()
    assert unpacked.dtype == np.int32
    assert unpacked.tolist() == list(numbers)
    assert (0 if packed.more is None else packed.more.nbytes) <= most_bytes
