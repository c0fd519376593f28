"""The values of a field in all packets of a capture, as arrays; made when asked for, kept, grown with the capture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.all_packets import (
    PROTOCOL_CODES,
    Batch,
    BoolArray,
    Instances,
    IntArray,
    Place,
    Step,
    Values,
    flattened,
)
from tcpladder.decode.datagram_streams import UDP_FIELDS, udp_fields
from tcpladder.decode.echo_pairs import ECHOES, echo_fields
from tcpladder.decode.frame_fields import FRAME_FIELDS, FrameField
from tcpladder.decode.placement import Placed, placed_elements
from tcpladder.decode.upper_layers import Message
from tcpladder.fields.expression import Expression
from tcpladder.fields.spec import Expert, FieldSpec, ProtocolSpec, Records, Repeat
from tcpladder.fields.types import FieldType
from tcpladder.packets.capture import Capture
from tcpladder.protocols import PROTOCOLS
from tcpladder.protocols.connection import CONNECTION_FIELDS

# Values of the headers [first, last) of a protocol, and where there is one.
FieldValues = Callable[["ColumnTable", int, int], Values]
Compute = Callable[["ColumnTable"], Mapping[str, Values]]
_FIRST_WINDOW, _LONGEST_WINDOW = 32, 1024      # rows; a click needs one of them, a walk all
_NEAR = 64          # headers between two that are asked for: sooner read with them than left out


class UnknownField(KeyError):
    """There is no field of this name."""


@dataclass(frozen=True, slots=True, eq=False)
class ByteSpans:
    """Where the bytes of each occurrence lie; they stay in the file. start counts from the frame's first byte."""

    capture: Capture
    rows: IntArray
    start: IntArray
    length: IntArray

    def bytes_of(self, index: int) -> bytes:
        """The bytes of one occurrence, as far as they were captured."""
        start = int(self.start[index])
        return bytes(self.capture.frame(int(self.rows[index]))[start:start + int(self.length[index])])


@dataclass(frozen=True, slots=True, eq=False)
class FieldColumn:
    """All occurrences of a field in the order of the capture; several per row are possible.

    rows: int32, ascending, shape (n,). values, shape (n,): integers and booleans as unsigned or signed
    numbers, times as int64 nanoseconds, IPv4 addresses as uint32; other addresses uint8, shape (n, width); texts that
    no bytes hold as str objects. start and length: the bytes that hold each value, in the frame.
    """

    spec: FieldSpec
    rows: IntArray
    values: NDArray[Any]
    spans: ByteSpans
    layers: IntArray      # which header of its protocol holds it: 0 for the first in its frame

    @property
    def type(self) -> FieldType:
        """The field's type."""
        return self.spec.type

    def present(self, frame_count: int) -> BoolArray:
        """Which rows have the field; shape (frame_count,)."""
        result = np.zeros(frame_count, bool)
        result[self.rows] = True
        return result

    def first(self, frame_count: int, missing: Any) -> NDArray[Any]:
        """The first value of each row, or missing; shape (frame_count,) or (frame_count, width)."""
        result = np.full((frame_count, *self.values.shape[1:]), missing, self.values.dtype)
        rows, index = self.first_places()
        result[rows] = self.values[index]
        return result

    def first_places(self) -> tuple[IntArray, IntArray]:
        """The rows that have the field, each once, and where the first value of each stands."""
        index = np.flatnonzero(np.diff(self.rows, prepend=-1))
        return self.rows[index], index


@dataclass(frozen=True, slots=True, eq=False)
class LayerTable:
    """Every header of one protocol, in the order of the capture; arrays of shape (n,).

    start and end (as declared) are bytes in the frame. carrier is the code (PROTOCOL_CODES) of the protocol around, and
    carrier_index the place of that header in its own table (-1: none).
    """

    protocol: str
    rows: IntArray
    start: IntArray
    end: IntArray
    carrier: NDArray[np.uint8]
    carrier_index: IntArray

    def __len__(self) -> int:
        return len(self.rows)


