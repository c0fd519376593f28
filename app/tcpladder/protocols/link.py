"""Link layers: Ethernet, 802.1Q and 802.1ad tags, Linux cooked captures, BSD loopback, raw IP."""

from dataclasses import replace
from functools import partial
from typing import Any

import dpkt

from tcpladder.fields.dpkt_layout import layout_of
from tcpladder.fields.expression import CAPTURED, DEPTH, LENGTH, WIRE_LENGTH, ZEROS, Constant, Expression, F, peek
from tcpladder.fields.node import FieldNode
from tcpladder.fields.spec import Base, Element, Expert, FieldSpec, ProtocolSpec
from tcpladder.fields.types import FieldType as T
from tcpladder.protocols.manufacturers import manufacturer
from tcpladder.protocols.numbers import ETHERTYPE_NAMES, ETHERTYPE_PROTOCOLS

_IG = {"true": "Group address (multicast/broadcast)", "false": "Individual address (unicast)"}
_LG = {"true": "Locally administered address (this is NOT the factory default)",
       "false": "Globally unique address (factory default)"}
_GROUP_SOURCE = Expert(
    name="eth.src_not_group", severity="Warning", group="Protocol", when=peek(6) & 1,
    message="Source MAC must not be a group address: IEEE 802.3-2002, Section 3.2.3(b)")


_MOST_LETTERS = 23      # of a name in the label of an address


def _oui_line(label: str, oui: int) -> str:
    maker = manufacturer(oui)
    return f"{label}: {oui.to_bytes(3).hex(':')}" + (f" ({maker})"[:_MOST_LETTERS] if maker else "")


def _address_parts(which: str, label: str) -> tuple[Element, ...]:
    """What an Ethernet address is made of; Wireshark repeats most of it under the name of eth.addr."""
    def resolved(name: str, text: str) -> FieldSpec:
        return FieldSpec(name=name, label=f"{text} (resolved)", type=T.STRING, size=6, hidden=True,
                         shown_as=T.ETHER)

    def oui(name: str, text: str) -> FieldSpec:
        return FieldSpec(name=name, label=f"{text} OUI", type=T.UINT24, hidden=True,
                         line_of=partial(_oui_line, f"{text} OUI"))

    def bit(name: str, text: str, place: int, words: dict[str, str], hidden: bool) -> FieldSpec:
        return FieldSpec(name=name, label=text, type=T.BOOLEAN, size=3, bits=(place, 1), whole_item=True,
                         hidden=hidden, **words)  # type: ignore[arg-type]

    return (
        resolved(f"eth.{which}_resolved", label), oui(f"eth.{which}.oui", label),
        FieldSpec(name="eth.addr", label="Address", type=T.ETHER),
        resolved("eth.addr_resolved", "Address"), oui("eth.addr.oui", "Address"),
        bit(f"eth.{which}.lg", "LG bit", 6, _LG, False), bit("eth.lg", "LG bit", 6, _LG, True),
        bit(f"eth.{which}.ig", "IG bit", 7, _IG, False), bit("eth.ig", "IG bit", 7, _IG, True),
        *([_GROUP_SOURCE] if which == "src" else []),
    )


_PADDING_BAD = Expert(
    name="eth.padding_bad", severity="Note", group="Protocol",
    message="Didn't find padding of zeros, and an undecoded trailer exists. There may be padding of non-zeros.",
    when=Constant(1))


def _behind_payload(trailer: str, *, may_end_with_checksum: bool = False) -> tuple[FieldSpec, ...]:
    """Padding, trailer and frame check sequence (IEEE 802.3, clause 3.2): nothing tells which is which.

    Zeros that fill a frame up to 60 bytes are padding. The last four bytes of a trailer in a frame of 64 bytes or
    more are taken for the frame check sequence, where there may be one; the rest is the trailer.
    """
    wanted = (60 - WIRE_LENGTH + LENGTH).at_least(0) * (WIRE_LENGTH >= 60)
    padding = wanted * (wanted <= ZEROS)
    checked: Expression = Constant(0)
    if may_end_with_checksum:
        checked = DEPTH.equals(1) & (WIRE_LENGTH >= 64) & (LENGTH - padding >= 4)
    rest = (CAPTURED - padding).at_most(LENGTH - padding - checked * 4)
    fields = [
        FieldSpec(name="eth.padding", label="Padding", type=T.BYTES, at=0, size=padding, when=padding > 0),
        FieldSpec(name=trailer, label="Trailer", type=T.BYTES, at=padding, size=rest, when=rest > 0, children=(
            replace(_PADDING_BAD, when=(wanted > 0) & padding.equals(0)),)),
    ]
    if may_end_with_checksum:
        whole = checked & CAPTURED.equals(LENGTH)
        fields += [
            FieldSpec(name="eth.fcs", label="Frame check sequence", type=T.UINT32, at=LENGTH - 4, base=Base.HEX,
                      when=whole, text="Frame check sequence: 0x{value:08x} [unverified]"),
            FieldSpec(name="eth.fcs.status", label="FCS Status", type=T.UINT8, at=LENGTH - 4, size=0, when=whole,
                      value=Constant(2), generated=True, base=Base.NONE, names={2: "Unverified"}),
        ]
    return tuple(fields)


