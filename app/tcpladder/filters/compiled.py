"""The door to this room: a text becomes a filter, a filter selects frames."""

from collections.abc import Callable
from dataclasses import dataclass

from tcpladder.decode.columns import ColumnTable, known_fields
from tcpladder.filters.byte_values import BoolArray
from tcpladder.filters.check import check
from tcpladder.filters.evaluate import Evaluation, References
from tcpladder.filters.plan import Test
from tcpladder.filters.syntax import parse


@dataclass(frozen=True, slots=True)
class CompiledFilter:
    """A filter that makes sense: its text and what is to be tested."""

    text: str
    test: Test

    def select(self, columns: ColumnTable, *, references: References | None = None,
               cancelled: Callable[[], bool] = lambda: False) -> BoolArray:
        """The rows that pass: bool, shape (frame_count,).

        references holds the values of the selected frame for "${field}"; without them nothing equals one.
        Raises FilterCancelled soon after cancelled has said so, and FilterError where a pattern needs
        unreasonably long for one value.
        """
        return Evaluation(columns, references or {}, cancelled).select(self.test)


def compile_filter(text: str, columns: ColumnTable | None = None) -> CompiledFilter:
    """A filter from its text; raises FilterError, with the place in the text, where it is not one."""
    fields = known_fields() if columns is None else columns.fields()
    return CompiledFilter(text, check(parse(text), fields))
