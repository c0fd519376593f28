"""ICMPv6: errors and echo (RFC 4443), neighbour discovery (RFC 4861), listeners (RFC 2710, 3810), node information."""

from collections.abc import Mapping
from dataclasses import replace

from tcpladder.fields.expression import LENGTH, QUOTED, Expression, F, optional, sum16_with
from tcpladder.fields.node import FieldNode
from tcpladder.fields.show import ipv6_text, value_text
from tcpladder.fields.spec import (
    REST,
    SET,
    Base,
    Choice,
    Element,
    Expert,
    FieldSpec,
    LabelMaker,
    ProtocolSpec,
    Records,
    Repeat,
)
from tcpladder.fields.types import FieldType as T

# IANA's registry of ICMPv6 types and codes, in Wireshark's words.
_TYPES = {
    1: "Destination Unreachable", 2: "Packet Too Big", 3: "Time Exceeded", 4: "Parameter Problem",
    100: "Private experimentation", 101: "Private experimentation",
    127: "Reserved for expansion of ICMPv6 error messages",
    128: "Echo (ping) request", 129: "Echo (ping) reply", 130: "Multicast Listener Query",
    131: "Multicast Listener Report", 132: "Multicast Listener Done", 133: "Router Solicitation",
    134: "Router Advertisement", 135: "Neighbor Solicitation", 136: "Neighbor Advertisement", 137: "Redirect",
    138: "Router Renumbering", 139: "Node Information Query", 140: "Node Information Reply",
    141: "Inverse Neighbor Discovery Solicitation", 142: "Inverse Neighbor Discovery Advertisement",
    143: "Multicast Listener Report Message v2", 144: "Home Agent Address Discovery Request",
    145: "Home Agent Address Discovery Reply", 146: "Mobile Prefix Solicitation", 147: "Mobile Prefix Advertisement",
    148: "Certification Path Solicitation", 149: "Certification Path Advertisement",
    151: "Multicast Router Advertisement", 152: "Multicast Router Solicitation",
    153: "Multicast Router Termination", 154: "FMIPv6", 155: "RPL Control", 157: "Duplicate Address Request",
    158: "Duplicate Address Confirmation", 159: "MPL Control", 160: "Extended Echo request",
    161: "Extended Echo reply", 200: "Private experimentation", 201: "Private experimentation",
    255: "Reserved for expansion of ICMPv6 informational messages",
}
_EXTENDED_ECHO_CODES = {0: "No error", 1: "Malformed Query", 2: "No Such Interface", 3: "No Such Table Entry",
                        4: "Multiple Interfaces Satisfy Query"}
_CODES: Mapping[int, Mapping[int, str]] = {
    1: {0: "no route to destination", 1: "Administratively prohibited", 2: "Beyond scope of source address",
        3: "Address unreachable", 4: "Port unreachable", 5: "Source address failed ingress/egress policy",
        6: "Reject route to destination", 7: "Error in Source Routing Header"},
    3: {0: "hop limit exceeded in transit", 1: "fragment reassembly time exceeded"},
    4: {0: "erroneous header field encountered", 1: "unrecognized Next Header type encountered",
        2: "unrecognized IPv6 option encountered", 3: "IPv6 First Fragment has incomplete IPv6 Header Chain"},
    138: {0: "Command", 1: "Result", 255: "Sequence Number Reset"},
    139: {0: "The Data field contains an IPv6 address which is the Subject of this Query",
          1: "The Data field contains a name which is the Subject of this Query, or is empty, as in the case of a NOOP",
          2: "The Data field contains an IPv4 address which is the Subject of this Query"},
    140: {0: "Successful", 1: "The Responder refuses to supply the answer",
          2: "The Qtype of the Query is unknown to the Responder"},
    155: {0: "DODAG Information Solicitation", 1: "DODAG Information Object", 2: "Destination Advertisement Object",
          3: "Destination Advertisement Object Acknowledgement"},
    160: _EXTENDED_ECHO_CODES,
    161: _EXTENDED_ECHO_CODES,
}
_STATUS = {0: "Bad", 1: "Good", 2: "Unverified"}


def type_name(type_: int) -> str:
    """What a type is called."""
    return _TYPES.get(type_, "Unknown")


def code_name(type_: int, code: int) -> str:
    """What a code means under its type; empty where the type has no codes."""
    codes = _CODES.get(type_)
    return "" if codes is None else codes.get(code, "Unknown")


