"""The ladder as SVG, Mermaid, text and JSON; and the shapes that all pictures share."""

import json
import re
import xml.etree.ElementTree as ET

import pytest

from tcpladder.protocols.names import NameKind, Names
from tcpladder.tcp.ladder import LadderOptions, lay_out
from tcpladder.tcp.pictures import WRITERS, write_diagram
from tcpladder.tcp.pictures.palette import DARK, LIGHT, PAPER_INKS, STATE_INKS, TEXT_INKS, Ink
from tcpladder.tcp.pictures.scene import columns_for, draw_head, draw_rows
from tcpladder.tcp.pictures.shapes import Anchor, TextMeasure, Words
from tests.tcp import stories

SVG = "{http://www.w3.org/2000/svg}"
FORTY_OPTIONS = tuple(f"Unknown-{number}" for number in range(40))


def luminance(colour: str) -> float:
    parts = [int(colour[place:place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.1's contrast ratio."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_text_stands_out_from_every_paper(palette):
    poor = [(text.name, paper.name, round(contrast(palette[text], palette[paper]), 2))
            for text in TEXT_INKS for paper in PAPER_INKS if contrast(palette[text], palette[paper]) < 4.5]
    assert poor == []
    assert all(contrast(palette[Ink.ON_STATE], palette[ink]) >= 4.5 for ink in STATE_INKS.values()
               if ink is not Ink.IDLE)


def test_svg_shows_ends_flags_states_and_verdict():
    root = ET.fromstring(write_diagram(stories.four_way_close(), ".svg"))
    texts = [element.text for element in root.iter(f"{SVG}text")]
    for expected in ("127.0.0.1:54918", "127.0.0.1:8080", "SYN, ACK", "CLOSE-WAIT", "1.955 s",
                     "Closing: four-way, started by the client"):
        assert expected in texts


def test_mermaid_has_one_message_per_segment_and_a_cross_for_a_lost_one():
    text = write_diagram(stories.lost_syn(), ".mmd")
    assert text.startswith("sequenceDiagram\n")
    messages = re.findall(r"^    [CS](-x|->>|--x|-->>)[CS]: ", text, re.MULTILINE)
    assert messages == ["-x", "-->>", "->>", "->>", "->>", "->>", "->>", "->>"]
    assert "participant C as 192.0.2.10:54918" in text


def test_text_draws_states_and_arrows():
    lines = write_diagram(stories.three_way_close(), ".TXT").splitlines()
    last = next(line for line in lines if "seq 258 ack 130" in line)
    assert last.endswith("CLOSED")
    assert last.rstrip().count(">") == 1
    assert any("TIME-WAIT <" in line and line.endswith("LAST-ACK") for line in lines)


def test_json_gives_rows_states_and_phases():
    document = json.loads(write_diagram(stories.four_way_close(), ".json"))
    assert [row["label"] for row in document["rows"]][:3] == ["SYN", "SYN, ACK", "ACK"]
    assert document["closing"] == {"kind": "four-way", "initiator": "client", "steps": [7, 8, 9, 10]}
    assert [bar["state"] for bar in document["server_states"]] == [
        "LISTEN", "SYN-RECEIVED", "ESTABLISHED", "CLOSE-WAIT", "LAST-ACK", "CLOSED"]


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.usefixtures("small_services")
def test_ends_by_name(suffix):
    picture = write_diagram(stories.four_way_close(), suffix, Names(frozenset(NameKind)))
    if suffix == ".json":
        document = json.loads(picture)
        assert document["server"] == {"addr": "127.0.0.1", "port": 8080, "service": "http-alt"}
        assert document["client"] == {"addr": "127.0.0.1", "port": 54918}
    else:
        assert "127.0.0.1:http-alt" in picture
        assert "127.0.0.1:8080" not in picture


def test_an_unknown_ending_is_refused():
    with pytest.raises(KeyError):
        write_diagram(stories.one_packet(), ".gif")


@pytest.mark.parametrize("suffix", sorted(WRITERS))
@pytest.mark.parametrize("story", [stories.refused, stories.mid_stream, stories.long_data, stories.troubled,
                                   stories.one_packet])
def test_every_writer_takes_every_story(story, suffix):
    assert write_diagram(story(), suffix).endswith("\n")


def extent(words: Words, measure: TextMeasure) -> tuple[float, float]:
    width = measure.width(words.text, words.face)
    shift = {Anchor.START: 0, Anchor.MIDDLE: width / 2, Anchor.END: width}[words.anchor]
    return words.x - shift, words.x - shift + width


def overlaps(shapes, width: float, measure: TextMeasure) -> list[tuple[str, str]]:
    """Texts that leave the picture ("" beside them) or run into another."""
    texts = [shape for shape in shapes if isinstance(shape, Words) and shape.text and not shape.turned]
    spans = [(*extent(words, measure), words.y, words.text) for words in texts]
    found = [(text, "") for left, right, _y, text in spans if left < -1 or right > width + 1]
    for place, (left, right, y, text) in enumerate(spans):
        found += [(text, other) for other_left, other_right, other_y, other in spans[place + 1:]
                  if abs(y - other_y) < 8 and left < other_right - 1 and other_left < right - 1]
    return found


@pytest.mark.parametrize("width", [330, 400, 480, 539, 540, 600, 760, 859, 860, 1200])
@pytest.mark.parametrize("story", [stories.four_way_close, stories.half_close, stories.troubled, stories.lost_syn,
                                   stories.mid_stream, stories.long_data, stories.unanswered])
def test_no_text_leaves_the_picture_or_runs_into_another(story, width):
    connection = stories.with_options(story(), FORTY_OPTIONS)
    measure, columns = TextMeasure(), columns_for(width)
    for selected in (None, len(connection.steps) - 1):
        ladder = lay_out(connection, LadderOptions(selected=selected))
        assert overlaps(draw_rows(ladder, columns, measure, 0, ladder.height), columns.width, measure) == []
    assert overlaps(draw_head(connection, columns, measure), columns.width, measure) == []


def test_only_what_is_in_sight_becomes_shapes():
    ladder = lay_out(stories.long_data(3_000), LadderOptions(fold_from=0))
    middle = ladder.height / 2
    shapes = draw_rows(ladder, columns_for(600), TextMeasure(), middle, middle + 700)
    assert len(shapes) < 300
    assert all(middle - 60 <= shape.y <= middle + 760 for shape in shapes if isinstance(shape, Words))


@pytest.mark.parametrize("story", [stories.four_way_close, stories.lost_syn, stories.troubled])
def test_names_along_the_bars_stay_within_what_is_in_sight_of_them(story):
    ladder, columns, measure = lay_out(story(), LadderOptions()), columns_for(400), TextMeasure()
    seen = 0
    for top in range(0, round(ladder.height) - 60, 7):
        bottom = top + 90 + top % 5 * 20
        covers = [(band.top if band.top >= top else min(top, band.bottom - 26)) for band in
                  ladder.bands_between(top, bottom)]
        for words in draw_rows(ladder, columns, measure, top, bottom):
            if isinstance(words, Words) and words.turned:
                seen += 1
                begin, end = words.y - measure.width(words.text, words.face), words.y
                bars = ladder.bars_between(words.x < columns.middle, top, bottom)
                assert any(bar.state.value == words.text and bar.top <= begin and end <= bar.bottom for bar in bars)
                assert top <= begin
                assert end <= bottom
                assert all(end <= cover or begin >= cover + 24 for cover in covers)
    assert seen > 10
