"""IPv4's options: IANA's registry of IP option numbers, and the RFCs named at each."""

from typing import Any

from tcpladder.fields.expression import LENGTH, TURN, Constant, Expression, F, peek
from tcpladder.fields.node import FieldNode
from tcpladder.fields.spec import REST, Base, Choice, Element, Expert, FieldSpec, LabelMaker, Records, Repeat, Words
from tcpladder.fields.types import FieldType as T

_CLASSES = {0: "Control", 1: "Reserved for future use", 2: "Debugging and measurement", 3: "Reserved for future use"}
_NUMBERS = {
    0: "End of Option List (EOL)", 1: "No-Operation (NOP)", 2: "Security", 3: "Loose source route", 4: "Time stamp",
    5: "Extended security", 6: "Commercial IP security option", 7: "Record route", 8: "Stream identifier",
    9: "Strict source route", 11: "MTU probe", 12: "MTU reply", 18: "Traceroute", 20: "Router Alert",
    21: "Selective Directed Broadcast", 25: "Quick-Start",
}
_TYPE = FieldSpec(name="ip.opt.type", label="Type", type=T.UINT8, children=(
    FieldSpec(name="ip.opt.type.copy", label="Copy on fragmentation", type=T.BOOLEAN, bits=(0, 1), true="Yes",
              false="No"),
    FieldSpec(name="ip.opt.type.class", label="Class", type=T.UINT8, bits=(1, 2), names=_CLASSES),
    FieldSpec(name="ip.opt.type.number", label="Number", type=T.UINT8, bits=(3, 5), names=_NUMBERS),
))
_WORDS = {
    0: "End of Options List (EOL)", 1: "No-Operation (NOP)", 7: "Record Route", 11: "MTU Probe", 12: "MTU Reply",
    25: "Quick-Start", 68: "Time Stamp", 82: "Traceroute", 130: "Security", 131: "Loose Source Route",
    133: "Extended Security", 134: "Commercial Security", 136: "Stream ID", 137: "Strict Source Route",
    148: "Router Alert", 149: "Selective Directed Broadcast",
}


def option_words(kind: int) -> str:
    """What an option is called."""
    return _WORDS.get(kind, f"Unknown (0x{kind:02x})")


def _bytes(count: int) -> str:
    return f"{count} byte{'' if count == 1 else 's'}"


def _line(node: FieldNode) -> str:
    kind = node.data[0]
    line = f"{option_words(kind)} ({_bytes(node.size)})" if kind > 1 else option_words(kind)
    return f"IP Option - {line}" if node.name else line


def wrong_length_line(name: str, node: FieldNode) -> str:
    """What is said of the first two bytes of an option whose length cannot be right."""
    if len(node.data) < 2:
        return f"{name} (length byte past end of options)"
    if node.data[1] < 2:
        return f"{name} (with too-short option length = {_bytes(node.data[1])})"
    return f"{name} (option length = {_bytes(node.data[1])} says option goes past end of options)"


def _wrong_length(node: FieldNode) -> str:
    return wrong_length_line(option_words(node.data[0]), node)


def _invalid(message: str, when: Expression) -> Expert:
    return Expert(name="ip.opt.len.invalid", message=message, severity="Warning", group="Protocol", when=when)


def _router_alert(value: int) -> str:
    return f"{'Reserved' if value else 'Router shall examine packet'} ({value})"


def _router_alert_line(node: FieldNode) -> str:
    return f"{_line(node)}: {_router_alert(node.scope['ip.opt.ra'])}" if "ip.opt.ra" in node.scope else _line(node)


def _option(name: str, *body: Element, words: str, length: int | None = None,
            text: LabelMaker = _line) -> FieldSpec:
    """An option's structure. With a length, a remark where the option has another."""
    remark: tuple[Expert, ...] = ()
    if length is not None:
        remark = (_invalid(f"{words} (with option length = {{ip.opt.len}} bytes; should be {length})",
                           LENGTH.differs(length)),)
    return FieldSpec(
        name=f"ip.options.{name}", label=f"IP Option - {words}", type=T.BYTES, region=True, size=REST,
        text=text, children=(
            _TYPE, FieldSpec(name="ip.opt.len", label="Length", type=T.UINT8, children=remark), *body))


