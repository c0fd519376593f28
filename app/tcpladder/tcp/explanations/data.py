"""Data, its acknowledgements, and what goes wrong with them, in sentences."""

from collections.abc import Iterator

from tcpladder.tcp.connection import FIN, PSH
from tcpladder.tcp.explanations.story import Story
from tcpladder.tcp.spans import count_text, span_text
from tcpladder.texts import _, ngettext


def data(story: Story) -> Iterator[str]:
    step = story.step
    yield ngettext("{length} byte for the {receiver}, number {first}; the next is {next}.",
                   "{length} bytes for the {receiver}, numbers {first} to {last}; the next is {next}.",
                   step.length).format(length=count_text(step.length), receiver=story.receiver, first=step.seq,
                                       last=step.seq + step.length - 1, next=step.next_seq)
    if step.flags & PSH:
        yield _("PSH marks the end of what the program handed over: give it to the {receiver}'s program now.").format(
            receiver=story.receiver)
    if story.acked:
        yield _("On the way it acknowledges packet {frame}: ack {ack}.").format(frame=story.acked.frame_number,
                                                                             ack=step.ack)
    yield from _oversized(story)


def plain_ack(story: Story) -> Iterator[str]:
    step = story.step
    if step.ack is not None:
        if step.ack > 1:
            yield _("The {sender} has all bytes up to {last} and expects {next}.").format(
                sender=story.sender, last=step.ack - 1, next=step.ack)
        if story.acked:
            yield _("It came {span} after packet {frame}.").format(span=story.after_acked,
                                                                 frame=story.acked.frame_number)
        if "TCP Window Update" in step.tags:
            yield _("It acknowledges nothing new: it says that the {sender} has more room now.").format(
                sender=story.sender)
        if "TCP Keep-Alive ACK" in step.tags:
            yield _("It answers a keep-alive: the {sender} is still there.").format(sender=story.sender)
        yield _("It carries no data and takes no sequence number.")


def retransmission(story: Story) -> Iterator[str]:
    step = story.step
    earlier = story.earlier_copy()
    if step.length:
        yield _("Bytes {first}–{last} once more.").format(first=step.seq, last=step.seq + step.length - 1)
    elif step.flags & FIN:
        yield _("The FIN once more: no acknowledgement of it had come.")
    if earlier is not None:
        span = span_text(step.time_ns - earlier.time_ns)
        if earlier.lost:
            yield _("Packet {frame}, {span} earlier, carried them first and was lost on the way.").format(
                frame=earlier.frame_number, span=span)
        else:
            yield _("Packet {frame}, {span} earlier, carried them first. It, or its acknowledgement, was lost or "
                    "late.").format(frame=earlier.frame_number, span=span)
    elif step.length:
        yield _("The capture does not hold the packet that carried them first.")
    if "TCP Fast Retransmission" in step.tags:
        yield _("Duplicate ACKs asked for it: the {sender} did not wait for its timer (RFC 5681 §3.2).").format(
            sender=story.sender)
    elif "TCP Spurious Retransmission" in step.tags:
        yield _("The {receiver} had acknowledged them already: this copy was not needed.").format(
            receiver=story.receiver)


def out_of_order(story: Story) -> Iterator[str]:
    step = story.step
    yield _("These bytes start at {first}; others were due. A segment was lost or overtaken on its way.").format(
        first=step.seq)
    yield _("The {receiver} keeps them, and goes on acknowledging only what has arrived without a gap.").format(
        receiver=story.receiver)


def duplicate_ack(story: Story) -> Iterator[str]:
    step = story.step
    if not story.has_gap():
        yield _("The {sender} says ack {ack} again, although nothing is missing: consistent with an answer to a "
                "segment that it had already.").format(sender=story.sender, ack=step.ack)
        return
    yield _("The {sender} says ack {ack} again: later bytes arrived, but number {ack} is still missing.").format(
        sender=story.sender, ack=step.ack)
    yield _("Three of these in a row make the {receiver} send the missing segment at once, without waiting for its "
            "timer.").format(receiver=story.receiver)


def zero_window(story: Story) -> Iterator[str]:
    yield _("The {sender}'s receive buffer is full: its program does not read as fast as data arrives.").format(
        sender=story.sender)
    yield _("The {receiver} has to stop, and probes from time to time until a window above 0 comes back.").format(
        receiver=story.receiver)


def keep_alive(story: Story) -> Iterator[str]:
    yield _("Its seq, {seq}, is one below the next number: already acknowledged, so the {receiver} can only answer "
            "with an ACK. The answer shows that it is still there.").format(seq=story.step.seq, receiver=story.receiver)


def _oversized(story: Story) -> Iterator[str]:
    step = story.step
    limit = story.connection.server_options if step.from_client else story.connection.client_options
    if limit and limit.mss and step.length > limit.mss:
        yield _("{length} bytes are more than the MSS of {mss} that the {receiver} announced: the capture was taken "
                "before the network card cut the segment up (offload), or after it joined several.").format(
            length=count_text(step.length), mss=limit.mss, receiver=story.receiver)
