"""IPv6 (RFC 8200) and its extension headers, with what addresses tell of where they come from."""

import dpkt

from tcpladder.fields.dpkt_layout import layout_of
from tcpladder.fields.expression import LENGTH, QUOTED, Constant, Expression, F, optional, peek
from tcpladder.fields.node import FieldNode
from tcpladder.fields.show import ipv6_text
from tcpladder.fields.spec import (
    REST,
    Base,
    Choice,
    Element,
    Expert,
    FieldSpec,
    LabelMaker,
    ProtocolSpec,
    Records,
    Repeat,
    Stop,
)
from tcpladder.fields.types import FieldType as T
from tcpladder.protocols.ipv4 import address_fields
from tcpladder.protocols.numbers import (
    DSCP_NAMES,
    DSCP_SHORT_NAMES,
    ECN_NAMES,
    ECN_SHORT_NAMES,
    IP_PROTOCOL_NAMES,
    IP_PROTOCOLS,
)
from tcpladder.texts import N_

_NEXT_HEADERS = {**IP_PROTOCOLS, 0: "ipv6.hopopts", 43: "ipv6.routing", 44: "ipv6.fraghdr", 51: "ah", 58: "icmpv6",
                 60: "ipv6.dstopts"}


def _tclass_line(value: int) -> str:
    return (f"Traffic Class: 0x{value:02x} (DSCP: {DSCP_SHORT_NAMES.get(value >> 2, 'Unknown')}, "
            f"ECN: {ECN_SHORT_NAMES[value & 3]})")


def _number(which: str, name: str, label: str, type_: T, start: int, size: int, value: Expression,
            when: Expression, *, hidden: bool = True) -> tuple[FieldSpec, FieldSpec]:
    """A number or an address that lies in the source or destination address, and its alias for both."""
    at = start + (8 if which == "src" else 24)
    whose = "Source" if which == "src" else "Destination"
    return (
        FieldSpec(name=f"ipv6.{which}_{name}", label=f"{whose} {label}", type=type_, at=at, size=size, value=value,
                  when=when),
        FieldSpec(name=f"ipv6.{name}", label=label, type=type_, at=at, size=size, value=value, when=when,
                  hidden=hidden),
    )


def _decided(name: str, value: Expression) -> FieldSpec:
    """What kind of address it is, as a number."""
    return FieldSpec(name=name, label="Kind of address", type=T.UINT8, value=value, in_tree=False)


def _parts_of_address(which: str) -> tuple[FieldSpec, ...]:
    """What transition mechanisms and stateless configuration put into an address."""
    start = 8 if which == "src" else 24

    def part(offset: int, size: int) -> Expression:
        return peek(start + offset, size)

    words, interface = part(0, 4), part(8, 4)
    mechanism = F(f"ipv6.{which}_mechanism")
    is_6to4, is_teredo, is_translated = (mechanism.equals(code) for code in (1, 2, 3))
    of_interface = F(f"ipv6.{which}_interface")
    is_isatap, is_from_mac = (of_interface.equals(code) for code in (1, 2))
    mac = ((part(8, 3) - 0x020000) << 24) + part(13, 3)
    return (
        # 6to4 (RFC 3056), Teredo (RFC 4380), translated from IPv4 (RFC 6052): decided once, asked for often.
        _decided(f"ipv6.{which}_mechanism", (words >> 16).equals(0x2002) + words.equals(0x20010000) * 2 + (
            words.equals(0x0064ff9b) & part(4, 4).equals(0) & interface.equals(0)) * 3),
        # ISATAP (RFC 5214); RFC 4291, appendix A: a MAC address around ff:fe, with the bit for "universal" inverted.
        _decided(f"ipv6.{which}_interface", interface.among(0x00005efe, 0x02005efe) + (
            part(11, 2).equals(0xfffe) & (interface >> 25)) * 2),
        *_number(which, "6to4_gw_ipv4", "6to4 Gateway IPv4", T.IPV4, 2, 4, part(2, 4), is_6to4),
        *_number(which, "6to4_sla_id", "6to4 SLA ID", T.UINT16, 6, 2, part(6, 2), is_6to4),
        *_number(which, "ts_ipv4", "Teredo Server IPv4", T.IPV4, 4, 4, part(4, 4), is_teredo),
        *_number(which, "tc_port", "Teredo Port", T.UINT16, 10, 2, 0xffff - part(10, 2), is_teredo),
        *_number(which, "tc_ipv4", "Teredo Client IPv4", T.IPV4, 12, 4, 0xffffffff - part(12, 4), is_teredo),
        *_number(which, "embed_ipv4", "Embedded IPv4", T.IPV4, 12, 4, part(12, 4), is_translated, hidden=False),
        FieldSpec(name="ipv6.embed_ipv4_prefix", label="Embedded IPv4 Prefix", type=T.BYTES, at=start, size=12,
                  when=is_translated),
        *_number(which, "isatap_ipv4", "ISATAP IPv4", T.IPV4, 12, 4, part(12, 4), is_isatap),
        *_number(which, "slaac_mac", "SLAAC MAC", T.ETHER, 8, 8, mac, is_from_mac),
    )