_TYPE_OR_LENGTH = peek(12, 2)
_IS_LENGTH = (_TYPE_OR_LENGTH > 0) & (_TYPE_OR_LENGTH <= 1500)
_IS_NEITHER = (_TYPE_OR_LENGTH > 1500) & (_TYPE_OR_LENGTH < 1536)


def _past_end(name: str, header: int) -> Expert:
    return Expert(name=f"{name}.past_end", severity="Error", group="Malformed",
                  message="Length field value goes past the end of the payload", when=F(name) + header > LENGTH)


def _ethernet_line(node: FieldNode) -> str:
    scope = node.scope
    if "eth.len" in scope:
        return "IEEE 802.3 Ethernet "
    kind = "Unknown" if "eth.invalid_lentype" in scope else "II"
    source, destination = (scope.get(name, b"").hex(":") for name in ("eth.src", "eth.dst"))
    return f"Ethernet {kind}, Src: {source}, Dst: {destination}"


ETHERNET = ProtocolSpec(
    name="eth", label="Ethernet", layout=layout_of(dpkt.ethernet.Ethernet), text=_ethernet_line, header_length=14,
    chain=lambda node: "eth:ethertype" if "eth.type" in node.scope else "eth",
    elements=(
        FieldSpec(name="eth.dst", label="Destination", type=T.ETHER, item="dst",
                  children=_address_parts("dst", "Destination")),
        FieldSpec(name="eth.src", label="Source", type=T.ETHER, item="src",
                  children=_address_parts("src", "Source")),
        FieldSpec(name="eth.len", label="Length", type=T.UINT16, item="type", when=_IS_LENGTH,
                  children=(_past_end("eth.len", 14),)),
        FieldSpec(name="eth.invalid_lentype", label="Invalid length/type", type=T.UINT16, item="type",
                  base=Base.HEX_DEC, when=_IS_NEITHER, children=(
            Expert(name="eth.invalid_lentype.expert", severity="Warning", group="Protocol", when=Constant(1),
                   message="Invalid length/type: {eth.invalid_lentype}"),)),
        FieldSpec(name="eth.type", label="Type", type=T.UINT16, item="type", base=Base.HEX, names=ETHERTYPE_NAMES,
                  when=_IS_LENGTH.equals(0) & _IS_NEITHER.equals(0)),
    ),
    total_length=F("eth.len") + 14,
    next=((F("eth.type"), ETHERTYPE_PROTOCOLS), (_IS_LENGTH & peek(14, 2).differs(0xffff), {1: "llc"})),
    trailer=_behind_payload("eth.trailer", may_end_with_checksum=True),
)

LLC = ProtocolSpec(
    name="llc", label="Logical-Link Control", layout=layout_of(dpkt.llc.LLC),
    elements=(
        FieldSpec(name="llc.dsap", label="DSAP", type=T.UINT8, item="dsap", base=Base.HEX),
        FieldSpec(name="llc.ssap", label="SSAP", type=T.UINT8, item="ssap", base=Base.HEX),
        FieldSpec(name="llc.control", label="Control field", type=T.UINT8, item="ctl", base=Base.HEX),
        FieldSpec(name="llc.oui", label="Organization Code", type=T.UINT24, when=peek(0, 2).equals(0xaaaa)),
        FieldSpec(name="llc.type", label="Type", type=T.UINT16, base=Base.HEX, names=ETHERTYPE_NAMES,
                  when=peek(0, 2).equals(0xaaaa)),
    ),
    next=((F("llc.type"), ETHERTYPE_PROTOCOLS),),
)


_PRIORITIES = {0: "Best Effort (default)", 1: "Background", 2: "Excellent Effort", 3: "Critical Applications",
               4: "Video, < 100ms latency and jitter", 5: "Voice, < 10ms latency and jitter",
               6: "Internetwork Control", 7: "Network Control"}
