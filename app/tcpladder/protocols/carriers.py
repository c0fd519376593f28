"""Headers that carry whole packets of the protocols we know, declared as far as that takes."""

from collections.abc import Iterator, Mapping

import dpkt

from tcpladder.fields.dpkt_layout import layout_of
from tcpladder.fields.expression import LENGTH, Constant, Expression, F, optional, peek
from tcpladder.fields.spec import Base, FieldSpec, ProtocolSpec
from tcpladder.fields.types import FieldType as T
from tcpladder.protocols.numbers import ETHERTYPE_NAMES, ETHERTYPE_PROTOCOLS, IP_PROTOCOL_NAMES, IP_PROTOCOLS


def _number(name: str, label: str, type_: T, **more: object) -> FieldSpec:
    return FieldSpec(name=name, label=label, type=type_, **more)  # type: ignore[arg-type]



# RFC 2516, and the protocol field of PPP (RFC 1661; one byte where it is compressed).
PPPOE = ProtocolSpec(
    name="pppoes", label="PPP-over-Ethernet Session", header_length=6, default_next="ppp",
    total_length=F("pppoe.payload_length") + 6,
    elements=(
        _number("pppoe.version", "Version", T.UINT8, size=1, bits=(0, 4), at=0),
        _number("pppoe.type", "Type", T.UINT8, size=1, bits=(4, 4), at=0),
        _number("pppoe.code", "Code", T.UINT8, at=1, base=Base.HEX),
        _number("pppoe.session_id", "Session ID", T.UINT16, at=2, base=Base.HEX),
        _number("pppoe.payload_length", "Payload Length", T.UINT16, at=4),
    ),
)
_PPP_PROTOCOLS: Mapping[int, str] = {0x21: "ip", 0x57: "ipv6"}
_HAS_ADDRESS = peek(0, 2).equals(0xff03)      # address and control, where they are not left out
_IS_COMPRESSED = _HAS_ADDRESS.equals(0) & peek(0) & 1
PPP = ProtocolSpec(
    name="ppp", label="Point-to-Point Protocol",
    elements=(
        _number("ppp.protocol", "Protocol", T.UINT16, at=_HAS_ADDRESS * 2, size=2, base=Base.HEX,
                when=_IS_COMPRESSED.equals(0)),
        _number("ppp.protocol", "Protocol", T.UINT16, at=0, size=1, base=Base.HEX, when=_IS_COMPRESSED),
    ),
    next=((F("ppp.protocol"), _PPP_PROTOCOLS),),
)

# RFC 2661; data messages only carry PPP.
_L2TP_LENGTH, _L2TP_NUMBERS, _L2TP_OFFSET = (peek(0) >> 6) & 1, (peek(0) >> 3) & 1, (peek(0) >> 1) & 1
L2TP = ProtocolSpec(
    name="l2tp", label="Layer 2 Tunneling Protocol", next=((peek(0) >> 7, {0: "ppp"}),),
    header_length=_L2TP_LENGTH * 2 + _L2TP_NUMBERS * 4 + _L2TP_OFFSET * 2 + 6,
    elements=(
        _number("l2tp.tunnel", "Tunnel ID", T.UINT16, at=_L2TP_LENGTH * 2 + 2, size=2),
        _number("l2tp.session", "Session ID", T.UINT16, at=_L2TP_LENGTH * 2 + 4, size=2),
    ),
)

