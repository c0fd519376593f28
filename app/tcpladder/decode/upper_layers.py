"""Upper layers, read by parsers behind one guarded boundary: whatever these raise, the message is then unknown.

They are dpkt's, but for DNS (dns_messages.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import dpkt

from tcpladder.decode.dns_messages import read_dns
from tcpladder.protocols.application import HANDSHAKE_TYPES, MESSAGE_TYPES, MODES, RECORD_TYPES, RESPONSE_CODES

Found = tuple[str, Any, int, int]     # filter name, value, first byte in the message, bytes (0: not one place)


@dataclass(frozen=True, slots=True)
class Message:
    """What a parser found: the layer's line in the tree, the line for the packet list, and the fields in order."""

    label: str
    info: str
    fields: tuple[Found, ...]


def read_message(protocol: str, data: bytes) -> Message | None:
    """The message in the bytes, or None where they are none of this protocol (or only its continuation)."""
    try:
        return _PARSERS[protocol](data)
    except Exception:  # they raise IndexError, AttributeError, KeyError, RecursionError and their own on bad messages
        return None


def _dns(data: bytes) -> Message:
    message = read_dns(data)
    answer = bool(message.flags & dpkt.dns.DNS_QR)
    fields: list[Found] = [
        ("dns.id", message.id, 0, 2), ("dns.flags.response", int(answer), 2, 2),
        ("dns.count.queries", len(message.questions), 4, 2), ("dns.count.answers", len(message.answers), 6, 2)]
    info = f"Standard query{' response' if answer else ''} 0x{message.id:04x}"
    if answer:
        code = message.flags & 0xf
        fields.append(("dns.flags.rcode", code, 2, 2))
        if code:
            info += f" {RESPONSE_CODES.get(code, 'Unknown error')}"
    for name, kind in message.questions:
        fields += [("dns.qry.name", name or "<Root>", 0, 0), ("dns.qry.type", kind, 0, 0)]
        info += f" {_record_type(kind)} {name or '<Root>'}"
    for name, kind, ttl, held, named in message.answers:
        fields += [("dns.resp.name", name or "<Root>", 0, 0), ("dns.resp.type", kind, 0, 0),
                   ("dns.resp.ttl", ttl, 0, 0)]
        info += f" {_record_type(kind)}"
        if kind == dpkt.dns.DNS_A and len(held) == 4:
            fields.append(("dns.a", held, 0, 0))
            info += " " + ".".join(map(str, held))
        elif kind == dpkt.dns.DNS_AAAA and len(held) == 16:
            fields.append(("dns.aaaa", held, 0, 0))
        elif kind == dpkt.dns.DNS_CNAME:
            fields.append(("dns.cname", named, 0, 0))
            info += f" {named}"
    return Message(f"Domain Name System ({'response' if answer else 'query'})", info, tuple(fields))


def _record_type(number: int) -> str:
    return RECORD_TYPES.get(number, f"Unknown ({number})")


def _http(data: bytes) -> Message:
    head, _, _ = data.partition(b"\r\n\r\n")
    line = head.split(b"\r\n", 1)[0]
    first = line.decode("latin-1")
    words = line.split(b" ", 2)
    fields: list[Found] = []
    names = (("http.response.version", "http.response.code", "http.response.phrase") if first.startswith("HTTP/")
             else ("http.request.method", "http.request.uri", "http.request.version"))
    start = 0
    ending = data[len(line):len(line) + 2].decode("latin-1").replace("\r", "\\r").replace("\n", "\\n")
    fields.append(("http.chat", first + ending, 0, 0))
    for name, word in zip(names, words, strict=False):
        value: Any = int(word) if name == "http.response.code" else word.decode("latin-1")
        fields.append((name, value, start, len(word)))
        start += len(word) + 1
    headers = dpkt.http.parse_headers(dpkt.compat.BytesIO(head.partition(b"\r\n")[2] + b"\r\n\r\n"))
    for key, name in _HTTP_HEADERS.items():
        if key in headers:
            value = headers[key] if isinstance(headers[key], str) else headers[key][0]
            fields.append((name, value, *_place(head, key, value)))
    return Message("Hypertext Transfer Protocol", f"{first} ", tuple(fields))


_HTTP_HEADERS: Mapping[str, str] = {
    "host": "http.host", "user-agent": "http.user_agent", "server": "http.server",
    "content-type": "http.content_type", "content-length": "http.content_length_header"}


def _place(head: bytes, key: str, value: str) -> tuple[int, int]:
    """The bytes of a header line."""
    start = head.lower().find(b"\r\n" + key.encode("latin-1") + b":")
    end = head.find(value.encode("latin-1"), start)
    return (start + 2, max(0, end + len(value) - start - 2)) if 0 <= start <= end else (0, 0)


def _tls(data: bytes) -> Message:
    fields: list[Found] = []
    words: list[str] = []
    position = 0
    while position + 5 <= len(data):
        head = data[position:position + 5]
        record = dpkt.ssl.TLSRecord(head + bytes(int.from_bytes(head[3:])))
        if not 20 <= record.type <= 24 or record.version >> 8 != 3:
            break
        fields += [("tls.record.content_type", record.type, position, 1),
                   ("tls.record.version", record.version, position + 1, 2),
                   ("tls.record.length", record.length, position + 3, 2)]
        word = _TLS_WORDS.get(record.type, "Heartbeat")
        if record.type == 22 and position + 5 < len(data):
            kind = data[position + 5]
            known = HANDSHAKE_TYPES.get(kind)
            if known is not None:
                fields.append(("tls.handshake.type", kind, position + 5, 1))
            word = known or "Encrypted Handshake Message"
        words.append(word)
        position += 5 + record.length
    if not words:
        raise dpkt.UnpackError("no record")
    return Message("Transport Layer Security", ", ".join(words), tuple(fields))


_TLS_WORDS: Mapping[int, str] = {20: "Change Cipher Spec", 21: "Encrypted Alert", 22: "Handshake",
                                 23: "Application Data"}


def _dhcp(data: bytes) -> Message:
    message = dpkt.dhcp.DHCP(data)
    kinds = [value[0] for number, value in message.opts if number == dpkt.dhcp.DHCP_OPT_MSGTYPE and value]
    fields: list[Found] = [
        ("dhcp.type", message.op, 0, 1), ("dhcp.id", message.xid, 4, 4),
        ("dhcp.ip.client", data[12:16], 12, 4), ("dhcp.ip.your", data[16:20], 16, 4),
        ("dhcp.ip.server", data[20:24], 20, 4), *(("dhcp.option.dhcp", kind, 0, 0) for kind in kinds)]
    name = MESSAGE_TYPES.get(kinds[0], "Unknown") if kinds else "Boot Request" if message.op == 1 else "Boot Reply"
    return Message(f"Dynamic Host Configuration Protocol ({name})",
                   f"DHCP {name:<8} - Transaction ID 0x{message.xid:x}", tuple(fields))


def _ntp(data: bytes) -> Message:
    message = dpkt.ntp.NTP(data)
    mode = MODES[message.mode]
    fields: tuple[Found, ...] = (
        ("ntp.flags.vn", message.v, 0, 1), ("ntp.flags.mode", message.mode, 0, 1),
        ("ntp.stratum", message.stratum, 1, 1), ("ntp.ppoll", message.interval, 2, 1))
    line = f"NTP Version {message.v}, {mode}"
    return Message(f"Network Time Protocol ({line})", line, fields)


_PARSERS: Mapping[str, Callable[[bytes], Message]] = {
    "dns": _dns, "http": _http, "tls": _tls, "dhcp": _dhcp, "ntp": _ntp}
