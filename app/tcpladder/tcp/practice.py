"""Exercises on a connection: values are hidden, the learner fills them in, answers are checked and explained."""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from tcpladder.tcp.connection import Connection, Step, flags_label
from tcpladder.tcp.explain import explain
from tcpladder.tcp.explanations.arithmetic import acknowledgement_arithmetic, sum_text
from tcpladder.texts import _

# What tcpdump prints for a flag, and the names' first letters.
_FLAG_NAMES = {"F": "FIN", "S": "SYN", "R": "RST", "P": "PSH", "A": "ACK", ".": "ACK", "U": "URG", "E": "ECE",
               "W": "CWR"}
_A_FLAG = re.compile(r"FIN|SYN|RST|PSH|ACK|URG|ECE|CWR|AE|[FSRPAUEW.]")


class Topic(Enum):
    """What may be hidden of a step."""

    FLAGS = "flags"
    SEQ = "seq"
    ACK = "ack"
    CLIENT_STATE = "client state"
    SERVER_STATE = "server state"


@dataclass(frozen=True, slots=True)
class Question:
    """One hidden value. answer is as it would be shown; why says in a sentence how one comes by it."""

    step: int
    topic: Topic
    answer: str
    why: str
    _accepted: frozenset[str]

    def accepts(self, reply: str) -> bool:
        """Whether the reply says the same, in whatever spelling is usual."""
        return _plain(self.topic, reply) in self._accepted


def topic_title(topic: Topic) -> str:
    """What a person reads."""
    return {Topic.FLAGS: _("Flags"), Topic.SEQ: _("Seq"), Topic.ACK: _("Ack"), Topic.CLIENT_STATE: _("Client state"),
            Topic.SERVER_STATE: _("Server state")}[topic]


def shown_value(step: Step, topic: Topic) -> str:
    """The value of a step that a topic is about; "" where it has none. Numbers are relative."""
    match topic:
        case Topic.FLAGS:
            return flags_label(step.flags)
        case Topic.SEQ:
            return str(step.seq)
        case Topic.ACK:
            return "" if step.ack is None else str(step.ack)
        case Topic.CLIENT_STATE:
            return step.client_state.value
        case Topic.SERVER_STATE:
            return step.server_state.value


def make_questions(connection: Connection, topics: Collection[Topic], steps: Iterable[int]) -> list[Question]:
    """The questions about some steps, in the order of the connection; states mean those after the step."""
    return [_question(connection, connection.steps[step], topic)
            for step in sorted(set(steps)) for topic in Topic
            if topic in topics and shown_value(connection.steps[step], topic)]


def chosen_steps(connection: Connection, share: float, seed: int, last: int) -> list[int]:
    """A share (0 to 1) of the steps before `last`, by lot, but at least one; the same for the same seed."""
    steps = range(min(last, len(connection.steps)))
    count = max(1, round(share * len(steps))) if steps else 0
    return sorted(random.Random(seed).sample(steps, count))


def _question(connection: Connection, step: Step, topic: Topic) -> Question:
    answer = shown_value(step, topic)
    spellings = {answer}
    if topic is Topic.SEQ:
        spellings.add(str(step.seq_raw))
    elif topic is Topic.ACK:
        spellings.add(str(step.ack_raw))
    return Question(step.index, topic, answer, _why(connection, step, topic),
                    frozenset(_plain(topic, spelling) for spelling in spellings))


def _plain(topic: Topic, reply: str) -> str:
    """A reply without what does not matter: case, spaces, order and spelling of flags, digits' separators."""
    words = reply.strip().upper()
    match topic:
        case Topic.FLAGS:
            words = words.replace("NONE", "")
            if re.search(r"[A-Z0-9]", _A_FLAG.sub("", words)):
                return words
            return " ".join(sorted({_FLAG_NAMES.get(flag, flag) for flag in _A_FLAG.findall(words)}))
        case Topic.SEQ | Topic.ACK:
            digits = re.sub(r"[\s,_']", "", words)
            return str(int(digits)) if digits.isdecimal() and digits.isascii() else digits
        case _:
            return re.sub(r"[^A-Z0-9]", "", words)


def _why(connection: Connection, step: Step, topic: Topic) -> str:
    match topic:
        case Topic.FLAGS:
            return explain(connection, step.index).title
        case Topic.SEQ:
            return _why_seq(connection.steps, step)
        case Topic.ACK:
            return acknowledgement_arithmetic(connection, step.index, relative=True) or _(
                "Nothing new has come from the other end: still waiting for number {ack}.").format(ack=step.ack)
        case Topic.CLIENT_STATE | Topic.SERVER_STATE:
            return _why_state(connection, step, is_client=topic is Topic.CLIENT_STATE)


def _why_seq(steps: Sequence[Step], step: Step) -> str:
    before = [other for other in steps[:step.index] if other.from_client == step.from_client]
    if not before:
        return _("The first number that this end shows; relative numbers are counted from its SYN, which has 0.")
    latest = max(before, key=lambda other: other.next_seq)
    if step.seq == latest.next_seq:
        return _("seq {seq} = {sum}, of packet {frame}").format(seq=step.seq, sum=sum_text(latest, relative=True),
                                                               frame=latest.frame_number)
    if step.seq < latest.next_seq:
        return _("Sent before: this end has already used the numbers up to {next}.").format(next=latest.next_seq)
    return _("{count} numbers before it are not in the capture.").format(count=step.seq - latest.next_seq)


def _why_state(connection: Connection, step: Step, *, is_client: bool) -> str:
    places = connection.states_before(step.index), (step.client_state, step.server_state)
    before, after = ((client if is_client else server) for client, server in places)
    if before is after:
        return _("Neither sending nor receiving this segment changes the state: still {state}.").format(
            state=after.value)
    lines = explain(connection, step.index).state_change
    change = f"{before.value} → {after.value}"
    return next((line for line in lines if change in line), change)
