"""Practice: a connection as a table with blanks that the learner fills in."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QBuffer,
    QIODevice,
    QModelIndex,
    QObject,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QPageLayout, QPageSize, QPdfWriter, QTextDocument
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHeaderView,
    QLabel,
    QMenu,
    QPushButton,
    QSpinBox,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from tcpladder.tcp.connection import Connection
from tcpladder.tcp.practice import Question, Topic, chosen_steps, make_questions, shown_value, topic_title
from tcpladder.tcp.spans import count_text
from tcpladder.tcp.worksheet import worksheet_html
from tcpladder.texts import _, ngettext
from tcpladder.ui.session import Session
from tcpladder.ui.settings import Settings
from tcpladder.ui.tables import RIGHT, Index
from tcpladder.ui.theme import theme_of
from tcpladder.ui.windows.tool_window import ToolWindow
from tcpladder.ui.wrapping_row import WrappingRow

_FIRST_TOPIC = 3        # columns before: packet, time, direction
_MOST_STEPS = 60
_MARKS = ("", " ✓", " ✗")


class PracticeModel(QAbstractTableModel):
    """The steps of a connection; hidden cells can be edited, and are marked when they are checked."""

    replied = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._connection: Connection | None = None
        self._last = 0
        self._questions: dict[tuple[int, Topic], Question] = {}
        self._replies: dict[tuple[int, Topic], str] = {}
        self._are_checked = False

    @property
    def questions(self) -> list[Question]:
        """What is hidden, in the order of the connection."""
        return list(self._questions.values())

    @property
    def counts(self) -> tuple[int, int]:
        """How many replies are right, and how many values are hidden."""
        return sum(question.accepts(self._replies.get(key, "")) for key, question in self._questions.items()
                   if key in self._replies), len(self._questions)

    @property
    def are_checked(self) -> bool:
        """Right and wrong replies are marked."""
        return self._are_checked

    def begin(self, connection: Connection | None, questions: list[Question], last: int) -> None:
        """Shows the steps before `last` of another connection, with other blanks."""
        self.beginResetModel()
        self._connection, self._last = connection, last
        self._questions = {(question.step, question.topic): question for question in questions}
        self._replies = {}
        self._are_checked = False
        self.endResetModel()

    def check(self) -> None:
        """Marks what is right and what is wrong."""
        self._are_checked = True
        self._tell_all()

    def fill_in(self) -> None:
        """Writes the right answers."""
        self._replies = {key: question.answer for key, question in self._questions.items()}
        self.check()

    def question_at(self, index: Index) -> Question | None:
        """What a cell asks, or None."""
        if not index.isValid() or not _FIRST_TOPIC <= index.column() < _FIRST_TOPIC + len(Topic):
            return None
        return self._questions.get((index.row(), list(Topic)[index.column() - _FIRST_TOPIC]))

    def reply_to(self, question: Question) -> str:
        """What was filled in."""
        return self._replies.get((question.step, question.topic), "")

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() or self._connection is None else self._last

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else _FIRST_TOPIC + len(Topic) + 1

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return [_("Packet"), _("Time (s)"), _("Direction"), *map(topic_title, Topic), _("Length")][section]
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsEditable if self.question_at(index) is not None else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if self._connection is None or not index.isValid():
            return None
        question = self.question_at(index)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            if question is None:
                return self._cell(index)
            mark = _MARKS[self._mark(question)] if role == Qt.ItemDataRole.DisplayRole else ""
            return self.reply_to(question) + mark
        if role in (Qt.ItemDataRole.BackgroundRole, Qt.ItemDataRole.ForegroundRole) and question is not None:
            theme = theme_of(QApplication.palette())
            colours = (theme.blank, theme.right, theme.wrong)[self._mark(question)]
            return QColor(colours.background if role == Qt.ItemDataRole.BackgroundRole else colours.text)
        if role == Qt.ItemDataRole.ToolTipRole and question is not None and self._are_checked:
            return question.why
        if role == Qt.ItemDataRole.AccessibleTextRole and question is not None:
            reply = self.reply_to(question)
            return [_("Blank: {reply}"), _("Right: {reply}"), _("Wrong: {reply}")][self._mark(question)].format(
                reply=reply)
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in (0, 1, _FIRST_TOPIC + len(Topic)):
            return RIGHT
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        question = self.question_at(index)
        if question is None or role != Qt.ItemDataRole.EditRole:
            return False
        self._replies[question.step, question.topic] = str(value).strip()
        self.dataChanged.emit(index, index)
        self.replied.emit()
        return True

    def _mark(self, question: Question) -> int:
        reply = self.reply_to(question)
        if not self._are_checked or not reply:
            return 0
        return 1 if question.accepts(reply) else 2

    def _cell(self, index: Index) -> str:
        assert self._connection is not None     # only then there are cells
        step = self._connection.steps[index.row()]
        match index.column():
            case 0:
                return str(step.frame_number)
            case 1:
                return f"{(step.time_ns - self._connection.start_ns) / 1e9:.6f}"
            case 2:
                return _("client → server") if step.from_client else _("server → client")
            case column if column == _FIRST_TOPIC + len(Topic):
                return count_text(step.length)
            case column:
                return shown_value(step, list(Topic)[column - _FIRST_TOPIC])

    def _tell_all(self) -> None:
        self.dataChanged.emit(self.index(0, 0), self.index(self._last - 1, self.columnCount() - 1))
        self.replied.emit()


class BlanksTable(QTableView):
    """Tab goes from blank to blank, and behind the last one on to the buttons."""

    def moveCursor(self, action: QTableView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        steps = {QTableView.CursorAction.MoveNext: 1, QTableView.CursorAction.MovePrevious: -1}
        model = self.model()
        if action not in steps or not isinstance(model, PracticeModel):
            return super().moveCursor(action, modifiers)
        width = model.columnCount()
        current = self.currentIndex()
        place = current.row() * width + current.column() + steps[action] if current.isValid() else 0
        while 0 <= place < model.rowCount() * width:
            index = model.index(*divmod(place, width))
            if model.question_at(index) is not None:
                return index
            place += steps[action]
        return QModelIndex()


class PracticeWindow(ToolWindow):
    """Blanks in the selected connection; answers are checked in any usual spelling, and explained."""

    def __init__(self, session: Session, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(session, settings, "practice", _("Practice"), QSize(980, 620), parent)
        self.model = PracticeModel(self)
        self.table = BlanksTable(self)
        self.topics = {topic: QCheckBox(topic_title(topic), self) for topic in Topic}
        self.share = QComboBox(self)
        self.last = QSpinBox(self)
        self.said = QLabel(self)
        self.score = QLabel(self)
        self._check = QPushButton(_("&Check"), self)
        self._of_connection: list[QWidget] = []     # what makes sense only while there is one
        self._connection: Connection | None = None
        self._seed = random.randrange(2**32)
        self._build()
        session.connection_selected.connect(self._take_connection)
        self._take_connection(session.connection)

    def make_blanks(self, seed: int | None = None) -> None:
        """Hides other values; the same ones for the same seed."""
        self._seed = random.randrange(2**32) if seed is None else seed
        self._begin()

    def save_sheet(self, path: Path, *, with_answers: bool) -> None:
        """Writes the worksheet, as PDF or, for a name that ends so, as HTML."""
        if self._connection is None:
            return
        html = worksheet_html(self._connection, self.model.questions, self.last.value(), with_answers=with_answers)
        is_html = path.suffix.lower() in (".html", ".htm")
        self.write(path, [html.encode() if is_html else _pdf_bytes(html)])

    def _build(self) -> None:
        for topic, box in self.topics.items():
            box.setChecked(topic in (Topic.SEQ, Topic.ACK))
            box.toggled.connect(lambda _on: self._begin())
        for title, share in ((_("A few packets"), 0.25), (_("Half of the packets"), 0.5), (_("All packets"), 1.0)):
            self.share.addItem(title, share)
        self.share.setCurrentIndex(1)
        self.share.setAccessibleName(_("How many packets have blanks"))
        self.share.currentIndexChanged.connect(lambda _index: self._begin())
        self.last.setPrefix(_("first "))
        self.last.setAccessibleName(_("How many packets are shown"))
        self.last.valueChanged.connect(lambda _value: self._begin())
        table = self.table
        table.setModel(self.model)
        table.setAccessibleName(_("Packets with blanks"))
        table.setEditTriggers(QTableView.EditTrigger.AllEditTriggers)
        table.setTabKeyNavigation(False)        # from blank to blank it goes while one is filled in
        table.verticalHeader().hide()
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.selectionModel().currentChanged.connect(lambda _now, _before: self._tell())
        self.model.replied.connect(self._tell)
        self._check.clicked.connect(self._check_all)
        answers, blanks = QPushButton(_("Show &Answers"), self), QPushButton(_("&New Blanks"), self)
        answers.clicked.connect(self.model.fill_in)
        blanks.clicked.connect(lambda: self.make_blanks())
        save = QToolButton(self)
        save.setText(_("&Worksheet"))
        save.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(save)
        menu.addAction(_("With &Blanks…")).triggered.connect(lambda: self._ask_for_sheet(with_answers=False))
        menu.addAction(_("With &Answers…")).triggered.connect(lambda: self._ask_for_sheet(with_answers=True))
        save.setMenu(menu)
        self.said.setWordWrap(True)
        self.said.setMinimumHeight(3 * self.said.fontMetrics().lineSpacing())
        self.said.setAlignment(Qt.AlignmentFlag.AlignTop)
        choices, actions = WrappingRow(), WrappingRow()
        for row in (choices, actions):
            row.setContentsMargins(10, 6, 10, 6)
            row.setSpacing(8)
        choices.addWidget(QLabel(_("Hide:"), self))
        for box in self.topics.values():
            choices.addWidget(box)
        choices.addStretch()
        choices.addWidget(self.share)
        choices.addWidget(self.last)
        actions.addWidget(self.score, 1)
        for button in (self._check, answers, blanks, save):
            actions.addWidget(button)
        self._of_connection += [answers, blanks, save, self.share, self.last]
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(choices)
        whole.addWidget(table, 1)
        self.said.setContentsMargins(10, 6, 10, 0)
        whole.addWidget(self.said)
        whole.addLayout(actions)

    def _take_connection(self, connection: Connection | None) -> None:
        if connection is self._connection and connection is not None:
            return
        self._connection = connection
        for widget in self._of_connection:
            widget.setEnabled(connection is not None)
        count = min(_MOST_STEPS, len(connection.steps)) if connection is not None else 0
        self.last.blockSignals(True)
        self.last.setRange(min(1, count), count)
        self.last.setValue(count)
        self.last.blockSignals(False)
        self._begin()

    def _begin(self) -> None:
        questions: list[Question] = []
        if self._connection is not None:
            topics = {topic for topic, box in self.topics.items() if box.isChecked()}
            steps = chosen_steps(self._connection, self.share.currentData(), self._seed, self.last.value())
            questions = make_questions(self._connection, topics, steps)
        self.model.begin(self._connection, questions, self.last.value())
        self._check.setEnabled(bool(questions))
        self._tell()

    def _check_all(self) -> None:
        self.model.check()
        self._tell()

    def _tell(self) -> None:
        right, count = self.model.counts
        if self._connection is None:
            self.score.setText(_("Select a packet of a TCP connection in the main window."))
        elif self.model.are_checked:
            self.score.setText(ngettext("{right} of {count} right", "{right} of {count} right", count).format(
                right=right, count=count))
        else:
            self.score.setText(ngettext("{count} blank", "{count} blanks", count).format(count=count))
        question = self.model.question_at(self.table.currentIndex())
        self.said.setText(self._comment(question) if question is not None else "")

    def _comment(self, question: Question) -> str:
        reply = self.model.reply_to(question)
        if not self.model.are_checked or not reply:
            return _("Fill in, then press Check. Numbers may be relative or as on the wire.")
        if question.accepts(reply):
            return _("Right. {why}").format(why=question.why)
        return _("Not {reply}: it is {answer}. {why}").format(reply=reply, answer=question.answer, why=question.why)

    def _ask_for_sheet(self, *, with_answers: bool) -> None:
        name, _kind = QFileDialog.getSaveFileName(self, _("Save Worksheet"),
                                                  "answers.pdf" if with_answers else "worksheet.pdf",
                                                  _("PDF (*.pdf);;HTML (*.html)"))
        if name:
            self.save_sheet(Path(name), with_answers=with_answers)


def _pdf_bytes(html: str) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setPageLayout(QPageLayout(QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Landscape,
                                     writer.pageLayout().margins()))
    document = QTextDocument()
    document.setHtml(html)
    document.print_(writer)
    buffer.close()
    return bytes(buffer.data().data())
