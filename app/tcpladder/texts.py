"""Every sentence that a person reads passes through here, so that a catalogue can translate it."""

import gettext

_translation: gettext.NullTranslations = gettext.NullTranslations()


def use_translation(translation: gettext.NullTranslations) -> None:
    """Makes a catalogue the one that all texts are looked up in from now on."""
    global _translation
    _translation = translation


def _(message: str) -> str:
    """The message in the language in use."""
    return _translation.gettext(message)


def ngettext(singular: str, plural: str, count: int) -> str:
    """The singular or the plural form, as the language in use has it for the count."""
    return _translation.ngettext(singular, plural, count)
