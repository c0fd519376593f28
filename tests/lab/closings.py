"""Scenarios of the end of a connection."""

from __future__ import annotations

import socket

from scenarios import Verdict, scenario
from story import Story

FOUR_WAY = Verdict("three-way", "four-way", "client")
THREE_WAY = Verdict("three-way", "three-way", "client")


@scenario(FOUR_WAY)
def client_closes_first(story: Story) -> None:
    """Four packets: the client closes, and the server only after its ACK has gone."""
    client, server = story.open()
    story.exchange(client, server)
    client.close()
    story.carry("> FIN", "< ACK")
    server.read()
    server.close()
    story.carry("< FIN", "> ACK")


@scenario(Verdict("three-way", "four-way", "server"))
def server_closes_first(story: Story) -> None:
    """Four packets, begun by the server, which goes into TIME-WAIT."""
    client, server = story.open()
    story.exchange(client, server)
    server.close()
    story.carry("< FIN", "> ACK")
    client.read()
    client.close()
    story.carry("> FIN", "< ACK")


@scenario(THREE_WAY)
def three_packet_close(story: Story) -> None:
    """The server closes before its kernel has sent the ACK: ACK and FIN share a segment."""
    client, server = story.open()
    story.exchange(client, server)
    client.close()
    story.carry("> FIN")
    server.close()
    story.carry("< FIN", "> ACK")


@scenario(FOUR_WAY)
def half_close(story: Story) -> None:
    """The client shuts down sending; the server goes on sending in CLOSE-WAIT, then closes."""
    client, server = story.open()
    client.send(100)
    story.carry("> DATA", "< ACK")
    client.shut_down()
    story.carry("> FIN", "< ACK")
    server.read()
    for _ in range(2):
        server.send(500)
        story.carry("< DATA", "> ACK")
        client.read()
    server.close()
    story.carry("< FIN", "> ACK")


@scenario(Verdict("three-way", "half-closed", "client"))
def half_closed_to_the_end(story: Story) -> None:
    """The client shuts down sending and the server never does: CLOSE-WAIT lasts."""
    client, server = story.open()
    client.send(100)
    story.carry("> DATA", "< ACK")
    client.shut_down()
    story.carry("> FIN", "< ACK")
    server.read()
    story.wait(1)


@scenario(Verdict("three-way", "simultaneous"))
def simultaneous_close(story: Story) -> None:
    """Both ends close before they see the other's FIN; each passes through CLOSING."""
    client, server = story.open()
    story.exchange(client, server)
    client.close()
    first = story.hold("> FIN")
    server.close()
    second = story.hold("< FIN")
    story.deliver(first, second)
    story.carry("< ACK", "> ACK")


@scenario(Verdict("three-way", "simultaneous"))
def simultaneous_close_ack_lost(story: Story) -> None:
    """Both ends close at once and the ACK of the client's FIN is lost: it is repeated in CLOSING."""
    client, server = story.open()
    story.exchange(client, server)
    client.close()
    first = story.hold("> FIN")
    server.close()
    second = story.hold("< FIN")
    story.deliver(first, second)
    story.lose("< ACK")
    story.carry("> ACK")
    story.carry("> FIN", "< ACK")


@scenario(THREE_WAY)
def fin_lost(story: Story) -> None:
    """The client's FIN is lost and sent again after the retransmission timeout."""
    client, server = story.open()
    story.exchange(client, server)
    client.close()
    story.lose("> FIN")
    story.carry("> FIN")
    server.close()
    story.carry("< FIN", "> ACK")


@scenario(FOUR_WAY)
def ack_of_fin_lost(story: Story) -> None:
    """The ACK of the client's FIN is lost; the FIN is repeated and acknowledged once more."""
    client, server = story.open()
    story.exchange(client, server)
    client.close()
    story.carry("> FIN")
    story.lose("< ACK")
    story.carry("> FIN", "< ACK")
    server.read()
    server.close()
    story.carry("< FIN", "> ACK")


@scenario(FOUR_WAY)
def last_ack_lost(story: Story) -> None:
    """The last ACK is lost: the server repeats its FIN, and the client answers again out of TIME-WAIT."""
    client, server = story.open()
    story.exchange(client, server)
    client.close()
    story.carry("> FIN", "< ACK")
    server.close()
    story.carry("< FIN")
    story.lose("> ACK")
    story.carry("< FIN", "> ACK")


