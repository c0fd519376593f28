"""IPv6 packets built by the RFCs' pictures, for the tests of declarations and for mutation (link type IPv6)."""

import ipaddress
import struct

import dpkt

LINKTYPE_IPV6 = 229
CLIENT, SERVER, TEREDO = "fe80::ff:fe00:1", "2001:db8::2", "2001:0:4137:9e50:8000:f12a:b9c8:2815"


def address(text: str) -> bytes:
    """The 16 bytes of an address."""
    return ipaddress.IPv6Address(text).packed


def ipv6(payload: bytes, following: int, source: str = CLIENT, destination: str = SERVER, length: int | None = None,
         traffic_class: int = 0) -> bytes:
    """An IPv6 packet (RFC 8200, section 3)."""
    return struct.pack(">IHBB", 6 << 28 | traffic_class << 20 | 0x12345, len(payload) if length is None else length,
                       following, 255) + address(source) + address(destination) + payload


def icmpv6(kind: int, code: int, rest: bytes, source: str = CLIENT, destination: str = SERVER) -> bytes:
    """An ICMPv6 message, its checksum computed with the pseudo-header of RFC 8200, section 8.1."""
    pseudo_header = address(source) + address(destination) + struct.pack(">II", 4 + len(rest), 58)
    checksum = dpkt.in_cksum(pseudo_header + bytes([kind, code, 0, 0]) + rest)
    return struct.pack(">BBH", kind, code, checksum) + rest


def message(kind: int, code: int, rest: bytes) -> bytes:
    """A packet with an ICMPv6 message."""
    return ipv6(icmpv6(kind, code, rest), 58)


