"""Display filters: Wireshark's language, answered from columns."""

from tcpladder.filters.compiled import CompiledFilter, compile_filter, filter_fields
from tcpladder.filters.errors import FilterCancelled, FilterError

__all__ = ["CompiledFilter", "FilterCancelled", "FilterError", "compile_filter", "filter_fields"]
