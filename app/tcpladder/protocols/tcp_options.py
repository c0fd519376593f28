"""TCP's options: IANA's registry of TCP option kinds, and the RFCs named at each."""

from dataclasses import replace

from tcpladder.fields.expression import LENGTH, Constant, Expression, F, known, peek, together
from tcpladder.fields.node import FieldNode
from tcpladder.fields.show import filled
from tcpladder.fields.spec import REST, SET, Base, Choice, Element, Expert, FieldSpec, Records, Repeat, Stop
from tcpladder.fields.types import FieldType as T
from tcpladder.protocols.ipv4_options import quick_start_rate, wrong_length_line
from tcpladder.protocols.tcp_analysis import COOKIE_SENT
from tcpladder.texts import N_

_KINDS = {
    0: "End of Option List", 1: "No-Operation", 2: "Maximum Segment Size", 3: "Window Scale", 4: "SACK Permitted",
    5: "SACK", 6: "Echo", 7: "Echo Reply", 8: "Time Stamp Option", 9: "Partial Order Connection Permitted",
    10: "Partial Order Service Profile", 11: "CC", 12: "CC.NEW", 13: "CC.ECHO", 14: "TCP Alternate Checksum Request",
    15: "TCP Alternate Checksum Data", 16: "Skeeter", 17: "Bubba", 18: "Trailer Checksum Option",
    19: "MD5 Signature Option", 20: "SCPS Capabilities", 21: "Selective Negative Acknowledgements",
    22: "Record Boundaries", 23: "Corruption Experienced", 24: "SNAP", 26: "TCP Compression Filter",
    27: "Quick-Start Response", 28: "User Timeout Option", 29: "The TCP Authentication Option",
    30: "Multipath TCP", 34: "TCP Fast Open Cookie", 69: "TCP Encryption Negotiation", 76: "Riverbed Probe",
    78: "Riverbed Transparency", 172: "Accurate ECN Order 0", 174: "Accurate ECN Order 1",
    253: "RFC3692-style Experiment 1", 254: "RFC3692-style Experiment 2",
}
_KIND = FieldSpec(name="tcp.option_kind", label="Kind", type=T.UINT8, names=_KINDS)
_LENGTH = FieldSpec(name="tcp.option_len", label="Length", type=T.UINT8)


def _field(name: str, label: str, type_: T, **more: object) -> FieldSpec:
    return FieldSpec(name=f"tcp.options.{name}", label=label, type=type_, **more)  # type: ignore[arg-type]


def _named(name: str, label: str, prefix: str, *body: Element, text: str | None = None, single: bool = False,
           length: int | None = None) -> FieldSpec:
    """An option's structure. With a length, a body only where the option has that length, else a remark."""
    if length is not None:
        wrong = Expert(name="tcp.option.len.invalid", severity="Note", group="Sequence", when=Constant(1),
                       message=f"option length should be {length}")
        body = (Choice(by=LENGTH, cases={length: body}, default=(wrong,)),)

    def line(node: FieldNode) -> str:
        return prefix + (filled(text, node.scope) if text and (length is None or node.size == length) else label)

    return FieldSpec(name=name, label=prefix + label, type=T.BYTES, region=True, size=REST,
                     text=line if text else prefix + label,
                     children=(_KIND, *body) if single else (_KIND, _LENGTH, *body))


def _option(name: str, label: str, *body: Element, text: str | None = None, single: bool = False,
            length: int | None = None) -> FieldSpec:
    return _named(f"tcp.options.{name}", label, "TCP Option - ", *body, text=text, single=single, length=length)


def _flag(name: str, label: str, bit: int, count: int = 1, **more: object) -> FieldSpec:
    return _field(name, label, T.UINT8, bits=(bit, count), **more)


def _edge(name: str, label: str, words: str, place: int) -> tuple[FieldSpec, ...]:
    """A block's edge, relative to the initial number that tcp.ack counts from, where that is known."""
    relative = (peek(place, 4) - F("tcp.ack_raw") + F("tcp.ack")) & 0xffffffff
    return (
        _field(f"{name}_raw", label, T.UINT32, at=place, in_tree=False),
        _field(name, label, T.UINT32, at=place, size=4, value=relative, when=known("tcp.ack"),
               text=f"{words} = {{value}} (relative)"),
        _field(name, label, T.UINT32, at=place, when=known("tcp.ack").equals(0), text=f"{words} = {{value}}"),
    )


