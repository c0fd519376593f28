"""The live lesson captures: short programs with real sockets, recorded by tcpdump."""

from __future__ import annotations

import errno
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from hosts import Host, LabError, join, one_host, two_hosts
from tcpdump import recording
from wire import Wire, wire_between

CLIENT_PORT, SERVER_PORT = 54918, 8080
REQUEST = b"".join(b"request line %02d\n" % number for number in range(1, 17))  # 256 bytes
ANSWER = b"".join(b"answer  line %02d\n" % number for number in range(1, 9))  # 128 bytes
PATIENCE_SECONDS = 5
THINKING_SECONDS = 0.1  # more than the 40 ms for which the kernel may delay an ACK

TCP_ONLY = f"tcp port {SERVER_PORT}"
WITH_ARP = f"arp or {TCP_ONLY}"
WITH_NEIGHBOUR_DISCOVERY = f"(icmp6 and (ip6[40] == 135 or ip6[40] == 136)) or {TCP_ONLY}"

OPENING = "> SYN, < SYN-ACK, > ACK, "
EXCHANGE = "> DATA, < ACK, < DATA, > ACK, "
# The first data is acknowledged at once; later the answer carries the ACK.
LATER_EXCHANGE = "> DATA, < DATA, > ACK, "
FOUR_WAY_CLOSE = "> FIN, < ACK, < FIN, > ACK"


@dataclass(frozen=True, slots=True)
class Lesson:
    """How a capture is recorded, and what it must hold, so that the texts about it stay true."""

    record: Callable[[Path], None]  # plays the lesson and writes a pcap file
    frames: str  # the names of its frames, see segments.py
    comment: str = ""  # of the whole capture; needs pcapng
    frame_comments: dict[int, str] = field(default_factory=dict)


def record_loopback_close(pcap: Path, server_pause: float) -> None:
    with one_host() as host, recording(host, pcap, "lo", TCP_ONLY):
        client, server = open_connection(host, host)
        exchange(client, server)
        client.close()
        read_to_end(server)
        time.sleep(server_pause)
        server.close()


def record_connection_refused(pcap: Path) -> None:
    with two_hosts_on_a_cable() as (client, server), recording(client, pcap, "eth0", WITH_ARP):
        caller = new_caller(client)
        try:
            caller.connect((server.ipv4, SERVER_PORT))
        except ConnectionRefusedError:
            caller.close()
        else:
            raise LabError("The connection was not refused.")


def record_syn_lost(pcap: Path) -> None:
    with (
        two_hosts() as (client, server),
        wire_between(client, server) as wire,
        recording(client, pcap, "eth0", TCP_ONLY),
        new_listener(server) as listener,
        new_caller(client) as caller,
    ):
        caller.setblocking(False)
        if caller.connect_ex((server.ipv4, SERVER_PORT)) != errno.EINPROGRESS:
            raise LabError("connect() did not begin.")
        wire.take(timeout=1)  # the first SYN, which goes no further
        carry_until_quiet(wire, first_within=2)
        answerer, _ = listener.accept()
        caller.sendall(REQUEST)
        carry_until_quiet(wire)
        read(answerer, len(REQUEST))
        answerer.sendall(ANSWER)
        carry_until_quiet(wire)
        read(caller, len(ANSWER))
        caller.close()
        carry_until_quiet(wire)
        answerer.close()
        carry_until_quiet(wire)


def record_reset_by_client(pcap: Path) -> None:
    with two_hosts_on_a_cable() as hosts, recording(hosts[0], pcap, "eth0", TCP_ONLY):
        client, server = open_connection(*hosts)
        exchange(client, server)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        server.close()


def record_half_close(pcap: Path) -> None:
    with two_hosts_on_a_cable() as hosts, recording(hosts[0], pcap, "eth0", TCP_ONLY):
        client, server = open_connection(*hosts)
        client.sendall(REQUEST)
        client.shutdown(socket.SHUT_WR)
        read_to_end(server)
        for _ in range(3):
            time.sleep(THINKING_SECONDS)
            server.sendall(ANSWER)
            read(client, len(ANSWER))
        time.sleep(THINKING_SECONDS)
        server.close()
        read_to_end(client)
        client.close()


def record_ipv6_connection(pcap: Path) -> None:
    with two_hosts_on_a_cable() as hosts, recording(hosts[0], pcap, "eth0", WITH_NEIGHBOUR_DISCOVERY):
        client, server = open_connection(*hosts, ipv6=True)
        exchange(client, server)
        close_four_way(client, server)


def record_any_interface(pcap: Path) -> None:
    with two_hosts_on_a_cable() as hosts, recording(hosts[0], pcap, "any", WITH_ARP):
        client, server = open_connection(*hosts)
        exchange(client, server, answer=ANSWER * 50)
        close_four_way(client, server)


