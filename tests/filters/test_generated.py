"""Random filters on lesson captures: sharkd 4.0 and we find the same frames and refuse the same filters.

FILTER_EXAMPLES=5000 in the environment makes a longer run than the usual one.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tcpladder.filters import FilterError
from tests.filters.lesson_columns import CAPTURES, frames_found
from tests.filters.sharkd import INSTALLED, Sharkd

CAPTURE_NAMES = ("any-interface.pcap", "connection-refused.pcap", "half-close.pcap", "ipv6-connection.pcap",
                 "loopback-three-way-close.pcapng", "port-9502.pcap", "syn-lost-then-answered.pcap")
pytestmark = [pytest.mark.tshark, pytest.mark.skipif(not INSTALLED, reason="sharkd is not installed")]
EXAMPLES = int(os.environ.get("FILTER_EXAMPLES", "150"))

# Fields by what can be done with them, each with values that occur, nearly occur, or never do.
NUMBERS = {
    "frame.number": ("1", "3", "0x4", "07", "4294967295"), "frame.len": ("42", "54", "86", "0b1010", "'B'"),
    "ip.ttl": ("64", "63", "255"), "ip.len": ("40", "60", "52", "180"), "ip.id": ("0", "0xffff"),
    "ip.proto": ("6", "17", "TCP", '"udp"'), "ip.version": ("4", "6"), "ip.flags": ("2", "0"),
    "eth.type": ("0x0800", "IPv6", "2054"), "arp.opcode": ("1", "2", "reply"),
    "tcp.srcport": ("8080", "54918", "80", "9502"), "tcp.dstport": ("8080", "54918", "0x1f90"),
    "tcp.port": ("8080", "54918", "9502", "65535"), "tcp.len": ("0", "128", "256", "7", "18"),
    "tcp.hdr_len": ("20", "32", "40"), "tcp.flags": ("2", "0x12", "0x10", "0x14"),
    "tcp.window_size_value": ("501", "502", "64240", "0"), "tcp.ack_raw": ("0", "1000000000"),
    "tcp.option_kind": ("1", "2", "8", '"Window Scale"'), "tcp.option_len": ("2", "4", "10"),
    "tcp.options.mss_val": ("1460", "1440", "16396"), "tcp.options.wscale.shift": ("7", "3"),
    "ipv6.plen": ("32", "40", "160"), "ipv6.nxt": ("6", "58"), "ipv6.hlim": ("64", "255"),
    "tcp.seq": ("0", "1", "257"), "tcp.ack": ("1", "257", "258"), "tcp.stream": ("0", "1"),
    "tcp.window_size": ("64256", "501", "0"), "tcp.window_size_scalefactor": ("128", "-1", "-2", "0x80"),
    "tcp.completeness": ("31", "0", "15"), "tcp.analysis.acks_frame": ("3", "1", "0"),
    "tcp.analysis.bytes_in_flight": ("256", "128", "1"), "sll.pkttype": ("4", "0", '"Sent by us"'),
    "sll.hatype": ("1",), "sll.halen": ("6", "0"), "frame.interface_id": ("0",), "frame.cap_len": ("66", "54"),
    "_ws.expert.severity": ("Chat", '"note"', "2097152", "Warning"), "_ws.expert.group": ("Sequence", "33554432"),
}
TRUTHS = ("tcp.flags.syn", "tcp.flags.ack", "tcp.flags.fin", "tcp.flags.push", "ip.flags.df", "eth.ig")
REMARKS = ("_ws.expert", "_ws.expert.message", "tcp.analysis", "tcp.analysis.flags", "tcp.analysis.retransmission",
           "tcp.connection.syn", "tcp.connection.fin", "tcp.connection.rst", "tcp.analysis.initial_rtt")
TEXTS = {
    "_ws.expert.message": ("SYN", "FIN", "connection", "port 8080", "8080$", "^Connection"),
    "tcp.flags.str": ("S", "A", "P"), "frame.protocols": ("eth:", "ip", "arp", "ipv6:tcp", "^sll"),
    "frame.interface_name": ("lo", "o", "LO"), "ip.src_host": ("192.0.2.10", "192", "0.2", r"\\.10$"),
}
TIMES = {"tcp.time_relative": ("0", "0.1"), "tcp.time_delta": ("0", "0.00002"),
         "tcp.analysis.initial_rtt": ("0.001", "0"), "tcp.analysis.ack_rtt": ("0.0001",),
         "frame.time_relative": ("0", "0.00002", "0.1", "1", "4.078"),
         "frame.time_delta": ("0", "0.00001", "1")}
ADDRESSES = {
    "ip.src": ("192.0.2.10", "192.0.2.0/26", "127.0.0.0/8"), "ip.dst": ("192.0.2.80", "192.0.2.64/27"),
    "ip.addr": ("192.0.2.10", "192.0.2.80", "127.0.0.1", "0.0.0.0/0"),
    "ipv6.src": ("2001:db8::10", "2001:db8::/124"), "ipv6.addr": ("2001:db8::80", "ff00::/8", "::"),
}
BYTES = {
    "eth.src": ("02:00:00:00:00:10", "02-00-00-00-00-80"), "eth.addr": ("ffff.ffff.ffff", "020000000080"),
    "eth.dst": ("33:33:ff:00:00:80",), "tcp.options.mss": ("02:04:05:b4", "02:04:05:a0"),
    "tcp.payload": ('"abc"', "00:00"),
}
SLICED = ("eth.src", "eth.dst", "ip.src", "ip", "frame", "tcp.options", "tcp.payload")
SEARCHED = ("frame", "eth", "ip", "tcp", "tcp.options", "tcp.payload", "eth.src")
PROTOCOLS = ("frame", "eth", "arp", "ip", "ipv6", "tcp", "udp")

ORDER = st.sampled_from(("==", "eq", "!=", "ne", ">", "gt", ">=", "ge", "<", "lt", "<=", "le", "===", "all_eq",
                         "!==", "any_ne", "~=", "all_ne", "any_eq"))
QUANTIFIER = st.sampled_from(("", "", "", "any ", "all "))


@st.composite
def with_values(draw: st.DrawFn, table: dict[str, tuple[str, ...]]) -> tuple[str, str]:
    """A field and one of its values."""
    field = draw(st.sampled_from(sorted(table)))
    return field, draw(st.sampled_from(table[field]))


@st.composite
def comparisons(draw: st.DrawFn) -> str:
    table = draw(st.sampled_from((NUMBERS, TIMES, ADDRESSES, BYTES, dict.fromkeys(TRUTHS, ("0", "1", "True")))))
    field, value = draw(with_values(table))
    return f"{draw(QUANTIFIER)}{field} {draw(ORDER)} {value}"


@st.composite
def texts(draw: st.DrawFn) -> str:
    field, value = draw(with_values(TEXTS))
    call = draw(st.sampled_from(("{}", "{}", "{}", "upper({})", "lower({})", "max({})", "{}[0:3]", "{}[-2:]")))
    relation = draw(st.sampled_from(("==", "!=", "contains", "matches", "~", ">", "<=", "===", "any_ne", "in")))
    constant = f'"{value}"'
    return f"{draw(QUANTIFIER)}{call.format(field)} {relation} {'{' + constant + '}' if relation == 'in' else constant}"


@st.composite
def nearly_right(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    """A filter of which one word was taken away, doubled, or put in the place of another."""
    words = draw(inner).split(" ")
    place, other = draw(st.integers(0, len(words) - 1)), draw(st.sampled_from(words))
    change = draw(st.sampled_from(("without", "doubled", "replaced", "spelt")))
    if change == "without":
        del words[place]
    elif change == "doubled":
        words.insert(place, words[place])
    elif change == "replaced":
        words[place] = other
    else:
        at = draw(st.integers(0, len(words[place])))
        words[place] = words[place][:at] + draw(st.sampled_from(tuple(".:-0a(){}[]\"'=!&# /"))) + words[place][at:]
    return " ".join(words)


@st.composite
def memberships(draw: st.DrawFn) -> str:
    table = draw(st.sampled_from((NUMBERS, ADDRESSES)))
    field = draw(st.sampled_from(sorted(table)))
    value = st.sampled_from(table[field])
    element = st.one_of(value, st.builds("{} .. {}".format, value, value))
    elements = ", ".join(draw(st.lists(element, min_size=1, max_size=3)))
    return f"{draw(QUANTIFIER)}{field} {draw(st.sampled_from(('in', 'not in')))} {{{elements}}}"


@st.composite
def calculations(draw: st.DrawFn) -> str:
    """Within braces without numbers below zero: sharkd keeps of each result whether it was below zero on the way."""
    field = st.sampled_from(("frame.number", "tcp.len", "tcp.srcport", "tcp.port", "ip.len", "tcp.hdr_len"))
    nested = draw(st.booleans())
    number = st.integers(0 if nested else -9, 60).map(str)
    operator = st.sampled_from(("+", "-", "*", "/", "%", "&"))
    left = f"{draw(field)} {draw(operator)} {draw(st.one_of(field, number))}"
    if nested:
        left = f"{{{left}}} {draw(operator)} {draw(number)}"
    return f"{left} {draw(ORDER)} {draw(number)}" if draw(st.booleans()) else left


@st.composite
def searches(draw: st.DrawFn) -> str:
    field = draw(st.sampled_from(SEARCHED))
    if draw(st.booleans()):
        return f"{field} contains {draw(st.sampled_from(('1f:90', '00:00', '02', '0x50', 'c0.00.02')))}"
    pattern = draw(st.sampled_from((r"\x1f\x90", "^E", "[a-z]{3}", r"\x02\x04..", "$", r"(?-i)[A-Z]\x00")))
    return f'{field} {draw(st.sampled_from(("matches", "~")))} r"{pattern}"'


@st.composite
def slices(draw: st.DrawFn) -> str:
    first, last = draw(st.integers(-8, 8)), draw(st.integers(1, 6))
    part = draw(st.sampled_from((f"{first}", f"{first}:{last}", f"{first}:", f":{last}", "0-3", "-4--1", "0,2-3")))
    sliced = f"{draw(st.sampled_from(SLICED))}[{part}]"
    value = draw(st.sampled_from(("00", "45:00", "02:00:00", "c0:00:02:0a", '"E"', "0x45")))
    return draw(st.sampled_from((sliced, f"{sliced} {draw(ORDER)} {value}", f"{sliced} & {value} == {value}")))


@st.composite
def calls(draw: st.DrawFn) -> str:
    number = draw(st.integers(0, 70))
    call = draw(st.sampled_from((
        "len(eth.src)", "len(ip.src)", "len(tcp.payload)", "len(tcp.options)", "count(ip.addr)", "count(tcp.port)",
        "count(tcp.option_kind)", "max(tcp.option_len)", "min(tcp.srcport, tcp.dstport)", "max(tcp.len, tcp.seq)",
        "abs(frame.number - 5)", "min(frame.number, 4)")))
    return draw(st.sampled_from((f"{call} {draw(ORDER)} {number}", 'string(tcp.port) matches "^8"',
                                 'string(ip.src) contains ".10"', f'string(frame.number) == "{number}"')))


FIELDS = st.sampled_from((*PROTOCOLS, *sorted(NUMBERS), *TRUTHS, *REMARKS, "sll",
                          "ip.src#1", "ip.addr#2", "tcp.port#[1-2]"))
TESTS = st.one_of(FIELDS, comparisons(), comparisons(), texts(), memberships(), calculations(), searches(),
                  slices(), calls())
FILTERS = st.recursive(TESTS, lambda inner: st.one_of(
    st.builds("not {}".format, inner), st.builds("!({})".format, inner), st.builds("({})".format, inner),
    st.builds("{} and {}".format, inner, inner), st.builds("{} || {}".format, inner, inner)), max_leaves=4)


@pytest.fixture(scope="module")
def oracles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Sharkd]]:
    empty: Path = tmp_path_factory.mktemp("settings")
    opened = {name: Sharkd(CAPTURES / name, empty) for name in CAPTURE_NAMES}
    yield opened
    for oracle in opened.values():
        oracle.__exit__(None, None, None)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(CAPTURE_NAMES), FILTERS)
def test_a_random_filter_finds_what_sharkd_finds(oracles: dict[str, Sharkd], name: str, text: str) -> None:
    assert _found(name, text) == oracles[name].frames_found(text)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(CAPTURE_NAMES), nearly_right(FILTERS))
def test_a_filter_that_is_nearly_right_is_refused_or_finds_what_sharkd_finds(
        oracles: dict[str, Sharkd], name: str, text: str) -> None:
    found = _found(name, text)
    assert found is None or found == oracles[name].frames_found(text)


def _found(name: str, text: str) -> list[int] | None:
    """The frames, or None where the filter is refused."""
    try:
        return frames_found(name, text)
    except FilterError:
        return None
