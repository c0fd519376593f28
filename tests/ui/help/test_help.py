"""Help: the guide in both languages, what is this, the log, about; and that every action says what it is."""

import re
from collections import Counter

import pytest
from PySide6.QtCore import QtMsgType
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtWidgets import QDockWidget, QMenu, QToolBar

from tcpladder import __version__
from tcpladder.texts import LANGUAGES
from tcpladder.ui.action_text import plain_title
from tcpladder.ui.app import _pass_on_message
from tcpladder.ui.dialogs import AboutDialog
from tcpladder.ui.help.guide import guide_pages
from tcpladder.ui.help.help_window import HelpWindow
from tcpladder.ui.help.log_window import LogWindow
from tcpladder.ui.help.message_log import MESSAGES, MessageLog
from tcpladder.ui.main_window import MainWindow
from tcpladder.ui.settings import Settings
from tests.ui.every_window import spoken

pytestmark = pytest.mark.gui


def menus_of(window):
    return [menu for menu in window.findChildren(QMenu) if menu.actions()]


def actions_of(menu):
    return [action for action in menu.actions() if not action.isSeparator()]


def test_every_action_says_what_it_is(window):
    for menu in menus_of(window):
        for action in actions_of(menu):
            assert action.text(), menu.title()
            assert action.toolTip(), action.text()
            assert action.menu() is not None or action.whatsThis(), action.text()


def test_every_tool_and_pane_has_words_of_its_own(window):
    tools = [action for bar in window.findChildren(QToolBar, "tools") for action in bar.actions()
             if not action.isSeparator()]
    panes = window.workspace.findChildren(QDockWidget)
    texts = [part.whatsThis() for part in (*tools, *panes, window.workspace.packets, window.filter_bar, window.status)]
    assert len(tools) == 16
    assert len(panes) == 4
    assert all(len(text) > 30 and "in the menu" not in text for text in texts)
    assert len(set(texts)) == len(texts)


def test_no_key_does_two_things(window):
    keys = Counter(key.toString() for action in window.all_actions() for key in action.shortcuts())
    assert [key for key, count in keys.items() if count > 1] == []


def test_no_letter_stands_for_two_things_in_a_menu(window):
    for menu in (window.menuBar(), *menus_of(window)):
        letters = [match[1].lower() for action in actions_of(menu)
                   if (match := re.search(r"&([^&])", action.text().replace("&&", "")))]
        assert sorted(letters) == sorted(set(letters)), menu


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_guide_is_whole_in_every_language(code):
    pages, english = guide_pages(code), guide_pages("en")
    assert len(pages) == len(english) == 7
    for page, model in zip(pages, english, strict=True):
        assert len(page.text) > 100
        assert page.text.count("\n| ") == model.text.count("\n| ")      # as many lines in the tables


@pytest.mark.parametrize("code", LANGUAGES)
def test_menus_that_the_guide_names_exist(code, qtbot):
    with spoken(code):
        window = MainWindow(Settings(None))
        qtbot.addWidget(window)
        known = {f"{plain_title(menu.title())} → {plain_title(action.text()).rstrip('…')}"
                 for menu in menus_of(window) for action in actions_of(menu)}
        named = [path for page in guide_pages(code) for path in re.findall(r"\*\*([^*]+ → [^*]+)\*\*", page.text)]
    assert len(named) == 9
    assert set(named) <= known


def test_keys_that_the_guide_names_exist(window):
    known = {key.toString() for action in window.all_actions() for key in action.shortcuts()}
    (page,) = (page for page in guide_pages("en") if page.title == "Keys")
    named = re.findall(r"Ctrl\+[A-Z]\b|Ctrl\+Shift\+[A-Z]|\bF\d+|Ctrl\+F1", page.text)
    assert len(named) > 10
    assert set(named) <= known


def test_filters_of_the_guide_are_filters():
    from tcpladder.filters import compile_filter

    (page,) = (page for page in guide_pages("en") if page.title == "Display filters")
    filters = re.findall(r"^\| `([^`]+)` \|", page.text, re.MULTILINE)
    assert len(filters) == 7
    for text in filters:
        assert compile_filter(text)


def test_the_guide_is_searched(qtbot):
    guide = HelpWindow()
    qtbot.addWidget(guide)
    guide.show()
    assert guide.titles.count() == 7
    guide.search.setText("worksheet PDF")
    assert [guide.titles.item(row).text() for row in range(guide.titles.count())] == ["Practice"]
    assert guide.page.textCursor().selectedText() == "worksheet"
    guide.search.setText("no such word in it")
    assert guide.titles.count() == 0
    guide.search.clear()
    guide.show_page("Keys")
    assert "Ctrl+Shift+A" in guide.page.toPlainText()


@pytest.mark.parametrize("height", range(300, 900, 40))
def test_pictures_fit_a_page_whether_it_scrolls_or_not(qtbot, height):
    """A scroll bar that comes and goes with the height of the pictures must not change their width."""
    guide = HelpWindow()
    qtbot.addWidget(guide)
    guide.show()
    guide.show_page("Practice")
    guide.resize(940, height)
    assert guide.page.document().idealWidth() <= guide.page.viewport().width()


def test_find_next_goes_on_to_the_next_page(qtbot):
    guide = HelpWindow()
    qtbot.addWidget(guide)
    guide.search.setText("retransmission")
    first = guide.titles.currentItem().text()
    guide.page.moveCursor(QTextCursor.MoveOperation.End)
    guide.find_next()
    assert guide.titles.currentItem().text() != first
    assert guide.page.textCursor().selectedText().lower() == "retransmission"


def test_f1_and_the_menu_open_each_window_once(window):
    assert [action.text() for action in window.all_actions() if "F1" in [key.toString() for key in action.shortcuts()]
            ] == ["&User Guide"]
    window.help.show_guide()
    guide = window.help.guide
    assert guide.isVisible()
    guide.close()
    window.help.show_guide()
    assert window.help.guide is guide
    assert guide.isVisible()


def test_the_log_holds_what_was_said(window, qtbot):
    before = len(MESSAGES.entries)
    window.message_bar.show_sentence("The file is cut.")
    window.message_bar.show_sentence("The file is cut.")        # shown already
    _pass_on_message(QtMsgType.QtWarningMsg, None, "a timer too many")
    assert [(entry.source, entry.text) for entry in list(MESSAGES.entries)[before:]] == [
        ("tcpladder", "The file is cut."), ("Qt", "a timer too many")]
    window.help.show_log()
    assert window.help.log.lines.toPlainText().endswith("a timer too many")


def test_the_log_goes_on_and_is_copied_with_versions(qtbot):
    log = MessageLog()
    log.note("first\nof two lines")
    window = LogWindow(log)
    qtbot.addWidget(window)
    log.note("second")
    lines = window.lines.toPlainText().splitlines()
    assert [line.split("  ", 2)[1:] for line in lines] == [["tcpladder", "first of two lines"], ["tcpladder", "second"]]
    window.copy_button.click()
    copied = QGuiApplication.clipboard().text().splitlines()
    assert copied[0] == f"tcpladder {__version__}"
    assert copied[-2:] == lines


def test_about_tells_the_versions(qtbot):
    dialog = AboutDialog()
    qtbot.addWidget(dialog)
    assert f"tcpladder {__version__}" in dialog.versions.text()
    assert "PySide6" in dialog.versions.text()
