"""What the command line takes: a parser for each command, whose help is in the language in use."""

import argparse
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

from tcpladder import __version__
from tcpladder.packets.dummy_headers import Wrapping
from tcpladder.packets.hex_dump import OffsetBase
from tcpladder.packets.writing import FileFormat
from tcpladder.protocols.names import NameKind, Names
from tcpladder.texts import LANGUAGES, _, ngettext

# argparse looks up its own words ("usage", "options", "expected one argument") under these names, by itself in a
# catalogue of Python's that no system has. tests/texts/catalogue.py adds them to ours.
vars(argparse).update(_=_, ngettext=ngettext)

# A word, or a sign that takes two columns of a terminal, with what must stand before and behind it.
_PIECE = re.compile(r"\s+|[（“]*(?:[\u2e80-\uffef]|[^\s\u2e80-\uffef]+)[、，。：；！？）”…]*")

Examples = Sequence[tuple[str, str]]    # what follows "tcpladder", and what it does


class UsageError(Exception):
    """What was asked for makes no sense; the message is the sentence for the person."""


class Parser(argparse.ArgumentParser):
    """Of one command ("" opens the window); says what is wrong in one line, as UsageError."""

    def __init__(self, command: str, **more: Any) -> None:
        super().__init__(prog=f"tcpladder {command}".strip(), allow_abbrev=False, formatter_class=_HelpFormatter,
                         **more)

    def error(self, message: str) -> NoReturn:
        raise UsageError(_("{message}; see {program} --help").format(message=message, program=self.prog))


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Knows how wide Chinese signs are."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return list(wrapped(text, width))


def wrapped(text: str, width: int) -> Iterator[str]:
    """The lines of a text on a terminal, none wider than so many columns, unless a single word is."""
    line = ""
    for piece in _PIECE.findall(" ".join(text.split())):
        if line and _columns(line + piece.rstrip()) > width:
            yield line.rstrip()
            line = ""
        line += piece if line else piece.lstrip()
    if line:
        yield line.rstrip()


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def language_parser() -> Parser:
    """Knows --lang alone, which stands anywhere: it decides in which language all else is said."""
    parser = Parser("", add_help=False)
    _add_language(parser)
    return parser


def window_parser() -> Parser:
    """The window, or a picture of it."""
    commands = [("dump CAPTURE", _("print packets as text, fields, JSON, PDML or CSV")),
                ("connections CAPTURE", _("list the TCP connections")),
                ("diagram CAPTURE", _("draw one connection to a file")),
                ("import DUMP", _("make a capture from a hex dump"))]
    usage = ("tcpladder [CAPTURE...] [--filter F] [--frame N] [--stream N] [--screenshot OUT.png [--size WxH]]\n"
             + _in_columns(commands, indent=7) + "\n       "
             + _('(each with --help; for a capture called "dump" write ./dump)'))
    parser = Parser(
        "", usage=usage, description=_("Shows a capture and explains its TCP connections, packet by packet."),
        epilog=_examples((
            ("web.pcapng", _("open a capture")),
            ("client.pcap server.pcap", _("open several, merged by time")),
            ('web.pcapng --filter "tcp.flags.reset == 1"', _("show the packets of a display filter only")),
            ("web.pcapng --frame 12", _("select a packet, and with it its connection")),
            ("web.pcapng --stream 3 --screenshot it.png", _("picture of the window; needs no display"))))
        + "\n\n" + _("""\
exit status: 0 all was read; 1 a file could not be read, or not to its end, or lacks the packet or connection that was
asked for; 2 wrong usage or a wrong filter"""))
    parser.add_argument("captures", metavar="CAPTURE", nargs="*", type=Path,
                        help=_("pcap or pcapng file, also packed; several are merged by time"))
    parser.add_argument("--filter", metavar="F", default="", help=_("display filter, in Wireshark's language"))
    parser.add_argument("--frame", metavar="N", type=_frame_number, help=_("select this packet (the first is 1)"))
    parser.add_argument("--stream", metavar="N", type=_stream_number, help=_("select this connection (tcp.stream)"))
    parser.add_argument("--screenshot", metavar="OUT.png", type=Path,
                        help=_("save a picture of the window and end"))
    parser.add_argument("--size", metavar="WxH", type=_size, help=_("size of the window in pixels, such as 1400x900"))
    parser.add_argument("--version", action="version", version=f"tcpladder {__version__}",
                        help=_("print the version and end"))
    _add_language(parser)
    return parser


FORMATS_WITH_FIELDS: Final = ("fields", "json", "csv")


