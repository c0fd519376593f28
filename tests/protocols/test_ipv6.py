"""IPv6: values as the RFCs lay them out and as tshark shows the same packets."""

import random
from pathlib import Path

import pytest

from tcpladder.decode.one_packet import decode_packet
from tcpladder.fields.node import DecodedPacket, ProblemKind
from tcpladder.fields.show import label_text, show_text
from tests.decode.test_two_walks import assert_same, columns_of, mutated, pcap_of
from tests.protocols.ipv6_frames import ADDRESSES, HEADERS, IPV6_FRAMES, LINKTYPE_IPV6

FRAMES = {**HEADERS, **ADDRESSES}


def decoded(frame: bytes, wire_length: int | None = None) -> DecodedPacket:
    return decode_packet(frame, LINKTYPE_IPV6, facts={"@wire_length": wire_length or len(frame)})


# Filter name, what people are shown, first byte and size as PDML has them.
FIXED_HEADER = [
    ("ipv6.version", "6", 0, 1),
    ("ip.version", "6", 0, 1),
    ("ipv6.tclass", "0x000000b9", 0, 4),
    ("ipv6.tclass.dscp", "46", 0, 4),
    ("ipv6.tclass.ecn", "1", 0, 4),
    ("ipv6.flow", "0x012345", 1, 3),
    ("ipv6.plen", "80", 4, 2),
    ("ipv6.nxt", "0", 6, 1),
    ("ipv6.hlim", "255", 7, 1),
    ("ipv6.src", "fe80::ff:fe00:1", 8, 16),
    ("ipv6.dst", "2001:db8::2", 24, 16),
    ("ipv6.hopopts.nxt", "60", 40, 1),
    ("ipv6.hopopts.len", "0", 41, 1),
    ("ipv6.hopopts.len_oct", "8", 41, 1),
    ("ipv6.opt.router_alert", "0", 44, 2),
    ("ipv6.dstopts.nxt", "43", 48, 1),
    ("ipv6.opt.tel", "5", 52, 1),
    ("ipv6.routing.type", "4", 58, 1),
    ("ipv6.routing.segleft", "0", 59, 1),
    ("ipv6.routing.srh.last_entry", "1", 60, 1),
    ("ipv6.routing.srh.flags", "0x20", 61, 1),
    ("ipv6.routing.srh.tag", "00:05", 62, 2),
    ("ipv6.routing.srh.addr", "2001:db8::2", 64, 16),
    ("ipv6.fraghdr.nxt", "17", 96, 1),
    ("ipv6.fraghdr.offset", "0", 98, 2),
    ("ipv6.fraghdr.more", "0", 98, 2),
    ("ipv6.fraghdr.ident", "0xb0647780", 100, 4),
    ("udp.dstport", "2000", 106, 2),
]


@pytest.mark.parametrize(("name", "shown", "first", "size"), FIXED_HEADER)
def test_each_field_has_its_value_and_its_bytes(name: str, shown: str, first: int, size: int) -> None:
    node = decoded(HEADERS["every-header"]).find(name)
    assert node is not None
    assert (show_text(node), node.position, node.size) == (shown, first, size)


@pytest.mark.parametrize("kept", range(len(HEADERS["every-header"])))
def test_a_cut_frame_still_shows_every_whole_field(kept: int) -> None:
    whole = HEADERS["every-header"]
    packet = decoded(whole[:kept], len(whole))
    names = {node.name for node in packet.walk()}
    expected = {name for name, _, first, size in FIXED_HEADER if first + size <= kept}
    # Of an option, the head must be there; of the words that several fields share, all of the word.
    assert expected - names <= ({"ip.version", "ipv6.version"} if kept < 1 else set())
    assert not {name for name, _, first, size in FIXED_HEADER if first + size > kept} & names
    assert {problem.kind for problem in packet.problems} <= {ProblemKind.CUT}