def _duplicate_edges() -> tuple[Element, ...]:
    """The first block again where it tells of a duplicate (RFC 2883): it lies below the acknowledged number."""
    left, acked = peek(2, 4), F("tcp.ack_raw")
    below = (acked - left) & 0xffffffff
    duplicate = (below > 0) & (below < 1 << 31) & known("tcp.ack")

    def edge(name: str, label: str, place: int) -> FieldSpec:
        return _field(name, label, T.UINT32, at=place, size=4, when=(place + 4 <= LENGTH) & duplicate,
                      value=(peek(place, 4) - acked + F("tcp.ack")) & 0xffffffff,
                      text="{label} = {value} (relative)")

    return (edge("sack.dsack_le", "D-SACK Left Edge", 2), edge("sack.dsack_re", "D-SACK Right Edge", 6),
            Expert(name="tcp.options.sack.dsack", severity="Warning", group="Sequence", message="D-SACK Sequence",
                   when=(LENGTH >= 10) & duplicate))


def _blocks_line(node: FieldNode) -> str:
    edges = {name: [child.value for child in node.children if child.name == f"tcp.options.sack_{name}"]
             for name in ("le", "re")}
    return " ".join(["TCP Option - SACK", *(f"{left}-{right}" for left, right in zip(*edges.values(), strict=False))])


