"""Scenarios of the beginning of a connection."""

from __future__ import annotations

import socket

from record import Taken
from scenarios import Verdict, scenario
from story import End, Story

OPEN = Verdict("three-way", "none")
CLOSED = Verdict("three-way", "four-way", "client")


def close(story: Story, client: End, server: End) -> None:
    client.close()
    story.carry("> FIN", "< ACK")
    server.close()
    story.carry("< FIN", "> ACK")


@scenario(CLOSED, ipv6=True)
def ipv6(story: Story) -> None:
    """A whole connection over IPv6."""
    client, server = story.open()
    story.exchange(client, server)
    close(story, client, server)


@scenario(CLOSED)
def ecn(story: Story) -> None:
    """Both ends agree on explicit congestion notification: ECE and CWR in the SYN, ECE in the SYN-ACK."""
    for host in story.hosts.values():
        host.sysctl("ipv4.tcp_ecn", 1)
    client, server = story.open()
    story.exchange(client, server)
    close(story, client, server)


@scenario(Verdict("refused", "none"))
def refused(story: Story) -> None:
    """Nobody listens."""
    client = story.caller()
    client.connect()
    story.carry("> SYN", "< RST-ACK")
    client.read()


@scenario(Verdict("unanswered", "none"))
def unanswered(story: Story) -> None:
    """Every SYN is lost; connect() gives up without a word."""
    story.hosts["client"].sysctl("ipv4.tcp_syn_retries", 2)
    story.listener()
    client = story.caller()
    client.connect()
    story.lose_until_quiet("> SYN", 5)
    client.read()
    story.expect("CLOSED", "LISTEN")


@scenario(Verdict("unanswered", "none"))
def unanswered_doubling(story: Story) -> None:
    """The same without linear timeouts: the client waits 1, 2 and 4 seconds."""
    client_host = story.hosts["client"]
    client_host.sysctl("ipv4.tcp_syn_linear_timeouts", 0)
    client_host.sysctl("ipv4.tcp_syn_retries", 3)
    story.listener()
    client = story.caller()
    client.connect()
    story.lose_until_quiet("> SYN", 10)
    client.read()
    story.expect("CLOSED", "LISTEN")


@scenario(CLOSED)
def syn_lost(story: Story) -> None:
    """The first SYN is lost, the second is answered."""
    listener, client = story.listener(), story.caller()
    client.connect()
    story.lose("> SYN")
    story.carry("> SYN", "< SYN-ACK", "> ACK")
    server = listener.accept()
    listener.close()
    story.exchange(client, server)
    close(story, client, server)


@scenario(OPEN)
def syn_ack_lost(story: Story) -> None:
    """The SYN-ACK is lost; both ends repeat at about the same moment, and SYN and SYN-ACK cross."""
    listener, client = story.listener(), story.caller()
    client.connect()
    story.carry("> SYN")
    story.lose("< SYN-ACK")
    story.carry_until_quiet(1.2)
    listener.accept()


@scenario(Verdict("incomplete", "none"))
def syn_acks_lost_until_given_up(story: Story) -> None:
    """All SYN-ACKs are lost and the client goes away: the server repeats, then forgets without a word."""
    story.hosts["server"].sysctl("ipv4.tcp_synack_retries", 1)
    listener, client = story.listener(), story.caller()
    client.connect()
    story.carry("> SYN")
    client.close()
    story.lose("< SYN-ACK", "< SYN-ACK")
    story.wait(3)
    story.expect("CLOSED", "LISTEN")
    listener.close()


@scenario(OPEN)
def third_ack_lost_client_speaks(story: Story) -> None:
    """The third ACK is lost; the client's first data brings it."""
    listener, client = story.listener(), story.caller()
    client.connect()
    story.carry("> SYN", "< SYN-ACK")
    story.lose("> ACK")
    client.send(100)
    story.carry("> DATA", "< ACK")
    listener.accept().read()


@scenario(OPEN)
def third_ack_lost_server_repeats(story: Story) -> None:
    """The third ACK is lost; the server repeats its SYN-ACK and gets another ACK."""
    listener, client = story.listener(), story.caller()
    client.connect()
    story.carry("> SYN", "< SYN-ACK")
    story.lose("> ACK")
    story.carry("< SYN-ACK", "> ACK")
    listener.accept()


@scenario(Verdict("simultaneous", "none"))
def simultaneous_open(story: Story) -> None:
    """Both ends call connect() before they see the other's SYN; nobody listens."""
    client, server = story.caller(), story.socket("server", 8080)
    client.connect()
    first = story.hold("> SYN")
    server.connect()
    second = story.hold("< SYN")
    story.deliver(first, second)
    story.carry("< SYN-ACK", "> SYN-ACK")
    story.carry_until_quiet()
    story.exchange(client, server)


