"""The command line: open a window, or answer in text without one."""

import argparse
import gc
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NoReturn, TextIO

import numpy as np
from numpy.typing import NDArray

from tcpladder import __version__
from tcpladder.decode.columns import ColumnTable, UnknownField
from tcpladder.decode.one_packet import decode_row
from tcpladder.exports.csv import csv_line, csv_lines
from tcpladder.exports.document import Document, Enclosure, fill_in, processes_for
from tcpladder.exports.field_format import FieldFormat, FormatError
from tcpladder.exports.fields import are_columns, check_names, field_lines, field_texts, packet_values
from tcpladder.exports.list_columns import COLUMN_FIELDS, TITLES, ListColumns
from tcpladder.exports.pdml import PDML, pdml_writer
from tcpladder.exports.text import text_writer
from tcpladder.exports.tshark_json import JSON, chosen_fields, json_writer
from tcpladder.exports.workers import WorkerError
from tcpladder.filters import CompiledFilter, FilterError, compile_filter
from tcpladder.packets.capture import CaptureError
from tcpladder.packets.dummy_headers import DummyHeaders, HeaderError, Wrapping
from tcpladder.packets.hex_dump import OffsetBase, parse_hex_dump
from tcpladder.packets.importing import save_dump
from tcpladder.packets.reading import CaptureReader
from tcpladder.packets.whole_file import WriteError, write_whole
from tcpladder.packets.writing import FileFormat, losses, save_packets
from tcpladder.tcp.connection import Connection
from tcpladder.tcp.connections import ConnectionTable
from tcpladder.tcp.fields import register_tcp_fields
from tcpladder.tcp.ladder import lay_out
from tcpladder.tcp.pictures import WRITERS, write_diagram
from tcpladder.tcp.report import ROW_NAMES, connection_json, rows_of, text_lines
from tcpladder.texts import LANGUAGES, _, ngettext, use_language

DONE, NOT_READ, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130

Rows = NDArray[np.integer[Any]]


class UsageError(Exception):
    """What was asked for makes no sense; the message is the sentence for the person."""


class NotFoundError(Exception):
    """What was asked for is not in the capture; the message is the sentence for the person."""


class OutputError(Exception):
    """The answer could not be written; the message is the sentence for the person."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program; returns the exit status.

    0: all was read; 1: the file could not be read, or not to its end, or lacks what was asked for; 2: wrong usage;
    130: interrupted.
    """
    chosen, words = _language_option().parse_known_args(list(sys.argv[1:] if arguments is None else arguments))
    try:
        if not use_language(chosen.language) and chosen.language is not None:
            raise UsageError(_("There are no texts in {language!r}; there are: {languages}.").format(
                language=chosen.language, languages=", ".join(LANGUAGES)))
        command = COMMANDS.get(words[0]) if words else None
        status = command(words[1:]) if command else _open_window(words, chosen.language)
        _output().flush()
        return status
    except (UsageError, FilterError) as error:
        _complain(str(error))
        return WRONG_USAGE
    except (CaptureError, NotFoundError, OutputError, WriteError, HeaderError, WorkerError) as error:
        _complain(str(error))
        return NOT_READ
    except BrokenPipeError:
        _let_go_of_output()     # whoever reads has had enough
        return DONE
    except KeyboardInterrupt:
        _let_go_of_output()
        return INTERRUPTED
    except OSError as error:
        _let_go_of_output()
        _complain(_("The output could not be written: {reason}.").format(reason=error.strerror or error))
        return NOT_READ


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def __init__(self, command: str, **more: Any) -> None:
        super().__init__(prog=f"tcpladder {command}".strip(), allow_abbrev=False, parents=[_language_option()],
                         formatter_class=argparse.RawDescriptionHelpFormatter, **more)

    def error(self, message: str) -> NoReturn:
        raise UsageError(_("{message}; see {program} --help").format(message=message, program=self.prog))


