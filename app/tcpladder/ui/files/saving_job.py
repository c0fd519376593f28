"""A file written in a thread, with progress and Cancel where it takes long."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QProgressDialog, QWidget

from tcpladder.texts import _
from tcpladder.ui.jobs import Job
from tcpladder.ui.session import Session

_PERMILLE = 1000
_SHORT_MS = 500     # work that takes less shows no progress


class SavingJob(QObject):
    """Runs save(progressed); progress shows after half a second, and Cancel ends it with nothing written."""

    def __init__(self, session: Session, title: str, total: int, save: Callable[[Callable[[int], None]], None], *,
                 then: Callable[[], None], on_failure: Callable[[Exception], None], parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._then, self._on_failure = then, on_failure
        self._total = max(1, total)
        self.progress = QProgressDialog(title, _("Cancel"), 0, _PERMILLE, parent)
        self.progress.setWindowTitle(_("Saving"))
        self.progress.setWindowModality(Qt.WindowModality.WindowModal)
        self.progress.setMinimumDuration(_SHORT_MS)
        self.progress.canceled.connect(self._cancel)

        def work(job: Job) -> None:
            def progressed(done: int) -> None:
                job.check()
                job.report(done)

            save(progressed)

        session.jobs.start("save", work, then=lambda _result: self._end(self._then),
                           on_report=self._show, on_failure=lambda error: self._end(lambda: self._on_failure(error)))

    def _show(self, done: int) -> None:
        self.progress.setValue(min(_PERMILLE - 1, done * _PERMILLE // self._total))

    def _cancel(self) -> None:
        self._session.jobs.cancel("save")
        self._end(lambda: None)

    def _end(self, last: Callable[[], None]) -> None:
        self.progress.canceled.disconnect(self._cancel)
        self.progress.close()
        self.progress.deleteLater()
        self.deleteLater()
        last()
