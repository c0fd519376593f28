"""The diagram in plain text, and a step in one line."""

from tcpladder.tcp.connection import Connection, Step
from tcpladder.tcp.ladder import Ladder, RowKind
from tcpladder.tcp.pictures.scene import ends_text, ghost_text, remark_text, window_texts
from tcpladder.tcp.spans import span_text
from tcpladder.texts import _

_STATE_WIDTH = 13
_ARROW_WIDTH = 60


def text_picture(ladder: Ladder) -> str:
    """The whole diagram, readable in a fixed-width font: state, arrow, state on each line."""
    connection = ladder.connection
    lines = [ends_text(ladder), ""]
    lines.append(_row("", connection.client_start.value, "", connection.server_start.value))
    titles = {band.first_step: band.title for band in ladder.bands}
    for row, kind in enumerate(ladder.row_kind.tolist()):
        first = int(ladder.row_first[row])
        if kind == RowKind.TITLE:
            lines += ["", f"== {titles[first]}"]
        if ladder.silences[row]:
            lines.append(_row("", "", _("… {span} later …").format(span=span_text(int(ladder.silences[row]))), ""))
        if kind == RowKind.FOLD:
            lines.append(_row("", "", f"[{ladder.fold(row).text}]", ""))
        elif kind == RowKind.STEP:
            lines.append(_step(ladder, connection.steps[first]))
    lines += ["", _("The capture of this connection ends here.")]
    if ladder.ghosts():
        lines[-1] = ghost_text()
    return "\n".join(line.rstrip() for line in lines) + "\n"


def step_line(connection: Connection, step: Step, *, relative: bool) -> str:
    """A step in one line, to be read aloud or shown as a tip."""
    way = _("client to server") if step.from_client else _("server to client")
    parts = [way, step.label, numbers_text(step, relative=relative), window_texts(step)[0],
             *(remark_text(tag) for tag in step.tags)]
    if step.lost:
        parts.append(_("lost on the way"))
    parts += [_("client {state}").format(state=step.client_state.value),
              _("server {state}").format(state=step.server_state.value)]
    return ", ".join(parts)


def numbers_text(step: Step, *, relative: bool) -> str:
    """"seq 0 ack 1 len 0", without the ack where the ACK flag is not set."""
    seq, ack = (step.seq, step.ack) if relative else (step.seq_raw, step.ack_raw)
    if step.ack is None:
        return _("seq {seq} len {length}").format(seq=seq, length=step.length)
    return _("seq {seq} ack {ack} len {length}").format(seq=seq, ack=ack, length=step.length)


def _step(ladder: Ladder, step: Step) -> str:
    connection = ladder.connection
    before = connection.states_before(step.index)
    label = f"{step.label} {numbers_text(step, relative=ladder.options.relative_numbers)}"
    if step.tags:
        label = f"{label} [{remark_text(step.tags[0])}]"
    line = "-" if not step.lost else "."
    end = ("X" if step.lost else ">") if step.from_client else ("X" if step.lost else "<")
    body = f" {label} ".center(_ARROW_WIDTH - 2, line)
    arrow = f"{line}{body}{end}" if step.from_client else f"{end}{body}{line}"
    time = f"{(step.time_ns - connection.start_ns) / 1e9:.6f}"
    client = step.client_state.value if step.client_state is not before[0] else "|"
    server = step.server_state.value if step.server_state is not before[1] else "|"
    return _row(time, client, arrow, server)


def _row(time: str, client: str, middle: str, server: str) -> str:
    return f"{time:>12}  {client:>{_STATE_WIDTH}} {middle:^{_ARROW_WIDTH}} {server}"
