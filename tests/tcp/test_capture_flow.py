"""The flow of a whole capture: lifelines and rows as numbers, then as shapes and files."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from tcpladder.decode.ends import NO_PORT, NOBODY, Ends
from tcpladder.tcp.capture_flow import NO_LIFELINE, ROW_HEIGHT, USUAL_SPACING, Flow, Lifelines, lay_out_flow, x_of
from tcpladder.tcp.pictures.flow_files import svg_flow, text_flow
from tcpladder.tcp.pictures.flow_scene import (
    HEAD_HEIGHT,
    FlowColumns,
    PacketText,
    draw_flow_head,
    draw_flow_rows,
    flow_columns,
)
from tcpladder.tcp.pictures.palette import Ink
from tcpladder.tcp.pictures.shapes import Anchor, Area, Line, TextMeasure, Words

IPV4 = 1 << 48
SVG = "{http://www.w3.org/2000/svg}"
A, B, C = (IPV4 | 0x0A000000 + last for last in (1, 2, 3))


def ends(*packets: tuple[int, int, int, int]) -> Ends:
    """Packets as (source host, source port, destination host, destination port)."""
    table = np.array(packets, np.int64).reshape(-1, 4)
    return Ends(table[:, 0], table[:, 2], table[:, 1].astype(np.int32), table[:, 3].astype(np.int32),
                np.zeros((0, 16), np.uint8))


# B asks A twice from two ports; C talks to itself; the last frame names nobody.
FIVE = ends((B, 5001, A, 80), (A, 80, B, 5001), (B, 5002, A, 80), (C, 7, C, 7), (NOBODY, NO_PORT, NOBODY, NO_PORT))


def flow(kind: Lifelines = Lifelines.ENDPOINTS, rows: tuple[int, ...] = (0, 1, 2, 3, 4)) -> Flow:
    return lay_out_flow(FIVE, np.array(rows, np.int64), kind)


def text_of(row: int) -> PacketText:
    return PacketText(str(row + 1), f"{row / 10:.1f}", f"label {row}", f"info <{row}>", Ink.DATA_LINE, dashed=row == 2)


def test_endpoints_have_lifelines_in_order_of_appearance() -> None:
    layout = flow()
    assert [layout.end(lifeline).text for lifeline in range(layout.lifeline_count)] == [
        "10.0.0.2:5001", "10.0.0.1:80", "10.0.0.2:5002", "10.0.0.3:7"]
    assert layout.source.tolist() == [0, 1, 2, 3, NO_LIFELINE]
    assert layout.destination.tolist() == [1, 0, 1, 3, NO_LIFELINE]


def test_hosts_have_one_lifeline_whatever_the_port() -> None:
    layout = flow(Lifelines.HOSTS)
    assert [layout.end(lifeline).text for lifeline in range(layout.lifeline_count)] == [
        "10.0.0.2", "10.0.0.1", "10.0.0.3"]
    assert layout.source.tolist() == [0, 1, 0, 2, NO_LIFELINE]


def test_only_the_rows_that_are_shown_have_places_and_lifelines() -> None:
    layout = flow(rows=(1, 3))
    assert layout.row_count == 2
    assert [layout.end(lifeline).text for lifeline in range(layout.lifeline_count)] == [
        "10.0.0.1:80", "10.0.0.2:5001", "10.0.0.3:7"]
    assert [layout.place_of(row) for row in range(5)] == [None, 0, None, 1, None]


def test_a_part_needs_only_its_own_lifelines() -> None:
    part = flow().part(2, 4)
    assert part.rows.tolist() == [2, 3]
    assert [part.end(lifeline).text for lifeline in range(part.lifeline_count)] == [
        "10.0.0.2:5002", "10.0.0.1:80", "10.0.0.3:7"]
    assert part.source.tolist() == [0, 2]


def test_places_and_heights_belong_together() -> None:
    layout = flow()
    assert layout.height == 5 * ROW_HEIGHT
    assert [layout.place_at(y) for y in (-1.0, 0.0, ROW_HEIGHT, layout.height - 1, layout.height)] == [
        None, 0, 1, 4, None]
    assert list(layout.rows_between(ROW_HEIGHT * 1.5, ROW_HEIGHT * 3)) == [1, 2]
    assert list(layout.rows_between(0, 10_000)) == [0, 1, 2, 3, 4]


def test_every_lifeline_in_sight_is_drawn() -> None:
    layout = flow()
    for left in np.arange(0, layout.width(100.0), 17.0):
        drawn = layout.lifelines_between(left, left + 150, 100.0)
        seen = [lifeline for lifeline in range(4) if left <= x_of(lifeline, 100.0) <= left + 150]
        assert set(seen) <= set(drawn)


def test_an_empty_flow_has_no_size_but_can_be_drawn() -> None:
    layout = flow(rows=())
    assert (layout.row_count, layout.lifeline_count, layout.height) == (0, 0, 0)
    columns = flow_columns(600, layout, USUAL_SPACING, text_of)
    assert draw_flow_head(layout, columns, TextMeasure())
    assert [shape for shape in draw_flow_rows(layout, columns, TextMeasure(), text_of, 0, 500)
            if isinstance(shape, Words)] == []


@pytest.mark.parametrize("width", [320, 900, 2400])
def test_columns_do_not_overlap(width: float) -> None:
    columns = flow_columns(width, flow(), USUAL_SPACING, text_of)
    assert 0 < columns.number_right < columns.time_right < columns.lines_left < columns.lines_right
    assert columns.lines_width >= USUAL_SPACING


@pytest.mark.parametrize(("number", "time"), [("5", "0.4"), ("1000000", "0.4"), ("5", "95214542.632502")])
def test_numbers_and_times_of_many_digits_have_room(number: str, time: str) -> None:
    def wide_text_of(row: int) -> PacketText:
        return replace(text_of(row), number=number, time=time)

    columns, measure = flow_columns(900, flow(), USUAL_SPACING, wide_text_of), TextMeasure()
    words = [shape for shape in draw_flow_rows(flow(), columns, measure, wide_text_of, 0.0, 1000.0)
             if isinstance(shape, Words) and shape.anchor is Anchor.END and shape.text in (number, time)]
    assert len(words) == 2 * flow().row_count
    for one, other in pairwise(words[:2]):
        assert one.x - measure.width(one.text, one.face) >= 0
        assert other.x - measure.width(other.text, other.face) > one.x


def head_of(columns: FlowColumns, place: int) -> Area:
    """The arrow's head in a row."""
    shapes = draw_flow_rows(flow(), columns, TextMeasure(), text_of, 0.0, 1000.0)
    row = (place * ROW_HEIGHT, (place + 1) * ROW_HEIGHT)
    return next(shape for shape in shapes if isinstance(shape, Area) and row[0] <= shape.points[0][1] < row[1])


