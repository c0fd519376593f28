"""Names beside numbers, as tshark -N mt words them (4.0.17)."""

import pytest

from tcpladder.decode.columns import known_fields
from tcpladder.protocols import services
from tcpladder.protocols.names import NUMBERS_ONLY, NameKind, Names, short_maker
from tests.services import TABLE, use_services

ALL = Names(frozenset(NameKind))
pytestmark = pytest.mark.usefixtures("small_services")


@pytest.mark.parametrize(("text", "named"), [
    ("00:50:56:12:34:56", "VMware_12:34:56"),
    ("80:fb:06:f0:45:d7", "HuaweiTe_f0:45:d7"),
    ("02:60:8c:00:00:01", "3Com_00:00:01"),         # given before the bit that says "by hand" meant that
    ("ff:ff:ff:ff:ff:ff", "Broadcast"),
    ("01:00:5e:7f:ff:fa", "IPv4mcast_7f:ff:fa"),
    ("01:00:5e:00:00:fb", "IPv4mcast_fb"),
    ("01:00:5e:00:00:00", "IPv4mcast_00"),
    ("33:33:00:01:00:06", "IPv6mcast_01:00:06"),
    ("33:33:ff:00:00:02", "IPv6mcast_ff:00:00:02"),
    ("01:80:c2:00:00:00", "Spanning-tree-(for-bridges)_00"),
    ("01:80:c2:00:00:0e", "LLDP_Multicast"),
    ("00:00:5e:00:01:07", "IETF-VRRP-VRID_07"),
    ("02:00:00:00:00:10", "02:00:00:00:00:10"),     # given by hand, not by a manufacturer
    ("00:00:00:00:00:00", "00:00:00:00:00:00"),
    ("192.0.2.1", "192.0.2.1"),
    ("2001:db8::10", "2001:db8::10"),
])
def test_addresses(text, named):
    assert ALL.address(text) == named
    assert NUMBERS_ONLY.address(text) == text


# As Wireshark's own list, /usr/share/wireshark/manuf, has them.
@pytest.mark.parametrize(("organisation", "short"), [
    ("Cisco Systems, Inc", "Cisco"), ("VMware, Inc.", "VMware"), ("Intel Corporate", "IntelCor"),
    ("Hewlett Packard", "HewlettP"), ("D-Link International", "D-LinkIn"), ("zte corporation", "zte"),
    ("Janz - Contagem e Gestão de Fluídos S.A.", "Janz-Con"), ("EP&T Energy", "EP&TEner"),
    ("Garz & Fricke GmbH", "GarzFric"), ("The Inc.", "TheInc"),
])
def test_manufacturers_in_a_word(organisation, short):
    assert short_maker(organisation) == short


def test_info():
    assert ALL.info("TCP", "54918 → 8080 [SYN] Seq=0") == "54918 → http-alt(8080) [SYN] Seq=0"
    assert ALL.info("TCP", "[TCP Retransmission] 443 → 2 [SYN]") == "[TCP Retransmission] https(443) → 2 [SYN]"
    assert ALL.info("MPTCP", "2 → 443 [SYN]") == "2 → https(443) [SYN]"
    assert ALL.info("UDP", "53 → 514 Len=4") == "domain(53) → syslog(514) Len=4"
    assert ALL.info("TLSv1.2", "443 → 443") == "443 → 443"      # whatever that is, it is no segment's line
    assert NUMBERS_ONLY.info("TCP", "1 → 443 [SYN]") == "1 → 443 [SYN]"


@pytest.mark.parametrize(("field", "text", "named"), [
    ("eth", "Ethernet II, Src: 00:50:56:12:34:56, Dst: 02:00:00:00:00:10",
     "Ethernet II, Src: VMware_12:34:56 (00:50:56:12:34:56), Dst: 02:00:00:00:00:10 (02:00:00:00:00:10)"),
    ("eth.src", "Source: 00:50:56:12:34:56", "Source: VMware_12:34:56 (00:50:56:12:34:56)"),
    ("eth.src_resolved", "Source (resolved): 00:50:56:12:34:56", "Source (resolved): VMware_12:34:56"),
    ("arp.src.hw_mac", "Sender MAC address: 00:50:56:12:34:56",
     "Sender MAC address: VMware_12:34:56 (00:50:56:12:34:56)"),
    ("tcp", "Transmission Control Protocol, Src Port: 443, Dst Port: 2, Seq: 0",
     "Transmission Control Protocol, Src Port: https (443), Dst Port: 2 (2), Seq: 0"),
    ("tcp.port", "Source or Destination Port: 443", "Source or Destination Port: https (443)"),
    ("udp.dstport", "Destination Port: 53", "Destination Port: domain (53)"),
    ("udp.srcport", "Source Port: 51677", "Source Port: 51677 (51677)"),
    ("frame.number", "Frame Number: 443", "Frame Number: 443"),
    ("ipv6.src", "Source Address: ::5056:1234", "Source Address: ::5056:1234"),
])
def test_lines_of_the_tree(field, text, named):
    spec = known_fields()[field]
    assert ALL.label(spec, text) == named
    assert NUMBERS_ONLY.label(spec, text) == text


def test_only_a_field_that_is_a_name_has_another_value():
    fields = known_fields()
    assert ALL.value(fields["eth.src_resolved"], "00:50:56:12:34:56") == "VMware_12:34:56"
    assert ALL.value(fields["eth.src"], "00:50:56:12:34:56") == "00:50:56:12:34:56"


# services(5): a name, a port, a slash and a protocol; then aliases; # begins a comment.
def test_the_table_of_services():
    assert services.read_services(TABLE.splitlines(), "tcp") == {53: "domain", 443: "https", 514: "shell",
                                                                 8080: "http-alt"}
    assert services.read_services(["", "no port", "ftp 21", "x x/udp", "# 1/udp", "both 7/tcp/udp"], "udp") == {
        7: "both"}


def test_a_system_without_a_table_has_no_names(tmp_path, monkeypatch):
    with use_services(tmp_path / "nothing", monkeypatch):
        assert ALL.port("tcp", 443) == "443"
        assert ALL.info("TCP", "443 → 1 [SYN]") == "443 → 1 [SYN]"
