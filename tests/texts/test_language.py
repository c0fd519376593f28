"""Which language is used, by what the person or the environment says."""

from collections.abc import Iterator

import pytest

from tcpladder.texts import _, language, use_language


@pytest.fixture(autouse=True)
def back_to_english() -> Iterator[None]:
    yield
    use_language("en")


@pytest.mark.parametrize(("wanted", "found"), [
    ("en", "en"), ("en_GB.UTF-8", "en"), ("zh", "zh_CN"), ("zh_CN.UTF-8", "zh_CN"), ("zh-Hans", "zh_CN"),
    ("zh_SG", "zh_CN"),
])
def test_languages_with_texts(wanted: str, found: str) -> None:
    assert use_language(wanted)
    assert language() == found


@pytest.mark.parametrize("wanted", ["zh_TW", "zh-Hant", "de_DE.UTF-8", "C", "", "no such language"])
def test_others_read_english(wanted: str) -> None:
    assert not use_language(wanted)
    assert language() == "en"
    assert _("&File") == "&File"


@pytest.mark.parametrize(("environment", "found"), [
    ({"LANG": "zh_CN.UTF-8"}, "zh_CN"),
    ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
    ({"LANG": "en_US.UTF-8", "LANGUAGE": "xx:zh:en"}, "zh_CN"),
    ({}, "en"),
])
def test_the_environment(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], found: str) -> None:
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    use_language()
    assert language() == found