def _address(name: str, at: int | Expression, when: Expression) -> FieldSpec:
    """An address that checksums are computed with in place of the header's (RFC 8200, section 8.1)."""
    return FieldSpec(name=name, label="Address", type=T.IPV6, at=at, size=16, when=when, in_tree=False)


def _header_line(node: FieldNode) -> str:
    source, destination = (node.scope.get(name) for name in ("ipv6.src", "ipv6.dst"))
    if source is None or destination is None:
        return node.spec.label
    return f"{node.spec.label}, Src: {ipv6_text(source)}, Dst: {ipv6_text(destination)}"


_PLEN = F("ipv6.plen")
# RFC 2675: a payload of more than 65535 bytes has its length in a hop-by-hop option, and 0 here.
_JUMBO = optional("ipv6.jumbo", 0)
_IS_EMPTY = optional("ipv6.jumbo_missing", 0).equals(1)
_PAYLOAD = _PLEN + (_PLEN.equals(0) & F("ipv6.nxt").equals(0) & _IS_EMPTY.equals(0)) * (LENGTH - 40)

IPV6 = ProtocolSpec(
    name="ipv6", label="Internet Protocol Version 6", layout=layout_of(dpkt.ip6.IP6), header_length=40,
    text=_header_line, total_length=_PAYLOAD + 40,
    elements=(
        FieldSpec(name="ipv6.version", label="Version", type=T.UINT8, item="v", bits=(0, 4), children=(
            Expert(name="ipv6.bogus_ipv6_version", message="Bogus IPv6 version", severity="Error", group="Malformed",
                   when=F("ipv6.version").differs(6)),
            Expert(name="ipv6.invalid_header", message="IPv6 header must be exactly 40 bytes", severity="Error",
                   group="Malformed", when=LENGTH < 40),
        )),
        FieldSpec(name="ip.version", label="Version", type=T.UINT8, item="v", bits=(0, 4), hidden=True,
                  text='Version: {value} [This field makes the filter match on "ip.version == 6" possible]'),
        FieldSpec(name="ipv6.room", label="Bytes for the payload", type=T.UINT32, at=4, size=0, value=LENGTH - 40,
                  in_tree=False),
        FieldSpec(name="ipv6.jumbo", label="Jumbo payload length", type=T.UINT32, at=4, size=0, value=peek(44, 4),
                  when=peek(4, 2).equals(0) & peek(6).equals(0) & peek(42, 2).equals(0xc204), in_tree=False),
        # In the eight bytes of the shortest header there is room for nothing beside that option.
        FieldSpec(name="ipv6.jumbo_missing", label="No jumbo payload", type=T.BOOLEAN, at=4, size=0, value=Constant(1),
                  when=peek(4, 3).equals(0) & peek(41).equals(0) & peek(42, 2).differs(0xc204), in_tree=False),
        Stop(when=F("ipv6.version").differs(6), reason=N_("IP version is {ipv6.version}; an IPv6 header says 6.")),
        FieldSpec(name="ipv6.tclass", label="Traffic Class", type=T.UINT32, item="fc", whole_item=True, bits=(0, 8),
                  base=Base.HEX, line_of=_tclass_line, children=(
            FieldSpec(name="ipv6.tclass.dscp", label="Differentiated Services Codepoint", type=T.UINT32, item="fc",
                      whole_item=True, bits=(0, 6), names=DSCP_NAMES),
            FieldSpec(name="ipv6.tclass.ecn", label="Explicit Congestion Notification", type=T.UINT32, item="fc",
                      whole_item=True, bits=(6, 2), names=ECN_NAMES),
        )),
        FieldSpec(name="ipv6.flow", label="Flow Label", type=T.UINT24, item="flow", bits=(0, 20), base=Base.HEX,
                  line_of=lambda label: f"Flow Label: 0x{label:05x}"),
        FieldSpec(name="ipv6.plen", label="Payload Length", type=T.UINT16, item="plen",
                  text=lambda node: f"Payload Length: {node.value}" + (
                      " (Jumbogram)" if node.value == 0 and node.scope.get("ipv6.nxt") == 0 else "")),
        Expert(name="ipv6.opt.jumbo.missing", severity="Error", group="Malformed", when=_IS_EMPTY,
               message="IPv6 payload length equals 0 and Hop-By-Hop present and Jumbo Payload option missing"),
        Expert(name="ipv6.plen_exceeds_framing", severity="Warning", group="Protocol",
               message="IPv6 payload length exceeds framing length ({ipv6.room} bytes)",
               when=(_PLEN + _JUMBO + 40 > LENGTH) & QUOTED.equals(0) & (LENGTH >= 40)),
        FieldSpec(name="ipv6.nxt", label="Next Header", type=T.UINT8, item="nxt", names=IP_PROTOCOL_NAMES),
        Expert(name="ipv6.plen_zero", severity="Chat", group="Protocol",
               message='IPv6 payload length equals 0 (maybe because of "TCP segmentation offload" (TSO))',
               when=_PLEN.equals(0) & F("ipv6.nxt").among(0, 59).equals(0) & QUOTED.equals(0)),
        FieldSpec(name="ipv6.hlim", label="Hop Limit", type=T.UINT8, item="hlim"),
        *address_fields("ipv6", T.IPV6),
        *_parts_of_address("src"),
        *_parts_of_address("dst"),
        # A route or a home address in headers around a tunnel says nothing of the packet in it.
        _address("ipv6.routing.final", 0, Constant(0)), _address("ipv6.dstopts.home", 0, Constant(0)),
    ),
    next=((F("ipv6.nxt"), _NEXT_HEADERS),),
)