def record_mid_connection(pcap: Path) -> None:
    with two_hosts_on_a_cable() as hosts:
        client, server = open_connection(*hosts)
        exchange(client, server)
        with recording(hosts[0], pcap, "eth0", TCP_ONLY):
            for _ in range(2):
                exchange(client, server)
                time.sleep(THINKING_SECONDS)
            close_four_way(client, server)


LESSONS = {
    "loopback-four-way-close.pcapng": Lesson(
        partial(record_loopback_close, server_pause=2.0),
        OPENING + EXCHANGE + FOUR_WAY_CLOSE,
        "256 bytes up, 128 bytes down; the client closes first, the server waits 2 s before its own close().",
        {9: "The server's kernel acknowledges the FIN. Its program has not called close() yet.",
         10: "Now the program calls close()."},
    ),
    "loopback-three-way-close.pcapng": Lesson(
        partial(record_loopback_close, server_pause=0.0),
        OPENING + EXCHANGE + "> FIN, < FIN, > ACK",
        "256 bytes up, 128 bytes down; the client closes first and the server closes at once.",
        {9: "The server's program called close() before the kernel had sent its ACK: one segment does both."},
    ),
    "connection-refused.pcap": Lesson(record_connection_refused, "ARP, ARP, > SYN, < RST-ACK"),
    "syn-lost-then-answered.pcap": Lesson(
        record_syn_lost, "> SYN, " + OPENING + EXCHANGE + FOUR_WAY_CLOSE
    ),
    "reset-by-client.pcap": Lesson(record_reset_by_client, OPENING + EXCHANGE + "> RST-ACK"),
    "half-close.pcap": Lesson(
        record_half_close,
        OPENING + "> DATA, < ACK, > FIN, < ACK, " + 3 * "< DATA, > ACK, " + "< FIN, > ACK",
    ),
    "ipv6-connection.pcap": Lesson(
        record_ipv6_connection, "ICMPv6, ICMPv6, " + OPENING + EXCHANGE + FOUR_WAY_CLOSE
    ),
    "any-interface.pcap": Lesson(
        record_any_interface, "ARP, ARP, " + OPENING + EXCHANGE + FOUR_WAY_CLOSE
    ),
    "mid-connection.pcap": Lesson(record_mid_connection, 2 * LATER_EXCHANGE + FOUR_WAY_CLOSE),
}


@contextmanager
def two_hosts_on_a_cable() -> Iterator[tuple[Host, Host]]:
    with two_hosts() as (client, server):
        join(client, server)
        yield client, server


def new_caller(host: Host, *, ipv6: bool = False) -> socket.socket:
    """A client's socket, bound to its address and port."""
    caller = host.tcp_socket(socket.AF_INET6 if ipv6 else socket.AF_INET)
    caller.settimeout(PATIENCE_SECONDS)
    caller.bind((host.ipv6 if ipv6 else host.ipv4, CLIENT_PORT))
    return caller


def new_listener(host: Host, *, ipv6: bool = False) -> socket.socket:
    listener = host.tcp_socket(socket.AF_INET6 if ipv6 else socket.AF_INET)
    listener.settimeout(PATIENCE_SECONDS)
    listener.bind((host.ipv6 if ipv6 else host.ipv4, SERVER_PORT))
    listener.listen()
    return listener


def open_connection(
    client: Host, server: Host, *, ipv6: bool = False
) -> tuple[socket.socket, socket.socket]:
    """The two ends of a connection; nobody listens any more."""
    with new_listener(server, ipv6=ipv6) as listener:
        caller = new_caller(client, ipv6=ipv6)
        caller.connect(listener.getsockname()[:2])
        answerer, _ = listener.accept()
    return caller, answerer


def exchange(client: socket.socket, server: socket.socket, answer: bytes = ANSWER) -> None:
    client.sendall(REQUEST)
    read(server, len(REQUEST))
    server.sendall(answer)
    read(client, len(answer))


def close_four_way(client: socket.socket, server: socket.socket) -> None:
    """The client closes; the server lets the kernel's ACK go first."""
    client.close()
    read_to_end(server)
    time.sleep(THINKING_SECONDS)
    server.close()


def read(sock: socket.socket, size: int) -> None:
    while size:
        data = sock.recv(size)
        if not data:
            raise LabError(f"The other end closed with {size} bytes still to come.")
        size -= len(data)


def read_to_end(sock: socket.socket) -> None:
    while sock.recv(65_536):
        pass


def carry_until_quiet(wire: Wire, first_within: float = THINKING_SECONDS) -> None:
    """Carry frames, waiting so long (seconds) for the first, until none comes for a while."""
    frame = wire.take(first_within)
    while frame is not None:
        wire.deliver(frame)
        frame = wire.take(THINKING_SECONDS)
