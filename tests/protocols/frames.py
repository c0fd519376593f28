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
    numbers = {"ttl": 64, "hl": 5 + len(options) // 4, "len": 20 + len(options) + len(payload), **more}
    return bytes(dpkt.ip.IP(src=CLIENT, dst=SERVER, p=protocol, opts=options, data=payload, sum=0x1234, **numbers))


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
TIME_STAMP_OPTION = bytes([68, 20, 13, 0x11]) + CLIENT + struct.pack(">I", 5) + SERVER + bytes(4)
IP_OPTIONS = {
    "record-route": bytes([7, 11, 8]) + CLIENT + bytes(4),
    "pointer-within-address": bytes([7, 11, 6]) + CLIENT + bytes(4),
    "route-with-rest": bytes([7, 10, 4]) + bytes(7),
    "loose-source-route": bytes([131, 11, 4]) + CLIENT + SERVER,
    "time-stamp": TIME_STAMP_OPTION,
    "time-stamps-only": bytes([68, 10, 13, 0x10]) + struct.pack(">I", 84_281_096) + b"ab",
    "router-alert": bytes([1, 148, 4, 0, 0]),
    "security-791": bytes([130, 11]) + struct.pack(">HHH", 0xd788, 1, 2) + b"abc",
    "security-1108": bytes([130, 5, 0x5a, 0x81, 0x40]),
    "extended-security": bytes([133, 6, 1, 2, 3, 4]),
    "quick-start": bytes([25, 8, 5, 60]) + struct.pack(">I", 0x1234567 << 2),
    "traceroute": bytes([82, 12]) + struct.pack(">HHH", 1, 2, 3) + CLIENT,
    "cipso": bytes([134, 10]) + struct.pack(">IBBBB", 1, 1, 4, 0, 2),
    "broadcast": bytes([149, 7]) + CLIENT + b"a",
    "stream": bytes([136, 5, 0, 7, 0]),
    "unknown": bytes([99, 6]) + b"abcd",
    "too-long": bytes([7, 40, 4]),
    "too-short": bytes([7, 1]),
    "no-length": bytes([1, 1, 1, 148]),
}


def arp(operation: int, sender: bytes, target: bytes, target_mac: bytes = bytes(6), **more: int) -> bytes:
    """ARP for IPv4 over Ethernet; more overrides numbers of the header by dpkt's names."""
    return bytes(dpkt.arp.ARP(op=operation, sha=CLIENT_MAC, spa=sender, tha=target_mac, tpa=target, **more))


ARP_MESSAGES = {
    "request": arp(1, CLIENT, SERVER),
    "reply": arp(2, CLIENT, SERVER, SERVER_MAC),
    "gratuitous": arp(1, CLIENT, CLIENT, b"\xff" * 6),
    "announcement": arp(1, CLIENT, CLIENT),
    "probe": arp(1, bytes(4), SERVER),
    "short-hardware": struct.pack(">HHBBH", 15, 0x0800, 2, 4, 1) + b"ab" + CLIENT + b"cd" + SERVER,
    "long-protocol": struct.pack(">HHBBH", 1, 0x86dd, 6, 16, 1) + CLIENT_MAC + bytes(16) + SERVER_MAC + bytes(16),
}


def cooked(payload: bytes, protocol: int = 0x0800, hardware: int = 1, address: bytes = CLIENT_MAC) -> bytes:
    """A Linux cooked capture, version 1 (LINKTYPE_LINUX_SLL)."""
    return struct.pack(">HHH8sH", 4, hardware, len(address), address, protocol) + payload


def cooked_2(payload: bytes, protocol: int = 0x0800, hardware: int = 1, address: bytes = CLIENT_MAC) -> bytes:
    """A Linux cooked capture, version 2 (LINKTYPE_LINUX_SLL2)."""
    return struct.pack(">HHIHBB8s", protocol, 0, 3, hardware, 4, len(address), address) + payload


PACKET = ipv4(udp(), 17)
LLC_PACKET = bytes.fromhex("aaaa03000000") + struct.pack(">H", 0x0800) + PACKET
TAG = struct.pack(">HH", 5 << 13 | 1 << 12 | 100, 0x0800)
ETHERNET_PAYLOADS = {
    "padding": ethernet(PACKET + bytes(10)),
    "padding-of-others": ethernet(PACKET + b"0123456789"),
    "trailer": ethernet(PACKET + b"ab"),
    "padding-trailer-checksum": ethernet(PACKET + bytes(10) + b"trailer" + b"\x01\x02\x03\x04"),
    "length": ethernet(LLC_PACKET + bytes(2), len(LLC_PACKET)),
    "length-past-end": ethernet(LLC_PACKET, 200),
    "neither": ethernet(PACKET, 1501),
    "novell": ethernet(b"\xff\xff" + bytes(28), 30),
    "tag": ethernet(TAG + PACKET + bytes(10), 0x8100),
    "tag-with-length": ethernet(struct.pack(">HH", 7, len(LLC_PACKET)) + LLC_PACKET + bytes(4), 0x8100),
    "two-tags": ethernet(struct.pack(">HH", 200, 0x8100) + TAG + PACKET + bytes(20), 0x88a8),
}
IP_PACKETS = {
    "no-length": ipv4(udp(), 17, len=0),
    "too-short-length": ipv4(udp(), 17, len=19),
    "too-long-length": ipv4(udp(), 17, len=1000),
    "short-header": ipv4(udp(), 17, hl=4),
    "version": ipv4(udp(), 17, v=5),
    "first-fragment": ipv4(udp(), 17, mf=1),
    "later-fragment": ipv4(udp(), 17, offset=185),
    "few-hops": ipv4(udp(), 17, ttl=3),
    "in-ip": ipv4(ipv4(udp(), 17), 4),
    "ipv6-by-4": ipv4(bytes([0x60, 0, 0, 0, 0, 0, 59, 64]) + bytes(32), 4),
    "bogus-in-ip": ipv4(bytes(24), 4),
}
SECTAG = struct.pack(">BBI", 0x20, 0, 7) + CLIENT_MAC + b"\0\1"      # IEEE 802.1AE, neither encrypted nor changed
GTP_PACKET = struct.pack(">BBHI", 0x30, 0xff, len(PACKET), 1) + PACKET


def datagram(payload: bytes, source: int, destination: int) -> bytes:
    """A UDP datagram in IPv4 and Ethernet."""
    return ethernet(ipv4(struct.pack(">HHHH", source, destination, 8 + len(payload), 0) + payload, 17))


def segment(payload: bytes, source: int, destination: int, options: bytes = b"") -> bytes:
    """A TCP segment in IPv4 and Ethernet; options fill whole words."""
    offset = 5 + len(options) // 4
    return ethernet(ipv4(struct.pack(">HHIIBBHHH", source, destination, 1, 1, offset << 4, 0x18, 512, 0, 0)
                         + options + payload, 6))


def record(kind: int, content: bytes) -> bytes:
    """A record of LINKTYPE_NFLOG."""
    return struct.pack("<HH", 4 + len(content), kind) + content + bytes(-len(content) % 4)


LOG_HEAD = struct.pack(">BBH", 2, 0, 20)
# Headers around packets, with their link types.
CARRIED = {
    "macsec": (1, ethernet(SECTAG + b"\x08\0" + PACKET, 0x88e5)),
    "macsec-encrypted": (1, ethernet(b"\x2c" + SECTAG[1:] + PACKET, 0x88e5)),
    "frame-relay": (107, bytes.fromhex("1841" "03cc") + PACKET),
    "frame-relay-ethertype": (107, bytes.fromhex("18424001" "0800") + PACKET),
    "nflog": (239, LOG_HEAD + record(1, bytes.fromhex("08000100")) + record(10, b"\0") + record(9, PACKET)),
    "nflog-without-packet": (239, LOG_HEAD + record(10, b"\0")),
    "gtp": (1, datagram(GTP_PACKET, 2152, 2152)),
    "gtp-numbered": (1, datagram(b"\x32" + GTP_PACKET[1:2] + struct.pack(">HI", 4 + len(PACKET), 1) + bytes(4) + PACKET,
                                 2152, 2152)),
    "gtp-version-0": (1, datagram(b"\x1e\xff" + bytes(18) + PACKET, 3386, 3386)),
    "raw-ipv4-of-version-6": (228, bytes([0x60, 0, 0, 0, 0, 0, 59, 64]) + bytes(32)),
}
# Option 254 as RFC 6994 has it, with the identifier of Accurate ECN and its three counters.
ACCURATE_ECN = bytes.fromhex("fe0dacc0" "000001" "000002" "000003" "010101")
# What TCP and UDP carry: frames by the name of what they show.
UPPER = {
    "ssh": segment(b"SSH-2.0-OpenSSH_9.6\r\n", 22, 40000),
    "smtp": segment(b"220 mail.example ESMTP\r\n", 25, 40000),
    "ftp": segment(b"USER anonymous\r\n", 40000, 21),
    "telnet": segment(b"\xff\xfb\x01", 23, 40000),
    "irc": segment(b"NICK somebody\r\n", 40000, 6667),
    "nbss:smb2": segment(struct.pack(">I", 68) + b"\xfeSMB" + bytes(64), 40000, 445),
    "mptcp": segment(b"", 40000, 9999, bytes([30, 8, 0x20, 0x01, 0, 0, 0, 0])),
    "data": segment(b"plain", 40000, 9999, ACCURATE_ECN),
    "sip": datagram(b"OPTIONS sip:a@example SIP/2.0\r\n\r\n", 5060, 5060),
    "snmp": datagram(bytes.fromhex("302902010104067075626c6963a01c02041a2b3c4d0201000201"
                                   "00300e300c06082b060102010101000500"), 40000, 161),
}
# Frames to mutate: link type (LINKTYPE_...) and bytes.
FRAMES: list[tuple[int, bytes]] = [
    *((1, ethernet(ipv4(message, 1))) for message in ICMP_MESSAGES.values()),
    *((1, ethernet(ipv4(udp(), 17, options))) for options in IP_OPTIONS.values()),
    *((1, ethernet(message, 0x0806)) for message in ARP_MESSAGES.values()),
    *((1, frame) for frame in ETHERNET_PAYLOADS.values()),
    *((1, ethernet(packet)) for packet in IP_PACKETS.values()),
    *((113, frame) for frame in (
        cooked(PACKET + bytes(6)), cooked(PACKET, hardware=778), cooked(LLC_PACKET, 4), cooked(TAG + PACKET, 0x8100),
        cooked(PACKET, address=CLIENT), cooked(PACKET, address=b"abcdefgh"), cooked(PACKET, address=b""))),
    *((276, frame) for frame in (
        cooked_2(PACKET + bytes(6)), cooked_2(PACKET, hardware=778), cooked_2(LLC_PACKET, 4),
        cooked_2(PACKET, address=CLIENT), cooked_2(PACKET, address=b"abcdefgh"))),
    *CARRIED.values(),
    *((1, frame) for frame in UPPER.values()),
    *((linktype, struct.pack(order + "I", family) + PACKET)
      for linktype, order in ((0, "<"), (0, ">"), (108, ">")) for family in (2, 7, 0x0800)),
]