# Options: the two highest bits of the type say what a node does that does not know it, the third whether a
# router may change it (RFC 8200, section 4.2).
_ACTIONS = {0: "Skip and continue", 1: "Discard", 2: "Discard and send ICMP Parameter Problem",
            3: "Discard and send ICMP if not multicast"}
_OPTIONS = {0x00: "Pad1", 0x01: "PadN", 0x04: "Tunnel Encapsulation Limit", 0x05: "Router Alert", 0x07: "CALIPSO",
            0x26: "Quick-Start", 0x30: "Path MTU Option", 0xc2: "Jumbo Payload", 0xc9: "Home Address",
            0x1e: "Experimental (0x1E)", 0x3e: "Experimental (0x3E)", 0x5e: "Experimental (0x5E)",
            0x7e: "Experimental (0x7E)", 0x9e: "Experimental (0x9E)", 0xbe: "Experimental (0xBE)",
            0xde: "Experimental (0xDE)", 0xfe: "Experimental (0xFE)"}
_EXPERIMENTAL = (0x1e, 0x3e, 0x5e, 0x7e, 0x9e, 0xbe, 0xde, 0xfe)
_ALERTS = {0: "MLD", 1: "RSVP", 2: "Active Network"}


def _type(*children: FieldSpec) -> FieldSpec:
    return FieldSpec(name="ipv6.opt.type", label="Type", type=T.UINT8, at=0, base=Base.HEX, names=_OPTIONS,
                     children=children)


_TYPE = _type(
    FieldSpec(name="ipv6.opt.type.action", label="Action", type=T.UINT8, bits=(0, 2), names=_ACTIONS),
    FieldSpec(name="ipv6.opt.type.change", label="May Change", type=T.BOOLEAN, bits=(2, 1), true="Yes", false="No"),
    FieldSpec(name="ipv6.opt.type.rest", label="Low-Order Bits", type=T.UINT8, bits=(3, 5), base=Base.HEX),
)


