"""Data connections that an FTP control connection announced (RFC 959, RFC 2428).

tshark knows of them before their first segment, and so does not count their SYN in tcp.completeness.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import ColumnTable
from tcpladder.tcp.headers import FoundHeaders
from tcpladder.tcp.streams import Streams

CONTROL_PORT = 21
_LONGEST_LINE = 512
_PORTS = re.compile(rb"(?:^PORT |^227 \D*)(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})", re.IGNORECASE)
_EXTENDED = re.compile(rb"(?:^EPRT \|\d\|[^|]*\||^229 [^|]*\|\|\|)(\d{1,5})\|", re.IGNORECASE)


def announced_port(line: bytes) -> int | None:
    """The port that a line of a control connection announces, or None."""
    if found := _PORTS.match(line):
        high, low = int(found[5]), int(found[6])
        return high << 8 | low if high < 256 and low < 256 else None
    if found := _EXTENDED.match(line):
        port = int(found[1])
        return port if port < 1 << 16 else None
    return None


def announced_streams(columns: ColumnTable, found: FoundHeaders, streams: Streams) -> NDArray[np.bool_]:
    """(m,) streams to a host and port that the same host had announced before."""
    result = np.zeros(streams.count, np.bool_)
    segments = found.segments
    control = (found.source & 0xFFFF == CONTROL_PORT) | (found.destination & 0xFFFF == CONTROL_PORT)
    speaking = np.flatnonzero(control & (segments.length > 0))
    if not len(speaking):
        return result
    places = found.headers.places[speaking]
    begin = columns.layer("tcp").start[places] + columns.layer_values("tcp.hdr_len")[0][places]
    announced: dict[int, int] = {}
    for index, place in enumerate(speaking.tolist()):
        row = int(segments.row[place])
        line = columns.capture.frame(row)[int(begin[index]):int(begin[index]) + _LONGEST_LINE].tobytes()
        port = announced_port(line)
        if port is not None:
            host = int(found.source[place]) & ~0xFFFF
            announced.setdefault(host | port, row)
    first = streams.segments.row[streams.starts].tolist()
    for stream, (row, server) in enumerate(zip(first, streams.endpoints[:, 1].tolist(),
                                               strict=True)):
        result[stream] = announced.get(server, row) < row
    return result
