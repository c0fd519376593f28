"""The command line: open a window, or answer in text without one."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np
from numpy.typing import NDArray

from tcpladder.arguments import (
    FORMATS_WITH_FIELDS,
    UsageError,
    connections_parser,
    diagram_parser,
    dump_parser,
    import_parser,
    language_parser,
    window_parser,
)
from tcpladder.decode.columns import ColumnTable, UnknownField
from tcpladder.decode.one_packet import decode_row
from tcpladder.exports.csv import csv_line, csv_lines
from tcpladder.exports.document import Document, Enclosure, fill_in, processes_for
from tcpladder.exports.field_format import FieldFormat, FormatError
from tcpladder.exports.fields import check_names, field_document, field_lines, field_texts, packet_values
from tcpladder.exports.list_columns import COLUMN_FIELDS, TITLES, ListColumns
from tcpladder.exports.pdml import PDML, pdml_writer
from tcpladder.exports.text import packet_lines, text_writer
from tcpladder.exports.tshark_json import JSON, chosen_fields, json_writer
from tcpladder.filters import FilterError, compile_filter
from tcpladder.packets.capture import CaptureError
from tcpladder.packets.dummy_headers import DummyHeaders, HeaderError, Wrapping
from tcpladder.packets.hex_dump import OffsetBase, parse_hex_dump
from tcpladder.packets.importing import save_dump
from tcpladder.packets.reading import CaptureReader
from tcpladder.packets.whole_file import WriteError, write_whole
from tcpladder.packets.writing import FileFormat, losses, save_packets
from tcpladder.protocols.names import Names
from tcpladder.tcp.connection import Connection
from tcpladder.tcp.connections import ConnectionTable
from tcpladder.tcp.fields import register_tcp_fields
from tcpladder.tcp.ladder import LadderOptions, lay_out
from tcpladder.tcp.pictures import WRITERS, write_diagram
from tcpladder.tcp.report import ROW_NAMES, connection_json, rows_of, text_lines
from tcpladder.texts import LANGUAGES, _, ngettext, use_language
from tcpladder.work.workers import WorkerError

if TYPE_CHECKING:
    from tcpladder.filters.compiled import CompiledFilter

DONE, NOT_READ, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130

Rows = NDArray[np.integer[Any]]


class NotFoundError(Exception):
    """What was asked for is not in the capture; the message is the sentence for the person."""


class OutputError(Exception):
    """The answer could not be written; the message is the sentence for the person."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program; returns the exit status.

    0: all was read; 1: the file could not be read, or not to its end, or lacks what was asked for; 2: wrong usage;
    130: interrupted.
    """
    use_language()
    try:
        chosen, words = language_parser().parse_known_args(list(sys.argv[1:] if arguments is None else arguments))
        if chosen.language is not None and not use_language(chosen.language):
            use_language()
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


# --- the window -----------------------------------------------------------------------------------------------------

def _open_window(words: list[str], language: str | None) -> int:
    parsed = window_parser().parse_args(words)
    parsed.language = language
    parsed.captures = tuple(parsed.captures)
    missing = [str(path) for path in parsed.captures if not path.exists()]
    if missing and len(parsed.captures) > 1:        # the first may be a command, misspelt
        raise UsageError(_("{names}: no such file; see tcpladder --help").format(names=", ".join(missing)))
    try:
        with _seldom_collected():
            from tcpladder.ui.app import WindowArguments, run_window
    except ImportError as error:
        raise OutputError(_no_qt(error)) from None
    return run_window(WindowArguments(**vars(parsed)))


def _no_qt(error: ImportError) -> str:
    return _("Windows and pictures need PySide6 and what it needs of the system: {reason}.").format(reason=error)


# --- dump -----------------------------------------------------------------------------------------------------------

_OBJECTS_BETWEEN_COLLECTIONS = 100_000


def _dump(words: list[str]) -> int:
    parsed = dump_parser().parse_args(words)
    names: list[str] = parsed.fields
    try:
        layout = FieldFormat.parse(parsed.layout)
    except FormatError as error:
        raise UsageError(str(error)) from None
    if parsed.format == "fields" and not names:
        raise UsageError(_("-T fields prints the fields that -e names, and none is named."))
    if names and parsed.format not in FORMATS_WITH_FIELDS:
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
    shown_names: Names = parsed.names
    if parsed.format == "fields":
        return field_lines(columns, names, layout, shown_names)
    if parsed.format == "csv":
        texts_of = field_texts(columns, names or COLUMN_FIELDS, layout, shown_names)
        return field_document(columns, names or COLUMN_FIELDS, lambda rows: map(csv_line, texts_of(rows)),
                              Enclosure(csv_line(names or TITLES)))
    if parsed.format == "json" and names:
        values_of = packet_values(columns, names, shown_names)
        return Document(lambda rows: (
            chosen_fields(packet, zip(names, map(layout.chosen, values), strict=True))
            for packet, values in values_of(rows)), JSON)
    if parsed.format == "pdml":
        write, enclosure = pdml_writer(shown_names), PDML
    elif parsed.format == "json":
        write, enclosure = json_writer(shown_names), JSON
    elif parsed.tree or parsed.octets:
        write, enclosure = text_writer(shown_names, tree=parsed.tree, octets=parsed.octets), Enclosure()
    else:
        shown = ListColumns(columns, shown_names)
        return Document(lambda rows: packet_lines(shown, rows), Enclosure(), in_bulk=True)
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

def _connections(words: list[str]) -> int:
    parsed = connections_parser().parse_args(words)
    compiled = compile_filter(parsed.filter) if parsed.filter else None
    with _Loaded(parsed.capture) as loaded:
        table = ConnectionTable(loaded.columns)
        streams = loaded.streams(compiled)
        if parsed.format == "json":
            _write(_json_array(connection_json(table.connection(stream), parsed.names) for stream in streams),
                   encoding="utf-8")
        elif parsed.format == "csv":
            _write(csv_lines(ROW_NAMES, rows_of(table, streams, parsed.names)))
        else:
            _write(f"{line}\n" for line in text_lines(table, streams, parsed.names))
        return loaded.status()


def _json_array(items: Iterable[str]) -> Iterator[str]:
    """An array, an item per line."""
    separator = "[\n"
    for item in items:
        yield separator + item
        separator = ",\n"
    yield "[]\n" if separator == "[\n" else "\n]\n"


# --- diagram --------------------------------------------------------------------------------------------------------

def _diagram(words: list[str]) -> int:
    parsed = diagram_parser().parse_args(words)
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
        connection, names = table.connection(parsed.stream), parsed.names
        picture = (write_diagram(connection, suffix, names).encode() if suffix in WRITERS
                   else _painted(connection, suffix, names))
        write_whole(output, [picture])
        return loaded.status()


_PAINTED = (".png", ".pdf")


def _painted(connection: Connection, suffix: str, names: Names) -> bytes:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    try:
        from tcpladder.ui.app import make_application
        from tcpladder.ui.connection.picture_export import PictureTooLargeError, pdf_bytes, png_bytes
    except ImportError as error:
        raise OutputError(_no_qt(error)) from None
    application = make_application()
    try:
        return (png_bytes if suffix == ".png" else pdf_bytes)(lay_out(connection, LadderOptions(names=names)))
    except PictureTooLargeError as error:
        raise OutputError(str(error)) from None
    finally:
        application.quit()


# --- import ---------------------------------------------------------------------------------------------------------

def _import(words: list[str]) -> int:
    parsed = import_parser().parse_args(words)
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


# --- reading --------------------------------------------------------------------------------------------------------

class _Loaded:
    """A capture read as far as it can be, its columns filled in."""

    def __init__(self, path: Path) -> None:
        self._reader = CaptureReader(path)
        self.columns = ColumnTable(self._reader.capture)

    def __enter__(self) -> _Loaded:
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
