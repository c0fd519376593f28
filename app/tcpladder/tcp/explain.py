"""What happens in a step, and why: sentences with the numbers of this connection.

Each answers a question that people ask of a handshake or a close. Nothing here is certain beyond what the segments
say; where a cause is only likely, the sentence says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tcpladder.tcp.calls import calls_at
from tcpladder.tcp.connection import (
    ACK,
    FIN,
    PSH,
    RST,
    SHIFT_NOT_AGREED,
    SHIFT_UNKNOWN,
    SYN,
    Connection,
    Kind,
    Phase,
    SideOptions,
    State,
    Step,
)
from tcpladder.tcp.spans import count_text, span_text
from tcpladder.texts import _, ngettext

_OPENING_RFC = "RFC 9293 §3.5"
_CLOSING_RFC = "RFC 9293 §3.6"


@dataclass(frozen=True, slots=True)
class OptionRow:
    """An option of the handshake: what either side said, and what holds because of it."""

    name: str
    client: str
    server: str
    in_force: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A step in words. arithmetic is "" where the step neither takes nor acknowledges a number."""

    title: str
    sentences: tuple[str, ...]
    arithmetic: str
    raw_arithmetic: str             # the same in the numbers on the wire
    state_change: tuple[str, ...]   # one line per side that changes
    call: str | None
    reference: str
    negotiation: tuple[OptionRow, ...]      # on SYN and SYN-ACK
    findings: tuple[str, ...]


def explain(connection: Connection, step_index: int) -> Explanation:
    """The words for one step."""
    story = _Story(connection, connection.steps[step_index])
    step = story.step
    title, reference, body = _situation(story)
    sentences = [*body, *_remarks(story)]
    return Explanation(
        title=title, sentences=tuple(sentences), arithmetic=step_arithmetic(connection, step_index, relative=True),
        raw_arithmetic=step_arithmetic(connection, step_index, relative=False),
        state_change=tuple(_state_changes(story)), call=_likely_call(story), reference=reference,
        negotiation=negotiation(connection) if step.flags & SYN else (),
        findings=tuple(finding.text for finding in connection.findings if finding.step == step_index))


def acknowledgement_arithmetic(connection: Connection, step_index: int, *, relative: bool) -> str:
    """"ack 1 = seq 0 + len 0 + SYN 1", or "" where the step acknowledges nothing new."""
    step = connection.steps[step_index]
    if step.acknowledges is None or step.ack is None:
        return ""
    acked = connection.steps[step.acknowledges]
    if step.ack != acked.next_seq:
        return _("ack {ack}: everything before byte {ack} has arrived").format(
            ack=step.ack if relative else step.ack_raw)
    return _("ack {ack} = {sum}").format(ack=step.ack if relative else step.ack_raw, sum=_sum(acked, relative))


def step_arithmetic(connection: Connection, step_index: int, *, relative: bool) -> str:
    """The acknowledgement's arithmetic, or else that of the number which comes next."""
    text = acknowledgement_arithmetic(connection, step_index, relative=relative)
    step = connection.steps[step_index]
    if text or not step.sequence_length or step.flags & RST:
        return text
    following = step.next_seq if relative else (step.seq_raw + step.sequence_length) % 2**32
    return _("next number {next} = {sum}").format(next=following, sum=_sum(step, relative))


def negotiation(connection: Connection) -> tuple[OptionRow, ...]:
    """What the two SYNs said of each option, and what holds from then on."""
    client, server = connection.client_options, connection.server_options

    def offered(words: Callable[[SideOptions], str | None]) -> tuple[str, str]:
        """What each side said: its words, "–" for nothing, or that its SYN is missing."""
        client_words, server_words = (_("not captured") if side is None else words(side) or "–"
                                      for side in (client, server))
        return client_words, server_words

    def yes(value: bool) -> str:
        return _("yes") if value else _("no")

    return (
        OptionRow("MSS", *offered(lambda side: _number(side.mss)), _("each limits the other")),
        OptionRow(_("window scale"), *offered(lambda side: _shift(side.wscale)), yes(connection.window_scaling)),
        OptionRow("SACK", *offered(lambda side: _("offered") if side.sack_permitted else None), yes(connection.sack)),
        OptionRow(_("timestamps"), *offered(lambda side: _("offered") if side.timestamps else None),
                  yes(connection.timestamps)),
    )