@cache
def _places() -> Mapping[str, tuple[Place, ...]]:
    """Every field, and where it is declared."""
    found: dict[str, list[Place]] = {}

    def visit(protocol: ProtocolSpec, placed: tuple[Placed, ...], way: tuple[Step, ...]) -> None:
        for entry in flattened(placed):
            element = entry.element
            if isinstance(element, FieldSpec):
                if element.name:
                    found.setdefault(element.name, []).append(Place(protocol.name, way, entry))
                if element.region:
                    visit(protocol, entry.children, (*way, Step(entry)))
            elif isinstance(element, Expert):
                found.setdefault(element.name, []).append(Place(protocol.name, way, entry))
            elif isinstance(element, Records):
                for case, spec in element.all_cases:
                    record = Step(entry, case)
                    inner = Placed(spec, 0, None)
                    if spec.name:
                        found.setdefault(spec.name, []).append(Place(protocol.name, (*way, record), inner))
                    visit(protocol, placed_elements(spec.children, None), (*way, record))
            elif isinstance(element, Repeat):
                visit(protocol, placed_elements(element.elements, None), (*way, Step(entry)))

    for protocol in PROTOCOLS.values():
        if protocol.transparent:
            continue
        found.setdefault(protocol.own_field.name, []).append(
            Place(protocol.name, (), Placed(protocol.own_field, 0, None)))
        visit(protocol, placed_elements(protocol.elements, protocol.layout), ())
        visit(protocol, placed_elements(protocol.trailer, None), (Step(None),))
    for spec in CONNECTION_FIELDS.values():
        found[spec.name] = [Place("tcp", (), Placed(spec, 0, None))]
    return {name: tuple(places) for name, places in found.items()}


@cache
def known_fields() -> Mapping[str, FieldSpec]:
    """Every field that the tree can show, by its filter name."""
    return {name: places[0].spec for name, places in _places().items() if places[0].spec.in_tree}


@cache
def all_fields() -> Mapping[str, FieldSpec]:
    """Every field that columns can be asked for: those of the tree, and what is said of connections."""
    return {**known_fields(), **CONNECTION_FIELDS}


