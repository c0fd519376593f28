"""Headers around packets, and upper layers known by name: what tshark 4.0 says of the same frames."""

import pytest

from tcpladder.decode.one_packet import decode_packet
from tcpladder.decode.summary import summarise
from tests.protocols.frames import CARRIED, UPPER, datagram, ethernet, ipv4, segment

ETHERNET = 1
PLAIN = "1000 → 2000 Len=8"
CHAINS = [
    ("macsec", "eth:ethertype:macsec:ethertype:ip:udp:data", PLAIN),
    ("macsec-encrypted", "eth:ethertype:macsec:data", None),
    ("frame-relay", "fr:ip:udp:data", PLAIN),
    ("frame-relay-ethertype", "fr:ip:udp:data", PLAIN),
    ("nflog", "nflog:ip:udp:data", PLAIN),
    ("nflog-without-packet", "nflog", None),
    ("gtp", "eth:ethertype:ip:udp:gtp:ip:udp:data", PLAIN),
    ("gtp-numbered", "eth:ethertype:ip:udp:gtp:ip:udp:data", PLAIN),
    ("raw-ipv4-of-version-6", None, "IPv6 no next header"),
]


@pytest.mark.parametrize(("name", "chain", "info"), CHAINS)
def test_carriers(name, chain, info):
    linktype, frame = CARRIED[name]
    packet = decode_packet(frame, linktype)
    assert not packet.problems
    assert chain is None or packet.find("frame.protocols").value == chain
    assert info is None or summarise(packet).info == info


@pytest.mark.parametrize("name", UPPER)
def test_upper_layers_by_name(name):
    packet = decode_packet(UPPER[name], ETHERNET)
    assert packet.find("frame.protocols").value.endswith(f":{name}")
    assert not packet.problems


def test_text_protocols_show_their_first_line():
    assert summarise(decode_packet(UPPER["smtp"], ETHERNET)).info == "220 mail.example ESMTP"


@pytest.mark.parametrize(("source", "destination"), [(80, 40000), (40000, 443)])
def test_the_middle_of_a_message_keeps_the_line_of_its_segment(source, destination):
    row = summarise(decode_packet(segment(b"\0\1\2", source, destination), ETHERNET))
    assert (row.protocol, row.info) == ("TCP", f"{source} → {destination} [PSH, ACK] Seq=1 Ack=1 Win=512 Len=3")


def test_blanks_on_the_port_of_sip_are_no_message():
    assert decode_packet(datagram(b"    ", 5060, 5060), ETHERNET).find("sip") is None


@pytest.mark.parametrize(("protocol", "row"), [
    (1, ("ICMP", "[Packet size limited during capture]")), (6, ("IPv4", "[Packet size limited during capture]"))])
def test_a_frame_cut_behind_ip(protocol, row):
    frame = ethernet(ipv4(bytes(20), protocol))
    cut = summarise(decode_packet(frame[:34], ETHERNET, facts={"@wire_length": len(frame)}))
    assert (cut.protocol, cut.info) == row


