"""What the packet list says of a packet: source, destination, protocol and information, as tshark words them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tcpladder.fields.node import DecodedPacket, FieldNode, ProblemKind
from tcpladder.fields.show import ipv4_text, label_text, value_text
from tcpladder.protocols import PROTOCOLS
from tcpladder.protocols.application import TEXT_PROTOCOLS
from tcpladder.protocols.numbers import IP_PROTOCOL_NAMES, IP_PROTOCOLS
from tcpladder.protocols.tcp import flag_words

Scope = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Summary:
    """One row of the packet list. Texts as the packet has them: control characters are for the reader to escape."""

    source: str
    destination: str
    protocol: str
    info: str


def summarise(packet: DecodedPacket) -> Summary:
    """The row for a packet: each layer overrides what those below it said."""
    source = destination = protocol = info = ""
    carrier: FieldNode | None = None
    for layer in packet.layers:
        name = layer.spec.name
        if name in _UNSEEN or (carrier is not None and _says_more(carrier, layer)):
            continue
        for field in layer.children:
            if field.spec.name in _SOURCES:
                source = value_text(field.spec, field.value)
            elif field.spec.name in _DESTINATIONS:
                destination = value_text(field.spec, field.value)
            elif field.spec.name == "ipv6.dstopts":
                source = _last_text(field, "ipv6.opt.mipv6.home_address") or source
            elif field.spec.name == "ipv6.routing" and field.scope.get("ipv6.routing.segleft"):
                destination = _last_text(field, *_ROUTED) or destination
        describe = _DESCRIPTIONS.get(name)
        if describe is not None:
            protocol, info = describe(layer, carrier)
            info += "".join(_endings(layer))
        else:
            protocol, info = name.upper(), _tags(carrier) + _message(layer)
        carrier = layer
    if carrier is not None and carrier.spec.name in ("ip", "ipv6"):
        name, ending = _nothing_behind(packet, carrier)
        protocol, info = name or protocol, ending or info
    return Summary(source, destination, protocol, info)


def _nothing_behind(packet: DecodedPacket, carrier: FieldNode) -> tuple[str, str]:
    """What is said of a transport or message of which no byte is there, the last layer being that of IP."""
    if carrier.scope.get("ipv6.nxt") == 58 and carrier.scope.get("ipv6.plen") == 0:
        return "ICMPv6", "[Malformed Packet]"
    problem = packet.problems[-1] if packet.problems else None
    if problem is None or problem.kind is not ProblemKind.CUT or problem.available or problem.layer not in _TRANSPORTS:
        return "", ""
    return _TRANSPORTS[problem.layer], "[Packet size limited during capture]"


# By their labels; of the last two the packet list has nothing before their first bytes.
_TRANSPORTS: Mapping[str, str] = {
    PROTOCOLS["icmp"].label: "ICMP", PROTOCOLS["icmpv6"].label: "ICMPv6", PROTOCOLS["tcp"].label: "",
    PROTOCOLS["udp"].label: ""}


def _message(layer: FieldNode) -> str:
    """What an upper layer says: its parser's line, its own first line, or only its name."""
    if layer.spec.name in TEXT_PROTOCOLS:
        return layer.data.partition(b"\n")[0].rstrip(b"\r").decode("utf-8", "replace")
    info: str = layer.scope.get("@info") or label_text(layer)
    return info


def _says_more(carrier: FieldNode, layer: FieldNode) -> bool:
    """Whether a TCP segment itself says more than its payload: one that came before, or the middle of a message."""
    if carrier.spec.name != "tcp":
        return False
    if layer.spec.name in _MESSAGES and "@info" not in layer.scope:
        return True
    return is_out_of_turn(_remarks(carrier))


def is_out_of_turn(remarks: set[str]) -> bool:
    """Whether a segment with these remarks of the analysis says more than what it carries."""
    return not remarks.isdisjoint(_OUT_OF_TURN)


_MESSAGES = frozenset({"http", "tls"})
_OUT_OF_TURN = frozenset({"retransmission", "fast_retransmission", "spurious_retransmission", "out_of_order"})
_UNSEEN = frozenset({"frame", "pkt_comment", "data"})
_SOURCES = frozenset({"eth.src", "sll.src.eth", "ip.src", "ipv6.src"})
_DESTINATIONS = frozenset({"eth.dst", "ip.dst", "ipv6.dst"})
_ROUTED = ("ipv6.routing.src.addr", "ipv6.routing.mipv6.home_address")


