"""TCP (RFC 9293)."""

from dataclasses import replace

import dpkt

from tcpladder.fields.dpkt_layout import layout_of
from tcpladder.fields.expression import CAPTURED, LENGTH, Constant, Expression, F, peek
from tcpladder.fields.node import FieldNode
from tcpladder.fields.spec import SET, Base, Element, Expert, FieldSpec, LabelMaker, ProtocolSpec, Stop
from tcpladder.fields.types import FieldType as T
from tcpladder.protocols.tcp_analysis import ANALYSIS, DATA_ACCEPTED
from tcpladder.protocols.tcp_options import ONLY_TIMESTAMPS, TCP_OPTIONS
from tcpladder.protocols.transport import WHOLE_PACKET
from tcpladder.texts import N_

_FLAG_LETTERS = "RRRACEUAPRSF"      # reserved ×3, AE, CWR, ECE, URG, ACK, PSH, RST, SYN, FIN
_FLAG_WORDS = ((0x800, "Reserved"), (0x100, "AE"), (0x80, "CWR"), (0x40, "ECE"), (0x20, "URG"), (0x10, "ACK"),
               (0x08, "PSH"), (0x04, "RST"), (0x02, "SYN"), (0x01, "FIN"))


def flag_words(flags: int) -> str:
    """The names of the flags that are set, most common first as people read them: "SYN, ACK"."""
    words = [word for bit, word in reversed(_FLAG_WORDS) if flags & bit and word != "Reserved"]
    if flags & 0xe00:
        words.append("Reserved")
    return ", ".join(words) or "<None>"


def flag_letters(flags: int) -> str:
    """The twelve flag bits as letters, dots for those that are not set."""
    return "".join(letter if flags >> (11 - place) & 1 else "·" for place, letter in enumerate(_FLAG_LETTERS))


def _flag(name: str, label: str, item: str, bit: int, *experts: Element) -> FieldSpec:
    return FieldSpec(name=f"tcp.flags.{name}", label=label, type=T.BOOLEAN, item=item, bits=(bit, 1),
                     picture=(4, 12), **SET, children=experts)


def _chain(node: FieldNode) -> str:
    """Multipath TCP counts as a protocol of its own, once for each of its options."""
    if "tcp.options" not in node.scope:
        return "tcp"
    options = next(child.children for child in node.children if child.name == "tcp.options")
    return "tcp" + ":mptcp" * sum(option.name == "mptcp" for option in options)


def _reserved_line(node: FieldNode) -> str:
    return f"{node.scope['tcp.flags'] >> 9:03b}. .... .... = Reserved: {'Set' if node.value else 'Not set'}"


def _event(name: str, severity: str, message: str, when: Expression | None = None) -> Expert:
    return Expert(name=f"tcp.connection.{name}", severity=severity, group="Sequence", message=message, when=when)


def _relative(name: str, label: str, item: str | None, text: str | LabelMaker = (
        "{label}: {value}    (relative sequence number)")) -> FieldSpec:
    return FieldSpec(name=name, label=label, type=T.UINT32, item=item, column=True, generated=item is None,
                     text=text)


def _ack_line(node: FieldNode) -> str:
    counts = node.scope.get("tcp.flags", 0x10) & 0x10     # without the flag the number says nothing
    return f"{node.spec.label}: {node.value}" + ("    (relative ack number)" if counts else "")


def _payload_line(node: FieldNode) -> str:
    size = node.scope.get("tcp.len", node.size)
    return f"TCP payload ({size} byte{'' if size == 1 else 's'})"


def _options_line(node: FieldNode) -> str:
    words = [f"Unknown (0x{child.data[0]:02x})" if child.name == "tcp.options.unknown" else
             child.spec.label.removeprefix("TCP Option - ")
             for child in node.children if child.name and child.children]
    return ", ".join([f"Options: ({node.size} bytes)", *words])


def _scale_line(factor: int) -> str:
    words = {-1: " (unknown)", -2: " (no window scaling used)"}
    return f"Window size scaling factor: {factor}{words.get(factor, '')}"


