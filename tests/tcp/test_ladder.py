"""The layout of the ladder as numbers: rows, folds, states, phases, steps."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from tcpladder.tcp.connection import State
from tcpladder.tcp.ladder import LadderOptions, RowKind, lay_out
from tests.tcp import stories

ALL_STORIES = [stories.four_way_close, stories.three_way_close, stories.refused, stories.lost_syn,
               stories.unanswered, stories.reset, stories.half_close, stories.mid_stream, stories.long_data,
               stories.one_packet, stories.troubled]


def names(ladder):
    return [RowKind(kind).name for kind in ladder.row_kind.tolist()]


def test_the_four_way_close_has_a_title_per_phase_and_a_row_per_segment():
    assert names(lay_out(stories.four_way_close())) == (
        ["TITLE", "START"] + ["STEP"] * 3 + ["TITLE"] + ["STEP"] * 4 + ["TITLE"] + ["STEP"] * 4 + ["END"])


@pytest.mark.parametrize(("story", "titles"), [
    (stories.four_way_close, ["Opening: three-way handshake, 0.027 ms", "Data: 4 segments, 384 bytes",
                              "Closing: four-way, started by the client"]),
    (stories.three_way_close, ["Opening: three-way handshake, 0.027 ms", "Data: 4 segments, 384 bytes",
                               "Closing: three packets, started by the client"]),
    (stories.refused, ["Opening: refused"]),
    (stories.unanswered, ["Opening: never answered · SYN sent 3 times"]),
    (stories.lost_syn, ["Opening: three-way handshake, 1.019 s · SYN sent 2 times",
                        "Data: 4 segments, 384 bytes"]),
    (stories.mid_stream, ["Data: 6 segments, 768 bytes", "Closing: four-way, started by the client"]),
    (stories.reset, ["Opening: three-way handshake, 0.027 ms", "Data: 4 segments, 384 bytes",
                     "Closing: reset by the client"]),
    (stories.one_packet, ["Data: 1 segment, 0 bytes"]),
])
def test_titles_give_the_verdicts(story, titles):
    assert [band.title for band in lay_out(story()).bands] == titles


@pytest.mark.parametrize("story", ALL_STORIES)
def test_rows_follow_each_other_and_hold_every_step_once(story):
    connection = story()
    for opened in (frozenset(), frozenset({3})):
        ladder = lay_out(connection, LadderOptions(opened=opened))
        assert np.all(np.diff(ladder.tops) > 0)
        held = [step for row in ladder.stops.tolist()
                for step in range(int(ladder.row_first[row]), int(ladder.row_last[row]) + 1)]
        assert held == list(range(len(connection.steps)))
        assert ladder.bands[0].top == 0
        assert ladder.bands[-1].bottom == ladder.height


@pytest.mark.parametrize("story", ALL_STORIES)
def test_states_beside_a_lifeline_touch_and_change_where_the_packet_leaves_or_arrives(story):
    connection = story()
    ladder = lay_out(connection)
    for client in (True, False):
        bars = ladder.bars_between(client, 0, ladder.height)
        states = [connection.client_start if client else connection.server_start]
        for step in connection.steps:
            state = step.client_state if client else step.server_state
            if state is not states[-1]:
                states.append(state)
        assert [bar.state for bar in bars] == states
        for earlier, later in pairwise(bars):
            assert earlier.bottom == later.top
            step = connection.steps[later.entered_step]
            arrow = ladder.arrow(ladder.row_of(step.index))
            assert later.top == (arrow.tail if step.from_client == client else arrow.head)


def test_states_last_as_long_as_the_capture_says():
    ladder = lay_out(stories.four_way_close())
    server = {bar.state: bar.duration_ns for bar in ladder.bars_between(False, 0, ladder.height)}
    # Packet 8 to packet 10, and packet 10 to packet 11, by tshark's times.
    assert server[State.CLOSE_WAIT] == 2_000_449_214 - 201_871
    assert server[State.LAST_ACK] == 2_000_469_379 - 2_000_449_214
    assert server[State.LISTEN] is None
    assert server[State.CLOSED] is None


def test_time_wait_runs_on_as_a_ghost_of_whoever_closed_first():
    assert lay_out(stories.four_way_close()).ghosts() == [True]
    assert lay_out(stories.reset()).ghosts() == []


def test_a_long_run_of_plain_data_is_folded_and_counted():
    ladder = lay_out(stories.long_data(40))
    assert names(ladder) == ["TITLE", "START", "STEP", "STEP", "STEP", "TITLE", "FOLD", "END"]
    assert ladder.fold(6).text == "40 segments, 57,920 bytes ←, 20 ACKs →"


def test_a_fold_hides_neither_a_retransmission_nor_a_finding():
    ladder = lay_out(stories.long_data(40, retransmitted=20))
    assert names(ladder)[6:-1] == ["FOLD", "STEP", "FOLD"]
    assert ladder.connection.steps[int(ladder.row_first[7])].tags == ("TCP Retransmission",)
    troubled = lay_out(stories.troubled(), LadderOptions(fold_from=1))
    shown = {int(step) for step in troubled.row_first[troubled.row_kind == RowKind.STEP]}
    assert {step.index for step in troubled.connection.steps if step.finding or step.lost} <= shown


def test_a_short_run_is_not_folded_and_folding_can_be_turned_off():
    assert RowKind.FOLD not in lay_out(stories.four_way_close()).row_kind
    assert RowKind.FOLD not in lay_out(stories.long_data(40), LadderOptions(fold_from=0)).row_kind


def test_an_opened_fold_keeps_a_row_to_close_it_again():
    ladder = lay_out(stories.long_data(40), LadderOptions(opened=frozenset({3})))
    assert names(ladder)[5:8] == ["TITLE", "OPEN_FOLD", "STEP"]
    assert ladder.fold(6).last == 62


def test_steps_go_from_row_to_row_and_over_a_closed_fold():
    ladder = lay_out(stories.long_data(40))
    assert [ladder.stop_after(step) for step in (None, 0, 2, 62)] == [0, 1, 62, None]
    assert [ladder.stop_before(step) for step in (62, 1, 0, None)] == [2, 0, None, None]
    assert ladder.is_folded(30)
    assert not ladder.is_folded(2)


def test_a_pause_is_drawn_above_the_row_that_ends_it():
    ladder = lay_out(stories.four_way_close())
    row = ladder.row_of(9)
    assert ladder.silences[row] == 2_000_449_214 - 45_252_376
    assert np.count_nonzero(ladder.silences) == 1


def test_the_selected_step_gets_room_for_its_arithmetic_and_moves_only_what_follows():
    plain = lay_out(stories.four_way_close())
    lit = plain.relit(LadderOptions(selected=8))
    row = plain.row_of(8)
    assert np.array_equal(plain.tops[:row + 1], lit.tops[:row + 1])
    assert lit.height > plain.height
    assert lay_out(stories.four_way_close(), LadderOptions(selected=8)).height == lit.height


def test_rows_are_found_by_their_height():
    ladder = lay_out(stories.half_close())
    for row in range(ladder.row_count):
        middle = float(ladder.tops[row] + ladder.tops[row + 1]) / 2
        assert ladder.row_at(middle) == row
        assert row in ladder.rows_between(middle, middle + 1)
    assert ladder.row_at(-1) is None
    assert ladder.row_at(ladder.height) is None


def test_copies_of_a_retransmission_are_counted():
    assert lay_out(stories.unanswered()).facts.copies == {1: 2, 2: 3}


def test_the_acknowledged_segment_is_found_even_inside_a_fold():
    ladder = lay_out(stories.long_data(40))
    assert ladder.acknowledged_row(2) == ladder.row_of(1)
    assert ladder.row_kind[ladder.row_of(30)] == RowKind.FOLD


def test_a_window_update_may_be_folded_other_remarks_may_not():
    connection = stories.long_data(40)
    tagged = {10: ("TCP Window Update",), 20: ("TCP Previous segment not captured",)}
    steps = tuple(replace(step, tags=tagged.get(step.index, ())) for step in connection.steps)
    ladder = lay_out(replace(connection, steps=steps))
    assert ladder.is_folded(10)
    assert not ladder.is_folded(20)
