"""Upper layers whose parser accepts what is no address."""

import struct

import pytest

from tcpladder.decode.upper_layers import read_message


def answer(kind: int, address: bytes) -> bytes:
    """A DNS answer (RFC 1035 section 4.1) that announces the address with the length it has."""
    question = b"\x01a\x00" + struct.pack(">HH", kind, 1)
    record = b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(address)) + address
    return struct.pack(">6H", 7, 0x8180, 1, 1, 0, 0) + question + record


@pytest.mark.parametrize(("kind", "name", "width"), [(1, "dns.a", 4), (28, "dns.aaaa", 16)])
def test_only_a_whole_address_is_one(kind: int, name: str, width: int) -> None:
    for length in (0, 1, width - 1, width, width + 1):
        message = read_message("dns", answer(kind, bytes(length)))
        assert message is not None
        assert (name in {field for field, *_rest in message.fields}) is (length == width)
