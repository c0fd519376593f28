"""What happens in a step, and why: sentences with the numbers of this connection.

Each answers a question that people ask of a handshake or a close. Nothing here is certain beyond what the segments
say; where a cause is only likely, the sentence says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tcpladder.tcp.calls import calls_at
from tcpladder.tcp.connection import ACK, FIN, RST, SYN, Connection, Kind, Phase, State, Step
from tcpladder.tcp.explanations import closing, data, opening
from tcpladder.tcp.explanations.arithmetic import step_arithmetic
from tcpladder.tcp.explanations.negotiation import OptionRow, negotiation
from tcpladder.tcp.explanations.remarks import remarks
from tcpladder.tcp.explanations.story import Story
from tcpladder.texts import _

_OPENING_RFC = "RFC 9293 §3.5"
_CLOSING_RFC = "RFC 9293 §3.6"
_AFTER_A_FIN = (State.CLOSE_WAIT, State.CLOSING, State.TIME_WAIT)    # nobody comes there by sending


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
    story = Story(connection, connection.steps[step_index])
    step = story.step
    title, reference, body = _situation(story)
    sentences = [*body, *remarks(story)]
    return Explanation(
        title=title, sentences=tuple(sentences), arithmetic=step_arithmetic(connection, step_index, relative=True),
        raw_arithmetic=step_arithmetic(connection, step_index, relative=False),
        state_change=tuple(_state_changes(story)), call=_likely_call(story), reference=reference,
        negotiation=negotiation(connection) if step.flags & SYN else (),
        findings=tuple(finding.text for finding in connection.findings if finding.step == step_index))


_Situation = tuple[str, str, Iterator[str]]


def _situation(story: Story) -> _Situation:
    """Title, reference and the sentences of what a step is first of all."""
    step = story.step
    flags = step.flags
    if flags & RST:
        if story.receiver_before is State.SYN_SENT:
            return _("RST: refused"), _OPENING_RFC, opening.refusal(story)
        return (_("RST: the {sender} breaks off").format(sender=story.sender), "RFC 9293 §3.5.2, §3.10.7",
                closing.reset(story))
    if flags & SYN:
        if flags & ACK and story.has_sent_syn_ack():
            return _("SYN, ACK again"), "RFC 9293 §3.5, RFC 6298", opening.syn_ack_again(story)
        if flags & ACK:
            return _("SYN, ACK: two jobs in one packet"), _OPENING_RFC, opening.syn_ack(story)
        if step.kind is Kind.RETRANSMISSION:
            return _("SYN again"), "RFC 9293 §3.8.1, RFC 6298", opening.syn_again(story)
        title = _("SYN: the {sender} asks for a connection").format(sender=story.sender)
        return title, _OPENING_RFC, opening.syn(story)
    if step.kind is Kind.RETRANSMISSION:
        return _("Retransmission: sent again"), "RFC 6298, RFC 5681 §3.2", data.retransmission(story)
    if flags & FIN:
        return (_("FIN: the {sender} has nothing more to send").format(sender=story.sender), _CLOSING_RFC,
                closing.fin(story))
    special = {
        Kind.OUT_OF_ORDER: (_("Out of order: not the bytes that were due"), "RFC 9293 §3.10.7.4", data.out_of_order),
        Kind.DUP_ACK: (_("Duplicate ACK: still waiting"), "RFC 5681 §2, §3.2", data.duplicate_ack),
        Kind.ZERO_WINDOW: (_("Zero window: stop sending"), "RFC 9293 §3.8.6", data.zero_window),
        Kind.KEEP_ALIVE: (_("Keep-alive: are you still there?"), "RFC 9293 §3.8.4", data.keep_alive),
    }
    if step.kind in special:
        title, reference, sentences = special[step.kind]
        return title, reference, sentences(story)
    if step.length:
        title = _("Data: bytes {first}–{last}, next {next}").format(first=step.seq, last=step.seq + step.length - 1,
                                                                  next=step.next_seq)
        return title, "RFC 9293 §3.4, §3.7", data.data(story)
    acked = story.acked
    if acked and acked.flags & FIN:
        return _ack_of_fin(story, acked)
    if acked and acked.flags & SYN and step.phase is Phase.OPENING:
        return _("ACK: the handshake is complete"), _OPENING_RFC, opening.third_ack(story)
    title = (_("ACK: everything before byte {next} has arrived").format(next=step.ack) if step.ack is not None
             else _("A segment without flags and data"))
    return title, "RFC 9293 §3.4", data.plain_ack(story)


def _ack_of_fin(story: Story, fin: Step) -> _Situation:
    own_fin, _other_fin = story.fins()
    if own_fin is None or own_fin.index > story.step.index:
        return (_("ACK: the {sender} confirms the FIN").format(sender=story.sender), _CLOSING_RFC,
                closing.ack_of_first_fin(story, fin))
    return (_("ACK: the last word"), "RFC 9293 §3.6, §3.4.2", closing.last_ack(story, fin))


def _state_changes(story: Story) -> Iterator[str]:
    """The RFC 9293 figure 5 transition of each side that makes one."""
    what = ", ".join(name for bit, name in ((SYN, "SYN"), (FIN, "FIN"), (RST, "RST"), (ACK, "ACK"))
                     if story.step.flags & bit) or story.step.label
    if story.sender_before is not story.sender_after and story.sender_after in _AFTER_A_FIN:
        yield _("{side}: {before} → {after}, on receiving the FIN that was on its way to it").format(
            side=story.sender, before=story.sender_before.value, after=story.sender_after.value)
    elif story.sender_before is not story.sender_after:
        yield _("{side}: {before} → {after}, by sending {what}").format(
            side=story.sender, before=story.sender_before.value, after=story.sender_after.value, what=what)
    if story.receiver_before is not story.receiver_after:
        yield _("{side}: {before} → {after}, on receiving {what}").format(
            side=story.receiver, before=story.receiver_before.value, after=story.receiver_after.value, what=what)


def _likely_call(story: Story) -> str | None:
    calls = calls_at(story.connection, story.step.index)
    parts = [_("{side}: {call}").format(side=side, call=call)
             for side, call in ((story.sender, calls.sender), (story.receiver, calls.receiver)) if call]
    return " · ".join(parts) or None
