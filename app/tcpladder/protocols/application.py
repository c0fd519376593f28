"""What the transport carries: unknown bytes, the upper layers that dpkt can read, and those known by name alone.

The fields of the upper layers are listed here; decode/upper_layers.py fills them in.
"""

from collections.abc import Mapping

from tcpladder.fields.expression import CAPTURED, LENGTH, Expression, F, matches, peek
from tcpladder.fields.spec import Base, Element, Expert, FieldSpec, LabelMaker, ProtocolSpec
from tcpladder.fields.types import FieldType as T

DATA = ProtocolSpec(
    name="data", label="Data", default_next="", text=lambda node: f"Data ({node.size} byte{'s'[node.size == 1:]})",
    elements=(
        FieldSpec(name="data.data", label="Data", type=T.BYTES, size=CAPTURED),
        FieldSpec(name="data.len", label="Length", type=T.INT32, value=LENGTH, generated=True),
    ),
)


def _upper(name: str, label: str, *fields: Element) -> ProtocolSpec:
    return ProtocolSpec(name=name, label=label, elements=fields, header_length=LENGTH, default_next="", parsed=True,
                        text="{@label}")


def _field(name: str, label: str, type_: T, base: Base = Base.DEC, names: Mapping[int, str] | None = None) -> FieldSpec:
    return FieldSpec(name=name, label=label, type=type_, base=base, names=names, column=True)


RECORD_TYPES: Mapping[int, str] = {
    1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA", 33: "SRV", 41: "OPT", 43: "DS",
    46: "RRSIG", 48: "DNSKEY", 64: "SVCB", 65: "HTTPS", 255: "ANY"}
RESPONSE_CODES: Mapping[int, str] = {
    0: "No error", 1: "Format error", 2: "Server failure", 3: "No such name", 4: "Not implemented", 5: "Refused"}
DNS = _upper(
    "dns", "Domain Name System",
    _field("dns.id", "Transaction ID", T.UINT16, Base.HEX),
    FieldSpec(name="dns.flags.response", label="Response", type=T.BOOLEAN, column=True,
              true="Message is a response", false="Message is a query"),
    _field("dns.flags.rcode", "Reply code", T.UINT16, names=RESPONSE_CODES),
    _field("dns.count.queries", "Questions", T.UINT16),
    _field("dns.count.answers", "Answer RRs", T.UINT16),
    _field("dns.qry.name", "Name", T.STRING),
    _field("dns.qry.type", "Type", T.UINT16, names=RECORD_TYPES),
    _field("dns.resp.name", "Name", T.STRING),
    _field("dns.resp.type", "Type", T.UINT16, names=RECORD_TYPES),
    _field("dns.resp.ttl", "Time to live", T.UINT32),
    _field("dns.a", "Address", T.IPV4),
    _field("dns.aaaa", "AAAA Address", T.IPV6),
    _field("dns.cname", "CNAME", T.STRING),
)

HTTP = _upper(
    "http", "Hypertext Transfer Protocol",
    Expert(name="http.chat", severity="Chat", group="Sequence", message="HTTP request or response",
           text="{http.chat}"),
    _field("http.request.method", "Request Method", T.STRING),
    _field("http.request.uri", "Request URI", T.STRING),
    _field("http.request.version", "Request Version", T.STRING),
    _field("http.response.version", "Response Version", T.STRING),
    _field("http.response.code", "Status Code", T.UINT16),
    _field("http.response.phrase", "Response Phrase", T.STRING),
    _field("http.host", "Host", T.STRING),
    _field("http.user_agent", "User-Agent", T.STRING),
    _field("http.server", "Server", T.STRING),
    _field("http.content_type", "Content-Type", T.STRING),
    _field("http.content_length_header", "Content-Length", T.STRING),
)

CONTENT_TYPES: Mapping[int, str] = {
    20: "Change Cipher Spec", 21: "Alert", 22: "Handshake", 23: "Application Data", 24: "Heartbeat"}
HANDSHAKE_TYPES: Mapping[int, str] = {
    0: "Hello Request", 1: "Client Hello", 2: "Server Hello", 4: "New Session Ticket", 8: "Encrypted Extensions",
    11: "Certificate", 12: "Server Key Exchange", 13: "Certificate Request", 14: "Server Hello Done",
    15: "Certificate Verify", 16: "Client Key Exchange", 20: "Finished", 22: "Certificate Status"}