def _option(label: str | LabelMaker, *body: Element, length: int | None = None) -> FieldSpec:
    """An option's structure; with a length, a remark where the option has another."""
    wrong = [] if length is None else [
        Expert(name="ipv6.opt.invalid_len", message="Invalid IPv6 option length", severity="Error", group="Malformed",
               when=F("ipv6.opt.length").differs(length),
               text=lambda node: f"{label}: Invalid Length ({node.scope['ipv6.opt.length']} bytes)")]
    return FieldSpec(name="ipv6.opt", label="IPv6 Option", text=label, type=T.NONE, region=True, size=REST, children=(
        _TYPE, FieldSpec(name="ipv6.opt.length", label="Length", type=T.UINT8, at=1, children=tuple(wrong)), *body))


def _field(name: str, label: str, type_: T, at: int, **more: object) -> FieldSpec:
    return FieldSpec(name=f"ipv6.opt.{name}", label=label, type=type_, at=at, **more)  # type: ignore[arg-type]


def _bytes(name: str, label: str, at: int, **more: object) -> FieldSpec:
    """Bytes to the end of the option, though there be none."""
    return _field(name, label, T.BYTES, at, size=REST, **more)


_CASES = {
    0x00: FieldSpec(name="ipv6.opt", label="Pad1", type=T.NONE, region=True, size=REST, children=(
        _type(), FieldSpec(name="ipv6.opt.pad1", label="Pad1", type=T.NONE, at=0, size=1))),
    0x01: _option("PadN", _bytes("padn", "PadN", 2, text=lambda node: f"PadN: {node.value.hex() or '<none>'}")),
    0x04: _option("Tunnel Encapsulation Limit",
                  _field("tel", "Tunnel Encapsulation Limit", T.UINT8, 2), length=1),
    0x05: _option("Router Alert", _field("router_alert", "Router Alert", T.UINT16, 2, names=_ALERTS), length=2),
    0x07: _option("CALIPSO",
                  _field("calipso.doi", "CALIPSO Domain of Interpretation", T.UINT32, 2),
                  _field("calipso.cmpt.length", "Compartment Length", T.UINT8, 6),
                  _field("calipso.sens_level", "Sensitivity Level", T.UINT8, 7),
                  _field("calipso.checksum", "Checksum", T.UINT16, 8, base=Base.HEX),
                  _bytes("calipso.cmpt_bitmap", "Compartment Bitmap", 10)),
    0x30: _option("Path MTU Option",
                  _field("pmtu.min", "Minimum Reported PMTU", T.UINT16, 2),
                  _field("pmtu.rtn", "Return Minimum PMTU", T.UINT16, 4),
                  _field("pmtu.r_flag", "Return Flag", T.BOOLEAN, 5, bits=(7, 1), no_picture=True),
                  length=4),
    0xc2: _option("Jumbo Payload", _field("jumbo", "Payload Length", T.UINT32, 2, children=(
        Expert(name="ipv6.opt.jumbo.truncated", severity="Warning", group="Protocol",
               message="Jumbo Payload option present and jumbo length < 65536",
               when=F("ipv6.opt.jumbo") < 65536),
        Expert(name="ipv6.opt.jumbo.prohibited", severity="Warning", group="Protocol", when=_PLEN > 0,
               message="When IPv6 payload length does not equal 0 a Jumbo Payload option must not be present"),
    )), length=4),
    0xc9: _option("Home Address", _field("mipv6.home_address", "MIPv6 Home Address", T.IPV6, 2), length=16),
    **dict.fromkeys(_EXPERIMENTAL, _option(
        lambda node: _OPTIONS[node.scope["ipv6.opt.type"]], _bytes("experimental", "Experimental Option", 2))),
}
_UNKNOWN = _option(lambda node: f"Unknown IPv6 Option ({node.scope['ipv6.opt.type']})",
                   _bytes("unknown", "Unknown Option Payload", 2, children=(
                       Expert(name="ipv6.opt.unknown_data.expert", message="Unknown Data (not interpreted)",
                              severity="Note", group="Undecoded", when=Constant(1)),)))