FIELDS = [
    ("alert", "ipv6.opt.type.rest", "0x05"),
    ("alert", "ipv6.opt.padn", ""),
    ("alert", "icmpv6.checksum.status", "1"),
    ("experiment", "ipv6.opt.experimental", "01:02"),
    ("experiment", "ipv6.opt.type.action", "3"),
    ("experiment", "ipv6.opt.type.change", "1"),
    ("option-too-short", "ipv6.opt.jumbo", None),
    ("option-too-short", "ipv6.opt.router_alert", "1"),
    ("option-too-long", "ipv6.opt.pmtu.min", "1500"),
    ("option-too-long", "ipv6.opt.pmtu.rtn", "1281"),
    ("option-too-long", "ipv6.opt.pmtu.r_flag", "1"),
    ("option-too-long", "ipv6.opt.invalid_len", ""),
    ("jumbo", "ipv6.opt.jumbo", "24"),
    ("jumbo", "ipv6.opt.jumbo.truncated", ""),
    ("jumbo", "udp.dstport", "2000"),
    ("segmentation-offload", "ipv6.plen_zero", ""),
    ("segmentation-offload", "udp.dstport", None),
    ("home-address", "ipv6.opt.mipv6.home_address", "fe80::ff:fe00:1"),
    ("source-route", "ipv6.routing.src.addr", "2001:db8::2"),
    ("source-route", "ipv6.routing.deprecated", ""),
    ("home-route", "ipv6.routing.mipv6.home_address", "2001:db8::2"),
    ("unknown-route", "ipv6.routing.unknown_data", "61:62:63:64"),
    ("last-fragment", "ipv6.fraghdr.offset", "513"),
    ("last-fragment", "data.data", b"abcdefgh".hex(":")),
    ("authenticated", "ah.spi", "0x00000100"),
    ("authenticated", "ah.icv", bytes(12).hex(":")),
    ("wrong-version", "ipv6.bogus_ipv6_version", ""),
    ("wrong-version", "ipv6.plen", None),
    ("too-long", "ipv6.plen_exceeds_framing", ""),
    ("too-long", "udp.dstport", "2000"),
    ("6to4", "ipv6.src_6to4_gw_ipv4", "192.0.2.1"),
    ("6to4", "ipv6.6to4_sla_id", "5"),
    ("teredo", "ipv6.dst_ts_ipv4", "65.55.158.80"),
    ("teredo", "ipv6.tc_port", "3797"),
    ("teredo", "ipv6.dst_tc_ipv4", "70.55.215.234"),
    ("nat64", "ipv6.dst_embed_ipv4", "192.0.2.1"),
    ("nat64", "ipv6.embed_ipv4_prefix", "00:64:ff:9b:00:00:00:00:00:00:00:00"),
    ("isatap", "ipv6.src_isatap_ipv4", "192.0.2.1"),
    ("mac", "ipv6.src_slaac_mac", "08:00:27:f4:4d:cf"),
]


@pytest.mark.parametrize(("frame", "name", "shown"), FIELDS)
def test_field(frame: str, name: str, shown: str | None) -> None:
    node = decoded(FRAMES[frame]).find(name)
    assert (node and show_text(node)) == shown


@pytest.mark.parametrize(("frame", "name", "label"), [
    ("every-header", "ipv6", "Internet Protocol Version 6, Src: fe80::ff:fe00:1, Dst: 2001:db8::2"),
    ("every-header", "ipv6.tclass", ".... 1011 1001 .... .... .... .... .... = Traffic Class: 0xb9 (DSCP: EF PHB, ECN: "
                                    "ECT(1))"),
    ("every-header", "ipv6.flow", ".... 0001 0010 0011 0100 0101 = Flow Label: 0x12345"),
    ("every-header", "ipv6.hopopts.len_oct", "Length: 8 bytes"),
    ("every-header", "ipv6.routing", "Routing Header for IPv6 (Segment Routing)"),
    ("every-header", "ipv6.routing.srh.addr", "Address[0]: 2001:db8::2"),
    ("source-route", "ipv6.routing.src.addr", "Address[1]: 2001:db8::2"),
    ("last-fragment", "ipv6.fraghdr.offset", "0001 0000 0000 1... = Offset: 513 (4104 bytes)"),
    ("alert", "ipv6.opt.router_alert", "Router Alert: MLD (0)"),
    ("alert", "ipv6.opt.type.action", "00.. .... = Action: Skip and continue (0)"),
    ("alert", "ipv6.opt.padn", "PadN: <none>"),
    ("jumbo", "ipv6.plen", "Payload Length: 0 (Jumbogram)"),
])
def test_label(frame: str, name: str, label: str) -> None:
    node = decoded(FRAMES[frame]).find(name)
    assert node is not None
    assert label_text(node) == label