TLS_VERSIONS: Mapping[int, str] = {
    0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2", 0x0304: "TLS 1.3"}
TLS = _upper(
    "tls", "Transport Layer Security",
    _field("tls.record.content_type", "Content Type", T.UINT8, names=CONTENT_TYPES),
    _field("tls.record.version", "Version", T.UINT16, Base.HEX, TLS_VERSIONS),
    _field("tls.record.length", "Length", T.UINT16),
    _field("tls.handshake.type", "Handshake Type", T.UINT8, names=HANDSHAKE_TYPES),
)

MESSAGE_TYPES: Mapping[int, str] = {
    1: "Discover", 2: "Offer", 3: "Request", 4: "Decline", 5: "ACK", 6: "NAK", 7: "Release", 8: "Inform"}
DHCP = _upper(
    "dhcp", "Dynamic Host Configuration Protocol",
    _field("dhcp.type", "Message type", T.UINT8, names={1: "Boot Request", 2: "Boot Reply"}),
    _field("dhcp.id", "Transaction ID", T.UINT32, Base.HEX),
    _field("dhcp.ip.client", "Client IP address", T.IPV4),
    _field("dhcp.ip.your", "Your (client) IP address", T.IPV4),
    _field("dhcp.ip.server", "Next server IP address", T.IPV4),
    _field("dhcp.option.dhcp", "DHCP", T.UINT8, names=MESSAGE_TYPES),
)

MODES: Mapping[int, str] = {
    0: "reserved", 1: "symmetric active", 2: "symmetric passive", 3: "client", 4: "server", 5: "broadcast",
    6: "reserved for NTP control message", 7: "reserved for private use"}
NTP = _upper(
    "ntp", "Network Time Protocol",
    _field("ntp.flags.vn", "Version number", T.UINT8),
    _field("ntp.flags.mode", "Mode", T.UINT8, names=MODES),
    _field("ntp.stratum", "Peer Clock Stratum", T.UINT8),
    _field("ntp.ppoll", "Peer Polling Interval", T.UINT8),
)


def _words(*starts: bytes) -> tuple[int, ...]:
    return tuple(int.from_bytes(start) for start in starts)


def _named(name: str, label: str, *elements: FieldSpec, layer: str = "",
           chain: str | LabelMaker = "") -> ProtocolSpec:
    """An upper layer that is known by name alone: its bytes are not looked into."""
    return ProtocolSpec(name=name, label=label, elements=elements, header_length=LENGTH, default_next="",
                        layer=layer, chain=chain)


# By their well-known ports (IANA), the lower one of a packet first.
TEXT_PROTOCOLS: Mapping[str, str] = {
    "ftp": "File Transfer Protocol (FTP)", "smtp": "Simple Mail Transfer Protocol", "whois": "whois protocol",
    "pop": "Post Office Protocol", "imap": "Internet Message Access Protocol", "irc": "Internet Relay Chat",
    "resp": "REdis Serialization Protocol", "sip": "Session Initiation Protocol",
    "ssdp": "Simple Service Discovery Protocol", "syslog": "Syslog message"}
_BINARY_PROTOCOLS: Mapping[str, str] = {
    "ssh": "SSH Protocol", "telnet": "Telnet", "bgp": "Border Gateway Protocol", "kerberos": "Kerberos",
    "ldap": "Lightweight Directory Access Protocol", "ncp": "NetWare Core Protocol",
    "snmp": "Simple Network Management Protocol", "nbns": "NetBIOS Name Service",
    "mdns": "Multicast Domain Name System", "llmnr": "Link-local Multicast Name Resolution",
    "isakmp": "Internet Security Association and Key Management Protocol", "radius": "RADIUS Protocol",
    "ldp": "Label Distribution Protocol", "tftp": "Trivial File Transfer Protocol", "afs": "Andrew File System (AFS)",
    "smb": "SMB (Server Message Block Protocol)", "smb2": "SMB2 (Server Message Block Protocol version 2)"}
_TCP_PORTS: Mapping[int, str] = {
    21: "ftp", 22: "ssh", 23: "telnet", 25: "smtp", 43: "whois", 80: "http_more", 88: "kerberos", 110: "pop",
    143: "imap", 179: "bgp", 389: "ldap", 443: "tls_more", 524: "ncp", 587: "smtp", 646: "ldp", 6379: "resp",
    6633: "openflow", 6653: "openflow", 6667: "irc",
    # HTTP is spoken there; what does not look like it is not looked into.
    **dict.fromkeys((1900, 2869, 3128, 3689, 8080, 8088, 11371), "")}
_UDP_PORTS: Mapping[int, str] = {
    53: "dns", 67: "dhcp", 68: "dhcp", 69: "tftp", 123: "ntp", 137: "nbns", 161: "snmp", 162: "snmp",
    500: "isakmp", 514: "syslog", 646: "ldp", 1812: "radius", 1813: "radius", 1900: "ssdp", 5353: "mdns", 5355: "llmnr",
    **dict.fromkeys((*range(7000, 7010), 7021), "rx")}

# What goes on in a segment that begins in the middle of a message. Lines with a colon at its beginning count as
# headers; their names are tokens (RFC 9110, section 5.6.2).
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
_BAD_NAME = matches(rf"(?:{_TOKEN}:[^\n]*+\n)*+(?!{_TOKEN}:)[ -9;-~]++:")
HTTP_MORE = ProtocolSpec(
    name="http_more", layer="http", label="Hypertext Transfer Protocol", chain="http", header_length=0, elements=(
        Expert(name="http.bad_header_name", severity="Warning", group="Protocol", when=_BAD_NAME,
               message="Illegal characters found in header name"),))
TLS_MORE = _named("tls_more", "Transport Layer Security", layer="tls", chain="tls")
# A length before each message (RFC 1002, section 4.3.1).
_SMB, _SMB2 = int.from_bytes(b"\xffSMB"), int.from_bytes(b"\xfeSMB")
NBSS = ProtocolSpec(
    name="nbss", label="NetBIOS Session Service", header_length=4, elements=(),
    next=((peek(4, 4).equals(_SMB2), {1: "smb2"}), (peek(4, 4).equals(_SMB), {1: "smb"})))
RX = ProtocolSpec(name="rx", label="RX Protocol", header_length=28, elements=(), next=((peek(20), {1: "afs"}),),
                  default_next="")
OPENFLOW = _named("openflow", "OpenFlow", FieldSpec(name="openflow.version", label="Version", type=T.UINT8, at=0),
                  chain=lambda node: f"openflow:openflow_v{node.scope.get('openflow.version', '')}")


# A payload is recognised by its first bytes (HTTP, TLS, SMB) or by a well-known port of either side.
_IS_HTTP = peek(0, 4).among(*_words(b"GET ", b"POST", b"HTTP", b"HEAD", b"PUT ", b"DELE", b"OPTI", b"PATC", b"CONN",
                                    b"TRAC"))
_IS_TLS = (peek(0) >= 20) & (peek(0) <= 24) & peek(1).equals(3) & (peek(2) <= 4)
_IS_SMB = peek(4, 4).among(_SMB, _SMB2)
_IS_SIP = (peek(0) >= ord("A")) & (peek(0) <= ord("Z"))     # not the blanks that keep a path open


def _by_ports(prefix: str, table: Mapping[int, str]) -> tuple[tuple[Expression, Mapping[int, str]], ...]:
    source, destination = F(f"{prefix}.srcport"), F(f"{prefix}.dstport")
    is_sip = (source.among(5060) | destination.among(5060)) & _IS_SIP
    return ((is_sip, {1: "sip"}), (source.at_most(destination), table), (source.at_least(destination), table))


TCP_PAYLOAD = ProtocolSpec(
    name="tcp_payload", label="TCP payload", elements=(), header_length=0, transparent=True,
    next=((_IS_HTTP, {1: "http"}), (_IS_TLS, {1: "tls"}), (_IS_SMB, {1: "nbss"}), *_by_ports("tcp", _TCP_PORTS)),
)
UDP_PAYLOAD = ProtocolSpec(
    name="udp_payload", label="UDP payload", elements=(), header_length=0, transparent=True,
    next=_by_ports("udp", _UDP_PORTS),
)
UPPER_LAYERS = (
    DNS, HTTP, TLS, DHCP, NTP, HTTP_MORE, TLS_MORE, NBSS, RX, OPENFLOW,
    *(_named(name, label) for name, label in {**TEXT_PROTOCOLS, **_BINARY_PROTOCOLS}.items()))
