"""Work on many items shared out among forked processes; the results come back in order.

Each process makes every n-th result and hands it over through a pipe of its own. A pipe holds little, so a process that
is ahead waits until what it has made is wanted.
"""

import contextlib
import os
import pickle
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import NoReturn, TypeVar

from tcpladder.texts import _

Item = TypeVar("Item")
Result = TypeVar("Result")

_LENGTH_SIZE = 8        # bytes before a result: how long it is
_PIPE_SIZE = 1 << 20    # bytes that a pipe holds, where the system grants it


class WorkerError(Exception):
    """A process cannot be started, or ended before its work was done; the message is the sentence for the person."""


def worker_count(most: int) -> int:
    """How many processes can work at once, at most this many; 1 where none can be forked.

    Threads, of which a fork keeps one alone, may hold what the new process would wait for.
    """
    if not hasattr(os, "fork") or not hasattr(os, "sched_getaffinity"):
        return 1
    if threading.current_thread() is not threading.main_thread() or threading.active_count() > 1:
        return 1
    return max(1, min(most, len(os.sched_getaffinity(0))))


def made_in_order(make: Callable[[Item], bytes], items: Sequence[Item], count: int) -> Iterator[bytes]:
    """make(item) of each item in order, in pieces as they come, made by so many processes.

    The processes share what this one has in memory now. Close the iterator when it is left before its end: that ends
    them. Raises WorkerError where one of them cannot be started or ends early.
    """
    with _processes(make, items, count) as processes:
        for index in range(len(items)):
            yield from _next_result(*processes[index % count])


def computed_in_order(compute: Callable[[Item], Result], items: Sequence[Item], count: int) -> Iterator[Result]:
    """compute(item) of each item in order, as values that can be pickled, by so many processes or, if it is one, here.

    What processes were to compute that cannot be started or end early is computed here.
    """
    done = 0
    if count > 1:
        try:
            with _processes(lambda item: pickle.dumps(compute(item), pickle.HIGHEST_PROTOCOL), items,
                            count) as processes:
                for index in range(len(items)):
                    result = pickle.loads(b"".join(_next_result(*processes[index % count])))
                    done += 1
                    yield result
        except WorkerError:
            pass
    yield from map(compute, items[done:])


def _next_result(pid: int, source: int) -> Iterator[bytes]:
    """The pieces of what a process has made next."""
    return _pieces(pid, source, int.from_bytes(b"".join(_pieces(pid, source, _LENGTH_SIZE))))


@contextlib.contextmanager
def _processes(make: Callable[[Item], bytes], items: Sequence[Item], count: int) -> Iterator[list[tuple[int, int]]]:
    """The process id of each, and where its results can be read; behind it they are gone."""
    processes: list[tuple[int, int]] = []
    try:
        with _interrupted_later():
            for number in range(count):
                processes.append(_started(make, items[number::count], [source for _pid, source in processes]))
        yield processes
    finally:
        for pid, source in processes:
            os.close(source)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


@contextlib.contextmanager
def _interrupted_later() -> Iterator[None]:
    """Puts Ctrl-C off: what Python and its libraries run around a fork would swallow it."""
    caught: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: caught.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if caught and callable(before):
        before(signal.SIGINT, None)


def _started(make: Callable[[Item], bytes], items: Sequence[Item], others: Sequence[int]) -> tuple[int, int]:
    """A new process, and where its results can be read; others are those of the processes before it."""
    import fcntl  # absent where nothing can be forked

    try:
        source, sink = os.pipe()
        with contextlib.suppress(OSError):
            fcntl.fcntl(sink, fcntl.F_SETPIPE_SZ, _PIPE_SIZE)
        pid = os.fork()
    except OSError as error:
        raise WorkerError(_("No process that decodes packets can be started: {reason}.").format(
            reason=error.strerror or error)) from None
    if pid == 0:
        _work(make, items, sink, (source, *others))
    os.close(sink)
    return pid, source


def _work(make: Callable[[Item], bytes], items: Sequence[Item], sink: int, unused: Sequence[int]) -> NoReturn:
    """What a process does. It ends quietly when nobody wants its results any more."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)    # the first process is interrupted and ends the others
        for source in unused:
            os.close(source)
        for item in items:
            result = make(item)
            _write(sink, len(result).to_bytes(_LENGTH_SIZE))
            _write(sink, result)
        status = 0
    except (BrokenPipeError, KeyboardInterrupt):
        pass
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _write(sink: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(sink, rest):]


def _pieces(pid: int, source: int, size: int) -> Iterator[bytes]:
    """The next bytes that a process hands over."""
    while size:
        piece = os.read(source, min(size, _PIPE_SIZE))
        if not piece:
            raise WorkerError(_end_of(pid))
        size -= len(piece)
        yield piece


def _end_of(pid: int) -> str:
    """How a process ended, as a sentence."""
    try:
        end = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    except ChildProcessError:
        end = None
    if end is not None and end.si_code != os.CLD_EXITED:
        return _("A process that decodes packets was ended by signal {number}; the rest of the output is missing."
                 ).format(number=end.si_status)
    return _("A process that decodes packets failed; the rest of the output is missing.")