@scenario(OPEN)
def syn_doubled(story: Story) -> None:
    """The network delivers the SYN twice; the server answers twice."""
    listener, client = story.listener(), story.caller()
    client.connect()
    syn = story.hold("> SYN")
    story.deliver(syn, syn)
    story.carry("< SYN-ACK")
    story.carry_until_quiet()
    listener.accept()


@scenario(Verdict("unanswered", "none"), OPEN)
def old_duplicate_syn(story: Story) -> None:
    """An old SYN arrives first and its answer is reset, then the real one (RFC 9293 figure 8)."""
    listener, earlier = story.listener(), story.caller()
    earlier.connect()
    old = story.hold("> SYN")
    earlier.close()
    client = story.caller()
    client.connect()
    syn = story.hold("> SYN")
    story.deliver(old)
    story.carry("< SYN-ACK", "> RST")
    story.deliver(syn)
    story.carry_until_quiet()
    listener.accept()


@scenario(OPEN, OPEN)
def half_open_discovery(story: Story) -> None:
    """The client crashes and calls again; the server believes in the old connection (RFC 9293 figure 10)."""
    listener, crashed = story.listener(), story.caller()
    crashed.connect()
    story.carry("> SYN", "< SYN-ACK", "> ACK")
    listener.accept()
    crashed.vanish()
    client = story.caller()
    client.connect()
    story.carry("> SYN", "< ACK", "> RST")
    story.carry("> SYN", "< SYN-ACK", "> ACK")
    listener.accept()


@scenario(Verdict("incomplete", "reset", "client"))
def close_in_syn_sent(story: Story) -> None:
    """The client closes while it waits: silently. The SYN-ACK that comes later draws a reset."""
    story.listener()
    client = story.caller()
    client.connect()
    story.carry("> SYN")
    answer = story.hold("< SYN-ACK")
    client.close()
    story.deliver(answer)
    story.carry("> RST")


@scenario(Verdict("three-way", "reset", "client"))
def abort_before_accept(story: Story) -> None:
    """The client aborts before the server's application has called accept()."""
    listener, client = story.listener(), story.caller()
    client.connect()
    story.carry("> SYN", "< SYN-ACK", "> ACK")
    client.abort()
    story.carry("> RST-ACK")
    listener.accept().read()


@scenario(Verdict("three-way", "reset", "server"))
def listener_closed_before_accept(story: Story) -> None:
    """Nobody calls accept() and the listener is closed: the connection, opened by the kernel, is reset."""
    listener, client = story.listener(), story.caller()
    client.connect()
    story.carry("> SYN", "< SYN-ACK", "> ACK")
    client.send(100)
    story.carry("> DATA", "< ACK")
    listener.close()
    story.carry("< RST-ACK")
    client.read()


@scenario(Verdict("three-way", "reset", "server"))
def listener_closed_before_third_ack(story: Story) -> None:
    """The listener is closed in SYN-RECEIVED: the third ACK finds nobody and draws a reset."""
    listener, client = story.listener(), story.caller()
    client.connect()
    story.carry("> SYN", "< SYN-ACK")
    third = story.hold("> ACK")
    listener.close()
    story.deliver(third)
    story.carry("< RST")
    client.read()


@scenario(OPEN)
def defer_accept(story: Story) -> None:
    """TCP_DEFER_ACCEPT: the third ACK is ignored, the server stays in SYN-RECEIVED until data comes."""
    listener = story.listener(options=((socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 5),))
    client = story.caller()
    client.connect()
    story.carry("> SYN", "< SYN-ACK", "> ACK")
    client.send(100)
    story.carry("> DATA", "< ACK")
    listener.accept().read()


@scenario(OPEN)
def defer_accept_without_data(story: Story) -> None:
    """TCP_DEFER_ACCEPT and no data: the server repeats its SYN-ACK, and takes the ACK of that."""
    listener = story.listener(options=((socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 1),))
    client = story.caller()
    client.connect()
    story.carry("> SYN", "< SYN-ACK", "> ACK")
    story.carry("< SYN-ACK", "> ACK")
    listener.accept()


def fill_accept_queue(story: Story) -> tuple[Taken, End]:
    """Two connections fill the queue while a third is opening: the ACK of that one, and the listener."""
    listener = story.listener(backlog=1)
    first, second, third = (story.caller(port) for port in (50001, 50002, 50003))
    first.connect()
    story.carry("> SYN", "< SYN-ACK", "> ACK")
    second.connect()
    story.carry("> SYN", "< SYN-ACK")
    second_ack = story.hold("> ACK")
    third.connect()
    story.carry("> SYN", "< SYN-ACK")
    third_ack = story.hold("> ACK")
    story.deliver(second_ack)
    return third_ack, listener