@scenario(FOUR_WAY)
def time_wait_expires(story: Story) -> None:
    """A minute, or a little more, after the close TIME-WAIT ends, and nothing is sent."""
    client, server = story.open()
    client.close()
    story.carry("> FIN", "< ACK")
    server.close()
    story.carry("< FIN", "> ACK")
    story.wait(70)
    story.expect("CLOSED", "CLOSED")


@scenario(FOUR_WAY)
def fin_with_data(story: Story) -> None:
    """The client's FIN carries its last 100 bytes."""
    client, server = story.open()
    client.send(100, socket.MSG_MORE)
    client.shut_down()
    story.carry("> FIN-DATA", "< ACK")
    server.read()
    server.close()
    story.carry("< FIN", "> ACK")


@scenario(THREE_WAY)
def answer_with_fin(story: Story) -> None:
    """ACK, answer and FIN of the server share one segment."""
    client, server = story.open()
    story.exchange(client, server)
    client.shut_down()
    story.carry("> FIN")
    server.send(100, socket.MSG_MORE)
    server.close()
    story.carry("< FIN-DATA", "> ACK")


@scenario(FOUR_WAY)
def fin_overtakes_data(story: Story) -> None:
    """The FIN arrives before the last data and waits: no CLOSE-WAIT before the data is there."""
    client, server = story.open()
    story.exchange(client, server)
    client.send(100)
    data = story.hold("> DATA")
    client.close()
    fin = story.hold("> FIN")
    story.deliver(fin, data)
    story.carry_until_quiet()
    server.read()
    server.close()
    story.carry("< FIN", "> ACK")


@scenario(FOUR_WAY)
def fin_opens_and_closes(story: Story) -> None:
    """The third ACK is lost and the FIN brings it: from SYN-RECEIVED to CLOSE-WAIT at once."""
    listener, client = story.listener(), story.caller()
    client.connect()
    story.carry("> SYN", "< SYN-ACK")
    story.lose("> ACK")
    client.close()
    story.carry("> FIN", "< ACK")
    server = listener.accept()
    listener.close()
    server.close()
    story.carry("< FIN", "> ACK")


@scenario(FOUR_WAY)
def fin_doubled(story: Story) -> None:
    """The network delivers the client's FIN twice."""
    client, server = story.open()
    story.exchange(client, server)
    client.close()
    fin = story.hold("> FIN")
    story.deliver(fin)
    story.carry("< ACK")
    story.deliver(fin)
    story.carry("< ACK")
    server.close()
    story.carry("< FIN", "> ACK")


@scenario(FOUR_WAY)
def close_against_zero_window(story: Story) -> None:
    """close() with data in the queue and the server's window shut: FIN-WAIT-1 long before the FIN is sent."""
    listener = story.listener(options=((socket.SOL_SOCKET, socket.SO_RCVBUF, 2304),))
    client = story.caller()
    server = story.open_with(listener, client)
    client.send(2500)
    story.carry_until_quiet(0.6)  # two probes
    client.close()
    story.carry_until_quiet(1)  # the third
    while server.read():
        story.carry_until_quiet()
    server.close()
    story.carry("< FIN", "> ACK")


@scenario(Verdict("three-way", "half-closed", "client"))
def orphan_fin_wait_2_expires(story: Story) -> None:
    """Nobody owns the client's socket in FIN-WAIT-2: it is dropped after a while without a packet."""
    story.hosts["client"].sysctl("ipv4.tcp_fin_timeout", 2)
    client, server = story.open()
    story.exchange(client, server)
    client.close()
    story.carry("> FIN", "< ACK")
    server.read()
    story.wait(3.5)
    story.expect("CLOSED", "CLOSE-WAIT")


@scenario(Verdict("three-way", "reset", "client"))
def fin_to_expired_fin_wait_2(story: Story) -> None:
    """The server closes only after the client's FIN-WAIT-2 has expired: its FIN is answered by a reset."""
    story.hosts["client"].sysctl("ipv4.tcp_fin_timeout", 2)
    client, server = story.open()
    story.exchange(client, server)
    client.close()
    story.carry("> FIN", "< ACK")
    server.read()
    story.wait(3.5)
    story.expect("CLOSED", "CLOSE-WAIT")
    server.close()
    story.carry("< FIN", "> RST")