def _language_option() -> argparse.ArgumentParser:
    option = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    option.add_argument("--lang", dest="language", metavar="LANG",
                        help=_("language of the texts: {languages} (that of the environment)").format(
                            languages=", ".join(LANGUAGES)))
    return option


# --- the window -----------------------------------------------------------------------------------------------------

_WINDOW_TEXT = """\
tcpladder [CAPTURE...] [--filter F] [--frame N] [--stream N] [--screenshot OUT.png [--size WxH]]
       tcpladder dump CAPTURE          print packets as text, fields, JSON, PDML or CSV
       tcpladder connections CAPTURE   list the TCP connections
       tcpladder diagram CAPTURE       draw one connection to a file
       tcpladder import DUMP           make a capture from a hex dump
       (each with --help; for a capture called "dump" write ./dump)"""

_WINDOW_EXAMPLES = """\
examples:
  tcpladder web.pcapng                                  open a capture
  tcpladder client.pcap server.pcap                     open several, merged by time
  tcpladder web.pcapng --filter "tcp.flags.reset == 1"  show the packets of a display filter only
  tcpladder web.pcapng --frame 12                       select a packet, and with it its connection
  tcpladder web.pcapng --stream 3 --screenshot it.png   picture of the window; needs no display

exit status: 0 all was read; 1 a file could not be read, or not to its end, or lacks the packet or connection that was
asked for; 2 wrong usage or a wrong filter"""


def _open_window(words: list[str], language: str | None) -> int:
    parser = _Parser("", usage=_WINDOW_TEXT, epilog=_WINDOW_EXAMPLES,
                     description="Shows a capture and explains its TCP connections, packet by packet.")
    parser.add_argument("captures", metavar="CAPTURE", nargs="*", type=Path,
                        help="pcap or pcapng file, also gzipped; several are merged by time")
    parser.add_argument("--filter", metavar="F", default="", help="display filter, in Wireshark's language")
    parser.add_argument("--frame", metavar="N", type=_frame_number, help="select this packet (the first is 1)")
    parser.add_argument("--stream", metavar="N", type=_stream_number, help="select this connection (tcp.stream)")
    parser.add_argument("--screenshot", metavar="OUT.png", type=Path, help="save a picture of the window and end")
    parser.add_argument("--size", metavar="WxH", type=_size, help="size of the window in pixels, such as 1400x900")
    parser.add_argument("--version", action="version", version=f"tcpladder {__version__}")
    parsed = parser.parse_args(words)
    parsed.language = language
    parsed.captures = tuple(parsed.captures)
    missing = [str(path) for path in parsed.captures if not path.exists()]
    if missing and len(parsed.captures) > 1:        # the first may be a command, misspelt
        raise UsageError(_("{names}: no such file; see tcpladder --help").format(names=", ".join(missing)))
    try:
        from tcpladder.ui.app import WindowArguments, run_window
    except ImportError as error:
        raise OutputError(_no_qt(error)) from None
    return run_window(WindowArguments(**vars(parsed)))


def _no_qt(error: ImportError) -> str:
    return _("Windows and pictures need PySide6 and what it needs of the system: {reason}.").format(reason=error)


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


# --- dump -----------------------------------------------------------------------------------------------------------

_DUMP_TEXT = """\
Prints the packets of a capture, with the options and in the formats of tshark. Numbers that depend on the whole
capture (completeness, analysis) are the final ones, as tshark -2 has them."""

_DUMP_EXAMPLES = """\
examples:
  tcpladder dump web.pcapng                                         a line per packet
  tcpladder dump web.pcapng -Y "tcp.analysis.retransmission" -V     every field of some packets
  tcpladder dump web.pcapng -T fields -e frame.number -e ip.src -e tcp.seq -E header=y
  tcpladder dump web.pcapng -T csv -e frame.time_epoch -e tcp.len > lengths.csv
  tcpladder dump web.pcapng -T json -Y "tcp.stream == 0"
  tcpladder dump web.pcapng -T pdml > web.pdml
  tcpladder dump web.pcapng -Y "tcp.stream == 3" -w one.pcapng      the packets themselves, in a file of their own

Beside fields, -e takes the columns of the list: _ws.col.Time, _ws.col.Source, _ws.col.Protocol, _ws.col.Info, ...
-E takes header=y|n, separator=/t|/s|CHARACTER, occurrence=f|l|a (first, last, all), aggregator=,|/s|CHARACTER,
quote=d|s|n (double, single, none), bom=y|n."""

