"""The end of a connection in sentences (RFC 9293 sections 3.6 and 3.5.2)."""

from collections.abc import Iterator

from tcpladder.tcp.connection import ACK, FIN, Connection, State, Step
from tcpladder.tcp.explanations.story import Story
from tcpladder.tcp.spans import count_text, span_text
from tcpladder.texts import _, ngettext


def fin(story: Story) -> Iterator[str]:
    step = story.step
    _own_fin, other_fin = story.fins()
    if step.length:
        yield _("The FIN rides on the last {length} bytes of data.").format(length=step.length)
    yield _("FIN takes one sequence number, so the answer has to be ack {next}.").format(next=step.next_seq)
    if other_fin is None or other_fin.index > step.index:
        yield from _first_fin(story, other_fin)
    else:
        yield from _second_fin(story, other_fin)
    if story.step.flags & ACK:
        yield _("The ACK flag only says that the ack field counts; every segment after the first SYN has it.")


def ack_of_first_fin(story: Story, fin: Step) -> Iterator[str]:
    yield _("It came {span} after the FIN, alone: the {sender} did not have a FIN of its own to send with it.").format(
        span=story.after_acked, sender=story.sender)
    yield _("The {sender} is in CLOSE-WAIT: its program has been told, and may go on sending until it closes too. "
            "The {receiver} waits in FIN-WAIT-2.").format(sender=story.sender, receiver=story.receiver)


def last_ack(story: Story, fin: Step) -> Iterator[str]:
    if story.sender_after is State.TIME_WAIT:
        yield _("The {receiver} is CLOSED as soon as this arrives. The {sender} closed first, so it stays in TIME-WAIT "
                "for 2 MSL (60 s on Linux).").format(sender=story.sender, receiver=story.receiver)
        yield _("It waits to send this ACK again if the FIN comes again (the ACK may be lost), and to let old segments "
                "die before the same ports are used anew.")
    yield _("Nothing acknowledges an ACK: the {sender} cannot know that it arrived.").format(sender=story.sender)


def reset(story: Story) -> Iterator[str]:
    step = story.step
    yield _("The connection ends here for both sides at once: no FIN, no TIME-WAIT. Bytes not yet read may be lost, "
            "and the other program's next call fails with ECONNRESET.")
    if story.receiver_before is State.SYN_RECEIVED or story.sender_before is State.SYN_SENT:
        yield _("The handshake never finished: consistent with a port scan, a client that gave up, or an answer to "
                "a SYN that it did not send.")
    elif not step.flags & ACK:
        yield _("It has no ACK flag and its seq repeats an ack number of the other side: consistent with a socket that "
                "no longer exists and a kernel that answers a late segment.")
    else:
        yield _("It has ACK and current numbers: consistent with close() while received data was unread, "
                "SO_LINGER with time 0, or a program that was killed. A capture cannot tell which.")


def _first_fin(story: Story, other_fin: Step | None) -> Iterator[str]:
    if story.connection.closing.kind in ("four-way", "three-way"):
        yield _("The {sender} closes its half first, so it will be the one that waits in TIME-WAIT.").format(
            sender=story.sender)
    else:
        yield _("The {sender} closes its half first. Whoever closes first has to wait in TIME-WAIT in the end.").format(
            sender=story.sender)
    yield _("The {receiver} may go on sending: a FIN ends one direction only. close() and shutdown() look the same on "
            "the wire.").format(receiver=story.receiver)
    if other_fin is None and story.connection.closing.kind == "half-closed":
        yield _("The capture shows no FIN from the {receiver}.").format(receiver=story.receiver)


def _second_fin(story: Story, other_fin: Step) -> Iterator[str]:
    step = story.step
    gap = span_text(step.time_ns - other_fin.time_ns)
    if step.ack is not None and step.ack < other_fin.next_seq:
        yield _("Both sides closed at the same time: this FIN does not acknowledge the other (ack {ack}, it would be "
                "{expected}). Both pass through CLOSING.").format(ack=step.ack, expected=other_fin.next_seq)
        return
    if step.acknowledges == other_fin.index:
        yield _("ACK and FIN in one packet: the {sender} had nothing left to send, so its ACK rode on its own FIN. "
                "That makes three closing packets instead of four.").format(sender=story.sender)
        yield _("A separate ACK would stand between packets {first} and {second}. They are {gap} apart; Linux may hold "
                "an ACK back for about 40 ms to save a packet.").format(first=other_fin.frame_number,
                                                                      second=step.frame_number, gap=gap)
        if _is_loopback(story.connection):
            yield _("On loopback this is the usual sight. If the program pauses before close(), all four packets show.")
        return
    ack = _ack_of(story.connection, other_fin)
    between = [earlier for earlier in story.connection.steps[other_fin.index:step.index][:5_000]
               if earlier.from_client == step.from_client and earlier.length]
    if ack is not None:
        yield _("The {sender} acknowledged the other FIN {wait} ago (packet {ack}) and was in CLOSE-WAIT until now: "
                "half-closed, free to go on sending. That is why this close takes four packets.").format(
            sender=story.sender, wait=span_text(step.time_ns - ack.time_ns), ack=ack.frame_number)
    if between:
        yield ngettext("In that time it sent {bytes} bytes in {count} segment.",
                       "In that time it sent {bytes} bytes in {count} segments.", len(between)).format(
            bytes=count_text(sum(earlier.length for earlier in between)), count=len(between))


def _ack_of(connection: Connection, fin: Step) -> Step | None:
    """The pure ACK that acknowledges a FIN."""
    closing = (connection.steps[index] for index in connection.closing.steps)
    return next((step for step in closing if step.acknowledges == fin.index and not step.flags & FIN), None)


def _is_loopback(connection: Connection) -> bool:
    return connection.client.address == connection.server.address or connection.client.address.startswith("127.")
