"""Where the bytes stand: every byte is found where it is drawn, and nowhere else."""

from hypothesis import given
from hypothesis import strategies as st

from tcpladder.ui.details.hex_layout import HexLayout

LAYOUTS = st.builds(HexLayout, byte_count=st.integers(1, 70_000), per_line=st.sampled_from([8, 16]))


@given(LAYOUTS, st.data())
def test_a_byte_is_found_at_its_digits_and_at_its_character(layout, data):
    byte = data.draw(st.integers(0, layout.byte_count - 1))
    line, place = divmod(byte, layout.per_line)
    for cell in (layout.hex_column(place), layout.hex_column(place) + 1.9, layout.text_column(place) + 0.5):
        assert layout.byte_at(line, cell) == byte


@given(LAYOUTS)
def test_no_two_bytes_of_a_line_overlap(layout):
    taken = [0] * (layout.width + 1)
    for cell in range(layout.offset_digits):
        taken[cell] += 1
    for place in range(layout.per_line):
        for cell in (layout.hex_column(place), layout.hex_column(place) + 1, layout.text_column(place)):
            taken[cell] += 1
    assert max(taken) == 1
    assert taken[layout.width] == 0


@given(LAYOUTS, st.data())
def test_runs_cover_a_span_once(layout, data):
    start = data.draw(st.integers(0, layout.byte_count))
    end = data.draw(st.integers(start, layout.byte_count + 10))
    covered = [line * layout.per_line + place
               for line, first, last in layout.runs(start, end) for place in range(first, last + 1)]
    assert covered == list(range(start, min(end, layout.byte_count)))


def test_the_offset_and_places_outside_hold_no_byte():
    layout = HexLayout(20, 16)
    assert layout.byte_at(0, 1) is None
    assert layout.byte_at(1, layout.hex_column(4)) is None      # the last line is short
    assert layout.byte_at(2, layout.hex_column(0)) is None
    assert layout.byte_at(-1, layout.hex_column(0)) is None


def test_narrow_panes_get_eight_bytes_to_a_line():
    wide = HexLayout(100, 16).width
    assert HexLayout.for_width(100, wide).per_line == 16
    assert HexLayout.for_width(100, wide - 1).per_line == 8


def test_a_packet_without_bytes_has_no_line():
    assert HexLayout(0, 16).line_count == 0
    assert HexLayout(0, 16).byte_at(0, 7) is None