_FORMATS = ("text", "fields", "json", "pdml", "csv")
_FORMATS_WITH_FIELDS = ("fields", "json", "csv")
_OBJECTS_BETWEEN_COLLECTIONS = 100_000


def _dump(words: list[str]) -> int:
    parser = _Parser("dump", description=_DUMP_TEXT, epilog=_DUMP_EXAMPLES)
    _add_capture_and_filter(parser)
    parser.add_argument("-T", dest="format", choices=_FORMATS, default="text", help="format (text)")
    parser.add_argument("-e", dest="fields", metavar="FIELD", action="append", default=[],
                        help="print this field; may be repeated (-T fields, json, csv)")
    parser.add_argument("-E", dest="layout", metavar="OPTION", action="append", default=[],
                        help="layout of -T fields and csv; see below")
    parser.add_argument("-V", dest="tree", action="store_true", help="print every field (-T text)")
    parser.add_argument("-x", dest="octets", action="store_true", help="print the bytes (-T text)")
    parser.add_argument("-w", dest="target", metavar="FILE", type=Path,
                        help="write the packets to a capture file instead of printing them")
    parser.add_argument("-F", dest="target_format", choices=[form.value for form in FileFormat],
                        help="format of -w (by the ending of FILE: .pcap, .cap, all others pcapng)")
    parsed = parser.parse_args(words)
    names: list[str] = parsed.fields
    try:
        layout = FieldFormat.parse(parsed.layout)
    except FormatError as error:
        raise UsageError(str(error)) from None
    if parsed.format == "fields" and not names:
        raise UsageError(_("-T fields prints the fields that -e names, and none is named."))
    if names and parsed.format not in _FORMATS_WITH_FIELDS:
        raise UsageError(_("-e goes with -T fields, json or csv, not with -T {format}.").format(format=parsed.format))
    if (parsed.tree or parsed.octets) and parsed.format != "text":
        raise UsageError(_("-V and -x go with -T text, not with -T {format}.").format(format=parsed.format))
    try:
        check_names(names)
    except UnknownField as error:
        raise UsageError(_("There is no such field: {names}.").format(names=error.args[0])) from None
    compiled = compile_filter(parsed.filter) if parsed.filter else None

    with _Loaded(parsed.capture) as loaded:
        columns, rows = loaded.columns, loaded.rows(compiled)
        if parsed.target is not None:
            form = FileFormat(parsed.target_format) if parsed.target_format else FileFormat.of(parsed.target)
            written = rows.astype(np.int64)
            for sentence in losses(columns.capture, written, form):
                _complain(sentence)
            save_packets(columns.capture, written, parsed.target, form)
            return loaded.status()
        encoding = "utf-8" if parsed.format in ("pdml", "json") else None
        _print(_document(columns, parsed, layout), columns, rows, encoding)
        return loaded.status()


def _document(columns: ColumnTable, parsed: argparse.Namespace, layout: FieldFormat) -> Document:
    """The packets in the form that was asked for."""
    names: list[str] = parsed.fields
    if parsed.format == "fields":
        return field_lines(columns, names, layout)
    if parsed.format == "csv":
        texts_of = field_texts(columns, names or COLUMN_FIELDS, layout)
        return Document(lambda rows: map(csv_line, texts_of(rows)), Enclosure(csv_line(names or TITLES)),
                        decodes=not are_columns(columns, names or COLUMN_FIELDS))
    if parsed.format == "json" and names:
        values_of = packet_values(columns, names)
        return Document(lambda rows: (
            chosen_fields(packet, zip(names, map(layout.chosen, values), strict=True))
            for packet, values in values_of(rows)), JSON)
    if parsed.format == "pdml":
        write, enclosure = pdml_writer(), PDML
    elif parsed.format == "json":
        write, enclosure = json_writer(), JSON
    else:
        write = text_writer(ListColumns(columns), tree=parsed.tree, octets=parsed.octets)
        enclosure = Enclosure()
    return Document(lambda rows: (write(decode_row(columns, row)) for row in rows.tolist()), enclosure)


