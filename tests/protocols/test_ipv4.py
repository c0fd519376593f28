"""IPv4: values as the RFCs lay them out, and what tshark 4.0 makes of the odd ones."""

import pytest

from tcpladder.decode.one_packet import decode_packet
from tcpladder.fields.node import DecodedPacket, ProblemKind
from tcpladder.fields.show import label_text, show_text
from tests.protocols.frames import IP_OPTIONS, IP_PACKETS, ethernet, ipv4, udp

FIELDS = [
    ("no-length", "ip.len", "36"),
    ("no-length", "udp.dstport", "2000"),
    ("too-short-length", "ip.len", "19"),
    ("too-short-length", "ip.bogus_ip_length", ""),
    ("too-short-length", "ip.id", None),
    ("too-long-length", "ip.len", "1000"),
    ("too-long-length", "ip.bogus_ip_length", ""),
    ("too-long-length", "udp.dstport", "2000"),
    ("short-header", "ip.hdr_len", "16"),
    ("short-header", "ip.bogus_header_length", ""),
    ("short-header", "ip.dsfield", None),
    ("version", "ip.version", "5"),
    ("version", "ip.bogus_ip_version", ""),
    ("version", "ip.hdr_len", None),
    ("first-fragment", "ip.flags.mf", "1"),
    ("first-fragment", "udp.dstport", "2000"),
    ("later-fragment", "ip.frag_offset", "185"),
    ("later-fragment", "udp.dstport", None),
    ("few-hops", "ip.ttl.too_small", ""),
    ("ipv6-by-4", "ipv6.nxt", "59"),
    ("bogus-in-ip", "ip.bogus_ip_version", ""),
]
OPTION_FIELDS = [
    ("record-route", "ip.opt.ptr", ["8"]),
    ("record-route", "ip.rec_rt", ["10.0.0.1"]),
    ("record-route", "ip.empty_rt", ["0.0.0.0"]),
    ("record-route", "ip.options.eol", ["00"]),
    ("pointer-within-address", "ip.opt.ptr.middle_address", [""]),
    ("pointer-within-address", "ip.rec_rt", []),
    ("route-with-rest", "ip.empty_rt", ["0.0.0.0"]),
    ("route-with-rest", "ip.subopt_too_long", [""]),
    ("time-stamp", "ip.opt.overflow", ["1"]),
    ("time-stamp", "ip.opt.flag", ["0x01"]),
    ("time-stamp", "ip.opt.time_stamp_addr", ["10.0.0.1", "10.0.0.2"]),
    ("time-stamp", "ip.opt.time_stamp", ["5", "0"]),
    ("time-stamps-only", "ip.opt.time_stamp", ["84281096"]),
    ("time-stamps-only", "ip.subopt_too_long", [""]),
    ("router-alert", "ip.opt.ra", ["0"]),
    ("router-alert", "ip.options.nop", ["01"]),
    ("security-791", "ip.opt.sec_rfc791_sec", ["0xd788"]),
    ("security-791", "ip.opt.sec_rfc791_comp", ["1"]),
    ("security-791", "ip.opt.sec_rfc791_tcc", ["abc"]),
    ("security-1108", "ip.opt.sec_cl", ["0x5a"]),
    ("security-1108", "ip.opt.sec_prot_auth_genser", ["1"]),
    ("security-1108", "ip.opt.sec_prot_auth_flags", ["0x81", "0x40"]),
    ("extended-security", "ip.opt.ext_sec_add_sec_info", ["02:03:04"]),
    ("quick-start", "ip.opt.qs_rate", ["5"]),
    ("quick-start", "ip.opt.qs_ttl", ["60"]),
    ("quick-start", "ip.opt.qs_ttl_diff", ["4"]),
    ("quick-start", "ip.opt.qs_nonce", ["0x01234567"]),
    ("traceroute", "ip.opt.rhc", ["3"]),
    ("traceroute", "ip.opt.originator", ["10.0.0.1"]),
    ("cipso", "ip.cipso.doi", ["1"]),
    ("cipso", "ip.cipso.sensitivity_level", ["2"]),
    ("broadcast", "ip.opt.addr", ["10.0.0.1"]),
    ("broadcast", "ip.opt.padding", ["61"]),
    ("stream", "ip.opt.len.invalid", [""]),
    ("stream", "ip.opt.sid", ["7"]),
    ("unknown", "ip.opt.type", ["0"]),
    ("too-long", "ip.opt.len.invalid", [""]),
    ("too-short", "ip.opt.len.invalid", [""]),
    ("no-length", "ip.opt.len.invalid", [""]),
]
OPTION_LINES = [
    ("record-route", "Record Route"),
    ("router-alert", "No-Operation (NOP), Router Alert"),
    ("time-stamp", "Time Stamp"),
]
# Time to live, destination, and the remarks: RFC 5771 on 224.0.0.0/24.
HOPS = [
    (4, "0a000002", ["ip.ttl.too_small"]),
    (5, "0a000002", []),
    (1, "e0000001", []),
    (2, "e0000001", ["ip.ttl.lncb"]),
    (255, "e0000012", []),
    (1, "e0000012", ["ip.ttl.lncb"]),
    (255, "e00000fb", []),
    (64, "e00000fc", []),
    (1, "ef010101", []),
]