_TAG_LAYOUT = layout_of(dpkt.ethernet.VLANtag8021Q)
_TAG_TYPE = peek(2, 2)
VLAN = ProtocolSpec(
    name="vlan", label="802.1Q Virtual LAN", layout=_TAG_LAYOUT, header_length=4,
    chain=lambda node: "vlan:ethertype" if "vlan.etype" in node.scope else "vlan",
    text="802.1Q Virtual LAN, PRI: {vlan.priority}, DEI: {vlan.dei}, ID: {vlan.id}",
    elements=(
        FieldSpec(name="vlan.priority", label="Priority", type=T.UINT16, item="pri", whole_item=True, bits=(0, 3),
                  names=_PRIORITIES),
        FieldSpec(name="vlan.dei", label="DEI", type=T.BOOLEAN, item="cfi", whole_item=True, bits=(0, 1),
                  true="Eligible", false="Ineligible"),
        FieldSpec(name="vlan.id", label="ID", type=T.UINT16, item="id", whole_item=True, bits=(0, 12)),
        FieldSpec(name="vlan.len", label="Length", type=T.UINT16, item="type", when=_TAG_TYPE <= 1500,
                  children=(_past_end("vlan.len", 4),)),
        FieldSpec(name="vlan.etype", label="Type", type=T.UINT16, item="type", base=Base.HEX, names=ETHERTYPE_NAMES,
                  when=_TAG_TYPE > 1500),
    ),
    total_length=F("vlan.len") + 4,
    next=((F("vlan.etype"), ETHERTYPE_PROTOCOLS),
          ((_TAG_TYPE <= 1500) & peek(4, 2).differs(0xffff), {1: "llc"})),
    trailer=_behind_payload("vlan.trailer"),
)

PROVIDER_TAG = ProtocolSpec(
    name="ieee8021ad", label="IEEE 802.1ad", layout=_TAG_LAYOUT, header_length=4, chain="ieee8021ad:ethertype",
    text="IEEE 802.1ad, ID: {ieee8021ad.id}",
    elements=(
        FieldSpec(name="ieee8021ad.priority", label="Priority", type=T.UINT16, item="pri", bits=(0, 3),
                  picture=(0, 16)),
        FieldSpec(name="ieee8021ad.dei", label="DEI", type=T.UINT16, item="cfi", bits=(0, 1), picture=(0, 16)),
        FieldSpec(name="ieee8021ad.id", label="ID", type=T.UINT16, item="id", whole_item=True, bits=(0, 12)),
        FieldSpec(name="ieee8021ah.etype", label="Type", type=T.UINT16, item="type", base=Base.HEX,
                  names=ETHERTYPE_NAMES),
    ),
    next=((F("ieee8021ah.etype"), ETHERTYPE_PROTOCOLS),),
    trailer=_behind_payload("ieee8021ah.trailer"),
)

_PACKET_TYPES = {0: "Unicast to us", 1: "Broadcast", 2: "Multicast", 3: "Unicast to another host", 4: "Sent by us"}
_HARDWARE_TYPES = {
    1: "Ethernet", 6: "IEEE 802", 512: "PPP", 519: "Raw IP", 768: "IPIP tunnel", 772: "Loopback", 776: "SIT tunnel",
    778: "GRE over IP", 801: "IEEE 802.11", 803: "IEEE 802.11 + radiotap header", 65534: "zero header length",
    65535: "Void type, nothing is known"}
_GRE_TUNNEL = 778
# Numbers below the EtherTypes that Linux uses where a frame has no EtherType.
_LINUX_TYPES = {1: "Raw 802.3", 3: "Frames of all protocols", 4: "802.2 LLC", 0x0c: "CAN", 0x0d: "CAN FD"}


def _cooked_type(at: int, hardware_type_at: int) -> tuple[FieldSpec, ...]:
    """The protocol field, which three registries share."""
    is_gre = peek(hardware_type_at, 2).equals(_GRE_TUNNEL)
    is_linux = is_gre.equals(0) & (peek(at, 2) <= 1536)
    return (
        FieldSpec(name="sll.gretype", label="Protocol", type=T.UINT16, at=at, base=Base.HEX,
                  names={**ETHERTYPE_NAMES, 0x0800: "IP"}, when=is_gre),
        FieldSpec(name="sll.ltype", label="Protocol", type=T.UINT16, at=at, base=Base.HEX, names=_LINUX_TYPES,
                  when=is_linux),
        FieldSpec(name="sll.etype", label="Protocol", type=T.UINT16, at=at, base=Base.HEX, names=ETHERTYPE_NAMES,
                  when=is_gre.equals(0) & (peek(at, 2) > 1536)),
    )