@scenario(OPEN, OPEN, OPEN)
def accept_queue_full(story: Story) -> None:
    """Nobody calls accept() and the queue holds two: the third ACK is ignored, its SYN-ACK repeated."""
    third_ack, listener = fill_accept_queue(story)
    story.deliver(third_ack)
    story.carry("< SYN-ACK", "> ACK")
    listener.accept()
    story.carry("< SYN-ACK", "> ACK")


@scenario(OPEN, Verdict("three-way", "none"))
def syn_dropped_by_full_queue(story: Story) -> None:
    """The accept queue is full: the kernel drops the next SYN, until there is room."""
    listener = story.listener(backlog=0)
    first, second = story.caller(50001), story.caller(50002)
    first.connect()
    story.carry("> SYN", "< SYN-ACK", "> ACK")
    second.connect()
    story.carry("> SYN")
    story.carry("> SYN")
    listener.accept()
    story.carry("> SYN", "< SYN-ACK", "> ACK")
    listener.accept()


@scenario(OPEN, OPEN, Verdict("three-way", "reset", "server"))
def accept_queue_full_reset(story: Story) -> None:
    """The queue is full and tcp_abort_on_overflow is set: the third ACK is answered by a reset."""
    story.hosts["server"].sysctl("ipv4.tcp_abort_on_overflow", 1)
    third_ack, _ = fill_accept_queue(story)
    story.deliver(third_ack)
    story.carry("< RST")


@scenario(OPEN, OPEN)
def syn_cookies(story: Story) -> None:
    """A second SYN while the first waits without room: the kernel answers with a cookie, keeps nothing."""
    listener = story.listener(backlog=0)
    first, second = story.caller(50001), story.caller(50002)
    first.connect()
    story.carry("> SYN", "< SYN-ACK")
    first_ack = story.hold("> ACK")
    second.connect()
    story.carry("> SYN", "< SYN-ACK", "> ACK")
    listener.accept()
    story.deliver(first_ack)
    listener.accept()


def allow_fast_open(story: Story) -> End:
    for host in story.hosts.values():
        host.sysctl("ipv4.tcp_fastopen", 3)
    return story.listener(options=((socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 5),))


@scenario(OPEN)
def fast_open_cookie_asked(story: Story) -> None:
    """The first fast open asks for a cookie and carries no data: a plain three-way opening."""
    listener, client = allow_fast_open(story), story.caller()
    client.connect_with_data(100)
    story.carry("> SYN", "< SYN-ACK", "> ACK")
    client.send(100)
    story.carry("> DATA", "< ACK")
    listener.accept().read()


@scenario(CLOSED, Verdict("fast-open", "none"))
def fast_open_with_cookie(story: Story) -> None:
    """The SYN carries cookie and data, and the server answers while still in SYN-RECEIVED."""
    listener, first = allow_fast_open(story), story.caller(50001)
    first.connect_with_data(100)
    story.carry("> SYN", "< SYN-ACK", "> ACK")
    close(story, first, listener.accept())
    client = story.caller(50002)
    client.connect_with_data(100)
    story.carry("> SYN-DATA")
    server = listener.accept()
    server.read()
    server.send(100)
    story.carry("< SYN-ACK", "< DATA")
    story.carry_until_quiet()
    client.read()


@scenario(CLOSED, Verdict("three-way", "none"))
def fast_open_cookie_outdated(story: Story) -> None:
    """The server has a new key: it ignores the data in the SYN, and the client sends it again."""
    listener, first = allow_fast_open(story), story.caller(50001)
    first.connect_with_data(100)
    story.carry("> SYN", "< SYN-ACK", "> ACK")
    close(story, first, listener.accept())
    story.hosts["server"].sysctl("ipv4.tcp_fastopen_key", "00000001-00000002-00000003-00000004")
    client = story.caller(50002)
    client.connect_with_data(100)
    story.carry("> SYN-DATA", "< SYN-ACK")
    story.carry_until_quiet()
    listener.accept().read()


@scenario(CLOSED)
def window_scale_zero(story: Story) -> None:
    """A small SO_RCVBUF at the server: its window scale is 0, the client's 7."""
    listener = story.listener(options=((socket.SOL_SOCKET, socket.SO_RCVBUF, 8192),))
    client = story.caller()
    server = story.open_with(listener, client)
    story.exchange(client, server)
    close(story, client, server)


@scenario(CLOSED)
def no_window_scaling(story: Story) -> None:
    """The server knows neither window scaling nor SACK nor timestamps: none is in force."""
    for option in ("tcp_window_scaling", "tcp_sack", "tcp_timestamps"):
        story.hosts["server"].sysctl(f"ipv4.{option}", 0)
    client, server = story.open()
    story.exchange(client, server)
    close(story, client, server)
