"""Display filters: Wireshark's language, answered from columns."""

from tcpladder.filters.compiled import CompiledFilter, compile_filter
from tcpladder.filters.errors import FilterCancelled, FilterError

__all__ = ["CompiledFilter", "FilterCancelled", "FilterError", "compile_filter"]
