"""Every sentence that a person reads passes through here, so that a catalogue can translate it."""

import gettext
import os
import re
from collections.abc import Mapping
from typing import Final

from tcpladder.resource_files import resource_path

DOMAIN: Final = "tcpladder"
LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "zh_CN": "简体中文"}

_translation: gettext.NullTranslations = gettext.NullTranslations()
_language = "en"


def use_language(wanted: str | None = None) -> bool:
    """Makes a language the one of all texts from now on; None: that of the environment (LANGUAGE, LC_ALL, …, LANG).

    "zh", "zh_CN.UTF-8" and "zh-Hans" all mean zh_CN. Returns False, and uses English, where there is no catalogue for
    what was wanted.
    """
    global _language, _translation
    code = _known(wanted) if wanted is not None else _of_environment()
    _language = code or "en"
    folder = resource_path("locale")
    _translation = gettext.translation(DOMAIN, folder, [_language], fallback=_language == "en")
    return code is not None


def language() -> str:
    """The language in use, one of LANGUAGES."""
    return _language


def N_(message: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """The message itself; marks it for the catalogue where it is declared, to be looked up where it is shown."""
    return message


def _(message: str) -> str:
    """The message in the language in use."""
    return _translation.gettext(message)


def ngettext(singular: str, plural: str, count: int) -> str:
    """The singular or the plural form, as the language in use has it for the count."""
    return _translation.ngettext(singular, plural, count)


def _known(code: str) -> str | None:
    """The one of LANGUAGES that serves a reader of the language with this code."""
    first, *rest = re.split(r"[_.@-]", code)
    if first == "zh" and {"TW", "HK", "MO", "Hant"} & set(rest):
        return None     # reads traditional characters
    return next((known for known in LANGUAGES if known.split("_")[0] == first.lower()), None)


def _of_environment() -> str | None:
    """The first language of the environment for which there are texts."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return next(filter(None, map(_known, value.split(":"))), None)
    return None