# RFC 3032; below the last label four bits tell what follows (RFC 4928), 0 a control word (RFC 4385).
MPLS = ProtocolSpec(
    name="mpls", label="MultiProtocol Label Switching Header", header_length=4,
    text="MultiProtocol Label Switching Header, Label: {mpls.label}, Exp: {mpls.exp}, S: {mpls.bottom}, "
         "TTL: {mpls.ttl}",
    elements=(
        _number("mpls.label", "MPLS Label", T.UINT32, at=0, bits=(0, 20), whole_item=True),
        _number("mpls.exp", "MPLS Experimental Bits", T.UINT32, at=0, bits=(20, 3), whole_item=True),
        _number("mpls.bottom", "MPLS Bottom Of Label Stack", T.UINT32, at=0, bits=(23, 1), whole_item=True),
        _number("mpls.ttl", "MPLS TTL", T.UINT32, at=0, bits=(24, 8), whole_item=True),
    ),
    next=((F("mpls.bottom"), {0: "mpls"}), (peek(4) >> 4, {0: "pwethcw", 4: "ip", 6: "ipv6"})),
)
PSEUDOWIRE = ProtocolSpec(
    name="pwethcw", label="PW Ethernet Control Word", header_length=4, default_next="eth",
    elements=(_number("pwethcw.sequence_number", "Sequence Number", T.UINT16, at=2),),
)

# RFC 2784 and RFC 2890.
_HAS_CHECKSUM, _HAS_KEY, _HAS_SEQUENCE = F("gre.flags.checksum"), F("gre.flags.key"), F("gre.flags.sequence_number")


def _gre_flag(name: str, label: str, bit: int) -> FieldSpec:
    return FieldSpec(name=f"gre.flags.{name}", label=label, type=T.BOOLEAN, item="flags", bits=(bit, 1),
                     whole_item=True, true="Yes", false="No")


GRE = ProtocolSpec(
    name="gre", label="Generic Routing Encapsulation", layout=layout_of(dpkt.gre.GRE),
    header_length=Constant(4) + _HAS_CHECKSUM * 4 + _HAS_KEY * 4 + _HAS_SEQUENCE * 4,
    elements=(
        _number("gre.flags_and_version", "Flags and Version", T.UINT16, item="flags", base=Base.HEX, children=(
            _gre_flag("checksum", "Checksum Bit", 0), _gre_flag("routing", "Routing Bit", 1),
            _gre_flag("key", "Key Bit", 2), _gre_flag("sequence_number", "Sequence Number Bit", 3))),
        _number("gre.proto", "Protocol Type", T.UINT16, item="p", base=Base.HEX, names=ETHERTYPE_NAMES),
    ),
    next=((F("gre.proto").equals(0x88be) & _HAS_SEQUENCE, {1: "erspan2"}),
          (F("gre.proto"), {**ETHERTYPE_PROTOCOLS, 0x6558: "eth", 0x88be: "erspan", 0x22eb: "erspan3"})),
)


def _mirror(name: str, length: int) -> ProtocolSpec:
    return ProtocolSpec(name=name, label="Encapsulated Remote Switch Packet ANalysis", header_length=length,
                        chain="erspan", default_next="eth", elements=())


ERSPAN = (_mirror("erspan", 0), _mirror("erspan2", 8), _mirror("erspan3", 12))

# RFC 7348.
VXLAN = ProtocolSpec(
    name="vxlan", label="Virtual eXtensible Local Area Network", header_length=8, default_next="eth",
    elements=(
        _number("vxlan.flags", "Flags", T.UINT16, at=0, base=Base.HEX),
        _number("vxlan.gbp", "Group Policy ID", T.UINT16, at=2),
        _number("vxlan.vni", "VXLAN Network Identifier (VNI)", T.UINT24, at=4),
    ),
)

# RFC 4380: an authentication and an origin may stand before the IPv6 packet.
TEREDO = ProtocolSpec(
    name="teredo", label="Teredo IPv6 over UDP tunneling", elements=(), default_next="teredo_origin",
    header_length=peek(0, 2).equals(1) * (peek(2) + peek(3) + 13),
)
TEREDO_ORIGIN = ProtocolSpec(
    name="teredo_origin", label="Teredo Origin Indication", elements=(), transparent=True, default_next="ipv6",
    header_length=peek(0, 2).equals(0) * 8,
)

