"""Numbers that several protocols share: link types, EtherTypes, IP protocols, ports, and their names."""

from collections.abc import Mapping

# LINKTYPE_ numbers (pcap-linktype(7)) to our protocols.
LINKTYPE_PROTOCOLS: Mapping[int, str] = {
    0: "null", 1: "eth", 9: "ppp", 12: "raw", 14: "raw", 50: "ppp", 51: "pppoes", 101: "raw", 107: "fr", 108: "null",
    113: "sll", 228: "ip_either", 229: "ipv6", 239: "nflog", 276: "sll2",
}

# LINKTYPE_ numbers to Wireshark's encapsulation numbers, and the names of those.
ENCAPSULATION_OF_LINKTYPE: Mapping[int, int] = {
    0: 15, 1: 1, 6: 2, 8: 3, 9: 4, 10: 6, 12: 7, 14: 7, 50: 4, 51: 139, 101: 7, 104: 28, 105: 20, 107: 26, 108: 174,
    113: 25, 117: 39, 119: 21, 127: 23, 163: 24, 187: 41, 189: 95, 192: 97, 195: 104, 201: 99, 220: 115, 227: 125,
    228: 129, 229: 130, 230: 127, 231: 146, 239: 141, 249: 152, 251: 154, 253: 158, 276: 210,
    **{147 + number: 45 + number for number in range(16)},      # LINKTYPE_USER0 to LINKTYPE_USER15
}
ENCAPSULATION_NAMES: Mapping[int, str] = {
    0: "Unknown", 1: "Ethernet", 2: "Token Ring", 3: "SLIP", 4: "PPP", 6: "FDDI with bit-swapped MAC addresses",
    7: "Raw IP", 15: "NULL/Loopback", 20: "IEEE 802.11 Wireless LAN",
    21: "IEEE 802.11 plus Prism II monitor mode radio header", 23: "IEEE 802.11 plus radiotap radio header",
    24: "IEEE 802.11 plus AVS radio header", 25: "Linux cooked-mode capture v1", 26: "Frame Relay", 28: "Cisco HDLC",
    39: "OpenBSD PF Firewall logs", 41: "Bluetooth H4", 95: "USB packets with Linux header",
    97: "Per-Packet Information header", 99: "Bluetooth H4 with linux header", 104: "IEEE 802.15.4 Wireless PAN",
    115: "USB packets with Linux header and padding", 125: "SocketCAN",
    127: "IEEE 802.15.4 Wireless PAN with FCS not present", 129: "Raw IPv4", 130: "Raw IPv6",
    139: "PPP-over-Ethernet session", 141: "NFLOG", 146: "D-Bus", 152: "USB packets with USBPcap header",
    154: "Bluetooth Low Energy Link Layer", 158: "Linux Netlink", 174: "OpenBSD loopback",
    210: "Linux cooked-mode capture v2", **{45 + number: f"USER {number}" for number in range(16)},
}

# EtherTypes (IEEE registry) to our protocols, and their names.
ETHERTYPE_PROTOCOLS: Mapping[int, str] = {
    0x0800: "ip", 0x0806: "arp", 0x8035: "arp", 0x8100: "vlan", 0x86dd: "ipv6", 0x8847: "mpls", 0x8848: "mpls",
    0x8864: "pppoes", 0x88a8: "ieee8021ad", 0x88e5: "macsec", 0x8926: "vntag", 0x9100: "vlan", 0xd28b: "avsp",
}
ETHERTYPE_NAMES: Mapping[int, str] = {
    0x0800: "IPv4", 0x0806: "ARP", 0x6003: "DEC DNA Routing", 0x8035: "RARP", 0x809b: "AppleTalk",
    0x8100: "802.1Q Virtual LAN", 0x8137: "Netware IPX/SPX", 0x86dd: "IPv6", 0x8808: "MAC Control",
    0x8809: "Slow Protocols", 0x8847: "MPLS label switched packet", 0x8848: "MPLS multicast label switched packet",
    0x8863: "PPPoE Discovery", 0x8864: "PPPoE Session", 0x888e: "802.1X Authentication",
    0x88a8: "802.1ad Provider Bridge (Q-in-Q)", 0x88cc: "802.1 Link Layer Discovery Protocol (LLDP)",
    0x88b5: "Local Experimental Ethertype 1", 0x88b6: "Local Experimental Ethertype 2", 0x88e5: "802.1AE (MACsec)",
    0x88e7: "802.1ah Provider Backbone Bridge (mac-in-mac)", 0x88f7: "PTPv2 over Ethernet (IEEE1588)",
    0x8902: "IEEE 802.1ag Connectivity Fault Management (CFM) protocol", 0x8926: "VN-Tag", 0x9000: "Loopback",
    0x9100: "QinQ: old non-standard 802.1ad", 0xd28b: "Arista Timestamp",
}

