"""What is offered at the cursor."""

import pytest

from tcpladder.filters import compile_filter
from tcpladder.filters.completion import OPERATORS, completions
from tests.filters.lesson_columns import columns_of

REFUSED = "connection-refused.pcap"


def offered(text: str) -> list[str]:
    return [completion.text for completion in completions(text, len(text), columns_of(REFUSED))]


def test_a_field_is_offered_by_its_beginning() -> None:
    assert {"tcp.port", "tcp.payload"} <= set(offered("tcp.p"))
    assert all(text.startswith("tcp.p") for text in offered("tcp.p"))
    assert "tcp.srcport" in offered("ip and tcp.s")
    assert "tcp.srcport" in offered("tcp.")


def test_an_empty_bar_offers_fields_functions_and_not() -> None:
    words = [completion.text for completion in completions("", 0, None, most=10_000)]
    assert {"ip", "tcp.flags.syn", "len(", "not", "any"} <= set(words)
    assert not {"==", "and", "in"} & set(words)


def test_behind_a_field_operators_are_offered() -> None:
    words = offered("tcp.port ")
    assert {"==", "in", "and", "or"} <= set(words)
    assert "tcp.port" not in words
    assert offered("tcp.port c") == ["contains"]


def test_values_seen_in_the_capture_come_first_with_their_count() -> None:
    found = completions("tcp.srcport == ", 15, columns_of(REFUSED))
    assert {completion.text for completion in found[:2]} == {"8080", "54918"}
    assert found[0].help == "1 time in this capture"
    assert offered("ip.src == ")[:2] == ["192.0.2.10", "192.0.2.80"]
    assert offered("ip.addr in {192.0.2.10, ")[:2] == ["192.0.2.10", "192.0.2.80"]
    assert offered("eth.dst == ff")[:1] == ["ff:ff:ff:ff:ff:ff"]


def test_the_names_of_values_are_offered() -> None:
    found = completions("arp.opcode == ", 14, columns_of(REFUSED))
    assert [completion.help.split(",")[0] for completion in found[:2]] == ["request", "reply"]
    assert '"UDP"' in offered("ip.proto == ")


def test_nothing_is_offered_within_quotation_marks_or_behind_nonsense() -> None:
    assert offered('frame contains "tc') == []
    assert offered("tcp tcp ") == []
    assert offered("tcp = ") == []


def test_a_completion_says_what_it_replaces() -> None:
    text = "ip and tcp.srcp == 80"
    (completion,) = completions(text, text.index("p ==") + 1, columns_of(REFUSED))
    assert text[:completion.start] + completion.text + text[completion.end:] == "ip and tcp.srcport == 80"


@pytest.mark.parametrize("operator", [word for words in OPERATORS.values() for word in words])
def test_every_operator_that_is_offered_exists(operator: str) -> None:
    examples = ("tcp.len {} 1", "tcp {} 00", 'tcp {} "x"', "tcp.len {} {{1}}", "tcp {} udp", "{} tcp",
                "{} tcp.len == 1")
    accepted = [text for text in (example.format(operator) for example in examples) if is_filter(text)]
    assert accepted


def is_filter(text: str) -> bool:
    try:
        return bool(compile_filter(text))
    except ValueError:
        return False


def test_fields_of_connections_and_their_values_are_offered() -> None:
    assert {"conn.opening", "conn.state.client"} <= set(offered("conn."))
    assert offered("conn.opening == ref")[:1] == ['"refused"']
    assert offered("conn.state.server == ")[:2] == ['"CLOSED"', '"LISTEN"']
    assert offered("conn.client.addr == ")[0] == "192.0.2.10"


def test_a_name_that_begins_with_an_underscore_is_completed() -> None:
    assert "_ws.expert.severity" in offered("_ws.exp")
