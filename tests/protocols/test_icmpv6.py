"""ICMPv6: values as the RFCs lay them out and as tshark shows the same packets."""

import pytest

from tcpladder.decode.one_packet import decode_packet
from tcpladder.fields.node import DecodedPacket, ProblemKind
from tcpladder.fields.show import label_text, show_text
from tests.protocols.ipv6_frames import HEADERS, LINKTYPE_IPV6, MESSAGES

FIELDS = [
    ("echo", "icmpv6.type", "128"),
    ("echo", "icmpv6.code", "0"),
    ("echo", "icmpv6.echo.identifier", "0x1234"),
    ("echo", "icmpv6.echo.sequence_number", "7"),
    ("echo", "data.data", b"abcdefgh".hex(":")),
    ("nonce", "icmpv6.nonce", "53:aa:01:26"),
    ("nonce", "data.data", None),
    ("four-bytes", "icmpv6.nonce", None),
    ("four-bytes", "data.data", "53:aa:01:26"),
    ("unreachable", "icmpv6.reserved", "00:00:00:00"),
    ("unreachable", "udp.dstport", "2000"),
    ("too-big", "icmpv6.mtu", "1280"),
    ("time-exceeded", "icmpv6.length", "7"),
    ("time-exceeded", "icmpv6.reserved", "00:00:00"),
    ("parameter-problem", "icmpv6.pointer", "40"),
    ("query-1", "icmpv6.mld.maximum_response_delay", "1000"),
    ("query-1", "icmpv6.mld.qqi", None),
    ("query-2", "icmpv6.mld.maximum_response_code", "1000"),
    ("query-2", "icmpv6.mld.flag.s", "1"),
    ("query-2", "icmpv6.mld.flag.qrv", "2"),
    ("query-2", "icmpv6.mld.qqi", "125"),
    ("query-2", "icmpv6.mld.source_address", "fe80::1"),
    ("done", "icmpv6.mld.multicast_address", "ff02::5"),
    ("report-2", "icmpv6.mldr.nb_mcast_records", "2"),
    ("report-2", "icmpv6.mldr.mar.source_address", "fe80::3"),
    ("report-2", "icmpv6.mldr.mar.auxiliary_data", b"aux.".hex(":")),
    ("router-solicitation", "icmpv6.opt.src_linkaddr", "02:00:00:00:00:01"),
    ("router-advertisement", "icmpv6.nd.ra.cur_hop_limit", "64"),
    ("router-advertisement", "icmpv6.nd.ra.flag", "0xc8"),
    ("router-advertisement", "icmpv6.nd.ra.flag.m", "1"),
    ("router-advertisement", "icmpv6.nd.ra.flag.o", "1"),
    ("router-advertisement", "icmpv6.nd.ra.flag.h", "0"),
    ("router-advertisement", "icmpv6.nd.ra.flag.prf", "1"),
    ("router-advertisement", "icmpv6.nd.ra.router_lifetime", "1800"),
    ("router-advertisement", "icmpv6.nd.ra.reachable_time", "1000"),
    ("router-advertisement", "icmpv6.nd.ra.retrans_timer", "2000"),
    ("router-advertisement", "icmpv6.opt.prefix", "2001:db8:cc:dd::"),
    ("router-advertisement", "icmpv6.opt.prefix.flag.l", "1"),
    ("router-advertisement", "icmpv6.opt.prefix.valid_lifetime", "3600"),
    ("router-advertisement", "icmpv6.opt.mtu", "1450"),
    ("router-advertisement", "icmpv6.opt.nonce", b"abcdef".hex(":")),
    ("router-advertisement", "icmpv6.opt.route_lifetime", "7200"),
    ("router-advertisement", "icmpv6.opt.rdnss", "2001:db8::53"),
    ("router-advertisement", "icmpv6.opt.dnssl", "foo.bar"),
    ("router-advertisement", "icmpv6.opt.padding", ""),
    ("router-advertisement", "icmpv6.opt.efo.m", "1"),
    ("router-advertisement", "icmpv6.opt.aro.eui64", "01:02:03:04:05:06:07:08"),
    ("router-advertisement", "icmpv6.opt.6co.context_prefix", "2001:db8::"),
    ("router-advertisement", "icmpv6.opt.captive_portal", "http://portal.example/x"),
    ("router-advertisement", "icmpv6.opt.pref64.scaled_lifetime", "75"),
    ("router-advertisement", "icmpv6.opt.pref64.prefix", "64:ff9b::"),
    ("router-advertisement", "icmpv6.data", b"abcdef".hex(":")),
    ("neighbor-solicitation", "icmpv6.nd.ns.target_address", "fe80::5"),
    ("neighbor-advertisement", "icmpv6.nd.na.flag", "0x60000000"),
    ("neighbor-advertisement", "icmpv6.nd.na.flag.s", "1"),
    ("neighbor-advertisement", "icmpv6.nd.na.target_address", "fe80::5"),
    ("neighbor-advertisement", "icmpv6.opt.target_linkaddr", "02:00:00:00:00:01"),
    ("redirect", "icmpv6.nd.rd.target_address", "fe80::7"),
    ("redirect", "icmpv6.rd.na.destination_address", "2001:db8::2"),
    ("redirect", "udp.dstport", "2000"),
    ("renumbering", "icmpv6.rr.flag.s", "1"),
    ("renumbering", "icmpv6.rr.pco.mp.matchprefix", "fec0::"),
    ("renumbering", "icmpv6.rr.pco.up.validlifetime", "2592000"),
    ("renumbering", "icmpv6.rr.pco.up.useprefix", "3ffe:501:fffe::"),
    ("node-query", "icmpv6.ni.nonce", "0x3a9359e0b3afef5e"),
    ("node-query", "icmpv6.ni.query.subject_ipv4", "192.0.2.1"),
    ("node-reply", "icmpv6.ni.reply.node_address", "::1"),
    ("home-agents", "icmpv6.mip6.home_agent_address", "fe80::7"),
    ("rpl", "icmpv6.rpl.dao.dodagid", "5431::"),
    ("rpl", "icmpv6.rpl.dao.sequence", "10"),
    ("duplicate-address", "icmpv6.6lowpannd.da.reg_addr", "fe80::1"),
    ("extended-echo", "icmpv6.ext.echo.seq", "2"),
    ("extended-echo", "icmpv6.ext.echo.req.local", "1"),
    ("extended-echo", "icmp.int_ident.index", "1"),
    ("extended-echo-reply", "icmpv6.ext.echo.rsp.state", "2"),
    ("extended-echo-reply", "icmpv6.ext.echo.rsp.ipv4", "1"),
    ("undecoded", "icmpv6.data", b"abcd".hex(":")),
]
LABELS = [
    ("echo", "icmpv6.type", "Type: Echo (ping) request (128)"),
    ("unreachable", "icmpv6.code", "Code: 4 (Port unreachable)"),
    ("echo", "icmpv6.code", "Code: 0"),
    ("router-advertisement", "icmpv6.nd.ra.flag",
     "Flags: 0xc8, Managed address configuration, Other configuration, Prf (Default Router Preference): High"),
    ("router-advertisement", "icmpv6.nd.ra.flag.prf", "...0 1... = Prf (Default Router Preference): High (1)"),
    ("router-advertisement", "icmpv6.opt.prefix.preferred_lifetime", "Preferred Lifetime: Infinity (4294967295)"),
    ("router-advertisement", "icmpv6.opt.pref64.plc",
     ".... .... .... .000 = PLC (Prefix Length Code): 96 bits prefix length (0x0)"),
    ("neighbor-advertisement", "icmpv6.nd.na.flag", "Flags: 0x60000000, Solicited, Override"),
    ("neighbor-advertisement", "icmpv6.opt",
     "ICMPv6 Option (Target link-layer address : 02:00:00:00:00:01)"),
    ("report-2", "icmpv6.mldr.mar", "Multicast Address Record Changed to exclude: ff02::9"),
    ("renumbering", "icmpv6.rr.pco.mp", "Match-Prefix Part: Add fec0::/48 (0-128)"),
    ("renumbering", "icmpv6.rr.pco.up", "Use-Prefix Part: 3ffe:501:fffe::/48 (keep 16)"),
    ("extended-echo-reply", "icmpv6.ext.echo.rsp.state", "010. .... = State: Reachable (2)"),
]
OPTION_LABELS = [
    "ICMPv6 Option (Source link-layer address : 02:00:00:00:00:01)",
    "ICMPv6 Option (Prefix information : 2001:db8:cc:dd::/64)",
    "ICMPv6 Option (MTU : 1450)",
    "ICMPv6 Option (Nonce)",
    "ICMPv6 Option (Route Information : High 2001:db8:7::/48)",
    "ICMPv6 Option (Recursive DNS Server 2001:db8::53 2001:db8::54)",
    "ICMPv6 Option (DNS Search List Option foo.bar baz)",
    "ICMPv6 Option (RA Flags Extension)",
]