# Anything In Anything (draft-massar-v6ops-ayiya-02): lengths of identity and signature are in the first two bytes.
AYIYA = ProtocolSpec(
    name="ayiya", label="AYIYA", header_length=(Constant(1) << (peek(0) >> 4)) + (peek(1) >> 4) * 4 + 8,
    elements=(
        _number("ayiya.opcode", "Operation Code", T.UINT8, at=2, bits=(4, 4)),
        _number("ayiya.nextheader", "Next Header", T.UINT8, at=3, base=Base.HEX, names=IP_PROTOCOL_NAMES),
    ),
    next=((F("ayiya.nextheader"), IP_PROTOCOLS),),
)

# 3GPP TS 29.281: three flags say whether four more bytes follow; only one type of message carries a packet.
# Version 0 (TS 09.60) has 20 bytes.
_IS_VERSION_0 = (peek(0) >> 5).equals(0)
GTP = ProtocolSpec(
    name="gtp", label="GPRS Tunneling Protocol", default_next="",
    header_length=_IS_VERSION_0 * 20 + _IS_VERSION_0.equals(0) * (((peek(0) & 7) > 0) * 4 + 8),
    elements=(
        _number("gtp.flags", "Flags", T.UINT8, at=0, base=Base.HEX),
        _number("gtp.message", "Message Type", T.UINT8, at=1, base=Base.HEX),
        _number("gtp.length", "Length", T.UINT16, at=2),
        _number("gtp.teid", "TEID", T.UINT32, at=4, base=Base.HEX, when=_IS_VERSION_0.equals(0)),
    ),
    next=((F("gtp.message"), {0xff: "ip_either"}),),
)

# RFC 2427: the last byte of the address has its lowest bit set; what follows is an EtherType, or control and NLPID.
FRAME_RELAY = ProtocolSpec(
    name="fr", label="Frame Relay",
    elements=(
        _number("fr.type", "Type", T.UINT16, at=Constant(4) - (peek(1) & 1) * 2 - ((peek(1) & 1).equals(0) & peek(2)),
                size=2, base=Base.HEX),
    ),
    next=((F("fr.type"), {**ETHERTYPE_PROTOCOLS, 0x03cc: "ip", 0x038e: "ipv6"}),),
)

# IEEE 802.1AE: what is neither encrypted nor changed goes on with its EtherType.
_HAS_CHANNEL = (peek(0) >> 5) & 1
_IS_PLAIN = (peek(0) & 0x0c).equals(0)
MACSEC = ProtocolSpec(
    name="macsec", label="802.1AE Security Tag", chain=lambda node: (
        "macsec:ethertype" if "macsec.etype" in node.scope else "macsec"),
    header_length=_HAS_CHANNEL * 8 + _IS_PLAIN * 2 + 6,
    elements=(
        _number("macsec.TCI", "TCI", T.UINT8, at=0, bits=(0, 6), base=Base.HEX),
        _number("macsec.AN", "AN", T.UINT8, at=0, bits=(6, 2), base=Base.HEX),
        _number("macsec.SL", "Short length", T.UINT8, at=1),
        _number("macsec.PN", "Packet number", T.UINT32, at=2),
        _number("macsec.etype", "Ethertype", T.UINT16, at=_HAS_CHANNEL * 8 + 6, size=2, base=Base.HEX, when=_IS_PLAIN,
                names=ETHERTYPE_NAMES),
    ),
    next=((F("macsec.etype"), ETHERTYPE_PROTOCOLS),),
)

# LINKTYPE_NFLOG (pcap-linktype(7)): records of a length and a type, of which one holds the packet and is the last.
_PACKET_RECORD = 9
_MOST_RECORDS = 12


