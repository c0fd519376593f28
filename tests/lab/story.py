"""A scenario while it is played: sockets on both hosts, frames carried one by one, and a record of it all.

One thread plays everything: applications, whose sockets never block, and the wire. So the order of events is
the order of the lines in the scenario. After every call, when a frame is seen on the wire, and when it has
arrived, both kernels are asked for their states.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from string import ascii_lowercase

from hosts import Host, LabError, two_hosts
from kernel import connection_state, tcp_info
from record import Arrival, Call, Record, Side, States, Taken
from segments import Address
from wire import Frame, Wire, wire_between

CLIENT_PORT, SERVER_PORT = 50001, 8080
SETTLED_SECONDS = 0.001  # the kernels have settled when two samples this far apart are equal
PATIENCE_SECONDS = 3.0
QUIET_SECONDS = 0.3  # longer than a delayed ACK and the shortest retransmission timeout
LARGEST_READ = 1_000_000
TCP_REPAIR = 19
LINGER_NOT_AT_ALL = struct.pack("ii", 1, 0)


@contextmanager
def story(*, ipv6: bool = False) -> Iterator[Story]:
    """Two new hosts joined by a wire, for one scenario."""
    with two_hosts() as (client, server), wire_between(client, server) as wire:
        told = Story(client, server, wire, ipv6=ipv6)
        try:
            yield told
        finally:
            told.drop_sockets()


class Story:
    """Two hosts, the wire between them, and what has happened so far."""

    def __init__(self, client: Host, server: Host, wire: Wire, *, ipv6: bool) -> None:
        self.hosts: dict[Side, Host] = {"client": client, "server": server}
        self.record = Record()
        self._wire = wire
        self._ipv6 = ipv6
        self._ends: list[End] = []
        self._waiting: deque[Taken] = deque()  # seen on the wire, and not yet taken by the story

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
        """A connection opened in three packets. Nobody listens any more: a dead server end is CLOSED."""
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
        client.send(size)
        self.carry("> DATA", "< ACK")
        server.read()
        server.send(size)
        self.carry("< DATA", "> ACK")
        client.read()

    # The wire

    def hold(self, name: str, within: float = PATIENCE_SECONDS) -> Taken:
        """Take the next frame, which must have this name, and keep it."""
        taken = self._next(within)
        number = len(self.record.taken) - len(self._waiting) + 1
        if taken is None:
            raise LabError(f"No frame {number} ({name}) came within {within} s.")
        if taken.frame.name != name:
            raise LabError(f"Frame {number} is {taken.frame.name}, the story wants {name}.")
        return self._waiting.popleft()

    def deliver(self, *frames: Taken) -> None:
        """Let frames arrive, in this order. A frame that was delivered before arrives a second time."""
        for taken in frames:
            time_ns = time.time_ns()
            self._wire.deliver(taken.frame)
            taken.arrivals.append(Arrival(time_ns, self._settled_states(taken.connection)))
            self._see_what_was_sent()

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
        while (taken := self._next(quiet)) is not None:
            self.carry(taken.frame.name)

    def lose_until_quiet(self, name: str, quiet: float) -> None:
        """Lose all frames, which must have this name, until nothing comes for so many seconds."""
        while self._next(quiet) is not None:
            self.lose(name)

    def wait(self, seconds: float) -> None:
        """Nothing is sent for so many seconds; what the kernels do silently is recorded."""
        taken = self._next(seconds)
        if taken is not None:
            raise LabError(f"{taken.frame.name} came in a silence of {seconds} s.")
        for connection in range(len(self.record.connections)):
            self.note(time.time_ns(), None, f"wait({seconds:g})", connection)

    def expect(self, client: str, server: str) -> None:
        """The point of a story that ends in silence: the states of its first connection now."""
        states = self._settled_states(0)
        if states != {"client": client, "server": server}:
            raise LabError(f"Client {states['client']}, server {states['server']}: not what the story tells.")

    def end(self) -> Record:
        """The whole record. Nothing may be left on the wire."""
        left = self._next(0)
        if left is not None:
            raise LabError(f"The story is over and {left.frame.name} is still on the wire.")
        for end in self._ends:
            if end.socket.fileno() >= 0:
                end.note_tcp_info()
        return self.record

    # The record

    def note(self, time_ns: int, side: Side | None, call: str, connection: int | None) -> None:
        """Record a call that was made, and the states after it."""
        states = None if connection is None else self._settled_states(connection)
        self.record.calls.append(Call(time_ns, side, call, connection, states))
        self._see_what_was_sent()

    def _next(self, within: float) -> Taken | None:
        """The next frame on the wire, which stays there; None if none comes within so many seconds."""
        if not self._waiting:
            frame = self._wire.take(within)
            if frame is not None:
                self._see(frame)
        return self._waiting[0] if self._waiting else None

    def _see_what_was_sent(self) -> None:
        while (frame := self._wire.take(0)) is not None:
            self._see(frame)

    def _see(self, frame: Frame) -> None:
        """Record a frame that has come into the wire, and the states now, before it can arrive."""
        source, destination = frame.segment.source, frame.segment.destination
        pair = (source, destination) if frame.from_client else (destination, source)
        connection = self.record.connection(pair)
        taken = Taken(frame, connection, self._settled_states(connection))
        self.record.taken.append(taken)
        self._waiting.append(taken)

    def _settled_states(self, connection: int) -> States:
        before = self._states(connection)
        while True:
            time.sleep(SETTLED_SECONDS)
            now = self._states(connection)
            if now == before:
                return now
            before = now

    def _states(self, connection: int) -> States:
        client, server = self.record.connections[connection]
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
        with self._call(f"listen({backlog})"):
            self.socket.listen(backlog)

    def accept(self) -> End:
        now = time.time_ns()
        sock, peer = self.socket.accept()
        connection = self._story.record.connection((peer[:2], sock.getsockname()[:2]))
        end = End(self._story, self.side, sock, connection)
        self._story.adopt(end)
        self._story.note(now, self.side, "accept()", connection)
        return end

    def connect(self) -> None:
        with self._call("connect()"):
            number = self.socket.connect_ex(self._begin())
            if number != errno.EINPROGRESS:
                raise LabError(f"connect() did not begin: {os.strerror(number)}.")

    def connect_with_data(self, size: int) -> None:
        """Fast open: sendto() with MSG_FASTOPEN. Without a cookie the data is not taken."""
        with self._call(f"sendto({size}, MSG_FASTOPEN)") as call:
            try:
                taken = self.socket.sendto(payload(size), socket.MSG_FASTOPEN, self._begin())
            except BlockingIOError:
                taken = 0
            call.came_to(f"{taken} bytes")

    def send(self, size: int, flags: int = 0) -> None:
        flag_names = {0: "", socket.MSG_MORE: ", MSG_MORE", socket.MSG_OOB: ", MSG_OOB"}
        with self._call(f"send({size}{flag_names[flags]})") as call:
            taken = self.socket.send(payload(size), flags)
            if taken != size:
                call.came_to(f"{taken} bytes")

    def read(self) -> int:
        """Read what is there: data, the end, an error, or nothing. The number of bytes is returned."""
        data = b""
        with self._call("recv()") as call:
            try:
                data = self.socket.recv(LARGEST_READ)
                call.came_to(f"{len(data)} bytes" if data else "end")
            except BlockingIOError:
                call.came_to("nothing yet")
            except OSError as error:
                call.came_to(os.strerror(error.errno or 0))
        return len(data)

    def shut_down(self) -> None:
        """Finish sending, go on reading."""
        with self._call("shutdown(SHUT_WR)"):
            self.socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self.note_tcp_info()
        with self._call("close()"):
            self.socket.close()

    def abort(self) -> None:
        """close() with SO_LINGER 0: reset instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT_AT_ALL)
        self.note_tcp_info()
        with self._call("close() with SO_LINGER 0"):
            self.socket.close()

    def vanish(self) -> None:
        """The socket is gone without a word, as after a crash of the machine."""
        self.socket.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        with self._call("crash"):
            self.socket.close()

    def set(self, level: int, option: int, value: int = 1) -> None:
        self.socket.setsockopt(level, option, value)

    def note_tcp_info(self) -> None:
        """Record TCP_INFO of the end of a connection, while it still can be asked."""
        if self.connection is not None:
            self._story.record.tcp_info[self.connection, self.side] = tcp_info(self.socket)

    def _begin(self) -> Address:
        """Begin a connection to the other host's usual port, whose address is returned.

        A server that calls takes part in the connection that the client has begun.
        """
        here = self.socket.getsockname()[:2]
        if self.side == "client":
            there = self._story.address("server", SERVER_PORT)
            self.connection = self._story.record.begin_connection((here, there))
        else:
            there = self._story.address("client", CLIENT_PORT)
            self.connection = self._story.record.connection((there, here))
        return there

    @contextmanager
    def _call(self, text: str) -> Iterator[_CallText]:
        """Note the call that is made in this block, with the time of its beginning."""
        now, call = time.time_ns(), _CallText(text)
        yield call
        self._story.note(now, self.side, call.text, self.connection)


@dataclass(slots=True)
class _CallText:
    text: str

    def came_to(self, outcome: str) -> None:
        self.text += f" = {outcome}"


def payload(size: int) -> bytes:
    """Lines of text."""
    line = ascii_lowercase[:-1].encode() + b"\n"
    return (line * (size // len(line) + 1))[:size]
