"""Chosen fields: from the columns where that is possible, else from decoded packets; both must say the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tcpladder.decode.columns import ColumnTable, UnknownField
from tcpladder.exports import fields
from tcpladder.exports.field_format import FieldFormat, FormatError
from tests.exports.captures import LESSONS, capture_with_comment, columns_of, tshark

NAMES = (
    "frame.number", "frame.time", "frame.time_epoch", "frame.time_delta", "frame.len", "frame.interface_name",
    "eth.dst", "eth.type", "arp.opcode", "arp.src.proto_ipv4", "ip.src", "ip.addr", "ip.ttl", "ip.flags", "ip.flags.df",
    "ip.checksum", "ipv6.src", "tcp.stream", "tcp.port", "tcp.seq", "tcp.seq_raw", "tcp.ack", "tcp.flags",
    "tcp.flags.syn", "tcp.flags.str", "tcp.window_size", "tcp.window_size_scalefactor", "tcp.options",
    "tcp.option_kind", "tcp.options.mss_val", "tcp.options.timestamp.tsval", "tcp.time_relative", "tcp.completeness",
    "tcp.analysis.acks_frame", "tcp.connection.syn", "tcp.analysis.retransmission",
)


def lines_of(columns: ColumnTable, names: Sequence[str], layout: FieldFormat) -> list[str]:
    """What is printed for all packets, by line."""
    rows = np.arange(columns.frame_count)
    return "".join(fields.field_lines(columns, names, layout).pieces(rows)).splitlines(keepends=True)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.name)
def test_columns_and_trees_give_the_same_texts(path: Path) -> None:
    columns = columns_of(path)
    rows = np.arange(columns.frame_count)
    names = [name for name in columns.fields() if fields.is_column(columns, name)]
    from_trees = [[",".join(values) for values in packet]
                  for _packet, packet in fields.packet_values(columns, names)(rows)]
    for place, name in enumerate(names):
        texts = [text for (text,) in fields.field_texts(columns, [name], FieldFormat())(rows)]
        assert texts == [packet[place] for packet in from_trees], name
    assert {"frame.time", "tcp.seq", "eth.dst", "tcp.options"} <= set(names)


@pytest.mark.tshark
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.name)
def test_texts_are_those_of_tshark(path: Path, tmp_path: Path) -> None:
    columns = columns_of(path)
    ours = "".join(lines_of(columns, NAMES, FieldFormat(header=True)))
    chosen = [word for name in NAMES for word in ("-e", name)]
    assert ours == tshark(path, tmp_path, "-T", "fields", *chosen, "-E", "header=y")


def test_a_block_border_loses_no_packet(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = columns_of(LESSONS[0])
    whole = lines_of(columns, ["frame.number"], FieldFormat())
    monkeypatch.setattr(fields, "_BLOCK", 4)
    assert lines_of(columns, ["frame.number"], FieldFormat()) == whole
    assert whole == [f"{row + 1}\n" for row in range(columns.frame_count)]


def test_control_characters_cannot_break_a_line(tmp_path: Path) -> None:
    columns = columns_of(capture_with_comment(tmp_path / "c.pcapng", b"red \x1b[31m\ttab\nline"))
    (line,) = lines_of(columns, ["frame.comment"], FieldFormat())
    assert line == "red \\x1b[31m\\ttab\\nline\n"


def test_unknown_names_are_all_named() -> None:
    fields.check_names(["tcp.seq", "_ws.col.Info", "frame.protocols", "frame.comment", "_ws.expert.message", "tcp"])
    with pytest.raises(UnknownField) as caught:
        fields.check_names(["tcp.seq", "tcp.sequence", "", "_ws.col.Foo"])
    assert caught.value.args == ("tcp.sequence, , _ws.col.Foo",)


@pytest.mark.parametrize("option", ["", "=", "quote", "quote=x", "header=", "separator=", "separator=/x", "colour=y"])
def test_an_odd_layout_is_refused(option: str) -> None:
    with pytest.raises(FormatError):
        FieldFormat.parse([option])


def test_the_last_of_two_equal_options_counts() -> None:
    assert FieldFormat.parse(["separator=;", "separator=|"]).separator == "|"
