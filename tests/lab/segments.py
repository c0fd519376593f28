"""The short names by which stories and checks call a segment: "> SYN", "< SYN-ACK", "> DATA"."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

import dpkt

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Segment:
    """What the lab wants to know of a TCP segment."""

    source: Address
    destination: Address
    name: str  # "SYN", "SYN-ACK", "ACK", "DATA", "FIN", "FIN-DATA", "RST", "RST-ACK", …


def read_segment(frame: bytes) -> Segment | None:
    """The TCP segment in an Ethernet frame, None if there is none."""
    return segment_in(dpkt.ethernet.Ethernet(frame).data)


def segment_in(packet: object) -> Segment | None:
    """The TCP segment in an IP packet, None if there is none."""
    if not isinstance(packet, dpkt.ip.IP | dpkt.ip6.IP6) or not isinstance(packet.data, dpkt.tcp.TCP):
        return None
    tcp = packet.data
    return Segment(
        source=(str(ip_address(packet.src)), tcp.sport),
        destination=(str(ip_address(packet.dst)), tcp.dport),
        name=name_segment(tcp.flags, len(tcp.data)),
    )


def name_segment(flags: int, data_len: int) -> str:
    """One word for the flags, with DATA where there is any; the ACK of FIN and data goes without saying."""
    words = [word for word, bit in
             (("SYN", dpkt.tcp.TH_SYN), ("FIN", dpkt.tcp.TH_FIN), ("RST", dpkt.tcp.TH_RST)) if flags & bit]
    ack = bool(flags & dpkt.tcp.TH_ACK)
    if ack and words != ["FIN"] and (words or not data_len):
        words.append("ACK")
    if data_len:
        words.append("DATA")
    return "-".join(words)
