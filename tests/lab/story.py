"""A scenario while it is played: sockets on both hosts, frames carried one by one, and a record of the truth.

One thread plays everything: applications, whose sockets never block, and the wire. So the order of events is the
order of the lines in the scenario. After every call and every frame both kernels are asked for their states.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any, Literal

from hosts import Host, LabError, two_hosts
from kernel import connection_state, tcp_info
from segments import Address
from wire import Frame, Wire, wire_between

Side = Literal["client", "server"]
States = dict[str, str]  # "client" and "server": a state by its RFC 9293 name
Pair = tuple[Address, Address]  # the client's address and port, the server's

CLIENT_PORT, SERVER_PORT = 50001, 8080
SETTLED_SECONDS = 0.001  # the kernels have settled when two samples this far apart are equal
PATIENCE_SECONDS = 3.0
QUIET_SECONDS = 0.3  # longer than a delayed ACK and the shortest retransmission timeout
LARGEST_READ = 1_000_000
TCP_REPAIR = 19
LINGER_NOT_AT_ALL = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Taken:
    """A frame in the hands of the story: recorded, not yet arrived."""

    frame: Frame
    connection: int
    entry: dict[str, Any]


class Story:
    """Two hosts, the wire between them, and what has happened so far."""

    def __init__(self, client: Host, server: Host, wire: Wire, *, ipv6: bool) -> None:
        self.hosts: dict[Side, Host] = {"client": client, "server": server}
        self._wire = wire
        self._ipv6 = ipv6
        self._ends: list[End] = []
        self._taken: list[Taken] = []
        self._calls: list[dict[str, Any]] = []
        self._connections: list[Pair] = []
        self._tcp_info: dict[tuple[int, Side], dict[str, object]] = {}

    # The applications

    def address(self, side: Side, port: int) -> Address:
        host = self.hosts[side]
        return (host.ipv6 if self._ipv6 else host.ipv4), port

    def socket(self, side: Side, port: int) -> End:
        """A socket that is bound to the host's address and a port."""
        family = socket.AF_INET6 if self._ipv6 else socket.AF_INET
        end = End(self, side, self.hosts[side].tcp_socket(family))
        end.socket.bind(self.address(side, port))
        self.adopt(end)
        return end

    def adopt(self, end: End) -> None:
        """Count a socket among those of the story."""
        self._ends.append(end)

    def drop_sockets(self) -> None:
        """Close what is still open when all is over; nobody watches any more."""
        for end in self._ends:
            end.socket.close()

    def caller(self, port: int = CLIENT_PORT) -> End:
        return self.socket("client", port)

    def listener(self, backlog: int = 8, options: tuple[tuple[int, int, int], ...] = ()) -> End:
        end = self.socket("server", SERVER_PORT)
        for option in options:
            end.socket.setsockopt(*option)
        end.listen(backlog)
        return end

    def open(self) -> tuple[End, End]:
        """A connection opened in three packets. Nobody listens any more, so that a dead server end is CLOSED."""
        listener, client = self.listener(), self.caller()
        return client, self.open_with(listener, client)

    def open_with(self, listener: End, client: End) -> End:
        client.connect()
        self.carry("> SYN", "< SYN-ACK", "> ACK")
        server = listener.accept()
        listener.close()
        return server

    def exchange(self, client: End, server: End, size: int = 100) -> None:
        """A request and an answer, each acknowledged before the next call."""
        for sender, receiver, names in ((client, server, ("> DATA", "< ACK")), (server, client, ("< DATA", "> ACK"))):
            sender.send(size)
            self.carry(*names)
            receiver.read()

    # The wire

    def hold(self, name: str, within: float = PATIENCE_SECONDS) -> Taken:
        """Take the next frame, which must have this name, and keep it."""
        frame = self._wire.take(within)
        number = len(self._taken) + 1
        if frame is None:
            raise LabError(f"No frame {number} ({name}) came within {within} s.")
        if frame.name != name:
            raise LabError(f"Frame {number} is {frame.name}, the story wants {name}.")
        source, destination = frame.segment.source, frame.segment.destination
        pair = (source, destination) if frame.from_client else (destination, source)
        connection = self.connection(pair)
        entry: dict[str, Any] = {
            "frame": number,
            "time_ns": frame.time_ns,
            "from": "client" if frame.from_client else "server",
            "segment": frame.segment.name,
            "connection": connection,
            "sent": self._settled_states(connection),
            "arrivals": [],
        }
        taken = Taken(frame, connection, entry)
        self._taken.append(taken)
        return taken

    def deliver(self, *frames: Taken) -> None:
        """Let frames arrive, in this order. A frame that was delivered before arrives a second time."""
        for taken in frames:
            self._wire.deliver(taken.frame)
            states = self._settled_states(taken.connection)
            taken.entry["arrivals"].append({"after_frame": len(self._taken), **states})

    def carry(self, *names: str, within: float = PATIENCE_SECONDS) -> None:
        """The next frames, with these names, arrive as they are sent."""
        for name in names:
            self.deliver(self.hold(name, within))

    def lose(self, *names: str, within: float = PATIENCE_SECONDS) -> None:
        """The next frames, with these names, do not arrive."""
        for name in names:
            self.hold(name, within)

    def carry_until_quiet(self, quiet: float = QUIET_SECONDS) -> None:
        """Carry whatever comes until nothing comes for so many seconds."""
        while (frame := self._wire.peek(quiet)) is not None:
            self.carry(frame.name)

    def lose_until_quiet(self, name: str, quiet: float) -> None:
        """Lose all frames, which must have this name, until nothing comes for so many seconds."""
        while self._wire.peek(quiet) is not None:
            self.lose(name)

    def wait(self, seconds: float) -> None:
        """Nothing is sent for so many seconds; what the kernels do silently is recorded."""
        frame = self._wire.peek(seconds)
        if frame is not None:
            raise LabError(f"{frame.name} came in a silence of {seconds} s.")
        for connection in range(len(self._connections)):
            self.note(None, f"wait({seconds:g})", connection)

    # The record

    def note(self, side: Side | None, call: str, connection: int | None) -> None:
        """Record that a call was made, and the states after it."""
        time_ns = time.time_ns()
        states = {} if connection is None else self._settled_states(connection)
        self._calls.append({
            "after_frame": len(self._taken), "time_ns": time_ns, "end": side, "call": call,
            "connection": connection, **states,
        })

    def note_tcp_info(self, end: End) -> None:
        """Record TCP_INFO of the end of a connection, while it still can be asked."""
        if end.connection is not None:
            self._tcp_info[end.connection, end.side] = tcp_info(end.socket)

    def frames(self) -> list[tuple[int, bytes]]:
        """The capture: time in nanoseconds since 1970 and bytes of every frame that was on the wire."""
        return [(taken.frame.time_ns, taken.frame.data) for taken in self._taken]

    def truth(self) -> dict[str, Any]:
        """What happened, as tests/lab/README.md describes it."""
        left = self._wire.peek(0)
        if left is not None:
            raise LabError(f"The story is over and {left.name} is still on the wire.")
        for end in self._ends:
            if end.socket.fileno() >= 0:
                self.note_tcp_info(end)
        for taken in self._taken:
            arrivals, sent = taken.entry["arrivals"], taken.entry["sent"]
            last = arrivals[-1] if arrivals else sent
            taken.entry.update(client=last["client"], server=last["server"])
        return {
            "kernel": "Linux " + ".".join(os.uname().release.split(".")[:2]),
            "connections": [self._describe(number) for number in range(len(self._connections))],
            "frames": [taken.entry for taken in self._taken],
            "calls": self._calls,
        }

    def _describe(self, connection: int) -> dict[str, Any]:
        client, server = ({"addr": address, "port": port} for address, port in self._connections[connection])
        info = {side: self._tcp_info.get((connection, side)) for side in self.hosts}
        return {"client": client, "server": server, "tcp_info": info}

    def begin_connection(self, pair: Pair) -> int:
        """From now on the packets between these two addresses and ports belong to a new connection."""
        self._connections.append(pair)
        return len(self._connections) - 1

    def connection(self, pair: Pair) -> int:
        """The number of the latest connection between two addresses and ports."""
        if pair not in self._connections:
            return self.begin_connection(pair)
        return len(self._connections) - 1 - self._connections[::-1].index(pair)

    def _settled_states(self, connection: int) -> States:
        before = self._states(connection)
        while True:
            time.sleep(SETTLED_SECONDS)
            now = self._states(connection)
            if now == before:
                return now
            before = now

    def _states(self, connection: int) -> States:
        client, server = self._connections[connection]
        return {
            "client": connection_state(self.hosts["client"], client, server),
            "server": connection_state(self.hosts["server"], server, client),
        }


