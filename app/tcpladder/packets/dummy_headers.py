"""Headers put before bytes that came without them, with right lengths and checksums, as dpkt makes them."""

from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address
from typing import Final

import dpkt

from tcpladder.texts import _

_CLIENT_MAC: Final = bytes.fromhex("02 00 00 00 00 01")     # locally administered
_SERVER_MAC: Final = bytes.fromhex("02 00 00 00 00 02")
_ETHERNET: Final = 1
_MOST_IN_IPV4: Final = 65_535


class Wrapping(Enum):
    """Which headers are put before the bytes."""

    NONE = "none"
    ETHERNET = "ethernet"
    IPV4 = "ipv4"
    UDP = "udp"
    TCP = "tcp"


class HeaderError(ValueError):
    """The headers cannot be made; the message is the sentence for the person."""


@dataclass(frozen=True, slots=True)
class DummyHeaders:
    """What stands in the headers. Each kind of wrapping uses what it needs."""

    wrapping: Wrapping = Wrapping.NONE
    ethertype: int = 0x0800
    source: str = "10.1.1.1"
    destination: str = "10.2.2.2"
    protocol: int = 17
    source_port: int = 1024
    destination_port: int = 80

    def wrapped(self, data: bytes, sent_before: int = 0) -> bytes:
        """The bytes with the headers before them; an Ethernet frame unless nothing is put before.

        sent_before are the bytes of packets before this one, for the sequence number of TCP. Raises HeaderError.
        """
        if self.wrapping is Wrapping.NONE:
            return data
        if self.wrapping is Wrapping.ETHERNET:
            return self._in_ethernet(data, self.ethertype)
        if self.wrapping is Wrapping.IPV4:
            return self._in_ethernet(self._in_ip(data, self.protocol), dpkt.ethernet.ETH_TYPE_IP)
        ports = {"sport": self.source_port, "dport": self.destination_port}
        if self.wrapping is Wrapping.UDP:
            segment = dpkt.udp.UDP(**ports, ulen=8 + len(data), data=data)
            return self._in_ethernet(self._in_ip(segment, dpkt.ip.IP_PROTO_UDP), dpkt.ethernet.ETH_TYPE_IP)
        segment = dpkt.tcp.TCP(**ports, seq=1 + sent_before & 0xFFFF_FFFF, ack=1, win=65_535,
                               flags=dpkt.tcp.TH_PUSH | dpkt.tcp.TH_ACK, data=data)
        return self._in_ethernet(self._in_ip(segment, dpkt.ip.IP_PROTO_TCP), dpkt.ethernet.ETH_TYPE_IP)

    def linktype(self, chosen: int) -> int:
        """The link type of what wrapped() gives, where the bytes alone have the chosen one."""
        return chosen if self.wrapping is Wrapping.NONE else _ETHERNET

    def _in_ip(self, data: bytes | dpkt.Packet, protocol: int) -> dpkt.Packet:
        if 20 + len(data) > _MOST_IN_IPV4:
            raise HeaderError(_("An IPv4 packet holds {most:,} bytes; these are {count:,} with its header.").format(
                most=_MOST_IN_IPV4, count=20 + len(data)))
        addresses = [_packed(text) for text in (self.source, self.destination)]
        return dpkt.ip.IP(src=addresses[0], dst=addresses[1], p=protocol, ttl=64, len=20 + len(data), data=data)

    def _in_ethernet(self, data: bytes | dpkt.Packet, ethertype: int) -> bytes:
        header = _SERVER_MAC + _CLIENT_MAC + ethertype.to_bytes(2, "big")
        return header + bytes(data)     # with the checksums, which dpkt fills in now


def _packed(text: str) -> bytes:
    try:
        address = ip_address(text.strip())
    except ValueError:
        address = None
    if address is None or address.version != 4:
        raise HeaderError(_("{text!r} is not an IPv4 address.").format(text=text))
    return address.packed