_LEFT_OVER = (LENGTH - 2) % 8       # bytes behind the last whole block
_SACK = replace(_option(
    "sack", "SACK",
    Repeat(stride=8, elements=(
        *_edge("sack_le", "TCP SACK Left Edge", "left edge", 0),
        *_edge("sack_re", "TCP SACK Right Edge", "right edge", 4),
    )),
    Repeat(at=LENGTH - _LEFT_OVER, stride=4, count=_LEFT_OVER // 4,
           elements=_edge("sack_le", "TCP SACK Left Edge", "left edge", 0)),
    FieldSpec(name="", label="suboption would go past end of option", type=T.NONE, at=LENGTH - _LEFT_OVER,
              size=_LEFT_OVER % 4, when=_LEFT_OVER, text="{label}", children=(
        Expert(name="tcp.suboption_malformed", severity="Error", group="Malformed", when=Constant(1),
               message="suboption would go past end of option"),)),
    *_duplicate_edges(),
    _field("sack.count", "TCP SACK Count", T.UINT8, value=(LENGTH - 2) // 8, generated=True),
    Stop(when=LENGTH < 10, reason=N_("The SACK option is {tcp.option_len} bytes long; with one block it has 10.")),
), text=_blocks_line)

_USER_TIMEOUT = _option(      # RFC 5482
    "user_to", "User Timeout",
    _field("user_to_granularity", "Granularity", T.BOOLEAN, at=2, size=2, bits=(0, 1), whole_item=True,
           true="Minutes", false="Seconds"),
    _field("user_to_val", "User Timeout", T.UINT16, at=2, bits=(1, 15), whole_item=True),
    length=4,
)

_ORDER = {172: ("ee0b", "eceb", "ee1b"), 174: ("ee1b", "eceb", "ee0b")}
_COUNTERS = {"ee0b": "Accurate ECN Echo ECT(0) Byte Counter", "eceb": "Accurate ECN Echo CE Byte Counter",
             "ee1b": "Accurate ECN Echo ECT(1) Byte Counter"}


def _accurate_ecn(kind: int) -> FieldSpec:
    return _option("acc_ecn", "Accurate ECN", *(
        _field(f"acc_ecn.{name}", _COUNTERS[name], T.UINT24, at=2 + 3 * place, when=5 + 3 * place <= LENGTH)
        for place, name in enumerate(_ORDER[kind])))


# Multipath TCP, RFC 8684 and (version 0) RFC 6824: one structure per subtype.
_SUBTYPES = {0: "Multipath Capable", 1: "Join Connection", 2: "Data Sequence Signal", 3: "Add Address",
             4: "Remove Address", 5: "Change Subflow Priority", 6: "TCP Fallback", 7: "Fast Close", 8: "TCP Reset",
             15: "Experimental"}


def _when(condition: Expression, *fields: FieldSpec) -> tuple[Choice, ...]:
    return (Choice(by=condition.differs(0), cases={1: fields}),)


_IS_FIRST_VERSION = F("tcp.options.mptcp.version").equals(0)      # RFC 6824; RFC 8684 has flag C
_CAPABLE_FLAGS = _field("mptcp.flags", "Multipath TCP flags", T.UINT8, base=Base.HEX, children=(
    _flag("mptcp.checksumreq.flags", "Checksum required", 0),
    _flag("mptcp.extensibility.flag", "Extensibility", 1),
    _flag("mptcp.nomoresubflows.flag", "Do not attempt to establish new subflows to this address and port", 2,
          when=_IS_FIRST_VERSION.equals(0)),
    _flag("mptcp.reserved.flag", "Reserved", 3, 4, base=Base.HEX, when=_IS_FIRST_VERSION.equals(0),
          text="{label}: 0x{value:x}"),
    _flag("mptcp.reserved.flag", "Reserved", 2, 5, base=Base.HEX, when=_IS_FIRST_VERSION),
    _flag("mptcp.sha256.flag", "Use HMAC-SHA256", 7, when=F("tcp.options.mptcp.version").equals(1)),
    _flag("mptcp.sha1.flag", "Use HMAC-SHA1", 7, when=_IS_FIRST_VERSION),
))
_DSS_FLAGS = _field("mptcp.flags", "Multipath TCP flags", T.UINT8, at=3, base=Base.HEX, children=(
    _flag("mptcp.datafin.flag", "DATA_FIN", 3),
    _flag("mptcp.dseqn8.flag", "Data Sequence Number is 8 octets", 4),
    _flag("mptcp.dseqnpresent.flag",
          "Data Sequence Number, Subflow Sequence Number, Data-level Length, Checksum present", 5),
    _flag("mptcp.dataack8.flag", "Data ACK is 8 octets", 6),
    _flag("mptcp.dataackpresent.flag", "Data ACK is present", 7),
))
_HAS_ACK, _LONG_ACK = F("tcp.options.mptcp.dataackpresent.flag"), F("tcp.options.mptcp.dataack8.flag")
_HAS_DSN, _LONG_DSN = F("tcp.options.mptcp.dseqnpresent.flag"), F("tcp.options.mptcp.dseqn8.flag")
_DSN_AT = _HAS_ACK * (_LONG_ACK * 4 + 4) + 4
_BEHIND_DSN = _DSN_AT + _LONG_DSN * 4 + 4
_MPTCP_CASES: dict[int, tuple[Element, ...]] = {
    0: (
        _field("mptcp.version", "Multipath TCP version", T.UINT8, at=2, bits=(4, 4)),
        _CAPABLE_FLAGS,
        _field("mptcp.sendkey", "Sender's Key", T.UINT64, at=4, when=LENGTH >= 12),
        _field("mptcp.recvkey", "Receiver's Key", T.UINT64, at=12, when=LENGTH >= 20),
        _field("mptcp.datalvllen", "Data-level Length", T.UINT16, at=20, when=LENGTH >= 22),
    ),
    1: (
        _field("mptcp.flags", "Multipath TCP flags", T.UINT8, at=2, base=Base.HEX, when=LENGTH.among(12, 16),
               children=(_flag("mptcp.backup.flag", "Backup flag", 7),)),
        _field("mptcp.addrid", "Address ID", T.UINT8, at=3, when=LENGTH.among(12, 16)),
        _field("mptcp.recvtok", "Receiver's Token", T.UINT32, at=4, when=LENGTH.equals(12)),
        _field("mptcp.sendtrunchmac", "Sender's Truncated HMAC", T.UINT64, at=4, when=LENGTH.equals(16)),
        _field("mptcp.sendrand", "Sender's Random Number", T.UINT32, at=LENGTH - 4, when=LENGTH.among(12, 16)),
        _field("mptcp.reserved", "Reserved", T.UINT16, at=2, bits=(4, 12), base=Base.HEX, whole_item=True,
               when=LENGTH.equals(24), text="{label}: 0x{value:03x}"),
        _field("mptcp.sendhmac", "Sender's HMAC", T.BYTES, at=4, size=20, when=LENGTH.equals(24)),
    ),
    2: (
        _DSS_FLAGS,
        *(_field("mptcp.rawdataack", "Original MPTCP Data ACK", T.UINT64, at=4, size=4 + 4 * long,
                 when=_HAS_ACK & _LONG_ACK.equals(long),
                 text="{label}: {value}" + (" (64bits)" if long else "")) for long in (0, 1)),
        *(_field("mptcp.rawdataseqno", "Data Sequence Number", T.UINT64, at=_DSN_AT, size=4 + 4 * long,
                 when=_HAS_DSN & _LONG_DSN.equals(long),
                 text="{label}: {value}  " + ("(64bits version)" if long else "(32bits version)"))
          for long in (0, 1)),
        _field("mptcp.subflowseqno", "Subflow Sequence Number", T.UINT32, at=_BEHIND_DSN, when=_HAS_DSN),
        _field("mptcp.datalvllen", "Data-level Length", T.UINT16, at=_BEHIND_DSN + 4, when=_HAS_DSN),
    ),
    3: (
        *_when(LENGTH.among(8, 10, 20, 22),
               _field("mptcp.ipver", "IP version", T.UINT8, at=2, bits=(4, 4)),
               _field("mptcp.addrid", "Address ID", T.UINT8, at=3),
               _field("mptcp.ipv4", "Advertised IPv4 Address", T.IPV4, at=4, when=LENGTH.among(8, 10)),
               _field("mptcp.ipv6", "Advertised IPv6 Address", T.IPV6, at=4, when=LENGTH.among(20, 22)),
               _field("mptcp.port", "Advertised port", T.UINT16, at=LENGTH - 2, when=LENGTH.among(10, 22))),
        *_when(LENGTH.among(9, 16, 18, 28, 30),
               _field("mptcp.echo", "Echo", T.UINT8, at=2, bits=(7, 1)),
               _field("mptcp.addrid", "Address ID", T.UINT8, at=3),
               _field("mptcp.ipv4", "Advertised IPv4 Address", T.IPV4, at=4, when=LENGTH.among(9, 16, 18)),
               _field("mptcp.ipv6", "Advertised IPv6 Address", T.IPV6, at=4, when=LENGTH.among(28, 30)),
               _field("mptcp.port", "Advertised port", T.UINT16, at=LENGTH - 10, when=LENGTH.among(18, 30)),
               _field("mptcp.addaddrtrunchmac", "Truncated HMAC", T.UINT64, at=LENGTH - 8,
                      when=LENGTH.among(16, 18, 28, 30))),
    ),
    4: (
        Repeat(at=3, stride=1, elements=(_field("mptcp.addrid", "Address ID", T.UINT8),)),
    ),
    5: (
        _field("mptcp.flags", "Multipath TCP flags", T.UINT8, at=2, base=Base.HEX,
               children=(_flag("mptcp.backup.flag", "Backup flag", 7),)),
        _field("mptcp.addrid", "Address ID", T.UINT8, at=3, when=LENGTH >= 4),
    ),
    6: (
        *(_field("mptcp.rawdataseqno", "Data Sequence Number", T.UINT64, at=4, size=length - 4,
                 when=LENGTH.equals(length)) for length in (8, 12)),
    ),
    7: (
        _field("mptcp.recvkey", "Receiver's Key", T.UINT64, at=4),
    ),
    8: (
        _field("mptcp.flags", "Multipath TCP flags", T.UINT8, at=2, base=Base.HEX, bits=(0, 8), text=None,
               no_picture=True, children=(
            *(_field(f"mptcp.flag_{letter}.flag", label, T.BOOLEAN, at=2, size=1, bits=(4 + place, 1),
                     picture=(4, 4), **SET)
              for place, (letter, label) in enumerate((("U", "Flag U"), ("V", "Flag V"), ("W", "Flag W"),
                                                       ("T", "Transient")))),)),
        _field("mptcp.rst_reason", "TCPRST Reason", T.UINT8, at=3, base=Base.HEX, names={
            0: "Unspecified error", 1: "MPTCP-specific error", 2: "Lack of resources",
            3: "Administratively prohibited", 4: "Too much outstanding data", 5: "Unacceptable performance",
            6: "Middlebox interference"}),
    ),
}
_MPTCP = _named(
    "mptcp", "Multipath Transmission Control Protocol", "",
    _field("mptcp.subtype", "Multipath TCP subtype", T.UINT8, at=2, bits=(0, 4), names=_SUBTYPES),
    Choice(by=peek(2) >> 4, cases=_MPTCP_CASES),
)
_MPTCP_LAYER = replace(_MPTCP, label="MPTCP", type=T.PROTOCOL, text=lambda node: (
    "Multipath Transmission Control Protocol: "
    + _SUBTYPES.get(node.scope.get("tcp.options.mptcp.subtype", -1), "Unknown")))

# Experiments share kinds 253 and 254; RFC 6994 has them tell each other apart by an identifier.
# The experiments of Accurate ECN (draft-ietf-tcpm-accurate-ecn) have the counters of its option, in either order.
_ECN_EXPERIMENTS = {0xacc0: 172, 0xacc1: 174}
_EXPERIMENT_NAMES = {0xf989: "Fast Open", 0xacc0: "Accurate ECN - Order 0", 0xacc1: "Accurate ECN - Order 1",
                     0xe2d4: "Shared Memory communications over RMDA protocol"}
_COOKIE = _field("tfo.cookie", "Fast Open Cookie", T.BYTES, size=REST, when=LENGTH > 2, children=(COOKIE_SENT,))


def _experiment_line(node: FieldNode) -> str:
    name = _EXPERIMENT_NAMES.get(node.scope.get("tcp.options.experimental.exid", -1))
    return "TCP Option - Experimental" + (f": {name}{_counters_line(node)}" if name else "")


def _counters_line(node: FieldNode) -> str:
    counters = [f"{child.name.rpartition('.')[2].upper()} {child.value}" for child in node.children
                if child.name.startswith("tcp.options.acc_ecn.")]
    order = node.scope.get("tcp.options.experimental.exid", 0) - min(_ECN_EXPERIMENTS)
    return f": Accurate ECN (Order {order}): {', '.join(counters)}" if counters else ""


_EXPERIMENTAL = replace(_option(
    "experimental", "Experimental",
    _field("experimental.exid", "Experiment Identifier", T.UINT16, at=2, base=Base.HEX, names=_EXPERIMENT_NAMES,
           when=LENGTH >= 4),
    _field("tfo.request", "Fast Open Cookie Request", T.NONE, at=2, size=2,
           when=F("tcp.options.experimental.exid").equals(0xf989) & LENGTH.equals(4)),
    _field("tfo.cookie", "Fast Open Cookie", T.BYTES, at=4, size=REST,
           when=F("tcp.options.experimental.exid").equals(0xf989) & (LENGTH > 4)),
    *(_field(f"acc_ecn.{counter}", _COUNTERS[counter], T.UINT24, at=4 + 3 * place,
             when=F("tcp.options.experimental.exid").equals(experiment) & (7 + 3 * place <= LENGTH))
      for experiment, kind in _ECN_EXPERIMENTS.items() for place, counter in enumerate(_ORDER[kind])),
    _field("experimental.data", "Data", T.BYTES, at=4, size=REST,
           when=F("tcp.options.experimental.exid").among(0xf989, *_ECN_EXPERIMENTS).equals(0) & (LENGTH > 4)),
), text=_experiment_line)

_UNEXPECTED_MSS = Expert(name="tcp.options.mss.present", severity="Warning", group="Protocol",
                         message="The non-SYN packet does contain a MSS option",
                         when=F("tcp.flags.syn").equals(0))


def _wrong_length(node: FieldNode) -> str:
    kind = node.data[0]
    known_option = _RECORDS.cases.get(kind)
    name = known_option.label.removeprefix("TCP Option - ") if known_option else f"Unknown (0x{kind:02x})"
    return wrong_length_line(name, node)


_RECORDS = Records(
    cases={
        0: _option("eol", "End of Option List (EOL)", single=True),
        1: _option("nop", "No-Operation (NOP)", single=True),
        2: _option("mss", "Maximum segment size", _field("mss_val", "MSS Value", T.UINT16, at=2), _UNEXPECTED_MSS,
                   length=4, text="Maximum segment size: {tcp.options.mss_val} bytes"),
        3: _option("wscale", "Window scale",
                   _field("wscale.shift", "Shift count", T.UINT8, at=2),
                   Expert(name="tcp.options.wscale.shift.invalid", severity="Warning", group="Protocol",
                          message="Window scale shift exceeds 14", when=F("tcp.options.wscale.shift") > 14),
                   _field("wscale.multiplier", "Multiplier", T.UINT16, at=2, size=1,
                          value=Constant(1) << F("tcp.options.wscale.shift").at_most(14)), length=3,
                   text="Window scale: {tcp.options.wscale.shift} (multiply by {tcp.options.wscale.multiplier})"),
        4: _option("sack_perm", "SACK permitted", length=2),
        5: _SACK,
        6: _option("echo", "Echo", _field("echo_value", "TCP Echo Option", T.UINT32, at=2), length=6,
                   text="Echo: {tcp.options.echo_value}"),
        7: _option("echoreply", "Echo reply", _field("echo_value", "TCP Echo Option", T.UINT32, at=2), length=6),
        8: _option("timestamp", "Timestamps", _field("timestamp.tsval", "Timestamp value", T.UINT32, at=2),
                   _field("timestamp.tsecr", "Timestamp echo reply", T.UINT32, at=6), length=10,
                   text="Timestamps: TSval {tcp.options.timestamp.tsval}, TSecr {tcp.options.timestamp.tsecr}"),
        11: _option("cc", "CC", _field("cc_value", "TCP CC Option", T.UINT32, at=2), length=6),
        12: _option("ccnew", "CC.NEW", _field("cc_value", "TCP CC Option", T.UINT32, at=2), length=6),
        13: _option("ccecho", "CC.ECHO", _field("cc_value", "TCP CC Option", T.UINT32, at=2), length=6),
        19: _option("md5", "TCP MD5 signature", _field("md5.digest", "MD5 digest", T.BYTES, at=2, size=16),
                    length=18),
        20: _option("scps", "SCPS capabilities"),
        21: _option("snack", "Selective Negative Acknowledgment",
                    _field("snack.offset", "TCP SNACK Offset", T.UINT16, at=2),
                    _field("snack.size", "TCP SNACK Size", T.UINT16, at=4), length=6),
        22: _option("scpsrec", "SCPS record boundary", length=2),
        23: _option("scpscor", "SCPS corruption experienced", length=2),
        27: _option("qs", "Quick-Start", _field("qs.rate", "QS Rate", T.UINT8, at=2, bits=(4, 4),
                                                  text=lambda node: f"QS Rate: {quick_start_rate(node.value)} "
                                                                    f"({node.value})"),
                    _field("qs.ttl_diff", "QS Rate", T.UINT8, at=3), length=8),
        28: _USER_TIMEOUT,
        29: _option("ao", "TCP AO", _field("ao.keyid", "AO KeyID", T.UINT8, at=2),
                    _field("ao.rnextkeyid", "AO RNextKeyID", T.UINT8, at=3),
                    _field("ao.mac", "AO MAC", T.BYTES, at=4, size=REST, when=LENGTH > 4)),
        30: _MPTCP_LAYER,
        34: _option("tfo", "TCP Fast Open", _COOKIE,
                    _field("tfo.request", "Fast Open Cookie Request", T.NONE, at=0, size=2,
                           when=LENGTH.equals(2))),
        76: _option("rvbd.probe", "Riverbed Probe"),
        78: _option("rvbd.trpy", "Riverbed Transparency"),
        172: _accurate_ecn(172),
        174: _accurate_ecn(174),
        253: _EXPERIMENTAL,
        254: _EXPERIMENTAL,
    },
    default=_option("unknown", "Unknown", _field("unknown.payload", "Payload", T.BYTES, size=REST,
                                                 when=LENGTH > 2)),
    single=frozenset({0, 1}), last=frozenset({0}),
    wrong=FieldSpec(name="", label="Option", type=T.NONE, region=True, size=REST, text=_wrong_length, children=(
        Expert(name="tcp.option.len.invalid", message="Invalid length for option", severity="Note", group="Sequence",
               when=Constant(1), text=_wrong_length),)),
    behind=FieldSpec(name="", label="Non-zero header padding", type=T.NONE, region=True, size=REST, text="{label}",
                     children=(Expert(name="tcp.non_zero_bytes_after_eol", message="Non-zero header padding",
                                      severity="Error", group="Protocol", when=Constant(1)),)),
)
_ENDS_WELL = together("").equals(0)
ONLY_TIMESTAMPS = 12, b"\1\1\x08\x0a"     # two NOPs and the option, as everybody sends it (RFC 7323 appendix A)
TCP_OPTIONS: tuple[Element, ...] = (
    _RECORDS,
    Choice(by=F("tcp.flags.syn") & _ENDS_WELL & together("tcp.options.mss").equals(0), cases={1: (
        Expert(name="tcp.options.mss.absent", severity="Note", group="Protocol", when=Constant(1),
               message="The SYN packet does not contain a MSS option"),)}),
    Expert(name="tcp.nop", severity="Warning", group="Protocol", when=together("tcp.options.nop") >= 4,
           message="4 NOP in a row - a router may have removed some options"),
)
