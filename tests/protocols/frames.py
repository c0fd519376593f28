"""Small frames built with dpkt and by the RFCs' pictures, for the tests of declarations and for mutation."""

import struct

import dpkt

CLIENT, SERVER = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])
CLIENT_MAC, SERVER_MAC = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")


def ethernet(payload: bytes, ethertype: int = 0x0800) -> bytes:
    """An Ethernet II frame, not padded."""
    return SERVER_MAC + CLIENT_MAC + struct.pack(">H", ethertype) + payload


def ipv4(payload: bytes, protocol: int, options: bytes = b"", **more: int) -> bytes:
    """An IPv4 packet; options are padded to a multiple of four bytes."""
    options += bytes(-len(options) % 4)
    packet = dpkt.ip.IP(src=CLIENT, dst=SERVER, p=protocol, opts=options, hl=5 + len(options) // 4, data=payload,
                        **{"ttl": 64, "len": 20 + len(options) + len(payload), **more})
    return bytes(packet)


def udp(length: int = 8) -> bytes:
    """A UDP datagram with that many zero bytes."""
    return struct.pack(">HHHH", 1000, 2000, 8 + length, 0) + bytes(length)


def icmp(kind: int, code: int, rest: bytes) -> bytes:
    """An ICMP message with a right checksum."""
    checksum = dpkt.in_cksum(bytes([kind, code, 0, 0]) + rest)
    return struct.pack(">BBH", kind, code, checksum) + rest


def extensions(*objects: bytes) -> bytes:
    """The extension structure of RFC 4884 with a right checksum."""
    body = b"".join(objects)
    return struct.pack(">BBH", 0x20, 0, dpkt.in_cksum(b"\x20\0\0\0" + body)) + body


def extension_object(kind: int, subkind: int, body: bytes) -> bytes:
    """An object of RFC 4884, section 7."""
    return struct.pack(">HBB", 4 + len(body), kind, subkind) + body


QUOTED = ipv4(udp(), 17)
QUOTED_128 = ipv4(udp(72), 17) + bytes(28)
MPLS_OBJECT = extension_object(1, 1, struct.pack(">II", 16 << 12 | 5 << 9 | 64, 100000 << 12 | 1 << 8 | 255))
INTERFACE_OBJECT = extension_object(2, 0b1111, struct.pack(">IHH4s", 7, 1, 0, SERVER) + b"\x08eth0\0\0\0"
                                    + struct.pack(">I", 1500))
ICMP_MESSAGES = {
    "echo": icmp(8, 0, struct.pack(">HHII", 1, 2, 1_700_000_000, 5) + b"payload"),
    "echo-little-endian": icmp(0, 0, struct.pack(">HH", 1, 2) + struct.pack("<II", 1_700_000_000, 5) + b"payload"),
    "echo-without-time": icmp(8, 0, struct.pack(">HH", 1, 2) + b"abcdefghijkl"),
    "unreachable": icmp(3, 3, bytes(4) + QUOTED),
    "too-big": icmp(3, 4, struct.pack(">HH", 0, 1400) + QUOTED),
    "redirect": icmp(5, 1, SERVER + QUOTED),
    "time-exceeded": icmp(11, 0, bytes(4) + QUOTED),
    "parameter-problem": icmp(12, 0, bytes([20, 0, 0, 0]) + QUOTED),
    "with-extensions": icmp(11, 0, bytes([0, 32, 0, 0]) + QUOTED_128 + extensions(MPLS_OBJECT, INTERFACE_OBJECT)),
    "router-advertisement": icmp(9, 0, bytes([1, 2, 0, 30]) + SERVER + struct.pack(">i", -1)),
    "timestamp": icmp(13, 0, struct.pack(">HHIII", 1, 2, 84_281_096, 1, 0)),
    "address-mask": icmp(18, 0, struct.pack(">HH", 1, 2) + bytes([255, 255, 255, 0])),
    "extended-echo": icmp(42, 0, struct.pack(">HBB", 1, 2, 1) + extensions(
        extension_object(3, 1, b"eth0\0\0\0\0"), extension_object(3, 2, bytes([0, 0, 0, 7])),
        extension_object(3, 3, struct.pack(">HBB", 1, 4, 0) + SERVER), extension_object(9, 9, b"abcd"))),
    "extended-echo-reply": icmp(43, 0, struct.pack(">HBB", 1, 2, 0b0100_0110)),
    "unknown": icmp(99, 0, b"abcdefgh"),
}
# Frames of link type Ethernet to mutate.
ETHERNET_FRAMES = [
    *(ethernet(ipv4(message, 1)) for message in ICMP_MESSAGES.values()),
]
