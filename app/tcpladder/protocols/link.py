"""Link layers: Ethernet, 802.1Q and 802.1ad tags, Linux cooked captures, BSD loopback, raw IP."""

import dpkt

from tcpladder.fields.dpkt_layout import layout_of
from tcpladder.fields.expression import F, peek
from tcpladder.fields.spec import REST, Base, Expert, FieldSpec, ProtocolSpec
from tcpladder.fields.types import FieldType as T
from tcpladder.protocols.numbers import ETHERTYPE_NAMES, ETHERTYPE_PROTOCOLS

_IG = {"true": "Group address (multicast/broadcast)", "false": "Individual address (unicast)"}
_LG = {"true": "Locally administered address (this is NOT the factory default)",
       "false": "Globally unique address (factory default)"}



def _address_parts(which: str, label: str) -> tuple[FieldSpec, ...]:
    """What an Ethernet address is made of; Wireshark repeats most of it under the name of eth.addr."""
    def resolved(name: str, text: str) -> FieldSpec:
        return FieldSpec(name=name, label=f"{text} (resolved)", type=T.STRING, size=6, hidden=True,
                         shown_as=T.ETHER)

    def oui(name: str, text: str) -> FieldSpec:
        return FieldSpec(name=name, label=f"{text} OUI", type=T.UINT24, hidden=True,
                         text=lambda node: f"{node.spec.label}: {node.data.hex(':')}")

    def bit(name: str, text: str, place: int, words: dict[str, str], hidden: bool) -> FieldSpec:
        return FieldSpec(name=name, label=text, type=T.BOOLEAN, size=3, bits=(place, 1), whole_item=True,
                         hidden=hidden, **words)  # type: ignore[arg-type]

    return (
        resolved(f"eth.{which}_resolved", label), oui(f"eth.{which}.oui", label),
        FieldSpec(name="eth.addr", label="Address", type=T.ETHER),
        resolved("eth.addr_resolved", "Address"), oui("eth.addr.oui", "Address"),
        bit(f"eth.{which}.lg", "LG bit", 6, _LG, False), bit("eth.lg", "LG bit", 6, _LG, True),
        bit(f"eth.{which}.ig", "IG bit", 7, _IG, False), bit("eth.ig", "IG bit", 7, _IG, True),
    )


_TYPE_OR_LENGTH = peek(12, 2)
_IS_LENGTH = _TYPE_OR_LENGTH <= 1500
_PADDING = FieldSpec(name="eth.padding", label="Padding", type=T.BYTES, size=REST)

