"""ICMP (RFC 792) with the packets that its errors quote, and its extensions (RFC 4884, 4950, 5837, 8335)."""

from collections.abc import Mapping

import dpkt

from tcpladder.fields.dpkt_layout import layout_of
from tcpladder.fields.expression import CAPTURED, LENGTH, QUOTED, SUM16, TIME, Expression, F, optional, peek
from tcpladder.fields.node import FieldNode
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

# IANA's registry of ICMP types and codes, in Wireshark's words.
_TYPES = {
    0: "Echo (ping) reply", 1: "Reserved", 2: "Reserved", 3: "Destination unreachable",
    4: "Source quench (flow control)", 5: "Redirect", 6: "Alternate host address", 8: "Echo (ping) request",
    9: "Router advertisement", 10: "Router solicitation", 11: "Time-to-live exceeded", 12: "Parameter problem",
    13: "Timestamp request", 14: "Timestamp reply", 15: "Information request", 16: "Information reply",
    17: "Address mask request", 18: "Address mask reply", 19: "Reserved (for security)", 30: "Traceroute",
    31: "Datagram Conversion Error", 32: "Mobile Host Redirect", 33: "IPv6 Where-Are-You", 34: "IPv6 I-Am-Here",
    35: "Mobile Registration Request", 36: "Mobile Registration Reply", 37: "Domain Name Request",
    38: "Domain Name Reply", 39: "SKIP", 40: "Photuris", 41: "Experimental mobility protocols",
    42: "Extended Echo request", 43: "Extended Echo reply",
}
EXTENDED_ECHO_CODES = {0: "No error", 1: "Malformed Query", 2: "No Such Interface", 3: "No Such Table Entry",
                       4: "Multiple Interfaces Satisfy Query"}
_CODES: Mapping[int, Mapping[int, str]] = {
    3: {0: "Network unreachable", 1: "Host unreachable", 2: "Protocol unreachable", 3: "Port unreachable",
        4: "Fragmentation needed", 5: "Source route failed", 6: "Destination network unknown",
        7: "Destination host unknown", 8: "Source host isolated", 9: "Network administratively prohibited",
        10: "Host administratively prohibited", 11: "Network unreachable for TOS", 12: "Host unreachable for TOS",
        13: "Communication administratively filtered", 14: "Host precedence violation",
        15: "Precedence cutoff in effect"},
    5: {0: "Redirect for network", 1: "Redirect for host", 2: "Redirect for TOS and network",
        3: "Redirect for TOS and host"},
    6: {0: "Alternate address for host"},
    9: {0: "Normal router advertisement", 16: "Does not route common traffic"},
    11: {0: "Time to live exceeded in transit", 1: "Fragment reassembly time exceeded"},
    12: {0: "Pointer indicates the error", 1: "Required option missing", 2: "Bad length"},
    40: {0: "Bad SPI", 1: "Authentication failed", 2: "Decompression failed", 3: "Decryption failed",
         4: "Need authentication", 5: "Need authorization"},
    42: EXTENDED_ECHO_CODES,
    43: EXTENDED_ECHO_CODES,
}
CHECKSUM_STATUS = {0: "Bad", 1: "Good", 2: "Unverified"}
_DAY = 86400
_SECOND = 1_000_000_000


def code_name(type_: int, code: int) -> str:
    """What a code means under its type; empty where the type has no codes."""
    codes = _CODES.get(type_)
    return "" if codes is None else codes.get(code, f"Unknown code: {code}")


def _code_line(node: FieldNode) -> str:
    name = code_name(node.scope["icmp.type"], node.value)
    return f"Code: {node.value} ({name})" if name else f"Code: {node.value}"


def _type_line(node: FieldNode) -> str:
    name = _TYPES.get(node.value, "Unknown ICMP (obsolete or malformed?)")
    if node.value == 9 and node.scope.get("icmp.code") in (0, 16):      # the codes of RFC 5944
        name = "Mobile IP Advertisement"
    return f"Type: {node.value} ({name})"


def _right_checksum(node: FieldNode, name: str) -> int:
    """What a checksum should have been, from the sum over the bytes with the wrong one among them."""
    total: int = node.scope[name] + (~node.scope["@sum16"] & 0xffff)
    return (total & 0xffff) + (total >> 16)


def _wrong_checksum(name: str) -> LabelMaker:
    return lambda node: f"Bad checksum [should be 0x{_right_checksum(node, name):04x}]"


