"""All packets: rows of a capture to columns, by the same declarations as one packet.

A batch is a run of rows that lie in one chunk of the capture. In it, every occurrence of a structure (a
header, an option, a record) is an instance: a row, where it starts and where it ends. Fields are computed
for all instances of a structure at once; nothing here is done per packet in Python.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.checksum import folded, ones_sums, word_sums
from tcpladder.decode.packed import Packed, pack
from tcpladder.decode.placement import Placed, placed_elements
from tcpladder.decode.upper_layers import Message, read_message
from tcpladder.fields.expression import Expression, byte_pattern, peeked
from tcpladder.fields.spec import BEHIND, WRONG, Expert, FieldSpec, ProtocolSpec, Records, Repeat, Stop
from tcpladder.fields.types import FieldType
from tcpladder.packets.capture import NO_TIME, Capture
from tcpladder.packets.scanning import gather
from tcpladder.protocols import PROTOCOLS
from tcpladder.protocols.application import UPPER_LAYERS
from tcpladder.work.interruption import proceed

IntArray = NDArray[np.integer[Any]]
BoolArray = NDArray[np.bool_]
Values = tuple[NDArray[Any], BoolArray]

PROTOCOL_CODES = {name: code for code, name in enumerate(PROTOCOLS)}
MAX_LAYERS = 32
_HEAD = 40           # bytes of a header that are fetched at once
MAX_ZEROS = 64       # leading zeros are counted no further: a minimal Ethernet frame has 60 bytes
# Headers whose payload is looked at only when somebody asks for what lies in it.
_PAYLOAD_ON_DEMAND = ("tcp", "tcp_payload", "udp_payload")
# What lies behind those, and which of it they carry directly.
_BEHIND = frozenset({"data", "tcp_payload", *(spec.name for spec in UPPER_LAYERS)})
_MESSAGES = frozenset(name for carrier in ("tcp_payload", "udp_payload")
                      for _expression, table in PROTOCOLS[carrier].next for name in table.values())
_ASKED_ONE_BY_ONE = 4      # upper layers; whoever asks for more gets all of them found at once
_NAMES = tuple(PROTOCOLS)


_NOTHING, _UNDECIDED = -1, -2


@cache
def _next_codes(spec: ProtocolSpec, place: int) -> NDArray[np.int16]:
    """What a table of next protocols says of each number up to its largest."""
    table = spec.next[place][1]
    codes = np.full(max(table) + 1, _UNDECIDED, np.int16)
    for number, name in table.items():
        codes[number] = PROTOCOL_CODES[name] if name else _NOTHING
    return codes


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One step down from a structure to one that lies in it: a region, a record's case, a repetition, the trailer."""

    placed: Placed | None        # None: the trailer of the protocol
    case: int | None = None      # the kind of a record; None: the default case, or no record


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """One place where a field is declared: the protocol, the way down to its structure, the element."""

    protocol: str
    way: tuple[Step, ...]
    placed: Placed

    @property
    def spec(self) -> FieldSpec:
        """The field, or what an expert remark is as a field."""
        element = self.placed.element
        assert isinstance(element, (FieldSpec, Expert))
        return element.own_field if isinstance(element, Expert) else element


@cache
def flattened(placed: tuple[Placed, ...]) -> tuple[Placed, ...]:
    """The elements of one structure in the order of reading, children after their parents."""
    flat: list[Placed] = []
    for entry in placed:
        flat.append(entry)
        if isinstance(entry.element, FieldSpec) and not entry.element.region:
            flat += flattened(entry.children)
    return tuple(flat)


@cache
def _by_name(entries: tuple[Placed, ...]) -> Mapping[str, tuple[int, ...]]:
    """Which elements of a structure are the field of each name."""
    found: dict[str, tuple[int, ...]] = {}
    for index, entry in enumerate(entries):
        if isinstance(entry.element, FieldSpec):
            found[entry.element.name] = (*found.get(entry.element.name, ()), index)
    return found


@cache
def asked_around(entries: tuple[Placed, ...], names: tuple[str, ...]) -> frozenset[str]:
    """The fields of structures around that some fields of a structure depend on."""
    own, found, left, seen = _by_name(entries), set(), list(names), set()
    while left:
        name = left.pop().removeprefix("@optional ").partition(" ")[0]
        if name in own and name not in seen:
            seen.add(name)
            for entry in (entries[index] for index in own[name]):
                assert isinstance(entry.element, FieldSpec)
                value = entry.element.value
                left += [asked for expression in (*entry.conditions, *([] if value is None else [value]))
                         for asked in expression.names()]
        elif not name.startswith("@"):
            found.add(name)
    return frozenset(found - own.keys())


@cache
def _first_region(entries: tuple[Placed, ...]) -> int:
    """The place of the first element that holds structures of its own."""
    return next((place for place, entry in enumerate(entries) if isinstance(entry.element, (Records, Repeat))
                 or (isinstance(entry.element, FieldSpec) and entry.element.region)), len(entries))


