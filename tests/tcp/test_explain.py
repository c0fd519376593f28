"""Each question of a learner, answered with the numbers of a connection (RFC 9293, and the lesson captures)."""

import pytest

from tcpladder.tcp.connection import State
from tcpladder.tcp.explain import explain
from tcpladder.tcp.explanations.arithmetic import acknowledgement_arithmetic
from tcpladder.tcp.explanations.negotiation import negotiation
from tests.tcp import stories


def words(story, step: int) -> str:
    return " ".join(explain(story(), step).sentences)


@pytest.mark.parametrize(("story", "step", "arithmetic"), [
    (stories.four_way_close, 0, "next number 1 = seq 0 + len 0 + SYN 1"),
    (stories.four_way_close, 1, "ack 1 = seq 0 + len 0 + SYN 1"),
    (stories.four_way_close, 2, "ack 1 = seq 0 + len 0 + SYN 1"),
    (stories.four_way_close, 3, "next number 257 = seq 1 + len 256"),
    (stories.four_way_close, 4, "ack 257 = seq 1 + len 256"),
    (stories.four_way_close, 6, "ack 129 = seq 1 + len 128"),
    (stories.four_way_close, 8, "ack 258 = seq 257 + len 0 + FIN 1"),
    (stories.four_way_close, 10, "ack 130 = seq 129 + len 0 + FIN 1"),
    (stories.reset, 7, ""),
])
def test_arithmetic(story, step, arithmetic):
    assert explain(story(), step).arithmetic == arithmetic


def test_raw_arithmetic_uses_the_numbers_on_the_wire_and_wraps():
    connection = stories.tell("""
        0.000 > S  0 - 0 64240 SYN-SENT    SYN-RECEIVED o
        0.001 < S. 0 1 0 65160 ESTABLISHED SYN-RECEIVED o acks=0
        """, opening=stories.THREE_WAY, closing=stories.Closing("none", None, ()), isns=(2**32 - 1, 7))
    text = acknowledgement_arithmetic(connection, 1, relative=False)
    assert text == "ack 0 = seq 4294967295 + len 0 + SYN 1 (mod 2³²)"


@pytest.mark.parametrize(("story", "step", "said"), [
    # why three, not two or four
    (stories.four_way_close, 1, "why a handshake takes three packets and not four"),
    (stories.four_way_close, 1, "Two packets would not do"),
    (stories.four_way_close, 2, "Only now do both sides know both numbers"),
    (stories.four_way_close, 2, "old duplicate"),
    # why ack = x + 1; ACK flag and field
    (stories.four_way_close, 0, "SYN takes one sequence number, so the answer has to be ack 1."),
    (stories.four_way_close, 0, "The ACK flag is not set, so the ack field (0 on the wire) means nothing."),
    (stories.four_way_close, 7, "FIN takes one sequence number, so the answer has to be ack 258."),
    (stories.four_way_close, 7, "every segment after the first SYN has it"),
    # the closes
    (stories.three_way_close, 8, "its ACK rode on its own FIN"),
    (stories.three_way_close, 8, "between packets 8 and 9. They are 0.126 ms apart"),
    (stories.three_way_close, 8, "If the program pauses before close(), all four packets show."),
    (stories.four_way_close, 8, "CLOSE-WAIT: its program has been told"),
    (stories.four_way_close, 9, "acknowledged the other FIN 1.955 s ago (packet 9) and was in CLOSE-WAIT"),
    (stories.half_close, 13, "In that time it sent 384 bytes in 3 segments."),
    (stories.half_close, 5, "close() and shutdown() look the same on the wire"),
    (stories.four_way_close, 10, "TIME-WAIT for 2 MSL (60 s on Linux)"),
    (stories.four_way_close, 10, "to send this ACK again if the FIN comes again"),
    # ranges and windows
    (stories.four_way_close, 3, "256 bytes for the server, numbers 1 to 256; the next is 257."),
    (stories.four_way_close, 2, "raw 512 × 2^7 = 65,536 bytes"),
    (stories.four_way_close, 0, "The window, 65,495 bytes, is never scaled in a SYN."),
    (stories.mid_stream, 0, "raw 501 × 2ⁿ. n was said in the handshake, which was not captured."),
    # MSS
    (stories.four_way_close, 1, "MSS is not negotiated"),
    # refused, unanswered, reset, lost
    (stories.refused, 1, "nothing listens on port 8080"),
    (stories.unanswered, 2, "Try 3: no answer came for 2.042 s"),
    (stories.unanswered, 2, "silence means that the SYN or its answer is dropped on the way"),
    (stories.lost_syn, 1, "Try 2: no answer came for 1.018 s"),
    (stories.lost_syn, 0, "This segment did not arrive"),
    (stories.reset, 7, "consistent with close() while received data was unread"),
    (stories.mid_stream, 3, "who is client and who is server is assumed"),
    # trouble
    (stories.troubled, 8, "Packet 6, 301.0 ms earlier, carried them first and was lost on the way."),
    (stories.troubled, 7, "number 1 is still missing"),
    (stories.troubled, 9, "receive buffer is full"),
    (stories.troubled, 10, "one below the next number"),
])
def test_each_question_has_its_answer(story, step, said):
    assert said in words(story, step)


