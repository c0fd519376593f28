"""F1: the user guide, page by page, with a search over all pages."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Qt, QUrl
from PySide6.QtGui import (
    QDesktopServices,
    QFont,
    QImage,
    QKeySequence,
    QResizeEvent,
    QShortcut,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import (
    QLabel,
    QLineEdit,
    QListWidget,
    QSplitter,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from tcpladder.texts import _, ngettext
from tcpladder.ui.dialog_parts import resize_for_text
from tcpladder.ui.help.guide import Page, guide_folder, guide_pages
from tcpladder.ui.theme import grown
from tcpladder.ui.windows.tool_window import close_by_keys

_LIST_WIDTH = 210
_MARGIN = 18
_SIDE_OF_TEXT = 40      # pixels at the sides of a picture


class HelpWindow(QWidget):
    """Titles at the left, the page at the right. Enter in the search line goes to the next place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(_("User Guide"))
        self._all = guide_pages()
        self._shown: list[Page] = []
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(_("Search in the guide"))
        self.search.setAccessibleName(_("Search in the guide"))
        self.search.setClearButtonEnabled(True)
        self.titles = QListWidget(self)
        self.titles.setAccessibleName(_("Pages"))
        self.titles.setSpacing(3)
        self.found = QLabel(self)
        self.found.setWordWrap(True)
        self.page = _PageView(self)
        left = QWidget(self)
        column = QVBoxLayout(left)
        column.setContentsMargins(8, 8, 4, 8)
        column.addWidget(self.search)
        column.addWidget(self.titles, 1)
        column.addWidget(self.found)
        parts = QSplitter(self)
        parts.addWidget(left)
        parts.addWidget(self.page)
        parts.setStretchFactor(1, 1)
        content = QVBoxLayout(self)
        content.setContentsMargins(0, 0, 0, 0)
        content.addWidget(parts)
        self.search.textChanged.connect(self._choose)
        self.search.returnPressed.connect(self.find_next)
        self.titles.currentRowChanged.connect(self._show_page)
        close_by_keys(self)
        QShortcut(QKeySequence("Ctrl+F"), self, self.search.setFocus)
        QShortcut(QKeySequence("F3"), self, self.find_next)
        self._choose("")
        self._parts = parts
        self._divide()
        resize_for_text(self, 940, 680)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._divide()

    def _divide(self) -> None:
        self._parts.setSizes([grown(_LIST_WIDTH), 10 * grown(_LIST_WIDTH)])

    def show_page(self, title: str) -> None:
        """Turns to the page with a title; ignored where there is none."""
        self.search.clear()
        for row, page in enumerate(self._shown):
            if page.title == title:
                self.titles.setCurrentRow(row)

    def find_next(self) -> None:
        """Selects the next place of what is searched for, on this page or on the next that has it."""
        words = self.search.text().split()
        if words and not self.page.find(words[0]) and self._shown:
            self.titles.setCurrentRow((self.titles.currentRow() + 1) % len(self._shown))
            self.page.moveCursor(QTextCursor.MoveOperation.Start)
            self.page.find(words[0])

    def _choose(self, words: str) -> None:
        """Lists the pages that hold all the words."""
        before = self._shown[self.titles.currentRow()] if self.titles.currentRow() >= 0 else None
        self._shown = [page for page in self._all if page.holds(words)]
        blocked = self.titles.blockSignals(True)
        self.titles.clear()
        self.titles.addItems([page.title for page in self._shown])
        self.titles.setCurrentRow(self._shown.index(before) if before in self._shown else 0)
        self.titles.blockSignals(blocked)
        count = len(self._shown)
        self.found.setText(ngettext("{count} page has these words.", "{count} pages have these words.", count).format(
            count=count) if words.strip() else "")
        self._show_page(self.titles.currentRow())
        if words.strip() and self._shown:
            self.page.find(words.split()[0])

    def _show_page(self, row: int) -> None:
        if 0 <= row < len(self._shown):
            self.page.show_text(f"# {self._shown[row].title}\n\n{self._shown[row].text}")
        else:
            self.page.show_text("")


class _PageView(QTextBrowser):
    """A page in Markdown; pictures are as wide as the page lets them. Pages outside open in the browser."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._text = ""
        self._width = 0     # for which the pictures were made
        self.setAccessibleName(_("User Guide"))
        self.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.setOpenLinks(False)
        self.anchorClicked.connect(QDesktopServices.openUrl)
        self.setSearchPaths([str(guide_folder())])
        self.document().setDocumentMargin(_MARGIN)

    def show_text(self, markdown: str) -> None:
        """Shows another page, from its beginning."""
        self._text, self._width = markdown, self.width()
        self.document().clear()
        self.document().setDefaultFont(QFont(self.font()))
        self.document().setMarkdown(markdown, QTextDocument.MarkdownFeature.MarkdownDialectGitHub)
        self.moveCursor(QTextCursor.MoveOperation.Start)

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        if kind != QTextDocument.ResourceType.ImageResource.value:
            return super().loadResource(kind, name)
        image = QImage(str(guide_folder() / QUrl(name).toString()))
        # Whether there is a scroll bar must not matter: it comes and goes with the height of the pictures.
        room = max(200, self.width() - 2 * _MARGIN - _SIDE_OF_TEXT)
        if image.width() <= room:
            return image
        ratio = self.devicePixelRatioF()
        image = image.scaledToWidth(min(image.width(), round(room * ratio)), Qt.TransformationMode.SmoothTransformation)
        image.setDevicePixelRatio(image.width() / room)
        return image

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._width != self.width() and "![" in self._text:
            place = self.verticalScrollBar().value()
            self.show_text(self._text)
            self.verticalScrollBar().setValue(place)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) and self._text:
            self.show_text(self._text)      # colours of links and sizes of titles are kept in the text
