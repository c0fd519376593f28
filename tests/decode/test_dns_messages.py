"""DNS messages are read as dpkt reads them, and those are refused that it refuses."""

import random
import struct

import dpkt
import pytest

from tcpladder.decode.dns_messages import DnsMessage, read_dns

NAMES = (b"\0", b"\1a\0", b"\3www\7example\3com\0", b"\xc0\x0c", b"\1b\xc0\x0c", b"\2\xc3\xa9\0", b"\4mail\xc0\x10",
         b"\xc0\x0e", b"\x3f" + b"x" * 63 + b"\0")
TYPES = (1, 2, 5, 6, 10, 12, 13, 15, 16, 28, 33, 41, 41, 65)


def some_data(kind: int, chance: random.Random) -> bytes:
    """What a record of a type may hold (RFC 1035 section 3.3, RFC 2782, RFC 3596)."""
    match kind:
        case 1 | 28:
            return chance.randbytes(4 if kind == 1 else 16)
        case 2 | 5 | 12:
            return chance.choice(NAMES)
        case 6:
            return chance.choice(NAMES) + chance.choice(NAMES) + chance.randbytes(20)
        case 15 | 33:
            return chance.randbytes(2 if kind == 15 else 6) + chance.choice(NAMES)
        case 13 | 16:
            return b"".join(struct.pack("B", len(text)) + text for text in (b"plain", b"", "é".encode()))
        case _:
            return chance.randbytes(chance.randrange(6))


def some_message(chance: random.Random) -> bytes:
    counts = [chance.choice((0, 1, 1, 2)), *(chance.choice((0, 0, 1, 2)) for _part in range(3))]
    parts = [struct.pack(">6H", chance.getrandbits(16), chance.getrandbits(16), *counts)]
    parts += [chance.choice(NAMES) + struct.pack(">HH", chance.choice(TYPES), 1) for _question in range(counts[0])]
    for _record in range(sum(counts[1:])):
        kind = chance.choice(TYPES)
        data = some_data(kind, chance)
        parts.append(chance.choice(NAMES) + struct.pack(">HHIH", kind, 1, chance.getrandbits(32), len(data)) + data)
    return b"".join(parts)


def damaged(message: bytes, chance: random.Random) -> bytes:
    """The same cut somewhere, or with other bytes in places."""
    if chance.random() < 0.3:
        return message[:chance.randrange(len(message) + 1)]
    changed = bytearray(message)
    for _change in range(chance.choice((1, 1, 2, 5))):
        place = chance.randrange(4, len(changed))
        changed[place] = chance.choice((0, 1, 2, 0x0c, 0x3f, 0x40, 0xc0, 0xff, chance.randrange(256)))
    return bytes(changed)


def by_dpkt(data: bytes) -> tuple[object, ...] | None:
    try:
        message = dpkt.dns.DNS(data)
    except Exception:
        return None
    return (message.id, message.op, [(question.name, question.type) for question in message.qd],
            [(record.name, record.type, record.ttl, record.rdata,
              record.cname if record.type == dpkt.dns.DNS_CNAME else None) for record in message.an])


def by_us(data: bytes) -> tuple[object, ...] | None:
    try:
        message: DnsMessage = read_dns(data)
    except (ValueError, LookupError, struct.error):
        return None
    return (message.id, message.flags, [tuple(question) for question in message.questions],
            [(*record[:4], record.named if record.type == dpkt.dns.DNS_CNAME else None) for record in message.answers])


@pytest.mark.parametrize("seed", range(4))
def test_they_agree(seed: int) -> None:
    chance = random.Random(seed)
    accepted = 0
    for _turn in range(3_000):
        message = some_message(chance)
        for data in (message, damaged(message, chance)):
            found = by_us(data)
            assert found == by_dpkt(data), data.hex()
            accepted += found is not None
    assert 1_000 < accepted < 5_000


@pytest.mark.parametrize("labels", [3, 4])
def test_names_have_255_bytes_at_most(labels: int) -> None:
    name = (b"\x3f" + b"x" * 63) * labels + b"\0"
    data = struct.pack(">6H", 1, 0, 1, 0, 0, 0) + name + struct.pack(">HH", 1, 1)
    assert (by_us(data) is not None) is (labels == 3)
    assert by_us(data) == by_dpkt(data)