@scenario(Verdict("three-way", "reset", "client"))
def data_to_orphan_fin_wait_2(story: Story) -> None:
    """The client has closed and nobody can read any more: data from the server draws a reset."""
    client, server = story.open()
    story.exchange(client, server)
    client.close()
    story.carry("> FIN", "< ACK")
    server.send(100)
    story.carry("< DATA", "> RST")
    server.read()
    server.close()


@scenario(Verdict("three-way", "half-closed", "client"))
def fin_never_acknowledged(story: Story) -> None:
    """All FINs of the client are lost: it gives up without a word, the server knows nothing."""
    story.hosts["client"].sysctl("ipv4.tcp_orphan_retries", 2)
    client, server = story.open()
    story.exchange(client, server)
    client.close()
    story.lose_until_quiet("> FIN", 4)
    story.wait(1)
    story.expect("CLOSED", "ESTABLISHED")


@scenario(Verdict("three-way", "four-way", "server"), Verdict("three-way", "none"))
def port_reused_in_time_wait(story: Story) -> None:
    """The server is in TIME-WAIT; the client calls again from the same port and is let in at once."""
    listener, client = story.listener(), story.caller()
    client.connect()
    story.carry("> SYN", "< SYN-ACK", "> ACK")
    server = listener.accept()
    server.close()
    story.carry("< FIN", "> ACK")
    client.close()
    story.carry("> FIN", "< ACK")
    client = story.caller()
    client.connect()
    story.carry("> SYN", "< SYN-ACK", "> ACK")
    server = listener.accept()
    story.exchange(client, server)


@scenario(Verdict("three-way", "reset", "client"))
def abort_by_client(story: Story) -> None:
    """close() with SO_LINGER 0: a reset with the connection's numbers, and both ends are closed."""
    client, server = story.open()
    story.exchange(client, server)
    client.abort()
    story.carry("> RST-ACK")
    server.read()
    server.close()


@scenario(Verdict("three-way", "reset", "server"))
def abort_by_server(story: Story) -> None:
    """The server aborts."""
    client, server = story.open()
    story.exchange(client, server)
    server.abort()
    story.carry("< RST-ACK")
    client.read()
    client.close()


@scenario(Verdict("three-way", "reset", "server"))
def close_with_unread_data(story: Story) -> None:
    """The server closes without having read what was sent: reset instead of FIN."""
    client, server = story.open()
    client.send(100)
    story.carry("> DATA", "< ACK")
    server.close()
    story.carry("< RST-ACK")
    client.read()
    client.close()


@scenario(Verdict("three-way", "reset", "client"))
def abort_in_close_wait(story: Story) -> None:
    """The client shuts down, the server aborts in CLOSE-WAIT: FIN, ACK, RST."""
    client, server = story.open()
    story.exchange(client, server)
    client.shut_down()
    story.carry("> FIN", "< ACK")
    server.abort()
    story.carry("< RST-ACK")
    client.read()
    client.close()


@scenario(Verdict("three-way", "reset"))
def both_abort(story: Story) -> None:
    """Both ends abort at once; the resets cross and nobody answers."""
    client, server = story.open()
    story.exchange(client, server)
    client.abort()
    first = story.hold("> RST-ACK")
    server.abort()
    second = story.hold("< RST-ACK")
    story.deliver(first, second)


@scenario(Verdict("three-way", "reset", "client"))
def reset_lost(story: Story) -> None:
    """The client's reset is lost; the server's next data finds nobody and draws another."""
    client, server = story.open()
    story.exchange(client, server)
    client.abort()
    story.lose("> RST-ACK")
    server.send(100)
    story.carry("< DATA", "> RST")
    server.read()
    server.close()


@scenario(Verdict("three-way", "four-way", "client"))
def time_wait_killed_by_reset(story: Story) -> None:
    """An old duplicate reaches TIME-WAIT; its ACK is answered by a reset, which ends TIME-WAIT (RFC 1337)."""
    client, server = story.open()
    client.send(100)
    story.carry("> DATA", "< ACK")
    server.read()
    server.send(100)
    data = story.hold("< DATA")
    story.deliver(data)
    story.carry("> ACK")
    client.read()
    client.close()
    story.carry("> FIN", "< ACK")
    server.close()
    story.carry("< FIN", "> ACK")
    story.deliver(data)
    story.carry("> ACK", "< RST")