def _type_line(node: FieldNode) -> str:
    return f"Type: {type_name(node.value)} ({node.value})"


def _code_line(node: FieldNode) -> str:
    name = code_name(node.scope["icmpv6.type"], node.value)
    return f"Code: {node.value} ({name})" if name else f"Code: {node.value}"


# The checksum covers a pseudo-header of addresses, length and next header, too (RFC 8200, section 8.1). What all
# of it is above a multiple of 0xffff, the checksum is too large by.
_SUM = sum16_with("ipv6.src", "ipv6.dst")
_EXCESS = F("icmpv6.checksum.excess")
_FRAGMENTED = (optional("ipv6.fraghdr.more", 0) | (optional("ipv6.fraghdr.offset", 0) > 0)).differs(0)
_UNVERIFIED = (optional("icmpv6.checksum.excess", -1) < 0) | QUOTED | _FRAGMENTED


def _right_checksum(node: FieldNode) -> int:
    checksum: int = node.scope["icmpv6.checksum"]
    excess: int = node.scope["icmpv6.checksum.excess"]
    return (checksum - excess) % 0xffff


def _checksum_line(node: FieldNode) -> str:
    line = f"Checksum: 0x{node.value:04x}"
    status = node.scope.get("icmpv6.checksum.status")
    if status == 2:
        why = "in ICMP error packet" if "icmpv6.checksum.excess" in node.scope else "fragmented datagram"
        return f"{line} [unverified] [{why}]"
    return f"{line} [correct]" if status == 1 else f"{line} incorrect, should be 0x{_right_checksum(node):04x}"


_CHECKSUM = (
    FieldSpec(name="icmpv6.checksum.excess", label="Checksum excess", type=T.UINT32, at=2, size=0, in_tree=False,
              value=(_SUM + LENGTH + 58) % 0xffff),
    FieldSpec(name="icmpv6.checksum", label="Checksum", type=T.UINT16, at=2, base=Base.HEX, text=_checksum_line,
              children=(
        Expert(name="icmpv6.checksum_bad.expert", message="Bad checksum", severity="Warning", group="Checksum",
               when=_UNVERIFIED.equals(0) & (_EXCESS > 0),
               text=lambda node: f"Bad checksum [should be 0x{_right_checksum(node):04x}]"),
    )),
    FieldSpec(name="icmpv6.checksum.status", label="Checksum Status", type=T.UINT8, at=2, size=0, generated=True,
              base=Base.NONE, names=_STATUS,
              value=_UNVERIFIED * 2 + _UNVERIFIED.equals(0) * optional("icmpv6.checksum.excess", -1).equals(0)),
)


def _field(name: str, label: str, type_: T, at: int | Expression | None = None, **more: object) -> FieldSpec:
    return FieldSpec(name=f"icmpv6.{name}", label=label, type=type_, at=at, **more)  # type: ignore[arg-type]


def _reserved(at: int, size: int) -> FieldSpec:
    return _field("reserved", "Reserved", T.BYTES, at, size=size)


def _bit(name: str, label: str, place: int, **words: object) -> FieldSpec:
    return FieldSpec(name=f"icmpv6.{name}", label=label, type=T.BOOLEAN, bits=(place, 1), whole_item=True,
                     **(words or SET))


def _bits(name: str, label: str, type_: T, first: int, count: int, **more: object) -> FieldSpec:
    return FieldSpec(name=f"icmpv6.{name}", label=label, type=type_, bits=(first, count), whole_item=True,
                     **more)  # type: ignore[arg-type]


def _flags(name: str, label: str, type_: T, at: int, *parts: FieldSpec) -> FieldSpec:
    """A set of flags whose line names those that are set, and the value of a preference among them."""
    digits = 2 * (type_.width or 1)

    def line(node: FieldNode) -> str:
        words = [f"{label}: 0x{node.value:0{digits}x}"]
        for child in node.children:
            if child.spec.names is not None:
                words.append(f"{child.spec.label}: {child.spec.names.get(child.value, 'Unknown')}")
            elif child.spec.type is T.BOOLEAN and child.value:
                words.append(child.spec.label)
        return ", ".join(words)

    return _field(name, label, type_, at, base=Base.HEX, text=line,
                  children=tuple(replace(part, size=type_.width) for part in parts))


