"""ARP (RFC 826), with what probes and announcements are (RFC 5227)."""

import dpkt

from tcpladder.fields.dpkt_layout import layout_of
from tcpladder.fields.expression import Constant, Expression, F, peek
from tcpladder.fields.node import FieldNode
from tcpladder.fields.spec import Base, FieldSpec, ProtocolSpec
from tcpladder.fields.types import FieldType as T
from tcpladder.protocols.numbers import ETHERTYPE_NAMES

# IANA's registry of ARP parameters.
_HARDWARE = {
    1: "Ethernet", 2: "Experimental Ethernet", 3: "AX.25", 4: "ProNET Token Ring", 6: "IEEE 802", 7: "ARCNET",
    8: "Hyperchannel", 15: "Frame Relay DLCI", 16: "ATM", 17: "HDLC", 18: "Fibre Channel", 20: "Serial Line",
    24: "IEEE 1394.1995", 27: "EUI-64", 31: "IPsec tunnel", 32: "InfiniBand", 256: "Experimental 2"}
_OPCODES = {
    0: "reserved", 1: "request", 2: "reply", 3: "reverse request", 4: "reverse reply", 5: "drarp request",
    6: "drarp reply", 7: "drarp error", 8: "inverse request", 9: "inverse reply", 10: "arp nak",
    11: "mars request", 12: "mars multi", 13: "mars mserv", 14: "mars join", 15: "mars leave", 16: "mars nak",
    17: "mars unserv", 18: "mars sjoin", 19: "mars sleave", 20: "mars grouplist request",
    21: "mars grouplist reply", 22: "mars redirect map", 23: "mapos unarp", 24: "experimental 1",
    25: "experimental 2", 65535: "reserved"}


def _line(node: FieldNode) -> str:
    scope = node.scope
    what = _OPCODES.get(scope.get("arp.opcode", -1), "")
    if "arp.isprobe" in scope:
        what = "ARP Probe"
    elif "arp.isannouncement" in scope:
        what = "ARP Announcement"
    elif "arp.isgratuitous" in scope:
        what += "/gratuitous ARP"
    return f"{node.spec.label} ({what})" if what else node.spec.label


def _addresses(which: str, label: str, hardware_at: int | Expression,
               protocol_at: int | Expression) -> tuple[FieldSpec, ...]:
    ethernet = F("arp.hw.size").equals(6) & F("arp.hw.type").among(1, 6)
    ipv4 = F("arp.proto.size").equals(4) & F("arp.proto.type").equals(0x0800)
    return (
        FieldSpec(name=f"arp.{which}.hw_mac", label=f"{label} MAC address", type=T.ETHER, at=hardware_at,
                  when=ethernet),
        FieldSpec(name=f"arp.{which}.hw", label=f"{label} hardware address", type=T.BYTES, at=hardware_at,
                  size=F("arp.hw.size"), when=ethernet.equals(0) & (F("arp.hw.size") > 0)),
        FieldSpec(name=f"arp.{which}.proto_ipv4", label=f"{label} IP address", type=T.IPV4, at=protocol_at,
                  when=ipv4),
        FieldSpec(name=f"arp.{which}.proto", label=f"{label} protocol address", type=T.BYTES, at=protocol_at,
                  size=F("arp.proto.size"), when=ipv4.equals(0) & (F("arp.proto.size") > 0)),
    )


def _judgement(name: str, label: str, when: Expression) -> FieldSpec:
    return FieldSpec(name=f"arp.is{name}", label=f"Is {label}", type=T.BOOLEAN, value=Constant(1), generated=True,
                     when=when)


_HW, _PROTO, _OPCODE = F("arp.hw.size"), F("arp.proto.size"), F("arp.opcode")
_SENDER, _TARGET, _TARGET_MAC = peek(14, 4), peek(24, 4), peek(18, 6)
_OF_USUAL_SIZE = _HW.equals(6) & _PROTO.equals(4)
_ASKS = _OF_USUAL_SIZE & _OPCODE.equals(1) & _TARGET_MAC.equals(0)

ARP = ProtocolSpec(
    name="arp", label="Address Resolution Protocol", layout=layout_of(dpkt.arp.ARP), default_next="", text=_line,
    header_length=_HW * 2 + _PROTO * 2 + 8, total_length=_HW * 2 + _PROTO * 2 + 8,
    elements=(
        FieldSpec(name="arp.hw.type", label="Hardware type", type=T.UINT16, item="hrd", names=_HARDWARE),
        FieldSpec(name="arp.proto.type", label="Protocol type", type=T.UINT16, item="pro", base=Base.HEX,
                  names=ETHERTYPE_NAMES),
        FieldSpec(name="arp.hw.size", label="Hardware size", type=T.UINT8, item="hln"),
        FieldSpec(name="arp.proto.size", label="Protocol size", type=T.UINT8, item="pln"),
        FieldSpec(name="arp.opcode", label="Opcode", type=T.UINT16, item="op", names=_OPCODES),
        _judgement("gratuitous", "gratuitous", _OF_USUAL_SIZE & _OPCODE.among(1, 2) & _SENDER.equals(_TARGET)),
        _judgement("probe", "probe", _ASKS & _SENDER.equals(0) & _TARGET.differs(0)),
        _judgement("announcement", "announcement", _ASKS & _SENDER.equals(_TARGET)),
        *_addresses("src", "Sender", 8, _HW + 8),
        *_addresses("dst", "Target", _HW + _PROTO + 8, _HW * 2 + _PROTO + 8),
    ),
)
