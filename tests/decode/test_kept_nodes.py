"""Nodes that stand in several packets say what a packet decoded for the first time says."""

from collections.abc import Iterator

import pytest

from tcpladder.decode import parts
from tcpladder.decode.one_packet import decode_packet
from tcpladder.fields.node import DecodedPacket
from tcpladder.fields.show import label_text, show_text
from tests.protocols.frames import FRAMES


def said(packet: DecodedPacket) -> list[tuple[str, str, str, int, int, bytes]]:
    return [(node.name, label_text(node), show_text(node), node.position, node.size, node.data)
            for node in packet.walk()]


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is kept while it lasts."""
    monkeypatch.setattr(parts.Memory, "keep", lambda memory, key, nodes, values: None)
    _forget()
    yield
    _forget()


def _forget() -> None:
    for made_once in (parts.header_of, parts.trailer_parts, parts.repeated_parts, parts.record_part):
        made_once.cache_clear()


@pytest.fixture
def fresh(forgetful: None) -> list[list[tuple[str, str, str, int, int, bytes]]]:
    return [said(decode_packet(frame, linktype)) for linktype, frame in FRAMES]


def test_kept_nodes_say_the_same(fresh: list[list[tuple[str, str, str, int, int, bytes]]],
                                 monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    _forget()
    for _time in range(3):
        assert [said(decode_packet(frame, linktype)) for linktype, frame in FRAMES] == fresh


def test_nodes_are_kept() -> None:
    linktype, frame = FRAMES[0]
    first, second = (decode_packet(frame, linktype) for _ in range(2))
    shared = {id(node) for node in first.walk()} & {id(node) for node in second.walk()}
    assert shared
    assert all(node.kept for node in first.layers[1].children if id(node) in shared)