# Options of neighbour discovery (RFC 4861, section 4.6, and the RFCs named at each): lengths count in steps of eight.
_OPTIONS = {
    1: "Source link-layer address", 2: "Target link-layer address", 3: "Prefix information", 4: "Redirected header",
    5: "MTU", 6: "NBMA Shortcut Limit Option", 7: "Advertisement Interval", 8: "Home Agent Information",
    9: "Source Address List", 10: "Target Address List", 11: "Cryptographically Generated Address (CGA)",
    12: "RSA Signature", 13: "Timestamp", 14: "Nonce", 15: "Trust Anchor", 16: "Certificate",
    17: "IP Address/Prefix Option", 18: "New Router Prefix Information", 19: "Link-layer Address",
    20: "Neighbor Advertisement Acknowledgment", 23: "MAP Option", 24: "Route Information",
    25: "Recursive DNS Server", 26: "RA Flags Extension", 27: "Handover Key Request", 28: "Handover Key Reply",
    29: "Handover Assist Information", 30: "Mobile Node Identifier Option", 31: "DNS Search List Option",
    32: "Proxy Signature (PS)", 33: "Address Registration Option", 34: "6LoWPAN Context Option",
    35: "Authoritative Border Router", 36: "6LoWPAN Capability Indication Option (6CIO)", 37: "DHCP Captive-Portal",
    38: "PREF64 Option", 253: "RFC3692-style Experiment 1", 254: "RFC3692-style Experiment 2",
}
_PREFERENCES = {0: "Medium", 1: "High", 2: "Reserved", 3: "Low"}
_PREFIX_LENGTHS = {0: "96 bits prefix length", 1: "64 bits prefix length", 2: "56 bits prefix length",
                   3: "48 bits prefix length", 4: "40 bits prefix length", 5: "32 bits prefix length"}


def _option_line(detail: str | None) -> LabelMaker:
    def line(node: FieldNode) -> str:
        name = _OPTIONS.get(node.scope.get("icmpv6.opt.type", -1), "Unknown")
        shown = [value_text(child.spec, child.value) for child in node.children
                 if detail is not None and child.name == f"icmpv6.opt.{detail}"]
        return f"ICMPv6 Option ({name} : {', '.join(shown)})" if shown else f"ICMPv6 Option ({name})"
    return line


def _prefix_line(node: FieldNode) -> str:
    scope = node.scope
    name = _OPTIONS[scope["icmpv6.opt.type"]]
    if "icmpv6.opt.prefix" not in scope or "icmpv6.opt.prefix.length" not in scope:
        return f"ICMPv6 Option ({name})"
    prefix = ipv6_text(scope["icmpv6.opt.prefix"]) if scope["icmpv6.opt.prefix"] else "::"
    return f"ICMPv6 Option ({name} : {prefix}/{scope['icmpv6.opt.prefix.length']})"


def _option(*body: Element, detail: str | None = None, text: LabelMaker | None = None) -> FieldSpec:
    return FieldSpec(
        name="icmpv6.opt", label="ICMPv6 Option", type=T.NONE, region=True, size=REST,
        text=text or _option_line(detail), children=(
            _field("opt.type", "Type", T.UINT8, 0, names=_OPTIONS),
            _field("opt.length", "Length", T.UINT8, 1,
                   text=lambda node: f"Length: {node.value} ({node.value * 8} bytes)"),
            *body))


def _unused(at: int, size: int) -> FieldSpec:
    return _field("opt.reserved", "Reserved", T.NONE, at, size=size)


def _link_address(which: str, label: str) -> FieldSpec:
    return _option(
        _field("opt.linkaddr", "Link-layer address", T.BYTES, 2, size=REST, text=_bytes_line),
        _field(f"opt.{which}_linkaddr", f"{label} Link-layer address", T.BYTES, 2, size=REST, hidden=True,
               text=_bytes_line),
        detail="linkaddr")


def _bytes_line(node: FieldNode) -> str:
    return f"{node.spec.label}: {node.value.hex(':') if len(node.value) == 6 else node.value.hex()}"


def _lifetime(name: str, label: str, at: int) -> FieldSpec:
    return _field(name, label, T.UINT32, at, text=lambda node: f"{label}: " + (
        "Infinity (4294967295)" if node.value == 0xffffffff else str(node.value)))