def _checksum_line(node: FieldNode) -> str:
    scope = node.scope
    if scope.get("icmp.checksum.status") == 2:
        why = "in ICMP error packet" if "@sum16" in scope else "fragmented datagram"
        return f"Checksum: 0x{node.value:04x} [unverified] [{why}]"
    if scope.get("@sum16") == 0xffff:
        return f"Checksum: 0x{node.value:04x} [correct]"
    return f"Checksum: 0x{node.value:04x} incorrect, should be 0x{_right_checksum(node, 'icmp.checksum'):04x}"


def _extension_checksum_line(node: FieldNode) -> str:
    total = node.scope.get("@sum16", 0xffff)
    return f"Checksum: 0x{node.value:04x}" + (
        " [correct]" if total == 0xffff else
        f" incorrect, should be 0x{_right_checksum(node, 'icmp.ext.checksum'):04x}")


def _days_to_minutes(seconds: int) -> list[str]:
    parts = ((seconds // _DAY, "day"), (seconds % _DAY // 3600, "hour"), (seconds % 3600 // 60, "minute"))
    return [f"{count} {word}{'' if count == 1 else 's'}" for count, word in parts if count]


def _since_midnight(node: FieldNode) -> str:
    seconds, milliseconds = divmod(node.value, 1000)
    parts = [*_days_to_minutes(seconds), f"{seconds % 60}.{milliseconds:03d} seconds"]
    return f"{node.spec.label}: {node.value} ({', '.join(parts)} after midnight UTC)"


def _lifetime_line(node: FieldNode) -> str:
    parts = _days_to_minutes(node.value)
    rest = node.value % 60
    if rest or not parts:
        parts.append(f"{rest} second{'' if rest == 1 else 's'}")
    return f"Lifetime: {node.value} ({', '.join(parts)})"


def _field(name: str, label: str, type_: T, at: int, **more: object) -> FieldSpec:
    return FieldSpec(name=f"icmp.{name}", label=label, type=type_, at=at, **more)  # type: ignore[arg-type]


def _unused(at: int, size: int) -> FieldSpec:
    return _field("unused", "Unused", T.BYTES, at, size=size)


_IDENTIFIER = (
    _field("ident", "Identifier (BE)", T.UINT16, 4, base=Base.DEC_HEX),
    _field("ident_le", "Identifier (LE)", T.UINT16, 4, base=Base.DEC_HEX, little_endian=True),
)
_NUMBERED = (
    *_IDENTIFIER,
    _field("seq", "Sequence Number (BE)", T.UINT16, 6, base=Base.DEC_HEX),
    _field("seq_le", "Sequence Number (LE)", T.UINT16, 6, base=Base.DEC_HEX, little_endian=True),
)


def _plausible(*, little_endian: bool) -> Expression:
    """1 where eight bytes of data are seconds and microseconds less than a day from the time of capture."""
    seconds, fraction = (peek(at, 4, little_endian=little_endian) for at in (8, 12))
    distance = seconds - TIME // _SECOND
    return (distance < _DAY) & (distance > -_DAY) & (fraction < 1_000_000)


def _sent_at(*, little_endian: bool) -> Expression:
    seconds, fraction = (peek(at, 4, little_endian=little_endian) for at in (8, 12))
    return seconds * _SECOND + fraction * 1000


_HAS_TIME_BE = _plausible(little_endian=False)
_HAS_TIME_LE = _plausible(little_endian=True) & _HAS_TIME_BE.equals(0)


def _data_time(when: Expression, *, little_endian: bool) -> tuple[FieldSpec, ...]:
    sent = _sent_at(little_endian=little_endian)
    return (
        _field("data_time", "Timestamp from icmp data", T.ABSOLUTE_TIME, 8, size=8, value=sent, when=when),
        _field("data_time_relative", "Timestamp from icmp data (relative)", T.RELATIVE_TIME, 8, size=8,
               value=TIME - sent, when=when, generated=True),
    )


def answers(prefix: str, reply: str, request: str, time: str, message: LabelMaker) -> tuple[FieldSpec, ...]:
    """What the capture tells of an echo: the frames of reply and request, the time between them, or no reply."""
    return (
        FieldSpec(name=f"{prefix}.resp_in", label=reply, type=T.FRAMENUM, column=True, generated=True),
        FieldSpec(name=f"{prefix}.resp_to", label=request, type=T.FRAMENUM, column=True, generated=True),
        FieldSpec(name=f"{prefix}.resptime", label=time, type=T.DOUBLE, column=True, generated=True,
                  text=lambda node: f"{time}: {node.value:.3f} ms"),
        FieldSpec(name=f"{prefix}.no_resp", label="No response seen", type=T.NONE, column=True, generated=True,
                  children=(
            Expert(name=f"{prefix}.resp_not_found", message="Response not found", severity="Warning",
                   group="Sequence", text=message),)),
    )


_ECHO = (
    *_NUMBERED,
    *answers("icmp", "Response frame", "Request frame", "Response time",
             lambda node: "No response seen to ICMP request"),
    *_data_time(_HAS_TIME_BE, little_endian=False), *_data_time(_HAS_TIME_LE, little_endian=True),
)
_TIMESTAMPS = (*_NUMBERED, *(
    _field(f"{name.lower()}_timestamp", f"{name} Timestamp", T.UINT32, at, text=_since_midnight)
    for name, at in (("Originate", 8), ("Receive", 12), ("Transmit", 16))))
_MASK = (*_NUMBERED, _field("address_mask", "Address Mask", T.IPV4, 8))

# RFC 4884: how many 32-bit words of the quoted packet come before the extensions.
_WORDS = peek(5)
_QUOTED_LENGTH = (
    _field("length", "Length", T.UINT8, 5),
    _field("length.original_datagram", "Length of original datagram", T.UINT8, 5, size=1,
           value=F("icmp.length") * 4, generated=True),
)


def _error(first: Element | None, last: FieldSpec | None) -> tuple[Element, ...]:
    """The second word of an error: its first byte or two, the length if there is one, its last two bytes."""
    end = last or _unused(6, 2)
    if last is not None:
        plain: tuple[Element, ...] = (_unused(4, 2), last)
    elif first is not None:
        plain = (first, _unused(5, 3))
    else:
        plain = (_unused(4, 4),)
    return (Choice(by=_WORDS, cases={0: plain}, default=(first or _unused(4, 1), *_QUOTED_LENGTH, end)),)


_MTU = _field("mtu", "MTU of next hop", T.UINT16, 6)
_UNREACHABLE = (Choice(by=F("icmp.code"), cases={4: _error(None, _MTU)}, default=_error(None, None)),)
_ROUTER_ADVERTISEMENT = (
    _field("num_addrs", "Number of addresses", T.UINT8, 4),
    _field("addr_entry_size", "Address entry size", T.UINT8, 5),
    _field("lifetime", "Lifetime", T.UINT16, 6, text=_lifetime_line),
    Repeat(at=8, stride=8, count=F("icmp.num_addrs") * F("icmp.addr_entry_size").equals(2), elements=(
        FieldSpec(name="icmp.router_address", label="Router address", type=T.IPV4),
        FieldSpec(name="icmp.pref_level", label="Preference level", type=T.INT32),
    )),
)

_FAMILIES = {1: "IPv4", 2: "IPv6", 16389: "48-bit MAC Address"}
_CLASSES = {1: "MPLS Label Stack Class", 2: "Interface Information Object", 3: "Interface Identification Object"}
_IDENTIFIED_BY = {1: "Identifies Interface By Name", 2: "Identifies Interface By Index",
                  3: "Identifies Interface By Address"}
_ROLES = {0: "IP interface upon which datagram arrived", 1: "sub-IP component of an IP interface",
          2: "IP interface through which datagram would have been forwarded",
          3: "IP next-hop to which datagram would be forwarded"}
_PRESENT: Words = {"true": "Present", "false": "Not Present"}
_NEIGHBOUR_STATES = {0: "Reserved", 1: "Incomplete", 2: "Reachable", 3: "Stale", 4: "Delay", 5: "Probe", 6: "Failed"}


def _object(*body: Element, label: str | LabelMaker, ctype: FieldSpec | None = None) -> FieldSpec:
    """An object of the extensions: a heading over its length, class, type and what these say."""
    kind = ctype or FieldSpec(name="icmp.ext.ctype", label="C-Type", type=T.UINT8)
    return FieldSpec(name="", label="Object", text=label, type=T.NONE, region=True, size=REST, children=(
        FieldSpec(name="icmp.ext.length", label="Length", type=T.UINT16),
        FieldSpec(name="icmp.ext.class", label="Class", type=T.UINT8, names=_CLASSES),
        kind, *body))


def _unknown_line(node: FieldNode) -> str:
    scope = node.scope
    line = f"Unknown object ({scope.get('icmp.ext.class', 0)}/{scope.get('icmp.ext.ctype', 0)})"
    return line + (" (truncated)" if scope.get("icmp.ext.length", 0) > node.size else "")


def _ctype_line(node: FieldNode) -> str:
    words = [_ROLES[node.value >> 6], *(word for bit, word in (
        (8, "ifIndex"), (4, "IP Address"), (2, "Interface Name"), (1, "MTU")) if node.value & bit)]
    return f"C-Type: {node.value}, Interface Role: {', '.join(words)}"


def _flag(name: str, label: str, bit: int, count: int = 1, **more: object) -> FieldSpec:
    kind = T.BOOLEAN if count == 1 else T.UINT8
    return FieldSpec(name=f"icmp.{name}", label=label, type=kind, bits=(bit, count), **more)  # type: ignore[arg-type]


_UNKNOWN_OBJECT = _object(
    FieldSpec(name="icmp.ext.data", label="Data", type=T.BYTES, at=4, size=REST, when=LENGTH > 4),
    label=_unknown_line)

# RFC 4950.
_MPLS_ENTRY = FieldSpec(
    name="", label="Label stack entry", type=T.NONE, size=4, region=True,
    text="Label: {icmp.mpls.label}, Exp: {icmp.mpls.exp}, S: {icmp.mpls.s}, TTL: {icmp.mpls.ttl}", children=(
        _field("mpls.label", "Label", T.UINT24, 0, size=3, bits=(0, 20), whole_item=True),
        _field("mpls.exp", "Experimental", T.UINT24, 0, size=3, bits=(20, 3), picture=(0, 24)),
        _field("mpls.s", "Stack bit", T.BOOLEAN, 0, size=3, bits=(23, 1), picture=(0, 24), **SET),
        _field("mpls.ttl", "Time to live", T.UINT8, 3),
    ))
_MPLS_OBJECT = _object(
    Choice(by=F("icmp.ext.ctype"), cases={1: (
        Repeat(at=4, stride=4, elements=(_MPLS_ENTRY,)),
        FieldSpec(name="icmp.mpls.data", label="Data", type=T.BYTES, at=LENGTH - LENGTH % 4, size=REST,
                  when=LENGTH % 4),
    )}, default=(
        FieldSpec(name="icmp.ext.data", label="Data", type=T.BYTES, at=4, size=REST, when=LENGTH > 4),)),
    label=lambda node: "MPLS Stack Entry" if node.scope.get("icmp.ext.ctype") == 1 else _unknown_line(node))

# RFC 5837.
_HAS_INDEX, _HAS_ADDRESS = F("icmp.int_info.ifindex"), F("icmp.int_info.ipaddr")
_HAS_NAME, _HAS_MTU = F("icmp.int_info.name_present"), F("icmp.int_info.mtu_present")
_ADDRESS_AT = _HAS_INDEX * 4 + 4
_NAME_AT = _ADDRESS_AT + _HAS_ADDRESS * 4 + optional("icmp.int_info.afi", 0).among(1) * 4 + optional(
    "icmp.int_info.afi", 0).among(2) * 16
_NAME_LENGTH = optional("icmp.int_info.name_length", 0)
_INFORMATION_OBJECT = _object(
    FieldSpec(name="icmp.int_info.index", label="Interface Index", type=T.UINT32, at=4, when=_HAS_INDEX),
    FieldSpec(name="", label="IP Address Sub-Object", type=T.NONE, when=_HAS_ADDRESS, children=(
        FieldSpec(name="icmp.int_info.afi", label="Address Family Identifier", type=T.UINT16, at=_ADDRESS_AT),
        FieldSpec(name="icmp.reserved", label="Reserved", type=T.BYTES, at=_ADDRESS_AT + 2, size=2),
        FieldSpec(name="icmp.int_info.ipv4", label="Source", type=T.IPV4, at=_ADDRESS_AT + 4,
                  when=F("icmp.int_info.afi").equals(1)),
        FieldSpec(name="icmp.int_info.ipv6", label="Source", type=T.IPV6, at=_ADDRESS_AT + 4,
                  when=F("icmp.int_info.afi").equals(2)),
    )),
    FieldSpec(name="", label="Interface Name Sub-Object", type=T.NONE, when=_HAS_NAME, children=(
        FieldSpec(name="icmp.int_info.name_length", label="Name Length", type=T.UINT8, at=_NAME_AT),
        FieldSpec(name="icmp.int_info.name", label="Name", type=T.STRING, at=_NAME_AT + 1, size=_NAME_LENGTH - 1),
    )),
    FieldSpec(name="icmp.int_info.mtu", label="Maximum Transmission Unit", type=T.UINT32, at=_NAME_AT + _NAME_LENGTH,
              when=_HAS_MTU),
    label="Interface Information Object",
    ctype=FieldSpec(name="icmp.ext.ctype", label="C-Type", type=T.UINT8, text=_ctype_line, children=(
        _flag("int_info.role", "Interface Role", 0, 2, names=_ROLES),
        _flag("int_info.reserved", "Reserved", 2, 2),
        _flag("int_info.ifindex", "ifIndex", 4),
        _flag("int_info.ipaddr", "IP Address", 5, **_PRESENT),
        _flag("int_info.name_present", "Interface Name", 6, **_PRESENT),
        _flag("int_info.mtu_present", "MTU", 7, **_PRESENT),
    )))

# RFC 8335, section 2.1.
_IDENTIFICATION_OBJECT = _object(
    Choice(by=F("icmp.ext.ctype"), cases={
        1: (_field("int_ident.name", "Name", T.STRING, 4, size=REST),),
        2: (_field("int_ident.index", "Interface Index", T.UINT32, 4),),
        3: (
            _field("int_ident.afi", "Address Family Identifier", T.UINT16, 4, names=_FAMILIES),
            _field("int_ident.addr_length", "Address Length", T.UINT8, 6),
            _field("int_ident.reserved", "Reserved", T.BYTES, 7, size=1),
            Choice(by=F("icmp.int_ident.afi"), cases={
                1: (_field("int_ident.ipv4", "Address", T.IPV4, 8),),
                2: (_field("int_ident.ipv6", "Address", T.IPV6, 8),),
            }, default=(_field("int_ident.address", "Address", T.BYTES, 8, size=REST),)),
        ),
    }),
    label="Interface Identification Object",
    ctype=FieldSpec(name="icmp.ext.ctype", label="C-Type", type=T.UINT8, text=lambda node: (
        f"C-Type: {node.value} ({_IDENTIFIED_BY.get(node.value, 'Unknown')})")),
)

_OBJECTS = Records(kind_at=2, length_at=0, length_size=2, shortest=4, clipped=True, default=_UNKNOWN_OBJECT,
                   cases={1: _MPLS_OBJECT, 2: _INFORMATION_OBJECT, 3: _IDENTIFICATION_OBJECT})
_ALL_CAPTURED = CAPTURED.equals(LENGTH)


def extensions(at: Expression | int, when: Expression | None = None) -> FieldSpec:
    """The extension structure (RFC 4884, section 7) from at to the end."""
    return FieldSpec(
        name="icmp.ext", label="ICMP Multi-Part Extensions", type=T.NONE, at=at, region=True, size=REST, when=when,
        text=lambda node: node.spec.label + (
            "" if node.scope.get("icmp.ext.version", 2) in (1, 2) else " (unsupported version)"),
        children=(
            FieldSpec(name="icmp.ext.version", label="Version", type=T.UINT8, at=0, size=1, bits=(0, 4),
                      no_picture=True),
            FieldSpec(name="icmp.ext.res", label="Reserved", type=T.UINT16, at=0, size=2, bits=(4, 12),
                      base=Base.HEX, whole_item=True, text=lambda node: f"Reserved: 0x{node.value:03x}"),
            Choice(by=_ALL_CAPTURED, cases={1: (
                FieldSpec(name="icmp.ext.checksum", label="Checksum", type=T.UINT16, at=2, base=Base.HEX,
                          text=_extension_checksum_line, children=(
                    Expert(name="icmp.ext.checksum_bad", message="Bad checksum", severity="Warning",
                           group="Checksum", when=SUM16.differs(0xffff),
                           text=_wrong_checksum("icmp.ext.checksum")),
                )),
                FieldSpec(name="icmp.ext.checksum.status", label="Checksum Status", type=T.UINT8, at=2, size=0,
                          value=SUM16.equals(0xffff), generated=True, base=Base.NONE,
                          names=CHECKSUM_STATUS),
                Choice(by=F("icmp.ext.version"), cases={1: (_OBJECTS,), 2: (_OBJECTS,)}),
            )}),
        ))


def extended_echo_bits(prefix: str) -> tuple[tuple[FieldSpec, ...], tuple[FieldSpec, ...]]:
    """The last byte of the header of an extended echo (RFC 8335): of a request, and of a reply."""
    def bits(name: str, label: str, first: int, count: int = 1, **more: object) -> FieldSpec:
        return FieldSpec(name=f"{prefix}.ext.echo.{name}", label=label, type=T.BOOLEAN if count == 1 else T.UINT8,
                         at=7, size=1, bits=(first, count), **more)  # type: ignore[arg-type]

    return (
        bits("req.res", "Reserved", 0, 7, base=Base.HEX),
        bits("req.local", "Local bit", 7, **SET),
    ), (
        bits("rsp.state", "State", 0, 3, names=_NEIGHBOUR_STATES),
        bits("rsp.res", "Reserved", 3, 2, base=Base.HEX, text=lambda node: f"Reserved: 0x{node.value:x}"),
        bits("rsp.active", "Active bit", 5, **SET),
        bits("rsp.ipv4", "IPv4 bit", 6, **SET),
        bits("rsp.ipv6", "IPv6 bit", 7, **SET),
    )


_PROBE = (*_IDENTIFIER,
          FieldSpec(name="icmp.ext.echo.seq", label="Sequence Number", type=T.UINT8, at=6, base=Base.DEC_HEX))
_REQUEST_BITS, _REPLY_BITS = extended_echo_bits("icmp")
_EXTENDED_REQUEST = (*_PROBE, *_REQUEST_BITS, extensions(8, LENGTH > 8))
_EXTENDED_REPLY = (*_PROBE, *_REPLY_BITS)

_TYPE = F("icmp.type")
_IS_ERROR = _TYPE.among(3, 4, 5, 11, 12)
# Extensions lie behind a quoted packet of 128 bytes at most; the length may put them elsewhere (RFC 4884, section 5).
_QUOTE_ENDS = optional("icmp.length.original_datagram", 128) + 8
_EXTENDED = _IS_ERROR & (LENGTH > 136) & (peek(10, 2) <= 128) & (_QUOTE_ENDS < LENGTH)
_UNVERIFIED = (optional("@sum16", -1) < 0) | QUOTED.equals(1) | optional("ip.flags.mf", 0).equals(1)

ICMP = ProtocolSpec(
    name="icmp", label="Internet Control Message Protocol", layout=layout_of(dpkt.icmp.ICMP),
    header_length=optional("icmp.data_time", 0).differs(0) * 8 + 8,
    total_length=LENGTH - _EXTENDED * (LENGTH - _QUOTE_ENDS),
    nests_payload=True, quotes=True, default_next="",
    elements=(
        FieldSpec(name="icmp.type", label="Type", type=T.UINT8, item="type", text=_type_line),
        FieldSpec(name="icmp.quoted", label="Quoted", type=T.BOOLEAN, value=QUOTED, in_tree=False),
        FieldSpec(name="icmp.code", label="Code", type=T.UINT8, item="code", text=_code_line),
        FieldSpec(name="icmp.checksum", label="Checksum", type=T.UINT16, item="sum", base=Base.HEX,
                  text=_checksum_line, children=(
            Expert(name="icmp.checksum_bad", message="Bad checksum", severity="Warning", group="Checksum",
                   when=_UNVERIFIED.equals(0) & optional("@sum16", -1).differs(0xffff),
                   text=_wrong_checksum("icmp.checksum")),
        )),
        FieldSpec(name="icmp.checksum.status", label="Checksum Status", type=T.UINT8, at=2, size=0, generated=True,
                  base=Base.NONE, names=CHECKSUM_STATUS,
                  value=_UNVERIFIED * 2 + _UNVERIFIED.equals(0) * optional("@sum16", -1).equals(0xffff)),
        Choice(by=_TYPE, cases={
            0: _ECHO, 8: _ECHO,
            3: _UNREACHABLE, 11: _error(None, None), 12: _error(_field("pointer", "Pointer", T.UINT8, 4), None),
            5: (_field("redir_gw", "Gateway Address", T.IPV4, 4),),
            9: _ROUTER_ADVERTISEMENT,
            13: _TIMESTAMPS, 14: _TIMESTAMPS, 15: _NUMBERED, 16: _NUMBERED, 17: _MASK, 18: _MASK,
            42: _EXTENDED_REQUEST, 43: _EXTENDED_REPLY,
        }),
    ),
    next=((_TYPE, {0: "data", 8: "data", **dict.fromkeys((3, 4, 5, 11, 12), "ip_either")}),),
    trailer=(extensions(0),),
)
