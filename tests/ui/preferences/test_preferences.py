"""The preferences: every box does something, and what was chosen is there the next time."""

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QApplication, QDialogButtonBox

from tcpladder.protocols.names import NameKind
from tcpladder.texts import language, use_language
from tcpladder.ui.app import choose_language
from tcpladder.ui.main_window import MainWindow
from tcpladder.ui.preferences.preferences import Preferences, keep_preferences, read_preferences
from tcpladder.ui.preferences.preferences_dialog import PreferencesDialog
from tcpladder.ui.settings import Settings
from tcpladder.ui.theme import SAFE_DARK, Appearance, ColourSet, theme_of
from tcpladder.ui.time_text import TimeFormat

pytestmark = pytest.mark.gui

OTHER = Preferences(14, "zh_CN", Appearance.DARK, ColourSet.SAFE, "", TimeFormat.EPOCH, 3, frozenset(NameKind), True,
                    4.0)


@pytest.fixture
def dialog(qtbot):
    dialog = PreferencesDialog(OTHER, Preferences(10))
    qtbot.addWidget(dialog)
    return dialog


def press(dialog, kind):
    dialog.buttons.button(kind).click()


def test_what_was_kept_comes_back():
    settings = Settings(None)
    assert read_preferences(settings, 10) == Preferences(10)
    keep_preferences(settings, OTHER)
    assert read_preferences(settings, 10) == OTHER


def test_what_makes_no_sense_counts_as_nothing():
    settings = Settings(None)
    for name, value in (("language", "xx"), ("appearance", "pink"), ("colour-set", ""), ("time-format", "x"),
                        ("time-digits", 5), ("names", ["hosts"]), ("play-speed", 0)):
        settings.keep(name, value)
    assert read_preferences(settings, 10) == Preferences(10)


@pytest.mark.parametrize(("system", "asked", "kept", "used"), [
    ("zh_CN.UTF-8", None, "", "zh_CN"), ("zh_CN.UTF-8", None, "en", "en"), ("C", None, "zh_CN", "zh_CN"),
    ("C", "en", "zh_CN", "en"),
])
def test_the_language_is_that_of_the_command_line_the_preferences_or_the_system(monkeypatch, system, asked, kept, used):
    for name in ("LANGUAGE", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LC_ALL", system)
    settings = Settings(None)
    keep_preferences(settings, replace(OTHER, language=kept))
    try:
        use_language(asked)         # as the command line does at its beginning
        choose_language(asked, settings)
        assert language() == used
    finally:
        use_language("en")


def test_the_boxes_show_what_is_and_hand_back_what_was_chosen(dialog):
    assert dialog.wanted == OTHER
    dialog.show_preferences(Preferences(9))
    assert dialog.wanted == Preferences(9)


def test_apply_stays_open_and_tells_once(dialog, qtbot):
    told = []
    dialog.applied.connect(told.append)
    dialog.show()
    assert not dialog.buttons.button(QDialogButtonBox.StandardButton.Apply).isEnabled()
    dialog.text_size.setValue(20)
    press(dialog, QDialogButtonBox.StandardButton.Apply)
    assert dialog.isVisible()
    press(dialog, QDialogButtonBox.StandardButton.Ok)
    assert told == [replace(OTHER, text_size=20)]
    assert not dialog.isVisible()


def test_cancel_tells_nothing(dialog):
    told = []
    dialog.applied.connect(told.append)
    dialog.text_size.setValue(20)
    press(dialog, QDialogButtonBox.StandardButton.Cancel)
    assert not told


def test_defaults_wait_to_be_applied(dialog):
    told = []
    dialog.applied.connect(told.append)
    press(dialog, QDialogButtonBox.StandardButton.RestoreDefaults)
    assert not told
    press(dialog, QDialogButtonBox.StandardButton.Apply)
    assert told == [Preferences(10)]


def test_the_window_does_what_was_chosen_and_the_next_one_too(telnet, qtbot, settings):
    try:
        telnet.use_preferences(OTHER)
        following = MainWindow(settings)
        qtbot.addWidget(following, before_close_func=lambda window: window.session.jobs.stop())
        for window in (telnet, following):
            assert theme_of(QApplication.palette()) is SAFE_DARK
            assert window.workspace.font().pointSize() == 14
            assert window.workspace.packets.packets.time_format is TimeFormat.EPOCH
            assert window.workspace.packets.packets.time_digits == 3
            assert window.workspace.connection._raw.isChecked()
            assert window.workspace.connection._player.interval() == 250
        assert settings.text("language", "") == "zh_CN"
    finally:
        telnet.use_preferences(Preferences(10))
