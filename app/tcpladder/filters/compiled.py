"""A text becomes a filter, a filter selects frames."""

from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tcpladder.decode.columns import ColumnTable, all_fields
from tcpladder.fields.spec import FieldSpec
from tcpladder.filters.byte_values import BoolArray
from tcpladder.filters.check import check
from tcpladder.filters.evaluate import Evaluation, References
from tcpladder.filters.plan import Test
from tcpladder.filters.syntax import parse
from tcpladder.filters.tree_fields import TREE_FIELDS
from tcpladder.filters.undecoded import UNDECODED
from tcpladder.texts import _
from tcpladder.work.interruption import watched_by


@dataclass(frozen=True, slots=True)
class CompiledFilter:
    """A filter that makes sense: its text, what is to be tested, and the fields that it names."""

    text: str
    test: Test
    fields: frozenset[str]

    @property
    def remark(self) -> str:
        """What somebody should know who uses it, or ""."""
        missing = sorted(self.fields & UNDECODED.keys())
        if not missing:
            return ""
        return _("{protocols} cannot be decoded yet, so no packet has it.").format(protocols=", ".join(missing))

    def select(self, columns: ColumnTable, *, references: References | None = None,
               cancelled: Callable[[], bool] = lambda: False,
               progress: Callable[[float], None] = lambda _portion: None) -> BoolArray:
        """The rows that pass: bool, shape (frame_count,).

        references holds the values of the selected frame for "${field}"; without them nothing equals one.
        progress is told the portion (0 to 1) of each piece of work that takes long; there may be several.
        Raises FilterCancelled soon after cancelled has said so, and FilterError where a pattern needs
        unreasonably long for one value.
        """
        evaluation = Evaluation(columns, references or {}, cancelled, progress)
        with watched_by(evaluation.watch):
            return evaluation.select(self.test)


def compiled_filter(text: str, columns: ColumnTable | None = None) -> CompiledFilter:
    """See compile_filter()."""
    test, named = check(parse(text), filter_fields(columns))
    return CompiledFilter(text, test, named)


def filter_fields(columns: ColumnTable | None = None) -> Mapping[str, FieldSpec]:
    """Every field that a filter may name."""
    decoded = all_fields() if columns is None else columns.fields()
    return ChainMap(dict(decoded), dict(TREE_FIELDS), dict(UNDECODED))