def _last_text(around: FieldNode, *names: str) -> str:
    """The value of the last field of these names below a node."""
    found = [node for node in around.walk() if node.spec.name in names]
    return value_text(found[-1].spec, found[-1].value) if found else ""


def _endings(layer: FieldNode) -> Iterator[str]:
    """Why the layer could not be read to its end; what has a reason of its own is told elsewhere."""
    problem = layer.problem
    if problem is not None and not problem.reason:
        yield "[Packet size limited during capture]" if problem.kind is ProblemKind.CUT else "[Malformed Packet]"


# --- links and networks ---------------------------------------------------------------------------------------------

def _ethernet(layer: FieldNode, _carrier: FieldNode | None) -> tuple[str, str]:
    ethertype = layer.scope.get("eth.type")
    if ethertype is None:
        return "Ethernet", ""
    return f"0x{ethertype:04x}", "Ethernet II"


def _logical_link(_layer: FieldNode, _carrier: FieldNode | None) -> tuple[str, str]:
    return "LLC", ""


def _tag(layer: FieldNode, _carrier: FieldNode | None) -> tuple[str, str]:
    ethertype = layer.scope.get("vlan.etype", layer.scope.get("ieee8021ad.etype"))
    return (f"0x{ethertype:04x}", "") if ethertype is not None else ("VLAN", "")


def _cooked(layer: FieldNode, _carrier: FieldNode | None) -> tuple[str, str]:
    ethertype = layer.scope.get("sll.etype")
    return (f"0x{ethertype:04x}", "") if ethertype is not None else ("SLL", "")


def _arp(layer: FieldNode, _carrier: FieldNode | None) -> tuple[str, str]:
    facts = layer.scope
    operation = facts.get("arp.opcode")
    sender, target = facts.get("arp.src.proto_ipv4"), facts.get("arp.dst.proto_ipv4")
    sender_hardware, target_hardware = (facts.get(f"arp.{end}.hw_mac", facts.get(f"arp.{end}.hw"))
                                        for end in ("src", "dst"))
    protocol = "RARP" if operation in (3, 4) else "ARP"
    if sender is None or target is None or sender_hardware is None or target_hardware is None:
        return protocol, ""
    asks = operation == 1
    if operation in (1, 2) and sender == target:
        if asks and not any(target_hardware):
            return protocol, f"ARP Announcement for {ipv4_text(sender)}"
        return protocol, f"Gratuitous ARP for {ipv4_text(sender)} ({'Request' if asks else 'Reply'})"
    if asks and not any(sender):
        return protocol, f"Who has {ipv4_text(target)}? (ARP Probe)"
    if asks:
        return protocol, f"Who has {ipv4_text(target)}? Tell {ipv4_text(sender)}"
    if operation == 2:
        return protocol, f"{ipv4_text(sender)} is at {sender_hardware.hex(':')}"
    if operation == 3:
        return protocol, f"Who is {target_hardware.hex(':')}? Tell {sender_hardware.hex(':')}"
    if operation == 4:
        return protocol, f"{target_hardware.hex(':')} is at {ipv4_text(target)}"
    return protocol, f"Unknown ARP opcode 0x{operation:04x}"


def _ipv4(layer: FieldNode, _carrier: FieldNode | None) -> tuple[str, str]:
    facts = layer.scope
    if layer.problem is not None and layer.problem.reason:
        return "IPv4", _bogus_ipv4(facts)
    carried, offset = facts.get("ip.proto"), facts.get("ip.frag_offset", 0) * 8
    if carried is None or "ip.dst" not in facts or layer.problem is not None:
        return "IPv4", ""
    name = IP_PROTOCOL_NAMES.get(carried, "Unknown")
    if offset:
        return "IPv4", f"Fragmented IP protocol (proto={name} {carried}, off={offset}, ID={facts['ip.id']:04x})"
    if carried in IP_PROTOCOLS or facts["ip.len"] == facts["ip.hdr_len"]:
        return "IPv4", ""
    return "IPv4", f"{name} ({carried})"


def _bogus_ipv4(facts: Scope) -> str:
    version, header, total = (facts.get(f"ip.{name}", 0) for name in ("version", "hdr_len", "len"))
    if version != 4:
        return f"Bogus IPv4 version ({version}, must be 4)"
    if header < 20:
        return f"Bogus IP header length ({header}, must be at least 20)"
    return f"Bogus IP length ({total}, less than header length {header})"


