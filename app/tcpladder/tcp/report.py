"""Connections for scripts and terminals: JSON objects, rows of text, rows of CSV.

Times leave as seconds here and nowhere before, exact to the nanosecond; frame numbers count from 1.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from tcpladder.protocols.names import NUMBERS_ONLY, Names
from tcpladder.tcp.connection import Connection, Endpoint, SideOptions, Step
from tcpladder.tcp.connections import ConnectionTable
from tcpladder.tcp.phases import CLOSINGS, INITIATORS, NONE, OPENINGS
from tcpladder.texts import _

_NS = 1_000_000_000
_Json = dict[str, "_Json"] | list["_Json"] | Decimal | str | int | None
ROW_NAMES = ("stream", "client", "server", "roles", "opening", "syn_tries", "setup_time", "initial_rtt", "closing",
             "initiator", "packets", "client_bytes", "server_bytes", "retransmissions", "start", "duration",
             "completeness", "first_frame")


def connection_json(connection: Connection, names: Names = NUMBERS_ONLY) -> str:
    """The object that `connections -T json` prints for one connection. Seconds are numbers with nine decimals."""
    return _json_text(_connection(connection, names))


def _json_text(value: _Json) -> str:
    """As json.dumps writes it, but for decimal numbers, which it would round to floats."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)}: {_json_text(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_json_text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _connection(connection: Connection, names: Names) -> dict[str, Any]:
    opening, closing = connection.opening, connection.closing
    return {
        "stream": connection.stream,
        "client": endpoint_data(connection.client, names),
        "server": endpoint_data(connection.server, names),
        "roles": "seen" if connection.roles_seen else "assumed",
        "packets": len(connection.steps),
        "bytes": {"client": connection.client_bytes, "server": connection.server_bytes},
        "start": _seconds(connection.start_ns),
        "duration": _seconds(connection.duration_ns),
        "opening": {
            "kind": opening.kind,
            "frames": _frames(connection, opening.steps),
            "syn_tries": opening.syn_tries,
            "setup_time": _seconds(opening.setup_time_ns),
            "initial_rtt": _seconds(opening.initial_rtt_ns),
        },
        "options": {
            "client": _side_options(connection.client_options),
            "server": _side_options(connection.server_options),
            "in_force": {"window_scaling": connection.window_scaling, "sack": connection.sack,
                         "timestamps": connection.timestamps},
        },
        "closing": {"kind": closing.kind, "initiator": closing.initiator,
                    "frames": _frames(connection, closing.steps)},
        "completeness": connection.completeness,
        "retransmissions": connection.retransmissions,
        "findings": [{"severity": finding.severity, "frame": finding.frame_number, "text": finding.text}
                     for finding in connection.findings],
        "steps": [_step(step) for step in connection.steps],
    }


def rows_of(table: ConnectionTable, streams: Sequence[int] | None = None,
            names: Names = NUMBERS_ONLY) -> Iterator[tuple[str, ...]]:
    """For each connection the values named in ROW_NAMES, empty where not known; made from the table alone."""
    for stream in range(table.count) if streams is None else streams:
        initiator = int(table.initiator[stream])
        yield (
            str(stream), *(table.endpoint(key[stream]).named(names) for key in (table.client, table.server)),
            "seen" if table.roles_seen[stream] else "assumed", OPENINGS[int(table.opening[stream])],
            str(int(table.syn_tries[stream])), _decimal(int(table.setup_time_ns[stream])),
            _decimal(int(table.rtt_ns[stream])), CLOSINGS[int(table.closing[stream])],
            INITIATORS[initiator] if initiator != NONE else "", str(int(table.packets[stream])),
            str(int(table.client_bytes[stream])), str(int(table.server_bytes[stream])),
            str(int(table.retransmissions[stream])), _decimal(int(table.start_ns[stream])),
            _decimal(int(table.duration_ns[stream])), str(int(table.completeness[stream])),
            str(int(table.first_row[stream]) + 1))


def text_lines(table: ConnectionTable, streams: Sequence[int] | None = None,
               names: Names = NUMBERS_ONLY) -> Iterator[str]:
    """One line per connection for a terminal, with a heading."""
    heading = (_("Stream"), _("Client"), _("Server"), _("Opening"), _("Setup"), _("Closing"), _("By"),
               _("Packets"), _("Bytes →"), _("Bytes ←"), _("Retr."))
    wanted = [ROW_NAMES.index(name) for name in (
        "stream", "client", "server", "opening", "setup_time", "closing", "initiator", "packets",
        "client_bytes", "server_bytes", "retransmissions")]
    lines = [heading, *(tuple(row[place] for place in wanted) for row in rows_of(table, streams, names))]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heading))]
    left = {1, 2, 3, 5, 6}
    for line in lines:
        yield "  ".join(text.ljust(width) if column in left else text.rjust(width)
                        for column, (text, width) in enumerate(zip(line, widths, strict=True))).rstrip()


def endpoint_data(endpoint: Endpoint, names: Names) -> dict[str, Any]:
    """An end of a connection as it stands in JSON, with the name of its service where that is to be shown."""
    service = names.service("tcp", endpoint.port)
    return {"addr": endpoint.address, "port": endpoint.port} | ({"service": service} if service else {})


def _side_options(options: SideOptions | None) -> dict[str, Any] | None:
    if options is None:
        return None
    return {"mss": options.mss, "wscale": options.wscale, "sack_permitted": options.sack_permitted,
            "timestamps": options.timestamps}


def _step(step: Step) -> dict[str, Any]:
    return {
        "frame": step.frame_number, "time": _seconds(step.time_ns),
        "from": "client" if step.from_client else "server",
        "phase": step.phase.value, "label": step.label, "seq": step.seq, "ack": step.ack, "len": step.length,
        "client_state": step.client_state.value, "server_state": step.server_state.value, "lost": step.lost,
        "tags": list(step.tags)}


def _frames(connection: Connection, steps: Sequence[int]) -> list[int]:
    return [connection.steps[index].frame_number for index in steps]


def _seconds(nanoseconds: int | None) -> Decimal | None:
    return None if nanoseconds is None else Decimal(nanoseconds).scaleb(-9)


def _decimal(nanoseconds: int) -> str:
    """Exact seconds with nine decimals; empty for a negative number, which stands for "not known"."""
    return f"{nanoseconds // _NS}.{nanoseconds % _NS:09d}" if nanoseconds >= 0 else ""