def _extension(name: str, label: str, *body: Element, text: LabelMaker | None = None) -> ProtocolSpec:
    """An extension header: next header, length in steps of eight bytes, and its own fields."""
    return ProtocolSpec(
        name=name, label=label, text=text, inside=True, extends=True,
        header_length=(F(f"{name}.len") + 1) * 8,
        elements=(
            FieldSpec(name=f"{name}.nxt", label="Next Header", type=T.UINT8, names=IP_PROTOCOL_NAMES),
            FieldSpec(name=f"{name}.len", label="Length", type=T.UINT8),
            FieldSpec(name=f"{name}.len_oct", label="Length", type=T.UINT16, at=1, size=1,
                      value=(F(f"{name}.len") + 1) * 8, unit=" bytes"),
            *body),
        next=((F(f"{name}.nxt"), _NEXT_HEADERS),))


def _options(name: str, label: str, *more: Element) -> ProtocolSpec:
    return _extension(name, label, Records(cases=_CASES, default=_UNKNOWN, single=frozenset({0}), length_adds=2,
                                           clipped=True, size=F(f"{name}.len_oct") - 2), *more)


HOP_BY_HOP = _options("ipv6.hopopts", "IPv6 Hop-by-Hop Option", Expert(
    name="ipv6.hopopts.not_first", severity="Error", group="Protocol", when=F("ipv6.nxt").differs(0),
    message="IPv6 Hop-by-Hop extension header must appear immediately after IPv6 header"))
DESTINATION = _options("ipv6.dstopts", "Destination Options for IPv6",
                       _address("ipv6.dstopts.home", 8, peek(6, 2).equals(0xc910)))     # aligned so by RFC 6275

_ROUTING_TYPES = {0: "Source Route", 1: "Nimrod", 2: "Type 2 Routing", 3: "RPL Source Route", 4: "Segment Routing",
                  253: "Experiment 1", 254: "Experiment 2"}


def _routing_line(node: FieldNode) -> str:
    name = _ROUTING_TYPES.get(node.scope.get("ipv6.routing.type", -1), "Unknown type")
    return f"{node.spec.label} ({name})"


def _addresses(name: str, first: int, count: Expression) -> Repeat:
    return Repeat(at=8, stride=16, count=count, elements=(
        FieldSpec(name=f"ipv6.routing.{name}", label="Address", type=T.IPV6,
                  text=lambda node: f"Address[{node.scope['@turn'] + first}]: {ipv6_text(node.value)}"),))


_WHOLE_ADDRESSES = F("ipv6.routing.len") // 2
_WRONG_SEGMENTS = (F("ipv6.routing.type").equals(0) & (F("ipv6.routing.segleft") > _WHOLE_ADDRESSES)) | (
    F("ipv6.routing.type").equals(2) & F("ipv6.routing.segleft").differs(1))