_PREFIX_INFORMATION = _option(
    _field("opt.prefix.length", "Prefix Length", T.UINT8, 2),
    _flags("opt.prefix.flag", "Flag", T.UINT8, 3,
           _bit("opt.prefix.flag.l", "On-link flag(L)", 0),
           _bit("opt.prefix.flag.a", "Autonomous address-configuration flag(A)", 1),
           _bit("opt.prefix.flag.r", "Router address flag(R)", 2),
           _bits("opt.prefix.flag.reserved", "Reserved", T.UINT8, 3, 5)),
    _lifetime("opt.prefix.valid_lifetime", "Valid Lifetime", 4),
    _lifetime("opt.prefix.preferred_lifetime", "Preferred Lifetime", 8),
    _unused(12, 4),
    _field("opt.prefix", "Prefix", T.IPV6, 16),
    text=_prefix_line)
_ROUTE_INFORMATION = _option(       # RFC 4191
    _field("opt.prefix.length", "Prefix Length", T.UINT8, 2),
    _flags("opt.route_info.flag", "Flag", T.UINT8, 3,
           _bits("opt.route_info.flag.route_preference", "Route Preference", T.UINT8, 3, 2, names=_PREFERENCES),
           _bits("opt.route_info.flag.reserved", "Reserved", T.UINT8, 0, 8,
                 text=lambda node: f"Reserved: {(node.value >> 5 << 3) + (node.value & 7)}")),
    _lifetime("opt.route_lifetime", "Route Lifetime", 4),
    Choice(by=LENGTH, cases={8: ()}, default=(
        _field("opt.prefix", "Prefix", T.IPV6, 8, size=8, when=LENGTH.equals(16)),
        _field("opt.prefix", "Prefix", T.IPV6, 8, when=LENGTH > 16))),
    text=_prefix_line)

_NDP_OPTIONS = Records(
    length_unit=8, shortest=8,
    cases={
        1: _link_address("src", "Source"),
        2: _link_address("target", "Target"),
        3: _PREFIX_INFORMATION,
        4: _option(_unused(2, 6), _field("opt.redirected_packet", "Redirected Packet", T.NONE, 8, size=REST)),
        5: _option(_unused(2, 2), _field("opt.mtu", "MTU", T.UINT32, 4), detail="mtu"),
        7: _option(_unused(2, 2), _field("opt.advertisement_interval", "Advertisement Interval", T.UINT32, 4),
                   detail="advertisement_interval"),        # RFC 6275
        8: _option(_unused(2, 2), _field("opt.home_agent_preference", "Home Agent Preference", T.UINT16, 4),
                   _field("opt.home_agent_lifetime", "Home Agent Preference", T.UINT16, 6),
                   ),
        14: _option(_field("opt.nonce", "Nonce", T.BYTES, 2, size=REST)),       # RFC 3971
        24: _ROUTE_INFORMATION,
        25: _option(_unused(2, 2), _lifetime("opt.rdnss.lifetime", "Lifetime", 4),      # RFC 8106
                    Repeat(at=8, stride=16, elements=(
                        _field("opt.rdnss", "Recursive DNS Servers", T.IPV6, 0),)),
                    detail="rdnss"),
        31: _option(_unused(2, 2), _lifetime("opt.dnssl.lifetime", "Lifetime", 4)),
        38: _option(        # RFC 8781
            _field("opt.pref64.scaled_lifetime", "Scaled Lifetime", T.UINT16, 2, bits=(0, 13), whole_item=True),
            _field("opt.pref64.plc", "PLC (Prefix Length Code)", T.UINT16, 2, bits=(13, 3), whole_item=True,
                   base=Base.HEX, text=lambda node: "PLC (Prefix Length Code): {} (0x{:x})".format(
                       _PREFIX_LENGTHS.get(node.value, "Unknown"), node.value)),
            _field("opt.pref64.prefix", "Prefix", T.IPV6, 4, size=12)),
    },
    default=_option(_field("opt.unknown", "Data", T.BYTES, 2, size=REST)),
)

