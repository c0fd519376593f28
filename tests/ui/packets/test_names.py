"""Names beside numbers, as tshark -N mt words them (4.0.17); services as /etc/services has them."""

import socket

import pytest

from tcpladder.ui.packets.names import NameKind, Names, short_maker
from tcpladder.ui.packets.sort_keys import Column

ALL = Names(frozenset(NameKind))
SERVICES = {("tcp", 443): "https", ("tcp", 8080): "http-alt", ("udp", 53): "domain"}


@pytest.fixture(autouse=True)
def services(monkeypatch):
    """The table of a system that knows three services."""
    def look_up(port, protocol):
        if (protocol, port) not in SERVICES:
            raise OSError("port/proto not found")
        return SERVICES[protocol, port]

    monkeypatch.setattr(socket, "getservbyport", look_up)


@pytest.mark.parametrize(("text", "named"), [
    ("00:50:56:12:34:56", "VMware_12:34:56"),
    ("ff:ff:ff:ff:ff:ff", "Broadcast"),
    ("02:00:00:00:00:10", "02:00:00:00:00:10"),     # given by hand, not by a manufacturer
    ("00:00:00:00:00:00", "00:00:00:00:00:00"),
    ("192.0.2.1", "192.0.2.1"),
    ("2001:db8::10", "2001:db8::10"),
])
def test_addresses(text, named):
    assert ALL.address(text) == named
    assert Names().address(text) == text


@pytest.mark.parametrize(("organisation", "short"), [
    ("Cisco Systems, Inc", "Cisco"), ("VMware, Inc.", "VMware"), ("Intel Corporate", "Intel"),
    ("Hewlett Packard", "HewlettP"), ("Inc.", "Inc"),
])
def test_manufacturers_in_a_word(organisation, short):
    assert short_maker(organisation) == short


def test_info():
    assert ALL.info("TCP", "54918 → 8080 [SYN] Seq=0") == "54918 → http-alt(8080) [SYN] Seq=0"
    assert ALL.info("TCP", "[TCP Retransmission] 443 → 2 [SYN]") == "[TCP Retransmission] https(443) → 2 [SYN]"
    assert ALL.info("UDP", "53 → 53 Len=4") == "domain(53) → domain(53) Len=4"
    assert ALL.info("TLSv1.2", "443 → 443") == "443 → 443"      # whatever that is, it is no segment's line
    assert Names().info("TCP", "1 → 443 [SYN]") == "1 → 443 [SYN]"


def test_lines_of_the_tree():
    assert ALL.label("eth", "Ethernet II, Src: 00:50:56:12:34:56, Dst: 02:00:00:00:00:10") == (
        "Ethernet II, Src: VMware_12:34:56 (00:50:56:12:34:56), Dst: 02:00:00:00:00:10")
    assert ALL.label("tcp", "Transmission Control Protocol, Src Port: 443, Dst Port: 2, Seq: 0") == (
        "Transmission Control Protocol, Src Port: https (443), Dst Port: 2, Seq: 0")
    assert ALL.label("udp.dstport", "Destination Port: 53") == "Destination Port: domain (53)"
    assert ALL.label("frame.number", "Frame 443") == "Frame 443"


@pytest.mark.gui
def test_names_are_off_until_they_are_chosen(open_capture, qtbot):
    from tests.ui.conftest import TELNET

    window = open_capture(TELNET.with_name("connection-refused.pcap"))
    model, fields = window.workspace.packets.packets, window.workspace.fields.fields

    def port_line():
        window.session.select_row(2)
        return next(text for text in map(fields._text, fields._lines) if text.startswith("Transmission"))

    assert model.cell_text(0, Column.DESTINATION, 0) == "ff:ff:ff:ff:ff:ff" or "→ 8080" in model.cell_text(
        0, Column.INFO, 0)
    before = [model.cell_text(row, Column.INFO, row) for row in range(model.rowCount())]
    assert not any("http-alt" in text for text in [*before, port_line()])
    for action in window._names.values():
        action.trigger()
    after = [model.cell_text(row, Column.INFO, row) for row in range(model.rowCount())]
    assert any("http-alt(8080)" in text for text in after)
    assert window.settings.texts("names") == ["manufacturers", "ports"]