def decoded(frame: bytes, wire_length: int | None = None) -> DecodedPacket:
    return decode_packet(frame, LINKTYPE_IPV6, facts={"@wire_length": wire_length or len(frame)})


@pytest.mark.parametrize(("message", "name", "shown"), FIELDS)
def test_field(message: str, name: str, shown: str | None) -> None:
    node = decoded(MESSAGES[message]).find(name)
    assert (node and show_text(node)) == shown


@pytest.mark.parametrize(("message", "name", "label"), LABELS)
def test_label(message: str, name: str, label: str) -> None:
    node = decoded(MESSAGES[message]).find(name)
    assert node is not None
    assert label_text(node) == label


def test_options_are_told_apart_and_summed_up() -> None:
    options = decoded(MESSAGES["router-advertisement"]).find_all("icmpv6.opt")
    assert [label_text(option) for option in options[:len(OPTION_LABELS)]] == OPTION_LABELS
    assert [option.position for option in options[:3]] == [56, 64, 96]


@pytest.mark.parametrize(("frame", "status", "label"), [
    (MESSAGES["echo"], 1, "[correct]"),
    (MESSAGES["bad-checksum"], 0, "incorrect, should be 0x"),
    (MESSAGES["echo"][:-1], 2, "[unverified] [fragmented datagram]"),
    (HEADERS["first-fragment"], 2, "[unverified] [fragmented datagram]"),
], ids=["right", "wrong", "cut", "fragment"])
def test_checksum(frame: bytes, status: int, label: str) -> None:
    packet = decoded(frame, len(frame) + 1 if frame == MESSAGES["echo"][:-1] else None)
    checksum, verdict = packet.find("icmpv6.checksum"), packet.find("icmpv6.checksum.status")
    assert checksum is not None
    assert verdict is not None
    assert verdict.value == status
    assert label in label_text(checksum)
    assert (packet.find("icmpv6.checksum_bad.expert") is not None) == (status == 0)


