"""States, openings and closings against what two Linux kernels said of themselves (tests/lab).

Each truth file gives, for every frame, both kernels' states right after it had arrived (or, if it was lost, after it
had been sent). A capture is not the kernel: what it cannot decide is listed below, with the reason, and nothing else
is let through.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tcpladder.decode.columns import ColumnTable
from tcpladder.packets.reading import read_capture
from tcpladder.tcp.connection import Connection, State, Step
from tcpladder.tcp.connections import ConnectionTable

LAB = Path(__file__).resolve().parents[1] / "data" / "lab"
NAMES = sorted(path.stem for path in LAB.glob("*.json"))
Pair = tuple[str, str]     # the client's state, the server's

# What else may be said of a frame, by scenario: {frame: (client's state, server's state)}. A name covers the captures
# taken beside the client and beside the server too, unless they have entries of their own.
ALLOWED: dict[str, dict[int, Pair]] = {
    # close() queues the FIN behind data that a closed window holds back: FIN-WAIT-1 begins unseen.
    "close-against-zero-window": dict.fromkeys(range(12, 20), ("ESTABLISHED", "ESTABLISHED")),
    # The third ACK looks the same whether the kernel takes it, puts it off until data comes, or never gets it.
    "defer-accept": {3: ("ESTABLISHED", "ESTABLISHED")},
    "fin-opens-and-closes": {3: ("ESTABLISHED", "ESTABLISHED")},
    "third-ack-lost-client-speaks": {3: ("ESTABLISHED", "ESTABLISHED")},
    # With SYN cookies the kernel keeps nothing until the third ACK; the frames are those of any opening.
    "syn-cookies": {4: ("SYN-SENT", "SYN-RECEIVED"), 5: ("ESTABLISHED", "SYN-RECEIVED")},
    "syn-cookies.server": {3: ("SYN-SENT", "SYN-RECEIVED"), 4: ("ESTABLISHED", "SYN-RECEIVED")},
    # connect() was given up without a packet.
    "syn-acks-lost-until-given-up": {3: ("SYN-SENT", "SYN-RECEIVED")},
    # Beside the client a lost SYN-ACK is not seen: its SYN seems lost.
    "syn-acks-lost-until-given-up.client": {1: ("SYN-SENT", "LISTEN")},
    "syn-ack-lost.client": {1: ("SYN-SENT", "LISTEN"), 2: ("SYN-SENT", "SYN-RECEIVED")},
    # Beside the server the third ACK, or the last one, that was lost on its way there is not seen: what is repeated
    # seems lost.
    "third-ack-lost-server-repeats.server": {2: ("SYN-SENT", "SYN-RECEIVED")},
    "last-ack-lost.server": {10: ("FIN-WAIT-2", "LAST-ACK")},
    # The ACK of the client's FIN was lost before it came to the capture: the FIN itself seems lost.
    "simultaneous-close-ack-lost.client": {
        8: ("FIN-WAIT-1", "ESTABLISHED"), 9: ("CLOSING", "FIN-WAIT-1"), 10: ("CLOSING", "FIN-WAIT-2")},
    # The old SYN is alone in its conversation, as if unanswered; its answer comes after the new one.
    "old-duplicate-syn": {1: ("SYN-SENT", "LISTEN"), 3: ("SYN-SENT", "LISTEN")},
    # Captured beside the server the old SYN has its answer, which a bare reset rejects: nobody seems to be there.
    "old-duplicate-syn.server": {2: ("CLOSED", "SYN-RECEIVED"), 3: ("CLOSED", "LISTEN")},
    # A SYN-ACK repeated after the third ACK: it may not have taken the ACK, or answer a doubled SYN.
    "syn-doubled.client": {3: ("ESTABLISHED", "SYN-RECEIVED")},
    # An abort and what the other side sent before it came, or the abort lost: the same packets.
    "reset-lost": {8: ("CLOSED", "CLOSED"), 9: ("CLOSED", "CLOSED")},
    # The crashed host answers with a reset: its socket was gone already, though the lab counts until the reset.
    "keep-alive-to-crashed-server": {7: ("ESTABLISHED", "CLOSED")},
}


@dataclass(frozen=True, slots=True)
class Truth:
    """A truth file."""

    name: str
    frames: list[dict[str, Any]]
    connections: list[dict[str, Any]]


def truth_of(name: str) -> Truth:
    content = json.loads((LAB / f"{name}.json").read_text(encoding="utf-8"))
    return Truth(name, content["frames"], content["connections"])


# Frames of which a capture cannot tell whether they arrived.
LOST_UNDECIDED: frozenset[tuple[str, int]] = frozenset({
    # Nothing is repeated because of it: data that follows, or the end of the story, does its work.
    ("third-ack-lost-client-speaks", 3), ("fin-opens-and-closes", 3), ("reset-lost", 8), ("data-given-up", 10),
    # A repeated SYN-ACK: the third ACK was lost, or not taken.
    ("third-ack-lost-server-repeats", 3),
    # The answer was lost before it came to the capture, or never given: the question seems lost.
    ("last-ack-lost.server", 10), ("simultaneous-close-ack-lost.client", 8), ("syn-ack-lost.client", 1),
    ("syn-acks-lost-until-given-up.client", 1), ("third-ack-lost-server-repeats.server", 2),
    ("syn-dropped-by-full-queue", 4), ("syn-dropped-by-full-queue", 5),
    ("old-duplicate-syn", 1), ("old-duplicate-syn.client", 1),
    # Data that was acknowledged long ago comes again, as if the ACK had been lost: the network doubled it.
    ("time-wait-killed-by-reset.client", 7),
})


def connections_of(name: str) -> list[Connection]:
    capture, progress = read_capture(LAB / f"{name}.pcap")
    for _ in progress:
        pass
    columns = ColumnTable(capture)
    columns.extend(capture.frame_count)
    table = ConnectionTable(columns)
    return [table.connection(stream) for stream in range(table.count)]


def test_there_are_scenarios_enough() -> None:
    assert len({name.removesuffix(".client").removesuffix(".server") for name in NAMES}) >= 30


@pytest.mark.parametrize("name", NAMES)
def test_states_are_those_of_the_kernels(name: str) -> None:
    assert disagreements(truth_of(name), connections_of(name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_what_the_wire_lost_is_shown_as_lost_and_nothing_else(name: str) -> None:
    arrived = {frame["frame"]: bool(frame["arrivals"]) for frame in truth_of(name).frames}
    for connection in connections_of(name):
        for step in connection.steps:
            if (name, step.frame_number) not in LOST_UNDECIDED:
                assert step.lost is not arrived[step.frame_number], step.frame_number


@pytest.mark.parametrize("name", NAMES)
def test_opening_and_closing_are_as_the_scenario_made_them(name: str) -> None:
    truth = truth_of(name)
    for known in truth.connections:
        if known.get("verdict") is None:
            continue
        expected = tuple(known["verdict"][key] for key in ("opening", "closing", "initiator"))
        told = [verdict(connection, known) for connection in connections_of(name)
                if known["client"]["port"] in (connection.client.port, connection.server.port)]
        assert expected in told


@pytest.mark.parametrize("spoil", ["rename a state", "one packet late", "exchange the roles"])
@pytest.mark.parametrize("name", ["client-closes-first", "three-packet-close", "simultaneous-close", "syn-lost",
                                  "half-close"])
def test_wrong_answers_are_rejected(name: str, spoil: str) -> None:
    truth = truth_of(name)
    right = connections_of(name)
    assert disagreements(truth, right) == []
    assert disagreements(truth, [SPOILERS[spoil](connection) for connection in right]) != []


def disagreements(truth: Truth, told: list[Connection]) -> list[str]:
    """Every frame whose states are neither the kernels' nor allowed."""
    steps = {step.frame_number: (connection, step) for connection in told for step in connection.steps}
    missing = [f"frame {frame['frame']} belongs to no connection" for frame in truth.frames
               if frame["frame"] not in steps]
    return missing + [line for frame in truth.frames if frame["frame"] in steps
                      for line in compare(truth, frame, *steps[frame["frame"]])]