@pytest.mark.parametrize(("frame", "chain", "size"), [
    ("every-header", "ipv6:ipv6.hopopts:ipv6.dstopts:ipv6.routing:ipv6.fraghdr:udp:data", 104),
    ("alert", "ipv6:ipv6.hopopts:icmpv6:data", 48),
    ("authenticated", "ipv6:ah:icmpv6:data", 64),
    ("first-fragment", "ipv6:ipv6.fraghdr:icmpv6:data", 48),
    ("last-fragment", "ipv6:ipv6.fraghdr:data", 40),
])
def test_extension_headers_lie_in_the_header_that_they_extend(frame: str, chain: str, size: int) -> None:
    packet = decoded(FRAMES[frame])
    assert packet.layers[0].children[-1].value == chain
    assert (packet.layers[1].name, packet.layers[1].size) == ("ipv6", size)
    assert [node.name for node in packet.layers[1].children if node.name in chain.split(":")] == [
        name for name in chain.split(":")[1:] if name.startswith(("ipv6.", "ah"))]


@pytest.mark.parametrize("frame", ["home-address", "source-route", "home-route", "segment-route", "in-a-tunnel"])
def test_checksums_are_computed_with_the_addresses_of_the_ends(frame: str) -> None:
    node = decoded(FRAMES[frame]).find("icmpv6.checksum.status")
    assert node is not None
    assert node.value == 1


def test_both_walks_say_the_same(tmp_path: Path) -> None:
    path = tmp_path / "ipv6.pcap"
    path.write_bytes(pcap_of([(frame, len(frame)) for frame in IPV6_FRAMES], LINKTYPE_IPV6))
    assert_same(columns_of(path))


@pytest.mark.parametrize("seed", range(4))
def test_both_walks_say_the_same_of_mutated_frames(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    frames = [mutated(frame, chance) for frame in IPV6_FRAMES * 2]
    path = tmp_path / "mutated.pcap"
    path.write_bytes(pcap_of([(frame, chance.choice((len(frame), len(frame) + 40))) for frame in frames],
                             LINKTYPE_IPV6))
    assert_same(columns_of(path))


def test_what_lies_behind_extension_headers_is_carried_by_ipv6(tmp_path: Path) -> None:
    path = tmp_path / "ipv6.pcap"
    path.write_bytes(pcap_of([(frame, len(frame)) for frame in HEADERS.values()], LINKTYPE_IPV6))
    columns = columns_of(path)
    inner, outer = columns.parents("udp", "ipv6")
    assert len(inner) == len(columns.layer("udp")) > 0
    assert (columns.layer("udp").rows == columns.layer("ipv6").rows[outer]).all()


def test_no_length_and_no_jumbo_option_is_no_payload() -> None:
    """As tshark 4.0 shows it: neither the header that follows nor anything in it."""
    packet = decode_packet(bytes([0x60, 0, 0, 0, 0, 0, 0, 64]) + bytes(32) + bytes([59, 0]) + bytes(6), LINKTYPE_IPV6)
    assert packet.find("ipv6.opt.jumbo.missing") is not None
    assert packet.find("ipv6.hopopts") is None
