"""Work done in a copy of this program, so that it does not compete for Python's lock with the threads of this one.

The copy is forked: it has all that is in memory now, and nothing has to be handed over but what it finds. Of the
threads it has the one alone that forked it. Work must therefore ask nothing of what another thread may hold at that
moment: numpy, files and Python's own objects are safe, imports are made so; Qt is not, nor is a lock, such as the one
that functools.cached_property has in Python 3.11.
"""

import _imp
import contextlib
import gc
import mmap
import os
import pickle
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from importlib import _bootstrap
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, NoReturn, TypeVar

import numpy as np

Result = TypeVar("Result")

_BETWEEN_CHECKS_S = 0.05
_BETWEEN_LOOKS_S = 0.001
_TOLD, _DONE, _FAILED = b"told", b"done", b"failed"
Tell = Callable[[Any], None]


class ForkFailed(Exception):
    """The copy could not be made, or ended without a result."""


class SharedFlag:
    """As threading.Event, as far as it can be set and looked at; also across copies made afterwards."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 1)

    def set(self) -> None:
        """From now on it is set."""
        self._memory[0] = 1

    def is_set(self) -> bool:
        """Whether anybody has set it."""
        return self._memory[0] != 0


def can_fork() -> bool:
    """Whether work may be done in a copy here. Systems whose own libraries do not bear it are left out."""
    return sys.platform == "linux"


def in_a_copy(work: Callable[[Tell], Result], check: Callable[[], None],
              told: Callable[[Any], None] = lambda _value: None) -> Result:
    """work(tell)'s result, which must be picklable; large arrays come as they are.

    What the work tells on the way is handed to told(). check() is called now and then; what it raises ends the copy.
    What work() raises is raised here. Raises ForkFailed.
    """
    source, sink = Pipe(duplex=False)
    try:
        pid = _fork()
    except OSError as error:
        source.close()
        sink.close()
        raise ForkFailed(str(error)) from None
    if pid == 0:
        source.close()
        _work(work, sink)
    sink.close()
    try:
        how = _TOLD
        while how == _TOLD:
            while not source.poll(_BETWEEN_CHECKS_S):
                check()
            how, value = source.recv_bytes(), _receive(source)
            if how == _TOLD:
                told(value)
                check()
    except EOFError:
        raise ForkFailed("it ended without a result") from None
    finally:
        source.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    if how == _FAILED:
        raise value
    result: Result = value
    return result


def _fork() -> int:
    """os.fork() while no other thread imports a module: in the copy, nobody would ever let go of that module's lock."""
    while True:
        _imp.acquire_lock()         # whoever wants to begin an import waits
        try:
            locks = [known() for known in tuple(vars(_bootstrap)["_module_locks"].values())]
            if all(lock is None or lock.owner in (None, threading.get_ident()) for lock in locks):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", DeprecationWarning)     # of threads: see above
                    return os.fork()
        finally:
            _imp.release_lock()
        time.sleep(_BETWEEN_LOOKS_S)


def _work(work: Callable[[Tell], Any], sink: Connection) -> NoReturn:
    status = 1
    try:
        gc.disable()        # objects of Qt must not be taken away here
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            how, result = _DONE, work(lambda value: _send(sink, _TOLD, value))
        except BrokenPipeError:
            raise
        except Exception as error:
            how, result = _FAILED, error
        _send(sink, how, result)
        status = 0
    except BrokenPipeError:     # nobody wants it any more
        pass
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _send(sink: Connection, how: bytes, value: Any) -> None:
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL, buffer_callback=buffers.append)
    views = [buffer.raw() for buffer in buffers]
    sink.send_bytes(how)
    sink.send_bytes(pickle.dumps([view.nbytes for view in views]))
    sink.send_bytes(data)
    for view in views:
        if view.nbytes:
            sink.send_bytes(view)


def _receive(source: Connection) -> Any:
    sizes = pickle.loads(source.recv_bytes())
    data = source.recv_bytes()
    buffers = [np.empty(size, np.uint8) for size in sizes]
    for buffer in buffers:
        if len(buffer):
            source.recv_bytes_into(buffer.data)
    return pickle.loads(data, buffers=buffers)