def dump_parser() -> Parser:
    """Packets as text."""
    parser = Parser(
        "dump", description=_("""\
Prints the packets of a capture, with the options and in the formats of tshark. Numbers that depend on the whole
capture (completeness, analysis) are the final ones, as tshark -2 has them."""),
        epilog=_examples((
            ("dump web.pcapng", _("a line per packet")),
            ('dump web.pcapng -Y "tcp.analysis.retransmission" -V', _("every field of some packets")),
            ("dump web.pcapng -T fields -e frame.number -e ip.src -e tcp.seq -E header=y", ""),
            ("dump web.pcapng -T csv -e frame.time_epoch -e tcp.len > lengths.csv", ""),
            ('dump web.pcapng -T json -Y "tcp.stream == 0"', ""),
            ("dump web.pcapng -T pdml > web.pdml", ""),
            ("dump web.pcapng -N mt", _("with names of manufacturers and services")),
            ('dump web.pcapng -Y "tcp.stream == 3" -w one.pcapng', _("the packets themselves, in a file of their own"))
        )) + "\n\n" + _("""\
Beside fields, -e takes the columns of the list: _ws.col.Time, _ws.col.Source, _ws.col.Protocol, _ws.col.Info, ...
-E takes header=y|n, separator=/t|/s|CHARACTER, occurrence=f|l|a (first, last, all), aggregator=,|/s|CHARACTER,
quote=d|s|n (double, single, none), bom=y|n."""))
    _add_capture(parser)
    _add_filter(parser)
    parser.add_argument("-T", dest="format", choices=("text", "fields", "json", "pdml", "csv"), default="text",
                        help=_("format (text)"))
    parser.add_argument("-e", dest="fields", metavar="FIELD", action="append", default=[],
                        help=_("print this field; may be repeated (-T fields, json, csv)"))
    parser.add_argument("-E", dest="layout", metavar="OPTION", action="append", default=[],
                        help=_("layout of -T fields and csv; see below"))
    parser.add_argument("-V", dest="tree", action="store_true", help=_("print every field (-T text)"))
    parser.add_argument("-x", dest="octets", action="store_true", help=_("print the bytes (-T text)"))
    parser.add_argument("-w", dest="target", metavar="FILE", type=Path,
                        help=_("write the packets to a capture file instead of printing them"))
    parser.add_argument("-F", dest="target_format", choices=[form.value for form in FileFormat],
                        help=_("format of -w (by the ending of FILE: .pcap, .cap, all others pcapng)"))
    _add_names(parser)
    _add_language(parser)
    return parser


def connections_parser() -> Parser:
    """The connections of a capture."""
    parser = Parser(
        "connections",
        description=_("Lists the TCP connections of a capture: ends, opening, closing, bytes, trouble."),
        epilog=_examples((
            ("connections web.pcapng", _("a line per connection")),
            ('connections web.pcapng -T json -Y "tcp.stream == 3"', _("all that is known of one, with its steps")),
            ("connections web.pcapng -T csv > connections.csv", ""))))
    _add_capture(parser)
    _add_filter(parser)
    parser.add_argument("-T", dest="format", choices=("text", "json", "csv"), default="text", help=_("format (text)"))
    _add_names(parser)
    _add_language(parser)
    return parser


def diagram_parser() -> Parser:
    """A picture of one connection."""
    parser = Parser(
        "diagram", description=_("Draws one TCP connection to a file."),
        epilog=_examples((
            ("diagram web.pcapng --stream 3 -o handshake.svg", ""),
            ("diagram web.pcapng --stream 3 -o handshake.mmd", _("Mermaid, for a page of Markdown"))))
        + "\n\n" + _("The ending of OUT decides: .svg, .png, .pdf, .mmd (Mermaid), .txt, .json. Only .png and .pdf "
                     "need Qt."))
    _add_capture(parser)
    parser.add_argument("--stream", metavar="N", type=_stream_number, required=True,
                        help=_("the connection (tcp.stream; see tcpladder connections)"))
    parser.add_argument("-o", dest="output", metavar="OUT", type=Path, required=True, help=_("file to write"))
    _add_names(parser)
    _add_language(parser)
    return parser


