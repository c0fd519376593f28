"""A connection as a sheet of paper with blanks, for a class; and the same with the answers."""

from collections.abc import Collection, Iterator, Sequence
from html import escape

from tcpladder.tcp.connection import Connection, Step
from tcpladder.tcp.practice import Question, Topic, shown_value, topic_title
from tcpladder.tcp.spans import count_text
from tcpladder.texts import _

_STYLE = """
body { font-family: sans-serif; font-size: 10pt; }
table { border-collapse: collapse; }
th, td { border: 1px solid #888888; padding: 4px 8px; text-align: left; }
td.number { text-align: right; }
td.answer { color: #b3261e; font-weight: bold; }
"""
_NUMBERS = frozenset({Topic.SEQ, Topic.ACK})
_BLANK = "&nbsp;" * 14


def worksheet_html(connection: Connection, questions: Sequence[Question], last: int, *, with_answers: bool) -> str:
    """The steps before `last` as a table in HTML: hidden values are blanks, or answers, with the reasons below."""
    hidden = {(question.step, question.topic): question for question in questions}
    parts = [f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{escape(_("Worksheet"))}</title>'
             f"<style>{_STYLE}</style></head><body>", *_head(connection, with_answers=with_answers), "<table>",
             _row("th", [_("Packet"), _("Time (s)"), _("Direction"), *map(topic_title, Topic), _("Length")])]
    parts += [_step(connection, step, hidden, with_answers=with_answers) for step in connection.steps[:last]]
    parts.append("</table>")
    if with_answers:
        parts += ["<ol>", *(f"<li>{escape(text)}</li>" for text in _reasons(connection, questions)), "</ol>"]
    parts.append("</body></html>")
    return "\n".join(parts)


def _head(connection: Connection, *, with_answers: bool) -> Iterator[str]:
    title = _("A TCP connection: answers") if with_answers else _("A TCP connection: fill in the blanks")
    ends = _("Client {client}, server {server}. Sequence numbers are relative; states are those after the packet.")
    yield f"<h2>{escape(title)}</h2>"
    yield f"<p>{escape(ends.format(client=connection.client.text, server=connection.server.text))}</p>"


def _step(connection: Connection, step: Step, hidden: dict[tuple[int, Topic], Question], *,
          with_answers: bool) -> str:
    seconds = f"{(step.time_ns - connection.start_ns) / 1e9:.6f}"
    direction = _("client → server") if step.from_client else _("server → client")
    cells = [f'<td class="number">{step.frame_number}</td>', f'<td class="number">{seconds}</td>',
             f"<td>{escape(direction)}</td>"]
    for topic in Topic:
        style = "number" if topic in _NUMBERS else ""
        text = escape(shown_value(step, topic))
        if (step.index, topic) in hidden:
            style, text = ("answer", text) if with_answers else ("", _BLANK)
        cells.append(f'<td class="{style}">{text}</td>')
    cells.append(f'<td class="number">{count_text(step.length)}</td>')
    return f"<tr>{''.join(cells)}</tr>"


def _reasons(connection: Connection, questions: Sequence[Question]) -> Iterator[str]:
    for question in questions:
        yield _("Packet {frame}, {topic}: {answer}. {why}").format(
            frame=connection.steps[question.step].frame_number, topic=topic_title(question.topic),
            answer=question.answer, why=question.why)


def _row(cell: str, texts: Collection[str]) -> str:
    return f"<tr>{''.join(f'<{cell}>{escape(text)}</{cell}>' for text in texts)}</tr>"