class End:
    """A socket of the client's or the server's application; every call is noted in the story."""

    def __init__(self, story: Story, side: Side, sock: socket.socket, connection: int | None = None) -> None:
        self.side: Side = side
        self.socket = sock
        self.connection = connection  # its number in the story; None until connect() or accept()
        self._story = story
        sock.setblocking(False)

    def listen(self, backlog: int) -> None:
        self.socket.listen(backlog)
        self._note(f"listen({backlog})")

    def accept(self) -> End:
        sock, peer = self.socket.accept()
        end = End(self._story, self.side, sock, self._story.connection((peer[:2], sock.getsockname()[:2])))
        self._story.adopt(end)
        end._note("accept()")
        return end

    def connect(self) -> None:
        number = self.socket.connect_ex(self._begin())
        if number != errno.EINPROGRESS:
            raise LabError(f"connect() did not begin: {os.strerror(number)}.")
        self._note("connect()")

    def connect_with_data(self, size: int) -> None:
        """Fast open: sendto() with MSG_FASTOPEN. Without a cookie the data is not taken."""
        try:
            taken = self.socket.sendto(payload(size), socket.MSG_FASTOPEN, self._begin())
        except BlockingIOError:
            taken = 0
        self._note(f"sendto({size}, MSG_FASTOPEN) = {taken}")

    def send(self, size: int, flags: int = 0) -> None:
        taken = self.socket.send(payload(size), flags)
        more = ", MSG_MORE" if flags & socket.MSG_MORE else ""
        self._note(f"send({size}{more})" + (f" = {taken}" if taken != size else ""))

    def read(self, size: int = LARGEST_READ) -> int:
        """Read what is there: data, the end, an error, or nothing. The number of bytes is returned."""
        data = b""
        try:
            data = self.socket.recv(size)
            outcome = f"{len(data)} bytes" if data else "end"
        except BlockingIOError:
            outcome = "nothing yet"
        except OSError as error:
            outcome = os.strerror(error.errno or 0)
        self._note(f"recv() = {outcome}")
        return len(data)

    def shut_down(self) -> None:
        """Finish sending, go on reading."""
        self.socket.shutdown(socket.SHUT_WR)
        self._note("shutdown(SHUT_WR)")

    def close(self) -> None:
        self._story.note_tcp_info(self)
        self.socket.close()
        self._note("close()")

    def abort(self) -> None:
        """close() with SO_LINGER 0: reset instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT_AT_ALL)
        self._story.note_tcp_info(self)
        self.socket.close()
        self._note("close() with SO_LINGER 0")

    def vanish(self) -> None:
        """The socket is gone without a word, as after a crash of the machine."""
        self.socket.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        self.socket.close()
        self._note("crash")

    def set(self, level: int, option: int, value: int) -> None:
        self.socket.setsockopt(level, option, value)

    def _begin(self) -> Address:
        """Begin a connection to the other host's usual port, whose address is returned.

        A server that calls takes part in the connection that the client has begun.
        """
        here = self.socket.getsockname()[:2]
        if self.side == "client":
            there = self._story.address("server", SERVER_PORT)
            self.connection = self._story.begin_connection((here, there))
        else:
            there = self._story.address("client", CLIENT_PORT)
            self.connection = self._story.connection((there, here))
        return there

    def _note(self, call: str) -> None:
        self._story.note(self.side, call, self.connection)


def payload(size: int) -> bytes:
    return (ascii_lowercase.encode() * (size // 26 + 1))[:size]


@contextmanager
def story(*, ipv6: bool = False) -> Iterator[Story]:
    """Two new hosts joined by a wire, for one scenario."""
    with two_hosts() as (client, server), wire_between(client, server) as wire:
        told = Story(client, server, wire, ipv6=ipv6)
        try:
            yield told
        finally:
            told.drop_sockets()
