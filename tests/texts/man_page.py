"""The manual pages, made of the parsers of the command line.

usage: python -m tests.texts.man_page     writes resources/man, which is installed as share/man
"""

from argparse import Action
from collections.abc import Iterator
from pathlib import Path

from tcpladder import __version__
from tcpladder.arguments import PARSERS, Parser
from tcpladder.resource_files import resource_path
from tcpladder.texts import LANGUAGES, _, use_language

_TITLES = {"en": ("NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS"), "zh_CN": ("名称", "概要", "描述", "命令")}


def path_of(language: str) -> Path:
    """Where man looks for the page in a language, below share/man."""
    return resource_path("man") / ("" if language == "en" else language) / "man1" / "tcpladder.1"


def man_page(language: str) -> str:
    """The page in roff; the language in use is English afterwards."""
    use_language(language)
    try:
        return "\n".join(_lines(*_TITLES[language])) + "\n"
    finally:
        use_language("en")


def _lines(name: str, synopsis: str, description: str, commands: str) -> Iterator[str]:
    window, *others = (make() for make in PARSERS.values())
    yield f'.TH TCPLADDER 1 "" "tcpladder {__version__}"'
    yield f".SH {name}"
    yield "tcpladder \\- " + _quoted(_("Understand a TCP connection, packet by packet.").rstrip(".。"))
    yield f".SH {synopsis}"
    yield from _as_it_stands(window.usage or "")
    yield f".SH {description}"
    yield from _of_parser(window)
    yield f".SH {commands}"
    for parser in others:
        yield f".SS {parser.prog}"
        yield from _of_parser(parser)


def _of_parser(parser: Parser) -> Iterator[str]:
    yield _quoted(parser.description or "")
    for action in parser._actions:
        yield ".TP"
        yield _signature(action)
        yield _quoted(action.help or "")
    yield ".PP"
    yield from _as_it_stands(parser.epilog or "")


def _signature(action: Action) -> str:
    value = action.metavar or ("{" + ",".join(action.choices) + "}" if action.choices else "")
    names = ", ".join(f"\\fB{_quoted(name)}\\fR" for name in action.option_strings)
    return f"{names} \\fI{_quoted(str(value))}\\fR".strip() if value else names


def _as_it_stands(text: str) -> Iterator[str]:
    yield ".nf"
    yield from map(_quoted, text.splitlines())
    yield ".fi"


def _quoted(text: str) -> str:
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text.startswith((".", "'")) else text


if __name__ == "__main__":
    for code in LANGUAGES:
        path_of(code).parent.mkdir(parents=True, exist_ok=True)
        path_of(code).write_text(man_page(code), encoding="utf-8")