def test_the_right_checksum_is_told() -> None:
    right, wrong = (decoded(MESSAGES[name]).find("icmpv6.checksum") for name in ("echo", "bad-checksum"))
    assert right is not None
    assert wrong is not None
    assert label_text(wrong).endswith(f"should be {show_text(right)}")


@pytest.mark.parametrize("message", ["unreachable", "too-big", "time-exceeded", "redirect"])
def test_the_quoted_packet_lies_in_the_message(message: str) -> None:
    packet = decoded(MESSAGES[message])
    assert [layer.name for layer in packet.layers] == ["frame", "ipv6", "icmpv6"]
    assert [node.name for node in packet.layers[2].children if node.name in ("ipv6", "udp")] == ["ipv6", "udp"]


def test_a_quoted_message_is_not_verified() -> None:
    checksums = decoded(MESSAGES["parameter-problem"]).find_all("icmpv6.checksum.status")
    assert [node.value for node in checksums] == [1, 2]


@pytest.mark.parametrize("message", MESSAGES)
def test_a_cut_message_shows_the_fields_that_are_whole(message: str) -> None:
    frame = MESSAGES[message]
    complete = [(node.name, node.position, node.size) for node in decoded(frame).walk()
                if node.size and not node.spec.region and node.name.startswith("icmpv6.")]
    for kept in range(44, len(frame)):
        packet = decoded(frame[:kept], len(frame))
        shown = {(node.name, node.position, node.size) for node in packet.walk()}
        # An option or a record is reached by way of its length, so nothing of it is shown before that is there.
        reached = [field for field in complete if field[1] + field[2] <= kept - 3]
        assert set(reached) <= shown, kept
        assert {problem.kind for problem in packet.problems} <= {ProblemKind.CUT}
