"""UDP (RFC 768)."""

import dpkt

from tcpladder.fields.dpkt_layout import layout_of
from tcpladder.fields.expression import CAPTURED, LENGTH, QUOTED, Constant, F, peek
from tcpladder.fields.node import FieldNode
from tcpladder.fields.spec import Base, Expert, FieldSpec, ProtocolSpec
from tcpladder.fields.types import FieldType as T
from tcpladder.protocols.numbers import UDP_CARRIERS
from tcpladder.protocols.transport import WHOLE_PACKET

_STATUS = {2: "Unverified", 3: "Not present"}
# A length of 0 stands for a jumbogram's (RFC 2675): everything that is there.
_DECLARED = F("udp.length") + F("udp.length").equals(0) * LENGTH

_HAS_TIME = QUOTED.equals(0) & F("udp.length").differs(8)      # an empty datagram counts for nothing
_IS_TOO_LONG = (F("udp.length") > LENGTH) & WHOLE_PACKET


# IPv6 itself has no checksum, so its datagrams must (RFC 8200, section 8.1).
_MISSES_CHECKSUM = peek(6, 2).equals(0) & F("ip.version").equals(6)


def _checksum_line(node: FieldNode) -> str:
    if node.value:
        return f"Checksum: 0x{node.value:04x} [unverified]"
    return f"Checksum: 0x0000 [zero-value {'illegal' if 'udp.no_checksum' in node.scope else 'ignored'}]"


def _length_line(node: FieldNode) -> str:
    room = node.scope.get("udp.room")
    bogus = node.value > 0 and room is not None
    return f"Length: {node.value}" + (f" (bogus, payload length {room})" if bogus else "")


UDP = ProtocolSpec(
    name="udp", label="User Datagram Protocol", layout=layout_of(dpkt.udp.UDP), header_length=LENGTH.at_most(8),
    text="User Datagram Protocol, Src Port: {udp.srcport}, Dst Port: {udp.dstport}",
    total_length=_DECLARED, default_next="udp_payload",
    next=((F("udp.dstport"), UDP_CARRIERS), (F("udp.srcport"), UDP_CARRIERS)),
    elements=(
        FieldSpec(name="udp.srcport", label="Source Port", type=T.UINT16, item="sport"),
        FieldSpec(name="udp.dstport", label="Destination Port", type=T.UINT16, item="dport"),
        FieldSpec(name="udp.port", label="Source or Destination Port", type=T.UINT16, item="sport", hidden=True),
        FieldSpec(name="udp.port", label="Source or Destination Port", type=T.UINT16, item="dport", hidden=True),
        FieldSpec(name="udp.length", label="Length", type=T.UINT16, item="ulen", text=_length_line),
        FieldSpec(name="udp.room", label="Bytes in the IP payload", type=T.UINT32, value=LENGTH, in_tree=False,
                  when=_IS_TOO_LONG | F("udp.length").equals(0)),
        Expert(name="udp.length.bad", severity="Error", group="Malformed",
               message="Bad length value {udp.length} > IP payload length",
               when=_IS_TOO_LONG),
        Expert(name="udp.length.bad_zero", severity="Warning", group="Protocol",
               message="Length is zero but payload < 65536", when=F("udp.length").equals(0) & (LENGTH < 65536)),
        FieldSpec(name="udp.checksum", label="Checksum", type=T.UINT16, item="sum", base=Base.HEX,
                  text=_checksum_line, children=(
            Expert(name="udp.checksum.zero", severity="Error", group="Checksum", message="Illegal checksum value (0)",
                   when=_MISSES_CHECKSUM),)),
        FieldSpec(name="udp.no_checksum", label="Checksum missing", type=T.BOOLEAN, value=Constant(1), in_tree=False,
                  when=_MISSES_CHECKSUM),
        FieldSpec(name="udp.checksum.status", label="Checksum Status", type=T.UINT8, at=6, size=0,
                  value=Constant(2), generated=True, base=Base.NONE, names=_STATUS, when=F("udp.checksum").differs(0)),
        FieldSpec(name="udp.checksum.status", label="Checksum Status", type=T.UINT8, at=6, size=2,
                  value=Constant(3), generated=True, base=Base.NONE, names=_STATUS, when=F("udp.checksum").equals(0)),
        FieldSpec(name="udp.stream", label="Stream index", type=T.UINT32, at=8, size=0, column=True,
                  generated=True),
        FieldSpec(name="udp.time_relative", label="Time since first frame", type=T.RELATIVE_TIME, column=True,
                  generated=True, when=_HAS_TIME),
        FieldSpec(name="udp.time_delta", label="Time since previous frame", type=T.RELATIVE_TIME, column=True,
                  generated=True, when=_HAS_TIME),
        FieldSpec(name="udp.payload", label="UDP payload", type=T.BYTES, at=8,
                  size=_DECLARED.at_most(CAPTURED) - 8,
                  when=_DECLARED.at_most(CAPTURED) > 8,
                  text=lambda node: f"UDP payload ({node.size} byte{'' if node.size == 1 else 's'})"),
    ),
)
