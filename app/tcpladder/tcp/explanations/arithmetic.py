"""How sequence numbers add up: ack = seq + len + SYN + FIN (RFC 9293 section 3.4)."""

from tcpladder.tcp.connection import FIN, RST, SYN, Connection, Step
from tcpladder.texts import _


def acknowledgement_arithmetic(connection: Connection, step_index: int, *, relative: bool) -> str:
    """"ack 1 = seq 0 + len 0 + SYN 1", or "" where the step acknowledges nothing new."""
    step = connection.steps[step_index]
    if step.acknowledges is None or step.ack is None:
        return ""
    acked = connection.steps[step.acknowledges]
    if step.ack != acked.next_seq:
        return _("ack {ack}: everything before byte {ack} has arrived").format(
            ack=step.ack if relative else step.ack_raw)
    return _("ack {ack} = {sum}").format(ack=step.ack if relative else step.ack_raw, sum=sum_text(acked, relative))


def step_arithmetic(connection: Connection, step_index: int, *, relative: bool) -> str:
    """The acknowledgement's arithmetic, or else that of the number which comes next."""
    text = acknowledgement_arithmetic(connection, step_index, relative=relative)
    step = connection.steps[step_index]
    if text or not step.sequence_length or step.flags & RST:
        return text
    following = step.next_seq if relative else (step.seq_raw + step.sequence_length) % 2**32
    return _("next number {next} = {sum}").format(next=following, sum=sum_text(step, relative))


def sum_text(step: Step, relative: bool) -> str:
    """"seq 0 + len 0 + SYN 1"; the modulus where the numbers on the wire wrap round."""
    seq = step.seq if relative else step.seq_raw
    text = _("seq {seq} + len {length}").format(seq=seq, length=step.length)
    for bit, name in ((SYN, "SYN"), (FIN, "FIN")):
        if step.flags & bit:
            text = _("{sum} + {flag} 1").format(sum=text, flag=name)
    if not relative and seq + step.sequence_length >= 2**32:
        text = _("{sum} (mod 2³²)").format(sum=text)
    return text