def decoded(packet: bytes) -> DecodedPacket:
    return decode_packet(ethernet(packet), 1)


def shown(packet: DecodedPacket, name: str) -> list[str]:
    return [show_text(node) for node in packet.find_all(name)]


@pytest.mark.parametrize(("packet", "name", "value"), FIELDS)
def test_field(packet: str, name: str, value: str | None) -> None:
    found = shown(decoded(IP_PACKETS[packet]), name)
    assert (found[-1] if found else None) == value


@pytest.mark.parametrize(("option", "name", "values"), OPTION_FIELDS)
def test_field_of_an_option(option: str, name: str, values: list[str]) -> None:
    assert shown(decoded(ipv4(udp(), 17, IP_OPTIONS[option])), name) == values


@pytest.mark.parametrize(("option", "words"), OPTION_LINES)
def test_line_of_the_options(option: str, words: str) -> None:
    packet = decoded(ipv4(udp(), 17, IP_OPTIONS[option]))
    heading = next(node for node in packet.layers[2].children if not node.name)
    assert label_text(heading) == f"Options: ({heading.size} bytes), {words}"


@pytest.mark.parametrize(("ttl", "destination", "remarks"), HOPS)
def test_hops_that_are_odd_for_the_destination(ttl: int, destination: str, remarks: list[str]) -> None:
    packet = bytearray(ipv4(udp(), 17, ttl=ttl))
    packet[16:20] = bytes.fromhex(destination)
    found = [node.name for node in decoded(bytes(packet)).walk() if node.name.startswith("ip.ttl.")]
    assert found == remarks


def test_payload_ends_with_the_total_length() -> None:
    packet = decode_packet(ethernet(ipv4(udp(4), 17) + b"rest"), 1)
    assert shown(packet, "data.data") == ["00:00:00:00"]
    assert shown(packet, "eth.trailer") == [b"rest".hex(":")]


def test_packets_in_packets_stand_side_by_side() -> None:
    packet = decoded(IP_PACKETS["in-ip"])
    assert [layer.name for layer in packet.layers] == ["frame", "eth", "ip", "ip", "udp", "data"]


@pytest.mark.parametrize("option", IP_OPTIONS)
def test_a_cut_header_still_shows_every_whole_field(option: str) -> None:
    frame = ethernet(ipv4(udp(), 17, IP_OPTIONS[option]))
    header = decode_packet(frame, 1).layers[2]
    options = next(node for node in header.children if not node.name)
    expected = [node for node in (*header.children, *options.children) if node.size]
    for kept in range(15, options.start_byte + 1):
        packet = decode_packet(frame[:kept], 1, facts={"@wire_length": len(frame)})
        found = {(node.name, node.value) for node in packet.layers[2].walk()}
        for node in expected:
            assert node.end_byte > kept or (node.name, node.value) in found, f"{node.name}, {kept} bytes kept"
        assert packet.layers[2].size == kept - 14
        assert packet.problems[-1].kind is ProblemKind.CUT