class Instances:
    """All occurrences of one structure in a batch; arrays have shape (n,).

    rows are rows of the capture; start and end (declared) are bytes in the frame; stop is end or where the
    capture cut the frame, whichever comes first. outer_index leads to the structure around. What is kept for
    good is packed; everything that was made of it is let go of by forget().
    """

    def __init__(self, batch: Batch, placed: tuple[Placed, ...], rows: IntArray, start: IntArray, end: IntArray,
                 outer: Instances | None, outer_index: IntArray | None, protocol: str) -> None:
        self.batch = batch
        self._outer, self.protocol = outer, protocol
        self.entries = flattened(placed)
        self._count = len(rows)
        self._arrays: dict[str, IntArray] = {"rows": rows, "start": start, "end": end}
        if outer_index is not None:
            self._arrays["outer_index"] = outer_index
        self._packed: dict[str, Packed] = {}
        self._has_outer = outer_index is not None
        self._ended: tuple[IntArray, IntArray] | None = None    # those read not to their end, and at which element
        stop = self.stop
        self._least = int((stop - start).min()) if len(rows) else 0     # bytes that every one of these has
        self._forget_what_was_read()
        self.is_settled = False     # whether they have places in the protocol's table, other than simply 0 to n-1
        self.payloads: list[Instances] = []     # what these headers carry
        self.messages: Sequence[Message] = ()   # of an upper layer, one for each of these
        self.carried = False     # what a header carries, not a structure within one
        self.depth = 0           # of headers: how many stand around

    def __getstate__(self) -> dict[str, Any]:
        """Of headers, not of structures within them: what forget() keeps. The elements are the protocol's."""
        self.forget()
        return {name: value for name, value in vars(self).items() if name != "entries"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        spec = PROTOCOLS[self.protocol]
        self.entries = flattened(placed_elements(spec.elements, spec.layout))

    def _forget_what_was_read(self) -> None:
        self._numbers: dict[tuple[int, int, bool], Values] = {}
        self._values: dict[str, Values] = {}
        self._read: dict[int, Values] = {}
        self._inner: dict[tuple[int, int | None], Instances] = {}
        self._records: dict[int, tuple[IntArray, IntArray, IntArray, IntArray, BoolArray]] = {}
        self._alive: list[BoolArray] = []
        self._head: NDArray[np.uint8] | None = None

    def forget(self) -> None:
        """Keeps only what is needed to find everything again."""
        self._forget_what_was_read()
        for name in self._kept() - self._packed.keys():
            self._packed[name] = pack(self._arrays[name])
        self._arrays = {}

    def _kept(self) -> set[str]:
        """The arrays from which the others can be made."""
        kept = {"start", "end"} | ({"outer_index"} if self._has_outer else {"rows"})
        return kept | {"settled"} if self.is_settled else kept

    def _array(self, name: str) -> IntArray:
        arrays = self._arrays       # forget() puts another one in its place
        known = arrays.get(name)
        if known is None:
            known = arrays[name] = self._packed[name].unpacked() if name in self._packed else self._derived(name)
        return known

    def _derived(self, name: str) -> IntArray:
        if name == "rows":
            assert self.outer is not None
            assert self.outer_index is not None
            return self.outer.rows[self.outer_index]
        captured: IntArray = self.batch.captured[self.rows - self.batch.first]
        return captured if name == "captured" else np.minimum(self.end, captured)

    @property
    def rows(self) -> IntArray:
        """The rows of the capture."""
        return self._array("rows")

    @property
    def start(self) -> IntArray:
        """First byte in the frame."""
        return self._array("start")

    @property
    def end(self) -> IntArray:
        """The byte behind the last, as declared."""
        return self._array("end")

    @property
    def captured(self) -> IntArray:
        """Bytes of the frame that the capture holds."""
        return self._array("captured")

    @property
    def stop(self) -> IntArray:
        """The byte behind the last that was captured."""
        return self._array("stop")

    @property
    def outer(self) -> Instances | None:
        """The structures around."""
        return self._outer

    @property
    def outer_index(self) -> IntArray | None:
        """Places in the structure around."""
        return self._array("outer_index") if self._has_outer else None

    @property
    def settled(self) -> IntArray | None:
        """Places in the protocol's table, None where they are simply 0 to n-1."""
        return self._array("settled") if self.is_settled else None

    def some(self, name: str, places: IntArray) -> IntArray:
        """A few numbers of one of the arrays; the others stay packed."""
        if name in self._arrays or (name != "rows" and name not in self._packed):
            return self._array(name)[places]
        if name in self._packed:
            return self._packed[name].at(places)
        assert self._outer is not None
        return self._outer.some("rows", self.some("outer_index", places))

    def before(self, rows: IntArray, known: dict[int, IntArray] | None = None) -> IntArray:
        """Of headers: how many of them stand in the rows before each of these; known: that of others, by id."""
        known = {} if known is None else known
        found = known.get(id(self))
        if found is None:
            found = known[id(self)] = self._before(rows, known)
        return found

    def _before(self, rows: IntArray, known: dict[int, IntArray]) -> IntArray:
        if not self._has_outer:
            return self.below("rows", rows)
        assert self._outer is not None
        return self.below("outer_index", self._outer.before(rows, known))

    def below(self, name: str, limits: IntArray) -> IntArray:
        """How many numbers of one of the arrays, which ascends, are less than each of these."""
        known = self._arrays.get(name)
        return self._packed[name].below(limits) if known is None else np.searchsorted(known, limits)

    def settle(self, places: IntArray) -> None:
        """Gives these headers their places in the protocol's table."""
        self._packed.pop("settled", None)
        self._arrays["settled"] = places
        self.is_settled = True

    def __len__(self) -> int:
        return self._count

    def lookup(self, name: str) -> Values:
        """The first value of a field in each instance, or of a fact about the structure ("@...")."""
        known = self._values.get(name)
        if known is None:
            known = self._values[name] = self._find(name)
        return known

    def tell(self, name: str, values: Values) -> None:
        """To be told a fact, or what the structures around say of a field, by whoever knows it already."""
        self._values[name] = values

    def has_field(self, name: str) -> bool:
        """Whether the field is declared in this structure itself."""
        return name in _by_name(self.entries)

    def _find(self, name: str) -> Values:
        entries = _by_name(self.entries).get(name)
        if entries:
            values, present = self.read(entries[0])
            for index in entries[1:]:
                more, there = self.read(index)
                chosen = present[:, None] if values.ndim == 2 else present
                values, present = np.where(chosen, values, more), present | there
            return values, present
        whole = np.ones(len(self), bool)
        if name == "@length":
            return (self.end - self.start).astype(np.int64), whole
        if name == "@captured":
            return np.maximum(self.stop - self.start, 0).astype(np.int64), whole
        if name == "@zeros":
            return self._leading_zeros(), whole
        if name.startswith("@known "):
            return np.full(len(self), self.batch.is_registered(name[7:]), np.int64), whole
        if name.startswith("@sum16"):
            return self._sum16(name.split("+")[1:])
        if name == "@quoted" and self.carried and self.outer and PROTOCOLS[self.outer.protocol].quotes:
            return np.ones(len(self), np.int64), whole
        if name == "@depth" and self.carried:
            depth, present = self._find_around(name)
            return depth + (not PROTOCOLS[self.protocol].transparent), present
        if name.startswith("@together"):
            return self._most_together(name.partition(" ")[2]), whole
        if name.startswith("@matches "):
            return self._matches(name.partition(" ")[2]), whole
        if name.startswith("@peek "):
            return self._numbers_at(*peeked(name), name.endswith("little"))
        if name.startswith("@optional "):
            _optional, wanted, otherwise = name.split()
            values, present = self.lookup(wanted)
            return np.where(present, values, int(otherwise)), whole
        return self._find_around(name)

    def _numbers_at(self, offset: int, size: int, little_endian: bool) -> Values:
        """The number at a fixed place, and where its bytes are there; kept until the payload has been found."""
        place = (offset, size, little_endian)
        known = self._numbers.get(place)
        if known is None:
            present = self._has(offset + size)
            if offset + size <= min(self._least, _HEAD):
                numbers = _as_numbers(self._first_bytes()[:, offset:offset + size], little_endian)
            else:
                numbers = self.batch.numbers(self.rows, self.start + offset, size, present, little_endian)
            known = self._numbers[place] = numbers, present
        return known

    def _first_bytes(self) -> NDArray[np.uint8]:
        """The first bytes, as many as all of these have; fetched at once, because most of the time is memory's."""
        known = self._head
        if known is None:
            everywhere = np.ones(len(self), bool)
            known = self._head = self.batch.bytes_at(self.rows, self.start, min(self._least, _HEAD), everywhere)
        return known

    def _has(self, size: int) -> BoolArray:
        """Where the first size bytes are there."""
        if size <= self._least:
            return np.ones(len(self), bool)
        present: BoolArray = self.stop - self.start >= size
        return present

    def forget_numbers(self) -> None:
        """Drops what was read ahead; it can be read again."""
        self._numbers.clear()
        self._head = None

    def _sum16(self, addresses: Sequence[str]) -> Values:
        present = self.stop == self.end
        length = np.where(present, self.end - self.start, 0)
        sums = ones_sums(self.batch.raw, self.batch.offset[self.rows - self.batch.first] + self.start, length)
        for group in addresses:
            unknown = np.ones(len(self), bool)
            for name in group.split("|"):
                values, there = self.lookup(name)
                if values.ndim == 2:    # else no header around these has the field at all
                    sums = sums + np.where(unknown & there, word_sums(values), 0)
                    unknown &= ~there
            present = present & ~unknown
        return folded(sums), present

    def _leading_zeros(self) -> NDArray[Any]:
        count = np.zeros(len(self), np.int64)
        running = np.ones(len(self), bool)
        for place in range(MAX_ZEROS):
            running = running & (self.start + place < self.stop)
            if not running.any():
                break
            running &= self.batch.numbers(self.rows, self.start + place, 1, running) == 0
            count += running
        return count

    def _most_together(self, name: str) -> NDArray[np.int64]:
        counts = np.zeros(len(self), np.int64)
        for index, entry in enumerate(self.entries):
            if not isinstance(entry.element, Records):
                continue
            owner, start, _size, kind, _complete = self.records(index)
            chosen = np.isin(kind, [case for case, spec in entry.element.all_cases
                                    if case is not None and spec.name == name])
            owner, place = owner[chosen], (start - self.start[owner])[chosen]
            if len(owner):
                run = np.cumsum((place % 4 == 0) | (np.diff(owner, prepend=-1) != 0)) - 1
                np.maximum.at(counts, owner, np.bincount(run)[run])
        return counts

    def _matches(self, pattern: str) -> NDArray[np.int64]:
        match = byte_pattern(pattern).match
        first = self.batch.offset[self.rows - self.batch.first]
        found = np.zeros(len(self), np.int64)
        for place, (start, stop) in enumerate(zip((first + self.start).tolist(), (first + self.stop).tolist(),
                                                  strict=True)):
            if place & 0xff == 0:
                proceed(place, len(self))
            found[place] = match(self.batch.raw[start:stop].tobytes()) is not None
        return found

    def in_trouble(self) -> BoolArray:
        """Where the structure, or one in it, may have been read not to its end; it is nowhere else."""
        found = ~self.alive(len(self.entries))
        for index, entry in enumerate(self.entries):
            element = entry.element
            if isinstance(element, Records):
                owner, start, size, _kind, _complete = self.records(index)
                first, whole, _known = self.extent(entry)
                reached = first.astype(np.int64)
                np.maximum.at(reached, owner, start + size)
                found |= self.there(index) & (reached < np.minimum(first + whole, self.end))
                steps = [Step(entry, case) for case, _spec in element.all_cases]
            elif isinstance(element, Repeat) or (isinstance(element, FieldSpec) and element.region):
                steps = [Step(entry)]
            else:
                continue
            for inner in map(self.inner, steps):
                assert inner.outer_index is not None
                found[inner.outer_index[inner.in_trouble()]] = True
        return found

    def around(self, name: str) -> Values:
        """What the structures around say."""
        return self._find_around(name)

    def _find_around(self, name: str) -> Values:
        if self.outer is None or self.outer_index is None:
            return self.batch.fact(name, self)
        values, present = self.outer.lookup(name)
        return values[self.outer_index], present[self.outer_index]

    def chosen(self, places: IntArray) -> Instances:
        """Some of these, for what would be a waste to read of all; in ascending order."""
        return _Chosen(self, places, *(self.some(name, places) for name in ("rows", "start", "end")))

    def parts(self) -> Sequence[Instances]:
        """For headers: those found at each depth."""
        return (self,)

    def carrier(self) -> tuple[Instances, IntArray] | None:
        """For headers found at one depth: those that carry them, and the place of each one's carrier among those."""
        if self.outer is None or self.outer_index is None:
            return None
        outer, places = self.outer, self.outer_index
        while PROTOCOLS[outer.protocol].extends and outer.outer is not None and outer.outer_index is not None:
            places = outer.outer_index[places]
            outer = outer.outer
        return outer, places

    def carriers(self) -> tuple[NDArray[np.uint8], IntArray]:
        """For headers: the code of the protocol that carries each, and its place in that one's table."""
        carrier = self.carrier()
        if carrier is None:
            return np.zeros(len(self), np.uint8), np.full(len(self), -1, np.int32)
        outer, places = carrier
        if outer.settled is not None:
            places = outer.settled[places]
        return np.full(len(self), PROTOCOL_CODES[outer.protocol], np.uint8), places.astype(np.int32)

    def compute(self, expression: Expression) -> Values:
        """An expression's value in each instance: int64, and where all that it needs is there."""
        present = np.ones(len(self), bool)

        def value_of(name: str) -> NDArray[Any]:
            values, there = self.lookup(name)
            np.logical_and(present, there, out=present)
            return values if values.dtype == np.int64 else values.astype(np.int64)

        values = expression.evaluate(value_of)
        if not isinstance(values, np.ndarray):
            values = np.full(len(self), values, np.int64)
        return values, present

    def holds(self, conditions: Iterable[Expression]) -> BoolArray:
        """Where all conditions hold."""
        result = np.ones(len(self), bool)
        for condition in conditions:
            values, present = self.compute(condition)
            result &= present & (values != 0)
        return result

    def extent(self, placed: Placed) -> tuple[IntArray, IntArray, BoolArray]:
        """First byte (in the frame) and size of an element, and where both are known."""
        known = np.ones(len(self), bool)
        start: IntArray
        size: IntArray
        if isinstance(placed.offset, int):
            start = self.start + placed.offset
        else:
            offset, known = self.compute(placed.offset)
            start = self.start + offset
        if placed.size is None:
            size = np.maximum(self.end - start, 0)
        elif isinstance(placed.size, int):
            size = np.full(len(self), placed.size, np.int64)
        else:
            size, there = self.compute(placed.size)
            size, known = np.maximum(size, 0), known & there
        return start, size, known

    def there(self, index: int) -> BoolArray:
        """Where the element is reached and applies (whether or not its bytes are all there)."""
        conditions = self.entries[index].conditions
        return self.alive(index) & self.holds(conditions) if conditions else self.alive(index)

    def alive(self, index: int) -> BoolArray:
        """Where everything before the element could be read."""
        known = self._alive     # forget() puts another one in its place
        if not known:
            known.append(np.ones(len(self), bool))
        if len(known) > index:
            return known[index]
        if self._ended is not None:
            return self._alive_as_known(*self._ended, index)
        # Behind a list of records what follows costs little, and the whole is worth keeping.
        last = len(self.entries) if index > _first_region(self.entries) else index
        while len(known) <= last:
            position = len(known) - 1
            known.append(self._alive_behind(position, known[position]))
        if last == len(self.entries):
            self._ended = _ends(known)
        return known[index]

    def are_whole(self) -> None:
        """To be told by whoever has seen that all of these can be read to their end."""
        self._ended = np.zeros(0, np.int32), np.zeros(0, np.int16)

    def ended_among(self, chosen: IntArray) -> tuple[IntArray, IntArray] | None:
        """Which of some of these, ascending, were read not to their end, and where; None if nobody has looked yet."""
        if self._ended is None:
            return None
        places, ends = self._ended
        at = np.minimum(np.searchsorted(chosen, places), max(len(chosen) - 1, 0))
        there = chosen[at] == places if len(chosen) else np.zeros(len(places), bool)
        return at[there], ends[there]

    def _alive_as_known(self, places: IntArray, ends: IntArray, index: int) -> BoolArray:
        """The same, where it has been worked out before where reading ended."""
        if not len(places):
            return self._alive[0]
        alive = self._alive[0].copy()
        alive[places[ends < index]] = False
        return alive

    def _alive_behind(self, position: int, before: BoolArray) -> BoolArray:
        """Where reading goes on behind an element that was reached."""
        entry = self.entries[position]
        element = entry.element
        if isinstance(element, Stop):
            return before & ~self.holds((*entry.conditions, element.when))
        if isinstance(element, Records):
            after = before & ~(self.holds(entry.conditions) & ~self.records(position)[-1])
            for case, _spec in element.all_cases:
                after = self._without_failures(after, Step(entry, case))
            return after
        if isinstance(element, FieldSpec) and element.usual is not None:
            unusual = np.flatnonzero(before & self.holds(entry.conditions) & ~self._is_usual(entry))
            if len(unusual) < len(self):
                after = before.copy()
                after[unusual] = self.chosen(unusual).alive(position + 1)
                return after
        if isinstance(element, Repeat) or (isinstance(element, FieldSpec) and element.region):
            return self._without_failures(before, Step(entry))
        if not isinstance(element, FieldSpec) or entry.size == 0:
            return before
        if isinstance(entry.offset, int) and isinstance(entry.size, int):
            if entry.offset + entry.size <= self._least:
                return before
            missing = ~self._has(entry.offset + entry.size)
        else:
            start, size, known = self.extent(entry)
            missing = known & (size > 0) & (start + size > self.stop)
        if not missing.any():
            return before
        return before & ~(missing & self.holds(entry.conditions))

    def has_usual(self, name: str) -> BoolArray:
        """Where a region of these headers is what its declaration calls usual."""
        placed = self.entries[_by_name(self.entries)[name][0]]
        return self.holds(placed.conditions) & self._is_usual(placed)

    def _is_usual(self, placed: Placed) -> BoolArray:
        """Where a region would be captured whole and is what its declaration calls usual."""
        element = placed.element
        assert isinstance(element, FieldSpec)
        assert element.usual is not None
        usual_size, first_bytes = element.usual
        start, size, known = self.extent(placed)
        usual: BoolArray = known & (size == usual_size) & (start + size <= self.stop)
        if isinstance(placed.offset, int):
            numbers = self._numbers_at(placed.offset, len(first_bytes), False)[0]
        else:
            numbers = self.batch.numbers(self.rows, start, len(first_bytes), usual)
        usual &= numbers == int.from_bytes(first_bytes)
        return usual

    def _without_failures(self, alive: BoolArray, step: Step) -> BoolArray:
        inner = self.inner(step)
        if len(inner) == 0:
            return alive
        failed = ~inner.alive(len(inner.entries))
        if step.placed is not None and isinstance(step.placed.element, Records):
            failed &= inner.stop < inner.end
        if not failed.any():
            return alive
        assert inner.outer_index is not None
        result = alive.copy()
        result[inner.outer_index[failed]] = False
        return result

    def read(self, index: int) -> Values:
        """A field's value in each instance and where it is there; bytes and texts have their extent only."""
        known = self._read.get(index)
        if known is None:
            known = self._read[index] = self._read_field(self.entries[index], index)
        return known

    def _read_field(self, entry: Placed, index: int) -> Values:
        spec = entry.element
        assert isinstance(spec, FieldSpec)
        present = self.there(index)
        fixed = isinstance(entry.offset, int) and isinstance(entry.size, int) and not spec.region
        if fixed and isinstance(entry.size, int) and entry.size:
            assert isinstance(entry.offset, int)
            present = present & self._has(entry.offset + entry.size)
        elif not fixed:
            start, size, located = self.extent(entry)
            present = present & located & ((start + size <= self.stop) | ((size == 0) | spec.region))
        if spec.column:
            values, there = self.batch.registered(spec.name, self)
            return values, present & there
        if spec.value is not None:
            values, there = self.compute(spec.value)
            return _as_address(values, spec.type) if spec.type.is_address else values, present & there
        if spec.region or not isinstance(entry.size, int) or entry.size == 0:
            return np.zeros(len(self), np.int64), present
        kind = spec.shown_as or spec.type
        if kind.is_address and kind is not FieldType.IPV4:
            if isinstance(entry.offset, int) and entry.offset + entry.size <= min(self._least, _HEAD):
                values = self._first_bytes()[:, entry.offset:entry.offset + entry.size]
                values = values if present.all() else np.where(present[:, None], values, np.uint8(0))
            else:
                values = self.batch.bytes_at(self.rows, self.extent(entry)[0], entry.size, present)
            if entry.size == kind.width:
                return values, present
            return np.pad(values, ((0, 0), (0, (kind.width or 0) - entry.size))), present
        if kind in (FieldType.BYTES, FieldType.STRING, FieldType.NONE, FieldType.PROTOCOL):
            return np.zeros(len(self), np.int64), present
        if isinstance(entry.offset, int):
            numbers, _there = self._numbers_at(entry.offset, entry.size, spec.little_endian)
            if not present.all():
                numbers = np.where(present, numbers, numbers.dtype.type(0))
        else:
            numbers = self.batch.numbers(self.rows, start, entry.size, present, spec.little_endian)
        if 0 < entry.bit_count < entry.size * 8:
            shift = entry.size * 8 - entry.first_bit - entry.bit_count
            numbers = (numbers >> numbers.dtype.type(shift)) & numbers.dtype.type((1 << entry.bit_count) - 1)
        if kind is FieldType.BOOLEAN:
            return (numbers != 0).astype(np.uint8), present
        if kind.is_signed:
            numbers = numbers.astype(np.int64)
            numbers = np.where(numbers >> (entry.size * 8 - 1), numbers - (1 << (entry.size * 8)), numbers)
        if spec.scale != 1:
            numbers = numbers.astype(np.uint32) * np.uint32(spec.scale)
        return numbers, present

    def inner(self, step: Step) -> Instances:
        """The structures that lie in these."""
        if step.placed is None:
            return self.batch.trailer(self)
        index = self.entries.index(step.placed)
        key = (index, step.case)
        known = self._inner.get(key)
        if known is None:
            known = self._inner[key] = self._make_inner(index, step)
        return known

    def _make_inner(self, index: int, step: Step) -> Instances:
        assert step.placed is not None
        element = step.placed.element
        if isinstance(element, Records):
            owner, start, size, kind, _complete = self.records(index)
            if step.case is None:
                chosen = ~np.isin(kind, [*element.cases, WRONG, BEHIND])
            else:
                chosen = kind == step.case
            spec = dict(element.all_cases)[step.case]
            owner, start, size = owner[chosen], start[chosen], size[chosen]
            return self._within(placed_elements(spec.children, None), owner, start, start + size)
        reached = self.there(index)
        start, size, located = self.extent(step.placed)
        owner = np.flatnonzero(reached & located)
        if isinstance(element, Repeat):
            room = np.maximum(self.end[owner] - start[owner], 0) // element.stride
            if element.count is not None:
                counts, there = self.compute(element.count)
                room = np.where(there, counts, 0)[owner]
            # What lies behind the captured bytes cannot be read; one such instance shows that it was expected.
            readable = np.maximum(self.stop[owner] - start[owner], 0) // element.stride + 1
            room = np.minimum(room, readable)
            turn = np.arange(room.sum()) - np.repeat(np.cumsum(room) - room, room)
            owner = np.repeat(owner, room)
            begin = start[owner] + turn * element.stride
            repeated = self._within(placed_elements(element.elements, None), owner, begin,
                                    np.minimum(begin + element.stride, self.end[owner]))
            repeated.tell("@turn", (turn.astype(np.int64), np.ones(len(turn), bool)))
            return repeated
        return self._within(step.placed.children, owner, start[owner], start[owner] + size[owner])

    def _within(self, placed: tuple[Placed, ...], owner: IntArray, start: IntArray, end: IntArray) -> Instances:
        return Instances(self.batch, placed, self.rows[owner], start.astype(np.int32), end.astype(np.int32), self,
                         owner, self.protocol)

    def _record_length(self, element: Records, rows: IntArray, start: IntArray, stop: IntArray,
                       there: BoolArray) -> NDArray[Any]:
        def number(offset: int, size: int) -> NDArray[np.int64]:
            return self.batch.numbers(rows, start + offset, size, there).astype(np.int64)

        if element.length is not None:
            length: NDArray[Any] = element.length.evaluate(lambda name: (
                self._name_length(rows, start, stop, there) if name == "@name" else number(*peeked(name))))
            return length
        return number(element.length_at, element.length_size) * element.length_unit + element.length_adds

    def _name_length(self, rows: IntArray, start: IntArray, stop: IntArray, there: BoolArray) -> NDArray[Any]:
        place: NDArray[Any] = start.astype(np.int64)
        going = there & (place < stop)
        while going.any():
            label = self.batch.numbers(rows, place, 1, going).astype(np.int64)
            going = going & (label > 0)
            place = place + np.where(going, label + 1, 0)
            going &= place < stop
        return place + 1 - start

    def records(self, index: int) -> tuple[IntArray, IntArray, IntArray, IntArray, BoolArray]:
        """The records of a list: owner, start, size and kind of each, and which owners' lists were not cut.

        One turn reads one record of every list that is not at its end.
        """
        known = self._records.get(index)
        if known is not None:
            return known
        entry = self.entries[index]
        element = entry.element
        assert isinstance(element, Records)
        start, size, located = self.extent(entry)
        end = np.minimum(start + size, self.end)
        stop = np.minimum(end, self.stop)
        owner = np.flatnonzero(self.there(index) & located)
        position = start[owner].astype(np.int64)
        complete = np.ones(len(self), bool)
        found: list[tuple[IntArray, ...]] = []
        single, last = list(element.single), list(element.last)
        is_over = np.zeros(len(owner), bool)
        while True:
            complete[owner[(position < end[owner]) & (position >= stop[owner])]] = False
            going = position < stop[owner]
            owner, position, is_over = owner[going], position[going], is_over[going]
            if len(owner) == 0:
                break
            rows, everywhere = self.rows[owner], np.ones(len(owner), bool)
            first = self.batch.numbers(rows, position, 1, everywhere)
            if element.behind is not None and is_over.any():
                behind = is_over & ~np.isin(first, last)
                found.append((owner[behind], position[behind], (end[owner] - position)[behind],
                              np.full(np.count_nonzero(behind), BEHIND, np.int64)))
                complete[owner[behind & (end > stop)[owner]]] = False
                owner, position, rows, first = owner[~behind], position[~behind], rows[~behind], first[~behind]
            is_single = np.isin(first, single)
            room = end[owner] - position
            has_head = position + element.head <= stop[owner]
            cut = ~is_single & (stop[owner] - position < np.minimum(room, element.head))
            complete[owner[cut]] = False
            kind = self.batch.numbers(rows, position + element.kind_at, 1, has_head) if element.kind_at else first
            length = self._record_length(element, rows, position, stop[owner], has_head & ~is_single)
            if element.clipped:
                length = np.minimum(length, room)
            length = np.where(is_single, 1, length)
            right = is_single | (has_head & (length >= element.shortest) & (length <= room))
            if element.wrong is not None:
                wrong = ~right & ~cut
                found.append((owner[wrong], position[wrong], np.minimum(room[wrong], 2),
                              np.full(np.count_nonzero(wrong), WRONG, np.int64)))
            owner, position, kind, length = owner[right], position[right], kind[right], length[right]
            found.append((owner, position, length, kind))
            is_over = np.isin(kind, last)
            position = position + length
            if element.behind is None:
                owner, position, is_over = owner[~is_over], position[~is_over], is_over[~is_over]
        if found:
            columns = [np.concatenate(part) for part in zip(*found, strict=True)]
            order = np.argsort(columns[0], kind="stable")
            result = (*(column[order] for column in columns), complete)
        else:
            nothing = np.zeros(0, np.int64)
            result = (nothing, nothing, nothing, nothing, complete)
        self._records[index] = result  # type: ignore[assignment]
        return result  # type: ignore[return-value]


def _ends(alive: Sequence[BoolArray]) -> tuple[IntArray, IntArray]:
    """Which structures were read not to their end, and at which element each ended."""
    places, ends = [np.zeros(0, np.int32)], [np.zeros(0, np.int16)]
    for index, (before, after) in enumerate(pairwise(alive)):
        if after is not before:
            ended = np.flatnonzero(before & ~after).astype(np.int32)
            places.append(ended)
            ends.append(np.full(len(ended), index, np.int16))
    return np.concatenate(places), np.concatenate(ends)


def _as_address(numbers: NDArray[np.int64], kind: FieldType) -> NDArray[Any]:
    """Addresses of up to eight bytes, as columns have them, made of numbers."""
    if kind is FieldType.IPV4:
        return numbers.astype(np.uint32)
    return numbers.astype(">i8").view(np.uint8).reshape(-1, 8)[:, 8 - (kind.width or 0):]


def _as_numbers(gathered: NDArray[np.uint8], little_endian: bool) -> NDArray[Any]:
    """Unsigned numbers of the bytes of each row."""
    count, size = gathered.shape
    order = "<" if little_endian else ">"
    if size in (1, 2, 4, 8):
        joined = np.ascontiguousarray(gathered).view(f"{order}u{size}").reshape(count)
        return joined.astype(f"u{size}", copy=False)
    result: NDArray[Any] = np.zeros(count, np.uint64 if size > 4 else np.uint32)
    for place in (range(size - 1, -1, -1) if little_endian else range(size)):
        result = np.left_shift(result, 8, dtype=result.dtype) | gathered[:, place]
    return result


class Registry(Protocol):
    """Who knows the fields that a later floor fills in."""

    def is_registered(self, name: str) -> bool:
        """Whether the field is filled in."""

    def values_in(self, name: str, batch: Batch, protocol: str, places: IntArray | None) -> Values:
        """The field's value in the headers of its protocol in the batch, and where there is one.

        places: those of them that are asked for, ascending; None: all.
        """


class Batch:
    """The rows [first, last) of a capture, all in one chunk, and the headers found in them."""

    def __init__(self, capture: Capture, first: int, last: int, registry: Registry) -> None:
        self.first, self.last = first, last
        self.belong_to(capture, registry)
        self._captured: IntArray | None = None
        self.layers: dict[str, Instances] = {}
        self._expanded: set[str] = set()
        self._found_alone: set[str] = set()     # messages that were looked for before all that lies behind
        self._trailers: dict[str, Instances] = {}
        self._walk()
        self.forget()

    def belong_to(self, capture: Capture, registry: Registry) -> None:
        """The rows are those of this capture."""
        self.capture, self._registry = capture, registry
        self.raw: NDArray[np.uint8] = capture.chunks[int(capture.chunk[self.first])] if self.last > self.first \
            else np.zeros(0, np.uint8)

    def __getstate__(self) -> dict[str, Any]:
        """What a process can be handed that has the same capture: see belong_to."""
        self.forget()
        return {name: value for name, value in vars(self).items() if name not in ("capture", "_registry", "raw")}

    @property
    def offset(self) -> IntArray:
        """Where each frame begins in the chunk."""
        return self.capture.offset[self.first:self.last]

    @property
    def captured(self) -> IntArray:
        """Bytes of each frame that the capture holds."""
        known = self._captured
        if known is None:
            known = self._captured = self.capture.captured_len[self.first:self.last].astype(np.int32)
        return known

    def forget(self) -> None:
        """Keeps only what is needed to find everything again."""
        self._captured = None
        self._trailers = {}
        for layer in tuple(self.layers.values()):
            layer.forget()

    def numbers(self, rows: IntArray, start: IntArray, size: int, present: BoolArray,
                little_endian: bool = False) -> NDArray[Any]:
        """Unsigned numbers of size bytes, 0 where not present."""
        return _as_numbers(self.bytes_at(rows, start, size, present), little_endian)

    def bytes_at(self, rows: IntArray, start: IntArray, size: int, present: BoolArray) -> NDArray[np.uint8]:
        """size bytes from start in each frame: shape (n, size), zero where not present."""
        if len(self.raw) < size or not present.any():
            return np.zeros((len(rows), size), np.uint8)
        positions = self.offset[rows - self.first] + start
        record = np.dtype(f"V{size}")
        if present.all():
            return gather(self.raw, positions, record).view(np.uint8).reshape(-1, size)
        result = np.zeros((len(rows), size), np.uint8)
        result[present] = gather(self.raw, positions[present], record).view(np.uint8).reshape(-1, size)
        return result

    def is_registered(self, name: str) -> bool:
        """Whether a later floor fills the field in."""
        return self._registry.is_registered(name)

    def registered(self, name: str, headers: Instances) -> Values:
        """What a later floor says of a field in each of these headers."""
        return self._registry.values_in(name, self, headers.protocol, headers.settled)

    def headers(self) -> Iterator[tuple[str, Instances]]:
        """The headers of each protocol up to the transports."""
        return ((name, headers) for name, headers in tuple(self.layers.items()) if name not in _BEHIND)

    def fact(self, name: str, instances: Instances) -> Values:
        """What is known of a frame beside its bytes."""
        everywhere = np.ones(len(instances), bool)
        if name == "@linktype":
            linktypes = np.array([interface.linktype for interface in self.capture.interfaces] or [0], np.int64)
            interface = self.capture.interface[instances.rows]
            return linktypes[np.minimum(interface, len(linktypes) - 1)], everywhere
        if name == "@wire_length":
            return self.capture.wire_len[instances.rows].astype(np.int64), everywhere
        if name == "@time":
            time = self.capture.time_ns[instances.rows]
            return time, time != NO_TIME
        if name in ("@quoted", "@depth"):
            return np.zeros(len(instances), np.int64), everywhere
        return np.zeros(len(instances), np.int64), np.zeros(len(instances), bool)

    def rows_in_trouble(self) -> IntArray:
        """The rows in which something may be malformed or cut: there is nothing of it in the others."""
        found = np.zeros(self.last - self.first, bool)
        for name in [name for name in self.layers if name not in _BEHIND]:
            headers = self.layers[name]
            if PROTOCOLS[name].trailer:
                rest = self.trailer(headers)
                found[rest.rows[rest.in_trouble()] - self.first] = True
            found[headers.rows[headers.in_trouble()] - self.first] = True
            for part in headers.parts():
                if part.depth >= MAX_LAYERS - 1:
                    found[part.rows - self.first] = True
        rows: IntArray = np.flatnonzero(found) + self.first
        return rows

    def layer(self, protocol: str) -> Instances:
        """All headers of a protocol, in the order of the capture."""
        if protocol in _BEHIND:
            self._expand("tcp")
            if protocol in _MESSAGES and len(self._found_alone) < _ASKED_ONE_BY_ONE:
                self._find_messages(protocol)
            elif protocol != "tcp_payload":
                self._find_all_behind()
        if protocol not in self.layers:
            self._settle(protocol, [])
        return self.layers[protocol]

    def _find_messages(self, protocol: str) -> None:
        """Finds the messages of one upper layer, without a look at those of others."""
        if protocol in self._found_alone or self._expanded.issuperset(_PAYLOAD_ON_DEMAND):
            return
        carriers = [self.layers[name] for name in ("tcp_payload", "udp_payload") if name in self.layers]
        self._settle(protocol, [inner for carrier in carriers for cohort in carrier.parts()
                                for inner in self.payloads_of(cohort, protocol) if inner.depth < MAX_LAYERS])
        self._found_alone.add(protocol)

    def _find_all_behind(self) -> None:
        for protocol in self._found_alone:
            del self.layers[protocol]
        self._found_alone.clear()
        for carrier in _PAYLOAD_ON_DEMAND:
            self._expand(carrier)

    def _expand(self, carrier: str) -> None:
        """Finds what the headers of a protocol carry, if that has been left for later."""
        if carrier in self._expanded:
            return
        self._expanded.add(carrier)
        try:
            self._follow([self.layers[carrier]] if carrier in self.layers else [])
        except BaseException:       # stopped halfway: another time, from the beginning
            self._expanded.discard(carrier)
            raise

    def _walk(self) -> None:
        rows = np.arange(self.first, self.last, dtype=np.int32)
        spec = PROTOCOLS["frame"]
        wire = self.capture.wire_len[self.first:self.last]
        end = np.minimum(np.maximum(wire, self.captured), 2**31 - 1).astype(np.int32)
        frames = Instances(self, placed_elements(spec.elements, spec.layout), rows, np.zeros(len(rows), np.int32),
                           end, None, None, "frame")
        self.layers["frame"] = frames
        self._follow([frames])

    def _follow(self, level: list[Instances]) -> None:
        """Finds what the headers of one level carry, and so on to the innermost."""
        found: dict[str, list[Instances]] = {}
        while level:
            carried = [inner for cohort in level for inner in self.payloads_of(cohort) if inner.depth < MAX_LAYERS]
            for inner in carried:
                found.setdefault(inner.protocol, []).append(inner)
            level = [inner for inner in carried
                     if inner.protocol not in _PAYLOAD_ON_DEMAND or inner.protocol in self._expanded]
        for name, cohorts in found.items():
            self._settle(name, cohorts)

    def payloads_of(self, cohort: Instances, only: str | None = None) -> list[Instances]:
        """What headers found at one depth, or some of them, carry; or of that only the messages of one upper layer."""
        spec = PROTOCOLS[cohort.protocol]
        target = self._targets(cohort, spec)
        if only is not None:
            target[target != PROTOCOL_CODES[only]] = _NOTHING
            if (target == _NOTHING).all():
                return []
        start, end, carries = header_and_end(cohort, spec)
        carries &= start < np.minimum(end, cohort.captured)
        messages = self._messages(cohort, start, end, carries, target)
        result: list[Instances] = []
        for code in np.flatnonzero(np.bincount(target[carries & (target >= 0)])):
            if only is not None and code != PROTOCOL_CODES[only]:
                continue        # it looked like such a message and is none
            owner = np.flatnonzero(carries & (target == code)).astype(np.int32)
            inner = PROTOCOLS[_NAMES[code]]
            result.append(Instances(
                self, placed_elements(inner.elements, inner.layout), cohort.rows[owner],
                start[owner].astype(np.int32), end[owner].astype(np.int32), cohort, owner, inner.name))
            result[-1].carried = True
            result[-1].depth = cohort.depth + (not inner.transparent)
            result[-1].messages = messages.get(inner.name, [])
        if only is None:
            cohort.payloads = result
            if cohort.protocol not in _PAYLOAD_ON_DEMAND:   # else who asks now will ask more
                cohort.forget_numbers()
        return result

    def _targets(self, cohort: Instances, spec: ProtocolSpec) -> NDArray[np.int16]:
        """The code of the protocol that each header carries, -1 for none."""
        target = np.full(len(cohort), _UNDECIDED, np.int16)
        for place, (expression, _table) in enumerate(spec.next):
            values, present = cohort.compute(expression)
            codes = _next_codes(spec, place)
            inside = present & (target == _UNDECIDED) & (values >= 0) & (values < len(codes))
            np.copyto(target, codes[np.where(inside, values, 0)], where=inside)
            if not (target == _UNDECIDED).any():
                return target
        target[target == _UNDECIDED] = PROTOCOL_CODES.get(spec.default_next, -1)
        return target

    def _messages(self, cohort: Instances, start: IntArray, end: IntArray, carries: BoolArray,
                  target: NDArray[np.int16]) -> dict[str, list[Message]]:
        """The messages of upper layers, one by one; what proves to be none is sent on as data."""
        found: dict[str, list[Message]] = {}
        for code in np.flatnonzero(np.bincount(target[carries & (target >= 0)])):
            name = _NAMES[code]
            if not PROTOCOLS[name].parsed:
                continue
            places = np.flatnonzero(carries & (target == code))
            frames = cohort.rows[places] - self.first
            stop = self.offset[frames] + np.minimum(end[places], self.captured[frames])
            for done, (place, first, last) in enumerate(zip(
                    places.tolist(), (self.offset[frames] + start[places]).tolist(), stop.tolist(), strict=True)):
                if done & 0xff == 0:
                    proceed(done, len(places))
                message = read_message(name, self.raw[first:last].tobytes())
                if message is None:
                    target[place] = PROTOCOL_CODES["data"]
                else:
                    found.setdefault(name, []).append(message)
        return found

    def trailer(self, headers: Instances) -> Instances:
        """What lies behind the payload of each header, as far as its frame goes."""
        known = self._trailers.get(headers.protocol)
        if known is None:
            known = self._trailers[headers.protocol] = self._find_trailers(headers)
        return known

    def _find_trailers(self, headers: Instances) -> Instances:
        owners: list[IntArray] = [np.zeros(0, np.int64)]
        starts: list[IntArray] = [np.zeros(0, np.int64)]
        for cohort in headers.parts():
            spec = PROTOCOLS[cohort.protocol]
            _start, end, whole = header_and_end(cohort, spec)
            end = end.copy()
            bounded = np.zeros(len(cohort), bool) if spec.total_length is None else cohort.compute(spec.total_length)[1]
            for inner in cohort.payloads:
                assert inner.outer_index is not None
                declared = header_and_end(inner, PROTOCOLS[inner.protocol])[1]
                end[inner.outer_index] = np.where(bounded[inner.outer_index], end[inner.outer_index], declared)
            owner = np.flatnonzero(whole & (end < cohort.end))
            owners.append(owner if cohort.settled is None else cohort.settled[owner])
            starts.append(end[owner])
        owner = np.concatenate(owners)
        order = np.argsort(owner, kind="stable")
        owner = owner[order]
        placed = placed_elements(PROTOCOLS[headers.protocol].trailer, None)
        return Instances(self, placed, headers.rows[owner], np.concatenate(starts)[order].astype(np.int32),
                         headers.end[owner], headers, owner, headers.protocol)

    def _settle(self, name: str, cohorts: Sequence[Instances]) -> None:
        """Puts the headers of a protocol that were found at several depths into one order."""
        known = self.layers.get(name)
        parts = [*(() if known is None else known.parts()), *cohorts]
        self.layers[name] = parts[0] if len(parts) == 1 else _Joined(self, name, parts)


class _Joined(Instances):
    """Headers of one protocol from several depths; what lies around them is asked of each depth."""

    def __init__(self, batch: Batch, protocol: str, parts: Sequence[Instances]) -> None:
        spec, empty = PROTOCOLS[protocol], np.zeros(0, np.int32)
        rows = np.concatenate([empty, *(part.rows for part in parts)])
        start = np.concatenate([empty, *(part.start for part in parts)])
        end = np.concatenate([empty, *(part.end for part in parts)])
        order = np.lexsort((start, rows))
        super().__init__(batch, placed_elements(spec.elements, spec.layout), rows[order], start[order], end[order],
                         None, None, protocol)
        self._parts = parts
        messages = [message for part in parts for message in part.messages]
        self.messages = [messages[place] for place in order] if messages else ()
        place = np.empty(len(rows), np.int32)
        place[order] = np.arange(len(rows), dtype=np.int32)
        first = 0
        for part in parts:
            part.settle(place[first:first + len(part)])
            first += len(part)
        self._ended = self._ended_parts()

    def _ended_parts(self) -> tuple[IntArray, IntArray] | None:
        """Which of these were read not to their end, and where; None where one of the parts does not know."""
        places: list[IntArray] = [np.zeros(0, np.int32)]
        ends: list[IntArray] = [np.zeros(0, np.int16)]
        for part in self._parts:
            ended = part.ended_among(np.arange(len(part), dtype=np.int32))
            if ended is None:
                return None
            places.append(part.some("settled", ended[0]))
            ends.append(ended[1])
        return np.concatenate(places), np.concatenate(ends)

    @property
    def _order(self) -> IntArray:
        """Which of the parts' headers, one part after the other, each of these is."""
        return self._array("order")

    def _derived(self, name: str) -> IntArray:
        if name == "order":
            order = np.empty(len(self), np.int32)
            order[np.concatenate([part.settled for part in self._parts if part.settled is not None] or [order])] = (
                np.arange(len(self), dtype=np.int32))
            return order
        if name in ("rows", "start", "end"):
            joined = np.empty(len(self), np.int32)
            for part in self._parts:
                joined[part.settled] = getattr(part, name)
            return joined
        return super()._derived(name)

    def _kept(self) -> set[str]:
        return set()

    def forget(self) -> None:
        super().forget()
        for part in self._parts:
            part.forget()

    def _find_around(self, name: str) -> Values:
        found = [part.lookup(name) for part in self._parts if len(part)]
        return _put_together(found, self._order) if found else self.batch.fact(name, self)

    def _before(self, rows: IntArray, known: dict[int, IntArray]) -> IntArray:
        return sum((part.before(rows, known) for part in self._parts), np.zeros(len(rows), np.int64))

    def found_among(self, places: IntArray) -> Iterator[tuple[IntArray, Instances, IntArray]]:
        """Which of some of these were found at each depth, those of that depth, and the places among them."""
        for part in self._parts:
            at = part.below("settled", places)
            own = np.flatnonzero(at < len(part))
            own = own[part.some("settled", at[own]) == places[own]]
            if len(own):
                yield own, part, at[own]

    def chosen(self, places: IntArray) -> Instances:
        return _ChosenOfSeveral(self, places)

    def parts(self) -> Sequence[Instances]:
        return self._parts

    def carriers(self) -> tuple[NDArray[np.uint8], IntArray]:
        found = [part.carriers() for part in self._parts]
        if not found:
            return np.zeros(0, np.uint8), np.zeros(0, np.int32)
        return (np.concatenate([codes for codes, _ in found])[self._order],
                np.concatenate([places for _, places in found])[self._order])


class _Chosen(Instances):
    """Some of the headers of a protocol that were found at one depth; of those around them no others are read."""

    def __init__(self, whole: Instances, places: IntArray, rows: IntArray, start: IntArray, end: IntArray) -> None:
        spec = PROTOCOLS[whole.protocol]
        super().__init__(whole.batch, placed_elements(spec.elements, spec.layout), rows, start, end, None, None,
                         whole.protocol)
        self._whole, self._places = whole, places
        self._ended = whole.ended_among(places)
        self.carried, self.depth = whole.carried, whole.depth
        self.settle(whole.some("settled", places) if whole.is_settled else places)
        self._around: tuple[Instances, IntArray] | None = None

    @property
    def outer(self) -> Instances | None:
        found = self._headers_around()
        return None if found is None else found[0]

    @property
    def outer_index(self) -> IntArray | None:
        found = self._headers_around()
        return None if found is None else found[1]

    def _headers_around(self) -> tuple[Instances, IntArray] | None:
        """Those that these lie in, and the place of each one's among them."""
        if self._around is None and self._whole.outer is not None:
            places, index = np.unique(self._whole.some("outer_index", self._places), return_inverse=True)
            self._around = self._whole.outer.chosen(places), index
        return self._around

    def chosen(self, places: IntArray) -> Instances:
        return self._whole.chosen(self._places[places])


class _ChosenOfSeveral(_Chosen):
    """Some of the headers of a protocol that were found at several depths."""

    def __init__(self, whole: _Joined, places: IntArray) -> None:
        self._found = list(whole.found_among(places))
        self._parts: list[Instances] | None = None      # those of each depth, once somebody asks for them
        arrays = [np.empty(len(places), np.int32) for _array in range(3)]
        for own, part, at in self._found:
            for array, name in zip(arrays, ("rows", "start", "end"), strict=True):
                array[own] = part.some(name, at)
        super().__init__(whole, places, *arrays)

    def _find_around(self, name: str) -> Values:
        if self._parts is None:
            self._parts = [part.chosen(at) for _own, part, at in self._found]
        if not self._parts:
            return self.batch.fact(name, self)
        found = [part.lookup(name) if name.startswith("@") else part.around(name) for part in self._parts]
        return _put_together(found, np.argsort(np.concatenate([own for own, _part, _at in self._found])))


def _put_together(found: Sequence[Values], order: IntArray) -> Values:
    """The answers of several depths as one; order: which of all of them comes first, and so on."""
    shape = max((values.shape[1:] for values, _ in found), key=len)     # () where nothing around has an address
    return (np.concatenate([values if values.ndim > len(shape) else np.zeros((len(values), *shape), np.uint8)
                            for values, _ in found])[order],
            np.concatenate([present for _, present in found])[order])


def header_and_end(cohort: Instances, spec: ProtocolSpec) -> tuple[IntArray, IntArray, BoolArray]:
    """Where each header's payload starts and is declared to end, and where the header was read whole."""
    whole = cohort.alive(len(cohort.entries)).copy()
    if isinstance(spec.header_length, int):
        length: IntArray = np.full(len(cohort), spec.header_length, np.int64)
    elif spec.header_length is not None:
        length, known = cohort.compute(spec.header_length)
        whole &= known
    else:
        length = np.zeros(len(cohort), np.int64)
        for index, entry in enumerate(cohort.entries):
            if isinstance(entry.element, FieldSpec) and entry.size != 0:
                start, size, located = cohort.extent(entry)
                there = cohort.there(index) & located
                length = np.where(there, np.maximum(length, start + size - cohort.start), length)
    start = cohort.start + length
    end: IntArray = cohort.end
    if spec.total_length is not None:
        total, known = cohort.compute(spec.total_length)
        end = np.where(known & whole, np.minimum(end, np.maximum(cohort.start + total, start)), end)
    whole &= start <= cohort.captured
    return start, end, whole
