"""UDP (RFC 768)."""

import dpkt

from tcpladder.fields.dpkt_layout import layout_of
from tcpladder.fields.expression import LENGTH, Constant, F
from tcpladder.fields.spec import Base, Expert, FieldSpec, ProtocolSpec
from tcpladder.fields.types import FieldType as T
from tcpladder.protocols.numbers import UDP_CARRIERS

UDP = ProtocolSpec(
    name="udp", label="User Datagram Protocol", layout=layout_of(dpkt.udp.UDP), header_length=8,
    text="User Datagram Protocol, Src Port: {udp.srcport}, Dst Port: {udp.dstport}",
    total_length=F("udp.length") + F("udp.length").equals(0) * LENGTH, default_next="udp_payload",
    next=((F("udp.dstport"), UDP_CARRIERS), (F("udp.srcport"), UDP_CARRIERS)),
    elements=(
        FieldSpec(name="udp.srcport", label="Source Port", type=T.UINT16, item="sport"),
        FieldSpec(name="udp.dstport", label="Destination Port", type=T.UINT16, item="dport"),
        FieldSpec(name="udp.port", label="Source or Destination Port", type=T.UINT16, item="sport", hidden=True),
        FieldSpec(name="udp.port", label="Source or Destination Port", type=T.UINT16, item="dport", hidden=True),
        FieldSpec(name="udp.length", label="Length", type=T.UINT16, item="ulen"),
        Expert(name="udp.length.bad", severity="Error", group="Malformed",
               message="Bad length value {udp.length} > IP payload length", when=F("udp.length") > LENGTH),
        FieldSpec(name="udp.checksum", label="Checksum", type=T.UINT16, item="sum", base=Base.HEX,
                  text="Checksum: 0x{value:04x} [unverified]"),
        FieldSpec(name="udp.checksum.status", label="Checksum Status", type=T.UINT8, at=6, size=0,
                  value=Constant(2), generated=True, base=Base.NONE, names={2: "Unverified"}),
        FieldSpec(name="udp.stream", label="Stream index", type=T.UINT32, at=8, size=0, column=True, generated=True),
        FieldSpec(name="udp.time_relative", label="Time since first frame", type=T.RELATIVE_TIME, column=True,
                  generated=True),
        FieldSpec(name="udp.time_delta", label="Time since previous frame", type=T.RELATIVE_TIME, column=True,
                  generated=True),
        FieldSpec(name="udp.payload", label="UDP payload", type=T.BYTES, at=8,
                  size=(LENGTH.at_most(F("udp.length") + F("udp.length").equals(0) * LENGTH) - 8).at_least(0),
                  when=LENGTH.at_most(F("udp.length") + F("udp.length").equals(0) * LENGTH) > 8,
                  text=lambda node: f"UDP payload ({node.size} byte{'' if node.size == 1 else 's'})"),
    ),
)
