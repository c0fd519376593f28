"""A header, option or record while one packet is read: its bytes, and the values found in it so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tcpladder.decode.all_packets import MAX_ZEROS
from tcpladder.decode.checksum import ones_sum
from tcpladder.decode.placement import Placed
from tcpladder.fields.expression import Condition, Expression, byte_pattern, compiled
from tcpladder.fields.node import FieldNode

# Fills in a field that needs more than the packet: name and how many headers of its protocol came before.
Generated = Callable[[str, int], Any]

_ABSENT = object()


@cache
def _words(fact: str) -> tuple[str, Sequence[str]]:
    """What the name of a fact asks for, and its details."""
    what, *details = fact.split()
    return what, details


@dataclass(slots=True)
class Structure:
    """A header, option or record while it is read: its bytes and the values found so far."""

    label: str
    start: int
    end: int                # declared
    scope: dict[str, Any]
    outer: Structure | None
    occurrence: int
    data: bytes
    node: FieldNode         # what stands for it in the tree
    declared: Set[str]      # names of the fields that it may have
    generated: Generated
    limit: int = field(init=False)      # where its bytes end: declared, or cut by the capture

    def __post_init__(self) -> None:
        self.limit = min(self.end, len(self.data))

    def within(self, label: str, start: int, end: int, scope: dict[str, Any], node: FieldNode,
               declared: Set[str]) -> Structure:
        """A structure that lies in this one."""
        return Structure(label, start, end, scope, self, self.occurrence, self.data, node, declared, self.generated)

    def place(self, placed: Placed) -> tuple[int, int]:
        """First byte and size of an element in this structure."""
        offset, size = placed.offset, placed.size
        start = self.start + (offset if isinstance(offset, int) else self.number(offset))
        if size is None:
            return start, max(0, self.end - start)
        return start, size if isinstance(size, int) else max(0, self.number(size))

    def number(self, expression: Expression) -> int:
        """An expression's value; KeyError where a field that it needs is absent."""
        return compiled(expression)(self)

    def holds(self, condition: Condition) -> bool:
        """Whether a condition holds; an absent field fails it."""
        try:
            return condition(self)
        except KeyError:
            return False

    def lookup(self, name: str) -> Any:
        """A value of this structure or of one around it; "@..." are facts about the structure itself."""
        if name in self.scope:
            return self.scope[name]
        if name[0] == "@":
            return self._fact(name)
        around: Structure | None = self
        while around is not None:
            if name in around.scope:
                return around.scope[name]
            around = None if name in around.declared else around.outer
        raise KeyError(name)

    def known(self, name: str, otherwise: Any = None) -> Any:
        """The same, or something else where it is absent."""
        try:
            return self.lookup(name)
        except KeyError:
            return otherwise

    def peek(self, offset: int, size: int, order: str) -> int:
        """A number in the bytes of this structure; KeyError where they are not there."""
        start = self.start + offset
        end = start + size
        if end > self.limit:
            raise KeyError(offset)
        return int.from_bytes(self.data[start:end], order)  # type: ignore[arg-type]

    def _first(self, names: Sequence[str]) -> Any:
        """The value of the first field that is there."""
        for name in names[:-1]:
            try:
                return self.lookup(name)
            except KeyError:
                continue
        return self.lookup(names[-1])

    def _fact(self, name: str) -> Any:
        what, details = _words(name)
        if what == "@length":
            return self.end - self.start
        if what == "@captured":
            return max(0, self.limit - self.start)
        if what == "@optional":
            return self._unless_own(name, details[0], self.known(details[0], int(details[1])))
        if what == "@known":
            return self._unless_own(name, details[0], int(self.known(details[0], _ABSENT) is not _ABSENT))
        if what == "@peek":
            return self.peek(int(details[0]), int(details[1]), details[2])
        if what == "@together":
            return self._most_together(details[0] if details else "")
        if what == "@matches":
            found = byte_pattern(name.partition(" ")[2]).match(self.data[self.start:self.limit])
            return int(found is not None)
        if what == "@zeros":
            there = self.data[self.start:min(self.limit, self.start + MAX_ZEROS)]
            return len(there) - len(there.lstrip(b"\0"))
        if what.startswith("@sum16"):
            if self.end > len(self.data):
                raise KeyError(name)
            addresses = b"".join(self._first(group.split("|")) for group in what.split("+")[1:])
            self.scope[name] = ones_sum(addresses + self.data[self.start:self.end])    # kept for labels
            return self.scope[name]
        if self.outer is None:
            raise KeyError(name)
        return self._unless_own(name, "", self.outer.lookup(name))

    def _most_together(self, name: str) -> int:
        most = count = 0
        for child in self.node.children:
            if child.name == name:
                count = count + 1 if (child.position - self.start) % 4 else 1
                most = max(most, count)
        return most

    def _unless_own(self, fact: str, field: str, value: Any) -> Any:
        """Keeps a fact about a field that lies outside, so that it is looked for once; returns it."""
        if field not in self.declared:
            self.scope[fact] = value
        return value
