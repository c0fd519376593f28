"""IPv4 (RFC 791) and its options, and ARP (RFC 826)."""

import dpkt

from tcpladder.fields.dpkt_layout import layout_of
from tcpladder.fields.expression import LENGTH, Constant, Expression, F
from tcpladder.fields.node import FieldNode
from tcpladder.fields.spec import REST, SET, Base, FieldSpec, ProtocolSpec, Records, Repeat, Stop
from tcpladder.fields.types import FieldType as T
from tcpladder.protocols.numbers import (
    DSCP_NAMES,
    DSCP_SHORT_NAMES,
    ECN_NAMES,
    ECN_SHORT_NAMES,
    ETHERTYPE_NAMES,
    IP_PROTOCOL_NAMES,
    IP_PROTOCOLS,
)


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


def _dsfield_line(node: FieldNode) -> str:
    dscp, ecn = node.value >> 2, node.value & 3
    return (f"Differentiated Services Field: 0x{node.value:02x} "
            f"(DSCP: {DSCP_SHORT_NAMES.get(dscp, 'Unknown')}, ECN: {ECN_SHORT_NAMES[ecn]})")


def _flags_line(node: FieldNode) -> str:
    names = [label for bit, label in ((4, "Reserved bit"), (2, "Don't fragment"), (1, "More fragments"))
             if node.value & bit]
    return ", ".join([f"Flags: 0x{node.value:x}", *names])


_OPTION_CLASSES = {0: "Control", 1: "Reserved for future use", 2: "Debugging and measurement",
                   3: "Reserved for future use"}
_OPTION_NUMBERS = {0: "End of Option List (EOL)", 1: "No-Operation (NOP)", 2: "Security", 3: "Loose source route",
                   4: "Time stamp", 7: "Record route", 8: "Stream ID", 9: "Strict source route", 20: "Router Alert"}
_OPTION_TYPE = FieldSpec(name="ip.opt.type", label="Type", type=T.UINT8, children=(
        FieldSpec(name="ip.opt.type.copy", label="Copy on fragmentation", type=T.BOOLEAN, bits=(0, 1), true="Yes",
                  false="No"),
        FieldSpec(name="ip.opt.type.class", label="Class", type=T.UINT8, bits=(1, 2), names=_OPTION_CLASSES),
        FieldSpec(name="ip.opt.type.number", label="Number", type=T.UINT8, bits=(3, 5), names=_OPTION_NUMBERS),
))


def _option(name: str, label: str, *body: FieldSpec | Repeat, has_length: bool = True) -> FieldSpec:
    head: tuple[FieldSpec, ...] = (_OPTION_TYPE,)
    if has_length:
        head += (FieldSpec(name="ip.opt.len", label="Length", type=T.UINT8),)
    return FieldSpec(name=name, label=f"IP Option - {label}", type=T.PROTOCOL, region=True, size=REST,
                     children=(*head, *body))


def _route(name: str, label: str) -> FieldSpec:
    return _option(name, label, FieldSpec(name="ip.opt.ptr", label="Pointer", type=T.UINT8),
                   Repeat(stride=4, elements=(FieldSpec(name="ip.rec_rt", label="Recorded Route", type=T.IPV4),)))


IP_OPTIONS = Records(
    cases={
        0: _option("ip.options.eol", "End of Options List (EOL)", has_length=False),
        1: _option("ip.options.nop", "No-Operation (NOP)", has_length=False),
        7: _route("ip.options.record_route", "Record Route"),
        131: _route("ip.options.route", "Loose Source Route"),
        137: _route("ip.options.source_route", "Strict Source Route"),
        136: _option("ip.options.sid", "Stream ID",
                     FieldSpec(name="ip.opt.sid", label="Stream Identifier", type=T.UINT16)),
        148: _option("ip.options.routeralert", "Router Alert",
                     FieldSpec(name="ip.opt.ra", label="Router Alert", type=T.UINT16)),
    },
    default=_option("ip.options.unknown", "Unknown"),
    single=frozenset({0, 1}), last=frozenset({0}),
)

