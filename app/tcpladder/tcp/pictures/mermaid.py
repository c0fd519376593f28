"""The diagram as a Mermaid sequenceDiagram; Mermaid 11.17 draws those of all lesson captures."""

from tcpladder.tcp.connection import Connection, Kind, Step
from tcpladder.tcp.ladder import Ladder, RowKind
from tcpladder.tcp.pictures.scene import remark_text
from tcpladder.tcp.pictures.text import numbers_text
from tcpladder.tcp.spans import span_text
from tcpladder.texts import _

_DASHED = (Kind.RETRANSMISSION, Kind.OUT_OF_ORDER, Kind.DUP_ACK, Kind.KEEP_ALIVE)


def mermaid_picture(ladder: Ladder) -> str:
    """The whole diagram; folds become notes, state changes notes beside their lifeline."""
    connection, names = ladder.connection, ladder.options.names
    lines = ["sequenceDiagram",
             f"    participant C as {_clean(connection.client.named(names))}",
             f"    participant S as {_clean(connection.server.named(names))}",
             f"    Note over C: {connection.client_start.value}",
             f"    Note over S: {connection.server_start.value}"]
    titles = {band.first_step: band.title for band in ladder.bands}
    for row, kind in enumerate(ladder.row_kind.tolist()):
        first = int(ladder.row_first[row])
        if kind == RowKind.TITLE:
            lines.append(f"    Note over C,S: {_clean(titles[first])}")
        if ladder.silences[row]:
            text = _("{span} later").format(span=span_text(int(ladder.silences[row])))
            lines.append(f"    Note over C,S: {_clean(text)}")
        if kind == RowKind.FOLD:
            lines.append(f"    Note over C,S: {_clean(ladder.fold(row).text)}")
        elif kind == RowKind.STEP:
            lines += _step(connection, connection.steps[first], relative=ladder.options.relative_numbers)
    if ladder.ghosts():
        lines.append("    Note over C,S: " + _clean(_("TIME-WAIT runs on for 2 MSL: no packet shows its end.")))
    return "\n".join(lines) + "\n"


def _step(connection: Connection, step: Step, *, relative: bool) -> list[str]:
    dashed = step.kind in _DASHED
    line = ("--" if dashed else "-") + ("x" if step.lost else ">>")
    ends = f"C{line}S" if step.from_client else f"S{line}C"
    text = f"{step.label} {numbers_text(step, relative=relative)}"
    if step.tags:
        text = f"{text} ({remark_text(step.tags[0])})"
    lines = [f"    {ends}: {_clean(text)}"]
    before = connection.states_before(step.index)
    for name, old, new in (("C", before[0], step.client_state), ("S", before[1], step.server_state)):
        if old is not new:
            lines.append(f"    Note over {name}: {new.value}")
    return lines


def _clean(text: str) -> str:
    """The marks that mean something to Mermaid, as entities."""
    return text.translate({ord("#"): "#35;", ord(";"): "#59;"})