class _Story:
    """A step in its place: what came before it, under names that sentences use."""

    def __init__(self, connection: Connection, step: Step) -> None:
        self.connection = connection
        self.step = step
        client, server = connection.states_before(step.index)
        self.sender_before, self.receiver_before = (client, server) if step.from_client else (server, client)
        self.sender_after, self.receiver_after = (
            (step.client_state, step.server_state) if step.from_client else (step.server_state, step.client_state))
        self.sender = _("client") if step.from_client else _("server")
        self.receiver = _("server") if step.from_client else _("client")
        endpoint = connection.client if step.from_client else connection.server
        peer = connection.server if step.from_client else connection.client
        self.sender_address, self.receiver_address = endpoint, peer
        self.sender_isn, self.receiver_isn = (
            (connection.client_isn, connection.server_isn) if step.from_client else
            (connection.server_isn, connection.client_isn))

    @property
    def acked(self) -> Step | None:
        """The segment that this one acknowledges."""
        return None if self.step.acknowledges is None else self.connection.steps[self.step.acknowledges]

    @property
    def after_acked(self) -> str:
        """The time since the acknowledged segment."""
        acked = self.acked
        return span_text(self.step.time_ns - acked.time_ns) if acked else ""

    def fins(self) -> tuple[Step | None, Step | None]:
        """The first FIN of the sender and of the receiver that the closing counts."""
        found: dict[bool, Step] = {}
        for index in self.connection.closing.steps:
            step = self.connection.steps[index]
            if step.flags & FIN:
                found.setdefault(step.from_client, step)
        return found.get(self.step.from_client), found.get(not self.step.from_client)

    def earlier_copy(self) -> Step | None:
        """The segment before this one that carried the same numbers."""
        step = self.step
        for earlier in reversed(self.connection.steps[max(0, step.index - 5_000):step.index]):
            if (earlier.from_client == step.from_client and earlier.sequence_length
                    and earlier.seq <= step.seq < earlier.next_seq):
                return earlier
        return None

    def first_syn(self) -> Step | None:
        """The first SYN of the connection."""
        return next((self.connection.steps[index] for index in self.connection.opening.steps
                     if self.connection.steps[index].flags & SYN), None)


_Situation = tuple[str, str, Iterator[str]]


def _situation(story: _Story) -> _Situation:
    """Title, reference and the sentences of what a step is first of all."""
    step = story.step
    flags = step.flags
    if flags & RST:
        if story.receiver_before is State.SYN_SENT:
            return _("RST: refused"), _OPENING_RFC, _refusal(story)
        return (_("RST: the {sender} breaks off").format(sender=story.sender), "RFC 9293 §3.5.2, §3.10.7",
                _reset(story))
    if flags & SYN:
        if flags & ACK:
            return _("SYN, ACK: two jobs in one packet"), _OPENING_RFC, _syn_ack(story)
        if step.kind is Kind.RETRANSMISSION:
            return _("SYN again"), "RFC 9293 §3.8.1, RFC 6298", _syn_again(story)
        return (_("SYN: the {sender} asks for a connection").format(sender=story.sender), _OPENING_RFC, _syn(story))
    if step.kind is Kind.RETRANSMISSION:
        return _("Retransmission: sent again"), "RFC 6298, RFC 5681 §3.2", _retransmission(story)
    if flags & FIN:
        return (_("FIN: the {sender} has nothing more to send").format(sender=story.sender), _CLOSING_RFC,
                _fin(story))
    special = {Kind.OUT_OF_ORDER: (_("Out of order: not the bytes that were due"), "RFC 9293 §3.10.7.4", _out_of_order),
               Kind.DUP_ACK: (_("Duplicate ACK: still waiting"), "RFC 5681 §2, §3.2", _duplicate_ack),
               Kind.ZERO_WINDOW: (_("Zero window: stop sending"), "RFC 9293 §3.8.6", _zero_window),
               Kind.KEEP_ALIVE: (_("Keep-alive: are you still there?"), "RFC 9293 §3.8.4", _keep_alive)}
    if step.kind in special:
        title, reference, sentences = special[step.kind]
        return title, reference, sentences(story)
    if step.length:
        title = _("Data: bytes {first}–{last}, next {next}").format(first=step.seq, last=step.seq + step.length - 1,
                                                                  next=step.next_seq)
        return title, "RFC 9293 §3.4, §3.7", _data(story)
    acked = story.acked
    if acked and acked.flags & FIN:
        return _ack_of_fin(story, acked)
    if acked and acked.flags & SYN and step.phase is Phase.OPENING:
        return _("ACK: the handshake is complete"), _OPENING_RFC, _third_ack(story)
    title = (_("ACK: everything before byte {next} has arrived").format(next=step.ack) if step.ack is not None
             else _("A segment without flags and data"))
    return title, "RFC 9293 §3.4", _plain_ack(story)


