"""The middle: a third namespace that carries the frames between client and server, one at a time.

Nothing crosses by itself. A frame lies in the wire until it is taken, and reaches the other end only by
`deliver()`: it can be held, lost (not delivered), doubled (delivered twice) or overtaken.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hosts import Host, fill_in_checksums, set_up_eth0
from segments import Segment, read_segment

ETH_P_ALL = 0x0003
SOL_PACKET, PACKET_IGNORE_OUTGOING = 263, 23
SO_TIMESTAMPNS = 35
STAMPS_BEGIN_SECONDS = 0.05  # the kernel begins to stamp frames a little after it was asked to
LARGEST_FRAME = 65_536
TO_CLIENT, TO_SERVER = "to-client", "to-server"


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame as it entered the wire, with the TCP segment in it."""

    time_ns: int
    from_client: bool
    data: bytes
    segment: Segment

    @property
    def name(self) -> str:
        """As stories write it: "> SYN" from the client, "< SYN-ACK" from the server."""
        return f"{'>' if self.from_client else '<'} {self.segment.name}"


class Wire:
    """The frames between two hosts. Other traffic than TCP is passed on unseen."""

    def __init__(self, middle: Host) -> None:
        with middle.inside():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self._socket.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        time.sleep(STAMPS_BEGIN_SECONDS)

    def close(self) -> None:
        self._socket.close()

    def take(self, timeout: float) -> Frame | None:
        """The next TCP segment in the order of sending; None if none comes within `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while select.select([self._socket], [], [], max(0.0, deadline - time.monotonic()))[0]:
            data, ancillary, _, (interface, *_) = self._socket.recvmsg(LARGEST_FRAME, 64)
            seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
            from_client = interface == TO_CLIENT
            segment = read_segment(data)
            if segment is not None:
                return Frame(seconds * 1_000_000_000 + nanoseconds, from_client, data, segment)
            self._send(data, from_client)
        return None

    def deliver(self, frame: Frame) -> None:
        """Let a frame arrive at the other end, at once."""
        self._send(frame.data, frame.from_client)

    def _send(self, data: bytes, from_client: bool) -> None:
        self._socket.sendto(data, (TO_SERVER if from_client else TO_CLIENT, 0))


@contextmanager
def wire_between(client: Host, server: Host) -> Iterator[Wire]:
    """Join two hosts by a wire. Checksums are filled in; each end knows the other's MAC address already."""
    middle = Host("wire")
    try:
        middle.sysctl("ipv6.conf.default.disable_ipv6", 1)
        for host, interface, other in ((client, TO_CLIENT, server), (server, TO_SERVER, client)):
            middle.ip(f"link add {interface} type veth peer name eth0 address {host.mac} netns {host.path}",
                      f"link set {interface} up")
            set_up_eth0(host)
            fill_in_checksums(host)
            host.ip(*(f"neighbour add {address} lladdr {other.mac} dev eth0 nud permanent"
                      for address in (other.ipv4, other.ipv6)))
        wire = Wire(middle)
        try:
            yield wire
        finally:
            wire.close()
    finally:
        middle.discard()
