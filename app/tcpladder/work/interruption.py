"""Lets long work below be watched and stopped by whoever asked for it, without handing a callback down every call.

The loops that take Python's time for each packet (messages of upper layers, states) call proceed(); who asks for
their result may run it within watched_by().
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Watcher = Callable[[float], None]       # is told the portion that is done, 0 to 1; raises to stop the work


def _nobody(_portion: float) -> None:
    pass


_watcher: ContextVar[Watcher] = ContextVar("watcher", default=_nobody)


@contextmanager
def watched_by(watcher: Watcher) -> Iterator[None]:
    """Within it, in this thread, the watcher is told of progress; what it raises ends the work."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


def proceed(done: int, total: int) -> None:
    """Called by the work now and then."""
    _watcher.get()(done / total if total else 1.0)