def _single(name: str) -> FieldSpec:
    return FieldSpec(name=f"ip.options.{name}", label=name, type=T.BYTES, region=True, size=REST, text=_line,
                     children=(_TYPE,))


def _field(name: str, label: str, type_: T, at: int | Expression | None = None, **more: Any) -> FieldSpec:
    return FieldSpec(name=f"ip.{name}", label=label, type=type_, at=at, **more)


def _hop(name: str, label: str, when: Expression) -> tuple[FieldSpec, ...]:
    return (_field(name, label, T.IPV4, 0, when=when),
            FieldSpec(name=f"ip.{name}_host", label=f"{label} Host", type=T.STRING, at=0, size=4, shown_as=T.IPV4,
                      hidden=True, when=when))


_POINTER = F("ip.opt.ptr")
_LEFT_OVER = Expert(name="ip.subopt_too_long", message="Suboption would go past end of option", severity="Warning",
                    group="Protocol", when=(LENGTH - 3) % 4)


def _route(name: str, words: str, ahead: str, ahead_label: str) -> FieldSpec:
    """A list of addresses: those before the pointer were visited (RFC 791, section 3.1)."""
    is_visited = TURN * 4 + 4 < _POINTER
    in_place = (_POINTER >= 4) & (_POINTER % 4).equals(0)
    return _option(
        name,
        _field("opt.ptr", "Pointer", T.UINT8, 2, children=(
            Expert(name="ip.opt.ptr.before_address", message="Pointer points before first address",
                   severity="Warning", group="Protocol", when=_POINTER < 4),
            Expert(name="ip.opt.ptr.middle_address", message="Pointer points to middle of address",
                   severity="Warning", group="Protocol", when=(_POINTER >= 4) & (_POINTER % 4).differs(0)),
            _LEFT_OVER,
        )),
        Repeat(at=3, stride=4, count=(LENGTH - 3) // 4 * in_place, elements=(
            *_hop("rec_rt", "Recorded Route", is_visited), *_hop(ahead, ahead_label, is_visited.equals(0)))),
        words=words)


# RFC 791, section 3.1.
_TIME_STAMP_FLAGS = {0: "Time stamps only", 1: "Time stamp and address", 3: "Time stamps for prespecified addresses"}
_WITH_ADDRESSES = F("ip.opt.flag").among(1, 3)
_ROOM = (LENGTH - 4).at_least(0)
_LEFT = _ROOM % (_WITH_ADDRESSES * 4 + 4)
_TIME_STAMP = _field("opt.time_stamp", "Time stamp", T.UINT32)
_TIME_STAMPS = _option(
    "timestamp",
    _field("opt.ptr", "Pointer", T.UINT8, 2),
    _field("opt.overflow", "Overflow", T.UINT8, 3, bits=(0, 4)),
    _field("opt.flag", "Flag", T.UINT8, 3, bits=(4, 4), base=Base.HEX,
           text=lambda node: f"Flag: {_TIME_STAMP_FLAGS.get(node.value, 'Unknown')} (0x{node.value:x})"),
    Repeat(at=4, stride=8, count=_ROOM // 8 * _WITH_ADDRESSES, elements=(
        _field("opt.time_stamp_addr", "Address", T.IPV4), _TIME_STAMP)),
    Repeat(at=4, stride=4, count=_ROOM // 4 * _WITH_ADDRESSES.equals(0), elements=(_TIME_STAMP,)),
    FieldSpec(name="", label="Suboption would go past end of option", type=T.NONE, at=LENGTH - _LEFT, size=_LEFT,
              when=_LEFT, children=(
        Expert(name="ip.subopt_too_long", message="Suboption would go past end of option", severity="Warning",
               group="Protocol", when=Constant(1)),)),
    words="Time Stamp")

# RFC 791 and its successor RFC 1108 share a number; eleven bytes with a level of the first are of the first.
_LEVELS_791 = {0: "Unclassified", 0xf135: "Confidential", 0x789a: "EFTO", 0xbc4d: "MMMM", 0x5e26: "PROG",
               0xaf13: "Restricted", 0xd788: "Secret", 0x6bc5: "Top Secret"}