def _ipv6(layer: FieldNode, _carrier: FieldNode | None) -> tuple[str, str]:
    facts = layer.scope
    version = facts.get("ipv6.version", 6)
    if version != 6:
        return "IPv6", f"Bogus IPv6 version ({version}, must be 6)"
    following, info = facts.get("ipv6.nxt"), ""
    for extension in layer.children:
        name, inner = extension.spec.name, extension.scope
        if name not in _EXTENSIONS:
            continue
        info = _EXTENSIONS[name] or info
        if extension.problem is not None:
            return "IPv6", info + "".join(_endings(extension))
        offset = inner.get("ipv6.fraghdr.offset", 0) * 8
        if offset:
            return "IPv6", (f"IPv6 fragment (off={offset} more={'y' if inner['ipv6.fraghdr.more'] else 'n'} "
                            f"ident=0x{inner['ipv6.fraghdr.ident']:08x} nxt={inner['ipv6.fraghdr.nxt']})")
        following = inner.get(f"{name}.nxt", following)
    if following is None or "ipv6.dst" not in facts or following in _EXTENSION_NUMBERS or following in IP_PROTOCOLS:
        return "IPv6", info
    if following == 59:
        return "IPv6", "IPv6 no next header"
    return "IPv6", f"Unknown IP Protocol: {IP_PROTOCOL_NAMES.get(following, 'Unknown')} ({following})"


_EXTENSIONS = {"ipv6.hopopts": "IPv6 hop-by-hop options", "ipv6.routing": "IPv6 routing",
               "ipv6.dstopts": "IPv6 destination options", "ipv6.fraghdr": ""}
_EXTENSION_NUMBERS = frozenset({0, 43, 44, 60})


# --- messages about the network -------------------------------------------------------------------------------------

def _icmp(layer: FieldNode, carrier: FieldNode | None) -> tuple[str, str]:
    facts = layer.scope
    kind = facts.get("icmp.type")
    if kind is None or "icmp.code" not in facts or layer.size < 8:
        return "ICMP", ""
    info = f"{_name_of(layer, 'icmp.type') or 'Unknown ICMP (obsolete or malformed?)':<20}"
    reason = _name_of(layer, "icmp.code")
    if reason:
        info += f" ({reason})"
    if kind in _ICMP_WITH_NUMBERS and "icmp.ident" in facts and "icmp.seq" in facts:
        sequence = facts["icmp.seq"]
        swapped = int.from_bytes(sequence.to_bytes(2), "little")
        ttl = carrier.scope.get("ip.ttl", 0) if carrier is not None else 0
        info += f" id=0x{facts['icmp.ident']:04x}, seq={sequence}/{swapped}, ttl={ttl}"
    return "ICMP", info + _partner(layer, "icmp", asks=kind == 8)


_ICMP_WITH_NUMBERS = frozenset({0, 8, 13, 14, 15, 16, 17, 18})


def _icmpv6(layer: FieldNode, carrier: FieldNode | None) -> tuple[str, str]:
    facts = layer.scope
    kind = facts.get("icmpv6.type")
    if kind is None or "icmpv6.code" not in facts:
        return "ICMPv6", ""
    info = _name_of(layer, "icmpv6.type") or f"Unknown ({kind})"
    reason = _name_of(layer, "icmpv6.code")
    if reason:
        info += f" ({reason})"
    if kind in (128, 129) and "icmpv6.echo.sequence_number" in facts:
        hops = carrier.scope.get("ipv6.hlim", 0) if carrier is not None else 0
        info += (f" id=0x{facts['icmpv6.echo.identifier']:04x}, seq={facts['icmpv6.echo.sequence_number']}, "
                 f"hop limit={hops}" + _partner(layer, "icmpv6", asks=kind == 128))
    elif kind == 135 and (target := _last_text(layer, "icmpv6.nd.ns.target_address")):
        info += f" for {target}"
    elif kind == 136 and (target := _last_text(layer, "icmpv6.nd.na.target_address")):
        flags = [word for word, letter in (("rtr", "r"), ("sol", "s"), ("ovr", "o"))
                 if facts.get(f"icmpv6.nd.na.flag.{letter}")]
        info += f" {target}" + (f" ({', '.join(flags)})" if flags else "")
    if kind in range(133, 138):
        info += "".join(_link_addresses(layer))
    if layer.problem is None:
        info += "".join(ending for child in layer.children if child.spec.name == "icmpv6.mldr.mar"
                        for ending in _endings(child))
    return "ICMPv6", info


def _link_addresses(layer: FieldNode) -> Iterator[str]:
    """The address of a neighbour discovery option: of the sender (type 1), or asked for (2)."""
    for option in layer.children:
        if option.spec.name == "icmpv6.opt":
            address = next((node for node in option.walk() if node.spec.name == "icmpv6.opt.linkaddr"), None)
            if address is not None and address.size == 6:
                word = "is at" if option.scope.get("icmpv6.opt.type") == 2 else "from"
                yield f" {word} {value_text(address.spec, address.value)}"


