"""The flow of a whole capture, as arithmetic: a lifeline per end, a row per packet, any number of both.

Places are in units: rows of equal height downwards, lifelines at equal distances sideways. Everything is arrays, and
only what is looked at becomes objects.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.ends import NO_PORT, NOBODY, Ends
from tcpladder.protocols.names import NUMBERS_ONLY, Names
from tcpladder.tcp.connection import address_and_port

ROW_HEIGHT = 26.0
NARROWEST_SPACING, USUAL_SPACING, WIDEST_SPACING = 40.0, 144.0, 400.0
MARGIN = 0.62       # before the first lifeline and after the last, in distances
NO_LIFELINE = -1
_PORT_BITS = 17


class Lifelines(Enum):
    """What has a lifeline of its own."""

    ENDPOINTS = "endpoints"     # address and port
    HOSTS = "hosts"             # address


@dataclass(frozen=True, slots=True)
class End:
    """What a lifeline stands for: an address and, where ports count, a port, both with names where so wished."""

    address: str
    port: int | None
    service: str = ""       # of the port

    @property
    def text(self) -> str:
        """"192.0.2.1:80", "[2001:db8::1]:http", or the address alone."""
        return self.address if self.port is None else address_and_port(self.address, self.service or str(self.port))

    @property
    def port_text(self) -> str:
        """"80", "http (80)", or nothing."""
        if self.port is None:
            return ""
        return f"{self.service} ({self.port})" if self.service else str(self.port)


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """The packets of some rows, ascending. source and destination number lifelines, in order of appearance from 0.

    Arrays have the shape of rows; NO_LIFELINE where nothing says who sent a packet, or to whom.
    """

    rows: NDArray[np.int64]
    source: NDArray[np.int64]
    destination: NDArray[np.int64]
    ends: Ends
    hosts: NDArray[np.int64]    # of each lifeline, as a key of ends
    ports: NDArray[np.int64]    # of each lifeline; NO_PORT where ports do not count
    names: Names = NUMBERS_ONLY

    @property
    def row_count(self) -> int:
        """How many packets are drawn."""
        return len(self.rows)

    @property
    def lifeline_count(self) -> int:
        """How many lifelines there are."""
        return len(self.hosts)

    @property
    def height(self) -> float:
        """Where the last row ends."""
        return self.row_count * ROW_HEIGHT

    def width(self, spacing: float) -> float:
        """Room for all lifelines at a distance from each other."""
        return max(self.lifeline_count - 1 + 2 * MARGIN, 1.0) * spacing

    def end(self, lifeline: int) -> End:
        """What a lifeline stands for."""
        port, address = int(self.ports[lifeline]), self.names.address(self.ends.host_text(int(self.hosts[lifeline])))
        if port == NO_PORT:
            return End(address, None)
        # Either protocol may have used the port, or both; nearly always they call it the same.
        services = dict.fromkeys(self.names.service(protocol, port) for protocol in ("tcp", "udp"))
        return End(address, port, "/".join(filter(None, services)))

    def rows_between(self, top: float, bottom: float) -> range:
        """The places of the packets of which something lies between two heights."""
        return range(max(int(top // ROW_HEIGHT), 0), min(int(-(-bottom // ROW_HEIGHT)), self.row_count))

    def lifelines_between(self, left: float, right: float, spacing: float) -> range:
        """The lifelines between two places sideways, and one more on either side for its name."""
        first = int(left / spacing - MARGIN) - 1
        return range(max(first, 0), min(int(right / spacing - MARGIN) + 2, self.lifeline_count))

    def place_at(self, y: float) -> int | None:
        """The place of the packet at a height, or None above the first and below the last."""
        place = int(y // ROW_HEIGHT)
        return place if 0 <= place < self.row_count else None

    def place_of(self, row: int) -> int | None:
        """Where a row of the capture is drawn, or None where it is not."""
        place = int(np.searchsorted(self.rows, row))
        return place if place < self.row_count and self.rows[place] == row else None

    def part(self, first: int, last: int) -> Flow:
        """Only the packets from one place to another (exclusive), with the lifelines that they need."""
        chosen = slice(first, last)
        used, ends = _numbered(np.stack((self.source[chosen], self.destination[chosen])), NO_LIFELINE)
        return Flow(self.rows[chosen], ends[0], ends[1], self.ends, self.hosts[used], self.ports[used], self.names)


def x_of(lifeline: int, spacing: float) -> float:
    """Where a lifeline stands."""
    return (lifeline + MARGIN) * spacing


def lay_out_flow(ends: Ends, rows: NDArray[Any], lifelines: Lifelines) -> Flow:
    """The flow of some rows of the capture, which ascend."""
    hosts = np.stack((ends.source_host[rows], ends.destination_host[rows]))
    ports: NDArray[np.int64] = np.full(hosts.shape, NO_PORT, np.int64)
    if lifelines is Lifelines.ENDPOINTS:
        ports = np.stack((ends.source_port[rows], ends.destination_port[rows])).astype(np.int64)
    every, place = np.unique(hosts, return_inverse=True)
    keys = np.where(hosts == NOBODY, NOBODY, place.reshape(hosts.shape) << _PORT_BITS | ports)
    known, numbers = _numbered(keys, NOBODY)
    return Flow(rows.astype(np.int64), numbers[0], numbers[1], ends, every[known >> _PORT_BITS],
                known & (1 << _PORT_BITS) - 1)


def _numbered(keys: NDArray[np.int64], nothing: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The different keys in order of appearance, column by column, and the number of each in that list."""
    every, first, inverse = np.unique(keys.T.ravel(), return_index=True, return_inverse=True)
    is_key = every != nothing
    order = np.argsort(np.where(is_key, first, len(inverse)), kind="stable")
    number = np.empty(len(every), np.int64)
    number[order] = np.arange(len(every))
    number[~is_key] = NO_LIFELINE
    numbers = number[inverse].reshape(keys.T.shape).T
    return every[order][:int(is_key.sum())], numbers