_LEVELS_1108 = {0x01: "Reserved 4", 0x3d: "Top Secret", 0x5a: "Secret", 0x96: "Confidential", 0x66: "Reserved 3",
                0xcc: "Reserved 2", 0xab: "Unclassified", 0xf1: "Reserved 1"}
_RULES: Words = {"true": "Datagram protected in accordance with its rules",
          "false": "Datagram not protected in accordance with its rules"}
_AUTHORITIES = (("genser", "GENSER"), ("siop_esi", "SIOP-ESI"), ("sci", "SCI"), ("nsa", "NSA"), ("doe", "DOE"))
_MORE: Words = {"true": "Additional octet present", "false": "Final octet"}


def _authorities_line(node: FieldNode) -> str:
    words = [label for place, (_name, label) in enumerate(_AUTHORITIES) if node.value >> (7 - place) & 1]
    if node.value & 1:
        words.append("Field Termination Indicator")
    return ", ".join([f"Protection Authority Flags: 0x{node.value:02x}", *words])


def _end_flag() -> FieldSpec:
    return _field("opt.sec_prot_auth_fti", "Field Termination Indicator", T.BOOLEAN, bits=(7, 1), **_MORE)


_FIRST_AUTHORITIES = _field(
    "opt.sec_prot_auth_flags", "Protection Authority Flags", T.UINT8, 3, base=Base.HEX, when=LENGTH > 3,
    text=_authorities_line, children=(
        *(_field(f"opt.sec_prot_auth_{name}", label, T.BOOLEAN, bits=(place, 1), **_RULES)
          for place, (name, label) in enumerate(_AUTHORITIES)),
        _field("opt.sec_prot_auth_unassigned", "Unassigned", T.UINT8, bits=(5, 2), base=Base.HEX),
        _end_flag()))
_NEXT_AUTHORITIES = _field(
    "opt.sec_prot_auth_flags", "Protection Authority Flags", T.UINT8, 4, base=Base.HEX,
    when=(LENGTH > 4) & (peek(3) & 1), children=(
        _field("opt.sec_prot_auth_unassigned", "Unassigned", T.UINT8, bits=(0, 7), base=Base.HEX), _end_flag()))
_SECURITY = _option(
    "security",
    Choice(by=LENGTH.equals(11) & peek(2, 2).among(*_LEVELS_791), cases={1: (
        _field("opt.sec_rfc791_sec", "Security", T.UINT16, 2, base=Base.HEX, names=_LEVELS_791),
        _field("opt.sec_rfc791_comp", "Compartments", T.UINT16, 4),
        _field("opt.sec_rfc791_hr", "Handling Restrictions", T.STRING, 6, size=2),
        _field("opt.sec_rfc791_tcc", "Transmission Control Code", T.STRING, 8, size=3),
    )}, default=(
        _field("opt.sec_cl", "Classification Level", T.UINT8, 2, base=Base.HEX, names=_LEVELS_1108),
        _FIRST_AUTHORITIES, _NEXT_AUTHORITIES,
    )),
    words="Security")

# RFC 4782.
_IS_REQUEST, _IS_REPORT = F("ip.opt.qs_func").equals(0), F("ip.opt.qs_func").equals(8)
_QUICK_START = _option(
    "qs",
    _field("opt.qs_func", "Function", T.UINT8, 2, bits=(0, 4), names={0: "Rate request", 8: "Rate report"}),
    _field("opt.qs_rate", "Rate", T.UINT8, 2, bits=(4, 4), when=_IS_REQUEST | _IS_REPORT,
           text=lambda node: f"Rate: {quick_start_rate(node.value)} ({node.value})"),
    _field("opt.qs_ttl", "QS TTL", T.UINT8, 3, when=_IS_REQUEST),
    _field("opt.qs_ttl_diff", "TTL Diff", T.UINT8, 3, size=1, value=(F("ip.ttl") - F("ip.opt.qs_ttl")) % 256,
           when=_IS_REQUEST, generated=True),
    _field("opt.qs_unused", "Not Used", T.UINT8, 3, when=_IS_REPORT),
    _field("opt.qs_nonce", "QS Nonce", T.UINT32, 4, bits=(0, 30), base=Base.HEX, when=_IS_REQUEST | _IS_REPORT),
    _field("opt.qs_reserved", "Reserved", T.UINT32, 4, bits=(30, 2), picture=(0, 32), whole_item=True, base=Base.HEX,
           when=_IS_REQUEST | _IS_REPORT),
    length=8, words="Quick-Start")


