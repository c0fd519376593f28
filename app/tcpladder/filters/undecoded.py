"""Protocols that filters may name although their headers are not decoded: no packet has them here."""

from collections.abc import Mapping

from tcpladder.fields.spec import FieldSpec
from tcpladder.fields.types import FieldType

_NAMES = """
    ah amqp ber bgp bootp bthci_acl bthci_evt btle cdp cflow coap cotp dccp dhcpv6 diameter dtls dvmrp eap eapol
    egp eigrp enip esp ftp ftp-data geneve giop gquic gre gsm_map gtp h225 h245 hsrp http2 http3 iax2 icap igmp
    igrp imap ipcomp irc isakmp isis isup iscsi json kerberos l2tp ldap lldp llmnr lwapp mbtcp mdns megaco mgcp
    modbus mongo mpls mptcp mqtt mysql nbdgm nbns nbss netflow nfs nntp ospf osi p2p pgm pgsql pim pop portmap ppp
    pppoed pppoes pptp quic radius radiotap rdp rip ripng rlogin rpc rsh rsvp rtcp rtmpt rtp rtsp s7comm sctp sdp
    sflow sip smb smb2 smtp snmp socks ssdp ssh ssl stp stun syslog tacacs tds telnet teredo tftp tpkt udplite usb
    vnc vrrp vxlan websocket wlan wg wol x11 xml xmpp zbee_nwk
"""

# Each is the same as its bytes: there are none.
UNDECODED: Mapping[str, FieldSpec] = {
    name: FieldSpec(name=name, label=name, type=FieldType.PROTOCOL) for name in _NAMES.split()}