_COMPLETENESS = {
    0: "Incomplete", 1: "Incomplete, SYN_SENT", 7: "Incomplete, ESTABLISHED", 15: "Incomplete, DATA",
    23: "Complete, NO_DATA", 31: "Complete, WITH_DATA", 39: "Complete, NO_DATA", 47: "Complete, WITH_DATA",
    55: "Complete, NO_DATA", 63: "Complete, WITH_DATA"}


def _completeness_line(value: int) -> str:
    return f"Conversation completeness: {_COMPLETENESS.get(value, 'Incomplete')} ({value})"


_HEADER = (peek(12) >> 4) << 2

TCP = ProtocolSpec(
    name="tcp", label="Transmission Control Protocol", layout=layout_of(dpkt.tcp.TCP),
    text="Transmission Control Protocol, Src Port: {tcp.srcport}, Dst Port: {tcp.dstport}, "
         "Seq: {tcp.seq}, Ack: {tcp.ack}, Len: {tcp.len}",
    header_length=F("tcp.hdr_len"), chain=_chain,
    next=((F("tcp.flags.reset"), {1: ""}),), default_next="tcp_payload",
    elements=(
        FieldSpec(name="tcp.srcport", label="Source Port", type=T.UINT16, item="sport"),
        FieldSpec(name="tcp.dstport", label="Destination Port", type=T.UINT16, item="dport"),
        FieldSpec(name="tcp.port", label="Source or Destination Port", type=T.UINT16, item="sport", hidden=True),
        FieldSpec(name="tcp.port", label="Source or Destination Port", type=T.UINT16, item="dport", hidden=True),
        FieldSpec(name="tcp.stream", label="Stream index", type=T.UINT32, column=True, generated=True),
        FieldSpec(name="tcp.completeness", label="Conversation completeness", type=T.UINT8, column=True,
                  generated=True, line_of=_completeness_line),
        FieldSpec(name="tcp.len", label="TCP Segment Len", type=T.UINT32, generated=True,
                  value=(LENGTH - _HEADER).at_least(0), when=WHOLE_PACKET & (LENGTH >= _HEADER)),
        Expert(name="tcp.short_segment", severity="Warning", group="Malformed",
               when=WHOLE_PACKET & (LENGTH < _HEADER),
               message="Short segment. Segment/fragment does not contain a full TCP header "
                       "(might be NMAP or someone else deliberately sending unusual packets)"),
        _relative("tcp.seq", "Sequence Number", "seq"),
        FieldSpec(name="tcp.seq_raw", label="Sequence Number (raw)", type=T.UINT32, item="seq"),
        _relative("tcp.nxtseq", "Next Sequence Number", None),
        replace(_relative("tcp.ack", "Acknowledgment Number", "ack", _ack_line), children=(DATA_ACCEPTED,)),
        FieldSpec(name="tcp.ack_raw", label="Acknowledgment number (raw)", type=T.UINT32, item="ack"),
        Expert(name="tcp.ack.nonzero", severity="Note", group="Protocol",
               message="The acknowledgment number field is nonzero while the ACK flag is not set",
               when=F("tcp.ack_raw").differs(0) & (peek(13) & 0x10).equals(0)),
        FieldSpec(name="tcp.hdr_len", label="Header Length", type=T.UINT8, item="off", bits=(0, 4), scale=4,
                  unit=" bytes"),
        Stop(when=F("tcp.hdr_len") < 20,
             reason=N_("TCP header length is {tcp.hdr_len} bytes; the smallest possible is 20.")),
        FieldSpec(name="tcp.flags", label="Flags", type=T.UINT16, item="_off_flags", bits=(4, 12), base=Base.HEX,
                  no_picture=True, line_of=lambda flags: f"Flags: 0x{flags:03x} ({flag_words(flags)})",
                  children=(
            FieldSpec(name="tcp.flags.res", label="Reserved", type=T.BOOLEAN, item="_off_flags", bits=(4, 3),
                      no_picture=True, text=_reserved_line, line_needs=("tcp.flags",), **SET),
            _flag("ae", "Accurate ECN", "_off_flags", 7),
            _flag("cwr", "Congestion Window Reduced", "_off_flags", 8),
            _flag("ece", "ECN-Echo", "_off_flags", 9),
            _flag("urg", "Urgent", "_off_flags", 10),
            _flag("ack", "Acknowledgment", "_off_flags", 11),
            _flag("push", "Push", "_off_flags", 12),
            _flag("reset", "Reset", "_off_flags", 13,
                  _event("rst", "Warning", "Connection reset (RST)", F("tcp.flags.reset"))),
            _flag("syn", "Syn", "_off_flags", 14,
                  _event("syn", "Chat", "Connection establish request (SYN): server port {tcp.dstport}",
                         F("tcp.flags.syn") & F("tcp.flags.ack").equals(0)),
                  _event("synack", "Chat", "Connection establish acknowledge (SYN+ACK): server port {tcp.srcport}",
                         F("tcp.flags.syn") & F("tcp.flags.ack"))),
            _flag("fin", "Fin", "_off_flags", 15,
                  _event("fin", "Chat", "Connection finish (FIN)", F("tcp.flags.fin")),
                  _event("fin_active", "Note", "This frame initiates the connection closing"),
                  _event("fin_passive", "Note", "This frame undergoes the connection closing")),
            FieldSpec(name="tcp.flags.str", label="TCP Flags", type=T.STRING, item="_off_flags",
                      value=F("tcp.flags"), shown_by=flag_letters),
        )),
        FieldSpec(name="tcp.window_size_value", label="Window", type=T.UINT16, item="win"),
        FieldSpec(name="tcp.window_size", label="Calculated window size", type=T.UINT32, item="win", column=True),
        FieldSpec(name="tcp.window_size_scalefactor", label="Window size scaling factor", type=T.INT32, item="win",
                  column=True, line_of=_scale_line),
        FieldSpec(name="tcp.checksum", label="Checksum", type=T.UINT16, item="sum", base=Base.HEX,
                  text="Checksum: 0x{value:04x} [unverified]"),
        FieldSpec(name="tcp.checksum.status", label="Checksum Status", type=T.UINT8, at=16, size=0,
                  value=Constant(2), generated=True, base=Base.NONE, names={2: "Unverified"}),
        FieldSpec(name="tcp.urgent_pointer", label="Urgent Pointer", type=T.UINT16, item="urp"),
        Expert(name="tcp.urgent_pointer.non_zero", severity="Note", group="Protocol",
               message="The urgent pointer field is nonzero while the URG flag is not set",
               when=F("tcp.urgent_pointer").differs(0) & F("tcp.flags.urg").equals(0)),
        FieldSpec(name="tcp.options", label="Options", type=T.BYTES, at=20, size=F("tcp.hdr_len") - 20, region=True,
                  when=F("tcp.hdr_len") > 20, usual=ONLY_TIMESTAMPS, children=TCP_OPTIONS, text=_options_line),
        ANALYSIS,
        FieldSpec(name="tcp.time_relative", label="Time since first frame in this TCP stream",
                  type=T.RELATIVE_TIME, column=True, generated=True),
        FieldSpec(name="tcp.time_delta", label="Time since previous frame in this TCP stream",
                  type=T.RELATIVE_TIME, column=True, generated=True),
        FieldSpec(name="tcp.payload", label="TCP payload", type=T.BYTES, at=F("tcp.hdr_len"),
                  size=CAPTURED - F("tcp.hdr_len"), text=_payload_line,
                  when=(CAPTURED - F("tcp.hdr_len") > 0) & F("tcp.flags.reset").equals(0)),
        # What a reset carries is no data but says why (RFC 9293, section 3.5.3).
        FieldSpec(name="tcp.reset_cause", label="Reset cause", type=T.STRING, at=F("tcp.hdr_len"),
                  size=CAPTURED - F("tcp.hdr_len"),
                  when=(CAPTURED - F("tcp.hdr_len") > 0) & F("tcp.flags.reset")),
    ),
)