ETHERNET = ProtocolSpec(
    name="eth", label="Ethernet", layout=layout_of(dpkt.ethernet.Ethernet),
    text=lambda node: ("IEEE 802.3 Ethernet" if "eth.len" in node.scope else
                       "Ethernet II, Src: {}, Dst: {}".format(
                           node.scope.get("eth.src", b"").hex(":"), node.scope.get("eth.dst", b"").hex(":"))),
    header_length=14, chain=lambda node: "eth:ethertype" if "eth.type" in node.scope else "eth",
    elements=(
        FieldSpec(name="eth.dst", label="Destination", type=T.ETHER, item="dst",
                  children=_address_parts("dst", "Destination")),
        FieldSpec(name="eth.src", label="Source", type=T.ETHER, item="src",
                  children=_address_parts("src", "Source")),
        Expert(name="eth.src_not_group", severity="Warning", group="Protocol", when=peek(6) & 1,
               message="Source MAC must not be a group address: IEEE 802.3-2002, Section 3.2.3(b)"),
        FieldSpec(name="eth.len", label="Length", type=T.UINT16, item="type", when=_IS_LENGTH),
        FieldSpec(name="eth.type", label="Type", type=T.UINT16, item="type", base=Base.HEX, names=ETHERTYPE_NAMES,
                  when=_TYPE_OR_LENGTH > 1500),
    ),
    total_length=F("eth.len") + 14,
    next=((F("eth.type"), ETHERTYPE_PROTOCOLS), (_IS_LENGTH, {1: "llc"})),
    trailer=(_PADDING,),
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


def _tag(name: str, label: str) -> ProtocolSpec:
    return ProtocolSpec(
        name=name, label=label, layout=layout_of(dpkt.ethernet.VLANtag8021Q), header_length=4,
        chain=f"{name}:ethertype",
        text=label + ", PRI: {" + name + ".priority}, DEI: {" + name + ".dei}, ID: {" + name + ".id}",
        elements=(
            FieldSpec(name=f"{name}.priority", label="Priority", type=T.UINT16, item="pri", whole_item=True,
                      bits=(0, 3), names=_PRIORITIES),
            FieldSpec(name=f"{name}.dei", label="DEI", type=T.BOOLEAN, item="cfi", whole_item=True, bits=(0, 1),
                      true="Eligible", false="Ineligible"),
            FieldSpec(name=f"{name}.id", label="ID", type=T.UINT16, item="id", whole_item=True, bits=(0, 12)),
            FieldSpec(name=f"{name}.etype", label="Type", type=T.UINT16, item="type", base=Base.HEX,
                      names=ETHERTYPE_NAMES),
        ),
        next=((F(f"{name}.etype"), ETHERTYPE_PROTOCOLS),),
    )


_PRIORITIES = {0: "Best Effort (default)", 1: "Background", 2: "Spare", 3: "Excellent Effort",
               4: "Controlled Load", 5: "Video, < 100ms latency and jitter", 6: "Voice, < 10ms latency and jitter",
               7: "Network Control"}
VLAN = _tag("vlan", "802.1Q Virtual LAN")
PROVIDER_TAG = _tag("ieee8021ad", "IEEE 802.1ad")

_PACKET_TYPES = {0: "Unicast to us", 1: "Broadcast", 2: "Multicast", 3: "Unicast to another host", 4: "Sent by us"}
_HARDWARE_TYPES = {1: "Ethernet", 6: "IEEE 802", 512: "PPP", 772: "Loopback", 776: "IPv6-in-IPv4 tunnel",
                   778: "GRE", 801: "IEEE 802.11", 65534: "No link-layer type"}


def _sender(length: str, start: int) -> tuple[FieldSpec, ...]:
    return (
        FieldSpec(name="sll.src.eth", label="Source", type=T.ETHER, item="hdr", size=6, when=F(length).equals(6)),
        FieldSpec(name="sll.src.ipv4", label="Source", type=T.IPV4, item="hdr", size=4, when=F(length).equals(4)),
        FieldSpec(name="sll.src.other", label="Source", type=T.BYTES, item="hdr", size=F(length).at_most(8),
                  when=F(length).among(0, 4, 6).equals(0)),
        FieldSpec(name="sll.unused", label="Unused", type=T.BYTES, at=F(length).at_most(8) + start,
                  size=8 - F(length).at_most(8), when=F(length) < 8),
    )


COOKED = ProtocolSpec(
    name="sll", label="Linux cooked capture v1", layout=layout_of(dpkt.sll.SLL), header_length=16,
    chain="sll:ethertype",
    elements=(
        FieldSpec(name="sll.pkttype", label="Packet type", type=T.UINT16, item="type", names=_PACKET_TYPES),
        FieldSpec(name="sll.hatype", label="Link-layer address type", type=T.UINT16, item="hrd",
                  names=_HARDWARE_TYPES),
        FieldSpec(name="sll.halen", label="Link-layer address length", type=T.UINT16, item="hlen"),
        *_sender("sll.halen", 6),
        FieldSpec(name="sll.etype", label="Protocol", type=T.UINT16, item="ethtype", base=Base.HEX,
                  names=ETHERTYPE_NAMES),
    ),
    next=((F("sll.etype"), ETHERTYPE_PROTOCOLS),),
)

COOKED_2 = ProtocolSpec(
    name="sll2", label="Linux cooked capture v2", layout=layout_of(dpkt.sll2.SLL2), header_length=20,
    chain="sll:ethertype",
    elements=(
        FieldSpec(name="sll.etype", label="Protocol", type=T.UINT16, item="ethtype", base=Base.HEX,
                  names=ETHERTYPE_NAMES),
        FieldSpec(name="sll.ifindex", label="Interface index", type=T.UINT32, item="intindex"),
        FieldSpec(name="sll.hatype", label="Link-layer address type", type=T.UINT16, item="hrd",
                  names=_HARDWARE_TYPES),
        FieldSpec(name="sll.pkttype", label="Packet type", type=T.UINT8, item="type", names=_PACKET_TYPES),
        FieldSpec(name="sll.halen", label="Link-layer address length", type=T.UINT8, item="hlen"),
        *_sender("sll.halen", 12),
    ),
    next=((F("sll.etype"), ETHERTYPE_PROTOCOLS),),
)

_FAMILIES = {2: "IP", 10: "IPv6", 24: "IPv6", 28: "IPv6", 30: "IPv6"}
_FAMILY_PROTOCOLS = {2: "ip", 10: "ipv6", 24: "ipv6", 28: "ipv6", 30: "ipv6"}
# The family is in the byte order of the machine that captured; a large one has been written the other way round.
_IS_LITTLE = peek(0, 2).differs(0)
NULL = ProtocolSpec(
    name="null", label="Null/Loopback", header_length=4,
    elements=(
        FieldSpec(name="null.family", label="Family", type=T.UINT32, at=0, size=4, little_endian=True,
                  names=_FAMILIES, when=_IS_LITTLE),
        FieldSpec(name="null.family", label="Family", type=T.UINT32, at=0, size=4, names=_FAMILIES,
                  when=_IS_LITTLE.equals(0)),
    ),
    next=((F("null.family"), _FAMILY_PROTOCOLS),),
)

RAW = ProtocolSpec(
    name="raw", label="Raw packet data", header_length=0, elements=(),
    next=((peek(0) >> 4, {4: "ip", 6: "ipv6"}),),
)