class ColumnTable:
    """The columns of a capture; extend() is called by the thread that loads, everything else by any thread."""

    def __init__(self, capture: Capture) -> None:
        self.capture = capture
        self.frame_count = 0
        self._batches: list[Batch] = []
        self._cache: dict[tuple[str, Any], tuple[int, Any]] = {}
        self._registered: dict[str, FieldValues] = {}
        self._window: _Window | None = None
        self._at_hand: Batch | None = None      # see _keep_at_hand
        self.register("frame", {name: _of_frame(field_of) for name, field_of in FRAME_FIELDS.items()})
        self.register("udp", _together(udp_fields, UDP_FIELDS))
        for echo in ECHOES:
            self.register(echo.protocol, _together(partial(echo_fields, echo=echo), echo.fields))

    def extend(self, last: int) -> None:
        """Decodes the rows up to last (exclusive) that have not been decoded yet."""
        first = self.frame_count
        chunk = self.capture.chunk[first:last]
        borders = [first, *(np.flatnonzero(np.diff(chunk)) + first + 1).tolist(), last]
        for begin, end in pairwise(borders):
            if begin < end:
                batch = Batch(self.capture, begin, end, self)
                self._batches.append(batch)
        self.frame_count = last

    def batches_from(self, first: int) -> list[Batch]:
        """The batches of the rows from one on, to be handed to another process."""
        return [batch for batch in self._batches if batch.first >= first]

    def take_over(self, batches: Iterable[Batch]) -> None:
        """Takes the next batches as another process has decoded them, of the same capture."""
        for batch in batches:
            batch.belong_to(self.capture, self)
            self._batches.append(batch)
            self.frame_count = batch.last

    def batches(self) -> Iterator[Batch]:
        """One batch after the other; what was read of each is let go of before the next comes."""
        for batch in tuple(self._batches):
            yield batch
            batch.forget()

    def batches_with(self, rows: IntArray) -> Iterator[tuple[Batch, IntArray]]:
        """The batches that hold some rows, which ascend, each with those of them that it holds."""
        for batch in tuple(self._batches):
            first, last = np.searchsorted(rows, [batch.first, batch.last])
            if first < last:
                self._keep_at_hand(batch)
                yield batch, rows[first:last]

    def register(self, protocol: str, fields: Mapping[str, FieldValues]) -> None:
        """Has fields of a protocol filled in by others."""
        for name in fields:
            if self._places_of(name)[0].protocol != protocol:
                raise UnknownField(name)
        self._registered.update(fields)
        self._window = None

    def computed_together(self, compute: Compute) -> Mapping[str, Values]:
        """What is computed of the whole capture at once; kept until it grows."""
        values: Mapping[str, Values] = self._cached("together", compute, lambda: compute(self))
        return values

    def fields(self) -> Mapping[str, FieldSpec]:
        """Every field that can be asked for."""
        return all_fields()

    def layer(self, protocol: str) -> LayerTable:
        """Every header of a protocol."""
        table: LayerTable = self._cached("layer", protocol, lambda: self._make_layer(protocol))
        return table

    def starts_of(self, protocol: str, places: IntArray) -> IntArray:
        """First byte in the frame of a few headers: those at some places in the protocol's table, ascending.

        Looks only at the batches that hold them.
        """
        found: list[IntArray] = [np.zeros(0, np.int32)]
        before = 0
        for batch in tuple(self._batches):
            part = batch.layer(protocol)
            first, last = np.searchsorted(places, [before, before + len(part)])
            if first < last:
                found.append(part.start[places[first:last] - before])
            part.forget()
            before += len(part)
        return np.concatenate(found)

    def _make_layer(self, protocol: str) -> LayerTable:
        found: list[tuple[IntArray, ...]] = []
        before = np.zeros(256, np.int32)        # headers of each protocol in the batches before
        for batch in self.batches():
            part = batch.layer(protocol)
            code, place = part.carriers()
            found.append((part.rows, part.start, part.end, code, np.where(place >= 0, place + before[code], -1)))
            for name, layer in batch.layers.items():
                before[PROTOCOL_CODES[name]] += len(layer)
        types = (np.int32, np.int32, np.int32, np.uint8, np.int32)
        return LayerTable(protocol, *(np.concatenate([np.zeros(0, dtype), *arrays]).astype(dtype, copy=False)
                                      for dtype, arrays in zip(types, zip(*found, strict=True) if found
                                                               else [()] * len(types), strict=True)))

    def present_protocols(self) -> set[str]:
        """The protocols of which there are headers."""
        # "data" first: what it takes to find that finds all the others.
        return {protocol for batch in self.batches() for protocol in ("data", *PROTOCOLS) if len(batch.layer(protocol))}

    def rows_with(self, protocol: str) -> IntArray:
        """The rows that have a header of the protocol, each as often as it has one: int32, ascending."""
        return np.concatenate([np.zeros(0, np.int32), *(batch.layer(protocol).rows for batch in self.batches())])

    def rows_in_trouble(self) -> IntArray:
        """The rows in which a header may be malformed or cut, ascending: there is none in the others."""
        return np.concatenate([np.zeros(0, np.int64), *(batch.rows_in_trouble() for batch in self.batches())])

    def messages(self, protocol: str) -> list[Message]:
        """What the parser found in each message of an upper layer, aligned with rows_with(); [] of others."""
        return [message for batch in self._batches for message in batch.layer(protocol).messages]

    def parents(self, protocol: str, parent: str) -> tuple[IntArray, IntArray]:
        """Pairs of places in the two tables: headers of protocol that a header of parent carries directly."""
        table = self.layer(protocol)
        index = np.flatnonzero(table.carrier == PROTOCOL_CODES[parent])
        index = index[table.carrier_index[index] >= 0]
        return index, table.carrier_index[index]

    def layer_values(self, name: str) -> Values:
        """The field's first value in each header of its protocol, and where there is one.

        Values of bytes and texts are their length in bytes.
        """
        values: Values = self._cached("layer_values", name, lambda: self._make_layer_values(name))
        return values

    def _make_layer_values(self, name: str) -> Values:
        places = self._places_of(name)
        if self.is_registered(name):
            return self.values_of(name, 0, self._headers_before(places[0].protocol, None))
        if len(places) == 1 and not places[0].way:
            parts = [batch.layer(places[0].protocol).lookup(name) for batch in self.batches()]
            return _concatenated(parts)
        owner, values = self.layer_list(name)
        count = len(self.layer(places[0].protocol))
        result = np.zeros((count, *values.shape[1:]), values.dtype)
        present = np.zeros(count, bool)
        owners, index = np.unique(owner, return_index=True)
        result[owners], present[owners] = values[index], True
        return result, present

    def computed(self, protocol: str, expression: Expression) -> Values:
        """An expression's value in each header of a protocol, and where all that it needs is there."""
        return _concatenated([batch.layer(protocol).compute(expression) for batch in self.batches()])

    def layer_list(self, name: str) -> tuple[IntArray, NDArray[Any]]:
        """All values of a field: the place of each one's header in its protocol's table, and the value."""
        places = self._places_of(name)
        protocol = places[0].protocol
        own = tuple(place for place in places if place.protocol == protocol)    # others may declare it, too
        table = self.layer(protocol)
        column = self.column(name) if own == places else self._column_of(own)
        first = np.searchsorted(table.rows, column.rows)
        return first + column.layers, column.values

    def column(self, name: str) -> FieldColumn:
        """All occurrences of a field; raises UnknownField."""
        column: FieldColumn = self._cached("column", name, lambda: self._column_of(self._places_of(name)))
        return column

    def rows_having(self, names: Iterable[str]) -> Mapping[str, IntArray]:
        """The rows that have each of some fields, ascending, each once: in one walk, without their values."""
        found: dict[str, list[IntArray]] = {name: [] for name in names}
        for batch in self.batches():
            for name, rows in found.items():
                rows += [piece.rows for piece in _occurrences(batch, self._places_of(name))]
        return {name: np.unique(_joined(rows, np.int32)) for name, rows in found.items()}

    def _column_of(self, places: tuple[Place, ...]) -> FieldColumn:
        spec = places[0].spec
        pieces = [piece for batch in self.batches() for piece in _occurrences(batch, places)]
        rows = _joined([piece.rows for piece in pieces], np.int32)
        values = _joined([piece.values for piece in pieces], np.uint32)
        start = _joined([piece.start for piece in pieces], np.int32)
        length = _joined([piece.length for piece in pieces], np.int32)
        layer = _joined([piece.layer for piece in pieces], np.int32)
        if len(pieces) > len(self._batches):
            order = np.lexsort((np.arange(len(rows)), start, layer, rows))
            rows, values, start, length, layer = (part[order] for part in (rows, values, start, length, layer))
        return FieldColumn(spec, rows, values, ByteSpans(self.capture, rows, start, length), layer)

    def value_at(self, name: str, row: int, occurrence: int) -> Any:
        """What the capture or a later floor says of a field in the occurrence-th header of its protocol, or None."""
        return self.values_at(row)(name, occurrence)

    def values_at(self, row: int) -> Callable[[str, int], Any]:
        """value_at for one row."""
        window = self._window
        if window is None or not window.holds(row):
            is_walk = window is not None and window.last == row
            size = min(2 * window.size, _LONGEST_WINDOW) if window is not None and is_walk else _FIRST_WINDOW
            window = self._window = _Window(self, row, size)
        return window.values_at(row)

    def is_registered(self, name: str) -> bool:
        """Whether a later floor fills the field in."""
        return name in self._registered

    def values_in(self, name: str, batch: Batch, protocol: str, places: IntArray | None) -> Values:
        """The part of a registered field that lies in a batch: aligned with its headers of the protocol, or some."""
        count = len(batch.layer(protocol)) if places is None else len(places)
        if not self.is_registered(name) or not count:
            return np.zeros(count, np.uint8), np.zeros(count, bool)
        first = self._headers_before(protocol, batch)
        if places is None:
            return self.values_of(name, first, first + count)
        borders = np.flatnonzero(np.diff(places) > _NEAR) + 1
        found = []
        for run in np.split(places, borders):
            values, present = self.values_of(name, first + int(run[0]), first + int(run[-1]) + 1)
            found.append((values[run - run[0]], present[run - run[0]]))
        return _concatenated(found)

    def protocol_of(self, name: str) -> str:
        """The protocol that a field belongs to."""
        return self._places_of(name)[0].protocol

    def values_of(self, name: str, first: int, last: int) -> Values:
        """What others say of a registered field in the headers [first, last) of its protocol."""
        return self._registered[name](self, first, last)

    def _headers_before(self, protocol: str, batch: Batch | None) -> int:
        """Headers of a protocol in the batches before one, or in all."""
        count = 0
        for earlier in tuple(self._batches):
            if earlier is batch:
                break
            count += len(earlier.layer(protocol))
        return count

    def borders(self, protocol: str, first_row: int, last_row: int) -> IntArray:
        """Where in the protocol's table the headers of each row begin, and those of last_row: (last - first + 1,)."""
        rows = np.arange(first_row, last_row + 1, dtype=np.int32)
        borders = np.zeros(len(rows), np.int64)
        for batch in tuple(self._batches):
            if batch.first > last_row:
                break
            layer = batch.layer(protocol)
            if batch.last <= first_row:
                borders += len(layer)
            else:
                borders += layer.before(rows)
                self._keep_at_hand(batch)
        return borders

    def _keep_at_hand(self, batch: Batch) -> None:
        """Does not let go of what was read of a batch until another one is looked at: the next look is near."""
        before, self._at_hand = self._at_hand, batch
        if before is not None and before is not batch:
            before.forget()

    def _places_of(self, name: str) -> tuple[Place, ...]:
        try:
            return _places()[name]
        except KeyError:
            raise UnknownField(name) from None

    def _cached(self, kind: str, name: Any, make: Callable[[], Any]) -> Any:
        count = self.frame_count
        known = self._cache.get((kind, name))
        if known is not None and known[0] == count:
            return known[1]
        made = make()
        self._cache[kind, name] = (count, made)
        return made