# Opening


def _syn(story: _Story) -> Iterator[str]:
    step = story.step
    yield _("The {sender} picks {isn} as its initial sequence number and announces it. It is shown as 0.").format(
        sender=story.sender, isn=step.seq_raw)
    yield _("SYN takes one sequence number, so the answer has to be ack {next}.").format(next=step.next_seq)
    yield _("The ACK flag is not set, so the ack field ({ack_raw} on the wire) means nothing. "
            "On every later segment it is set.").format(ack_raw=step.ack_raw)
    if step.length:
        yield _("It carries {length} bytes already: Fast Open (RFC 7413), with a cookie from an earlier visit.").format(
            length=step.length)
    yield from _announced(story)


def _syn_again(story: _Story) -> Iterator[str]:
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


def _syn_ack(story: _Story) -> Iterator[str]:
    step = story.step
    yield _("It acknowledges the {receiver}'s number (ack {ack}) and announces the {sender}'s own ({isn}, shown as 0). "
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


def _announced(story: _Story) -> Iterator[str]:
    step = story.step
    side = story.connection.client_options if step.from_client else story.connection.server_options
    yield _("The window, {window} bytes, is never scaled in a SYN.").format(window=count_text(step.window_raw))
    if side is None:
        return
    if side.wscale is not None:
        yield _("Window scale {shift}: from now on the {sender}'s windows count × 2^{shift} = {factor}, "
                "if the other side sends this option too.").format(shift=side.wscale, sender=story.sender,
                                                                 factor=1 << side.wscale)


def _third_ack(story: _Story) -> Iterator[str]:
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


def _refusal(story: _Story) -> Iterator[str]:
    step = story.step
    yield _("RST in reply to SYN: {address} can be reached, but nothing listens on port {port} "
            "(or a firewall answers in its place).").format(address=story.sender_address.address,
                                                          port=story.sender_address.port)
    yield _("Its seq is {seq_raw} on the wire, because no connection exists that could have numbers; "
            "ack {ack} shows which SYN is meant.").format(seq_raw=step.seq_raw, ack=step.ack)
    yield _("connect() fails at once with ECONNREFUSED. A dropped SYN looks different: silence, then the SYN again.")


# Closing


def _fin(story: _Story) -> Iterator[str]:
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


def _first_fin(story: _Story, other_fin: Step | None) -> Iterator[str]:
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


def _second_fin(story: _Story, other_fin: Step) -> Iterator[str]:
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


def _ack_of_fin(story: _Story, fin: Step) -> _Situation:
    own_fin, _other_fin = story.fins()
    if own_fin is None or own_fin.index > story.step.index:
        return (_("ACK: the {sender} confirms the FIN").format(sender=story.sender), _CLOSING_RFC,
                _ack_of_first_fin(story, fin))
    return (_("ACK: the last word"), "RFC 9293 §3.6, §3.4.2", _last_ack(story, fin))


def _ack_of_first_fin(story: _Story, fin: Step) -> Iterator[str]:
    yield _("It came {span} after the FIN, alone: the {sender} did not have a FIN of its own to send with it.").format(
        span=story.after_acked, sender=story.sender)
    yield _("The {sender} is in CLOSE-WAIT: its program has been told, and may go on sending until it closes too. "
            "The {receiver} waits in FIN-WAIT-2.").format(sender=story.sender, receiver=story.receiver)


def _last_ack(story: _Story, fin: Step) -> Iterator[str]:
    if story.sender_after is State.TIME_WAIT:
        yield _("The {receiver} is CLOSED as soon as this arrives. The {sender} closed first, so it stays in TIME-WAIT "
                "for 2 MSL (60 s on Linux).").format(sender=story.sender, receiver=story.receiver)
        yield _("It waits to send this ACK again if the FIN comes again (the ACK may be lost), and to let old segments "
                "die before the same ports are used anew.")
    yield _("Nothing acknowledges an ACK: the {sender} cannot know that it arrived.").format(sender=story.sender)


def _reset(story: _Story) -> Iterator[str]:
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


# Data


def _data(story: _Story) -> Iterator[str]:
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


def _oversized(story: _Story) -> Iterator[str]:
    step = story.step
    limit = story.connection.server_options if step.from_client else story.connection.client_options
    if limit and limit.mss and step.length > limit.mss:
        yield _("{length} bytes are more than the MSS of {mss} that the {receiver} announced: the capture was taken "
                "before the network card cut the segment up (offload), or after it joined several.").format(
            length=count_text(step.length), mss=limit.mss, receiver=story.receiver)


def _plain_ack(story: _Story) -> Iterator[str]:
    step = story.step
    if step.ack is not None:
        if step.ack > 1:
            yield _("The {sender} has all bytes up to {last} and expects {next}.").format(
                sender=story.sender, last=step.ack - 1, next=step.ack)
        if story.acked:
            yield _("It came {span} after packet {frame}.").format(span=story.after_acked,
                                                                 frame=story.acked.frame_number)
        yield _("It carries no data and takes no sequence number.")


def _retransmission(story: _Story) -> Iterator[str]:
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


def _out_of_order(story: _Story) -> Iterator[str]:
    step = story.step
    yield _("These bytes start at {first}; others were due. A segment was lost or overtaken on its way.").format(
        first=step.seq)
    yield _("The {receiver} keeps them, and goes on acknowledging only what has arrived without a gap.").format(
        receiver=story.receiver)


def _duplicate_ack(story: _Story) -> Iterator[str]:
    step = story.step
    yield _("The {sender} says ack {ack} again: later bytes arrived, but number {ack} is still missing.").format(
        sender=story.sender, ack=step.ack)
    yield _("Three of these in a row make the {receiver} send the missing segment at once, without waiting for its "
            "timer.").format(receiver=story.receiver)


def _zero_window(story: _Story) -> Iterator[str]:
    yield _("The {sender}'s receive buffer is full: its program does not read as fast as data arrives.").format(
        sender=story.sender)
    yield _("The {receiver} has to stop, and probes from time to time until a window above 0 comes back.").format(
        receiver=story.receiver)


def _keep_alive(story: _Story) -> Iterator[str]:
    yield _("Its seq, {seq}, is one below the next number: already acknowledged, so the {receiver} can only answer "
            "with an ACK. The answer shows that it is still there.").format(seq=story.step.seq, receiver=story.receiver)


# What may be said of any step


def _remarks(story: _Story) -> Iterator[str]:
    step = story.step
    yield from _selective(step)
    yield from _window(story)
    if step.lost:
        yield _("This segment did not arrive: the capture shows that the {receiver} never answered it, and it was sent "
                "again or given up. The {receiver}'s state does not change.").format(receiver=story.receiver)
    if not story.connection.roles_seen:
        yield _("The handshake was not captured: who is client and who is server is assumed, and numbers are counted "
                "from the first segment seen.")


def _window(story: _Story) -> Iterator[str]:
    step = story.step
    if step.flags & (SYN | RST) or step.kind is Kind.ZERO_WINDOW:
        return
    raw = count_text(step.window_raw)
    if step.window_shift == SHIFT_UNKNOWN or step.window is None:
        yield _("Window: raw {raw} × 2ⁿ. n was said in the handshake, which was not captured.").format(raw=raw)
    elif step.window_shift == SHIFT_NOT_AGREED:
        yield _("Window: {raw} bytes; no scaling was agreed.").format(raw=raw)
    elif step.window_shift:
        yield _("Window: raw {raw} × 2^{shift} = {window} bytes that the {sender} is ready to take.").format(
            raw=raw, shift=step.window_shift, window=count_text(step.window), sender=story.sender)
    else:
        yield _("Window: {raw} bytes that the {sender} is ready to take.").format(raw=raw, sender=story.sender)


def _selective(step: Step) -> Iterator[str]:
    left = [option.removeprefix("SLE=") for option in step.options if option.startswith("SLE=")]
    right = [option.removeprefix("SRE=") for option in step.options if option.startswith("SRE=")]
    for begin, end in zip(left, right, strict=False):
        if not (begin.isdigit() and end.isdigit()):
            continue
        first, after = int(begin), int(end)
        if step.ack is not None and first < step.ack:
            yield _("D-SACK: bytes {first}–{last} arrived twice (RFC 2883).").format(first=first, last=after - 1)
        else:
            yield _("SACK: bytes {first}–{last} have arrived beyond the gap (RFC 2018).").format(first=first,
                                                                                              last=after - 1)


def _state_changes(story: _Story) -> Iterator[str]:
    """The RFC 9293 figure 5 transition of each side that makes one."""
    what = ", ".join(name for bit, name in ((SYN, "SYN"), (FIN, "FIN"), (RST, "RST"), (ACK, "ACK"))
                     if story.step.flags & bit) or story.step.label
    if story.sender_before is not story.sender_after:
        yield _("{side}: {before} → {after}, by sending {what}").format(
            side=story.sender, before=story.sender_before.value, after=story.sender_after.value, what=what)
    if story.receiver_before is not story.receiver_after:
        yield _("{side}: {before} → {after}, on receiving {what}").format(
            side=story.receiver, before=story.receiver_before.value, after=story.receiver_after.value, what=what)


def _likely_call(story: _Story) -> str | None:
    calls = calls_at(story.connection, story.step.index)
    parts = [_("{side}: {call}").format(side=side, call=call)
             for side, call in ((story.sender, calls.sender), (story.receiver, calls.receiver)) if call]
    return " · ".join(parts) or None


def _sum(step: Step, relative: bool) -> str:
    """"seq 0 + len 0 + SYN 1"; the modulus where the numbers on the wire wrap round."""
    seq = step.seq if relative else step.seq_raw
    text = _("seq {seq} + len {length}").format(seq=seq, length=step.length)
    for bit, name in ((SYN, "SYN"), (FIN, "FIN")):
        if step.flags & bit:
            text = _("{sum} + {flag} 1").format(sum=text, flag=name)
    if not relative and seq + step.sequence_length >= 2**32:
        text = _("{sum} (mod 2³²)").format(sum=text)
    return text


def _ack_of(connection: Connection, fin: Step) -> Step | None:
    """The pure ACK that acknowledges a FIN."""
    closing = (connection.steps[index] for index in connection.closing.steps)
    return next((step for step in closing if step.acknowledges == fin.index and not step.flags & FIN), None)


def _is_loopback(connection: Connection) -> bool:
    return connection.client.address == connection.server.address or connection.client.address.startswith("127.")


def _number(value: int | None) -> str | None:
    return None if value is None else str(value)


def _shift(value: int | None) -> str | None:
    return None if value is None else _("{shift} (× {factor})").format(shift=value, factor=1 << value)


def _isn_text(isn: int | None) -> str:
    return _("0") if isn is None else str(isn)
