"""IPv4 (RFC 791)."""

import dpkt

from tcpladder.fields.dpkt_layout import layout_of
from tcpladder.fields.expression import LENGTH, QUOTED, Constant, Expression, F, optional, peek
from tcpladder.fields.node import FieldNode
from tcpladder.fields.show import ipv4_text
from tcpladder.fields.spec import SET, Base, Expert, FieldSpec, ProtocolSpec, Stop
from tcpladder.fields.types import FieldType as T
from tcpladder.protocols.ipv4_options import IP_OPTIONS, option_words
from tcpladder.protocols.numbers import (
    DSCP_NAMES,
    DSCP_SHORT_NAMES,
    ECN_NAMES,
    ECN_SHORT_NAMES,
    IP_PROTOCOL_NAMES,
    IP_PROTOCOLS,
)
from tcpladder.texts import N_


def address_fields(prefix: str, kind: T) -> tuple[FieldSpec, ...]:
    """Source and destination of an IP header with the aliases that Wireshark gives them."""
    fields = []
    for which, label in (("src", "Source"), ("dst", "Destination")):
        fields += [
            FieldSpec(name=f"{prefix}.{which}", label=f"{label} Address", type=kind, item=which),
            FieldSpec(name=f"{prefix}.addr", label="Source or Destination Address", type=kind, item=which,
                      hidden=True),
            FieldSpec(name=f"{prefix}.{which}_host", label=f"{label} Host", type=T.STRING, item=which, hidden=True,
                      shown_as=kind),
            FieldSpec(name=f"{prefix}.host", label="Source or Destination Host", type=T.STRING, item=which,
                      hidden=True, shown_as=kind),
        ]
    return tuple(fields)


def _dsfield_line(value: int) -> str:
    dscp, ecn = value >> 2, value & 3
    return (f"Differentiated Services Field: 0x{value:02x} "
            f"(DSCP: {DSCP_SHORT_NAMES.get(dscp, 'Unknown')}, ECN: {ECN_SHORT_NAMES[ecn]})")


def _flags_line(flags: int) -> str:
    names = [label for bit, label in ((4, "Reserved bit"), (2, "Don't fragment"), (1, "More fragments"))
             if flags & bit]
    return ", ".join([f"Flags: 0x{flags:x}", *names])


_LENGTH_SAID = peek(2, 2)
_EXCEEDS = (_LENGTH_SAID > LENGTH) & QUOTED.equals(0)
_DESTINATION = peek(16, 4)
_IN_LOCAL_BLOCK = (_DESTINATION >> 8).equals(0xe00000)      # 224.0.0.0/24 (RFC 5771)
# VRRP, GLBP and mDNS want to be sure that their packets crossed no router (RFC 5798, 6762); LLMNR does not say.
_WANTS_255 = _DESTINATION.among(0xe0000012, 0xe0000066, 0xe00000fb)
_WANTS_NOTHING = _DESTINATION.equals(0xe00000fc)


def _wrong_hops(hops: int, when: Expression) -> Expert:
    return Expert(name="ip.ttl.lncb", severity="Note", group="Sequence", when=_IN_LOCAL_BLOCK & when & (
                      F("ip.ttl").differs(hops)),
                  message=f'"Time To Live" != {hops} for a packet sent to the Local Network Control Block '
                          "(see RFC 3171)")


def _length_line(node: FieldNode) -> str:
    line, header = f"Total Length: {node.value}", node.scope.get("ip.hdr_len", 0)
    if node.data == b"\0\0":
        return line + ' bytes (reported as 0, presumed to be because of "TCP segmentation offload" (TSO))'
    return line if node.value >= header else f"{line} bytes (bogus, less than header length {header})"


def _options_line(node: FieldNode) -> str:
    kinds = [child.data[0] for child in node.children if child.data and child.data[0]]
    return ", ".join([f"Options: ({node.size} bytes)", *map(option_words, kinds)])


def _line(node: FieldNode) -> str:
    shown = [f"{label}: {ipv4_text(node.scope[name])}" for label, name in (("Src", "ip.src"), ("Dst", "ip.dst"))
             if name in node.scope]
    return ", ".join(["Internet Protocol Version 4", *shown])


