"""The diagram as SVG 1.1, one self-contained file."""

from collections.abc import Iterable
from html import escape

from tcpladder.tcp.ladder import Ladder
from tcpladder.tcp.pictures.palette import LIGHT, DiagramPalette, Ink
from tcpladder.tcp.pictures.scene import HEAD_HEIGHT, columns_for, draw_head, draw_rows, ends_text, picture_height
from tcpladder.tcp.pictures.shapes import Area, Box, Line, Shape, TextMeasure, Words

FONTS = "'DejaVu Sans', Verdana, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"


def svg_picture(ladder: Ladder, width: float = 760.0, palette: DiagramPalette = LIGHT) -> str:
    """The whole diagram."""
    columns, measure = columns_for(width), TextMeasure()
    height = picture_height(ladder)
    connection = ladder.connection
    head = draw_head(connection, columns, measure, ladder.options)
    rows = draw_rows(ladder, columns, measure, 0.0, ladder.height)
    return svg_file(ends_text(ladder), columns.width, height, palette, (rows, HEAD_HEIGHT), (head, 0.0))


def svg_file(title: str, width: float, height: float, palette: DiagramPalette,
             *layers: tuple[Iterable[Shape], float]) -> str:
    """A whole file of shapes, each layer moved down by so much, later layers over earlier ones."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>',
             f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width)} {_n(height)}" '
             f'width="{_n(width)}" height="{_n(height)}" font-family="{FONTS}">',
             f"<title>{escape(title, quote=False)}</title>",
             f'<rect width="{_n(width)}" height="{_n(height)}" fill="{palette[Ink.PAPER]}"/>']
    for shapes, down in layers:
        lines += [f'<g transform="translate(0 {_n(down)})">', *_elements(shapes, palette), "</g>"]
    return "\n".join((*lines, "</svg>", ""))


def _elements(shapes: Iterable[Shape], palette: DiagramPalette) -> Iterable[str]:
    for shape in shapes:
        match shape:
            case Box():
                yield _box(shape, palette)
            case Line():
                points = " ".join(f"{_n(x)},{_n(y)}" for x, y in shape.points)
                yield (f'<polyline points="{points}" fill="none" stroke="{palette[shape.ink]}" '
                       f'stroke-width="{_n(shape.width)}"{_dash(shape.dash)}{_opacity(shape.opacity)}/>')
            case Area():
                points = " ".join(f"{_n(x)},{_n(y)}" for x, y in shape.points)
                yield f'<polygon points="{points}" fill="{palette[shape.ink]}"/>'
            case Words():
                yield _words(shape, palette)


def _box(box: Box, palette: DiagramPalette) -> str:
    fill = palette[box.fill] if box.fill else "none"
    line = f' stroke="{palette[box.line]}"' if box.line else ""
    radius = f' rx="{_n(box.radius)}"' if box.radius else ""
    return (f'<rect x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.width)}" height="{_n(box.height)}" '
            f'fill="{fill}"{line}{radius}{_dash(box.dash)}{_opacity(box.opacity)}/>')


def _words(words: Words, palette: DiagramPalette) -> str:
    weight = ' font-weight="bold"' if words.face.bold else ""
    slope = ' font-style="italic"' if words.face.italic else ""
    turn = f' transform="rotate(-90 {_n(words.x)} {_n(words.y)})"' if words.turned else ""
    return (f'<text x="{_n(words.x)}" y="{_n(words.y)}" fill="{palette[words.ink]}" '
            f'font-size="{_n(words.face.size)}" text-anchor="{words.anchor.value}"{weight}{slope}{turn} '
            f'xml:space="preserve">{escape(words.text, quote=False)}</text>')


def _dash(dash: tuple[float, ...]) -> str:
    return f' stroke-dasharray="{" ".join(_n(part) for part in dash)}"' if dash else ""


def _opacity(opacity: float) -> str:
    return f' opacity="{_n(opacity)}"' if opacity != 1.0 else ""


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