# IP protocol numbers (IANA) to our protocols, and their names.
IP_PROTOCOLS: Mapping[int, str] = {
    1: "icmp", 4: "ip_either", 6: "tcp", 17: "udp", 41: "ipv6", 47: "gre",
}
IP_PROTOCOL_NAMES: Mapping[int, str] = {
    0: "IPv6 Hop-by-Hop Option", 1: "ICMP", 2: "IGMP", 3: "GGP", 4: "IPIP", 5: "Stream", 6: "TCP", 7: "CBT", 8: "EGP",
    9: "IGRP", 12: "PUP", 17: "UDP", 27: "RDP", 33: "DCCP", 41: "IPv6", 43: "Routing Header for IPv6",
    44: "Fragment Header for IPv6", 46: "Reservation Protocol", 47: "Generic Routing Encapsulation",
    48: "Dynamic source routing", 50: "Encap Security Payload", 51: "Authentication Header", 58: "ICMPv6",
    59: "No Next Header for IPv6", 60: "Destination Options for IPv6", 61: "any host internal protocol",
    63: "any local network", 64: "SATNET EXPAK", 68: "any distributed file system", 88: "EIGRP", 89: "OSPF IGP",
    94: "IPIP", 97: "EtherIP", 99: "any private encryption scheme", 103: "PIM", 106: "QNX", 112: "VRRP",
    115: "Layer 2 Tunneling", 132: "SCTP", 135: "Mobile IPv6", 136: "UDPlite",
    137: "MPLS-in-IP",
}

# Differentiated services codepoints (RFC 2474, 2597, 3246, 5865, 8622) and ECN (RFC 3168).
DSCP_SHORT_NAMES: Mapping[int, str] = {
    0: "CS0", 1: "LE", 8: "CS1", 10: "AF11", 12: "AF12", 14: "AF13", 16: "CS2", 18: "AF21", 20: "AF22", 22: "AF23",
    24: "CS3", 26: "AF31", 28: "AF32", 30: "AF33", 32: "CS4", 34: "AF41", 36: "AF42", 38: "AF43", 40: "CS5",
    44: "VOICE-ADMIT", 46: "EF PHB", 48: "CS6", 56: "CS7",
}
DSCP_NAMES: Mapping[int, str] = {
    0: "Default", 1: "Lower Effort", 8: "Class Selector 1", 10: "Assured Forwarding 11", 12: "Assured Forwarding 12",
    14: "Assured Forwarding 13", 16: "Class Selector 2", 18: "Assured Forwarding 21", 20: "Assured Forwarding 22",
    22: "Assured Forwarding 23", 24: "Class Selector 3", 26: "Assured Forwarding 31", 28: "Assured Forwarding 32",
    30: "Assured Forwarding 33", 32: "Class Selector 4", 34: "Assured Forwarding 41", 36: "Assured Forwarding 42",
    38: "Assured Forwarding 43", 40: "Class Selector 5", 44: "Voice Admit", 46: "Expedited Forwarding",
    48: "Class Selector 6", 56: "Class Selector 7",
}
ECN_SHORT_NAMES: Mapping[int, str] = {0: "Not-ECT", 1: "ECT(1)", 2: "ECT(0)", 3: "CE"}
ECN_NAMES: Mapping[int, str] = {
    0: "Not ECN-Capable Transport", 1: "ECN-Capable Transport codepoint '01'",
    2: "ECN-Capable Transport codepoint '10'", 3: "Congestion Experienced",
}

# UDP ports (IANA) of what carries whole packets.
UDP_CARRIERS: Mapping[int, str] = {1701: "l2tp", 2152: "gtp", 3386: "gtp", 3544: "teredo", 4789: "vxlan", 5072: "ayiya"}
