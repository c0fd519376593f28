"""Work done in a copy of this program, so that it does not compete for Python's lock with the threads of this one.

The copy is forked: it has all that is in memory now, and nothing has to be handed over but the result. Of the threads
it has the one alone that forked it. Work must therefore ask nothing of what another thread may hold at that moment:
numpy, files and Python's own objects are safe; Qt is not.
"""

import contextlib
import gc
import os
import pickle
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, NoReturn, TypeVar

import numpy as np

Result = TypeVar("Result")

_BETWEEN_CHECKS_S = 0.05
_DONE, _FAILED = b"done", b"failed"


class ForkFailed(Exception):
    """The copy could not be made, or ended without a result."""


def can_fork() -> bool:
    """Whether work may be done in a copy here. Systems whose own libraries do not bear it are left out."""
    return sys.platform == "linux"


def in_a_copy(work: Callable[[], Result], check: Callable[[], None]) -> Result:
    """work()'s result, which must be picklable; arrays come without being copied twice.

    check() is called now and then; what it raises ends the copy. What work() raises is raised here. Raises ForkFailed.
    """
    source, sink = Pipe(duplex=False)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)     # of threads: see above
            pid = os.fork()
    except OSError as error:
        source.close()
        sink.close()
        raise ForkFailed(str(error)) from None
    if pid == 0:
        source.close()
        _work(work, sink)
    sink.close()
    try:
        while not source.poll(_BETWEEN_CHECKS_S):
            check()
        how, result = source.recv_bytes(), _receive(source)
    except EOFError:
        raise ForkFailed("it ended without a result") from None
    finally:
        source.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    if how == _FAILED:
        raise result
    done: Result = result
    return done


def _work(work: Callable[[], Any], sink: Connection) -> NoReturn:
    status = 1
    try:
        gc.disable()        # objects of Qt must not be taken away here
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            how, result = _DONE, work()
        except Exception as error:
            how, result = _FAILED, error
        sink.send_bytes(how)
        _send(sink, result)
        status = 0
    except BrokenPipeError:     # nobody wants it any more
        pass
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _send(sink: Connection, value: Any) -> None:
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL, buffer_callback=buffers.append)
    views = [buffer.raw() for buffer in buffers]
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