IPV4 = ProtocolSpec(
    name="ip", label="Internet Protocol Version 4", layout=layout_of(dpkt.ip.IP),
    text=lambda node: "Internet Protocol Version 4, Src: {}, Dst: {}".format(
        *(".".join(map(str, node.scope.get(name, b""))) for name in ("ip.src", "ip.dst"))),
    header_length=F("ip.hdr_len"), total_length=F("ip.len") + F("ip.len").equals(0) * LENGTH,
    elements=(
        FieldSpec(name="ip.version", label="Version", type=T.UINT8, item="v", bits=(0, 4)),
        FieldSpec(name="ip.hdr_len", label="Header Length", type=T.UINT8, item="hl", bits=(0, 4), scale=4,
                  unit=" bytes"),
        Stop(when=F("ip.version").differs(4),
             reason="IP version is {ip.version}; an IPv4 header says 4."),
        Stop(when=F("ip.hdr_len") < 20,
             reason="IPv4 header length is {ip.hdr_len} bytes; the smallest possible is 20."),
        FieldSpec(name="ip.dsfield", label="Differentiated Services Field", type=T.UINT8, item="tos",
                  base=Base.HEX, text=_dsfield_line, children=(
            FieldSpec(name="ip.dsfield.dscp", label="Differentiated Services Codepoint", type=T.UINT8,
                      bits=(0, 6), names=DSCP_NAMES),
            FieldSpec(name="ip.dsfield.ecn", label="Explicit Congestion Notification", type=T.UINT8,
                      bits=(6, 2), names=ECN_NAMES),
        )),
        FieldSpec(name="ip.len", label="Total Length", type=T.UINT16, item="len"),
        FieldSpec(name="ip.id", label="Identification", type=T.UINT16, item="id", base=Base.HEX_DEC),
        FieldSpec(name="ip.flags", label="Flags", type=T.UINT8, item="_flags_offset", bits=(0, 3), base=Base.HEX,
                  text=_flags_line, children=(
            FieldSpec(name="ip.flags.rb", label="Reserved bit", type=T.BOOLEAN, item="rf", bits=(0, 1), **SET),
            FieldSpec(name="ip.flags.df", label="Don't fragment", type=T.BOOLEAN, item="df", bits=(0, 1), **SET),
            FieldSpec(name="ip.flags.mf", label="More fragments", type=T.BOOLEAN, item="mf", bits=(0, 1), **SET),
        )),
        FieldSpec(name="ip.frag_offset", label="Fragment Offset", type=T.UINT16, item="offset", bits=(0, 13),
                  scale=8, text="Fragment Offset: {value}"),
        FieldSpec(name="ip.ttl", label="Time to Live", type=T.UINT8, item="ttl"),
        FieldSpec(name="ip.proto", label="Protocol", type=T.UINT8, item="p", names=IP_PROTOCOL_NAMES),
        FieldSpec(name="ip.checksum", label="Header Checksum", type=T.UINT16, item="sum", base=Base.HEX,
                  text="Header Checksum: 0x{value:04x} [validation disabled]"),
        FieldSpec(name="ip.checksum.status", label="Header checksum status", type=T.UINT8, at=10, size=0,
                  value=Constant(2), generated=True, base=Base.NONE, names={2: "Unverified"}),
        *address_fields("ip", T.IPV4),
        FieldSpec(name="ip.options", label="Options", type=T.NONE, at=20, size=F("ip.hdr_len") - 20, region=True,
                  when=F("ip.hdr_len") > 20, children=(IP_OPTIONS,),
                  text=lambda node: f"Options: ({node.size} bytes)"),
    ),
    next=((F("ip.frag_offset") > 0, {1: "data"}), (F("ip.proto"), IP_PROTOCOLS)),
)

_HARDWARE = {1: "Ethernet", 6: "IEEE 802", 15: "Frame Relay", 32: "InfiniBand"}
_OPCODES = {1: "request", 2: "reply", 3: "reverse request", 4: "reverse reply", 8: "inverse request",
            9: "inverse reply"}


def _arp_addresses(which: str, label: str, hardware_at: int | Expression,
                   protocol_at: int | Expression) -> tuple[FieldSpec, ...]:
    ethernet = F("arp.hw.size").equals(6) & F("arp.hw.type").among(1, 6)
    ipv4 = F("arp.proto.size").equals(4) & F("arp.proto.type").equals(0x0800)
    return (
        FieldSpec(name=f"arp.{which}.hw_mac", label=f"{label} MAC address", type=T.ETHER, at=hardware_at,
                  when=ethernet),
        FieldSpec(name=f"arp.{which}.hw", label=f"{label} hardware address", type=T.BYTES, at=hardware_at,
                  size=F("arp.hw.size"), when=ethernet.equals(0) & (F("arp.hw.size") > 0)),
        FieldSpec(name=f"arp.{which}.proto_ipv4", label=f"{label} IP address", type=T.IPV4, at=protocol_at,
                  when=ipv4),
        FieldSpec(name=f"arp.{which}.proto", label=f"{label} protocol address", type=T.BYTES, at=protocol_at,
                  size=F("arp.proto.size"), when=ipv4.equals(0) & (F("arp.proto.size") > 0)),
    )


_HW, _PROTO = F("arp.hw.size"), F("arp.proto.size")
ARP = ProtocolSpec(
    name="arp", label="Address Resolution Protocol", layout=layout_of(dpkt.arp.ARP), default_next="",
    text=lambda node: (f"Address Resolution Protocol ({_OPCODES[node.scope['arp.opcode']]})"
                       if node.scope.get("arp.opcode") in _OPCODES else "Address Resolution Protocol"),
    header_length=_HW * 2 + _PROTO * 2 + 8,
    elements=(
        FieldSpec(name="arp.hw.type", label="Hardware type", type=T.UINT16, item="hrd", names=_HARDWARE),
        FieldSpec(name="arp.proto.type", label="Protocol type", type=T.UINT16, item="pro", base=Base.HEX,
                  names=ETHERTYPE_NAMES),
        FieldSpec(name="arp.hw.size", label="Hardware size", type=T.UINT8, item="hln"),
        FieldSpec(name="arp.proto.size", label="Protocol size", type=T.UINT8, item="pln"),
        FieldSpec(name="arp.opcode", label="Opcode", type=T.UINT16, item="op", names=_OPCODES),
        *_arp_addresses("src", "Sender", 8, _HW + 8),
        *_arp_addresses("dst", "Target", _HW + _PROTO + 8, _HW * 2 + _PROTO + 8),
    ),
)
