"""PDML, JSON and text of whole packets: well formed whatever the packet holds, and in tshark's shape."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.one_packet import decode_row
from tcpladder.exports.list_columns import ListColumns, decimals_of
from tcpladder.exports.pdml import pdml
from tcpladder.exports.text import hex_dump, packet_lines, packet_text
from tcpladder.exports.tshark_json import packets_json
from tcpladder.fields.node import DecodedPacket
from tcpladder.packets.capture import Interface
from tests.exports.captures import LESSONS, capture_with_comment, columns_of, tshark

NASTY = "<&>\"' \x01\x7f\x1b[31m \\ </x> ]]> {value} é →".encode() + b"\xff\xfe \xef\xbf\xbe"


def packets_of(columns: ColumnTable) -> Iterator[DecodedPacket]:
    return (decode_row(columns, row) for row in range(columns.frame_count))


def pdml_of(columns: ColumnTable) -> ElementTree.Element:
    return ElementTree.fromstring("".join(pdml(packets_of(columns))))


def test_pdml_escapes_what_xml_cannot_hold(tmp_path: Path) -> None:
    document = pdml_of(columns_of(capture_with_comment(tmp_path / "c.pcapng", NASTY)))
    (comment,) = document.findall(".//field[@name='frame.comment']")
    assert comment.get("show", "").startswith("<&>\"' \\x1\\x7f\\x1b[31m \\ </x> ]]> {value} é →\ufffd\ufffd")


def test_an_expert_remark_is_wrapped(tmp_path: Path) -> None:
    # The numbers are those that tshark prints: PI_COMMENT, PI_COMMENTS_GROUP.
    document = pdml_of(columns_of(capture_with_comment(tmp_path / "c.pcapng", b"look here")))
    (wrapper,) = document.findall(".//field[@name='_ws.expert']")
    assert wrapper.get("showname") == "Expert Info (Comment/Comment): look here"
    assert [(field.get("name"), field.get("show"), field.get("hide")) for field in wrapper] == [
        ("frame.comment.expert", "", None), ("_ws.expert.message", "look here", "yes"),
        ("_ws.expert.severity", "1048576", None), ("_ws.expert.group", "184549376", None)]


def test_json_escapes_what_json_cannot_hold(tmp_path: Path) -> None:
    text = "".join(packets_json(packets_of(columns_of(capture_with_comment(tmp_path / "c.pcapng", NASTY)))))
    (packet,) = json.loads(text)
    comment = packet["_source"]["layers"]["pkt_comment"]["frame.comment"]
    assert comment.startswith("<&>\"' \x01\x7f\x1b[31m \\ </x> ]]> {value} é →")
    assert packet["_index"] == "packets-1970-01-01"


def test_text_holds_no_control_characters(tmp_path: Path) -> None:
    columns = columns_of(capture_with_comment(tmp_path / "c.pcapng", NASTY))
    (text,) = packet_text(packets_of(columns), tree=True)
    assert "\\x01\\x7f\\x1b[31m" in text
    assert all(line.isprintable() for line in text.split("\n"))


def test_a_hex_dump_of_every_byte() -> None:
    lines = hex_dump(bytes(range(256)) + b"rest").splitlines()
    assert lines[0] == "0000  00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f   ................"
    assert lines[4] == "0040  40 41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f   @ABCDEFGHIJKLMNO"
    assert lines[-1] == "0100  72 65 73 74                                       rest"
    assert len(lines) == 17


@pytest.mark.parametrize(("ticks_per_second", "decimals"), [
    (1, 0), (10, 1), (1_000, 3), (1_000_000, 6), (1_000_000_000, 9), (10**12, 9),
    (1 << 3, 0), (1 << 10, 3), (1 << 20, 6), (1 << 63, 9)])
def test_times_are_as_precise_as_the_clock(ticks_per_second: int, decimals: int) -> None:
    assert decimals_of(Interface(1, ticks_per_second=ticks_per_second)) == decimals


@pytest.mark.tshark
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.name)
def test_lines_and_bytes_are_those_of_tshark(path: Path, tmp_path: Path) -> None:
    columns = columns_of(path)
    lines = packet_lines(ListColumns(columns), np.arange(columns.frame_count))
    assert "".join(lines) == tshark(path, tmp_path)
    assert "".join(packet_text(packets_of(columns), octets=True)) == tshark(path, tmp_path, "-x")


@pytest.mark.tshark
def test_json_has_the_shape_of_tshark(tmp_path: Path) -> None:
    path = next(path for path in LESSONS if path.name == "https-handshake.pcap")
    names = ("_index", "_type", "_score", "ip.dsfield_tree", "ip.flags_tree", "tcp.options_tree")
    ours, theirs = (_parts(text, names) for text in (
        "".join(packets_json(packets_of(columns_of(path)))), tshark(path, tmp_path, "-T", "json")))
    assert ours == theirs
    assert len(ours) == 3 * 5 + 2     # the third segment has no options


def _parts(text: str, names: tuple[str, ...]) -> list[tuple[str, object]]:
    """The members of these names in the order of the document, keys kept where they repeat."""
    found: list[tuple[str, object]] = []

    def keep(members: list[tuple[str, object]]) -> list[tuple[str, object]]:
        found.extend(member for member in members if member[0] in names)
        return members

    json.loads(text, object_pairs_hook=keep)
    return found
