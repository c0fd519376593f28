"""Work that takes longer than a blink, done in threads; what it reports arrives on the GUI thread."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QThread, QTimer, Signal


class Cancelled(Exception):
    """Raised inside the work of a job that is no longer wanted."""


class Job(QThread):
    """One piece of work in a thread of its own.

    The work is called with the job: it may call report() with whatever its starter expects, and must
    call check() often, which raises Cancelled once nobody wants the result any more. After cancel()
    nothing is delivered, not even what is already on its way.
    """

    ended = Signal(object)              # the job; after everything that it reported was delivered
    _sent = Signal(object, object)      # what to call, and with what

    def __init__(self, work: Callable[["Job"], Any], *, then: Callable[[Any], None],
                 on_report: Callable[[Any], None] | None = None,
                 on_failure: Callable[[Exception], None] | None = None,
                 parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work: Callable[[Job], Any] | None = work
        self._then: Callable[[Any], None] | None = then
        self._on_report = on_report
        self._on_failure = on_failure
        self._cancelled = False
        self._sent.connect(self._deliver)
        self.finished.connect(self._announce_end)

    def run(self) -> None:
        assert self._work is not None       # a job runs once
        try:
            result = self._work(self)
        except Cancelled:
            return
        except Exception as error:
            if self._on_failure is None:
                raise
            self._sent.emit(self._on_failure, error)
        else:
            self._sent.emit(self._then, result)

    def report(self, value: Any) -> None:
        """Called by the work: something is known before the end."""
        self._sent.emit(self._on_report, value)

    def check(self) -> None:
        """Called by the work: raises Cancelled if it should stop."""
        if self._cancelled:
            raise Cancelled

    @property
    def is_cancelled(self) -> bool:
        """Nobody wants the result any more."""
        return self._cancelled

    def cancel(self) -> None:
        """Lets the work end at its next check; returns at once."""
        self._cancelled = True

    def _deliver(self, receiver: Callable[[Any], None] | None, value: Any) -> None:
        if receiver is not None and not self._cancelled:
            receiver(value)

    def _announce_end(self) -> None:
        # Python keeps the job for a while; what the work knew, such as a capture, is not to live as long.
        self._work = self._then = self._on_report = self._on_failure = None
        self.ended.emit(self)


class Jobs(QObject):
    """The jobs that run for a window. Jobs of one topic replace each other: the latest wins."""

    became_idle = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._running: list[Job] = []
        self._topics: dict[str, Job] = {}

    def start(self, topic: str, work: Callable[[Job], Any], *, then: Callable[[Any], None],
              on_report: Callable[[Any], None] | None = None,
              on_failure: Callable[[Exception], None] | None = None, after_ms: int = 0) -> Job:
        """Starts work; a job of the same topic that still runs is cancelled.

        With after_ms it begins later, when the window has had time to paint what it would only slow down.
        """
        self.cancel(topic)
        job = Job(work, then=then, on_report=on_report, on_failure=on_failure, parent=self)
        self._running.append(job)
        self._topics[topic] = job
        job.ended.connect(self._forget)
        if after_ms:
            QTimer.singleShot(after_ms, job, lambda: self._forget(job) if job.is_cancelled else job.start())
        else:
            job.start()
        return job

    def cancel(self, topic: str) -> None:
        """Cancels the job of a topic, if there is one."""
        job = self._topics.pop(topic, None)
        if job is not None:
            job.cancel()

    @property
    def is_idle(self) -> bool:
        """No work is going on, and everything that was found has been delivered."""
        return not self._running

    def is_running(self, topic: str) -> bool:
        """A job of the topic runs, and its result is still wanted."""
        return topic in self._topics

    def cancel_all(self) -> None:
        """Cancels everything; returns at once."""
        for topic in list(self._topics):
            self.cancel(topic)

    def stop(self) -> None:
        """Cancels everything and waits for the threads to end; for the end of the program."""
        self.cancel_all()
        for job in self._running:
            job.wait()
        self._running.clear()
        self._topics.clear()

    def _forget(self, job: Job) -> None:
        if job not in self._running:
            return
        self._running.remove(job)
        for topic in [topic for topic, other in self._topics.items() if other is job]:
            del self._topics[topic]
        job.deleteLater()
        if not self._running:
            self.became_idle.emit()
