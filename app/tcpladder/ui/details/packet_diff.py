"""Two packets compared, field by field."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from tcpladder.fields.node import DecodedPacket, FieldNode
from tcpladder.fields.show import label_text
from tcpladder.texts import _, ngettext
from tcpladder.ui.byte_text import visible_text
from tcpladder.ui.dialog_parts import resize_for_text
from tcpladder.ui.windows.tool_window import close_by_keys

_INDENT = "    "
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A field as it stands in both packets; None where a packet does not have it."""

    depth: int
    name: str
    left: str | None
    right: str | None

    @property
    def differs(self) -> bool:
        """The field does not say the same in both."""
        return self.left != self.right


def compared(left: DecodedPacket, right: DecodedPacket) -> list[DiffLine]:
    """The fields of two packets side by side: the same place in the tree on the same line."""
    of_left, of_right = (list(_places(packet.layers, ())) for packet in (left, right))
    matcher = SequenceMatcher(None, [key for key, _node in of_left], [key for key, _node in of_right], autojunk=False)
    result: list[DiffLine] = []
    for kind, first, last, first_right, last_right in matcher.get_opcodes():
        ours, theirs = of_left[first:last], of_right[first_right:last_right]
        if kind == "equal":
            result += [_line(key, node, other) for (key, node), (_key, other) in zip(ours, theirs, strict=True)]
        else:
            result += [_line(key, node, None) for key, node in ours]
            result += [_line(key, None, node) for key, node in theirs]
    return result


def _places(nodes: Iterable[FieldNode], above: Key) -> Iterator[tuple[Key, FieldNode]]:
    """Each node with its place: the names from the layer down, numbered where siblings share one."""
    seen: Counter[str] = Counter()
    for node in nodes:
        seen[node.name] += 1
        key = (*above, f"{node.name}#{seen[node.name]}")
        yield key, node
        yield from _places(node.children, key)


def _line(key: Key, left: FieldNode | None, right: FieldNode | None) -> DiffLine:
    return DiffLine(len(key) - 1, key[-1].partition("#")[0], _text(left), _text(right))


def _text(node: FieldNode | None) -> str | None:
    return None if node is None else visible_text(label_text(node))


class PacketDiffWindow(QWidget):
    """A table of both packets; what differs stands in bold, with a sign before it."""

    def __init__(self, left: DecodedPacket, right: DecodedPacket, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        titles = [_("Packet {number:,}").format(number=packet.frame_number) for packet in (left, right)]
        self.setWindowTitle(_("{left} and {right} Compared").format(left=titles[0], right=titles[1]))
        self.lines = compared(left, right)
        self.table = QTableWidget(len(self.lines), 3)
        self.table.setHorizontalHeaderLabels(["", *titles])
        self.table.setAccessibleName(self.windowTitle())
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(self.table.fontMetrics().height() + 5)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        for column in (1, 2):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        self._fill()
        self.only_differences = QCheckBox(_("Only &differences"))
        self.only_differences.toggled.connect(self._show_wanted)
        count = sum(line.differs for line in self.lines)
        summary = QLabel(ngettext("{count:,} of {all:,} fields differs.", "{count:,} of {all:,} fields differ.",
                                  count).format(count=count, all=len(self.lines)))
        copying = QPushButton(_("&Copy"))
        copying.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text()))
        foot = QHBoxLayout()
        foot.addWidget(self.only_differences)
        foot.addWidget(summary)
        foot.addStretch(1)
        foot.addWidget(copying)
        content = QVBoxLayout(self)
        content.addWidget(self.table)
        content.addLayout(foot)
        close_by_keys(self)
        resize_for_text(self, 1000, 640)

    def text(self) -> str:
        """What is shown, as text: a sign, then both sides with a tab between."""
        return "".join(f"{'≠' if line.differs else ' '}\t{line.left or ''}\t{line.right or ''}\n"
                       for line in self.lines if line.differs or not self.only_differences.isChecked())

    def _fill(self) -> None:
        bold = QFont(self.table.font())
        bold.setBold(True)
        for number, line in enumerate(self.lines):
            texts = ("≠" if line.differs else "", line.left, line.right)
            for column, text in enumerate(texts):
                shown = "" if text is None else text if column == 0 else _INDENT * line.depth + text
                item = QTableWidgetItem(shown)
                item.setToolTip(line.name)
                if line.differs:
                    item.setFont(bold)
                    item.setData(Qt.ItemDataRole.AccessibleTextRole, _("{text} (differs)").format(text=shown))
                self.table.setItem(number, column, item)

    def _show_wanted(self) -> None:
        for number, line in enumerate(self.lines):
            self.table.setRowHidden(number, self.only_differences.isChecked() and not line.differs)