def test_arrows_end_at_the_lifeline_that_they_go_to() -> None:
    columns = flow_columns(1200, flow(), USUAL_SPACING, text_of)
    for place, lifeline in ((0, 1), (1, 0), (2, 1), (3, 3)):
        assert head_of(columns, place).points[0][0] == pytest.approx(columns.x(lifeline))
    (tip, _y), (back, _), _other = head_of(columns, 0).points
    assert tip > back       # from left to right
    (tip, _y), (back, _), _other = head_of(columns, 1).points
    assert tip < back


def test_what_is_wrong_is_dashed() -> None:
    columns = flow_columns(1200, flow(), USUAL_SPACING, text_of)
    shapes = draw_flow_rows(flow(), columns, TextMeasure(), text_of, 0.0, 1000.0)
    arrows = [shape for shape in shapes if isinstance(shape, Line) and shape.ink is Ink.DATA_LINE]
    assert [bool(arrow.dash) for arrow in arrows] == [False, False, True, False]


def test_an_arrow_beyond_the_edge_leaves_a_hint() -> None:
    layout = flow()
    scrolled = FlowColumns(600, 52, 132, 140, 300, USUAL_SPACING, scroll=x_of(2, USUAL_SPACING) + 20)
    words = [shape.text for shape in draw_flow_rows(layout, scrolled, TextMeasure(), text_of, 0.0, 1000.0)
             if isinstance(shape, Words)]
    assert "◂ label 0" in words
    assert "◂ label 3" not in words


def test_svg_holds_every_packet_and_lifeline() -> None:
    root = ET.fromstring(svg_flow(flow(), text_of, "five & more"))
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert {"10.0.0.1", "10.0.0.2", "10.0.0.3", "80", "5001", "5002"} <= set(texts)
    assert [text for text in texts if text and text.startswith("info <")] == [f"info <{row}>" for row in range(5)]
    assert float(root.attrib["height"]) == HEAD_HEIGHT + 5 * ROW_HEIGHT


def test_text_has_a_line_per_packet() -> None:
    lines = text_flow(flow(), text_of).splitlines()
    assert len(lines) == 5
    assert lines[0].split() == ["1", "0.0", "10.0.0.2:5001", "→", "10.0.0.1:80", "info", "<0>"]
    assert lines[4].split() == ["5", "0.4", "→", "info", "<4>"]


def test_a_million_packets_between_a_hundred_thousand_ends_keep_their_ends() -> None:
    chance = np.random.default_rng(1)
    count = 1_000_000
    hosts, ports = IPV4 | chance.integers(0, 2**32, count), chance.integers(1024, 65536, count).astype(np.int32)
    pick, other = chance.integers(0, 50_000, count), chance.integers(50_000, 100_000, count)
    many = Ends(hosts[pick], hosts[other], ports[pick], ports[other], np.zeros((0, 16), np.uint8))
    layout = lay_out_flow(many, np.arange(count), Lifelines.ENDPOINTS)
    assert layout.lifeline_count == len({*pick.tolist(), *other.tolist()})
    for row in (0, 1, 777_777, count - 1):
        end = layout.end(int(layout.destination[row]))
        assert (end.address, end.port) == (many.host_text(int(hosts[other[row]])), ports[other[row]])
