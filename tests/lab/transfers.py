"""Scenarios of what happens to data, and to connections on which nothing is said."""

from __future__ import annotations

import socket

from scenarios import Verdict, scenario
from story import End, Story

OPEN = Verdict("three-way", "none")


@scenario(OPEN)
def data_lost(story: Story) -> None:
    """One segment is lost and sent again."""
    client, server = story.open()
    story.exchange(client, server)
    client.send(100)
    story.lose("> DATA")
    story.carry("> DATA", "< ACK")
    server.read()


@scenario(OPEN)
def data_lost_twice(story: Story) -> None:
    """A segment and its first repetition are lost; the second one arrives after a longer time."""
    client, server = story.open()
    story.exchange(client, server)
    client.send(100)
    story.lose("> DATA", "> DATA")
    story.carry("> DATA", "< ACK")
    server.read()


@scenario(OPEN)
def ack_lost(story: Story) -> None:
    """The ACK is lost: data that arrived is sent again, and the server reports the duplicate (D-SACK)."""
    client, server = story.open()
    story.exchange(client, server)
    client.send(100)
    story.carry("> DATA")
    story.lose("< ACK")
    story.carry("> DATA", "< ACK")
    server.read()


@scenario(OPEN)
def first_of_four_lost(story: Story) -> None:
    """The first of four segments is lost: the SACKs of the others bring it again before the timeout."""
    client, server = story.open()
    story.exchange(client, server)
    client.set(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    for _ in range(4):
        client.send(500)
    story.lose("> DATA")
    story.carry_until_quiet()
    server.read()


@scenario(OPEN)
def out_of_order(story: Story) -> None:
    """Two segments arrive in the wrong order."""
    client, server = story.open()
    story.exchange(client, server)
    client.set(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    client.send(500)
    client.send(500)
    first, second = story.hold("> DATA"), story.hold("> DATA")
    story.deliver(second, first)
    story.carry_until_quiet()
    server.read()


@scenario(OPEN)
def segment_doubled(story: Story) -> None:
    """The network delivers a segment twice."""
    client, server = story.open()
    story.exchange(client, server)
    client.send(500)
    segment = story.hold("> DATA")
    story.deliver(segment, segment)
    story.carry_until_quiet()
    server.read()


@scenario(OPEN)
def data_crosses(story: Story) -> None:
    """Both ends send before they see the other's data."""
    client, server = story.open()
    story.exchange(client, server)
    client.send(100)
    up = story.hold("> DATA")
    server.send(200)
    down = story.hold("< DATA")
    story.deliver(up, down)
    story.carry_until_quiet()
    client.read()
    server.read()


@scenario(OPEN)
def zero_window(story: Story) -> None:
    """The server does not read: its window shuts, the client probes, and the window opens again."""
    listener = story.listener(options=((socket.SOL_SOCKET, socket.SO_RCVBUF, 2304),))
    client = story.caller()
    server = story.open_with(listener, client)
    client.send(2500)
    story.carry_until_quiet(0.6)  # two probes are answered; the third would come later
    while server.read():
        story.carry_until_quiet()


def keep_alive(end: End) -> None:
    """Probe after one second of silence, every second, and give up after two without an answer."""
    end.set(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
    end.set(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
    end.set(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 2)
    end.set(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


@scenario(OPEN)
def keep_alive_answered(story: Story) -> None:
    """Nothing is said; the client asks twice whether the server is still there, and it is."""
    client, server = story.open()
    story.exchange(client, server)
    keep_alive(client)
    story.carry("> ACK", "< ACK")
    story.carry("> ACK", "< ACK")


@scenario(Verdict("three-way", "reset", "client"))
def keep_alive_failure(story: Story) -> None:
    """The client's keep-alives are lost: it gives up with a reset."""
    client, server = story.open()
    story.exchange(client, server)
    keep_alive(client)
    story.lose("> ACK", "> ACK")
    story.carry("> RST-ACK")
    client.read()
    server.read()


@scenario(Verdict("three-way", "reset", "server"))
def keep_alive_to_crashed_server(story: Story) -> None:
    """The server has crashed and come back; the keep-alive finds nobody and draws a reset."""
    client, server = story.open()
    story.exchange(client, server)
    keep_alive(client)
    server.vanish()
    story.carry("> ACK", "< RST")
    client.read()


@scenario(Verdict("three-way", "reset", "server"))
def data_to_crashed_server(story: Story) -> None:
    """The server has crashed and come back; data draws a reset."""
    client, server = story.open()
    story.exchange(client, server)
    server.vanish()
    client.send(100)
    story.carry("> DATA", "< RST")
    client.read()


@scenario(Verdict("three-way", "reset", "client"))
def data_given_up(story: Story) -> None:
    """TCP_USER_TIMEOUT: the client's data is lost until it gives up; the server's next data draws a reset."""
    client, server = story.open()
    story.exchange(client, server)
    client.set(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 500)
    client.send(100)
    story.lose_until_quiet("> DATA", 1.5)
    client.read()
    story.expect("CLOSED", "ESTABLISHED")
    client.close()
    server.send(100)
    story.carry("< DATA", "> RST")


@scenario(OPEN)
def urgent_data(story: Story) -> None:
    """One byte out of band: URG and the urgent pointer."""
    client, server = story.open()
    story.exchange(client, server)
    client.send(1, socket.MSG_OOB)
    story.carry("> DATA", "< ACK")


@scenario(OPEN)
def larger_transfer(story: Story) -> None:
    """30,000 bytes down in full segments, several on their way at once."""
    client, server = story.open()
    client.send(100)
    story.carry("> DATA", "< ACK")
    server.read()
    server.send(30_000)
    story.carry_until_quiet()
    client.read()
