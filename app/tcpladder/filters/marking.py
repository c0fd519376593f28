"""For texts in tables, which are made before anybody knows the language."""


def N_(message: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Marks a text for the catalogue; it is looked up when it is shown."""
    return message