def _partner(layer: FieldNode, protocol: str, asks: bool) -> str:
    """The frame of the answer or of the question, where the tree knows it."""
    facts = layer.scope
    if f"{protocol}.resp_in" in facts:
        return f" (reply in {facts[f'{protocol}.resp_in']})"
    if f"{protocol}.resp_to" in facts:
        return f" (request in {facts[f'{protocol}.resp_to']})"
    if asks and any(node.spec.name == f"{protocol}.no_resp" for node in layer.walk()):
        return " (no response found!)"
    return ""


def _name_of(layer: FieldNode, name: str) -> str:
    """The name of a field's value, as its line in the tree has it: "Type: 8 (Echo)" or "Type: Echo (8)"."""
    node = next((child for child in layer.children if child.spec.name == name), None)
    if node is None:
        return ""
    line, number = label_text(node).partition(": ")[2], str(node.value)
    if line == number:
        return ""
    return line[len(number) + 2:-1] if line.startswith(f"{number} (") else line.removesuffix(f" ({number})")


# --- transports -----------------------------------------------------------------------------------------------------

def _udp(layer: FieldNode, carrier: FieldNode | None) -> tuple[str, str]:
    return "UDP", info_of_datagram(layer.scope, carrier is not None and "ipv6.dst" in carrier.scope)


def info_of_datagram(facts: Scope, over_ipv6: bool) -> str:
    """What is said of a UDP datagram, made of the values of its fields."""
    if "udp.dstport" not in facts:
        return ""
    info = f"{facts['udp.srcport']} → {facts['udp.dstport']}"
    if "udp.length" not in facts:
        return info
    length = facts["udp.length"]
    room = facts.get("udp.room")
    if room is not None and length:
        info += f" [BAD UDP LENGTH {length} > IP PAYLOAD LENGTH]"
    info += f" Len={max((length or room or 0) - 8, 0)}"
    if room is not None and not length:
        info += " [Jumbogram]"
    if over_ipv6 and facts.get("udp.checksum") == 0:
        info += " [ILLEGAL CHECKSUM (0)]"
    return info


def _tcp(layer: FieldNode, _carrier: FieldNode | None) -> tuple[str, str]:
    facts = layer.scope
    if "tcp.dstport" not in facts:
        return "TCP", ""
    info = _tags(layer) + info_of_segment(facts)
    options = next((child.children for child in layer.children if child.spec.name == "tcp.options"), [])
    info += "".join(word for option in options for word in _option_words(option))
    return "MPTCP" if any(option.spec.name == "mptcp" for option in options) else "TCP", info


def info_of_segment(facts: Scope) -> str:
    """What is said of a TCP segment between remarks and options, made of the values of its fields."""
    info = f"{facts['tcp.srcport']} → {facts['tcp.dstport']}"
    if facts.get("tcp.hdr_len", 20) < 20:
        return f"{info}, bogus TCP header length ({facts['tcp.hdr_len']}, must be at least 20)"
    if "tcp.window_size_value" in facts:
        info += f" [{flag_words(facts['tcp.flags'])}] Seq={facts.get('tcp.seq', facts['tcp.seq_raw'])}"
        if facts["tcp.flags"] & 0x10:
            info += f" Ack={facts.get('tcp.ack', facts['tcp.ack_raw'])}"
        info += f" Win={facts.get('tcp.window_size', facts['tcp.window_size_value'])}"
    if "tcp.urgent_pointer" in facts:
        if facts["tcp.flags"] & 0x20:
            info += f" Urg={facts['tcp.urgent_pointer']}"
        if "tcp.len" in facts:
            info += f" Len={facts['tcp.len']}"
    return info


def _option_words(option: FieldNode) -> Iterator[str]:
    name = option.spec.name
    if name in _OPTION_WORDS:
        yield _OPTION_WORDS[name]
        return
    for node in option.walk():
        field = node.spec.name
        spelled = field if field in _OPTION_VALUES else f"{name} {field}"
        if spelled in _OPTION_VALUES:
            yield option_word(spelled, node.value)
        elif field in _FAST_OPEN:
            yield _FAST_OPEN[field]
        elif field == "tcp.options.qs.rate":
            yield f" QSresp={_quick_start_rate(node.value)}"
        elif field == "tcp.options.experimental.exid" and node.value not in _KNOWN_EXPERIMENTS:
            yield f" ExID={node.value:04X}"


