"""Profiles: each keeps its own columns, rules, filters and appearance; deleted ones come back, files are whole."""

import json

import pytest
from PySide6.QtCore import QByteArray, QSettings

from tcpladder.ui.filter.saved_filters import SavedFilter
from tcpladder.ui.packets.row_colours import ColourRule
from tcpladder.ui.preferences.colour_file import keep_rules, kept_rules
from tcpladder.ui.preferences.profiles import ProfileError, checked_name, export_profile, free_name, import_profile
from tcpladder.ui.preferences.profiles_dialog import ProfilesDialog
from tcpladder.ui.settings import Settings

pytestmark = pytest.mark.gui


@pytest.fixture(params=["file", "memory"])
def kept(request, tmp_path):
    """Settings in an INI file, and in memory."""
    if request.param == "memory":
        return Settings(None)
    return Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))


@pytest.fixture
def dialog(window, qtbot):
    dialog = ProfilesDialog(window.settings, window)
    dialog.switched.connect(window.use_profile)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def listed(dialog):
    return [dialog.names.item(row).text() for row in range(dialog.names.count())]


def choose(dialog, name):
    dialog.names.setCurrentRow(listed(dialog).index(name))


def test_values_of_a_profile_are_its_own(kept):
    kept.keep("text-size", 11)
    kept.keep("folder", "/captures")
    kept.write_profile("Lecture / 1", {"text-size": 20, "names": ["ports"]})
    assert (kept.number("text-size", 0), kept.profiles()) == (11, ["Lecture / 1"])
    kept.use_profile("Lecture / 1")
    assert (kept.number("text-size", 0), kept.texts("names"), kept.text("folder", "")) == (20, ["ports"], "/captures")
    assert not kept.holds("columns")
    kept.keep("text-size", 21)
    kept.use_profile("")
    assert kept.number("text-size", 0) == 11
    assert kept.profile_values("Lecture / 1") == {"text-size": 21, "names": ["ports"]}


def test_the_next_run_uses_the_same_profile(tmp_path):
    def reopened() -> Settings:
        store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
        store.sync()
        return Settings(store)

    first = reopened()
    first.write_profile("讲课", {"text-size": 20})
    first.use_profile("讲课")
    assert (reopened().profile, reopened().number("text-size", 0)) == ("讲课", 20)
    reopened().keep("profiles", [])     # as if another run had removed it
    assert (reopened().profile, reopened().number("text-size", 0)) == ("", 0)


def test_a_renamed_profile_stays_in_use_and_in_its_place(kept):
    for name in ("one", "two"):
        kept.write_profile(name, {"text-size": 20})
    kept.use_profile("one")
    kept.rename_profile("one", "first")
    assert (kept.profiles(), kept.profile, kept.number("text-size", 0)) == (["first", "two"], "first", 20)
    assert kept.profile_values("one") == {}


@pytest.mark.parametrize(("name", "reason"), [
    (" ", "needs a name"), ("x" * 61, "60 characters; this one has 61"), ("one", "already"), ("Default", "already"),
])
def test_names_that_cannot_be(kept, name, reason):
    kept.write_profile("one", {})
    with pytest.raises(ProfileError, match=reason):
        checked_name(kept, name)
    assert checked_name(kept, "  a   b ") == "a b"
    assert free_name(kept, "one") == "one 2"


def test_a_file_takes_a_profile_elsewhere(kept, tmp_path):
    values = {"text-size": 20, "names": ["ports"], "columns": "[]"}
    kept.write_profile("讲课", values)
    export_profile(kept, "讲课", tmp_path / "it.json")
    other = Settings(None)
    assert import_profile(other, tmp_path / "it.json") == "讲课"
    assert import_profile(other, tmp_path / "it.json") == "讲课 2"
    other.use_profile("讲课")
    assert (other.number("text-size", 0), other.texts("names"), other.text("columns", "")) == (20, ["ports"], "[]")


