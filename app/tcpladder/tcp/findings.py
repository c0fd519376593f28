"""What is worth telling about a connection, in plain words with the evidence.

Nothing is claimed beyond what the segments say; where a cause is only likely, the sentence says "consistent with".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from tcpladder.tcp.connection import (
    ACK,
    FIN,
    RST,
    SYN,
    Connection,
    Finding,
    State,
    Step,
)
from tcpladder.tcp.fates import Fates
from tcpladder.tcp.spans import count_text, span_text
from tcpladder.texts import _, ngettext

NOTE, WARNING, ERROR = "note", "warning", "error"

_SECOND = 1_000_000_000
SLOW_HANDSHAKE_NS = _SECOND
LASTING_CLOSE_WAIT_NS = 60 * _SECOND    # Linux gives up on an orphaned FIN-WAIT-2 after as long
_FRAMES_NAMED = 8                       # of a longer list, only so many frames are named
_REPEATED = frozenset({"TCP Retransmission", "TCP Fast Retransmission", "TCP Spurious Retransmission"})


def find_findings(connection: Connection, fates: Fates, unsummed: Sequence[int] = ()) -> tuple[Finding, ...]:
    """Everything noteworthy, in the order of the steps that show it.

    unsummed: steps whose checksum is still that of the pseudo-header alone.
    """
    look = _Look(connection, fates, [connection.steps[index] for index in unsummed])
    findings = [finding for finder in _FINDERS for finding in finder(look)]
    return tuple(sorted(findings, key=lambda finding: -1 if finding.step is None else finding.step))


class _Look:
    """A connection, and what several findings ask of it."""

    def __init__(self, connection: Connection, fates: Fates, unsummed: Sequence[Step]) -> None:
        self.connection = connection
        self.fates = fates
        self.unsummed = unsummed
        self.steps = connection.steps
        self.opening = [connection.steps[index] for index in connection.opening.steps]
        self.syns = [step for step in connection.steps if step.flags & (SYN | ACK) == SYN and step.from_client]
        self.syn_acks = [step for step in connection.steps if step.flags & (SYN | ACK) == SYN | ACK]
        self.reset = next((connection.steps[index] for index in connection.closing.steps
                           if connection.steps[index].flags & RST), None)

    def side(self, from_client: bool) -> str:
        """The address and port of a side."""
        return (self.connection.client if from_client else self.connection.server).text


def _at(severity: str, step: Step, text: str) -> Finding:
    return Finding(severity, step.index, step.row, text)


def _frames(steps: Sequence[Step]) -> str:
    """"3, 5, 8": the numbers of frames."""
    numbers = ", ".join(str(step.frame_number) for step in steps[:_FRAMES_NAMED])
    return numbers if len(steps) <= _FRAMES_NAMED else numbers + ", …"


def _gaps(steps: Sequence[Step]) -> str:
    """"1.028 s, 2.016 s": the times between steps."""
    pairs = pairwise(steps[:_FRAMES_NAMED + 1])
    return ", ".join(span_text(later.time_ns - earlier.time_ns) for earlier, later in pairs)


def _refused(look: _Look) -> Iterator[Finding]:
    if look.connection.opening.kind != "refused":
        return
    syn, reset = look.syns[-1], next(step for step in look.opening if step.flags & RST)
    yield _at(ERROR, reset, _(
        "Connection refused: the SYN of frame {syn} was answered by a reset after {time}. Nothing listens on "
        "{server}, or a firewall answers in its place.").format(
            syn=syn.frame_number, time=span_text(reset.time_ns - syn.time_ns), server=look.side(False)))


def _unanswered(look: _Look) -> Iterator[Finding]:
    if look.connection.opening.kind != "unanswered":
        return
    syns = look.syns
    if len(syns) == 1:
        yield _at(ERROR, syns[0], _("No answer to the SYN of frame {frame}: it was dropped on the way or by "
                                    "{server}, or the capture ends too soon.").format(
            frame=syns[0].frame_number, server=look.side(False)))
        return
    yield _at(ERROR, syns[-1], ngettext(
        "No answer to {count} SYN (frame {frames}).",
        "No answer to {count} SYNs (frames {frames}), repeated after {times}: silence, not refusal. They, or all "
        "answers, were dropped on the way or by a firewall.", len(syns)).format(
            count=len(syns), frames=_frames(syns), times=_gaps(syns)))


def _repeated_syn(look: _Look) -> Iterator[Finding]:
    if len(look.syns) < 2 or look.connection.opening.kind in ("unanswered", "refused"):
        return
    first_answer = next((step for step in look.syn_acks if not step.from_client), None)
    repeated = look.syns[1]
    if first_answer is not None and first_answer.index < repeated.index:
        text = _("The SYN was sent again in frame {frame} although frame {answer} had answered it: the SYN-ACK was "
                 "lost on its way back, or crossed the SYN.").format(
            frame=repeated.frame_number, answer=first_answer.frame_number)
    else:
        text = _("The SYN was sent {count} times (frames {frames}), repeated after {times}: the earlier ones, or the "
                 "answers to them, were lost or dropped.").format(
            count=len(look.syns), frames=_frames(look.syns), times=_gaps(look.syns))
    yield _at(WARNING, repeated, text)


def _repeated_syn_ack(look: _Look) -> Iterator[Finding]:
    syn_acks = [step for step in look.syn_acks if not step.from_client]
    if len(syn_acks) < 2 or look.connection.opening.kind == "simultaneous":
        return
    repeated = syn_acks[1]
    third = next((step for step in look.steps[:repeated.index] if step.from_client and step.index > syn_acks[0].index
                  and step.flags & (ACK | SYN | RST) == ACK), None)
    if third is not None:
        text = _("The SYN-ACK came again (frames {frames}) although frame {third} acknowledges it: that ACK was lost "
                 "on the way, or {server} did not take it. Consistent with a full accept queue, or with a listener "
                 "that waits for data (deferred accept).").format(
            frames=_frames(syn_acks), third=third.frame_number, server=look.side(False))
    else:
        text = _("The SYN-ACK was sent {count} times (frames {frames}): the earlier ones, or the ACK that answers "
                 "them, were lost.").format(count=len(syn_acks), frames=_frames(syn_acks))
    yield _at(WARNING, repeated, text)


def _incomplete(look: _Look) -> Iterator[Finding]:
    if look.connection.opening.kind != "incomplete" or look.reset is not None or not look.steps:
        return
    if look.syn_acks:
        yield _at(WARNING, look.syn_acks[-1], _(
            "The SYN-ACK of frame {frame} was never acknowledged: the connection stayed half-open at {server}.").format(
                frame=look.syn_acks[-1].frame_number, server=look.side(False)))
    else:
        yield _at(NOTE, look.steps[0], _("The SYN-ACK was not captured: the opening cannot be followed to its end."))


def _not_from_the_beginning(look: _Look) -> Iterator[Finding]:
    if look.connection.opening.kind != "mid-stream":
        return
    if look.connection.roles_seen:
        text = _("The capture begins in the middle of the connection: the handshake is not in it, so window scale and "
                 "options are not known.")
    else:
        text = _("The capture begins in the middle of the connection: the handshake is not in it, so window scale and "
                 "options are not known, and who is client and who is server is assumed from the ports.")
    yield _at(NOTE, look.steps[0], text)


def _slow_handshake(look: _Look) -> Iterator[Finding]:
    setup = look.connection.opening.setup_time_ns
    if setup is not None and setup >= SLOW_HANDSHAKE_NS and look.opening:
        rtt = look.connection.opening.initial_rtt_ns
        text = _("The handshake took {time} from the first SYN.") if rtt is None else _(
            "The handshake took {time} from the first SYN; the round trip itself is {rtt}.")
        yield _at(WARNING, look.opening[-1], text.format(time=span_text(setup), rtt=span_text(rtt or 0)))


def _reset(look: _Look) -> Iterator[Finding]:
    reset = look.reset
    if reset is None:
        return
    yield _at(ERROR if look.connection.closing.kind == "reset" else NOTE, reset, _reset_text(look, reset))


def _reset_text(look: _Look, reset: Step) -> str:
    who, other = look.side(reset.from_client), look.side(not reset.from_client)
    before = look.steps[:reset.index]
    states = look.connection.states_before(reset.index)
    sender_state = states[0 if reset.from_client else 1]
    probes = [step for step in before if step.lost and {"TCP Keep-Alive"} & set(step.tags)
              and step.from_client == reset.from_client]
    values = {"frame": reset.frame_number, "who": who, "other": other}
    if probes:
        return _("{who} gave the connection up in frame {frame}: its keep-alives (frames {probes}) were not "
                 "answered. Consistent with a peer that crashed or was cut off.").format(
                     probes=_frames(probes), **values)
    if not reset.flags & ACK:
        if sender_state in (State.CLOSED, State.SYN_SENT, State.LISTEN) or look.fates.lost[reset.index]:
            return _("{who} answered with a bare reset in frame {frame}: it knows no such connection (any more). "
                     "Consistent with a socket that was closed or a host that restarted.").format(**values)
        return _("{who} answered what it received with a bare reset in frame {frame}: consistent with a socket that "
                 "nobody owns any more, closed before the data came.").format(**values)
    unread = any(step.length for step in before if step.from_client != reset.from_client)
    fin_before = any(step.flags & FIN and step.from_client != reset.from_client for step in before)
    if fin_before:
        return _("{who} aborted the connection in frame {frame}, after {other} had closed its side: consistent with "
                 "data left unread, or with a program that closes by reset (SO_LINGER 0).").format(**values)
    if unread:
        return _("{who} aborted the connection in frame {frame}: consistent with a program that closed while data "
                 "was unread, that died, or that closes by reset (SO_LINGER 0); a firewall can send the same.").format(
                     **values)
    return _("{who} aborted the connection in frame {frame}: consistent with a program that closes by reset "
             "(SO_LINGER 0), with a listener that was closed, or with a firewall.").format(**values)


def _retransmissions(look: _Look) -> Iterator[Finding]:
    for from_client in (True, False):
        repeated = [step for step in look.steps if step.from_client == from_client and step.length
                    and step.tags and not _REPEATED.isdisjoint(step.tags)]
        if repeated:
            yield _at(WARNING, repeated[0], ngettext(
                "{who} sent data again in {count} segment (frame {frames}).",
                "{who} sent data again in {count} segments (frames {frames}).", len(repeated)).format(
                    who=look.side(from_client), count=count_text(len(repeated)), frames=_frames(repeated)))


def _zero_window(look: _Look) -> Iterator[Finding]:
    for from_client in (True, False):
        closed: Step | None = None
        for step in look.steps:
            if step.from_client != from_client or step.flags & (SYN | RST | FIN):
                continue
            if closed is None and not step.window_raw:
                closed = step
            elif closed is not None and step.window_raw:
                yield _at(WARNING, closed, _(
                    "{who} closed its window in frame {frame} (its program does not read) and opened it {time} later "
                    "in frame {opened}.").format(who=look.side(from_client), frame=closed.frame_number,
                                              time=span_text(step.time_ns - closed.time_ns), opened=step.frame_number))
                closed = None
        if closed is not None:
            yield _at(WARNING, closed, _(
                "{who} closed its window in frame {frame} (its program does not read) and did not open it "
                "again.").format(
                    who=look.side(from_client), frame=closed.frame_number))


def _scaling_not_in_force(look: _Look) -> Iterator[Finding]:
    client, server = look.connection.client_options, look.connection.server_options
    if client is None or server is None or look.connection.window_scaling:
        return
    if client.wscale is None and server.wscale is None:
        text = _("Neither side offers window scaling: no window is larger than 65,535 bytes.")
    else:
        silent = look.side(client.wscale is None)
        text = _("Window scaling is not in force, because {side} did not offer it: no window is larger than 65,535 "
                 "bytes.").format(side=silent)
    yield _at(NOTE, (look.syn_acks or look.steps)[0], text)


def _larger_than_mss(look: _Look) -> Iterator[Finding]:
    for from_client, limits in ((True, look.connection.server_options), (False, look.connection.client_options)):
        if limits is None or limits.mss is None:
            continue
        larger = [step for step in look.steps if step.from_client == from_client and step.length > limits.mss]
        if larger:
            longest = max(larger, key=lambda step: step.length)
            yield _at(NOTE, larger[0], _(
                "{who} sends segments larger than the MSS of {mss} that the other side announced (up to {length} "
                "bytes, frame {frame}): captured before the network card cut them (segmentation offload), or after "
                "it joined them.").format(who=look.side(from_client), mss=limits.mss, length=count_text(longest.length),
                                frame=longest.frame_number))


def _not_captured(look: _Look) -> Iterator[Finding]:
    missing = [step for step in look.steps
               if "TCP Previous segment not captured" in step.tags and not step.flags & SYN]
    if missing:
        yield _at(NOTE, missing[0], ngettext(
            "Before frame {frames} bytes are missing: lost on the way, or missed by the capture.",
            "Before {count} frames ({frames}) bytes are missing: lost on the way, or missed by the capture.",
            len(missing)).format(count=len(missing), frames=_frames(missing)))


def _received_twice(look: _Look) -> Iterator[Finding]:
    told = next((step for step in look.steps if _duplicate_range(step)), None)
    if told is None:
        return
    left, right = _duplicate_range(told) or (0, 0)
    fin = next((step for step in look.steps if step.flags & FIN and step.from_client != told.from_client), None)
    values = {"who": look.side(told.from_client), "frame": told.frame_number, "first": left, "last": right - 1}
    if (left, right) == (0, 1):
        text = _("{who} received the SYN twice and says so (D-SACK, frame {frame}).")
    elif fin is not None and left == fin.next_seq - 1:
        text = _("{who} received the FIN twice and says so (D-SACK, frame {frame}): the second copy was not needed.")
    else:
        text = _("{who} received bytes {first}–{last} twice and says so (D-SACK, frame {frame}): the second copy was "
                 "not needed.")
    yield _at(NOTE, told, text.format(**values))


def _left_to_the_card(look: _Look) -> Iterator[Finding]:
    if look.unsummed:
        yield _at(NOTE, look.unsummed[0], ngettext(
            "The checksum of {count} segment is that of the pseudo-header alone: captured before the network card "
            "filled it in (checksum offload), not an error.",
            "The checksums of {count} segments are those of the pseudo-header alone: captured before the network "
            "card filled them in (checksum offload), not an error.", len(look.unsummed)).format(
                count=count_text(len(look.unsummed))))


def _duplicate_range(step: Step) -> tuple[int, int] | None:
    """The first SACK block, where it lies below the ACK (RFC 2883 section 4)."""
    edges = [int(option[4:]) for option in step.options if option.startswith(("SLE=", "SRE="))]
    if len(edges) >= 2 and step.ack is not None and edges[0] < edges[1] <= step.ack:
        return edges[0], edges[1]
    return None


def _lasting_close_wait(look: _Look) -> Iterator[Finding]:
    if look.connection.closing.kind != "half-closed" or not look.steps:
        return
    fin = look.steps[look.connection.closing.steps[0]]
    last = look.steps[-1]
    waiting = last.server_state if fin.from_client else last.client_state
    if waiting is not State.CLOSE_WAIT:
        return
    values = {"who": look.side(not fin.from_client), "frame": fin.frame_number,
              "time": span_text(last.time_ns - fin.time_ns)}
    sent_since = any(step.length for step in look.steps[fin.index + 1:] if step.from_client != fin.from_client)
    if last.time_ns - fin.time_ns >= LASTING_CLOSE_WAIT_NS and not sent_since:
        yield _at(WARNING, fin, _(
            "{who} has been in CLOSE-WAIT for {time} since the FIN of frame {frame} and sends nothing: consistent "
            "with a program that forgets to close its socket.").format(**values))
    else:
        yield _at(NOTE, fin, _(
            "{who} is still in CLOSE-WAIT when the capture ends, {time} after the FIN of frame {frame}: it has not "
            "closed its side.").format(**values))


_FINDERS: tuple[Callable[[_Look], Iterator[Finding]], ...] = (
    _refused, _unanswered, _repeated_syn, _repeated_syn_ack, _incomplete, _not_from_the_beginning, _slow_handshake,
    _reset, _retransmissions, _zero_window, _scaling_not_in_force, _larger_than_mss, _not_captured, _received_twice,
    _left_to_the_card, _lasting_close_wait)
