"""The diagram as JSON: what is drawn, for programs that draw it themselves."""

import json
from typing import Any

from tcpladder.tcp.connection import Step
from tcpladder.tcp.explain import explain
from tcpladder.tcp.ladder import Bar, Ladder, RowKind
from tcpladder.tcp.report import endpoint_data


def json_picture(ladder: Ladder) -> str:
    """One object: ends, phases, rows from the top, and the states beside each lifeline (y in the layout's units)."""
    connection, names = ladder.connection, ladder.options.names
    document = {
        "stream": connection.stream,
        "client": endpoint_data(connection.client, names), "server": endpoint_data(connection.server, names),
        "roles": "seen" if connection.roles_seen else "assumed",
        "opening": {"kind": connection.opening.kind, "steps": list(connection.opening.steps)},
        "closing": {"kind": connection.closing.kind, "initiator": connection.closing.initiator,
                    "steps": list(connection.closing.steps)},
        "phases": [{"phase": band.phase.value, "title": band.title, "top": band.top, "bottom": band.bottom,
                    "first_step": band.first_step, "last_step": band.last_step} for band in ladder.bands],
        "rows": [row for place in range(ladder.row_count) if (row := _row(ladder, place)) is not None],
        "client_states": [_bar(bar, connection.start_ns) for bar in ladder.bars_between(True, 0, ladder.height)],
        "server_states": [_bar(bar, connection.start_ns) for bar in ladder.bars_between(False, 0, ladder.height)],
        "height": ladder.height,
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _row(ladder: Ladder, place: int) -> dict[str, Any] | None:
    kind = ladder.row_kind[place]
    if kind == RowKind.FOLD:
        fold = ladder.fold(place)
        return {"kind": "fold", "top": ladder.content_top(place), "first_step": fold.first, "last_step": fold.last,
                "text": fold.text}
    if kind != RowKind.STEP:
        return None
    arrow = ladder.arrow(place)
    return {"kind": "step", "top": ladder.content_top(place), "tail": arrow.tail, "head": arrow.head,
            **_step(ladder, arrow.step)}


def _step(ladder: Ladder, step: Step) -> dict[str, Any]:
    explanation = explain(ladder.connection, step.index)
    return {
        "step": step.index, "frame": step.frame_number,
        "time": (step.time_ns - ladder.connection.start_ns) / 1e9,
        "from": "client" if step.from_client else "server", "segment": step.kind.value, "label": step.label,
        "seq": step.seq, "ack": step.ack, "len": step.length, "seq_raw": step.seq_raw, "window": step.window,
        "window_raw": step.window_raw, "options": list(step.options), "tags": list(step.tags), "lost": step.lost,
        "client_state": step.client_state.value, "server_state": step.server_state.value,
        "acknowledges": step.acknowledges, "arithmetic": explanation.arithmetic, "title": explanation.title,
        "sentences": list(explanation.sentences), "reference": explanation.reference,
    }


def _bar(bar: Bar, start_ns: int) -> dict[str, Any]:
    return {"state": bar.state.value, "top": bar.top, "bottom": bar.bottom, "entered_at_step": bar.entered_step,
            "entered": None if bar.entered_ns is None else (bar.entered_ns - start_ns) / 1e9,
            "duration": None if bar.duration_ns is None else bar.duration_ns / 1e9}
