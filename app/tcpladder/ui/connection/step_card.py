"""What happens in the selected step, and why: title, arithmetic, states, sentences, options."""

from collections.abc import Iterable
from html import escape

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QTextBrowser, QWidget

from tcpladder.tcp.connection import Connection, Kind, State
from tcpladder.tcp.explain import Explanation, explain
from tcpladder.tcp.explanations.negotiation import OptionRow
from tcpladder.tcp.pictures.palette import STATE_INKS, DiagramPalette, Ink
from tcpladder.texts import _
from tcpladder.ui.theme import theme_of


class StepCard(QTextBrowser):
    """A page about one step of a connection."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setAccessibleName(_("What happens in this step"))
        self.document().setDocumentMargin(12)
        self._connection: Connection | None = None
        self._step: int | None = None
        self._is_waiting = False
        self._show()

    def sizeHint(self) -> QSize:
        return QSize(420, 260)

    def show_connection(self, connection: Connection | None) -> None:
        """Forgets the step of the connection before."""
        self._connection, self._step = connection, None
        self._show()

    def show_step(self, step: int | None) -> None:
        """Explains a step, or what to do to see one explained."""
        self._step = step
        self._show()

    def wait_for_connections(self, waiting: bool) -> None:
        """Says, where no connection is shown, that they are still being looked for."""
        self._is_waiting = waiting
        self._show()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._show()

    def _show(self) -> None:
        palette = theme_of(self.palette()).diagram
        if self._connection is None and self._is_waiting:
            self.setHtml(_hint(palette, _("The connections of this capture are being found…")))
        elif self._connection is None:
            self.setHtml(_hint(palette, _("Select a TCP packet: its connection is drawn above and explained here.")))
        elif self._step is None:
            self.setHtml(_hint(palette, _("Press ↓ in the ladder to step through the connection.")))
        else:
            self.setHtml(card_html(self._connection, self._step, palette, self.font()))


def card_html(connection: Connection, step_index: int, palette: DiagramPalette, font: QFont) -> str:
    """The card's page, in the rich text that Qt knows."""
    explanation = explain(connection, step_index)
    step = connection.steps[step_index]
    ink = _TITLE_INKS.get(step.kind, Ink.TEXT)
    muted = palette[Ink.MUTED]
    position = _("Step {number} of {count} · packet {frame}").format(
        number=step_index + 1, count=len(connection.steps), frame=step.frame_number)
    parts = [
        f'<p style="margin:0; color:{muted}"><small>{escape(position)}</small></p>',
        f'<p style="margin:0 0 6px 0; font-size:{_larger(font)}pt; font-weight:600; color:{palette[ink]}">'
        f"{escape(explanation.title)}</p>",
        *_findings(explanation, palette),
        *_arithmetic(explanation, palette),
        _states(connection, step_index, palette),
        *_sentences(explanation),
        *_options(explanation.negotiation, palette),
    ]
    footer = []
    if explanation.call:
        footer.append(f'<i style="color:{palette[Ink.CALL]}">' + escape(_("Likely calls, inferred: {calls}").format(
            calls=explanation.call)) + "</i>")
    footer.append(escape(explanation.reference))
    parts.append(f'<p style="margin:8px 0 0 0; color:{muted}"><small>{"<br/>".join(footer)}</small></p>')
    return "".join(parts)


_TITLE_INKS = {Kind.SYN: Ink.SYN_LINE, Kind.FIN: Ink.FIN_LINE, Kind.RST: Ink.RST_LINE, Kind.DATA: Ink.DATA_LINE,
               Kind.RETRANSMISSION: Ink.TROUBLE_LINE, Kind.OUT_OF_ORDER: Ink.TROUBLE_LINE,
               Kind.DUP_ACK: Ink.TROUBLE_LINE, Kind.ZERO_WINDOW: Ink.TROUBLE_LINE}


def _findings(explanation: Explanation, palette: DiagramPalette) -> Iterable[str]:
    for text in explanation.findings:
        yield f'<p style="margin:0 0 4px 0; color:{palette[Ink.WARNING]}"><b>⚠ {escape(text)}</b></p>'


def _arithmetic(explanation: Explanation, palette: DiagramPalette) -> Iterable[str]:
    if explanation.arithmetic:
        raw = ""
        if explanation.raw_arithmetic != explanation.arithmetic:
            raw = (f'<br/><span style="color:{palette[Ink.MUTED]}"><small>'
                   + escape(_("on the wire: {sum}").format(sum=explanation.raw_arithmetic)) + "</small></span>")
        yield (f'<table width="100%" cellpadding="7" style="margin:2px 0 6px 0"><tr>'
               f'<td style="background:{palette[Ink.LIT]}"><b style="color:{palette[Ink.ACCENT]}">'
               f"{escape(explanation.arithmetic)}</b>{raw}</td></tr></table>")


def _states(connection: Connection, step_index: int, palette: DiagramPalette) -> str:
    """Both sides' states, before → after."""
    step = connection.steps[step_index]
    rows = []
    for side, before, after in ((_("client"), connection.states_before(step_index)[0], step.client_state),
                                (_("server"), connection.states_before(step_index)[1], step.server_state)):
        change = _state(after, palette, bold=before is not after)
        if before is not after:
            change = f"{_state(before, palette, bold=False)} → {change}"
        else:
            change = escape(_("stays")) + f" {change}"
        rows.append(f'<tr><td style="color:{palette[Ink.MUTED]}; padding-right:10px">{escape(side)}</td>'
                    f"<td>{change}</td></tr>")
    return f'<table cellspacing="0" style="margin:0 0 4px 0">{"".join(rows)}</table>'


def _state(state: State, palette: DiagramPalette, *, bold: bool) -> str:
    name = f"<b>{state.value}</b>" if bold else state.value
    return f'<span style="color:{palette[STATE_INKS[state]]}">■</span> {name}'


def _sentences(explanation: Explanation) -> Iterable[str]:
    for sentence in explanation.sentences:
        yield f'<p style="margin:0 0 5px 0">{escape(sentence)}</p>'


def _options(rows: tuple[OptionRow, ...], palette: DiagramPalette) -> Iterable[str]:
    if not rows:
        return
    heads = (_("option"), _("client"), _("server"), _("in force"))
    line = f"border-bottom:1px solid {palette[Ink.GRID]}"
    yield '<table cellspacing="0" cellpadding="3" style="margin:6px 0 0 0"><tr>'
    yield "".join(f'<td style="color:{palette[Ink.MUTED]}; {line}; padding-right:14px">{escape(head)}</td>'
                  for head in heads) + "</tr>"
    for row in rows:
        cells = (row.name, row.client, row.server, row.in_force)
        shown = "".join(f'<td style="{line}; padding-right:14px">{escape(cell)}</td>' for cell in cells)
        yield f"<tr>{shown}</tr>"
    yield "</table>"


def _hint(palette: DiagramPalette, text: str) -> str:
    return f'<p style="color:{palette[Ink.MUTED]}">{escape(text)}</p>'


def _larger(font: QFont) -> int:
    return round(max(font.pointSizeF(), 7) * 1.2)
