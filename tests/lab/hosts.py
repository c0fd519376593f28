"""Network namespaces as hosts: made, joined by virtual Ethernet, and gone with the process that made them.

The namespaces have no name: each lives as long as its file descriptor, so that even a killed program leaves
nothing behind. One thread plays all hosts: a socket belongs to the namespace in which it was opened, and
`Host.inside()` is the door.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import shutil
import socket
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

CLONE_NEWNET = 0x40000000
SIOCETHTOOL, ETHTOOL_STXCSUM = 0x8946, 0x17
# The kernel's own choice on a machine with enough memory; it makes the window scale 7.
RECEIVE_BUFFER = "4096 131072 6291456"
CALLERS_NAMESPACE = "/proc/thread-self/ns/net"

_libc = ctypes.CDLL(None, use_errno=True)


class LabError(Exception):
    """Something the lab cannot do or did not expect, as a sentence for a person."""


def require(*tools: str) -> None:
    """Raise LabError unless this process is root and the tools are installed."""
    if os.geteuid() != 0:
        raise LabError("Network namespaces and captures need root: run this command with sudo.")
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        packages = {"ip": "iproute2", "tcpdump": "tcpdump", "editcap": "wireshark-common"}
        wanted = " ".join(packages[tool] for tool in missing)
        raise LabError(f"Not installed: {', '.join(missing)}. On Debian: apt-get install {wanted}")


@dataclass(slots=True)
class Host:
    """One network namespace, with the addresses it was given (empty for one that only carries frames)."""

    name: str
    ipv4: str = ""
    ipv6: str = ""
    mac: str = ""
    _namespace: int = field(init=False)

    def __post_init__(self) -> None:
        before = os.open(CALLERS_NAMESPACE, os.O_RDONLY)
        try:
            _check(_libc.unshare(CLONE_NEWNET), "A network namespace could not be made")
            self._namespace = os.open(CALLERS_NAMESPACE, os.O_RDONLY)
            _check(_libc.setns(before, CLONE_NEWNET), "The new network namespace could not be left")
        finally:
            os.close(before)
        self.ip("link set lo up")
        self.sysctl("ipv4.tcp_rmem", RECEIVE_BUFFER)

    def discard(self) -> None:
        """Let go of the namespace; the kernel removes it when its last socket is closed."""
        os.close(self._namespace)

    @property
    def path(self) -> str:
        """A path under which child processes can open this namespace."""
        return f"/proc/{os.getpid()}/fd/{self._namespace}"

    @contextmanager
    def inside(self) -> Iterator[None]:
        """What is opened or started in this block belongs to this host."""
        before = os.open(CALLERS_NAMESPACE, os.O_RDONLY)
        _check(_libc.setns(self._namespace, CLONE_NEWNET), f"Host {self.name} could not be entered")
        try:
            yield
        finally:
            _check(_libc.setns(before, CLONE_NEWNET), f"Host {self.name} could not be left")
            os.close(before)

    def ip(self, *commands: str) -> None:
        """Run commands of the `ip` tool in this host; raise LabError if one fails."""
        with self.inside():
            done = subprocess.run(
                ["ip", "-batch", "-"], input="\n".join(commands), text=True, capture_output=True
            )
        if done.returncode != 0:
            raise LabError(f"ip failed in host {self.name}: {done.stderr.strip()}")

    def sysctl(self, name: str, value: object) -> None:
        """Set a network setting of this host, for example ("ipv4.tcp_syn_retries", 2)."""
        with self.inside():
            Path("/proc/sys/net", name.replace(".", "/")).write_text(str(value))

    def tcp_socket(self, family: socket.AddressFamily = socket.AF_INET) -> socket.socket:
        """A blocking TCP socket of this host; its address may be used again at once."""
        with self.inside():
            sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return sock


@contextmanager
def one_host() -> Iterator[Host]:
    """A host with nothing but loopback."""
    host = Host("host", "127.0.0.1", "::1")
    try:
        yield host
    finally:
        host.discard()


@contextmanager
def two_hosts() -> Iterator[tuple[Host, Host]]:
    """Client and server, both with an interface eth0. Whoever calls joins them, by a cable or a wire.

    Addresses are those kept for documentation (RFC 5737, RFC 3849).
    """
    client = Host("client", "192.0.2.10", "2001:db8::10", "02:00:00:00:00:10")
    server = Host("server", "192.0.2.80", "2001:db8::80", "02:00:00:00:00:80")
    try:
        yield client, server
    finally:
        client.discard()
        server.discard()


def join(client: Host, server: Host) -> None:
    """Lay a cable (a veth pair) from eth0 to eth0; each end finds the other's MAC address by asking."""
    client.ip(
        f"link add eth0 address {client.mac} type veth"
        f" peer name eth0 address {server.mac} netns {server.path}"
    )
    set_up_eth0(client)
    set_up_eth0(server)


def set_up_eth0(host: Host) -> None:
    """Give eth0 its addresses and no others, and let it speak only when spoken to."""
    host.sysctl("ipv6.conf.eth0.accept_ra", 0)
    host.ip(
        "link set eth0 addrgenmode none",
        "link set eth0 up",
        f"address add {host.ipv4}/24 dev eth0",
        f"address add {host.ipv6}/64 dev eth0 nodad",
    )


def fill_in_checksums(host: Host) -> None:
    """Turn transmit offloads of eth0 off: frames leave as a network card would send them."""
    value = ctypes.create_string_buffer(struct.pack("II", ETHTOOL_STXCSUM, 0))
    request = struct.pack("16sP16x", b"eth0", ctypes.addressof(value))
    with host.inside(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCETHTOOL, request)


def _check(result: int, failure: str) -> None:
    if result == 0:
        return
    number = ctypes.get_errno()
    hint = " (a container may need --privileged)" if number == errno.EPERM else ""
    raise LabError(f"{failure}: {os.strerror(number)}{hint}.")