def quick_start_rate(number: int) -> str:
    """RFC 4782, section 3.1: 40,000 bit/s doubled as often as the number says."""
    if number == 0:
        return "0 bit/s"
    bits = 40_000 << number
    for unit, size in (("Gbit/s", 10 ** 9), ("Mbit/s", 10 ** 6)):
        if bits >= size:
            return f"{bits / size:.6g} {unit}"
    return f"{bits / 1000:.6g} kbit/s"


IP_OPTIONS = Records(
    cases={
        0: _single("eol"),
        1: _single("nop"),
        7: _route("record_route", "Record Route", "empty_rt", "Empty Route"),
        11: _option("mtu_probe", _field("opt.mtu", "MTU", T.UINT16, 2), length=4, words="MTU Probe"),
        12: _option("mtu_reply", _field("opt.mtu", "MTU", T.UINT16, 2), length=4, words="MTU Reply"),
        25: _QUICK_START,
        68: _TIME_STAMPS,
        82: _option("traceroute",
                    _field("opt.id_number", "ID Number", T.UINT16, 2),
                    _field("opt.ohc", "Outbound Hop Count", T.UINT16, 4),
                    _field("opt.rhc", "Return Hop Count", T.UINT16, 6),
                    _field("opt.originator", "Originator IP Address", T.IPV4, 8), length=12, words="Traceroute"),
        130: _SECURITY,
        131: _route("route", "Loose Source Route", "src_rt", "Source Route"),
        133: _option("ext_security",
                     _field("opt.ext_sec_add_sec_info_format_code", "Additional Security Info Format Code", T.UINT8, 2,
                            base=Base.HEX),
                     _field("opt.ext_sec_add_sec_info", "Additional Security Info", T.BYTES, 3, size=REST,
                            when=LENGTH > 3), words="Extended Security"),
        134: _option("cipso",
                     _field("cipso.doi", "DOI", T.UINT32, 2),
                     _field("cipso.tag_type", "Tag Type", T.UINT8, 6, when=LENGTH > 6, names={
                         1: "Restrictive Category Bitmap", 2: "Enumerated Categories", 5: "Ranged Categories"}),
                     _field("cipso.sensitivity_level", "Sensitivity Level", T.UINT8, 9,
                            when=(LENGTH > 9) & F("ip.cipso.tag_type").among(1, 2, 5)),
                     words="Commercial Security"),
        136: _option("sid", _field("opt.sid", "Stream Identifier", T.UINT16, 2), length=4, words="Stream ID"),
        137: _route("source_route", "Strict Source Route", "src_rt", "Source Route"),
        148: _option("routeralert",
                     _field("opt.ra", "Router Alert", T.UINT16, 2,
                            text=lambda node: f"Router Alert: {_router_alert(node.value)}"),
                     length=4, words="Router Alert", text=_router_alert_line),
        149: _option("sdb",
                     Repeat(at=2, stride=4, elements=(_field("opt.addr", "IP Address", T.IPV4),)),
                     _field("opt.padding", "Padding", T.BYTES, LENGTH - (LENGTH - 2) % 4, size=REST,
                            when=(LENGTH - 2) % 4), words="Selective Directed Broadcast"),
    },
    default=FieldSpec(name="", label="Unknown", type=T.NONE, region=True, size=REST, text=_line),
    single=frozenset({0, 1}), last=frozenset({0}),
    wrong=FieldSpec(name="", label="Option", type=T.NONE, region=True, size=REST, text=_wrong_length, children=(
        Expert(name="ip.opt.len.invalid", message="Invalid length for option", severity="Warning", group="Protocol",
               when=Constant(1), text=_wrong_length),)),
)
