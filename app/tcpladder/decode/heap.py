"""Gives the system back what the allocator keeps of finished work."""

import ctypes
import sys
from functools import cache
from typing import Any


@cache
def _trim() -> Any:
    """glibc's malloc_trim(); None where there is none."""
    return getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None


def give_back_memory() -> None:
    """To be called after much was computed and little is kept; takes some milliseconds."""
    trim = _trim()
    if trim is not None:
        trim(0)
