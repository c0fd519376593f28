"""Every text is translated, nothing else is, and what is shipped is what was written."""

import argparse
import re
import string

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import read_mo

from tcpladder.texts import LANGUAGES
from tests.texts.catalogue import ARGPARSE, languages, path_of, read, template, untranslated


@pytest.fixture(scope="module", params=languages())
def catalog(request: pytest.FixtureRequest) -> Catalog:
    return read(request.param)


def ids(catalog: Catalog) -> set[object]:
    return {message.id for message in catalog if message.id}


def test_there_is_a_catalogue_for_every_language_but_english() -> None:
    assert set(LANGUAGES) == {"en", *languages()}
    assert all(path_of(code, "po").is_file() for code in languages())


def test_the_catalogue_holds_every_text_and_no_other(catalog: Catalog) -> None:
    expected = ids(template())
    assert len(expected) > 500
    assert expected - ids(catalog) == set(), "run python -m tests.texts.catalogue, then translate"
    assert ids(catalog) - expected == set()


def test_every_text_is_translated(catalog: Catalog) -> None:
    assert untranslated(catalog) == []


@pytest.mark.parametrize("code", languages())
def test_what_is_shipped_is_what_was_written(code: str) -> None:
    with path_of(code, "mo").open("rb") as file:
        shipped = read_mo(file)
    assert translations_of(shipped) == translations_of(read(code))


def translations_of(catalog: Catalog) -> dict[tuple[str, ...], tuple[str, ...]]:
    """The forms of each text and of its translation; without the head, which names the tool's version."""
    return {tuple(originals): tuple(translations) for originals, translations in map(forms, catalog) if any(originals)}


def placeholders(text: str) -> set[str]:
    return {f"{name}:{form}!{conversion}" for _text, name, form, conversion in string.Formatter().parse(text)
            if name is not None}


def forms(message: Message) -> tuple[list[str], list[str]]:
    if message.pluralizable:
        return list(message.id), list(message.string)
    return [message.id], [message.string]


def test_a_translation_has_the_places_of_its_text(catalog: Catalog) -> None:
    """A name that is missing says less than the English; a name that is new would raise KeyError."""
    for message in catalog:
        if not message.id or "{" not in str(message.id):
            continue
        originals, translations = forms(message)
        wanted = set.union(*map(placeholders, originals))
        for translation in translations:
            assert {place.split(":")[0] for place in placeholders(translation)} == \
                {place.split(":")[0] for place in wanted}, translation


def test_a_translation_has_the_places_of_what_argparse_says(catalog: Catalog) -> None:
    for text in ARGPARSE:
        assert re.findall(r"%(?:\(\w+\))?\w", catalog[text].string) == re.findall(r"%(?:\(\w+\))?\w", text)


def test_what_argparse_says_is_what_the_catalogue_holds() -> None:
    """The texts are argparse's own, to the letter."""
    with open(argparse.__file__, "rb") as source:
        known = {message for _line, message, _comments, _context in extract("python", source, {"_": None})}
    assert set(ARGPARSE) <= known


def test_a_translation_keeps_how_the_text_ends(catalog: Catalog) -> None:
    """A colon, an ellipsis and a shortcut are part of how a label works."""
    for message in catalog:
        if not message.id:
            continue
        originals, translations = forms(message)
        for translation in translations:
            assert originals[-1].endswith("…") == translation.endswith("…"), translation
            assert originals[-1].endswith("\n") == translation.endswith("\n"), translation