_ECHO = (
    _field("echo.identifier", "Identifier", T.UINT16, 4, base=Base.HEX),
    _field("echo.sequence_number", "Sequence", T.UINT16, 6),
)
_ROUTER_SOLICITATION = (_reserved(4, 4), _NDP_OPTIONS)
_ROUTER_ADVERTISEMENT = (
    _field("nd.ra.cur_hop_limit", "Cur hop limit", T.UINT8, 4),
    _flags("nd.ra.flag", "Flags", T.UINT8, 5,
           _bit("nd.ra.flag.m", "Managed address configuration", 0),
           _bit("nd.ra.flag.o", "Other configuration", 1),
           _bit("nd.ra.flag.h", "Home Agent", 2),
           _bits("nd.ra.flag.prf", "Prf (Default Router Preference)", T.UINT8, 3, 2, names=_PREFERENCES),
           _bit("nd.ra.flag.p", "Proxy", 5),
           _bits("nd.ra.flag.rsv", "Reserved", T.UINT8, 6, 2)),
    _field("nd.ra.router_lifetime", "Router lifetime (s)", T.UINT16, 6),
    _field("nd.ra.reachable_time", "Reachable time (ms)", T.UINT32, 8),
    _field("nd.ra.retrans_timer", "Retrans timer (ms)", T.UINT32, 12),
    _NDP_OPTIONS,
)
_NEIGHBOR_SOLICITATION = (
    _reserved(4, 4), _field("nd.ns.target_address", "Target Address", T.IPV6, 8), _NDP_OPTIONS)
_NEIGHBOR_ADVERTISEMENT = (
    _flags("nd.na.flag", "Flags", T.UINT32, 4,
           _bit("nd.na.flag.r", "Router", 0),
           _bit("nd.na.flag.s", "Solicited", 1),
           _bit("nd.na.flag.o", "Override", 2),
           _bits("nd.na.flag.rsv", "Reserved", T.UINT32, 3, 29)),
    _field("nd.na.target_address", "Target Address", T.IPV6, 8),
    _NDP_OPTIONS,
)
_REDIRECT = (
    _reserved(4, 4),
    _field("nd.rd.target_address", "Target Address", T.IPV6, 8),
    _field("rd.na.destination_address", "Destination Address", T.IPV6, 24),
    _NDP_OPTIONS,
)

# RFC 2710 and, where the query is longer, RFC 3810.
_LISTENER_1 = (
    _field("mld.maximum_response_delay", "Maximum Response Delay [ms]", T.UINT16, 4),
    _reserved(6, 2),
    _field("mld.multicast_address", "Multicast Address", T.IPV6, 8),
)
_QUERY_2 = (
    _field("mld.maximum_response_code", "Maximum Response Code", T.UINT16, 4),
    _reserved(6, 2),
    _field("mld.multicast_address", "Multicast Address", T.IPV6, 8),
    _field("mld.flag", "Flags", T.UINT8, 24, base=Base.HEX, children=(
        _bit("mld.flag.s", "Suppress Router-Side Processing", 4, true="True", false="False"),
        _bits("mld.flag.qrv", "QRV (Querier's Robustness Variable)", T.UINT8, 5, 3),
        _bits("mld.flag.reserved", "Reserved", T.UINT8, 0, 4),
    )),
    _field("mld.qqi", "QQIC (Querier's Query Interval Code)", T.UINT8, 25),
    _field("mld.nb_sources", "Number of Sources", T.UINT16, 26),
    Repeat(at=28, stride=16, count=F("icmpv6.mld.nb_sources"), elements=(
        _field("mld.source_address", "Source Address", T.IPV6, 0),)),
)
_RECORD_TYPES = {1: "Include", 2: "Exclude", 3: "Changed to include", 4: "Changed to exclude",
                 5: "Allow new sources", 6: "Block old sources"}

ICMPV6 = ProtocolSpec(
    name="icmpv6", label="Internet Control Message Protocol v6", header_length=8, nests_payload=True, quotes=True,
    default_next="",
    elements=(
        _field("type", "Type", T.UINT8, 0, text=_type_line),
        _field("code", "Code", T.UINT8, 1, text=_code_line),
        *_CHECKSUM,
        Choice(by=F("icmpv6.type"), cases={
            1: (_reserved(4, 4),), 2: (_field("mtu", "MTU", T.UINT32, 4),), 3: (_reserved(4, 4),),
            4: (_field("pointer", "Pointer", T.UINT32, 4),),
            128: _ECHO, 129: _ECHO,
            130: (Choice(by=LENGTH >= 28, cases={1: _QUERY_2}, default=_LISTENER_1),),
            131: _LISTENER_1, 132: _LISTENER_1,
            133: _ROUTER_SOLICITATION, 134: _ROUTER_ADVERTISEMENT, 135: _NEIGHBOR_SOLICITATION,
            136: _NEIGHBOR_ADVERTISEMENT, 137: _REDIRECT,
        }),
    ),
    next=((F("icmpv6.type"), {1: "ipv6", 2: "ipv6", 3: "ipv6", 4: "ipv6", 128: "data", 129: "data"}),),
)