IPV4 = ProtocolSpec(
    name="ip", label="Internet Protocol Version 4", layout=layout_of(dpkt.ip.IP), text=_line,
    header_length=optional("ip.hdr_len", 20), total_length=F("ip.len"),
    elements=(
        FieldSpec(name="ip.version", label="Version", type=T.UINT8, item="v", bits=(0, 4), children=(
            Expert(name="ip.bogus_ip_version", message="Bogus IPv4 version", severity="Error", group="Protocol",
                   when=F("ip.version").differs(4)),)),
        FieldSpec(name="ip.room", label="Bytes to the end of what is around", type=T.UINT32, value=LENGTH,
                  in_tree=False, when=_EXCEEDS),
        Stop(when=F("ip.version").differs(4), reason=N_("IP version is {ip.version}; an IPv4 header says 4.")),
        FieldSpec(name="ip.hdr_len", label="Header Length", type=T.UINT8, item="hl", bits=(0, 4), scale=4,
                  unit=" bytes", children=(
            Expert(name="ip.bogus_header_length", severity="Error", group="Protocol", when=F("ip.hdr_len") < 20,
                   message="Bogus IP header length ({ip.hdr_len}, must be at least 20)"),)),
        Stop(when=F("ip.hdr_len") < 20,
             reason=N_("IPv4 header length is {ip.hdr_len} bytes; the smallest possible is 20.")),
        FieldSpec(name="ip.dsfield", label="Differentiated Services Field", type=T.UINT8, item="tos",
                  base=Base.HEX, line_of=_dsfield_line, children=(
            FieldSpec(name="ip.dsfield.dscp", label="Differentiated Services Codepoint", type=T.UINT8,
                      bits=(0, 6), names=DSCP_NAMES),
            FieldSpec(name="ip.dsfield.ecn", label="Explicit Congestion Notification", type=T.UINT8,
                      bits=(6, 2), names=ECN_NAMES),
        )),
        # 0 is what a sender leaves to a network card that cuts the packet into segments.
        FieldSpec(name="ip.len", label="Total Length", type=T.UINT16, item="len", text=_length_line,
                  value=_LENGTH_SAID + _LENGTH_SAID.equals(0) * LENGTH, children=(
            Expert(name="ip.bogus_ip_length", message="Bogus IP length", severity="Error", group="Protocol",
                   when=F("ip.len") < F("ip.hdr_len")),
            Expert(name="ip.bogus_ip_length", severity="Error", group="Protocol", when=_EXCEEDS,
                   message="IPv4 total length exceeds packet length ({ip.room} bytes)"),
        )),
        Stop(when=F("ip.len") < F("ip.hdr_len"),
             reason=N_("IPv4 total length is {ip.len} bytes, the header has {ip.hdr_len}.")),
        FieldSpec(name="ip.id", label="Identification", type=T.UINT16, item="id", base=Base.HEX_DEC),
        FieldSpec(name="ip.flags", label="Flags", type=T.UINT8, item="_flags_offset", bits=(0, 3), base=Base.HEX,
                  line_of=_flags_line, children=(
            FieldSpec(name="ip.flags.rb", label="Reserved bit", type=T.BOOLEAN, item="rf", bits=(0, 1), **SET),
            FieldSpec(name="ip.flags.df", label="Don't fragment", type=T.BOOLEAN, item="df", bits=(0, 1), **SET),
            FieldSpec(name="ip.flags.mf", label="More fragments", type=T.BOOLEAN, item="mf", bits=(0, 1), **SET),
        )),
        FieldSpec(name="ip.frag_offset", label="Fragment Offset", type=T.UINT16, item="offset", bits=(0, 13),
                  line_of=lambda units: f"Fragment Offset: {units * 8}"),
        FieldSpec(name="ip.ttl", label="Time to Live", type=T.UINT8, item="ttl", children=(
            _wrong_hops(255, _WANTS_255),
            _wrong_hops(1, (_WANTS_255 | _WANTS_NOTHING).equals(0)),
            Expert(name="ip.ttl.too_small", message='"Time To Live" only {ip.ttl}', severity="Note", group="Sequence",
                   when=(F("ip.ttl") < 5) & (_DESTINATION >> 28).differs(0xe) & QUOTED.equals(0)
                   & peek(9).among(89, 103).equals(0)),
        )),
        FieldSpec(name="ip.proto", label="Protocol", type=T.UINT8, item="p", names=IP_PROTOCOL_NAMES),
        FieldSpec(name="ip.checksum", label="Header Checksum", type=T.UINT16, item="sum", base=Base.HEX,
                  text="Header Checksum: 0x{value:04x} [validation disabled]"),
        FieldSpec(name="ip.checksum.status", label="Header checksum status", type=T.UINT8, at=10, size=0,
                  value=Constant(2), generated=True, base=Base.NONE, names={2: "Unverified"}),
        *address_fields("ip", T.IPV4),
        FieldSpec(name="", label="Options", type=T.NONE, at=20, size=F("ip.hdr_len") - 20, region=True,
                  when=F("ip.hdr_len") > 20, children=(IP_OPTIONS,), text=_options_line),
    ),
    next=((F("ip.frag_offset") > 0, {1: "data"}), (F("ip.proto"), IP_PROTOCOLS)),
)

# What a protocol carries that says only that it is IP: the version decides.
IP_EITHER = ProtocolSpec(
    name="ip_either", label="Internet Protocol", header_length=0, elements=(), transparent=True, extends=True,
    next=((peek(0) >> 4, {6: "ipv6"}),), default_next="ip",
)
