"""The catalogue of translations, made of what the code, the lessons and argparse say.

usage: python -m tests.texts.catalogue     brings resources/locale up to date: new texts are added untranslated,
                                           texts that are gone are dropped, and the .mo files are written
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from tcpladder.resource_files import PACKAGE, captures_path, resource_path
from tcpladder.texts import DOMAIN, LANGUAGES

KEYWORDS: dict[str, Any] = {"_": None, "N_": None, "ngettext": (1, 2)}

# What argparse says of itself on our command line.
ARGPARSE = (
    "usage: ", "positional arguments", "options", "show this help message and exit",
    "argument %(argument_name)s: %(message)s", "expected one argument", "ignored explicit argument %r",
    "invalid choice: %(value)r (choose from %(choices)s)", "the following arguments are required: %s",
    "unrecognized arguments: %s",
)


def template() -> Catalog:
    """Every text for people: of the code and of captures/lessons.toml, in the order of their places."""
    catalog = Catalog(project=DOMAIN, charset="utf-8")
    for name, line, message, comments, _context in extract_from_dir(
        PACKAGE, [("**.py", "python")], keywords=KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True
    ):
        catalog.add(message, locations=[(name, line)], auto_comments=comments)
    for text in lesson_texts():
        catalog.add(text, locations=[("captures/lessons.toml", 0)])
    for said in ARGPARSE:
        catalog.add(said, locations=[("argparse", 0)])
    return catalog


def lesson_texts() -> Iterator[str]:
    """What the start page says of the lessons."""
    for lesson in tomllib.loads((captures_path() / "lessons.toml").read_text(encoding="utf-8"))["lesson"]:
        yield lesson["title"]
        yield lesson["shows"]
        yield from (look["text"] for look in lesson["look"])


def languages() -> list[str]:
    """The languages that have a catalogue: all but English."""
    return [code for code in LANGUAGES if code != "en"]


def path_of(code: str, ending: str) -> Path:
    """The language's .po or .mo file."""
    return resource_path("locale") / code / "LC_MESSAGES" / f"{DOMAIN}.{ending}"


def read(code: str) -> Catalog:
    """The language's translations as they were written."""
    with path_of(code, "po").open("rb") as file:
        return read_po(file, locale=code, domain=DOMAIN)


def update(code: str) -> int:
    """Brings a language's files up to date; returns the number of texts that lack a translation."""
    catalog, made_on = read(code), read(code).creation_date
    catalog.update(template(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    # Only what changed is to differ from what was written before.
    catalog.creation_date = catalog.revision_date = made_on
    catalog.msgid_bugs_address = catalog.last_translator = catalog.language_team = ""
    with path_of(code, "po").open("wb") as file:
        write_po(file, catalog, width=0, include_lineno=False, omit_header=False)
    with path_of(code, "mo").open("wb") as file:
        write_mo(file, read(code))
    return len(untranslated(catalog))


def untranslated(catalog: Catalog) -> list[str]:
    """The texts without a translation; of a text with a plural, the singular."""
    found = []
    for message in catalog:
        singular = message.id[0] if message.pluralizable else message.id
        strings = message.string if message.pluralizable else (message.string,)
        if singular and not all(strings):
            found.append(singular)
    return found


if __name__ == "__main__":
    for language in languages():
        print(f"{language}: {update(language)} texts without a translation")