def option_word(name: str, value: Any) -> str:
    """What an option or a value in it adds to the end of a TCP segment's line."""
    return _OPTION_WORDS[name] if name in _OPTION_WORDS else f" {_OPTION_VALUES[name]}={value}"


def _tags(layer: FieldNode | None) -> str:
    """The remarks of the analysis in brackets, as they stand before everything else."""
    if layer is None:
        return ""
    return remarks_text(_remarks(layer), f"{layer.scope.get('tcp.analysis.duplicate_ack_frame', '?')}"
                                         f"#{layer.scope.get('tcp.analysis.duplicate_ack_num', '?')}")


def remarks_text(found: set[str], duplicate: str) -> str:
    """The text of remarks, names as in REMARKS; duplicate: which acknowledgment is repeated, and how many times."""
    if found & {"fast_retransmission", "spurious_retransmission"}:
        found = found - {"retransmission"}
    return "".join(f"[TCP {text.format(duplicate)}] " for name, text in REMARKS.items() if name in found)


def _remarks(layer: FieldNode) -> set[str]:
    """The remarks of the analysis on a segment."""
    if "tcp.analysis.flags" not in layer.scope:
        return set()
    flags = next((node for node in layer.walk() if node.spec.name == "tcp.analysis.flags"), None)
    return set() if flags is None else {node.spec.name.removeprefix("tcp.analysis.") for node in flags.children}


REMARKS: Mapping[str, str] = {
    "zero_window_probe_ack": "ZeroWindowProbeAck", "zero_window": "ZeroWindow",
    "zero_window_probe": "ZeroWindowProbe", "duplicate_ack": "Dup ACK {}", "keep_alive_ack": "Keep-Alive ACK",
    "keep_alive": "Keep-Alive", "window_full": "Window Full", "window_update": "Window Update",
    "ack_lost_segment": "ACKed unseen segment", "lost_segment": "Previous segment not captured",
    "out_of_order": "Out-Of-Order", "spurious_retransmission": "Spurious Retransmission",
    "fast_retransmission": "Fast Retransmission", "retransmission": "Retransmission",
    "reused_ports": "Port numbers reused",
}

def _quick_start_rate(rate: int) -> str:
    """RFC 4782 section 3.1: 40,000 × 2^N bit/s."""
    if rate == 0:
        return "0 bit/s"
    kilobits = 40 * 2 ** rate
    return f"{kilobits} kbit/s" if kilobits < 1000 else f"{kilobits / 1000:g} Mbit/s"


_OPTION_VALUES = {
    "tcp.options.mss_val": "MSS", "tcp.options.wscale.multiplier": "WS", "tcp.options.sack_le": "SLE",
    "tcp.options.sack_re": "SRE", "tcp.options.timestamp.tsval": "TSval", "tcp.options.timestamp.tsecr": "TSecr",
    "tcp.options.user_to_val": "USER_TO", "tcp.options.acc_ecn.ee0b": "EE0B", "tcp.options.acc_ecn.eceb": "ECEB",
    "tcp.options.acc_ecn.ee1b": "EE1B",
    "tcp.options.echo tcp.options.echo_value": "ECHO", "tcp.options.echoreply tcp.options.echo_value": "ECHOREPLY",
    "tcp.options.cc tcp.options.cc_value": "CC", "tcp.options.ccnew tcp.options.cc_value": "CCNEW",
    "tcp.options.ccecho tcp.options.cc_value": "CCECHO",
}
_OPTION_WORDS = {"tcp.options.sack_perm": " SACK_PERM", "tcp.options.md5": " MD5", "tcp.options.ao": "TCP AO"}
_FAST_OPEN = {"tcp.options.tfo.request": " TFO=R", "tcp.options.tfo.cookie": " TFO=C"}
_KNOWN_EXPERIMENTS = frozenset({0xf989, 0xacc0, 0xacc1, 0xacce})     # fast open (RFC 7413), accurate ECN

_DESCRIPTIONS: Mapping[str, Callable[[FieldNode, FieldNode | None], tuple[str, str]]] = {
    "eth": _ethernet, "llc": _logical_link, "vlan": _tag, "ieee8021ad": _tag, "sll": _cooked, "arp": _arp,
    "null": lambda layer, carrier: ("NULL", ""), "raw": lambda layer, carrier: ("RAW", ""),
    "ip": _ipv4, "ipv6": _ipv6, "icmp": _icmp, "icmpv6": _icmpv6, "udp": _udp, "tcp": _tcp,
}