def _sender(at: int) -> tuple[FieldSpec, ...]:
    """The sender's address, of which eight bytes are kept, whatever its length."""
    length = F("sll.halen").at_most(8)
    return (
        FieldSpec(name="sll.src.eth", label="Source", type=T.ETHER, at=at, when=length.equals(6)),
        FieldSpec(name="sll.src.ipv4", label="Source", type=T.IPV4, at=at, when=length.equals(4)),
        FieldSpec(name="sll.src.other", label="Source", type=T.BYTES, at=at, size=length,
                  when=length.among(0, 4, 6).equals(0)),
        FieldSpec(name="sll.unused", label="Unused", type=T.BYTES, at=length + at, size=8 - length,
                  when=length < 8),
    )


_COOKED_NEXT = (
    (F("sll.etype"), ETHERTYPE_PROTOCOLS), (F("sll.gretype"), ETHERTYPE_PROTOCOLS), (F("sll.ltype"), {4: "llc"}))


def _cooked_chain(node: FieldNode) -> str:
    return "sll:ethertype" if "sll.etype" in node.scope else "sll"


COOKED = ProtocolSpec(
    name="sll", label="Linux cooked capture v1", layout=layout_of(dpkt.sll.SLL), header_length=16,
    chain=_cooked_chain,
    elements=(
        FieldSpec(name="sll.pkttype", label="Packet type", type=T.UINT16, item="type", names=_PACKET_TYPES),
        FieldSpec(name="sll.hatype", label="Link-layer address type", type=T.UINT16, item="hrd",
                  names=_HARDWARE_TYPES),
        FieldSpec(name="sll.halen", label="Link-layer address length", type=T.UINT16, item="hlen"),
        *_sender(6),
        *_cooked_type(14, 2),
    ),
    next=_COOKED_NEXT, trailer=_behind_payload("sll.trailer"),
)

COOKED_2 = ProtocolSpec(
    name="sll2", layer="sll", label="Linux cooked capture v2", layout=layout_of(dpkt.sll2.SLL2), header_length=20,
    chain=_cooked_chain,
    elements=(
        *_cooked_type(0, 8),
        FieldSpec(name="sll.ifindex", label="Interface index", type=T.UINT32, item="intindex"),
        FieldSpec(name="sll.hatype", label="Link-layer address type", type=T.UINT16, item="hrd",
                  names=_HARDWARE_TYPES),
        FieldSpec(name="sll.pkttype", label="Packet type", type=T.UINT8, item="type", names=_PACKET_TYPES),
        FieldSpec(name="sll.halen", label="Link-layer address length", type=T.UINT8, item="hlen"),
        *_sender(12),
    ),
    next=_COOKED_NEXT, trailer=_behind_payload("sll.trailer"),
)

_FAMILIES = {2: "IP", 7: "OSI", 16: "AppleTalk", 23: "IPX", 24: "IPv6", 28: "IPv6", 30: "IPv6"}
_FAMILY_PROTOCOLS = {2: "ip", 24: "ipv6", 28: "ipv6", 30: "ipv6"}
# The number is in the byte order of the machine that captured; what looks large was written the other way round.
_IS_LITTLE = peek(0, 2).differs(0)
_NUMBER = peek(0, 4) * _IS_LITTLE.equals(0) + peek(0, 4, little_endian=True) * _IS_LITTLE


def _null_fields(name: str, label: str, type_: T, when: Expression, **more: Any) -> tuple[FieldSpec, ...]:
    return tuple(
        FieldSpec(name=name, label=label, type=type_, at=0, size=4, little_endian=little, when=when & order, **more)
        for little, order in ((True, _IS_LITTLE), (False, _IS_LITTLE.equals(0))))


NULL = ProtocolSpec(
    name="null", label="Null/Loopback", header_length=4,
    chain=lambda node: "null:ethertype" if "null.type" in node.scope else "null",
    elements=(
        *_null_fields("null.family", "Family", T.UINT32, _NUMBER <= 1500, names=_FAMILIES),
        *_null_fields("null.type", "Type", T.UINT16, _NUMBER > 1500, base=Base.HEX, names=ETHERTYPE_NAMES),
    ),
    next=((F("null.family"), _FAMILY_PROTOCOLS), (F("null.type"), ETHERTYPE_PROTOCOLS)),
)

RAW = ProtocolSpec(
    name="raw", label="Raw packet data", header_length=0, elements=(),
    next=((peek(0) >> 4, {4: "ip", 6: "ipv6"}),),
)
