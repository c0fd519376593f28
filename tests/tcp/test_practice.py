"""Exercises: what is asked, which replies are right, and what is said of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tcpladder.resource_files import captures_path
from tcpladder.tcp.connection import Connection
from tcpladder.tcp.practice import Question, Topic, chosen_steps, make_questions
from tcpladder.tcp.worksheet import worksheet_html
from tests.tcp.scripts import read, script

CAPTURES = sorted(path for path in captures_path().iterdir() if ".pcap" in path.name)
EXCHANGE = """
    +0   > S 0:0(0) win 1000
    +.01 < S. 0:0(0) ack 1 win 1000
    +.01 > . 1:1(0) ack 1 win 1000
    +.01 > P. 1:11(10) ack 1 win 1000
    +.01 < . 1:1(0) ack 11 win 1000
    +.01 > F. 11:11(0) ack 1 win 1000
    +.01 < F. 1:1(0) ack 12 win 1000
    +.01 > . 12:12(0) ack 2 win 1000
"""


@pytest.fixture
def connection(tmp_path: Path) -> Connection:
    return script(EXCHANGE, tmp_path / "exchange.pcap").table.connection(0)


@pytest.fixture
def ask(connection: Connection) -> Callable[[int, Topic], Question]:
    return lambda step, topic: make_questions(connection, {topic}, [step])[0]


@pytest.mark.parametrize("reply", ["SYN, ACK", "syn,ack", "ACK SYN", "SYN-ACK", "synack", "S.", "SA", "[S.]"])
def test_spellings_of_flags(ask: Callable[[int, Topic], Question], reply: str) -> None:
    assert ask(1, Topic.FLAGS).accepts(reply)


@pytest.mark.parametrize("reply", ["", "SYN", "ACK", "SYN, ACK, PSH", "SYN 1 ACK", "hello", "none"])
def test_wrong_flags(ask: Callable[[int, Topic], Question], reply: str) -> None:
    assert not ask(1, Topic.FLAGS).accepts(reply)


@pytest.mark.parametrize(("reply", "is_right"), [("11", True), (" 011 ", True), ("1011", True), ("1,011", True),
                                                 ("12", False), ("", False), ("eleven", False), ("¹¹", False)])
def test_numbers_relative_or_as_on_the_wire(ask: Callable[[int, Topic], Question], reply: str, is_right: bool) -> None:
    """The client's initial number is 1000, so that 11 is 1011 on the wire."""
    assert ask(4, Topic.ACK).accepts(reply) is is_right


@pytest.mark.parametrize("reply", ["FIN-WAIT-1", "fin wait 1", "FIN_WAIT_1", "FinWait1"])
def test_spellings_of_states(ask: Callable[[int, Topic], Question], reply: str) -> None:
    assert ask(5, Topic.CLIENT_STATE).accepts(reply)
    assert not ask(6, Topic.CLIENT_STATE).accepts(reply)


def test_what_is_not_there_is_not_asked(connection: Connection) -> None:
    """The first SYN acknowledges nothing."""
    assert [(question.step, question.topic) for question in make_questions(connection, {Topic.ACK}, range(3))] == [
        (1, Topic.ACK), (2, Topic.ACK)]


def test_reasons(ask: Callable[[int, Topic], Question]) -> None:
    assert ask(1, Topic.ACK).why == "ack 1 = seq 0 + len 0 + SYN 1"
    assert ask(4, Topic.ACK).why == "ack 11 = seq 1 + len 10"
    assert ask(5, Topic.SEQ).why == "seq 11 = seq 1 + len 10, of packet 4"
    assert ask(7, Topic.SEQ).why == "seq 12 = seq 11 + len 0 + FIN 1, of packet 6"
    assert ask(3, Topic.ACK).why == "Nothing new has come from the other end: still waiting for number 1."
    assert "SYN-SENT → ESTABLISHED" in ask(1, Topic.CLIENT_STATE).why
    assert ask(3, Topic.SERVER_STATE).why.endswith("still ESTABLISHED.")


def test_the_lot_is_the_same_for_the_same_seed(connection: Connection) -> None:
    assert chosen_steps(connection, 0.5, 7, 8) == chosen_steps(connection, 0.5, 7, 8)
    assert len(chosen_steps(connection, 0.5, 7, 8)) == 4
    assert len({tuple(chosen_steps(connection, 0.5, seed, 8)) for seed in range(20)}) > 5
    assert chosen_steps(connection, 1.0, 1, 3) == [0, 1, 2]
    assert len(chosen_steps(connection, 0.0, 1, 8)) == 1


def test_a_sheet_hides_and_a_solution_tells(connection: Connection) -> None:
    questions = make_questions(connection, {Topic.SERVER_STATE}, [5])
    sheet = worksheet_html(connection, questions, 8, with_answers=False)
    solution = worksheet_html(connection, questions, 8, with_answers=True)
    assert "CLOSE-WAIT" not in sheet
    assert "CLOSE-WAIT" in solution
    assert sheet.count("<tr>") == solution.count("<tr>") == 9
    assert worksheet_html(connection, questions, 3, with_answers=False).count("<tr>") == 4


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_every_answer_of_every_lesson_is_accepted_and_explained(path: Path) -> None:
    table = read(path).table
    for stream in range(table.count):
        connection = table.connection(stream)
        questions = make_questions(connection, set(Topic), range(len(connection.steps)))
        assert questions
        for question in questions:
            assert question.accepts(question.answer)
            assert not question.accepts("")
            assert question.why
