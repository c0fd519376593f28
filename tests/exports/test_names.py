"""dump -N beside tshark -N: wherever both print the same line with numbers, they print the same with names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tcpladder.cli import main
from tcpladder.resource_files import captures_path
from tests.exports.captures import tshark
from tests.services import use_services

FORMS = {
    "text": (), "tree": ("-V",), "json": ("-T", "json"), "pdml": ("-T", "pdml"),
    "fields": ("-T", "fields", "-e", "eth.src_resolved", "-e", "eth.dst_resolved", "-e", "eth.addr", "-e", "tcp.port",
               "-e", "eth", "-e", "tcp", "-e", "udp", "-e", "_ws.col.Source", "-e", "_ws.col.Info"),
}
SERVICES_OF_TSHARK = Path("/usr/share/wireshark/services")
# A list of Wireshark's own names these; the registry of IEEE does not, or otherwise.
NAMED_OTHERWISE = re.compile("00:00:00_|MS-NLB-PhysServer")


@pytest.fixture
def services_of_tshark(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not SERVICES_OF_TSHARK.exists():
        pytest.skip("tshark's table of services is not where it usually is")
    with use_services(SERVICES_OF_TSHARK, monkeypatch):
        yield


@pytest.mark.tshark
@pytest.mark.usefixtures("services_of_tshark")
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["connection-refused.pcap", "https-handshake.pcap", "ipv6-connection.pcap"])
def test_names_stand_where_tshark_has_them(form: str, name: str, tmp_path: Path,
                                           capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    path, options = captures_path() / name, FORMS[form]
    theirs: dict[str, set[str]] = {}
    for plain, named in zip(lines_of(tshark(path, tmp_path, *options)),
                            lines_of(tshark(path, tmp_path, "-N", "mt", *options)), strict=True):
        theirs.setdefault(plain, set()).add(named)
    ours = []
    for flags in ("", "mt"):
        capfdbinary.readouterr()
        main(["dump", str(path), "-N", flags, *options])
        ours.append(lines_of(capfdbinary.readouterr().out.decode("utf-8")))
    compared = 0
    for plain, named in zip(*ours, strict=True):
        expected = {line for line in theirs.get(plain, ()) if not NAMED_OTHERWISE.search(line)}
        if expected and expected != {plain}:
            compared += 1
            assert named in expected
    assert compared


def lines_of(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]
