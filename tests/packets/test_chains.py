"""Records found from many places at once are those that are found one after the other."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tcpladder.packets.chains import follow_chains

SECOND = 1_700_000_000
HEADER = 16


def record(order: str, payload: bytes, seconds: int = SECOND) -> bytes:
    return struct.pack(f"{order}4I", seconds, 0, len(payload), len(payload)) + payload


def one_after_the_other(content: bytes, first: int, order: str) -> list[int]:
    positions = []
    while first + HEADER <= len(content):
        following = first + HEADER + struct.unpack_from(f"{order}I", content, first + 8)[0]
        if following > len(content):
            break
        positions.append(first)
        first = following
    return positions


def check(content: bytes, first: int, order: str, apart: int) -> int:
    """Compares what is found; how many records were found side by side."""
    found, following = follow_chains(
        np.frombuffer(content, np.uint8), first, HEADER, 8, order, 262_144, apart=apart)
    expected = one_after_the_other(content, first, order)
    assert found.tolist() == expected[:len(found)]
    if len(found) < len(expected):
        assert following == expected[len(found)]
    return len(found)


@pytest.mark.parametrize("order", "<>")
def test_ordinary_records_are_found_almost_to_the_last(order: str) -> None:
    sizes = np.random.default_rng(4).integers(40, 1514, 3000).tolist()
    content = b"head" + b"".join(record(order, bytes(size)) for size in sizes)
    assert check(content, 4, order, 4096) > 2980


def test_a_guess_that_proves_wrong_ends_what_is_found() -> None:
    decoy = record("<", bytes(20)) * 8          # a capture within a packet
    content = record("<", bytes(30)) * 20 + record("<", b"x" + decoy) + record("<", bytes(30)) * 20
    assert check(content, 0, "<", 128) < 41


PAYLOADS = st.one_of(
    st.binary(max_size=40), st.integers(0, 300).map(bytes),
    st.binary(max_size=20).map(lambda inner: b"pad" + record("<", inner) + record("<", inner)))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(payloads=st.lists(PAYLOADS, max_size=60), order=st.sampled_from("<>"), apart=st.sampled_from([24, 64, 256]),
       seconds=st.sampled_from([0, SECOND]), cut=st.integers(0, 40),
       damage=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=4))
def test_nothing_but_true_records_is_found(payloads: list[bytes], order: str, apart: int, seconds: int, cut: int,
                                           damage: list[tuple[float, int]]) -> None:
    content = bytearray(b"".join(record(order, payload, seconds) for payload in payloads))
    del content[max(len(content) - cut, 0):]
    for place, byte in damage:
        if content:
            content[int(place * len(content))] = byte
    check(bytes(content), 0, order, apart)
