"""Display filters: Wireshark's language, answered from columns.

What compiles them is imported with the first filter: a window without a capture needs none of it, nor lark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpladder.filters.errors import FilterCancelled, FilterError

if TYPE_CHECKING:
    from tcpladder.decode.columns import ColumnTable
    from tcpladder.filters.compiled import CompiledFilter

__all__ = ["FilterCancelled", "FilterError", "compile_filter"]


def compile_filter(text: str, columns: ColumnTable | None = None) -> CompiledFilter:
    """A filter from its text; raises FilterError, with the place in the text, where it is not one."""
    from tcpladder.filters.compiled import compiled_filter

    return compiled_filter(text, columns)