def _print(document: Document, columns: ColumnTable, rows: Rows, encoding: str | None) -> None:
    """Prints a document, with the help of other processes where that pays."""
    output = _ready_output(encoding)
    processes = processes_for(rows)
    takes_bytes = hasattr(output, "buffer") and not "".encode(output.encoding)     # and no mark at each beginning
    if processes == 1 or not takes_bytes:
        with _seldom_collected():
            _write(document.pieces(rows), encoding)
        return

    def encode(text: str) -> bytes:
        return text.encode(output.encoding, "backslashreplace")

    if document.decodes:
        fill_in(columns)
    output.flush()
    with _seldom_collected(), closing(document.encoded_pieces(rows, encode, processes)) as pieces:
        for piece in pieces:
            output.buffer.write(piece)


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Spares Python the search for cycles among what stays, and most of it elsewhere: packets make none."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


# --- connections ----------------------------------------------------------------------------------------------------

_CONNECTIONS_EXAMPLES = """\
examples:
  tcpladder connections web.pcapng                                    a line per connection
  tcpladder connections web.pcapng -T json -Y "tcp.stream == 3"       all that is known of one, with its steps
  tcpladder connections web.pcapng -T csv > connections.csv"""


def _connections(words: list[str]) -> int:
    parser = _Parser("connections", epilog=_CONNECTIONS_EXAMPLES,
                     description="Lists the TCP connections of a capture: ends, opening, closing, bytes, trouble.")
    _add_capture_and_filter(parser)
    parser.add_argument("-T", dest="format", choices=("text", "json", "csv"), default="text", help="format (text)")
    parsed = parser.parse_args(words)
    compiled = compile_filter(parsed.filter) if parsed.filter else None
    with _Loaded(parsed.capture) as loaded:
        table = ConnectionTable(loaded.columns)
        streams = loaded.streams(compiled)
        if parsed.format == "json":
            _write(_json_array(connection_json(table.connection(stream)) for stream in streams), encoding="utf-8")
        elif parsed.format == "csv":
            _write(csv_lines(ROW_NAMES, rows_of(table, streams)))
        else:
            _write(f"{line}\n" for line in text_lines(table, streams))
        return loaded.status()


def _json_array(items: Iterable[str]) -> Iterator[str]:
    """An array, an item per line."""
    separator = "[\n"
    for item in items:
        yield separator + item
        separator = ",\n"
    yield "[]\n" if separator == "[\n" else "\n]\n"


# --- diagram --------------------------------------------------------------------------------------------------------

_DIAGRAM_EXAMPLES = """\
examples:
  tcpladder diagram web.pcapng --stream 3 -o handshake.svg
  tcpladder diagram web.pcapng --stream 3 -o handshake.mmd      Mermaid, for a page of Markdown

The ending of OUT decides: .svg, .png, .pdf, .mmd (Mermaid), .txt, .json. Only .png and .pdf need Qt."""