def options(following: int, *records: bytes) -> bytes:
    """A header of options (RFC 8200, section 4.3), padded with PadN."""
    body = b"".join(records)
    missing = -(2 + len(body)) % 8
    padding = b"" if missing == 0 else b"\0" if missing == 1 else bytes([1, missing - 2]) + bytes(missing - 2)
    return bytes([following, (2 + len(body) + missing) // 8 - 1]) + body + padding


def routing(following: int, kind: int, segments_left: int, body: bytes) -> bytes:
    """A routing header (RFC 8200, section 4.4)."""
    return bytes([following, (4 + len(body)) // 8 - 1, kind, segments_left]) + body


def fragment(following: int, offset: int, *, more: bool) -> bytes:
    """A fragment header (RFC 8200, section 4.5); the offset counts steps of eight bytes."""
    return struct.pack(">BBHI", following, 0, offset << 3 | more, 0xb0647780)


def ndp_option(kind: int, body: bytes) -> bytes:
    """An option of neighbour discovery (RFC 4861, section 4.6), padded to steps of eight bytes."""
    body += bytes(-(2 + len(body)) % 8)
    return bytes([kind, (2 + len(body)) // 8]) + body


ECHO = icmpv6(128, 0, struct.pack(">HH", 0x1234, 7) + b"abcdefgh")
UDP = struct.pack(">HHHH", 1000, 2000, 16, 0) + bytes(8)
MAC = bytes.fromhex("020000000001")
ADVERTISED = struct.pack(">BBHII", 64, 0xc8, 1800, 1000, 2000)
OPTION_BODIES = {
    "link-address": ndp_option(1, MAC),
    "prefix": ndp_option(3, struct.pack(">BBIII", 64, 0xc0, 3600, 0xffffffff, 0) + address("2001:db8:cc:dd::")),
    "mtu": ndp_option(5, struct.pack(">HI", 0, 1450)),
    "nonce": ndp_option(14, b"abcdef"),
    "route": ndp_option(24, struct.pack(">BBI", 48, 0x08, 7200) + address("2001:db8:7::")[:8]),
    "servers": ndp_option(25, struct.pack(">HI", 0, 60) + address("2001:db8::53") + address("2001:db8::54")),
    "search-list": ndp_option(31, struct.pack(">HI", 0, 60) + b"\3foo\3bar\0\3baz\0"),
    "flags": ndp_option(26, bytes([0x80]) + bytes(5)),
    "registration": ndp_option(33, bytes([1, 0, 0, 0]) + struct.pack(">H", 30) + bytes(range(1, 9))),
    "context": ndp_option(34, struct.pack(">BBHH", 64, 0x13, 0, 30) + address("2001:db8::")[:8]),
    "portal": ndp_option(37, b"http://portal.example/x"),
    "nat64": ndp_option(38, struct.pack(">H", 75 << 3) + address("64:ff9b::")[:12]),
    "unknown": ndp_option(99, b"abcdef"),
}
MESSAGES = {
    "echo": ipv6(ECHO, 58),
    "nonce": ipv6(icmpv6(128, 0, struct.pack(">HHI", 1, 2, 0x53aa0126), source=TEREDO), 58, source=TEREDO),
    "four-bytes": message(128, 0, struct.pack(">HHI", 1, 2, 0x53aa0126)),
    "reply": message(129, 0, struct.pack(">HH", 0x1234, 7) + b"abcdefgh"),
    "bad-checksum": ipv6(ECHO[:2] + bytes([ECHO[2] ^ 1]) + ECHO[3:], 58),
    "unreachable": message(1, 4, bytes(4) + ipv6(UDP, 17)),
    "too-big": message(2, 0, struct.pack(">I", 1280) + ipv6(UDP, 17)),
    "time-exceeded": message(3, 1, bytes([7, 0, 0, 0]) + ipv6(UDP, 17)),
    "parameter-problem": message(4, 1, struct.pack(">I", 40) + ipv6(ECHO, 58)),
    "query-1": message(130, 0, struct.pack(">HH", 1000, 0) + address("::")),
    "query-2": message(130, 0, struct.pack(">HH", 1000, 0) + address("::") + bytes([0x0a, 125, 0, 2])
                       + address("fe80::1") + address("fe80::2")),
    "done": message(132, 0, bytes(4) + address("ff02::5")),
    "report-2": message(143, 0, struct.pack(">HH", 0, 2) + bytes([4, 0, 0, 1]) + address("ff02::9")
                        + address("fe80::3") + bytes([6, 1, 0, 0]) + address("ff02::a") + b"aux."),
    "router-solicitation": message(133, 0, bytes(4) + OPTION_BODIES["link-address"]),
    "router-advertisement": message(134, 0, ADVERTISED + b"".join(OPTION_BODIES.values())),
    "neighbor-solicitation": message(135, 0, bytes(4) + address("fe80::5") + OPTION_BODIES["link-address"]),
    "neighbor-advertisement": message(136, 0, struct.pack(">I", 0x60000000) + address("fe80::5")
                                      + ndp_option(2, MAC)),
    "redirect": message(137, 0, bytes(4) + address("fe80::7") + address(SERVER) + ndp_option(2, MAC)
                        + ndp_option(4, bytes(6) + ipv6(UDP, 17))),
    "renumbering": message(138, 0, struct.pack(">IBBHI", 0, 0, 0x10, 0, 0)
                           + bytes([1, 7, 0, 48, 0, 128, 0, 0]) + address("fec0::")
                           + struct.pack(">BBBBIII", 48, 16, 0, 0, 2592000, 604800, 0) + address("3ffe:501:fffe::")),
    "node-query": message(139, 2, struct.pack(">HHQ", 4, 2, 0x3a9359e0b3afef5e) + bytes([192, 0, 2, 1])),
    "node-reply": message(140, 0, struct.pack(">HHQ", 3, 2, 1) + bytes(4) + address("::1")
                          + struct.pack(">I", 9) + address("2001:db8::1")),
    "home-agents": message(145, 0, struct.pack(">HH", 1, 0) + address("fe80::7") + address("fe80::8")),
    "rpl": message(155, 2, bytes([42, 0x40, 0, 10]) + address("5431::") + bytes([5, 18, 0, 128])
                   + address("2001:db8::9") + b"\0"),
    "duplicate-address": message(157, 0, struct.pack(">BBH", 1, 0, 30) + bytes(range(1, 9)) + address("fe80::1")),
    "extended-echo": message(160, 0, bytes.fromhex("fb61" "0201") + bytes.fromhex("2000dcf4" "00080302" "00000001")),
    "extended-echo-reply": message(161, 0, bytes.fromhex("fb61" "02" "46")),
    "undecoded": message(200, 0, b"abcd"),
}
HOME_ADDRESS = bytes([1, 2, 0, 0, 0xc9, 16]) + address(CLIENT)
SEGMENTS = bytes([1, 0x20, 0, 5]) + address(SERVER) + address("fe80::9")
HEADERS = {
    "alert": ipv6(options(58, bytes([5, 2, 0, 0])) + ECHO, 0),
    "experiment": ipv6(options(59, bytes([0xfe, 2, 1, 2])), 0),
    "option-too-short": ipv6(options(59, bytes([0xc2, 2, 0, 1]), bytes([5, 2, 0, 1])), 0),
    "option-too-long": ipv6(bytes([59, 0, 0x30, 48]) + bytes.fromhex("05dc0501"), 0),
    "jumbo": ipv6(options(17, bytes([0xc2, 4]) + struct.pack(">I", 24)) + UDP, 0, length=0),
    "segmentation-offload": ipv6(UDP, 17, length=0),
    "home-address": ipv6(options(58, HOME_ADDRESS) + ECHO, 60, source="2001:db8::99"),
    "source-route": ipv6(routing(58, 0, 1, bytes(4) + address(SERVER)) + ECHO, 43, destination="fe80::9"),
    "source-route-travelled": ipv6(routing(58, 0, 0, bytes(4) + address("fe80::9")) + ECHO, 43),
    "home-route": ipv6(routing(58, 2, 1, bytes(4) + address(SERVER)) + ECHO, 43, destination="fe80::9"),
    "segment-route": ipv6(routing(58, 4, 1, SEGMENTS) + ECHO, 43, destination="fe80::9"),
    "unknown-route": ipv6(routing(59, 77, 1, b"abcd"), 43),
    "first-fragment": ipv6(fragment(58, 0, more=True) + ECHO, 44),
    "last-fragment": ipv6(fragment(58, 513, more=False) + b"abcdefgh", 44),
    "authenticated": ipv6(bytes([58, 4]) + bytes(2) + struct.pack(">II", 0x100, 1) + bytes(12) + ECHO, 51),
    "in-a-tunnel": ipv6(routing(41, 4, 1, bytes([0, 0, 0, 0]) + address("fe80::9")) + MESSAGES["echo"], 43),
    "every-header": ipv6(options(60, bytes([5, 2, 0, 0])) + options(43, bytes([4, 1, 5]))
                         + routing(44, 4, 0, SEGMENTS) + fragment(17, 0, more=False) + UDP, 0, traffic_class=0xb9),
    "wrong-version": bytes([0x46]) + MESSAGES["echo"][1:],
    "too-long": ipv6(UDP, 17, length=100),
}
ADDRESSES = {
    "6to4": ipv6(b"", 59, source="2002:c000:201:5::1"),
    "teredo": ipv6(b"", 59, destination="2001:0:4137:9e50:8000:f12a:b9c8:2815"),
    "nat64": ipv6(b"", 59, destination="64:ff9b::c000:201"),
    "isatap": ipv6(b"", 59, source="fe80::200:5efe:c000:201"),
    "mac": ipv6(b"", 59, source="fe80::a00:27ff:fef4:4dcf"),
}
IPV6_FRAMES = [*MESSAGES.values(), *HEADERS.values(), *ADDRESSES.values()]
