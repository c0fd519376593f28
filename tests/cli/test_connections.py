"""connections and diagram on the lesson captures; the numbers are those of captures/README.md."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.program import CAPTURES, FOUR_WAY, Program


def test_a_connection_as_json(program: Program) -> None:
    (connection,) = json.loads(program("connections", FOUR_WAY, "-T", "json").output)
    assert connection["client"] == {"addr": "127.0.0.1", "port": 54918}
    assert connection["server"] == {"addr": "127.0.0.1", "port": 8080}
    assert connection["bytes"] == {"client": 256, "server": 128}
    assert connection["opening"]["kind"] == "three-way"
    assert connection["opening"]["frames"] == [1, 2, 3]
    assert (connection["closing"]["kind"], connection["closing"]["initiator"]) == ("four-way", "client")
    assert [step["frame"] for step in connection["steps"]] == list(range(1, 12))


@pytest.mark.parametrize(("name", "opening", "closing"), [
    ("loopback-three-way-close.pcapng", "three-way", "three-way"),
    ("connection-refused.pcap", "refused", "none"),
    ("reset-by-client.pcap", "three-way", "reset"),
    ("mid-connection.pcap", "mid-stream", "four-way"),
    ("https-handshake.pcap", "three-way", "none"),
])
def test_how_connections_open_and_close(program: Program, name: str, opening: str, closing: str) -> None:
    (row,) = csv.DictReader(io.StringIO(program("connections", CAPTURES / name, "-T", "csv").output))
    assert (row["opening"], row["closing"]) == (opening, closing)


def test_a_line_per_connection(program: Program) -> None:
    heading, line = program("connections", CAPTURES / "ipv6-connection.pcap").lines
    assert heading.split()[:3] == ["Stream", "Client", "Server"]
    assert line.split()[:3] == ["0", "[2001:db8::10]:54918", "[2001:db8::80]:8080"]


def test_a_filter_keeps_the_connections_of_its_packets(program: Program) -> None:
    assert json.loads(program("connections", FOUR_WAY, "-T", "json", "-Y", "frame.number == 8").output)
    assert program("connections", FOUR_WAY, "-T", "json", "-Y", "tcp.flags.reset == 1").output == "[]\n"


@pytest.mark.parametrize("ending", ["svg", "mmd", "txt", "json"])
def test_a_diagram_names_both_ends(program: Program, tmp_path: Path, ending: str) -> None:
    target = tmp_path / f"picture.{ending}"
    assert program("diagram", FOUR_WAY, "--stream", "0", "-o", target) == (0, "", "")
    text = target.read_text(encoding="utf-8")
    assert "127.0.0.1" in text
    assert "54918" in text
    assert [path.name for path in tmp_path.iterdir()] == [target.name]
    if ending == "svg":
        assert ElementTree.fromstring(text).tag.endswith("svg")
    if ending == "json":
        assert json.loads(text)["opening"]["kind"] == "three-way"


@pytest.mark.gui
@pytest.mark.parametrize(("ending", "magic"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_a_diagram_painted_by_qt(program: Program, tmp_path: Path, ending: str, magic: bytes) -> None:
    target = tmp_path / f"picture.{ending}"
    assert program("diagram", FOUR_WAY, "--stream", "0", "-o", target).status == 0
    assert target.read_bytes().startswith(magic)


@pytest.mark.usefixtures("small_services")
def test_ends_by_name(program: Program, tmp_path: Path) -> None:
    (row,) = csv.DictReader(io.StringIO(program("connections", FOUR_WAY, "-T", "csv", "-N", "t").output))
    assert (row["client"], row["server"]) == ("127.0.0.1:54918", "127.0.0.1:http-alt")
    assert "127.0.0.1:http-alt" in program("connections", FOUR_WAY, "-N", "mt").output
    (connection,) = json.loads(program("connections", FOUR_WAY, "-T", "json", "-N", "t").output)
    assert connection["server"] == {"addr": "127.0.0.1", "port": 8080, "service": "http-alt"}
    assert program("diagram", FOUR_WAY, "--stream", "0", "-N", "t", "-o", tmp_path / "it.svg").status == 0
    assert "127.0.0.1:http-alt" in (tmp_path / "it.svg").read_text("utf-8")
    assert program("diagram", FOUR_WAY, "--stream", "0", "-N", "t", "-o", tmp_path / "it.png").status == 0