def _log_records() -> Iterator[FieldSpec]:
    """Where each record is, its length and its type, up to that of the packet."""
    place: Expression = Constant(4)
    more: Expression = Constant(1)
    for number in range(_MOST_RECORDS):
        name = f"nflog.record{number}"
        yield FieldSpec(name=f"{name}.at", label="Record", type=T.UINT16, at=0, size=0, value=place,
                        in_tree=False, when=more & (place + 4 <= LENGTH))
        for part, offset in (("length", 0), ("type", 2)):
            yield FieldSpec(name=f"{name}.{part}", label=f"Record {part}", type=T.UINT16, at=F(f"{name}.at") + offset,
                            size=2, little_endian=True, in_tree=False, when=F(f"{name}.at") > 0)
        more = F(f"{name}.type").differs(_PACKET_RECORD)
        place = F(f"{name}.at") + (F(f"{name}.length") + 3) // 4 * 4


def _packet_at() -> Expression:
    """The first byte of the packet, 0 where no record holds one."""
    place: Expression = Constant(0)
    for number in range(_MOST_RECORDS):
        name = f"nflog.record{number}"
        place = place + optional(f"{name}.type", 0).equals(_PACKET_RECORD) * (optional(f"{name}.at", 0) + 4)
    return place


NFLOG = ProtocolSpec(
    name="nflog", label="Linux Netfilter NFLOG", header_length=F("nflog.packet_at"), default_next="",
    elements=(
        _number("nflog.family", "Family", T.UINT8, at=0, names={2: "IPv4", 10: "IPv6"}),
        _number("nflog.version", "Version", T.UINT8, at=1),
        _number("nflog.resource_id", "Resource id", T.UINT16, at=2),
        *_log_records(),
        FieldSpec(name="nflog.packet_at", label="Packet", type=T.UINT32, at=0, size=0, value=_packet_at(),
                  in_tree=False),
    ),
    next=((F("nflog.family") * (F("nflog.packet_at") > 0), {2: "ip", 10: "ipv6"}),),
)

# Makers' own headers between Ethernet and what it carries.
FABRIC_PATH = ProtocolSpec(
    name="cfp", label="Cisco FabricPath", chain="eth:cfp", header_length=16, default_next="eth",
    total_length=LENGTH - 4,        # the frame check sequence belongs to it
    elements=(_number("cfp.ttl", "TTL", T.UINT16, at=14, bits=(10, 6)),),
)
VNTAG = ProtocolSpec(
    name="vntag", label="VN-Tag", chain="vntag:ethertype", header_length=6,
    elements=(_number("vntag.dst", "Destination", T.UINT32, at=0, bits=(2, 14)),
              _number("vntag.src", "Source", T.UINT32, at=0, bits=(20, 12)),
              FieldSpec(name="vntag.etype", label="Type", type=T.UINT16, at=4, base=Base.HEX, names=ETHERTYPE_NAMES)),
    next=((F("vntag.etype"), ETHERTYPE_PROTOCOLS),),
)
_CLOCK_BYTES = peek(3).equals(0x10) * 2 + 6
ARISTA = ProtocolSpec(
    name="avsp", label="Arista Vendor Specific Protocol", chain="avsp:ethertype", header_length=_CLOCK_BYTES + 6,
    elements=(_number("avsp.subtype", "Subtype", T.UINT16, at=0, base=Base.HEX),
              _number("avsp.version", "Version", T.UINT16, at=2, base=Base.HEX),
              FieldSpec(name="avsp.etype", label="Type", type=T.UINT16, at=_CLOCK_BYTES + 4, base=Base.HEX,
                        names=ETHERTYPE_NAMES)),
    next=((F("avsp.etype"), ETHERTYPE_PROTOCOLS),),
)

CARRIERS = (PPPOE, PPP, L2TP, MPLS, PSEUDOWIRE, GRE, *ERSPAN, VXLAN, TEREDO, TEREDO_ORIGIN, AYIYA, GTP, FRAME_RELAY,
            MACSEC, NFLOG, FABRIC_PATH, VNTAG, ARISTA)