def _of_frame(field_of: FrameField) -> FieldValues:
    return lambda table, first, last: field_of(table.capture, first, last)


def _together(compute: Compute, names: Iterable[str]) -> Mapping[str, FieldValues]:
    """Fields that are computed all at once, for the whole capture."""
    def part_of(name: str) -> FieldValues:
        def values(table: ColumnTable, first: int, last: int) -> Values:
            values, present = table.computed_together(compute)[name]
            return values[first:last], present[first:last]
        return values

    return {name: part_of(name) for name in names}


class _Window:
    """Values of some neighbouring rows as Python's own, for walks over one packet after the other.

    A whole column would cost memory for one click, a look into arrays for each field and packet time.
    """

    def __init__(self, columns: ColumnTable, row: int, size: int) -> None:
        self.size = size
        self._columns = columns
        self._frame_count = columns.frame_count
        self._first = row - row % _FIRST_WINDOW
        self.last = min(self._first + size, columns.capture.frame_count)
        # By field: the values, and where the first one of each row is; None where nobody fills it in.
        self._values: dict[str, tuple[list[Any], Sequence[int]] | None] = {}
        self._borders: dict[str, Sequence[int]] = {}     # by protocol: see ColumnTable.borders

    def holds(self, row: int) -> bool:
        """Whether a row is among these, and nothing has been added to the capture since."""
        return self._first <= row < self.last and self._frame_count == self._columns.frame_count

    def values_at(self, row: int) -> Callable[[str, int], Any]:
        """A function of a field's name and of how many headers of its protocol came before: the value, or None."""
        known, at = self._values, row - self._first

        def value(name: str, occurrence: int) -> Any:
            found = known[name] if name in known else self._read(name)
            if found is None:
                return None
            values, places = found
            place = places[at] + occurrence
            return values[place] if place < places[at + 1] else None

        return value

    def _read(self, name: str) -> tuple[list[Any], Sequence[int]] | None:
        found = self._values[name] = self._values_and_places(name)
        return found

    def _values_and_places(self, name: str) -> tuple[list[Any], Sequence[int]] | None:
        if name in FRAME_FIELDS:
            return (_plain(FRAME_FIELDS[name](self._columns.capture, self._first, self.last)),
                    range(self.last - self._first + 1))
        if not self._columns.is_registered(name):
            return None
        protocol = self._columns.protocol_of(name)
        borders = self._borders.get(protocol)
        if borders is None:
            borders = self._borders[protocol] = self._columns.borders(protocol, self._first, self.last).tolist()
        values = self._columns.values_of(name, borders[0], borders[-1])
        return _plain(values), [place - borders[0] for place in borders]


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """The occurrences of a field at one place in one batch."""

    rows: IntArray
    values: NDArray[Any]
    start: IntArray
    length: IntArray
    layer: IntArray


