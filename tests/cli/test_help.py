"""--help and what is said of wrong usage: whole in every language, argparse's own words too."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpladder.arguments import PARSERS, wrapped
from tests.cli.program import FOUR_WAY, Program, in_a_process

ENGLISH = re.compile(r"\b[a-z]{3,} [a-z]{2,}\b")       # two words one after the other
SAMPLES = re.compile(r"^(?:用法：| )* ?tcpladder .*?(?=  |$)|tcpladder \w+(?: --help)?|tcpdump -x", re.MULTILINE)


def columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def english_of(text: str) -> list[str]:
    return ENGLISH.findall(SAMPLES.sub("", text))


@pytest.mark.parametrize("command", PARSERS)
def test_help_follows_the_language(program: Program, command: str) -> None:
    words = [command] if command else []
    english = program("--lang", "en", *words, "--help")
    for chinese in (program("--lang", "zh", *words, "--help"), program(*words, "--help", "--lang=zh_CN.UTF-8")):
        assert (chinese.status, chinese.complaint) == (0, "")
        assert english_of(chinese.output) == []
        assert len(english_of(english.output)) > 10
        assert re.findall(r"^  (--?\w+)", chinese.output, re.MULTILINE) == \
            re.findall(r"^  (--?\w+)", english.output, re.MULTILINE)


def test_help_follows_the_environment() -> None:
    with in_a_process("dump", "--help", environment={"LANGUAGE": "", "LC_ALL": "zh_CN.UTF-8",
                                                     "PYTHONIOENCODING": "utf-8"}) as process:
        output, _complaint = process.communicate(timeout=30)
    assert output.decode().startswith("用法：tcpladder dump")


@pytest.mark.parametrize("command", PARSERS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_help_fits_a_terminal(program: Program, monkeypatch: pytest.MonkeyPatch, command: str, language: str) -> None:
    """The list of options as narrow as the terminal is; what stands around it within 120 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    answer = program("--lang", language, *([command] if command else []), "--help")
    assert max(map(columns, answer.lines)) <= 120
    options = answer.output.split("-h, --help", 1)[1].split("\n\n", 1)[0]
    assert max(map(columns, options.splitlines())) <= 80


@pytest.mark.parametrize(("words", "said"), [
    (["--lang"], "参数 --lang：需要一个值；参见 tcpladder --help"),
    (["--lang", "fr"], "没有 'fr' 的文本；现有：en, zh_CN。"),
    (["dump"], "缺少必需的参数：CAPTURE；参见 tcpladder dump --help"),
    (["dump", FOUR_WAY, "-T"], "参数 -T：需要一个值；参见 tcpladder dump --help"),
    (["dump", FOUR_WAY, "-T", "xml"], "参数 -T：无效的选择：'xml'（可选："),
    (["dump", FOUR_WAY, "-V=3"], "参数 -V：不接受值 '3'；"),
    (["dump", FOUR_WAY, "--colour"], "无法识别的参数：--colour；"),
    (["dump", FOUR_WAY, "-Y", "tcp.port = 80"], "(第 10 列)"),
    (["connections"], "缺少必需的参数：CAPTURE；"),
    (["diagram", FOUR_WAY, "--stream", "x", "-o", "a.svg"], "参数 --stream：'x' 不是流编号"),
    (["import", "-w", "a.pcapng", "b", "--from", "10.0.0.1:x"], "参数 --from：'10.0.0.1:x' 不是"),
    ([FOUR_WAY, "--frame", "0"], "参数 --frame：'0' 不是帧编号"),
])
def test_wrong_usage_is_told_in_the_language_of_the_environment(
        program: Program, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str) -> None:
    monkeypatch.setenv("LANGUAGE", "")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    answer = program(*words)
    assert (answer.status, answer.output) == (2, "")
    assert said in answer.complaint
    assert english_of(answer.complaint.removeprefix("tcpladder: ")) == []
    assert answer.complaint.count("\n") == 1


@given(st.text("ab -字，。（x", max_size=200), st.integers(4, 60))
def test_lines_are_as_wide_as_asked_for_and_hold_all_that_was_said(text: str, width: int) -> None:
    lines = list(wrapped(text, width))
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    for line in lines:
        # Wider only where there is no place to break: one word, or one sign, with what must follow it.
        assert columns(line) <= width or re.fullmatch(r"（*(?:字|[^\s字]+)[，。]*", line)


def test_a_line_of_chinese_begins_with_no_comma() -> None:
    assert list(wrapped("一二三四，五六。 a（b） c", 8)) == ["一二三", "四，五", "六。 a", "（b） c"]