@pytest.mark.parametrize(("story", "step", "title"), [
    (stories.four_way_close, 0, "SYN: the client asks for a connection"),
    (stories.four_way_close, 2, "ACK: the handshake is complete"),
    (stories.four_way_close, 3, "Data: bytes 1–256, next 257"),
    (stories.four_way_close, 4, "ACK: everything before byte 257 has arrived"),
    (stories.four_way_close, 8, "ACK: the server confirms the FIN"),
    (stories.four_way_close, 10, "ACK: the last word"),
    (stories.refused, 1, "RST: refused"),
    (stories.reset, 7, "RST: the client breaks off"),
])
def test_titles(story, step, title):
    assert explain(story(), step).title == title


def test_both_state_changes_of_the_first_fin():
    assert explain(stories.four_way_close(), 7).state_change == (
        "client: ESTABLISHED → FIN-WAIT-1, by sending FIN, ACK",
        "server: ESTABLISHED → CLOSE-WAIT, on receiving FIN, ACK")


def test_simultaneous_close_passes_through_closing():
    connection = stories.tell("""
        0.000 > F. 10 20 0 501 FIN-WAIT-1 CLOSE-WAIT c lost
        0.001 < F. 20 10 0 501 CLOSING    FIN-WAIT-1 c
        0.002 > .  11 21 0 501 CLOSING    TIME-WAIT  c acks=1
        0.003 < .  21 11 0 501 TIME-WAIT  TIME-WAIT  c acks=0
        """, opening=stories.Opening("mid-stream", (), 0, None, None),
        closing=stories.Closing("simultaneous", "client", (0, 1, 2, 3)), client_start=State.ESTABLISHED,
        server_start=State.ESTABLISHED)
    text = " ".join(explain(connection, 1).sentences)
    assert "Both sides closed at the same time" in text
    assert "ack 10, it would be 11" in text


def test_the_options_table_says_what_each_side_offered_and_what_holds():
    rows = {row.name: row for row in negotiation(stories.four_way_close())}
    assert (rows["MSS"].client, rows["MSS"].server) == ("65495", "65495")
    assert (rows["window scale"].client, rows["window scale"].in_force) == ("7 (× 128)", "yes")
    refused = {row.name: row for row in negotiation(stories.refused())}
    assert refused["SACK"].server == "not captured"
    assert refused["SACK"].in_force == "no"


def test_a_segment_larger_than_the_mss_is_put_down_to_offload():
    connection = stories.tell("0.0 > P. 1 1 5000 501 ESTABLISHED ESTABLISHED d", opening=stories.THREE_WAY,
                              closing=stories.Closing("none", None, ()))
    assert any("5,000 bytes are more than the MSS of 1460" in text and "offload" in text
               for text in explain(connection, 0).sentences)


def test_sack_blocks_are_ranges():
    connection = stories.with_options(stories.troubled(), ())
    dup = connection.steps[7]
    sacked = stories.replace(connection, steps=(*connection.steps[:7],
                                                stories.replace(dup, options=("SLE=1429", "SRE=2857")),
                                                *connection.steps[8:]))
    assert any("SACK: bytes 1429–2856 have arrived" in text for text in explain(sacked, 7).sentences)


@pytest.mark.parametrize("story", [
    stories.four_way_close, stories.three_way_close, stories.refused, stories.lost_syn, stories.unanswered,
    stories.reset, stories.half_close, stories.mid_stream, stories.long_data, stories.one_packet, stories.troubled])
def test_every_step_is_explained_with_a_reference_and_without_open_placeholders(story):
    connection = story()
    for step in connection.steps:
        explanation = explain(connection, step.index)
        assert explanation.title
        assert explanation.sentences
        assert explanation.reference.startswith("RFC ")
        for text in (explanation.title, *explanation.sentences, explanation.arithmetic):
            assert "{" not in text
            assert "None" not in text


def test_a_repeated_syn_ack_is_not_called_the_first():
    connection = stories.tell("""
        0.000 > S  0 - 0 64240 SYN-SENT    SYN-RECEIVED o
        0.001 < S. 0 1 0 65160 ESTABLISHED SYN-RECEIVED o acks=0
        0.002 > .  1 1 0 502   ESTABLISHED SYN-RECEIVED o acks=1 lost
        1.010 < S. 0 1 0 65160 ESTABLISHED SYN-RECEIVED o kind=retransmission
        """, opening=stories.Opening("incomplete", (0, 1, 3), 1, None, None), closing=stories.Closing("none", None, ()))
    explanation = explain(connection, 3)
    assert explanation.title == "SYN, ACK again"
    assert "still in SYN-RECEIVED" in explanation.sentences[1]


def test_a_simultaneous_opening_takes_four_packets():
    connection = stories.tell("""
        0.000 > S  0 - 0 64240 SYN-SENT     SYN-RECEIVED o
        0.001 < S  0 - 0 65160 SYN-RECEIVED SYN-RECEIVED o
        0.002 > S. 0 1 0 502   SYN-RECEIVED ESTABLISHED  o acks=1
        0.003 < S. 0 1 0 502   ESTABLISHED  ESTABLISHED  o acks=0
        """, opening=stories.Opening("simultaneous", (0, 1, 2, 3), 1, 3_000_000, 3_000_000),
        closing=stories.Closing("none", None, ()), server_start=State.CLOSED)
    text = " ".join(explain(connection, 3).sentences)
    assert "four packets" in text
    assert "three packets" not in text
