"""The flow of a capture as files that need no window: SVG and text."""

from __future__ import annotations

from collections.abc import Callable

from tcpladder.tcp.capture_flow import NO_LIFELINE, USUAL_SPACING, Flow
from tcpladder.tcp.pictures.flow_scene import (
    HEAD_HEIGHT,
    PacketText,
    draw_flow_head,
    draw_flow_rows,
    picture_columns,
)
from tcpladder.tcp.pictures.palette import LIGHT, DiagramPalette
from tcpladder.tcp.pictures.shapes import TextMeasure
from tcpladder.tcp.pictures.svg import svg_file


def svg_flow(flow: Flow, text_of: Callable[[int], PacketText], title: str, palette: DiagramPalette = LIGHT) -> str:
    """Every packet and every lifeline of the flow."""
    columns, measure = picture_columns(flow, USUAL_SPACING, text_of), TextMeasure()
    rows = draw_flow_rows(flow, columns, measure, text_of, 0.0, flow.height)
    return svg_file(title, columns.width, HEAD_HEIGHT + flow.height, palette, (rows, HEAD_HEIGHT),
                    (draw_flow_head(flow, columns, measure), 0.0))


def text_flow(flow: Flow, text_of: Callable[[int], PacketText]) -> str:
    """A line per packet: number, seconds, from, to, information."""
    lines: list[tuple[str, str, str, str]] = []
    names = {NO_LIFELINE: ""}
    for row, source, destination in zip(flow.rows.tolist(), flow.source.tolist(), flow.destination.tolist(),
                                        strict=True):
        for lifeline in (source, destination):
            if lifeline not in names:
                names[lifeline] = flow.end(lifeline).text
        text = text_of(row)
        lines.append((f"{text.number:>7} {text.time:>14}", names[source], names[destination], text.info))
    widths = [max((len(line[place]) for line in lines), default=0) for place in (1, 2)]
    return "".join(f"{head}  {source:>{widths[0]}} → {destination:<{widths[1]}}  {info}".rstrip() + "\n"
                   for head, source, destination, info in lines)