ROUTING = _extension(
    "ipv6.routing", "Routing Header for IPv6",
    FieldSpec(name="ipv6.routing.type", label="Type", type=T.UINT8, names=_ROUTING_TYPES, children=(
        Expert(name="ipv6.routing.deprecated", message="Routing header type is deprecated", severity="Note",
               group="Deprecated", when=F("ipv6.routing.type").equals(0)),)),       # RFC 5095
    FieldSpec(name="ipv6.routing.segleft", label="Segments Left", type=T.UINT8, children=(
        Expert(name="ipv6.routing.invalid_segleft", message="Invalid IPv6 routing header segments left",
               severity="Error", group="Malformed", when=_WRONG_SEGMENTS),)),
    Choice(by=F("ipv6.routing.type"), cases={
        0: (
            FieldSpec(name="ipv6.routing.src.reserved", label="Reserved", type=T.BYTES, size=4),
            _addresses("src.addr", 1, _WHOLE_ADDRESSES),
            _address("ipv6.routing.final", F("ipv6.routing.len") * 8 - 8,
                     (F("ipv6.routing.segleft") > 0) & (F("ipv6.routing.len") > 1)),
        ),
        2: (        # RFC 6275, section 6.4
            FieldSpec(name="ipv6.routing.mipv6.reserved", label="Reserved", type=T.BYTES, size=4),
            FieldSpec(name="ipv6.routing.mipv6.home_address", label="Home Address", type=T.IPV6,
                      text=lambda node: f"Address[1]: {ipv6_text(node.value)}"),
            _address("ipv6.routing.final", 8, F("ipv6.routing.segleft").equals(1)),
        ),
        4: (        # RFC 8754
            FieldSpec(name="ipv6.routing.srh.last_entry", label="Last Entry", type=T.UINT8),
            FieldSpec(name="ipv6.routing.srh.flags", label="Flags", type=T.UINT8, base=Base.HEX),
            FieldSpec(name="ipv6.routing.srh.tag", label="Tag", type=T.BYTES, size=2),
            _addresses("srh.addr", 0, (F("ipv6.routing.srh.last_entry") + 1).at_most(_WHOLE_ADDRESSES)),
            _address("ipv6.routing.final", 8, (F("ipv6.routing.segleft") > 0) & (F("ipv6.routing.len") > 1)),
        ),
    }, default=(
        FieldSpec(name="ipv6.routing.unknown_data", label="Type-Specific Data", type=T.BYTES,
                  size=F("ipv6.routing.len_oct") - 4, children=(
            Expert(name="ipv6.routing.undecoded", message="Undecoded IPv6 routing header field", severity="Note",
                   group="Undecoded", when=Constant(1)),)),
    )),
    text=_routing_line)

FRAGMENT = ProtocolSpec(
    name="ipv6.fraghdr", label="Fragment Header for IPv6", header_length=8, inside=True, extends=True,
    alone=F("ipv6.fraghdr.offset") > 0,
    elements=(
        FieldSpec(name="ipv6.fraghdr.nxt", label="Next header", type=T.UINT8, names=IP_PROTOCOL_NAMES),
        FieldSpec(name="ipv6.fraghdr.reserved_octet", label="Reserved octet", type=T.UINT8, base=Base.HEX),
        FieldSpec(name="ipv6.fraghdr.offset", label="Offset", type=T.UINT16, at=2, size=2, bits=(0, 13),
                  whole_item=True, text=lambda node: f"Offset: {node.value} ({node.value * 8} bytes)"),
        FieldSpec(name="ipv6.fraghdr.reserved_bits", label="Reserved bits", type=T.UINT16, at=2, size=2, bits=(13, 2),
                  whole_item=True),
        FieldSpec(name="ipv6.fraghdr.more", label="More Fragments", type=T.BOOLEAN, at=2, size=2, bits=(15, 1),
                  whole_item=True, true="Yes", false="No"),
        FieldSpec(name="ipv6.fraghdr.ident", label="Identification", type=T.UINT32, at=4, base=Base.HEX),
    ),
    next=((F("ipv6.fraghdr.offset") > 0, {1: "data"}), (F("ipv6.fraghdr.nxt"), _NEXT_HEADERS)),
)

# RFC 4302. Its length counts in steps of four bytes, less two.
AUTHENTICATION = ProtocolSpec(
    name="ah", label="Authentication Header", inside=True, extends=True, header_length=(F("ah.length") + 2) * 4,
    elements=(
        FieldSpec(name="ah.next_header", label="Next header", type=T.UINT8, names=IP_PROTOCOL_NAMES),
        FieldSpec(name="ah.length", label="Length", type=T.UINT8,
                  text=lambda node: f"Length: {node.value} ({(node.value + 2) * 4} bytes)"),
        FieldSpec(name="ah.reserved", label="Reserved", type=T.BYTES, size=2),
        FieldSpec(name="ah.spi", label="AH SPI", type=T.UINT32, base=Base.HEX),
        FieldSpec(name="ah.sequence", label="AH Sequence", type=T.UINT32),
        FieldSpec(name="ah.icv", label="AH ICV", type=T.BYTES, size=(F("ah.length") + 2) * 4 - 12,
                  when=F("ah.length") > 1),
    ),
    next=((F("ah.next_header"), _NEXT_HEADERS),),
)
EXTENSION_HEADERS = (HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION, AUTHENTICATION)
