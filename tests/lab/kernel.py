"""What a host's kernel says about its TCP sockets."""

from __future__ import annotations

import socket
import struct
from ipaddress import ip_address
from pathlib import Path

from hosts import Host
from segments import Address

# The numbers of /proc/net/tcp and their names in RFC 9293. 12 is a connection request, Linux's mini-socket.
STATE_NAMES = {
    1: "ESTABLISHED", 2: "SYN-SENT", 3: "SYN-RECEIVED", 4: "FIN-WAIT-1", 5: "FIN-WAIT-2", 6: "TIME-WAIT",
    7: "CLOSED", 8: "CLOSE-WAIT", 9: "LAST-ACK", 10: "LISTEN", 11: "CLOSING", 12: "SYN-RECEIVED",
}  # fmt: skip

# struct tcp_info of linux/tcp.h up to tcpi_bytes_received: 8 bytes, 24 words, 4 double words.
TCP_INFO_LAYOUT = struct.Struct("8B24I4Q")
TCPI_OPTIONS = {1: "timestamps", 2: "sack", 4: "window_scale", 8: "ecn", 32: "syn_data"}


def connection_state(host: Host, local: Address, remote: Address) -> str:
    """The state of one end of a connection, by its RFC 9293 name.

    Without a socket of its own, the end is LISTEN if a socket listens on its port, else CLOSED.
    """
    listening = False
    found: list[str] = []
    table = "tcp6" if ":" in local[0] else "tcp"
    with host.inside():
        lines = Path("/proc/thread-self/net", table).read_text().splitlines()[1:]
    for line in lines:
        _, here, there, number, *_ = line.split()
        name = STATE_NAMES[int(number, 16)]
        if name == "LISTEN":
            listening = listening or _read_address(here)[1] == local[1]
        elif _read_address(here) == local and _read_address(there) == remote:
            found.append(name)
    # A new connection on the addresses of one in TIME-WAIT stands beside it.
    found.sort(key="TIME-WAIT".__eq__)
    return found[0] if found else "LISTEN" if listening else "CLOSED"


def _read_address(text: str) -> Address:
    """Parse "0A0200C0:1F90": 32-bit words in the machine's byte order, then the port."""
    words, port = text.split(":")
    raw = bytes.fromhex(words)
    in_order = b"".join(raw[at : at + 4][::-1] for at in range(0, len(raw), 4))
    return str(ip_address(in_order)), int(port, 16)


def tcp_info(sock: socket.socket) -> dict[str, object]:
    """What TCP_INFO says about the agreements and the history of a connection."""
    raw = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_LAYOUT.size)
    values = TCP_INFO_LAYOUT.unpack(raw.ljust(TCP_INFO_LAYOUT.size, b"\0"))
    options, window_scales = values[5], values[6]
    words, (_, _, bytes_acked, bytes_received) = values[8:32], values[32:]
    return {
        "options": [name for bit, name in TCPI_OPTIONS.items() if options & bit],
        "send_window_shift": window_scales & 0xF,
        "receive_window_shift": window_scales >> 4,
        "send_mss": words[2],
        "advertised_mss": words[19],
        "retransmitted_segments": words[23],
        "bytes_acked": bytes_acked,
        "bytes_received": bytes_received,
    }