def compare(truth: Truth, frame: dict[str, Any], connection: Connection, step: Step) -> Iterator[str]:
    states = step.client_state.value, step.server_state.value
    if truth.connections[frame["connection"]]["client"]["port"] != connection.client.port:
        states = states[1], states[0]     # a simultaneous open looks the other way round beside the server
    if not any(same(states, expected) for expected in possible_states(truth, frame)):
        yield f"frame {frame['frame']}: told {states}, the kernels say {(frame['client'], frame['server'])}"


def same(told: Pair, expected: Pair) -> bool:
    """Equal, but that a listener may stand where the connection is gone: LISTEN and CLOSED are one there."""
    return all(a == b or {a, b} == {"LISTEN", "CLOSED"} for a, b in zip(told, expected, strict=True))


def possible_states(truth: Truth, frame: dict[str, Any]) -> Iterator[Pair]:
    yield frame["client"], frame["server"]
    for name in (truth.name, truth.name.removesuffix(".client").removesuffix(".server")):
        if name in ALLOWED:
            if frame["frame"] in ALLOWED[name]:
                yield ALLOWED[name][frame["frame"]]
            break
    arrivals = frame["arrivals"]
    if len(arrivals) > 1:     # doubled by the network: the capture holds it once, and shows the first arrival
        yield arrivals[0]["client"], arrivals[0]["server"]
    # Packets that cross: a capture does not show when each arrives, so each end may be in any state that it had
    # from the first of them being sent until the last had come.
    crossing = crossing_group(truth, frame["frame"])
    if len(crossing) > 1:
        samples = [sample for number in crossing for sample in samples_of(truth.frames[number - 1])]
        for client in {sample[0] for sample in samples}:
            for server in {sample[1] for sample in samples}:
                yield client, server