def _diagram(words: list[str]) -> int:
    parser = _Parser("diagram", epilog=_DIAGRAM_EXAMPLES, description="Draws one TCP connection to a file.")
    parser.add_argument("capture", metavar="CAPTURE", type=Path, help="pcap or pcapng file, also gzipped")
    parser.add_argument("--stream", metavar="N", type=_stream_number, required=True,
                        help="the connection (tcp.stream; see tcpladder connections)")
    parser.add_argument("-o", dest="output", metavar="OUT", type=Path, required=True, help="file to write")
    parsed = parser.parse_args(words)
    output: Path = parsed.output
    suffix = output.suffix.lower()
    if suffix not in (*WRITERS, *_PAINTED):
        raise UsageError(_("{name}: the ending of the file must be one of {endings}.").format(
            name=output, endings=", ".join((*WRITERS, *_PAINTED))))
    with _Loaded(parsed.capture) as loaded:
        if output.exists() and output.samefile(parsed.capture):
            raise UsageError(_("{name} is the capture itself.").format(name=output))
        table = ConnectionTable(loaded.columns)
        if parsed.stream >= table.count:
            raise NotFoundError(ngettext(
                "There is no stream {stream}: the capture has {count} TCP connection, counted from 0.",
                "There is no stream {stream}: the capture has {count} TCP connections, counted from 0.",
                table.count).format(stream=parsed.stream, count=table.count))
        connection = table.connection(parsed.stream)
        picture = write_diagram(connection, suffix).encode() if suffix in WRITERS else _painted(connection, suffix)
        write_whole(output, [picture])
        return loaded.status()


_PAINTED = (".png", ".pdf")


def _painted(connection: Connection, suffix: str) -> bytes:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    try:
        from tcpladder.ui.app import make_application
        from tcpladder.ui.connection.picture_export import PictureTooLargeError, pdf_bytes, png_bytes
    except ImportError as error:
        raise OutputError(_no_qt(error)) from None
    application = make_application()
    try:
        return (png_bytes if suffix == ".png" else pdf_bytes)(lay_out(connection))
    except PictureTooLargeError as error:
        raise OutputError(str(error)) from None
    finally:
        application.quit()


# --- import ---------------------------------------------------------------------------------------------------------

_IMPORT_TEXT = """\
Makes a pcapng file from a hex dump: offset, bytes, text as Wireshark, tcpdump -x, hexdump -C, xxd and od -Ax -tx1 write
them, or bytes alone. Offset 0 begins a packet; times and comments (#) in lines before a packet are kept."""

_IMPORT_EXAMPLES = """\
examples:
  tcpladder import dump.txt -w dump.pcapng
  tcpdump -Xr web.pcap | tcpladder import - -w web.pcapng --link-type 101
  tcpladder import payload.txt -w payload.pcapng --headers udp --from 192.0.2.1:4000 --to 192.0.2.2:53"""


def _import(words: list[str]) -> int:
    parser = _Parser("import", description=_IMPORT_TEXT, epilog=_IMPORT_EXAMPLES)
    parser.add_argument("dump", metavar="DUMP", help="text file, - for standard input")
    parser.add_argument("-w", dest="target", metavar="FILE", type=Path, required=True, help="pcapng file to write")
    parser.add_argument("--offsets", choices=[base.value for base in OffsetBase], default=OffsetBase.AUTOMATIC.value,
                        help="base of the offsets (automatic)")
    parser.add_argument("--link-type", metavar="N", type=_linktype, default=1,
                        help="what the bytes begin with: 1 Ethernet (the usual), 101 IP, 113 Linux cooked, ...")
    parser.add_argument("--headers", choices=[wrapping.value for wrapping in Wrapping], default=Wrapping.NONE.value,
                        help="headers to put before the bytes")
    parser.add_argument("--from", dest="source", metavar="ADDRESS[:PORT]", type=_endpoint, default=("10.1.1.1", 1024),
                        help="sender in these headers (10.1.1.1:1024)")
    parser.add_argument("--to", dest="destination", metavar="ADDRESS[:PORT]", type=_endpoint, default=("10.2.2.2", 80),
                        help="receiver in these headers (10.2.2.2:80)")
    parsed = parser.parse_args(words)
    dump = parse_hex_dump(_text_of(parsed.dump), OffsetBase(parsed.offsets))
    for problem in dump.problems:
        _complain(_("line {line}: {message}").format(line=problem.line, message=problem.message))
    if not dump.packets:
        raise NotFoundError(_("{name} holds no packets that can be read as a hex dump.").format(name=parsed.dump))
    headers = DummyHeaders(Wrapping(parsed.headers), source=parsed.source[0], destination=parsed.destination[0],
                           source_port=parsed.source[1], destination_port=parsed.destination[1])
    save_dump(dump.packets, parsed.target, parsed.link_type, headers)
    return NOT_READ if dump.problems else DONE


