"""What happened in a scenario, and how it looks in a capture taken at the wire or at one of the hosts."""

from __future__ import annotations

import os
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any, Literal

from segments import Address
from wire import Frame

Side = Literal["client", "server"]
Viewpoint = Literal["wire", "client", "server"]
Pair = tuple[Address, Address]  # the client's address and port, the server's
States = dict[str, str]  # "client" and "server": a state by its RFC 9293 name


@dataclass(frozen=True, slots=True)
class Arrival:
    """A frame came out of the wire at its receiver."""

    time_ns: int
    states: States  # after it


@dataclass(frozen=True, slots=True)
class Taken:
    """A frame that was sent, and what became of it: no arrival (lost), one, or more (doubled)."""

    frame: Frame
    connection: int
    sent: States  # when it was on the wire
    arrivals: list[Arrival] = field(default_factory=list)

    @property
    def sender(self) -> Side:
        return "client" if self.frame.from_client else "server"


@dataclass(frozen=True, slots=True)
class Call:
    """An application called its kernel; or nobody did anything for a while, and no end is named."""

    time_ns: int
    end: Side | None
    text: str
    connection: int | None
    states: States | None  # after it


@dataclass(slots=True)
class Record:
    """All that happened, in order."""

    connections: list[Pair] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    tcp_info: dict[tuple[int, Side], dict[str, object]] = field(default_factory=dict)

    def begin_connection(self, pair: Pair) -> int:
        """From now on the packets between these two addresses and ports belong to a new connection."""
        self.connections.append(pair)
        return len(self.connections) - 1

    def connection(self, pair: Pair) -> int:
        """The number of the latest connection between two addresses and ports."""
        if pair not in self.connections:
            return self.begin_connection(pair)
        return len(self.connections) - 1 - self.connections[::-1].index(pair)


@dataclass(frozen=True, slots=True)
class Sighting:
    """One frame of a capture."""

    time_ns: int
    taken: Taken
    arrivals: list[Arrival]  # those that this frame of the capture stands for


def capture_at(record: Record, viewpoint: Viewpoint) -> list[Sighting]:
    """The frames of a capture. A host's holds what it sent, also if it was lost, and what reached it."""
    sightings = []
    for taken in record.taken:
        if viewpoint in ("wire", taken.sender):
            sightings.append(Sighting(taken.frame.time_ns, taken, taken.arrivals))
        else:
            sightings += (Sighting(arrival.time_ns, taken, [arrival]) for arrival in taken.arrivals)
    return sorted(sightings, key=lambda sighting: sighting.time_ns)


def describe(record: Record, sightings: list[Sighting]) -> dict[str, Any]:
    """The truth about a capture, as README.md tells it."""
    times = [sighting.time_ns for sighting in sightings]
    return {
        "kernel": "Linux " + ".".join(os.uname().release.split(".")[:2]),
        "connections": [_describe_connection(record, number) for number in range(len(record.connections))],
        "frames": [_describe_frame(number, sighting, times) for number, sighting in enumerate(sightings, 1)],
        "calls": [
            {"after_frame": bisect_right(times, call.time_ns), "time_ns": call.time_ns, "end": call.end,
             "call": call.text, "connection": call.connection, **(call.states or {})}
            for call in record.calls
        ],
    }


def _describe_connection(record: Record, number: int) -> dict[str, Any]:
    client, server = ({"addr": address, "port": port} for address, port in record.connections[number])
    info = {side: record.tcp_info.get((number, side)) for side in ("client", "server")}
    return {"client": client, "server": server, "tcp_info": info}


def _describe_frame(number: int, sighting: Sighting, times: list[int]) -> dict[str, Any]:
    taken = sighting.taken
    after = sighting.arrivals[-1].states if sighting.arrivals else taken.sent
    return {
        "frame": number,
        "time_ns": sighting.time_ns,
        "from": taken.sender,
        "segment": taken.frame.segment.name,
        "connection": taken.connection,
        **after,
        "sent": taken.sent,
        "arrivals": [
            {"after_frame": bisect_right(times, arrival.time_ns), **arrival.states}
            for arrival in sighting.arrivals
        ],
    }