def values_within(headers: Instances, name: str) -> tuple[IntArray, NDArray[Any]]:
    """All values of a field in some headers of its protocol: the place of each one's header among them, the value."""
    owner, _start, values = occurrences_within(headers, name)
    return owner, values


def occurrences_within(headers: Instances, name: str) -> tuple[IntArray, IntArray, NDArray[Any]]:
    """The same, with the first byte of each in its frame between."""
    pieces = [_piece(*found) for place in _places()[name] if (found := _structures(headers, place)) is not None]
    owner = _joined([np.searchsorted(headers.rows, piece.rows) + piece.layer for piece in pieces], np.int64)
    start = _joined([piece.start for piece in pieces], np.int32)
    values = _joined([piece.values for piece in pieces], np.uint32)
    order = np.argsort(owner, kind="stable")
    return owner[order], start[order], values[order]


def _structures(headers: Instances, place: Place) -> tuple[Instances, Place, Instances, IntArray] | None:
    """The structures in some headers that hold a field, and the header of each; None where there are none."""
    instances = headers
    owner: IntArray = np.arange(len(headers))
    for step in place.way:
        instances = instances.inner(step)
        assert instances.outer_index is not None
        owner = owner[instances.outer_index]
    return (instances, place, headers, owner) if len(instances) else None


