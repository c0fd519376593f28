"""IPv6 (RFC 8200) and its extension headers."""

import dpkt

from tcpladder.fields.dpkt_layout import layout_of
from tcpladder.fields.expression import F, LENGTH
from tcpladder.fields.show import ipv6_text
from tcpladder.fields.spec import FieldSpec, ProtocolSpec, Base, Stop
from tcpladder.fields.types import FieldType as T
from tcpladder.protocols.ipv4 import address_fields
from tcpladder.protocols.numbers import IP_PROTOCOL_NAMES, IP_PROTOCOLS

IPV6 = ProtocolSpec(
    name="ipv6", label="Internet Protocol Version 6", layout=layout_of(dpkt.ip6.IP6), header_length=40,
    text=lambda node: "Internet Protocol Version 6, Src: {}, Dst: {}".format(
        *(ipv6_text(node.scope[name]) if name in node.scope else "" for name in ("ipv6.src", "ipv6.dst"))),
    total_length=F("ipv6.plen") + 40 + F("ipv6.plen").equals(0) * LENGTH,
    elements=(
        FieldSpec(name="ipv6.version", label="Version", type=T.UINT8, item="v", bits=(0, 4)),
        FieldSpec(name="ip.version", label="Version", type=T.UINT8, item="v", bits=(0, 4), hidden=True),
        Stop(when=F("ipv6.version").differs(6), reason="IP version is {ipv6.version}; an IPv6 header says 6."),
        FieldSpec(name="ipv6.tclass", label="Traffic Class", type=T.UINT32, item="fc", bits=(0, 8), whole_item=True,
                  base=Base.HEX),
        FieldSpec(name="ipv6.flow", label="Flow Label", type=T.UINT24, item="flow", bits=(0, 20), base=Base.HEX),
        FieldSpec(name="ipv6.plen", label="Payload Length", type=T.UINT16, item="plen"),
        FieldSpec(name="ipv6.nxt", label="Next Header", type=T.UINT8, item="nxt", names=IP_PROTOCOL_NAMES),
        FieldSpec(name="ipv6.hlim", label="Hop Limit", type=T.UINT8, item="hlim"),
        *address_fields("ipv6", T.IPV6),
    ),
    next=((F("ipv6.nxt"), IP_PROTOCOLS),),
)
