"""What each RFC says of its header, as data; nothing is computed here."""

from collections.abc import Mapping

from tcpladder.fields.spec import ProtocolSpec
from tcpladder.protocols.application import DATA, TCP_PAYLOAD, UDP_PAYLOAD, UPPER_LAYERS
from tcpladder.protocols.arp import ARP
from tcpladder.protocols.carriers import CARRIERS
from tcpladder.protocols.frame import FRAME
from tcpladder.protocols.icmp import ICMP
from tcpladder.protocols.icmpv6 import ICMPV6
from tcpladder.protocols.ipv4 import IP_EITHER, IPV4
from tcpladder.protocols.ipv6 import EXTENSION_HEADERS, IPV6
from tcpladder.protocols.link import COOKED, COOKED_2, ETHERNET, LLC, NULL, PROVIDER_TAG, RAW, VLAN
from tcpladder.protocols.tcp import TCP
from tcpladder.protocols.udp import UDP

# Every protocol by the name that the tables of next protocols use; the order is that of the columns' walk.
PROTOCOLS: Mapping[str, ProtocolSpec] = {spec.name: spec for spec in (
    FRAME,
    ETHERNET, LLC, VLAN, PROVIDER_TAG, COOKED, COOKED_2, NULL, RAW,
    ARP, IP_EITHER, IPV4, IPV6, *EXTENSION_HEADERS,
    ICMP, ICMPV6,
    UDP, TCP, *CARRIERS,
    TCP_PAYLOAD, UDP_PAYLOAD, *UPPER_LAYERS, DATA,
)}
