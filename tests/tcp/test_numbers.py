"""The variables of RFC 9293 section 3.3.1 after each step, and their picture."""

import pytest

from tcpladder.tcp.numbers import Numbers
from tcpladder.tcp.pictures.numbers_scene import draw_numbers, numbers_height
from tcpladder.tcp.pictures.shapes import Anchor, TextMeasure, Words
from tests.tcp import stories


def variables(side):
    return side.snd_una, side.snd_nxt, side.snd_wnd, side.rcv_nxt, side.rcv_wnd


def test_the_handshake_and_the_first_data():
    numbers = Numbers(stories.four_way_close())
    assert variables(numbers.before(0)[0]) == (None,) * 5
    client, server = numbers.after(0)
    assert (client.snd_una, client.snd_nxt, server.rcv_nxt, server.snd_wnd) == (0, 1, 1, 65495)
    client, server = numbers.after(2)
    assert variables(client) == (1, 1, 65483, 1, 65536)
    assert variables(server) == (1, 1, 65536, 1, 65483)
    client, server = numbers.after(3)
    assert (client.snd_nxt, client.in_flight, server.rcv_nxt) == (257, 256, 257)


def test_after_a_whole_connection_everything_is_acknowledged():
    client, server = Numbers(stories.four_way_close()).after(10)
    assert (client.snd_una, client.snd_nxt, client.fin) == (258, 258, 257)
    assert (server.snd_una, server.snd_nxt, server.fin) == (130, 130, 129)


def test_a_lost_segment_leaves_a_gap_and_the_bytes_beyond_it_wait():
    numbers = Numbers(stories.troubled())
    client, server = numbers.after(6)
    assert client.rcv_nxt == 1
    assert client.beyond_gap == ((1429, 2857),)
    assert server.in_flight == 2856
    client, server = numbers.after(8)
    assert client.rcv_nxt == 2857
    assert client.beyond_gap == ()


def test_going_back_and_jumping_gives_what_going_forward_gave():
    connection = stories.long_data(2_000)
    forward = Numbers(connection)
    wanted = {step: forward.after(step) for step in range(len(connection.steps))}
    fresh = Numbers(connection)
    for step in (2_900, 5, 1_023, 1_024, 1_025, 2_048, 0, 3_000):
        assert fresh.after(step) == wanted[step]


@pytest.mark.parametrize("width", [330, 420, 560, 561, 900])
@pytest.mark.parametrize("story", [stories.four_way_close, stories.troubled, stories.refused, stories.mid_stream,
                                   stories.one_packet, stories.long_data])
def test_the_picture_keeps_its_texts_apart_and_inside(story, width):
    connection = story()
    numbers, measure = Numbers(connection), TextMeasure()
    for step in (None, *range(min(len(connection.steps), 12))):
        spans = []
        for words in draw_numbers(connection, numbers, step, width, measure):
            if isinstance(words, Words) and words.text:
                room = measure.width(words.text, words.face)
                left = words.x - {Anchor.START: 0, Anchor.MIDDLE: room / 2, Anchor.END: room}[words.anchor]
                assert left >= 0, words
                assert left + room <= width + 1, words
                assert words.y <= numbers_height()
                spans.append((left, left + room, words.y, words.text))
        for place, (left, right, y, text) in enumerate(spans):
            for other_left, other_right, other_y, other in spans[place + 1:]:
                assert abs(y - other_y) >= 8 or right <= other_left + 1 or other_right <= left + 1, (text, other)


def test_options_stand_in_the_table_from_the_syn_on_that_offers_them():
    connection, measure = stories.four_way_close(), TextMeasure()
    numbers = Numbers(connection)
    seen = []
    for step in (None, 0, 1, 2):
        texts = [words.text for words in draw_numbers(connection, numbers, step, 560, measure)
                 if isinstance(words, Words)]
        shift, mss = texts.index("window shift"), texts.index("MSS")
        seen.append((texts[shift + 1:shift + 3], texts[mss + 1:mss + 3]))
    assert seen == [(["–", "–"], ["–", "–"]), (["7 offered", "–"], ["65,495", "–"]),
                    (["7 (× 128)", "7 (× 128)"], ["65,495", "65,495"]),
                    (["7 (× 128)", "7 (× 128)"], ["65,495", "65,495"])]
