"""A table of numbers and texts that may have a hundred thousand rows: texts are made when they are looked at."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.protocols.names import Names

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """values, shape (n,), give the order; text is what a person reads of the row at a place.

    named is the same with names, for columns of which something can be shown by name.
    """

    title: str
    values: Array
    text: Callable[[int], str]
    is_number: bool = True
    named: Callable[[int, Names], str] | None = None

    def shown(self, place: int, names: Names) -> str:
        """The text, with those names that are wanted."""
        return self.text(place) if self.named is None else self.named(place, names)


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Columns of equal length, n. first_row, shape (n,): the first frame that the row is about.

    filter_of gives the display filter that shows the packets of the row at a place. depth, shape (n,), where the rows
    form a tree: how deep each stands; a row's parent is the nearest one above that stands less deep.
    """

    columns: tuple[Column, ...]
    first_row: NDArray[np.int64]
    filter_of: Callable[[int], str]
    depth: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.first_row)

    def texts(self) -> Iterator[tuple[str, ...]]:
        """The titles, then each row as a person reads it."""
        yield tuple(column.title for column in self.columns)
        for place in range(len(self)):
            yield tuple(column.text(place) for column in self.columns)


def number_column(title: str, values: Array, form: str = "{:,}") -> Column:
    """A column of numbers; NaN is shown as nothing."""
    def text(place: int) -> str:
        value = values[place].item()
        return "" if value != value else form.format(value)
    return Column(title, values, text)


def text_column(title: str, order: Array, text: Callable[[int], str]) -> Column:
    """A column of texts that are made when they are looked at; order sorts them."""
    return Column(title, order, text, is_number=False)