@pytest.mark.parametrize(("content", "reason"), [
    (b"", "no profile"), (b"[" * 100_000, "no profile"), (b"\xff\xfe", "no profile"), (b"[1]", "no profile"),
    (b'{"tcpladder-profile": 2, "values": {}}', "later version"),
    (b'{"tcpladder-profile": 1, "values": {"text-size": {"a": 1}}}', "damaged"),
    (b'{"tcpladder-profile": 1, "values": []}', "damaged"),
])
def test_of_a_bad_file_nothing_is_taken(tmp_path, content, reason):
    path, settings = tmp_path / "it.json", Settings(None)
    path.write_bytes(content)
    with pytest.raises(ProfileError, match=reason):
        import_profile(settings, path)
    assert settings.profiles() == []


def test_a_file_changes_nothing_but_what_profiles_have(tmp_path):
    path, settings = tmp_path / "it.json", Settings(None)
    path.write_text(json.dumps({"tcpladder-profile": 1, "name": "x", "values": {"folder": "/", "text-size": 12}}))
    import_profile(settings, path)
    assert settings.profile_values("x") == {"text-size": 12}


def test_switching_changes_the_window_and_switching_back_too(telnet):
    settings, model = telnet.settings, telnet.workspace.packets.packets
    size = telnet.text_size
    settings.write_profile("Lecture", settings.profile_values(""))
    telnet.use_profile("Lecture")
    telnet.set_text_size(size + 5)
    telnet.packets.columns.add("tcp.window_size_value")
    telnet.filter_bar.saved.replace([SavedFilter("Mine", "tcp")])
    keep_rules(settings, (ColourRule("Mine", "tcp", "#112233", "#FFFFFF"),))
    telnet.use_profile("")
    assert telnet.workspace.font().pointSize() == size
    assert model.section_of("tcp.window_size_value") < 0
    assert len(telnet.filter_bar.saved.items) == 4
    assert len(telnet.session.colour_rules) == 11
    telnet.use_profile("Lecture")
    assert telnet.workspace.font().pointSize() == size + 5
    assert model.section_of("tcp.window_size_value") > 0
    assert [item.name for item in telnet.filter_bar.saved.items] == ["Mine"]
    assert [rule.name for rule in telnet.session.colour_rules] == ["Mine"]
    assert len(kept_rules(settings)) == 1


def test_new_rename_use_delete_and_undo(dialog, window):
    settings = window.settings
    dialog.add_copy()
    assert listed(dialog) == ["Default", "Copy of Default"]
    dialog.names.currentItem().setText("Lecture")
    assert settings.profiles() == ["Lecture"]
    dialog.names.currentItem().setText("Default")       # taken
    assert listed(dialog) == ["Default", "Lecture"]
    assert "already" in dialog.remark.text()
    dialog.use()
    assert settings.profile == "Lecture"
    window.set_text_size(19)
    choose(dialog, "Lecture")
    dialog.delete_button.click()
    assert (settings.profile, settings.profiles()) == ("", [])
    assert window.text_size != 19
    dialog.undo_button.click()
    assert (settings.profile, settings.profiles(), window.text_size) == ("Lecture", ["Lecture"], 19)
    assert not dialog.undo_button.isEnabled()


def test_the_default_profile_stays(dialog, window):
    choose(dialog, "Default")
    assert not dialog.delete_button.isEnabled()
    assert not dialog.rename_button.isEnabled()
    dialog.delete()
    assert listed(dialog) == ["Default"]


def test_files_by_the_dialog(dialog, window, tmp_path):
    dialog.export_file(tmp_path / "it.json")
    assert "it.json" in dialog.remark.text()
    dialog.import_file(tmp_path / "it.json")
    assert listed(dialog) == ["Default", "Default 2"]
    dialog.import_file(tmp_path / "none.json")
    assert "could not be read" in dialog.remark.text()
    dialog.export_file(tmp_path)        # a folder
    assert "it.json" not in dialog.remark.text()


def test_states_of_windows_are_no_part_of_a_profile(kept):
    kept.keep("geometry", QByteArray(b"\x01"))
    assert "geometry" not in kept.profile_values("")
