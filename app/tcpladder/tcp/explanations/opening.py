"""The handshake in sentences (RFC 9293 section 3.5)."""

from collections.abc import Iterator

from tcpladder.tcp.connection import SYN, State
from tcpladder.tcp.explanations.story import Story
from tcpladder.tcp.spans import count_text, span_text
from tcpladder.texts import _


def syn(story: Story) -> Iterator[str]:
    step = story.step
    yield _("The {sender} picks {isn} as its initial sequence number and announces it. Relative numbers count from "
            "there: it is their 0.").format(
        sender=story.sender, isn=step.seq_raw)
    yield _("SYN takes one sequence number, so the answer has to be ack {next}.").format(next=step.next_seq)
    yield _("The ACK flag is not set, so the ack field ({ack_raw} on the wire) means nothing. "
            "On every later segment it is set.").format(ack_raw=step.ack_raw)
    if step.length:
        yield _("It carries {length} bytes already: Fast Open (RFC 7413), with a cookie from an earlier visit.").format(
            length=step.length)
    yield from _announced(story)


def syn_again(story: Story) -> Iterator[str]:
    step, connection = story.step, story.connection
    first = story.first_syn()
    copies = sum(1 for index in connection.opening.steps
                 if index <= step.index and connection.steps[index].flags & SYN
                 and connection.steps[index].from_client == step.from_client)
    if first is not None:
        yield _("Try {number}: no answer came for {span}, so the same SYN goes out again, with the same "
                "sequence number.").format(number=max(copies, 2), span=span_text(step.time_ns - first.time_ns))
    if connection.opening.kind == "unanswered":
        yield _("No answer ever came. A closed port would have answered with RST; silence means that the SYN or its "
                "answer is dropped on the way: a firewall, a wrong address, or a machine that is off.")
    else:
        yield _("The connection only looks slow: the network lost a packet, and the wait for the retry is what the "
                "user felt.")


def syn_ack(story: Story) -> Iterator[str]:
    step = story.step
    if story.connection.opening.kind == "simultaneous":
        yield _("Both sides sent a SYN before they had heard of the other's. Each acknowledges the other's number with "
                "a SYN, ACK that repeats its own ({isn}, relative 0): four packets, and neither side was "
                "listening.").format(isn=step.seq_raw)
        return
    yield _("It acknowledges the {receiver}'s number (ack {ack}) and announces the {sender}'s own ({isn}, relative 0). "
            "Both fit into one packet: that is why a handshake takes three packets and not four.").format(
        receiver=story.receiver, sender=story.sender, ack=step.ack, isn=step.seq_raw)
    if story.acked:
        yield _("It came {span} after the SYN.").format(span=story.after_acked)
    yield _("Two packets would not do: the {sender} does not know yet whether its own number has arrived.").format(
        sender=story.sender)
    yield from _announced(story)
    client, server = story.connection.client_options, story.connection.server_options
    if client and server and client.mss and server.mss:
        yield _("MSS is not negotiated: the client announced {client}, the server {server}. Each limits what the other "
                "sends: up to {server} bytes per segment from the client, up to {client} from the server.").format(
            client=client.mss, server=server.mss)
    if client and server and not story.connection.window_scaling:
        yield _("Window scaling is not in force: both sides have to offer it (RFC 7323 §2.2).")


def syn_ack_again(story: Story) -> Iterator[str]:
    yield _("The {sender} sends its SYN, ACK once more, with the same numbers: the ACK that completes the handshake "
            "has not come, or was not taken.").format(sender=story.sender)
    yield _("The {sender} is still in SYN-RECEIVED. A captured ACK does not prove that it was taken: the SYN, ACK or "
            "the ACK may be lost on the way, or the queue of connections to accept is full.").format(
        sender=story.sender)


def third_ack(story: Story) -> Iterator[str]:
    step = story.step
    yield _("This tells the {receiver} that its number {isn} arrived. Only now do both sides know both numbers: "
            "hence three packets.").format(receiver=story.receiver, isn=_isn_text(story.receiver_isn))
    yield _("Had the SYN been an old duplicate from the network, the {sender} would answer with RST here, "
            "and no ghost connection would stay open.").format(sender=story.sender)
    yield _("A pure ACK takes no sequence number: the {sender}'s first byte of data is number {next} too.").format(
        sender=story.sender, next=step.seq)
    if story.receiver_after is State.SYN_RECEIVED:
        yield _("The {receiver} stays in SYN-RECEIVED: it did not take this ACK (a full accept queue, or it waits for "
                "data).").format(receiver=story.receiver)


def refusal(story: Story) -> Iterator[str]:
    step = story.step
    yield _("RST in reply to SYN: {address} can be reached, but nothing listens on port {port} "
            "(or a firewall answers in its place).").format(address=story.sender_address.address,
                                                          port=story.sender_address.port)
    yield _("Its seq is {seq_raw} on the wire, because no connection exists that could have numbers; "
            "ack {ack} shows which SYN is meant.").format(seq_raw=step.seq_raw, ack=step.ack)
    yield _("connect() fails at once with ECONNREFUSED. A dropped SYN looks different: silence, then the SYN again.")


def _announced(story: Story) -> Iterator[str]:
    step = story.step
    side = story.connection.client_options if step.from_client else story.connection.server_options
    yield _("The window, {window} bytes, is never scaled in a SYN.").format(window=count_text(step.window_raw))
    if side is None:
        return
    if side.wscale is not None:
        yield _("Window scale {shift}: from now on the {sender}'s windows count × 2^{shift} = {factor}, "
                "if the other side sends this option too.").format(shift=side.wscale, sender=story.sender,
                                                                 factor=1 << side.wscale)


def _isn_text(isn: int | None) -> str:
    return _("0") if isn is None else str(isn)