def _occurrences(batch: Batch, places: tuple[Place, ...]) -> Iterable[_Piece]:
    for place in places:
        found = _structures(batch.layer(place.protocol), place)
        if found is None:
            continue
        if PROTOCOLS[place.protocol].parsed and place.placed in found[0].entries:
            yield _message_piece(found[0], place.spec)
        else:
            yield _piece(*found)


def _message_piece(instances: Instances, spec: FieldSpec) -> _Piece:
    """A field of an upper layer: what the parser found in each message."""
    found = [(index, *rest) for index, message in enumerate(instances.messages)
             for name, *rest in message.fields if name == spec.name]
    index = np.array([item[0] for item in found], np.int64)
    first = instances.start[index]
    values: NDArray[Any]
    if spec.type is FieldType.IPV4:
        values = np.array([int.from_bytes(item[1]) for item in found], np.uint32)
    elif spec.type.is_address:
        values = np.frombuffer(b"".join(item[1] for item in found), np.uint8).reshape(len(found), spec.type.width or 0)
    elif spec.type is FieldType.NONE:
        values = np.zeros(len(found), np.uint8)
    elif spec.type is FieldType.STRING:
        values = np.array([item[1] for item in found] or [""], object)[:len(found)]
    else:
        values = np.array([item[1] for item in found], np.int64)
    rows = instances.rows[index]
    return _Piece(rows, values, (first + np.array([item[2] for item in found], np.int64)).astype(np.int32),
                  np.array([item[3] for item in found], np.int32),
                  (index - np.searchsorted(instances.rows, rows)).astype(np.int32))


def _piece(instances: Instances, place: Place, top: Instances, owner: IntArray) -> _Piece:
    element = place.placed.element
    if place.placed in instances.entries:
        index = instances.entries.index(place.placed)
        if isinstance(element, Expert):
            present = instances.there(index)
            if element.when is not None:
                present = present & instances.holds((element.when,))
            else:
                present = present & instances.batch.registered(element.name, instances)[1]
            values: NDArray[Any] = np.zeros(len(instances), np.uint8)
            start: IntArray = instances.start
            length: IntArray = np.zeros(len(instances), np.int32)
        else:
            values, present = instances.read(index)
            start, size, _known = instances.extent(place.placed)
            length = np.minimum(size, np.maximum(instances.stop - start, 0))
            assert isinstance(element, FieldSpec)
            if (element.shown_as or element.type) is FieldType.IPV4 and values.dtype != np.uint32:
                values = values.astype(np.uint32)
    elif place.spec.column:     # said of the header, outside of its tree
        values, present = instances.batch.registered(place.spec.name, instances)
        start, length = instances.start, np.zeros(len(instances), np.int32)
    else:    # the structure itself: a header or a record
        present = np.ones(len(instances), bool)
        values = np.zeros(len(instances), np.uint8)
        start, length = instances.start, np.maximum(instances.stop - instances.start, 0)
    rows = instances.rows[present]
    headers = owner[present]
    layer = headers - np.searchsorted(top.rows, rows)
    return _Piece(rows, values[present], start[present].astype(np.int32), length[present].astype(np.int32),
                  layer.astype(np.int32))


def _joined(parts: list[NDArray[Any]], dtype: Any) -> NDArray[Any]:
    if not parts:
        return np.zeros(0, dtype)
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _concatenated(parts: list[Values]) -> Values:
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0, bool)
    return np.concatenate([values for values, _ in parts]), np.concatenate([present for _, present in parts])


def _plain(column: Values) -> list[Any]:
    """Values as Python's own types, None where there is none."""
    values, present = column
    listed = [value.tobytes() for value in values] if values.ndim > 1 else values.tolist()
    return [value if there else None for value, there in zip(listed, present.tolist(), strict=True)]
