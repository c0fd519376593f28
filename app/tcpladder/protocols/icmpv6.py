"""ICMPv6: errors and echo (RFC 4443), neighbour discovery (RFC 4861), listeners (RFC 2710, 3810), node information."""

from collections.abc import Mapping
from dataclasses import replace

from tcpladder.fields.expression import LENGTH, NAME, QUOTED, Constant, Expression, F, optional, peek, sum16_with
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
    Words,
)
from tcpladder.fields.types import FieldType as T
from tcpladder.protocols.icmp import (
    CHECKSUM_STATUS,
    EXTENDED_ECHO_CODES,
    answers,
    extended_echo_bits,
    extensions,
)

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
    150: "Experimental Mobility", 151: "Multicast Router Advertisement", 152: "Multicast Router Solicitation",
    153: "Multicast Router Termination", 154: "FMIPv6 Messages", 155: "RPL Control", 157: "Duplicate Address Request",
    158: "Duplicate Address Confirmation", 159: "MPL Control Message", 160: "Extended Echo request",
    161: "Extended Echo reply", 200: "Private experimentation", 201: "Private experimentation",
    255: "Reserved for expansion of ICMPv6 informational messages",
}
_CODES: Mapping[int, Mapping[int, str]] = {
    1: {0: "no route to destination", 1: "Administratively prohibited", 2: "Beyond scope of source address",
        3: "Address unreachable", 4: "Port unreachable", 5: "Source address failed ingress/egress policy",
        6: "Reject route to destination", 7: "Error in Source Routing Header"},
    3: {0: "hop limit exceeded in transit", 1: "fragment reassembly time exceeded"},
    4: {0: "erroneous header field encountered", 1: "unrecognized Next Header type encountered",
        2: "unrecognized IPv6 option encountered", 3: "IPv6 First Fragment has incomplete IPv6 Header Chain"},
    138: {0: "Command", 1: "Result", 255: "Sequence Number Reset"},
    139: {0: "Query subject = IPv6 addresses", 1: "Query subject = DNS name or empty",
          2: "Query subject = IPv4 addresses"},
    140: {0: "Successful", 1: "Refused", 2: "Unknown query type"},
    155: {0: "DODAG Information Solicitation", 1: "DODAG Information Object", 2: "Destination Advertisement Object",
          3: "Destination Advertisement Object Acknowledgment"},
    160: EXTENDED_ECHO_CODES,
    161: EXTENDED_ECHO_CODES,
}


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
_SUM = sum16_with(("ipv6.dstopts.home", "ipv6.src"), ("ipv6.routing.final", "ipv6.dst"))
_EXCESS = F("icmpv6.checksum.excess")
_FRAGMENTED = (optional("ipv6.fraghdr.more", 0) | (optional("ipv6.fraghdr.offset", 0) > 0)).differs(0)
_UNVERIFIED = (optional("icmpv6.checksum.excess", -1) < 0) | QUOTED


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
              value=(_SUM + LENGTH + 58) % 0xffff, when=_FRAGMENTED.equals(0)),
    FieldSpec(name="icmpv6.checksum", label="Checksum", type=T.UINT16, at=2, base=Base.HEX, text=_checksum_line,
              children=(
        Expert(name="icmpv6.checksum_bad.expert", message="Bad checksum", severity="Warning", group="Checksum",
               when=_UNVERIFIED.equals(0) & (_EXCESS > 0),
               text=lambda node: f"Bad checksum [should be 0x{_right_checksum(node):04x}]"),
    )),
    FieldSpec(name="icmpv6.checksum.status", label="Checksum Status", type=T.UINT8, at=2, size=0, generated=True,
              base=Base.NONE, names=CHECKSUM_STATUS,
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


def _router_flags(name: str, label: str, type_: T, at: int) -> FieldSpec:
    """What a router says of itself: in its advertisement, and in an option with room for more (RFC 5175)."""
    return _flags(name, label, type_, at,
                  _bit(f"{name}.m", "Managed address configuration", 0),
                  _bit(f"{name}.o", "Other configuration", 1),
                  _bit(f"{name}.h", "Home Agent", 2),
                  _bits(f"{name}.prf", "Prf (Default Router Preference)", type_, 3, 2, names=_PREFERENCES),
                  _bit(f"{name}.p", "Proxy", 5),
                  _bits(f"{name}.rsv", "Reserved", type_, 6, 8 * (type_.width or 1) - 6))


def _eui64_line(node: FieldNode) -> str:
    text = node.value.hex(":")
    return f"EUI-64: {text} ({text})"


# Options of neighbour discovery (RFC 4861, section 4.6, and the RFCs named at each): lengths count in steps of eight.
_OPTIONS = {
    1: "Source link-layer address", 2: "Target link-layer address", 3: "Prefix information", 4: "Redirected header",
    5: "MTU", 6: "NBMA Shortcut Limit Option", 7: "Advertisement Interval", 8: "Home Agent Information",
    9: "Source Address List", 10: "Target Address List", 11: "CGA",
    12: "RSA Signature", 13: "Timestamp", 14: "Nonce", 15: "Trust Anchor", 16: "Certificate",
    17: "IP Address/Prefix Option", 18: "New Router Prefix Information", 19: "Link-layer Address",
    20: "Neighbor Advertisement Acknowledgment", 23: "MAP", 24: "Route Information",
    25: "Recursive DNS Server", 26: "RA Flags Extension", 27: "Handover Key Request", 28: "Handover Key Reply",
    29: "Handover Assist Information", 30: "Mobile Node Identifier Option", 31: "DNS Search List Option",
    32: "Proxy Signature (PS)", 33: "Address Registration Option", 34: "6LoWPAN Context Option",
    35: "Authoritative Border Router", 36: "6LoWPAN Capability Indication Option", 37: "DHCP Captive-Portal",
    38: "PREF64 Option", 253: "RFC3692-style Experiment 1", 254: "RFC3692-style Experiment 2",
}
_PREFERENCES = {0: "Medium", 1: "High", 2: "Reserved", 3: "Low"}
_PREFIX_LENGTHS = {0: "96 bits prefix length", 1: "64 bits prefix length", 2: "56 bits prefix length",
                   3: "48 bits prefix length", 4: "40 bits prefix length", 5: "32 bits prefix length"}


def _option_name(node: FieldNode) -> str:
    kind = node.scope.get("icmpv6.opt.type", -1)
    return _OPTIONS.get(kind, f"Unknown {kind}")


def _option_line(detail: str = "", *, separator: str = " : ") -> LabelMaker:
    """The option's name, with what the fields of one name in it say."""
    def line(node: FieldNode) -> str:
        shown = [value_text(child.spec, child.value) for child in node.children
                 if child.name == f"icmpv6.opt.{detail}" and (detail != "linkaddr" or child.size == 6)]
        return f"ICMPv6 Option ({_option_name(node)}{separator if shown else ''}{' '.join(shown)})"
    return line


def _prefix_line(node: FieldNode) -> str:
    scope = node.scope
    words = [ipv6_text(scope.get("icmpv6.opt.prefix", bytes(16))) + f"/{scope.get('icmpv6.opt.prefix.length')}"]
    preference = scope.get("icmpv6.opt.route_info.flag.route_preference")
    if preference is not None:
        words.insert(0, _PREFERENCES[preference])
    return f"ICMPv6 Option ({_option_name(node)} : {' '.join(words)})"


def _option(*body: Element, detail: str = "", separator: str = " : ", text: LabelMaker | None = None) -> FieldSpec:
    return FieldSpec(
        name="icmpv6.opt", label="ICMPv6 Option", type=T.NONE, region=True, size=REST,
        text=text or _option_line(detail, separator=separator), children=(
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
           _field("opt.route_info.flag.reserved", "Reserved", T.UINT8, value=peek(3) & 0xe7,
                  text=lambda node: f"000. .000 = Reserved: {node.value}")),
    _lifetime("opt.route_lifetime", "Route Lifetime", 4),
    Choice(by=LENGTH, cases={8: ()}, default=(
        _field("opt.prefix", "Prefix", T.IPV6, 8, size=8, when=LENGTH.equals(16)),
        _field("opt.prefix", "Prefix", T.IPV6, 8, when=LENGTH > 16))),
    text=_prefix_line)

_ADDRESS_LIST = _option(        # RFC 3122
    _unused(2, 6), Repeat(at=8, stride=16, elements=(_field("opt.ipv6_address", "IPv6 Address", T.IPV6, 0),)),
    detail="ipv6_address", separator=" ")
_UNDECODED = _option(
    Expert(name="icmpv6.undecoded.option", message="Undecoded option", severity="Note", group="Undecoded",
           when=Constant(1)),
    _field("data", "Data", T.BYTES, 2, size=REST))
_REGISTRATION_STATUS = {0: "Success", 1: "Duplicate Exists", 2: "Neighbor Cache Full"}

# Domain names, and the zeros behind them to the end of the option.
_NAMES = Records(
    at=8, length=NAME + peek(0).equals(0) * 0xffff, shortest=1, clipped=True, last=frozenset({0}),
    cases={0: _field("opt.padding", "Padding", T.NONE, size=REST, region=True)},
    default=_field("opt.dnssl", "Domain Names", T.STRING, size=REST, region=True, labels=True))
_NDP_OPTIONS = Records(
    length_unit=8, shortest=8, default=_UNDECODED,
    cases={
        1: _link_address("src", "Source"),
        2: _link_address("target", "Target"),
        3: _PREFIX_INFORMATION,
        4: _option(_unused(2, 6), _field("opt.redirected_packet", "Redirected Packet", T.NONE, 8, size=REST)),
        5: _option(_unused(2, 2), _field("opt.mtu", "MTU", T.UINT32, 4), detail="mtu"),
        7: _option(_unused(2, 2), _field("opt.advertisement_interval", "Advertisement Interval", T.UINT32, 4),
                   detail="advertisement_interval"),        # RFC 6275, as the next
        8: _option(_unused(2, 2), _field("opt.home_agent_preference", "Home Agent Preference", T.UINT16, 4),
                   _field("opt.home_agent_lifetime", "Home Agent Preference", T.UINT16, 6)),
        9: _ADDRESS_LIST,
        10: _ADDRESS_LIST,
        14: _option(_field("opt.nonce", "Nonce", T.BYTES, 2, size=REST)),       # RFC 3971
        24: _ROUTE_INFORMATION,
        25: _option(_unused(2, 2), _lifetime("opt.rdnss.lifetime", "Lifetime", 4),      # RFC 8106, as option 31
                    Repeat(at=8, stride=16, elements=(
                        _field("opt.rdnss", "Recursive DNS Servers", T.IPV6, 0),)),
                    detail="rdnss", separator=" "),
        26: _option(        # RFC 5175
            _router_flags("opt.efo", "Flags Expansion Option", T.UINT16, 2),
            _unused(4, 4)),
        31: _option(_unused(2, 2), _lifetime("opt.dnssl.lifetime", "Lifetime", 4), _NAMES,
                    detail="dnssl", separator=" "),
        33: _option(        # RFC 6775, as the next two
            _field("opt.aro.status", "Status", T.UINT8, 2, names=_REGISTRATION_STATUS), _unused(3, 3),
            _field("opt.aro.registration_lifetime", "Registration  Lifetime", T.UINT16, 6),
            _field("opt.aro.eui64", "EUI-64", T.EUI64, 8, text=_eui64_line)),
        34: _option(
            _field("opt.6co.context_length", "Context Length", T.UINT8, 2),
            _flags("opt.6co.flag", "Flag", T.UINT8, 3,
                   _bit("opt.6co.flag.c", "Compression Flag", 3),
                   _bits("opt.6co.flag.cid", "CID", T.UINT8, 4, 4),
                   _bits("opt.6co.flag.reserved", "Reserved", T.UINT8, 0, 3)),
            _unused(4, 2), _field("opt.6co.valid_lifetime", "Lifetime", T.UINT16, 6),
            Choice(by=LENGTH, cases={16: (_field("opt.6co.context_prefix", "Context Prefix", T.IPV6, 8, size=8),)},
                   default=(_field("opt.6co.context_prefix", "Context Prefix", T.IPV6, 8),))),
        35: _option(
            _field("opt.abro.version_low", "Version Low", T.UINT16, 2),
            _field("opt.abro.version_high", "Version", T.UINT16, 4),
            _field("opt.abro.valid_lifetime", "Valid Lifetime", T.UINT16, 6),
            _field("opt.abro.6lbr_address", "6LBR Address", T.IPV6, 8)),
        37: _option(_field("opt.captive_portal", "Captive Portal", T.STRING, 2, size=REST)),        # RFC 8910
        38: _option(        # RFC 8781
            _field("opt.pref64.scaled_lifetime", "Scaled Lifetime", T.UINT16, 2, bits=(0, 13), whole_item=True),
            _field("opt.pref64.plc", "PLC (Prefix Length Code)", T.UINT16, 2, bits=(13, 3), whole_item=True,
                   base=Base.HEX, text=lambda node: "PLC (Prefix Length Code): {} (0x{:x})".format(
                       _PREFIX_LENGTHS.get(node.value, "Unknown"), node.value)),
            Expert(name="icmpv6.invalid_option_length", message="Invalid Option Length", severity="Error",
                   group="Malformed", when=F("icmpv6.opt.pref64.plc") > 5),
            _field("opt.pref64.prefix", "Prefix", T.IPV6, 4, size=12, when=F("icmpv6.opt.pref64.plc") <= 5)),
    },
)

# A Teredo client that asks for a path sends a nonce of its own (RFC 4380, section 5.2.9).
_IS_NONCE = LENGTH.equals(12) & (optional("ipv6.tc_port", -1) >= 0)
_ECHO = (
    _field("echo.identifier", "Identifier", T.UINT16, 4, base=Base.HEX),
    _field("echo.sequence_number", "Sequence", T.UINT16, 6),
    Choice(by=_IS_NONCE.differs(0), cases={1: (_field("nonce", "Nonce", T.BYTES, 8, size=4),)}, default=answers(
        "icmpv6", "Response In", "Response To", "Response Time",
        lambda node: "No response seen to ICMPv6 request")),
)
_ROUTER_SOLICITATION = (_reserved(4, 4), _NDP_OPTIONS)
_ROUTER_ADVERTISEMENT = (
    _field("nd.ra.cur_hop_limit", "Cur hop limit", T.UINT8, 4),
    _router_flags("nd.ra.flag", "Flags", T.UINT8, 5),
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
# The option that quotes the packet that should have gone another way comes first, or behind the target's address.
_IS_FIRST = peek(40).equals(4)
_IS_SECOND = peek(40, 2).equals(0x0201) & peek(48).equals(4)
_REDIRECT = (
    _field("redirected_at", "Redirected packet", T.UINT16, 40, size=0, value=Constant(48), when=_IS_FIRST,
           in_tree=False),
    _field("redirected_at", "Redirected packet", T.UINT16, 40, size=0, value=Constant(56), when=_IS_SECOND,
           in_tree=False),
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


def _record_line(node: FieldNode) -> str:
    scope = node.scope
    name = _RECORD_TYPES.get(scope.get("icmpv6.mldr.mar.record_type", 0), "Unknown")
    group = scope.get("icmpv6.mldr.mar.multicast_address")
    return f"Multicast Address Record {name}" + (f": {ipv6_text(group)}" if group else "")


_SOURCES = F("icmpv6.mldr.mar.nb_sources")
_REPORT_2 = (
    _reserved(4, 2),
    _field("mldr.nb_mcast_records", "Number of Multicast Address Records", T.UINT16, 6),
    Records(length=peek(2, 2) * 16 + peek(1) * 4 + 20, shortest=20, clipped=True, cases={}, default=_field(
        "mldr.mar", "Multicast Address Record", T.NONE, size=REST, region=True, text=_record_line, children=(
            _field("mldr.mar.record_type", "Record Type", T.UINT8, 0, names=_RECORD_TYPES),
            _field("mldr.mar.aux_data_len", "Aux Data Len", T.UINT8, 1),
            _field("mldr.mar.nb_sources", "Number of Sources", T.UINT16, 2),
            _field("mldr.mar.multicast_address", "Multicast Address", T.IPV6, 4),
            Repeat(at=20, stride=16, count=_SOURCES, elements=(
                _field("mldr.mar.source_address", "Source Address", T.IPV6, 0),)),
            _field("mldr.mar.auxiliary_data", "Auxiliary Data", T.BYTES, _SOURCES * 16 + 20,
                   size=F("icmpv6.mldr.mar.aux_data_len") * 4, when=F("icmpv6.mldr.mar.aux_data_len").differs(0)),
        ))),
)

# Node information (RFC 4620).
_QUERY_TYPES = {0: "NOOP", 1: "Supported query types (Obsolete)", 2: "Node Name", 3: "Node addresses",
                4: "IPv4 node addresses"}
_NODE_INFORMATION = (
    _field("ni.qtype", "Qtype", T.UINT16, 4, names=_QUERY_TYPES),
    _flags("ni.flag", "Flags", T.UINT16, 6,
           _bit("ni.flag.g", "Global-scope addresses", 10),
           _bit("ni.flag.s", "Site-local addresses", 11),
           _bit("ni.flag.l", "Link-local addresses", 12),
           _bit("ni.flag.c", "Compression", 13),
           _bit("ni.flag.a", "Unicast Addresses", 14, true="All unicast address",
                false="Unicast addresses on the queried interface"),
           _bit("ni.flag.t", "Truncated", 15),
           _bits("ni.flag.rsv", "Reserved", T.UINT16, 0, 10, base=Base.HEX,
                 text=lambda node: f"Reserved: 0x{node.value:03x}")),
    _field("ni.nonce", "Nonce", T.UINT64, 8, base=Base.HEX),
)
_NODE_QUERY = (*_NODE_INFORMATION, Choice(by=F("icmpv6.code"), cases={
    0: (_field("ni.query.subject_ipv6", "IPv6 subject address", T.IPV6, 16, when=LENGTH > 16),),
    2: (_field("ni.query.subject_ipv4", "IPv4 subject address", T.IPV4, 16, when=LENGTH > 16),),
}))
_TIME_TO_LIVE = _field("ni.reply.node_ttl", "TTL", T.UINT32, 0)
_NODE_REPLY = (*_NODE_INFORMATION, Choice(by=F("icmpv6.ni.qtype"), cases={
    3: (Repeat(at=16, stride=20, elements=(
        _TIME_TO_LIVE, _field("ni.reply.node_address", "IPv6 Node address", T.IPV6, 4))),),
    4: (Repeat(at=16, stride=8, elements=(
        _TIME_TO_LIVE, _field("ni.reply.ipv4_address", "IPv4 Node address", T.IPV4, 4))),),
}))

# Router renumbering (RFC 2894).
_OPERATIONS = {1: "Add", 2: "Change", 3: "Set Global"}


def _match_line(node: FieldNode) -> str:
    scope = {name.rpartition(".")[2]: value for name, value in node.scope.items()}
    prefix = ipv6_text(scope.get("matchprefix", bytes(16)))
    return (f"Match-Prefix Part: {_OPERATIONS.get(scope.get('opcode', 0), 'Unknown')} {prefix}/{scope.get('matchlen')} "
            f"({scope.get('minlen')}-{scope.get('maxlen')})")


def _use_line(node: FieldNode) -> str:
    scope = {name.rpartition(".")[2]: value for name, value in node.scope.items()}
    prefix = ipv6_text(scope.get("useprefix", bytes(16)))
    return f"Use-Prefix Part: {prefix}/{scope.get('uselen')} (keep {scope.get('keeplen')})"


def _prefix_flags(name: str, label: str, at: int) -> FieldSpec:
    return _field(f"rr.pco.up.{name}", label, T.UINT8, at, base=Base.HEX, children=(
        _bit("rr.pco.up.flagmask.l", "On-link flag(L)", 0),
        _bit("rr.pco.up.flagmask.a", "Autonomous address-configuration flag(A)", 1),
        _bits("rr.pco.up.flagmask.reserved", "Reserved", T.UINT8, 2, 6)))


_MATCH_PREFIX = _field("rr.pco.mp", "Match-Prefix Part", T.NONE, 0, size=24, region=True, text=_match_line, children=(
    _field("rr.pco.mp.opcode", "OpCode", T.UINT8, 0, names=_OPERATIONS),
    _field("rr.pco.mp.oplength", "OpLength", T.UINT8, 1),
    _field("rr.pco.mp.ordinal", "Ordinal", T.UINT8, 2, base=Base.HEX),
    _field("rr.pco.mp.matchlen", "MatchLen", T.UINT8, 3),
    _field("rr.pco.mp.minlen", "MinLen", T.UINT8, 4),
    _field("rr.pco.mp.maxlen", "MaxLen", T.UINT8, 5),
    _reserved(6, 2),
    _field("rr.pco.mp.matchprefix", "MatchPrefix", T.IPV6, 8),
))
_USE_PREFIX = _field("rr.pco.up", "Use-Prefix Part", T.NONE, 0, size=32, region=True, text=_use_line, children=(
    _field("rr.pco.up.uselen", "UseLen", T.UINT8, 0),
    _field("rr.pco.up.keeplen", "KeepLen", T.UINT8, 1),
    _prefix_flags("flagmask", "FlagMask", 2),
    _prefix_flags("raflags", "RAFlags", 3),
    _lifetime("rr.pco.up.validlifetime", "Valid Lifetime", 4),
    _lifetime("rr.pco.up.preferredlifetime", "Preferred Lifetime", 8),
    _flags("rr.pco.up.flag", "Flags", T.UINT32, 12,
           _bit("rr.pco.up.flag.v", "Decrement valid lifetime", 0),
           _bit("rr.pco.up.flag.p", "Decrement preferred lifetime", 1),
           _bits("rr.pco.up.flag.reserved", "Reserved", T.UINT32, 2, 30)),
    _field("rr.pco.up.useprefix", "UsePrefix", T.IPV6, 16),
))
_RENUMBERING = (
    _field("rr.sequence_number", "Sequence Number", T.UINT32, 4),
    _field("rr.segment_number", "Segment Number", T.UINT8, 8),
    _flags("rr.flag", "Flags", T.UINT8, 9,
           _bit("rr.flag.t", "Test Command", 0),
           _bit("rr.flag.r", "Result requested", 1),
           _bit("rr.flag.a", "All Interfaces", 2),
           _bit("rr.flag.s", "Site-specific", 3),
           _bit("rr.flag.p", "Processed previously", 4),
           _bits("rr.flag.rsv", "Reserved", T.UINT8, 5, 3)),
    _field("rr.maxdelay", "Max Delay", T.UINT16, 10),
    _reserved(12, 4),
    Choice(by=F("icmpv6.code"), cases={0: (
        Records(kind_at=0, length_at=1, length_unit=8, shortest=24, cases={}, default=FieldSpec(
            name="", label="Prefix Control Operation", type=T.NONE, region=True, size=REST, children=(
                _MATCH_PREFIX, Repeat(at=24, stride=32, elements=(_USE_PREFIX,))))),)}),
)

# Mobility (RFC 6275) and multicast router discovery (RFC 4286).
_IDENTIFIER = _field("mip6.identifier", "Identifier", T.UINT16, 4, base=Base.DEC_HEX)
_DISCOVERY = (_IDENTIFIER, _reserved(6, 2))
_DISCOVERY_REPLY = (*_DISCOVERY, Repeat(at=8, stride=16, elements=(
    _field("mip6.home_agent_address", "Home Agent Address", T.IPV6, 0),)))
_PREFIX_ADVERTISEMENT = (
    _IDENTIFIER,
    _flags("mip6.flag", "Flags", T.UINT16, 6,
           _bit("mip6.flag.m", "Managed address configuration", 0),
           _bit("mip6.flag.o", "Other configuration", 1),
           _bits("mip6.flag.rsv", "Reserved", T.UINT16, 2, 14)),
    _NDP_OPTIONS,
)
_ROUTER_ADVERTISED = (
    _field("mcast_ra.query_interval", "Query Interval", T.UINT16, 4),
    _field("mcast_ra.robustness_variable", "Robustness Variable", T.UINT16, 6),
)

# RPL (RFC 6550): who is reachable through whom.
_RPL_OPTIONS = {0: "1-byte padding", 1: "n-byte padding", 2: "Metric container", 3: "Routing", 4: "DODAG configuration",
                5: "RPL Target", 6: "Transit", 7: "Solicited", 8: "Prefix", 9: "RPL Target descriptor"}


def _rpl_option(*body: Element, single: bool = False) -> FieldSpec:
    head = [_field("rpl.opt.type", "Type", T.UINT8, 0, names=_RPL_OPTIONS)]
    if not single:
        head.append(_field("rpl.opt.length", "Length", T.UINT8, 1))
    return FieldSpec(name="icmpv6.opt", label="ICMPv6 RPL Option", type=T.NONE, region=True, size=REST,
                     children=(*head, *body), text=lambda node: "ICMPv6 RPL Option ({})".format(
                         _RPL_OPTIONS.get(node.scope["icmpv6.rpl.opt.type"],
                                          f"Unknown {node.scope['icmpv6.rpl.opt.type']}")))


_RPL_LIST = Records(
    single=frozenset({0}), length_adds=2,
    cases={0: _rpl_option(single=True), 5: _rpl_option(
        _field("rpl.opt.target.flag", "Reserved", T.NONE, 2, size=1),
        _field("rpl.opt.target.prefix_length", "Target Length", T.UINT8, 3),
        _field("rpl.opt.target.prefix", "Target", T.IPV6, 4, when=LENGTH.equals(20)),
        _field("unknown_data", "Unknown Data", T.BYTES, 4, size=REST, when=LENGTH > 20, children=(
            Expert(name="icmpv6.invalid_option_length", message="Invalid Option Length", severity="Error",
                   group="Malformed", when=Constant(1)),
            Expert(name="icmpv6.unknown_data.expert", message="Unknown Data (not interpreted)", severity="Error",
                   group="Malformed", when=Constant(1)))))},
    default=_rpl_option(
        Expert(name="icmpv6.undecoded.rpl_option", message="Undecoded RPL Option", severity="Note", group="Undecoded",
               when=Constant(1)),
        _field("data", "Data", T.BYTES, 2, size=REST)))


def _rpl(name: str, label: str, *flags: FieldSpec, tail: tuple[FieldSpec, ...]) -> tuple[Element, ...]:
    has_id = F(f"icmpv6.rpl.{name}.flag.d")
    return (
        _field(f"rpl.{name}.instance", "RPLInstanceID", T.UINT8, 4),
        _flags(f"rpl.{name}.flag", label, T.UINT8, 5, *flags),
        *tail,
        Choice(by=has_id, cases={
            0: (replace(_RPL_LIST, at=8),),
            1: (_field(f"rpl.{name}.dodagid", "DODAGID", T.IPV6, 8), replace(_RPL_LIST, at=24)),
        }),
    )


_TRUE_FALSE: Words = {"true": "True", "false": "False"}
_DESTINATION_ADVERTISEMENT = _rpl(
    "dao", "Flags",
    _bit("rpl.dao.flag.k", "DAO-ACK Request (K)", 0, **_TRUE_FALSE),
    _bit("rpl.dao.flag.d", "DODAGID Present (D)", 1, **_TRUE_FALSE),
    _bits("rpl.dao.flag.rsv", "Reserved", T.UINT8, 2, 6),
    tail=(_reserved(6, 1), _field("rpl.dao.sequence", "DAO Sequence", T.UINT8, 7)))
_ADVERTISEMENT_ACKNOWLEDGED = _rpl(
    "daoack", "Flag",
    _bit("rpl.daoack.flag.d", "DODAGID Present (D)", 0, **_TRUE_FALSE),
    _bits("rpl.daoack.flag.rsv", "Reserved", T.UINT8, 1, 7),
    tail=(_field("rpl.daoack.sequence", "DAO-ACK Sequence", T.UINT8, 6),
          _field("rpl.daoack.status", "Status", T.UINT8, 7)))
_DUPLICATE_ADDRESS = (      # RFC 6775
    _field("6lowpannd.da.status", "Status", T.UINT8, 4, names=_REGISTRATION_STATUS),
    _field("6lowpannd.da.rsv", "Reserved", T.UINT8, 5),
    _field("6lowpannd.da.lifetime", "Lifetime", T.UINT16, 6),
    _field("6lowpannd.da.eui64", "EUI-64", T.EUI64, 8, text=_eui64_line),
    _field("6lowpannd.da.reg_addr", "Registered Address", T.IPV6, 16),
)

# Extended echo (RFC 8335).
_PROBE = (
    _field("echo.identifier", "Identifier", T.UINT16, 4, base=Base.HEX),
    _field("ext.echo.seq", "Sequence number", T.UINT8, 6, base=Base.DEC_HEX),
)

_REQUEST_BITS, _REPLY_BITS = extended_echo_bits("icmpv6")
_EXTENDED_REQUEST = (*_PROBE, *_REQUEST_BITS, extensions(8))
_EXTENDED_REPLY = (*_PROBE, *_REPLY_BITS)

# Errors: the extensions of RFC 4884 begin where the length says, in steps of eight bytes, that the quoted packet ends.
_TYPE = F("icmpv6.type")
_PLAIN = (_reserved(4, 4),)
_MEASURED = (_field("length", "Length of original datagram", T.UINT8, 4), _reserved(5, 3))
_ERROR = (Choice(by=peek(4), cases={0: _PLAIN}, default=_MEASURED),)
_QUOTE_ENDS = optional("icmpv6.length", 0) * 8 + 8
_EXTENDED = (_QUOTE_ENDS > 8) & (_QUOTE_ENDS < LENGTH)
_UNKNOWN = (
    Expert(name="icmpv6.undecoded.type", message="Undecoded type", severity="Note", group="Undecoded",
           when=Constant(1)),
    _field("data", "Data", T.BYTES, 4, size=REST),
)

ICMPV6 = ProtocolSpec(
    name="icmpv6", label="Internet Control Message Protocol v6", nests_payload=True, quotes=True, default_next="",
    header_length=optional("icmpv6.redirected_at", 8), total_length=LENGTH - _EXTENDED * (LENGTH - _QUOTE_ENDS),
    elements=(
        _field("type", "Type", T.UINT8, 0, text=_type_line),
        _field("quoted", "Quoted", T.BOOLEAN, value=QUOTED, in_tree=False),
        _field("code", "Code", T.UINT8, 1, text=_code_line),
        *_CHECKSUM,
        Choice(by=_TYPE, cases={
            1: _ERROR, 2: (_field("mtu", "MTU", T.UINT32, 4),), 3: _ERROR,
            4: (_field("pointer", "Pointer", T.UINT32, 4),),
            128: _ECHO, 129: _ECHO,
            130: (Choice(by=LENGTH >= 28, cases={1: _QUERY_2}, default=_LISTENER_1),),
            131: _LISTENER_1, 132: _LISTENER_1,
            133: _ROUTER_SOLICITATION, 134: _ROUTER_ADVERTISEMENT, 135: _NEIGHBOR_SOLICITATION,
            136: _NEIGHBOR_ADVERTISEMENT, 137: _REDIRECT, 138: _RENUMBERING, 139: _NODE_QUERY, 140: _NODE_REPLY,
            141: _ROUTER_SOLICITATION, 142: _ROUTER_SOLICITATION, 143: _REPORT_2,
            144: _DISCOVERY, 145: _DISCOVERY_REPLY, 146: _DISCOVERY, 147: _PREFIX_ADVERTISEMENT,
            151: _ROUTER_ADVERTISED, 152: (), 153: (),
            155: (Choice(by=F("icmpv6.code"), cases={2: _DESTINATION_ADVERTISEMENT, 3: _ADVERTISEMENT_ACKNOWLEDGED},
                         default=_UNKNOWN),),
            157: _DUPLICATE_ADDRESS, 158: _DUPLICATE_ADDRESS,
            160: _EXTENDED_REQUEST, 161: _EXTENDED_REPLY,
        }, default=_UNKNOWN),
    ),
    next=((F("icmpv6.redirected_at") > 0, {1: "ipv6"}),
          (_TYPE * (_TYPE.among(128, 129) * _IS_NONCE).equals(0), {
              1: "ipv6", 2: "ipv6", 3: "ipv6", 4: "ipv6", 128: "data", 129: "data"})),
    trailer=(extensions(0),),
)