def import_parser() -> Parser:
    """A capture from a hex dump."""
    parser = Parser(
        "import", description=_("""\
Makes a pcapng file from a hex dump: offset, bytes, text as Wireshark, tcpdump -x, hexdump -C, xxd and od -Ax -tx1 write
them, or bytes alone. Offset 0 begins a packet; times and comments (#) in lines before a packet are kept."""),
        epilog=_examples((
            ("import dump.txt -w dump.pcapng", ""),
            ("import - -w web.pcapng --link-type 101 < dump.txt", _("packets that begin with an IP header")),
            ("import payload.txt -w it.pcapng --headers udp --from 192.0.2.1:4000 --to 192.0.2.2:53", ""))))
    parser.add_argument("dump", metavar="DUMP", help=_("text file, - for standard input"))
    parser.add_argument("-w", dest="target", metavar="FILE", type=Path, required=True, help=_("pcapng file to write"))
    parser.add_argument("--offsets", choices=[base.value for base in OffsetBase], default=OffsetBase.AUTOMATIC.value,
                        help=_("base of the offsets (automatic)"))
    parser.add_argument("--link-type", metavar="N", type=_linktype, default=1,
                        help=_("what the bytes begin with: 1 Ethernet (the usual), 101 IP, 113 Linux cooked, ..."))
    parser.add_argument("--headers", choices=[wrapping.value for wrapping in Wrapping], default=Wrapping.NONE.value,
                        help=_("headers to put before the bytes"))
    parser.add_argument("--from", dest="source", metavar="ADDRESS[:PORT]", type=_endpoint, default=("10.1.1.1", 1024),
                        help=_("sender in these headers ({end})").format(end="10.1.1.1:1024"))
    parser.add_argument("--to", dest="destination", metavar="ADDRESS[:PORT]", type=_endpoint, default=("10.2.2.2", 80),
                        help=_("receiver in these headers ({end})").format(end="10.2.2.2:80"))
    _add_language(parser)
    return parser


PARSERS: Final[dict[str, Callable[[], Parser]]] = {
    "": window_parser, "dump": dump_parser, "connections": connections_parser, "diagram": diagram_parser,
    "import": import_parser}


def _add_language(parser: Parser) -> None:
    parser.add_argument("--lang", dest="language", metavar="LANG",
                        help=_("language of the texts: {languages} (that of the environment)").format(
                            languages=", ".join(LANGUAGES)))


def _add_capture(parser: Parser) -> None:
    parser.add_argument("capture", metavar="CAPTURE", type=Path, help=_("pcap or pcapng file, also packed"))


def _add_filter(parser: Parser) -> None:
    parser.add_argument("-Y", dest="filter", metavar="FILTER", default="",
                        help=_("display filter, in Wireshark's language"))


_NAME_FLAGS: Final = {"m": NameKind.MANUFACTURERS, "t": NameKind.PORTS}


def _add_names(parser: Parser) -> None:
    parser.add_argument("-N", dest="names", metavar="FLAGS", type=_names, default=Names(), help=_(
        "show names: m of manufacturers in Ethernet addresses, t of services of ports, mt both"))
    parser.add_argument("-n", action="store_true", help=_("show numbers only, as without -N, which overrides it"))


def _examples(examples: Examples) -> str:
    return _("examples:") + "\n" + _in_columns(examples, indent=2)


def _in_columns(lines: Iterable[tuple[str, str]], indent: int) -> str:
    """Commands, and behind them what they do; those of which nothing is said may be longer."""
    lines = list(lines)
    widest = max(len(words) for words, said in lines if said)
    return "\n".join(f"{'':{indent}}tcpladder {words:{widest if said else 0}}   {said}".rstrip()
                     for words, said in lines)


# --- what stands for something else than itself ---------------------------------------------------------------------

def _frame_number(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(_("{text!r} is not a frame number; the first is 1").format(text=text))
    return int(text)


def _stream_number(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(_("{text!r} is not the number of a stream; the first is 0").format(text=text))
    return int(text)


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{2,5})x(\d{2,5})", text)
    if match is None:
        raise argparse.ArgumentTypeError(_("{text!r} is not a size such as 1400x900").format(text=text))
    return int(match[1]), int(match[2])


def _linktype(text: str) -> int:
    if not text.isdecimal() or int(text) > 0xFFFF:
        raise argparse.ArgumentTypeError(_("{text!r} is not the number of a link type").format(text=text))
    return int(text)


def _endpoint(text: str) -> tuple[str, int]:
    address, _colon, port = text.partition(":")
    if port and (not port.isdecimal() or int(port) > 0xFFFF):
        raise argparse.ArgumentTypeError(_("{text!r} is not an address and port such as 10.1.1.1:80").format(text=text))
    return address, int(port or 0)


def _names(flags: str) -> Names:
    unknown = "".join(flag for flag in flags if flag not in _NAME_FLAGS)
    if unknown:
        raise argparse.ArgumentTypeError(_(
            "there are the flags m (manufacturers) and t (services of ports), which need no network, not {flags!r}"
        ).format(flags=unknown))
    return Names(frozenset(_NAME_FLAGS[flag] for flag in flags))
