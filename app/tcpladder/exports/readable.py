"""Texts from packets made fit for a terminal."""


def readable(text: str) -> str:
    """The text in one line; what a packet holds must not steer the terminal that it is shown on."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else character.encode("unicode_escape").decode()
                   for character in text)