def _text_of(name: str) -> str:
    """The text of a file, or what comes through standard input."""
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise CaptureError(_("{name} cannot be read: {reason}.").format(
            name=name, reason=error.strerror or error)) from None
    return data.decode("utf-8", "replace")


def _linktype(text: str) -> int:
    if not text.isdecimal() or int(text) > 0xFFFF:
        raise argparse.ArgumentTypeError(_("{text!r} is not the number of a link type").format(text=text))
    return int(text)


def _endpoint(text: str) -> tuple[str, int]:
    address, _colon, port = text.partition(":")
    if port and (not port.isdecimal() or int(port) > 0xFFFF):
        raise argparse.ArgumentTypeError(_("{text!r} is not an address and port such as 10.1.1.1:80").format(text=text))
    return address, int(port or 0)


# --- reading --------------------------------------------------------------------------------------------------------

def _add_capture_and_filter(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("capture", metavar="CAPTURE", type=Path, help="pcap or pcapng file, also gzipped")
    parser.add_argument("-Y", dest="filter", metavar="FILTER", default="",
                        help="display filter, in Wireshark's language")


class _Loaded:
    """A capture read as far as it can be, its columns filled in."""

    def __init__(self, path: Path) -> None:
        self._reader = CaptureReader(path)
        self.columns = ColumnTable(self._reader.capture)

    def __enter__(self) -> "_Loaded":
        for progress in self._reader:
            self.columns.extend(progress.frames)
        register_tcp_fields(self.columns)
        return self

    def __exit__(self, *_reason: object) -> None:
        self._reader.close()

    def rows(self, compiled: CompiledFilter | None) -> Rows:
        """The rows that pass the filter."""
        if compiled is None:
            return np.arange(self.columns.frame_count)
        return np.flatnonzero(compiled.select(self.columns))

    def streams(self, compiled: CompiledFilter | None) -> Sequence[int]:
        """The TCP streams that have a packet which passes the filter."""
        column = self.columns.column("tcp.stream")
        wanted = np.isin(column.rows, self.rows(compiled))
        streams: list[int] = np.unique(column.values[wanted]).tolist()
        return streams

    def status(self) -> int:
        """Says what could not be read; call it when all that could be has been printed."""
        _output().flush()
        capture = self._reader.capture
        self._reader.is_whole()     # adds a problem where it is not
        for problem in capture.problems:
            _complain(problem.message)
        if not (capture.frame_count or capture.problems):
            _complain(_("{name} holds no packets.").format(name=capture.path.name))
        return NOT_READ if capture.problems else DONE


# --- writing --------------------------------------------------------------------------------------------------------

def _write(pieces: Iterable[str], encoding: str | None = None) -> None:
    """Prints pieces; characters that the encoding of the output lacks are written as escapes."""
    output = _ready_output(encoding)
    for piece in pieces:
        output.write(piece)


def _ready_output(encoding: str | None) -> TextIO:
    output = _output()
    if hasattr(output, "reconfigure"):
        output.reconfigure(encoding=encoding, errors="backslashreplace")
    return output


def _output() -> TextIO:
    """Standard output; where it is closed, nowhere."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")    # noqa: SIM115  it stays open as long as the program
    return sys.stdout


def _let_go_of_output() -> None:
    """Keeps the interpreter from writing what is left to a pipe that nobody reads."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, _output().fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return


def _complain(sentence: str) -> None:
    """One line on stderr."""
    if sys.stderr is not None:
        print("tcpladder:", " ".join(sentence.split("\n")), file=sys.stderr)


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "dump": _dump, "connections": _connections, "diagram": _diagram, "import": _import}