def samples_of(frame: dict[str, Any]) -> list[Pair]:
    taken = [frame["sent"], frame, *frame["arrivals"]]
    return [(sample["client"], sample["server"]) for sample in taken]


def crossing_group(truth: Truth, number: int) -> set[int]:
    """The frames of the connection that were on their way at the same time as this one, itself included."""
    ways = {frame["frame"]: (frame["frame"], max((arrival["after_frame"] for arrival in frame["arrivals"]),
                                                  default=frame["frame"])) for frame in truth.frames
            if frame["connection"] == truth.frames[number - 1]["connection"]}
    begin, end = ways[number]
    return {other for other, (sent, arrived) in ways.items() if sent <= end and arrived >= begin}


def verdict(connection: Connection, known: dict[str, Any]) -> tuple[str, str, str | None]:
    initiator = connection.closing.initiator
    if known["client"]["port"] != connection.client.port and initiator is not None:
        initiator = {"client": "server", "server": "client"}[initiator]
    return connection.opening.kind, connection.closing.kind, initiator


def rename(connection: Connection) -> Connection:
    """The state that the server ends in gets another name."""
    last = connection.steps[-1].server_state
    other = State.ESTABLISHED if last is not State.ESTABLISHED else State.CLOSING
    return replace(connection, steps=tuple(
        replace(step, server_state=other) if step.server_state is last else step for step in connection.steps))


def delay(connection: Connection) -> Connection:
    """Every state comes one packet late."""
    return replace(connection, steps=tuple(
        replace(step, client_state=client, server_state=server)
        for step, (client, server) in ((step, connection.states_before(step.index)) for step in connection.steps)))


def exchange(connection: Connection) -> Connection:
    """Each side's states are shown at the other."""
    return replace(connection, steps=tuple(
        replace(step, client_state=step.server_state, server_state=step.client_state) for step in connection.steps))


SPOILERS: dict[str, Callable[[Connection], Connection]] = {
    "rename a state": rename, "one packet late": delay, "exchange the roles": exchange}
